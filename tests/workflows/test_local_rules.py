"""Local settings are data with a date and an honest mark of whether they are confirmed (DA-7)."""

import json
from dataclasses import replace
from datetime import date

import pytest

from marac.errors import RuleBroken
from marac.workflows.local_rules import LocalRule, LocalRules, read_block, shipped_rules

START, DAY = date(2025, 4, 1), date(2025, 11, 12)
SHIPPED = shipped_rules("da_marac")
DA = LocalRules(SHIPPED)


@pytest.mark.parametrize(
    "name, value, confirmed",
    [
        ("criteria.visible_high_risk", {"checklist": "dash_ric", "operator": ">=", "value": 14}, True),
        ("criteria.professional_judgement.rationale_min_characters", 80, False),
        ("criteria.professional_judgement", True, True),
        ("criteria.victim_age", {"operator": ">=", "value": 16}, True),
        ("repeat_window.months", 12, True),
        ("repeat_window.clock_basis_flags", "last_heard", False),
        ("minutes_per_case.target", 10, False),
        ("deadlines.referral_cutoff", {"from": "meeting", "working_days": -8, "time": "12:00"}, False),
        ("quorum.all_of", ["met_police_da", "solace"], False),
        ("neutral_name", "Partnership meeting A", False),
        ("outcomes", ["heard", "bring_back", "deferred", "transferred", "not_heard"], False),
    ],
)
def test_a_shipped_value_comes_with_its_mark(name, value, confirmed):
    rule = DA.rule(name, DAY)
    assert (rule.value, rule.confirmed, rule.effective_from) == (value, confirmed, START)


def test_the_version_in_force_is_chosen_by_date():
    """DA-7: changed by adding a dated version, never by editing an old one."""
    changed = replace(DA.rule("criteria.victim_age", DAY), value={"operator": ">=", "value": 18})
    later = LocalRules((*SHIPPED, replace(changed, effective_from=date(2026, 4, 1))))
    assert later.value("criteria.victim_age", date(2026, 3, 31))["value"] == 16
    assert later.value("criteria.victim_age", date(2026, 4, 1))["value"] == 18


def test_of_two_versions_from_one_day_the_one_added_later_holds():
    corrected = replace(DA.rule("capacity.target_cases", DAY), value=12)
    assert LocalRules((*SHIPPED, corrected)).value("capacity.target_cases", DAY) == 12


def test_before_any_version_there_is_no_value_and_none_is_invented():
    with pytest.raises(RuleBroken) as refused:
        DA.value("criteria.victim_age", date(2025, 3, 31))
    assert refused.value.field == "criteria.victim_age"


def test_what_is_not_confirmed_can_be_listed():
    names = {rule.name for rule in DA.unconfirmed(DAY)}
    assert "deadlines.referral_cutoff" in names
    assert "criteria.victim_age" not in names


def test_a_block_holds_only_the_level_below_it():
    assert "rationale_min_characters" not in DA.block("criteria", DAY)
    assert set(DA.block("repeat_window", DAY)) >= {"months", "what_counts", "last_day"}


@pytest.mark.parametrize("programme", ["da_marac", "community_marac", "sanctuary"])
def test_every_programme_ships_settings_that_can_be_stored(programme):
    rules = shipped_rules(programme)
    assert len({rule.name for rule in rules}) == len(rules) > 20
    assert json.loads(json.dumps([rule.value for rule in rules])) == [rule.value for rule in rules]


def test_an_unknown_programme_is_refused():
    with pytest.raises(LookupError):
        shipped_rules("bin_collection")


def test_a_value_without_a_mark_is_not_confirmed():
    assert list(read_block({"colour": "plain"}, START)) == [LocalRule("colour", "plain", False, "default", "", START)]
