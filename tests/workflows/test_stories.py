"""One case carried through the tables with all its facts: no two conditions of the same move contradict each other."""

from datetime import date

from marac.vocabulary import CaseState, Criterion, LawfulBasis, MinuteHeading, Outcome
from marac.workflows import WORKFLOWS
from marac.workflows.checklists import current, score
from marac.workflows.hearing import RECORDS

DASH = {str(n): {"answer": "yes", "comment": "as told to the IDVA"} for n in range(1, 15)}
DASH |= {str(n): "no" for n in range(15, 24)} | {"24": "dont_know"}
REFERRAL = {
    "missing": (),
    "unfinished": False,
    "score": score(current("dash_ric"), DASH),
    "criteria": {Criterion.VISIBLE_HIGH_RISK},
    "rationale_min": 80,
    "escalation_min": 3,
    "victim_age": 34,
    "age_min": 16,
    "sharing": {
        "aware": "yes",
        "consent": "no",
        "lawful_basis": LawfulBasis.SAFEGUARDING,
        "necessity": "Risk of serious harm",
        "proportionality": "Only what bears on the risk",
        "decided_by": "duty manager",
        "decided_on": date(2025, 11, 12),
    },
}
TRIAGE = {
    "meeting_state": "agenda_published",
    "late": False,
    "undecided_matches": 0,
    "undecided_conflicts": 0,
    "conflict_checked": True,
}
ROOM = {"meeting_state": "in_progress", "agreed": 17, "not_agreed": 0, "decides_from": None}
HEARING = ROOM | {
    "minutes": dict.fromkeys(RECORDS["da_marac"].risks, "None") | {MinuteHeading.VIEWS: "To stay in her home"},
    "is_repeat": False,
    "action_count": 2,
    "tells_victim": "IDVA",
    "outcome": Outcome.HEARD,
}


def carried(noun: str, steps: list[tuple[str, dict]]) -> str:
    """The state a thing ends in when each verb is done in turn with its facts."""
    workflow = WORKFLOWS[noun]
    state = workflow.initial
    for verb, facts in steps:
        move = workflow.find(verb, state)
        move.check(None, facts)
        state = move.to_state
    return state


def test_a_referral_is_sent_questioned_answered_and_listed():
    steps = [
        ("submit", REFERRAL),
        ("return_for_information", {"questions": "Is there a child?"}),
        ("answer", REFERRAL | {"answer": "One, aged 4"}),
        ("accept", TRIAGE),
    ]
    assert carried("referral", steps) == "accepted"


def test_an_urgent_referral_is_sent_on_six_fields_questioned_and_finished_later():
    """DA-18."""
    six = ("victim_name", "victim_age", "whereabouts", "safe_contact", "perpetrator", "immediate_risk")
    unfinished = REFERRAL | {"unfinished": True}
    steps = [
        ("send_urgent", {"urgent": dict.fromkeys(six, "given")}),
        ("return_for_information", {"questions": "Which hospital?"}),
        ("answer", unfinished | {"missing": ("risk",), "answer": "The London"}),
        ("finish", unfinished),
        ("accept_emergency", TRIAGE | {"approved_by": 1, "emergency_at": "9am"}),
    ]
    assert carried("referral", steps) == "accepted"


def test_an_empty_referral_shows_everything_that_is_still_to_do():
    empty = REFERRAL | {"missing": ("person", "risk"), "criteria": set(), "victim_age": None, "sharing": {}}
    fields = [refusal.field for refusal in WORKFLOWS["referral"].find("submit", "draft").broken(None, empty)]
    assert fields == ["person", "victim_age", "criteria", "criteria", "aware"]


def test_a_case_is_heard_flagged_and_erased_in_the_end():
    day = date(2026, 11, 26)
    steps = [
        ("list", TRIAGE),
        ("close_research", {}),
        ("call", ROOM),
        ("hear", HEARING),
        ("recall", ROOM),
        ("hear", HEARING),
        ("issue", {"minutes_state": "approved"}),
        ("lapse", {"today": date(2026, 11, 27), "window_end": day}),
        ("close", {"reason": "Twelve months over", "live_actions": 0}),
        ("erase", {"today": day, "retain_until": day, "legal_hold": False, "approved_by": (1, 2)}),
    ]
    assert carried("case", steps) == CaseState.ERASED


def test_a_case_put_off_is_listed_again():
    put_off = {"reason": "Referrer absent", "approved_by": 1, "interim_safety": "Staying with family"}
    assert carried("case", [("list", TRIAGE), ("call", ROOM), ("defer", put_off), ("list", TRIAGE)]) == "listed"


def test_an_item_follows_its_case_with_the_same_facts():
    assert carried("agenda_item", [("call", ROOM), ("hear", HEARING), ("recall", ROOM), ("hear", HEARING)]) == "heard"


def test_an_agency_corrects_its_answer_before_the_case_is_heard():
    waiting = {"case_state": "listed"}
    steps = [
        ("answer_not_known", waiting),
        ("reopen", waiting),
        ("share", waiting | {"to_share": "Attended on 3 November. Fact.", "who_known": ["her"]}),
        ("release", {"case_state": "in_meeting"}),
    ]
    assert carried("research", steps) == "released"


def test_minutes_go_round_until_the_chair_approves():
    held, chair = {"meeting_state": "held"}, {"approver": 2, "written_by": 1}
    steps = [
        ("submit", held),
        ("send_back", {"reason": "Wrong date"}),
        ("submit", held),
        ("approve", chair),
        ("issue", {}),
    ]
    assert carried("minutes", steps) == "issued"


def test_an_action_is_done_in_one_move_and_a_mistake_is_put_right():
    """DA-28, DA-44: no note is asked of a representative who has done it."""
    steps = [("complete", {}), ("reopen", {"note": "Wrong case"}), ("accept", {"owner_id": 1}), ("start", {})]
    assert carried("action", steps) == "in_progress"


def test_a_flag_is_put_on_and_lifted():
    assert carried("flag", [("confirm_added", {}), ("ask_removal", {}), ("confirm_removed", {})]) == "removed"
