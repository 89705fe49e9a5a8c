"""Charts where they are hardest to read: on the smallest phone, on paper, in a contrast theme, where no script runs.

Every picture is followed by the same in words or numbers, and its smallest word is 14 px or more wherever it shows.
"""

from datetime import timedelta

from marac import access, clock
from marac.models import Case
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import Role
from tests.builders import Worker, a_user
from tests.builders_cases import Story, a_story, an_assessment
from tests.builders_panels import a_held_panel
from tests.journeys.people import LAPTOP, SMALL, ZOOMED, Person, Room
from tests.services.test_places import HOME, feared_home

TOO_SMALL = """
[...document.querySelectorAll('main svg text')].filter((one) => one.getClientRects().length)
  .map((one) => [parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a, one.textContent])
  .filter(([size]) => size < 13.9)
"""
OUTSIDE = """
[...document.querySelectorAll('main svg[role=img]')].filter((one) => one.getClientRects().length).flatMap((picture) => {
  const edge = picture.getBoundingClientRect();
  return [...picture.querySelectorAll('text, rect')].map((one) => [one.getBoundingClientRect(), one.textContent])
    .filter(([box]) => box.left < edge.left - 1 || box.right > edge.right + 1 || box.bottom > edge.bottom + 1)
    .map(([box, words]) => `${words} ${box.left}..${box.right} outside ${edge.left}..${edge.right}`)
})
"""
UNNAMED = """
[...document.querySelectorAll('main figure')].filter((one) => !one.querySelector('figcaption')?.textContent.trim()
  || !(one.querySelector('table, details, ul') || one.parentElement.querySelector('ul, table'))).length
"""


def readable(person: Person) -> None:
    """The page as it now shows: nothing sideways, every word of a picture large enough and inside it."""
    assert person.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert person.page.evaluate(TOO_SMALL) == []
    assert person.page.evaluate(OUTSIDE) == []
    assert person.page.evaluate(UNNAMED) == 0


def walks(room: Room, worker: Worker, *paths: str) -> Person:
    """Somebody on a phone, at 200 percent, at a desk, on paper and in a contrast theme."""
    person = room.sign_in(worker, LAPTOP)
    for path in paths:
        person.page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
        person.go(path)  # and axe looks at it
        assert person.page.locator("main figure").count(), path
        for size in (SMALL, ZOOMED, LAPTOP):
            person.page.set_viewport_size({"width": size[0], "height": size[1]})
            readable(person)
        person.page.emulate_media(media="print")
        person.check(person.page)
        readable(person)
        person.page.emulate_media(media="screen", forced_colors="active")
        readable(person)
        person.page.emulate_media(media="screen", forced_colors="none")
    return person


def assessed(house: Deployment, story: Story) -> None:
    """Three counts of one version over two months."""
    with unit_of_work(house) as session:
        access.open_for("load", story.coordinator.partnership_id, [story.case_id])
        for days, score in ((60, 18), (30, 12), (0, 15)):
            on = clock.today() - timedelta(days=days)
            case = session.get_one(Case, story.case_id)
            an_assessment(session, case, score=score, made_on=on, made_at=clock.now() - timedelta(days=days))


def test_charts_are_read_on_a_phone_on_paper_and_without_scripts(room: Room, house: Deployment):
    """DA-39, ux 6: the map and the risk of a case, the boards of three roles, an agency's own."""
    story = a_story(house)
    feared_home(story, **HOME)
    assessed(house, story)
    a_held_panel(house, 6)
    with unit_of_work(house) as session:
        steering = a_user(session, house, Role.STEERING_GROUP, "vawg_team", programme=None)
    case = f"/cases/{story.reference}"
    keeper = walks(room, story.coordinator, case, f"{case}/people", f"{case}/risk", "/reports/dashboard")
    assert keeper.page.locator("svg.app-chart").count()
    without = room.sign_in(story.coordinator, SMALL, script=False)
    for path in (f"{case}/people", f"{case}/risk", "/reports/dashboard"):
        without.go(path)
        readable(without)
    walks(room, steering, "/reports/dashboard")
    walks(room, story.housing, "/reports/your-agency")
