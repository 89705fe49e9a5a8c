"""What each part of a referral holds: its names, reading it back, writing what was typed. Asks `access` nothing."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Agency, CasePerson, Referral, SanctuaryRequest
from marac.services.casework import people
from marac.vocabulary import PersonRole

Typed = Mapping[str, Any]
Saver = Callable[[Session, Actor, Referral, Typed], frozenset[str]]

OTHERS = (PersonRole.CHILD, PersonRole.OTHER_AT_RISK)
REASON = (
    "criteria", "judgement", "escalation", "what_happened", "happened_on", "why_now", "wishes", "feared",
    "safe_to_talk_to", "not_safe_to_talk_to", "tried", "features", "history", "support", "earlier_marac",
    "agencies_known", "agencies_to_invite",
)  # fmt: skip
SHARING = (
    "told", "told_why_not", "consent", "sharing_basis", "sharing_reason", "sharing_proportionate", "sharing_decided_by",
    "sharing_decided_on", "support_contact", "police_contact", "police_contact_why", "told_police_record",
)  # fmt: skip
REFERRER = ("referrer_role", "referrer_phone", "discussed", "presented_by", "manager_name", "manager_on")
AROUND = ("weapons", "staff_safety", "crime_reference", "officer_in_case", "orders", "court")
BESIDE_CHILDREN = ("no_children", "pets")
OF_REFERRAL = {
    "other-person": AROUND, "children": BESIDE_CHILDREN, "reason": REASON, "sharing": SHARING, "referrer": REFERRER,
}  # fmt: skip
OF_VICTIM = {
    "person": (*people.IDENTITY, *people.HEALTH, *people.ADDRESS), "safe-contact": people.CONTACT,
    "equality": people.EQUALITY,
}  # fmt: skip
OF_PERSON = {
    "other-person": (*people.IDENTITY, *people.HEALTH, *people.ADDRESS, "phone", "ethnicity"),
    "children": (*people.IDENTITY, *people.ADDRESS),
}  # fmt: skip
NEEDED: dict[str, tuple[tuple[str, str], ...]] = {
    "person": (("full_name", "Enter their full name"),),
    "safe-contact": (("rules", "Say whether it is safe to phone"),),
    "reason": (("criteria", "Select at least one reason for this referral"),
               ("what_happened", "Say what has happened")),
    "sharing": (("told", "Say whether the person knows about this referral"),
                ("consent", "Say whether the person agrees to information being shared")),
}  # fmt: skip


def read(session: Session, referral: Referral, task: str, person_id: UUID | None = None) -> dict[str, Any]:
    """What one part (not the checklist) holds now, by the names its form uses. The case must be open."""
    if task in OF_VICTIM:
        return people.facts_of(people.victim_of(session, referral.case_id), OF_VICTIM[task])
    held = {name: getattr(referral, name) for name in OF_REFERRAL[task]}
    if person_id is None:
        return held
    return held | people.facts_of(person_in(session, referral, person_id), OF_PERSON[task])


def person_in(session: Session, referral: Referral | SanctuaryRequest, person_id: UUID) -> CasePerson:
    """Somebody of the case by id; NotFound for anyone else, and for the victim-survivor."""
    person = session.get(CasePerson, person_id)
    if person is None or person.case_id != referral.case_id or person.role == PersonRole.VICTIM:
        raise NotFound
    return person


def check(session: Session, referral: Referral, task: str, typed: Typed) -> None:
    """RuleBroken beside the first thing that a finished part needs and has not."""
    for name, message in NEEDED.get(task, ()):
        if not typed.get(name):
            raise RuleBroken(name, message)
    if task == "person" and not typed.get("born_on") and typed.get("approximate_age") is None:
        raise RuleBroken("born_on", "Enter a date of birth or an age")
    if task == "safe-contact" and not typed.get("times") and people.only_between(typed.get("rules")):
        raise RuleBroken("times", "Enter the times it is safe, or choose No")
    named = any(typed.get(name) for name in ("full_name", "not_known", "unborn"))
    if task == "other-person" and not (named or people.people_of(session, referral.case_id, [PersonRole.PERPETRATOR])):
        raise RuleBroken("full_name", "Enter the alleged perpetrator's name or choose Not known")
    if task == "children" and not (named or typed.get("no_children") or _others(session, referral)):
        raise RuleBroken("no_children", "Add each child and other person at risk, or confirm that there are none")


def _others(session: Session, referral: Referral) -> list[CasePerson]:
    return people.people_of(session, referral.case_id, OTHERS)


def _save_person(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    return people.update_person(session, people.victim_of(session, referral.case_id), **typed)


def _save_safe_contact(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    agency = session.get_one(Agency, actor.agency_id)
    checked = {"checked_on": clock.today(), "checked_by": agency.name}
    return people.update_person(session, people.victim_of(session, referral.case_id), **{**typed, **checked})


def _save_other_person(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    changed = _save_one(session, referral, "other-person", PersonRole.PERPETRATOR, typed)
    return changed | keep_own(referral, typed, AROUND)


def _save_children(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    role = PersonRole(typed.get("role") or PersonRole.CHILD)
    changed = _save_one(session, referral, "children", role, typed)
    none = bool(typed.get("no_children")) and not _others(session, referral)
    return changed | keep_own(referral, {**typed, "no_children": none or None}, BESIDE_CHILDREN)


def _save_one(session: Session, referral: Referral, task: str, role: PersonRole, typed: Typed) -> frozenset[str]:
    """Add or change one person; nothing typed adds nobody."""
    facts = {name: typed[name] for name in OF_PERSON[task] if name in typed}
    if typed.get("person_id"):
        person = person_in(session, referral, typed["person_id"])
        if person.role == role:
            return people.update_person(session, person, **facts)
        people.remove_person(session, person)
    if not any(value for name, value in facts.items() if name in ("full_name", "not_known", "unborn")):
        return frozenset()
    people.add_person(session, referral.case, role, **facts)
    return frozenset({"added"})


def _of_referral(task: str) -> Saver:
    """The saver of a part whose every answer is the referral's own."""

    def save(_session: Session, _actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
        return keep_own(referral, typed, OF_REFERRAL[task])

    return save


def keep_own(referral: Referral, typed: Typed, names: tuple[str, ...]) -> frozenset[str]:
    """Set what is given of the referral's own answers, blank as absent; answers with the names that changed."""
    given = {name: typed[name] or None for name in names if name in typed}
    changed = {name for name, value in given.items() if _listed(getattr(referral, name)) != _listed(value)}
    for name, value in given.items():
        setattr(referral, name, value)
    return frozenset(changed)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | list) else value


SAVERS: dict[str, Saver] = {
    "person": _save_person,
    "safe-contact": _save_safe_contact,
    "other-person": _save_other_person,
    "children": _save_children,
    "reason": _of_referral("reason"),
    "sharing": _of_referral("sharing"),
    "referrer": _of_referral("referrer"),
    "equality": _save_person,
}
