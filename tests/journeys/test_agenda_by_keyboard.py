"""An agenda of eighteen is built and published without a mouse (ux 1.1): what was pressed is counted."""

import logging
import re
import time
from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import func, select

from marac import clock
from marac.models import AgendaItem, Meeting
from marac.services.keeping.deployment import Deployment
from marac.vocabulary import MeetingState
from tests.builders_panels import NAMES, Panel, a_case, a_panel
from tests.journeys.keyboard import Keyboard
from tests.journeys.people import LAPTOP, Person, Room

LOG: Final = logging.getLogger(__name__)
CASES: Final = 18
BEFORE_ORDERING, MOST_INTERACTIONS, MOST_KEYS = 8, 12, 340


@pytest.fixture
def panel(house: Deployment) -> Panel:
    """A meeting in four weeks with nothing on it, and eighteen accepted cases that wait."""
    empty = a_panel(house, 0, starts_in=timedelta(days=28))
    with empty.work(empty.coordinator) as session:
        session.info["house"] = house
        for number in range(CASES):
            a_case(session, house, name=NAMES[number % len(NAMES)], children=number % 2)
    return empty


def test_an_agenda_of_eighteen_is_built_and_published_by_keyboard_alone(room: Room, panel: Panel):
    """DA-19, DA-20: from one's own work to the published agenda, two cases put elsewhere on the way."""
    person = room.sign_in(panel.coordinator, LAPTOP, names=("Amina", "Siobhan", "Begum", "Doyle"))
    began, person.keys_pressed, keys = time.monotonic(), 0, Keyboard(person)
    go_to_the_agenda(keys, panel)
    keys.press(f"Add {CASES} suggested")
    assert person.sees(f"{CASES} cases in order")
    assert keys.interactions < BEFORE_ORDERING
    before = person.keys_pressed

    first, last = who_is(person, 1), who_is(person, CASES)
    move(keys, CASES, 1)
    assert (who_is(person, 1), who_is(person, 2)) == (last, first)
    move(keys, 2, 5)
    assert who_is(person, 5) == first

    keys.press("Check and publish", back=True)
    assert person.sees("Agencies told")
    keys.press("Publish the agenda")
    assert person.sees("Agenda published. Agencies were asked for research.")
    seconds = round(time.monotonic() - began)
    counts = {"interactions": keys.interactions, "keys_to_add": before, "keys": person.keys_pressed, "seconds": seconds}
    LOG.info("agenda of %d by keyboard alone: %s: %s", CASES, counts, keys.screens)
    assert keys.interactions <= MOST_INTERACTIONS, counts
    assert person.keys_pressed <= MOST_KEYS, counts
    published(panel)


def go_to_the_agenda(keys: Keyboard, panel: Panel) -> None:
    """By the menu, the list of meetings and the parts of this one."""
    keys.person.go("/today")
    keys.press("Panels")
    day = clock.to_london(clock.now() + timedelta(days=28))
    keys.press(re.compile(f"{day:%a} {day.day} {day:%b}"))
    assert keys.person.path == f"/panels/{panel.reference}"
    keys.press("Agenda")


def move(keys: Keyboard, number: int, to: int) -> None:
    """A new number typed into the box of one case; Enter; and the focus goes on from where the case is now."""
    person = keys.person
    keys.reach(person.find(f"#to-{number}"))
    person.type(str(to))
    keys.interactions += 1
    keys.enter()
    person.keys("Tab")
    assert person.focus == f"Move number {to}"


def who_is(person: Person, number: int) -> str:
    """The reference of the nth case."""
    found = re.search(r"[A-Z]\d[A-Z]-\d\d[A-Z]", person.find(".app-order tbody tr").nth(number - 1).inner_text())
    assert found is not None
    return found[0]


def published(panel: Panel) -> None:
    with panel.house.reader() as session:
        assert session.scalar(select(func.count()).select_from(AgendaItem)) == CASES
        assert session.get_one(Meeting, panel.meeting_id).state is MeetingState.PUBLISHED
