"""Flag and tag: an agency confirms that its file is marked, and twelve months later that the mark is off (DA-32).

Each confirmation leaves a receipt, read from the trail: who, for which agency, on which day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import AuditEntry, Case, Flag, Meeting, Transfer
from marac.services import local, moving
from marac.services.casework import naming
from marac.services.clockwork.recipients import AGENCY_PEOPLE, active_people
from marac.vocabulary import CaseState, FlagState, Permission as P, Template, TransferDirection
from marac.workflows.deadlines import add_months

CONFIRMS = {FlagState.ADD_REQUESTED: "confirm_added", FlagState.REMOVE_REQUESTED: "confirm_removed"}
RECEIPTS = {"flag:confirm_added": "Added", "flag:confirm_removed": "Lifted"}
LIVE = (FlagState.ADD_REQUESTED, FlagState.ADDED)
MARKED = (FlagState.ADDED, FlagState.REMOVE_REQUESTED)


@dataclass(frozen=True, slots=True)
class FlagRow:
    """One mark to put on, or to take off, the agency's own file."""

    id: UUID
    reference: str
    name: str
    state: FlagState
    due_at: datetime
    lift_on: date


@dataclass(frozen=True, slots=True)
class Receipt:
    """One confirmation: what was done, by whom and when."""

    reference: str
    done: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How one agency stands with its marks; counts only, of the cases that the viewer may see."""

    agency_id: UUID
    agency: str
    to_add: int
    to_lift: int
    overdue: int
    oldest_due_at: datetime | None
    on_file: int
    lifts_this_month: int


@dataclass(frozen=True, slots=True)
class Lapsing:
    """A case whose twelve months end before the panel meets again."""

    reference: str
    name: str
    until_on: date
    last_heard_on: date | None


def list_flags(session: Session, actor: Actor) -> tuple[FlagRow, ...]:
    """What the actor's agency is asked to confirm now, the first due first."""
    return _rows(session, actor, Flag.state.in_(list(CONFIRMS)), Flag.due_at)


def list_lifting(session: Session, actor: Actor, month: date) -> tuple[FlagRow, ...]:
    """The monthly list: marks on the agency's own file whose twelve months end within the month of that day."""
    first = month.replace(day=1)
    within = Flag.lift_on.between(first, add_months(first, 1) - timedelta(days=1))
    return _rows(session, actor, within & Flag.state.in_(MARKED) & ~kept(Flag.case_id), Flag.lift_on)


def _rows(session: Session, actor: Actor, which: ColumnElement[bool], order: Any) -> tuple[FlagRow, ...]:
    query = select(
        Flag.id, Flag.case_id, Flag.state, Flag.due_at, Flag.lift_on, Case.reference, Case.state.label("stage")
    )
    query = query.join(Case, Case.id == Flag.case_id).where(access.rule(actor, P.FLAG_CONFIRM, Flag))
    rows = session.execute(query.where(Flag.agency_id == actor.agency_id, which).order_by(order)).all()
    names = naming.victims(session, actor, {row.case_id: row.stage for row in rows})
    return tuple(
        FlagRow(row.id, row.reference, names.get(row.case_id, ""), row.state, row.due_at, row.lift_on) for row in rows
    )


def confirm_flags(session: Session, actor: Actor, flag_ids: Iterable[UUID]) -> int:
    """Confirm that these are done, each in the way it was asked: added, or removed. Returns how many."""
    mine = access.visible(actor, P.FLAG_CONFIRM, Flag).where(Flag.id.in_(list(flag_ids)))
    chosen = session.scalars(mine.where(Flag.state.in_(list(CONFIRMS)))).all()
    if not chosen:
        raise RuleBroken("flags", "Select at least one record")
    for flag in chosen:
        moving.advance(session, actor, flag, CONFIRMS[flag.state])
        flag.confirmed_at, flag.confirmed_by_id = clock.now(), actor.user_id
    moving.flush(session)
    return len(chosen)


def list_receipts(session: Session, actor: Actor, most: int = 50) -> list[Receipt]:
    """What the agency has confirmed, the newest first: confirmed by whom, on which day."""
    query = (
        select(AuditEntry.tag, AuditEntry.actor_id, AuditEntry.at, Case.reference)
        .join(Flag, Flag.id == AuditEntry.object_id)
        .join(Case, Case.id == Flag.case_id)
        .where(access.rule(actor, P.FLAG_CONFIRM, Flag), Flag.agency_id == actor.agency_id)
        .where(AuditEntry.tag.in_(list(RECEIPTS)))
    )
    rows = session.execute(query.order_by(AuditEntry.at.desc()).limit(most)).all()
    names = naming.colleagues(session, actor, [row.actor_id for row in rows])
    return [Receipt(row.reference, RECEIPTS[row.tag], names.get(row.actor_id, ""), row.at) for row in rows]


def list_standings(session: Session, actor: Actor) -> list[Standing]:
    """Agencies by what they still have to confirm, the longest overdue first: for who runs the panel."""
    access.require_holds(actor, P.FLAG_FOLLOW)
    now, month = clock.now(), clock.today().replace(day=1)
    asked, late = Flag.state.in_(list(CONFIRMS)), Flag.state.in_(list(CONFIRMS)) & (Flag.due_at < now)
    ends = Flag.lift_on.between(month, add_months(month, 1) - timedelta(days=1)) & (Flag.state == FlagState.ADDED)
    query = select(
        Flag.agency_id,
        func.count().filter(Flag.state == FlagState.ADD_REQUESTED).label("to_add"),
        func.count().filter(Flag.state == FlagState.REMOVE_REQUESTED).label("to_lift"),
        func.count().filter(late).label("overdue"),
        func.min(Flag.due_at).filter(asked).label("oldest"),
        func.count().filter(Flag.state == FlagState.ADDED).label("on_file"),
        func.count().filter(ends).label("ends"),
    )
    rows = session.execute(query.where(access.rule(actor, P.FLAG_FOLLOW, Flag)).group_by(Flag.agency_id))
    names = naming.agency_names(session, actor.partnership_id)
    found = [Standing(row[0], names[row[0]], *row[1:4], row.oldest, row.on_file, row.ends) for row in rows]
    return sorted(found, key=lambda one: (-one.overdue, one.oldest_due_at or now, one.agency))


def chase(session: Session, actor: Actor, agency_ids: Iterable[UUID]) -> int:
    """Remind these agencies of what they still have to confirm; returns how many were reminded."""
    waiting = {one.agency_id for one in list_standings(session, actor) if one.to_add or one.to_lift}
    chosen = waiting & set(agency_ids)
    if not chosen:
        raise RuleBroken("agencies", "Select at least one agency that has something to confirm")
    who = set(active_people(session, actor.partnership_id, AGENCY_PEOPLE, agencies=chosen)) - {actor.user_id}
    key = f"flags:{clock.now():%Y%m%d%H}"
    notifications.enqueue(
        session, actor.partnership_id, who, Template.FLAG_ASKED, subject_key=key, path="/flags"
    )  # fmt: skip
    audit.record(session, actor, "flags:chased", agencies=len(chosen))
    return len(chosen)


def lapsing(session: Session, actor: Actor, meeting: Meeting) -> list[Lapsing]:
    """Cases reaching twelve months, a standing agenda item: those that lapse from this meeting until the next (DA-32).

    Without a next meeting, those of the month that follows.
    """
    access.require(actor, P.MEETING_READ, meeting)
    first = clock.to_london(meeting.starts_at).date()
    following = local.next_meeting(session, meeting.partnership_id, meeting.programme, after=meeting.starts_at)
    last = clock.to_london(following.starts_at).date() if following else add_months(first, 1)
    query = access.visible(actor, P.CASE_READ, Case).where(
        Case.programme == meeting.programme, Case.state == CaseState.ISSUED, Case.flag_until_on >= first,
        Case.flag_until_on < last, ~kept(Case.id),
    )  # fmt: skip
    cases = session.scalars(query.order_by(Case.flag_until_on, Case.reference)).all()
    names = naming.victims(session, actor, {case.id: case.state for case in cases})
    return [
        Lapsing(case.reference, names.get(case.id, ""), case.flag_until_on or first, case.last_heard_on)
        for case in cases
    ]


def kept(case_id: Any) -> ColumnElement[bool]:
    """Cases sent to another area whose alleged perpetrator still lives here: the flag stays, however long (DA-34)."""
    out = (Transfer.direction == TransferDirection.OUT, Transfer.keeps_flag.is_(True))
    return exists().where(Transfer.case_id == case_id, *out)


# --- what the timetable does ---


def send_monthly(session: Session, actor: Actor) -> int:
    """Once a month each agency with marks that end in it is prompted to look at its list. Returns prompts queued."""
    today = clock.today()
    first = today.replace(day=1)
    within = Flag.lift_on.between(first, add_months(first, 1) - timedelta(days=1))
    ending = access.rule(actor, P.JOB_RUN, Flag) & within & Flag.state.in_(MARKED) & ~kept(Flag.case_id)
    agencies = set(session.scalars(select(Flag.agency_id).where(ending).distinct()))
    who = active_people(session, actor.partnership_id, AGENCY_PEOPLE, agencies=agencies)
    return notifications.enqueue(
        session, actor.partnership_id, who, Template.FLAG_ASKED, subject_key=f"lifting:{first:%Y%m}", path="/flags"
    )  # fmt: skip
