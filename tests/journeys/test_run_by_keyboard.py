"""The Run screen as it is used in the room: keys alone, two people at once, a clock, and the screen on the wall."""

import logging
import time
from typing import Final

import pytest
from playwright.sync_api import expect

from marac.services.keeping.deployment import Deployment
from tests.builders import actor_for
from tests.builders_panels import Panel, a_called_case, a_running_panel, hear as hear_behind
from tests.journeys.keyboard import Keyboard
from tests.journeys.people import LAPTOP, PHONE, SMALL, WIDE, ZOOMED, Person, Room
from tests.journeys.running import FIVE, assert_fits, go_by

LOG: Final = logging.getLogger(__name__)
NAMES = ("Amina", "Siobhan", "Zofia", "Begum", "Doyle", "Nowak")
PANES = "[...document.querySelectorAll('.app-run__scroll, .app-run__agenda')].map((one) => one.tabIndex)"
LINES = (
    ("police: bail check by fri", "idva, police: joint visit by mon"),
    ("csc: school pick-up plan by 48h", "housing: confirm direct let by 20 Nov"),
    ("mh: crisis plan by 2w", "prob: warn re contact on 27/11"),
)


@pytest.fixture
def panel(house: Deployment) -> Panel:
    return a_running_panel(house, 3)


def test_three_cases_are_run_by_keyboard_alone_with_two_actions_each(room: Room, panel: Panel):
    """DA-24 to DA-27: no mouse, no page scroll, axe on every page that is come to."""
    person = room.sign_in(panel.coordinator, LAPTOP, names=NAMES, at=f"/panels/{panel.reference}/run/1")
    began, person.keys_pressed = time.monotonic(), 0
    for lines in LINES:
        hear(person, lines)
    LOG.info("3 cases: %d keys, %d seconds", person.keys_pressed, time.monotonic() - began)
    assert person.heading == "Close the meeting"


def hear(person: Person, lines: tuple[str, str]) -> None:
    assert_fits(person)
    go_by(person, "Alt+n")
    assert_fits(person)
    person.keys("Alt+g", "s", "n", "a")
    assert person.sees("Heard from 3 of")
    person.keys("Alt+w")
    person.type("She wants to stay in her home.")
    person.keys("Alt+r")
    for heading in FIVE:
        assert person.focus == heading
        person.type("Talked about and agreed.")
        person.keys("Tab")
    person.keys("Alt+m")
    person.type("Police know of four calls.")
    person.keys("Control+Enter")
    for line in lines:
        assert person.focus == "line"
        person.type(line)
        person.page.locator("[data-line]", has_text="November 2026").wait_for()
        go_by(person, "Enter")
        assert_fits(person)
    assert person.find(".app-run__agreed li").count() >= len(lines)
    assert person.page.input_value("#risk_staff") == "Talked about and agreed."
    person.keys("Alt+c")
    for _ in range(7):
        person.keys("Space", "Tab")
    person.keys("Alt+o", "Space")
    Keyboard(person).reach(person.find("#tells_victim"))
    person.type("Ida Sender, Solace")
    go_by(person, "Alt+n")


def test_a_doubtful_line_asks_with_a_listbox_and_a_missing_part_with_a_field(room: Room, house: Deployment):
    """ux 2.6.4: nothing preselected, nothing thrown away; up arrow corrects the last; a contact word shows the rule."""
    panel = a_called_case(house, 1)
    person = room.sign_in(panel.coordinator, LAPTOP, names=NAMES, at=f"/panels/{panel.reference}/run/1")
    line, choices = person.find("#line"), person.find("#line-choices")
    person.keys("Alt+a")
    person.type("h: text her by next tue")
    choices.wait_for()
    assert line.get_attribute("aria-expanded") == "true"
    assert not line.get_attribute("aria-activedescendant"), "nothing is preselected"
    assert "to choose from" in person.read("#line-preview")
    assert person.sees("Safe contact:", inside="[data-line-safe]")
    person.keys("Enter")
    assert line.input_value() == "h: text her by next tue"
    person.keys("ArrowDown", "ArrowDown", "ArrowUp")
    assert line.get_attribute("aria-activedescendant") == "line-choice-0"
    person.check(person.page)
    person.keys("Enter")
    choices.locator("li", has_text="Tuesday 17 November 2026").wait_for()
    person.keys("ArrowDown", "Enter")
    expect(person.find("#line-preview")).not_to_contain_text("choose")
    assert "Tuesday 17 November 2026" in person.read("#line-preview")
    go_by(person, "Enter")
    assert person.sees("text her", inside=".app-run__agreed")
    correct_the_last(person)
    ask_for_the_agency(person)


def correct_the_last(person: Person) -> None:
    line = person.find("#line")
    person.keys("ArrowUp")
    assert "text her by 17/11/2026" in line.input_value()
    line.fill(line.input_value().replace("17/11/2026", "fri"))
    person.page.locator("[data-line]", has_text="Friday 13 November 2026").wait_for()
    go_by(person, "Enter")
    assert person.find(".app-run__agreed li").count() == 1
    assert person.sees("Fri 13 Nov", inside=".app-run__agreed")


def ask_for_the_agency(person: Person) -> None:
    person.type("change locks by fri")
    person.page.locator("[data-line]", has_text="Start with the agency").wait_for()
    person.keys("Enter")
    assert person.focus == "agency"
    assert person.page.input_value("#what") == "change locks"
    assert person.page.input_value("#line") == "change locks by fri"
    person.type("Metro")
    go_by(person, "Enter")
    assert person.find(".app-run__agreed li").count() == 2


def test_two_people_on_one_case_the_clock_and_the_wall(room: Room, house: Deployment):
    """DA-25: the chair types risk while the coordinator types; both see both; the wall follows by itself."""
    panel = a_called_case(house, 2)
    here = f"/panels/{panel.reference}/run/1"
    coordinator = room.sign_in(panel.coordinator, LAPTOP, names=NAMES, at=here)
    chair = room.sign_in(panel.chair, LAPTOP, names=NAMES, at=here)
    wall = Person(chair.page.context.new_page(), chair.address, chair.check, NAMES)
    wall.go(f"/panels/{panel.reference}/shared")
    assert wall.heading == "1 of 2: AB"

    chair.find("#risk_victim").fill("Very high. He knows 14 Elm Row.")
    saved(chair)
    coordinator.find("#information").fill("Police: four calls.")
    saved(coordinator)
    assert coordinator.page.input_value("#information") == "Police: four calls."
    coordinator.find("#line").focus()
    coordinator.find("#risk_staff").fill("None.")
    coordinator.find("#line").focus()
    expect(coordinator.find("#risk_victim")).to_have_value("Very high. He knows 14 Elm Row.")
    wall.page.get_by_text("Very high. He knows (not shown here).").wait_for()

    coordinator.keys("Alt+k")
    coordinator.page.get_by_text("paused").first.wait_for()
    coordinator.page.reload()
    coordinator.settle()
    assert coordinator.sees("paused")
    chair.find("#risk_victim").fill("Chair's words.")
    chair.page.wait_for_timeout(2600)
    coordinator.find("#risk_victim").fill("Coordinator's words.")
    coordinator.page.get_by_text("Press Save to see both versions").wait_for()
    coordinator.press("Save", exact=False, inside="#save")
    assert coordinator.sees("Chair's words.")
    assert coordinator.sees("Coordinator's words.")
    both = "Chair's words. Coordinator's words."
    coordinator.find("#risk_victim").fill(both)
    coordinator.press("Save this")
    assert coordinator.page.input_value("#risk_victim") == both


def test_a_tab_that_was_left_open_loses_nothing_that_is_typed_in_it(room: Room, house: Deployment):
    """DA-25: the case is heard and finished elsewhere meanwhile; the old tab is shown both."""
    panel = a_called_case(house, 2)
    person = room.sign_in(panel.coordinator, LAPTOP, names=NAMES, at=f"/panels/{panel.reference}/run/1")
    with panel.work(panel.coordinator) as session:
        hear_behind(session, actor_for(panel.coordinator), panel.item(session))
    person.find("#risk_victim").fill("Typed in the old tab.")
    person.page.get_by_text("Press Save to see both versions").wait_for()
    person.find("#no_action").fill("Also typed there.")
    person.press("Save", exact=False, inside="#save")
    assert person.sees("Typed in the old tab.")
    assert person.sees("Risk to the victim-survivor: said and agreed.")
    person.press("Save this")
    assert person.page.input_value("#risk_victim") == "Typed in the old tab."
    assert person.page.input_value("#no_action") == "Also typed there."


def saved(person: Person) -> None:
    person.page.locator(".app-save", has_text="Saved 9:").wait_for()


def test_the_run_screen_fits_and_below_that_is_one_column(room: Room, house: Deployment):
    panel = a_called_case(house, 6, children=2)
    person = room.sign_in(panel.coordinator, LAPTOP, names=NAMES, at=f"/panels/{panel.reference}/run/1")
    for size in (LAPTOP, WIDE):
        person.page.set_viewport_size({"width": size[0], "height": size[1]})
        assert_fits(person)
        assert person.page.evaluate(PANES) == [0, 0, 0], "what scrolls can be focused"
    for size in (ZOOMED, (340, 192), SMALL, PHONE):
        person.page.set_viewport_size({"width": size[0], "height": size[1]})
        person.check(person.page)
        assert person.small_targets() == []


def test_keys_are_moved_or_turned_off_by_the_person_who_uses_them(room: Room, house: Deployment):
    """WCAG 2.1.4: each key stands beside its label, wherever it was moved to."""
    panel = a_called_case(house, 1)
    here = f"/panels/{panel.reference}/run/1"
    person = room.sign_in(panel.coordinator, LAPTOP, names=NAMES, at="/account/shortcuts")
    person.fill("Add action", "J")
    person.press("Save keys")
    person.go(here)
    person.keys("Alt+j")
    assert person.focus == "line"
    assert person.page.get_attribute("#line", "aria-keyshortcuts") == "Alt+J"
    assert person.sees("Alt+J")
    person.go("/account/shortcuts")
    person.choose("Shortcuts", "Turn all shortcuts off")
    person.press("Save keys")
    person.go(here)
    assert not person.sees("Alt+")
    person.keys("Alt+a")
    assert person.focus != "line"
