"""Who tells the victim-survivor what was agreed, by when, and how it went (DA-33).

The rules for safe contact travel with every task. A letter, a voicemail or a call that could be found is never the
system's to suggest: it asks how it was done, and takes "not safe" for an answer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import NotFound
from marac.models import Case, Telling
from marac.services import moving
from marac.services.casework import naming
from marac.services.casework.involvement import involve
from marac.services.casework.safe_contact import SafeContact, contact_rules, contact_rules_of
from marac.services.following.telling_asked import OPEN, keep_clock
from marac.vocabulary import InvolvementBasis, Permission as P, TellingState


@dataclass(frozen=True, slots=True)
class TellingRow:
    """One task in a list. The name is empty where the stage does not open it."""

    id: UUID
    reference: str
    name: str
    agency: str
    state: TellingState
    due_at: datetime
    contact: SafeContact | None


@dataclass(frozen=True, slots=True)
class TellingPage:
    """One task with the rules for safe contact above it."""

    telling: Telling
    reference: str
    name: str
    agency: str
    contact: SafeContact
    who: str
    how: str
    next_step: str
    reported_by: str
    offers: frozenset[str]


def get_telling(session: Session, actor: Actor, telling_id: UUID) -> Telling:
    """One task that the actor may see, or NotFound."""
    telling = session.scalar(access.visible(actor, P.TELLING_READ, Telling).where(Telling.id == telling_id))
    if telling is None:
        raise NotFound
    return telling


def list_tellings(
    session: Session, actor: Actor, *, agency_id: UUID | None = None, most: int = 200
) -> list[TellingRow]:
    """Who is still to be told, the first due first: the own agency's, or everybody's for who runs the panel."""
    visible = access.visible(actor, P.TELLING_READ, Telling).where(Telling.state.in_(OPEN))
    if agency_id is not None:
        visible = visible.where(Telling.agency_id == agency_id)
    rows = session.scalars(visible.order_by(Telling.due_at).limit(most)).all()
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_([row.case_id for row in rows])))}
    seen = access.visible(actor, P.CASE_READ, Case).with_only_columns(Case.id).where(Case.id.in_(list(cases)))
    stages = {case_id: cases[case_id].state for case_id in session.scalars(seen)}
    names, rules = naming.victims(session, actor, stages), contact_rules_of(session, actor, stages)
    agencies = naming.agency_names(session, actor.partnership_id)
    return [
        TellingRow(
            row.id, cases[row.case_id].reference, names.get(row.case_id, ""), agencies[row.agency_id], row.state,
            row.due_at, rules.get(row.case_id),
        )
        for row in rows
    ]  # fmt: skip


def view_telling(session: Session, actor: Actor, telling: Telling) -> TellingPage:
    """One task as its page shows it."""
    access.require(actor, P.TELLING_READ, telling)
    opened = access.open_case(actor, telling.case)
    reads = "actions" in opened
    names = naming.victims(session, actor, {telling.case_id: telling.case.state})
    reporter = naming.colleagues(session, actor, [telling.reported_by_id])
    return TellingPage(
        telling, telling.case.reference, names.get(telling.case_id, ""), telling.agency.name,
        contact_rules(session, actor, telling.case), (telling.who or "") if reads else "",
        (telling.how or "") if reads else "", (telling.next_step or "") if reads else "",
        reporter.get(telling.reported_by_id or telling.id, ""),
        frozenset(step.name for step in moving.available(actor, telling)),
    )  # fmt: skip


def report_told(
    session: Session, actor: Actor, telling: Telling, *, how: str, safe_contact_met: bool, version: int | None = None
) -> Telling:
    """The person was told. RuleBroken unless contact was made only as the rules allow (DA-14)."""
    facts = {"how": how, "safe_contact_met": safe_contact_met, "contact_with_victim": True}
    return _report(session, actor, telling, "report_told", facts, version=version)


def report_not_reached(
    session: Session, actor: Actor, telling: Telling, *, next_step: str, version: int | None = None
) -> Telling:
    """Tried, and not reached: it stays on the list."""
    return _report(session, actor, telling, "report_not_reached", {"next_step": next_step}, version=version)


def report_unsafe(
    session: Session, actor: Actor, telling: Telling, *, next_step: str, version: int | None = None
) -> Telling:
    """It is not safe to tell the person now."""
    return _report(session, actor, telling, "report_unsafe", {"next_step": next_step}, version=version)


def give_to(session: Session, actor: Actor, telling: Telling, *, to_agency_id: UUID | None) -> Telling:
    """Another agency tells the person; it needs to know the case for that."""
    access.open_case(actor, telling.case)
    known = naming.agency_names(session, actor.partnership_id)
    to = to_agency_id if to_agency_id in known else None
    if to is not None:
        telling.agency_id = to
        involve(session, telling.case_id, telling.partnership_id, [to], InvolvementBasis.CONSULTED)
    moving.advance(session, actor, telling, "give_to", to_agency_id=to)
    keep_clock(session, telling)
    return telling


def ask_again(session: Session, actor: Actor, telling: Telling, *, reason: str) -> Telling:
    """It may be safe now, or was not done after all."""
    access.open_case(actor, telling.case)
    moving.advance(session, actor, telling, "ask_again", reason=reason)
    telling.next_step = reason.strip()
    keep_clock(session, telling)
    moving.flush(session)
    return telling


def _report(
    session: Session, actor: Actor, telling: Telling, name: str, facts: dict[str, Any], *, version: int | None
) -> Telling:
    moving.same_version(telling, version)
    access.open_case(actor, telling.case)
    moving.advance(session, actor, telling, name, **facts)
    telling.how = facts.get("how") or telling.how
    telling.next_step = facts.get("next_step") or None
    telling.reported_at, telling.reported_by_id = clock.now(), actor.user_id
    keep_clock(session, telling)
    moving.flush(session)
    return telling
