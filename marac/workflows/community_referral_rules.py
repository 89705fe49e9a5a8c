"""Conditions on sending and deciding a Community MARAC referral. A score alone never refuses one (CM-4)."""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import LawfulBasis, NeedTest, PersonTest
from marac.workflows.engine import Facts
from marac.workflows.guards import given, need

NEED_NOT_MET = "need_not_met"


def person_test_chosen(_subject: Any, facts: Facts) -> None:
    """The referral is about somebody the panel is for: one of the two person tests (rule model 1.4).

    Reads: person_tests.
    """
    if not set(facts["person_tests"] or ()) & set(PersonTest):
        raise RuleBroken("person_tests", "Select who is affected")


def way_in_chosen(_subject: Any, facts: Facts) -> None:
    """At least one of the four ways in is claimed, and any one is enough (CM-4).

    Reads: criteria.
    """
    if not set(facts["criteria"] or ()) & set(NeedTest):
        raise RuleBroken("criteria", "Select at least one reason for this referral")


def high_matrix_stands(_subject: Any, facts: Facts) -> None:
    """The matrix is a way in when its band is high, by the operator in force, and only then (CM-2, CM-3).

    `matrix_high` is the band after an override that has its reason and second name.

    Reads: criteria, matrix_high.
    """
    claimed = NeedTest.MATRIX_HIGH in facts["criteria"]
    if facts["matrix_high"] and not claimed:
        raise RuleBroken("criteria", "The risk matrix is high: select that as a reason too")
    if claimed and not facts["matrix_high"]:
        raise RuleBroken("criteria", "The risk matrix is not high. Select another reason, or check the answers")


def judgement_written(_subject: Any, facts: Facts) -> None:
    """Professional judgement is enough at any score, and says what the worry is, at the length set locally (CM-4).

    Reads: criteria, rationale, rationale_min.
    """
    said = (facts["rationale"] or "").strip()
    if NeedTest.PROFESSIONAL_JUDGEMENT in facts["criteria"] and len(said) < facts["rationale_min"]:
        raise RuleBroken("judgement", f"Explain your judgement in at least {facts['rationale_min']} characters")


def escalation_described(_subject: Any, facts: Facts) -> None:
    """Escalation says what has become more frequent or more serious.

    Reads: criteria, escalation.
    """
    if NeedTest.ESCALATION in facts["criteria"] and not given(facts, "escalation"):
        raise RuleBroken("why_now", "Say what has become more frequent or more serious")


def stalled_described(_subject: Any, facts: Facts) -> None:
    """When one agency alone has got stuck, the panel learns what was tried and why it stopped.

    Reads: criteria, stalled.
    """
    if NeedTest.SINGLE_AGENCY_STALLED in facts["criteria"] and not given(facts, "stalled"):
        raise RuleBroken("stalled", "Say what one agency alone has tried, and where it got stuck")


def sharing_recorded_for_each(_subject: Any, facts: Facts) -> None:
    """Of each person named: agreed or not, told or not, and the basis for sharing, as separate facts (CM-7).

    `people` holds for each what sharing_stands reads.

    Reads: people.
    """
    for one in facts["people"]:
        sharing_stands(one)


def sharing_stands(one: Facts) -> None:
    """One person's facts are whole, and sharing without consent has its basis, reason and authoriser (CM-7).

    `name` is who; the rest is consent_to_share, informed_of_referral, sharing_basis, sharing_reason and
    sharing_authoriser. RuleBroken beside the first that is missing.
    """
    whose = f" ({one['name']})" if one.get("name") else ""
    need(one, "consent_to_share", f"Say whether they agree to information being shared{whose}")
    need(one, "informed_of_referral", f"Say whether they know about this referral{whose}")
    if one.get("sharing_basis") not in tuple(LawfulBasis):
        raise RuleBroken("sharing_basis", f"Select why sharing is lawful{whose}")
    authorised(one)


def authorised(one: Facts) -> None:
    """Sharing without consent is never recorded without its reason and who authorised it (CM-7).

    Reads: consent_to_share, sharing_reason, sharing_authoriser.
    """
    if one.get("consent_to_share") in ("", None, "yes"):
        return
    need(one, "sharing_reason", "Explain why you share without consent, and why that is proportionate")
    need(one, "sharing_authoriser", "Enter who authorised sharing without consent")


def care_question_answered(_subject: Any, facts: Facts) -> None:
    """Whether a Care Act section 42 concern was raised is answered for an adult at risk; a no has its reason (CM-13).

    `adult_at_risk` is False where nobody grown up is named as at risk.

    Reads: adult_at_risk, care_concern, care_concern_why_not.
    """
    if not facts["adult_at_risk"]:
        return
    need(facts, "care_concern", "Say whether a safeguarding adults concern (section 42) was raised")
    if facts["care_concern"] == "no":
        need(facts, "care_concern_why_not", "Say why no safeguarding adults concern was raised")


def in_scope(_subject: Any, facts: Facts) -> None:
    """Listed is what meets a person test and a way in; an urgent one sent unfinished is listed on its six answers.

    Reads: unfinished, person_tests, criteria.
    """
    if not facts["unfinished"]:
        person_test_chosen(_subject, facts)
        way_in_chosen(_subject, facts)


def refused_on_more_than_a_score(_subject: Any, facts: Facts) -> None:
    """A low score never turns down what has another way in: judgement, escalation, or one agency stuck (CM-4).

    Reads: reason_code, criteria, matrix_high.
    """
    claimed = set(facts["criteria"] or ()) - {NeedTest.MATRIX_HIGH}
    if facts["reason_code"] == NEED_NOT_MET and (claimed or facts["matrix_high"]):
        message = (
            "The referral has a way in besides the score. List it, pass it to a better forum, or say which test fails"
        )
        raise RuleBroken("reason_code", message)
