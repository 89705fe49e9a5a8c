"""How a coordinator runs a panel without a mouse: only keys, and what each leads to."""

from tests.builders_panels import Panel
from tests.journeys.people import Person

FIVE = ("risk_victim", "risk_children", "risk_adults", "risk_perpetrator", "risk_staff")
DOUBTFUL = "h: check the register by next tue"
LINE = "police: apply for stalking protection order by fri"
WHAT_HAS_FOCUS = """() => {
  const one = document.activeElement
  const label = one.labels && one.labels[0] ? one.labels[0].innerText : ''
  return [one.id, one.name || '', label.trim(), one.getAttribute('aria-label') || '', (one.innerText || '').trim()]
}"""
COVERED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect()
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
  return one === document.body || !top || one.contains(top) || top.contains(one) ? '' : one.outerHTML.slice(0, 80)
}"""


def tab_to(person: Person, words: str, most: int = 160) -> None:
    """Press Tab until what has the focus goes by these words (its id, name, label or text); it can be seen."""
    for _ in range(most):
        if words in person.page.evaluate(WHAT_HAS_FOCUS):
            assert person.page.evaluate(COVERED) == "", "what has the focus is covered"
            return
        person.keys("Tab")
    raise AssertionError(f"no Tab reaches {words!r} on {person.path}")


def go_by(person: Person, key: str) -> None:
    """Press a key that leads to a page, and look at it."""
    with person.page.expect_navigation():
        person.keys(key)
    person.look()


def run_by_keyboard(person: Person, panel: Panel) -> None:
    """Attendance, both cases and the end of the meeting."""
    attend(person, panel)
    person.keys_pressed = 0
    hear_the_first(person)
    assert person.keys_pressed < 60, "beside the words typed"
    hear_the_second(person)
    assert person.sees("No gaps. Ready for the chair."), person.read()
    tab_to(person, "End the meeting")
    go_by(person, "Enter")
    assert person.heading == "Minutes"


def attend(person: Person, panel: Panel) -> None:
    """The meeting opens when who is here has agreed and the chair has read the statement; before that it says so."""
    person.go(f"/panels/{panel.reference}/attendance")
    assert person.sees("What is said here is confidential.")
    here = person.find("tr", has_text="Metropolitan Police").locator("select").get_attribute("id")
    tab_to(person, here or "")
    person.keys("p", "Tab")
    person.type("Paul Grey")
    person.keys("Tab", "Space")
    tab_to(person, "Save attendance")
    go_by(person, "Enter")
    assert person.sees("Attendance saved.")
    tab_to(person, "Open the meeting")
    go_by(person, "Enter")
    assert person.page.title().startswith("Error: ")
    tab_to(person, "chair_id")
    person.type("Nia")
    tab_to(person, "statement_read")
    person.keys("Space")
    tab_to(person, "Open the meeting")
    go_by(person, "Enter")


def hear_the_first(person: Person) -> None:
    """Views, what was shared, five kinds of risk, one line that becomes an action, what was covered, the outcome."""
    assert person.heading == "Amina Begum"
    assert_fits(person)
    go_by(person, "Alt+n")
    assert_fits(person)
    person.keys("Alt+w")
    person.type("She wants to stay in her home.")
    person.keys("Alt+m")
    person.type("Police know of four calls since August.")
    person.keys("Alt+r")
    for heading in FIVE:
        assert person.focus == heading
        person.type("Talked about and agreed.")
        person.keys("Tab")
    say_why_no_more(person)
    person.keys("Alt+a")
    person.type(LINE)
    person.page.locator("[data-line]", has_text="Friday 13 November 2026").wait_for()
    go_by(person, "Enter")
    assert person.sees("Action added, due Friday 13 November 2026.")
    assert person.sees("apply for stalking protection order", inside=".app-run__agreed")
    assert person.sees("Fri 13 Nov", inside=".app-run__agreed")
    assert person.page.input_value("#risk_staff") == "Talked about and agreed."
    assert person.focus == "line", "ready for the next action"
    cover_and_finish(person)


def hear_the_second(person: Person) -> None:
    """A line that is doubtful is asked about, and nothing typed is lost."""
    assert person.heading == "Siobhan Doyle"
    go_by(person, "Alt+n")
    person.keys("Alt+w")
    person.type("Not asked: it was not safe.")
    person.keys("Alt+r")
    for _ in FIVE:
        person.type("Talked about and agreed.")
        person.keys("Tab")
    say_why_no_more(person)
    person.keys("Alt+a")
    person.type(DOUBTFUL)
    person.page.locator("[data-line]", has_text="Select the agency").wait_for()
    person.keys("Enter")
    assert person.page.input_value("#line") == DOUBTFUL, "nothing is chosen for anybody"
    take(person, "Housing options")
    take(person, "Tuesday 24 November 2026")
    person.page.locator("[data-line]", has_text="register. Tuesday 24 November 2026").wait_for()
    assert person.page.input_value("#risk_staff") == "Talked about and agreed."
    go_by(person, "Enter")
    assert person.sees("Action added, due Tuesday 24 November 2026.")
    cover_and_finish(person)


def say_why_no_more(person: Person) -> None:
    """The sixth box follows the five risks: without a reason each risk that no action meets is a gap."""
    assert person.focus == "no_action"
    person.type("The one action meets the rest.")


def take(person: Person, words: str) -> None:
    """Along the listbox under the action line to what begins like this, and take it."""
    person.page.locator("#line-choices li", has_text=words).first.wait_for()
    for _ in range(20):
        person.keys("ArrowDown")
        if person.find("#line-choices [aria-selected=true]").inner_text().startswith(words):
            person.keys("Enter")
            return
    raise AssertionError(f"no arrow reaches {words!r}")


def cover_and_finish(person: Person) -> None:
    """Tick what was covered, choose the outcome, say who tells her, and go on to the next."""
    person.keys("Alt+c")
    for _ in range(7):
        person.keys("Space", "Tab")
    person.keys("Alt+o", "Space")
    tab_to(person, "tells_victim")
    person.type("Ida Sender, Solace")
    go_by(person, "Alt+n")


def assert_fits(person: Person) -> None:
    """The Run screen never scrolls on a laptop."""
    assert person.page.evaluate("document.documentElement.scrollHeight <= innerHeight")
