"""Who in other cases may be the same person (DA-10): ranked, with reasons, for a person to decide. Hides no exact one.

Up to the limit of data/matching.yaml everyone is opened; above it, those who share a token. Walled cases are not there.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.blind_index import BlindIndex
from marac.errors import NotAllowed, NotFound
from marac.models import Case, CasePerson, PersonLink, PersonToken, Referral
from marac.services import comparing, local, moving
from marac.services.comparing import Comparison
from marac.services.indexing import Known, known_people, tokens_of
from marac.vocabulary import CaseState, LinkDecision, Permission as P, PersonRole
from marac.workflows.deadlines import repeat_clock, repeat_window_end

NOT_SOUGHT = (CaseState.MERGED, CaseState.ERASED)


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody in another case who may be the same, why, and what the panel last did there."""

    person_id: UUID
    case_id: UUID
    reference: str
    case_state: CaseState
    role: PersonRole
    full_name: str
    born_on: date | None
    total: float
    exact: bool
    reasons: tuple[str, ...]
    last_referral_on: date | None
    last_heard_on: date | None
    days_left: int | None
    decision: LinkDecision | None

    @property
    def in_window(self) -> bool:
        """Whether new abuse today would make a repeat (DA-11): the last day counts."""
        return self.days_left is not None and self.days_left >= 0


def find_matches(session: Session, actor: Actor, case: Case) -> list[Match]:
    """People in other cases who may be the victim-survivor of this one, best first, those decided included."""
    access.require_holds(actor, P.PERSON_MATCH)
    access.require(actor, P.CASE_READ, case)
    table = comparing.weights()
    with access.apart():
        asked, found = _compared(session, actor, case, table["show_from"])
    found.sort(key=lambda pair: (-pair[1].total, pair[0].id.hex))
    exact = [pair for pair in found if pair[1].exact]
    rest = [pair for pair in found if not pair[1].exact]
    shown = sorted(exact + rest[: max(table["show_at_most"] - len(exact), 0)], key=lambda pair: -pair[1].total)
    audit.record(session, actor, "person:matched", case, found=len(shown))
    return _described(session, asked, shown)


def _compared(
    session: Session, actor: Actor, case: Case, show_from: float
) -> tuple[Known, list[tuple[Known, comparing.Agreement]]]:
    """The victim-survivor of this case, and everyone who agrees enough; opened for matching and for nothing else."""
    access.open_for("match", case.partnership_id, [case.id, *_cases_sought(session, actor, case)])
    ours = known_people(session, CasePerson.case_id == case.id)
    asked = next(person for person in ours if person.role == PersonRole.VICTIM)
    search, found = Comparison(), []
    query = search.prepare(asked)
    candidates = _candidates(session, actor, asked, case)
    for person in known_people(session, candidates, homes=bool(asked.homes), phones=bool(asked.phone)):
        agreement = search.compare(query, search.prepare(person))
        if agreement.exact or agreement.total >= show_from:
            found.append((person, agreement))
    return asked, found


def undecided(matches: list[Match]) -> int:
    """How many possible matches nobody has decided yet."""
    return sum(match.decision is None for match in matches)


def decide_match(
    session: Session, actor: Actor, person: CasePerson, other_id: UUID, decision: LinkDecision
) -> PersonLink:
    """Record a person's decision that two people are the same, or are not; a later decision replaces it (DA-10)."""
    other = session.scalar(access.visible(actor, P.PERSON_LINK, CasePerson).where(CasePerson.id == other_id))
    access.require(actor, P.PERSON_LINK, person)
    if other is None or other.id == person.id:
        raise NotFound
    first, second = sorted((person.id, other.id), key=lambda one: one.hex)
    link = session.scalar(select(PersonLink).where(PersonLink.person_id == first, PersonLink.other_person_id == second))
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
    audit.record(session, actor, "person:linked", person, other=other.id, decision=decision)
    moving.flush(session)
    return link


def _person_of(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise NotAllowed
    return actor.user_id


def _sought(actor: Actor, case: Case) -> tuple[Any, ...]:
    """Cases to look in: visible to the actor, sent at least once, neither this one nor one that is gone."""
    sent = exists().where(Referral.case_id == Case.id, Referral.submitted_at.is_not(None))
    return (
        access.rule(actor, P.CASE_READ, Case), Case.id != case.id, Case.state.not_in(NOT_SOUGHT),
        or_(sent, Case.last_heard_on.is_not(None)),
    )  # fmt: skip


def _cases_sought(session: Session, actor: Actor, case: Case) -> list[UUID]:
    return list(session.scalars(select(Case.id).where(*_sought(actor, case))))


def _candidates(session: Session, actor: Actor, asked: Known, case: Case) -> Any:
    """Everyone, or in a large partnership those who share a token."""
    within = CasePerson.case_id.in_(select(Case.id).where(*_sought(actor, case)))
    everyone = select(func.count()).select_from(CasePerson).where(within)
    if (session.scalar(everyone) or 0) <= most_to_open():
        return within
    tokens = BlindIndex(session.info["keyring"], case.partnership_id).tokens_to_ask(tokens_of(asked))
    sharing = select(PersonToken.person_id).where(
        PersonToken.partnership_id == case.partnership_id, PersonToken.token.in_(tokens)
    )
    return within & CasePerson.id.in_(sharing)


def _described(session: Session, asked: Known, shown: list[tuple[Known, comparing.Agreement]]) -> list[Match]:
    of_cases = [person.case_id for person, _ in shown]
    rows = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(of_cases)))}
    decided = _decisions(session, asked.id)
    return [
        Match(
            person.id, person.case_id, rows[person.case_id].reference, rows[person.case_id].state, person.role,
            person.names[0] if person.names else "", person.born_on, agreement.total, agreement.exact,
            agreement.reasons, rows[person.case_id].last_referral_on, rows[person.case_id].last_heard_on,
            days_left(session, rows[person.case_id]), decided.get(person.id),
        )
        for person, agreement in shown
    ]  # fmt: skip


def most_to_open() -> int:
    """Persons up to which everyone is opened, so that no index can miss a repeat."""
    return int(comparing.weights()["open_everyone_up_to"])


def _decisions(session: Session, person_id: UUID) -> dict[UUID, LinkDecision]:
    links = session.scalars(
        select(PersonLink).where(or_(PersonLink.person_id == person_id, PersonLink.other_person_id == person_id))
    )
    return {link.other_person_id if link.person_id == person_id else link.person_id: link.decision for link in links}


def days_left(session: Session, case: Case) -> int | None:
    """Days until the repeat window of a case ends, today included; negative when it is over; None when never sent."""
    rules, today = local.rules_of(session, case.partnership_id, case.programme), clock.today()
    basis = rules.value("repeat_window.clock_basis_suggestion", today)
    since = repeat_clock(case.last_referral_on, case.last_heard_on, basis)
    if since is None:
        return None
    return (repeat_window_end(since, rules.value("repeat_window.months", today)) - today).days
