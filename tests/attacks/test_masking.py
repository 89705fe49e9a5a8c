"""What must fail: a masked value in the source of a page, and telling a case that exists from one that never did."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import select

from marac import access
from marac.models import Address, CasePerson, ContactMethod
from marac.services.casework import phones
from marac.services.casework.phones import Number
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import PersonRole, PhoneKind, SafeToUse
from tests.builders import signed_in
from tests.builders_cases import HIDDEN, a_story

OWN_ADDRESS = re.compile(r"/sign-in\?next=[\w.-]+")  # what was asked for, signed: as long as the address is
PAGES = ("", "/people", "/risk", "/research", "/actions", "/panels", "/history")
CHANGES_EACH_TIME = ("date", "content-security-policy", "set-cookie", "server-timing", "x-request-number")


@pytest.mark.parametrize("worker", ["housing", "idva", "coordinator", "chair"])
def test_no_page_of_a_case_holds_a_masked_value_in_its_source(house, worker):
    story = a_story(house, contacts_victim=True)
    client = signed_in(house, getattr(story, worker))
    paths = [f"/cases/{story.reference}{tab}" for tab in PAGES]
    paths += ["/cases", "/today", "/actions", f"/actions/{story.action_id}", "/flags"]
    paths += [f"/cases/{story.reference}/safe-contact", f"/cases/{story.reference}/incident"]
    paths += [f"/cases/{story.reference}/reveal/address-{story.address_id.hex}"]
    for path in paths:
        source = client.get(path).html
        assert [value for value in HIDDEN if value in source] == [], path


MORE_SECRETS = (
    "020 7946 0111",
    "02079460111",
    "Dee, 07700 900888",
    "Mill Lane",
    "E4 6WW",
    "Corner Bakery",
    "Refuge East",
)


@pytest.mark.parametrize("worker", ["housing", "idva", "coordinator", "chair"])
def test_no_page_holds_a_further_phone_a_trusted_contact_or_a_further_place(house, worker):
    """DA-4, DA-14: in the source of a page as little as on it; one that he shares gives no other away either."""
    story = a_story(house, contacts_victim=True)
    with unit_of_work(house) as session:
        access.open_for("load", story.coordinator.partnership_id, [story.case_id])
        contact = session.get_one(ContactMethod, story.contact_id)
        phones.add(contact, Number("020 7946 0111", PhoneKind.TRUSTED, SafeToUse.NO))
        contact.trusted_contact = "Dee, 07700 900888"
        victim = session.get_one(CasePerson, story.victim_id)
        place = {"partnership_id": victim.partnership_id, "case_id": victim.case_id, "role": victim.role}
        where = {"street": "4 Mill Lane", "postcode": "E4 6WW", "place": "work", "place_name": "Corner Bakery"}
        session.add(Address(**place, person_id=victim.id, position=2, **where, refuge_contact="Refuge East"))
        feared = Address.case_id == story.case_id, Address.role == PersonRole.PERPETRATOR
        his = session.scalars(select(Address).where(*feared)).one()
        his.house_number, his.street, his.postcode = "17", "Quarry Rise", "E1 9ZZ"
    client = signed_in(house, getattr(story, worker))
    paths = [f"/cases/{story.reference}{tab}" for tab in (*PAGES, "/safe-contact", "/incident")]
    paths += [f"/cases/{story.reference}/people/{story.victim_id}/place", "/actions", f"/actions/{story.action_id}"]
    paths += [f"/cases/{story.reference}/places/{story.address_id}"]
    for path in paths:
        source = client.get(path).html
        assert [value for value in (*HIDDEN, *MORE_SECRETS) if value in source] == [], path


def test_a_place_of_another_agencys_case_answers_exactly_as_one_that_never_existed(house):
    story = a_story(house)
    client, never = signed_in(house, story.stranger), uuid4()
    for real, unreal in (
        (f"places/{story.address_id}", f"places/{never}"),
        (f"people/{story.victim_id}/place", f"people/{never}/place"),
    ):
        same_answer(client, f"/cases/{story.reference}/{real}", f"/cases/Z9Z-99Z/{unreal}")


def test_search_results_hold_no_masked_value(house):
    story = a_story(house)
    page = signed_in(house, story.coordinator).get("/find").fill_and_post({"name": "Amina"})
    assert [value for value in HIDDEN if value in page.html] == []


def same_answer(client, real, unreal):
    """Status, length and headers of an address that exists for others and of one that never existed."""
    answers = [client.get(path) for path in (real, unreal)]
    facts = [(page.status, len(OWN_ADDRESS.sub("", page.html)), stable(page.headers)) for page in answers]
    assert facts[0] == facts[1]
    assert answers[0].status == 404


def stable(headers):
    return sorted((name.lower(), value) for name, value in headers.items() if name.lower() not in CHANGES_EACH_TIME)


@pytest.mark.parametrize("tab", [*PAGES, "/wishes", "/safe-contact", "/incident"])
def test_another_agencys_case_answers_exactly_as_one_that_never_existed(house, tab):
    story = a_story(house)
    never = "Z9Z-99Z"
    same_answer(signed_in(house, story.stranger), f"/cases/{story.reference}{tab}", f"/cases/{never}{tab}")


def test_another_agencys_action_answers_exactly_as_one_that_never_existed(house):
    story = a_story(house)
    never = uuid4()
    client = signed_in(house, story.stranger)
    for end in ("", "/hand-over", "/withdraw", "/reopen"):
        same_answer(client, f"/actions/{story.action_id}{end}", f"/actions/{never}{end}")


def test_nothing_of_another_agencys_case_is_revealed_by_its_address(house):
    story = a_story(house)
    client, item = signed_in(house, story.stranger), f"reveal/address-{story.address_id.hex}"
    same_answer(client, f"/cases/{story.reference}/{item}", f"/cases/Z9Z-99Z/{item}")
    refused = client.post(f"/cases/{story.reference}/{item}", {"reason": "at_panel"})
    assert "Quarry" not in refused.html


def test_a_value_of_another_case_is_not_revealed_through_ones_own(house):
    story, other = a_story(house), a_story(house, name="Siobhan Doyle")
    page = signed_in(house, story.housing).get(f"/cases/{story.reference}/reveal/address-{other.address_id.hex}")
    assert page.status == 404
