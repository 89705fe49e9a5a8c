"""What the chair is prompted to ask: each gap alone, in fixed words, the most dangerous three first."""

from dataclasses import fields, replace

import pytest

from marac.workflows.prompts import GAPS, Known, prompts

ALL_SAID = Known()
CASES = [
    ({"whereabouts_known": False}, "No agency has said where the alleged perpetrator is"),
    ({"perpetrator_named": False, "whereabouts_known": False}, "Nobody has said who the alleged perpetrator is"),
    ({"wishes_recorded": False}, "Nobody has recorded the person's own wishes"),
    ({"children": 1, "childrens_answered": False}, "Research missing from children's social care"),
    ({"overdue_actions": 1}, "1 action from last time overdue: ask each owner why"),
    ({"overdue_actions": 2}, "2 actions from last time overdue: ask each owner why"),
    ({"idva_in_contact": False}, "The IDVA has not made contact: who will, and how?"),
    ({"contact_checked": False}, "Safe contact has not been checked lately: who may contact the person?"),
    ({"is_repeat": True, "last_plan_reported": False}, "Repeat: nobody has said whether the last plan worked"),
    (
        {"moved_from_elsewhere": True, "handed_over": False},
        "Moved here: has the IDVA of the other area handed over?",
    ),
    ({"referrer_coming": False}, "Nobody from the agency that referred is coming"),
    ({"not_answered": ("Probation",)}, "Research missing from probation"),
    ({"not_answered": ("Probation", "Police")}, "Research missing from probation and 1 more"),
    (
        {"interpreter_needed": True, "interpreter_booked": False},
        "An interpreter is needed: who arranges one from outside the community?",
    ),
    ({"why_high_risk": False}, "Nobody has said in plain words why the risk is high"),
]
NO_GAP = [
    {"children": 0, "childrens_answered": False},
    {"is_repeat": False, "last_plan_reported": False},
    {"handed_over": False},
    {"interpreter_booked": False},
]


@pytest.mark.parametrize(("gap", "words"), CASES)
def test_a_gap_is_asked_about_in_fixed_words(gap, words):
    assert prompts(replace(ALL_SAID, **gap)) == (words,)


@pytest.mark.parametrize("facts", NO_GAP)
def test_what_does_not_apply_is_not_asked(facts):
    assert prompts(replace(ALL_SAID, **facts)) == ()


def test_nothing_missing_asks_nothing():
    assert prompts(ALL_SAID) == ()


def test_three_are_asked_the_most_dangerous_first():
    nothing = Known(
        whereabouts_known=False, wishes_recorded=False, idva_in_contact=False, contact_checked=False, children=2,
        childrens_answered=False, not_answered=("Probation",),
    )  # fmt: skip
    assert prompts(nothing) == (
        "No agency has said where the alleged perpetrator is",
        "Nobody has recorded the person's own wishes",
        "Research missing from children's social care",
    )
    assert len(prompts(nothing, most=9)) == 6


def test_every_gap_has_a_case_here_and_every_fact_is_read():
    told = {gap.code for gap in GAPS for facts, _words in CASES if gap.missing(replace(ALL_SAID, **facts))}
    assert told == {gap.code for gap in GAPS}
    assert {name for facts, _words in CASES for name in facts} == {one.name for one in fields(Known)}
