"""One row of a spreadsheet as a case: dates, yes and no, an agency by any of its names. Refuses what it cannot read.

A problem names the row's column and says what to write there; it never repeats what stood in the cell.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from marac import clock
from marac.crypto.sounds import plain
from marac.errors import RuleBroken
from marac.models import Agency
from marac.services.importing.sheet import Row
from marac.workflows.place_words import says_refuge

DATES = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%d %B %Y", "%d %b %Y")
OLDEST = date(1900, 1, 1)
LONGEST = {"concern": 20_000}
YES, NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0")
CLOSED = ("closed", "ended", "lapsed", "finished")


@dataclass(frozen=True, slots=True)
class Line:
    """A row understood. `person` and `perpetrator` hold facts under the names that people.add_person takes."""

    number: int
    person: dict[str, Any]
    perpetrator: dict[str, Any]
    children: tuple[str, ...]
    referred_on: date
    heard_on: date | None
    agency_id: UUID
    reference: str
    score: int | None
    concern: str
    closed: bool

    @property
    def same(self) -> tuple[str, str, str]:
        """Rows of one case share this: who the person is, when or where they are known from, and who harms them."""
        born, known = self.person.get("born_on"), self.person.get("postcode")
        return (
            _key(self.person["full_name"]),
            born.isoformat() if born else plain(known or ""),
            _key(self.perpetrator.get("full_name", "")),
        )


@dataclass(slots=True)
class Reader:
    """Understands rows by the agencies of one partnership."""

    agencies: Mapping[str, UUID]
    otherwise: UUID
    today: date = field(default_factory=clock.today)

    def line(self, row: Row) -> Line:
        """The row as a case. RuleBroken(column, what to write there)."""
        cells = row.cells
        for name, value in cells.items():
            if isinstance(value, str) and len(value) > LONGEST.get(name, 300):
                raise RuleBroken(name, f"The text is longer than {LONGEST.get(name, 300)} characters.")
        referred_on = self._day(cells, "referred_on", needed="Enter the date of the referral, for example 27/3/2026.")
        heard_on = self._day(cells, "heard_on")
        if heard_on and referred_on and heard_on < referred_on:
            raise RuleBroken("heard_on", "The case cannot be heard before it was referred. Check both dates.")
        return Line(
            number=row.number, person=self._person(cells), perpetrator=self._perpetrator(cells),
            children=_listed(cells.get("children", "")), referred_on=referred_on or self.today, heard_on=heard_on,
            agency_id=self._agency(cells), reference=_text(cells, "reference"), score=_whole(cells, "score", 0, 60),
            concern=_text(cells, "concern"), closed=_text(cells, "status").casefold() in CLOSED,
        )  # fmt: skip

    def _person(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        parts = [_text(cells, "victim_forename"), _text(cells, "victim_surname")]
        full_name = _text(cells, "victim_name") or " ".join(part for part in parts if part)
        if not any(letter.isalpha() for letter in full_name):
            raise RuleBroken("victim_name", "Enter the name of the victim-survivor, or what they are known as.")
        if says_refuge(_text(cells, "house_number"), _text(cells, "address")):
            raise RuleBroken("address", "The address of a refuge is never stored. Say who to contact through.")
        safe = _yes_or_no(cells, "safe_to_phone")
        return {
            "full_name": _turned(full_name), "aliases": list(_listed(cells.get("aliases", ""))),
            "born_on": self._day(cells, "born_on"), "approximate_age": _whole(cells, "age", 0, 120),
            "sex": _text(cells, "sex"), "house_number": _text(cells, "house_number"),
            "street": _text(cells, "address"), "postcode": _text(cells, "postcode").upper(),
            "confidential": _yes_or_no(cells, "address_confidential") == "yes", "phone": _text(cells, "phone"),
            "rules": {"phone": {"answer": safe or "not_asked"}},
        }  # fmt: skip

    def _perpetrator(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        full_name = _text(cells, "perpetrator_name")
        if not full_name or plain(full_name) in ("unknown", "notknown"):
            return {"not_known": True}
        return {
            "full_name": _turned(full_name), "born_on": self._day(cells, "perpetrator_born_on"),
            "relationship_to_victim": _text(cells, "relationship"),
        }  # fmt: skip

    def _agency(self, cells: Mapping[str, Any]) -> UUID:
        named = _text(cells, "agency")
        if not named:
            return self.otherwise
        found = self.agencies.get(plain(named))
        if found is None:
            raise RuleBroken("agency", "No agency has that name. `marac agencies list` shows those there are.")
        return found

    def _day(self, cells: Mapping[str, Any], name: str, *, needed: str = "") -> date | None:
        value = cells.get(name)
        if value is None or value == "":
            if needed:
                raise RuleBroken(name, needed)
            return None
        day = value if isinstance(value, date) else _date(str(value))
        if day is None:
            raise RuleBroken(name, "Write the date as day, month and four-figure year, for example 27/3/2026.")
        if not OLDEST <= day <= self.today:
            raise RuleBroken(name, "The date must be in the past, and after 1900.")
        return day


def by_any_name(agencies: Iterable[Agency]) -> dict[str, UUID]:
    """Every name, slug and alias of the agencies, in plain letters."""
    found: dict[str, UUID] = {}
    for agency in agencies:
        for name in (agency.slug, agency.name, *agency.aliases):
            found.setdefault(plain(name), agency.id)
    return found


def _date(text: str) -> date | None:
    for form in DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
    return None


def _text(cells: Mapping[str, Any], name: str) -> str:
    value = cells.get(name, "")
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _whole(cells: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    text = _text(cells, name)
    if not text:
        return None
    if not text.isdecimal() or not least <= int(text) <= most:
        raise RuleBroken(name, f"Enter a whole number from {least} to {most}.")
    return int(text)


def _yes_or_no(cells: Mapping[str, Any], name: str) -> str:
    said = _text(cells, name).casefold()
    if not said:
        return ""
    if said not in (*YES, *NO):
        raise RuleBroken(name, "Write yes or no, or leave it empty if nobody asked.")
    return "yes" if said in YES else "no"


def _listed(text: Any) -> tuple[str, ...]:
    """Names in one cell: by line, semicolon, comma or slash."""
    return tuple(name.strip() for name in re.split(r"[;,/\n]", str(text)) if any(c.isalpha() for c in name))


def _turned(name: str) -> str:
    """`KHAN, Amina` as `Amina KHAN`."""
    family, comma, first = name.partition(",")
    return f"{first.strip()} {family.strip()}" if comma and first.strip() else name


def _key(name: str) -> str:
    return " ".join(sorted(plain(word) for word in name.split()))
