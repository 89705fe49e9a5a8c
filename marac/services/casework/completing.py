"""What is not known yet of a person, filled in after the referral (DA-38, DA-40).

Refuses to show, or to write over, an answer that was given: it offers what was never asked, declined or not known.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Case, CasePerson
from marac.services import moving
from marac.services.casework import people
from marac.services.knowing import indexing
from marac.vocabulary import Permission as P
from marac.workflows.needed import HowKnown, Needed, answer, asked_of

COLUMNS = {"age": "approximate_age", "feared_age": "approximate_age", "child_age": "approximate_age"}
READ = ("born_on", "unborn", "approximate_age", "sex", "interpreter_needed", *people.EQUALITY)


def get_person(session: Session, actor: Actor, case: Case, person_id: UUID) -> CasePerson:
    """A person of this case whom something is needed of, for who keeps the case up to date; NotFound otherwise."""
    access.require(actor, P.CASE_UPDATE, case)
    query = select(CasePerson).where(CasePerson.id == person_id, CasePerson.case_id == case.id)
    person = session.scalar(query)
    if person is None or not asked_of(person.role):
        raise NotFound
    return person


def list_open(session: Session, actor: Actor, person: CasePerson) -> list[Needed]:
    """What is still to be found out of a person. Opens the answers, and tells none of them."""
    access.require(actor, P.CASE_UPDATE, person.case)
    with access.apart():
        access.open_for("statistics", person.partnership_id, [person.case_id])
        held = people.facts_of(person, READ)
    return [one for one in asked_of(person.role) if answer(one, held) is not HowKnown.KNOWN]


def complete(session: Session, actor: Actor, person: CasePerson, answers: Mapping[str, Any]) -> list[str]:
    """Keep what was found out; answers the names that were filled. RuleBroken when nothing was typed."""
    open_ones = [one.key for one in list_open(session, actor, person)]
    typed = {key: value for key, value in answers.items() if key in open_ones and value not in (None, "")}
    given = {COLUMNS.get(key, key): value for key, value in typed.items()}
    if not given:
        raise RuleBroken(open_ones[0] if open_ones else "age", "HowKnown at least one question")
    with access.apart():
        access.open_for("complete", person.partnership_id, [person.case_id])
        for name, value in given.items():
            setattr(person, name, value)
        moving.flush(session)
    if "approximate_age" in given:
        indexing.index_case(session, person.partnership_id, person.case_id)
    audit.record(session, actor, "case:updated", person.case, fields=sorted(given))
    moving.flush(session)
    return sorted(given)
