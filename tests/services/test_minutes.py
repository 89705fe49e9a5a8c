"""Minutes: compiled, approved by a second person, circulated, read by whoever may (DA-30)."""

import pytest
import time_machine
from sqlalchemy import select

from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import Message
from marac.services import agenda, attendance, minutes, notes, reading_minutes
from marac.vocabulary import AttendanceState, CaseState, MinuteHeading, MinutesState
from tests.builders import actor_for
from tests.builders_panels import MORNING, a_held_panel, a_wall


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def send(panel, worker=None):
    """The coordinator sends the minutes to the chair."""
    worker = worker or panel.coordinator
    with panel.work(worker) as session:
        actor = actor_for(worker)
        minutes.submit_minutes(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))


def approve(panel):
    with panel.work(panel.chair) as session:
        actor = actor_for(panel.chair)
        minutes.approve_minutes(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))


def issue(panel):
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        minutes.issue_minutes(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))


def test_gaps_name_the_case_and_what_was_not_covered_da_30(house):
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        notes.save_covered(session, actor, panel.item(session, 1), list(notes.COVERED))
        gaps = minutes.list_gaps(session, actor, panel.meeting(session))
        assert [gap.number for gap in gaps] == [2]
        assert "Risk to staff" in gaps[0].text


def test_nobody_approves_what_they_sent_and_the_words_stand_still_da_30(house):
    panel = a_held_panel(house, 1)
    send(panel, panel.chair)
    with panel.work(panel.chair) as session:
        actor = actor_for(panel.chair)
        with pytest.raises(RuleBroken) as refusal:
            minutes.approve_minutes(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))
        assert refusal.value.field == "approver"
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        item = panel.item(session)
        version = notes.get_notes(session, actor, item)[MinuteHeading.VIEWS].version
        with pytest.raises(WrongState):
            notes.save_note(session, actor, item, MinuteHeading.VIEWS, text="Changed", version=version)
        with pytest.raises(NotAllowed):
            minutes.approve_minutes(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))


def test_the_chair_sends_back_with_a_reason_and_then_it_may_be_typed_again(house):
    panel = a_held_panel(house, 1)
    send(panel)
    with panel.work(panel.chair) as session:
        actor = actor_for(panel.chair)
        found = reading_minutes.get_minutes(session, actor, panel.meeting(session))
        with pytest.raises(RuleBroken):
            minutes.send_back(session, actor, found, reason=" ")
        assert minutes.send_back(session, actor, found, reason="Say who was present").state == MinutesState.DRAFT
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        version = notes.get_notes(session, actor, item)[MinuteHeading.VIEWS].version
        assert notes.save_note(session, actor, item, MinuteHeading.VIEWS, text="Put right", version=version).text


def test_circulating_prompts_agencies_moves_cases_on_and_closes_attendance_da_30(house):
    panel = a_held_panel(house, 1)
    send(panel)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        found = reading_minutes.get_minutes(session, actor, panel.meeting(session))
        with pytest.raises(WrongState):
            minutes.issue_minutes(session, actor, found)
    approve(panel)
    issue(panel)
    with panel.work(panel.coordinator) as session:
        actor, meeting = actor_for(panel.coordinator), panel.meeting(session)
        assert panel.item(session).case.state == CaseState.ISSUED
        prompts = select(Message.user_id).where(Message.template == "minutes_issued")
        assert panel.housing.id in set(session.scalars(prompts))
        place = attendance.list_places(session, actor, meeting)[0]
        row = attendance.get_place(session, actor, meeting, place.id)
        with pytest.raises(WrongState):
            attendance.record_attendance(session, actor, row, state=AttendanceState.APOLOGIES)


def test_members_read_circulated_minutes_of_the_cases_they_may_see_and_no_others(house):
    panel = a_held_panel(house, 2)
    with panel.work(panel.housing) as session, pytest.raises(NotFound):
        reading_minutes.get_minutes(session, actor_for(panel.housing), panel.meeting(session))
    send(panel)
    approve(panel)
    issue(panel)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.housing)
    with panel.work(panel.housing) as session:
        actor = actor_for(panel.housing)
        found = reading_minutes.get_minutes(session, actor, panel.meeting(session))
        document = reading_minutes.compile_for(session, actor, found)
        assert [(one.line.number, one.line.name) for one in document.sections] == [(1, "Siobhan Doyle")]
        assert document.sections[0].open
        assert MinuteHeading.RISK_STAFF in dict(document.sections[0].notes)
        assert [action.text for action in document.sections[0].actions] == ["Apply for a protection order"]
        assert len(agenda.list_items(session, actor, panel.meeting(session))) == 1


def test_a_draft_is_not_read_by_a_member_at_its_own_stage(house):
    panel = a_held_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        document = reading_minutes.compile_for(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))
        assert document.sections[0].who_tells == "Ida Sender, Solace"
        assert [seat.person_name for seat in document.present] == ["Paul Grey"]
        assert document.apologies
