"""A meeting as it runs: DA-23 to DA-28, DA-33, DA-35."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from marac import access, clock
from marac.errors import NotAllowed, RuleBroken, StaleEdit, WrongState
from marac.models import Action, CaseAgency, Deadline, Flag, Message
from marac.services import agenda, assigning, attendance, notes, panels, research, running
from marac.vocabulary import (
    ActionState,
    AgendaItemState,
    AttendanceState,
    CaseState,
    FlagState,
    InvolvementBasis,
    MeetingState,
    MinuteHeading,
    Outcome,
    Permission as P,
    Protects,
    ReferralKind,
)
from tests.builders import actor_for
from tests.builders_panels import (
    FIVE,
    MORNING,
    a_called_case,
    a_held_panel,
    a_published_panel,
    a_running_panel,
    a_wall,
    hear,
    minute,
)


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def an_owner(session, actor, slug="met_police_da"):
    return next(agency for agency in assigning.list_owners(session, actor) if agency.slug == slug)


def test_a_meeting_opens_with_a_chair_who_has_read_the_statement_da_23(house):
    panel = a_published_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        with pytest.raises(RuleBroken) as refusal:
            running.open_meeting(session, actor, meeting, chair_id=panel.chair.id, statement_read=False)
        assert refusal.value.field == "statement_read"
        for nobody in (None, panel.police.id):
            with pytest.raises(RuleBroken) as refusal:
                running.open_meeting(session, actor, meeting, chair_id=nobody, statement_read=True)
            assert refusal.value.field == "chair_id"
        running.open_meeting(session, actor, meeting, chair_id=panel.chair.id, statement_read=True)
        assert meeting.state == MeetingState.IN_PROGRESS
        assert meeting.statement_read_at is not None


def test_a_member_agrees_for_themselves_with_the_time_and_only_on_the_day_da_23(house):
    panel = a_published_panel(house, 1)
    yesterday = time_machine.travel(MORNING - timedelta(days=1), tick=True)
    with yesterday, panel.work(panel.housing) as session, pytest.raises(RuleBroken):
        attendance.agree(session, actor_for(panel.housing), panel.meeting(session))
    with panel.work(panel.housing) as session:
        place = attendance.agree(session, actor_for(panel.housing), panel.meeting(session))
        agreed_at = place.agreed_at
        assert (place.user_id, place.person_name, place.agreed_in_room) == (panel.housing.id, "Hana Reed", False)
        assert place.state == AttendanceState.PRESENT
        assert abs(clock.now() - agreed_at) < timedelta(seconds=30)
        assert attendance.agree(session, actor_for(panel.housing), panel.meeting(session)).agreed_at == agreed_at
    with panel.work(panel.coordinator) as session:
        places = attendance.list_places(session, actor_for(panel.coordinator), panel.meeting(session))
        ours = [place for place in places if place.agency_id == panel.housing.agency_id]
        assert [place.person_name for place in ours] == ["Hana Reed"]


def test_no_case_is_called_before_everybody_present_has_agreed_da_23(house):
    panel = a_running_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        place = next(
            p for p in attendance.list_places(session, actor, meeting) if p.agency_id == panel.housing.agency_id
        )
        row = attendance.get_place(session, actor, meeting, place.id)
        attendance.record_attendance(session, actor, row, state=AttendanceState.DEPUTY, person_name="J. Rao")
        with pytest.raises(RuleBroken) as refusal:
            running.call_item(session, actor, panel.item(session))
        assert refusal.value.field == "attendance"
        attendance.record_attendance(
            session, actor, row, state=AttendanceState.DEPUTY, person_name="J. Rao", agreed_in_room=True
        )
        assert running.call_item(session, actor, panel.item(session)).state == AgendaItemState.IN_PROGRESS


def test_nothing_is_typed_about_a_case_that_was_not_called_da_23(house):
    panel = a_running_panel(house, 1)
    with panel.work(panel.coordinator) as session, pytest.raises(WrongState):
        notes.save_note(
            session, actor_for(panel.coordinator), panel.item(session), MinuteHeading.VIEWS, text="Hello", version=0
        )


def test_who_is_walled_off_is_out_of_the_room_and_not_counted(house):
    panel = a_running_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.housing) as session:
        attendance.agree(session, actor_for(panel.housing), panel.meeting(session))
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.housing)
        room = attendance.room_for(session, panel.item(session))
        assert (room.agreed, room.not_agreed) == (1, 0)
        assert len(room.out) == 1
        running.call_item(session, actor, panel.item(session))
    with panel.work(panel.housing) as session:
        assert agenda.list_items(session, actor_for(panel.housing), panel.meeting(session)) == []


def test_an_agency_that_did_not_know_them_sees_the_case_again_when_it_is_in_the_room(house):
    panel = a_running_panel(house, 1)
    housing = actor_for(panel.housing)
    with panel.work(panel.housing) as session:
        research.answer_not_known(
            session, housing, research.get_answer(session, housing, panel.research(session, panel.housing).id)
        )
    with panel.work(panel.housing) as session:
        attendance.agree(session, housing, panel.meeting(session))
        assert agenda.list_items(session, housing, panel.meeting(session)) == []
    with panel.work(panel.coordinator) as session:
        running.call_item(session, actor_for(panel.coordinator), panel.item(session))
    with panel.work(panel.housing) as session:
        assert len(agenda.list_items(session, housing, panel.meeting(session))) == 1


def test_each_section_has_a_version_of_its_own_and_a_stale_save_is_refused(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        item, actor = panel.item(session), actor_for(panel.coordinator)
        first = notes.save_note(session, actor, item, MinuteHeading.INFORMATION, text="Police: arrest.", version=0)
        again = notes.save_note(session, actor, item, MinuteHeading.INFORMATION, text="Police: arrest.", version=0)
        assert again == first
        other = notes.save_note(session, actor, item, MinuteHeading.RISK_VICTIM, text="High.", version=0)
        assert (first.version, other.version) == (1, 1)
    with panel.work(panel.chair) as session:
        item, actor = panel.item(session), actor_for(panel.chair)
        newer = notes.save_note(session, actor, item, MinuteHeading.INFORMATION, text="Police: charged.", version=1)
        assert newer.saved_by_id == panel.chair.id
    with panel.work(panel.coordinator) as session:
        item, actor = panel.item(session), actor_for(panel.coordinator)
        with pytest.raises(StaleEdit):
            notes.save_note(session, actor, item, MinuteHeading.INFORMATION, text="Police: arrest, bail.", version=1)
        assert notes.get_notes(session, actor, item)[MinuteHeading.INFORMATION].text == "Police: charged."


def test_a_member_types_no_minutes_and_assigns_no_actions(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.police) as session:
        item, actor = panel.item(session), actor_for(panel.police)
        with pytest.raises(NotAllowed):
            notes.save_note(session, actor, item, MinuteHeading.VIEWS, text="x", version=0)
        with pytest.raises(NotAllowed):
            assigning.assign_action(
                session, actor, item, agency=an_owner(session, actor), text="x", due_on=clock.today(),
                protects=Protects.VICTIM,
            )  # fmt: skip
        with pytest.raises(NotAllowed):
            running.hear_item(session, actor, item, outcome=Outcome.HEARD, tells_victim="me")


@pytest.mark.parametrize("missing", FIVE)
def test_a_hearing_is_not_finished_without_each_of_the_five_risks_da_25(house, missing):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        minute(session, actor, item, leave_out=(missing,))
        with pytest.raises(RuleBroken) as refusal:
            running.hear_item(session, actor, item, outcome=Outcome.HEARD, tells_victim="Ida Sender")
        assert refusal.value.field == missing


def test_a_hearing_needs_views_a_plan_someone_to_tell_them_and_an_outcome_da_24_da_27_da_33(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        minute(session, actor, item, leave_out=(MinuteHeading.VIEWS,))
        facts = {"outcome": Outcome.HEARD, "tells_victim": "Ida Sender"}

        def refused(**more):
            with pytest.raises(RuleBroken) as refusal:
                running.hear_item(session, actor, item, **{**facts, **more})
            return refusal.value.field

        assert refused() == "no_views_reason"
        notes.save_note(session, actor, item, MinuteHeading.VIEWS, text="She could not be reached", version=0)
        assert refused() == MinuteHeading.NO_ACTION
        notes.save_note(session, actor, item, MinuteHeading.NO_ACTION, text="All in place", version=0)
        assert refused(tells_victim="") == "not_told_reason"
        assert refused(outcome=None) == "outcome"
        assert refused(outcome=Outcome.DEFERRED) == "outcome"
        assert refused(outcome=Outcome.BRING_BACK) == "bring_back_on"
        assert refused(outcome=Outcome.BRING_BACK, bring_back_on=clock.today()) == "bring_back_on"
        assert refused(outcome=Outcome.TRANSFERRED) == "receiving_area"
        heard = running.hear_item(session, actor, item, outcome=Outcome.HEARD, not_told_reason="He reads her messages")
        assert heard.who_tells == "Not told, because: He reads her messages"


def test_a_repeat_says_what_changed_since_last_time_da_26(house):
    panel = a_called_case(house, 1, kind=ReferralKind.REPEAT)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        minute(session, actor, item)
        with pytest.raises(RuleBroken) as refusal:
            running.hear_item(session, actor, item, outcome=Outcome.HEARD, tells_victim="Ida Sender")
        assert refusal.value.field == MinuteHeading.WHAT_WORKED


def test_a_heard_case_is_flagged_its_actions_are_live_and_the_telling_is_due_da_27_da_32_da_33(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        hear(session, actor, item)
        case = item.case
        assert (case.state, item.state, item.outcome) == (CaseState.HEARD, AgendaItemState.HEARD, Outcome.HEARD)
        assert (case.last_heard_on, case.flag_until_on) == (date(2025, 11, 12), date(2026, 11, 12))
        flags = session.scalars(select(Flag).where(Flag.case_id == case.id)).all()
        assert {flag.state for flag in flags} == {FlagState.ADD_REQUESTED}
        assert session.scalar(select(Deadline.due_at).where(Deadline.rule == "victim_told")) is not None
        told = session.scalars(select(Message).where(Message.template == "actions_assigned")).all()
        assert panel.police.id in {message.user_id for message in told}
    with panel.work(panel.police) as session:
        mine = session.scalars(access.visible(actor_for(panel.police), P.ACTION_UPDATE, Action)).all()
        assert [action.state for action in mine] == [ActionState.OPEN]


def test_a_case_may_be_come_back_to_in_the_same_meeting(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        hear(session, actor, item)
        running.recall_item(session, actor, item)
        assert (item.state, item.case.state) == (AgendaItemState.IN_PROGRESS, CaseState.IN_MEETING)
        running.hear_item(session, actor, item, outcome=Outcome.HEARD, tells_victim="Ida Sender")
        assert session.scalar(select(func.count()).select_from(Flag).where(Flag.case_id == item.case_id)) == len(
            set(session.scalars(select(Flag.agency_id).where(Flag.case_id == item.case_id)))
        )


def test_a_case_is_put_off_while_it_is_heard_da_35(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        item = panels.defer_item(
            session, actor_for(panel.coordinator), panel.item(session), reason="Nobody could present it",
            approved_by=panel.chair.id, interim_safety="The IDVA rings daily",
        )  # fmt: skip
        assert (item.state, item.case.state) == (AgendaItemState.DEFERRED, CaseState.RECEIVED)


def test_two_agencies_on_one_line_make_two_actions_and_a_doubtful_line_makes_none_da_27(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        parsed = assigning.read_line(session, actor, item, "police & housing: remove name from tenancy by 1/12")
        made = assigning.assign_line(session, actor, item, parsed, protects=Protects.VICTIM)
        assert [action.due_on for action in made] == [date(2025, 12, 1)] * 2
        assert len({action.agency_id for action in made}) == 2
        doubtful = assigning.read_line(session, actor, item, "police: report back")
        with pytest.raises(RuleBroken) as refusal:
            assigning.assign_line(session, actor, item, doubtful, protects=Protects.VICTIM)
        assert refusal.value.field == "line"
        by_text = assigning.read_line(session, actor, item, "idva: tell her the plan by text by tomorrow")
        assert assigning.assign_line(session, actor, item, by_text, protects=Protects.VICTIM)[0].contacts_victim
        assert len(assigning.list_agreed(session, actor, item)) == 3


def test_an_action_needs_text_agency_date_and_whom_it_protects_and_is_not_in_the_past_da_27(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        complete = {
            "agency": an_owner(session, actor),
            "text": "Visit",
            "due_on": clock.today(),
            "protects": Protects.VICTIM,
        }
        for field, named in (("agency", "agency_id"), ("text", "text"), ("due_on", "due_on"), ("protects", "protects")):
            with pytest.raises(RuleBroken) as refusal:
                assigning.assign_action(session, actor, item, **{**complete, field: "" if field == "text" else None})
            assert refusal.value.field == named
        yesterday = clock.today() - timedelta(days=1)
        with pytest.raises(RuleBroken):
            assigning.assign_action(session, actor, item, **{**complete, "due_on": yesterday})


def test_an_agency_that_gets_an_action_sees_the_case_and_one_behind_a_wall_gets_none(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        outside = an_owner(session, actor, "early_help")
        facts = {"text": "Visit", "due_on": clock.today(), "protects": Protects.CHILDREN}
        assigning.assign_action(session, actor, item, agency=outside, **facts)
        basis = select(CaseAgency.basis).where(CaseAgency.agency_id == outside.id, CaseAgency.case_id == item.case_id)
        assert session.scalars(basis).all() == [InvolvementBasis.CONSULTED]
        wall = a_wall(session, item.case_id, panel.housing)
        wall.user_id, wall.agency_id = None, panel.housing.agency_id
        session.flush()
        with pytest.raises(RuleBroken) as refusal:
            assigning.assign_action(session, actor, item, agency=an_owner(session, actor, "housing_options"), **facts)
        assert refusal.value.field == "agency"


def test_usual_actions_come_from_the_library_with_dates(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        usual = assigning.list_usual(session, panel.item(session))
        assert {one.key for one in usual} >= {"sanctuary_request", "flag_and_tag", "child_check"}
        actor, item = actor_for(panel.coordinator), panel.item(session)
        owned = [one for one in usual if one.agency]
        assert owned
        assert all(not assigning.read_line(session, actor, item, one.line).problems for one in owned)


def test_a_meeting_ends_only_when_every_case_has_an_outcome_da_35(house):
    panel = a_called_case(house, 2)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        with pytest.raises(RuleBroken):
            running.finish_meeting(session, actor, panel.meeting(session))
        hear(session, actor, panel.item(session, 1))
        panels.defer_item(
            session, actor, panel.item(session, 2), reason="Out of time", approved_by=panel.chair.id,
            interim_safety="The IDVA rings daily",
        )  # fmt: skip
        meeting = running.finish_meeting(session, actor, panel.meeting(session))
        assert meeting.state == MeetingState.HELD
        assert meeting.minutes is not None
        states = {place.state for place in attendance.list_places(session, actor, meeting)}
        assert states == {AttendanceState.PRESENT, AttendanceState.ABSENT}


def test_a_repeat_hearing_shows_the_last_plan_and_what_became_of_it_da_26(house):
    panel = a_held_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panels.schedule_meeting(session, actor, starts_at=clock.now() + timedelta(days=14))
        case = panel.item(session).case
        item = panels.list_case_on(session, actor, meeting, case, conflict_checked=True)
        earlier = running.since_last_time(session, actor, item)
        assert item.is_repeat
        assert earlier.item.id == panel.item(session).id
        assert earlier.actions == (("Apply for a protection order", ActionState.OPEN),)
        assert running.since_last_time(session, actor, panel.item(session)) is None
