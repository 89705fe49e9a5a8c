"""Two people side by side: how well names, dates, homes, phones and who they fear agree, in bits and in words.

Decides nothing, and keeps no name longer than one Comparison lives.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import log2
from typing import Any

from rapidfuzz.distance import OSA

from marac.crypto.sounds import plain
from marac.services.keeping.founding import reference
from marac.services.knowing.comparing_names import NAME_LEVELS, Agreed, Name, Words, level
from marac.services.knowing.indexing import Known
from marac.vocabulary import PersonRole

__all__ = ["NAME_LEVELS", "REASONS", "Agreement", "Comparison", "Prepared", "weights"]
Weights = Mapping[str, tuple[float, float]]
Shares = Mapping[str, Mapping[str, float]]
CROWD = 10_000


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
    names: tuple[Name, ...]
    born_on: date | None
    birth_year: int | None
    homes: frozenset[tuple[str, str]]
    postcodes: frozenset[str]
    phone: str
    feared: tuple[Name, ...]
    address: frozenset[str]


REASONS = {
    "name:same": "same name",
    "name:alike": "name sounds alike",
    "name:near": "name spelt a little differently",
    "name:forename": "same first name, different family name",
    "name:family": "same family name",
    "born:same": "same date of birth",
    "born:january": "same year of birth, with 1 January for the day",
    "born:swapped": "same date of birth with day and month exchanged",
    "born:digit": "date of birth one digit apart",
    "born:mixed": "date of birth with two digits exchanged",
    "born:parts": "date of birth agrees in part",
    "age:year": "same year of birth",
    "home:same": "same address",
    "home:near": "same house number, postcode spelt a little differently",
    "home:street": "same postcode, another house number",
    "home:postcode": "same postcode",
    "address:same": "same street",
    "address:alike": "street spelt a little differently",
    "phone:same": "same phone number",
    "phone:near": "phone number one digit apart",
    "feared:same": "same alleged perpetrator",
    "feared:alike": "alleged perpetrator's name sounds alike",
    "role:other_side": "in another role there",
}
FEARED = {"same": "feared:same", "alike": "feared:alike", "near": "feared:alike"}
NAMED = {name: f"name:{name}" for name in (*NAME_LEVELS, "")}
GIVEN = {kind: f"given:{kind}" for kind in ("same", "alike", "short", "part", "near", "faint", "different", "")}
FAMILY = {kind: f"family:{kind}" for kind in ("same", "alike", "short", "part", "near", "faint", "different", "")}
ADDRESS_FROM = ((0.85, "address:same"), (0.6, "address:alike"), (0.35, "address:part"), (0.0, "address:different"))
COMMON = frozenset({"same", "alike", "short"})


def weights() -> Mapping[str, Any]:
    """The limits of data/matching.yaml."""
    return reference("matching")


@cache
def trained() -> Weights:
    """`field:level` -> bits for one person and against a stranger, and against somebody of one household."""
    counted = bits_of(reference("matching_weights")["chances"])
    by_hand = weights()["set_by_hand"].items()
    return {**counted, **{f"{field}:{name}": tuple(pair) for field, levels in by_hand for name, pair in levels.items()}}


def bits_of(chances: Mapping[str, Mapping[str, Sequence[float]]]) -> Weights:
    """Weights from how often a level is met between records of one person, of strangers, of one household."""
    return {
        f"{field}:{name}": (log2(same / strangers), log2(same / kin))
        for field, levels in chances.items()
        for name, (same, strangers, kin) in levels.items()
    }


class Comparison:
    """One search: it remembers the words it met until it is over, because the same names come often.

    `shares` says how common the sounds of names, and postcodes, are where the people come from; without it, the
    shipped table of names does. A rare name that agrees says more than a common one.
    """

    def __init__(self, shares: Shares | None = None) -> None:
        shipped = reference("matching_weights")
        self._weights = trained()
        self._kin = log2(CROWD / shipped["kin_records"])
        self._shares: Shares = shipped["shares"] if shares is None else shares
        self._average = {what: table["average"] for what, table in self._shares.items()}
        self.words = Words()
        self._rarities: dict[tuple[str, str], float] = {}

    def prepare(self, person: Known) -> Prepared:
        """Names in plain words, addresses without spaces, phones as their last nine digits."""
        homes = frozenset((plain(number), plain(postcode)) for number, postcode in person.homes if number or postcode)
        return Prepared(
            role=person.role,
            names=tuple(self.words.name(name) for name in person.names),
            born_on=person.born_on,
            birth_year=person.born_on.year if person.born_on else person.birth_year,
            homes=homes,
            postcodes=frozenset(postcode for _, postcode in homes if postcode),
            phone=re.sub(r"\D", "", person.phone)[-9:] if person.phone else "",
            feared=tuple(self.words.name(name) for name in person.feared),
            address=_threes(person.address),
        )

    def compare(self, one: Prepared, other: Prepared) -> Agreement:
        """Add up what each field says. A field unknown on either side says nothing."""
        agreed = self._best(one.names, other.names)
        marks = self._marks(one, other, agreed)
        rare, rare_kin = self._rare(one, other, agreed)
        stranger, kin = summed(self._weights, marks)
        marks[0] = NAMED[level(agreed)]
        reasons = tuple(REASONS[mark] for mark in marks if mark in REASONS)
        return Agreement(likelier(stranger + rare, kin + rare_kin + self._kin), reasons, _exact(marks))

    def evidence(self, one: Prepared, other: Prepared) -> tuple[tuple[str, ...], float, float]:
        """The level of each field, as training counts them, and the bits for what agrees being rare."""
        agreed = self._best(one.names, other.names)
        return tuple(self._marks(one, other, agreed)), *self._rare(one, other, agreed)

    def _rare(self, one: Prepared, other: Prepared, agreed: Agreed) -> tuple[float, float]:
        """A rare name says more than a common one; the family name and the home say nothing within a household."""
        kin = self._rarity("given", agreed.given_word) if agreed.given in COMMON else 0.0
        stranger = kin + (self._rarity("family", agreed.family_word) if agreed.family in COMMON else 0.0)
        if "postcode" in self._shares:
            shared = one.postcodes & other.postcodes
            stranger += max((self._rarity("postcode", code) for code in shared), default=0.0)
        return stranger, kin

    def names_agree(self, one: str, other: str) -> str:
        """How well two full names agree: one of NAME_LEVELS, or nothing when one of them is empty."""
        return level(self.words.agreed(self.words.name(one), self.words.name(other)))

    def _marks(self, one: Prepared, other: Prepared, agreed: Agreed) -> list[str]:
        marks = [GIVEN[agreed.given], FAMILY[agreed.family], _born(one, other)]
        if agreed.crossed:
            marks.append("order:crossed")
        if one.homes and other.homes:
            marks.append(_home(one, other))
        if one.address and other.address:
            mark = _address(one.address, other.address)
            if mark != "address:different" or marks[-1] != "home:different":  # a move says so once
                marks.append(mark)
        if one.phone and other.phone:
            marks.append(_phone(one.phone, other.phone))
        if one.role != other.role:
            marks.append("role:other_side")
        elif one.feared and other.feared:
            marks.append(FEARED.get(level(self._best(one.feared, other.feared)), "feared:different"))
        return marks

    def _best(self, ones: tuple[Name, ...], others: tuple[Name, ...]) -> Agreed:
        """The best agreement of any name of one with any name of the other."""
        if len(ones) == 1 and len(others) == 1:
            return self.words.agreed(ones[0], others[0])
        found = [self.words.agreed(one, other) for one in ones for other in others]
        return max(found, key=self._worth, default=self.words.agreed((), ()))

    def _worth(self, agreed: Agreed) -> float:
        table = self._weights
        return sum(table.get(mark, (0.0, 0.0))[0] for mark in (GIVEN[agreed.given], FAMILY[agreed.family]))

    def _rarity(self, what: str, word: str) -> float:
        """Bits that this word says more, being rare, than the average word that agrees does; less when common."""
        held = self._rarities.get((what, word))
        if held is None:
            shares = self._shares[what]
            share = shares.get(word if what == "postcode" else self.words.sound(word), shares["other"])
            held = self._rarities[what, word] = log2(self._average[what] / share)
        return held


def summed(table: Weights, marks: Iterable[str]) -> tuple[float, float]:
    """The bits of these levels, against a stranger and against somebody of one household."""
    stranger = kin = 0.0
    for mark in marks:
        if mark in table:
            pair = table[mark]
            stranger += pair[0]
            kin += pair[1]
    return stranger, kin


def likelier(stranger: float, kin: float) -> float:
    """Bits against both kinds of other person together: little more than the lesser of the two."""
    apart = abs(stranger - kin)
    return min(stranger, kin) - (log2(1 + 2**-apart) if apart < 10 else 0.0)


def _exact(marks: list[str]) -> bool:
    named = marks[0] in ("name:same", "name:alike")
    if "phone:same" in marks or (marks[0] == "name:same" and "born:swapped" in marks):
        return True
    also = "born:same" in marks or "born:january" in marks or "home:same" in marks or "feared:same" in marks
    return named and also


def _born(one: Prepared, other: Prepared) -> str:
    if one.born_on and other.born_on:
        return _dates(one.born_on, other.born_on)
    if one.birth_year is None or other.birth_year is None:
        return ""
    apart = abs(one.birth_year - other.birth_year)
    return "age:year" if apart <= 1 else "age:about" if apart <= 3 else "age:different"


def _dates(one: date, other: date) -> str:
    guessed = (one.day == 1 and one.month == 1) or (other.day == 1 and other.month == 1)
    if one == other:
        return "born:january" if guessed else "born:same"
    if one.year == other.year and one.month == other.day and one.day == other.month:
        return "born:swapped"
    if guessed and abs(one.year - other.year) <= 1:
        return "born:placeholder"
    parts = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    if not parts:
        return "born:different"
    first, second = one.isoformat(), other.isoformat()
    apart = sum(a != b for a, b in zip(first, second, strict=True))
    if apart == 1:
        return "born:digit"
    if apart == 2 and sorted(first) == sorted(second):
        return "born:mixed"
    return "born:parts" if parts == 2 else "born:different"


def _home(one: Prepared, other: Prepared) -> str:
    """The best that any home of one and any of the other agree in."""
    if not one.homes.isdisjoint(other.homes):
        (number, postcode), *_ = sorted(one.homes & other.homes, reverse=True)
        return "home:same" if number and postcode else "home:postcode" if postcode else "home:number"
    if not one.postcodes.isdisjoint(other.postcodes):
        known = all(number for number, postcode in (*one.homes, *other.homes) if postcode)
        return "home:street" if known else "home:postcode"
    marks = [_apart(*ours, *theirs) for ours in one.homes for theirs in other.homes]
    return next((mark for mark in ("home:near", "home:area", "home:number") if mark in marks), "home:different")


def _apart(number: str, postcode: str, their_number: str, their_postcode: str) -> str:
    near = bool(postcode and their_postcode) and OSA.distance(postcode, their_postcode, score_cutoff=1) == 1
    if number and number == their_number:
        return "home:near" if near else "home:number"
    return "home:area" if near else "home:different"


def _phone(one: str, other: str) -> str:
    if one == other:
        return "phone:same"
    return "phone:near" if OSA.distance(one, other, score_cutoff=1) == 1 else "phone:different"


def _threes(text: str) -> frozenset[str]:
    """The runs of three letters in an address, in whatever order its lines stand and wherever its spaces fell."""
    parts = [f" {plain(part)} " for part in text.split(",") if part.strip()]
    return frozenset(part[at : at + 3] for part in parts for at in range(len(part) - 2))


def _address(one: frozenset[str], other: frozenset[str]) -> str:
    likeness = 2 * len(one & other) / (len(one) + len(other))
    return next(mark for least, mark in ADDRESS_FROM if likeness >= least)
