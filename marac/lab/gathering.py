"""Records of a file or of the generator made ready to be compared, and the pairs of them worth comparing.

Up to the limit of data/matching.yaml the product opens everyone, so pairs also come from blocks in memory; `tokens`
says how many of them the blind index alone would have found.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from itertools import combinations
from pathlib import Path
from uuid import UUID

from marac.crypto.blind_index import families_in_clear
from marac.crypto.sounds import plain, sound, words
from marac.errors import RuleBroken
from marac.lab.clerks import COLUMNS, Written
from marac.services.knowing.indexing import Known, tokens_of
from marac.vocabulary import PersonRole

Pair = tuple[int, int]
LARGEST_BLOCK = 150
NOWHERE = UUID(int=0)


def read_records(path: Path) -> list[Written]:
    """The records of a CSV with at least the columns record_id and entity_id; RuleBroken for any other file."""
    known = {field.name for field in fields(Written)}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = [name for name in rows.fieldnames or () if name in known]
            if not {"record_id", "entity_id"} <= set(columns):
                raise RuleBroken("csv", f"The file needs the columns {', '.join(COLUMNS)}.")
            return [Written(**{name: (row[name] or "").strip() for name in columns}) for row in rows]
    except (UnicodeDecodeError, csv.Error):
        raise RuleBroken("csv", "The file is not a CSV in UTF-8.") from None


def write_records(path: Path, records: Sequence[Written]) -> None:
    """The same records as a CSV, for `match evaluate --csv` and for rivals. RuleBroken if the file exists."""
    if path.exists():
        raise RuleBroken("file", "That file exists. Name a new one.")
    columns = [*COLUMNS, "address"]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        rows.writerows([getattr(record, name) for name in columns] for record in records)


def known(written: Written) -> Known:
    """A record as the comparison takes it."""
    born_on, year = dated(written.date_of_birth)
    name = " ".join(part for part in (written.forename, written.surname) if part)
    return Known(
        NOWHERE, NOWHERE, PersonRole.VICTIM, (name,) if name else (), born_on, year,
        [(written.house_number, written.postcode)] if written.house_number or written.postcode else [],
        written.phone, (written.feared,) if written.feared else (), written.address,
    )  # fmt: skip


def dated(text: str) -> tuple[date | None, int | None]:
    """A date of birth as year-month-day, with or without strokes or the English way round; or a year alone."""
    digits = "".join(letter for letter in text if letter in "0123456789")
    if len(digits) == 4:
        return None, int(digits)
    if len(text) > 2 and not text[2].isdigit():
        digits = digits[4:] + digits[2:4] + digits[:2]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])), None
    except ValueError:
        return None, (int(digits[:4]) if len(digits) == 8 and 1880 < int(digits[:4]) < 2100 else None)


def true_pairs(records: Sequence[Written]) -> set[Pair]:
    """Every pair of records of one person."""
    held: dict[str, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        held[record.entity_id].append(place)
    return {pair for places in held.values() for pair in combinations(places, 2)}


def token_pairs(people: Sequence[Known]) -> set[Pair]:
    """The pairs that the blind index finds: what one asks for, the other has stored."""
    stored: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    asked = []
    for place, person in enumerate(people):
        kept, sought = families_in_clear(tokens_of(person))
        asked.append(sought)
        for token in kept:
            stored[token].append(place)
    found = {
        (place, other) for place, sought in enumerate(asked) for token in sought for other in stored.get(token, ())
    }
    return {(one, other) if one < other else (other, one) for one, other in found if one != other}


def block_pairs(people: Sequence[Known]) -> set[Pair]:
    """The pairs that agree in two weak things or one strong one; of a block that is very large, none."""
    blocks: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, person in enumerate(people):
        for key in set(_keys(person)):
            blocks[key].append(place)
    small = (places for places in blocks.values() if 1 < len(places) <= LARGEST_BLOCK)
    return {pair for places in small for pair in combinations(places, 2)}


def _keys(person: Known) -> Iterator[tuple[str, ...]]:
    names = [words(name) for name in person.names]
    sounds = sorted({sound(word) for name in names for word in name})
    yield from (("names", *pair) for pair in combinations(sounds, 2))
    yield from _weak(person, sounds)
    if person.born_on:
        day = person.born_on
        yield "date", day.isoformat()
        if day.day <= 12:
            yield "date", date(day.year, day.day, day.month).isoformat()
        yield from (("day", name, f"{day:%m%d}") for name in sounds)
        yield from (("initials", *sorted({name[0] for name in sounds}), part) for part in _less_a_part(day))
    if person.phone:
        yield "phone", plain(person.phone)[-9:]
    yield from (("street", plain(part)) for part in person.address.split(",") if len(plain(part)) > 5)


def _weak(person: Known, sounds: Iterable[str]) -> Iterator[tuple[str, ...]]:
    year = person.born_on.year if person.born_on else person.birth_year
    places = [(plain(number), plain(postcode)) for number, postcode in person.homes]
    for name in sounds:
        yield from (("year", name, str(near)) for near in ([year] if year else []))
        yield from (("postcode", name, postcode) for _, postcode in places if postcode)
        yield from (("number", name, number) for number, _ in places if number)
    for number, postcode in places:
        if number and postcode:
            yield "home", number, postcode
        if year and postcode:
            yield "aged", str(year), postcode


def _less_a_part(day: date) -> tuple[str, str, str]:
    return f"{day:%Y%m}--", f"{day:%Y}--{day:%d}", f"----{day:%m%d}"


def shares_of(people: Sequence[Known]) -> dict[str, dict[str, float]]:
    """How common each sound of a given name and of a family name, and each postcode, is among these people."""
    names = [words(name) for person in people for name in person.names[:1]]
    counted = {
        "given": Counter(sound(name[0]) for name in names if len(name) > 1),
        "family": Counter(sound(name[-1]) for name in names if name),
        "postcode": Counter(plain(code) for person in people for _, code in person.homes if plain(code)),
    }
    return {what: _shares(counts) for what, counts in counted.items()}


def _shares(counts: Counter[str]) -> dict[str, float]:
    """The share of each, of one met nowhere, and of two that agree by chance."""
    every = max(counts.total(), 1)
    shares = {word: count / every for word, count in sorted(counts.items())}
    return {**shares, "other": 1 / every, "average": max(sum(share**2 for share in shares.values()), 1 / every)}
