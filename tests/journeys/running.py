"""How a coordinator runs a panel without a mouse: only keys, and what each leads to."""

from marac.vocabulary import AttendanceState
from tests.builders_panels import Panel
from tests.journeys.people import Person

FIVE = ("risk_victim", "risk_children", "risk_adults", "risk_perpetrator", "risk_staff")
WHAT_HAS_FOCUS = """() => {
  const one = document.activeElement
  const label = one.labels && one.labels[0] ? one.labels[0].innerText : ''
  return [one.id, one.name || '', label, one.getAttribute('aria-label') || '', one.innerText || '', one.value || ''].join('|')
}"""
COVERED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect()
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
  return one === document.body || !top || one.contains(top) || top.contains(one) ? '' : one.outerHTML.slice(0, 80)
}"""


def tab_to(person: Person, words: str, most: int = 160) -> None:
    """Press Tab until what has the focus goes by these words (its id, name, label or text); it can be seen."""
    for _ in range(most):
        if words in person.page.evaluate(WHAT_HAS_FOCUS).split("|")[0:5]:
            assert person.page.evaluate(COVERED) == "", "what has the focus is covered"
            return
        person.keys("Tab")
    raise AssertionError(f"no Tab reaches {words!r} on {person.path}")


def enter(person: Person) -> None:
    """Press Enter, and look at where it leads."""
    with person.page.expect_navigation():
        person.keys("Enter")
    person.look()


def run_by_keyboard(person: Person, panel: Panel) -> None:
    """Attendance, both cases and the end of the meeting. The mouse would raise an error if it were used."""
    attendance(person, panel)
    raise NotImplementedError


def attendance(person: Person, panel: Panel) -> None:
    """Who is here has agreed confidentiality, and the chair has read the statement: only then the meeting opens."""
    person.go(f"/panels/{panel.reference}/attendance")
    assert AttendanceState.PRESENT
