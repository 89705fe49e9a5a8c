"""Who is at a meeting, and when each accepted confidentiality (DA-23). No case is called before a room that has not.

Who takes part in one case of it is the matter of services/live/room.py.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Agency, Attendance, Meeting, User
from marac.services.casework.involvement import core_agencies
from marac.services.moving import flush, same_version
from marac.vocabulary import AttendanceState, MeetingKind, MeetingState, MinutesState, Permission as P, Role

HERE = (AttendanceState.PRESENT, AttendanceState.DEPUTY)
WITHOUT_ROOM = (MeetingKind.ASYNCHRONOUS,)
TAKEN = (MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS, MeetingState.HELD)


@dataclass(frozen=True, slots=True)
class Place:
    """One agency's place at the table."""

    id: UUID
    agency_id: UUID
    agency: str
    state: AttendanceState
    person_name: str
    user_id: UUID | None
    agreed_at: datetime | None
    agreed_in_room: bool
    joined_at: datetime | None
    version: int


def invite_core(session: Session, actor: Actor, meeting: Meeting) -> int:
    """One invited place for each core agency that has none; returns how many are new."""
    access.open_staff(actor, seal=True)
    have = set(session.scalars(select(Attendance.agency_id).where(Attendance.meeting_id == meeting.id)))
    wanted = [agency_id for agency_id in core_agencies(session, meeting) if agency_id not in have]
    session.add_all(_place_for(meeting, agency_id) for agency_id in wanted)
    flush(session)
    return len(wanted)


def _place_for(meeting: Meeting, agency_id: UUID, **facts: Any) -> Attendance:
    usual = {"state": AttendanceState.INVITED, **facts}
    return Attendance(partnership_id=meeting.partnership_id, meeting_id=meeting.id, agency_id=agency_id, **usual)


def list_places(session: Session, actor: Actor, meeting: Meeting) -> list[Place]:
    """Everybody invited or present, by agency."""
    access.require(actor, P.MEETING_READ, meeting)
    access.open_staff(actor)
    rows = session.execute(
        select(
            *sealed_columns(Attendance, "staff"), Attendance.id, Attendance.agency_id, Attendance.user_id,
            Attendance.state, Attendance.agreed_at, Attendance.agreed_in_room, Attendance.joined_at,
            Attendance.version_id, Agency.name,
        )
        .join(Agency, Agency.id == Attendance.agency_id)
        .where(Attendance.meeting_id == meeting.id)
        .order_by(Agency.name, Attendance.id)
    ).all()  # fmt: skip
    opened = open_many(Attendance, "staff", rows)
    return [
        Place(
            row.id, row.agency_id, row.name, row.state, names.get("person_name") or "", row.user_id, row.agreed_at,
            row.agreed_in_room, row.joined_at, row.version_id,
        )
        for row, names in zip(rows, opened, strict=True)
    ]  # fmt: skip


def get_place(session: Session, actor: Actor, meeting: Meeting, place_id: UUID) -> Attendance:
    """One place at this meeting, for whoever records attendance."""
    query = access.visible(actor, P.ATTENDANCE_RECORD, Attendance)
    place = session.scalar(query.where(Attendance.id == place_id, Attendance.meeting_id == meeting.id))
    if place is None:
        raise NotFound
    return place


def record_attendance(
    session: Session, actor: Actor, place: Attendance, *, state: AttendanceState, person_name: str = "",
    agreed_in_room: bool = False, version: int | None = None,
) -> Attendance:  # fmt: skip
    """Who came for an agency, and that they agreed in the room. An agreement once given is not taken back here."""
    access.require(actor, P.ATTENDANCE_RECORD, place)
    meeting = session.get_one(Meeting, place.meeting_id)
    _still_open(meeting)
    same_version(place, version)
    if state in HERE and not person_name.strip():
        raise RuleBroken("person_name", "Enter the name of the person who came")
    access.open_staff(actor, seal=True)
    place.state, place.person_name = state, person_name.strip() or None
    _joined(place)
    if state in HERE and agreed_in_room and place.agreed_at is None:
        place.agreed_at, place.agreed_in_room = clock.now(), True
        audit.record(session, actor, "attendance:agreed", place, where="in_room")
    audit.record(session, actor, "attendance:recorded", place, state=state)
    flush(session)
    return place


def add_place(
    session: Session, actor: Actor, meeting: Meeting, agency: Agency, *, person_name: str, agreed_in_room: bool
) -> Attendance:
    """A second person of an agency, or a guest agency, who is here (DA-23)."""
    access.require(actor, P.ATTENDANCE_RECORD, meeting)
    access.open_staff(actor, seal=True)
    place = _place_for(meeting, agency.id)
    session.add(place)
    flush(session)
    present = AttendanceState.PRESENT
    return record_attendance(
        session, actor, place, state=present, person_name=person_name, agreed_in_room=agreed_in_room
    )  # fmt: skip


def agree(session: Session, actor: Actor, meeting: Meeting) -> Attendance:
    """A signed-in member accepts confidentiality for this meeting, on their own device, at a recorded time (DA-23)."""
    access.require_holds(actor, P.ATTENDANCE_AGREE)
    if not _is_today(meeting):
        raise RuleBroken("agree", "You can agree on the day of the meeting")
    _still_open(meeting)
    return _agree(session, actor, meeting)


def agree_by_opening(session: Session, actor: Actor, meeting: Meeting) -> Attendance | None:
    """Who opens the meeting heard the statement and agrees by opening it; the time is recorded (DA-23)."""
    return _agree(session, actor, meeting) if actor.user_id and access.holds(actor, P.ATTENDANCE_AGREE) else None


def _agree(session: Session, actor: Actor, meeting: Meeting) -> Attendance:
    access.open_staff(actor, seal=True)
    place = own_place(session, actor, meeting)
    if place is None or place.user_id is None:
        place = place or _place_for(meeting, actor.agency_id or UUID(int=0))
        session.add(place)
        place.user_id = actor.user_id
        place.person_name = session.get_one(User, actor.user_id).full_name
        flush(session)
    access.require(actor, P.ATTENDANCE_AGREE, place)
    place.state = AttendanceState.DEPUTY if actor.role == Role.DEPUTY else AttendanceState.PRESENT
    _joined(place)
    if place.agreed_at is None:
        place.agreed_at = clock.now()
        audit.record(session, actor, "attendance:agreed", place, where="own_device")
    flush(session)
    return place


def _joined(place: Attendance) -> None:
    """When somebody was first here."""
    if place.state in HERE and place.joined_at is None:
        place.joined_at = clock.now()


def may_agree(session: Session, actor: Actor, meeting: Meeting) -> bool:
    """Whether to ask this person to accept confidentiality now: on the day, once."""
    if not access.holds(actor, P.ATTENDANCE_AGREE) or not _is_today(meeting):
        return False
    place = own_place(session, actor, meeting)
    return place is None or place.user_id != actor.user_id or place.agreed_at is None


def own_place(session: Session, actor: Actor, meeting: Meeting) -> Attendance | None:
    """The actor's own place, or the one their agency has that nobody in particular holds."""
    ours = select(Attendance).where(Attendance.meeting_id == meeting.id, Attendance.agency_id == actor.agency_id)
    mine = session.scalar(ours.where(Attendance.user_id == actor.user_id))
    return mine or session.scalar(
        ours.where(Attendance.user_id.is_(None), Attendance.state == AttendanceState.INVITED).limit(1)
    )


def mark_absent(session: Session, meeting: Meeting) -> None:
    """The meeting is over: who was invited and did not come was absent."""
    invited = select(Attendance).where(Attendance.meeting_id == meeting.id, Attendance.state == AttendanceState.INVITED)
    for place in session.scalars(invited):
        place.state = AttendanceState.ABSENT


def _is_today(meeting: Meeting) -> bool:
    """On the day; without a room, from publication to the closing date."""
    if meeting.kind in WITHOUT_ROOM:
        return meeting.state in TAKEN and clock.now() <= meeting.starts_at
    return meeting.state in TAKEN and clock.to_london(meeting.starts_at).date() == clock.today()


def _still_open(meeting: Meeting) -> None:
    issued = meeting.minutes is not None and meeting.minutes.state == MinutesState.ISSUED
    if meeting.state not in TAKEN or issued:
        raise WrongState(f"attendance of {meeting.id} is closed")
