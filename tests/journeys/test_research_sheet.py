"""Eighteen research replies with fifteen not known, by keys alone; and an action done in two clicks from a mail's link.

ux 1.3: six minutes for the sheet, two clicks after sign-in for the action. Keys and clicks are counted and logged.
"""

import logging
from typing import Final

import pytest
from sqlalchemy import select

from marac import notifications
from marac.models import Research
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import ActionState, ResearchState, Template
from tests.builders_cases import a_story
from tests.builders_panels import NAMES, Panel, a_published_panel
from tests.journeys.people import LAPTOP, PHONE, Person, Room
from tests.journeys.running import tab_to

LOG: Final = logging.getLogger(__name__)
CASES, KNOWN = 18, (1, 5, 9)
MOST_KEYS: Final = 100  # beside the words typed


@pytest.fixture
def panel(house: Deployment) -> Panel:
    return a_published_panel(house, CASES)


def states(panel: Panel) -> list[ResearchState]:
    with panel.house.reader() as session:
        mine = select(Research.state).where(Research.agency_id == panel.housing.agency_id)
        return list(session.scalars(mine))


def answer_known(worker: Person, row: int) -> None:
    """One person is known: who, what is shared, a fact; then on to the next row."""
    worker.keys("k")
    worker.keys("Space")
    box = worker.page.evaluate("document.activeElement.name")
    row_id = box.removeprefix("who_known_")
    tab_to(worker, f"shared_{row_id}")
    worker.type(f"Asked to move in May, number {row}.")
    tab_to(worker, f"fact_or_opinion_{row_id}")
    worker.keys("Space")


def test_eighteen_replies_with_fifteen_not_known_by_keys_alone(room: Room, panel: Panel):
    """DA-21, ux 2.7: N and K answer a row and go on; the rest in one press that asks once and names them."""
    worker = room.sign_in(panel.housing, LAPTOP, names=NAMES, at=f"/research/{panel.reference}")
    worker.keys_pressed = 0
    first = worker.page.locator(".app-research__answer input").first
    tab_to(worker, first.get_attribute("name") or "")
    for row in range(1, max(KNOWN) + 1):
        if row in KNOWN:
            answer_known(worker, row)
            following = worker.page.locator(".app-research__row").nth(row).locator(".app-research__answer input").first
            tab_to(worker, following.get_attribute("name") or "")
        else:
            worker.keys("n")
    worker.keys("r")
    assert "Mark the rest not known" in worker.focus
    with worker.page.expect_navigation():
        worker.keys("Enter")
    worker.look()
    assert worker.heading == "Mark the rest not known"
    tab_to(worker, "Mark 9 people not known")
    with worker.page.expect_navigation():
        worker.keys("Enter")
    worker.look()
    LOG.info("18 replies, 15 not known: %d keys beside the words typed", worker.keys_pressed)
    assert worker.sees("18 of 18")
    found = states(panel)
    assert (found.count(ResearchState.NIL_RETURN), found.count(ResearchState.RETURNED)) == (15, 3)
    assert worker.keys_pressed < MOST_KEYS
    assert not worker.sees("Doyle, Siobhan"), "not known shrinks to initials"


def test_an_action_is_done_in_two_clicks_after_signing_in_from_the_mail(room: Room, house: Deployment):
    """ux 1.3: the link leads to the agency's one action, by phone too; contact rules stay on top (DA-14, DA-28)."""
    story = a_story(house)
    with unit_of_work(house) as session:
        notifications.enqueue(
            session, story.housing.partnership_id, [story.housing.id], Template.ACTIONS_ASSIGNED,
            subject_key="one", path="/actions",
        )  # fmt: skip
    with house.reader() as session:
        token = session.scalars(select(notifications.Message.go_token)).one()
    worker = room.sign_in(story.housing, PHONE, names=("Amina", "Begum"), at=f"/go/{token}")
    assert worker.heading.endswith("Change the locks")
    rules = worker.page.get_by_text("contact", exact=False).first.bounding_box()
    choice = worker.page.get_by_label("Done", exact=True)
    assert rules is not None
    assert rules["y"] < choice.bounding_box()["y"]
    choice.click()
    with worker.page.expect_navigation():
        worker.page.get_by_role("button", name="Save", exact=True).click()
    worker.look()
    assert worker.sees("Saved. Thank you.")
    with house.reader() as session:
        assert story.action(session).state is ActionState.COMPLETE
