"""Of each person in a Community MARAC referral: agreed, told, may be rung, and the basis for sharing (CM-7).

Four separate facts. Refuses to keep sharing without consent that has no reason or no authoriser.
"""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from marac.access import Actor
from marac.errors import NotFound
from marac.models import CasePerson, Referral
from marac.services.casework import people
from marac.services.referring.referral_answers import Typed
from marac.vocabulary import PersonRole
from marac.workflows.community_referral_rules import authorised, sharing_stands

ASKED = (PersonRole.VICTIM, PersonRole.PERPETRATOR, PersonRole.OTHER_AT_RISK)


def everyone(session: Session, referral: Referral) -> list[CasePerson]:
    """Those whose facts are recorded: everybody named who is not a child, the person at risk first."""
    named = (one for one in people.people_of(session, referral.case_id, ASKED) if one.full_name and not one.not_known)
    return sorted(named, key=lambda one: (ASKED.index(one.role), one.position))


def unrecorded(session: Session, referral: Referral) -> list[CasePerson]:
    """Those of whom it is not known yet whether they agree or were told."""
    return [one for one in everyone(session, referral) if not (one.consent_to_share and one.informed_of_referral)]


def asked_first(session: Session, referral: Referral) -> CasePerson | None:
    """Whose facts the page asks for when nobody was chosen; None when nobody is named."""
    return next(iter([*unrecorded(session, referral), *everyone(session, referral)]), None)


def person_in(session: Session, referral: Referral, person_id: UUID) -> CasePerson:
    """One of them by id; NotFound for anybody else."""
    for one in everyone(session, referral):
        if one.id == person_id:
            return one
    raise NotFound


def read(session: Session, referral: Referral, person_id: UUID | None) -> dict[str, Any]:
    """What is recorded of one person; of nobody, nothing."""
    if person_id is None:
        return {}
    return people.facts_of(person_in(session, referral, person_id), people.SHARING)


def check(typed: Typed) -> None:
    """RuleBroken beside the first fact that is missing; nobody named needs none."""
    if typed.get("person_id"):
        sharing_stands(typed)


def save(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    """Keep one person's facts. RuleBroken for sharing without consent that lacks its reason or authoriser."""
    if not typed.get("person_id"):
        return frozenset()
    authorised(typed)
    person = person_in(session, referral, typed["person_id"])
    return people.update_person(session, person, **{name: typed[name] for name in people.SHARING if name in typed})


def facts(session: Session, referral: Referral) -> list[dict[str, Any]]:
    """What the rules read of each person, with their name."""
    return [
        {"name": one.full_name, **people.facts_of(one, people.SHARING)} for one in everyone(session, referral)
    ]  # fmt: skip
