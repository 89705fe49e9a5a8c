"""Minutes from the last case to their readers and back: sent, approved, looked at as each reader, circulated, recalled.

ux 1.1: fifteen minutes from the last case to circulated; what was pressed, by whom, is counted.
"""

import logging
import re
import time
from typing import Final

import pytest
from sqlalchemy import select

from marac.models import Message
from marac.services.keeping.deployment import Deployment
from marac.vocabulary import Template
from tests.builders import Worker
from tests.builders_panels import Panel, a_held_panel
from tests.journeys.keyboard import Keyboard
from tests.journeys.people import LAPTOP, PHONE, SMALL, Person, Room

LOG: Final = logging.getLogger(__name__)
NAMES: Final = ("Amina", "Siobhan", "Begum", "Doyle")
SAID: Final = "Risk to the victim-survivor: said and agreed."
MOST_BY_COORDINATOR, MOST_BY_CHAIR = 6, 2


@pytest.fixture
def panel(house: Deployment) -> Panel:
    """A meeting that heard two cases a moment ago; its minutes are a draft."""
    return a_held_panel(house, 2)


def link_for(panel: Panel, worker: Worker) -> str:
    """Where the mail about circulated minutes leads one person."""
    with panel.house.reader() as session:
        mine = select(Message.go_token).where(Message.user_id == worker.id, Message.template == Template.MINUTES_ISSUED)
        return f"/go/{session.scalars(mine).one()}"


def test_minutes_are_approved_looked_at_circulated_read_and_recalled(room: Room, panel: Panel):
    """DA-29, DA-31, DA-33: by keyboard on a laptop, the chair on a phone, the reader from the mail's link."""
    coordinator = room.sign_in(panel.coordinator, LAPTOP, names=NAMES, at=f"/panels/{panel.reference}/minutes")
    began, keys = time.monotonic(), Keyboard(coordinator)
    keys.skip()
    keys.press("Send to the chair")
    assert coordinator.sees("Sent to the chair.")

    pressed_by_chair = approve(room.sign_in(panel.chair, PHONE, names=NAMES))
    coordinator.go(coordinator.path)
    keys.skip()
    keys.press("See who will read what")
    look_as_reader(keys)
    keys.press("Circulate")
    assert coordinator.sees("Minutes circulated. Agencies were asked to sign in.")
    counts = {"coordinator": keys.interactions, "chair": pressed_by_chair, "seconds": round(time.monotonic() - began)}
    LOG.info("from draft to circulated: pressed %s", counts)
    assert keys.interactions <= MOST_BY_COORDINATOR
    assert pressed_by_chair <= MOST_BY_CHAIR

    reader = room.sign_in(panel.housing, LAPTOP, names=NAMES, at=link_for(panel, panel.housing))
    read(reader, panel)
    recall(coordinator)
    assert withdrawn(reader)


def approve(chair: Person) -> int:
    """From the chair's own work: one link, one button."""
    chair.follow("minutes")
    assert chair.heading == "Minutes"
    assert chair.small_targets() == []
    chair.press("Approve")
    assert chair.sees("Minutes approved. They cannot be changed now.")
    assert not chair.page.get_by_role("button", name="Approve").count()
    return 2


def look_as_reader(keys: Keyboard) -> None:
    """Every reader is named before anybody is told, and exactly what one of them will read can be looked at."""
    person = keys.person
    assert person.heading == "Who will read what"
    assert person.sees("Hana Reed")
    assert person.sees("2 cases")
    keys.press(re.compile("^Hana Reed"))
    assert person.sees(SAID.partition(":")[0])
    assert not person.page.get_by_role("button", name=re.compile("Approve|Circulate|Recall")).count()
    keys.press("Back to everybody")


def read(reader: Person, panel: Panel) -> None:
    """The link leads to the minutes; they carry the reader's own name on every page; they fit a small screen."""
    assert reader.path == f"/panels/{panel.reference}/minutes"
    assert reader.sees(SAID)
    assert reader.sees("For Hana Reed")
    assert reader.sees("Version 1.")
    reader.page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
    reader.look()


def recall(coordinator: Person) -> None:
    """A reason is asked for."""
    coordinator.follow("Recall the minutes")
    coordinator.press("Recall")
    assert coordinator.page.title().startswith("Error: ")
    coordinator.fill("Why", "Sent too early.")
    coordinator.press("Recall")
    assert coordinator.sees("Minutes recalled. Their link says that they were withdrawn.")


def withdrawn(reader: Person) -> bool:
    """What was open a moment ago is gone, with its words."""
    reader.go(reader.path)
    assert not any(name in reader.page.content() for name in (*NAMES, "said and agreed", "Sent too early"))
    return reader.heading == "Withdrawn"
