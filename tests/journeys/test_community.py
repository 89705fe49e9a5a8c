"""Cuckooing, from a housing officer's phone to the end of the case: referred, listed, heard, reviewed, closed."""

from marac.services.keeping.deployment import Deployment
from tests.journeys.closing_community import hear_to_closure
from tests.journeys.people import Room
from tests.journeys.referring_community import a_neighbourhood, refer_to_decision


def test_a_community_case_goes_from_a_phone_to_the_panel_and_to_its_end(room: Room, house: Deployment):
    """CM-1, CM-5 to CM-8, CM-12 to CM-14, CM-16 to CM-18: referred, listed, heard, acted on, reviewed, closed."""
    crew = a_neighbourhood(house)
    assert refer_to_decision(room, crew).startswith("/referrals/")
    hear_to_closure(room, house, crew)
