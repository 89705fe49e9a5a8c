"""The eight parts of a referral form: what each holds, saving one, which are still to do. Sends and decides nothing."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import changed_fields
from marac.errors import NotFound, RuleBroken, StaleEdit, WrongState
from marac.models import Agency, Assessment, CasePerson, Referral
from marac.services import local, moving, people
from marac.vocabulary import Permission as P, PersonRole, ReferralState
from marac.workflows import checklists
from marac.workflows.checklists import Score
from marac.workflows.definitions import Checklist, Threshold

Typed = Mapping[str, Any]
FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Task:
    """One part of the form. An optional part never holds a referral up."""

    key: str
    label: str
    hint: str
    optional: bool = False


TASKS = (
    Task("person", "The victim-survivor", "Names, age, address and what they need."),
    Task("safe-contact", "Safe contact", "How they may be reached, and how not."),
    Task("other-person", "The alleged perpetrator", "One or more people, or not known."),
    Task("children", "Children and others at risk", "Or confirm that there are none."),
    Task("risk", "DASH risk checklist", "24 questions, about 3 minutes if done on paper."),
    Task("reason", "Why you are referring", "What happened, why now, what they want."),
    Task("sharing", "Telling them, and consent", "Or why you share without it."),
    Task("equality", "Equality questions", "Optional. They help us see who we reach.", optional=True),
)
BY_KEY = {task.key: task for task in TASKS}
TASK_OF = {
    "victim_age": "person", "full_name": "person", "criteria": "reason", "rationale": "reason",
    "escalation_events": "reason", "aware": "sharing", "aware_why_not": "sharing", "consent": "sharing",
    "lawful_basis": "sharing", "necessity": "sharing", "proportionality": "sharing", "decided_by": "sharing",
    "decided_on": "sharing",
}  # fmt: skip
OTHERS = (PersonRole.CHILD, PersonRole.OTHER_AT_RISK)
REASON = (
    "criteria", "judgement", "escalation", "what_happened", "happened_on", "why_now", "tried", "wishes",
)  # fmt: skip
SHARING = (
    "told", "told_why_not", "consent", "sharing_basis", "sharing_reason", "sharing_proportionate", "sharing_decided_by",
    "sharing_decided_on",
)  # fmt: skip
AROUND = ("weapons", "orders", "staff_safety")


def may_fill(referral: Referral) -> bool:
    """Whether the form is open: a draft, a referral sent back, or one sent as urgent and not finished yet."""
    open_states = (ReferralState.DRAFT, ReferralState.RETURNED)
    return referral.state in open_states or (referral.state == ReferralState.SUBMITTED and unfinished(referral))


def unfinished(referral: Referral) -> bool:
    """Sent as urgent with six fields, and the rest not finished since (DA-18). Needs the referral's case opened."""
    return referral.urgent and FINISHED not in (referral.done_tasks or ())


def open_form(session: Session, actor: Actor, referral: Referral) -> frozenset[str]:
    """Open the form for its writer and say what opened.

    NotFound or NotAllowed if it is not theirs, WrongState when it is closed.
    """
    access.require(actor, P.REFERRAL_EDIT, referral)
    closed = referral.state not in (ReferralState.DRAFT, ReferralState.RETURNED, ReferralState.SUBMITTED)
    if closed or (referral.state == ReferralState.SUBMITTED and not referral.urgent):
        raise WrongState
    opened = access.open_case(actor, referral.case)
    if not may_fill(referral):
        raise WrongState
    return opened


def missing(referral: Referral) -> tuple[str, ...]:
    """The tasks that hold the referral up, in the order of the form."""
    done = set(referral.done_tasks or ())
    return tuple(task.key for task in TASKS if not task.optional and task.key not in done)


def save_task(
    session: Session, actor: Actor, referral: Referral, task: str, typed: Typed, *, edition: str | None = None,
    done: bool = True,
) -> Referral:  # fmt: skip
    """Save one part. `edition` is what `edition_of` said when the page was drawn: StaleEdit if it was changed since.

    `done` is False for autosave and for a part with more to add. RuleBroken beside a field that a finished part needs.
    """
    open_form(session, actor, referral)
    person_id = typed.get("person_id")
    if edition is not None and edition != edition_of(saved(session, referral, task, person_id)):
        raise StaleEdit(str(referral.id))
    if done:
        _check(session, referral, task, typed)
    changed = SAVERS[task](session, actor, referral, typed)
    if done and task not in (referral.done_tasks or ()):
        referral.done_tasks = [*(referral.done_tasks or ()), task]
    audit.record(session, actor, "referral:filled", referral, task=task, fields=sorted(changed))
    moving.flush(session)
    return referral


def edition_of(values: Typed) -> str:
    """A short mark of what is saved in one part: another save by anybody changes it."""
    text = json.dumps(values, sort_keys=True, default=_jsonable)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def saved(session: Session, referral: Referral, task: str, person_id: UUID | None = None) -> dict[str, Any]:
    """What one part holds now, by the names its form uses. The case must be open."""
    if task in ("person", "safe-contact", "equality"):
        return people.facts_of(people.victim_of(session, referral.case_id), OF_VICTIM[task])
    if task in ("other-person", "children"):
        names = AROUND if task == "other-person" else ("no_children",)
        around = {name: getattr(referral, name) for name in names}
        return around | (people.facts_of(person_in(session, referral, person_id)) if person_id else {})
    if task == "risk":
        assessment = assessment_of(session, referral)
        return {"answers": assessment.answers, "professional": assessment.professional} if assessment else {}
    return {name: getattr(referral, name) for name in (REASON if task == "reason" else SHARING)}


def person_in(session: Session, referral: Referral, person_id: UUID) -> CasePerson:
    """Somebody of the referral's case by id; NotFound for anyone else, and for the victim-survivor."""
    person = session.get(CasePerson, person_id)
    if person is None or person.case_id != referral.case_id or person.role == PersonRole.VICTIM:
        raise NotFound
    return person


def remove(session: Session, actor: Actor, referral: Referral, person_id: UUID) -> PersonRole:
    """Take out somebody entered by mistake; answers with the role they had."""
    open_form(session, actor, referral)
    person = person_in(session, referral, person_id)
    role = person.role
    task = "other-person" if role == PersonRole.PERPETRATOR else "children"
    people.remove_person(session, person)
    audit.record(session, actor, "referral:filled", referral, task=task, fields=["removed"])
    return role


def assessment_of(session: Session, referral: Referral) -> Assessment | None:
    """The newest checklist of a referral."""
    query = select(Assessment).where(Assessment.referral_id == referral.id)
    return session.scalar(query.order_by(Assessment.made_at.desc(), Assessment.id).limit(1))


def score_of(session: Session, referral: Referral) -> Score | None:
    """The score of the newest checklist under the local threshold in force when it is read (DA-6, DA-7)."""
    assessment = assessment_of(session, referral)
    if assessment is None:
        return None
    checklist = checklists.CHECKLISTS[assessment.checklist, assessment.checklist_version]
    return checklists.score(checklist, assessment.answers or {}, thresholds=_thresholds(session, referral, checklist))


def _thresholds(session: Session, referral: Referral, checklist: Checklist) -> tuple[Threshold, ...] | None:
    rules = local.rules_of(session, referral.partnership_id, referral.programme)
    rule = rules.at(clock.today()).get("criteria.visible_high_risk")
    if rule is None or rule.value.get("checklist") != checklist.id:
        return None
    return (Threshold("visible_high_risk", rule.value["operator"], rule.value["value"]),)


# --- one saver per part: writes what was typed, answers with the names that changed ---

NEEDED: dict[str, tuple[tuple[str, str], ...]] = {
    "person": (("full_name", "Enter their full name"),),
    "safe-contact": (("rules", "Say whether it is safe to phone"),),
    "reason": (("criteria", "Select at least one reason for this referral"),
               ("what_happened", "Say what has happened")),
    "sharing": (("told", "Say whether the person knows about this referral"),
                ("consent", "Say whether the person agrees to information being shared")),
}  # fmt: skip


def _check(session: Session, referral: Referral, task: str, typed: Typed) -> None:
    for name, message in NEEDED.get(task, ()):
        if not typed.get(name):
            raise RuleBroken(name, message)
    if task == "person" and not typed.get("born_on") and typed.get("approximate_age") is None:
        raise RuleBroken("born_on", "Enter a date of birth or an age")
    if task == "safe-contact" and not typed.get("times") and people.only_between(typed.get("rules")):
        raise RuleBroken("times", "Enter the times it is safe, or choose No")
    perpetrators = people.people_of(session, referral.case_id, [PersonRole.PERPETRATOR])
    if task == "other-person" and not (perpetrators or typed.get("full_name") or typed.get("not_known")):
        raise RuleBroken("full_name", "Enter the alleged perpetrator's name or choose Not known")
    others = people.people_of(session, referral.case_id, OTHERS)
    if task == "children" and not (others or typed.get("full_name") or typed.get("unborn") or typed.get("no_children")):
        raise RuleBroken("no_children", "Add each child and other person at risk, or confirm that there are none")


def _save_person(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    return people.update_person(session, people.victim_of(session, referral.case_id), **typed)


def _save_safe_contact(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    agency = session.get_one(Agency, actor.agency_id)
    checked = {"checked_on": clock.today(), "checked_by": agency.name}
    return people.update_person(session, people.victim_of(session, referral.case_id), **{**typed, **checked})


def _save_other_person(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    return _set(referral, typed, AROUND) | _save_one(session, referral, PersonRole.PERPETRATOR, typed)


def _save_children(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    role = PersonRole(typed.get("role") or PersonRole.CHILD)
    changed = _save_one(session, referral, role, typed)
    none = bool(typed.get("no_children")) and not people.people_of(session, referral.case_id, OTHERS)
    return changed | _set(referral, {"no_children": none or None}, ("no_children",))


def _save_one(session: Session, referral: Referral, role: PersonRole, typed: Typed) -> frozenset[str]:
    """Add or change one person; nothing typed adds nobody."""
    facts = {name: typed[name] for name in (*people.IDENTITY, *people.ADDRESS) if name in typed}
    if typed.get("person_id"):
        person = person_in(session, referral, typed["person_id"])
        if person.role == role:
            return people.update_person(session, person, **facts)
        people.remove_person(session, person)
    if not any(value for name, value in facts.items() if name in ("full_name", "not_known", "unborn")):
        return frozenset()
    people.add_person(session, referral.case, role, **facts)
    return frozenset({"added"})


def _save_risk(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    assessment = assessment_of(session, referral)
    if typed.get("no_checklist"):
        if assessment is not None and referral.submitted_at is None:
            session.delete(assessment)
        return frozenset({"no_checklist"})
    answers, professional = typed.get("answers") or {}, typed.get("professional") or {}
    checklist = checklists.current(typed.get("checklist") or "dash_ric")
    sent = referral.submitted_at is not None and not referral.urgent
    if assessment is None or (sent and assessment.answers != answers):
        assessment = Assessment(
            partnership_id=referral.partnership_id, case_id=referral.case_id, referral_id=referral.id,
            checklist=checklist.id, checklist_version=checklist.version, made_at=clock.now(), made_by_id=actor.user_id,
        )  # fmt: skip
        session.add(assessment)
    found = checklists.score(checklist, answers, thresholds=_thresholds(session, referral, checklist))
    assessment.answers, assessment.professional = answers, professional
    assessment.score, assessment.unknown, assessment.red_flags = found.score, found.unknown, list(found.red_flags)
    return changed_fields(assessment)


def _save_reason(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    return _set(referral, typed, REASON)


def _save_sharing(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    return _set(referral, typed, SHARING)


def _set(referral: Referral, typed: Typed, names: tuple[str, ...]) -> frozenset[str]:
    given = {name: typed[name] or None for name in names if name in typed}
    changed = {name for name, value in given.items() if _listed(getattr(referral, name)) != _listed(value)}
    for name, value in given.items():
        setattr(referral, name, value)
    return frozenset(changed)


SAVERS: dict[str, Callable[[Session, Actor, Referral, Typed], frozenset[str]]] = {
    "person": _save_person,
    "safe-contact": _save_safe_contact,
    "other-person": _save_other_person,
    "children": _save_children,
    "risk": _save_risk,
    "reason": _save_reason,
    "sharing": _save_sharing,
    "equality": _save_person,
}
OF_VICTIM = {"person": (*people.IDENTITY, *people.ADDRESS), "safe-contact": people.CONTACT, "equality": people.EQUALITY}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | list) else value


def _jsonable(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
