"""Who is worth comparing: by shared tokens in a large partnership, everyone in a small one. It compares nobody.

Cases that are hidden from the actor take no place among the candidates, and cost the same as cases that do not exist.
"""

import gc
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from math import log2
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from marac.crypto.blind_index import HOME, PADDING, PHONE, BlindIndex, PersonTokens
from marac.models import CasePerson, PersonToken
from marac.services.keeping.founding import reference

BEST, LOOKED_AT = 60, 500
AT_A_TIME = 400


def most_to_open() -> int:
    """Persons up to which everyone is opened, so that no index can miss a repeat."""
    return int(reference("matching")["open_everyone_up_to"])


def small_enough(session: Session, partnership_id: UUID) -> bool:
    """Whether everyone in the partnership is opened. Counts all, so that the answer says nothing of hidden cases."""
    everyone = select(func.count()).select_from(CasePerson).where(CasePerson.partnership_id == partnership_id)
    return (session.scalar(everyone) or 0) <= most_to_open()


def sharing(session: Session, partnership_id: UUID, person: PersonTokens, within: Any) -> list[UUID]:
    """The sixty people of `within` (a WHERE clause on CasePerson) whose shared tokens weigh most, the likeliest first.

    One token counts for each family that two people share, by how rare it is; so a long name is worth no more than a
    short one.
    """
    asked = BlindIndex(session.info["keyring"], partnership_id).families_to_ask(person)
    best = _weighed(_holders(session, partnership_id, asked), asked)
    among = [whose for whose, _ in best[:LOOKED_AT]]
    visible = set(session.scalars(select(CasePerson.id).where(CasePerson.id.in_(among), within)))
    return [whose for whose in among if whose in visible][:BEST]


def reached_alike(session: Session, partnership_id: UUID, person: PersonTokens) -> frozenset[str]:
    """Ids (32 hex digits) of all who share a home or a phone with somebody: what names alone would not show."""
    asked = BlindIndex(session.info["keyring"], partnership_id).families_to_ask(person)
    by_place = {token: family for token, family in asked.items() if family in (HOME, PHONE)}
    return frozenset(whose for whose, _ in _holders(session, partnership_id, by_place)) if by_place else frozenset()


@contextmanager
def uncollected() -> Iterator[None]:
    """Opening thousands of people makes a million short-lived objects, none of them in circles: half of the time went
    into looking for circles among them. The collector rests for the length of this block."""
    rested = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if rested:
            gc.enable()


def _holders(session: Session, partnership_id: UUID, asked: Mapping[bytes, str]) -> list[tuple[str, bytes]]:
    """(person, token) of every row that holds one of the tokens: one range of the table for each."""
    whose = type_coerce(PersonToken.person_id, NullType())
    query = select(whose, PersonToken.token).where(PersonToken.partnership_id == partnership_id)
    tokens, found = list(asked), []
    for start in range(0, len(tokens), AT_A_TIME):
        some = query.where(PersonToken.token.in_(tokens[start : start + AT_A_TIME]))
        found += [(_hex(row[0]), row[1]) for row in session.connection().execute(some)]
    return found


def _weighed(holders: Iterable[tuple[str, bytes]], asked: Mapping[bytes, str]) -> list[tuple[UUID, float]]:
    rows = list(holders)
    often = Counter(token for _, token in rows)
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    for whose, token in rows:
        family = asked[token]
        if family != PADDING:
            worth = 1 / log2(1 + often[token])
            weights[whose][family] = max(weights[whose].get(family, 0.0), worth)
    totals = [(UUID(whose), sum(held.values())) for whose, held in weights.items()]
    return sorted(totals, key=lambda pair: (-pair[1], pair[0].hex))


def _hex(raw: Any) -> str:
    return raw if type(raw) is str else raw.hex
