"""The people of the journeys: one browser each, signed in as they would, who look at every page they come to.

A person never sees a page that axe complains about, that scrolls sideways, or that says anything on the console.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page

from marac import clock

LAPTOP, WIDE, PHONE, SMALL, ZOOMED = (1366, 768), (1920, 1080), (390, 844), (320, 640), (640, 400)
BANNED_IN_TITLE = ("abuse", "marac", "sanctuary", "victim")
SMALL_TARGETS = """
[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter((one) => one.getClientRects().length && !one.closest('p, .govuk-visually-hidden'))
  .filter((one) => !one.matches('.govuk-skip-link, .govuk-checkboxes__input, .govuk-radios__input'))
  .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 90)])
  .filter(([box]) => box.width < 24 || box.height < 23.5)
  .map(([box, html]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)
"""


@dataclass
class Person:
    """Somebody at a browser. `names` are those that no title and no address may hold."""

    page: Page
    address: str
    check: Callable[[Page], None]
    names: tuple[str, ...] = ()
    script: bool = True
    noises: list[str] = field(default_factory=list)
    keys_pressed: int = 0
    status: int = 0  # what the last typed address answered

    def go(self, path: str) -> None:
        """Type an address."""
        answer = self.page.goto(f"{self.address}{path}")
        self.status = answer.status if answer else 0
        self.look()

    def declare(self) -> None:
        """Say of every name on an agenda that one knows nobody, and go on to where one was going (DA-5)."""
        assert self.path.endswith("/declare"), self.path
        self.tick("I have read every name. I will say at once if I find that I know somebody")
        self.press("Declare")

    def look(self) -> None:
        """Look at the page one came to: sound for everybody, and silent about whom it is about."""
        self.settle()
        self.check(self.page)
        title = self.page.title().lower()
        held = [name for name in (*self.names, *BANNED_IN_TITLE) if name.lower() in title]
        assert held == [], f"the title {title!r} holds {held}"
        path = self.path.lower()
        assert not [name for name in self.names if name.lower().replace(" ", "") in path.replace("-", "")]
        assert self.page.locator("h1").count() == 1

    def settle(self) -> None:
        """Wait until the page's script has started."""
        if self.script:
            self.page.wait_for_selector("html[data-ready]", state="attached")

    def press(self, name: str, *, exact: bool = True, inside: str = "body") -> None:
        """Press a button, by its words, and look at what follows."""
        with self.page.expect_navigation():
            self.page.locator(inside).get_by_role("button", name=name, exact=exact).first.click()
        self.look()

    def follow(self, name: str, *, exact: bool = False, inside: str = "body") -> None:
        """Follow a link, by its words, and look at where it leads."""
        with self.page.expect_navigation():
            self.page.locator(inside).get_by_role("link", name=name, exact=exact).first.click()
        self.look()

    def fill(self, label: str, words: str) -> None:
        """Type into the box with this label."""
        self.page.get_by_label(label, exact=True).first.fill(words)

    def fill_date(self, name: str, day: str, month: str, year: str) -> None:
        """The three boxes of a date; `name` is the field's."""
        for part, typed in (("day", day), ("month", month), ("year", year)):
            self.page.locator(f"#{name}-{part}").fill(typed)

    def choose(self, question: str, answer: str) -> None:
        """One answer of a group of radios or tick boxes, by the words of both."""
        group = self.page.get_by_role("group", name=question)
        group.get_by_label(answer, exact=True).first.check()

    def tick(self, label: str) -> None:
        """One tick box on its own."""
        self.page.get_by_label(label, exact=True).check()

    def keys(self, *presses: str) -> None:
        """Press keys, one after the other."""
        for key in presses:
            self.page.keyboard.press(key)
            self.keys_pressed += 1

    def type(self, words: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(words)

    def sees(self, words: str, *, inside: str = "main") -> bool:
        """Whether these words can be read."""
        return words in self.read(inside)

    def read(self, inside: str = "main") -> str:
        """What can be read, on one line."""
        return " ".join(self.page.inner_text(inside).split())

    def find(self, selector: str, **more: Any) -> Locator:
        """A part of the page."""
        return self.page.locator(selector, **more)

    @property
    def path(self) -> str:
        """Where one is."""
        return urlsplit(self.page.url).path

    @property
    def heading(self) -> str:
        """The h1."""
        return self.read("h1")

    @property
    def focus(self) -> str:
        """The id, or else the words, of what has the focus."""
        return str(self.page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))

    def small_targets(self) -> list[str]:
        """What is too small to press with a thumb."""
        return list(self.page.evaluate(SMALL_TARGETS))


@dataclass
class Room:
    """The browsers of one story. At its end nobody's console may have said anything."""

    browser: Browser
    address: str
    check: Callable[[Page], None]
    watch: Callable[[Page], list[str]]
    shift: Callable[[float], None]
    here: list[Person] = field(default_factory=list)

    def stranger(self, size: tuple[int, int] = LAPTOP, *, script: bool = True, names: tuple[str, ...] = ()) -> Person:
        """A browser in which nobody is signed in."""
        phone = {"has_touch": True, "is_mobile": True} if size == PHONE and script else {}
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=script, locale="en-GB",
            timezone_id="Europe/London", **phone,
        )  # fmt: skip
        context.clock.set_fixed_time(clock.now())
        page = context.new_page()
        page.set_default_timeout(20_000)
        person = Person(page, self.address, self.check if script else unchecked, names, script)
        person.noises = self.watch(page)
        self.here.append(person)
        return person

    def sign_in(
        self, worker: Any, size: tuple[int, int] = LAPTOP, *, script: bool = True, names: tuple[str, ...] = (),
        at: str = "/sign-in",
    ) -> Person:  # fmt: skip
        """Somebody comes with password and phone, and is at their work."""
        person = self.stranger(size, script=script, names=names)
        person.go(at)
        enter(person, worker)
        return person

    def wait(self, seconds: float = 31) -> None:
        """Time passes: by itself until the phone shows another code, since each is good for one sign-in."""
        self.shift(seconds)

    def leave(self) -> None:
        """Everybody goes; whose console spoke is named."""
        noises = {person.path: person.noises for person in self.here if person.noises}
        for person in self.here:
            person.page.context.close()
        assert noises == {}, f"said on the console: {noises}"


def enter(person: Person, worker: Any) -> None:
    """Through both sign-in pages, to where one was going."""
    person.fill("Email address", worker.email)
    person.fill("Password", worker.password)
    person.press("Continue")
    person.page.locator("#code").fill(worker.code())
    person.press("Sign in", inside="main")


def unchecked(page: Page) -> None:
    """axe is a script: where scripts do not run only the width can be seen. The same pages are checked with scripts."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url
