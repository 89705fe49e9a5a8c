"""The pages of a Community MARAC case between hearings: reviews, powers, incidents, closing (CM-12 to CM-17)."""

import pytest
import time_machine

from marac import access
from marac.vocabulary import CaseState, Grade
from tests.builders import actor_for, signed_in
from tests.builders_community import a_plan_under_way, decide_everything, finish_actions, scored, the_case
from tests.builders_panels import COMMUNITY, MORNING, a_called_case, a_panel

DA_WORDS = ("IDVA", "DASH", "alleged perpetrator", "Alleged perpetrator", "victim-survivor")


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def panel(house):
    return a_plan_under_way(house)


def words_of_the_other_panel(page):
    """Words of the domestic abuse panel on a page, but for the name that an agency has."""
    said = page.main.replace("Solace (commissioned IDVA and domestic abuse service)", "")
    return [word for word in DA_WORDS if word in said]


def reference(panel):
    with panel.work(panel.coordinator) as session:
        return the_case(session, panel).reference


def test_the_tabs_of_a_community_case_are_its_own_and_carry_no_word_of_the_other_panel(house, panel):
    """Reviews, Powers, Incidents; wishes and safe contact on every page (CM-16)."""
    client = signed_in(house, panel.coordinator)
    for tab in ("", "/people", "/risk", "/reviews", "/powers", "/incidents", "/research", "/actions", "/panels"):
        page = client.get(f"/cases/{reference(panel)}{tab}")
        assert page.h1 == "Amina Begum"
        assert "How to contact safely" in page.main
        assert words_of_the_other_panel(page) == [], tab
        assert {"Reviews", "Powers", "Incidents"} <= set(page.words_of(".moj-sub-navigation__link"))
    assert "I want him to stay away." in client.get(f"/cases/{reference(panel)}").main


def test_the_advocate_and_the_section_42_decision_are_recorded_from_the_reviews_tab(house, panel):
    """CM-13, and a name for each case."""
    client, at = signed_in(house, panel.coordinator), f"/cases/{reference(panel)}/reviews"
    page = client.get(at).follow("Name one as advocate").fill_and_post({"advocate": "Ines Costa, Victim Support"})
    assert "Ines Costa, Victim Support" in page.main
    asked = page.follow("Answer for Amina Begum")
    assert asked.fill_and_post({"decision": "not_referred"}).errors == ["Say why no concern was raised"]
    page = client.get(asked.url).fill_and_post({"decision": "not_referred", "reason": "No care needs"})
    assert "No concern raised, because: No care needs" in page.main


def test_a_rejected_power_needs_its_reason_and_what_was_typed_stays(house, panel):
    """CM-12."""
    client, at = signed_in(house, panel.coordinator), f"/cases/{reference(panel)}/powers"
    page = client.get(at)
    assert "Anti-social Behaviour, Crime and Policing Act 2014, ss43 to 58" in page.main
    assert "Not yet confirmed" in page.main
    wrong = page.fill_and_post({"mediation": "used", "cpn": "rejected"})
    assert wrong.errors == ["Say why it was rejected: Community protection notice"]
    done = wrong.fill_and_post({"reason_cpn": "No written warning yet"})
    assert "2 of 22 decided" in done.main


def test_powers_saved_by_two_keep_what_each_typed(house, panel):
    client, at = signed_in(house, panel.coordinator), f"/cases/{reference(panel)}/powers"
    stale = client.get(at)
    client.get(at).fill_and_post({"mediation": "used"})
    again = stale.fill_and_post({"abc": "used"})
    assert "Someone changed this while you typed" in " ".join(again.errors)
    assert again.form("/powers").values["abc"] == ["used"]


def test_an_incident_told_twice_is_asked_about_and_three_prompt_the_case_review(house, panel):
    """CM-17."""
    client, at = signed_in(house, panel.housing), f"/cases/{reference(panel)}/incidents"
    told = {"happened_on": ["1", "11", "2025"], "kind": "targeting", "what": "Shouted at her door"}
    page = client.get(at).follow("Add an incident").fill_and_post(told)
    assert "1 different incident" in page.main
    asked = page.follow("Add an incident").fill_and_post({**told, "told_to": "Victim Support"})
    assert asked.errors == ["An incident like this is already here. Say whether it is the same one"]
    same = asked.form("/new").choices["same_as"][1]
    page = asked.fill_and_post({"same_as": same})
    assert "1 different incident" in page.main
    assert "Victim Support" in page.main
    for day in ("3", "5"):
        page = client.get(f"{at}/new").fill_and_post({**told, "happened_on": [day, "11", "2025"]})
    assert "Tell the person about the ASB Case Review: 3 incidents in 6 months." in page.main
    coordinator = signed_in(house, panel.coordinator)
    page = coordinator.get(at).fill_and_post({}, press="They have been told")
    assert "They were told on 12 November 2025" in page.main
    applied = page.follow("Record an application").fill_and_post(
        {"applied_on": ["10", "11", "2025"], "outcome": "threshold_not_met", "note": "Two in the window"}
    )
    assert "The threshold was not met." in applied.main
    assert applied.link("Start a referral")


def test_closing_says_what_is_open_and_the_chair_alone_closes_over_it(house, panel):
    """CM-14."""
    at = f"/cases/{reference(panel)}/close"
    page = signed_in(house, panel.coordinator).get(at)
    assert "Decide about every power first: 22 left" in page.main
    assert "Actions are still open" in page.main
    with panel.work(panel.coordinator) as session:
        decide_everything(session, actor_for(panel.coordinator), panel)
    told = {
        "closing_outcome": "risk_reduced", "victim_view": "She feels safe", "step_down": "Housing management",
        "closing_word": "By phone",
    }  # fmt: skip
    chair = signed_in(house, panel.chair).get(at)
    assert chair.fill_and_post(told, press="Close over what is open").errors == ["Enter a reason"]
    done = chair.fill_and_post({**told, "reason": "The plan goes on elsewhere"}, press="Close over what is open")
    assert done.flashes == ["The case is closed."]
    assert "Risk reduced, one agency goes on" in done.main
    with panel.work(panel.chair) as session:
        assert the_case(session, panel).state == CaseState.CLOSED


def test_a_whole_ending_closes_the_case_for_the_coordinator(house, panel):
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        access.open_case(actor, the_case(session, panel))
        decide_everything(session, actor, panel)
        finish_actions(session, actor, panel)
        scored(session, the_case(session, panel), 9, Grade.STANDARD)
    page = signed_in(house, panel.coordinator).get(f"/cases/{reference(panel)}/reviews").follow("Close this case")
    assert "Still open" not in page.main
    done = page.fill_and_post(
        {
            "closing_outcome": "resolved",
            "no_view_reason": "She moved",
            "step_down": "None",
            "closing_word": "By letter",
        },
        press="Close the case",
    )
    assert done.flashes == ["The case is closed."]


def test_the_chair_calls_an_urgent_meeting_from_the_case(house, panel):
    """CM-10."""
    at = f"/cases/{reference(panel)}/urgent"
    assert signed_in(house, panel.coordinator).get(at).status == 403
    page = signed_in(house, panel.chair).get(f"/cases/{reference(panel)}/reviews").follow("Call an urgent meeting")
    told = {"hour": "2:30pm", "reason": "Petrol through the door", "conflict_checked": True}
    late = page.fill_and_post({**told, "day": ["20", "11", "2025"]})
    assert late.errors == ["An urgent meeting is within 48 hours. List the case for a later meeting instead"]
    done = page.fill_and_post({**told, "day": ["13", "11", "2025"]})
    assert done.flashes == ["The urgent meeting is booked and the case is listed."]


def test_an_agency_on_the_other_side_is_marked_and_unmarked(house, panel):
    """CM-19."""
    client, at = signed_in(house, panel.coordinator), f"/cases/{reference(panel)}/reviews"
    page = client.get(at).fill_and_post({}, press="Mark")
    assert page.flashes == ["Saved. It holds from now on, on every page."]
    assert "Only that person" in page.main
    page = page.fill_and_post({}, press="Take the mark away")
    assert "Only that person" not in page.main


def test_the_run_screen_of_a_community_meeting_has_its_own_aims_headings_and_outcomes(house):
    panel = a_called_case(house, 1, programme=COMMUNITY)
    page = signed_in(house, panel.coordinator).get(f"/panels/{panel.reference}/run/1")
    for words in ("Neighbours and others affected", "Powers considered, each with its reason", "Named advocate"):
        assert words in page.main
    assert words_of_the_other_panel(page) == []
    assert "transferred" not in page.form("/run/1").choices["outcome"]
    assert len(page.form("/run/1").choices["covered"]) == 10


def test_hate_and_cuckooing_are_marked_on_the_list_and_the_agenda(house):
    """CM-18."""
    panel = a_panel(house, 1, programme=COMMUNITY, marks=["hate:race", "hate:religion", "cuckooing:drug_supply"])
    client = signed_in(house, panel.coordinator)
    assert "Hate. Cuckooing" in client.get("/cases").main
    page = client.get(f"/panels/{panel.reference}/agenda")
    assert "Hate" in page.main
    assert "Cuckooing" in page.main


def test_a_domestic_abuse_case_has_none_of_these_pages(house):
    panel = a_panel(house, 1)
    client = signed_in(house, panel.coordinator)
    for page in ("reviews", "powers", "incidents", "close", "urgent", "case-review"):
        assert client.get(f"/cases/{reference(panel)}/{page}").status == 404


def test_safe_contact_stands_above_an_action_of_a_community_case(house, panel):
    """CM-16: each action asks whether the person was updated."""
    client = signed_in(house, panel.police)
    page = client.get("/actions").follow("Apply for a protection order")
    assert "Safe contact" in page.main
    assert page.fill_and_post({"standing": "done"}).errors == ["Say whether the person was updated"]
    done = page.fill_and_post({"standing": "done", "victim_updated": "no", "not_updated_because": "Not safe to ring"})
    assert done.flashes == ["Saved. Thank you."]
