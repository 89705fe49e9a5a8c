"""Reads a date as it is said in the room: fri, next panel, 14/11, 20 Nov, 5 days, 48h. Asks rather than guesses."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from marac.workflows.deadlines import add_months

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
TODAY = ("today", "now", "tonight", "end of day", "eod", "end of today")
NEXT_PANEL = ("next panel", "next meeting", "panel", "the next panel", "the next meeting")
DURATION = re.compile(r"(\d{1,3}) ?(h|hrs?|hours?|d|days?|w|wks?|weeks?|months?)")
NUMBERS = re.compile(r"(\d{1,2})[/. -](\d{1,2})(?:[/. -](\d{4}|\d{2}))?")
NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)? ?([a-z]{3,9})\.?,?(?: (\d{4}|\d{2}))?")
NEXT_WEEKDAY = re.compile(r"next ([a-z]{3,9})")
NEXT_WEEK = re.compile(r"([a-z]{3,9}) next week|next week ([a-z]{3,9})")


@dataclass(frozen=True)
class When:
    """A date, or the dates to choose from and what to say beside the field."""

    on: date | None
    options: tuple[date, ...] = ()
    problem: str = ""


def read_when(text: str, today: date, next_meeting_on: date | None) -> When | None:
    """The date a phrase means; None when it is not a date at all. A date that cannot be is a When with a problem."""
    phrase = " ".join(text.lower().strip(" .,;!").split())
    if phrase in NEXT_PANEL:
        return When(next_meeting_on) if next_meeting_on else When(None, (), "No next panel is booked. Enter a date")
    return _in_words(phrase, today) or _duration(phrase, today) or _weekday(phrase, today) or _dated(phrase, today)


def _in_words(phrase: str, today: date) -> When | None:
    if phrase in TODAY:
        return When(today)
    return When(today + timedelta(days=1)) if phrase in ("tomorrow", "tmrw") else None


def _duration(phrase: str, today: date) -> When | None:
    """Calendar days, weeks, months, or hours rounded up to days."""
    found = DURATION.fullmatch(phrase)
    if not found:
        return None
    count, unit = int(found[1]), found[2]
    if unit.startswith("m"):
        return When(add_months(today, count))
    days = {"h": -(-count // 24), "d": count, "w": count * 7}[unit[0]]
    return When(today + timedelta(days=days))


def _weekday(phrase: str, today: date) -> When | None:
    if found := NEXT_WEEK.fullmatch(phrase):
        number = _position(found[1] or found[2], WEEKDAYS)
        monday = today - timedelta(days=today.weekday())
        return When(monday + timedelta(days=7 + number)) if number is not None else None
    found = NEXT_WEEKDAY.fullmatch(phrase)
    number = _position(found[1] if found else phrase.removeprefix("this "), WEEKDAYS)
    if number is None:
        return None
    first = today + timedelta(days=(number - today.weekday()) % 7)
    if found or first == today:
        first = first if first > today or not found else first + timedelta(days=7)
        return When(None, (first, first + timedelta(days=7)), "Choose which week you mean")
    return When(first)


def _position(word: str, names: tuple[str, ...]) -> int | None:
    """Where a name or its beginning (three letters or more) stands in a list."""
    places = [place for place, name in enumerate(names) if len(word) >= 3 and name.startswith(word)]
    if word in ("tues", "weds", "thur", "thurs", "sept"):
        places = [place for place, name in enumerate(names) if name.startswith(word[:3])]
    return places[0] if places else None


def _dated(phrase: str, today: date) -> When | None:
    if found := NUMBERS.fullmatch(phrase):
        return _dated_on(int(found[1]), int(found[2]), found[3], today)
    if found := NAMED.fullmatch(phrase):
        month = _position(found[2], MONTHS)
        return None if month is None else _dated_on(int(found[1]), month + 1, found[3], today)
    return None


def _dated_on(day: int, month: int, year: str | None, today: date) -> When:
    """Without a year: this year, or next year once it has passed."""
    try:
        if year:
            full = int(year) + (2000 if len(year) == 2 else 0)
            on = date(full, month, day)
        else:
            on = next(d for d in _years(day, month, today) if d >= today)
    except (ValueError, StopIteration):
        return When(None, (), "That day does not exist. Enter a real date")
    return When(on) if on >= today else When(None, (), "That date has passed. Enter today or a later date")


def _years(day: int, month: int, today: date) -> list[date]:
    """That day this year and next; 29 February in whichever of the next years has one."""
    years = range(today.year, today.year + (9 if (month, day) == (2, 29) else 2))
    leap = [year for year in years if (month, day) != (2, 29) or calendar.isleap(year)]
    return [date(year, month, day) for year in leap]
