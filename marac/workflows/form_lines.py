"""A form that somebody filled in elsewhere, as lines of cells, whatever file it came in. Knows no label and no file.

A label that runs on to the next line is put together here, so that whoever reads the lines sees it whole.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

TICKED: Final = "☒"
EMPTY: Final = "☐"
CHECKED, BLANK = "☑🗹✓✔✅🗸■\uf0fe\uf0fd\uf052\uf0fc", "□❏❑\uf0a8\uf06f"
BOXES: Final = str.maketrans(dict.fromkeys(CHECKED, TICKED) | dict.fromkeys(BLANK, EMPTY))
BRACKETED: Final = re.compile(r"\[\s*([xX✓✔☒]?)\s*\]")
MOST_LINES: Final = 3_000
LONGEST: Final = 20_000  # characters of one cell
MOST_JOINED: Final = 6  # lines of one label in a narrow column
NEAR: Final = 2  # columns of text that count as one


@dataclass(frozen=True, slots=True)
class Cell:
    """Words at a place along their line: a column of a table, or of the characters of a page."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line or table row as a person sees it. `place` says where it stands; `drawn` is True for a page of print."""

    cells: tuple[Cell, ...]
    place: str
    drawn: bool = False

    @property
    def text(self) -> str:
        """The whole line, for showing beside what was read from it."""
        return " | ".join(cell.text for cell in self.cells if cell.text)

    @property
    def filled(self) -> tuple[Cell, ...]:
        """The cells that hold anything."""
        return tuple(cell for cell in self.cells if cell.text)


def tidy(text: str) -> str:
    """One cell's words: boxes written in one way, plain spaces, no empty lines at either end."""
    text = BRACKETED.sub(lambda found: TICKED if found[1] else EMPTY, text.translate(BOXES))
    lines = (" ".join(line.split()) for line in text[:LONGEST].replace("\r", "\n").split("\n"))
    return "\n".join(lines).strip()


def line_of(cells: Iterable[tuple[int, str]], place: str, *, drawn: bool = False) -> Line:
    """A line from (place along it, words)."""
    return Line(tuple(Cell(at, tidy(text)) for at, text in cells), place, drawn)


def as_told(lines: Iterable[Line]) -> list[Any]:
    """Lines as plain lists, to hand to another process."""
    return [[line.place, line.drawn, [[cell.at, cell.text] for cell in line.cells]] for line in lines]


def from_told(told: Iterable[Any]) -> list[Line]:
    """The lines that `as_told` made; no more than a form can have."""
    return [line_of([(int(at), str(text)) for at, text in cells], str(place), drawn=bool(drawn))
            for place, drawn, cells in list(told)[:MOST_LINES]]  # fmt: skip


def joined(lines: list[Line], is_label: Callable[[str], bool]) -> Iterator[Line]:
    """Printed lines with a label that runs over several of them made one."""
    at = 0
    while at < len(lines):
        line, took = lines[at], 1
        for more in range(2, MOST_JOINED + 1):
            run = lines[at : at + more]
            if len(run) == more and _one_label(run, is_label):
                line, took = _merged(run), more
                break
        yield line
        at += took


def _one_label(run: list[Line], is_label: Callable[[str], bool]) -> bool:
    """Whether the first cells of these lines are one label, and not one already in the first."""
    heads = [line.filled[0] for line in run if line.drawn and line.filled]
    if len(heads) < len(run) or any(abs(head.at - heads[0].at) > NEAR for head in heads):
        return False
    first, whole = heads[0].text, " ".join(head.text for head in heads)
    if first.count("(") > first.count(")"):
        return whole.count("(") == whole.count(")") and is_label(whole)
    return not is_label(first) and not any(is_label(head.text) for head in heads[1:]) and is_label(whole)


def _merged(run: list[Line]) -> Line:
    """The first line with what the others add to each of its cells."""
    cells = list(run[0].filled)
    for line in run[1:]:
        for cell in line.filled:
            near = [n for n, held in enumerate(cells) if abs(held.at - cell.at) <= NEAR]
            if near:
                cells[near[0]] = replace(cells[near[0]], text=f"{cells[near[0]].text} {cell.text}")
            else:
                cells.append(cell)
    return replace(run[0], cells=tuple(sorted(cells, key=lambda cell: cell.at)))
