"""Somebody who uses the keyboard alone: Tab to what they want, keys to answer it. Nothing here ever clicks."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import Locator

from tests.journeys.people import Person

FURTHEST = 220  # presses of Tab; no page asks for more


@dataclass
class Keyboard:
    """The keys of one person, and the pages they came to by them, in order."""

    person: Person
    screens: list[str] = field(default_factory=list)
    interactions: int = 0  # what was pressed, ticked, chosen or typed into; Tab on the way there is not counted

    def reach(self, target: Locator, *, back: bool = False) -> None:
        """Tab until it, or something in it, has the focus; on (or back) from where the focus is."""
        target = target.first
        for _ in range(FURTHEST):
            if target.evaluate("one => one.contains(document.activeElement)"):
                return
            self.person.keys("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{target} is not reached by Tab on {self.person.path}")

    def skip(self) -> None:
        """From the top of a page to what it is about."""
        self.person.keys("Tab", "Enter")

    def write(self, label: str, words: str) -> None:
        """Into the box with this label."""
        self.reach(self.person.page.get_by_label(label, exact=True))
        self.person.type(words)
        self.interactions += 1

    def date(self, name: str, *parts: str) -> None:
        """Day, month and year; `name` is the field's."""
        self.reach(self.person.find(f"#{name}-day"))
        for number, part in enumerate(parts):
            if number:
                self.person.keys("Tab")
            self.person.type(part)

    def answer(self, question: str, answer: str) -> None:
        """One of a group of radios: to the group, then along it by arrows."""
        group = self.person.page.get_by_role("group", name=question)
        wanted = group.get_by_label(answer, exact=True).first
        self.reach(group)
        if not group.locator("input:checked").count():
            self.person.keys("Space")
        for _ in range(12):
            if wanted.is_checked():
                self.interactions += 1
                return
            self.person.keys("ArrowDown")
        raise AssertionError(f"{answer} is not reached by arrows in {question}")

    def tick(self, label: str) -> None:
        """One tick box."""
        self.reach(self.person.page.get_by_label(label, exact=True))
        self.person.keys("Space")
        self.interactions += 1

    def press(self, name: str | re.Pattern[str], *, back: bool = False) -> None:
        """A button or a link, and look at what follows."""
        page = self.person.page
        buttons, links = (page.get_by_role(role, name=name, exact=True) for role in ("button", "link"))
        self.reach(buttons.or_(links), back=back)
        self.enter()

    def enter(self) -> None:
        """Press what has the focus, and come to another page."""
        with self.person.page.expect_navigation():
            self.person.keys("Enter")
        self.interactions += 1
        self.person.look()
        self.screens.append(self.person.heading)
        if "#" not in self.person.page.url:  # else one goes on from that part of the page
            self.skip()
