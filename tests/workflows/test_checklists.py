"""Risk tools are scored as their data says; what is not known is counted, never a silent no (DA-6, DA-8, DA-9)."""

from datetime import date

import pytest
import yaml

from marac.errors import RuleBroken
from marac.paths import DATA
from marac.workflows.checklists import CHECKLISTS, current, load, meets, score
from marac.workflows.definitions import Threshold

DASH, RAM = current("dash_ric"), current("asb_ram")
NEEDS_DETAIL = (1, 3, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 21, 23, 24)


def page(name):
    return yaml.safe_load((DATA / "checklists" / f"{name}.yaml").read_text(encoding="utf-8"))


def dash(yes=0, unknown=0, rest="no"):
    words = ["yes"] * yes + ["dont_know"] * unknown
    return {str(n): word for n, word in enumerate(words + [rest] * (24 - len(words)), 1)}


@pytest.mark.parametrize("case", page("dash_ric")["threshold_tests"], ids=str)
def test_the_published_boundary_of_the_dash(case):
    """DA-6."""
    found = score(DASH, dash(case["yes_count"], case["dont_know_count"]))
    assert found.score == case["yes_count"]
    assert ("visible_high_risk" in found.criteria_met) is case["visible_high_risk"]
    assert found.could_rise_to == case.get("could_rise_to", found.score)


@pytest.mark.parametrize("case", page("asb_ram")["threshold_tests"], ids=str)
def test_above_and_at_least_are_different_rules(case):
    assert meets(case["total"], case["operator"], case["value"]) is case["high"]


def test_every_shipped_tool_loads_and_the_dash_has_24_items_in_published_order():
    assert {tool_id for tool_id, _ in CHECKLISTS} == {
        "asb_ram", "dara", "dash_ric", "police_dash", "s_dash", "sanctuary_risk", "young_people_dash",
    }  # fmt: skip
    assert [question.number for question in DASH.questions] == list(range(1, 25))
    assert DASH.question(15).key == "breathing"
    with pytest.raises(LookupError):
        DASH.question(25)


def test_a_yes_without_its_detail_is_named_for_exactly_the_items_that_need_it():
    """DA-9."""
    found = score(DASH, dash(24))
    assert found.missing_detail == NEEDS_DETAIL
    assert found.max == found.score == 24


@pytest.mark.parametrize(
    "entry",
    [
        {"answer": "yes", "comment": "Bruised arm"},
        {"answer": "yes", "follow_ups": {"injury": "Bruised arm"}},
        {"answer": "yes", "source": "police", "follow_ups": {"injury": "", "first_injury": "not_known"}},
    ],
)
def test_detail_is_a_comment_or_any_follow_up(entry):
    assert score(DASH, {"1": entry}).missing_detail == ()


def test_blank_detail_is_no_detail():
    assert score(DASH, {"1": {"answer": "yes", "comment": " ", "follow_ups": {"injury": ""}}}).missing_detail == (1,)


def test_a_question_left_out_is_unanswered_and_is_neither_no_nor_unknown():
    found = score(DASH, {"1": "yes", "2": "dont_know", "3": {"answer": ""}})
    assert found.unanswered == tuple(range(3, 25))
    assert (found.score, found.unknown, found.could_rise_to) == (1, 1, 2)


def test_the_dash_gives_a_count_and_never_a_verdict():
    assert score(DASH, dash(24)).band is None


def test_red_flags_stand_beside_the_count_whatever_it_is():
    found = score(DASH, dash(0) | {"15": "yes"})
    assert (found.score, found.red_flags) == (1, ("breathing",))


def test_separation_and_control_and_violence_together_are_a_red_flag():
    assert "separation_control_violence" in score(DASH, dash() | {"6": "yes", "12": "yes", "1": "yes"}).red_flags
    assert "separation_control_violence" not in score(DASH, dash() | {"6": "yes", "12": "yes"}).red_flags
    assert "possible_honour_based_abuse" in score(DASH, dash() | {"17": "yes", "4": "yes"}).red_flags


def test_a_local_threshold_takes_the_place_of_the_shipped_one_from_its_date():
    """DA-7."""
    local = [
        Threshold("visible_high_risk", ">=", 14, date(2025, 4, 1)),
        Threshold("visible_high_risk", ">=", 10, date(2026, 4, 1)),
    ]
    before, after = (score(DASH, dash(12), on=on, thresholds=local) for on in (date(2026, 3, 31), date(2026, 4, 1)))
    assert (before.criteria_met, after.criteria_met) == ((), ("visible_high_risk",))


@pytest.mark.parametrize(
    "checklist, answers, field",
    [
        ("dash_ric", {"1": "maybe"}, "1"),
        ("dash_ric", {"25": "yes"}, "25"),
        ("asb_ram", {"1": "hourly"}, "1"),
        ("asb_ram", {"1": ["daily", "one_off"]}, "1"),
        ("asb_ram", {"10": ["no", "mental"]}, "10"),
        ("police_dash", {"score": 28}, "score"),
        ("police_dash", {"score": "many"}, "score"),
        ("dara", {"grade": "extreme"}, "grade"),
    ],
)
def test_an_answer_that_is_not_offered_is_refused_beside_its_question(checklist, answers, field):
    with pytest.raises(RuleBroken) as refused:
        score(current(checklist), answers)
    assert refused.value.field == field


def test_the_stalking_screen_informs_judgement_and_has_no_threshold():
    found = score(current("s_dash"), {str(n): "yes" for n in range(1, 12)})
    assert (found.score, found.max, found.criteria_met) == (11, 11, ())
    assert found.missing_detail == (3, 6, 8, 11)


def test_a_police_form_counts_by_its_grade_and_not_by_its_number():
    """14 of 27 is not 14 of 24 (DA-8)."""
    assert score(current("police_dash"), {"score": 20, "grade": "medium"}).criteria_met == ()
    high = score(current("police_dash"), {"score": 9, "grade": "medium", "supervisor_grade": "high"})
    assert (high.score, high.max, high.band, high.criteria_met) == (9, 27, "high", ("visible_high_risk",))
    assert score(current("police_dash"), {"grade": "high"}).unanswered == ("score",)


def test_a_grade_only_tool_has_no_number():
    found = score(current("dara"), {"grade": "high", "rationale": "Controlling behaviour"})
    assert (found.score, found.max, found.criteria_met, found.unanswered) == (None, None, ("visible_high_risk",), ())


def test_the_young_peoples_form_is_entered_as_a_score():
    assert score(current("young_people_dash"), {"score": "14"}).criteria_met == ("visible_high_risk",)
    assert score(current("young_people_dash"), {}).unanswered == ("score",)


def test_the_matrix_adds_weights_and_shows_how_far_it_could_rise():
    answers = {"1": "daily", "4": "now", "10": ["physical", "mental"], "12": "not_known", "2": {"answer": "yes"}}
    found = score(RAM, answers)
    assert (found.score, found.max, found.unknown, found.could_rise_to) == (19, 43, 1, 22)
    assert (found.band, found.criteria_met) == ("medium", ())


@pytest.mark.parametrize(
    "extra, total, band, met",
    [({"5": "no"}, 31, "medium", ()), ({"5": "sight_or_name"}, 32, "high", ("risk_matrix_high",))],
)
def test_thirty_one_is_medium_and_thirty_two_is_high(extra, total, band, met):
    thirty_one = {
        "1": "daily", "2": "yes", "3": "yes", "4": "now", "6": "personal", "7": "yes", "8": "yes", "9": "little",
        "10": ["physical", "mental"], "11": "yes", "12": "close", "13": "no",
    }  # fmt: skip
    found = score(RAM, thirty_one | extra)
    assert (found.score, found.band, found.criteria_met) == (total, band, met)


def test_sanctuary_gates_fail_wait_or_pass_and_any_factor_raises_priority():
    tool = current("sanctuary_risk")
    gates = {gate.key: gate.pass_when for gate in tool.gates if gate.on_by_default}
    assert score(tool, gates).criteria_met == ("eligible",)
    assert score(tool, gates).band == "standard"
    assert score(tool, gates | {"landlord_permission": "not_applicable"}).criteria_met == ("eligible",)
    assert score(tool, gates | {"consent": "unknown"}).criteria_met == ("awaiting_information",)
    assert score(tool, gates | {"consent": "no", "own_choice": "unknown"}).criteria_met == ("ineligible",)
    raised = score(tool, gates | {"has_keys": "yes", "knows_address": "yes", "weapons": "not_known"})
    assert (raised.band, raised.unknown) == ("emergency", 1)


def test_a_score_goes_out_as_plain_json():
    found = score(DASH, dash(2)).as_json()
    assert {"score", "max", "unknown", "band", "criteria_met", "missing_detail"} <= set(found)
    assert found["missing_detail"] == [1]


def test_the_version_in_force_is_chosen_by_date_and_old_ones_stay(tmp_path, monkeypatch):
    """DA-8: a new version is a new file; no code changes."""
    newer = tmp_path / "dash_ric_2.yaml"
    text = (DATA / "checklists" / "dash_ric.yaml").read_text(encoding="utf-8")
    newer.write_text(
        text.replace("version: '1.0'", "version: '2.0'").replace("2025-04-01", "2027-01-01"), encoding="utf-8"
    )
    monkeypatch.setitem(CHECKLISTS, ("dash_ric", "2.0"), load(newer))
    assert current("dash_ric", date(2026, 12, 31)).version == "1.0"
    assert current("dash_ric", date(2027, 1, 1)).version == "2.0"
    assert current("dash_ric").version == "2.0"
    with pytest.raises(LookupError):
        current("dash_ric", date(2020, 1, 1))
