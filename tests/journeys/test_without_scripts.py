"""The same work where scripts do not run: slower, and nothing is missing. The server alone keeps what was typed."""

from dataclasses import dataclass

import pytest

from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import Role
from tests.builders import Worker, a_meeting, a_user
from tests.builders_panels import Panel, a_panel
from tests.journeys import referring
from tests.journeys.people import LAPTOP, SMALL, Person, Room
from tests.journeys.running import FIVE, LINE


@dataclass(frozen=True)
class Story:
    """Who refers and who decides."""

    idva: Worker
    coordinator: Worker


@pytest.fixture
def story(house: Deployment) -> Story:
    with unit_of_work(house) as session:
        idva = a_user(session, house, Role.IDVA, "solace", full_name="Ida Quill")
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ade Okafor")
        a_meeting(session, idva.partnership_id, days=14)
        return Story(idva, coordinator)


def test_a_referral_is_sent_and_decided_without_scripts(room: Room, story: Story):
    idva = room.sign_in(story.idva, SMALL, script=False, names=referring.NAMES)
    referral = referring.start(idva)
    for fill_in in referring.PARTS:
        fill_in(idva, referral)
    idva.press("Check and send")
    assert idva.sees("9 yes, 24 of 24 answered")
    idva.press("Send referral")
    assert idva.heading == "Referral sent"

    coordinator = room.sign_in(story.coordinator, LAPTOP, script=False, names=referring.NAMES)
    coordinator.go(f"{referral}/decide")
    assert coordinator.sees("No possible matches.")
    coordinator.tick("I have checked for conflicts of interest")
    coordinator.choose("What do you decide?", "List for a meeting")
    coordinator.press("Save decision")
    assert coordinator.sees("Listed.")


def test_a_meeting_is_run_and_an_action_done_without_scripts(room: Room, house: Deployment):
    panel = a_panel(house, 1)
    coordinator = room.sign_in(panel.coordinator, LAPTOP, script=False)
    coordinator.go(f"/panels/{panel.reference}/publish")
    coordinator.press("Publish the agenda")
    research(room.sign_in(panel.police, SMALL, script=False), panel)
    run(coordinator, panel)

    room.wait()
    police = room.sign_in(panel.police, SMALL, script=False, at="/actions")
    police.follow("apply for stalking protection order")
    police.choose("How does it stand?", "Cannot be done")
    police.press("Save")
    assert police.sees("Select what happened")
    police.choose("How does it stand?", "Done")
    police.press("Save")
    assert police.sees("Saved. Thank you.")


def research(police: Person, panel: Panel) -> None:
    """All boxes are there from the start."""
    police.go(f"/research/{panel.reference}")
    police.declare()
    police.find(".app-research__row").nth(0).get_by_label("Known", exact=True).check()
    police.find(".app-research__row").nth(0).locator("[name^=who_known]").first.check()
    police.fill("What you plan to share", "Four calls since August.")
    police.page.get_by_label("Fact", exact=True).check()
    police.press("Send answers")
    assert police.sees("Answers sent for 1 case.")


def run(coordinator: Person, panel: Panel) -> None:
    """Attendance, one case, its action and its outcome, by buttons."""
    coordinator.go(f"/panels/{panel.reference}/attendance")
    row = coordinator.find("tr", has_text="Metropolitan Police")
    row.locator("select").select_option("present")
    row.get_by_label("Person from").fill("Paul Grey")
    row.get_by_label("Agreed in the room").check()
    coordinator.press("Save attendance")
    coordinator.find("#chair_id").select_option(label="Nia Hart")
    coordinator.tick("The chair has read the confidentiality statement aloud")
    coordinator.press("Open the meeting", inside="main")
    coordinator.press("Start this case")
    for heading in ("views", *FIVE):
        coordinator.find(f"#{heading}").fill("Talked about and agreed.")
    coordinator.find("#line").fill(LINE)
    coordinator.press("Add action")
    assert coordinator.sees("Action added, due Friday 13 November 2026.")
    assert coordinator.page.input_value("#views") == "Talked about and agreed."
    coordinator.choose("Outcome", "Heard")
    coordinator.press("Finish the last case")
    assert coordinator.page.title().startswith("Error: "), "who tells her is missing"
    coordinator.fill("Who tells the victim-survivor", "Ida Sender, Solace")
    coordinator.press("Finish the last case")
    coordinator.press("End the meeting")
    assert coordinator.heading == "Minutes"


def test_an_address_is_shown_and_the_screen_hidden_without_scripts(room: Room, house: Deployment):
    panel = a_panel(house, 1)
    coordinator = room.sign_in(panel.coordinator, SMALL, script=False)
    coordinator.go("/cases")
    coordinator.follow("Begum, Amina")
    case = coordinator.path
    coordinator.follow("Show address")
    coordinator.choose("Why do you need to see this?", "At the panel")
    coordinator.press("Show")
    assert coordinator.sees("14 Elm Row")
    coordinator.press("Hide now")
    assert coordinator.path == case
    assert not coordinator.sees("Elm Row")
    coordinator.press("Hide screen")
    assert coordinator.path == "/sign-in", "without scripts there is no cover: the sign-in ends at once"
    coordinator.go(case)
    assert coordinator.path == "/sign-in"
