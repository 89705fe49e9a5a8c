"""Every request by stage, with how long it has been there: what is past its target first. Opens names for who may."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import SanctuaryRequest, StageClock
from marac.services.casework import naming
from marac.services.sanctuary import clocks
from marac.vocabulary import Permission as P, Role, SanctuaryPriority, SanctuaryState as S

OVER = (S.CLOSED, S.REMOVED_ENDED, S.DUPLICATE, S.DIED)
NEWEST = 300
_ASKED = (S.DRAFT, S.AWAITING_INFORMATION)
_OFFICE = (
    S.SUBMITTED, S.IN_TRIAGE, S.INELIGIBLE, S.LANDLORD_PERMISSION, S.SPECIFICATION, S.INSTALLED, S.FROZEN, S.MOVED,
    S.REFUGE, S.ON_HOLD,
)  # fmt: skip
WAITS_FOR: dict[Role, tuple[S, ...]] = {
    Role.REFERRER: _ASKED, Role.REPRESENTATIVE: _ASKED, Role.DEPUTY: _ASKED,
    Role.IDVA: (*_ASKED, S.SAFETY_PLAN_AND_MARKERS, S.FROZEN), Role.SANCTUARY_OFFICER: _OFFICE,
    Role.CRIME_PREVENTION_OFFICER: (S.SURVEY_DONE, S.SIGN_OFF), Role.SERVICE_MANAGER: (S.APPROVAL,),
    Role.TEAM_LEADER: (S.APPROVAL,),
}  # fmt: skip
"""Whose next step a stage is, by role, for Your work."""


@dataclass(frozen=True, slots=True)
class Line:
    """One request on the list; the name is empty for who may not read it."""

    reference: str
    name: str
    state: S
    priority: SanctuaryPriority
    agency: str
    days: int
    due_at: datetime | None
    late: bool
    paused: bool
    owner_id: UUID | None
    surveyor_id: UUID | None
    review_on: date | None


def list_requests(session: Session, actor: Actor, *, over: bool = False, mine: bool = False) -> list[Line]:
    """The requests the actor may see: those being worked, or those that are over; past their target first."""
    query = access.visible(actor, P.SANCTUARY_READ, SanctuaryRequest)
    of_state = SanctuaryRequest.state.in_(OVER) if over else SanctuaryRequest.state.not_in(OVER)
    if mine:
        query = query.where(
            (SanctuaryRequest.owner_id == actor.user_id)
            | (SanctuaryRequest.surveyor_id == actor.user_id)
            | (SanctuaryRequest.user_id == actor.user_id)
        )
    newest = query.where(of_state).order_by(SanctuaryRequest.stage_since_at.desc()).limit(NEWEST)
    rows = list(session.scalars(newest))
    opened = access.open_requests(actor, {row.case_id: row.state for row in rows})
    names, agencies = naming.of_victims(session, opened), naming.agency_names(session, actor.partnership_id)
    readings = _readings(session, rows)
    order = list(S)
    lines = [_line(row, readings.get(row.id), names, agencies) for row in rows]
    return sorted(lines, key=lambda line: (not line.late, order.index(line.state), -line.days))


def list_waiting(session: Session, actor: Actor) -> list[Line]:
    """The requests whose next step is this person's: by the stage at which it is."""
    stages = WAITS_FOR.get(actor.role, ())
    lines = list_requests(session, actor) if stages else []
    return [line for line in lines if line.state in stages and not _on_hold_until_later(line)]


def _on_hold_until_later(line: Line) -> bool:
    return line.state == S.ON_HOLD and line.review_on is not None and line.review_on > clock.today()


def counts(lines: list[Line]) -> list[tuple[S, int, int]]:
    """(stage, how many, how many of them past target) of every stage that holds any, in the order of the line."""
    held = [(stage, [line for line in lines if line.state == stage]) for stage in S]
    return [(stage, len(those), sum(line.late for line in those)) for stage, those in held if those]


def _line(row: SanctuaryRequest, read: Any, names: dict[UUID, str], agencies: dict[UUID, str]) -> Line:
    return Line(
        row.reference, names.get(row.case_id, ""), row.state, row.priority, agencies[row.agency_id],
        read.days if read else 0, read.due_at if read else None, bool(read and read.late),
        bool(read and read.paused_why), row.owner_id, row.surveyor_id, row.review_on,
    )  # fmt: skip


def _readings(session: Session, rows: list[SanctuaryRequest]) -> dict[UUID, clocks.Reading]:
    """The running clock of each, in one query."""
    live = select(StageClock).where(
        StageClock.request_id.in_([row.id for row in rows]), StageClock.met_at.is_(None),
        StageClock.replaced_at.is_(None),
    )  # fmt: skip
    states = {row.id: row.state for row in rows}
    found = [one for one in session.scalars(live) if one.stage == states[one.request_id]]
    return {one.request_id: clocks.read(one) for one in found}
