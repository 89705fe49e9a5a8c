"""The browser of the journeys: Debian's Chromium through Playwright, where any console message is a failure."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from marac import clock
from marac.services.keeping.deployment import Deployment
from tests.builders import app_of
from tests.journeys.people import Room

CHROMIUM = os.environ.get("MARAC_CHROMIUM") or next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # three times as quick as also listing what passed
}
TOO_WIDE = """
[...document.querySelectorAll('body *')]
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 120)).slice(-4)
"""
WEDNESDAY = datetime(2026, 11, 11, 9, 30, tzinfo=clock.LONDON)  # a working day, when every story is told
HERE = "http://127.0.0.1:8000"  # plain http is allowed to this machine only; the port does not matter
EXPECTED_STATUSES = (
    "404",
    "409",
    "410",
    "419",
    "422",
)  # Chromium says so on the console; the journeys cause them


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if CHROMIUM is None:
        pytest.fail("The journeys need Chromium. On Debian: apt install chromium, or set MARAC_CHROMIUM to its path.")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": [*QUIET, *sandbox]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "Europe/London", "base_url": None}


@contextmanager
def serving(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Any], str]]:
    """serve(app) -> its address on this machine, until the tests end."""
    with ExitStack() as running:
        yield lambda app: running.enter_context(serving(app))


def watch(page: Page) -> list[str]:
    """A list that fills with every console error or warning (so any CSP block), script error and failed request."""
    bad: list[str] = []

    def on_console(message: Any) -> None:
        expected = any(f"status of {status}" in message.text for status in EXPECTED_STATUSES)
        if message.type in ("error", "warning") and not expected:
            bad.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: bad.append(str(error)))
    page.on("requestfailed", lambda request: bad.append(request.url))
    return bad


@pytest.fixture
def checked_page(page: Page) -> Iterator[Page]:
    """A page that may say nothing on the console."""
    bad = watch(page)
    yield page
    assert bad == []


@pytest.fixture(scope="session")
def assert_accessible() -> Callable[[Page], None]:
    """assert_accessible(page): axe finds nothing, and nothing scrolls sideways (which axe does not see)."""
    axe = Axe()

    def check(page: Page) -> None:
        found = axe.run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
            f"{page.url} scrolls sideways at {page.viewport_size}: {page.evaluate(TOO_WIDE)}"
        )

    return check


@pytest.fixture(scope="module")
def wednesday() -> Iterator[time_machine.Traveller]:
    """The stories of a file are told on one Wednesday morning; the clock goes on from there, or is moved on."""
    with time_machine.travel(WEDNESDAY, tick=True) as clock_of_the_story:
        yield clock_of_the_story


@pytest.fixture(scope="session")
def answering(serve: Callable[[Any], str]) -> Callable[[Flask], str]:
    """answering(app) -> its address; an application is served once, whatever house it is given later."""
    known: dict[int, str] = {}
    return lambda app: known.get(id(app)) or known.setdefault(id(app), serve(app))


@pytest.fixture
def house(wednesday: time_machine.Traveller, open_house: Callable[..., Deployment]) -> Deployment:
    """A house that a real browser may use."""
    return open_house(base_url=HERE)


@pytest.fixture
def room(
    house: Deployment,
    wednesday: time_machine.Traveller,
    browser: Browser,
    answering: Callable[[Flask], str],
    assert_accessible: Callable[[Page], None],
) -> Iterator[Room]:
    """The browsers of one story."""
    here = Room(browser, answering(app_of(house)), assert_accessible, watch, wednesday.shift)
    yield here
    here.leave()
