"""Who in other cases may be the same person (DA-10): ranked, with reasons, for a person to decide. Hides no exact one.

Up to the limit of data/matching.yaml everyone is opened; above it, those who share a token. Walled cases are not there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.models import Case, CasePerson, PersonLink, Referral
from marac.services import local
from marac.services.deciding import repeats
from marac.services.deciding.repeats import Clock
from marac.services.knowing import candidates, comparing
from marac.services.knowing.comparing import Agreement, Comparison, Prepared
from marac.services.knowing.indexing import Known, known_people, named_people, open_places, tokens_of
from marac.services.knowing.links import decide_match
from marac.vocabulary import CaseState, LinkDecision, Permission as P, PersonRole
from marac.workflows.deadlines import repeat_clock, repeat_window_end

__all__ = [
    "Match",
    "Screening",
    "alike",
    "days_left",
    "decide_match",
    "find_matches",
    "likeliest",
    "most_to_open",
    "screen",
    "sent_before",
    "undecided",
]

NOT_SOUGHT = (CaseState.MERGED, CaseState.ERASED)
SLACK = 8.0  # bits by which an address and a phone that nearly agree can lift somebody whose name and birth do not
OTHERS_AT_MOST = 5
Pair = tuple[Known, Agreement]


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
    clocks: tuple[Clock, ...] = ()
    of_id: UUID | None = None
    of_name: str = ""
    of_role: PersonRole = PersonRole.VICTIM

    @property
    def in_window(self) -> bool:
        """Whether new abuse today would make a repeat (DA-11): the last day counts."""
        return self.days_left is not None and self.days_left >= 0


@dataclass(frozen=True, slots=True)
class Screening:
    """Matches of the victim-survivor, which must be decided before listing, and of everybody else in the case: an
    alleged perpetrator named elsewhere (DA-37), a child or another person at risk of another case."""

    matches: list[Match] = field(default_factory=list)
    others: list[Match] = field(default_factory=list)


def find_matches(session: Session, actor: Actor, case: Case) -> list[Match]:
    """People in other cases who may be the victim-survivor of this one, best first, those decided included."""
    return screen(session, actor, case, only=(PersonRole.VICTIM,)).matches


def screen(session: Session, actor: Actor, case: Case, *, only: Iterable[PersonRole] = tuple(PersonRole)) -> Screening:
    """The same for everyone in the case, or those in the roles of `only`: one opening of the others serves all."""
    access.require_holds(actor, P.PERSON_MATCH)
    access.require(actor, P.CASE_READ, case)
    wanted, table = frozenset(only), comparing.weights()
    with access.apart(), candidates.uncollected():
        found = compared(session, case, wanted, access.rule(actor, P.CASE_READ, Case))
    shown: list[tuple[Known, Pair]] = []
    for asked, pairs in found:
        most = table["show_at_most"] if asked.role == PersonRole.VICTIM else OTHERS_AT_MOST
        shown += [(asked, pair) for pair in _shown(pairs, most)]
    audit.record(session, actor, "person:matched", case, found=len(shown))
    described = _described(session, shown)
    theirs = [match for match in described if match.of_role == PersonRole.VICTIM]
    return Screening(theirs, [match for match in described if match.of_role != PersonRole.VICTIM])


def undecided(matches: list[Match]) -> int:
    """How many possible matches nobody has decided yet."""
    return sum(match.decision is None for match in matches)


def alike(session: Session, partnership_id: UUID, asked: Known, others: list[Known], search: Comparison) -> list[Pair]:
    """Those of `others`, known by name and birth, who agree enough to be shown, or exactly. Grants first.

    Addresses and phones are opened only of those who come near by name and birth, or share a home or a phone.
    """
    show_from, query = comparing.weights()["show_from"], search.prepare(asked)
    reached = candidates.reached_alike(session, partnership_id, tokens_of(asked))
    near = [one for one in others if one.id.hex in reached or _agrees(search, query, one).total >= show_from - SLACK]
    if asked.homes or asked.address or asked.phone:
        open_places(session, near)
    pairs = [(one, _agrees(search, query, one)) for one in near]
    return [pair for pair in pairs if pair[1].exact or pair[1].total >= show_from]


def sent_before() -> Any:
    """A WHERE clause: the case was sent at least once, or heard. What is only drafted is known to nobody yet."""
    sent = exists().where(Referral.case_id == Case.id, Referral.submitted_at.is_not(None))
    return and_(Case.state.not_in(NOT_SOUGHT), or_(sent, Case.last_heard_on.is_not(None)))


def most_to_open() -> int:
    """Persons up to which everyone is opened, so that no index can miss a repeat."""
    return candidates.most_to_open()


def days_left(session: Session, case: Case) -> int | None:
    """Days until the repeat window of a case ends, today included; negative when it is over; None when never sent."""
    rules, today = local.rules_of(session, case.partnership_id, case.programme), clock.today()
    basis = rules.value("repeat_window.clock_basis_suggestion", today)
    since = repeat_clock(case.last_referral_on, case.last_heard_on, basis)
    if since is None:
        return None
    return (repeat_window_end(since, rules.value("repeat_window.months", today)) - today).days


def compared(session: Session, case: Case, wanted: frozenset[PersonRole], among: Any) -> list[tuple[Known, list[Pair]]]:
    """Everyone of this case in the roles wanted, each with those who agree in the cases of the clause `among`.

    Opened for matching and nothing else: to be called inside `access.apart()`, by who may not pass on what is found.
    """
    sought = (among, Case.id != case.id, sent_before())
    access.open_for("match", case.partnership_id, [case.id])
    ours = [one for one in known_people(session, CasePerson.case_id == case.id) if one.role in wanted]
    ours = [one for one in ours if one.names or one.role == PersonRole.VICTIM]
    within, search = CasePerson.case_id.in_(select(Case.id).where(*sought)), Comparison()
    if candidates.small_enough(session, case.partnership_id):
        access.open_for("match", case.partnership_id, session.scalars(select(Case.id).where(*sought)))
        everyone = named_people(session, within)
        return [(one, alike(session, case.partnership_id, one, everyone, search)) for one in ours]
    return [(one, likeliest(session, case.partnership_id, one, within, search)) for one in ours]


def likeliest(session: Session, partnership_id: UUID, asked: Known, within: Any, search: Comparison) -> list[Pair]:
    """In a large partnership: those whose shared tokens weigh most, opened and compared."""
    among = candidates.sharing(session, partnership_id, tokens_of(asked), within)
    cases = session.scalars(select(CasePerson.case_id).where(CasePerson.id.in_(among)))
    access.open_for("match", partnership_id, set(cases))
    show_from, query = comparing.weights()["show_from"], search.prepare(asked)
    found = known_people(session, CasePerson.id.in_(among))
    pairs = [(one, _agrees(search, query, one)) for one in found]
    return [pair for pair in pairs if pair[1].exact or pair[1].total >= show_from]


def _agrees(search: Comparison, query: Prepared, one: Known) -> Agreement:
    return search.compare(query, search.prepare(one))


def _shown(pairs: list[Pair], most: int) -> list[Pair]:
    """All that agree exactly, and of the others so many that no more than `most` are shown."""
    pairs = sorted(pairs, key=lambda pair: (-pair[1].total, pair[0].id.hex))
    exact = [pair for pair in pairs if pair[1].exact]
    rest = [pair for pair in pairs if not pair[1].exact]
    return sorted(exact + rest[: max(most - len(exact), 0)], key=lambda pair: -pair[1].total)


def _described(session: Session, shown: list[tuple[Known, Pair]]) -> list[Match]:
    of_cases = {person.case_id for _, (person, _) in shown}
    rows = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(of_cases)))}
    clocks = {case.id: repeats.clocks(session, case) for case in rows.values()}
    left = {case.id: days_left(session, case) for case in rows.values()}
    decided = {asked.id: _decisions(session, asked.id) for asked in {one.id: one for one, _ in shown}.values()}
    return [
        Match(
            person.id, person.case_id, rows[person.case_id].reference, rows[person.case_id].state, person.role,
            person.names[0] if person.names else "", person.born_on, agreement.total, agreement.exact,
            agreement.reasons, rows[person.case_id].last_referral_on, rows[person.case_id].last_heard_on,
            left[person.case_id], decided[asked.id].get(person.id), clocks[person.case_id], asked.id,
            asked.names[0] if asked.names else "", asked.role,
        )
        for asked, (person, agreement) in shown
    ]  # fmt: skip


def _decisions(session: Session, person_id: UUID) -> dict[UUID, LinkDecision]:
    links = session.scalars(
        select(PersonLink).where(or_(PersonLink.person_id == person_id, PersonLink.other_person_id == person_id))
    )
    return {link.other_person_id if link.person_id == person_id else link.person_id: link.decision for link in links}
