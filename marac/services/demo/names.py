"""Names of invented people, and the other spellings and orders in which agencies meet them. Knows no real person."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from marac.paths import DATA
from marac.services.demo.tables import chance, pick, table


@dataclass(frozen=True, slots=True)
class Name:
    """A full name, what the person is called, and the family name that children take."""

    full: str
    given: str
    family: str


def heritage(draw: Random) -> dict[str, Any]:
    """One of the borough's communities, as often as in the borough."""
    kinds = table("names")
    found: dict[str, Any] = draw.choices(kinds, weights=[kind["share"] for kind in kinds])[0]
    return found


def draw_name(draw: Random, kind: dict[str, Any], *, female: bool, family: str | None = None) -> Name:
    """A name of this heritage; `family` is kept when it is given (a spouse, a child)."""
    given = pick(draw, kind["women" if female else "men"])
    last = family or pick(draw, kind["women_last" if female else "men_last"])
    if kind["heritage"] == "vietnamese":
        return Name(f"{last} {given}", given.split()[-1], last)
    if not female and kind["marker"] and chance(draw, 0.3):
        return Name(f"{pick(draw, kind['marker'])} {given} {last}", given, last)
    middle = pick(draw, kind["middle"]) if female and "middle" in kind and chance(draw, 0.35) else ""
    return Name(" ".join(f"{given} {middle} {last}".split()), given, last)


@cache
def variants() -> dict[str, tuple[str, ...]]:
    """Each name form with the other forms of its group."""
    groups: dict[str, list[str]] = defaultdict(list)
    with (DATA / "british_names_variants.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            groups[row["group_id"]].append(row["variant"])
    found: dict[str, tuple[str, ...]] = {}
    for forms in groups.values():
        for form in forms:
            found.setdefault(form, tuple(other for other in forms if other != form and len(other) > 2))
    return found


def misspell(draw: Random, full: str) -> str:
    """The same name as another agency wrote it: one part in another form, or a letter dropped or doubled."""
    parts = full.split()
    known = [place for place, part in enumerate(parts) if variants().get(part)]
    if known:
        place = pick(draw, known)
        parts[place] = pick(draw, variants()[parts[place]])
        return " ".join(parts)
    place = max(range(len(parts)), key=lambda place: len(parts[place]))
    letter = draw.randrange(1, len(parts[place]) - 1)
    kept = parts[place]
    parts[place] = kept[:letter] + (kept[letter] * 2 if chance(draw, 0.5) else "") + kept[letter + 1 :]
    return " ".join(parts)


def aliases(draw: Random, name: Name) -> list[str]:
    """Other names a person is known by: none for most, a spelling, another order or a short form for some."""
    found = []
    if chance(draw, 0.35):
        found.append(misspell(draw, name.full))
    if chance(draw, 0.08):
        found.append(f"{name.family} {name.given}")
    return [alias for alias in dict.fromkeys(found) if alias != name.full]
