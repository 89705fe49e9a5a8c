"""The parts of a request: what each holds, reading it back, saving what was typed, what is still missing.

Where somebody lives is typed here and nowhere else. Sends nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import RuleBroken, StaleEdit, WrongState
from marac.models import Agency, CaseAgency, SanctuaryRequest
from marac.services import moving
from marac.services.casework import people
from marac.services.referring.referral_answers import person_in
from marac.services.referring.referral_tasks import edition_of
from marac.vocabulary import (
    InvolvementBasis,
    Permission as P,
    PersonRole,
    ProgrammeSlug,
    SanctuaryPriority,
    SanctuaryState as S,
)
from marac.workflows.definitions import Checklist
from marac.workflows.sanctuary_triage import weigh

Typed = Mapping[str, Any]
HOME = (
    "home_kind", "floor", "bedrooms", "tenancy_name", "tenancy_length", "landlord_consent", "wanted", "damage", "pets",
    "best_times", "other_occupants", "needs_help_out", "warnings",
)  # fmt: skip
RISK = ("dash_score", "marac_on", "idva", "recourse", "orders", "history")
REASON = (
    "consent", "consent_on", "reason", "wishes", "alternatives_told", "requester_role", "requester_phone",
)  # fmt: skip
OF_REQUEST = {"home": HOME, "risk": RISK, "reason": REASON}
OF_VICTIM = {
    "person": (*people.IDENTITY, *people.HEALTH, *people.ADDRESS), "safe-contact": people.CONTACT,
    "equality": people.EQUALITY,
}  # fmt: skip
FEARED = (
    "full_name", "not_known", "relationship_to_victim", "aliases", "born_on", "approximate_age", "sex", "house_number",
    "street", "postcode", "whereabouts", "vehicles", "triggers",
)  # fmt: skip
CHILD = (
    "full_name", "unborn", "born_on", "approximate_age", "sex", "relationship_to_victim", "lives_with", "school",
    "communication_needs", "contact_arrangements",
)  # fmt: skip
ROLES = {"other-person": (PersonRole.PERPETRATOR, FEARED), "children": (PersonRole.CHILD, CHILD)}
FACTOR = "factor_"


@dataclass(frozen=True, slots=True)
class Task:
    """One part of the form. An optional part never holds a request up."""

    key: str
    label: str
    hint: str
    optional: bool = False


TASKS = (
    Task("person", "The survivor and their home", "Name, age, address, who they rent from."),
    Task("safe-contact", "Safe contact", "How they may be reached, and how not."),
    Task("reason", "Consent and why", "They agree, and what they want."),
    Task("risk", "Risk", "What makes it urgent. Not known is an answer."),
    Task("other-person", "The person causing harm", "One or more people, or not known."),
    Task("home", "The home", "Floor, tenancy, pets, best times to visit.", optional=True),
    Task("children", "Children", "Names, ages and what they need.", optional=True),
    Task("equality", "Equality questions", "Optional. They help us see who we reach.", optional=True),
)
BY_KEY = {task.key: task for task in TASKS}
TASK_OF = {
    "full_name": "person", "born_on": "person", "street": "person", "postcode": "person", "consent": "reason",
    "safe_contact": "safe-contact", "reason": "reason", "factors": "risk", "perpetrator": "other-person",
}  # fmt: skip


def open_form(actor: Actor, request: SanctuaryRequest) -> frozenset[str]:
    """Open the form for its writer. NotFound or NotAllowed if it is not theirs, WrongState once it was sent."""
    access.require(actor, P.SANCTUARY_EDIT, request)
    if request.state != S.DRAFT:
        raise WrongState
    return access.open_request(actor, request)


def saved(
    session: Session, request: SanctuaryRequest, task: str, person_id: UUID | None = None
) -> dict[str, Any]:  # fmt: skip
    """What one part holds now, by the names its form uses. The request is open."""
    if task in OF_VICTIM:
        return people.facts_of(people.victim_of(session, request.case_id), OF_VICTIM[task])
    if task in ROLES:
        names = ROLES[task][1]
        return people.facts_of(person_in(session, request, person_id), names) if person_id else {}
    held = {name: getattr(request, name) for name in OF_REQUEST[task]}
    if task == "risk":
        held |= {f"{FACTOR}{key}": said for key, said in (request.factors or {}).items()}
    return held


def save_task(
    session: Session, actor: Actor, request: SanctuaryRequest, task: str, typed: Typed, *, edition: str | None = None,
    done: bool = True,
) -> SanctuaryRequest:  # fmt: skip
    """Save one part. StaleEdit if it was changed since the page was drawn; RuleBroken beside what a part needs."""
    open_form(actor, request)
    if edition is not None and edition != edition_of(saved(session, request, task, typed.get("person_id"))):
        raise StaleEdit(str(request.id))
    if done:
        _check(session, request, task, typed)
    changed = _keep(session, actor, request, task, typed)
    if done and task not in (request.done_tasks or ()):
        request.done_tasks = [*(request.done_tasks or ()), task]
    audit.record(session, actor, "sanctuary:filled", request, task=task, fields=sorted(changed))
    moving.flush(session)
    return request


def remove(session: Session, actor: Actor, request: SanctuaryRequest, person_id: UUID) -> PersonRole:
    """Take out somebody entered by mistake; answers with the role they had."""
    open_form(actor, request)
    person = person_in(session, request, person_id)
    role = person.role
    people.remove_person(session, person)
    audit.record(session, actor, "sanctuary:filled", request, task="people", fields=["removed"])
    return role


def missing(session: Session, request: SanctuaryRequest, tool: Checklist) -> tuple[tuple[str, str], ...]:
    """(field, message) of everything that holds a request up, beside consent and safe contact."""
    victim = people.victim_of(session, request.case_id)
    home, said = victim.addresses[0], request.factors or {}
    feared = people.people_of(session, request.case_id, [PersonRole.PERPETRATOR])
    wanted = (
        ("full_name", "Enter their full name", victim.full_name),
        ("born_on", "Enter a date of birth or an age", victim.born_on or victim.approximate_age is not None),
        ("street", "Enter the address of the home", home.street and home.postcode),
        ("reason", "Say why the home must be made secure", request.reason),
        ("factors", "Answer every question about risk, or choose Not known",
         all(factor.key in said for factor in tool.factors)),
        ("perpetrator", "Add the person causing harm, or choose Not known", feared),
    )  # fmt: skip
    return tuple((name, message) for name, message, there in wanted if not there)


def raised(tool: Checklist, request: SanctuaryRequest) -> SanctuaryPriority:
    """The priority that the risk factors give."""
    return weigh((), tool, {}, request.factors or {}).priority


def supporter_of(session: Session, request: SanctuaryRequest) -> UUID | None:
    """The agency that supports the person: the one that supports the parent case, else the IDVA service (DA-13); of a
    Community MARAC case only the former."""
    supports = select(CaseAgency.agency_id).where(
        CaseAgency.case_id == request.parent_case_id, CaseAgency.basis == InvolvementBasis.SUPPORTS
    )
    services = select(Agency.id).where(Agency.partnership_id == request.partnership_id, Agency.return_heading == "idva")
    found = session.scalar(supports.limit(1))
    parent = request.parent_case
    if found is None and (parent is None or parent.programme == ProgrammeSlug.DA_MARAC):
        return session.scalar(services.order_by(Agency.slug).limit(1))
    return found


def _check(session: Session, request: SanctuaryRequest, task: str, typed: Typed) -> None:
    if task == "person" and not typed.get("full_name"):
        raise RuleBroken("full_name", "Enter their full name")
    if task == "person" and not (typed.get("street") and typed.get("postcode")):
        raise RuleBroken("street", "Enter the address of the home, with its postcode")
    if task == "reason" and not typed.get("consent"):
        raise RuleBroken("consent", "Say whether the person agrees to this request")
    if task == "reason" and not typed.get("reason"):
        raise RuleBroken("reason", "Say why the home must be made secure")
    if task == "safe-contact" and not typed.get("rules") and not typed.get("through"):
        raise RuleBroken("way_phone", "Say of at least one way whether it is safe")
    if task == "other-person" and not _named(typed) and not people.people_of(
        session, request.case_id, [PersonRole.PERPETRATOR]
    ):  # fmt: skip
        raise RuleBroken("full_name", "Enter their name or choose Not known")


def _keep(
    session: Session, actor: Actor, request: SanctuaryRequest, task: str, typed: Typed
) -> frozenset[str]:  # fmt: skip
    if task in OF_VICTIM:
        facts = dict(typed)
        if task == "safe-contact":
            agency = session.get_one(Agency, actor.agency_id)
            facts |= {"checked_on": clock.today(), "checked_by": agency.name}
        return people.update_person(session, people.victim_of(session, request.case_id), **facts)
    if task in ROLES:
        return _keep_one(session, request, task, typed)
    if task == "risk":
        request.factors = {
            name.removeprefix(FACTOR): said for name, said in typed.items() if name.startswith(FACTOR) and said
        }
    names = [name for name in OF_REQUEST[task] if name in typed]
    changed = {name for name in names if (getattr(request, name) or None) != (typed[name] or None)}
    for name in changed:
        setattr(request, name, typed[name] or None)
    return frozenset(changed)


def _keep_one(session: Session, request: SanctuaryRequest, task: str, typed: Typed) -> frozenset[str]:
    role, names = ROLES[task]
    facts = {name: typed[name] for name in names if name in typed}
    if typed.get("person_id"):
        return people.update_person(session, person_in(session, request, typed["person_id"]), **facts)
    if not _named(typed):
        return frozenset()
    people.add_person(session, request.case, role, **facts)
    return frozenset({"added"})


def _named(typed: Typed) -> bool:
    return any(typed.get(name) for name in ("full_name", "not_known", "unborn"))
