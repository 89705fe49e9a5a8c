"""Two things taking turns, and the median of the ratios of each turn. Refuses to judge by a single round."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

FEWEST_ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Race:
    """One goal: the subject may cost at most `goal` times what the rival costs. `loops` calls make one timing."""

    name: str
    goal: float
    subject: Callable[[], object]
    rival: Callable[[], object]
    loops: int = 1
    per_call: int = 1  # how many things one call does, where the time of one thing is wanted


def measured(race: Race, rounds: int) -> dict[str, Any]:
    """Run a race: one round to warm up, then at least nine in which each goes first in turn."""
    times: dict[str, list[float]] = {"subject": [], "rival": []}
    both = [("subject", race.subject), ("rival", race.rival)]
    for number in range(max(rounds, FEWEST_ROUNDS) + 1):
        for name, work in both if number % 2 else reversed(both):
            took = _timed(work, race.loops)
            if number:
                times[name].append(took)
    each = 1_000_000 / (race.loops * race.per_call)
    subject, rival = median(times["subject"]) * each, median(times["rival"]) * each
    ratio = median(mine / theirs for mine, theirs in zip(times["subject"], times["rival"], strict=True))
    return {
        "name": race.name, "subject": round(subject, 3), "rival": round(rival, 3), "ratio": round(ratio, 3),
        "goal": round(race.goal, 3), "met": ratio <= race.goal,
    }  # fmt: skip


def _timed(work: Callable[[], object], loops: int) -> float:
    start = perf_counter()
    for _ in range(loops):
        work()
    return perf_counter() - start
