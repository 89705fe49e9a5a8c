"""What the demo's coordinator and chair did by the product's own services: series, late changes, guests, an amendment.

Writes no row by itself that a service writes; only dates are set back to when they are said to have happened.
"""

from collections.abc import Callable, Sequence
from datetime import time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.models import Agency, AgendaItem, AgendaVersion, Meeting, MeetingSeries
from marac.services.demo.borough import DA, Borough
from marac.services.demo.sittings import Written
from marac.services.demo.tables import table
from marac.services.meetings import (
    agenda,
    agenda_versions,
    asynchronous,
    attendance,
    guests,
    panels,
    proposing,
    scheduling,
)
from marac.services.meetings.scheduling import Pattern
from marac.services.minuting import documents, minutes
from marac.vocabulary import (
    DeferralReason,
    DocumentKind,
    MeetingKind,
    MeetingPlace,
    MeetingState,
    Role,
    SeriesRule,
)
from marac.workflows.series import Recurrence

Step = Callable[[Session, Borough, list[Written]], None]
AHEAD = 3
GUEST = "victim_support"


def keep_series(session: Session, borough: Borough, written: list[Written]) -> None:
    """The weekly series: the meetings around today belong to it, and the next ones are booked."""
    coordinator, coming = borough.actor(Role.COORDINATOR), _next(written)
    day = coming.sitting.on
    weekly = Recurrence(SeriesRule.EVERY_K_WEEKS, day.weekday(), day)
    pattern = Pattern(
        DA, weekly, time(9, 30), 10, 15, MeetingPlace.HYBRID, room="Room 3, first floor",
        link="https://meet.example.org/weekly", chair_id=coming.chair.id,
        minute_taker_id=borough.of_role(Role.COORDINATOR)[1].id,
    )  # fmt: skip
    series = scheduling.save_series(session, coordinator, pattern)
    own = [one.id for one in written if one.sitting.present and one.sitting.kind is MeetingKind.ROUTINE]
    for meeting in session.scalars(select(Meeting).where(Meeting.id.in_(own))):
        _join(meeting, series)
    session.flush()
    offered = scheduling.offer_meetings(session, coordinator, series)
    scheduling.book_meetings(session, coordinator, series, [one.days[-1] for one in offered if one.days][:AHEAD])


def _join(meeting: Meeting, series: MeetingSeries) -> None:
    meeting.series_id, meeting.room, meeting.capacity = series.id, series.room, series.capacity
    meeting.minute_taker_id, meeting.place = series.minute_taker_id, series.place


def publish(session: Session, borough: Borough, written: list[Written]) -> None:
    """The version that went out for each meeting to come, on the day it went out."""
    coordinator = borough.actor(Role.COORDINATOR)
    for one in written:
        if one.sitting.state is MeetingState.PUBLISHED:
            meeting = session.get_one(Meeting, one.id)
            shown = agenda.list_items(session, coordinator, meeting)
            agenda_versions.freeze(session, coordinator, meeting, shown, "")
            version = session.scalars(select(AgendaVersion).where(AgendaVersion.meeting_id == meeting.id)).one()
            version.published_at = one.asked_at
    session.flush()


def change_late(session: Session, borough: Borough, written: list[Written]) -> None:
    """After the next agenda was out: one case added with the chair's word, one taken off, one longer, one moved up."""
    coordinator, words = borough.actor(Role.COORDINATOR), table("words")["late"]
    meeting, chair = session.get_one(Meeting, _next(written).id), borough.of_role(Role.CHAIR)[0]
    waiting = proposing.suggest(session, coordinator, meeting)[0].waiting
    proposing.add_cases(session, coordinator, meeting, [waiting.case.id], because=words["added"], approved_by=chair.id)
    items = agenda.list_items(session, coordinator, meeting)
    panels.set_minutes(session, coordinator, meeting, items[2], minutes=15)
    panels.move_item(session, coordinator, meeting, items[6], to=6)
    panels.remove_item(
        session, coordinator, items[3], reason=words["taken_off"], approved_by=chair.id,
        interim_safety=words["interim_safety"], reason_code=DeferralReason.INFORMATION_MISSING,
    )  # fmt: skip
    _ask_in(session, coordinator, meeting, items[0])


def _ask_in(session: Session, coordinator: Actor, meeting: Meeting, item: AgendaItem) -> None:
    """One agency that is not core for one case, and one to observe the whole meeting."""
    agencies: Sequence[Agency] = guests.agencies_to_invite(session, coordinator, meeting)
    support = next(one for one in agencies if one.slug == GUEST)
    observer = next(one for one in agencies if one is not support)
    guests.invite_guest(session, coordinator, meeting, support, item=item, person_name=table("words")["guest"])
    guests.invite_guest(session, coordinator, meeting, observer)


def make_ready(session: Session, borough: Borough, written: list[Written]) -> None:
    """Today's meeting is closed to research and waits for its chair; in the one without a room agencies have posted."""
    coordinator = borough.actor(Role.COORDINATOR)
    for one in written:
        if one.sitting.state is not MeetingState.PUBLISHED:
            continue
        meeting = session.get_one(Meeting, one.id)
        if one.sitting.on == one.today:
            panels.close_research(session, coordinator, meeting)
        elif meeting.kind is MeetingKind.ASYNCHRONOUS:
            attendance.agree(session, borough.actor(Role.IDVA), meeting)
            asynchronous.open_information(session, coordinator, meeting, chair_id=one.chair.id)


def amend(session: Session, borough: Borough, written: list[Written]) -> None:
    """One set of minutes has a second version, approved by the chair and circulated; the newest wait for approval."""
    coordinator, chair = borough.actor(Role.COORDINATOR), borough.actor(Role.CHAIR)
    held = [one for one in written if one.sitting.present and one.sitting.state is MeetingState.HELD]
    last, amended = (session.get_one(Meeting, one.id) for one in (held[-1], held[-3]))
    minutes.circulate_actions(session, coordinator, last)
    kept: Any = amended.minutes
    item = agenda.list_items(session, coordinator, amended)[1]
    minutes.amend_minutes(session, coordinator, kept, item, reason=table("words")["amended"])
    minutes.submit_minutes(session, coordinator, kept)
    minutes.approve_minutes(session, chair, kept)
    minutes.issue_minutes(session, coordinator, kept)
    day = amended.starts_at + timedelta(days=5)
    kept.approved_at, kept.issued_at = min(day, clock.now()), min(day + timedelta(hours=2), clock.now())
    documents.make_document(session, coordinator, amended, DocumentKind.MINUTES)


def _next(written: list[Written]) -> Written:
    """The next meeting of the series: its agenda is out."""
    coming = (one for one in written if one.sitting.state is MeetingState.PUBLISHED)
    return next(one for one in coming if one.sitting.kind is MeetingKind.ROUTINE)


STEPS: tuple[Step, ...] = (keep_series, publish, change_late, make_ready, amend)
