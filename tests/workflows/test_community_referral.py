"""Sending and deciding a Community MARAC referral: every route in, every exclusion, every band and operator."""

from datetime import date
from itertools import product

import pytest

from marac.errors import RuleBroken
from marac.vocabulary import Grade, MeetingState, NeedTest, PersonTest, ProgrammeSlug, ReferralState, said
from marac.workflows import WORKFLOWS
from marac.workflows.checklists import VISIBLE_HIGH_RISK, LocalReading, bands_under, current, score
from marac.workflows.community_referral_rules import NEED_NOT_MET, authorised, sharing_stands
from marac.workflows.definitions import Threshold
from marac.workflows.engine import Notify, reads
from marac.workflows.grading import check_override, grade_by_tool
from marac.workflows.incidents_counted import Told, distinct, in_window
from tests.builders_community_referral import MATRIX, matrix

FLOW, DA = WORKFLOWS["community_referral"], WORKFLOWS["referral"]
LONG = "x" * 80
AGREED = {
    "name": "Dilwar Hossain", "consent_to_share": "yes", "informed_of_referral": "yes",
    "sharing_basis": "crime_prevention",
}  # fmt: skip
NOT_AGREED = AGREED | {
    "consent_to_share": "no",
    "sharing_reason": "To protect life",
    "sharing_authoriser": "M. Orchard",
}
WHOLE = {
    "missing": (), "unfinished": False, "heard": False, "score": None, "matrix_high": False,
    "person_tests": {PersonTest.VULNERABLE_VICTIM}, "criteria": {NeedTest.PROFESSIONAL_JUDGEMENT}, "rationale": LONG,
    "rationale_min": 80, "escalation": "", "stalled": "", "adult_at_risk": True, "care_concern": "yes",
    "care_concern_why_not": "", "people": [AGREED],
}  # fmt: skip
ROUTES = {
    NeedTest.MATRIX_HIGH: {"matrix_high": True},
    NeedTest.ESCALATION: {"escalation": "Every night now, and with a dog"},
    NeedTest.PROFESSIONAL_JUDGEMENT: {"rationale": LONG},
    NeedTest.SINGLE_AGENCY_STALLED: {"stalled": "Two warnings, and the landlord can do no more"},
}
LISTED = {
    "meeting_state": MeetingState.SCHEDULED, "late": False, "undecided_matches": 0, "undecided_conflicts": 0,
    "conflict_checked": True, "earlier_case_id": "a case",
}  # fmt: skip


def refused(name: str, facts: dict, state: str = ReferralState.DRAFT) -> str:
    """The field beside which a step is refused, or nothing when it is not."""
    try:
        FLOW.find(name, state).check(None, facts)
    except RuleBroken as problem:
        return problem.field
    return ""


def reading(sign: str, value: int) -> LocalReading:
    high = Threshold(VISIBLE_HIGH_RISK, sign, value)
    return LocalReading(thresholds=(high,), bands=bands_under(MATRIX.bands, high))


@pytest.mark.parametrize("route", NeedTest)
@pytest.mark.parametrize("person", PersonTest)
def test_each_way_in_is_enough_with_either_person_test(route, person):
    """CM-4: four routes x two person tests, at whatever score; only the matrix route needs the matrix."""
    facts = WHOLE | {"criteria": {route}, "person_tests": {person}, "rationale": ""} | ROUTES[route]
    assert refused("submit", facts) == ""
    for name in ("accept", "accept_repeat"):
        assert refused(name, facts | LISTED, ReferralState.SUBMITTED) == ""


@pytest.mark.parametrize(
    ("route", "missing", "field"),
    [
        (NeedTest.MATRIX_HIGH, {"matrix_high": False}, "criteria"),
        (NeedTest.ESCALATION, {"escalation": " "}, "why_now"),
        (NeedTest.PROFESSIONAL_JUDGEMENT, {"rationale": "x" * 79}, "judgement"),
        (NeedTest.PROFESSIONAL_JUDGEMENT, {"rationale": None}, "judgement"),
        (NeedTest.SINGLE_AGENCY_STALLED, {"stalled": None}, "stalled"),
    ],
)
def test_each_way_in_says_what_it_rests_on(route, missing, field):
    """CM-4: the professional-judgement route requires a reason."""
    assert refused("submit", WHOLE | {"criteria": {route}} | ROUTES[route] | missing) == field


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"missing": ("person",)}, "person"),
        ({"person_tests": set()}, "person_tests"),
        ({"criteria": set()}, "criteria"),
        ({"criteria": {"visible_high_risk"}}, "criteria"),
        ({"matrix_high": True}, "criteria"),
        ({"care_concern": None}, "care_concern"),
        ({"care_concern": "no"}, "care_concern_why_not"),
        ({"adult_at_risk": False, "care_concern": None}, ""),
        ({"people": []}, ""),
        ({"people": [AGREED, {"name": "Lee Marshbrook"}]}, "consent_to_share"),
    ],
)
def test_what_stands_in_the_way_of_sending(changed, field):
    """CM-7, CM-13."""
    assert refused("submit", WHOLE | changed) == field


@pytest.mark.parametrize(
    ("one", "field"),
    [
        (AGREED, ""),
        (NOT_AGREED, ""),
        (NOT_AGREED | {"consent_to_share": "not_sought"}, ""),
        (AGREED | {"consent_to_share": ""}, "consent_to_share"),
        (AGREED | {"informed_of_referral": None}, "informed_of_referral"),
        (AGREED | {"sharing_basis": None}, "sharing_basis"),
        (AGREED | {"sharing_basis": "because"}, "sharing_basis"),
        (NOT_AGREED | {"sharing_reason": " "}, "sharing_reason"),
        (NOT_AGREED | {"sharing_authoriser": None}, "sharing_authoriser"),
    ],
)
def test_consent_being_told_and_the_basis_are_separate_facts_of_each_person(one, field):
    """CM-7."""
    if not field:
        assert sharing_stands(one) is None
        return
    with pytest.raises(RuleBroken) as refusal:
        sharing_stands(one)
    assert refusal.value.field == field


@pytest.mark.parametrize(("consent", "reason", "who"), [*product(("no", "not_sought"), ("", "Why"), ("", "Who"))])
def test_sharing_without_consent_is_never_kept_without_reason_and_authoriser(consent, reason, who):
    """CM-7: also when the part is saved for later."""
    one = {"consent_to_share": consent, "sharing_reason": reason, "sharing_authoriser": who}
    if reason and who:
        assert authorised(one) is None
    else:
        with pytest.raises(RuleBroken):
            authorised(one)


@pytest.mark.parametrize("total", range(44))
def test_judgement_reaches_triage_and_is_listed_at_every_score(total):
    """CM-4: never refused on score alone."""
    found = score(MATRIX, matrix(total), local=reading(">", 31))
    assert found.score == total
    high = total > 31
    routes = {NeedTest.PROFESSIONAL_JUDGEMENT} | ({NeedTest.MATRIX_HIGH} if high else set())
    facts = WHOLE | {"score": found, "matrix_high": high, "criteria": routes}
    assert refused("submit", facts) == ""
    assert refused("accept", facts | LISTED, ReferralState.SUBMITTED) == ""


@pytest.mark.parametrize("routes", [{one} for one in NeedTest] + [set(NeedTest), set()])
def test_a_low_score_never_turns_down_what_has_another_way_in(routes):
    """CM-4: that no way in is met can be said only where none is."""
    facts = WHOLE | {"criteria": routes, "reason_code": NEED_NOT_MET, "reason": "Low", "advice": "Mediation"}
    other = facts | {"reason_code": "person_not_met"}
    claimed = bool(routes - {NeedTest.MATRIX_HIGH})
    assert refused("decline", facts, ReferralState.SUBMITTED) == ("reason_code" if claimed else "")
    assert refused("decline", facts | {"matrix_high": True}, ReferralState.SUBMITTED) == "reason_code"
    assert refused("decline", other, ReferralState.SUBMITTED) == ""


@pytest.mark.parametrize(
    ("without", "field"),
    [("forum", "forum"), ("handed_over", "handed_over"), ("reason", "reason"), ("", "")],
)
def test_a_better_forum_is_named_and_the_hand_over_recorded(without, field):
    """CM-8: the exclusion test names which forum and hands over."""
    facts = {"forum": "da_marac", "handed_over": "Told R. Lowe by phone at 3pm", "reason": "It is a former partner"}
    facts.pop(without, None)
    assert refused("refer_elsewhere", facts, ReferralState.SUBMITTED) == field


@pytest.mark.parametrize(
    ("name", "facts", "field"),
    [
        ("return_for_information", {}, "questions"),
        ("decline", {"reason_code": "person_not_met", "reason": "No", "criteria": set(), "matrix_high": False},
         "advice"),
        ("decline", {"advice": "Try mediation", "reason": "None", "criteria": set(), "matrix_high": False,
                     "reason_code": ""}, "reason_code"),
        ("accept", WHOLE | LISTED | {"undecided_matches": 1}, "matches"),
        ("accept", WHOLE | LISTED | {"person_tests": set()}, "person_tests"),
        ("accept", WHOLE | LISTED | {"criteria": set()}, "criteria"),
        ("accept", WHOLE | LISTED | {"criteria": set(), "unfinished": True}, ""),
        ("accept_emergency", {"emergency_at": "now"}, "approved_by"),
        ("accept_emergency", {"approved_by": "chair"}, "emergency_at"),
    ],
)  # fmt: skip
def test_what_each_decision_needs(name, facts, field):
    """CM-8, CM-9, CM-10: also the urgent route, which the chair agrees to with a time by the clock."""
    assert refused(name, facts, ReferralState.SUBMITTED) == field


def test_every_decision_reaches_the_referrer_and_no_step_asks_for_an_idva():
    """CM-8; the Community MARAC has no universal advocate."""
    for step in FLOW.transitions:
        told = {effect.to for effect in step.effects if isinstance(effect, Notify)}
        assert "idva" not in told
        if step.permission == "referral:decide":
            assert "referrer" in told


def test_the_life_is_the_referrals_own_and_only_conditions_differ():
    moves = [
        [(one.name, one.from_states, one.to_state, one.permission) for one in flow.transitions] for flow in (FLOW, DA)
    ]
    assert moves[0] == moves[1]
    differing = {a.name for a, b in zip(FLOW.transitions, DA.transitions, strict=True) if a.guards != b.guards}
    assert differing == {"submit", "finish", "accept", "accept_repeat", "decline"}
    for step in FLOW.transitions:
        assert all(reads(guard) for guard in step.guards), step.name


@pytest.mark.parametrize(
    ("sign", "value", "total", "band"),
    [
        (">", 31, 15, "standard"), (">", 31, 16, "medium"), (">", 31, 30, "medium"), (">", 31, 31, "medium"),
        (">", 31, 32, "high"), (">=", 31, 15, "standard"), (">=", 31, 16, "medium"), (">=", 31, 30, "medium"),
        (">=", 31, 31, "high"), (">=", 31, 32, "high"), (">", 35, 32, "medium"), (">", 35, 36, "high"),
    ],
)  # fmt: skip
def test_the_bands_turn_where_number_and_operator_say(sign, value, total, band):
    """CM-2, CM-3: with "high > 31", 31 is not high and 32 is; with ">= 31", 31 is (vectors 5.4)."""
    found = score(MATRIX, matrix(total), local=reading(sign, value))
    assert (found.score, found.band) == (total, band)
    assert (grade_by_tool(found) is Grade.HIGH) == (band == "high")


def test_the_shipped_matrix_is_high_above_31():
    """CM-3."""
    assert [score(MATRIX, matrix(total)).band for total in (0, 15, 16, 31, 32, 43)] == [
        "standard", "standard", "medium", "medium", "high", "high",
    ]  # fmt: skip


@pytest.mark.parametrize("unknown", [(), (1,), (4, 9), tuple(range(1, 14))])
def test_what_is_not_known_is_counted_and_never_a_silent_nought(unknown):
    """CM-5: the total could rise by the highest of each question not known."""
    found = score(MATRIX, matrix(0, unknown=unknown))
    highest = sum(question.maximum for question in MATRIX.questions if question.number in unknown)
    assert (found.score, found.unknown, found.could_rise_to) == (0, len(unknown), highest)


@pytest.mark.parametrize("flag", [field.key for field in MATRIX.same_day])
@pytest.mark.parametrize("total", [0, 43])
def test_each_same_day_answer_is_a_red_flag_whatever_the_score(flag, total):
    """CM-6."""
    assert score(MATRIX, matrix(total, today=(flag,))).red_flags == (flag,)
    unanswered = {key: value for key, value in matrix(total).items() if key != flag}
    assert score(MATRIX, unanswered).unanswered == (flag,)
    unknown = score(MATRIX, matrix(total) | {flag: "not_known"})
    assert (unknown.red_flags, unknown.unanswered) == ((), ())


@pytest.mark.parametrize(
    ("tool", "mine", "reason", "second", "field"),
    [
        ("medium", "medium", "", "", ""), ("medium", None, "", "", ""), ("medium", "high", "Worse", "A. Deputy", ""),
        ("high", "standard", "Over", "A. Deputy", ""), ("medium", "high", "", "A. Deputy", "grade_reason"),
        ("medium", "high", "Worse", "", "grade_agreed_by"), ("high", "medium", "Calm", " ", "grade_agreed_by"),
        ("high", "medium", "", "A. Deputy", "grade_reason"),
    ],
)  # fmt: skip
def test_an_override_either_way_has_a_reason_and_a_second_name(tool, mine, reason, second, field):
    """Rule 5.3: up or down, unlike the DASH."""
    grades = Grade(tool), Grade(mine) if mine else None
    if not field:
        assert check_override(*grades, reason, second) is None
        return
    with pytest.raises(RuleBroken) as refusal:
        check_override(*grades, reason, second)
    assert refusal.value.field == field


def test_only_the_matrix_may_be_lowered():
    """DA-6 stands for the DASH."""
    assert current("asb_ram").may_lower
    assert not any(current(tool).may_lower for tool in ("dash_ric", "s_dash", "police_dash", "dara", "other_tool"))


ONE_NIGHT = Told(date(2026, 3, 2), "targeting", ("CAD 4410/02MAR26",))


@pytest.mark.parametrize(
    ("other", "once"),
    [
        (Told(date(2026, 3, 3), "noise", ("cad4410 02mar26",)), True),
        (Told(date(2026, 3, 2), "targeting"), True),
        (Told(date(2026, 3, 2), "targeting", ("CRIS 99",)), False),
        (Told(date(2026, 3, 2), "noise"), False),
        (Told(date(2026, 3, 4), "targeting"), False),
        (Told(None, "targeting"), False),
    ],
)
def test_one_incident_told_to_several_agencies_counts_once(other, once):
    """CM-17."""
    assert len(distinct([ONE_NIGHT, other])) == (1 if once else 2)
    assert len(distinct([other, ONE_NIGHT])) == (1 if once else 2)


def test_three_agencies_tell_of_one_night_and_it_is_one_incident():
    """CM-17: joined through whichever of them holds the reference."""
    police, landlord, noise = (
        ONE_NIGHT,
        Told(date(2026, 3, 2), "targeting"),
        Told(None, "noise", ("Cad 4410 / 02mar26",)),
    )
    assert distinct([landlord, noise, police]) == ((0, 1, 2),)
    assert distinct([]) == ()


def test_the_window_counts_both_its_days():
    """CM-17: 3 or more in 6 months."""
    days = [date(2026, 1, 10), date(2026, 1, 9), date(2026, 7, 10), date(2026, 7, 11)]
    assert in_window([Told(day, "noise") for day in days], 6, date(2026, 7, 10)) == 2


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Alleged perpetrator", "Person said to be causing harm"),
        ("Enter the alleged perpetrator's name or choose Not known",
         "Enter the name of the person said to be causing harm or choose Not known"),
        ("Relationship to the victim-survivor", "Relationship to the person at risk"),
        ("DASH risk checklist", "Risk matrix"),
    ],
)  # fmt: skip
def test_our_own_phrases_follow_the_programme(ours, theirs):
    """The words of ux 4.2: never perpetrator, no DASH."""
    assert said(ProgrammeSlug.COMMUNITY_MARAC, ours).lower() == theirs.lower()
    assert said(ProgrammeSlug.DA_MARAC, ours) == ours
