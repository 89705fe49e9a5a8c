"""A whole referral with the DASH from the first page to the last without a mouse (ux 1.4): screens and keys counted."""

import logging
from typing import Final

import pytest

from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import Role
from tests.builders import Worker, a_meeting, a_user
from tests.journeys.keyboard import Keyboard
from tests.journeys.people import LAPTOP, Room
from tests.journeys.referring import ABOUT, JUDGEMENT

LOG: Final = logging.getLogger(__name__)
NAMES: Final = ("Amena", "Begom", "Karim")
YES: Final = frozenset({2, 4, 5, 10, 11, 19, 20})
AROUND: Final = ("Your referral", "What is this referral about?", "Referral sent")  # the list, the start and the end
MOST_SCREENS, MOST_KEYS = 9, 24


@pytest.fixture
def worker(house: Deployment) -> Worker:
    with unit_of_work(house) as session:
        idva = a_user(session, house, Role.IDVA, "solace", full_name="Ida Quill")
        a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ade Okafor")
        a_meeting(session, idva.partnership_id, days=14)
    return idva


def test_a_whole_referral_is_made_by_keyboard_alone(room: Room, worker: Worker):
    """DA-6, DA-10, DA-14, DA-15, DA-43: nine screens or fewer with the check, and one key for each question."""
    idva = room.sign_in(worker, LAPTOP, names=NAMES, at="/referrals")
    idva.keys_pressed = 0
    keys = Keyboard(idva)
    keys.skip()
    keys.press("Refer someone")
    keys.answer("What is this referral about?", ABOUT)
    keys.press("Start")
    assert idva.heading == "Your referral"

    about_people(keys)
    keys.press("DASH risk checklist")
    on_dash = dash(keys)
    story(keys)
    keys.press("Check and send")
    assert idva.sees("7 yes, 24 of 24 answered")
    keys.press("Send referral")
    assert idva.heading == "Referral sent"

    asked = [one for one in dict.fromkeys(keys.screens) if one not in AROUND]
    counts = {"screens": len(asked), "pages": len(keys.screens), "dash_keys": on_dash, "all_keys": idva.keys_pressed}
    LOG.info("by keyboard alone: %s: %s", counts, asked)
    assert len(asked) <= MOST_SCREENS, asked
    assert on_dash <= MOST_KEYS


def about_people(keys: Keyboard) -> None:
    keys.press("The victim-survivor")
    keys.write("Full name", "Amena Begom")
    keys.date("born_on", "27", "3", "1991")
    keys.write("Street", "Elm Row")
    keys.write("Postcode", "e10aa")
    keys.press("Save and continue")
    keys.press("Safe contact")
    keys.answer("Is it safe to phone?", "No")
    keys.press("Save and continue")
    keys.press("The alleged perpetrator")
    keys.write("Full name", "Karim Uddin")
    keys.press("Save and continue")
    keys.press("Children and others at risk")
    keys.tick("There are no children and nobody else at risk")
    keys.press("Save and continue")


def dash(keys: Keyboard) -> int:
    """Y or N at each question, which moves on by itself, in the end to the button; answers with the keys pressed."""
    person = keys.person
    keys.reach(person.find("[data-question='q1'] input[type=radio]"))
    before = person.keys_pressed
    for number in range(1, 25):
        person.keys("y" if number in YES else "n")
    pressed = person.keys_pressed - before
    assert person.read(".app-count").startswith("7 yes, 24 of 24 answered")
    assert person.focus == "Save and continue"
    keys.enter()
    assert person.heading == "Your referral"
    return pressed


def story(keys: Keyboard) -> None:
    keys.press("Why you are referring")
    keys.tick("Professional judgement")
    keys.write("Why you think the risk is high", JUDGEMENT)
    keys.write("What happened", "He came to the flat and would not leave.")
    keys.write("Why now", "It is happening more often.")
    keys.press("Save and continue")
    keys.press("Telling them, and consent")
    keys.answer("Have you told them about this referral?", "Yes")
    keys.answer("Do they agree to information being shared?", "Yes")
    keys.press("Save and continue")
