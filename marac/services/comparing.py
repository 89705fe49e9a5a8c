"""Two people side by side: how well names, dates, homes, phones and who they fear agree, in bits and in words.

Decides nothing, and keeps no name longer than one Comparison lives.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rapidfuzz.distance import JaroWinkler

from marac.crypto.sounds import plain, sound, words
from marac.services.founding import reference
from marac.services.indexing import Known
from marac.vocabulary import PersonRole

Names = tuple[tuple[str, ...], ...]
NAME_LEVELS = ("same", "alike", "near", "forename", "family", "different")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How much two records agree, why in words, and whether something agrees exactly that seldom agrees by chance."""

    total: float
    reasons: tuple[str, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """One person made ready to be compared with many."""

    role: PersonRole
    names: tuple[tuple[str, ...], ...]
    born_on: date | None
    birth_year: int | None
    homes: frozenset[tuple[str, str]]
    postcodes: frozenset[str]
    phone: str
    feared: tuple[tuple[str, ...], ...]


REASONS = {
    "name:same": "same name",
    "name:alike": "name sounds alike",
    "name:near": "name spelt a little differently",
    "name:forename": "same first name, different family name",
    "name:family": "same family name",
    "born:same": "same date of birth",
    "born:swapped": "same date of birth with day and month exchanged",
    "born:digit": "date of birth one digit apart",
    "born:year": "same year of birth",
    "home:same": "same address",
    "home:postcode": "same postcode",
    "phone:same": "same phone number",
    "feared:same": "same alleged perpetrator",
    "feared:alike": "alleged perpetrator's name sounds alike",
    "role:other_side": "in another role there",
}


def weights() -> Mapping[str, Any]:
    """The weights and limits of data/matching.yaml."""
    return reference("matching")


class Comparison:
    """One search: it remembers the sounds of the words it met until it is over, because the same names come often."""

    def __init__(self) -> None:
        self._weights = weights()
        self._words: dict[str, tuple[str, ...]] = {}
        self._sounds: dict[str, str] = {}
        self._names: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}

    def prepare(self, person: Known) -> Prepared:
        """Names in plain words, addresses without spaces, phones as their last nine digits."""
        homes = frozenset((plain(number), plain(postcode)) for number, postcode in person.homes)
        return Prepared(
            role=person.role,
            names=tuple(self._words_of(name) for name in person.names),
            born_on=person.born_on,
            birth_year=person.born_on.year if person.born_on else person.birth_year,
            homes=homes,
            postcodes=frozenset(postcode for _, postcode in homes),
            phone=re.sub(r"\D", "", person.phone)[-9:] if person.phone else "",
            feared=tuple(self._words_of(name) for name in person.feared),
        )

    def compare(self, one: Prepared, other: Prepared) -> Agreement:
        """Add up what each field says. A field unknown on either side says nothing."""
        levels = {
            "name": self._best(one.names, other.names),
            "born": _born(one, other),
            "home": _home(one, other),
            "phone": "same" if one.phone and one.phone == other.phone else "",
            "feared": self._feared(one, other),
            "role": "other_side" if one.role != other.role else "",
        }
        total = sum(self._weights[field][level] for field, level in levels.items() if level)
        marks = [f"{field}:{level}" for field, level in levels.items()]
        return Agreement(total, tuple(REASONS[mark] for mark in marks if mark in REASONS), _exact(levels))

    def names_agree(self, one: str, other: str) -> str:
        """How well two full names agree: one of NAME_LEVELS, or nothing when one of them is empty."""
        return self._best((self._words_of(one),), (self._words_of(other),))

    def _feared(self, one: Prepared, other: Prepared) -> str:
        """Whether both fear the same person; between the two sides of one relationship it says nothing."""
        if one.role != other.role:
            return ""
        level = self._best(one.feared, other.feared)
        return {"same": "same", "alike": "alike", "near": "alike", "": ""}.get(level, "different")

    def _best(self, ones: Names, others: Names) -> str:
        """The best level at which any name of one agrees with any name of the other."""
        found = [self._name(one, other) for one in ones for other in others if one and other]
        return min(found, key=NAME_LEVELS.index) if found else ""

    def _name(self, one: tuple[str, ...], other: tuple[str, ...]) -> str:
        held = self._names.get((one, other))
        if held is None:
            held = self._names[one, other] = self._level(one, other)
        return held

    def _level(self, one: tuple[str, ...], other: tuple[str, ...]) -> str:
        """Names as words in any order: a middle name more or less does not count against them."""
        if set(one) == set(other):
            return "same"
        short, long = sorted((one, other), key=len)
        kinds = [self._closest(word, long) for word in short]
        if len(short) > 1 and "" not in kinds:
            return "same" if set(kinds) == {"same"} else "near" if "near" in kinds else "alike"
        if one[0] in other or other[0] in one or self._sound(one[0]) == self._sound(other[0]):
            return "forename"
        return "family" if self._sound(one[-1]) == self._sound(other[-1]) else "different"

    def _closest(self, word: str, names: tuple[str, ...]) -> str:
        if word in names:
            return "same"
        if any(self._sound(word) == self._sound(name) for name in names):
            return "alike"
        if len(word) == 1 and any(name.startswith(word) for name in names):
            return "near"
        least = self._weights["near_name_from"] / 100
        return "near" if any(JaroWinkler.similarity(word, name) >= least for name in names) else ""

    def _words_of(self, name: str) -> tuple[str, ...]:
        if name not in self._words:
            self._words[name] = words(name)
        return self._words[name]

    def _sound(self, word: str) -> str:
        if word not in self._sounds:
            self._sounds[word] = sound(word)
        return self._sounds[word]


def _exact(levels: Mapping[str, str]) -> bool:
    named = levels["name"] in ("same", "alike")
    also = levels["born"] == "same" or levels["home"] == "same" or levels["feared"] == "same"
    return levels["phone"] == "same" or (named and also) or (levels["name"] == "same" and levels["born"] == "swapped")


def _born(one: Prepared, other: Prepared) -> str:
    if one.born_on and other.born_on:
        return _dates(one.born_on, other.born_on)
    if one.birth_year is None or other.birth_year is None:
        return ""
    apart = abs(one.birth_year - other.birth_year)
    return "year" if apart <= 1 else "near" if apart <= 3 else "different"


def _dates(one: date, other: date) -> str:
    if one == other:
        return "same"
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return "swapped"
    digits = sum(a != b for a, b in zip(one.isoformat(), other.isoformat(), strict=True))
    return "digit" if digits == 1 else "different"


def _home(one: Prepared, other: Prepared) -> str:
    if not one.homes or not other.homes:
        return ""
    if one.homes & other.homes:
        return "same"
    return "postcode" if one.postcodes & other.postcodes else "different"
