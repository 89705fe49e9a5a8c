"""One thing that waits for somebody, and how its day is said. Asks no record."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from marac import clock

TODAY, WEEK, WAITING, DONE = "Do today", "This week", "Waiting for others", "Recently finished"
SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to do: when it is due, what it is, where it is done, and about how long it takes."""

    section: str
    text: str
    url: str
    due: date | datetime | None = None
    note: str = ""
    minutes: int = 0
    urgent: bool = False


def section_of(due: date | datetime | None) -> str:
    """Do today when it is due or late, This week within seven days, nowhere when it is later."""
    day = day_of(due)
    if day is None or day <= clock.today():
        return TODAY if day else WEEK
    return WEEK if day <= clock.today() + SOON else ""


def day_of(due: date | datetime | None) -> date | None:
    """The London day of a moment; a day as it is."""
    return clock.to_london(due).date() if isinstance(due, datetime) else due


def spoken(at: datetime) -> str:
    """14 November."""
    day = clock.to_london(at).date()
    return f"{day.day} {day:%B}"


def who_is(name: str, reference: str) -> str:
    """A name with its reference, or the reference alone."""
    return f"{name}, {reference}" if name else reference
