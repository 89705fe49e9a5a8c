"""Who takes part in one case of a meeting, and who has agreed confidentiality before they see or type anything (DA-23).

Out of the room for a case is whoever is walled off from it or has stepped out for it. A guest hears only their own
cases. Who comes late and has not agreed holds nobody up, and hears nothing until they do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Agency, AgendaItem, Attendance, Meeting, Membership, NamedPerson, Wall
from marac.services.casework.involvement import involved_agencies
from marac.services.deciding import conflicts
from marac.services.meetings import attendance
from marac.services.meetings.attendance import HERE, Place
from marac.services.moving import flush
from marac.vocabulary import MeetingState, Permission as P, Role

RUNS = (Role.COORDINATOR, Role.CHAIR)


@dataclass(frozen=True, slots=True)
class Room:
    """Who takes part in one case: counts for the guard, agencies for need-to-know, and who is out for it."""

    agreed: int
    not_agreed: int
    agencies: frozenset[UUID]
    out: tuple[str, ...]


def room_for(session: Session, actor: Actor, item: AgendaItem) -> Room:
    """Who hears this case: everybody present who agreed, less those out for it, and guests of other cases."""
    access.open_case(actor, item.case)
    present = [row for row in _present(session, item.meeting) if not _waiting(row, item.meeting)]
    out = _out(session, item, present)
    within = [row for row in _listening(session, item, present) if row.id not in out]
    return Room(
        sum(row.agreed_at is not None for row in within),
        sum(row.agreed_at is None for row in within),
        frozenset(row.agency_id for row in within),
        tuple(sorted({row.name for row in present if row.id in out})),
    )


def has_agreed(session: Session, actor: Actor, meeting: Meeting) -> bool:
    """Whether this person accepted confidentiality for this meeting; who chairs it has read the statement aloud."""
    access.require(actor, P.MEETING_READ, meeting)
    if meeting.chair_id == actor.user_id and meeting.statement_read_at is not None:
        return True
    mine = (Attendance.meeting_id == meeting.id, Attendance.user_id == actor.user_id, Attendance.agreed_at.is_not(None))
    return session.scalar(select(exists().where(*mine))) or False


def require_agreed(session: Session, actor: Actor, meeting: Meeting) -> None:
    """No page of a running meeting, and nothing typed into it, before this person has agreed. RuleBroken `agree`."""
    if meeting.state == MeetingState.IN_PROGRESS and not has_agreed(session, actor, meeting):
        raise RuleBroken("agree", "Agree to confidentiality first. Then you can take part in the meeting")


def may_hear(session: Session, actor: Actor, item: AgendaItem) -> bool:
    """Whether this person may read what others opened and what is typed: while the meeting runs, once they agreed.

    Without a room at any time; of a member it is their agency that agreed (DA-23, DA-56).
    """
    meeting = item.meeting
    running = meeting.state == MeetingState.IN_PROGRESS
    if access.holds(actor, P.RESEARCH_CHASE):
        return not running or has_agreed(session, actor, meeting)
    ours = (Attendance.meeting_id == meeting.id, Attendance.agency_id == actor.agency_id)
    agreed = exists().where(*ours, Attendance.agreed_at.is_not(None))
    asks = running or meeting.kind in attendance.WITHOUT_ROOM
    return not asks or session.scalar(select(agreed)) or False


def list_late(places: Sequence[Place], meeting: Meeting) -> list[Place]:
    """Who came after the meeting began and has not agreed yet."""
    return [place for place in places if place.state in HERE and _waiting(place, meeting)]


def step_out(session: Session, actor: Actor, item: AgendaItem, place_id: UUID) -> None:
    """Somebody present has a conflict of interest: out of the room for this case, and back for the next (SCH-42).

    One with an account is walled off from the case: from their next request it does not exist for them (DA-5).
    """
    place = attendance.get_place(session, actor, item.meeting, place_id)
    access.open_case(actor, item.case)
    if place.state not in HERE:
        raise NotFound
    if place.user_id is not None:
        conflicts.wall_off(session, actor, item.case, [place.user_id])
    held = tuple(item.stepped_out or ())
    if place.id.hex not in held:
        item.stepped_out = [*held, place.id.hex]
    flush(session)


def step_aside(session: Session, actor: Actor, item: AgendaItem) -> None:
    """The actor declares a conflict of their own in a case of this meeting, on their own device (DA-5)."""
    conflicts.step_aside(session, actor, item.case)


def still_in(session: Session, actor: Actor, item: AgendaItem, places: Sequence[Place]) -> list[Place]:
    """Who is present for a case and could still step out of it."""
    out = _out(session, item, _present(session, item.meeting))
    return [place for place in places if place.state in HERE and place.id not in out and place.user_id != actor.user_id]


def _present(session: Session, meeting: Meeting) -> list[Row[Any]]:
    columns = (
        Attendance.id, Attendance.agency_id, Attendance.user_id, Attendance.agreed_at, Attendance.joined_at,
        Agency.name, Agency.panels,
    )  # fmt: skip
    query = select(*columns).join(Agency, Agency.id == Attendance.agency_id)
    return list(session.execute(query.where(Attendance.meeting_id == meeting.id, Attendance.state.in_(HERE))))


def _waiting(who: Any, meeting: Meeting) -> bool:
    """Came after the meeting began, and has not agreed."""
    opened_at: datetime | None = meeting.opened_at
    joined_at: datetime | None = who.joined_at
    return who.agreed_at is None and opened_at is not None and joined_at is not None and joined_at > opened_at


def _out(session: Session, item: AgendaItem, present: Sequence[Row[Any]]) -> set[UUID]:
    """Places whose person is walled off from the case or stepped out for it."""
    around = (Wall.case_id == item.case_id, access.in_force())
    walls = session.execute(select(Wall.agency_id, Wall.user_id).where(*around)).all()
    agencies = {wall.agency_id for wall in walls if wall.agency_id}
    users = {wall.user_id for wall in walls if wall.user_id}
    stepped = set(item.stepped_out or ())
    out = {row.id for row in present if row.agency_id in agencies or row.user_id in users or row.id.hex in stepped}
    if item.case.restricted:  # for named people only
        named = set(session.scalars(select(NamedPerson.user_id).where(NamedPerson.case_id == item.case_id)))
        out |= {row.id for row in present if row.user_id not in named}
    return out


def _listening(session: Session, item: AgendaItem, present: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The members of the panel, who runs it, and guests whose case this is."""
    programme, involved = item.meeting.programme, set(involved_agencies(session, item.case_id))
    guests = [row for row in present if row.panels.get(programme) != "core" and row.agency_id not in involved]
    running = _runs(session, [row.user_id for row in guests if row.user_id])
    return [row for row in present if row not in guests or row.user_id in running]


def _runs(session: Session, user_ids: Sequence[UUID]) -> set[UUID]:
    if not user_ids:
        return set()
    today = clock.today()
    held = select(Membership.user_id).where(Membership.user_id.in_(user_ids), Membership.role.in_(RUNS))
    return set(session.scalars(held.where((Membership.to_on.is_(None)) | (Membership.to_on >= today))))
