"""A health visitor refers from her phone, without an account: a link by mail, six digits by phone (DA-42, ux 1.5)."""

import pytest
from sqlalchemy import select

from marac import clock
from marac.models import OutsideReferrer, Referral
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.referring import outside_links
from marac.vocabulary import ReferralState, Role
from tests.builders import a_user
from tests.journeys.people import LAPTOP, PHONE, Person, Room

NADIA, EMAIL, WORKS_AT = "Nadia Rahman", "nadia.rahman@surgery.example.org", "Elm Row Surgery"
NAMES = ("Nadia", "Rahman", "Amina", "Begum", "Karim")
URGENT = {
    "victim_name": "Amina Begum", "victim_age": "34", "whereabouts": "At her sister's until six",
    "safe_contact": "By text between 9am and 2pm", "perpetrator": "Karim Uddin",
    "immediate_risk": "He has said that he will come tonight.",
}  # fmt: skip


def link_in_the_mail(house: Deployment) -> str:
    """What the mail that leaves now would hold."""
    with unit_of_work(house) as session:
        account_id = session.scalars(select(OutsideReferrer.account_id)).one()
        return outside_links.path_for(session, house.keyring, account_id)


def decided(house: Deployment, state: ReferralState) -> None:
    """The panel's side is told in other journeys."""
    with unit_of_work(house) as session:
        referral = session.scalars(select(Referral)).one()
        referral.state, referral.decided_at = state, clock.now()


def ask(person: Person) -> str:
    """The coordinator asks her in, and reads the digits out on the phone."""
    person.go("/referrals")
    person.follow("Outside referrers", inside="main")
    person.press("Ask someone to refer")
    person.fill("Full name", NADIA)
    person.fill("Where they work", WORKS_AT)
    person.fill("Their work email address", EMAIL)
    person.press("Send a link")
    person.press("Show 6 digits")
    return person.read(".govuk-panel__title")


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
def test_a_health_visitor_refers_from_her_phone_and_looks_again_later(house: Deployment, room: Room, script: bool):
    with unit_of_work(house) as session:
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ade Okafor")
    digits = ask(room.sign_in(coordinator, LAPTOP))

    nadia = room.stranger(PHONE, script=script, names=NAMES)
    nadia.go(link_in_the_mail(house))
    assert (nadia.path, nadia.heading) == ("/start", "Enter your 6 digits")
    nadia.fill("6 digits", "12")
    nadia.press("Continue")
    assert nadia.sees("Enter all 6 digits", inside=".govuk-error-summary")
    nadia.fill("6 digits", digits)
    nadia.press("Continue")
    assert nadia.heading == "Your referral"
    assert nadia.find("nav").count() == 0
    assert nadia.find("main").get_by_role("link", name="All referrals").count() == 0
    assert not script or nadia.small_targets() == []

    nadia.follow("Send now, finish later")
    for name, typed in URGENT.items():
        nadia.find(f"[name={name}]").fill(typed)
    nadia.press("Send now")
    assert nadia.heading == "Referral sent"
    nadia.follow("How your referral stands")
    assert nadia.sees("Received")
    assert not nadia.sees("Amina")

    nadia.press("Hide screen", inside="body") if not script else nadia.go("/your-referral")
    decided(house, ReferralState.ACCEPTED)
    later = room.stranger(PHONE, script=script, names=NAMES)
    later.go(link_in_the_mail(house))
    later.fill("6 digits", digits)
    later.press("Continue")
    assert later.sees("Listed")
    later.go("/referrals")
    assert later.path == "/your-referral"
