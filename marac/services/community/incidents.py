"""Incidents on a Community MARAC case: each counts once, whoever was told; enough of them prompt the ASB Case Review.

Refuses a second entry of what may be the same incident until somebody says whether it is (CM-17).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken
from marac.models import Case, CaseIncident
from marac.services import moving
from marac.services.casework import naming
from marac.services.community.review_days import COMMUNITY, settings
from marac.services.community.reviewing import OF_PANEL
from marac.vocabulary import AsbType, Permission as P
from marac.workflows import reviews
from marac.workflows.incidents_counted import Told, distinct, same

CASE_REVIEW = "asb_case_review"


@dataclass(frozen=True, slots=True)
class Happened:
    """One incident as the tab shows it: `told` says whom and under which reference."""

    id: UUID
    on: date | None
    kind: AsbType | None
    what: str
    told: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incidents:
    """What the Incidents tab holds: newest first; how many different ones count, and whether to tell of the review."""

    rows: tuple[Happened, ...]
    counted: int
    hate: int
    months: int
    threshold: int
    prompt: bool
    may_record: bool
    quiet: int | None


def view_incidents(session: Session, actor: Actor, case: Case, opened: frozenset[str]) -> Incidents:
    """The Incidents tab, as far as risk is open to the reader."""
    held = _of_case(session, case) if "risk" in opened else []
    days = _days(held)
    rule = settings(session, case, CASE_REVIEW)
    counting = rule["incidents"]
    counted, hate = _inside(days, counting), _inside(_days([one for one in held if one.kind == AsbType.HATE]), counting)
    shown = tuple(_shown(one) for one in sorted(held, key=lambda one: one.happened_on or date.min, reverse=True))
    return Incidents(
        shown, counted, hate, int(counting["window_months"]), int(counting["value"]),
        _prompted(days, hate, rule), may_record(actor, case) and "risk" in opened,
        reviews.days_quiet(days, clock.today()),
    )  # fmt: skip


def may_record(actor: Actor, case: Case) -> bool:
    """Whether the actor may add an incident to this case."""
    return case.programme == COMMUNITY and case.state not in OF_PANEL and access.may(actor, P.INCIDENT_RECORD, case)


def days_of(session: Session, case: Case) -> list[date]:
    """One day for each different incident of the case that has one. Risk must be open."""
    return _days(_of_case(session, case))


def record_incident(
    session: Session, actor: Actor, case: Case, *, happened_on: date | None, kind: str, what: str, told_to: str = "",
    reference: str = "", same_as: str = "",
) -> CaseIncident:  # fmt: skip
    """Add an incident, or that another agency was told of one already here (`same_as`: its id as hex, or "new").

    RuleBroken beside what is missing, and beside `same_as` when one of that day or reference is recorded already.
    """
    if not may_record(actor, case) or "risk" not in access.open_case(actor, case):
        raise NotAllowed
    if happened_on is None or happened_on > clock.today():
        raise RuleBroken("happened_on", "Enter the day on which it happened, today or in the past")
    if kind not in tuple(AsbType):
        raise RuleBroken("kind", "Select what kind of incident it was")
    if not what.strip():
        raise RuleBroken("what", "Say what happened")
    held = _of_case(session, case)
    known = next((one for one in held if one.id.hex == same_as), None)
    fresh = Told(happened_on, kind, (reference,) if reference else ())
    alike = [one for one in held if same(_told(one), fresh)]
    if known is None and alike and same_as != "new":
        raise RuleBroken("same_as", "An incident like this is already here. Say whether it is the same one")
    teller = told_to.strip() or naming.signature(session, actor).rpartition(", ")[2]
    row = known or _new(session, actor, case, on=happened_on, kind=AsbType(kind), what=what.strip())
    row.reported_to = list(dict.fromkeys([*(row.reported_to or ()), *filter(None, [teller])]))
    row.references = list(dict.fromkeys([*(row.references or ()), *filter(None, [reference.strip()])]))
    audit.record(session, actor, "incident:recorded", row, again=int(known is not None))
    moving.flush(session)
    return row


def _new(session: Session, actor: Actor, case: Case, *, on: date, kind: AsbType, what: str) -> CaseIncident:
    last = session.scalar(select(func.max(CaseIncident.position)).where(CaseIncident.case_id == case.id)) or 0
    row = CaseIncident(
        partnership_id=case.partnership_id, case_id=case.id, position=last + 1, recorded_at=clock.now(),
        recorded_by_id=actor.user_id, happened_on=on, kind=kind, what=what,
    )  # fmt: skip
    session.add(row)
    return row


def _of_case(session: Session, case: Case) -> list[CaseIncident]:
    query = select(CaseIncident).where(CaseIncident.case_id == case.id)
    return list(session.scalars(query.order_by(CaseIncident.position, CaseIncident.id)))


def _told(one: CaseIncident) -> Told:
    return Told(one.happened_on, one.kind or "", tuple(one.references or ()))


def _days(held: Sequence[CaseIncident]) -> list[date]:
    """One day for each different incident, however many were told (CM-17)."""
    groups = distinct(_told(one) for one in held)
    days = [[held[place].happened_on for place in group] for group in groups]
    return [min(known) for found in days if (known := [day for day in found if day])]


def _inside(days: Sequence[date], counting: Any) -> int:
    return reviews.count_inside(days, clock.today(), int(counting["window_months"]))


def _prompted(days: Sequence[date], hate: int, rule: Any) -> bool:
    return reviews.case_review_due(days, clock.today(), rule["incidents"], hate, int(rule["hate_incidents"]))


def _shown(one: CaseIncident) -> Happened:
    return Happened(
        one.id, one.happened_on, one.kind, one.what or "", tuple(one.reported_to or ()), tuple(one.references or ())
    )
