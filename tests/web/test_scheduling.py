"""Pages of the calendar: series, booking, closure days, moving, cancelling, the plan (SCH-37 to SCH-46, DA-16)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from icalendar import Calendar
from sqlalchemy import select

from marac import clock
from marac.models import Meeting, MeetingSeries
from marac.services.meetings import panels
from marac.vocabulary import MeetingState
from marac.workflows.deadlines import london
from tests.builders import actor_for, signed_in
from tests.builders_panels import a_case, a_meeting, a_panel, a_published_panel

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
SERIES = {
    "programme": "da_marac", "rule": "every_k_weeks", "interval_weeks": "2", "anchor_on": ["18", "12", "2026"],
    "weekday": "0", "starts": "9:30am", "minutes_per_case": "10", "capacity": "12", "place": "hybrid", "room": "Room 4",
    "link": "https://meet.example.org/x",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(NOW, tick=True):
        yield


def at(panel, worker, path):
    client = signed_in(panel.house, worker)
    client.forbidden |= {"Amina Begum", "Siobhan Doyle"}
    return client.get(path)


def on(panel, day):
    """Move the builders' meeting to a coming day, before anything hangs on it."""
    with panel.work(panel.coordinator) as session:
        panel.meeting(session).starts_at = london(day, time(9, 30))


def test_a_series_is_added_and_its_next_meetings_booked_after_a_look_sch_37(house):
    panel = a_panel(house, 0)
    page = at(panel, panel.coordinator, "/panels").follow("How often panels meet").follow("Add a series")
    bad = page.fill_and_post({**SERIES, "interval_weeks": "40", "starts": "late"})
    assert bad.status == 422
    assert "Enter a time, for example 9:30am" in bad.errors
    offered = bad.fill_and_post(SERIES)
    assert offered.flashes == ["Series saved."]
    assert "Every 2 weeks on Friday" in offered.text
    assert "Fri 18 Dec 2026, 9:30am" in offered.main
    assert "Bank holiday" in offered.main
    assert "instead of Fri 1 Jan" in offered.main
    assert offered.form("/book").values["days"] == [
        "2026-12-18",
        "2027-01-15",
        "2027-01-29",
        "2027-02-12",
        "2027-02-26",
    ]
    booked = offered.fill_and_post({"days": ["2026-12-18", "2026-12-31"]})
    assert booked.flashes == ["2 panels booked."]
    with panel.work(panel.coordinator) as session:
        days = [clock.to_london(one.starts_at).date() for one in session.scalars(select(Meeting)) if one.series_id]
        assert sorted(days) == [date(2026, 12, 18), date(2026, 12, 31)]
    listed = booked.client.get("/panels/series")
    changed = listed.follow("Every 2 weeks on Friday").fill_and_post({"capacity": "9"})
    assert changed.flashes == ["Series saved."]
    assert "9, 10 minutes each" in changed.main
    assert "Ended" in changed.press("End it").main
    assert at(panel, panel.police, "/panels/series").status == 403


def test_a_series_that_a_colleague_changed_meanwhile_is_not_overwritten_and_the_words_are_shown(house):
    panel = a_panel(house, 0)
    at(panel, panel.coordinator, "/panels/series/new").fill_and_post(SERIES)
    mine, theirs = (
        at(panel, panel.coordinator, "/panels/series").follow("Every 2 weeks on Friday") for _ in range(2)
    )  # fmt: skip
    assert theirs.fill_and_post({"capacity": "9"}).flashes == ["Series saved."]
    stale = mine.fill_and_post({"capacity": "12", "room": "Room 4"})
    assert stale.status == 409
    assert "Room 4" in stale.text
    assert "9, 10 minutes each" in at(panel, panel.coordinator, "/panels/series").main


def test_one_more_meeting_like_the_series_is_booked_and_a_clash_is_said_not_refused_sch_46(house):
    panel = a_panel(house, 0)
    client = at(panel, panel.coordinator, "/panels/series/new").fill_and_post(SERIES).client
    with panel.work(panel.coordinator) as session:
        series = session.scalars(select(MeetingSeries)).one().id.hex
        a_meeting(session, starts_at=london(date(2026, 11, 18), time(10)), room="room 4")
    form = client.get("/panels/new")
    day_off = form.fill_and_post({"starts_on": ["21", "11", "2026"], "starts_time": "9:30", "series": series})
    assert day_off.errors == ["That day is a weekend. Enter Fri 20 Nov or Mon 23 Nov, or select Emergency"]
    booked = day_off.fill_and_post({"starts_on": ["18", "11", "2026"], "kind": "extra"})
    assert booked.flashes[0] == "Panel booked."
    assert "The room is taken (Wed 18 Nov, 10am)." in booked.flashes
    assert "Room 4" in booked.main
    assert "12 places" in booked.main
    assert "Join online at https://meet.example.org/x" in booked.main


def test_a_meeting_booked_by_itself_has_its_chair_and_room_and_says_where_they_are_taken_sch_46(house):
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session:
        a_meeting(session, starts_at=london(date(2026, 11, 18), time(10)), room="Room 7", chair_id=panel.chair.id)
    booked = at(panel, panel.coordinator, "/panels/new").fill_and_post({
        "starts_on": ["18", "11", "2026"], "starts_time": "9:30", "room": "room 7", "chair_id": panel.chair.id.hex,
        "minute_taker_id": panel.coordinator.id.hex,
    })  # fmt: skip
    assert {"The room is taken (Wed 18 Nov, 10am).", "The chair has another meeting (Wed 18 Nov, 10am)."} <= set(
        booked.flashes
    )
    with panel.work(panel.coordinator) as session:
        made = session.scalars(select(Meeting).where(Meeting.room == "room 7")).one()
        assert (made.chair_id, made.minute_taker_id) == (panel.chair.id, panel.coordinator.id)


def test_a_meeting_is_moved_across_the_end_of_summer_time_after_old_and_new_were_shown_sch_38(house):
    panel = a_panel(house, 1)
    on(panel, date(2026, 10, 15))
    with panel.work(panel.coordinator) as session:
        panels.publish_agenda(session, actor_for(panel.coordinator), panel.meeting(session))
    hub = at(panel, panel.coordinator, f"/panels/{panel.reference}")
    assert "Agenda published" in hub.main
    form = hub.follow("Move the meeting")
    empty = form.fill_and_post({"starts_on": ["29", "10", "2026"]}, press="Show what changes")
    assert empty.errors == ["Enter a reason"]
    shown = empty.fill_and_post({"reason": "The room is flooded"}, press="Show what changes")
    assert shown.status == 200
    assert "Tues 13 Oct, 5pm" in shown.main
    assert "Tues 27 Oct, 5pm" in shown.main
    assert "Stays: already done" in shown.main
    with panel.work(panel.coordinator) as session:
        assert panel.meeting(session).starts_at == london(date(2026, 10, 15), time(9, 30)), "showing changes nothing"
    moved = shown.fill_and_post({}, press="Move the panel")
    assert moved.flashes == ["Panel moved. Everyone invited will be told."]
    assert "Thur 29 Oct, 9:30am" in moved.text
    assert "The room is flooded" in moved.main
    member = at(panel, panel.police, f"/panels/{panel.reference}")
    assert "flooded" not in member.main
    assert "Move the meeting" not in member.main
    assert member.client.get(f"/panels/{panel.reference}/move").status == 403
    sunday = form.fill_and_post({"starts_on": ["27", "12", "2026"], "reason": "Later"}, press="Show what changes")
    assert "Weekend. The working days around it are Thur 24 Dec or Tues 29 Dec" in sunday.main


def test_two_who_move_the_same_meeting_do_not_overwrite_each_other(house):
    panel = a_panel(house, 0)
    on(panel, date(2026, 10, 15))
    path = f"/panels/{panel.reference}/move"
    first, second = at(panel, panel.coordinator, path), at(panel, panel.chair, path)
    filled = {"starts_on": ["29", "10", "2026"], "reason": "Room"}
    shown = [page.fill_and_post(filled, press="Show what changes") for page in (first, second)]
    assert shown[0].fill_and_post({}, press="Move the panel").status == 200
    unseen = shown[1].fill_and_post({"starts_on": ["30", "10", "2026"]}, press="Move the panel")
    assert unseen.status == 200, "another day is shown before it is taken"
    assert "Fri 30 Oct, 9:30am" in unseen.main
    assert shown[1].fill_and_post({}, press="Move the panel").status == 409
    with panel.work(panel.coordinator) as session:
        assert clock.to_london(panel.meeting(session).starts_at).date() == date(2026, 10, 29)


def test_a_meeting_is_cancelled_and_its_cases_go_to_the_next_in_one_step_da_35(house):
    panel = a_published_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        following = a_meeting(session, starts_at=clock.now() + timedelta(days=30))
        following_id, reference = following.id.hex, following.reference
    form = at(panel, panel.coordinator, f"/panels/{panel.reference}").follow("Cancel the meeting")
    assert "2 cases on its agenda" in form.main
    bad = form.fill_and_post({"reason": "Snow", "to": following_id, "approved_by": panel.chair.id.hex})
    assert bad.errors == ["Say what keeps the person safe until the case is heard"]
    done = bad.fill_and_post({"interim_safety": "The IDVA rings each day", "conflict_checked": "y"})
    assert done.flashes == ["Panel cancelled. Everyone invited will be told. 2 cases put off."]
    assert "Begum, Amina" in done.client.get(f"/panels/{reference}/agenda").main
    with panel.work(panel.coordinator) as session:
        assert panel.meeting(session).state == MeetingState.CANCELLED


def test_a_closure_day_is_shown_then_added_and_taken_back_sch_37(house):
    panel = a_panel(house, 0)
    on(panel, date(2026, 10, 15))
    form = at(panel, panel.coordinator, "/panels").follow("Closure days")
    filled = {"on": ["14", "10", "2026"], "note": "Council offices closed"}
    shown = form.fill_and_post(filled, press="Show what moves")
    assert "Panel of Thur 15 Oct: dates that move" in shown.main
    added = shown.fill_and_post({}, press="Close on that day")
    assert added.flashes[0].startswith("Closure day added.")
    assert "Wednesday 14 October 2026: Council offices closed" in added.main
    twice = added.fill_and_post(filled, press="Show what moves")
    assert twice.errors == ["Nobody works on that day already: it is a weekend, a bank holiday or a closure day"]
    assert "No closure days." in twice.press("Take back").main


def test_the_plan_is_confirmed_in_one_press_and_asks_for_a_further_meeting_sch_40(house):
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        a_case(session, house, name="Amina Begum")
        a_case(session, house, name="Siobhan Doyle")
        a_meeting(session, starts_at=london(date(2026, 9, 17), time(9, 30)), capacity=1)
    page = at(panel, panel.coordinator, "/panels").follow("Suggested plan")
    assert "To be heard by Tues 29 Sept" in page.main
    assert "1 case cannot be heard before its limit: book one by Tues 29 Sept." in page.main
    assert "No place yet" in page.main
    bad = page.press("List the cases ticked")
    assert bad.errors == ["Check for conflicts of interest, then confirm that you have"]
    done = bad.fill_and_post({"conflict_checked": "y"}, press="List the cases ticked")
    assert done.flashes == ["1 case listed."]
    assert at(panel, panel.police, "/panels/plan").status == 403


def test_calendar_files_are_served_to_those_who_see_meetings_and_say_nothing(house):
    panel = a_published_panel(house, 1)
    client = signed_in(house, panel.police).http
    for path in ("/panels/calendar.ics", f"/panels/{panel.reference}/calendar.ics"):
        answer = client.get(path, base_url="https://localhost")
        assert answer.mimetype == "text/calendar"
        assert "meetings.ics" in answer.headers["Content-Disposition"]
        (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
        assert str(event["SUMMARY"]) == "Partnership meeting"
        assert b"begum" not in answer.data.lower()
    stranger = house and signed_in(house, panel.police).http.application.test_client()
    assert stranger.get("/panels/calendar.ics", base_url="https://localhost").status_code == 303


def test_chair_and_minute_taker_change_until_the_meeting_begins_and_a_stale_tab_does_not_win_sch_46(house):
    panel = a_panel(house, 0)
    on(panel, date(2026, 10, 15))
    path = f"/panels/{panel.reference}/officers"
    first, stale = at(panel, panel.coordinator, f"/panels/{panel.reference}"), at(panel, panel.chair, path)
    form = first.follow("Change chair or minute-taker")
    saved = form.fill_and_post({"chair_id": panel.coordinator.id.hex, "minute_taker_id": panel.chair.id.hex})
    assert saved.flashes[0].startswith("Saved.")
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        assert (meeting.chair_id, meeting.minute_taker_id) == (panel.coordinator.id, panel.chair.id)
    assert stale.fill_and_post({"chair_id": ""}).status == 409
    assert panel.police.id.hex not in form.html, "the police do not chair here"
