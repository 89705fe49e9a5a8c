"""Decisions that two people in two cases are, or are not, the same (DA-10): made, revised, taken back; all of it kept.

The trail holds who decided what, when and why it was changed. What was joined into one case is not taken apart.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.access.relations import gate
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Case, CasePerson, PersonLink, PossibleMatch
from marac.services.casework import naming
from marac.services.walls import building
from marac.vocabulary import CaseState, LinkDecision, LinkReason, Permission as P, PersonRole

JOINED = (
    "These cases were joined into one, so their people can no longer be told apart. "
    "If that was wrong, refer the other person as a new case"
)


@dataclass(frozen=True, slots=True)
class Serial:
    """How many other people an alleged perpetrator is also named for, and the cases among them the reader may see."""

    others: int
    references: tuple[str, ...] = ()


def decide_match(
    session: Session, actor: Actor, person: CasePerson, other_id: UUID, decision: LinkDecision
) -> PersonLink:
    """Record a person's decision that two people are the same, or are not; a later decision replaces it (DA-10)."""
    other = _other(session, actor, person, other_id)
    first, second = in_order(person.id, other.id)
    link = link_between(session, person.id, other.id)
    if link is None:
        link = PersonLink(
            partnership_id=person.partnership_id, person_id=first, other_person_id=second, decision=decision,
            decided_by_id=_person_of(actor), decided_at=clock.now(),
        )  # fmt: skip
        session.add(link)
    elif link.decision != decision:
        link.decision, link.decided_at = decision, clock.now()
        link.decided_by_id = _person_of(actor)
    else:
        return link
    session.execute(delete(PossibleMatch).where(_of_pair(PossibleMatch, first, second)))
    audit.record(session, actor, "person:linked", person, other=other.id, decision=decision)
    session.flush()
    if decision == LinkDecision.SAME:
        building.spread(session, actor, person.partnership_id, [person.id])
    return link


def revise_match(
    session: Session,
    actor: Actor,
    person: CasePerson,
    other_id: UUID,
    decision: LinkDecision | None,
    *,
    reason: LinkReason,
) -> PersonLink | None:
    """Change a decision, or take it back (None) so that both people stand as they did before it. The trail keeps why.

    NotFound when nothing was decided; RuleBroken when the two cases were joined since.
    """
    other = _other(session, actor, person, other_id)
    link = link_between(session, person.id, other.id)
    if link is None:
        raise NotFound
    if decision != LinkDecision.SAME and _were_joined(session, person, other):
        raise RuleBroken("decision", JOINED)
    before = link.decision
    if decision is None:
        session.delete(link)
    else:
        link.decision, link.decided_at, link.decided_by_id = decision, clock.now(), _person_of(actor)
    said = decision.value if decision else "open"
    audit.record(session, actor, "person:revised", person, other=other.id, before=before, decision=said, reason=reason)
    session.flush()
    if decision == LinkDecision.SAME:
        building.spread(session, actor, person.partnership_id, [person.id])
    return None if decision is None else link


def link_between(session: Session, one: UUID, other: UUID) -> PersonLink | None:
    """The decision on two people, whichever way round; None when there is none."""
    return session.scalar(select(PersonLink).where(_of_pair(PersonLink, *in_order(one, other))))


def serial_risk(session: Session, actor: Actor, case: Case) -> dict[UUID, Serial]:
    """For each alleged perpetrator of a case: how many other people they are also named for (DA-37).

    A count for whoever may know the alleged perpetrator, from decisions that people made; references only of cases the
    reader may see. Cases kept from the reader are not counted. People without any are left out.
    """
    if naming.compartment_of(PersonRole.PERPETRATOR) not in access.open_case(actor, case):
        return {}
    same = building.same_people(session, case.partnership_id)
    ours = session.execute(select(CasePerson.id, CasePerson.role).where(CasePerson.case_id == case.id)).all()
    feared = [row.id for row in ours if row.role == PersonRole.PERPETRATOR]
    alike = {one: building.group_of(same, [one]) for one in feared}
    here = building.group_of(same, [row.id for row in ours if row.role == PersonRole.VICTIM])
    elsewhere = _victims_elsewhere(session, actor, case, {other for group in alike.values() for other in group})
    found = {one: _serial(group, elsewhere, same, here) for one, group in alike.items()}
    return {one: serial for one, serial in found.items() if serial.others}


def _victims_elsewhere(
    session: Session, actor: Actor, case: Case, among: set[UUID]
) -> dict[UUID, list[tuple[UUID, str]]]:
    """Alleged perpetrator -> (victim-survivor, reference if the reader may see the case) of each other case."""
    if not among:
        return {}
    mine = set(session.scalars(select(Case.id).where(access.rule(actor, P.CASE_READ, Case))))
    open_to_count = (*gate(actor, Case), Case.partnership_id == actor.partnership_id, Case.id != case.id)
    feared = select(CasePerson.id, CasePerson.case_id).where(
        CasePerson.id.in_(among), CasePerson.role == PersonRole.PERPETRATOR
    )
    named = {row.id: row.case_id for row in session.execute(feared)}
    query = select(CasePerson.id, CasePerson.case_id, Case.reference).join(Case, Case.id == CasePerson.case_id)
    kept = query.where(Case.id.in_(set(named.values())), *open_to_count, Case.state != CaseState.MERGED)
    by_case: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    for row in session.execute(kept.where(CasePerson.role == PersonRole.VICTIM)):
        by_case[row.case_id].append((row.id, row.reference if row.case_id in mine else ""))
    return {person: by_case[case_id] for person, case_id in named.items() if case_id in by_case}


def _serial(
    group: set[UUID], elsewhere: dict[UUID, list[tuple[UUID, str]]], same: dict[UUID, set[UUID]], here: set[UUID]
) -> Serial:
    victims = [pair for person in group for pair in elsewhere.get(person, ())]
    people = {min(building.group_of(same, [victim])) for victim, _ in victims if victim not in here}
    return Serial(
        len(people), tuple(sorted({reference for victim, reference in victims if reference and victim not in here}))
    )


def _other(session: Session, actor: Actor, person: CasePerson, other_id: UUID) -> CasePerson:
    other = session.scalar(access.visible(actor, P.PERSON_LINK, CasePerson).where(CasePerson.id == other_id))
    access.require(actor, P.PERSON_LINK, person)
    if other is None or other.id == person.id:
        raise NotFound
    return other


def _were_joined(session: Session, person: CasePerson, other: CasePerson) -> bool:
    if person.case_id == other.case_id:
        return True
    among = (person.case_id, other.case_id)
    joined = select(Case.id).where(Case.id.in_(among), Case.merged_into_id.in_(among))
    return session.scalar(joined) is not None


def in_order(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """A pair as it is kept, whichever way round it was asked for."""
    first, second = sorted((one, other), key=lambda each: each.hex)
    return first, second


def _of_pair(model: Any, one: UUID, other: UUID) -> Any:
    return and_(model.person_id == one, model.other_person_id == other)


def _person_of(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise NotAllowed
    return actor.user_id
