"""One panel, from agenda to finished action: research, a meeting without a mouse, minutes, mail, flag and tag."""

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from marac.services.clockwork import timed
from marac.services.keeping.deployment import Deployment
from marac.vocabulary import ReferralKind
from tests.builders import Worker
from tests.builders_panels import Panel, a_called_case, a_panel
from tests.journeys.people import LAPTOP, PHONE, SMALL, WIDE, ZOOMED, Person, Room
from tests.journeys.running import assert_fits, run_by_keyboard

NAMES = ("Amina", "Siobhan", "Karim", "Begum", "Doyle")
SAID = "Their file shows four calls to the flat since August."
MINE = "Our officer knows the brother."


@pytest.fixture
def panel(house: Deployment) -> Panel:
    """A meeting in an hour with two cases on its agenda; nothing published."""
    return a_panel(house, 2)


class Postbox:
    """A mail server of the test's own; it keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 aiosmtpd's name
        self.mails.append((list(envelope.rcpt_tos), envelope.content.decode()))
        return "250 OK"

    def to(self, worker: Worker) -> str:
        """The last mail to one person."""
        return next(text for who, text in reversed(self.mails) if worker.email in who)


@pytest.fixture
def post() -> Iterator[tuple[Postbox, str]]:
    """The mail server and its address."""
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, f"smtp://127.0.0.1:{port}"
    server.stop()


def test_a_panel_from_its_agenda_to_a_finished_action(
    room: Room, panel: Panel, house: Deployment, post: tuple[Postbox, str]
):
    box, address = post
    coordinator = room.sign_in(panel.coordinator, LAPTOP, names=NAMES)
    publish(coordinator, panel)
    timed.deliver_in(house, panel.police.partnership_id, address)

    housing = room.sign_in(panel.housing, LAPTOP, names=NAMES)
    mark_the_rest_not_known(housing, panel)
    police = room.sign_in(panel.police, PHONE, names=NAMES)
    share(police, panel)
    assert MINE not in housing.page.content()

    close_research(coordinator, panel)
    run_by_keyboard(coordinator, panel)
    timed.deliver_in(house, panel.police.partnership_id, address)
    link = says_nothing(box.to(panel.police), panel)
    coordinator.press("Send to the chair")

    chair = room.sign_in(panel.chair, LAPTOP, names=NAMES)
    approve(chair, panel)
    circulate(coordinator, panel)
    timed.deliver_in(house, panel.police.partnership_id, address)
    says_nothing(box.to(panel.police), panel)
    complete_in_two_clicks(room, panel, link)
    confirm_flag_and_tag(housing, panel)


def test_the_run_screen_of_a_long_agenda_never_scrolls_on_a_laptop_and_is_one_column_below(
    room: Room, house: Deployment
):
    panel = a_called_case(house, 12, kind=ReferralKind.REPEAT, children=3)
    coordinator = room.sign_in(panel.coordinator, LAPTOP, names=NAMES, at=f"/panels/{panel.reference}/run/1")
    for size in (LAPTOP, WIDE):
        coordinator.page.set_viewport_size({"width": size[0], "height": size[1]})
        assert_fits(coordinator)
        coordinator.look()
    for size in (ZOOMED, PHONE, SMALL):
        coordinator.page.set_viewport_size({"width": size[0], "height": size[1]})
        coordinator.look()
        widths = coordinator.page.evaluate(
            "[...document.querySelectorAll('.app-run > *')].map((one) => one.offsetLeft)"
        )
        assert len(set(widths)) == 1, "one column"


def says_nothing(prompt: str, panel: Panel) -> str:
    """A mail asks to sign in and names nobody and nothing; answers with the address of its link."""
    assert not [word for word in (*NAMES, SAID, MINE, panel.reference, "protection order") if word in prompt]
    assert "abuse" not in prompt.lower()
    assert "marac" not in prompt.lower()
    link = re.search(r"http://127\.0\.0\.1:8000(/go/\S+)", prompt)
    assert link is not None
    return link[1]


def publish(coordinator: Person, panel: Panel) -> None:
    """The order is moved with buttons, the check says who will be told, and agencies are asked by publishing."""
    coordinator.go(f"/panels/{panel.reference}/agenda")
    assert coordinator.sees("finishes about")
    coordinator.press("Down number 1")
    assert coordinator.find("tbody tr").nth(0).inner_text().count("Doyle") == 1
    coordinator.press("Up number 2")
    coordinator.press("Check and publish")
    assert coordinator.sees("Agencies told")
    coordinator.press("Publish the agenda")
    assert coordinator.sees("Agenda published. Agencies were asked for research.")


def mark_the_rest_not_known(housing: Person, panel: Panel) -> None:
    """Two presses for a whole sheet; the page names whom, and afterwards holds initials alone."""
    housing.go("/today")
    assert housing.sees("About 1 minute")
    housing.follow("Answer research for the panel")
    housing.declare()
    assert housing.path == f"/research/{panel.reference}"
    housing.go(f"/research/{panel.reference}")
    assert housing.sees("0 of 2 answered")
    assert housing.sees("Do not contact anyone on this list to find out more.")
    assert not housing.page.is_visible("[data-known]"), "boxes open when somebody is known"
    housing.press("Mark the rest not known")
    assert housing.sees("Begum, Amina")
    housing.press("Mark 2 people not known")
    assert housing.sees("2 of 2 answered")
    assert not any(name in housing.page.content() for name in NAMES)


def share(police: Person, panel: Panel) -> None:
    """What the agency keeps and what it plans to share are two boxes; a rule is said beside its box."""
    police.go(f"/research/{panel.reference}")
    police.declare()
    first = police.find(".app-research__row").nth(0)
    first.get_by_label("Known", exact=True).check()
    first.get_by_label("Private to your agency", exact=True).fill(MINE)
    first.get_by_label("What you plan to share", exact=True).fill(SAID)
    police.press("Send answers")
    assert police.page.title().startswith("Error: ")
    assert police.sees("fact or opinion", inside=".govuk-error-summary")
    assert first.get_by_label("What you plan to share", exact=True).input_value() == SAID
    first.get_by_label("Fact", exact=True).check()
    first.locator("[name^=who_known]").first.check()
    police.press("Send answers")
    assert police.sees("Answers sent for 1 case.")
    assert police.sees("1 of 2 answered")


def close_research(coordinator: Person, panel: Panel) -> None:
    """The coordinator sees who has answered, reminds those who have not, and opens the answers."""
    coordinator.go(f"/panels/{panel.reference}/research")
    assert MINE not in coordinator.page.content()
    coordinator.press("Close research", exact=False)
    assert MINE not in coordinator.page.content(), "private notes stay with the agency"


def approve(chair: Person, panel: Panel) -> None:
    """One page, one button, from the chair's own work."""
    assert chair.sees("minutes")
    chair.go(f"/panels/{panel.reference}/minutes")
    assert chair.sees("apply for stalking protection order")
    chair.press("Approve", exact=False)
    assert chair.sees("Minutes approved. They cannot be changed now.")


def circulate(coordinator: Person, panel: Panel) -> None:
    coordinator.go(f"/panels/{panel.reference}/minutes")
    coordinator.go(f"/panels/{panel.reference}/minutes/release")
    coordinator.press("Circulate", exact=False)
    assert coordinator.sees("Minutes circulated. Agencies were asked to sign in.")


def complete_in_two_clicks(room: Room, panel: Panel, link: str) -> None:
    """From the mail: sign in, and then Done and Save."""
    room.wait()
    police = room.sign_in(panel.police, PHONE, names=NAMES, at=link)
    assert police.heading == "apply for stalking protection order"
    assert police.sees("Fri 13 Nov")
    police.choose("How does it stand?", "Done")
    police.press("Save")
    assert police.sees("Saved. Thank you.")
    assert not police.sees("apply for stalking protection order")


def confirm_flag_and_tag(housing: Person, panel: Panel) -> None:
    """The agency marks its own file and says so."""
    housing.go("/actions")
    housing.follow("to confirm on your own file")
    housing.press("Confirm")
    assert housing.sees("Select at least one record")
    housing.find("[name=flag]").first.check()
    housing.press("Confirm")
    assert housing.sees("1 confirmed. Thank you.")
