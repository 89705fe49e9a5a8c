"""One version of one risk tool over time: where its points and the local bands stand, and the same as a table.

A count is shown and never a verdict; two tools, or two versions of one, never share a picture (rule 6.5.5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from marac.services.casework import risk_history
from marac.services.casework.risk_history import Made
from marac.web.risk_layout import made_count
from marac.web.shell import long_date, short_date
from marac.workflows.checklists import LocalReading
from marac.workflows.definitions import Checklist

LEFT, RIGHT, TOP, BOTTOM = 24, 176, 24, 144  # of the part where points stand, in a picture of 290 by 170
LETTERS: Final = 8
APART: Final = 22  # between two numbers that are written out
FIRST_ABOVE: Final = {">": 1, ">=": 0}


@dataclass(frozen=True, slots=True)
class Point:
    """One assessment; `shown` is empty where its number would stand on the one before it."""

    x: int
    y: int
    shown: str


@dataclass(frozen=True, slots=True)
class Level:
    """A level line with its words, which have a column of their own."""

    y: int
    words: str


@dataclass(frozen=True, slots=True)
class RiskChart:
    """What is drawn, said and listed of one version."""

    name: str
    title: str
    points: tuple[Point, ...]
    levels: tuple[Level, ...]
    ends: tuple[str, str]
    rows: tuple[list[str], ...]
    changed: tuple[str, ...]

    @property
    def path(self) -> str:
        """The line through the points."""
        return " ".join(f"{one.x},{one.y}" for one in self.points)


def drawn(line: Sequence[Made], reading: LocalReading) -> RiskChart:
    """The chart of two or more assessments of one version, the earliest first, with the partnership's own levels."""
    tool, first, last = line[0].tool, line[0], line[-1]
    if tool is None:
        raise LookupError("a version that is not held here is not drawn")
    most = max([tool.maximum or 1, *(one.score or 0 for one in line)])
    both = risk_history.compare(reversed(line), [first.id.hex, last.id.hex])
    noun = "count" if tool.rule == "count" else "score"
    return RiskChart(
        f"{tool.name}, version {first.version}",
        f"The {noun} was {first.score} on {long_date(first.made_on)} and {last.score} on {long_date(last.made_on)}",
        tuple(_points(line, most)),
        tuple(Level(_height(value, most), words) for value, words in _levels(tool, reading)),
        (short_date(first.made_on), short_date(last.made_on)),
        tuple([long_date(one.made_on), made_count(one)] for one in line),
        tuple(f"{question.number}. {question.label}" for question, _before, _after in both.changed),
    )


def _levels(tool: Checklist, reading: LocalReading) -> Iterable[tuple[int, str]]:
    """Where each band begins; for a tool without bands, the threshold as the partnership reads it."""
    bands = tool.bands if reading.bands is None else reading.bands
    if bands:
        return [(one.low, f"{_short(one.key)}: {one.low}") for one in bands if one.low > 0]
    thresholds = tool.thresholds if reading.thresholds is None else reading.thresholds
    begins = {
        one.value + FIRST_ABOVE[one.operator]
        for one in thresholds if one.operator in FIRST_ABOVE and isinstance(one.value, int)
    }  # fmt: skip
    return [(value, f"{value} or more") for value in sorted(begins)]


def _short(key: str) -> str:
    """The name of a band, as much of it as stands beside the picture."""
    name = key.replace("_", " ").capitalize()
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"


def _points(line: Sequence[Made], most: int) -> Iterable[Point]:
    """By their dates; all on one day stand evenly."""
    days = [(one.made_on - line[0].made_on).days for one in line]
    places: list[Any] = days if days[-1] else list(range(len(line)))
    written = -APART
    for at, one in zip(places, line, strict=True):
        x = LEFT + round((RIGHT - LEFT) * at / places[-1])
        shown = x - written >= APART
        written = x if shown else written
        yield Point(x, _height(one.score or 0, most), str(one.score) if shown else "")


def _height(value: int, most: int) -> int:
    return BOTTOM - round((BOTTOM - TOP) * value / most)
