"""Jinja set-up, and how dates, times, names and numbers read on a page (GOV.UK and MoJ style).

Refuses to look anything up: a filter gets a value and answers with text; nothing becomes the empty text.
"""

import re
import secrets
from datetime import date, datetime
from typing import Any, Final

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader

from marac import clock, vocabulary
from marac.paths import TEMPLATES
from marac.vocabulary import MinuteHeading, ProgrammeSlug
from marac.web import widgets
from marac.workflows.hearing import record_of

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")
DAYS: Final = ("Mon", "Tues", "Wed", "Thur", "Fri", "Sat", "Sun")
PARTICLES: Final = frozenset(
    {"al", "bin", "da", "de", "del", "della", "den", "der", "di", "dos", "el", "la", "le", "van", "von"}
)


def local_day(moment: date | datetime) -> date:
    """The London calendar date of a date or of a UTC moment."""
    return clock.to_london(moment).date() if isinstance(moment, datetime) else moment


def long_date(moment: date | datetime | None) -> str:
    """14 November 2025"""
    return f"{local_day(moment):%-d %B %Y}" if moment else ""


def weekday_date(moment: date | datetime | None) -> str:
    """Friday 14 November 2025: for anything with a deadline."""
    return f"{local_day(moment):%A %-d %B %Y}" if moment else ""


def short_date(moment: date | datetime | None) -> str:
    """14 Nov 2025: for tables."""
    if not moment:
        return ""
    day = local_day(moment)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_weekday(moment: date | datetime | None) -> str:
    """Fri 14 Nov, with the year only when it is not this year."""
    if not moment:
        return ""
    day = local_day(moment)
    year = "" if day.year == clock.today().year else f" {day.year}"
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{year}"


def time_of_day(moment: datetime | None) -> str:
    """9:30am, 1pm, midday, midnight: the London clock."""
    if not moment:
        return ""
    local = clock.to_london(moment)
    if local.minute == 0 and local.hour % 12 == 0:
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def date_and_time(moment: datetime | None) -> str:
    """14 November 2025 at 9:30am"""
    return f"{long_date(moment)} at {time_of_day(moment)}" if moment else ""


def due_kind(due: date | datetime | None) -> str:
    """`overdue`, `today`, `soon` (a week) or `later`: chooses the bar beside the words, never replaces them."""
    if not due:
        return "later"
    days = (local_day(due) - clock.today()).days
    return "overdue" if days < 0 else "today" if days == 0 else "soon" if days <= 7 else "later"


def due_words(due: date | datetime | None) -> str:
    """Overdue, 2 days (10 Nov) · Today (Wed 12 Nov) · Tomorrow (Thur 13 Nov) · Fri 14 Nov"""
    if not due:
        return "No date"
    day = local_day(due)
    days = (day - clock.today()).days
    if days < 0:
        return f"Overdue, {count(-days, 'day')} ({day.day} {MONTHS[day.month - 1]})"
    return {0: f"Today ({short_weekday(day)})", 1: f"Tomorrow ({short_weekday(day)})"}.get(days, short_weekday(day))


def age(born_on: date | None, on: date | None = None) -> str:
    """Whole years between a date of birth and a day (today unless told): 34"""
    if not born_on:
        return ""
    day = on or clock.today()
    return str(day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day)))


def last_first(full_name: str | None) -> str:
    """Begum, Amina: how a list shows a name typed in one box; particles stay with the family name."""
    words = (full_name or "").split()
    cut = len(words) - 1
    while cut > 1 and words[cut - 1].lower() in PARTICLES:
        cut -= 1
    return f"{' '.join(words[cut:])}, {' '.join(words[:cut])}" if len(words) > 1 else "".join(words)


def initials(full_name: str | None) -> str:
    """AB, for open-plan offices and shared screens."""
    return "".join(word[0].upper() for word in re.split(r"[\s-]+", full_name or "") if word[:1].isalpha())


def count(number: int, one: str, many: str = "") -> str:
    """1 case, 2 cases"""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def and_list(words: list[str] | tuple[str, ...]) -> str:
    """Police, housing and health"""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def phone(number: str | None) -> str:
    """Grouped for reading aloud: 07700 900123, 020 7946 0123. A number we do not recognise stays as typed."""
    digits = re.sub(r"\D", "", number or "")
    if len(digits) != 11:
        return number or ""
    return f"020 {digits[3:7]} {digits[7:]}" if digits.startswith("020") else f"{digits[:5]} {digits[5:]}"


def postcode(code: str | None) -> str:
    """Upper case with one space: E1 4AA"""
    letters = re.sub(r"\s", "", code or "").upper()
    return f"{letters[:-3]} {letters[-3:]}" if len(letters) > 4 else letters


def once_key() -> str:
    """A key for one sending of one form, so that a repeated POST can be recognised."""
    return secrets.token_urlsafe(16)


def said(words: str, programme: ProgrammeSlug | None) -> str:
    """One of our own phrases in the words of a programme: person said to be causing harm"""
    return vocabulary.said(programme, words)


def called(heading: MinuteHeading, programme: ProgrammeSlug) -> str:
    """What the panel of a programme calls a section of its minutes."""
    return record_of(programme).label(heading)


FILTERS: Final = (
    long_date, weekday_date, short_date, short_weekday, time_of_day, date_and_time, due_kind, due_words,
    age, last_first, initials, count, and_list, phone, postcode, said, called,
)  # fmt: skip


def _names_for_every_page(app: Flask) -> dict[str, Any]:
    """What a page may use without being handed it, also when the database is away (errors 500 and 503)."""
    name = app.config.setdefault("SERVICE_NAME", "Casework")
    leave = app.config.setdefault("LEAVE_URL", "https://www.bbc.co.uk/weather")
    return {
        "serviceName": name, "service_name": name, "leave_url": leave, "once_key": once_key, "now": clock.now,
        "today": clock.today, "field": widgets.show, "error_links": widgets.error_links,
    }  # fmt: skip


def set_up(app: Flask) -> None:
    """Our templates, the GOV.UK macros under their own prefixes, and the filters above."""
    packages = ("govuk_frontend_jinja", "govuk_frontend_wtf")
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(TEMPLATES), PrefixLoader({name: PackageLoader(name) for name in packages})]
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update({function.__name__: function for function in FILTERS})
    app.jinja_env.globals.update(_names_for_every_page(app))
