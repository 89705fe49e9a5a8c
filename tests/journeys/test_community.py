"""Cuckooing, from a housing officer's phone to a decision: referred in this panel's words, flagged, listed."""

from marac.services.deployment import Deployment
from tests.journeys.people import Room
from tests.journeys.referring_community import a_neighbourhood, refer_to_decision


def test_a_community_referral_goes_from_a_phone_to_the_next_agenda(room: Room, house: Deployment):
    """CM-1, CM-5, CM-6, CM-7, CM-8, CM-17, CM-18. The second half of the story begins where this ends."""
    assert refer_to_decision(room, a_neighbourhood(house)).startswith("/referrals/")
