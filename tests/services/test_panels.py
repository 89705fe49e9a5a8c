"""Meetings and their agendas: DA-16, DA-19, DA-20, DA-35, and numbers that are the viewer's own."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from marac import clock
from marac.errors import NotAllowed, RuleBroken, StaleEdit, WrongState
from marac.models import AgendaItem, Attendance, CaseAgency, Message, Research
from marac.services.meetings import agenda, panels, rescheduling, waiting
from marac.vocabulary import (
    AgendaItemState,
    CaseState,
    InvolvementBasis,
    MeetingState,
    Outcome,
    ReferralKind,
    ResearchState,
)
from tests.builders import actor_for
from tests.builders_panels import (
    MORNING,
    a_case,
    a_meeting,
    a_panel,
    a_published_panel,
    a_running_panel,
    a_wall,
    list_one,
)


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def test_a_booked_meeting_takes_its_minutes_per_case_from_the_local_rules_da_16(house):
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session:
        meeting = panels.schedule_meeting(
            session, actor_for(panel.coordinator), starts_at=clock.now() + timedelta(days=14)
        )
        assert meeting.minutes_per_case == 10
        assert meeting.state == MeetingState.SCHEDULED


def test_a_meeting_is_not_booked_twice_nor_in_the_past(house):
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session:
        actor, when = actor_for(panel.coordinator), panel.meeting(session).starts_at
        with pytest.raises(RuleBroken):
            panels.schedule_meeting(session, actor, starts_at=when)
        with pytest.raises(RuleBroken):
            panels.schedule_meeting(session, actor, starts_at=clock.now() - timedelta(days=1))
        with pytest.raises(NotAllowed):
            panels.schedule_meeting(session, actor_for(panel.police), starts_at=when + timedelta(days=7))


def test_listing_needs_the_conflict_check_da_5(house):
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        case = a_case(session, house)
        with pytest.raises(RuleBroken) as refusal:
            panels.list_case_on(session, actor_for(panel.coordinator), panel.meeting(session), case)
        assert refusal.value.field == "conflict_checked"


def test_a_repeat_and_a_transfer_are_marked_on_the_agenda_da_19(house):
    panel = a_panel(house, 1, kind=ReferralKind.REPEAT)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        moved = a_case(session, house, name="Zofia Nowak", kind=ReferralKind.TRANSFER_IN)
        list_one(session, panel, moved.id)
        view = agenda.view_agenda(session, actor_for(panel.coordinator), panel.meeting(session))
        assert [(line.item.is_repeat, line.item.is_transfer) for line in view.lines] == [(True, False), (False, True)]


def test_a_case_is_not_listed_twice_on_one_agenda(house):
    panel = a_panel(house, 1)
    with panel.work(panel.coordinator) as session, pytest.raises(RuleBroken):
        list_one(session, panel, panel.case_ids[0])


def test_numbers_and_totals_leave_out_a_case_behind_a_wall_without_a_trace(house):
    panel = a_published_panel(house, 3)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[1], panel.police)
    with panel.work(panel.police) as session:
        view = agenda.view_agenda(session, actor_for(panel.police), panel.meeting(session))
        coming, _past = panels.list_meetings(session, actor_for(panel.police))
        assert [line.number for line in view.lines] == [1, 2]
        assert [line.item.case_id for line in view.lines] == [panel.case_ids[0], panel.case_ids[2]]
        assert coming[0].cases == 2
        assert view.planned_finish_at == view.meeting.starts_at + timedelta(minutes=20)
    with panel.work(panel.coordinator) as session:
        assert len(agenda.list_items(session, actor_for(panel.coordinator), panel.meeting(session))) == 3


def test_before_publication_only_the_referring_agency_sees_a_case(house):
    panel = a_panel(house, 2)
    with panel.work(panel.police) as session:
        assert agenda.list_items(session, actor_for(panel.police), panel.meeting(session)) == []


def test_an_item_is_moved_to_a_number_and_children_come_first_da_19(house):
    panel = a_panel(house, 2, children=0)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        with_child = a_case(session, house, name="Grace Okafor", children=1)
        list_one(session, panel, with_child.id)
        meeting = panel.meeting(session)
        panels.move_item(session, actor, meeting, panel.item(session, 2), to=1)
        assert [item.case_id for item in agenda.list_items(session, actor, meeting)][:2] == list(panel.case_ids[::-1])
        panels.put_children_first(session, actor, meeting)
        assert agenda.list_items(session, actor, meeting)[0].case_id == with_child.id


def test_publishing_lists_every_core_agency_asks_invites_and_tells_them_da_20(house):
    panel = a_published_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        item, meeting = panel.item(session), panel.meeting(session)
        listed = select(CaseAgency).where(CaseAgency.case_id == item.case_id)
        bases = {row.basis for row in session.scalars(listed.where(CaseAgency.agency_id == panel.housing.agency_id))}
        asked = session.scalar(select(func.count()).select_from(Research).where(Research.item_id == item.id))
        invited = session.scalar(select(func.count()).select_from(Attendance))
        told = list(session.scalars(select(Message).where(Message.user_id == panel.housing.id)))
        assert meeting.state == MeetingState.PUBLISHED
        assert meeting.published_at is not None
        assert bases == {InvolvementBasis.LISTED}
        assert asked >= 10
        assert invited >= 10
        assert [message.template for message in told] == ["research_asked"]


def test_an_empty_agenda_is_not_published_da_19(house):
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session, pytest.raises(RuleBroken):
        panels.publish_agenda(session, actor_for(panel.coordinator), panel.meeting(session))


def test_a_case_added_after_publication_is_asked_about_at_once_and_told_da_20(house):
    panel = a_published_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        late = a_case(session, house, name="Lucy Chen")
        item = list_one(session, panel, late.id)
        states = set(session.scalars(select(Research.state).where(Research.item_id == item.id)))
        told = session.scalars(select(Message).where(Message.user_id == panel.housing.id)).all()
    assert states == {ResearchState.REQUESTED}
    assert len(told) == 2


def test_a_case_comes_off_only_with_reason_approver_and_interim_safety_and_waits_for_the_next_da_35(house):
    panel = a_published_panel(house, 2)
    actor = actor_for(panel.coordinator)
    complete = {
        "reason": "The referrer is ill",
        "approved_by": panel.chair.id,
        "interim_safety": "Daily call by the IDVA",
    }
    for missing in complete:
        with panel.work(panel.coordinator) as session:
            facts = {**complete, missing: None if missing == "approved_by" else " "}
            with pytest.raises(RuleBroken) as refusal:
                panels.defer_item(session, actor, panel.item(session), **facts)
            assert refusal.value.field == missing
            session.rollback()
    with panel.work(panel.coordinator) as session:
        item = panels.defer_item(session, actor, panel.item(session), **complete)
        assert (item.state, item.outcome) == (AgendaItemState.DEFERRED, Outcome.DEFERRED)
        assert item.deferred_because == "The referrer is ill (approved by Nia Hart)"
        assert item.case.state == CaseState.RECEIVED
    with panel.work(panel.coordinator) as session:
        found = waiting.list_waiting(session, actor)
        assert [(one.case.id, one.reason) for one in found] == [(panel.case_ids[0], "Deferred")]
        following = a_meeting(session, starts_at=clock.now() + timedelta(days=14))
        again = panels.list_case_on(
            session, actor, following, found[0].case, referral=found[0].referral, conflict_checked=True
        )
        assert again.referral_id is not None
        assert waiting.list_waiting(session, actor) == []


def test_an_approver_must_be_a_chair_or_a_coordinator_da_35(house):
    panel = a_panel(house, 1)
    with panel.work(panel.coordinator) as session, pytest.raises(RuleBroken):
        panels.remove_item(
            session, actor_for(panel.coordinator), panel.item(session), reason="Moved away",
            approved_by=panel.police.id, interim_safety="Refuge place booked",
        )  # fmt: skip


def test_a_removed_case_leaves_no_gap_in_the_numbers(house):
    panel = a_panel(house, 2)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        panels.remove_item(
            session, actor, panel.item(session), reason="Moved away", approved_by=panel.coordinator.id,
            interim_safety="Refuge place booked",
        )  # fmt: skip
        view = agenda.view_agenda(session, actor, panel.meeting(session))
        assert [(line.number, line.item.case_id) for line in view.lines] == [(1, panel.case_ids[1])]


def test_the_agenda_warns_of_stale_safe_contact_missing_views_and_missing_replies_da_22(house):
    panel = a_published_panel(house, 1, wishes=None)
    with panel.work(panel.coordinator) as session:
        view = agenda.view_agenda(session, actor_for(panel.coordinator), panel.meeting(session))
    with panel.work(panel.police) as session:
        seen_by_member = agenda.view_agenda(session, actor_for(panel.police), panel.meeting(session))
    words = " ".join(view.lines[0].warnings)
    assert "agencies have not answered" in words
    assert "Safe contact" in words
    assert "views" in words
    assert seen_by_member.lines[0].warnings == ()


def test_the_agenda_warns_above_the_target_number_of_cases_da_19(house):
    panel = a_panel(house, 16, children=0)
    with panel.work(panel.coordinator) as session:
        view = agenda.view_agenda(session, actor_for(panel.coordinator), panel.meeting(session))
    assert view.warnings == ("16 cases is above the target of 15",)


def test_a_member_cannot_publish_reorder_or_take_off(house):
    panel = a_published_panel(house, 1)
    actor = actor_for(panel.police)
    with panel.work(panel.police) as session:
        meeting, item = panel.meeting(session), panel.item(session)
        with pytest.raises(NotAllowed):
            panels.publish_agenda(session, actor, meeting)
        with pytest.raises(NotAllowed):
            panels.move_item(session, actor, meeting, item, to=1)
        with pytest.raises(NotAllowed):
            panels.defer_item(session, actor, item, reason="x", approved_by=panel.chair.id, interim_safety="y")


def test_closing_research_moves_every_case_and_a_meeting_with_cases_is_not_cancelled_da_35(house):
    panel = a_published_panel(house, 2)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panels.close_research(session, actor, panel.meeting(session))
        assert meeting.state == MeetingState.RESEARCH_CLOSED
        assert {panel.item(session, n).case.state for n in (1, 2)} == {CaseState.RESEARCHED}
        with pytest.raises(RuleBroken):
            rescheduling.cancel_meeting(session, actor, meeting, reason="Bank holiday")


def test_a_meeting_that_has_begun_takes_no_more_cases(house):
    panel = a_running_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        late = a_case(session, house, name="Lucy Chen")
        with pytest.raises((RuleBroken, WrongState, StaleEdit)):
            list_one(session, panel, late.id)


def test_expected_times_follow_the_clock_once_the_meeting_runs(house):
    panel = a_running_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        before = agenda.view_agenda(session, actor_for(panel.coordinator), panel.meeting(session))
        session.rollback()
    late = before.planned_finish_at + timedelta(minutes=30)
    with time_machine.travel(late, tick=True), panel.work(panel.coordinator) as session:
        view = agenda.view_agenda(session, actor_for(panel.coordinator), panel.meeting(session))
        assert view.finish_at >= late + timedelta(minutes=20)
        assert session.scalar(select(func.count()).select_from(AgendaItem)) == 2
