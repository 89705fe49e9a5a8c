"""The search box: a person or a case among those the actor may see, by opening and comparing in the clear.

Refuses to say anything of a case that is not the actor's; names are never put into a query or kept.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import jellyfish
from rapidfuzz.distance import JaroWinkler
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import RuleBroken
from marac.models import Case, CasePerson
from marac.services import naming
from marac.services.cases import next_meetings
from marac.services.people import years_old
from marac.vocabulary import CaseState, Permission as P, PersonRole

MOST = 50
ALIKE = 0.9


@dataclass(frozen=True, slots=True)
class Found:
    """One person in one case, with why they were found."""

    reference: str
    name: str
    age: int | None
    role: PersonRole
    state: CaseState
    last_heard_on: date | None
    next_meeting_at: datetime | None
    why: str


def find(
    session: Session, actor: Actor, *, name: str = "", born_on: date | None = None, reference: str = ""
) -> tuple[Found, ...]:
    """At most fifty people in cases the actor may see, the likeliest first. RuleBroken when nothing was asked."""
    asked = [word for word, given in (("name", name), ("born_on", born_on), ("reference", reference)) if given]
    if not asked:
        raise RuleBroken("name", "Enter a name, date of birth or case reference")
    cases = _visible_cases(session, actor, reference)
    found = sorted(_compare(_people(session, actor, cases), cases, name, born_on), key=lambda pair: -pair[0])[:MOST]
    meetings = next_meetings(session, {row.case_id for _, row, _, _ in found})
    audit.record(session, actor, "case:searched", terms=asked, found=len(found))
    return tuple(_found(row, who, cases[row.case_id], meetings.get(row.case_id), why) for _, row, who, why in found)


def _visible_cases(session: Session, actor: Actor, reference: str) -> dict[UUID, Any]:
    columns = (Case.id, Case.reference, Case.state, Case.last_heard_on)
    query = select(*columns).where(access.rule(actor, P.CASE_READ, Case), Case.state != CaseState.MERGED)
    if reference:
        query = query.where(Case.reference == reference.strip().upper())
    return {row.id: row for row in session.execute(query)}


def _people(session: Session, actor: Actor, cases: dict[UUID, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Everyone whose identity opens to the actor, with what is known of them."""
    opens = {case_id: access.open_stage(actor, case_id, row.state) for case_id, row in cases.items()}
    columns = (*sealed_columns(CasePerson, "identity"), CasePerson.case_id, CasePerson.role)
    query: Select[Any] = select(*columns).where(CasePerson.case_id.in_(list(cases)))
    rows = [row for row in session.execute(query) if naming.compartment_of(row.role) in opens[row.case_id]]
    yield from zip(rows, open_many(CasePerson, "identity", rows), strict=True)


def _compare(
    people: Iterable[tuple[Any, dict[str, Any]]], cases: dict[UUID, Any], name: str, born_on: date | None
) -> Iterator[tuple[float, Any, dict[str, Any], str]]:
    wanted = _words(name)
    for row, who in people:
        score, why = _likeness(wanted, born_on, who)
        if score > 0 or not (wanted or born_on):
            yield score, row, who, ", ".join(why)


def _likeness(wanted: list[str], born_on: date | None, who: dict[str, Any]) -> tuple[float, list[str]]:
    """How well one person answers to all that was asked; 0 when a name was asked for and no name is alike."""
    score, why = 0.0, []
    if wanted:
        best = max((_name_score(wanted, _words(known)) for known in _names(who)), default=0.0)
        if best == 0:
            return 0.0, []
        score, why = best, ["same name" if best >= 1 else "name alike"]
    if born_on is not None and who.get("born_on") == born_on:
        score, why = score + 1, [*why, "same date of birth"]
    return score, why


def _name_score(wanted: list[str], known: list[str]) -> float:
    """1 when every word asked for is there, less when some only sound or look alike, 0 when one is not there at all."""
    scores = [max((_word_score(word, other) for other in known), default=0.0) for word in wanted]
    return sum(scores) / len(scores) if all(scores) else 0.0


def _word_score(word: str, other: str) -> float:
    if word == other:
        return 1.0
    if other.startswith(word) and len(word) > 1:
        return 0.95
    likeness = JaroWinkler.similarity(word, other)
    if likeness >= ALIKE:
        return likeness * 0.9
    same_sound = len(word) > 2 and jellyfish.metaphone(word) == jellyfish.metaphone(other)
    return 0.8 if same_sound else 0.0


def _names(who: dict[str, Any]) -> list[str]:
    return [known for known in (who.get("full_name"), *(who.get("aliases") or ())) if known]


def _words(name: str) -> list[str]:
    """Lower-case words without accents, hyphens or apostrophes."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return plain.casefold().replace("-", " ").replace("'", "").replace("’", "").split()


def _found(row: Any, who: dict[str, Any], case: Any, meeting_at: datetime | None, why: str) -> Found:
    age = years_old(who.get("born_on"), who.get("approximate_age"))
    return Found(
        case.reference, who.get("full_name", ""), age, row.role, case.state, case.last_heard_on, meeting_at, why
    )  # fmt: skip
