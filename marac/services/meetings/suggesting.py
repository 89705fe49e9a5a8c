"""The suggested plan: which waiting case to list for which coming meeting, with reasons (SCH-40, DA-18, DA-19).

Lists nothing by itself: the coordinator confirms rows, and each goes through panels.list_case_on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import AgendaItem, Attendance, Deadline, Meeting
from marac.services import local
from marac.services.casework.involvement import core_agencies
from marac.services.deciding import listing
from marac.services.meetings import clashes, panels
from marac.services.meetings.waiting import BRING_BACK, DEFERRED, TAKEN_OFF, Waiting, list_waiting
from marac.vocabulary import NOT_BEGUN, AttendanceState, MeetingKind, Permission as P, ProgrammeSlug, ReferralKind
from marac.workflows.deadlines import END_OF_DAY, london, offset
from marac.workflows.planning import Extra, Need, Slot, suggest

AHEAD = 8
EMERGENCY, URGENT, PUT_OFF, USUAL = range(4)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A waiting case and the meeting suggested for it, or none."""

    waiting: Waiting
    meeting: Meeting | None
    reasons: tuple[str, ...]
    late: bool

    @property
    def key(self) -> str:
        """What a tick box posts: the case and the meeting."""
        return f"{self.waiting.case.id.hex}:{self.meeting.id.hex}" if self.meeting else ""


@dataclass(frozen=True, slots=True)
class Clock:
    """An emergency that is not on an agenda: 24 hours are the target, 48 the limit, from acceptance (SCH-45)."""

    waiting: Waiting
    target_at: datetime
    limit_at: datetime


@dataclass(frozen=True, slots=True)
class Suggested:
    """The whole page: suggestions by meeting, those without a place, further meetings, emergencies."""

    rows: tuple[Suggestion, ...]
    unplaced: tuple[Suggestion, ...]
    extras: tuple[Extra, ...]
    clocks: tuple[Clock, ...]
    places: tuple[tuple[Meeting, int], ...]


def suggest_plan(session: Session, actor: Actor, programme: ProgrammeSlug) -> Suggested:
    """Places for every case of a panel that waits, in meetings whose cut-off has not passed."""
    access.require_holds(actor, P.CASE_LIST)
    waiting = {one.case.id.hex: one for one in list_waiting(session, actor) if one.case.programme == programme}
    meetings = {meeting.id.hex: meeting for meeting in _meetings(session, actor, programme)}
    slots = _slots(session, list(meetings.values()))
    limits = {key: _emergency_limit(session, one) for key, one in waiting.items()}
    plan = suggest([_need(session, key, one, limits[key]) for key, one in waiting.items()], slots)
    rows = [Suggestion(waiting[one.need.key], meetings[one.slot.key], one.reasons, one.late) for one in plan.placements]
    unplaced = [Suggestion(waiting[need.key], None, need.because, False) for need in plan.unplaced]
    clocks = [Clock(one, limit - _span(session, one), limit) for key, one in waiting.items() if (limit := limits[key])]
    places = [(meetings[slot.key], slot.places) for slot in slots]
    return Suggested(tuple(rows), tuple(unplaced), plan.extras, tuple(clocks), tuple(places))


def list_chosen(
    session: Session, actor: Actor, programme: ProgrammeSlug, keys: Iterable[str], *, conflict_checked: bool
) -> int:
    """List every ticked case for the meeting it was suggested for, all or none; returns how many."""
    chosen = set(keys)
    rows = [row for row in suggest_plan(session, actor, programme).rows if row.key in chosen]
    if not chosen:
        raise RuleBroken("rows", "Select at least one case")
    if len(rows) != len(chosen):
        raise RuleBroken("rows", "The plan has changed since you opened it. Check it and choose again")
    for row in rows:
        if row.meeting is not None:
            panels.list_case_on(
                session, actor, row.meeting, row.waiting.case, referral=row.waiting.referral,
                conflict_checked=conflict_checked,
            )  # fmt: skip
    return len(rows)


def _meetings(session: Session, actor: Actor, programme: ProgrammeSlug) -> list[Meeting]:
    query = access.visible(actor, P.MEETING_READ, Meeting).where(
        Meeting.programme == programme, Meeting.state.in_(NOT_BEGUN), Meeting.starts_at > clock.now(),
        Meeting.kind != MeetingKind.EMERGENCY,
    )  # fmt: skip
    found = session.scalars(query.order_by(Meeting.starts_at).limit(AHEAD))
    return [meeting for meeting in found if not listing.is_late(session, meeting)]


def _slots(session: Session, meetings: list[Meeting]) -> list[Slot]:
    taken = listing.listed_on(session, [meeting.id for meeting in meetings])
    return [
        Slot(
            meeting.id.hex, meeting.starts_at, listing.places_of(session, meeting) - taken.get(meeting.id, 0),
            _away(session, meeting),
        )
        for meeting in meetings
    ]  # fmt: skip


def _away(session: Session, meeting: Meeting) -> frozenset[str]:
    """Agencies that sent apologies and nobody instead, and those that are core to another meeting at that time."""
    places = session.execute(
        select(Attendance.agency_id, Attendance.state).where(Attendance.meeting_id == meeting.id)
    ).all()
    sorry = {row.agency_id for row in places if row.state == AttendanceState.APOLOGIES}
    sorry -= {row.agency_id for row in places if row.state != AttendanceState.APOLOGIES}
    mine = clashes.booking_of(session, meeting)
    near = select(Meeting).where(
        Meeting.partnership_id == meeting.partnership_id, Meeting.id != meeting.id, Meeting.state.in_(NOT_BEGUN),
        Meeting.starts_at < mine.ends_at, Meeting.starts_at > mine.starts_at - clashes.LONGEST,
    )  # fmt: skip
    beside = [one for one in session.scalars(near) if listing.ends_at(session, one) > mine.starts_at]
    busy = {agency for one in beside for agency in core_agencies(session, one)}
    return frozenset(agency.hex for agency in sorry | busy)


def _need(session: Session, key: str, one: Waiting, emergency_limit: datetime | None) -> Need:
    referral = one.referral
    since = _since(one)
    back = one.reason == BRING_BACK
    urgency, because = _urgency(one, emergency_limit)
    limit = emergency_limit or (None if back else _limit(session, one, since))
    not_before = london(one.since_on, time(0)) if back and one.since_on else None
    been = session.scalars(select(AgendaItem.meeting_id).where(AgendaItem.case_id == one.case.id))
    return Need(
        key, urgency, since, limit, not_before, agency=referral.agency_id.hex if referral else "",
        because=(because,), not_at=frozenset(meeting_id.hex for meeting_id in been),
    )  # fmt: skip


def _urgency(one: Waiting, emergency_limit: datetime | None) -> tuple[int, str]:
    referral = one.referral
    if emergency_limit is not None:
        return EMERGENCY, "Accepted as an emergency"
    if referral is not None and referral.urgent:
        return URGENT, "Sent as urgent"
    if one.reason in (DEFERRED, TAKEN_OFF):
        return PUT_OFF, one.reason
    return USUAL, one.reason


def _since(one: Waiting) -> datetime:
    decided = one.referral.decided_at if one.referral else None
    return decided or london(one.since_on or one.case.opened_on, time(0))


def _limit(session: Session, one: Waiting, since: datetime) -> datetime:
    """The end of the last working day on which the partnership's own rule still lets it be heard."""
    case, today = one.case, clock.today()
    days = local.rules_of(session, case.partnership_id, case.programme).value("hear_within_working_days", today)
    closed = local.closures(session, case.partnership_id)
    return london(offset(clock.to_london(since).date(), f"D+{days}", closed), END_OF_DAY)


def _emergency_limit(session: Session, one: Waiting) -> datetime | None:
    """The limit that acceptance as an emergency set; none for any other case."""
    if one.referral is None or one.referral.kind != ReferralKind.EMERGENCY:
        return None
    held = select(Deadline.due_at).where(Deadline.subject_id == one.referral.id, Deadline.rule == "emergency")
    return session.scalar(held.where(Deadline.met_at.is_(None)))


def _span(session: Session, one: Waiting) -> timedelta:
    """From target to limit, by the rules in force."""
    rules, today = local.rules_of(session, one.case.partnership_id, one.case.programme), clock.today()
    return timedelta(hours=rules.value("emergency.limit_hours", today) - rules.value("emergency.target_hours", today))
