"""How many people each family of tokens gives away to somebody who holds the table and knows how common names are.

The guess is by rank: the commonest token is taken for the commonest value. Families that the index refuses are measured
beside those it has, so that the measure is seen to bite.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from marac.bench.borough import Invented, people
from marac.crypto.blind_index import FAMILIES, FEARED, HOME, PADDING, PHONE, Parts, families_stored
from marac.crypto.sounds import plain, sound, words

MOST_SHARE, PERSONS, LOTS = 0.01, 10_000, 3
JOINED = "all of these joined"
Values = Sequence[frozenset[Parts]]


def table(persons: int = PERSONS, seed: int = 3) -> list[dict[str, Any]]:
    """[{family, guessed_share, admitted}]: the families of the index, all of them joined, and those it refuses.

    `guessed_share` is of persons; a family is admitted at one in a hundred or fewer. Who guesses knows just how often
    each name, birthday and address occurs in this very borough: nobody outside knows as much.
    """
    held = list(people(persons, seed))
    ours = _by_family(held)
    shares = {family: _often_guessed(values) for family, values in ours.items()}
    shares[JOINED] = joined(held, ours)
    shares |= {family: _often_guessed([named(one) for one in held]) for family, named in REFUSED.items()}
    return [
        {"family": family, "guessed_share": round(share, 4), "admitted": share <= MOST_SHARE}
        for family, share in shares.items()
    ]


def kept(rows: Iterable[dict[str, Any]]) -> bool:
    """Whether every family that the index has is admitted, alone and joined."""
    return all(row["admitted"] for row in rows if row["family"] not in REFUSED)


def _often_guessed(values: Values) -> float:
    return sum(guessed(values, lot) for lot in range(LOTS)) / LOTS


def guessed(values: Values, lot: int = 0) -> float:
    """The share of persons of whom a value is named rightly by rank; what is equally common is told apart by lot."""
    often, spread = _ranked(values, lot), _ranked(values, lot + LOTS)
    right = {value for value, guess in zip(often, spread, strict=True) if value == guess}
    return sum(not held.isdisjoint(right) for held in values) / max(len(values), 1)


def joined(held: Sequence[Invented], ours: dict[str, Values]) -> float:
    """Rows that share a token are taken for one name, in all families and in those that hold a name; the ranks of the
    clusters are read as the ranks of name pairs, family names and forenames. The best of these guesses."""
    holding_names = [family for family in ours if family not in (HOME, PHONE, FEARED)]
    best = 0.0
    for families in (list(ours), holding_names, [*holding_names, FEARED]):
        clusters = _clusters([ours[family] for family in families], len(held))
        for named in (_both, _first, _last):
            names = [named(one) for one in held]
            best = max(best, _named_rightly(clusters, names, _ranked(names, LOTS)))
    return best


def _named_rightly(clusters: list[list[int]], names: Values, spread: list[Parts]) -> float:
    right = 0
    for cluster, guess in zip(sorted(clusters, key=len, reverse=True), spread, strict=False):
        right += sum(guess in names[person] for person in cluster)
    return right / max(len(names), 1)


def _clusters(families: list[Values], persons: int) -> list[list[int]]:
    """Persons who share a token of any family, directly or through others."""
    leader = list(range(persons))

    def led_by(one: int) -> int:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for values in families:
        first: dict[Parts, int] = {}
        for person, parts in enumerate(values):
            for part in parts:
                leader[led_by(person)] = led_by(first.setdefault(part, person))
    found: dict[int, list[int]] = defaultdict(list)
    for person in range(persons):
        found[led_by(person)].append(person)
    return list(found.values())


def _ranked(values: Values, lot: int) -> list[Parts]:
    often = Counter(value for of_one in values for value in of_one)
    lots = sorted(often)
    random.Random(lot).shuffle(lots)  # noqa: S311 - to measure with, not a secret
    return sorted(lots, key=lambda value: -often[value])


def _by_family(persons: Sequence[Invented]) -> dict[str, Values]:
    found: dict[str, list[set[Parts]]] = {family: [set() for _ in persons] for family in FAMILIES if family != PADDING}
    for number, person in enumerate(persons):
        for family, parts in families_stored(person.tokens()):
            found[family][number].add(parts)
    return {family: [frozenset(one) for one in values] for family, values in found.items()}


# --- what the index refuses to hold ---


def _sounds(person: Invented) -> list[str]:
    return [sound(word) for word in words(person.name)]


def _both(person: Invented) -> frozenset[Parts]:
    return frozenset([tuple(sorted(_sounds(person)))])


def _first(person: Invented) -> frozenset[Parts]:
    return frozenset([(_sounds(person)[0],)])


def _last(person: Invented) -> frozenset[Parts]:
    return frozenset([(_sounds(person)[-1],)])


def _last_and_initial(person: Invented) -> frozenset[Parts]:
    return frozenset([(_sounds(person)[-1], plain(person.name)[:1])])


Named = Callable[[Invented], frozenset[Parts]]
REFUSED: dict[str, Named] = {
    "refused: family name": _last,
    "refused: first name": _first,
    "refused: both sounds": _both,
    "refused: family name+initial": _last_and_initial,
}
