"""The ladder of an open action: who is told when, by working days from the day it is due (DA-28). Tells nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from marac.workflows.deadlines import NO_CLOSURES, offset

OWNER: Final = "owner"
LABELS: Final = {
    "due_soon": "Due soon", "due": "Due", "late": "Overdue", "agency_lead": "With the agency lead",
    "chair": "With the chair", "steering_group": "With the steering group",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: `tell` is owner, agency_lead, chair or steering_group; `working_days` may be negative."""

    key: str
    working_days: int
    tell: str

    @property
    def label(self) -> str:
        """In words, for lists."""
        return LABELS.get(self.key, self.key.replace("_", " ").capitalize())

    def reached(self, due_on: date, today: date, closures: frozenset[date] = NO_CLOSURES) -> bool:
        """Whether an action due on that day has come to this rung today."""
        return offset(due_on, f"D{self.working_days:+d}", closures) <= today


def read_rungs(listed: Iterable[Mapping[str, Any]]) -> tuple[Rung, ...]:
    """The ladder as the dated setting holds it, the earliest rung first."""
    rungs = (Rung(one["key"], one["working_days"], one["tell"]) for one in listed)
    return tuple(sorted(rungs, key=lambda rung: rung.working_days))


def to_tell(
    rungs: Iterable[Rung], due_on: date, today: date, closures: frozenset[date] = NO_CLOSURES
) -> tuple[Rung, ...]:
    """The rungs an action has come to, the last one of each audience: who missed an earlier one is not told of it."""
    last = {rung.tell: rung for rung in rungs if rung.reached(due_on, today, closures)}
    return tuple(last.values())
