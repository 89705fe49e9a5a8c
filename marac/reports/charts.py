"""Where the marks of a chart stand: plain numbers for the template to draw. Knows no record.

Sizes are in the units of a 640 by 240 picture; below that width the template shows the table twin, so 14 px stay 14.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT, TOP, BOTTOM, LEFT = 640.0, 240.0, 16.0, 204.0, 36.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a bar list: `length` is percent of the longest; a bar that met its target is filled."""

    label: str
    shown: str
    length: float
    met: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class BarList:
    """Bars one below the other, with a target line for all where there is one."""

    title: str
    bars: tuple[Bar, ...]
    about: str = ""
    target: float | None = None
    table_head: tuple[str, str] = ("", "How many")

    @property
    def table_rows(self) -> list[list[str]]:
        """The same as a table."""
        return [[one.label, f"{one.shown}, {one.note}" if one.note else one.shown] for one in self.bars]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where it stands, how high it and its hatched part are, and what is said of it."""

    label: str
    shown: str
    x: float
    y: float
    height: float
    part_y: float
    part_height: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A level line across the chart with its words."""

    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns in date order with level lines."""

    title: str
    columns: tuple[Column, ...]
    width: float
    marks: tuple[Mark, ...] = ()
    about: str = ""
    table_head: tuple[str, str, str] = ("", "How many", "")

    @property
    def table_rows(self) -> list[list[str]]:
        """The same as a table."""
        return [[one.label, one.shown, one.note] for one in self.columns]


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a line; hollow when it is outside the band."""

    label: str
    shown: str
    x: float
    y: float
    inside: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line by month with a shaded band."""

    title: str
    points: tuple[Point, ...]
    path: str
    band: tuple[float, float] = (0.0, 0.0)
    marks: tuple[Mark, ...] = ()
    about: str = ""
    table_head: tuple[str, str] = ("", "")

    @property
    def table_rows(self) -> list[list[str]]:
        """The same as a table; a point outside the band says so."""
        return [[one.label, one.shown if one.inside else f"{one.shown}, outside the band"] for one in self.points]


@dataclass(frozen=True, slots=True)
class Grid:
    """Shapes by row and column: each cell is a word and the shape that stands for it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    about: str = ""
    shapes: dict[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> list[list[str]]:
        """The rows of its table: shape and word, so that neither stands for itself."""
        return [
            [label, *(f"{self.shapes.get(word, '')} {word}".strip() for word in words)] for label, words in self.rows
        ]


def height_of(value: float, most: float) -> float:
    """How far above the axis a value stands; the axis is 0."""
    return round((BOTTOM - TOP) * value / most, 1) if most else 0.0


def bar_list(
    title: str, rows: Sequence[tuple[str, float, str, str]], *, most: float | None = None, target: float | None = None,
    about: str = "", head: tuple[str, str] = ("", "How many"),
) -> BarList:  # fmt: skip
    """Bars of (label, value, shown, note), the longest full; those that meet a target are filled, others outlined."""
    longest = most or max((value for _, value, _, _ in rows), default=0) or 1
    bars = tuple(
        Bar(label, shown, round(100 * value / longest, 1), None if target is None else value >= target, note)
        for label, value, shown, note in rows
    )
    return BarList(title, bars, about, None if target is None else round(100 * target / longest, 1), table_head=head)


def columns(
    title: str, rows: Sequence[tuple[str, int, int, str, str]], *, marks: Sequence[tuple[float, str]] = (),
    about: str = "", head: tuple[str, str, str] = ("", "How many", ""),
) -> Columns:  # fmt: skip
    """Columns of (label, value, hatched part, note, shown) in the order given, and level lines at (value, words)."""
    most = max([row[1] for row in rows] + [level for level, _ in marks], default=0) or 1
    step = (WIDTH - LEFT) / max(len(rows), 1)
    made = []
    for place, (label, value, part, note, said) in enumerate(rows):
        tall, low = height_of(value, most), height_of(part, most)
        made.append(Column(label, said, round(LEFT + place * step, 1), round(BOTTOM - tall, 1), tall,
                           round(BOTTOM - low, 1), low, note))  # fmt: skip
    levels = tuple(Mark(round(BOTTOM - height_of(level, most), 1), words) for level, words in marks)
    return Columns(title, tuple(made), round(step * 0.7, 1), levels, about, head)


def line(
    title: str, rows: Sequence[tuple[str, float | None, str]], *, band: tuple[float, float],
    marks: Sequence[tuple[float, str]] = (), about: str = "", head: tuple[str, str] = ("", ""),
) -> Line:  # fmt: skip
    """Points of (label, value, shown) with a band; a month without a value has no point and breaks no line."""
    known = [value for _, value, _ in rows if value is not None]
    most = max([*known, band[1], *(level for level, _ in marks)], default=0) or 1
    step = (WIDTH - LEFT) / max(len(rows) - 1, 1)
    points = tuple(
        Point(label, shown, round(LEFT + place * step, 1), round(BOTTOM - height_of(value, most), 1),
              band[0] <= value <= band[1])
        for place, (label, value, shown) in enumerate(rows) if value is not None
    )  # fmt: skip
    path = " ".join(f"{point.x},{point.y}" for point in points)
    low, high = (round(BOTTOM - height_of(level, most), 1) for level in band)
    levels = tuple(Mark(round(BOTTOM - height_of(level, most), 1), words) for level, words in marks)
    return Line(title, points, path, (high, round(low - high, 1)), levels, about, head)
