"""What earlier plans still owe opens the next meeting; did it work; does every risk have an action (DA-25 to DA-29)."""

from datetime import timedelta

import pytest
import time_machine

from marac import access, clock
from marac.services.following import actions, last_plan, outstanding
from marac.services.keeping.deployment import unit_of_work
from marac.services.live import assigning, coverage, notes, running
from marac.services.meetings import panels
from marac.vocabulary import ActionState, CaseState, MinuteHeading, Protects
from tests.builders import actor_for
from tests.builders_cases import an_action
from tests.builders_panels import MORNING, a_called_case, a_held_panel, a_meeting, a_panel


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def test_the_next_meeting_opens_with_what_is_owed_overtaken_apart_from_not_done_da_29(house):
    panel = a_panel(house, 1)
    with unit_of_work(house) as session:
        case = panel.item(session).case
        access.open_for("load", case.partnership_id, [case.id])
        ended = {"closed_at": clock.now(), "note": "She moved"}
        an_action(session, case, panel.housing, days=-3, text="Late one")
        an_action(session, case, panel.housing, days=5, text="Not due one")
        an_action(session, case, panel.housing, text="Overtaken", state=ActionState.NO_LONGER_POSSIBLE, **ended)
        an_action(session, case, panel.housing, text="Undone", state=ActionState.NOT_DONE, **ended)
        an_action(session, case, panel.housing, text="Done", state=ActionState.COMPLETE, closed_at=clock.now())
    with panel.work(panel.coordinator) as session:
        owed = outstanding.list_outstanding(session, actor_for(panel.coordinator), panel.meeting(session))
        assert [(title, [row.text for row in rows]) for title, rows in owed.groups] == [
            ("Overdue", ["Late one"]), ("Not done", ["Undone"]),
            ("Cannot be done: circumstances changed", ["Overtaken"]), ("Not due yet", ["Not due one"]),
        ]  # fmt: skip
        assert owed.not_done[0].note == "She moved"
        assert owed.words == "1 overdue, 1 not done, 1 overtaken, 1 not due yet"


def test_what_this_meeting_agrees_is_not_outstanding_at_it(house):
    panel = a_called_case(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        owner = next(one for one in assigning.list_owners(session, actor) if one.slug == "housing_options")
        assigning.assign_action(
            session, actor, panel.item(session), agency=owner, text="Change the locks", due_on=clock.today(),
            protects=Protects.VICTIM,
        )  # fmt: skip
        assert not outstanding.list_outstanding(session, actor, panel.meeting(session))


def test_did_it_work_is_recorded_of_each_action_of_a_repeats_last_plan_da_26(house):
    panel = a_held_panel(house, 1)
    actor = actor_for(panel.coordinator)
    with unit_of_work(house) as session:
        case = panel.item(session).case
        case.state = CaseState.RECEIVED
        again = a_meeting(session, starts_at=clock.now() + timedelta(days=14)).id
    with panel.work(panel.coordinator) as session:
        case = session.get_one(type(panel.item(session).case), panel.case_ids[0])
        meeting = session.get_one(type(panel.meeting(session)), again)
        item = panels.list_case_on(session, actor, meeting, case, conflict_checked=True)
        (planned,) = last_plan.list_planned(session, actor, item)
        assert (planned.text, planned.worked) == ("Apply for a protection order", "")
        assert last_plan.weigh_plan(session, actor, item, {planned.id: ("partly", "He kept away for a month")}) == 1
        assert last_plan.weigh_plan(session, actor, item, {planned.id: ("partly", "He kept away for a month")}) == 0
        (planned,) = last_plan.list_planned(session, actor, item)
        assert (planned.worked, planned.worked_note) == ("partly", "He kept away for a month")


def test_a_risk_that_is_written_down_has_an_action_or_a_reason_for_none_da_25_da_27(house):
    panel = a_called_case(house, 1)
    actor = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        item = panel.item(session)
        said = {
            MinuteHeading.RISK_VICTIM: "He follows her to work.", MinuteHeading.RISK_CHILDREN: "None known.",
            MinuteHeading.RISK_STAFF: "He has threatened the worker.",
        }  # fmt: skip
        for heading, text in said.items():
            notes.save_note(session, actor, item, heading, text=text, version=0)
        assert set(coverage.list_uncovered(session, actor, item)) == {
            MinuteHeading.RISK_VICTIM, MinuteHeading.RISK_STAFF,
        }  # fmt: skip
        owner = next(one for one in assigning.list_owners(session, actor) if one.slug == "met_police_da")
        assigning.assign_action(
            session, actor, item, agency=owner, text="Visit in pairs", due_on=clock.today(), protects=Protects.STAFF
        )
        lines = coverage.gap_lines(session, actor, item)
        assert lines == ["Risk to the victim-survivor: no action and no reason for none"]
        notes.save_note(session, actor, item, MinuteHeading.NO_ACTION, text="The plan of May stands", version=0)
        assert coverage.list_uncovered(session, actor, item) == ()
        assert actions.sees_all(actor)
        assert running.since_last_time(session, actor, item) is None
