"""The Sanctuary Scheme's rules alone: every role and verb, each guard, the clocks, the checklist (SAN-20 to SAN-36)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import yaml

from marac.access import GRANTS
from marac.clock import to_london
from marac.errors import RuleBroken
from marac.paths import DATA
from marac.vocabulary import (
    ApprovalDecision,
    GateResult,
    LandlordState,
    Role,
    SanctuaryPriority as Urgency,
    SanctuaryState as S,
    TriageResult,
)
from marac.workflows import WORKFLOWS, sanctuary_guards as guards
from marac.workflows.checklists import current
from marac.workflows.deadlines import offset
from marac.workflows.engine import EnterStage, FreezeWorks, Notify
from marac.workflows.sanctuary import HELD, LINE, OWNERS
from marac.workflows.sanctuary_clocks import ENTERED, PAUSES, SENT, TARGETS, after_pause, due_at, stage_due
from marac.workflows.sanctuary_triage import asked_gates, check_priority, result, weigh
from tests.workflows.sanctuary_oracle import ROLES, WHO

TABLE = WORKFLOWS["sanctuary"]
TOOL = current("sanctuary_risk")
STATES = yaml.safe_load((DATA / "sanctuary_states.yaml").read_text("utf-8"))
FRIDAY = datetime(2026, 5, 22, 9, tzinfo=UTC)  # the Monday after is a bank holiday


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_exactly_the_verbs_written_for_it(role):
    """Role x verb; with the table of moves, role x verb x state."""
    held = {step.name for step in TABLE.transitions if step.permission in GRANTS[role]}
    letters = {letter for letter, roles in ROLES.items() if role.value in roles}
    assert held == {verb for verb, who in WHO.items() if letters & set(who)}


def test_the_states_and_the_ways_out_are_the_schemes_own():
    own = {state["key"] for state in STATES["states"]} | {exit_["key"] for exit_ in STATES["side_exits"]}
    assert {state.value for state in S} == own


def test_every_step_to_the_next_state_that_the_scheme_names_is_a_move_of_the_table():
    moves = {(old, step.to_state) for step in TABLE.transitions for old in step.from_states}
    named = {(S(state["key"]), S(after)) for state in STATES["states"] for after in state["next"]}
    skips = {  # the scheme names these two short cuts; here the stage between is always passed
        (S.LANDLORD_PERMISSION, S.SPECIFICATION), (S.APPROVAL, S.INELIGIBLE),
    }  # fmt: skip
    assert named - moves == skips


def test_from_every_stage_of_the_line_there_is_every_way_out_and_a_way_back():
    for stage in LINE:
        verbs = {step.name for step in TABLE.offered(stage)}
        assert verbs >= {"freeze", "withdraw", "report_moved", "report_refuge", "report_died", "hold", "mark_duplicate"}
        for held in HELD:
            assert TABLE.find(f"resume_{stage}", held).to_state == stage
    for verb in ("freeze", "report_moved", "report_died"):
        assert TABLE.find(verb, S.CLOSED)


def test_every_move_sees_to_the_clock_and_every_stop_takes_the_jobs_back_san_22():
    for step in TABLE.transitions:
        assert EnterStage() in step.effects, step.name
    for verb in ("freeze", "withdraw", "report_moved", "report_refuge", "report_died", "hold"):
        assert FreezeWorks() in TABLE.find(verb, S.WORKS_ORDERED).effects, verb
    told = {effect.to for effect in TABLE.find("freeze", S.WORKS_ORDERED).effects if isinstance(effect, Notify)}
    assert {"supporter", Role.COORDINATOR} <= told


def test_every_stage_of_the_line_has_an_owner_or_the_officer():
    assert set(OWNERS) <= set(S)
    assert OWNERS[S.APPROVAL] == "Budget holder"
    assert OWNERS[S.WORKS_ORDERED] == "Contractor"


# --- clocks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "due"), [(1, 26), (2, 27), (3, 28), (5, date(2026, 6, 1)), (10, date(2026, 6, 8)), (15, date(2026, 6, 15))]
)
def test_working_days_of_a_request_sent_on_the_friday_before_a_bank_holiday(days, due):
    """The scheme's own vectors (6.3)."""
    wanted = date(2026, 5, due) if isinstance(due, int) else due
    assert to_london(due_at(f"{days}wd", FRIDAY)).date() == wanted


def test_an_emergency_counts_clock_hours_and_the_others_working_days_san_24():
    assert due_at("24h", FRIDAY) == FRIDAY + timedelta(hours=24)
    assert to_london(due_at("same_day", FRIDAY)).date() == date(2026, 5, 22)
    assert to_london(due_at("2wd", FRIDAY)).date() == date(2026, 5, 27)
    with pytest.raises(RuleBroken):
        due_at("soon", FRIDAY)


@pytest.mark.parametrize(("base", "month_later"), [(date(2026, 1, 31), date(2026, 2, 28)),
                                                   (date(2028, 1, 31), date(2028, 2, 29))])  # fmt: skip
def test_a_month_from_the_last_day_of_january_is_the_last_of_february(base, month_later):
    assert offset(base, "M+1") == month_later


@pytest.mark.parametrize("priority", Urgency)
def test_each_stage_has_the_target_that_the_scheme_gives_it_san_24(priority):
    """Targets of the scheme's list and of its dated settings are the same."""
    settings = next(one for one in yaml.safe_load((DATA / "panels.yaml").read_text("utf-8"))["schemes"])["deadlines"]
    given = {state["key"]: state["target"] for state in STATES["states"] if state["target"]}
    for state, target in given.items():
        rule = {"installed": "installed", "works_ordered": "order_accepted", "sign_off": "sign_off",
                "removed_ended": "removed"}.get(state) or TARGETS.get(S(state))  # fmt: skip
        if priority.value in target:
            name = rule if isinstance(rule, str) else rule.rule
            assert settings[name][priority.value] == target[priority.value], state


def test_a_stage_is_counted_from_what_the_scheme_says_not_from_when_somebody_looked():
    targets = {"triage": {"standard": "2wd"}}
    later = FRIDAY + timedelta(days=6)
    due = stage_due(targets, S.IN_TRIAGE, Urgency.STANDARD, {ENTERED: later, SENT: FRIDAY})
    assert to_london(due).date() == date(2026, 5, 27)
    assert stage_due(targets, S.FOLLOW_UP, Urgency.STANDARD, {ENTERED: later}) is None
    assert stage_due({}, S.IN_TRIAGE, Urgency.STANDARD, {ENTERED: later}) is None


def test_a_target_that_stood_still_is_later_by_as_long_and_never_on_a_day_nobody_works():
    due = due_at("2wd", FRIDAY)
    assert after_pause(None, timedelta(days=1), Urgency.URGENT) is None
    moved = after_pause(due, timedelta(days=3), Urgency.URGENT)
    assert to_london(moved).date() == date(2026, 6, 1), "the 30th is a Saturday"
    assert after_pause(due, timedelta(hours=5), Urgency.EMERGENCY) == due + timedelta(hours=5)
    assert {S.AWAITING_INFORMATION, S.ON_HOLD, S.FROZEN} <= set(PAUSES)


# --- the checklist --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", TOOL.gates, ids=lambda gate: gate.key)
def test_each_rule_reads_each_of_its_answers_san_21(gate):
    assert result(gate, "yes") is GateResult.PASS
    assert result(gate, "no") is GateResult.FAIL
    assert result(gate, "unknown") is GateResult.UNKNOWN
    if "not_applicable" in gate.answers:
        assert result(gate, "not_applicable") is GateResult.PASS
    else:
        with pytest.raises(RuleBroken):
            result(gate, "not_applicable")


def test_any_fail_is_not_eligible_any_unknown_waits_and_nobody_answered_is_not_known_san_21():
    gates = asked_gates(TOOL, {})
    said = {gate.key: {"answer": "yes"} for gate in gates}
    assert weigh(gates, TOOL, said, {}).result is TriageResult.ELIGIBLE
    assert weigh(gates, TOOL, {}, {}).result is TriageResult.AWAITING
    one_unknown = {**said, "right_to_occupy": {"answer": "unknown"}}
    assert weigh(gates, TOOL, one_unknown, {}).result is TriageResult.AWAITING
    assert weigh(gates, TOOL, {**one_unknown, "own_choice": {"answer": "no"}}, {}).result is TriageResult.INELIGIBLE


def test_a_partnership_turns_a_rule_on_or_off():
    keys = {gate.key for gate in asked_gates(TOOL, {})}
    assert "recourse" not in keys
    changed = {gate.key for gate in asked_gates(TOOL, {"recourse": True, "lives_in_borough": False})}
    assert changed == keys - {"lives_in_borough"} | {"recourse"}


@pytest.mark.parametrize("factor", TOOL.factors, ids=lambda factor: factor.key)
def test_each_risk_factor_raises_the_priority_it_is_written_for_and_not_known_is_counted(factor):
    no = {one.key: "no" for one in TOOL.factors}
    assert weigh((), TOOL, {}, no).priority is Urgency.STANDARD
    assert weigh((), TOOL, {}, {**no, factor.key: "yes"}).priority == factor.raises_to
    unknown = weigh((), TOOL, {}, {**no, factor.key: "not_known"})
    assert (unknown.priority, unknown.not_known) == (Urgency.STANDARD, 1)


def test_priority_goes_up_freely_and_down_with_a_reason_and_a_second_name():
    check_priority(Urgency.EMERGENCY, Urgency.STANDARD, "", "")
    check_priority(Urgency.STANDARD, Urgency.STANDARD, "", "")
    for why, second, field in (("", "Bo", "priority_why"), ("Keys back", "", "priority_second")):
        with pytest.raises(RuleBroken) as refused:
            check_priority(Urgency.STANDARD, Urgency.URGENT, why, second)
        assert refused.value.field == field
    check_priority(Urgency.STANDARD, Urgency.URGENT, "Keys back", "Bo")


# --- guards ---------------------------------------------------------------------------------------------------------

AGREED = {"landlord": LandlordState.GRANTED, "priority": Urgency.STANDARD, "only_emergency_lines": False}
MINE = {"approver_id": 1, "requester_id": 2, "surveyor_id": 3}
GOOD = {
    "consent_given": {"consent": "yes"}, "safe_contact_recorded": {"safe_contact": ["phone"]},
    "request_is_whole": {"missing": ()}, "interim_plan_recorded": {"interim": ["refuge"], "interim_plan": ""},
    "no_gate_failed": {"failed_gates": ()}, "something_unknown_asked": {"missing_words": "x", "asked_of": "y"},
    "answer_given": {"answer": "x"},
    "gates_pass": {"failed_gates": (), "unknown_gates": ("landlord_permission",)},
    "landlord_may_be_asked": {"landlord_consent": "yes"}, "landlord_agreed": AGREED,
    "unsuitable_for_a_reason": {"triage": TriageResult.INELIGIBLE, "landlord": None, "cost": None},
    "decision_in_writing": {"reason": "x", "alternatives": ["y"], "notice": "z"},
    "approver_is_independent": MINE, "within_limit": {"amount_pence": 5, "limit_pence": 5},
    "approval_recorded": {"spoken": False, "priority": Urgency.URGENT, "funder": "x", "order_number": "y"},
    "reason_recorded": {"because": "x"}, "withdrawal_recorded": {"how_told": "x", "alternatives_offered": "y"},
    "danger_recorded": {"how_known": "x", "known_on": date.min}, "day_recorded": {"happened_on": date.min},
    "other_request_named": {"same_as_id": 1},
    "hold_is_reviewed": {"because": "x", "review_on": date(2026, 1, 2), "today": date(2026, 1, 1)},
    "home_is_clear": {"stops_works": ()}, "outcome_recorded": {"outcome": "stayed"},
}  # fmt: skip
BAD = [
    ("consent_given", {"consent": "unknown"}), ("consent_given", {"consent": "no"}),
    ("safe_contact_recorded", {"safe_contact": []}), ("request_is_whole", {"missing": (("reason", "Say why"),)}),
    ("interim_plan_recorded", {"interim": []}), ("interim_plan_recorded", {"interim": ["none_needed_with_reason"]}),
    ("interim_plan_recorded", {"interim": ["go_away"]}), ("no_gate_failed", {"failed_gates": ("own_choice",)}),
    ("gates_pass", {"failed_gates": ("own_choice",)}), ("gates_pass", {"unknown_gates": ("own_choice",)}),
    ("landlord_may_be_asked", {"landlord_consent": "unknown"}),
    ("landlord_agreed", {"landlord": LandlordState.REFUSED}),
    ("landlord_agreed", {"landlord": LandlordState.ASKED, "only_emergency_lines": True}),
    ("landlord_agreed", {"landlord": LandlordState.ASKED, "priority": Urgency.EMERGENCY}),
    ("unsuitable_for_a_reason", {"triage": TriageResult.AWAITING}), ("decision_in_writing", {"alternatives": []}),
    ("approver_is_independent", {"requester_id": 1}), ("approver_is_independent", {"surveyor_id": 1}),
    ("within_limit", {"amount_pence": 6}), ("within_limit", {"limit_pence": None}),
    ("approval_recorded", {"spoken": True}), ("approval_recorded", {"order_number": " "}),
    ("hold_is_reviewed", {"review_on": date(2026, 1, 1)}), ("home_is_clear", {"stops_works": ("x",)}),
]  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_guard_lets_pass_what_is_in_order_and_refuses_when_a_fact_is_missing(name):
    guard = getattr(guards, name)
    guard(None, GOOD[name])
    with pytest.raises((RuleBroken, KeyError)):
        guard(None, {})


@pytest.mark.parametrize(("name", "wrong"), BAD)
def test_a_guard_refuses_what_is_not_in_order(name, wrong):
    with pytest.raises(RuleBroken) as refused:
        getattr(guards, name)(None, {**GOOD[name], **wrong})
    assert refused.value.message


def test_the_landlord_waits_only_for_an_emergency_lock_change_and_no_limit_means_no_upper_end():
    first = {"landlord": LandlordState.ASKED, "priority": Urgency.EMERGENCY, "only_emergency_lines": True}
    guards.landlord_agreed(None, first)
    guards.within_limit(None, {"amount_pence": 10**9, "limit_pence": -1})
    guards.approval_recorded(None, {"spoken": True, "priority": Urgency.EMERGENCY})
    for cost in ({"cost": ApprovalDecision.DECLINED}, {"landlord": LandlordState.REFUSED}):
        guards.unsuitable_for_a_reason(None, {"triage": TriageResult.ELIGIBLE, **cost})


def test_a_request_goes_on_only_at_the_stage_at_which_it_was_stopped():
    stood = {"held_from": S.APPROVAL}
    guards.where_it_stood(None, {**stood, "resume_to": S.APPROVAL})
    for wrong in ({}, stood, {**stood, "resume_to": S.WORKS_ORDERED}):
        with pytest.raises(RuleBroken):
            guards.where_it_stood(None, wrong)


def test_every_guard_of_the_office_is_tried_here():
    used = [guard for step in TABLE.transitions for guard in step.guards]
    own = {guard.__name__ for guard in used if guard.__module__ == guards.__name__}
    assert own - {"where_it_stood"} == set(GOOD)
