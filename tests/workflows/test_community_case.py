"""The rules of a Community MARAC case: every state, verb and role; when reviews fall due; what a closure needs."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from marac.access import policy
from marac.errors import RuleBroken, WrongState
from marac.vocabulary import CaseState, Grade, Permission, Role
from marac.workflows.community_marac import COMMUNITY_MARAC, RECORD
from marac.workflows.hearing import RECORDS, record_of
from marac.workflows.powers import check_decision, powers, undecided
from marac.workflows.reviews import (
    Scored,
    band_of,
    case_review_due,
    days_quiet,
    falls_due,
    oversight,
    review_day,
    scored_since,
    trend,
)

S = CaseState
CYCLES = {"high": 1, "medium": 2, "standard": 1}
DAYS = {"high": [14, 28, 56], "medium": [28, 56]}
HEARD = date(2025, 11, 13)
MEETINGS = [HEARD + timedelta(days=28 * number) for number in (0, 1, 2, 3)]
CLOSING = {
    "reason": "", "live_actions": 0, "band": Grade.MEDIUM, "highest": Grade.HIGH, "scored_again": True,
    "powers_undecided": 0, "care_act_unanswered": 0, "days_quiet": 40, "quiet_days": 28, "statutory_plan": "",
    "closing_outcome": "resolved", "victim_view": "Safe", "no_view_reason": "", "step_down": "Landlord",
    "closing_word": "By phone",
}  # fmt: skip
# who holds what a verb asks for, as a coordinator would say it
WHO = {
    "case:list": {"coordinator", "chair"}, "meeting:run": {"coordinator", "chair"},
    "case:close": {"coordinator", "chair"},
    "minutes:issue": {"coordinator"}, "job:run": {"system"}, "case:urgent": {"chair"}, "case:override": {"chair"},
    "referral:decide": {"coordinator", "chair"},
}  # fmt: skip


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", S)
def test_every_verb_in_every_state_is_for_whom_it_is_written_or_is_refused(state, role):
    """State x transition x role: moved, wrong state, or not allowed."""
    for name in {one.name for one in COMMUNITY_MARAC.transitions}:
        try:
            step = COMMUNITY_MARAC.find(name, state)
        except WrongState:
            assert state not in {s for one in COMMUNITY_MARAC.transitions if one.name == name for s in one.from_states}
            continue
        allowed = step.permission in policy.GRANTS[role]
        assert allowed == (role.value in WHO[step.permission.value]), (name, state, role)


def test_states_of_the_other_panel_are_never_reached():
    reached = {one.to_state for one in COMMUNITY_MARAC.transitions}
    assert not reached & {S.ISSUED, S.LAPSED}
    assert {S.ACTIONS_OPEN, S.REVIEW_DUE} <= reached


@pytest.mark.parametrize(
    ("grade", "wait"), [(Grade.HIGH, 1), (Grade.MEDIUM, 2), (Grade.STANDARD, 1), (None, 1)]
)  # fmt: skip
def test_a_review_is_at_the_meeting_its_band_says_and_unknown_counts_as_high(grade, wait):
    """1.6: high every meeting, medium at most two on, standard one check-back."""
    assert review_day(grade, HEARD, MEETINGS, CYCLES) == MEETINGS[wait]


def test_without_enough_meetings_booked_the_review_is_as_many_months_on():
    assert review_day(Grade.MEDIUM, HEARD, MEETINGS[:2], CYCLES) == date(2026, 1, 13)
    assert falls_due(date(2026, 1, 13), 14) == date(2025, 12, 30)


def test_who_looks_between_meetings_follows_the_band_and_the_settings():
    """14, 28 and 56 days when high; 28 and 56 when medium; nobody at standard."""
    assert [(one.due_on - HEARD).days for one in oversight(Grade.HIGH, HEARD, DAYS)] == [14, 28, 56]
    assert [(one.due_on - HEARD).days for one in oversight(Grade.MEDIUM, HEARD, DAYS)] == [28, 56]
    assert oversight(Grade.STANDARD, HEARD, DAYS) == ()


def test_scores_are_compared_and_a_case_counts_as_scored_again_from_the_day_of_the_hearing():
    before = Scored(HEARD - timedelta(days=1), 36, Grade.HIGH)
    same_day, later = Scored(HEARD, 36, None), Scored(HEARD + timedelta(days=9), 40, Grade.HIGH)
    assert not scored_since([before], HEARD)
    assert scored_since([before, same_day], HEARD)
    assert not scored_since([], None)
    assert trend([before]) == ""
    assert trend([before, same_day]) == "The same as before: 36"
    assert trend([before, later]) == "Higher than before: 40, was 36"
    assert band_of([before, same_day]) == Grade.HIGH


@pytest.mark.parametrize(
    ("days", "hate", "prompted"),
    [((1, 2), 0, False), ((1, 2, 3), 0, True), ((1, 2, 190), 0, False), ((1,), 1, True), ((), 0, False)],
)  # fmt: skip
def test_three_incidents_in_six_months_or_one_of_hate_prompt_the_case_review(days, hate, prompted):
    """CM-17, both numbers as settings."""
    happened = [HEARD - timedelta(days=number) for number in days]
    assert case_review_due(happened, HEARD, {"value": 3, "window_months": 6}, hate, 1) is prompted


def test_days_without_an_incident_count_from_the_newest():
    assert days_quiet([HEARD - timedelta(days=3), HEARD - timedelta(days=9)], HEARD) == 3
    assert days_quiet([], HEARD) is None


@pytest.mark.parametrize(
    ("facts", "field", "waived"),
    [
        ({}, None, True), ({"live_actions": 1}, "actions", True), ({"scored_again": False}, "score", True),
        ({"band": Grade.HIGH}, "statutory_plan", True), ({"days_quiet": 27}, "incidents", True),
        ({"powers_undecided": 1}, "powers", False), ({"care_act_unanswered": 1}, "care_act", False),
        ({"highest": None, "powers_undecided": 1}, "powers", False), ({"victim_view": ""}, "no_view_reason", False),
        ({"step_down": ""}, "step_down", False), ({"closing_outcome": "gone"}, "closing_outcome", False),
        ({"band": Grade.HIGH, "statutory_plan": "Child protection plan"}, None, True),
        ({"highest": Grade.MEDIUM, "powers_undecided": 9}, None, True), ({"days_quiet": None}, None, True),
        ({"days_quiet": 28}, None, True), ({"victim_view": "", "no_view_reason": "Moved away"}, None, True),
    ],
)  # fmt: skip
def test_a_closure_is_refused_for_what_is_open_and_the_chair_waives_only_some_of_it(facts, field, waived):
    """CM-12, CM-13, CM-14: each boundary of the closure test."""
    held = {**CLOSING, **facts}
    assert broken("close", held) == field
    assert broken("close_over", {**held, "reason": "The plan goes on elsewhere"}) == (None if waived else field)
    if waived:
        assert broken("close_over", held) == "reason"


def broken(verb, facts):
    """The field of the first refusal, or None."""
    try:
        COMMUNITY_MARAC.find(verb, S.REVIEW_DUE).check(SimpleNamespace(), facts)
    except RuleBroken as refused:
        return refused.field
    return None


def test_a_case_comes_back_up_to_the_last_day_of_its_window():
    """CM-15: the last day counts."""
    step = COMMUNITY_MARAC.find("reopen", S.CLOSED)
    step.check(None, {"today": HEARD, "window_end": HEARD})
    for facts in ({"today": HEARD + timedelta(days=1), "window_end": HEARD}, {"today": HEARD, "window_end": None}):
        with pytest.raises(RuleBroken):
            step.check(None, facts)


def test_every_power_names_its_statute_and_unconfirmed_ones_are_marked():
    """CM-12 with 4.5: what has no confirmed source is shown as such."""
    listed = powers()
    assert len({one.key for one in listed}) == len(listed) == 22
    assert all(one.statute and one.group for one in listed)
    assert {"cuckooing_offence", "respect_order"} <= {one.key for one in listed if not one.confirmed}
    assert len(undecided({})) == 22
    assert [one.key for one in listed if one not in undecided({"cpn": {"decision": "used"}})] == ["cpn"]


def test_a_rejected_power_needs_its_reason():
    cpn = next(one for one in powers() if one.key == "cpn")
    assert check_decision(cpn, "not_applicable", "") == "not_applicable"
    for decision, reason in (("rejected", " "), ("maybe", "x")):
        with pytest.raises(RuleBroken):
            check_decision(cpn, decision, reason)


def test_each_panel_records_by_its_own_table():
    """Data per programme: kinds of risk, aims, outcomes, words."""
    assert set(RECORDS) == {"da_marac", "community_marac"}
    assert RECORD.reviews
    assert not record_of("da_marac").reviews
    assert "risk_children" not in RECORD.risks
    assert len(record_of("da_marac").risks) == 5
    assert record_of("sanctuary") is record_of("da_marac")
    assert Permission.CASE_OVERRIDE == "case:override"
