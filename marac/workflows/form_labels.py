"""What the labels and headings of referral forms mean: marac/data/referral_reader.yaml, tolerant of spelling.

A label means what it says under its heading; one that no form of the table knows means nothing here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import yaml
from rapidfuzz import fuzz, process

from marac.paths import DATA

LONGEST: Final = 200  # characters of what may be a label
ALIKE: Final = 90  # of 100: one letter wrong in ten
SHORTEST_ALIKE: Final = 6
NAMES: Final = ("full_name", "surname", "forenames", "presented_by")  # who is named here, the next lines are about
NUMBERED: Final = re.compile(r"\b(child|perpetrator|suspect)s? ?(?:no )?([1-9])\b")
LEADING: Final = re.compile(r"^(?:q ?)?\d{1,2}[a-z]? (?=[a-z])|^(?:section|part) [a-z0-9]{1,2} ")
TRAILING: Final = re.compile(
    r"(?: (?:y n|yes (?:or )?no|dd mm yy(?:yy)?|if known|optional|please tick|please state))+$"
)
ARTICLES: Final = re.compile(r"\b(?:the|an?)\b")


@dataclass(frozen=True, slots=True)
class Label:
    """What a label stands for: a field of a part (`part.name`), or nowhere, and the words why. `sure`: no guess."""

    field: str = ""
    kind: str = ""
    answers: str = ""
    why: str = ""
    section: str = ""
    switches: bool = False
    unsure: bool = False
    plain: bool = False  # says what, and not of whom: the heading does
    sure: bool = True
    number: int | None = None  # of the child or other person it names, from 0


@dataclass(frozen=True, slots=True)
class Labels:
    """The whole table, by plain words: under each heading, anywhere, and the headings themselves."""

    under: Mapping[str, Mapping[str, Label]]
    anywhere: Mapping[str, Label]
    headings: Mapping[str, str]
    answers: Mapping[str, Mapping[str, str]]
    also: Mapping[str, list[str]] = field(default_factory=dict)

    def heading(self, text: str) -> str:
        """The section a heading begins, or ""."""
        words = plain(text)
        found = self.headings.get(words) or self.headings.get(NUMBERED.sub(r"\1", words), "")
        if found or len(words) < SHORTEST_ALIKE:
            return found
        near = process.extractOne(words, self.headings.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)
        return self.headings[near[0]] if near else ""

    def means(self, text: str, section: str) -> Label | None:
        """What a label means under a heading ("" for none), exactly or nearly so; None when nothing here says so."""
        if not text.strip() or len(text) > LONGEST:
            return None
        words, number = _numbered(plain(text))
        for table in self._tables(section):
            if words in table:
                return _with(table[words], number=number)
        if len(words) < SHORTEST_ALIKE:
            return None
        for table in self._tables(section):
            near = process.extractOne(words, table.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)
            if near is not None and len(near[0]) >= SHORTEST_ALIKE:
                return _with(table[near[0]], number=number, sure=False)
        return None

    def exactly(self, text: str, section: str) -> Label | None:
        """The same without tolerance, for words in the midst of a line."""
        words, number = _numbered(plain(text))
        for table in self._tables(section):
            if words in table:
                return _with(table[words], number=number)
        return None

    def _tables(self, section: str) -> Iterator[Mapping[str, Label]]:
        yield self.under.get(section, {})
        yield self.anywhere
        for other in self.also.get(section, ()):
            yield self.under.get(other, {})


def plain(text: str) -> str:
    """Words for comparing: no capitals, marks, brackets, articles or numbers before them; no "Y/N" behind them."""
    words = re.sub(r"\([^()]*(?:\)|$)", " ", text.lower().replace("’", "'"))
    words = re.sub(r"'s\b", "", words.replace("&", " and ").replace("'", ""))
    words = LEADING.sub("", re.sub(r"[^a-z0-9]+", " ", words).strip())
    return TRAILING.sub("", " ".join(ARTICLES.sub(" ", words).split()))


@cache
def labels() -> Labels:
    """The shipped table, read once."""
    table: dict[str, Any] = yaml.safe_load((DATA / "referral_reader.yaml").read_text("utf-8"))
    under: dict[str, dict[str, Label]] = {}
    anywhere = {plain(words): _nowhere(words, why) for words, why in table["nowhere"].items()}
    for section, fields in table["fields"].items():
        called = [plain(one) for one in table["sections"][section]["called"]]
        for name, facts in fields.items():
            means = _label(section, name, facts)
            for words in map(plain, facts.get("plain", ())):
                under.setdefault(section, {}).setdefault(words, _with(means, plain=True))
                for who in called:
                    for both in (f"{who} {words}", f"{words} of {who}"):
                        anywhere.setdefault(both, _with(means, switches=True))
            anywhere |= {plain(words): means for words in facts.get("labels", ())}
    headings = {plain(one): name for name, facts in table["sections"].items() for one in facts["headings"]}
    answers = {
        name: {plain(said): value for value, ways in said_as.items() for said in ways}
        for name, said_as in table["answers"].items()
    }
    return Labels(under, anywhere, headings, answers, table["also"])


def _label(section: str, name: str, facts: Mapping[str, Any]) -> Label:
    named = name.split(".")[1] in NAMES
    return Label(name, facts["kind"], facts.get("answers", ""), "", section, named, bool(facts.get("unsure")))


def _nowhere(words: str, why: str) -> Label:
    """What has no place here. Who names an agency goes on to say who works there."""
    return Label(why=why, section="referrer" if "agency" in words else "")


def _numbered(words: str) -> tuple[str, int | None]:
    """`child 2 name` as `child name`, and 1."""
    found = NUMBERED.search(words)
    return (NUMBERED.sub(r"\1", words), int(found[2]) - 1) if found else (words, None)


def _with(label: Label, **facts: Any) -> Label:
    held = {name: getattr(label, name) for name in Label.__slots__}
    return Label(**{**held, **facts})
