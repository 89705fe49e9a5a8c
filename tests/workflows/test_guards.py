"""Every condition in every table: facts that break it, beside which field, and facts that meet it."""

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest

from marac.errors import RuleBroken
from marac.vocabulary import (
    CaseState,
    Criterion,
    DeferralReason,
    LawfulBasis,
    MeetingState,
    MinuteHeading,
    MinutesState,
    Outcome,
    Protects,
)
from marac.workflows import (
    WORKFLOWS,
    action,
    da_marac,
    disclosure,
    guards,
    meeting,
    minutes,
    referral_rules,
    research,
    retention,
    telling,
    triage_rules,
)  # fmt: skip
from marac.workflows.checklists import Score
from marac.workflows.engine import reads
from marac.workflows.hearing import RECORDS
from tests.workflows import community_case_conditions, community_referral_conditions, sanctuary_conditions

HIGH = Score(score=15, max=24, criteria_met=("visible_high_risk",))
LOW = Score(score=8, max=24)
ESCALATION, JUDGEMENT = {Criterion.POTENTIAL_ESCALATION}, {Criterion.PROFESSIONAL_JUDGEMENT}
VISIBLE, REPEAT = {Criterion.VISIBLE_HIGH_RISK}, {Criterion.REPEAT}
URGENT = dict.fromkeys(referral_rules.URGENT_FIELDS, "x")
UNAGREED = {
    "aware": "no", "aware_why_not": "no safe moment", "consent": "not_sought",
    "lawful_basis": LawfulBasis.VITAL_INTERESTS, "necessity": "risk to life", "proportionality": "risk only",
    "decided_by": "duty manager", "decided_on": date(2025, 11, 12),
}  # fmt: skip
RISKS = dict.fromkeys(RECORDS["da_marac"].risks, "None")
DEFERRAL = {"reason": "referrer absent", "approved_by": 7, "interim_safety": "Lock change done"}
SMART = {"text": "Fit alarm", "agency_id": 3, "due_on": date(2025, 11, 20), "protects": Protects.VICTIM}
DAY = date(2026, 3, 10)


def without(facts, key):
    return {name: value for name, value in facts.items() if name != key}


# guard, facts that break it, the field named, facts that meet it
CASES = [
    (guards.reason_given, {"reason": "  "}, "reason", {"reason": "Referrer asked"}),
    (guards.reason_given, {}, "reason", {"reason": "x"}),
    (guards.meeting_chosen, {"meeting_state": None}, "meeting", {"meeting_state": MeetingState.SCHEDULED}),
    (guards.meeting_chosen, {"meeting_state": MeetingState.HELD}, "meeting", {"meeting_state": "agenda_published"}),
    (guards.meeting_chosen, {"meeting_state": "in_progress"}, "meeting", {"meeting_state": "research_closed"}),
    (guards.conflict_checked, {"conflict_checked": False}, "conflict_checked", {"conflict_checked": True}),
    (guards.meeting_running, {"meeting_state": "held"}, "meeting", {"meeting_state": MeetingState.IN_PROGRESS}),
    (guards.confidentiality_agreed, {"agreed": 0, "not_agreed": 0}, "attendance", {"agreed": 1, "not_agreed": 0}),
    (guards.confidentiality_agreed, {"agreed": 9, "not_agreed": 1}, "attendance", {"agreed": 10, "not_agreed": 0}),
    (guards.closing_date_passed, {"decides_from": 5, "now": 4}, "closing", {"decides_from": 5, "now": 5}),
    (guards.closing_date_passed, {"decides_from": 5, "now": 4}, "closing", {"decides_from": None}),
    (guards.not_over_consent_alone, {"reason": "She withdrew her consent"}, "reason",
     {"reason": "Consent withdrawn; the referrer is absent too", "reason_code": DeferralReason.REFERRER_ABSENT}),
    (guards.not_over_consent_alone, {"reason": "She does not want this", "reason_code": "other"}, "reason",
     {"reason": "The room is flooded", "reason_code": "other"}),
    (telling.how_told, {"how": " "}, "how", {"how": "By phone"}),
    (telling.next_step_given, {}, "next_step", {"next_step": "Again on Friday"}),
    (telling.agency_chosen, {"to_agency_id": None}, "to_agency_id", {"to_agency_id": 3}),
    *((guards.deferral_recorded, without(DEFERRAL, key), key, DEFERRAL) for key in DEFERRAL),
    (referral_rules.nothing_missing, {"missing": ("safe-contact", "risk")}, "safe-contact", {"missing": ()}),
    (referral_rules.still_complete, {"missing": ("risk",), "unfinished": False}, "risk",
     {"missing": ("risk",), "unfinished": True}),
    *((referral_rules.urgent_fields_given, {"urgent": URGENT | {key: " "}}, key, {"urgent": URGENT}) for key in URGENT),
    (referral_rules.was_sent_unfinished, {"unfinished": False}, "referral", {"unfinished": True}),
    (referral_rules.not_heard_yet, {"heard": True}, "referral", {"heard": False}),
    (referral_rules.checklist_answered, {"score": Score(3, 24, unanswered=(7,))}, "risk", {"score": None}),
    (referral_rules.checklist_answered, {"score": Score(3, 24, missing_detail=(8,))}, "risk", {"score": LOW}),
    (referral_rules.criterion_chosen, {"criteria": set()}, "criteria", {"criteria": REPEAT}),
    (referral_rules.high_score_stands, {"criteria": JUDGEMENT, "score": HIGH}, "criteria",
     {"criteria": VISIBLE | JUDGEMENT, "score": HIGH}),
    (referral_rules.high_score_stands, {"criteria": VISIBLE, "score": LOW}, "criteria",
     {"criteria": JUDGEMENT, "score": LOW}),
    (referral_rules.high_score_stands, {"criteria": VISIBLE, "score": None}, "criteria",
     {"criteria": REPEAT, "score": None}),
    (referral_rules.judgement_explained, {"criteria": JUDGEMENT, "rationale": "x" * 79, "rationale_min": 80},
     "rationale", {"criteria": JUDGEMENT, "rationale": "x" * 80, "rationale_min": 80}),
    (referral_rules.judgement_explained, {"criteria": JUDGEMENT, "rationale_min": 80}, "rationale",
     {"criteria": JUDGEMENT | REPEAT, "rationale_min": 80}),
    (referral_rules.escalation_counted, {"criteria": ESCALATION, "escalation_events": 2, "escalation_min": 3},
     "escalation_events", {"criteria": ESCALATION, "escalation_events": 3, "escalation_min": 3}),
    (referral_rules.escalation_counted, {"criteria": ESCALATION, "escalation_min": 3}, "escalation_events",
     {"criteria": ESCALATION | JUDGEMENT, "escalation_min": 3}),
    (referral_rules.old_enough, {"victim_age": 15, "age_min": 16}, "victim_age", {"victim_age": 16, "age_min": 16}),
    (referral_rules.old_enough, {"age_min": 16}, "victim_age", {"victim_age": 81, "age_min": 16}),
    (referral_rules.sharing_recorded, {"sharing": {}}, "aware", {"sharing": {"aware": "yes", "consent": "yes"}}),
    (referral_rules.sharing_recorded, {"sharing": UNAGREED | {"lawful_basis": "because"}}, "lawful_basis",
     {"sharing": UNAGREED | {"lawful_basis": "public_task"}}),
    *((referral_rules.sharing_recorded, {"sharing": without(UNAGREED, key)}, key, {"sharing": UNAGREED})
      for key in UNAGREED),
    (referral_rules.questions_asked, {"questions": ""}, "questions", {"questions": "Which school?"}),
    (referral_rules.answer_given, {}, "answer", {"answer": "The one in Bow"}),
    (referral_rules.matches_decided, {"undecided_matches": 2}, "matches", {"undecided_matches": 0}),
    (referral_rules.matches_decided, {"undecided_matches": None}, "matches", {"undecided_matches": 0}),
    (referral_rules.late_add_agreed, {"late": True, "approved_by": 1}, "reason", {"late": False}),
    (referral_rules.late_add_agreed, {"late": True, "reason": "Release tomorrow"}, "approved_by",
     {"late": True, "reason": "Release tomorrow", "approved_by": 1}),
    (referral_rules.emergency_approved, {"approved_by": 1}, "emergency_at",
     {"approved_by": 1, "emergency_at": datetime(2025, 11, 13, 9, tzinfo=UTC)}),
    (referral_rules.emergency_approved, {"emergency_at": 1}, "approved_by", {"approved_by": 1, "emergency_at": 1}),
    (referral_rules.earlier_case_linked, {}, "earlier_case_id", {"earlier_case_id": 4}),
    (referral_rules.source_recorded, {"earlier_papers": "asked"}, "source_area",
     {"source_area": "Another borough", "earlier_papers": "asked"}),
    (referral_rules.source_recorded, {"source_area": "a"}, "earlier_papers",
     {"source_area": "a", "earlier_papers": "b"}),
    (referral_rules.receiving_area_named, {}, "receiving_area", {"receiving_area": "Another borough"}),
    (referral_rules.forum_named, {}, "forum", {"forum": "mappa"}),
    (referral_rules.original_linked, {}, "into_id", {"into_id": 9}),
    (referral_rules.not_visible_high_risk, {"score": HIGH}, "outcome", {"score": LOW}),
    (referral_rules.not_visible_high_risk, {"score": HIGH}, "outcome", {"score": None}),
    (referral_rules.advice_given, {"reason": "Only housing evidence"}, "advice", {"reason": "a", "advice": "b"}),
    (referral_rules.advice_given, {"advice": "Call the helpline"}, "reason", {"reason": "a", "advice": "b"}),
    (triage_rules.staff_screened, {"undecided_conflicts": 1}, "conflicts", {"undecided_conflicts": 0}),
    (triage_rules.staff_screened, {"undecided_conflicts": None}, "conflicts", {"undecided_conflicts": 0}),
    (triage_rules.hand_over_recorded, {"handed_over": " "}, "handed_over", {"handed_over": "All of it, to the desk"}),
    (triage_rules.reason_coded, {}, "reason_code", {"reason_code": "only_for_idva"}),
    (triage_rules.another_person_reviews, {"reviewer_id": 1, "decided_by_id": 1}, "reason",
     {"reviewer_id": 2, "decided_by_id": 1}),
    (triage_rules.another_person_reviews, {"decided_by_id": 1}, "reason", {"reviewer_id": 2, "decided_by_id": 1}),
    *((da_marac.risk_summary_covers_five, {"minutes": without(RISKS, heading)}, heading, {"minutes": RISKS})
      for heading in RISKS),
    (da_marac.victims_view_heard, {"minutes": {}}, "no_views_reason", {"minutes": {MinuteHeading.VIEWS: "Stay"}}),
    (da_marac.victims_view_heard, {"minutes": {MinuteHeading.VIEWS: " "}}, "no_views_reason",
     {"minutes": {}, "no_views_reason": "Not reached in three calls"}),
    (da_marac.plan_or_reason, {"action_count": 0, "minutes": {}}, "no_action", {"action_count": 1, "minutes": {}}),
    (da_marac.plan_or_reason, {"action_count": 0, "minutes": {}}, "no_action",
     {"action_count": 0, "minutes": {MinuteHeading.NO_ACTION: "All in place"}}),
    (da_marac.someone_tells_victim, {}, "not_told_reason", {"tells_victim": "IDVA"}),
    (da_marac.someone_tells_victim, {"tells_victim": ""}, "not_told_reason", {"not_told_reason": "Phone is watched"}),
    (da_marac.repeat_reviewed, {"is_repeat": True, "minutes": {}}, "what_worked", {"is_repeat": False, "minutes": {}}),
    (da_marac.repeat_reviewed, {"is_repeat": True, "minutes": {}}, "what_worked",
     {"is_repeat": True, "minutes": {MinuteHeading.WHAT_WORKED: "Alarm used twice"}}),
    (da_marac.outcome_complete, {}, "outcome", {"outcome": Outcome.HEARD}),
    (da_marac.outcome_complete, {"outcome": Outcome.DEFERRED}, "outcome", {"outcome": "heard"}),
    (da_marac.outcome_complete, {"outcome": Outcome.NOT_HEARD}, "outcome", {"outcome": "heard"}),
    (da_marac.outcome_complete, {"outcome": Outcome.TRANSFERRED}, "receiving_area",
     {"outcome": Outcome.TRANSFERRED, "receiving_area": "Another borough"}),
    (da_marac.outcome_complete, {"outcome": Outcome.BRING_BACK}, "bring_back_on",
     {"outcome": Outcome.BRING_BACK, "bring_back_on": date(2026, 3, 24), "meeting_on": DAY}),
    (da_marac.outcome_complete, {"outcome": Outcome.BRING_BACK, "bring_back_on": DAY, "meeting_on": DAY},
     "bring_back_on", {"outcome": "heard"}),
    (da_marac.minutes_approved, {"minutes_state": MinutesState.SUBMITTED}, "minutes", {"minutes_state": "approved"}),
    (da_marac.twelve_months_over, {"today": DAY, "window_end": DAY}, "window_end",
     {"today": date(2026, 3, 11), "window_end": DAY}),
    (da_marac.no_live_actions, {"live_actions": 2}, "actions", {"live_actions": 0}),
    (da_marac.retention_over, {"today": date(2026, 3, 9), "retain_until": DAY}, "retain_until",
     {"today": DAY, "retain_until": DAY}),
    (da_marac.retention_over, {"today": DAY}, "retain_until", {"today": DAY, "retain_until": DAY}),
    (da_marac.not_on_hold, {"legal_hold": True}, "legal_hold", {"legal_hold": False}),
    (da_marac.not_on_hold, {}, "legal_hold", {"legal_hold": False}),
    (da_marac.two_people_agreed, {"approved_by": (7, 7)}, "approved_by", {"approved_by": (7, 8)}),
    (da_marac.in_the_ledger, {}, "ledger", {"in_ledger": True}),
    (retention.later_date_given, {"kept_until": None}, "kept_until",
     {"kept_until": date(2027, 1, 1), "retain_until": DAY, "today": DAY}),
    (retention.later_date_given, {"kept_until": DAY, "retain_until": DAY, "today": DAY}, "kept_until",
     {"kept_until": date(2027, 1, 1), "retain_until": DAY, "today": DAY}),
    (retention.another_person, {"approver": 7, "proposed_by": 7}, "approve", {"approver": 8, "proposed_by": 7}),
    (retention.another_person, {"approver": None, "proposed_by": 7}, "approve", {"approver": 8, "proposed_by": 7}),
    (retention.cooling_off_over, {"today": date(2026, 3, 9), "erase_on": DAY}, "erase_on",
     {"today": DAY, "erase_on": DAY}),
    (retention.cooling_off_over, {"today": DAY}, "erase_on", {"today": DAY, "erase_on": DAY}),
    (retention.keys_gone, {"keys_left": 1}, "keys", {"keys_left": 0}),
    (meeting.has_cases, {"item_count": 0}, "item_count", {"item_count": 1}),
    (meeting.said_why_again, {"published_before": True, "because": " "}, "because", {"published_before": False}),
    (meeting.said_why_again, {"published_before": True}, "because",
     {"published_before": True, "because": "A case was added"}),
    (meeting.chair_named, {}, "chair_id", {"chair_id": 5}),
    (meeting.every_item_has_outcome, {"items_without_outcome": 1}, "agenda", {"items_without_outcome": 0}),
    (meeting.cases_moved, {"listed_cases": 3}, "agenda", {"listed_cases": 0}),
    *((research.not_yet_heard, {"case_state": state}, "research", {"case_state": CaseState.LISTED})
      for state in set(CaseState) - set(research.BEFORE_HEARD)),
    *((research.not_yet_heard, {}, "research", {"case_state": state}) for state in research.BEFORE_HEARD),
    (research.who_is_known, {}, "who_known", {"who_known": ["her"]}),
    (research.share_or_reason, {"to_share": ""}, "nothing_to_share_because", {"to_share": "Seen on 3 November. Fact."}),
    (research.share_or_reason, {}, "nothing_to_share_because", {"nothing_to_share_because": "Not relevant to risk"}),
    (research.nothing_written, {"private_notes": "Known to us"}, "known", {"to_share": "", "private_notes": ""}),
    (research.nothing_written, {"to_share": "Known to us"}, "known", {}),
    (research.at_the_meeting, {"case_state": CaseState.LISTED}, "research", {"case_state": CaseState.IN_MEETING}),
    (research.at_the_meeting, {}, "research", {"case_state": CaseState.RESEARCHED}),
    (minutes.meeting_held, {"meeting_state": "in_progress"}, "meeting", {"meeting_state": MeetingState.HELD}),
    (minutes.approver_is_not_writer, {"approver": 1, "written_by": 1}, "approver", {"approver": 2, "written_by": 1}),
    (minutes.approver_is_not_writer, {"written_by": 1}, "approver", {"approver": 2, "written_by": 1}),
    *((action.plan_is_smart, without(SMART, key), key, SMART) for key in SMART),
    (action.owner_named, {}, "owner_id", {"owner_id": 8}),
    (action.safe_contact_kept, {"contact_with_victim": True}, "safe_contact_met",
     {"contact_with_victim": True, "safe_contact_met": True}),
    (action.safe_contact_kept, {"contact_with_victim": True}, "safe_contact_met", {}),
    (action.note_given, {"note": ""}, "note", {"note": "She has moved away"}),
    (action.handed_to_another, {"agency_id": 3}, "to_agency_id", {"agency_id": 3, "to_agency_id": 4}),
    (action.handed_to_another, {"agency_id": 3, "to_agency_id": 3}, "to_agency_id",
     {"agency_id": 3, "to_agency_id": 4}),
]  # fmt: skip

CASES += [
    (disclosure.answer_is_ready, {"unready": ["Choose an answer"]}, "answer", {"unready": []}),
    (disclosure.another_person, {"hands": {7}, "releaser": 7}, "releaser", {"hands": {7}, "releaser": 8}),
    (disclosure.second_where_restricted, {"restricted": True, "agreed_by": None, "releaser": 8}, "releaser",
     {"restricted": True, "agreed_by": 9, "releaser": 8}),
]  # fmt: skip
CASES += community_case_conditions.CASES + community_referral_conditions.CASES + sanctuary_conditions.CASES

USED = {guard for workflow in WORKFLOWS.values() for move in workflow.transitions for guard in move.guards}


class Watched(dict):
    """Facts that remember which were looked up."""

    def __init__(self, facts):
        super().__init__(facts)
        self.looked_up = set()

    def get(self, key, default=None):
        self.looked_up.add(key)
        return super().get(key, default)

    def __getitem__(self, key):
        self.looked_up.add(key)
        return super().__getitem__(key)


def named(case):
    return f"{case[0].__name__}-{case[2]}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_condition_refuses_beside_the_field_and_then_lets_pass(case):
    guard, broken, field, met = case
    with pytest.raises(RuleBroken) as refused:
        guard(None, broken)
    assert refused.value.field == field
    assert len(refused.value.message.split()) >= 3
    assert refused.value.message[0].isupper()
    guard(None, met)


@pytest.mark.parametrize("case", sanctuary_conditions.OF_A_CARD, ids=lambda case: case[2])
def test_a_job_card_is_made_when_it_says_where_and_how_and_never_why(case):
    """SAN-28."""
    test_the_condition_refuses_beside_the_field_and_then_lets_pass(case)


@pytest.mark.parametrize("lacks", ["agency_id", "due_on"])
def test_no_action_is_agreed_without_agency_and_day_on_either_panel_cm_11(lacks):
    """CM-11, DA-27. Whom it falls to is named by the agency, and none ends but as done without a note."""
    for guard in action.AGREE:
        with pytest.raises(RuleBroken) as refused:
            guard(None, without(SMART, lacks))
        assert refused.value.field == lacks
    ends = [move for move in action.ACTION.transitions if move.to_state in action.ACTION.end_states]
    assert {move.name for move in ends if action.note_given not in move.guards} == {"complete"}
    accepts = [move for move in action.ACTION.transitions if move.name == "accept"]
    assert accepts
    assert all(action.owner_named in move.guards for move in accepts)


def test_every_condition_of_every_table_is_shown_breaking_and_met():
    assert {case[0] for case in CASES} == USED | set(action.AGREE)


@pytest.mark.parametrize("guard", sorted(USED, key=lambda guard: guard.__name__), ids=lambda guard: guard.__name__)
def test_a_condition_looks_up_the_facts_its_docstring_names_and_no_others(guard):
    looked_up = set()
    for _, broken, _, met in (case for case in CASES if case[0] is guard):
        for facts in (Watched(broken), Watched(met)):
            with suppress(RuleBroken):
                guard(None, facts)
            looked_up |= facts.looked_up
    assert looked_up == set(reads(guard))


@pytest.mark.parametrize("guard", sorted(USED, key=lambda guard: guard.__name__), ids=lambda guard: guard.__name__)
def test_a_condition_says_itself_in_the_panels_words(guard):
    sentence = guard.__doc__.partition("Reads:")[0]
    assert len(sentence.split()) > 6
