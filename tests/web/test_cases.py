"""The pages of a case: their order, their tabs, and what can be recorded from them."""

from datetime import timedelta

import pytest

from marac import access, clock
from marac.models import ContactMethod
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import CaseState
from tests.builders import signed_in
from tests.builders_cases import HIDDEN, a_full_case, a_story, an_assessment
from tests.builders_panels import a_held_panel

TABS = ("people", "risk", "research", "actions", "panels", "history")


def test_the_case_page_has_its_parts_in_order_with_safe_contact_above_the_tabs(house):
    story = a_story(house)
    page = signed_in(house, story.idva).get(f"/cases/{story.reference}")
    assert page.title == f"Summary, case {story.reference}, Casework"
    assert page.h1 == "Amina Begum"
    order = [
        page.html.index(mark)
        for mark in ("app-identity", "app-flags", "app-safe", "moj-sub-navigation", "What they want")
    ]
    assert order == sorted(order)
    assert "I want him to stop coming to the school." in page.main


def test_at_most_four_flags_stand_open_and_the_rest_are_counted(house):
    story = a_story(house, care_flags=["Visit in pairs", "Dog in the house"])
    page = signed_in(house, story.housing).get(f"/cases/{story.reference}")
    flags = page.words_of(".app-flags > .app-flag")
    assert flags[:4] == ["Do not phone.", "Address confidential", "Visit in pairs", "Dog in the house"]
    assert "and 1 more" in page.main


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_keeps_head_and_safe_contact_and_names_nobody_in_its_title(house, tab):
    story = a_story(house)
    client = signed_in(house, story.coordinator)
    page = client.get(f"/cases/{story.reference}/{tab}")
    assert page.title == f"{tab.capitalize()}, case {story.reference}, Casework"
    assert page.h1 == "Amina Begum"
    assert "How to contact safely" in page.main


def test_old_safe_contact_says_check_before_use(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        access.open_for("load", story.housing.partnership_id, [story.case_id])
        session.get_one(ContactMethod, story.contact_id).checked_on = clock.today() - timedelta(days=29)
    page = signed_in(house, story.housing).get(f"/cases/{story.reference}")
    assert "Check before use." in page.main


def test_show_asks_why_and_then_shows_one_value_under_the_rules(house):
    story = a_story(house)
    client = signed_in(house, story.housing)
    page = client.get(f"/cases/{story.reference}/reveal/address-{story.address_id.hex}")
    assert page.h1 == "Address"
    wrong = page.fill_and_post({})
    assert wrong.errors == ["Select a reason"]
    shown = page.fill_and_post({"reason": "safety_planning"})
    assert "17 Quarry Rise E1 9ZZ" in shown.main
    assert shown.html.index("app-safe") < shown.html.index("Quarry Rise")
    assert shown.link("Hide now")
    again = client.get(f"/cases/{story.reference}/reveal/address-{story.address_id.hex}")
    assert again.form("/reveal").values["reason"] == ["safety_planning"]
    assert "Quarry" not in again.html


def test_the_idva_updates_safe_contact_on_one_page(house):
    story = a_story(house)
    client = signed_in(house, story.idva)
    page = client.get(f"/cases/{story.reference}").follow("Update how to contact safely")
    assert not [value for value in HIDDEN if value in page.html]
    page = page.fill_and_post({"way_visit": "yes", "times": "Mornings"})
    assert page.flashes == ["How to contact safely is up to date."]
    assert "Safe times: Mornings" in page.main


def test_two_people_saving_safe_contact_see_both_versions(house):
    story = a_story(house)
    client = signed_in(house, story.idva)
    stale = client.get(f"/cases/{story.reference}/safe-contact")
    client.get(f"/cases/{story.reference}/safe-contact").fill_and_post({"times": "Mornings"})
    page = stale.fill_and_post({"times": "Evenings"})
    assert page.status == 409
    assert "Evenings" in page.main
    assert "Mornings" in page.main


def test_wishes_are_recorded_and_quoted(house):
    story = a_story(house, wishes=None)
    client = signed_in(house, story.idva)
    page = (
        client.get(f"/cases/{story.reference}")
        .follow("Add what they want")
        .fill_and_post({"wishes": "Stay in my home"})
    )
    assert "Stay in my home" in page.main
    assert "Ruth Lowe, Solace" in page.main


def test_an_incident_is_one_page_and_goes_to_the_coordinator(house):
    """DA-12."""
    story = a_story(house)
    page = signed_in(house, story.housing).get(f"/cases/{story.reference}").follow("Tell of a further incident")
    assert page.fill_and_post({"danger_now": "no", "contact_still_safe": "yes"}).errors == ["Say what happened"]
    sent = page.fill_and_post(
        {"what_happened": "He waited at the school.", "danger_now": "no", "contact_still_safe": "yes"}
    )
    assert sent.flashes == ["Sent. The coordinator and the IDVA service will see it today."]
    today = signed_in(house, story.coordinator).get("/today")
    assert "Decide a referral from" in today.main


def test_the_list_filters_and_hides_names(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        a_full_case(session, house, name="Grace Okafor", state=CaseState.RECEIVED, flag_until_on=None)
    client = signed_in(house, story.coordinator)
    page = client.get("/cases")
    assert "Begum, Amina" in page.main
    assert "Okafor, Grace" in page.main
    assert "Okafor, Grace" not in client.get("/cases?flagged=yes").main
    assert "Begum, Amina" not in client.get("/cases?state=received").main
    hidden = page.follow("Hide names")
    assert "Begum" not in hidden.html
    assert "AB" in hidden.main


def test_a_search_is_posted_and_leaves_nothing_in_an_address(house):
    story = a_story(house)
    client = signed_in(house, story.housing)
    page = client.get("/find").fill_and_post({"name": "Amina"})
    assert page.text.index("Last heard") < page.text.index("Date of birth"), "who was found stands above the boxes"
    assert "Begum, Amina" in page.main
    assert "0 results" in client.get("/find").fill_and_post({"name": "Zofia"}).main
    assert client.get("/find").fill_and_post({}).errors == ["Enter a name, date of birth or case reference"]


def test_buttons_are_offered_only_to_those_who_may(house):
    story = a_story(house)
    page = signed_in(house, story.housing).get(f"/cases/{story.reference}")
    links = " ".join(str(link) for link in page.links)
    assert "/safe-contact" not in links
    assert "/wishes" not in links
    for path in ("safe-contact", "wishes"):
        assert signed_in(house, story.housing).get(f"/cases/{story.reference}/{path}").status == 403


def test_a_checklist_is_a_count_without_a_verdict_and_each_answer_can_be_read(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        access.open_for("load", story.housing.partnership_id, [story.case_id])
        an_assessment(session, story.case(session))
    page = signed_in(house, story.housing).get(f"/cases/{story.reference}/risk")
    assert "1 yes, 1 not known. A lower count does not mean low risk." in " ".join(page.main.split())
    assert "A cut lip" in page.main
    assert "Don't know" in page.main


def test_panels_and_research_hold_what_was_opened_to_the_meeting(house):
    panel = a_held_panel(house)
    with house.reader() as session:
        reference = panel.item(session).case.reference
    page = signed_in(house, panel.coordinator).get(f"/cases/{reference}/panels")
    assert "Read the minutes of" in page.main
    assert "Read the minutes of" not in signed_in(house, panel.police).get(f"/cases/{reference}/panels").main
    assert "Not answered" in signed_in(house, panel.police).get(f"/cases/{reference}/research").main
    assert "Apply for a protection order" in signed_in(house, panel.police).get(f"/cases/{reference}/actions").main
