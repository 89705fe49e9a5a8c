"""Meetings for a calendar program: when, and nothing else. One identity through moves and cancellation (iCalendar).

Refuses to say what a meeting is about, who comes, where, or which panel it is: a phone's lock screen shows it.
"""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Meeting
from marac.services.deciding import listing
from marac.vocabulary import MeetingState, Permission as P

SUMMARY = "Partnership meeting"
KEEPS = timedelta(days=90)


def calendar_of(session: Session, actor: Actor, meeting: Meeting) -> bytes:
    """One meeting; a cancelled one as cancelled, so that the calendar takes it out."""
    access.require(actor, P.MEETING_READ, meeting)
    return _written(session, [meeting], "CANCEL" if meeting.state == MeetingState.CANCELLED else "PUBLISH")


def calendar_of_all(session: Session, actor: Actor) -> bytes:
    """Every meeting the actor may see, from three months ago on."""
    since = clock.now() - KEEPS
    query = access.visible(actor, P.MEETING_READ, Meeting).where(Meeting.starts_at > since)
    return _written(session, session.scalars(query.order_by(Meeting.starts_at)))


def _written(session: Session, meetings: Iterable[Meeting], method: str = "PUBLISH") -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Casework//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for meeting in meetings:
        calendar.add_component(_event(session, meeting))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(session: Session, meeting: Meeting) -> Event:
    """On a London clock, with its zone: half past nine stays half past nine when the clocks change."""
    event = Event()
    event.add("uid", f"{meeting.id.hex}@casework")
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", clock.now())
    event.add("dtstart", clock.to_london(meeting.starts_at))
    event.add("dtend", clock.to_london(listing.ends_at(session, meeting)))
    event.add("summary", SUMMARY)
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if meeting.state == MeetingState.CANCELLED else "CONFIRMED")
    return event
