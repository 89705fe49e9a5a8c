"""The ten principles that an audit asks about, from `data/principles.yaml`; how its sample is drawn. Reads no record.

A sample is the same whenever it is drawn again from the same cases with the same seed.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from uuid import UUID

import yaml

from marac.errors import RuleBroken
from marac.paths import DATA
from marac.vocabulary import SampleAnswer as A

TO_EXPLAIN = (A.PARTLY, A.NO)


@dataclass(frozen=True, slots=True)
class Principle:
    """One question of an audit, and where to look."""

    key: str
    number: int
    title: str
    question: str
    look_at: str


@cache
def principles() -> tuple[Principle, ...]:
    """The ten, in order."""
    page = yaml.safe_load((DATA / "principles.yaml").read_text("utf-8"))
    return tuple(Principle(**row) for row in page["principles"])


def draw(seed: str, ids: Iterable[UUID], size: int) -> list[UUID]:
    """`size` of these, or all, in the order of a hash of the seed with each: random, and the same every time."""
    return sorted(ids, key=lambda one: hashlib.sha256(f"{seed}/{one.hex}".encode()).digest())[:size]


def check(answers: Mapping[str, A | None], notes: Mapping[str, str]) -> None:
    """Every principle has an answer, and "partly" and "no" a note. RuleBroken beside what is missing (DA-53)."""
    for one in principles():
        answer = answers.get(one.key)
        if answer is None:
            raise RuleBroken(one.key, f"Answer question {one.number}")
        if answer in TO_EXPLAIN and not notes.get(one.key, "").strip():
            raise RuleBroken(f"note_{one.key}", f"Say what was missing under question {one.number}")


def tally(answered: Iterable[Mapping[str, str]]) -> dict[str, dict[str, int]]:
    """Principle -> answer -> how many cases."""
    counted = {one.key: {answer.value: 0 for answer in A} for one in principles()}
    for answers in answered:
        for key, answer in answers.items():
            counted[key][answer] += 1
    return counted
