"""Series, clashes, closure days, moving and cancelling, the plan, calendar files (SCH-37 to SCH-46, DA-16, DA-18)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from icalendar import Calendar
from sqlalchemy import select

from marac import clock, notifications
from marac.errors import NotAllowed, RuleBroken, StaleEdit, WrongState
from marac.models import (
    Attendance,
    AuditEntry,
    Case,
    Deadline,
    Meeting,
    MeetingChange,
    MeetingSeries,
    Message,
    Referral,
    Research,
)
from marac.services import local
from marac.services.meetings import (
    calendars,
    clashes,
    closure_days,
    meeting_dates,
    panels,
    rescheduling,
    research,
    scheduling,
    suggesting,
)
from marac.services.meetings.rescheduling import Deferral
from marac.services.meetings.scheduling import Pattern
from marac.vocabulary import (
    AttendanceState,
    CaseState,
    MeetingChangeKind,
    MeetingKind,
    MeetingPlace,
    MeetingState,
    ProgrammeSlug,
    ReferralKind,
    ResearchState,
    SeriesRule,
    Template,
)
from marac.workflows.deadlines import london
from marac.workflows.series import Recurrence
from tests.builders import actor_for, an_agency
from tests.builders_panels import NAMES, a_case, a_meeting, a_panel, a_running_panel

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
THURSDAY = 3
DA, COMMUNITY = ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(NOW, tick=False):
        yield


def pattern(**facts) -> Pattern:
    usual = {
        "programme": DA, "recurrence": Recurrence(SeriesRule.NTH_WEEKDAY, THURSDAY, date(2026, 1, 1), nths=(2,)),
        "starts": time(9, 30), "minutes_per_case": 12, "capacity": 14, "place": MeetingPlace.HYBRID,
        "room": "Room 4", "link": "https://meet.example.org/quiet",
    }  # fmt: skip
    return Pattern(**{**usual, **facts})


def a_series(session, actor, **facts) -> MeetingSeries:
    return scheduling.save_series(session, actor, pattern(**facts))


def moved(session, panel, starts_at, **facts):
    return rescheduling.move_meeting(
        session, actor_for(panel.coordinator), panel.meeting(session), starts_at=starts_at,
        **{"reason": "The room is flooded", **facts},
    )  # fmt: skip


def coming(session, panel, days: int = 60, **facts) -> Meeting:
    return a_meeting(session, starts_at=london(date(2026, 9, 1) + timedelta(days=days), time(9, 30)), **facts)


def booked_panel(house, cases=2, on=date(2026, 10, 15), publish=True):
    """A published panel on a coming day."""
    panel = a_panel(house, cases)
    with panel.work(panel.coordinator) as session:
        panel.meeting(session).starts_at = london(on, time(9, 30))
        session.flush()
        if publish:
            panels.publish_agenda(session, actor_for(panel.coordinator), panel.meeting(session))
    return panel


# --- series ---


def test_the_next_six_meetings_are_offered_then_booked_with_room_places_and_people_sch_37_sch_46(house):
    panel = a_panel(house, 0)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        series = a_series(session, actor, chair_id=panel.chair.id, minute_taker_id=panel.coordinator.id)
        offered = scheduling.offer_meetings(session, actor, series)
        assert [one.offer.on for one in offered] == [
            date(2026, 9, 10), date(2026, 10, 8), date(2026, 11, 12), date(2026, 12, 10), date(2027, 1, 14),
            date(2027, 2, 11),
        ]  # fmt: skip
        booked = scheduling.book_meetings(session, actor, series, [one.offer.on for one in offered])
        assert {clock.to_london(meeting.starts_at).time() for meeting in booked} == {time(9, 30)}
        first = booked[0]
        assert (first.room, first.capacity, first.minutes_per_case) == ("Room 4", 14, 12)
        assert (first.chair_id, first.minute_taker_id) == (panel.chair.id, panel.coordinator.id)
        assert scheduling.link_of(session, actor, first) == "https://meet.example.org/quiet"
        assert scheduling.offer_meetings(session, actor, series, 1)[0].offer.on == date(2027, 3, 11)


def test_a_day_that_is_a_holiday_is_booked_on_the_working_day_before_or_after_only_sch_37(house):
    panel = a_panel(house, 0)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        fortnightly = Recurrence(SeriesRule.EVERY_K_WEEKS, 4, date(2026, 9, 4), interval_weeks=2)
        series = a_series(session, actor, recurrence=fortnightly)
        holiday = scheduling.offer_meetings(session, actor, series, 9)[8]
        assert (holiday.offer.on, holiday.offer.problem) == (date(2026, 12, 25), "Bank holiday")
        assert holiday.days == [date(2026, 12, 24), date(2026, 12, 29)]
        with pytest.raises(RuleBroken):
            scheduling.book_meetings(session, actor, series, [date(2026, 9, 5)])
        with pytest.raises(RuleBroken) as broken:
            scheduling.book_by_hand(
                session, actor, starts_at=london(date(2026, 12, 25), time(9)), kind=MeetingKind.ROUTINE,
                place=MeetingPlace.ONLINE,
            )  # fmt: skip
        assert "Thur 24 Dec or Tues 29 Dec" in broken.value.message
        scheduling.book_by_hand(
            session, actor, starts_at=london(date(2026, 12, 25), time(9)), kind=MeetingKind.EMERGENCY,
            place=MeetingPlace.ONLINE,
        )  # fmt: skip


def test_a_series_is_for_those_who_schedule_and_ends_without_touching_what_is_booked(house):
    panel = a_panel(house, 0)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.police) as session, pytest.raises(NotAllowed):
        a_series(session, actor_for(panel.police))
    with panel.work(panel.coordinator) as session:
        series = a_series(session, actor)
        (one,) = scheduling.book_meetings(session, actor, series, [date(2026, 9, 10)])
        scheduling.end_series(session, actor, series)
        assert scheduling.offer_meetings(session, actor, series) == []
        assert one.state == MeetingState.SCHEDULED
        with pytest.raises(RuleBroken):
            a_series(session, actor, link="javascript:alert(1)")


def test_the_agencies_of_a_series_are_invited_instead_of_the_panels_own(house):
    panel = a_panel(house, 0)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        only = an_agency(session, "solace").id
        series = a_series(session, actor, agencies=(only,))
        (one,) = scheduling.book_meetings(session, actor, series, [date(2026, 9, 10)])
        assert panels.core_agencies(session, one) == [only]


# --- clashes ---


def test_chair_room_and_core_agencies_in_two_places_are_shown_over_all_panels_sch_46(house):
    panel = a_panel(house, 0)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        nine = london(date(2026, 9, 10), time(9))
        there = {"room": "room 4", "chair_id": panel.chair.id, "minute_taker_id": panel.coordinator.id}
        a_meeting(session, starts_at=nine, programme=COMMUNITY, **there)
        series = a_series(session, actor, chair_id=panel.chair.id, minute_taker_id=panel.coordinator.id)
        found = [clash.words for clash in scheduling.offer_meetings(session, actor, series, 1)[0].clashes]
        assert found[:3] == [
            "The chair has another meeting",
            "The minute-taker has another meeting",
            "The room is taken",
        ]
        assert found[3].startswith("Core agencies are at another meeting: ")
        booking = clashes.Booking(nine + timedelta(hours=4), 60, panel.chair.id)
        assert clashes.list_clashes(session, actor, booking) == []


# --- moving ---


def test_a_moved_meeting_takes_its_open_dates_along_and_shows_old_beside_new_da_16_sch_38(house):
    panel = booked_panel(house)
    with panel.work(panel.housing) as session:
        actor, one = actor_for(panel.housing), panel.research(session, panel.housing)
        research.answer_not_known(session, actor, research.get_answer(session, actor, one.id))
    with panel.work(panel.coordinator) as session:
        later = london(date(2026, 10, 29), time(9, 30))
        shifts = {one.name: one for one in moved(session, panel, later)}
        assert shifts["research_due"].was == london(date(2026, 10, 13), time(17))
        assert shifts["research_due"].now == london(date(2026, 10, 27), time(17)), "across the end of summer time"
        meeting = panel.meeting(session)
        rows = session.scalars(select(Research)).all()
        asked = {row.due_at for row in rows if row.state == ResearchState.REQUESTED}
        answered = {row.due_at for row in rows if row.state == ResearchState.NIL_RETURN}
        assert asked == {shifts["research_due"].now}
        assert answered == {shifts["research_due"].was}, "an answer that was given keeps its date"
        clocks = session.scalars(select(Deadline).where(Deadline.subject_id == meeting.id, Deadline.met_at.is_(None)))
        assert {(row.rule, row.due_at) for row in clocks} == {("research_due", shifts["research_due"].now)}
        assert clock.to_london(meeting.starts_at).time() == time(9, 30)
        assert meeting.starts_at.hour == 9


def test_what_was_done_before_the_move_keeps_its_date_sch_38(house):
    panel = booked_panel(house)
    with panel.work(panel.coordinator) as session:
        before = local.deadlines_of(session, panel.meeting(session))
        shifts = {one.name: one for one in moved(session, panel, london(date(2026, 10, 29), time(9, 30)))}
        after = local.deadlines_of(session, panel.meeting(session))
        for name in ("referral_cutoff", "agenda_published"):
            assert shifts[name].kept
            assert after[name].at == before[name].at
        assert after["minutes_issued"].at != before["minutes_issued"].at
        again = {one.name: one for one in moved(session, panel, london(date(2026, 11, 5), time(9, 30)))}
        assert "agenda_published" not in again or again["agenda_published"].kept
        assert (
            local.deadlines_of(session, panel.meeting(session))["agenda_published"].at == before["agenda_published"].at
        )


def test_moving_needs_a_reason_a_right_a_change_and_an_unbegun_meeting(house):
    panel = booked_panel(house, 1, publish=False)
    later = london(date(2026, 10, 29), time(9, 30))
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        with pytest.raises(RuleBroken):
            moved(session, panel, later, reason="  ")
        with pytest.raises(RuleBroken):
            moved(session, panel, meeting.starts_at)
        with pytest.raises(RuleBroken):
            moved(session, panel, clock.now() - timedelta(days=1))
        with pytest.raises(StaleEdit):
            moved(session, panel, later, version=meeting.version_id + 1)
        assert session.scalars(select(MeetingChange)).all() == []
    with panel.work(panel.police) as session, pytest.raises(NotAllowed):
        rescheduling.move_meeting(
            session, actor_for(panel.police), panel.meeting(session), starts_at=later, reason="No"
        )
    running = a_running_panel(house, 1)
    with running.work(running.coordinator) as session, pytest.raises(WrongState):
        moved(session, running, later)


def test_everyone_invited_is_told_once_without_a_word_about_the_meeting_and_the_reason_is_kept_sch_38(house):
    panel = booked_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        moved(session, panel, london(date(2026, 10, 29), time(9, 30)), room="Room 9")
        told = session.scalars(select(Message).where(Message.template == Template.MEETING_CHANGED)).all()
        people = [message.user_id for message in told]
        assert {panel.police.id, panel.housing.id} <= set(people)
        assert panel.coordinator.id not in people
        assert len(people) == len(set(people))
        words = notifications._lines(session, [message for message in told if message.user_id == panel.police.id])
        assert words[0] == "A meeting has a new time, or does not take place."
        (change,) = rescheduling.list_changes(session, actor_for(panel.coordinator), panel.meeting(session))
        assert (change.kind, change.because) == (MeetingChangeKind.MOVED, "The room is flooded")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.tag == "meeting:moved")).all()
        assert len(entry) <= 1, "chained at the end of the unit of work"
    with panel.work(panel.coordinator) as session:
        bodies = session.scalars(select(AuditEntry.body).where(AuditEntry.tag == "meeting:moved")).all()
        assert len(bodies) == 1
        assert "flooded" not in bodies[0]
        assert rescheduling.list_changes(session, actor_for(panel.police), panel.meeting(session)) == []


def test_referrals_that_wait_for_a_decision_follow_the_meeting_they_hung_on_sch_38(house):
    panel = a_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        meeting = panel.meeting(session)
        meeting.starts_at = london(date(2026, 9, 14), time(9, 30))
        session.flush()
        by = local.deadlines_of(session, meeting)["triage_decided"].at
        referral = session.scalars(select(Referral)).first()
        referral.state, referral.decide_by_at = "submitted", by
        row = Deadline(
            partnership_id=referral.partnership_id,
            subject_id=referral.id,
            rule="triage_decided",
            due_at=by,
            met_at=None,
        )
        session.add(row)
        session.flush()
        moved(session, panel, london(date(2026, 9, 24), time(9, 30)))
        two_working_days = london(date(2026, 9, 3), time(17))
        assert referral.decide_by_at == row.due_at == two_working_days


# --- cancelling ---


def test_cancelling_puts_every_case_off_to_the_next_meeting_in_one_step_da_35(house):
    panel = booked_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        actor, meeting = actor_for(panel.coordinator), panel.meeting(session)
        following = coming(session, panel, 58)
        with pytest.raises(RuleBroken):
            rescheduling.cancel_meeting(session, actor, meeting, reason="Snow")
        missing = Deferral("Snow", panel.chair.id, "  ", following, True)
        with pytest.raises(RuleBroken) as broken:
            rescheduling.cancel_meeting(session, actor, meeting, reason="Snow", deferral=missing)
        assert broken.value.field == "interim_safety"
    with panel.work(panel.coordinator) as session:
        actor, meeting = actor_for(panel.coordinator), panel.meeting(session)
        following = coming(session, panel, 58)
        how = Deferral("Snow", panel.chair.id, "The IDVA rings each day", following, True)
        assert rescheduling.cancel_meeting(session, actor, meeting, reason="Snow", deferral=how) == 2
        assert (meeting.state, meeting.sequence) == (MeetingState.CANCELLED, 1)
        cases = [session.get_one(Case, case_id) for case_id in panel.case_ids]
        assert {case.state for case in cases} == {CaseState.LISTED}
        assert [one.case_id for one in following.items] == list(panel.case_ids)
        assert panel.item(session, 1).interim_safety == "The IDVA rings each day"
        assert session.scalars(select(Deadline).where(Deadline.subject_id == meeting.id)).all() == []
        told = session.scalars(select(Message.user_id).where(Message.template == Template.MEETING_CHANGED)).all()
        assert panel.police.id in told


# --- closure days ---


def test_a_closure_day_shows_what_moves_then_moves_it_and_can_be_taken_back_sch_37(house):
    panel = booked_panel(house, 1)
    actor = actor_for(panel.coordinator)
    closed = date(2026, 10, 14)
    with panel.work(panel.coordinator) as session:
        (effect,) = closure_days.preview_closure(session, actor, closed)
        by_name = {one.name: one for one in effect.shifts}
        assert by_name["research_due"].now == london(date(2026, 10, 12), time(17))
        assert not effect.falls_on_it
        assert closure_days.add_closure_day(session, actor, closed, note="Council closed") > 0
        assert {row.due_at for row in session.scalars(select(Research))} == {by_name["research_due"].now}
        (day,) = closure_days.list_closure_days(session, actor)
        assert (day.on, day.note) == (closed, "Council closed")
        with pytest.raises(RuleBroken):
            closure_days.add_closure_day(session, actor, closed, note="Twice")
        closure_days.remove_closure_day(session, actor, day.id)
        assert {row.due_at for row in session.scalars(select(Research))} == {by_name["research_due"].was}
        on_it = closure_days.preview_closure(session, actor, date(2026, 10, 15))
        assert [one.falls_on_it for one in on_it] == [True]
    with panel.work(panel.police) as session, pytest.raises(NotAllowed):
        closure_days.add_closure_day(session, actor_for(panel.police), closed, note="No")


# --- marks ---


def test_every_derived_date_is_shown_with_what_is_done_overdue_or_passed_da_16(house):
    panel = booked_panel(house, 1)
    with (
        panel.work(panel.coordinator) as session,
        time_machine.travel(london(date(2026, 10, 14), time(18)), tick=False),
    ):
        marks = {
            one.name: one.mark
            for one in meeting_dates.list_due_dates(session, actor_for(panel.coordinator), panel.meeting(session))
        }
        assert marks["agenda_published"] == "done"
        assert marks["research_due"] == "overdue"
        assert marks["attendance_confirmed"] == "overdue"
        assert marks["research_chase_first"] == "passed"
        assert marks["minutes_issued"] == ""
    with panel.work(panel.police) as session:
        found = meeting_dates.list_due_dates(session, actor_for(panel.police), panel.meeting(session))
        assert {one.mark for one in found} == {""}


# --- the plan ---


def waiting_cases(session, house, number: int) -> list[Case]:
    session.info["house"] = house
    return [a_case(session, house, name=NAMES[one]) for one in range(number)]


def test_the_plan_places_waiting_cases_and_the_coordinator_confirms_them_in_one_step_sch_40(house):
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session:
        waiting_cases(session, house, 3)
        coming(session, panel, 16, capacity=2)
        coming(session, panel, 30, capacity=5)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        found = suggesting.suggest_plan(session, actor, DA)
        assert [clock.to_london(row.meeting.starts_at).day for row in found.rows] == [17, 17, 1]
        assert "To be heard by Tues 29 Sept" in found.rows[0].reasons
        assert found.rows[2].late
        assert [extra.why for extra in found.extras] == [
            "1 case cannot be heard before its limit: book one by Tues 29 Sept"
        ]
        keys = [row.key for row in found.rows]
        with pytest.raises(RuleBroken):
            suggesting.list_chosen(session, actor, DA, [*keys, "x:y"], conflict_checked=True)
        with pytest.raises(RuleBroken):
            suggesting.list_chosen(session, actor, DA, keys, conflict_checked=False)
    with panel.work(panel.coordinator) as session:
        assert suggesting.list_chosen(session, actor, DA, keys, conflict_checked=True) == 3
        assert suggesting.suggest_plan(session, actor, DA).rows == ()


def test_a_referring_agency_that_sent_apologies_is_waited_for_da_19(house):
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session:
        waiting_cases(session, house, 1)
        first, _second = coming(session, panel, 16), coming(session, panel, 23)
        panels.attendance.invite_core(session, actor_for(panel.coordinator), first)
        for place in session.scalars(select(Attendance).where(Attendance.meeting_id == first.id)):
            if place.agency_id == an_agency(session, "solace").id:
                place.state = AttendanceState.APOLOGIES
    with panel.work(panel.coordinator) as session:
        (row,) = suggesting.suggest_plan(session, actor_for(panel.coordinator), DA).rows
        assert clock.to_london(row.meeting.starts_at).day == 24
        assert "The referring agency cannot come on Thur 17 Sept" in row.reasons


def test_an_emergency_without_an_agenda_shows_its_24_and_48_hours_da_18_sch_45(house):
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session:
        (case,) = waiting_cases(session, house, 1)
        referral = session.scalars(select(Referral).where(Referral.case_id == case.id)).one()
        referral.kind = ReferralKind.EMERGENCY
        session.add(
            Deadline(
                partnership_id=case.partnership_id, subject_id=referral.id, rule="emergency",
                due_at=clock.now() + timedelta(hours=48), met_at=None,
            )
        )  # fmt: skip
        coming(session, panel, 16)
    with panel.work(panel.coordinator) as session:
        found = suggesting.suggest_plan(session, actor_for(panel.coordinator), DA)
        (one,) = found.clocks
        assert (one.target_at - clock.now(), one.limit_at - clock.now()) == (timedelta(hours=24), timedelta(hours=48))
        assert found.rows[0].late
        assert found.extras[0].why.endswith("book one by Thur 3 Sept")


def test_a_case_that_was_put_off_is_not_offered_the_meeting_it_came_from(house):
    panel = booked_panel(house, 1, publish=False)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        panels.defer_item(
            session,
            actor,
            panel.item(session),
            reason="Referrer ill",
            approved_by=panel.chair.id,
            interim_safety="Rings",
        )
        later = coming(session, panel, 58)
        (row,) = suggesting.suggest_plan(session, actor, DA).rows
        assert row.meeting.id == later.id
        assert "Deferred" in row.reasons


# --- calendar files ---


def test_a_calendar_says_only_partnership_meeting_and_is_right_on_both_sides_of_a_clock_change(house):
    panel = a_panel(house, 1)
    days = (date(2026, 10, 22), date(2026, 10, 29), date(2027, 3, 25), date(2027, 4, 1))
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        for day in days:
            a_meeting(session, starts_at=london(day, time(9, 30)), room="Room 4", chair_id=panel.chair.id)
    with panel.work(panel.police) as session:
        content = calendars.calendar_of_all(session, actor_for(panel.police))
        found = {event["UID"]: event for event in Calendar.from_ical(content).walk("VEVENT")}
        stored = {f"{one.id.hex}@casework": one.starts_at for one in session.scalars(select(Meeting))}
        assert {uid: event.decoded("DTSTART") for uid, event in found.items()} == stored
        shown = [event.decoded("DTSTART") for event in found.values() if event.decoded("DTSTART").date() in days]
        assert {moment.replace(tzinfo=None).time() for moment in shown} == {time(9, 30)}
        assert {moment.utcoffset() for moment in shown} == {timedelta(0), timedelta(hours=1)}
        assert {str(event["SUMMARY"]) for event in found.values()} == {"Partnership meeting"}
    words = content.decode().lower()
    hidden = (
        "begum",
        "amina",
        "hart",
        "okafor",
        "room 4",
        "marac",
        "abuse",
        "domestic",
        "violence",
        "police",
        "attendee",
    )
    assert [word for word in hidden if word in words] == []
    assert panel.reference.lower() not in words
    assert b"BEGIN:VTIMEZONE" in content
    assert b"TZID:Europe/London" in content


def test_a_move_and_a_cancellation_keep_the_identity_and_count_up(house):
    panel = booked_panel(house, 0, publish=False)

    def event(session):
        content = calendars.calendar_of(session, actor_for(panel.coordinator), panel.meeting(session))
        calendar = Calendar.from_ical(content)
        (one,) = calendar.walk("VEVENT")
        state = f"{calendar['METHOD']} {one['STATUS']}"
        return str(one["UID"]), int(one["SEQUENCE"]), state, one.decoded("DTSTART")

    with panel.work(panel.coordinator) as session:
        uid, *first = event(session)
        later = london(date(2026, 10, 29), time(9, 30))
        moved(session, panel, later)
        assert event(session) == (uid, 1, "PUBLISH CONFIRMED", later)
        rescheduling.cancel_meeting(session, actor_for(panel.coordinator), panel.meeting(session), reason="Snow")
        assert event(session) == (uid, 2, "CANCEL CANCELLED", later)
        assert first[:2] == [0, "PUBLISH CONFIRMED"]
