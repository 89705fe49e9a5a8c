"""Every date that hangs on a meeting, which of them are done or overdue, and how they would shift (DA-16, SCH-38).

Reads and follows; refuses to shift a date whose step was done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Action, AgendaItem, Attendance, Deadline, Flag, Meeting, Minutes, Research
from marac.services import local
from marac.vocabulary import (
    LIVE_ACTIONS,
    UNANSWERED,
    AgendaItemState,
    AttendanceState,
    FlagState,
    MeetingState,
    Permission as P,
)

AFTER_RESEARCH = (MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS, MeetingState.HELD)


@dataclass(frozen=True, slots=True)
class DueDate:
    """One derived date: its name in the rules, the rule, when, and `done`, `overdue`, `passed` or nothing yet."""

    name: str
    rule: str
    base: str
    at: datetime
    mark: str


@dataclass(frozen=True, slots=True)
class Shift:
    """What a date was and what it would be. `kept`: its step was done, so it stays."""

    name: str
    was: datetime
    now: datetime
    kept: bool


def list_due_dates(session: Session, actor: Actor, meeting: Meeting) -> list[DueDate]:
    """Every derived date, soonest first; marks only for those who run the meeting."""
    access.require(actor, P.MEETING_READ, meeting)
    marked = access.holds(actor, P.MEETING_RUN)
    found = sorted(local.deadlines_of(session, meeting).items(), key=lambda pair: pair[1].at)
    return [
        DueDate(name, due.rule, due.base, due.at, mark_of(session, meeting, name, due.at) if marked else "")
        for name, due in found
    ]


def mark_of(session: Session, meeting: Meeting, name: str, at: datetime) -> str:
    """`done` when its step is, `overdue` when it should have been by now, `passed` for a date that is nobody's task."""
    if name in DONE and DONE[name](session, meeting):
        return "done"
    if at > clock.now() or meeting.state == MeetingState.CANCELLED:
        return ""
    return "overdue" if name in DONE else "passed"


def list_shifts(
    session: Session, meeting: Meeting, *, starts_at: datetime | None = None, closed: frozenset[date] | None = None
) -> list[Shift]:
    """Old beside new for every date that would change, and for those that stay because they were met."""
    was = local.deadlines_of(session, meeting)
    now = local.deadlines_of(session, meeting, starts_at=starts_at, closed=closed)
    shifts = []
    for name in sorted(was, key=lambda one: was[one].at):
        new = now.get(name, was[name]).at
        kept = name in DONE and DONE[name](session, meeting)
        if new != was[name].at:
            shifts.append(Shift(name, was[name].at, was[name].at if kept else new, kept))
    return shifts


def keep_done(session: Session, meeting: Meeting) -> None:
    """Note the dates of the steps that are done, so that they stay when the meeting moves."""
    held = {row.rule: row for row in session.scalars(select(Deadline).where(Deadline.subject_id == meeting.id))}
    for name, due in local.deadlines_of(session, meeting).items():
        if name not in DONE or not DONE[name](session, meeting):
            continue
        row = held.get(name)
        if row is None:
            row = Deadline(
                partnership_id=meeting.partnership_id, subject_id=meeting.id, rule=name, due_at=due.at, met_at=None
            )
            session.add(row)
        row.met_at = row.met_at or clock.now()
    session.flush()


def meet(session: Session, meeting: Meeting, *rules: str) -> None:
    """These steps are done: their clocks stop now; one that had stopped keeps its time."""
    clocks = select(Deadline).where(Deadline.subject_id == meeting.id, Deadline.rule.in_(rules))
    for row in session.scalars(clocks.where(Deadline.met_at.is_(None))):
        row.met_at = clock.now()


def follow(session: Session, meeting: Meeting) -> int:
    """Give every open clock that hangs on a meeting its date as it is now; returns how many changed."""
    due = {name: found.at for name, found in local.deadlines_of(session, meeting).items()}
    changed = 0
    items = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)
    asked = select(Research).where(Research.item_id.in_(items), Research.state.in_(UNANSWERED))
    heard = select(AgendaItem.case_id).where(
        AgendaItem.meeting_id == meeting.id, AgendaItem.state == AgendaItemState.HEARD
    )
    of_it = (Deadline.subject_id == meeting.id) | Deadline.subject_id.in_(heard)
    clocks = select(Deadline).where(of_it, Deadline.met_at.is_(None), Deadline.rule.in_(list(due)))
    minutes = select(Minutes).where(Minutes.meeting_id == meeting.id, Minutes.issued_at.is_(None))
    open_rows: list[tuple[Research | Deadline | Minutes, str]] = [
        *((row, "research_due") for row in session.scalars(asked)),
        *((row, row.rule) for row in session.scalars(clocks)),
        *((row, "minutes_issued") for row in session.scalars(minutes)),
    ]
    for row, rule in open_rows:
        if rule in due and row.due_at != due[rule]:
            row.due_at = due[rule]
            changed += 1
    session.flush()
    return changed


# --- when a step is done ---


def _published(_session: Session, meeting: Meeting) -> bool:
    return meeting.published_at is not None


def _researched(session: Session, meeting: Meeting) -> bool:
    if meeting.state in AFTER_RESEARCH:
        return True
    items = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)
    missing = select(exists().where(Research.item_id.in_(items), Research.state.in_(UNANSWERED)))
    return meeting.published_at is not None and not session.scalar(missing)


def _confirmed(session: Session, meeting: Meeting) -> bool:
    asked = exists().where(Attendance.meeting_id == meeting.id)
    silent = exists().where(Attendance.meeting_id == meeting.id, Attendance.state == AttendanceState.INVITED)
    return bool(session.scalar(select(asked & ~silent)))


def _actions_out(_session: Session, meeting: Meeting) -> bool:
    """The action lists went out, or the minutes that carry them did (DA-31)."""
    return _issued(_session, meeting) or bool(meeting.minutes and meeting.minutes.actions_sent_at)


def _issued(_session: Session, meeting: Meeting) -> bool:
    return meeting.minutes is not None and meeting.minutes.issued_at is not None


def _told(session: Session, meeting: Meeting) -> bool:
    cases = select(AgendaItem.case_id).where(AgendaItem.meeting_id == meeting.id)
    waiting = exists().where(Deadline.subject_id.in_(cases), Deadline.rule == "victim_told", Deadline.met_at.is_(None))
    return meeting.held_at is not None and not session.scalar(select(waiting))


def _flagged(session: Session, meeting: Meeting) -> bool:
    cases = select(AgendaItem.case_id).where(AgendaItem.meeting_id == meeting.id)
    waiting = exists().where(Flag.case_id.in_(cases), Flag.state == FlagState.ADD_REQUESTED)
    return meeting.held_at is not None and not session.scalar(select(waiting))


def _reported(session: Session, meeting: Meeting) -> bool:
    items = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)
    live = exists().where(Action.item_id.in_(items), Action.state.in_(LIVE_ACTIONS))
    return meeting.held_at is not None and not session.scalar(select(live))


DONE: dict[str, Callable[[Session, Meeting], bool]] = {
    "referral_cutoff": _published,
    "triage_decided": _published,
    "agenda_published": _published,
    "research_requested": _published,
    "research_due": _researched,
    "attendance_confirmed": _confirmed,
    "actions_published": _actions_out,
    "flag_and_tag_confirmed": _flagged,
    "victim_told": _told,
    "minutes_issued": _issued,
    "action_status_due": _reported,
}
