"""The rules of walls and of emergency access: when two people may be connected, and the limits of an hour.

Refuses to know a record or a case: it compares words and dates that it is given.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

GLASS_LASTS: Final = timedelta(minutes=60)
GLASS_A_WEEK: Final = 3
GLASS_WEEK: Final = timedelta(days=7)
GLASS_REASON: Final = 20  # characters
REVIEW_WITHIN: Final = "D+2"
DECIDE_WITHIN: Final = "D+1"

SURE = ("same", "alike")
NEAR = (*SURE, "near")
PARTLY = (*NEAR, "family", "forename")


@dataclass(frozen=True, slots=True)
class Compared:
    """How one who works here, or who lives with them, stands to one person of a case."""

    names: str  # the best of: same, alike, near, forename, family, different, or nothing
    born: str  # day, year, differs, or nothing where one side is not known
    home: bool | None = None  # None: not known on one side
    phone: bool = False


def reasons_of(found: Compared) -> tuple[str, ...]:
    """Why the two are thought to be connected, in words; nothing when a wall would be guessing.

    Two full names alone count only when no birth date and no home speaks against it; a home or a day of birth that is
    shared counts with any part of a name.
    """
    told = {"same": "same name", "alike": "name sounds alike", "near": "name spelt a little differently",
            "family": "same family name", "forename": "same first name"}.get(found.names, "")  # fmt: skip
    shared = [words for held, words in ((found.home, "same postcode"), (found.phone, "same phone number")) if held]
    if found.born in ("day", "year"):
        shared.append("same date of birth" if found.born == "day" else "same year of birth")
    return (*((told,) if told else ()), *shared) if _connected(found) else ()


def _connected(found: Compared) -> bool:
    if found.phone or (found.home and found.names in PARTLY):
        return True
    if found.born == "day":
        return found.names in PARTLY
    if found.born == "year":
        return found.names == "same" or (found.names == "alike" and found.home is None)
    return found.born == "" and found.home is None and found.names in SURE


def born_agrees(
    one: date | None, one_year: int | None, other: date | None, other_year: int | None, *, about: bool = False
) -> str:
    """day, year, differs or nothing. `about`: the other's year was counted from an age, so it may be off by two.

    A day and month that were swapped are the same day.
    """
    if one is not None and other is not None:
        if one == other or (one.year == other.year and (one.day, one.month) == (other.month, other.day)):
            return "day"
        return "year" if one.year == other.year else "differs"
    first, second = (one.year if one else one_year), (other.year if other else other_year)
    if first is None or second is None:
        return ""
    return "year" if abs(first - second) <= (2 if about else 0) else "differs"
