"""When a Community MARAC case is reviewed, how its scores move, who looks at it in between. Pure: settings come in.

Every number is a dated setting; a case whose band is not known is reviewed as often as a high one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from marac.vocabulary import Grade
from marac.workflows.deadlines import add_months

OVERSEERS: Final = ("First line manager", "Second line manager", "Third line manager")


@dataclass(frozen=True, slots=True)
class Scored:
    """One score of a case: when it was made, what it came to, the band that counts."""

    on: date
    score: int | None
    band: Grade | None


@dataclass(frozen=True, slots=True)
class Looked:
    """One look at a case between meetings: by whom, and by which day."""

    who: str
    due_on: date


def review_day(band: Grade | None, heard_on: date, meetings: Sequence[date], cycles: Mapping[str, int]) -> date:
    """The meeting at which a case heard on that day is reviewed: every one when high, at most two on when medium.

    `meetings` are the booked ones after it, in order; where too few are booked, as many months later.
    """
    wait = cycles[(band or Grade.HIGH).value]
    coming = [day for day in meetings if day > heard_on]
    return coming[wait - 1] if len(coming) >= wait else add_months(heard_on, wait)


def falls_due(review_on: date, days_before: int) -> date:
    """From which day a review counts as due: early enough to be put on the agenda."""
    return review_on - timedelta(days=days_before)


def oversight(band: Grade | None, heard_on: date, days: Mapping[str, Sequence[int]]) -> tuple[Looked, ...]:
    """Who looks at the case between meetings and by when; nobody at the lowest band."""
    counted = days.get((band or Grade.HIGH).value, ())
    who = OVERSEERS if len(counted) > 2 else OVERSEERS[1 - len(OVERSEERS) :]
    return tuple(Looked(name, heard_on + timedelta(days=number)) for name, number in zip(who, counted, strict=False))


def trend(scores: Sequence[Scored]) -> str:
    """How the two newest scores compare, in words; empty with fewer than two. `scores` oldest first."""
    known = [one.score for one in scores if one.score is not None]
    if len(known) < 2:
        return ""
    before, now = known[-2:]
    if now == before:
        return f"The same as before: {now}"
    return f"{'Lower' if now < before else 'Higher'} than before: {now}, was {before}"


def scored_since(scores: Sequence[Scored], heard_on: date | None) -> bool:
    """Whether the case was scored again on or after the day it was last heard (CM-14)."""
    return bool(scores) and (heard_on is None or scores[-1].on >= heard_on)


def band_of(scores: Sequence[Scored]) -> Grade | None:
    """The band that counts now: of the newest score that has one."""
    return next((one.band for one in reversed(scores) if one.band is not None), None)


def days_quiet(happened: Sequence[date], today: date) -> int | None:
    """Days since the newest incident; None when none is recorded."""
    return (today - max(happened)).days if happened else None


def case_review_due(happened: Sequence[date], today: date, rule: Mapping[str, Any], hate: int, least: int) -> bool:
    """Whether the person should be told of the ASB Case Review: enough different incidents in the months that count.

    `happened` has one date for each incident, however many agencies heard of it (CM-17); `hate` is how many of them
    were moved by hate, for which `least` is enough.
    """
    inside = count_inside(happened, today, int(rule["window_months"]))
    return inside >= int(rule["value"]) or hate >= least


def count_inside(happened: Sequence[date], today: date, months: int) -> int:
    """How many of these days lie within so many months up to today, the first day included."""
    return sum(add_months(today, -months) <= day <= today for day in happened)
