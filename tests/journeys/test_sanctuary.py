"""A home made secure, from the request to the follow-ups, with a job that had to be stopped on the way (SAN-20 on)."""

import pytest

from marac import clock
from marac.models import SanctuaryRequest
from marac.services.keeping.deployment import Deployment
from marac.vocabulary import SanctuaryState as S
from tests.builders_sanctuary import FEARED, NAME, STREET, Scheme, a_scheme
from tests.builders_works import a_request_to_approve, a_signed_off_home, an_ordered_job
from tests.journeys.people import LAPTOP, PHONE, Person, Room

NAMES = (*NAME.replace("-", " ").split(), *FEARED.split(), STREET)


@pytest.fixture
def scheme(house: Deployment) -> Scheme:
    return a_scheme(house)


def state_of(scheme: Scheme, reference: str) -> S:
    with scheme.house.reader() as session:
        return session.query(SanctuaryRequest).filter_by(reference=reference).one().state


def all_of(person: Person, answer: str) -> None:
    """The same answer to every question of the page."""
    for box in person.find(f"input[type=radio][value={answer}]").all():
        box.evaluate("box => { box.checked = true }")


def ask(person: Person) -> str:
    """Write a whole request, part by part, and send it; its reference."""
    person.go("/sanctuary/new")
    person.press("Start")
    here = person.path
    person.follow("The survivor and their home")
    for label, words in (("Full name", NAME), ("House or flat number", "14"), ("Street", STREET)):
        person.fill(label, words)
    person.find("[name=approximate_age]").fill("34")
    person.find("[name=postcode]").fill("E1W 9ZZ")
    person.press("Save and continue")
    person.follow("Safe contact")
    for way in ("phone", "visit"):
        person.find(f"input[name=way_{way}][value=yes]").evaluate("box => { box.checked = true }")
    person.press("Save and continue")
    person.follow("Consent and why")
    person.choose("Do they agree to this request?", "Yes")
    person.fill("Why must the home be made secure?", "He came to the door twice this month.")
    person.press("Save and continue")
    person.follow("Risk")
    all_of(person, "no")
    person.press("Save and continue")
    person.follow("The person causing harm")
    person.fill("Full name", FEARED)
    person.press("Save and continue")
    person.follow("The home", exact=True)
    person.choose("Do they agree to the landlord being asked?", "Yes")
    person.press("Save and continue")
    person.press("Check and send")
    person.press("Send request")
    assert person.sees("The Sanctuary team has your request.", inside="body")
    return here.rsplit("/", 1)[1]


def decide(officer: Person, reference: str) -> None:
    """Triage on one screen, then the landlord."""
    officer.go("/sanctuary")
    assert officer.sees("Haddad-Moss, Leila")
    officer.go(f"/sanctuary/{reference}")
    officer.press("Start triage")
    officer.press("Triage")
    all_of(officer, "yes")
    officer.find("input[name=gate_landlord_permission][value=unknown]").evaluate("box => { box.checked = true }")
    officer.find("input[name=priority][value=standard]").evaluate("box => { box.checked = true }")
    officer.press("Save and ask the landlord")
    officer.fill("Who is asked?", "Housing officer")
    officer.press("Ask the landlord")
    assert officer.sees("Select what keeps them safe until the work is done"), "nobody leaves without a plan (SAN-23)"
    officer.go(f"/sanctuary/{reference}/triage")
    officer.tick("Police patrol or marker")
    officer.press("Save and ask the landlord")
    officer.fill("Who is asked?", "Housing officer")
    officer.press("Ask the landlord")
    officer.choose("What did the landlord say?", "Agreed")
    officer.fill("Who answered?", "Housing officer")
    officer.press("Save the answer")


def test_a_request_is_asked_for_triaged_and_permitted(scheme: Scheme, room: Room):
    """SAN-20, SAN-21, SAN-23, SAN-25."""
    reference = ask(room.sign_in(scheme.requester, LAPTOP, names=NAMES))
    officer = room.sign_in(scheme.officer, LAPTOP, names=NAMES)
    decide(officer, reference)
    assert state_of(scheme, reference) == S.LANDLORD_PERMISSION
    officer.go(f"/sanctuary/{reference}")
    assert officer.sees("Book the survey")
    officer.press("Book the survey")


def test_the_budget_holder_approves_what_neither_they_asked_for_nor_surveyed(scheme: Scheme, room: Room):
    """SAN-27."""
    reference = a_request_to_approve(scheme)
    mary = room.sign_in(scheme.manager, LAPTOP, names=NAMES)
    assert mary.sees(f"Approval: request {reference}"), "it is in Your work"
    mary.go(f"/sanctuary/{reference}")
    assert NAME not in mary.page.content()
    mary.press("Decide the cost")
    mary.choose("Decision", "Approved")
    mary.fill("Who pays?", "Safe accommodation grant")
    mary.fill("Order number", "PO 4711")
    mary.press("Save the decision")
    assert state_of(scheme, reference) == S.WORKS_ORDERED


def test_a_job_is_stopped_from_a_phone_at_the_door_and_goes_on_when_the_home_is_clear(scheme: Scheme, room: Room):
    """SAN-22: the surveyor sees him there; the IDVA is told; nothing goes on until it is answered again."""
    reference, _ = an_ordered_job(scheme)
    sam = room.sign_in(scheme.surveyor, PHONE, names=NAMES, at=f"/sanctuary/{reference}")
    sam.follow("The person causing harm is there")
    today = clock.today()
    sam.fill("How is this known?", "He opened the door")
    sam.fill_date("known_on", str(today.day), str(today.month), str(today.year))
    sam.press("Stop the works")
    assert sam.sees("Works are stopped")
    ida = room.sign_in(scheme.idva, LAPTOP, names=NAMES)
    assert ida.sees(f"request {reference}"), "it is in Your work"
    officer = room.sign_in(scheme.officer, LAPTOP, names=NAMES, at=f"/sanctuary/{reference}")
    officer.press("Go on where it stopped")
    assert state_of(scheme, reference) == S.FROZEN
    officer.go(f"/sanctuary/{reference}/triage")
    for gate in ("perpetrator_lives_elsewhere", "no_legal_right_to_enter"):
        officer.find(f"input[name=gate_{gate}][value=yes]").evaluate("box => { box.checked = true }")
    officer.press("Save")
    officer.go(f"/sanctuary/{reference}")
    officer.press("Go on where it stopped")
    assert state_of(scheme, reference) == S.WORKS_ORDERED
    officer.press("Order the works")
    assert officer.sees("Withdrawn"), "the job that was taken back is ordered again, not revived"


def test_safety_plan_flags_follow_ups_and_the_end(scheme: Scheme, room: Room):
    """SAN-31, SAN-32: the plan is made, flags are placed; after six months it closes with how it went."""
    reference = a_signed_off_home(scheme)
    ida = room.sign_in(scheme.idva, LAPTOP, names=NAMES, at=f"/sanctuary/{reference}")
    ida.press("Safety plan and flags")
    ida.press("Save")
    assert ida.sees("Enter the safety plan")
    ida.fill("Safety plan", "Ring 999 from the bedroom. Neighbour holds no key.")
    ida.tick("Ask the police")
    ida.press("Save")
    assert state_of(scheme, reference) == S.FOLLOW_UP
    ida.go(f"/sanctuary/{reference}/flags")
    ida.follow("Met")
    ida.fill("Their reference (optional)", "CAD 4")
    ida.press("They placed it")
    assert ida.sees("On file")
    officer = room.sign_in(scheme.officer, LAPTOP, names=NAMES, at=f"/sanctuary/{reference}")
    officer.press("Close")
    assert officer.sees("A follow-up is still to be done", inside="body")
