"""What Your work says of accounts: who waits to join, deputies, the quarterly check, agreements that end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.services.accounts import agreements, attesting, deputies, joining
from marac.vocabulary import AgreementStanding, Permission as P

MOST = 5
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line: what to do, where, by when."""

    text: str
    url: str
    due: date | None = None
    note: str = ""
    minutes: int = 1


def waiting(session: Session, actor: Actor) -> Iterator[Waiting]:
    """Everything about accounts that this person sees to."""
    for permission, lines in PARTS:
        if access.holds(actor, permission):
            yield from lines(session, actor)


def _joiners(session: Session, actor: Actor) -> Iterator[Waiting]:
    number = joining.waiting_for(session, actor)
    if number:
        people = "1 person" if number == 1 else f"{number} people"
        yield Waiting(f"Decide who joins: {people}", "/admin/joiners", clock.today(), "", number)


def _deputies(session: Session, actor: Actor) -> Iterator[Waiting]:
    number = sum(one.mine_to_decide for one in deputies.list_to_decide(session, actor))
    if number:
        yield Waiting(f"Agree to deputies: {number}", "/admin/deputies", clock.today(), "", number)


def _checks(session: Session, actor: Actor) -> Iterator[Waiting]:
    asked = attesting.list_open(session, actor)
    if len(asked) > MOST:
        yield Waiting(f"Confirm who works at {len(asked)} agencies", "/admin/attestations", asked[0].due_on)
        return
    for one in asked:
        yield Waiting("Confirm who still works here", f"/admin/attestations/{one.id}", one.due_on, one.agency, 5)


def _agreements(session: Session, actor: Actor) -> Iterator[Waiting]:
    for one in agreements.ending(session, actor)[:MOST]:
        if one.standing is AgreementStanding.EXPIRED:
            text = "Renew an information sharing agreement: the agency is closed out"
            yield Waiting(text, "/admin/agreements", clock.today(), one.agency)
        elif one.review_on and one.review_on <= clock.today() + SOON:
            yield Waiting("Renew an information sharing agreement", "/admin/agreements", one.review_on, one.agency)


PARTS: tuple[tuple[P, Callable[[Session, Actor], Iterator[Waiting]]], ...] = (
    (P.USER_APPROVE, _joiners), (P.DEPUTY_APPROVE, _deputies), (P.USER_ATTEST, _checks), (P.USER_ATTEST, _agreements),
)  # fmt: skip
