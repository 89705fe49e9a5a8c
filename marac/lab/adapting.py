"""The trained weights fitted to a file that is not like the people they were trained on, without looking at its labels.

Expectation and maximisation, begun at the trained weights and held near them: who is likelier one person says how often
each level is met between records of one person, and that says who is likelier one person, a few times over.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from random import Random

from marac.lab.gathering import Pair
from marac.services.keeping.founding import reference
from marac.services.knowing.comparing import Comparison, Prepared, Weights, bits_of, summed, trained

ROUNDS = 10
DRAWN = 60_000
HOLD = 40.0
"""How many pairs the trained weights count for: a small file leaves them as they are."""
HOLD_KIN = 2000.0
MOST = 500.0
HOUSEHOLDS = 0.1
"""Pairs of one household to a pair of one person, from which a file is one of households."""
NEVER = 60.0
"""Bits for two records being of one household in a file that has none."""
Patterns = Mapping[tuple[str, ...], float]
Evidence = tuple[tuple[str, ...], float, float]
Chances = dict[str, dict[str, list[float]]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights for one file, how rare one person is among all its pairs, and how rare a household is, in bits."""

    table: Weights
    prior: float
    household: float

    @property
    def of_households(self) -> bool:
        """Whether the file holds many people who share a home, as a borough does and a register of adults may not."""
        return -self.household - self.prior > log2(HOUSEHOLDS)


def fit(
    search: Comparison, people: Sequence[Prepared], evidence: Mapping[Pair, Evidence], rounds: int = ROUNDS
) -> Fitted:
    """How many of each kind there are; and in a file of hardly any households, how its own clerks write.

    Where households are, a twin and a slip of the pen look alike to a method without labels, so the weights stay.
    """
    every = max(len(people) * (len(people) - 1) / 2, 1)
    by_marks: dict[tuple[str, ...], list[tuple[float, float]]] = defaultdict(list)
    for marks, rare, rare_kin in evidence.values():
        by_marks[marks].append((rare, rare_kin))
    start: Chances = reference("matching_weights")["chances"]
    rare_enough = log2(max(len(people), 1) / every)
    fitted = Fitted(trained(), rare_enough, -rare_enough)
    for _ in range(rounds):
        fitted = _reckoned(fitted.table, every, *_expected(by_marks, fitted))
    if fitted.of_households or not rounds:
        return fitted
    chances = _as_strangers_are(start, search, people)
    for _ in range(rounds):
        of_same, of_kin = _expected(by_marks, fitted)
        chances = _maximised(start, chances, of_same, of_kin)
        fitted = replace(_reckoned({**trained(), **bits_of(chances)}, every, of_same, of_kin), household=NEVER)
    return fitted


def _reckoned(table: Weights, every: float, of_same: Patterns, of_kin: Patterns) -> Fitted:
    same, kin = sum(of_same.values()), sum(of_kin.values())
    return Fitted(table, log2((same + 0.5) / every), -log2((kin + 0.5) / every))


def _expected(
    by_marks: Mapping[tuple[str, ...], list[tuple[float, float]]], fitted: Fitted
) -> tuple[Patterns, Patterns]:
    """How many pairs of each pattern are one person, and how many one household."""
    of_same: dict[tuple[str, ...], float] = defaultdict(float)
    of_kin: dict[tuple[str, ...], float] = defaultdict(float)
    for marks, rares in by_marks.items():
        stranger, kin = summed(fitted.table, marks)
        for rare, rare_kin in rares:
            for_same = 2.0 ** min(stranger + rare + fitted.prior, MOST)
            for_kin = 2.0 ** min(stranger + rare - kin - rare_kin - fitted.household, MOST)
            whole = for_same + for_kin + 1
            of_same[marks] += for_same / whole
            of_kin[marks] += for_kin / whole
    return of_same, of_kin


def _maximised(start: Chances, chances: Chances, of_same: Patterns, of_kin: Patterns) -> Chances:
    same, kin = _by_mark(of_same), _by_mark(of_kin)
    found: Chances = {}
    for field, levels in start.items():
        new_same = _held(field, {name: chance[0] for name, chance in levels.items()}, same, HOLD)
        new_kin = _held(field, {name: chance[2] for name, chance in levels.items()}, kin, HOLD_KIN)
        found[field] = {name: [new_same[name], chances[field][name][1], new_kin[name]] for name in levels}
    return found


def _as_strangers_are(start: Chances, search: Comparison, people: Sequence[Prepared]) -> Chances:
    """How often each level is met between two records drawn at random: hardly any two are one person."""
    draw = Random("strangers")  # noqa: S311 - it draws pairs, never a secret
    seen: Counter[tuple[str, ...]] = Counter()
    for _ in range(DRAWN):
        one, other = draw.randrange(len(people)), draw.randrange(len(people))
        if one != other:
            seen[search.evidence(people[one], people[other])[0]] += 1
    counted = _by_mark(seen)
    found: Chances = {}
    for field, levels in start.items():
        held = _held(field, {name: chance[1] for name, chance in levels.items()}, counted, HOLD)
        found[field] = {name: [chance[0], held[name], chance[2]] for name, chance in levels.items()}
    return found


def _by_mark(counted: Patterns) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for marks, count in counted.items():
        for mark in marks:
            found[mark] += count
        if "order:crossed" not in marks:
            found["order:straight"] += count
    return found


def _held(field: str, before: Mapping[str, float], counted: Mapping[str, float], hold: float) -> dict[str, float]:
    """Chances counted anew, as if the ones before had been met so many times."""
    counts = {name: counted.get(f"{field}:{name}", 0.0) + hold * chance for name, chance in before.items()}
    every = sum(counts.values())
    return {name: count / every for name, count in counts.items()}
