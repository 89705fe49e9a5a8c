"""The diary of officers: surveys booked when it is safe to attend, sign-offs, security visits, audits; and counts.

Refuses a visit that the safe-contact rules do not allow. An address stands in no diary.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import SanctuaryRequest, Visit
from marac.services.casework import naming, people, safe_contact
from marac.services.clockwork.recipients import active_people
from marac.services.moving import advance, flush
from marac.services.sanctuary import triage
from marac.vocabulary import (
    ContactChannel,
    Permission as P,
    ProgrammeSlug,
    Role,
    SanctuaryState as S,
    VisitKind,
    VisitState,
)
from marac.workflows import contact as reaching
from marac.workflows.deadlines import london

VISITORS = (Role.CRIME_PREVENTION_OFFICER, Role.SANCTUARY_OFFICER)
ELSEWHERE = (VisitKind.PROTECTIVE_SECURITY, VisitKind.VISUAL_AUDIT)
MOST = 200


@dataclass(frozen=True, slots=True)
class Slot:
    """A visit to a home as it is booked."""

    starts_at: datetime | None
    surveyor_id: UUID | None
    safe_to_attend: bool
    lone_worker_plan: str


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One line of the diary. `reference` is empty for a place that is nobody's home; `contact` are the rules."""

    id: UUID
    starts_at: datetime
    kind: VisitKind
    state: VisitState
    who: str
    reference: str
    place: str
    contact: str
    found: str
    user_id: UUID


def has_diary(actor: Actor) -> bool:
    """Whether this person works for the scheme, by role and by programme."""
    return access.holds(actor, P.VISIT_READ) and ProgrammeSlug.SANCTUARY in actor.programmes


def require_diary(actor: Actor) -> None:
    """NotAllowed unless this person works for the scheme."""
    if not has_diary(actor):
        raise NotAllowed


def book_survey(session: Session, actor: Actor, request: SanctuaryRequest, slot: Slot) -> Visit:
    """The survey of a home. RuleBroken beside starts_at, surveyor_id, safe_to_attend or lone_worker_plan."""
    again = request.state == S.SURVEY_BOOKED
    access.open_request(actor, request)
    facts = {
        "starts_at": slot.starts_at, "surveyor_id": slot.surveyor_id, "safe_to_attend": slot.safe_to_attend,
        "lone_worker_plan": slot.lone_worker_plan,
    }  # fmt: skip
    gates = {} if again else triage.gate_facts(session, request)
    _check_slot(session, request, slot)
    advance(session, actor, request, "rebook_survey" if again else "book_survey", **{**gates, **facts})
    request.surveyor_id, request.lone_worker = slot.surveyor_id, slot.lone_worker_plan.strip()
    _call_off(session, request, VisitKind.SURVEY)
    return _book(session, actor, VisitKind.SURVEY, slot.starts_at, slot.surveyor_id, request=request)


def _check_slot(session: Session, request: SanctuaryRequest, slot: Slot) -> None:
    if slot.starts_at is not None and slot.starts_at <= clock.now():
        raise RuleBroken("starts_at", "The date and time must be in the future")
    if slot.surveyor_id is not None and slot.surveyor_id not in list_visitors(session, request.partnership_id):
        raise RuleBroken("surveyor_id", "Select who will visit from the list")
    refused = visit_refused(session, request, slot.starts_at)
    if refused:
        raise RuleBroken("safe_to_attend", refused)


def visit_refused(session: Session, request: SanctuaryRequest, at: datetime | None) -> str:
    """Why nobody may go to the home at that time, by the safe-contact rules; empty when they may (DA-14)."""
    contact = safe_contact.contact_of(session, request.case)
    if contact is None or at is None:
        return ""
    rules = safe_contact.rules_of(contact, frozenset({"identity"}), ProgrammeSlug.SANCTUARY).rules
    return reaching.may_use(rules, ContactChannel.VISIT, at) or ""


def needs_of(session: Session, actor: Actor, request: SanctuaryRequest) -> list[str]:
    """What a visitor must have ready: an interpreter, other needs, a code word that is known to them both."""
    opened = access.open_request(actor, request)
    if "identity" not in opened:
        return []
    person, found = people.victim_of(session, request.case_id), []
    if person.interpreter or person.interpreter_needed == "yes":
        found.append(f"Interpreter: {person.interpreter or 'ask which language'}")
    if person.communication_needs:
        found.append(str(person.communication_needs))
    contact = safe_contact.contact_of(session, request.case)
    if contact is not None and "contact" in opened and contact.code_word:
        found.append("There is a code word. The visitor must know it before going: it is never written in the diary")
    return found


def book_elsewhere(
    session: Session, actor: Actor, *, kind: VisitKind, starts_at: datetime | None, user_id: UUID | None, place: str
) -> Visit:  # fmt: skip
    """A protective security visit or an environmental visual audit: a place, and nobody's home."""
    access.require_holds(actor, P.VISIT_BOOK)
    if kind not in ELSEWHERE:
        raise NotAllowed
    if starts_at is None:
        raise RuleBroken("starts_at", "Enter or select a date")
    if not place.strip():
        raise RuleBroken("place", "Enter the place")
    if user_id not in list_visitors(session, actor.partnership_id):
        raise RuleBroken("user_id", "Select who will visit")
    return _book(session, actor, kind, starts_at, user_id, place=place.strip())


def _book(
    session: Session, actor: Actor, kind: VisitKind, starts_at: datetime | None, user_id: UUID | None, *,
    request: SanctuaryRequest | None = None, place: str = "",
) -> Visit:  # fmt: skip
    access.open_visits(actor, seal=True)
    visit = Visit(
        partnership_id=actor.partnership_id, request_id=request.id if request else None, agency_id=actor.agency_id,
        user_id=user_id, kind=kind, state=VisitState.BOOKED, starts_at=starts_at, place=place,
    )  # fmt: skip
    session.add(visit)
    session.flush()
    case_id = request.case_id if request else None
    audit.record(session, actor, "visit:booked", visit, case_id=case_id, kind=kind)
    return visit


def _call_off(session: Session, request: SanctuaryRequest, kind: VisitKind) -> None:
    booked = select(Visit).where(Visit.request_id == request.id, Visit.kind == kind, Visit.state == VisitState.BOOKED)
    for visit in session.scalars(booked).all():
        advance(session, access.system(request.partnership_id), visit, "call_off")


def record_visit(session: Session, actor: Actor, visit: Visit, *, how: str, found: str) -> None:
    """`record`, `miss` or `cancel`, with a word on it."""
    advance(session, actor, visit, how, found=found.strip())
    access.open_visits(actor, seal=True)
    visit.found = found.strip()
    flush(session)


def get_visit(session: Session, actor: Actor, visit_id: UUID) -> Visit:
    """One visit of the diary; NotFound when it is not this person's to see."""
    visit = session.scalar(access.visible(actor, P.VISIT_READ, Visit).where(Visit.id == visit_id))
    if visit is None:
        raise NotFound
    return visit


def list_visitors(session: Session, partnership_id: UUID) -> set[UUID]:
    """Who may be sent to a home."""
    return set(active_people(session, partnership_id, VISITORS))


def list_visits(
    session: Session, actor: Actor, *, from_on: date, until_on: date, kind: VisitKind | None = None
) -> list[VisitRow]:
    """The diary between two days, both counted, the first first; each home with how to reach the person (DA-14)."""
    query = access.visible(actor, P.VISIT_READ, Visit).where(*_between(from_on, until_on))
    if kind is not None:
        query = query.where(Visit.kind == kind)
    visits = session.scalars(query.order_by(Visit.starts_at).limit(MOST)).all()
    ids = {visit.request_id for visit in visits if visit.request_id}
    mine = access.visible(actor, P.SANCTUARY_READ, SanctuaryRequest).where(SanctuaryRequest.id.in_(ids))
    requests = {one.id: one for one in session.scalars(mine)}
    access.open_visits(actor)
    names = naming.colleagues(session, actor, [visit.user_id for visit in visits])
    return [_row(session, actor, visit, requests, names) for visit in visits]


def _row(session: Session, actor: Actor, visit: Visit, requests: dict[UUID, Any], names: dict[UUID, str]) -> VisitRow:
    request = requests.get(visit.request_id) if visit.request_id else None
    rules = ""
    if request is not None and visit.state == VisitState.BOOKED:
        opened = access.open_request(actor, request)
        rules = safe_contact.rules_of(
            safe_contact.contact_of(session, request.case), opened, ProgrammeSlug.SANCTUARY
        ).short
    place = (visit.place or "") if visit.request_id is None else ""
    return VisitRow(
        visit.id, visit.starts_at, visit.kind, visit.state, names.get(visit.user_id, ""),
        request.reference if request else "", place, rules, visit.found or "", visit.user_id,
    )  # fmt: skip


def counts(session: Session, actor: Actor, *, from_on: date, until_on: date) -> dict[VisitKind, dict[VisitState, int]]:
    """How many of each kind stand in each state between two days."""
    which = (access.rule(actor, P.VISIT_READ, Visit), *_between(from_on, until_on))
    rows = session.execute(select(Visit.kind, Visit.state).where(*which))
    found = Counter((row.kind, row.state) for row in rows)
    return {kind: {state: found[kind, state] for state in VisitState} for kind in VisitKind}


def _between(from_on: date, until_on: date) -> tuple[Any, ...]:
    return (
        Visit.starts_at >= london(from_on, time(0)), Visit.starts_at < london(until_on + timedelta(days=1), time(0))
    )  # fmt: skip
