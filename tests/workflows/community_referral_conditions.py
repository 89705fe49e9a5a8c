"""Each condition of the Community MARAC referral broken beside its field, and met; test_guards.py walks them."""

from marac.vocabulary import NeedTest, PersonTest
from marac.workflows import community_referral_rules as rules

PERSON, WAY = {PersonTest.HARMFUL_PERSON}, {NeedTest.ESCALATION}
JUDGED, STUCK = {NeedTest.PROFESSIONAL_JUDGEMENT}, {NeedTest.SINGLE_AGENCY_STALLED}
ONE = {"name": "Abel", "consent_to_share": "yes", "informed_of_referral": "no", "sharing_basis": "public_task"}

CASES = [
    (rules.person_test_chosen, {"person_tests": set()}, "person_tests", {"person_tests": PERSON}),
    (rules.way_in_chosen, {"criteria": None}, "criteria", {"criteria": WAY}),
    (rules.high_matrix_stands, {"criteria": WAY, "matrix_high": True}, "criteria",
     {"criteria": {*WAY, NeedTest.MATRIX_HIGH}, "matrix_high": True}),
    (rules.high_matrix_stands, {"criteria": {NeedTest.MATRIX_HIGH}, "matrix_high": False}, "criteria",
     {"criteria": WAY, "matrix_high": False}),
    (rules.judgement_written, {"criteria": JUDGED, "rationale": "x" * 79, "rationale_min": 80}, "judgement",
     {"criteria": JUDGED, "rationale": "x" * 80, "rationale_min": 80}),
    (rules.escalation_described, {"criteria": WAY, "escalation": " "}, "why_now",
     {"criteria": WAY, "escalation": "Every night"}),
    (rules.stalled_described, {"criteria": STUCK}, "stalled", {"criteria": STUCK, "stalled": "Two warnings"}),
    (rules.care_question_answered, {"adult_at_risk": True, "care_concern": ""}, "care_concern",
     {"adult_at_risk": False}),
    (rules.care_question_answered, {"adult_at_risk": True, "care_concern": "no"}, "care_concern_why_not",
     {"adult_at_risk": True, "care_concern": "no", "care_concern_why_not": "No needs"}),
    (rules.sharing_recorded_for_each, {"people": [ONE, {"name": "Bea"}]}, "consent_to_share", {"people": [ONE]}),
    (rules.sharing_recorded_for_each, {"people": [{**ONE, "sharing_basis": "none"}]}, "sharing_basis", {"people": []}),
    (rules.in_scope, {"unfinished": False, "person_tests": set(), "criteria": WAY}, "person_tests",
     {"unfinished": False, "person_tests": PERSON, "criteria": WAY}),
    (rules.in_scope, {"unfinished": False, "person_tests": PERSON, "criteria": set()}, "criteria",
     {"unfinished": True}),
    (rules.refused_on_more_than_a_score,
     {"reason_code": rules.NEED_NOT_MET, "criteria": JUDGED, "matrix_high": False}, "reason_code",
     {"reason_code": "other", "criteria": JUDGED, "matrix_high": False}),
    (rules.refused_on_more_than_a_score,
     {"reason_code": rules.NEED_NOT_MET, "criteria": None, "matrix_high": True}, "reason_code",
     {"reason_code": rules.NEED_NOT_MET, "criteria": {NeedTest.MATRIX_HIGH}, "matrix_high": False}),
]  # fmt: skip
