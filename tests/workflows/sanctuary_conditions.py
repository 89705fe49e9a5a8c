"""Every condition of a Sanctuary request, its jobs, visits and follow-ups: facts that break it, and that meet it."""

from datetime import date

from marac.vocabulary import (
    ApprovalDecision,
    GateAnswer,
    InterimSafety,
    LandlordState,
    SanctuaryPriority,
    SanctuaryState,
    TriageResult,
)
from marac.workflows import fitting, sanctuary_guards as office, works_guards as field

DAY = date(2026, 11, 25)
PLAN = {"interim": [InterimSafety.POLICE_PATROL_OR_MARKER]}
SLOT = {"starts_at": DAY, "surveyor_id": 4, "safe_to_attend": True, "lone_worker_plan": "Rings in at eleven"}
SURVEY = {"entry_points": ["front_door"], "lines": 2, "nothing_needed": False, "fire_section": "Alarms work",
          "safe_room": "no"}  # fmt: skip
REVIEW = {"fire_review_needed": True, "fire_advice": "Keep the way out", "fire_advised_on": DAY}
SPEC = {"lines": 2, "lines_without_cost": 0, "lines_without_funder": 0, "vat_percent": 20, "quotes": ["Firm, 450"],
        "no_quote_reason": ""}  # fmt: skip
CARD = {"contractor_id": 3, "area": "E1W", "address": "14 Elm Row", "access": "Blue door", "what_to_say": "Repairs",
        "who_to_ring": "The desk", "window": True, "telling_words": ""}  # fmt: skip
SIGNED = {"shown_how": True, "escape_explained": True, "resident_confirms": True}
END = {"moved_out_on": DAY, "portable_out": 1, "portable_back": True, "landlord_told": "yes", "keys_ended": "Returned"}
DONE = {"results": {"a": "fitted"}, "notes": {}, "photo": True}
ASKED = {"way": "phone", "way_refused": "", "outcome": {"still_at_address": "yes"}}
DECLINED = {"reason": "A right to enter", "alternatives": ["Refuge"], "notice": "Not now"}
APPROVED = {"spoken": False, "priority": SanctuaryPriority.URGENT, "funder": "Grant", "order_number": "PO 1"}


def but(facts, **changed):
    return {**facts, **changed}


def each(guard, facts, *names, empty=""):
    """The guard broken by each of these facts alone, beside its own field."""
    return [(guard, but(facts, **{name: empty}), name, facts) for name in names]


OFFICE = [
    (office.consent_given, {"consent": GateAnswer.UNKNOWN}, "consent", {"consent": "yes"}),
    (office.consent_given, {}, "consent", {"consent": "yes"}),
    (office.safe_contact_recorded, {}, "safe_contact", {"safe_contact": True}),
    (office.request_is_whole, {}, "full_name", {"missing": []}),
    (office.request_is_whole, {"missing": [("reason", "Enter why it is needed")]}, "reason", {"missing": []}),
    (office.interim_plan_recorded, {"interim": []}, "interim", PLAN),
    (office.interim_plan_recorded, {"interim": ["a moat"]}, "interim", PLAN),
    (office.interim_plan_recorded, {"interim": [InterimSafety.NONE_NEEDED]}, "interim_plan",
     {"interim": [InterimSafety.NONE_NEEDED], "interim_plan": "She stays with her sister"}),
    (office.no_gate_failed, {}, "gates", {"failed_gates": ()}),
    (office.no_gate_failed, {"failed_gates": ("consent",)}, "gate_consent", {"failed_gates": ()}),
    *each(office.something_unknown_asked, {"missing_words": "The tenancy", "asked_of": "Housing"}, "missing_words",
          "asked_of"),
    (office.answer_given, {}, "answer", {"answer": "It is joint"}),
    (office.gates_pass, {"failed_gates": ("consent",)}, "gate_consent",
     {"failed_gates": (), "unknown_gates": ("landlord_permission",)}),
    (office.gates_pass, {"failed_gates": (), "unknown_gates": ("own_choice",)}, "gate_own_choice",
     {"failed_gates": (), "unknown_gates": ()}),
    (office.landlord_may_be_asked, {"landlord_consent": "unknown"}, "gate_consent_to_ask_landlord",
     {"landlord_consent": "yes"}),
    (office.landlord_agreed, {"landlord": LandlordState.ASKED}, "landlord", {"landlord": LandlordState.GRANTED}),
    (office.landlord_agreed, {"priority": SanctuaryPriority.EMERGENCY}, "landlord",
     {"priority": SanctuaryPriority.EMERGENCY, "only_emergency_lines": True}),
    (office.unsuitable_for_a_reason, {"triage": TriageResult.AWAITING}, "gates", {"triage": TriageResult.INELIGIBLE}),
    (office.unsuitable_for_a_reason, {}, "gates", {"landlord": LandlordState.REFUSED}),
    (office.unsuitable_for_a_reason, {}, "gates", {"cost": ApprovalDecision.DECLINED}),
    *each(office.decision_in_writing, DECLINED, "reason", "alternatives", "notice"),
    (office.approver_is_independent, {}, "decision", {"approver_id": 1, "requester_id": 2, "surveyor_id": 3}),
    (office.approver_is_independent, {"approver_id": 2, "requester_id": 2}, "decision", {"approver_id": 1}),
    (office.approver_is_independent, {"approver_id": 3, "surveyor_id": 3}, "decision", {"approver_id": 1}),
    (office.within_limit, {"limit_pence": 50_000}, "amount", {"amount_pence": 50_000, "limit_pence": 50_000}),
    (office.within_limit, {"amount_pence": 50_001, "limit_pence": 50_000}, "decision",
     {"amount_pence": 50_001, "limit_pence": -1}),
    (office.within_limit, {"amount_pence": 1}, "decision", {"amount_pence": 0, "limit_pence": 0}),
    *each(office.approval_recorded, APPROVED, "funder", "order_number"),
    (office.approval_recorded, {"spoken": True, "priority": SanctuaryPriority.URGENT}, "spoken",
     {"spoken": True, "priority": SanctuaryPriority.EMERGENCY}),
    (office.reason_recorded, {"because": " "}, "because", {"because": "Too dear"}),
    *each(office.withdrawal_recorded, {"how_told": "By phone", "alternatives_offered": "Refuge"}, "how_told",
          "alternatives_offered"),
    *each(office.danger_recorded, {"how_known": "A neighbour", "known_on": DAY}, "how_known", "known_on"),
    (office.day_recorded, {}, "happened_on", {"happened_on": DAY}),
    (office.other_request_named, {}, "same_as_id", {"same_as_id": 7}),
    (office.hold_is_reviewed, {"review_on": DAY, "today": DAY}, "because",
     {"because": "Away", "review_on": date(2026, 12, 1), "today": DAY}),
    (office.hold_is_reviewed, {"because": "Away", "review_on": DAY, "today": DAY}, "review_on",
     {"because": "Away", "review_on": date(2026, 11, 26), "today": DAY}),
    (office.home_is_clear, {}, "gates", {"stops_works": ()}),
    (office.home_is_clear, {"stops_works": ("has_keys",)}, "gate_has_keys", {"stops_works": ()}),
    (office.where_it_stood, {"resume_to": SanctuaryState.APPROVAL, "held_from": SanctuaryState.SIGN_OFF}, "resume",
     {"resume_to": SanctuaryState.APPROVAL, "held_from": SanctuaryState.APPROVAL}),
    (office.outcome_recorded, {}, "outcome", {"outcome": "stayed"}),
]  # fmt: skip

FIELD = [
    *each(field.slot_is_safe, SLOT, *SLOT),
    *each(field.survey_is_whole, SURVEY, "entry_points", "fire_section", "safe_room"),
    (field.survey_is_whole, but(SURVEY, lines=0), "item", but(SURVEY, lines=0, nothing_needed=True)),
    *each(field.fire_reviewed, REVIEW, "fire_advised_on", "fire_advice"),
    (field.fire_reviewed, {}, "fire_advised_on", {"fire_review_needed": False}),
    (field.specified, but(SPEC, lines=0), "lines", SPEC),
    (field.specified, but(SPEC, lines_without_cost=1), "lines", SPEC),
    (field.specified, but(SPEC, lines_without_funder=2), "lines", SPEC),
    (field.specified, but(SPEC, vat_percent=None), "vat", but(SPEC, vat_percent=0)),
    (field.specified, but(SPEC, quotes=[]), "no_quote_reason", but(SPEC, quotes=[], no_quote_reason="Set prices")),
    (field.every_line_ended, {"results": ["fitted", "part_fitted"]}, "results",
     {"results": ["fitted", "not_needed"]}),
    (field.every_line_ended, {}, "results", {"results": ["fitted"]}),
    (field.alarms_checked, {}, "alarms_checked", {"alarms_checked": True}),
    *each(field.resident_confirmed, SIGNED, *SIGNED),
    (field.keys_recorded, {"keys_to_resident": True}, "keys_count", {"keys_count": 0, "keys_to_resident": True}),
    (field.keys_recorded, {"keys_count": 3}, "keys_to_resident", {"keys_count": 3, "keys_to_resident": True}),
    (field.safety_plan_made, {"police_flag_asked": True}, "safety_plan",
     {"safety_plan": "Rings a neighbour", "police_flag_asked": True}),
    (field.safety_plan_made, {"safety_plan": "x"}, "no_flag_reason",
     {"safety_plan": "x", "no_flag_reason": "She said no"}),
    *each(field.ended_in_order, END, "moved_out_on", "portable_back", "landlord_told", "keys_ended"),
    (field.follow_ups_answered, {}, "follow_ups", {"open_follow_ups": 0}),
    (field.follow_ups_answered, {"open_follow_ups": 1}, "follow_ups", {"open_follow_ups": 0}),
    (fitting.each_line_answered, but(DONE, results={}), "results", DONE),
    (fitting.each_line_answered, but(DONE, results={"a": "not_fitted"}), "results",
     but(DONE, results={"a": "not_fitted"}, notes={"a": "No power"})),
    (fitting.each_line_answered, but(DONE, photo=False), "photo", DONE),
    *each(fitting.reached_safely, ASKED, "way", "outcome"),
    (fitting.reached_safely, but(ASKED, way_refused="Texts are not safe now"), "way", ASKED),
    (fitting.tried_safely, {}, "way", {"way": "phone"}),
    (fitting.tried_safely, {"way": "text", "way_refused": "Texts are not safe now"}, "way", {"way": "phone"}),
    (fitting.tried_three_times, {"attempts": 2}, "way", {"attempts": 3}),
    (fitting.visit_told, {"found": " "}, "found", {"found": "Two lamps are out"}),
]  # fmt: skip
CASES = OFFICE + FIELD

# beside the table: what a job card may hold is asked when a job is made
OF_A_CARD = [
    *each(field.job_card_is_plain, CARD, "contractor_id", "area", "address", "access", "what_to_say", "who_to_ring",
          "window"),
    (field.job_card_is_plain, but(CARD, telling_words="access"), "access", CARD),
]  # fmt: skip
