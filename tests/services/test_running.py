"""A meeting as it runs: DA-23 to DA-28, DA-33, DA-35."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from marac import access, clock
from marac.errors import NotAllowed, NotFound, RuleBroken, StaleEdit, WrongState
from marac.models import Action, Agency, Attendance, CaseAgency, Deadline, Flag, Message
from marac.services import local
from marac.services.casework.involvement import involve
from marac.services.live import assigning, item_clock, notes, room, run_screen, running, shared_screen
from marac.services.meetings import agenda, attendance, panels, quorums, research
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
    Role,
)
from tests.builders import a_user, actor_for
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


def someone_comes(session, panel, *, agreed=False):
    """J. Rao comes for housing; the place they take."""
    actor, meeting = actor_for(panel.coordinator), panel.meeting(session)
    places = attendance.list_places(session, actor, meeting)
    row = attendance.get_place(
        session, actor, meeting, next(p.id for p in places if p.agency_id == panel.housing.agency_id)
    )
    deputy = AttendanceState.DEPUTY
    attendance.record_attendance(session, actor, row, state=deputy, person_name="J. Rao", agreed_in_room=agreed)
    return row


def test_no_case_is_called_before_everybody_present_at_the_opening_has_agreed_da_23(house):
    panel = a_published_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        someone_comes(session, panel)
        running.open_meeting(session, actor, panel.meeting(session), chair_id=panel.chair.id, statement_read=True)
        with pytest.raises(RuleBroken) as refusal:
            running.call_item(session, actor, panel.item(session))
        assert refusal.value.field == "attendance"
        someone_comes(session, panel, agreed=True)
        assert running.call_item(session, actor, panel.item(session)).state == AgendaItemState.IN_PROGRESS


def test_the_chair_sees_live_without_whom_there_is_no_quorum_sch_41(house):
    panel = a_running_panel(house, 1)
    chair = actor_for(panel.chair)
    with panel.work(panel.chair) as session:
        assert "Solace" in quorums.quorum_words(session, chair, panel.meeting(session)), "the IDVA service is not here"
        assert quorums.quorum_words(session, actor_for(panel.housing), panel.meeting(session)) == ""
        rule = local.rules_of(session, chair.partnership_id, panel.meeting(session).programme)
        needed = [*rule.value("quorum.all_of", clock.today()), "mash", "elft", "probation"]
        wanted = select(Agency.id).where(Agency.slug.in_(needed))
        for place in session.scalars(select(Attendance).where(Attendance.agency_id.in_(wanted))):
            place.state = AttendanceState.PRESENT
        session.flush()
        assert quorums.quorum_words(session, chair, panel.meeting(session)) == ""


def test_who_comes_late_holds_nobody_up_and_takes_no_part_until_they_agree_da_23(house):
    panel = a_called_case(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        someone_comes(session, panel)
        meeting, item = panel.meeting(session), panel.item(session)
        late = room.list_late(attendance.list_places(session, actor, meeting), meeting)
        assert [place.person_name for place in late] == ["J. Rao"]
        assert panel.housing.agency_id not in room.room_for(session, actor, item).agencies
        hear(session, actor, item)
        assert item.state == AgendaItemState.HEARD
        someone_comes(session, panel, agreed=True)
        assert room.list_late(attendance.list_places(session, actor, meeting), meeting) == []
        assert panel.housing.agency_id in room.room_for(session, actor, item).agencies


def test_nobody_runs_or_types_before_they_agreed_and_who_opens_or_chairs_has_da_23(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        other = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Bea Cole")
        assert room.has_agreed(session, actor_for(panel.coordinator), panel.meeting(session))
        assert room.has_agreed(session, actor_for(panel.chair), panel.meeting(session))
    with panel.work(other) as session:
        actor, item = actor_for(other), panel.item(session)
        for doing in (
            lambda: run_screen.view_screen(session, actor, item.meeting, 1),
            lambda: shared_screen.view_shared(session, actor, item.meeting),
            lambda: notes.save_note(session, actor, item, MinuteHeading.VIEWS, text="x", version=0),
            lambda: running.hear_item(session, actor, item, outcome=Outcome.HEARD, tells_victim="me"),
        ):
            with pytest.raises(RuleBroken) as refusal:
                doing()
            assert refusal.value.field == "agree"
        attendance.agree(session, actor, item.meeting)
        assert run_screen.view_screen(session, actor, item.meeting, 1).line.name == "Amina Begum"


def test_a_guest_hears_only_their_own_case_da_23(house):
    panel = a_running_panel(house, 2)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        guest = next(one for one in assigning.list_owners(session, actor) if one.panels.get("da_marac") != "core")
        involve(session, panel.case_ids[0], guest.partnership_id, [guest.id], InvolvementBasis.CONSULTED)
        attendance.add_place(session, actor, panel.meeting(session), guest, person_name="Gus Hill", agreed_in_room=True)
        first, second = (panel.item(session, number) for number in (1, 2))
        assert guest.id in room.room_for(session, actor, first).agencies
        assert guest.id not in room.room_for(session, actor, second).agencies
        running.call_item(session, actor, second)
        held = select(CaseAgency).where(CaseAgency.agency_id == guest.id, CaseAgency.case_id == panel.case_ids[1])
        assert session.scalars(held).all() == []


def test_who_declares_a_conflict_is_out_for_that_case_alone_and_no_longer_sees_it_da_5_sch_42(house):
    panel = a_called_case(house, 2)
    housing, actor = actor_for(panel.housing), actor_for(panel.coordinator)
    with panel.work(panel.housing) as session:
        attendance.agree(session, housing, panel.meeting(session))
        assert len(agenda.list_items(session, housing, panel.meeting(session))) == 2
        room.step_aside(session, housing, panel.item(session, 1))
    with panel.work(panel.housing) as session:
        seen = agenda.list_items(session, housing, panel.meeting(session))
        assert [item.case_id for item in seen] == [panel.case_ids[1]]
        with pytest.raises(NotFound):
            room.step_aside(session, housing, panel.item(session, 1))
    with panel.work(panel.coordinator) as session:
        assert len(room.room_for(session, actor, panel.item(session, 1)).out) == 1
        assert room.room_for(session, actor, panel.item(session, 2)).out == ()


def test_the_coordinator_records_who_steps_out_and_they_are_back_for_the_next_case_sch_42(house):
    panel = a_called_case(house, 2)
    actor, housing = actor_for(panel.coordinator), actor_for(panel.housing)
    with panel.work(panel.housing) as session:
        attendance.agree(session, housing, panel.meeting(session))
    with panel.work(panel.coordinator) as session:
        item, meeting = panel.item(session, 1), panel.meeting(session)
        places = attendance.list_places(session, actor, meeting)
        for agency_id in (panel.housing.agency_id, panel.police.agency_id):
            room.step_out(session, actor, item, next(p.id for p in places if p.agency_id == agency_id and p.agreed_at))
        assert len(room.room_for(session, actor, item).out) == 2, "one with an account, one without"
        assert room.room_for(session, actor, panel.item(session, 2)).out == ()
    with panel.work(panel.housing) as session:
        seen = [item.case_id for item in agenda.list_items(session, housing, panel.meeting(session))]
        assert seen == [panel.case_ids[1]]


def test_the_clock_stands_while_it_is_paused_and_another_process_counts_the_same_da_24(house):
    with time_machine.travel(MORNING, tick=False) as clock_of_the_room:
        panel = a_called_case(house, 1)
        actor = actor_for(panel.coordinator)
        clock_of_the_room.shift(240)
        with panel.work(panel.coordinator) as session:
            item_clock.switch(session, actor, panel.item(session), pause=True)
        clock_of_the_room.shift(600)
        with panel.work(panel.coordinator) as session:
            item = panel.item(session)
            assert item_clock.elapsed(item) == timedelta(minutes=4)
            item_clock.switch(session, actor, item, pause=True)
            assert item_clock.elapsed(item) == timedelta(minutes=4), "pausing twice is pausing once"
            assert item_clock.expected_end(item) == clock.now() + timedelta(minutes=6)
            item_clock.switch(session, actor, item, pause=False)
        clock_of_the_room.shift(60)
        with panel.work(panel.chair) as session:
            item = panel.item(session)
            assert item_clock.elapsed(item) == timedelta(minutes=5)
            item_clock.switch(session, actor_for(panel.chair), item, pause=True)
            clock_of_the_room.shift(30)
            hear(session, actor_for(panel.chair), item)
            assert (item_clock.elapsed(item), item.paused_at) == (timedelta(minutes=5), None)


def test_an_agreed_action_is_corrected_and_what_it_said_is_kept_da_27(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        made = assigning.assign_line(
            session, actor, item, assigning.read_line(session, actor, item, "police: bail check by fri"),
            protects=Protects.VICTIM,
        )[0]  # fmt: skip
        line = assigning.list_lines(session, actor, assigning.list_agreed(session, actor, item))[made.id]
        assert assigning.read_line(session, actor, item, line).due_on == made.due_on
        assigning.take_back(session, actor, item, assigning.get_agreed(session, actor, item, made.id))
        assert (made.state, made.text) == (ActionState.WITHDRAWN, "bail check")
        assert assigning.list_agreed(session, actor, item) == []
        with pytest.raises(NotFound):
            assigning.get_agreed(session, actor, item, made.id)


def test_ticks_and_chips_of_two_people_are_both_kept(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        item, actor = panel.item(session), actor_for(panel.coordinator)
        notes.save_covered(session, actor, item, ["views", "staff"], [])
        one, other = (chip.agency_id.hex for chip in notes.list_heard_from(session, actor, item)[:2])
        notes.save_heard_from(session, actor, item, {one: "shared"})
    with panel.work(panel.chair) as session:
        item, actor = panel.item(session), actor_for(panel.chair)
        notes.save_covered(session, actor, item, ["flag"], [])
        notes.save_heard_from(session, actor, item, {other: "absent", "": "elsewhere"})
        assert item.covered == ("views", "staff", "flag")
        assert dict(item.heard_from) == {one: "shared", other: "absent"}
        notes.save_covered(session, actor, item, ["views", "flag"], ["views", "staff", "flag"])
        assert item.covered == ("views", "flag")


def test_the_shared_screen_takes_out_what_could_locate_somebody():
    names = ("Amina", "Begum")
    for typed, shown in (
        ("Survey at 14 Elm Row, E1 0AA", "Survey at (not shown here), (not shown here)"),
        ("Ring Amina on 07700 900123", "Ring A on (not shown here)"),
        ("Begum's son is at Bow Green Primary School", "B's son is at (not shown here)"),
        ("She is at Rose Refuge until Friday", "She is at (not shown here) until Friday"),
        ("Write to a.begum@example.org", "Write to (not shown here)"),
        ("Bail check by 14/11/2025 at 10:30", "Bail check by 14/11/2025 at 10:30"),
    ):
        assert shared_screen.clean(typed, names) == shown


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
        within = room.room_for(session, actor, panel.item(session))
        assert (within.agreed, within.not_agreed) == (2, 0), "police, and who opened the meeting"
        assert len(within.out) == 1
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
        assert made[0].joint_id == made[1].joint_id is not None
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
