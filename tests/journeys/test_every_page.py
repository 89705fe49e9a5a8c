"""Every page that somebody can come to from their own menu, at five sizes, in a borough with a month of work in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from marac import clock
from marac.services import demo
from marac.services.keeping.deployment import Deployment, set_up
from tests.builders import app_of
from tests.conftest import settings_in
from tests.journeys.conftest import HERE, RULES, watch
from tests.journeys.people import LAPTOP, PHONE, SMALL, WIDE, ZOOMED, Person, Room, unchecked

SAME_FOR_ALL = ("/help", "/accessibility", "/privacy", "/safety")
ROLES = (
    "coordinator", "chair", "idva", "representative", "deputy", "referrer", "sanctuary_officer",
    "crime_prevention_officer", "contractor", "service_manager", "agency_admin", "system_admin", "auditor",
)  # fmt: skip
FULL, SIZES = (LAPTOP,), (LAPTOP, SMALL, PHONE, ZOOMED, WIDE)
BY_LAYOUT = {  # what may differ from one size to the next although the page is the same
    "runOnly": {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]},
    "resultTypes": ["violations"],
}
COMPLAINTS = """(options) => axe.run(document, options).then((found) => found.violations.map((one) =>
  [one.id, one.help, one.nodes.map((node) => [node.target.join(' '), node.failureSummary])]))"""
REFERENCE = re.compile(r"/[A-Z]\d[A-Z]-\d\d[A-Z](?=/|$)")
FIGURE = re.compile(r"/\d{4}-\d{2}(/\w+)?(?=/|$)")  # a year of a report, a figure of it
NUMBER = re.compile(
    r"/(?:[a-z_]+-)?[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}(?=/|$)|/[0-9a-f]{10}(?=/|$)|/\d+(?=/|$)"
)
LINKS = "[...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href'))"


@dataclass(frozen=True)
class Account:
    """Somebody of the demo."""

    role: str
    email: str
    password: str
    totp_secret: str

    def code(self) -> str:
        """What their phone shows now."""
        return pyotp.TOTP(self.totp_secret).at(int(clock.now().timestamp()))


@pytest.fixture(scope="module")
def borough(wednesday: time_machine.Traveller, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The demo of one month."""
    house = set_up(settings_in(tmp_path_factory.mktemp("borough"), base_url=HERE))
    demo.load(house, scale="month")
    yield house
    house.close()


@pytest.fixture(scope="module")
def accounts(borough: Deployment) -> dict[str, Account]:
    """The first person of each role."""
    found: dict[str, Account] = {}
    for row in demo.accounts(borough):
        account = Account(*(str(row[name]) for name in ("role", "email", "password", "totp_secret")))
        found.setdefault(account.role, account)
    return found


@pytest.fixture
def town(
    borough: Deployment, browser: Browser, answering: Any, wednesday: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Room]:  # fmt: skip
    """The browsers of one role; the walk itself looks at each page, and takes longer than a fresh code lasts."""
    monkeypatch.setattr("marac.access.policy.STEP_UP_LASTS", timedelta(hours=1))
    here = Room(browser, answering(app_of(borough)), unchecked, watch, wednesday.shift)
    yield here
    here.leave()


@pytest.fixture(scope="module")
def seen() -> set[str]:
    """The kinds of page that were looked at in full."""
    return set()


def test_every_role_of_the_demo_is_visited(accounts: dict[str, Account]):
    few_pages = {"team_leader", "steering_group", "guest"}  # their pages are walked as another role, or in attacks/
    assert set(ROLES) | few_pages == set(accounts)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_sound_at_five_sizes(
    role: str, town: Room, accounts: dict[str, Account], seen: set[str]
) -> None:
    visited = walk(town.sign_in(accounts[role]), seen)
    assert len(visited) >= 2, visited


def walk(person: Person, seen: set[str]) -> list[str]:
    """From the menu along every link, one page of each kind; in full where no other role has been."""
    waiting, kinds = [person.path], {kind_of(person.path)}
    visited: list[str] = []
    while waiting:
        path = waiting.pop(0)
        if path in SAME_FOR_ALL and path in seen:
            continue
        person.go(path)
        assert person.status < 400, f"{path} is offered and answers {person.status}"
        visited.append(path)
        person.page.evaluate(Axe().axe_script)
        for size in SIZES if kind_of(path) not in seen else FULL:
            look_at(person.page, size)
        seen.add(kind_of(path))
        for link in links(person.page):
            if kind_of(link) not in kinds:
                kinds.add(kind_of(link))
                waiting.append(link)
    return visited


def look_at(page: Page, size: tuple[int, int]) -> None:
    """Nothing that axe complains of, nothing to scroll sideways to."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    found = page.evaluate(COMPLAINTS, RULES if size in FULL else BY_LAYOUT)
    assert found == [], f"{page.url} at {size}: {found}"
    width = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width[0] <= width[1], f"{page.url} scrolls sideways at {size}"


def links(page: Page) -> list[str]:
    """Where the links of a page lead, inside the service."""
    found = [str(link).partition("#")[0] for link in page.evaluate(LINKS)]
    inside = [link for link in found if link.startswith("/") and not link.startswith(("/static", "//"))]
    return [link for link in inside if not link.endswith((".ics", "/file"))]  # a file, not a page


def kind_of(path: str) -> str:
    """An address without its references and numbers, and without what a filter asks for."""
    return FIGURE.sub("/*", NUMBER.sub("/*", REFERENCE.sub("/*", path.partition("?")[0])))
