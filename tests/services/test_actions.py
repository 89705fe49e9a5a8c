"""Actions and flags: reporting on one, keeping apart could not and did not, handing over, reminding, confirming."""

import pytest
from sqlalchemy import select

from marac import access
from marac.errors import NotFound, RuleBroken, StaleEdit, WrongState
from marac.models import Action, Flag
from marac.services.following import actions, chasing_actions, flags, owners
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import papers
from marac.vocabulary import ActionState, FlagState, InvolvementBasis, PaperKind, Role, Template
from tests.builders import a_user, actor_for, an_agency
from tests.builders_cases import a_flag, a_full_case, a_story, an_action, involve, messages
from tests.builders_panels import a_wall

PDF = b"%PDF-1.7\n1 0 obj << >> endobj\n%%EOF"


def test_an_agency_lists_its_own_actions_and_the_coordinator_everybodys(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        police = a_user(session, house, Role.REPRESENTATIVE, "met_police_da")
        involve(session, story.case(session), "met_police_da", InvolvementBasis.LISTED)
        access.open_for("load", police.partnership_id, [story.case_id])
        an_action(session, story.case(session), police, text="Check bail")
    for worker, texts in ((story.housing, {"Change the locks"}), (police, {"Check bail"}), (story.stranger, set())):
        with story.work(worker) as session:
            assert {row.text for row in actions.list_actions(session, actor_for(worker))} == texts
    with story.work(story.coordinator) as session:
        rows = actions.list_actions(session, actor_for(story.coordinator))
        assert {row.text for row in rows} == {"Change the locks", "Check bail"}
        assert {row.name for row in rows} == {"Amina Begum"}
        only = actions.list_actions(session, actor_for(story.coordinator), agency_id=police.agency_id)
        assert [row.text for row in only] == ["Check bail"]


@pytest.mark.parametrize("days, group", [(-1, "Overdue"), (0, "Today"), (7, "This week"), (8, "Later")])
def test_actions_group_by_when_they_are_due(house, days, group):
    story = a_story(house, days=days)
    with story.work(story.housing) as session:
        (row,) = actions.list_actions(session, actor_for(story.housing))
    assert actions.group_of(row.due_on) == group


def test_done_closes_with_who_and_when_and_moves_to_the_list_of_what_ended(house):
    story = a_story(house)
    with story.work(story.housing) as session:
        actions.complete_action(session, actor_for(story.housing), story.action(session), note="Fitted on Tuesday")
    with story.work(story.housing) as session:
        actor, action = actor_for(story.housing), story.action(session)
        assert (action.state, action.closed_by_id) == (ActionState.COMPLETE, story.housing.id)
        assert actions.list_actions(session, actor) == ()
        (ended,) = actions.list_actions(session, actor, done=True)
        assert ended.closed_at is not None
        assert actions.view_action(session, actor, action).note == "Fitted on Tuesday"


def test_an_action_that_reaches_the_victim_is_done_only_as_the_rules_allow(house):
    """DA-14: the rules stand on the page, and must be confirmed."""
    story = a_story(house, contacts_victim=True)
    with story.work(story.housing) as session:
        actor, action = actor_for(story.housing), story.action(session)
        assert actions.view_action(session, actor, action).contact.ways[0].answer.value == "no"
        with pytest.raises(RuleBroken) as broken:
            actions.complete_action(session, actor, action)
        assert broken.value.field == "safe_contact_met"
        actions.complete_action(session, actor, action, safe_contact_met=True)


def test_could_not_be_done_and_was_not_done_stay_apart_and_each_needs_a_note(house):
    """DA-28."""
    for tell, state in (
        (actions.report_not_possible, ActionState.NO_LONGER_POSSIBLE), (actions.report_not_done, ActionState.NOT_DONE),
    ):  # fmt: skip
        with unit_of_work(house) as session:
            worker = a_user(session, house, Role.REPRESENTATIVE, "housing_options")
            case = a_full_case(session, house)
            involve(session, case, "housing_options", InvolvementBasis.LISTED)
            action_id = an_action(session, case, worker).id
        with unit_of_work(house, actor_for(worker)) as session:
            actor, action = actor_for(worker), actions.get_action(session, actor_for(worker), action_id)
            with pytest.raises(RuleBroken):
                tell(session, actor, action, note="  ")
            tell(session, actor, action, note="She has moved", instead="Ask the new borough")
            assert (action.state, action.instead) == (state, "Ask the new borough")


def test_accepting_names_who_will_do_it(house):
    """DA-27."""
    story = a_story(house)
    with story.work(story.housing) as session:
        actor, action = actor_for(story.housing), story.action(session)
        with pytest.raises(RuleBroken):
            actions.accept_action(session, actor, action, owner_id=None)
        actions.accept_action(session, actor, action, owner_id=story.housing.id)
        shown = actions.view_action(session, actor, action)
        assert (shown.owner, shown.state) == ("Hana Reed", ActionState.ACCEPTED)
        actions.start_action(session, actor, action)


def test_handing_over_gives_the_other_agency_its_own_action_and_need_to_know(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        barts = an_agency(session, "barts_acute").id
    with story.work(story.housing) as session:
        actor, action = actor_for(story.housing), story.action(session)
        with pytest.raises(RuleBroken):
            actions.hand_over(session, actor, action, to_agency_id=story.housing.agency_id, note="Not ours")
        actions.hand_over(session, actor, action, to_agency_id=barts, note="She is on their ward")
    with story.work(story.stranger) as session:
        (row,) = actions.list_actions(session, actor_for(story.stranger))
        assert (row.text, row.state) == ("Change the locks", ActionState.OPEN)
    assert [one.user_id for one in messages(house) if one.template == Template.ACTIONS_ASSIGNED] == [story.stranger.id]


def test_an_action_is_not_there_for_an_agency_outside_the_case_nor_twice_done(house):
    story = a_story(house)
    with story.work(story.stranger) as session, pytest.raises(NotFound):
        actions.get_action(session, actor_for(story.stranger), story.action_id)
    with story.work(story.housing) as session:
        actor, action = actor_for(story.housing), story.action(session)
        actions.complete_action(session, actor, action)
        with pytest.raises(WrongState):
            actions.complete_action(session, actor, action)


def test_a_stale_page_does_not_report_on_an_action_that_moved_on(house):
    story = a_story(house)
    with story.work(story.housing) as session:
        version = story.action(session).version_id
        actions.start_action(session, actor_for(story.housing), story.action(session))
    with story.work(story.housing) as session, pytest.raises(StaleEdit):
        actions.complete_action(session, actor_for(story.housing), story.action(session), version=version)


def test_the_coordinator_withdraws_and_reopens_with_a_reason(house):
    story = a_story(house)
    with story.work(story.coordinator) as session:
        actor, action = actor_for(story.coordinator), story.action(session)
        actions.withdraw_action(session, actor, action, note="Agreed at the panel")
        assert action.state == ActionState.WITHDRAWN
        actions.reopen_action(session, actor, action, note="Still needed")
        assert (action.state, action.closed_at, action.note) == (ActionState.OPEN, None, "Still needed")


def test_reminding_asks_each_agency_once_a_day(house):
    story = a_story(house, days=-2)
    for _ in range(2):
        with story.work(story.coordinator) as session:
            assert chasing_actions.chase(session, actor_for(story.coordinator), [story.action_id]) == 1
    assert [one.user_id for one in messages(house)] == [story.housing.id]
    with story.work(story.housing) as session, pytest.raises(RuleBroken):
        chasing_actions.chase(session, actor_for(story.housing), [story.action_id])


def test_an_agency_confirms_its_own_marks_in_one_go_and_nobody_elses(house):
    """DA-32."""
    story = a_story(house)
    with unit_of_work(house) as session:
        other = a_full_case(session, house, name="Grace Okafor")
        involve(session, other, "housing_options", InvolvementBasis.LISTED)
        lift = a_flag(session, other, story.housing, state=FlagState.REMOVE_REQUESTED).id
    with story.work(story.stranger) as session, pytest.raises(RuleBroken):
        flags.confirm_flags(session, actor_for(story.stranger), [story.flag_id])
    with story.work(story.housing) as session:
        actor = actor_for(story.housing)
        assert {row.name for row in flags.list_flags(session, actor)} == {"Amina Begum", "Grace Okafor"}
        assert flags.confirm_flags(session, actor, [story.flag_id, lift]) == 2
        assert flags.list_flags(session, actor) == ()
        states = {flag.id: flag.state for flag in session.scalars(select(Flag))}
        assert states == {story.flag_id: FlagState.ADDED, lift: FlagState.REMOVED}


def test_only_what_the_state_and_the_policy_allow_is_offered(house):
    story = a_story(house)
    with story.work(story.coordinator) as session:
        shown = actions.view_action(session, actor_for(story.coordinator), story.action(session))
        assert shown.offers == ("withdraw",)
    with story.work(story.housing) as session:
        shown = actions.view_action(session, actor_for(story.housing), session.get_one(Action, story.action_id))
        assert set(shown.offers) == {
            "accept",
            "start",
            "complete",
            "report_not_possible",
            "report_not_done",
            "hand_over",
        }


def test_the_agency_names_who_will_do_it_and_nobody_of_another_agency_da_27(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        colleague = a_user(session, house, Role.DEPUTY, "housing_options", full_name="Omar Dean")
    with story.work(story.housing) as session:
        actor, action = actor_for(story.housing), story.action(session)
        assert [name for _id, name in owners.list_colleagues(session, actor, action)] == ["Hana Reed", "Omar Dean"]
        for wrong in (story.stranger.id, None):
            with pytest.raises(RuleBroken) as broken:
                actions.name_owner(session, actor, action, owner_id=wrong)
            assert broken.value.field == "owner_id"
        actions.name_owner(session, actor, action, owner_id=colleague.id)
        assert (action.owner_id, action.state) == (colleague.id, ActionState.ACCEPTED)
        actions.name_owner(session, actor, action, owner_id=story.housing.id)
        assert action.owner_id == story.housing.id
    assert [one.user_id for one in messages(house)] == [colleague.id]


def test_who_is_walled_off_from_a_case_cannot_own_its_action_da_5(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        colleague = a_user(session, house, Role.DEPUTY, "housing_options", full_name="Omar Dean")
        a_wall(session, story.case_id, colleague)
    with story.work(story.housing) as session, pytest.raises(RuleBroken):
        actions.name_owner(session, actor_for(story.housing), story.action(session), owner_id=colleague.id)


def test_handing_over_links_both_actions_and_keeps_what_was_reported_da_28(house):
    story = a_story(house)
    with story.work(story.housing) as session:
        actor, action = actor_for(story.housing), story.action(session)
        actions.start_action(session, actor, action, note="Rang the landlord")
        actions.start_action(session, actor, action, note="No answer yet")
        actions.hand_over(session, actor, action, to_agency_id=story.stranger.agency_id, note="On their ward")
        shown = actions.view_action(session, actor, action)
        assert [one["note"] for one in shown.news] == ["Rang the landlord", "No answer yet", "On their ward"]
        assert shown.news[0]["by"].startswith("Hana Reed, ")
    with story.work(story.stranger) as session:
        actor = actor_for(story.stranger)
        (row,) = actions.list_actions(session, actor)
        onward = actions.view_action(session, actor, actions.get_action(session, actor, row.id))
        assert (onward.handed, onward.owner, onward.state) == ("On their ward", "Bea Stone", ActionState.OPEN)
        assert onward.other_id == story.action_id


def test_a_paper_may_show_that_an_action_was_done_and_its_agency_only_adds_it_da_28(house):
    story = a_story(house)
    with story.work(story.housing) as session:
        actor, action = actor_for(story.housing), story.action(session)
        with pytest.raises(RuleBroken) as broken:
            actions.complete_action(session, actor, action, evidence=b"not a paper")
        assert broken.value.field == "file"
    with story.work(story.housing) as session:
        actor, action = actor_for(story.housing), story.action(session)
        actions.complete_action(session, actor, action, evidence=PDF)
        shown = actions.view_action(session, actor, action)
    with story.work(story.coordinator) as session:
        paper, file = papers.read_paper(session, actor_for(story.coordinator), shown.evidence_id)
        assert (paper.kind, file.ending) == (PaperKind.EVIDENCE, "pdf")


def test_one_tick_reminds_an_agency_of_all_it_has_overdue(house):
    story = a_story(house, days=-2)
    with unit_of_work(house) as session:
        access.open_for("load", story.housing.partnership_id, [story.case_id])
        an_action(session, story.case(session), story.housing, days=-9, text="Older")
    with story.work(story.coordinator) as session:
        actor = actor_for(story.coordinator)
        (late,) = chasing_actions.list_late(session, actor)
        assert (late.number, late.agency_id) == (2, story.housing.agency_id)
        assert chasing_actions.chase(session, actor, [], agency_ids=[late.agency_id]) == 1
    (sent,) = messages(house)
    assert (sent.user_id, sent.path) == (story.housing.id, "/actions")
