"""One figure of a report, with what it was worked out from. Holds ids of the cases behind it, never a name."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from statistics import median
from uuid import UUID

Number = int | float


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a figure that is given by agency or by stage."""

    label: str
    value: Number | None
    unit: str = ""
    of: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was counted: a value, the two numbers of a share, the parts of a table, the ids behind it.

    `noun` says whose ids they are: "case" or "request". None means that nothing was recorded to count, which is not 0.
    """

    value: Number | None
    unit: str
    of: tuple[int, int] | None = None
    parts: tuple[Part, ...] = ()
    behind: frozenset[UUID] = field(default_factory=frozenset)
    noun: str = "case"


def count(behind: Iterable[UUID], unit: str, *, noun: str = "case") -> Found:
    """How many, with the ids behind it."""
    ids = frozenset(behind)
    return Found(len(ids), unit, behind=ids, noun=noun)


def share(numerator: int, denominator: int, *, behind: Iterable[UUID] = ()) -> Found:
    """A percentage to one decimal with both its numbers; nothing when there is nothing to share."""
    value = round(numerator * 100 / denominator, 1) if denominator else None
    return Found(value, "percent", (numerator, denominator), behind=frozenset(behind))


def part_share(label: str, numerator: int, denominator: int) -> Part:
    """The same for one agency."""
    found = share(numerator, denominator)
    return Part(label, found.value, "percent", found.of)


def middle(days: Iterable[Number], unit: str = "days") -> Found:
    """The median; nothing of nothing."""
    held = sorted(days)
    return Found(round(median(held), 1) if held else None, unit)


def ninetieth(days: Iterable[Number]) -> Number | None:
    """The value that nine in ten do not exceed (nearest rank)."""
    held = sorted(days)
    return held[max(0, -(-len(held) * 9 // 10) - 1)] if held else None


def with_parts(found: Found, parts: Iterable[Part]) -> Found:
    """The same figure, given by part as well."""
    return replace(found, parts=tuple(parts))
