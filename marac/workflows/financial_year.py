"""The year that a report is about: 1 April to 31 March, named by both its years. Reads no record and no clock."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from marac.errors import RuleBroken
from marac.workflows.deadlines import add_months, london

FIRST = 2015


@dataclass(frozen=True, slots=True)
class Year:
    """A financial year; `to_date` while it is not over on the day it is asked about."""

    first_on: date
    to_date: bool = False

    @property
    def last_on(self) -> date:
        """31 March of the next year."""
        return add_months(self.first_on, 12) - timedelta(days=1)

    @property
    def label(self) -> str:
        """As people name it: 2022-23."""
        return f"{self.first_on.year}-{(self.first_on.year + 1) % 100:02}"

    @property
    def start(self) -> datetime:
        """The first moment of the year, in London."""
        return london(self.first_on, time(0))

    @property
    def end(self) -> datetime:
        """The first moment after the year, in London."""
        return london(self.last_on + timedelta(days=1), time(0))

    def before(self) -> "Year":
        """The year before this one."""
        return Year(date(self.first_on.year - 1, 4, 1))


def year_of(day: date, today: date) -> Year:
    """The financial year that a day is in."""
    first_on = date(day.year if day >= date(day.year, 4, 1) else day.year - 1, 4, 1)
    return Year(first_on, to_date=today < add_months(first_on, 12))


def year_named(name: str, today: date) -> Year:
    """The year that is written 2022-23 or 2022. RuleBroken for anything else, or a year that has not begun."""
    found = re.fullmatch(r"(20\d\d)(?:[-/](?:20)?(\d\d))?", name.strip())
    if found is None or (found[2] and int(found[2]) != (int(found[1]) + 1) % 100):
        raise RuleBroken("year", "Write the financial year as 2022-23")
    year = year_of(date(int(found[1]), 4, 1), today)
    if year.first_on > today or year.first_on.year < FIRST:
        raise RuleBroken("year", f"Choose a year from {FIRST}-{(FIRST + 1) % 100} that has begun")
    return year
