"""DA-14: the rules travel to every page that could lead to contact, and say there when they are old; DA-4: places."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.models import Address, ContactMethod
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import PersonRole, Role
from tests.builders import a_submitted_referral, a_user, actor_for, signed_in
from tests.builders_cases import HIDDEN, a_story
from tests.builders_panels import a_called_case, a_published_panel

TABS = ("", "/people", "/risk", "/research", "/actions", "/panels", "/history", "/incident")
OLD, FRESH = 29, 0


def checked(house, partnership_id, case_ids, days):
    """When the rules of these cases were last asked about."""
    with unit_of_work(house) as session:
        access.open_for("load", partnership_id, case_ids)
        for contact in session.scalars(select(ContactMethod).where(ContactMethod.case_id.in_(case_ids))):
            contact.checked_on = clock.today() - timedelta(days=days)


def shows_rules(page, stale):
    """The box, the line or the note is there, and says Check before use exactly when the rules are old."""
    text = page.main.lower()
    assert "contact safely" in text or "safe contact" in text
    assert ("check before use" in text) == stale


@pytest.mark.parametrize("days", [FRESH, OLD])
def test_every_page_of_a_case_and_of_its_actions_carries_the_rules(house, days):
    story = a_story(house, contacts_victim=True)
    checked(house, story.coordinator.partnership_id, [story.case_id], days)
    client = signed_in(house, story.idva)
    for tab in TABS:
        shows_rules(client.get(f"/cases/{story.reference}{tab}"), days == OLD)
    for worker in (story.housing, story.coordinator):
        mine = signed_in(house, worker)
        shows_rules(mine.get(f"/actions/{story.action_id}"), days == OLD)
        shows_rules(mine.get("/actions"), days == OLD)
    found = signed_in(house, story.coordinator).get("/find").fill_and_post({"name": "Amina Begum"})
    shows_rules(found, days == OLD)


def test_an_action_that_reaches_nobody_still_says_how_in_one_line(house):
    story = a_story(house)
    shows_rules(signed_in(house, story.housing).get(f"/actions/{story.action_id}"), stale=False)


@pytest.mark.parametrize("days", [FRESH, OLD])
def test_the_research_sheet_and_the_meeting_screen_carry_them(house, days):
    asked, called = a_published_panel(house, 1), a_called_case(house, 1)
    checked(house, asked.coordinator.partnership_id, [*asked.case_ids, *called.case_ids], days)
    shows_rules(signed_in(house, asked.housing).get(f"/research/{asked.reference}"), days == OLD)
    shows_rules(signed_in(house, called.coordinator).get(f"/panels/{called.reference}/run/1"), days == OLD)


def test_publishing_names_the_cases_whose_rules_are_old(house):
    panel = a_published_panel(house, 1)
    checked(house, panel.coordinator.partnership_id, panel.case_ids, OLD)
    page = signed_in(house, panel.coordinator).get(f"/panels/{panel.reference}/agenda")
    assert "Safe contact not checked in the last 28 days" in page.main


def test_the_page_where_a_referral_is_decided_carries_them(house):
    with unit_of_work(house) as session:
        idva = a_user(session, house, Role.IDVA, "solace")
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team")
    with unit_of_work(house, actor_for(idva)) as session:
        reference = a_submitted_referral(session, house, actor_for(idva)).reference
    shows_rules(signed_in(house, coordinator).get(f"/referrals/{reference}/decide"), stale=False)


def test_is_it_still_safe_is_one_page_and_one_press(house):
    story = a_story(house)
    checked(house, story.coordinator.partnership_id, [story.case_id], OLD)
    client = signed_in(house, story.idva)
    page = client.get(f"/cases/{story.reference}/safe-contact")
    assert "Is it still safe?" in page.main
    after = page.form("/safe-contact").post({}, press="All as below, checked today")
    assert "Check before use" not in after.main
    assert [value for value in HIDDEN if value in page.html + after.html] == []


def test_a_further_phone_is_added_with_its_own_answer_and_none_stands_on_the_page(house):
    story = a_story(house)
    client = signed_in(house, story.idva)
    path = f"/cases/{story.reference}/safe-contact"
    client.get(path).fill_and_post({"phone": "020 7946 0111", "phone_kind": "work", "phone_safe": "yes"})
    again = client.get(path)
    assert "Work phone, ends 111" in again.main
    assert "020 7946 0111" not in again.html
    people = client.get(f"/cases/{story.reference}/people")
    assert "Work phone, ends 111, safe to use" in people.main
    assert "Mobile, ends 123" in people.main


def test_hours_that_cannot_be_read_are_asked_for_beside_the_box(house):
    story = a_story(house)
    page = signed_in(house, story.idva).get(f"/cases/{story.reference}/safe-contact")
    page = page.fill_and_post({"way_visit": "only_between", "detail_visit": "when he is out"})
    assert page.status == 422
    assert page.errors == ["Enter the days and times, like weekdays 9am to 2pm, or choose No"]


def test_who_knows_where_is_read_as_sentences_and_as_a_table(house):
    story = a_story(house)
    page = signed_in(house, story.housing).get(f"/cases/{story.reference}/people")
    assert "It is not known whether Karim Uddin knows the current address." in page.main
    assert [value for value in HIDDEN if value in page.html] == []


def test_the_idva_records_that_he_knows_the_address(house):
    story = a_story(house)
    client = signed_in(house, story.idva)
    page = client.get(f"/cases/{story.reference}/people").follow("Change who knows the current address 1")
    page = page.fill_and_post({"knows_0": "yes", "known_to_others": "His brother"})
    assert page.flashes == ["The place is recorded."]
    assert "Karim Uddin knows the current address." in page.main
    assert "His brother" in page.main
    with unit_of_work(house) as session:
        access.open_for("load", story.coordinator.partnership_id, [story.case_id])
        assert session.get_one(Address, story.address_id).street == "Quarry Rise"


def test_the_address_of_a_refuge_is_refused_beside_its_box(house):
    story = a_story(house)
    client = signed_in(house, story.idva)
    path = f"/cases/{story.reference}/people/{story.victim_id}/place"
    page = client.get(path).fill_and_post({"in_refuge": True, "street": "1 Hidden Row", "place": "current"})
    assert page.status == 422
    said = (
        'Take out the address. The address of a refuge is never stored. Tick "refuge" and say "Refuge, contact through"'
    )
    assert page.errors == [f"{said} the service"]
    page = page.fill_and_post({"street": "", "refuge_contact": "Solace 020 7946 0500"})
    assert page.flashes == ["The place is recorded."]
    with unit_of_work(house) as session:
        access.open_for("load", story.coordinator.partnership_id, [story.case_id])
        homes = session.scalars(select(Address).where(Address.person_id == story.victim_id)).all()
        assert {home.street for home in homes} == {"Quarry Rise", None}


def test_the_research_sheet_leaves_out_an_address_that_is_the_secret_one_da_4(house):
    """The known defect: it stood there as his, and was hers."""
    panel = a_published_panel(house, 1)
    client = signed_in(house, panel.housing)
    assert "14 Elm Row" in client.get(f"/research/{panel.reference}").main
    with unit_of_work(house) as session:
        access.open_for("load", panel.coordinator.partnership_id, panel.case_ids)
        homes = session.scalars(select(Address).where(Address.case_id.in_(panel.case_ids)))
        for home in homes:
            home.house_number, home.street, home.postcode = "14", "Elm Row", "E1 0AA"
            home.confidential = home.role == PersonRole.VICTIM
    assert "Elm Row" not in client.get(f"/research/{panel.reference}").html
