"""What each part of a Community MARAC referral holds: its names, reading it back, writing it. Asks `access` nothing.

Parts that are alike in both programmes are the DA MARAC's own (referral_answers). Refuses no score.
"""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Referral
from marac.services.casework import people
from marac.services.community import community_sharing, happenings
from marac.services.referring import referral_answers
from marac.services.referring.referral_answers import Saver, Typed, keep_own
from marac.services.referring.task_lists import NOBODY_NAMED
from marac.vocabulary import AsbType, PersonRole, ReferralAbout, said

ABOUT = (
    "about", "asb_type", "asb_subtypes", "cuckooing", "hate_strands", "asb_first_on", "asb_last_on", "asb_frequency",
    "asb_place", "evidence", "earlier_marac",
)  # fmt: skip
TRIED = (
    "early_steps", "early_steps_why_not", "steps_tried", "enforcement", "offender_status", "orders", "agencies_known",
)  # fmt: skip
REASON = (
    "person_tests", "criteria", "judgement", "why_now", "stalled", "vulnerability", "what_happened", "wishes",
    "asked_of_panel", "care_concern", "care_concern_on", "care_concern_reference", "care_concern_why_not",
    "child_referral", "agencies_to_invite", "will_attend",
)  # fmt: skip
OF_REFERRAL = {"about": ABOUT, "tried": TRIED, "reason": REASON}
COMMUNITY = "Local community"
NEEDED: dict[str, tuple[tuple[str, str], ...]] = {
    "about": (("about", "Select what this is about"), ("asb_type", "Select the kind of behaviour")),
    "tried": (("early_steps", "Say whether early steps were tried"),),
    "reason": (
        ("person_tests", "Select who is affected"),
        ("criteria", "Select at least one reason for this referral"),
        ("what_happened", "Say what has happened"),
    ),
}


def read(session: Session, referral: Referral, task: str, whose: UUID | None = None) -> dict[str, Any]:
    """What one part holds now, by the names its form uses; `whose`: a person or an incident. The case is open."""
    if task in OF_REFERRAL:
        return {name: getattr(referral, name) for name in OF_REFERRAL[task]}
    if task == "incidents":
        return happenings.read(session, referral, whose)
    if task == "sharing":
        return community_sharing.read(session, referral, whose)
    return referral_answers.read(session, referral, task, whose)


def check(session: Session, referral: Referral, task: str, typed: Typed) -> None:
    """RuleBroken beside the first thing that a finished part needs and has not."""
    for name, message in NEEDED.get(task, ()):
        if not typed.get(name):
            raise RuleBroken(name, message)
    if task == "about" and typed["asb_type"] == AsbType.CUCKOOING and not typed.get("cuckooing"):
        raise RuleBroken("cuckooing", "Select what the home was taken over for")
    if task == "about" and typed["asb_type"] == AsbType.HATE and not typed.get("hate_strands"):
        raise RuleBroken("hate_strands", "Select each strand of hate")
    if task == "incidents":
        happenings.check(session, referral, typed)
    elif task == "person" and referral.about in NOBODY_NAMED:
        _check_place(referral, typed)
    elif task == "sharing":
        community_sharing.check(typed)
    elif task not in OF_REFERRAL:
        _check_alike(session, referral, task, typed)


def _check_alike(session: Session, referral: Referral, task: str, typed: Typed) -> None:
    """The checks of the other programme, in the words of this one."""
    try:
        referral_answers.check(session, referral, task, typed)
    except RuleBroken as problem:
        raise RuleBroken(problem.field, said(referral.programme, problem.message)) from None


def _check_place(referral: Referral, typed: Typed) -> None:
    if referral.about == ReferralAbout.LOCATION and not typed.get("full_name"):
        raise RuleBroken("full_name", "Enter what the place is called")


def _save_about(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    """What it is about; where nobody at risk is named, the first person of the case stands for a place or for many."""
    changed = keep_own(referral, typed, ABOUT)
    first = people.victim_of(session, referral.case_id)
    nobody = referral.about in NOBODY_NAMED
    name = first.full_name
    if referral.about == ReferralAbout.CAUSING_HARM and not name:
        name = COMMUNITY
    elif name == COMMUNITY and referral.about != ReferralAbout.CAUSING_HARM:
        name = None
    people.update_person(session, first, full_name=name, not_known=nobody or None)
    return changed


def _save_children(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    """Somebody said to be a witness or the like is kept under the role that seals them, with what they are here."""
    roles = list(typed.get("community_roles") or ())
    role = typed.get("role") or (PersonRole.OTHER_AT_RISK if roles else PersonRole.CHILD)
    return referral_answers.SAVERS["children"](session, actor, referral, {**typed, "role": role})


def _of_referral(task: str) -> Saver:
    def save(_session: Session, _actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
        return keep_own(referral, typed, OF_REFERRAL[task])

    return save


SAVERS: dict[str, Saver] = {
    **referral_answers.SAVERS,
    "about": _save_about,
    "children": _save_children,
    "incidents": happenings.save,
    "tried": _of_referral("tried"),
    "reason": _of_referral("reason"),
    "sharing": community_sharing.save,
}
