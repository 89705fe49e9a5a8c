"""Reads the one line in which an action is agreed: `agency[, agency]: what [by|before|on|within when]`.

Discards no text and never guesses: what is ambiguous comes back as choices, what is missing as a problem.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from marac.workflows.when import When, read_when

Agency = tuple[str, str, Sequence[str]]
JOINERS = re.compile(r"\s*(?:,|&|\+)\s*")
AND = re.compile(r"\s+and\s+", re.IGNORECASE)
BY = re.compile(r"\b(?:by|before|on|within)\b", re.IGNORECASE)
TRAILING_BY = re.compile(r"(?:\s*\b(?:by|before|on|within))+\s*$", re.IGNORECASE)
REACHES = re.compile(r"\b(?:call|text|phone|write|letter|visit)(?:s|ed|ing)?\b", re.IGNORECASE)

NO_AGENCY = "Start with the agency and a colon, or select the agency"
UNKNOWN_AGENCY = "No agency goes by that name. Select the agency"
WHICH_AGENCY = "More than one agency begins like that. Select the agency"
NO_TEXT = "Enter what is to be done"


class Problem(NamedTuple):
    """A missing or doubtful part: `field` is agency, text or due."""

    field: str
    message: str


class Choice(NamedTuple):
    """One answer to a doubt: `words` to show, and the whole line as it then reads."""

    words: str
    line: str


@dataclass(frozen=True)
class Parsed:
    """What a line says. Two agencies make two linked actions. The resolved date is always shown before it is saved."""

    agencies: tuple[str, ...]
    candidates: tuple[str, ...]
    text: str
    due_on: date | None
    due_options: tuple[date, ...]
    problems: tuple[Problem, ...]
    reaches_victim: bool = False


def parse(line: str, today: date, next_meeting_on: date | None, agencies: Sequence[Agency]) -> Parsed:
    """Read one line. `agencies` are those that may own an action, as (slug, name, aliases)."""
    found, candidates, rest, agency_problem = _read_agencies(line.strip(), agencies)
    text, when = _split_when(rest, today, next_meeting_on)
    problems = [agency_problem] if agency_problem else []
    if not text:
        problems.append(Problem("text", NO_TEXT))
    if when.on is None:
        problems.append(Problem("due", when.problem))
    return Parsed(found, candidates, text, when.on, when.options, tuple(problems), bool(REACHES.search(text)))


def choices(line: str, parsed: Parsed, agencies: Sequence[Agency]) -> tuple[Choice, ...]:
    """What could be meant where the line can be read in more than one way: agencies first, then dates. Never chosen."""
    head, colon, rest = line.strip().partition(":")
    names = {slug: _writable_name(slug, name) for slug, name, _aliases in agencies}
    full = {slug: name for slug, name, _aliases in agencies}
    if parsed.candidates:
        heads = [(slug, ", ".join(names[one] for one in (*parsed.agencies, slug))) for slug in parsed.candidates]
        return tuple(Choice(full[slug], f"{head}:{rest}") for slug, head in heads)
    who = f"{head}: " if colon and parsed.agencies else ""
    return tuple(
        Choice(f"{on:%A} {on.day} {on:%B} {on.year}", f"{who}{parsed.text} by {on.day}/{on.month}/{on.year}")
        for on in parsed.due_options
        if parsed.text
    )


def _writable_name(slug: str, name: str) -> str:
    """A name that reads back as one agency: the slug when the name holds a joiner."""
    return slug if JOINERS.search(name) or AND.search(name) or ":" in name else name


def find_agency(part: str, agencies: Sequence[Agency]) -> tuple[str, ...]:
    """Slugs a name may mean: one when exact or an unambiguous beginning, several when it must be asked, or none."""
    typed = _plain(part)
    if not typed:
        return ()
    names = {slug: {_plain(name) for name in (slug, full, *aliases)} for slug, full, aliases in agencies}
    exact = tuple(slug for slug, known in names.items() if typed in known)
    return exact or tuple(slug for slug, known in names.items() if any(name.startswith(typed) for name in known))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _read_agencies(
    line: str, agencies: Sequence[Agency]
) -> tuple[tuple[str, ...], tuple[str, ...], str, Problem | None]:
    """Agencies named, agencies to choose from, the rest of the line, and what is wrong."""
    head, colon, rest = line.partition(":")
    if not colon:
        return (), (), line, Problem("agency", NO_AGENCY)
    meant = [find_agency(part, agencies) for part in _parts(head, agencies)]
    if not any(meant):
        return (), (), line if " " in head else rest, Problem("agency", UNKNOWN_AGENCY)
    found = tuple(dict.fromkeys(slugs[0] for slugs in meant if len(slugs) == 1))
    doubtful = [slugs for slugs in meant if len(slugs) > 1]
    if doubtful:
        return found, doubtful[0], rest, Problem("agency", WHICH_AGENCY)
    return found, (), rest, None if all(meant) else Problem("agency", UNKNOWN_AGENCY)


def _parts(head: str, agencies: Sequence[Agency]) -> list[str]:
    """The names in a list of agencies; "and" joins two unless it belongs to one name (Prevent and Protect)."""
    if len(find_agency(head, agencies)) == 1:
        return [head]
    parts = []
    for part in JOINERS.split(head):
        parts += [part] if find_agency(part, agencies) else AND.split(part)
    return parts


def _split_when(rest: str, today: date, next_meeting_on: date | None) -> tuple[str, When]:
    """Text and date, split at the last by/before/on/within that a date follows ("stand by for move before 24/11")."""
    for keyword in reversed(list(BY.finditer(rest))):
        when = read_when(rest[keyword.end() :], today, next_meeting_on)
        if when is not None:
            return TRAILING_BY.sub("", rest[: keyword.start()]).strip(), when
    asked = (next_meeting_on,) if next_meeting_on else ()
    return rest.strip(), When(None, asked, "Enter when it is due, or choose the next panel")
