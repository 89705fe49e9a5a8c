"""Actions and flags in the browser: two clicks for done, one button, contact rules on top."""

from sqlalchemy import select

from marac.models import Action, User
from marac.services.casework import naming
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import ActionState, InvolvementBasis, Role
from tests.builders import a_user, actor_for, signed_in
from tests.builders_cases import a_flag, a_full_case, a_story, involve, messages


def state_of(story):
    with story.house.reader() as session:
        return session.get_one(Action, story.action_id).state


def test_an_action_is_done_in_two_clicks(house):
    """ux 1.3: the choice, and Save."""
    story = a_story(house, days=-2)
    page = signed_in(house, story.housing).get(f"/actions/{story.action_id}")
    assert page.title == f"Action, case {story.reference}, Casework"
    assert page.h1 == "Change the locks"
    assert page.form("").choices["standing"] == ["done", "in_progress", "cannot"]
    page = page.fill_and_post({"standing": "done"}, press="Save")
    assert page.flashes == ["Saved. Thank you."]
    assert state_of(story) is ActionState.COMPLETE
    assert "No open actions. Thank you." in page.main


def test_contact_rules_stand_above_and_must_be_confirmed(house):
    story = a_story(house, contacts_victim=True)
    page = signed_in(house, story.housing).get(f"/actions/{story.action_id}")
    assert page.html.index("How to contact safely") < page.html.index("How does it stand?")
    broken = page.fill_and_post({"standing": "done"}, press="Save")
    assert broken.errors == ["Confirm that contact was made only as the safe-contact rules allow"]
    page.fill_and_post({"standing": "done", "safe_contact_met": True}, press="Save")
    assert state_of(story) is ActionState.COMPLETE


def test_cannot_be_done_asks_which_and_why(house):
    story = a_story(house)
    page = signed_in(house, story.housing).get(f"/actions/{story.action_id}")
    assert page.fill_and_post({"standing": "cannot"}, press="Save").errors == ["Select what happened"]
    assert page.fill_and_post({"standing": "cannot", "why": "not_done"}, press="Save").errors == [
        "Say why, and what should happen instead"
    ]
    page.fill_and_post({"standing": "cannot", "why": "not_done", "note": "No fitter"}, press="Save")
    assert state_of(story) is ActionState.NOT_DONE


def test_it_is_accepted_started_and_handed_over(house):
    story = a_story(house)
    client = signed_in(house, story.housing)
    page = client.get(f"/actions/{story.action_id}").press("I will do this")
    assert "Hana Reed" in page.main
    page.fill_and_post({"standing": "in_progress"}, press="Save")
    page = client.get(f"/actions/{story.action_id}").follow("Hand to another agency")
    assert page.fill_and_post({}).errors == ["Select an agency", "Say why, and what should happen instead"]
    page.fill_and_post({"to_agency_id": str(story.stranger.agency_id), "note": "On their ward"})
    assert state_of(story) is ActionState.TRANSFERRED
    assert "Change the locks" in signed_in(house, story.stranger).get("/actions").main


def test_a_stale_page_shows_both_versions(house):
    story = a_story(house)
    client = signed_in(house, story.housing)
    stale = client.get(f"/actions/{story.action_id}")
    client.get(f"/actions/{story.action_id}").fill_and_post({"standing": "in_progress"}, press="Save")
    assert stale.fill_and_post({"standing": "done", "done_note": "Fitted"}, press="Save").status == 409


def test_the_list_is_by_when_and_the_coordinator_reminds(house):
    story = a_story(house, days=-2)
    page = signed_in(house, story.housing).get("/actions")
    assert "Overdue, 2 days" in page.main
    page = signed_in(house, story.coordinator).get("/actions")
    assert page.fill_and_post({}, action="/chase").errors == ["Select at least one action or agency"]
    page = page.fill_and_post({"action": [str(story.action_id)]}, action="/chase")
    assert page.flashes == ["1 agency will be reminded."]
    assert [one.user_id for one in messages(house)] == [story.housing.id]
    assert "Ended" in page.follow("Show actions that ended").main


def test_the_coordinator_withdraws_with_a_reason(house):
    story = a_story(house)
    page = signed_in(house, story.coordinator).get(f"/actions/{story.action_id}").follow("Withdraw this action")
    page = page.fill_and_post({"note": "Agreed at the panel"})
    assert "Withdrawn" in page.main
    assert "Re-open this action" in page.main


def test_several_records_are_confirmed_at_once(house):
    """DA-32."""
    story = a_story(house)
    with unit_of_work(house) as session:
        other = a_full_case(session, house, name="Grace Okafor")
        involve(session, other, "housing_options", InvolvementBasis.LISTED)
        second = a_flag(session, other, story.housing).id
    page = signed_in(house, story.housing).get("/flags")
    assert page.fill_and_post({}).errors == ["Select at least one record"]
    page = page.fill_and_post({"flag": [str(story.flag_id), str(second)]})
    assert page.flashes == ["2 confirmed. Thank you."]
    assert "Nothing to confirm. Thank you." in page.main


def test_it_is_given_to_a_colleague_and_done_with_a_paper_that_shows_it(house):
    """DA-27, DA-28."""
    story = a_story(house)
    with unit_of_work(house) as session:
        a_user(session, house, Role.DEPUTY, "housing_options", full_name="Omar Dean")
    client = signed_in(house, story.housing)
    page = client.get(f"/actions/{story.action_id}").follow("Say who will do it")
    assert page.fill_and_post({}).errors == ["Select who will do this"]
    with unit_of_work(house, actor_for(story.coordinator)) as session:
        colleague = owners_of(session, "Omar Dean", story)
    page = page.fill_and_post({"owner_id": str(colleague)})
    assert "Omar Dean" in page.main
    page = client.get(f"/actions/{story.action_id}")
    page.fill_and_post({"standing": "in_progress", "progress_note": "Fitter booked"}, press="Save")
    page = client.get(f"/actions/{story.action_id}")
    page.fill_and_post({"standing": "done", "done_note": "Fitted"}, press="Save")
    assert "Fitter booked" in client.get(f"/actions/{story.action_id}").main


def owners_of(session, name, story):
    actor = actor_for(story.coordinator)
    people = {one.id: one for one in session.scalars(select(User))}
    return next(one for one, who in naming.colleagues(session, actor, people).items() if who == name)


def test_one_tick_for_each_agency_reminds_it_of_all_it_has_overdue(house):
    """ux 1.1: five agencies in 30 seconds: one tick each and one press."""
    story = a_story(house, days=-2)
    page = signed_in(house, story.coordinator).get("/actions")
    assert "Overdue by agency" in page.main
    page = page.fill_and_post({"agency": [str(story.housing.agency_id)]}, action="/chase")
    assert page.flashes == ["1 agency will be reminded."]


def test_what_was_escalated_is_listed_without_a_name_for_the_agency_lead(house):
    """DA-28."""
    story = a_story(house, days=-30)
    with unit_of_work(house) as session:
        lead = a_user(session, house, Role.AGENCY_ADMIN, "housing_options", full_name="Lena Vale")
    client = signed_in(house, lead)
    client.forbidden |= {"Amina", "Change the locks"}
    page = client.get("/today").follow("escalated to you")
    assert page.h1 == "Escalated to you"
    assert story.reference in page.main
    assert signed_in(house, story.housing).get("/escalated").status == 403
