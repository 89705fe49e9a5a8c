"""The days on which the demo's panel sits: weekly through 2022-23, and around today. Pure dates; it lists no case."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from marac.vocabulary import MeetingKind, MeetingState, MinutesState
from marac.workflows.deadlines import bank_holidays

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One meeting: its day, what has become of it, and of its minutes."""

    on: date
    kind: MeetingKind
    state: MeetingState
    minutes: MinutesState | None
    present: bool = False


def sittings_of_year(first_on: date, weeks: int, emergencies: int) -> list[Sitting]:
    """Four sittings before the year (for cases heard earlier), then one a week but between Christmas and New Year."""
    weekly = [first_on + WEEK * week for week in range(weeks)]
    days = [day for day in weekly if not (day.month == 12 and day.day > 24)]
    before = [date(2022, 3, 9), date(2022, 3, 16), date(2022, 3, 23), date(2022, 3, 30)]
    parts = emergencies + 1
    extra = [days[len(days) * part // parts] + timedelta(days=2) for part in range(1, parts)]
    routine = [_past(working(day), MeetingKind.ROUTINE) for day in (*before, *days)]
    return routine + [_past(working(day), MeetingKind.EMERGENCY) for day in extra]


def _past(on: date, kind: MeetingKind) -> Sitting:
    return Sitting(on, kind, MeetingState.HELD, MinutesState.ISSUED)


def sittings_of_present(today: date) -> list[Sitting]:
    """Three earlier in the last twelve months, the last four weeks, the next in under a week, and the one after it.

    Beside them one extra today, to be run, and one without a room that closes in some days.
    """
    following = series_day(today)
    days = [_year_ago(today), *(working(following - WEEK * back) for back in (18, 9, 4, 3, 2, 1))]
    held = [replace(_past(day, MeetingKind.ROUTINE), present=True) for day in days]
    held[-1] = replace(held[-1], minutes=MinutesState.SUBMITTED)
    coming = Sitting(working(following, 1), MeetingKind.ROUTINE, MeetingState.PUBLISHED, None, present=True)
    later = Sitting(working(following + WEEK, 1), MeetingKind.ROUTINE, MeetingState.SCHEDULED, None, present=True)
    kind = MeetingKind.EXTRA if working(today) == today else MeetingKind.EMERGENCY
    now = Sitting(today, kind, MeetingState.PUBLISHED, None, present=True)
    closing = working(today + timedelta(days=3), 1)
    posted = Sitting(closing, MeetingKind.ASYNCHRONOUS, MeetingState.PUBLISHED, None, present=True)
    return [*held, coming, later, now, posted]


def _year_ago(today: date) -> date:
    """A day of this month a year ago: twelve months after it, flags are to be lifted."""
    soon = today + timedelta(days=5)
    lift = soon if soon.month == today.month else today
    return working(lift.replace(year=lift.year - 1, day=min(lift.day, 28)))


def series_day(today: date) -> date:
    """The next day of the weekly series, which last sat on the working day before `today`."""
    last = today - timedelta(days=1)
    while last.weekday() > 4:
        last -= timedelta(days=1)
    return last + WEEK


def working(day: date, step: int = -1) -> date:
    """The day itself if it is a working day; otherwise the nearest before it (or after, for a step of 1)."""
    while day.weekday() > 4 or day in bank_holidays():
        day += timedelta(days=step)
    return day
