"""Days on which the partnership does not work, beside weekends and bank holidays; dated, kept, audited (SCH-37).

Refuses a day that is not a working day anyway. Adding or taking one back recomputes every open date.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Meeting, Setting
from marac.services import local
from marac.services.meetings import rescheduling
from marac.services.meetings.meeting_dates import Shift, list_shifts
from marac.services.moving import flush
from marac.vocabulary import NOT_BEGUN, Permission as P
from marac.workflows.deadlines import is_working_day

KEY = "closure_days"


@dataclass(frozen=True, slots=True)
class ClosureDay:
    """A day the partnership is closed, and why."""

    id: UUID
    on: date
    note: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a closure day does to one meeting: it falls on it, or some of its dates shift."""

    meeting: Meeting
    falls_on_it: bool
    shifts: tuple[Shift, ...]


def list_closure_days(session: Session, actor: Actor) -> list[ClosureDay]:
    """Every closure day of the partnership, soonest first."""
    access.require_holds(actor, P.MEETING_SCHEDULE)
    found = [
        ClosureDay(row.id, date.fromisoformat(day), row.note)
        for row in session.scalars(_kept(actor))
        for day in row.value
    ]
    return sorted(found, key=lambda day: day.on)


def preview_closure(session: Session, actor: Actor, on: date) -> list[Effect]:
    """What would move if the partnership closed that day, by meeting. Changes nothing."""
    access.require_holds(actor, P.MEETING_SCHEDULE)
    closed = local.closures(session, actor.partnership_id)
    _check(on, closed)
    effects = []
    coming = access.visible(actor, P.MEETING_READ, Meeting).where(Meeting.state.in_(NOT_BEGUN))
    for meeting in session.scalars(coming.order_by(Meeting.starts_at)):
        shifts = tuple(list_shifts(session, meeting, closed=closed | {on}))
        falls = clock.to_london(meeting.starts_at).date() == on
        if shifts or falls:
            effects.append(Effect(meeting, falls, shifts))
    return effects


def add_closure_day(session: Session, actor: Actor, on: date, *, note: str) -> int:
    """Close on a day; returns how many open dates moved."""
    access.require_holds(actor, P.MEETING_SCHEDULE)
    _check(on, local.closures(session, actor.partnership_id))
    if not note.strip():
        raise RuleBroken("note", "Say why, for example: council offices closed")
    row = Setting(
        partnership_id=actor.partnership_id, programme=None, key=KEY, value=[on.isoformat()], effective_from=on,
        confirmed=True, basis="local", note=note.strip(),
    )  # fmt: skip
    session.add(row)
    flush(session)
    session.info.pop(KEY, None)
    audit.record(session, actor, "setting:changed", row, key=KEY)
    return rescheduling.shift_all(session, actor.partnership_id)


def remove_closure_day(session: Session, actor: Actor, day_id: UUID) -> int:
    """Take a day back; the row stays, empty. Returns how many open dates moved."""
    access.require_holds(actor, P.MEETING_SCHEDULE)
    row = session.scalar(_kept(actor).where(Setting.id == day_id))
    if row is None:
        raise NotFound
    row.value = []
    flush(session)
    session.info.pop(KEY, None)
    audit.record(session, actor, "setting:changed", row, key=KEY)
    return rescheduling.shift_all(session, actor.partnership_id)


def _kept(actor: Actor) -> Select[Setting]:
    return select(Setting).where(Setting.partnership_id == actor.partnership_id, Setting.key == KEY)


def _check(on: date, closed: frozenset[date]) -> None:
    if on < clock.today():
        raise RuleBroken("on", "Enter today or a later date")
    if not is_working_day(on, closed):
        raise RuleBroken("on", "Nobody works on that day already: it is a weekend, a bank holiday or a closure day")
