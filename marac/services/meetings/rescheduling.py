"""Moving and cancelling a booked meeting: every open date follows, nothing done shifts, everyone is told (SCH-38).

Refuses without a reason, and once the meeting has begun. A cancelled meeting leaves no case behind (DA-35).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import RuleBroken, WrongState
from marac.models import AgendaItem, Attendance, Deadline, Meeting, MeetingChange, Referral
from marac.services import local
from marac.services.casework.involvement import core_agencies
from marac.services.clockwork.recipients import AGENCY_PEOPLE, active_people
from marac.services.deciding import listing
from marac.services.meetings import agenda, clashes, guests, panels
from marac.services.meetings.meeting_dates import Shift, follow, keep_done, list_shifts
from marac.services.moving import advance, flush, same_version
from marac.vocabulary import (
    NOT_BEGUN,
    AgendaItemState,
    MeetingChangeKind,
    MeetingState,
    Permission as P,
    ProgrammeSlug,
    ReferralState,
    Role,
    Template,
)
from marac.workflows.deadlines import triage_due

STILL_OPEN = timedelta(days=60)  # after a meeting: minutes, actions and flags still have clocks
LIVE = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Deferral:
    """How every case of a cancelled meeting is put off: why, who approved it, safe how, and to which meeting."""

    reason: str
    approved_by: UUID | None
    interim_safety: str
    to: Meeting | None = None
    conflict_checked: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A move or a cancellation, as the meeting's page tells it."""

    kind: MeetingChangeKind
    was_at: datetime
    now_at: datetime | None
    changed_at: datetime
    because: str


def preview_move(session: Session, actor: Actor, meeting: Meeting, *, starts_at: datetime) -> list[Shift]:
    """Old beside new for each date that the move would change. Changes nothing."""
    _may_move(actor, meeting)
    _check_time(session, meeting, starts_at)
    return list_shifts(session, meeting, starts_at=starts_at)


def move_meeting(
    session: Session, actor: Actor, meeting: Meeting, *, starts_at: datetime, room: str | None = None, reason: str,
    version: int | None = None,
) -> list[Shift]:  # fmt: skip
    """Another day, time or room. Open dates follow, done ones stay; answers with what shifted."""
    _may_move(actor, meeting)
    same_version(meeting, version)
    if not reason.strip():
        raise RuleBroken("reason", "Enter a reason")
    room = meeting.room if room is None else room.strip()
    if starts_at == meeting.starts_at and room == meeting.room:
        raise RuleBroken("starts_on", "Enter another day, time or room")
    _check_time(session, meeting, starts_at)
    shifts = list_shifts(session, meeting, starts_at=starts_at)
    decided_by = _decided_by(session, meeting.partnership_id, meeting.programme)
    keep_done(session, meeting)
    was_at, meeting.starts_at, meeting.room = meeting.starts_at, starts_at, room
    flush(session)
    follow(session, meeting)
    guests.follow_day(session, meeting)
    _follow_referrals(session, meeting.partnership_id, meeting.programme, decided_by)
    audit.record(session, actor, "meeting:moved", meeting, deadlines=len(shifts))
    _changed(session, actor, meeting, kind=MeetingChangeKind.MOVED, was_at=was_at, reason=reason)
    return shifts


def name_officers(
    session: Session, actor: Actor, meeting: Meeting, *, chair_id: UUID | None, minute_taker_id: UUID | None,
    version: int | None = None,
) -> list[clashes.Clash]:  # fmt: skip
    """Who chairs and takes the minutes, until the meeting begins; answers with what is now booked twice (SCH-46)."""
    _may_move(actor, meeting)
    same_version(meeting, version)
    known = {person.id for person in panels.list_deciders(session, actor)}
    for field, person in (("chair_id", chair_id), ("minute_taker_id", minute_taker_id)):
        if person is not None and person not in known:
            raise RuleBroken(field, "Select somebody who chairs or runs panels")
    meeting.chair_id, meeting.minute_taker_id = chair_id, minute_taker_id
    flush(session)
    audit.record(session, actor, "meeting:staffed", meeting)
    return clashes.list_clashes(session, actor, clashes.booking_of(session, meeting), ignoring=meeting.id)


def cancel_meeting(
    session: Session, actor: Actor, meeting: Meeting, *, reason: str, deferral: Deferral | None = None
) -> int:
    """Cancel a meeting; its cases are put off first when told how. Returns how many were (DA-35)."""
    access.require(actor, P.MEETING_CANCEL, meeting)
    put_off = _defer_all(session, actor, meeting, deferral) if deferral is not None else 0
    query = select(func.count()).where(AgendaItem.meeting_id == meeting.id, AgendaItem.state.in_(LIVE))
    decided_by = _decided_by(session, meeting.partnership_id, meeting.programme)
    advance(session, actor, meeting, "cancel", reason=reason, listed_cases=session.scalar(query) or 0)
    session.execute(delete(Deadline).where(Deadline.subject_id == meeting.id, Deadline.met_at.is_(None)))
    _follow_referrals(session, meeting.partnership_id, meeting.programme, decided_by)
    _changed(session, actor, meeting, kind=MeetingChangeKind.CANCELLED, was_at=meeting.starts_at, reason=reason)
    return put_off


def list_changes(session: Session, actor: Actor, meeting: Meeting) -> list[Change]:
    """When it was moved or cancelled and why, newest first, for those who schedule."""
    if not access.holds(actor, P.MEETING_SCHEDULE):
        return []
    access.open_staff(actor)
    rows = session.execute(
        select(
            *sealed_columns(MeetingChange, "staff"), MeetingChange.id, MeetingChange.kind, MeetingChange.was_at,
            MeetingChange.now_at, MeetingChange.changed_at,
        )
        .where(MeetingChange.meeting_id == meeting.id, access.rule(actor, P.MEETING_READ, MeetingChange))
        .order_by(MeetingChange.changed_at.desc())
    ).all()  # fmt: skip
    opened = open_many(MeetingChange, "staff", rows)
    return [
        Change(row.kind, row.was_at, row.now_at, row.changed_at, str(words.get("because") or ""))
        for row, words in zip(rows, opened, strict=True)
    ]


def shift_all(session: Session, partnership_id: UUID) -> int:
    """After the calendar changed: every open date of every meeting that is not over follows it."""
    since = clock.now() - STILL_OPEN
    query = select(Meeting).where(
        Meeting.partnership_id == partnership_id, Meeting.state != MeetingState.CANCELLED, Meeting.starts_at > since
    )
    return sum(follow(session, meeting) for meeting in session.scalars(query))


def _may_move(actor: Actor, meeting: Meeting) -> None:
    access.require(actor, P.MEETING_SCHEDULE, meeting)
    if meeting.state not in NOT_BEGUN:
        raise WrongState(f"{meeting.id} has begun or is over")


def _check_time(session: Session, meeting: Meeting, starts_at: datetime) -> None:
    if starts_at <= clock.now():
        raise RuleBroken("starts_on", "The meeting must be in the future")
    same = select(Meeting.id).where(
        Meeting.partnership_id == meeting.partnership_id, Meeting.programme == meeting.programme,
        Meeting.starts_at == starts_at, Meeting.state != MeetingState.CANCELLED, Meeting.id != meeting.id,
    )  # fmt: skip
    if session.scalar(same) is not None:
        raise RuleBroken("starts_on", "A meeting is already booked for that day and time")


def _changed(
    session: Session, actor: Actor, meeting: Meeting, *, kind: MeetingChangeKind, was_at: datetime, reason: str
) -> None:
    """Keep what happened and why, give calendars a new sequence number, and tell everyone invited."""
    access.open_staff(actor, seal=True)
    now_at = meeting.starts_at if kind == MeetingChangeKind.MOVED else None
    session.add(
        MeetingChange(
            partnership_id=meeting.partnership_id, meeting_id=meeting.id, kind=kind, was_at=was_at, now_at=now_at,
            changed_at=clock.now(), changed_by_id=actor.user_id, because=reason.strip(),
        )
    )  # fmt: skip
    meeting.sequence += 1
    flush(session)
    who = set(_invited(session, meeting)) - {actor.user_id}
    notifications.enqueue(
        session, meeting.partnership_id, [one for one in who if one], Template.MEETING_CHANGED,
        subject_key=f"{meeting.id.hex}:{meeting.sequence}", path=f"/panels/{meeting.reference}",
    )  # fmt: skip


def _invited(session: Session, meeting: Meeting) -> Iterable[UUID | None]:
    """Chair, minute-taker, coordinators, and the people of every agency that is invited or core."""
    places = session.execute(
        select(Attendance.agency_id, Attendance.user_id).where(Attendance.meeting_id == meeting.id)
    ).all()
    agencies = {row.agency_id for row in places} | set(core_agencies(session, meeting))
    staff = active_people(session, meeting.partnership_id, (Role.COORDINATOR,), programme=meeting.programme)
    members = active_people(
        session, meeting.partnership_id, AGENCY_PEOPLE, agencies=agencies, programme=meeting.programme
    )
    return [meeting.chair_id, meeting.minute_taker_id, *staff, *members, *(row.user_id for row in places)]


def _defer_all(session: Session, actor: Actor, meeting: Meeting, deferral: Deferral) -> int:
    """Put off every case the actor may see, then list each for the meeting chosen, if one was."""
    items = [item for item in agenda.list_items(session, actor, meeting) if item.state == AgendaItemState.LISTED]
    for item in items:
        panels.defer_item(
            session, actor, item, reason=deferral.reason, approved_by=deferral.approved_by,
            interim_safety=deferral.interim_safety,
        )  # fmt: skip
    if deferral.to is None:
        return len(items)
    for item in items:
        panels.list_case_on(
            session,
            actor,
            deferral.to,
            item.case,
            referral=item.referral,
            conflict_checked=deferral.conflict_checked,
            because=deferral.reason,
            approved_by=deferral.approved_by,
        )
    return len(items)


def _decided_by(session: Session, partnership_id: UUID, programme: ProgrammeSlug) -> datetime | None:
    """When referrals that come in now are to be decided for the next meeting that takes them."""
    following = listing.first_open_meeting(session, partnership_id, programme)
    return local.deadlines_of(session, following)["triage_decided"].at if following else None


def _follow_referrals(session: Session, partnership_id: UUID, programme: ProgrammeSlug, was: datetime | None) -> None:
    """Undecided referrals whose date hung on a meeting take the date that it gives now; sooner counts for all."""
    now = _decided_by(session, partnership_id, programme)
    if now == was:
        return
    closed = local.closures(session, partnership_id)
    waiting = select(Referral).where(
        Referral.partnership_id == partnership_id, Referral.programme == programme,
        Referral.state == ReferralState.SUBMITTED,
    )  # fmt: skip
    for referral in session.scalars(waiting):
        due_at = _decide_by(session, referral, was, now, closed)
        if due_at is None or due_at == referral.decide_by_at:
            continue
        referral.decide_by_at = due_at
        mine = (Deadline.subject_id == referral.id, Deadline.rule == "triage_decided", Deadline.met_at.is_(None))
        for deadline in session.scalars(select(Deadline).where(*mine)):
            deadline.due_at = due_at
    session.flush()


def _decide_by(
    session: Session, referral: Referral, was: datetime | None, now: datetime | None, closed: frozenset[date]
) -> datetime | None:
    held = referral.decide_by_at
    if held is None or referral.submitted_at is None:
        return None
    if held != was:
        return min(held, now) if now else held
    received_on = clock.to_london(referral.submitted_at).date()
    rules = local.rules_of(session, referral.partnership_id, referral.programme)
    return triage_due(received_on, rules.value("triage_working_days", received_on), now, closed)
