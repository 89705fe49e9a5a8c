"""Two names side by side, word by word: same, alike in sound, a short form, spelt nearly so, or different. No people.

It remembers the words it met until it is thrown away, because the same names come often; it keeps none longer.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from nicknames import name_triplets
from rapidfuzz.distance import JaroWinkler

from marac.crypto.sounds import sound, words

Name = tuple[str, ...]
KINDS = ("same", "alike", "short", "part", "near", "faint", "different")
RANK = {kind: rank for rank, kind in enumerate((*KINDS, ""))}
NEAR, FAINT = 0.88, 0.78  # Jaro-Winkler from which a word is nearly, or only faintly, spelt like another
NAME_LEVELS = ("same", "alike", "near", "forename", "family", "different")
CLOSE = RANK["part"]


class Agreed(NamedTuple):
    """How the given and the family name agree ("" when one side has none), crossed over or not, and the words."""

    given: str
    family: str
    crossed: bool
    given_word: str
    family_word: str


NOTHING = Agreed("", "", False, "", "")


@dataclass(slots=True)
class Words:
    """The words of one search, and how well each pair of them agrees."""

    _names: dict[str, Name]
    _sounds: dict[str, str]
    _kinds: dict[tuple[str, str], str]
    _agreed: dict[tuple[Name, Name], Agreed]

    def __init__(self) -> None:
        self._names, self._sounds, self._kinds, self._agreed = {}, {}, {}, {}

    def name(self, full_name: str) -> Name:
        """The plain words of a full name; titles and particles off."""
        held = self._names.get(full_name)
        if held is None:
            held = self._names[full_name] = words(full_name)
        return held

    def sound(self, word: str) -> str:
        """How a plain word sounds."""
        held = self._sounds.get(word)
        if held is None:
            held = self._sounds[word] = sound(word)
        return held

    def kind(self, one: str, other: str) -> str:
        """How well two plain words agree: one of KINDS except part."""
        if one == other:
            return "same"
        pair = (one, other) if one < other else (other, one)
        held = self._kinds.get(pair)
        if held is None:
            held = self._kinds[pair] = self._kind(*pair)
        return held

    def agreed(self, one: Name, other: Name) -> Agreed:
        """How two names agree: words in any order, and a middle name more or less does not count against them."""
        held = self._agreed.get((one, other))
        if held is None:
            held = self._agreed[one, other] = self._compared(one, other)
        return held

    def _kind(self, one: str, other: str) -> str:
        if self.sound(one) == self.sound(other):
            return "alike"
        if short_of_one(one, other):
            return "short"
        if min(len(one), len(other)) == 1:
            return "near" if one[0] == other[0] else "different"
        likeness = JaroWinkler.similarity(one, other)
        return "near" if likeness >= NEAR else "faint" if likeness >= FAINT else "different"

    def _compared(self, one: Name, other: Name) -> Agreed:
        if not one or not other:
            return NOTHING
        if len(one) == 1 or len(other) == 1:
            return self._single(one, other)
        straight = self._aligned(one, other)
        if RANK[straight.given] <= CLOSE and RANK[straight.family] <= CLOSE:
            return straight
        crossed = self._turned(one, other)
        return crossed if _distance(crossed) < _distance(straight) else straight

    def _single(self, one: Name, other: Name) -> Agreed:
        """One side is a single word: it is the name it agrees with best, the family name when it agrees with none."""
        single, many = (one[0], other) if len(one) == 1 else (other[0], one)
        kinds = [self.kind(single, word) for word in many]
        best = min(range(len(many)), key=lambda place: (RANK[kinds[place]], -place))
        if best == 0 and len(many) > 1:
            return Agreed(kinds[0], "", False, many[0], "")
        return Agreed("", kinds[best], False, "", many[best])

    def _aligned(self, one: Name, other: Name) -> Agreed:
        given, family = self.kind(one[0], other[0]), self.kind(one[-1], other[-1])
        if len(one) + len(other) > 4:
            if RANK[family] > CLOSE and self._partly(one[-1], other[1:-1], other[-1], one[1:-1]):
                family = "part"
            if RANK[given] > CLOSE and self._partly(one[0], other[1:-1], other[0], one[1:-1]):
                given = "part"
        return Agreed(given, family, False, one[0], one[-1])

    def _partly(self, one: str, others: Name, other: str, ones: Name) -> bool:
        """Whether either word stands in the middle of the other name: a double barrel, a middle name in daily use."""
        pairs = [*((one, word) for word in others), *((other, word) for word in ones)]
        return any(RANK[self.kind(*pair)] < CLOSE for pair in pairs)

    def _turned(self, one: Name, other: Name) -> Agreed:
        """The family name of one stands first."""
        return Agreed(self.kind(one[0], other[-1]), self.kind(one[-1], other[0]), True, one[0], one[-1])


def level(agreed: Agreed) -> str:
    """The agreement as one of NAME_LEVELS; nothing when there was nothing to compare."""
    known = [kind for kind in (agreed.given, agreed.family) if kind]
    if not known:
        return ""
    if len(known) == 2 and all(RANK[kind] <= RANK["near"] for kind in known):
        return "same" if set(known) == {"same"} else "near" if "near" in known else "alike"
    if agreed.given and RANK[agreed.given] <= CLOSE:
        return "forename"
    return "family" if agreed.family and RANK[agreed.family] <= CLOSE else "different"


def _distance(agreed: Agreed) -> int:
    return RANK[agreed.given] + RANK[agreed.family]


@cache
def _short_forms() -> Mapping[str, frozenset[str]]:
    """Each given name or short form -> the whole names it may stand for, itself included."""
    stands_for: dict[str, set[str]] = defaultdict(set)
    for whole, _, short in name_triplets():
        stands_for[short].add(whole)
        stands_for[whole].add(whole)
    return {name: frozenset(wholes) for name, wholes in stands_for.items()}


def short_of_one(one: str, other: str) -> bool:
    """Whether two plain words may be short forms of one given name: Liz and Beth, Bob and Robert."""
    forms = _short_forms()
    return one in forms and other in forms and not forms[one].isdisjoint(forms[other])
