"""The weights of the comparison, counted on labelled pairs of one half of the invented people. The other half judges.

A weight is log2 of how much likelier a level is between records of one person than between strangers, and than between
people of one household, who share a family name, a home and a phone without being the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from random import Random
from typing import Any

import yaml

from marac.lab.clerks import Written, draw_records
from marac.lab.gathering import Pair, known, shares_of, true_pairs
from marac.paths import DATA
from marac.services.keeping.founding import reference
from marac.services.knowing.comparing import Comparison, Prepared

HOUSEHOLDS = 4000
JUDGED = 2400
STRANGERS = 300_000
SMOOTHING = 0.5
SHIPPED = DATA / "matching_weights.yaml"
HEAD = """# Made by `marac match train --seed N --write` from invented people; do not edit. How often each level is met
# between records of [one person, strangers, two people of one household]: a weight is log2 of a ratio of them.
# shares: how common the sounds of names are; the rest are as rare as `other`, and two agree as often as `average`.
"""
COMMON_ENOUGH = 0.002
LEVELS = {
    "given": ("same", "alike", "short", "part", "near", "faint", "different"),
    "family": ("same", "alike", "short", "part", "near", "faint", "different"),
    "born": ("same", "january", "swapped", "digit", "mixed", "parts", "placeholder", "different"),
    "age": ("year", "about", "different"),
    "home": ("same", "near", "street", "postcode", "area", "number", "different"),
    "address": ("same", "alike", "part", "different"),
    "phone": ("same", "near", "different"),
    "feared": ("same", "alike", "different"),
    "order": ("straight", "crossed"),
}
Counted = Counter[str]


def training_half(seed: int) -> list[Written]:
    """The records that weights are counted on."""
    return draw_records(2 * seed, HOUSEHOLDS)


def judging_half(seed: int, households: int = HOUSEHOLDS) -> list[Written]:
    """Records of other people, drawn from another seed: weights are never counted on them."""
    return draw_records(2 * seed + 1, households)


def shipped_seed() -> int:
    """The seed of the people that the shipped weights were counted on."""
    return int(reference("matching_weights")["trained"]["seed"])


def write(found: Mapping[str, Any]) -> None:
    """Ship these weights from now on."""
    text = yaml.safe_dump(dict(found), sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
    SHIPPED.write_text(HEAD + text, "utf-8")
    reference.cache_clear()


def train(records: Sequence[Written], seed: int) -> dict[str, Any]:
    """Weights, how common names are, and what they were counted on: the trained part of data/matching.yaml."""
    people = [known(record) for record in records]
    shares = shares_of(people)
    search = Comparison(shares)
    prepared = [search.prepare(person) for person in people]
    same = true_pairs(records)
    kin, strangers = kin_pairs(records), stranger_pairs(records, seed)
    counted = [_count(search, prepared, pairs) for pairs in (same, strangers, kin)]
    return {
        "trained": {
            "seed": seed, "records": len(records), "same": len(same), "kin": len(kin), "strangers": len(strangers),
        },
        "kin_records": round(2 * len(kin) / len(records), 2),
        "chances": _chances(*counted),
        "shares": {what: _common(shares[what]) for what in ("given", "family")},
    }  # fmt: skip


def kin_pairs(records: Sequence[Written]) -> list[Pair]:
    """Pairs of records of two people of one household."""
    held: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        held.setdefault(record.household, []).append(place)
    pairs = (pair for places in held.values() for pair in combinations(places, 2))
    return [(one, other) for one, other in pairs if records[one].entity_id != records[other].entity_id]


def stranger_pairs(records: Sequence[Written], seed: int) -> list[Pair]:
    """Pairs of records of two households, drawn at random."""
    draw = Random(f"strangers {seed}")  # noqa: S311 - it draws invented people, never a secret
    pairs = ((draw.randrange(len(records)), draw.randrange(len(records))) for _ in range(STRANGERS))
    return [(one, other) for one, other in pairs if records[one].household != records[other].household]


def _count(search: Comparison, people: Sequence[Prepared], pairs: Iterable[Pair]) -> Counted:
    counted: Counted = Counter()
    for one, other in pairs:
        marks, *_ = search.evidence(people[one], people[other])
        counted.update(marks)
        counted["order:straight"] += "order:crossed" not in marks
    return counted


def _chances(same: Counted, strangers: Counted, kin: Counted) -> dict[str, dict[str, list[float]]]:
    return {
        field: {
            level: [float(f"{_share(counted, field, level):.3g}") for counted in (same, strangers, kin)]
            for level in levels
        }
        for field, levels in LEVELS.items()
    }


def _share(counted: Counted, field: str, level: str) -> float:
    every = sum(counted[f"{field}:{name}"] for name in LEVELS[field])
    return (counted[f"{field}:{level}"] + SMOOTHING) / (every + SMOOTHING * len(LEVELS[field]))


def _common(table: dict[str, float]) -> dict[str, float]:
    """The common ones; the rest are as rare as the rest are on average."""
    kept = {what: round(share, 5) for what, share in table.items() if share >= COMMON_ENOUGH}
    rest = [share for share in table.values() if share < COMMON_ENOUGH]
    return {**kept, "other": round(sum(rest) / max(len(rest), 1), 6), "average": round(table["average"], 6)}
