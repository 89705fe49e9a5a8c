"""A Community MARAC referral to tell a test's story with: the matrix answered to any total, every part filled in."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from marac.access import Actor
from marac.models import Referral
from marac.services.casework import people
from marac.services.community import community_sharing
from marac.services.keeping.deployment import Deployment
from marac.services.referring import referral_tasks, referrals
from marac.vocabulary import PersonRole, ProgrammeSlug
from marac.workflows.checklists import current

COMMUNITY = ProgrammeSlug.COMMUNITY_MARAC
MATRIX = current("asb_ram")
ABOUT: dict[str, Any] = {
    "about": "victim", "asb_type": "targeting", "asb_subtypes": ["threats", "noise"], "hate_strands": ["disability"],
}  # fmt: skip
AT_RISK: dict[str, Any] = {
    "full_name": "Dilwar Hossain", "born_on": date(1958, 5, 4), "house_number": "9", "street": "Rowan Walk",
    "postcode": "E1 0ZZ",
}  # fmt: skip
CAUSING_HARM: dict[str, Any] = {
    "full_name": "Lee Marshbrook", "approximate_age": 30, "relationship_to_victim": "lives above",
}  # fmt: skip
INCIDENT: dict[str, Any] = {
    "happened_on": date(2026, 3, 2), "kind": "targeting", "what": "Shouting and banging on the door at night.",
    "reported_to": ["Police", "Landlord"], "references": ["CAD 4410/02MAR26"],
}  # fmt: skip
REASON: dict[str, Any] = {
    "person_tests": ["vulnerable_victim"], "criteria": ["professional_judgement"],
    "judgement": "He no longer sleeps and has stopped going out, and two services cannot go further alone than now.",
    "what_happened": "Six months of shouting, banging and threats from above.", "wishes": "To be left in peace.",
    "vulnerability": ["personal_health", "situational_isolation"], "care_concern": "no",
    "care_concern_why_not": "He has no care and support needs.", "will_attend": "yes",
}  # fmt: skip
AGREES = {
    "consent_to_share": "yes", "informed_of_referral": "yes", "consent_to_support_contact": "yes",
    "sharing_basis": "crime_prevention",
}  # fmt: skip
NOT_ASKED = {
    "consent_to_share": "not_sought", "informed_of_referral": "no", "consent_to_support_contact": "not_sought",
    "sharing_basis": "crime_prevention", "sharing_reason": "To stop the threats; only what bears on them is shared.",
    "sharing_authoriser": "Maya Orchardson, ASB manager",
}  # fmt: skip


def matrix(total: int = 20, *, unknown: tuple[int, ...] = (), today: tuple[str, ...] = ()) -> dict[str, Any]:
    """The risk matrix answered throughout to that total; `unknown` questions score nothing; `today`: flags raised."""
    answers: dict[str, Any] = {field.key: "yes" if field.key in today else "no" for field in MATRIX.same_day}
    left = total
    for question in MATRIX.questions:
        keys: Any = "not_known"
        if question.number not in unknown:
            known = [option for option in question.options if (option.score is not None) and option.score <= left]
            best = max(known, key=lambda option: option.score or 0)
            whole = question.kind == "multi" and left >= question.maximum
            keys = ["physical", "mental"] if whole else [best.key] if question.kind == "multi" else best.key
            left -= question.maximum if whole else best.score or 0
        answers[str(question.number)] = {"answer": keys}
    if left:
        raise AssertionError(f"no answers come to {total}: {left} left")
    return answers


def a_community_draft(session: Session, house: Deployment, actor: Actor, **facts: Any) -> Referral:
    """A draft with every part filled in. Override: about, victim, contact, perpetrator, children, incident, answers,
    graded, reason, sharing.
    """
    referral = referrals.start_referral(session, house.keyring, actor, COMMUNITY)
    parts: dict[str, Any] = {
        "about": {**ABOUT, **facts.get("about", {})},
        "person": {**AT_RISK, **facts.get("victim", {})},
        "safe-contact": {"phone": "07700 900456", "rules": {"phone": {"answer": "yes"}}, **facts.get("contact", {})},
        "other-person": {**CAUSING_HARM, **facts.get("perpetrator", {})},
        "children": facts.get("children", {"no_children": True}),
        "incidents": {**INCIDENT, **facts.get("incident", {})},
        "tried": {"early_steps": "yes", "steps_tried": [{"step": "warning", "outcome": "no_change", "when": "May"}]},
        "risk": {"checklist": "asb_ram", "answers": facts.get("answers", matrix()), **facts.get("graded", {})},
        "reason": {**REASON, **facts.get("reason", {})},
    }  # fmt: skip
    for task, typed in parts.items():
        referral_tasks.save_task(session, actor, referral, task, typed)
    everyone = community_sharing.everyone(session, referral)
    for one in everyone:
        said = NOT_ASKED if one.role == PersonRole.PERPETRATOR else {**AGREES, **facts.get("sharing", {})}
        referral_tasks.save_task(session, actor, referral, "sharing", {**said, "person_id": one.id})
    if not everyone:
        referral_tasks.save_task(session, actor, referral, "sharing", {})
    return referral


def a_community_referral(session: Session, house: Deployment, actor: Actor, **facts: Any) -> Referral:
    """The same, sent."""
    return referrals.submit(session, actor, a_community_draft(session, house, actor, **facts))


def named(session: Session, referral: Referral) -> list[str]:
    """Everybody in its case, by name."""
    return [one.full_name or "" for one in people.people_of(session, referral.case_id)]
