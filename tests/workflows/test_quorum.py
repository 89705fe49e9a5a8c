"""Who must be in the room, by the shipped rules of each panel (SCH-41)."""

from datetime import date

from marac.workflows import quorum
from marac.workflows.local_rules import LocalRules, shipped_rules

DAY = date(2026, 4, 1)
DOMESTIC = LocalRules(shipped_rules("da_marac")).block("quorum", DAY)
COMMUNITY = LocalRules(shipped_rules("community_marac")).block("quorum", DAY)
SERVICES = ("mash", "elft", "probation")


def test_without_the_police_or_the_idva_service_a_domestic_abuse_panel_has_no_quorum():
    assert quorum.missing(DOMESTIC, ["met_police_da", "solace", *SERVICES]) == ()
    assert quorum.missing(DOMESTIC, ["met_police_da", *SERVICES]) == ("solace",)
    assert "probation" in quorum.missing(DOMESTIC, ["met_police_da", "solace", "mash", "elft"])


def test_a_community_panel_needs_three_agencies_whoever_they_are():
    assert quorum.few(COMMUNITY, ["elft", "mash"])
    assert quorum.few(COMMUNITY, ["elft", "elft", "elft"]), "an agency counts once"
    assert not quorum.few(COMMUNITY, ["elft", "mash", "probation"])
    assert not quorum.few(DOMESTIC, [])
