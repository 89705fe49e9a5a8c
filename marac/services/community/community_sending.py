"""What the rules of sending and deciding read of a Community MARAC referral, and the marks its case carries after.

Decides nothing. The referral's case must be open.
"""

from typing import Any

from sqlalchemy.orm import Session

from marac import clock
from marac.models import Assessment, Case, Referral
from marac.services import local
from marac.services.casework import assessments, people
from marac.services.community import community_sharing
from marac.services.referring import referral_tasks
from marac.vocabulary import Grade, PersonRole

GROWN_UP = 18


def facts(session: Session, referral: Referral) -> dict[str, Any]:
    """Everything the guards of `submit` and `finish` read, but for dates."""
    rules, on = local.rules_of(session, referral.partnership_id, referral.programme), clock.today()
    return {
        "missing": referral_tasks.missing(referral),
        "unfinished": referral_tasks.unfinished(referral),
        "heard": referral.case.state not in referral_tasks.UNTIL_HEARD,
        "score": assessments.score_of(session, referral),
        "matrix_high": matrix_high(session, referral),
        "person_tests": set(referral.person_tests or ()),
        "criteria": set(referral.criteria or ()),
        "rationale": referral.judgement,
        "rationale_min": rules.value("criteria.need_tests.professional_judgement.rationale_min_characters", on),
        "escalation": referral.why_now,
        "stalled": referral.stalled,
        "adult_at_risk": _adult_at_risk(session, referral),
        "care_concern": referral.care_concern,
        "care_concern_why_not": referral.care_concern_why_not,
        "people": community_sharing.facts(session, referral),
    }  # fmt: skip


def deciding_facts(session: Session, referral: Referral) -> dict[str, Any]:
    """What deciding reads besides: is it in scope, and by more than a score (CM-4)."""
    return {
        "unfinished": referral_tasks.unfinished(referral),
        "person_tests": set(referral.person_tests or ()),
        "criteria": set(referral.criteria or ()),
        "matrix_high": matrix_high(session, referral),
    }


def matrix_high(session: Session, referral: Referral) -> bool:
    """Whether the newest matrix is high as it stands: an override with its second name counts, up or down (CM-2)."""
    newest = assessments.assessment_of(session, referral)
    return newest is not None and stands_at(newest) == Grade.HIGH


def stands_at(one: Assessment) -> Grade | None:
    """The grade of an assessment as it stands: the professional's where there is one, else the tool's."""
    return one.professional_grade or one.tool_grade


def mark_case(referral: Referral) -> None:
    """Carry to the case what its line on a list shows: strands of hate, cuckooing, why harm weighs more (CM-18)."""
    case: Case = referral.case
    found = [
        *(f"hate:{code}" for code in referral.hate_strands or ()),
        *(f"cuckooing:{code}" for code in referral.cuckooing or ()),
        *(f"vulnerable:{code}" for code in referral.vulnerability or ()),
    ]
    case.marks = list(dict.fromkeys([*(case.marks or ()), *found]))


def _adult_at_risk(session: Session, referral: Referral) -> bool:
    """Whether somebody grown up, or of an age nobody knows, is named as at risk."""
    victim = people.people_of(session, referral.case_id, [PersonRole.VICTIM])[0]
    age = people.age_of(victim)
    return bool(victim.full_name) and not victim.not_known and (age is None or age >= GROWN_UP)
