"""Which recorded incidents are one and the same: told to three agencies, it counts once (CM-17). Guesses no more."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from marac.workflows.deadlines import add_months


@dataclass(frozen=True, slots=True)
class Told:
    """One incident as one agency tells it. References are CAD, crime or case numbers, in any spelling."""

    happened_on: date | None
    kind: str = ""
    references: tuple[str, ...] = ()


def same(one: Told, other: Told) -> bool:
    """Whether both tell of one incident: a shared reference, or the same kind of thing on the same day.

    Two different references of one day are two incidents only when neither side lacks one.
    """
    ours, theirs = _numbers(one), _numbers(other)
    if ours & theirs:
        return True
    alike = one.happened_on is not None and (one.happened_on, one.kind) == (other.happened_on, other.kind)
    return alike and not (ours and theirs)


def distinct(told: Iterable[Told]) -> tuple[tuple[int, ...], ...]:
    """The incidents as groups of positions in what was given, each group one incident, the first first."""
    entries = list(told)
    groups: list[list[int]] = []
    for place, one in enumerate(entries):
        joined = [group for group in groups if any(same(one, entries[earlier]) for earlier in group)]
        groups = [group for group in groups if group not in joined]
        groups.append(sorted({place, *(number for group in joined for number in group)}))
    return tuple(sorted(map(tuple, groups)))


def in_window(told: Sequence[Told], months: int, today: date) -> int:
    """How many different incidents happened within so many months up to today, the first day included."""
    since = add_months(today, -months)
    dated = [one for one in told if one.happened_on is not None and since <= one.happened_on <= today]
    return len(distinct(dated))


def _numbers(one: Told) -> frozenset[str]:
    return frozenset(filter(None, (re.sub(r"[^0-9a-z]", "", text.lower()) for text in one.references)))
