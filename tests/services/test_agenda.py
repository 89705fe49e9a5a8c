"""Agendas: what is suggested and why, order and times, versions and changes, late additions, guests, the chair's brief.

DA-5, DA-19, DA-20, DA-35, DA-51, SCH-39, SCH-40.
"""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import event, select

from marac import access, clock
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import AgendaItem, AgendaVersion, Attendance, CaseAgency, CasePerson, Message, Research
from marac.services.keeping.deployment import unit_of_work
from marac.services.live import room
from marac.services.meetings import (
    agenda,
    agenda_versions,
    attendance,
    brief,
    guests,
    panels,
    presence,
    proposing,
    rescheduling,
)
from marac.vocabulary import (
    AgendaChangeKind,
    MeetingState,
    PersonRole,
    ReferralKind,
    Role,
    Template,
)
from tests.builders import a_user, actor_for, an_agency
from tests.builders_panels import (
    MORNING,
    NAMES,
    a_called_case,
    a_case,
    a_held_panel,
    a_meeting,
    a_panel,
    a_published_panel,
    a_running_panel,
    a_wall,
    list_one,
)

PUT_OFF = {"reason": "The referrer is ill", "interim_safety": "Daily call by the IDVA"}


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def a_waiting_panel(house, cases=3, **facts):
    """A meeting in four weeks and accepted cases that wait for one."""
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        panel.meeting(session).starts_at = clock.now() + timedelta(days=28)
        made = [a_case(session, house, name=NAMES[number % 6], children=number % 2, **facts) for number in range(cases)]
        ids = [case.id for case in made]
    return panel, ids


def look(panel, worker=None):
    """That person's agenda, as names in order."""
    worker = worker or panel.coordinator
    with panel.work(worker) as session:
        view = agenda.view_agenda(session, actor_for(worker), panel.meeting(session))
        return [line.name for line in view.lines]


# --- suggested ---


def test_one_press_adds_what_is_suggested_with_children_first_da_19(house):
    panel, ids = a_waiting_panel(house, 4)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        offered = proposing.suggest(session, actor, meeting)
        assert {one.waiting.case.id for one in offered if one.suggested} == set(ids)
        assert proposing.add_cases(session, actor, meeting) == (4, 0)
        view = agenda.view_agenda(session, actor, meeting)
        assert [bool(line.people.children) for line in view.lines] == [True, True, False, False]
        assert proposing.suggest(session, actor, meeting) == ()


def test_each_suggestion_says_why_the_strongest_reason_first_da_19(house):
    panel, _ids = a_waiting_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        kinds = {
            "emergency": a_case(session, house, name="Zofia Nowak", kind=ReferralKind.EMERGENCY, children=2),
            "repeat": a_case(session, house, name="Lucy Chen", last_heard_on=date(2025, 6, 1), children=0),
            "long": a_case(session, house, name="Ada Bell", last_referral_on=date(2025, 10, 1), children=0),
            "moved": a_case(session, house, name="Ola Reed", kind=ReferralKind.TRANSFER_IN, children=0),
        }
        offered = proposing.suggest(session, actor, panel.meeting(session))
        reasons = {one.waiting.case.id: one.reasons for one in offered}
        assert offered[0].waiting.case.id == kinds["emergency"].id
        assert reasons[kinds["emergency"].id][:2] == ("Emergency", "2 children at risk")
        assert reasons[kinds["repeat"].id][0] == "Repeat within 12 months"
        assert reasons[kinds["long"].id][0] == "Would wait over 28 days"
        assert "Moved here from another area" in reasons[kinds["moved"].id]


def test_a_deferred_case_is_suggested_before_new_ones_da_35(house):
    panel = a_published_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        panels.defer_item(session, actor, panel.item(session), approved_by=panel.chair.id, **PUT_OFF)
        a_case(session, house, name="Lucy Chen")
        following = a_meeting(session, starts_at=clock.now() + timedelta(days=28))
        offered = proposing.suggest(session, actor, following)
        assert offered[0].waiting.case.id == panel.case_ids[0]
        assert offered[0].reasons[0] == "Deferred last time"


def test_no_more_are_suggested_than_the_meeting_holds_and_it_says_how_far_it_is_over_sch_40(house):
    panel, _ids = a_waiting_panel(house, 25)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        offered = proposing.suggest(session, actor, meeting)
        assert sum(one.suggested for one in offered) == 23
        proposing.add_cases(session, actor, meeting)
        capacity = agenda.view_agenda(session, actor, meeting).capacity
        assert (capacity.words, capacity.full) == ("23 of 15; 80 minutes over", True)


def test_a_case_over_which_a_conflict_is_undecided_is_not_added_until_it_is_da_5(house):
    panel, _ids = a_waiting_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        same = a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Karim Begum")
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        assert proposing.add_cases(session, actor, meeting) == (0, 1)
        case = proposing.suggest(session, actor, meeting)[0].waiting.case
        assert (
            proposing.keep_conflict_check(session, actor, meeting, case, {same.id: "keep_out"}, keep_out="keep_out")
            == 0
        )
        assert proposing.add_cases(session, actor, meeting) == (1, 0)
    with panel.work(panel.coordinator) as session:
        panels.publish_agenda(session, actor, panel.meeting(session))
    assert look(panel, same) == []


# --- order, minutes, who is needed ---


def test_minutes_of_a_case_move_the_ones_after_it_and_the_finish_da_19(house):
    panel = a_panel(house, 3)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        panels.set_minutes(session, actor, meeting, panel.item(session, 1), minutes=25)
        view = agenda.view_agenda(session, actor, meeting)
        starts = [(line.starts_at - meeting.starts_at) // timedelta(minutes=1) for line in view.lines]
        assert starts == [0, 25, 35]
        assert view.planned_finish_at - meeting.starts_at == timedelta(minutes=45)
        with pytest.raises(RuleBroken):
            panels.set_minutes(session, actor, meeting, panel.item(session, 1), minutes=0)


def test_childrens_agencies_are_free_after_the_last_case_with_children_da_19(house):
    panel, _ids = a_waiting_panel(house, 4)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        proposing.add_cases(session, actor, meeting)
        education = an_agency(session, "education").id
        before = presence.needs(session, actor, agenda.view_agenda(session, actor, meeting))
        panels.publish_agenda(session, actor, meeting)
        after = presence.needs(session, actor, agenda.view_agenda(session, actor, meeting))
        for needs in (before, after):
            schools = next(need for need in needs if need.agency_id == education)
            assert (schools.words, schools.throughout) == ("1-2", False)
            assert schools.free_at == meeting.starts_at + timedelta(minutes=20)
            assert next(n for n in needs if n.agency_id == panel.police.agency_id).words == "1-4"


def test_runs_of_numbers_are_written_as_people_say_them():
    assert presence.spans([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7-8"
    assert presence.spans([]) == ""


def test_a_transfer_is_marked_with_the_area_it_came_from_da_34(house):
    panel = a_panel(house, 1, kind=ReferralKind.TRANSFER_IN)
    with panel.work(panel.coordinator) as session:
        access.open_for("load", panel.coordinator.partnership_id, panel.case_ids)
        panel.item(session).referral.other_area = "Hackney"
    with panel.work(panel.coordinator) as session:
        line = agenda.view_agenda(session, actor_for(panel.coordinator), panel.meeting(session)).lines[0]
        assert line.marks == ("Moved here from Hackney", "1 child")


def test_what_is_not_ready_is_said_with_the_page_that_puts_it_right_da_22(house):
    panel = a_published_panel(house, 1, wishes=None)
    with panel.work(panel.coordinator) as session:
        item = panel.item(session)
        item.conflict_checked_on = None
        reference = item.case.reference
        session.flush()
        line = agenda.view_agenda(session, actor_for(panel.coordinator), panel.meeting(session)).lines[0]
        fixes = {check.text: check.href for check in line.checks}
        assert fixes["The person's own views are not recorded"] == f"/cases/{reference}/wishes"
        assert fixes["Safe contact not checked in the last 28 days"] == f"/cases/{reference}/safe-contact"
        assert fixes["Conflicts of interest not checked"].endswith(f"/agenda/conflicts/{reference}")
        assert [check.unsafe for check in line.checks if "Safe contact" in check.text] == [True]


def test_an_agency_that_referred_and_is_not_coming_is_named_and_may_be_asked_in_da_51(house):
    panel = a_published_panel(house, 1, referred_by="london_ambulance")
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        line = agenda.view_agenda(session, actor, meeting).lines[0]
        assert [text for text in line.warnings if text.startswith("No referrer attending: London")]
        guests.invite_guest(session, actor, meeting, an_agency(session, "london_ambulance"), item=line.item)
        after = agenda.view_agenda(session, actor, meeting).lines[0]
        assert not [text for text in after.warnings if text.startswith("No referrer")]


# --- versions ---


def test_publishing_freezes_a_version_and_later_changes_are_logged_and_told_da_20(house):
    panel = a_published_panel(house, 3)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        panels.move_item(session, actor, meeting, panel.item(session, 3), to=2)
        panels.set_minutes(session, actor, meeting, panel.item(session, 1), minutes=15)
        panels.remove_item(session, actor, panel.item(session, 2), approved_by=panel.chair.id, **PUT_OFF)
    with panel.work(panel.coordinator) as session:
        version = agenda_versions.get_version(session, actor, panel.meeting(session), 1)
        assert [line.name for line in version.lines] == list(NAMES[:3])
        assert [line.minutes for line in version.lines] == [10, 10, 10]
        assert [change.kind for change in version.changes] == [
            AgendaChangeKind.MOVED, AgendaChangeKind.MOVED, AgendaChangeKind.MINUTES, AgendaChangeKind.TAKEN_OFF
        ]  # fmt: skip
        assert {change.changed_by for change in version.changes} == {"Ade Okafor"}
        told = session.scalars(select(Message).where(Message.template == Template.AGENDA_CHANGED)).all()
        assert [one.path for one in told if one.user_id == panel.housing.id] == [f"/panels/{panel.reference}"]
        with pytest.raises(NotFound):
            agenda_versions.get_version(session, actor, panel.meeting(session), 2)


def test_published_again_it_needs_the_reason_which_stays_with_the_version_da_20(house):
    panel = a_published_panel(house, 2)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session, pytest.raises(RuleBroken) as refusal:
        panels.publish_agenda(session, actor, panel.meeting(session))
    assert refusal.value.field == "because"
    with panel.work(panel.coordinator) as session:
        panels.move_item(session, actor, panel.meeting(session), panel.item(session, 2), to=1)
        panels.publish_agenda(session, actor, panel.meeting(session), because="A new order")
        first, second = agenda_versions.list_versions(session, actor, panel.meeting(session))
        assert (second.number, second.because, second.published_by) == (2, "A new order", "Ade Okafor")
        assert [line.name for line in first.lines] == [line.name for line in reversed(second.lines)]
        assert agenda_versions.list_changes(session, actor, panel.meeting(session)) == ()


def test_publishing_again_does_not_open_a_case_to_an_agency_that_knew_nothing(house):
    panel = a_published_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        listed = select(CaseAgency).where(CaseAgency.agency_id == panel.housing.agency_id)
        for row in session.scalars(listed):
            row.until_on = clock.today() - timedelta(days=1)
    with panel.work(panel.coordinator) as session:
        panels.publish_agenda(session, actor_for(panel.coordinator), panel.meeting(session), because="Again")
    assert look(panel, panel.housing) == []


def test_versions_and_changes_hide_a_case_behind_a_wall_and_nobody_behind_it_is_told(house):
    panel = a_published_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        other = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Nell Poole")
        for walled in (other, panel.housing):
            a_wall(session, panel.case_ids[0], walled)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        panels.set_minutes(session, actor, panel.meeting(session), panel.item(session, 1), minutes=30)
        panels.publish_agenda(session, actor, panel.meeting(session), because="Longer")
        told = session.scalars(select(Message.user_id).where(Message.template == Template.AGENDA_CHANGED)).all()
        assert panel.police.id in told
        assert panel.housing.id not in told
    with panel.work(other) as session:
        versions = agenda_versions.list_versions(session, actor_for(other), panel.meeting(session))
        assert [version.number for version in versions] == [1]
        assert [line.name for line in versions[0].lines] == [NAMES[1]]
        assert [line.number for line in versions[0].lines] == [1]
        assert versions[0].changes == ()
        assert session.scalar(select(AgendaVersion.number).order_by(AgendaVersion.number.desc()).limit(1)) == 2


def test_a_case_hidden_from_who_publishes_is_listed_and_published_by_another_without_a_gap(house):
    panel = a_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        other = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Nell Poole")
        a_wall(session, panel.case_ids[0], panel.coordinator)
    actor, second = actor_for(panel.coordinator), actor_for(other)
    with panel.work(panel.coordinator) as session:
        panels.publish_agenda(session, actor, panel.meeting(session))
        view = agenda.view_agenda(session, actor, panel.meeting(session))
        assert [(line.number, line.name) for line in view.lines] == [(1, NAMES[1])]
        assert view.lines[0].starts_at == view.meeting.starts_at
        assert view.capacity.cases == 1
    with panel.work(other) as session:
        meeting = panel.meeting(session)
        items = agenda.list_items(session, second, meeting)
        waiting = agenda_versions.not_published(session, meeting, items)
        told = session.scalars(select(Message.user_id).where(Message.template == Template.AGENDA_CHANGED)).all()
        assert [item.case_id for item in waiting] == [panel.case_ids[0]]
        assert other.id in told
        assert panel.coordinator.id not in told
        panels.publish_agenda(session, second, meeting, because="One more")
        assert agenda_versions.not_published(session, meeting, items) == ()
        assert [len(version.lines) for version in agenda_versions.list_versions(session, second, meeting)] == [1, 2]
    with panel.work(panel.coordinator) as session:
        own = agenda_versions.list_versions(session, actor, panel.meeting(session))
        assert [len(version.lines) for version in own] == [1]
        panels.publish_agenda(session, actor, panel.meeting(session), because="Nothing")
    with panel.work(other) as session:
        last = agenda_versions.list_versions(session, second, panel.meeting(session))[-1]
        assert len(last.lines) == 2, "a republication by one who does not see the case does not lose it"


# --- late ---


def test_a_late_case_needs_the_chair_and_the_reason_and_both_are_kept_sch_39(house):
    panel = a_published_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        late = a_case(session, house, name="Lucy Chen").id
    for missing, facts in (
        ("reason", {"approved_by": panel.chair.id}),
        ("approved_by", {"because": "He is out tomorrow"}),
        ("approved_by", {"because": "He is out tomorrow", "approved_by": panel.police.id}),
    ):
        with panel.work(panel.coordinator) as session:
            with pytest.raises(RuleBroken) as refusal:
                proposing.add_cases(session, actor, panel.meeting(session), [late], **facts)
            assert refusal.value.field == missing
            session.rollback()
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        assert not any(one.suggested for one in proposing.suggest(session, actor, meeting))
        proposing.add_cases(session, actor, meeting, [late], because="He is out tomorrow", approved_by=panel.chair.id)
        item = session.scalars(select(AgendaItem).where(AgendaItem.case_id == late)).one()
        assert (item.late_approved_by_id, item.added_because) == (panel.chair.id, "He is out tomorrow")
        assert [change.kind for change in agenda_versions.list_changes(session, actor, meeting)] == ["added"]


def test_a_case_referred_in_time_or_put_off_needs_no_chair_while_the_agenda_is_built(house):
    panel, ids = a_waiting_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with time_machine.travel(MORNING + timedelta(days=24), tick=True), panel.work(panel.coordinator) as session:
        assert proposing.add_cases(session, actor, panel.meeting(session), ids) == (1, 0)


# --- guests ---


def test_a_guest_sees_one_case_at_its_own_time_and_until_the_day_of_the_meeting_da_51(house):
    panel = a_published_panel(house, 3)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        guest = a_user(session, house, Role.REPRESENTATIVE, "lfb", full_name="Iris Vane")
        meeting = panel.meeting(session)
        guests.invite_guest(
            session, actor, meeting, an_agency(session, "lfb"), item=panel.item(session, 3), person_name="Iris Vane"
        )
        shown = guests.list_guests(session, actor, meeting)
        assert [(one.person_name, one.until_on) for one in shown] == [("Iris Vane", clock.today())]
        asked = session.scalars(select(Research).where(Research.agency_id == guest.agency_id)).all()
        assert [one.case_id for one in asked] == [panel.case_ids[2]]
    assert look(panel, guest) == [NAMES[2]]
    with panel.work(guest) as session:
        line = agenda.view_agenda(session, actor_for(guest), panel.meeting(session)).lines[0]
        assert line.starts_at == panel.meeting(session).starts_at + timedelta(minutes=20)
        coming, _past = panels.list_meetings(session, actor_for(guest))
        assert coming[0].first_at == line.starts_at
    with time_machine.travel(MORNING + timedelta(days=1), tick=True):
        assert look(panel, guest) == []


def test_an_observer_sees_the_meeting_also_what_is_added_later_and_a_wall_holds_against_a_guest_da_51(house):
    panel = a_published_panel(house, 2)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        guest = a_user(session, house, Role.REPRESENTATIVE, "lfb", full_name="Iris Vane")
        guests.invite_guest(session, actor, panel.meeting(session), an_agency(session, "lfb"))
        list_one(session, panel, a_case(session, house, name="Lucy Chen").id)
        a_wall(session, panel.case_ids[0], guest)
    assert look(panel, guest) == [NAMES[1], "Lucy Chen"]


def test_an_invitation_taken_back_ends_access_at_once_and_a_core_agency_is_not_asked_in_da_51(house):
    panel = a_published_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting, item = panel.meeting(session), panel.item(session)
        guest = a_user(session, house, Role.REPRESENTATIVE, "lfb", full_name="Iris Vane")
        with pytest.raises(RuleBroken):
            guests.invite_guest(session, actor, meeting, an_agency(session, "housing_options"), item=item)
        row = guests.invite_guest(session, actor, meeting, an_agency(session, "lfb"), item=item)
        with pytest.raises(RuleBroken):
            guests.invite_guest(session, actor, meeting, an_agency(session, "lfb"), item=item)
        guests.withdraw_guest(session, actor, meeting, row.id)
        assert session.scalars(select(Attendance).where(Attendance.agency_id == guest.agency_id)).all() == []
    assert look(panel, guest) == []
    with panel.work(panel.police) as session, pytest.raises(NotAllowed):
        guests.invite_guest(
            session, actor_for(panel.police), panel.meeting(session), an_agency(session, "lfb"),
            item=panel.item(session),
        )  # fmt: skip


def test_a_guests_access_follows_a_meeting_that_moves_also_in_a_case_hidden_from_who_moves_it_da_51_sch_38(house):
    panel = a_published_panel(house, 2)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        panel.meeting(session).starts_at = clock.now() + timedelta(days=7)
        guest = a_user(session, house, Role.REPRESENTATIVE, "lfb", full_name="Iris Vane")
        guests.invite_guest(session, actor, panel.meeting(session), an_agency(session, "lfb"))
        a_wall(session, panel.case_ids[0], panel.coordinator)
    later = clock.now() + timedelta(days=21)
    with panel.work(panel.coordinator) as session:
        rescheduling.move_meeting(session, actor, panel.meeting(session), starts_at=later, reason="The room is flooded")
        day = clock.to_london(later).date()
        assert [one.until_on for one in guests.list_guests(session, actor, panel.meeting(session))] == [day]
        ends = select(CaseAgency.until_on).where(CaseAgency.agency_id == guest.agency_id)
        assert session.scalars(ends).all() == [day, day]
    with time_machine.travel(later - timedelta(days=1), tick=True):
        assert look(panel, guest) == list(NAMES[:2])
    with time_machine.travel(later + timedelta(days=1), tick=True):
        assert look(panel, guest) == []


def test_a_meeting_booked_for_fewer_cases_is_full_by_its_own_number_sch_40(house):
    panel, ids = a_waiting_panel(house, 3)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        meeting.capacity = 2
        found = proposing.suggest(session, actor, meeting)
        assert [one.fits for one in found] == [True, True, False]
        proposing.add_cases(session, actor, meeting, ids)
        view = agenda.view_agenda(session, actor, meeting)
        assert (view.capacity.target, view.capacity.full) == (2, True)
        assert "above the maximum of 2" in view.warnings[0]


def test_a_guest_of_one_case_is_not_in_the_room_for_another_da_51(house):
    panel = a_running_panel(house, 2)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        meeting, lfb = panel.meeting(session), an_agency(session, "lfb")
        guests.invite_guest(session, actor, meeting, lfb, item=panel.item(session, 2))
        row = session.scalars(select(Attendance).where(Attendance.agency_id == lfb.id)).one()
        attendance.record_attendance(session, actor, row, state="present", person_name="Iris Vane", agreed_in_room=True)
        first, second = (room.room_for(session, actor, panel.item(session, number)) for number in (1, 2))
        assert lfb.id not in first.agencies
        assert first.out == ()
        assert lfb.id in second.agencies
        assert (second.agreed - first.agreed, first.not_agreed, second.not_agreed) == (1, 0, 0)


# --- the chair's brief ---


def test_the_brief_gives_each_case_its_wishes_and_what_to_ask_and_no_place_or_number(house):
    panel = a_published_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        access.open_for("load", panel.coordinator.partnership_id, panel.case_ids)
        child = select(CasePerson).where(CasePerson.role == PersonRole.CHILD)
        for person in session.scalars(child):
            person.school = "Oakfield Primary"
    with panel.work(panel.chair) as session:
        actor = actor_for(panel.chair)
        one, two = brief.view_brief(session, actor, panel.meeting(session))
        assert (one.number, one.name, two.name) == (1, *NAMES[:2])
        assert one.wishes == "I want him to stay away."
        assert one.about.startswith("Karim Begum")
        assert one.prompts[0] == "No agency has said where the alleged perpetrator is"
        assert "Research missing from children's social care" in one.prompts
        assert one.changed == ()
        told = str(brief.brief_facts(session, actor, panel.meeting(session)))
        assert [secret for secret in ("Elm Row", "07700", "E1 0AA", "Oakfield") if secret in told] == []
    with panel.work(panel.police) as session, pytest.raises(NotAllowed):
        brief.view_brief(session, actor_for(panel.police), panel.meeting(session))


def test_the_brief_says_what_changed_since_last_time_and_what_is_overdue_da_26(house):
    panel = a_held_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with time_machine.travel(MORNING + timedelta(days=10), tick=True), panel.work(panel.coordinator) as session:
        session.info["house"] = house
        following = a_meeting(session, starts_at=clock.now() + timedelta(days=28))
        panels.list_case_on(session, actor, following, panel.item(session).case, conflict_checked=True)
        only = brief.view_brief(session, actor, following)[0]
        assert only.changed[0] == "Last heard 12 November 2025: heard"
        assert only.changed[-1] == "Last plan: 0 of 1 actions done, 1 still open, 0 not done"
        assert [(late.text, late.due_on) for late in only.overdue] == [
            ("Apply for a protection order", date(2025, 11, 14))
        ]
        assert "1 action from last time overdue: ask each owner why" in only.prompts


def test_a_member_is_told_the_part_of_the_agenda_that_is_theirs_alone(house):
    panel = a_published_panel(house, 3)
    with panel.work(panel.housing) as session:
        actor = actor_for(panel.housing)
        view = agenda.view_agenda(session, actor, panel.meeting(session))
        needs = presence.needs(session, actor, view)
        assert [(need.agency_id, need.words) for need in needs] == [(panel.housing.agency_id, "1-3")]


@pytest.mark.parametrize("view", [agenda.view_agenda, brief.view_brief])
def test_an_agenda_of_twenty_takes_as_many_queries_as_one_of_two(house, view):
    counts = []
    for number in (2, 20):
        panel = a_panel(house, number)
        statements: list[str] = []
        with unit_of_work(house, actor_for(panel.coordinator)) as session:
            meeting = panel.meeting(session)
            event.listen(session.get_bind(), "before_cursor_execute", lambda *a, s=statements: s.append(a[2]))
            view(session, actor_for(panel.coordinator), meeting)
            counts.append(len(statements))
            session.rollback()
    assert counts[1] <= counts[0] + 1, counts


def test_suggesting_for_twenty_waiting_cases_is_not_a_query_each(house):
    panel, _ids = a_waiting_panel(house, 20)
    statements: list[str] = []
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        event.listen(session.get_bind(), "before_cursor_execute", lambda *a: statements.append(a[2]))
        assert len(proposing.suggest(session, actor_for(panel.coordinator), meeting)) == 20
        assert len(statements) < 30


def test_an_agenda_in_order_of_a_running_meeting_still_counts_on_from_now(house):
    panel = a_called_case(house, 2)
    with panel.work(panel.coordinator) as session:
        view = agenda.view_agenda(session, actor_for(panel.coordinator), panel.meeting(session))
        assert view.meeting.state == MeetingState.IN_PROGRESS
        assert view.lines[1].starts_at > view.lines[0].starts_at
