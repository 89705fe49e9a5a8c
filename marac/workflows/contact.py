"""Whether one way of reaching a person may be used at one moment (DA-14): answers, hours, and how old the rules are.

Every answer but a clear yes is a no: not asked, hours that cannot be read, and rules that nobody checked lately.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from marac import clock
from marac.vocabulary import ContactChannel, SafeToUse
from marac.workflows.place_words import refuses_refuge

LASTS = timedelta(days=28)
WHERE = ("house_number", "street", "postcode", "place_name")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS, WEEKEND, ALL_WEEK = range(5), range(5, 7), range(7)
GROUPS = {"weekday": WEEKDAYS, "weekdays": WEEKDAYS, "weekend": WEEKEND, "weekends": WEEKEND, "daily": ALL_WEEK,
          "everyday": ALL_WEEK, "every": ALL_WEEK, "any": ALL_WEEK}  # fmt: skip
PART = re.compile(r"[;\n]|\band also\b")
WORD = re.compile(r"[a-z]+")
CLOCK = re.compile(r"\b(?:(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?|(noon|midday|midnight))(?![\w])")
SPAN = re.compile(r"([a-z]+)\s*(?:to|-|until|till)\s*([a-z]+)")  # dashes of any length are plain by then
FILLER = {
    "between", "from", "to", "and", "until", "till", "on", "only", "am", "pm", "noon", "midday", "midnight", "the",
    "day", "days", "at", "or",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hours:
    """Days of the week (Monday is 0) and wall-clock times in London; an end before its start runs past midnight."""

    days: frozenset[int]
    start: time
    end: time

    def hold(self, moment: datetime) -> bool:
        """Whether an instant lies within; the end itself does not. An hour that happens twice counts both times."""
        local = clock.to_london(moment)
        at, today = local.time(), local.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= at < self.end
        return (today in self.days and at >= self.start) or ((today - 1) % 7 in self.days and at < self.end)


@dataclass(frozen=True, slots=True)
class Rules:
    """What was recorded of reaching one person. A way that is missing was not asked about."""

    ways: Mapping[ContactChannel, tuple[SafeToUse, str]] = field(default_factory=dict)
    times: str = ""
    through: str = ""
    do_not_contact: bool = False
    checked_on: date | None = None
    lasts: timedelta = LASTS

    def answer(self, channel: ContactChannel) -> SafeToUse:
        """What was said of one way; not asked when nobody asked."""
        return self.ways.get(channel, (SafeToUse.NOT_ASKED, ""))[0]

    def stale(self, today: date) -> bool:
        """Whether nobody checked within the time that a check lasts."""
        return self.checked_on is None or today - self.checked_on > self.lasts


def storable_place(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What may be stored of a place: of a refuge only that it is one, secret, and the office to go through (DA-4).

    It is one when it is said to be, by the tick or the kind of housing, and when a word of its address says so.
    """
    said = facts.get("in_refuge") or facts.get("tenure") == "refuge" or refuses_refuge(facts, WHERE)
    if not said:
        return dict(facts)
    return {**facts, **dict.fromkeys(WHERE), "confidential": True, "in_refuge": True}


def may_use(rules: Rules, channel: ContactChannel, at: datetime) -> str | None:
    """Why this way may not be used at this moment, in words for the page; None when it may."""
    refused = may_try(rules, channel, at)
    if refused is None and rules.stale(clock.to_london(at).date()):
        return "Check that it is still safe first. Nobody has checked lately"
    return refused


def may_try(rules: Rules, channel: ContactChannel, at: datetime) -> str | None:
    """The same apart from how old the rules are: for a person who reads "Check before use" beside it."""
    if rules.do_not_contact:
        return "Do not contact this person at all"
    answer = rules.answer(channel)
    if answer == SafeToUse.YES:
        return None
    if answer == SafeToUse.ONLY_BETWEEN:
        return _within(rules.ways[channel][1] or rules.times, channel, at)
    instead = f". Go through {rules.through}" if rules.through and channel != ContactChannel.THROUGH else ""
    asked = "is not safe" if answer == SafeToUse.NO else "was not asked about, which counts as No"
    return f"{channel.label} {asked}{instead}"


def _within(words: str, channel: ContactChannel, at: datetime) -> str | None:
    hours = read_hours(words)
    if not hours:
        return f"{channel.label} is safe only at certain times, and the times are not clear. Ask who keeps the rules"
    if any(one.hold(at) for one in hours):
        return None
    return f"{channel.label} is safe only at these times: {words.strip()}"


def read_hours(words: str) -> tuple[Hours, ...]:
    """`9am to 2pm`, `between 9am and 3pm weekdays`, `Mon, Wed 09:00-12:30; Sat 10am-noon`. Nothing when not clear.

    One part that cannot be read makes the whole unclear: half-read hours would open a time that was never given.
    """
    plain = re.sub(r"[\u2010-\u2015]", "-", words.lower())
    parts = [part for part in PART.split(plain) if part.strip(" .,")]
    found = [_read_part(part) for part in parts]
    return tuple(one for one in found if one is not None) if found and None not in found else ()


def _read_part(part: str) -> Hours | None:
    times = [_time(match) for match in CLOCK.finditer(_without_bare_from(part))]
    days = _days(CLOCK.sub(" ", part))
    if len(times) != 2 or None in times or days is None:
        return None
    start, end = times
    if start is None or end is None or start == end:
        return None
    return Hours(days, start, end)


def _without_bare_from(part: str) -> str:
    """`9 to 2pm` and `9-11am`: the first takes after the second when it says neither am nor pm."""
    bare = re.search(r"\b(\d{1,2})\s*(?:to|-|and|until|till)\s*(\d{1,2})(?:[:.]\d{2})?\s*(am|pm)\b", part)
    if bare is None:
        return part
    first, last, half = int(bare[1]), int(bare[2]), bare[3]
    if half == "pm" and (first > last or last == 12) and first != 12:
        half = "am"
    return f"{part[: bare.end(1)]}{half}{part[bare.end(1) :]}"


def _time(match: re.Match[str]) -> time | None:
    if match[4]:
        return time(0) if match[4] == "midnight" else time(12)
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if (half and not 1 <= hour <= 12) or minute > 59 or hour > 23:
        return None
    if not half and match[2] is None:
        return None  # a bare 3 may be either end of the day
    return time(hour % 12 + (12 if half == "pm" else 0) if half else hour, minute)


def _days(part: str) -> frozenset[int] | None:
    """The days that are named, all of them when none is; None for a word that is no day and may be a condition."""
    found: set[int] = set()
    for match in SPAN.finditer(part):
        first, last = _day(match[1]), _day(match[2])
        if first is not None and last is not None:
            found |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    for word in WORD.findall(part):
        day = _day(word)
        if word in GROUPS:
            found |= set(GROUPS[word])
        elif day is not None:
            found.add(day)
        elif word not in FILLER:
            return None
    return frozenset(found or ALL_WEEK)


def _day(word: str) -> int | None:
    matches = [number for number, name in enumerate(DAYS) if len(word) >= 3 and name.startswith(word.removesuffix("s"))]
    return matches[0] if matches else None
