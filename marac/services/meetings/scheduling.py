"""Series of meetings: how often a panel meets, the next days to book with what clashes, and booking them (SCH-37).

Refuses to book a day nobody offered. One meeting by itself is panels.schedule_meeting; moving is rescheduling.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Agency, Meeting, MeetingSeries
from marac.services import local
from marac.services.casework.involvement import core_of
from marac.services.meetings import clashes, panels
from marac.services.meetings.clashes import Booking, Clash
from marac.services.moving import flush
from marac.vocabulary import MeetingKind, MeetingPlace, MeetingState, Permission as P, ProgrammeSlug
from marac.workflows.deadlines import is_working_day, london
from marac.workflows.planning import day_words
from marac.workflows.series import Offer, Recurrence, check_recurrence, offer, offers

MEETS = (ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC)
AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a series repeats: when, how long, where and with whom. No `agencies` means the panel's own."""

    programme: ProgrammeSlug
    recurrence: Recurrence
    starts: time
    minutes_per_case: int
    capacity: int
    place: MeetingPlace
    room: str = ""
    link: str = ""
    chair_id: UUID | None = None
    minute_taker_id: UUID | None = None
    agencies: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Offered:
    """A day of the series that is not booked yet, and what stands in its way."""

    offer: Offer
    starts_at: datetime
    clashes: tuple[Clash, ...]

    @property
    def days(self) -> list[date]:
        """The days that may be booked for it: itself, or the working days around it."""
        found = [self.offer.before, self.offer.after] if self.offer.problem else [self.offer.on]
        return [day for day in found if day is not None]


def list_series(session: Session, actor: Actor) -> list[MeetingSeries]:
    """Every series of the actor's panels; those that have ended come last."""
    query = access.visible(actor, P.MEETING_SCHEDULE, MeetingSeries)
    found = session.scalars(query.order_by(MeetingSeries.programme, MeetingSeries.anchor_on)).all()
    return sorted(found, key=lambda series: series.ended_on is not None)


def get_series(session: Session, actor: Actor, series_id: UUID) -> MeetingSeries:
    """One series, or NotFound."""
    query = access.visible(actor, P.MEETING_SCHEDULE, MeetingSeries)
    series = session.scalar(query.where(MeetingSeries.id == series_id))
    if series is None:
        raise NotFound
    return series


def recurrence_of(series: MeetingSeries) -> Recurrence:
    """The rule of a stored series."""
    return Recurrence(series.rule, series.weekday, series.anchor_on, tuple(series.nths), series.interval_weeks)


def save_series(
    session: Session, actor: Actor, pattern: Pattern, *, series: MeetingSeries | None = None
) -> MeetingSeries:
    """A new series, or a changed one. Meetings that are booked already stay as they are."""
    access.require_holds(actor, P.MEETING_SCHEDULE)
    if pattern.programme not in actor.programmes or pattern.programme not in MEETS:
        raise NotAllowed
    if series is not None:
        access.require(actor, P.MEETING_SCHEDULE, series)
    check_recurrence(pattern.recurrence)
    if pattern.link and not pattern.link.startswith("https://"):
        raise RuleBroken("link", "Enter a link that starts with https://")
    rule = pattern.recurrence
    access.open_staff(actor, seal=True)
    facts = {
        "programme": pattern.programme, "rule": rule.rule, "weekday": rule.weekday, "nths": list(rule.nths),
        "interval_weeks": rule.interval_weeks, "anchor_on": rule.anchor_on, "starts": f"{pattern.starts:%H:%M}",
        "minutes_per_case": pattern.minutes_per_case, "capacity": pattern.capacity, "place": pattern.place,
        "room": pattern.room, "chair_id": pattern.chair_id, "minute_taker_id": pattern.minute_taker_id,
        "agencies": [agency.hex for agency in pattern.agencies], "link": pattern.link or None,
    }  # fmt: skip
    if series is None:
        series = MeetingSeries(partnership_id=actor.partnership_id, **facts)
        session.add(series)
    else:
        for name, value in facts.items():
            setattr(series, name, value)
    flush(session)
    audit.record(session, actor, "series:saved", series, rule=rule.rule)
    return series


def end_series(session: Session, actor: Actor, series: MeetingSeries) -> MeetingSeries:
    """No more meetings are booked from it; those booked take place."""
    access.require(actor, P.MEETING_SCHEDULE, series)
    series.ended_on = series.ended_on or clock.today()
    flush(session)
    audit.record(session, actor, "series:ended", series)
    return series


def series_link(session: Session, actor: Actor, series: MeetingSeries) -> str:
    """The joining link, for whoever schedules."""
    access.require(actor, P.MEETING_SCHEDULE, series)
    access.open_staff(actor)
    return series.link or ""


def link_of(session: Session, actor: Actor, meeting: Meeting) -> str:
    """The joining link of the series a meeting belongs to, for whoever may see the meeting."""
    access.require(actor, P.MEETING_READ, meeting)
    if meeting.series_id is None or not access.holds(actor, P.ATTENDANCE_AGREE):
        return ""
    access.open_staff(actor)
    return session.get_one(MeetingSeries, meeting.series_id).link or ""


def offer_meetings(session: Session, actor: Actor, series: MeetingSeries, most: int = AT_ONCE) -> list[Offered]:
    """The next days of a series after the last one booked, each with holidays and clashes. Books nothing."""
    access.require(actor, P.MEETING_SCHEDULE, series)
    if series.ended_on is not None:
        return []
    booked = select(func.max(Meeting.starts_at)).where(
        Meeting.series_id == series.id, Meeting.state != MeetingState.CANCELLED
    )
    last = session.scalar(booked)
    start = max(clock.today(), clock.to_london(last).date() if last else clock.today()) + timedelta(days=1)
    closed = local.closures(session, series.partnership_id)
    found = offers(recurrence_of(series), start, most=most, closures=closed)
    return [_offered(session, actor, series, one) for one in found]


def _offered(session: Session, actor: Actor, series: MeetingSeries, one: Offer) -> Offered:
    at = starts_on(series, one.on)
    return Offered(one, at, tuple(clashes.list_clashes(session, actor, _booking(session, series, at))))


def _booking(session: Session, series: MeetingSeries, starts_at: datetime) -> Booking:
    return Booking(
        starts_at, series.minutes_per_case * series.capacity, series.chair_id, series.minute_taker_id, series.room,
        frozenset(agencies_of(session, series)),
    )  # fmt: skip


def agencies_of(session: Session, series: MeetingSeries) -> list[UUID]:
    """The agencies a series invites: its own list, else the panel's core agencies."""
    own = [UUID(agency) for agency in series.agencies]
    return own or core_of(session, series.partnership_id, series.programme)


def starts_on(series: MeetingSeries, on: date) -> datetime:
    """The instant at which a London clock shows the series' time on that day."""
    return london(on, time.fromisoformat(series.starts))


def book_meetings(session: Session, actor: Actor, series: MeetingSeries, days: Iterable[date]) -> list[Meeting]:
    """Book the chosen days of those offered, all or none. RuleBroken for a day that was not offered."""
    may_be = {day for one in offer_meetings(session, actor, series) for day in one.days}
    closed, chosen = local.closures(session, series.partnership_id), sorted(set(days))
    if not chosen:
        raise RuleBroken("days", "Select at least one day")
    if any(day not in may_be or not is_working_day(day, closed) for day in chosen):
        raise RuleBroken("days", "The days on offer have changed. Check them and choose again")
    return [book_one(session, actor, series, starts_on(series, day)) for day in chosen]


def book_one(
    session: Session, actor: Actor, series: MeetingSeries, at: datetime, kind: MeetingKind = MeetingKind.ROUTINE
) -> Meeting:
    """One meeting like the others of the series, at any time."""
    access.require(actor, P.MEETING_SCHEDULE, series)
    meeting = panels.schedule_meeting(
        session, actor, starts_at=at, programme=series.programme, kind=kind, place=series.place,
        chair_id=series.chair_id,
    )  # fmt: skip
    meeting.series_id, meeting.room, meeting.capacity = series.id, series.room, series.capacity
    meeting.minute_taker_id, meeting.minutes_per_case = series.minute_taker_id, series.minutes_per_case
    flush(session)
    return meeting


def book_by_hand(
    session: Session, actor: Actor, *, starts_at: datetime, kind: MeetingKind, place: MeetingPlace,
    series: MeetingSeries | None = None, people: tuple[UUID | None, UUID | None] = (None, None), room: str = "",
) -> Meeting:  # fmt: skip
    """One meeting at a time of its own, like those of a series if one is given. Only an emergency is on a day off.

    `people` are chair and minute-taker; they and the room go before those of the series.
    """
    day = check_day(session, actor, clock.to_london(starts_at).date())
    if day.problem and kind != MeetingKind.EMERGENCY and starts_at > clock.now():
        around = " or ".join(day_words(one) for one in (day.before, day.after) if one)
        raise RuleBroken("starts_on", f"That day is a {day.problem.lower()}. Enter {around}, or select Emergency")
    if series is None:
        programme = next((one for one in MEETS if one in actor.programmes), MEETS[0])
        meeting = panels.schedule_meeting(
            session, actor, starts_at=starts_at, programme=programme, kind=kind, place=place
        )
    else:
        meeting = book_one(session, actor, series, starts_at, kind)
    chair_id, taker_id = people
    meeting.place, meeting.room = place, room.strip() or meeting.room or ""
    meeting.chair_id, meeting.minute_taker_id = chair_id or meeting.chair_id, taker_id or meeting.minute_taker_id
    flush(session)
    return meeting


def check_day(session: Session, actor: Actor, on: date) -> Offer:
    """One day by the partnership's calendar: whether anybody works on it, and the days around it if not."""
    access.require_holds(actor, P.MEETING_SCHEDULE)
    return offer(on, local.closures(session, actor.partnership_id))


def list_possible_agencies(session: Session, actor: Actor) -> list[Agency]:
    """Agencies that may be invited to every meeting of a series."""
    query = access.visible(actor, P.AGENCY_READ, Agency).order_by(Agency.name)
    return [agency for agency in session.scalars(query) if "researcher" in agency.functions]
