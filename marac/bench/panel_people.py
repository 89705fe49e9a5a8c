"""Who comes on the day of a panel, signed in, and the meeting that is held: the demo's invented people alone."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

from marac import clock
from marac.access import Actor
from marac.app import create_app
from marac.models import Attendance, Meeting, Membership, User
from marac.services.accounts import sessions
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.live import running
from marac.services.meetings import agenda, attendance
from marac.services.meetings.panels import list_deciders
from marac.vocabulary import AgendaItemState, AttendanceState, MeetingState, ProgrammeSlug, Role, UserState

PEOPLE, AGENCIES = 50, 20
NOT_FOR_READERS: Final = frozenset({Role.CONTRACTOR, Role.SYSTEM_ADMIN})


@dataclass(frozen=True, slots=True)
class Day:
    """What the day needs: the meeting that is being held, and who comes, each with the cookie of their session."""

    reference: str
    item: int
    host: str
    agencies: tuple[str, ...]
    readers: tuple[str, ...]


def prepare(house: Deployment) -> Day:
    """The meeting of today is opened, everybody there agreed, its first case called; and fifty people are signed in."""
    app = create_app(house)
    with unit_of_work(house) as session:
        people = _people(session)
        host = next(one for one in people if one[1].role == Role.COORDINATOR)
        of_agency = {one[1].agency_id: one for one in people if one[1].role == Role.REPRESENTATIVE}
        agencies = list(of_agency.values())[:AGENCIES]
        rest = [one for one in people if one not in agencies and one is not host]
        actor, cookie = _signed_in(app, session, *host)
        reference, number = _opened(session, actor)
        day = Day(
            reference, number, cookie,
            tuple(_signed_in(app, session, *one)[1] for one in agencies),
            tuple(_signed_in(app, session, *one)[1] for one in rest[: PEOPLE - 1 - len(agencies)]),
        )  # fmt: skip
    if 1 + len(day.agencies) + len(day.readers) < PEOPLE:
        raise LookupError("the demo has too few people for the day of a panel")
    return day


def _people(session: Any) -> list[tuple[User, Membership]]:
    rows = session.execute(
        select(User, Membership)
        .join(Membership, Membership.user_id == User.id)
        .where(User.state == UserState.ACTIVE, Membership.to_on.is_(None), Membership.on_behalf_of_id.is_(None))
        .order_by(Membership.role, User.created_at, User.id)
    ).all()
    first = {user.id: (user, held) for user, held in reversed(rows) if held.role not in NOT_FOR_READERS}
    here = (ProgrammeSlug.DA_MARAC, None)
    return sorted(first.values(), key=lambda one: (one[1].programme not in here, one[1].role, one[0].id.hex))


def _signed_in(app: Flask, session: Any, user: User, membership: Membership) -> tuple[Actor, str]:
    token, actor = sessions.start(session, user, membership)
    signer: Any = SecureCookieSessionInterface().get_signing_serializer(app)
    cookie = signer.dumps({"_user_id": token, "_fresh": True})
    return actor, f"{app.config['SESSION_COOKIE_NAME']}={cookie}"


def _opened(session: Any, actor: Actor) -> tuple[str, int]:
    """The meeting of today, being held, and the number of the case that is being heard."""
    meeting = next(
        one
        for one in session.scalars(select(Meeting).order_by(Meeting.starts_at))
        if clock.to_london(one.starts_at).date() == clock.today() and one.programme == ProgrammeSlug.DA_MARAC
    )
    if meeting.state != MeetingState.IN_PROGRESS:
        for place in session.scalars(select(Attendance).where(Attendance.meeting_id == meeting.id)):
            attendance.record_attendance(
                session, actor, place, state=AttendanceState.PRESENT, person_name="P. Grey", agreed_in_room=True
            )
        chair = list_deciders(session, actor, [Role.CHAIR])[0]
        running.open_meeting(session, actor, meeting, chair_id=chair.id, statement_read=True)
    item = next(one for one in agenda.list_items(session, actor, meeting) if one.state == AgendaItemState.LISTED)
    running.call_item(session, actor, item)
    return meeting.reference, agenda.number_of(session, actor, item)
