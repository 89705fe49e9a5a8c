"""Working-day rules of a panel: England and Wales bank holidays, local closure days, clock changes.

Has no clock of its own and downloads nothing.
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from govuk_bank_holidays.bank_holidays import BankHolidays

from marac.clock import LONDON
from marac.errors import RuleBroken

NO_CLOSURES: frozenset[date] = frozenset()
END_OF_DAY = time(23, 59)
WORKING_DAYS = re.compile(r"D([+-]\d{1,3})")
NEAREST = re.compile(r"D/(next|prev)")
MONTHS = re.compile(r"M\+(\d{1,3})(/next)?")


@dataclass(frozen=True)
class Deadline:
    """`rule` counted from `base` (`meeting`, `next_meeting` or another deadline); `at` is an aware time in UTC."""

    rule: str
    base: str
    at: datetime


@cache
def bank_holidays() -> frozenset[date]:
    """Published bank holidays of England and Wales, from the copy shipped with the calendar: nothing is downloaded."""
    published = BankHolidays(use_cached_holidays=True).get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    return frozenset(holiday["date"] for holiday in published)


def holidays_confirmed(on: date) -> bool:
    """False when the bank holidays of that year are not published yet: show "holidays not confirmed"."""
    years = [holiday.year for holiday in bank_holidays()]
    return min(years) <= on.year <= max(years)


def is_working_day(on: date, closures: frozenset[date] = NO_CLOSURES) -> bool:
    """Monday to Friday, less bank holidays, less local closure days."""
    return on.weekday() < 5 and on not in bank_holidays() and on not in closures


def offset(on: date, rule: str, closures: frozenset[date] = NO_CLOSURES) -> date:
    """The date a rule gives: `D-8`, `D+3`, `D/prev`, `D/next`, `M+12`, `M+1/next`. RuleBroken if it is none of these.

    D counts working days one at a time and never the base date. M adds calendar months, shortened to the month's end.
    """
    if found := WORKING_DAYS.fullmatch(rule):
        return _step(on, int(found[1]), closures)
    if found := NEAREST.fullmatch(rule):
        return _nearest(on, 1 if found[1] == "next" else -1, closures)
    if found := MONTHS.fullmatch(rule):
        moved = add_months(on, int(found[1]))
        return _nearest(moved, 1, closures) if found[2] else moved
    raise RuleBroken("rule", "Enter a rule such as D-8, D+3, D/next, D/prev, M+12 or M+1/next")


def _step(on: date, count: int, closures: frozenset[date]) -> date:
    day = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        on = _nearest(on + day, day.days, closures)
    return on


def _nearest(on: date, direction: int, closures: frozenset[date]) -> date:
    while not is_working_day(on, closures):
        on += timedelta(days=direction)
    return on


def add_months(on: date, months: int) -> date:
    """The same day `months` later, or the last day of that month when it has no such day."""
    years, month = divmod(on.month - 1 + months, 12)
    year = on.year + years
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def meeting_deadlines(
    block: Mapping[str, Mapping[str, Any]],
    on: date,
    closures: frozenset[date] = NO_CLOSURES,
    next_meeting: date | None = None,
) -> dict[str, Deadline]:
    """Every derived date of a meeting held on `on` (DA-16). `block` maps a name to from, working_days and time.

    Without `next_meeting`, the deadlines that hang on it are left out. A deadline without a time keeps its base's.
    """
    dates: dict[str, datetime | None] = {
        "meeting": london(on, END_OF_DAY),
        "next_meeting": london(next_meeting, END_OF_DAY) if next_meeting else None,
    }
    waiting = dict(block)
    while ready := [name for name in waiting if waiting[name]["from"] in dates]:
        for name in ready:
            dates[name] = _due(waiting.pop(name), dates, closures)
    if waiting:
        raise RuleBroken("deadlines", f"The deadline {min(waiting)} is counted from something that is not a deadline")
    return {name: Deadline(_rule(block[name]), block[name]["from"], at) for name in block if (at := dates[name])}


def _rule(rule: Mapping[str, Any]) -> str:
    return f"D{rule['working_days']:+d}"


def _due(rule: Mapping[str, Any], dates: Mapping[str, datetime | None], closures: frozenset[date]) -> datetime | None:
    base = dates[rule["from"]]
    if base is None:
        return None
    start = base.astimezone(LONDON)
    hour = time.fromisoformat(rule["time"]) if "time" in rule else start.time()
    return london(offset(start.date(), _rule(rule), closures), hour)


def london(on: date, hour: time) -> datetime:
    """The instant, in UTC, at which a London clock shows that date and hour."""
    return datetime.combine(on, hour, LONDON).astimezone(UTC)


def triage_due(
    received_on: date, working_days: int, decided_by_at: datetime | None, closures: frozenset[date] = NO_CLOSURES
) -> datetime:
    """When a referral is to be decided: `working_days` from receipt at 17:00, or `triage_decided` if sooner."""
    from_receipt = london(offset(received_on, f"D+{working_days}", closures), time(17))
    return min(from_receipt, decided_by_at) if decided_by_at else from_receipt


def emergency_due(accepted_at: datetime, target_hours: int, limit_hours: int) -> tuple[datetime, datetime]:
    """Target and limit of an emergency meeting: clock hours from acceptance, every day of the week (DA-18)."""
    return accepted_at + timedelta(hours=target_hours), accepted_at + timedelta(hours=limit_hours)


def repeat_window_end(base: date, months: int = 12) -> date:
    """Last day on which new abuse makes a repeat, from the last referral or hearing (DA-11, SafeLives definition)."""
    return add_months(base, months)


def is_repeat(base: date, event: date, months: int = 12) -> bool:
    """True when the event falls inside the window. The last day counts; an event before the base does not."""
    return base <= event <= repeat_window_end(base, months)


def repeat_clock(last_referral: date | None, last_heard: date | None, basis: str) -> date | None:
    """The date the window runs from: `last_referral`, `last_heard`, or the later of both (`either`)."""
    if basis == "either":
        return max((known for known in (last_referral, last_heard) if known), default=None)
    return {"last_referral": last_referral, "last_heard": last_heard}[basis]
