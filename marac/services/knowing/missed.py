"""Matches nobody has looked at: found by night among all people of the cases that changed, and decided by day.

It decides nothing, and lists a pair only to those who may see both of its cases.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from marac import access, clock
from marac.access import Actor
from marac.errors import NotFound
from marac.models import Case, CasePerson, PersonLink, PossibleMatch, Referral
from marac.services.knowing import candidates, comparing, links, matching
from marac.services.knowing.comparing import Comparison
from marac.services.knowing.indexing import Known, known_people, named_people
from marac.vocabulary import CaseState, LinkDecision, LinkReason, Permission as P, PersonRole

LOOKS_BACK, MOST_A_NIGHT, MOST_SHOWN = timedelta(days=8), 200, 25
SURE = 6.0  # bits more than what triage shows: nobody asked for these


@dataclass(frozen=True, slots=True)
class Named:
    """One of two people, as the page names them."""

    person_id: UUID
    reference: str
    role: PersonRole
    full_name: str
    born_on: date | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people who may be the same: why, and what was decided, if anything was."""

    id: UUID
    one: Named
    other: Named
    reasons: tuple[str, ...]
    decision: LinkDecision | None = None


def look_again(session: Session, actor: Actor) -> int:
    """Compare everyone in cases that were referred or decided within eight days with everybody else; note the pairs
    that agree and that nobody decided. Cases that wait for a decision are screened there. Returns how many are new.
    """
    mine = (access.rule(actor, P.JOB_RUN, Case), matching.sent_before())
    recent = exists().where(Referral.case_id == Case.id, _lately())
    changed = set(session.scalars(select(Case.id).where(*mine, recent, Case.state != CaseState.RECEIVED)))
    if not changed:
        return 0
    with access.apart(), candidates.uncollected():
        pairs = _agreeing(session, actor.partnership_id, mine, changed)
    known = _known_pairs(session, actor.partnership_id)
    new = list(dict.fromkeys(pair for pair in pairs if pair not in known))[:MOST_A_NIGHT]
    for one, other in new:
        facts = {"person_id": one, "other_person_id": other, "found_at": clock.now()}
        session.add(PossibleMatch(partnership_id=actor.partnership_id, **facts))
    session.flush()
    return len(new)


def waiting(session: Session, actor: Actor) -> int:
    """How many of them wait for this person: only pairs of which they may see both cases are counted."""
    access.require_holds(actor, P.PERSON_LINK)
    return session.scalar(select(func.count()).select_from(PossibleMatch).where(*_both(actor, PossibleMatch))) or 0


def list_waiting(session: Session, actor: Actor) -> list[Pair]:
    """The oldest of them, with both people and the reasons."""
    access.require_holds(actor, P.PERSON_LINK)
    query = select(PossibleMatch).where(*_both(actor, PossibleMatch)).order_by(PossibleMatch.found_at, PossibleMatch.id)
    return _described(session, actor, session.scalars(query.limit(MOST_SHOWN)).all())


def list_decided(session: Session, actor: Actor) -> list[Pair]:
    """The latest decisions, to be looked at again."""
    access.require_holds(actor, P.PERSON_LINK)
    query = select(PersonLink).where(*_both(actor, PersonLink)).order_by(PersonLink.decided_at.desc(), PersonLink.id)
    return _described(session, actor, session.scalars(query.limit(MOST_SHOWN)).all())


def get_decided(session: Session, actor: Actor, link_id: UUID) -> Pair:
    """One decision with both people; NotFound unless both cases are the actor's to see."""
    found = session.scalar(select(PersonLink).where(PersonLink.id == link_id, *_both(actor, PersonLink)))
    if found is None:
        raise NotFound
    return _described(session, actor, [found])[0]


def decide(session: Session, actor: Actor, pair_id: UUID, decision: LinkDecision) -> None:
    """Decide one that waits. NotFound unless both cases are the actor's to see."""
    found = session.scalar(select(PossibleMatch).where(PossibleMatch.id == pair_id, *_both(actor, PossibleMatch)))
    if found is None:
        raise NotFound
    links.decide_match(session, actor, _person(session, found.person_id), found.other_person_id, decision)


def revise(session: Session, actor: Actor, link_id: UUID, decision: LinkDecision | None, reason: LinkReason) -> None:
    """Change a decision or take it back."""
    found = session.scalar(select(PersonLink).where(PersonLink.id == link_id, *_both(actor, PersonLink)))
    if found is None:
        raise NotFound
    person = _person(session, found.person_id)
    links.revise_match(session, actor, person, found.other_person_id, decision, reason=reason)


def _person(session: Session, person_id: UUID) -> CasePerson:
    return session.get_one(CasePerson, person_id)


def _lately() -> ColumnElement[bool]:
    since = clock.now() - LOOKS_BACK
    return or_(Referral.submitted_at >= since, Referral.decided_at >= since)


def _agreeing(
    session: Session, partnership_id: UUID, mine: Iterable[ColumnElement[bool]], changed: set[UUID]
) -> list[tuple[UUID, UUID]]:
    access.open_for("match", partnership_id, session.scalars(select(Case.id).where(*mine)))
    everyone = named_people(session, CasePerson.case_id.in_(select(Case.id).where(*mine)))
    search, found = Comparison(), []
    for asked in known_people(session, CasePerson.case_id.in_(changed)):
        others = [one for one in everyone if one.case_id != asked.case_id] if asked.names else []
        for other, agreement in matching.alike(session, partnership_id, asked, others, search):
            if agreement.exact or agreement.total >= comparing.weights()["show_from"] + SURE:
                found.append(links.in_order(asked.id, other.id))
    return found


def _known_pairs(session: Session, partnership_id: UUID) -> set[tuple[UUID, UUID]]:
    found: set[tuple[UUID, UUID]] = set()
    models: tuple[Any, ...] = (PersonLink, PossibleMatch)
    for model in models:
        query = select(model.person_id, model.other_person_id).where(model.partnership_id == partnership_id)
        found |= {(row[0], row[1]) for row in session.execute(query)}
    return found


def _both(actor: Actor, model: Any) -> tuple[ColumnElement[bool], ...]:
    """Pairs of two people, each of a case that is the actor's to decide about."""
    one, other = aliased(CasePerson), aliased(CasePerson)
    theirs = select(Case.id).where(access.rule(actor, P.PERSON_LINK, Case), Case.state != CaseState.MERGED)
    return (
        model.partnership_id == actor.partnership_id,
        exists().where(one.id == model.person_id, one.case_id.in_(theirs)),
        exists().where(other.id == model.other_person_id, other.case_id.in_(theirs)),
    )


def _described(session: Session, actor: Actor, rows: Iterable[Any]) -> list[Pair]:
    pairs = list(rows)
    ids = {each for row in pairs for each in (row.person_id, row.other_person_id)}
    among = CasePerson.id.in_(ids)
    query = select(Case.id, Case.reference).where(Case.id.in_(select(CasePerson.case_id).where(among)))
    references = {row.id: row.reference for row in session.execute(query)}
    with access.apart():
        access.open_for("match", actor.partnership_id, references)
        people = {one.id: one for one in known_people(session, CasePerson.case_id.in_(references))}
    search = Comparison()
    return [
        Pair(
            row.id, _named(people[row.person_id], references), _named(people[row.other_person_id], references),
            search.compare(search.prepare(people[row.person_id]), search.prepare(people[row.other_person_id])).reasons,
            row.decision if isinstance(row, PersonLink) else None,
        )
        for row in pairs
    ]  # fmt: skip


def _named(one: Known, references: dict[UUID, str]) -> Named:
    return Named(one.id, references[one.case_id], one.role, one.names[0] if one.names else "", one.born_on)
