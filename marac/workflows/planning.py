"""Which waiting case to hear at which meeting, and when a further meeting is needed; each with its reasons (SCH-40).

Suggests only: it opens no case, books nothing and lists nothing. A coordinator confirms.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from marac.clock import to_london


@dataclass(frozen=True, slots=True)
class Need:
    """A case that waits. `urgency` 0 is the most; `limit_at` is the last moment to hear it; `not_before` the first.

    `agency` is the one that must be there to speak to it: the referrer's; `not_at`: meetings it was on before.
    """

    key: str
    urgency: int
    waiting_since: datetime
    limit_at: datetime | None = None
    not_before: datetime | None = None
    agency: str = ""
    because: tuple[str, ...] = ()
    not_at: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Slot:
    """A meeting that still takes referrals: how many more cases, and which agencies cannot come."""

    key: str
    starts_at: datetime
    places: int
    away: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Placement:
    """A case at a meeting, and why there. `late`: after its limit, because nothing sooner is free."""

    need: Need
    slot: Slot
    reasons: tuple[str, ...] = ()
    late: bool = False


@dataclass(frozen=True, slots=True)
class Extra:
    """A further meeting is needed for so many cases, by that moment if they have one, and why."""

    cases: int
    by: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is suggested: placements, cases for which there is no place, and further meetings."""

    placements: tuple[Placement, ...]
    unplaced: tuple[Need, ...]
    extras: tuple[Extra, ...]


def suggest(needs: Iterable[Need], slots: Iterable[Slot]) -> Plan:
    """Fill meetings in order of date, whoever must be heard soonest first; then let the more urgent go before.

    No case passes its limit in the suggestion while another order of the same meetings would have heard all in time.
    """
    ordered = sorted(slots, key=lambda slot: slot.starts_at)
    waiting = sorted(needs, key=_soonest)
    timely, rest = _fill(ordered, waiting, timely=True)
    timely = _urgent_first(timely)
    late, unplaced = _fill(_left(ordered, timely), rest, timely=False)
    placements = [_explained(one, ordered) for one in (*timely, *late)]
    placements.sort(key=lambda one: (one.slot.starts_at, one.need.urgency, one.need.waiting_since))
    return Plan(tuple(placements), tuple(unplaced), tuple(_extras(late, unplaced, ordered)))


LONGER = {"Tue": "Tues", "Thu": "Thur", "Jun": "June", "Jul": "July", "Sep": "Sept"}  # as every page writes them


def day_words(moment: date) -> str:
    """Tues 1 Dec, by the London calendar."""
    day = to_london(moment) if isinstance(moment, datetime) else moment
    return f"{LONGER.get(f'{day:%a}', f'{day:%a}')} {day.day} {LONGER.get(f'{day:%b}', f'{day:%b}')}"


def _soonest(need: Need) -> tuple[float, int, datetime]:
    return (need.limit_at.timestamp() if need.limit_at else float("inf"), need.urgency, need.waiting_since)


def _fill(slots: Sequence[Slot], needs: Sequence[Need], *, timely: bool) -> tuple[list[Placement], list[Need]]:
    """Earliest limit first into the earliest meeting that may hear it; what is left over comes back."""
    placed, left = [], list(needs)
    for slot in slots:
        fitting = [need for need in left if _fits(need, slot, timely)][: max(slot.places, 0)]
        placed += [Placement(need, slot, late=_is_late(need, slot)) for need in fitting]
        left = [need for need in left if need not in fitting]
    return placed, left


def _fits(need: Need, slot: Slot, timely: bool) -> bool:
    ready = (need.not_before is None or need.not_before <= slot.starts_at) and slot.key not in need.not_at
    if not timely:
        return ready
    return ready and not _is_late(need, slot) and need.agency not in slot.away


def _is_late(need: Need, slot: Slot) -> bool:
    return need.limit_at is not None and slot.starts_at > need.limit_at


def _urgent_first(placed: list[Placement]) -> list[Placement]:
    """Change places where the more urgent case comes sooner and the other is still heard in time."""
    found = sorted(placed, key=lambda one: (one.need.urgency, one.slot.starts_at))
    for first in range(len(found)):
        for other in range(len(found)):
            mine, theirs = found[first], found[other]
            sooner = theirs.slot.starts_at < mine.slot.starts_at
            if sooner and mine.need.urgency < theirs.need.urgency and _may_swap(mine, theirs):
                found[first], found[other] = replace(mine, slot=theirs.slot), replace(theirs, slot=mine.slot)
    return found


def _may_swap(mine: Placement, theirs: Placement) -> bool:
    return _fits(mine.need, theirs.slot, True) and _fits(theirs.need, mine.slot, True)


def _left(slots: Sequence[Slot], placed: Sequence[Placement]) -> list[Slot]:
    taken = [one.slot.key for one in placed]
    return [replace(slot, places=slot.places - taken.count(slot.key)) for slot in slots]


def _explained(one: Placement, slots: Sequence[Slot]) -> Placement:
    """The reasons of the case itself, then those of the meeting."""
    need, reasons = one.need, list(one.need.because)
    if one.late and need.limit_at:
        reasons.append(f"After its limit of {day_words(need.limit_at)}: nothing sooner is free")
    elif need.limit_at:
        reasons.append(f"To be heard by {day_words(need.limit_at)}")
    if need.not_before:
        reasons.append(f"Not before {day_words(need.not_before)}")
    sooner = [slot for slot in slots if slot.starts_at < one.slot.starts_at and _fits(need, slot, False)]
    away = [slot for slot in sooner if need.agency in slot.away]
    if away:
        reasons.append(f"The referring agency cannot come on {day_words(away[0].starts_at)}")
    elif sooner:
        reasons.append("Earlier meetings are full")
    if need.agency in one.slot.away:
        reasons.append("The referring agency cannot come: ask for a briefing or a deputy")
    return replace(one, reasons=tuple(reasons))


def _extras(late: Sequence[Placement], unplaced: Sequence[Need], slots: Sequence[Slot]) -> list[Extra]:
    """One further meeting for cases that cannot be heard in time, one for those without a limit and without a place."""
    pressed = [one.need for one in late if one.late] + [need for need in unplaced if need.limit_at]
    loose = [need for need in unplaced if not need.limit_at]
    found = []
    if pressed:
        by = min(need.limit_at for need in pressed if need.limit_at)
        words = "1 case cannot be heard before its limit" if len(pressed) == 1 else ""
        words = words or f"{len(pressed)} cases cannot be heard before their limit"
        found.append(Extra(len(pressed), by, f"{words}: book one by {day_words(by)}"))
    if loose:
        full = "every meeting booked is full" if slots else "no meeting is booked"
        words = "1 case has" if len(loose) == 1 else f"{len(loose)} cases have"
        found.append(Extra(len(loose), None, f"{words} no place: {full}"))
    return found
