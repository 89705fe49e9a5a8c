"""From a phone between two visits to a place on the next agenda: refer, check, send; decide beside a match; be told."""

from dataclasses import dataclass

import pytest

from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import Role
from tests.builders import Worker, a_listed_referral, a_meeting, a_user, actor_for
from tests.journeys import referring
from tests.journeys.people import LAPTOP, PHONE, Person, Room
from tests.journeys.referring import NAMES, NUMBER, WHERE


@dataclass(frozen=True)
class Story:
    """Who refers, who decides, and the case of last spring that the new one belongs to."""

    idva: Worker
    coordinator: Worker
    earlier: str


@pytest.fixture
def story(house: Deployment) -> Story:
    with unit_of_work(house) as session:
        idva = a_user(session, house, Role.IDVA, "solace", full_name="Ida Quill")
        health = a_user(session, house, Role.REPRESENTATIVE, "elft", full_name="Bo Marsh")
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ade Okafor")
    with unit_of_work(house) as session:
        meeting = a_meeting(session, idva.partnership_id, days=14)
        before = a_listed_referral(session, house, actor_for(health), actor_for(coordinator), meeting)
        return Story(idva, coordinator, before.case.reference)


def test_a_referral_goes_from_a_phone_to_the_agenda_and_its_outcome_back(room: Room, story: Story):
    idva = room.sign_in(story.idva, PHONE, names=NAMES)
    referral = referring.start(idva)
    needed = idva.page.locator(".govuk-task-list__item").filter(has_not_text="Optional")
    assert needed.count() <= 8
    assert idva.sees("Send now, finish later")
    for fill_in in referring.PARTS:
        fill_in(idva, referral)
        assert idva.small_targets() == []
    check_and_send(idva, referral)

    coordinator = room.sign_in(story.coordinator, LAPTOP, names=NAMES)
    assert coordinator.sees("referral"), "your work names what waits"
    decide(coordinator, referral, story)

    idva.go("/referrals")
    referring.open_from_list(idva, referral)
    assert idva.sees("Listed")
    assert NUMBER not in idva.page.content()
    idva.follow("Open the case")
    assert idva.path == f"/cases/{story.earlier}"


def check_and_send(idva: Person, referral: str) -> None:
    """What was typed is all there, each part can be changed, and sending says what happens next."""
    idva.press("Check and send")
    answers = idva.read()
    for typed in ("Amena Begom", "Confidential", "Karim Uddin", "Nabil Uddin", "9 yes, 24 of 24 answered",
                  "Could rise to 10", "He came to the flat", "Text message: yes", "Voicemail: no"):  # fmt: skip
        assert typed in answers, typed
    assert WHERE not in answers, "an address to be kept secret is on the page where it is typed and nowhere else"
    idva.follow("Why you are referring")
    idva.fill("What has been tried", "A panic alarm.")
    referring.save(idva)
    idva.press("Check and send")
    assert idva.sees("A panic alarm.")
    idva.press("Send referral")
    assert idva.heading == "Referral sent"
    assert idva.sees("What happens next")
    assert not any(name in idva.read() for name in NAMES)


def decide(coordinator: Person, referral: str, story: Story) -> None:
    """The referral on one side; the match with its reasons, the conflict check and the decision on the other."""
    coordinator.go("/referrals")
    referring.open_from_list(coordinator, referral)
    coordinator.press("Decide this referral")
    beside = coordinator.read("[aria-label='Your decision']")
    assert "Begum, Amina" in beside
    assert "same date of birth" in beside.lower()
    assert story.earlier in beside
    assert WHERE not in coordinator.page.content()
    coordinator.press("Save decision")
    assert coordinator.sees("Select a decision", inside=".govuk-error-summary")

    coordinator.find("[data-question^='link_']").get_by_label("Same person").first.check()
    coordinator.tick("I have checked for conflicts of interest")
    coordinator.choose("What do you decide?", "Repeat of a known case")
    assert coordinator.page.get_by_label("Which case").input_value() == story.earlier
    coordinator.press("Save decision")
    assert coordinator.path == "/referrals", coordinator.read()
    assert coordinator.sees("Joined to the earlier case and listed.")
    assert coordinator.sees("Decided")
