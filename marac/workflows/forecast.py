"""How many cases are to come and when a panel more is needed: a range from what came lately. Pure; no clock of its own.

The range is the middle of what came a week, give or take what nine weeks in ten stay within; never a single number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor
from statistics import mean, pstdev

NINE_IN_TEN = 1.645  # standard deviations
FEWEST_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Booked:
    """A panel that is booked: its day and how many cases it can still take."""

    on: date
    room: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected: cases a week as a range, who waits now, the day by which a panel more is needed.

    `short_by` is the first booked panel at whose day the likely number waiting is above the room until then, under
    the high end; `likely_short_by` the same under the middle. None: there is room enough until the last booked panel.
    """

    low: int
    high: int
    middle: float
    waiting: int
    short_by: date | None
    likely_short_by: date | None
    last_on: date | None


def forecast(weekly: Sequence[int], waiting: int, booked: Sequence[Booked], today: date) -> Forecast | None:
    """The forecast from the cases of each of the last weeks (oldest first); None with fewer than eight."""
    if len(weekly) < FEWEST_WEEKS:
        return None
    middle, spread = mean(weekly), NINE_IN_TEN * pstdev(weekly)
    low, high = max(0, floor(middle - spread)), ceil(middle + spread)
    panels = sorted(booked, key=lambda one: one.on)
    short, likely = (_short(rate, waiting, panels, today) for rate in (high, middle))
    return Forecast(low, high, round(middle, 1), waiting, short, likely, panels[-1].on if panels else None)


def _short(rate: float, waiting: int, panels: Sequence[Booked], today: date) -> date | None:
    """The first panel at which more cases wait than it and those before it can take."""
    room = 0
    for panel in panels:
        room += panel.room
        weeks = max((panel.on - today) / timedelta(weeks=1), 0)
        if waiting + rate * weeks > room:
            return panel.on
    return None
