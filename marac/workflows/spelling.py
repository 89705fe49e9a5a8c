"""Words and numbers in one spelling: seventeen is 17, Rd is road, Echo is e; and the text squeezed for comparing.

Reads letters through letters.py and keeps where each stood. Knows no secret.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from marac.workflows.letters import Letters, read_letters

_UNITS: Final = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_ALPHABET: Final = """alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike
november oscar papa quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu"""
UNITS: Final = {word: str(number) for number, word in enumerate(_UNITS.split())} | {"nought": "0", "oh": "0"}
TENS: Final = {word: 10 * number for number, word in enumerate(_TENS.split(), 2)} | {"fourty": 40}
TIMES: Final = {"double": 2, "treble": 3, "triple": 3}
ALPHABET: Final = {word: word[0] for word in _ALPHABET.split()}
STREETS: Final = {
    "st": "street", "saint": "street", "str": "street", "rd": "road", "ave": "avenue", "av": "avenue", "ln": "lane",
    "la": "lane", "sq": "square", "cl": "close", "clo": "close", "ct": "court", "crt": "court", "gdns": "gardens",
    "gdn": "gardens", "garden": "gardens", "pl": "place", "hse": "house", "ho": "house", "ter": "terrace",
    "terr": "terrace", "cres": "crescent", "cresc": "crescent", "dr": "drive", "gr": "grove", "gro": "grove",
    "pk": "park", "blvd": "boulevard", "bldg": "building", "bldgs": "buildings", "est": "estate", "wy": "way",
    "apartment": "flat", "apt": "flat", "flt": "flat", "sch": "school", "acad": "academy", "prim": "primary",
    "pri": "primary",
}  # fmt: skip
AS_DIGIT: Final = str.maketrans("oilsbzgq", "01158269")
AS_LETTER: Final = str.maketrans("01l34578296", "oiieastbzgg")
SIGNS: Final = str.maketrans("@$!|€£+", "asileet")
_TOKEN: Final = re.compile(r"[0-9]+|[^\W\d_]+")


class Token(NamedTuple):
    """A word or a number in its plain spelling, with where it stood."""

    text: str
    start: int
    end: int


class Run:
    """Tokens squeezed into one string without spaces. A find begins and ends where a token does."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.text = "".join(token.text for token in tokens)
        self.edges = [0]
        for token in tokens:
            self.edges.append(self.edges[-1] + len(token.text))

    def find(self, words: str) -> list[tuple[int, int]]:
        """Where squeezed words stand, as (first token, the token after the last)."""
        found, at = [], self.text.find(words) if words else -1
        while at >= 0:
            first, last = self._token_at(at), self._token_at(at + len(words))
            if first is not None and last is not None:
                found.append((first, last))
            at = self.text.find(words, at + 1)
        return found

    def place(self, first: int, last: int) -> tuple[int, int]:
        """Where tokens stood in what was typed."""
        return self.tokens[first].start, self.tokens[last - 1].end

    def _token_at(self, position: int) -> int | None:
        index = bisect_left(self.edges, position)
        return index if index < len(self.edges) and self.edges[index] == position else None


def tokens_of(text: str, letters: Callable[[str], Letters] = read_letters) -> list[Token]:
    """The words and numbers of a text, each letter in its plain form."""
    plain, starts, ends = letters(text)
    return [Token(match[0], starts[match.start()], ends[match.end() - 1]) for match in _TOKEN.finditer(plain)]


def in_full(tokens: Iterable[Token]) -> list[Token]:
    """What is usually shortened in an address, in full: St is street, Apt is flat."""
    return [Token(STREETS.get(token.text, token.text), token.start, token.end) for token in tokens]


def with_signs(text: str) -> Letters:
    """Letters of a text in which signs stand for letters: pa$$ is pass."""
    return read_letters(text.translate(SIGNS))


def turned(tokens: Iterable[Token], table: dict[int, int]) -> list[Token]:
    """Each token through a table of look-alikes."""
    return [Token(token.text.translate(table), token.start, token.end) for token in tokens]


def spoken(tokens: Sequence[Token]) -> list[Token]:
    """As read out: number words as digits, the spelling alphabet as letters, "E for echo" as e; streets in full."""
    found, at = [], 0
    while at < len(tokens):
        text, taken = _said(tokens, at)
        found.append(Token(text, tokens[at].start, tokens[at + taken - 1].end))
        at += taken
    return found


def _said(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    """What the words from here mean, and how many they are."""
    word, after = tokens[at].text, [token.text for token in tokens[at + 1 : at + 5]]
    if word in TIMES and after and (digit := UNITS.get(after[0], after[0])).isdigit():
        return digit * TIMES[word], 2
    if word in UNITS or word in TENS or (word == "a" and after[:1] == ["hundred"]):
        return _number([word, *after])
    if word == "x" and after[:1] == ["ray"]:
        return word, 2
    if len(word) == 1 and len(after) > 1 and after[0] in ("for", "as") and after[1].startswith(word):
        return word, 3
    return ALPHABET.get(word, STREETS.get(word, word)), 1


def _number(words: Sequence[str]) -> tuple[str, int]:
    """`twenty one` is 21, `a hundred and twelve` 112, `nine hundred one two` 900 and what follows apart."""
    text, taken = _below_hundred(words)
    if words[0] == "a":
        text, taken = "1", 1
    if len(words) > taken and words[taken] == "hundred" and len(text) == 1:
        taken += 1
        joined = taken + (words[taken : taken + 1] == ["and"])
        rest = words[joined : joined + 2]
        if rest and (rest[0] in TENS or (rest[0] in UNITS and (joined > taken or len(UNITS[rest[0]]) > 1))):
            more, many = _below_hundred(rest)
            return str(int(text) * 100 + int(more)), joined + many
        return str(int(text) * 100), taken
    return text, taken


def _below_hundred(words: Sequence[str]) -> tuple[str, int]:
    if words[0] in TENS:
        unit = UNITS.get(words[1], "") if len(words) > 1 else ""
        whole = len(unit) == 1 and unit != "0"
        return str(TENS[words[0]] + (int(unit) if whole else 0)), 1 + whole
    return UNITS.get(words[0], "1"), 1


def squeezed(text: str, reading: Callable[[Sequence[Token]], Sequence[Token]] = list) -> str:
    """A text without spaces and signs, in one spelling."""
    return "".join(token.text for token in reading(tokens_of(text)))


def nearly(one: str, other: str, allowed: int) -> bool:
    """Whether two words differ by no more than so many letters added, left out, changed or swapped."""
    if abs(len(one) - len(other)) > allowed:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        older, before, row = before, row, [place]
        for at, wanted in enumerate(other, 1):
            best = min(before[at] + 1, row[-1] + 1, before[at - 1] + (letter != wanted))
            if older and at > 1 and letter == other[at - 2] and one[place - 2] == wanted:
                best = min(best, older[at - 2] + 1)
            row.append(best)
        if min(row) > allowed:
            return False
    return row[-1] <= allowed
