"""What could locate or reach a person stays off the screen, out of the source and out of other agencies' sight."""

from dataclasses import dataclass

import pytest

from marac import clock
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import Role
from tests.builders import Worker, a_listed_referral, a_meeting, a_user, actor_for
from tests.journeys.people import LAPTOP, PHONE, SMALL, Person, Room, enter

STREET, NUMBER = "Elm Row", "07700 900123"
NAMES = ("Amina", "Begum", "Karim", "Uddin")
CONTACT = {
    "phone": NUMBER, "rules": {"phone": {"answer": "only_between", "detail": "9am to 2pm"}, "letter": {"answer": "no"}},
    "times": "9am to 2pm", "what_to_say": "Say you are ringing from the library",
}  # fmt: skip


@dataclass(frozen=True)
class Story:
    """One listed case: who sent it, who listed it, and somebody of an agency that has nothing to do with it."""

    reference: str
    referral: str
    idva: Worker
    coordinator: Worker
    landlord: Worker

    @property
    def case(self) -> str:
        """Its address."""
        return f"/cases/{self.reference}"


@pytest.fixture
def story(house: Deployment) -> Story:
    with unit_of_work(house) as session:
        idva = a_user(session, house, Role.IDVA, "solace", full_name="Ida Quill")
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ade Okafor")
        landlord = a_user(session, house, Role.REPRESENTATIVE, "clarion", full_name="Lou Pratt")
    with unit_of_work(house) as session:
        meeting = a_meeting(session, idva.partnership_id, days=14)
        sent = a_listed_referral(session, house, actor_for(idva), actor_for(coordinator), meeting, contact=CONTACT)
        return Story(sent.case.reference, sent.reference, idva, coordinator, landlord)


def holds_nothing_masked(person: Person) -> bool:
    """Neither the address nor the number is anywhere in the source."""
    source = person.page.content()
    return STREET not in source and NUMBER not in source and NUMBER.replace(" ", "") not in source


def show_the_address(person: Person, story: Story) -> None:
    """From the case to the address, for a reason."""
    person.go(story.case)
    person.follow("Show address")
    person.choose("Why do you need to see this?", "Safety planning or visit")
    person.press("Show")


def test_an_address_is_shown_for_a_reason_under_the_contact_rules_and_hides_itself_again(room: Room, story: Story):
    idva = room.sign_in(story.idva, names=NAMES)
    idva.page.clock.install(time=clock.now())
    idva.go(story.case)
    assert idva.heading == "Amina Begum"
    assert idva.sees("How to contact safely")
    assert idva.sees("Say you are ringing from the library")
    assert idva.sees("Hidden until asked for")
    assert holds_nothing_masked(idva)

    idva.follow("Show address")
    idva.press("Show")
    assert idva.sees("Select a reason", inside=".govuk-error-summary")
    assert holds_nothing_masked(idva)
    idva.choose("Why do you need to see this?", "Safety planning or visit")
    idva.press("Show")

    shown = idva.read()
    assert shown.index("Say you are ringing from the library") < shown.index(STREET), "the rules come first"
    assert NUMBER not in idva.page.content(), "one value at a time"
    assert idva.focus == "revealed-value"
    idva.page.clock.fast_forward(121_000)
    idva.page.get_by_text("Hidden again").wait_for()
    assert holds_nothing_masked(idva)
    idva.look()

    idva.go(f"{story.case}/history")
    assert idva.sees("Saw a hidden value")
    assert holds_nothing_masked(idva)


def test_no_tab_of_a_case_holds_what_is_masked(room: Room, story: Story):
    for worker, size in ((story.idva, PHONE), (story.coordinator, SMALL)):
        person = room.sign_in(worker, size, names=NAMES, at=story.case)
        for tab in ("", "/people", "/risk", "/research", "/actions", "/panels", "/history"):
            person.go(f"{story.case}{tab}")
            assert person.heading == "Amina Begum"
            assert holds_nothing_masked(person)
        person.go(f"/referrals/{story.referral}")
        assert person.sees("Through someone else")
        assert holds_nothing_masked(person), "nor does the referral, once it was sent"


def test_how_to_contact_safely_comes_before_the_sections_also_on_a_phone(room: Room, story: Story):
    for size in (LAPTOP, PHONE):
        person = room.sign_in(story.idva if size is LAPTOP else story.coordinator, size, names=NAMES, at=story.case)
        tops = [
            person.find(one).first.bounding_box()["y"] for one in (".app-identity", ".app-safe", ".app-columns__main")
        ]
        assert tops == sorted(tops)
    assert person.small_targets() == []


def test_to_an_agency_without_need_to_know_the_case_does_not_exist(room: Room, story: Story):
    outsider = room.sign_in(story.landlord, names=NAMES)
    never = "/cases/Z2Z-22Z"
    pages = []
    for path in (never, story.case, f"{story.case}/people", f"{story.case}/safe-contact"):
        outsider.go(path)
        assert holds_nothing_masked(outsider)
        assert not any(name in outsider.page.content() for name in NAMES)
        pages.append((outsider.page.title(), outsider.read("h1"), without_number(outsider)))
    assert len(set(pages)) == 1, "what one may not see looks like what never was"


def without_number(person: Person) -> str:
    """The page without the number by which support finds the request."""
    return person.page.evaluate(
        "document.querySelector('main').innerText.replace(/\\b[0-9a-f]{4}-[0-9a-f]{4}\\b/g, 'number')"
    )


def test_the_screen_is_hidden_at_once_and_comes_back_with_what_was_typed(room: Room, story: Story):
    idva = room.sign_in(story.idva, names=NAMES, at=f"{story.case}/wishes")
    idva.fill("What they want, and what they do not want", "Words that must stay")
    idva.keys("Control+.")
    assert idva.page.title() == "New tab"
    assert "Amina" not in idva.read("body")
    assert not idva.page.is_visible("main#main-content")
    assert idva.sees("Rubbish and recycling", inside="body"), "an ordinary page, which invites no question"
    idva.check(idva.page)
    idva.keys("Escape")
    assert idva.page.input_value("#wishes") == "Words that must stay"
    idva.press("Save")
    assert idva.sees("Words that must stay")


def test_after_a_minute_hidden_one_signs_in_again_and_is_back_where_one_was(room: Room, story: Story):
    idva = room.sign_in(story.idva, names=NAMES)
    idva.page.clock.install(time=clock.now())
    idva.go(f"{story.case}/people")
    idva.keys("Control+.")
    with idva.page.expect_response(lambda answer: answer.url.endswith("/lock")):
        idva.page.clock.fast_forward(61_000)
    assert "Amina" not in idva.page.content()
    idva.go(f"{story.case}/people")
    assert idva.path == "/sign-in"
    room.wait()
    enter(idva, story.idva)
    assert idva.path == f"{story.case}/people"
    # the redirect that the script does not follow counts as a failed request
    idva.noises[:] = [noise for noise in idva.noises if "/sign-in?" not in noise]


def test_the_back_button_does_not_bring_back_a_case_after_signing_out(room: Room, story: Story):
    idva = room.sign_in(story.idva, names=NAMES, at=story.case)
    idva.press("Sign out")
    idva.page.go_back()
    idva.settle()
    assert idva.path == "/sign-in"
    assert "Amina" not in idva.page.content()
