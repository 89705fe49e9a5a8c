"""Risk tools are scored as their data says; what is not known is counted, never a silent no (DA-6, DA-8, DA-9)."""

from datetime import date

import pytest
import yaml
from hypothesis import given, settings, strategies as st

from marac.errors import RuleBroken
from marac.paths import DATA
from marac.vocabulary import Grade
from marac.workflows import definition_files
from marac.workflows.checklists import CHECKLISTS, LocalReading, current, meets, score
from marac.workflows.definition_faults import KNOWN, faults_of
from marac.workflows.definitions import Threshold, build, load
from marac.workflows.grading import check_grade, grade_by_tool

DASH, RAM = current("dash_ric"), current("asb_ram")
KEYS = sorted(KNOWN)
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
        "asb_ram", "dara", "dash_ric", "other_tool", "police_dash", "s_dash", "sanctuary_risk", "young_people_dash",
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
    before, after = (
        score(DASH, dash(12), on=on, local=LocalReading(thresholds=local))
        for on in (date(2026, 3, 31), date(2026, 4, 1))
    )
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
    assert score(current("police_dash"), {"grade": "high"}).unanswered == (), "a score or a grade is enough"
    assert score(current("police_dash"), {}).unanswered == ("score", "grade")


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


# --- files that a partnership brings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["dash_ric", "s_dash", "young_people_dash", "police_dash", "dara", "other_tool", "asb_ram"]
)
def test_every_shipped_tool_passes_the_strict_reading(name):
    assert faults_of(page(name)) == ()


def changed(path, value, name="dash_ric"):
    whole = page(name)
    *way, last = path
    place = whole
    for step in way:
        place = place[step]
    place[last] = value
    return whole


@pytest.mark.parametrize(
    "whole, fault",
    [
        (changed(["id"], "Dash RIC"), "`id` must be small letters, digits and _"),
        (changed(["version"], 1.0), "`version` must be text in quotes"),
        (changed(["name"], ""), "`name` is missing."),
        (changed(["effective_from"], "31/12/2026"), "`effective_from` must be a date in quotes"),
        (changed(["effective_to"], "2020-01-01"), "`effective_to` is before `effective_from`."),
        (changed(["panels"], ["da_marac", "parish"]), "`panels` has parish."),
        (changed(["scoring", "rule"], "guess"), "`scoring: rule` must be one of"),
        (changed(["scoring", "maximum"], 30), "`scoring: maximum` must be 24"),
        (changed(["items", 3, "number"], 7), "The questions must be numbered 1, 2, 3"),
        (changed(["items", 3, "key"], "fear_level"), "There are two with the key fear_level"),
        (changed(["items", 3, "group"], "elsewhere"), "Question 4: its `group` is not one of `groups`."),
        (changed(["items", 3, "label"], None), "Question 4: its `label` is missing."),
        (changed(["items", 3, "text"], "What is asked"), "`acknowledgement` is missing."),
        (changed(["items", 3, "needs_detail"], "yes"), "Question 4: `needs_detail` must be true or false."),
        (changed(["items", 3, "type"], "single"), "its `type` must be yes_no"),
        (changed(["items", 0, "follow_ups", 1, "options"], [True, False]), "words, 'yes' and 'no' in quotes"),
        (changed(["items", 0, "follow_ups", 1, "type"], "file"), "its `type` must be one of"),
        (changed(["thresholds", 0, "operator"], "=>"), "A threshold needs an `operator`"),
        (changed(["red_flags", "clusters", 0, "all_of"], [99]), "names a question that is not there"),
        (changed(["items"], [{"number": 1}] * 201), "There are more than 200 questions."),
        (changed(["script"], "x"), "`script` is not a part of a risk tool."),
        (changed(["items"], "none"), "`items` must be a list."),
        (changed(["items", 0, "options", 0, "score"], -1, "asb_ram"), "must be a whole number from 0"),
        (changed(["items", 0, "maximum"], 9, "asb_ram"), "Question 1: `maximum` must be 5"),
        (changed(["thresholds", 0, "value"], "extreme", "dara"), "must name one of the grades"),
        (changed(["score_only_fields"], [], "dara"), "needs `score_only_fields`"),
        ([], "The file is not a risk tool"),
    ],
)  # fmt: skip
def test_each_fault_of_a_file_is_one_plain_sentence_da_8(whole, fault):
    found = faults_of(whole)
    assert any(fault in sentence for sentence in found), found
    assert all(sentence.endswith(".") and len(sentence) < 300 for sentence in found)


@pytest.mark.parametrize(
    "content, fault",
    [
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"PK\x03\x04\x14", "cannot be read"),
        (b"id: [", "cannot be read near line"),
        (b"- just\n- a list", "not a risk tool"),
        (b"", "not a risk tool"),
        (b"a: &a [x]\nb: *a", "anchors"),
        (b"a: !!python/object/apply:os.system [ls]", "tags"),
        (b"a: " + b"[" * 50 + b"]" * 50, "nested too deeply"),
        (b"a: " + b"[" * 5_000, "nested too deeply"),
        (b"when: 2026-02-31", "value that cannot be read"),
        (b"score: 1.5", "value that cannot be read"),
        (b"score: .inf", "value that cannot be read"),
        (b"x" * 500_000, "too big"),
        (b"a: \x00", "cannot be read"),
    ],
)
def test_a_hostile_file_is_refused_with_a_plain_sentence(content, fault):
    with pytest.raises(RuleBroken) as refused:
        definition_files.read(content)
    assert fault in refused.value.message


def test_dates_may_stand_without_quotes_in_a_file():
    assert definition_files.read(b"effective_from: 2026-04-01") == {"effective_from": "2026-04-01"}


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
        max_leaves=20,
    ),
    st.sampled_from(KEYS),
)
def test_no_page_however_odd_breaks_the_strict_reading(odd, key):
    whole = {**page("dash_ric"), key: odd}
    if not faults_of(whole):
        assert build(whole).id
    assert isinstance(faults_of(odd), tuple)


# --- grades --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "by_tool, by_professional, reason, field",
    [
        (None, None, "", None), (None, "high", "", "grade_reason"), (None, "high", "He has a key", None),
        (None, "standard", "", None), ("high", "high", "", None), ("high", "medium", "Calm", "professional_grade"),
        ("medium", "standard", "Calm", "professional_grade"), ("medium", "high", " ", "grade_reason"),
        ("medium", "high", "He has a key", None),
    ],
)  # fmt: skip
def test_a_professional_may_raise_a_grade_with_a_reason_and_never_lower_it_da_6(
    by_tool, by_professional, reason, field
):
    grades = [Grade(one) if one else None for one in (by_tool, by_professional)]
    if field is None:
        assert check_grade(*grades, reason) is None
    else:
        with pytest.raises(RuleBroken) as refused:
            check_grade(*grades, reason)
        assert refused.value.field == field


def test_the_dash_below_its_threshold_has_no_grade_of_its_own_da_6():
    assert grade_by_tool(score(DASH, dash(13))) is None
    assert grade_by_tool(score(DASH, dash(14))) == "high"


def test_answers_that_are_no_list_of_answers_are_refused():
    for odd in ([], "yes", 5, None):
        with pytest.raises(RuleBroken):
            score(DASH, odd)
