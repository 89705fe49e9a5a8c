"""Who and what would be in two places at once: chair, minute-taker, room, core agencies; over all panels (SCH-46).

Warns; refuses nothing. Says when the other meeting is, never what it is about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Agency, Meeting
from marac.services.casework.involvement import core_agencies
from marac.services.deciding import listing
from marac.vocabulary import MeetingState, Permission as P

LONGEST = timedelta(hours=12)
OVER = (MeetingState.HELD, MeetingState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Booking:
    """A time to be booked, with what it needs."""

    starts_at: datetime
    minutes: int
    chair_id: UUID | None = None
    minute_taker_id: UUID | None = None
    room: str = ""
    agencies: frozenset[UUID] = frozenset()

    @property
    def ends_at(self) -> datetime:
        """When it would end if every place is taken."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Clash:
    """What is booked twice, and when the other meeting begins."""

    words: str
    starts_at: datetime


def booking_of(session: Session, meeting: Meeting, *, starts_at: datetime | None = None, room: str = "") -> Booking:
    """A booked meeting, or the same one at another time or in another room."""
    length = listing.ends_at(session, meeting) - meeting.starts_at
    return Booking(
        starts_at or meeting.starts_at, int(length.total_seconds() // 60), meeting.chair_id, meeting.minute_taker_id,
        room or meeting.room, frozenset(core_agencies(session, meeting)),
    )  # fmt: skip


def list_clashes(session: Session, actor: Actor, booking: Booking, *, ignoring: UUID | None = None) -> list[Clash]:
    """What this booking would put in two places, over all panels of the partnership, soonest first."""
    access.require_holds(actor, P.MEETING_SCHEDULE)
    near = select(Meeting).where(
        Meeting.partnership_id == actor.partnership_id, Meeting.state.not_in(OVER),
        Meeting.starts_at < booking.ends_at, Meeting.starts_at > booking.starts_at - LONGEST,
    )  # fmt: skip
    others = [one for one in session.scalars(near.order_by(Meeting.starts_at)) if one.id != ignoring]
    beside = [one for one in others if listing.ends_at(session, one) > booking.starts_at]
    return [Clash(words, one.starts_at) for one in beside for words in _between(session, booking, one)]


def _between(session: Session, booking: Booking, other: Meeting) -> list[str]:
    held = booking_of(session, other)
    found = [words for test, words in TESTS if test(booking, held)]
    shared = booking.agencies & held.agencies
    if shared:
        names = session.scalars(select(Agency.name).where(Agency.id.in_(shared)).order_by(Agency.name)).all()
        more = f" and {len(names) - 2} more" if len(names) > 2 else ""
        found.append(f"Core agencies are at another meeting: {'; '.join(names[:2])}{more}")
    return found


def _same(one: UUID | None, other: UUID | None) -> bool:
    return one is not None and one == other


TESTS: tuple[tuple[Callable[[Booking, Booking], bool], str], ...] = (
    (lambda new, old: _same(new.chair_id, old.chair_id), "The chair has another meeting"),
    (lambda new, old: _same(new.chair_id, old.minute_taker_id), "The chair takes the minutes of another meeting"),
    (lambda new, old: _same(new.minute_taker_id, old.minute_taker_id), "The minute-taker has another meeting"),
    (lambda new, old: _same(new.minute_taker_id, old.chair_id), "The minute-taker chairs another meeting"),
    (lambda new, old: bool(new.room) and new.room.casefold() == old.room.casefold(), "The room is taken"),
)
