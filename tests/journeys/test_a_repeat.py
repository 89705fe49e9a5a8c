"""A repeat, from both sides: decided on one page beside its match, and told on a live case in six fields (DA-12)."""

import logging
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from marac.models import Referral
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import ReferralKind, ReferralState, Role
from tests.builders import Worker, a_listed_referral, a_meeting, a_submitted_referral, a_user, actor_for
from tests.journeys.people import LAPTOP, PHONE, Person, Room

LOG = logging.getLogger(__name__)
NAMES = ("Amina", "Begum", "Karim", "Uddin")
MOST_ACTIONS, MOST_FIELDS = 4, 6


@dataclass(frozen=True)
class Story:
    """A case that is listed already, and the same woman referred again by another agency."""

    hospital: Worker
    coordinator: Worker
    case: str
    again: str


@pytest.fixture
def story(house: Deployment) -> Story:
    with unit_of_work(house) as session:
        hospital = a_user(session, house, Role.REPRESENTATIVE, "barts_acute", full_name="Bo Marsh")
        idva = a_user(session, house, Role.IDVA, "solace", full_name="Ida Quill")
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ade Okafor")
    with unit_of_work(house) as session:
        meeting = a_meeting(session, hospital.partnership_id, days=14)
        first = a_listed_referral(session, house, actor_for(hospital), actor_for(coordinator), meeting)
        again = a_submitted_referral(session, house, actor_for(idva))
        return Story(hospital, coordinator, first.case.reference, again.reference)


def test_a_repeat_is_decided_on_one_page_in_four_actions(room: Room, story: Story):
    """ux 1.1: the match with its reason stands beside the decision; nothing is opened, searched or typed."""
    coordinator = room.sign_in(story.coordinator, LAPTOP, names=NAMES, at=f"/referrals/{story.again}/decide")
    beside = coordinator.read("[aria-label='Your decision']")
    assert "Begum, Amina" in beside
    assert "same date of birth" in beside.lower()
    assert story.case in beside
    actions = 0

    def then(act: object, *words: str) -> None:
        nonlocal actions
        actions += 1
        act(*words)  # type: ignore[operator]

    for radios in coordinator.find("[data-question^='link_']").all():
        then(lambda one=radios: one.get_by_label("Same person", exact=True).check())
    then(coordinator.tick, "I have checked for conflicts of interest")
    then(coordinator.choose, "What do you decide?", "Repeat of a known case")
    coordinator.look()
    assert coordinator.page.get_by_label("Which case").input_value() == story.case
    then(coordinator.press, "Save decision")
    assert coordinator.path == "/referrals", coordinator.read()
    assert coordinator.sees("Joined to the earlier case and listed.")
    LOG.info("a repeat is decided in %d actions on one page", actions)
    assert actions <= MOST_ACTIONS


def test_a_member_tells_of_a_further_incident_in_six_fields(room: Room, house: Deployment, story: Story):
    """DA-12: on a phone, under two minutes' worth of fields; it waits at once as a repeat."""
    member = room.sign_in(story.hospital, PHONE, names=NAMES, at=f"/cases/{story.case}")
    member.go(f"/cases/{story.case}/incident")
    fields = asked(member)
    LOG.info("a further incident is told in %d fields", len(fields))
    assert len(fields) <= MOST_FIELDS, fields
    member.press("Send")
    assert member.sees("Say what happened", inside=".govuk-error-summary")
    member.fill("What happened", "He waited outside the clinic and followed her to the bus.")
    member.fill("Who told you", "She told me herself.")
    member.choose("Is anyone in danger now?", "No")
    member.choose("Is it still safe to contact them as before?", "Yes")
    assert member.small_targets() == []
    member.press("Send")
    assert member.sees("The coordinator and the IDVA service will see it today.")
    with house.reader() as session:
        waiting = select(Referral).where(Referral.state == ReferralState.SUBMITTED)
        kinds = [one.kind for one in session.scalars(waiting) if one.reference != story.again]
    assert kinds == [ReferralKind.REPEAT]
    coordinator = room.sign_in(story.coordinator, LAPTOP, names=NAMES, at="/referrals")
    assert coordinator.sees("Repeat")


def asked(person: Person) -> list[str]:
    """What the form asks that can be seen, by the labels and legends of its groups."""
    groups = person.find("main form > .govuk-form-group").all()
    return [" ".join(group.inner_text().split())[:40] for group in groups if group.is_visible()]
