"""DA-18 and DA-43 in a browser: begun here, finished there; sent now, finished later; and no word lost between."""

from dataclasses import dataclass
from typing import Final

import pytest
from sqlalchemy import select

from marac.models import Message, User
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import Role, Template
from tests.builders import Worker, a_meeting, a_user
from tests.journeys import referring
from tests.journeys.people import LAPTOP, PHONE, Person, Room, enter
from tests.journeys.referring import NAMES

URGENT: Final = {
    "Name of the person at risk": "Amena Begom", "Date of birth, or approximate age": "34",
    "Where they are now": "At her sister's", "How to reach them safely": "Only through Ida Quill",
    "Alleged perpetrator's name": "Karim Uddin",
    "What has happened and why it cannot wait": "He has her keys and is on his way.",
}  # fmt: skip
IS_BACK: Final = "What you had typed"


@dataclass(frozen=True)
class Story:
    """Who refers, the IDVA on duty, and who decides."""

    worker: Worker
    duty: Worker
    coordinator: Worker


@pytest.fixture
def story(house: Deployment) -> Story:
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Tom Hale")
        duty = a_user(session, house, Role.IDVA, "solace", full_name="Ida Quill")
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ade Okafor")
        a_meeting(session, worker.partnership_id, days=14)
    return Story(worker, duty, coordinator)


def told(house: Deployment) -> set[tuple[Template, object]]:
    """Who has been written to, and of what."""
    with house.reader() as session:
        return {tuple(row) for row in session.execute(select(Message.template, User.id).join_from(Message, User))}


def kept(person: Person, words: str) -> None:
    """Wait until the page says that it has kept what was typed."""
    person.page.get_by_text(words).wait_for()


def test_six_answers_are_sent_at_once_and_the_rest_follows(room: Room, house: Deployment, story: Story):
    """DA-18: coordinator and duty IDVA are alerted; the list says what is to be finished; then it is finished."""
    worker = room.sign_in(story.worker, LAPTOP, names=NAMES)
    referral = referring.start(worker)
    worker.follow("Send now, finish later")
    boxes = worker.find("main form [name]:not([type=hidden])")
    assert boxes.count() == len(URGENT) == 6
    worker.press("Send now")
    assert worker.find(".govuk-error-summary__list li").count() == 6, "each says what it needs"
    for label, words in URGENT.items():
        worker.fill(label, words)
    worker.press("Send now")
    assert worker.heading == "Referral sent"
    alerted = {(Template.REFERRAL_URGENT, story.coordinator.id), (Template.REFERRAL_URGENT, story.duty.id)}
    assert alerted <= told(house)

    coordinator = room.sign_in(story.coordinator, LAPTOP, names=NAMES, at="/referrals")
    assert coordinator.sees("Urgent")
    referring.open_from_list(coordinator, referral)
    assert coordinator.sees("He has her keys and is on his way.")

    worker.go(referral)
    assert worker.sees("Sent as urgent")
    assert worker.sees("Not started yet")
    for fill_in in (referring.risk, referring.reason, referring.sharing, referring.children):
        fill_in(worker, referral)
    referring.the_person(worker, referral)
    referring.safe_contact(worker, referral)
    referring.open_part(worker, referral, "The alleged perpetrator")
    referring.save(worker)
    worker.press("Check your answers")
    worker.press("Send referral")
    assert worker.heading == "Referral sent"
    worker.go(referral)
    assert not worker.sees("Sent as urgent")


def test_what_cannot_be_saved_yet_is_on_the_phone_when_the_laptop_is_closed(room: Room, story: Story):
    """DA-43: an impossible date, half a postcode and a child not added yet, on a laptop and then on a phone."""
    laptop = room.sign_in(story.worker, LAPTOP, names=NAMES)
    referral = referring.start(laptop)
    referring.open_part(laptop, referral, "The victim-survivor")
    laptop.fill("Full name", "Amena Begom")
    laptop.fill_date("born_on", "31", "2", "1991")
    laptop.fill("Postcode", "E1")
    kept(laptop, "that is kept for you")
    laptop.look()
    laptop.go(f"{referral}/children")
    laptop.choose("Who is this?", "Child")
    laptop.fill("Full name", "Nabil Udd")
    kept(laptop, "Kept for you, not sent yet")
    laptop.page.context.close()
    room.here.remove(laptop)
    assert laptop.noises == []

    room.wait()
    phone = room.sign_in(story.worker, PHONE, names=NAMES, at=f"{referral}/person")
    assert phone.sees(IS_BACK)
    assert phone.page.get_by_label("Full name", exact=True).input_value() == "Amena Begom"
    assert [phone.find(f"#born_on-{part}").input_value() for part in ("day", "month", "year")] == ["31", "2", "1991"]
    assert phone.page.get_by_label("Postcode", exact=True).input_value() == "E1"
    assert phone.small_targets() == []
    phone.fill_date("born_on", "28", "2", "1991")
    phone.fill("Postcode", "E1 0AA")
    phone.press("Save and continue")
    phone.go(f"{referral}/person")
    assert not phone.sees(IS_BACK)

    phone.go(f"{referral}/children")
    assert phone.sees(IS_BACK)
    assert phone.page.get_by_label("Full name", exact=True).input_value() == "Nabil Udd"
    phone.press("Discard it")
    assert phone.page.get_by_label("Full name", exact=True).input_value() == ""


def test_signed_out_in_the_middle_of_a_sentence(room: Room, story: Story):
    """DA-43, ux 3.5: the page says so and keeps the text; once signed in in a new tab, it is saved."""
    worker = room.sign_in(story.worker, LAPTOP, names=NAMES)
    referral = referring.start(worker)
    referring.open_part(worker, referral, "Why you are referring")
    room.wait(16 * 60)
    worker.fill("What happened", "He came to the flat and would not leave.")
    kept(worker, "You have been signed out")
    worker.look()
    with worker.page.context.expect_page() as opened:
        worker.page.get_by_role("link", name="Sign in again in a new tab").click()
    tab = Person(opened.value, worker.address, worker.check, NAMES)
    tab.settle()
    enter(tab, story.worker)
    kept(worker, "Saved 9:")
    tab.go(f"{referral}/reason")
    assert "would not leave." in tab.page.get_by_label("What happened", exact=True).input_value()
