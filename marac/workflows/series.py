"""On which days a series of meetings falls, and what to offer when one of them is not a working day (SCH-37).

Has no clock of its own and books nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday as weekday_of

from marac.errors import RuleBroken
from marac.vocabulary import SeriesRule
from marac.workflows.deadlines import NO_CLOSURES, bank_holidays, holidays_confirmed, is_working_day, offset

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NTHS = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
LOOKS_AHEAD = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often a panel meets. `weekday` counts from Monday = 0; `nths` are the weeks of the month, -1 the last."""

    rule: SeriesRule
    weekday: int
    anchor_on: date
    nths: tuple[int, ...] = ()
    interval_weeks: int = 1

    def in_words(self) -> str:
        """Second and fourth Thursday of the month · Every 2 weeks on Thursday"""
        day = WEEKDAYS[self.weekday]
        if self.rule == SeriesRule.AD_HOC:
            return "When needed"
        if self.rule == SeriesRule.NTH_WEEKDAY:
            return f"{' and '.join(NTHS[nth] for nth in self.nths)} {day} of the month".capitalize().replace(
                day.lower(), day
            )
        return f"Every week on {day}" if self.interval_weeks == 1 else f"Every {self.interval_weeks} weeks on {day}"


@dataclass(frozen=True, slots=True)
class Offer:
    """One day of a series. When nobody works on it: why, and the working days before and after it to choose from."""

    on: date
    problem: str = ""
    before: date | None = None
    after: date | None = None
    confirmed: bool = True


def check_recurrence(recurrence: Recurrence) -> None:
    """Raise RuleBroken beside what does not make a series."""
    if recurrence.rule == SeriesRule.NTH_WEEKDAY and not recurrence.nths:
        raise RuleBroken("nths", "Select at least one week of the month")
    if recurrence.rule == SeriesRule.NTH_WEEKDAY and recurrence.weekday > 4:
        raise RuleBroken("weekday", "Select a day from Monday to Friday")
    if recurrence.rule == SeriesRule.EVERY_K_WEEKS and not 1 <= recurrence.interval_weeks <= 26:
        raise RuleBroken("interval_weeks", "The number of weeks must be between 1 and 26")


def falls_on(recurrence: Recurrence, start: date, end: date) -> list[date]:
    """The days of a series from `start` to `end`, both counted, whether or not anybody works on them."""
    return list(_days(recurrence, start, end))


def offers(
    recurrence: Recurrence, start: date, *, most: int = 6, closures: frozenset[date] = NO_CLOSURES
) -> list[Offer]:
    """The next `most` days of a series from `start` on, each with what to do when it is not a working day."""
    days = _days(recurrence, start, start + LOOKS_AHEAD)
    return [offer(day, closures) for _, day in zip(range(most), days, strict=False)]


def offer(on: date, closures: frozenset[date] = NO_CLOSURES) -> Offer:
    """One day, as it can be offered. Beyond the published bank holidays it is not confirmed."""
    confirmed = holidays_confirmed(on)
    if is_working_day(on, closures):
        return Offer(on, confirmed=confirmed)
    before, after = offset(on, "D/prev", closures), offset(on, "D/next", closures)
    return Offer(on, _why_not(on, closures), before, after, confirmed)


def _why_not(on: date, closures: frozenset[date]) -> str:
    if on in bank_holidays():
        return "Bank holiday"
    return "Closure day" if on in closures else "Weekend"


def _days(recurrence: Recurrence, start: date, end: date) -> Iterator[date]:
    """Nothing before the anchor, which is the first day of a series in weeks."""
    if recurrence.rule == SeriesRule.AD_HOC:
        return
    first = max(start, recurrence.anchor_on)
    until = _midnight(end)
    if recurrence.rule == SeriesRule.EVERY_K_WEEKS:
        rule = rrule(WEEKLY, dtstart=_midnight(recurrence.anchor_on), interval=recurrence.interval_weeks, until=until)
    else:
        days = [weekday_of(recurrence.weekday)(nth) for nth in recurrence.nths]
        rule = rrule(MONTHLY, dtstart=_midnight(first), byweekday=days, until=until)
    for moment in rule:
        if moment.date() >= first:
            yield moment.date()


def _midnight(on: date) -> datetime:
    """A bare calendar day for the recurrence rule: no zone, so that no change of the clocks can move it."""
    return datetime.combine(on, time())
