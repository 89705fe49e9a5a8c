"""A filled-in referral form, line by line, as proposals for our own boxes, each with the line it was read from.

Proposes and nothing more: a person decides on each. What fits nowhere is listed as it stands; no line is dropped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from marac.workflows import form_labels, form_lines, form_values
from marac.workflows.form_labels import Label
from marac.workflows.form_lines import EMPTY, TICKED, Cell, Line

SEVERAL: Final = ("children", "other-person")
PEOPLE: Final = {"victim": "person", "perpetrator": "other-person", "children": "children"}
OPEN_ENDED: Final = ("long", "address")
RUNS_ON: Final = (*OPEN_ENDED, "line", "name")
MARK: Final = re.compile(r"[:?]")
TEMPLATE: Final = re.compile(r"^\W*\b(?:y ?/ ?n|yes ?/ ?no)\b(?!\W*[☒☐])", re.IGNORECASE)  # printed for a pen to cross out
LONGEST_LABEL: Final = 12  # words before a colon
TABLE_STARTS: Final = 2  # columns of names that make a table
NOT_ANSWERED: Final = "Left empty, or answered no"
AGAIN: Final = "Read already from another line"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value for one box: the part of the referral, which child or other person, the box, and where it was read."""

    part: str
    index: int
    name: str
    typed: tuple[str, ...]
    source: str
    place: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A line that fits no box, and why if that is known."""

    text: str
    place: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a form says: proposals in the order of its lines, and the lines that fit nowhere."""

    proposals: tuple[Proposal, ...]
    unplaced: tuple[Unplaced, ...]


@dataclass(slots=True)
class Answer:
    """A label that was met, and what stands behind it so far."""

    label: Label
    index: int
    line: Line
    text: str
    at: int  # where the value begins
    sources: list[str] = field(default_factory=list)


def read(lines: list[Line]) -> Reading:
    """Every line of a form, understood or not."""
    walk = _Walk()
    known = form_labels.labels()
    for line in form_lines.joined(lines, lambda words: bool(walk.label_at(words)) or bool(known.heading(words))):
        walk.take(line)
    return _gathered(walk)


class _Walk:
    """Goes down the lines with what the last ones said: the section, the open answer, the columns of a table."""

    def __init__(self) -> None:
        self.known = form_labels.labels()
        self.section = ""
        self.index = dict.fromkeys(SEVERAL, 0)
        self.answers: list[Answer] = []
        self.open: Answer | None = None
        self.columns: dict[int, Label] = {}
        self.sides: dict[int, str] = {}
        self.rows = 0
        self.unplaced: list[Unplaced] = []

    def label_at(self, words: str) -> Label | None:
        """What these words are a label of, here."""
        return self.known.means(words, self.section)

    def take(self, line: Line) -> None:
        """One line, in the order in which it can be something."""
        if not line.filled:
            return
        if self._heading(line) or self._two_sides(line) or self._table_head(line) or self._table_row(line):
            return
        met, left = self._pairs(line)
        if met:
            self.open = met[-1]
            left = [cell for cell in left if not self.known.heading(cell.text)]
        elif self._runs_on(line):
            return
        else:
            left = [Cell(0, line.text)]
        self.unplaced += [Unplaced(cell.text, line.place) for cell in left]

    def _heading(self, line: Line) -> bool:
        if len(line.filled) != 1:
            return False
        words = line.filled[0].text.strip()
        section = self.known.heading(words)
        exact = self.known.exactly(words, self.section)
        if not section or (exact is not None and exact.kind in OPEN_ENDED and section == "reason"):
            return self._title(section, exact, line)
        self._start(section, words)
        return True

    def _title(self, section: str, exact: Label | None, line: Line) -> bool:
        """A title that is a label too: the section begins, and its answer is what follows."""
        if section and exact is not None:
            self._start(section, "")
            self.open = Answer(exact, 0, line, "", line.filled[0].at)
            self._meet(self.open)
            return True
        return False

    def _start(self, section: str, words: str) -> None:
        number = form_labels.NUMBERED.search(form_labels.plain(words))
        self.section, self.open, self.columns, self.sides, self.rows = section, None, {}, {}, 0
        part = PEOPLE.get(section, "")
        if part in SEVERAL and number:
            self.index[part] = int(number[2]) - 1

    def _two_sides(self, line: Line) -> bool:
        """A row that names two people, each over a column of their own."""
        found = {cell.at: self.known.heading(cell.text) for cell in line.filled}
        people = {at: section for at, section in found.items() if section in PEOPLE}
        if len(people) < TABLE_STARTS or len(people) < len(line.filled) - 1:
            return False
        self._start("", "")
        self.sides = people
        return True

    def _table_head(self, line: Line) -> bool:
        """A row of nothing but labels: what follows stands under them."""
        if len(line.filled) < TABLE_STARTS or len(line.filled) < len(line.cells) or self.sides:
            return False
        section, found = self.section, dict[int, Label | None]()
        for cell in line.filled:
            found[cell.at] = label = self.known.exactly(cell.text, section)
            section = label.section if label is not None and label.switches else section
        if not all(found.values()) or any(MARK.search(cell.text[-1:]) for cell in line.filled):
            return False
        self._start(section, "")
        self.columns = {at: label for at, label in found.items() if label is not None}
        return True

    def _table_row(self, line: Line) -> bool:
        """A row under labels. One that begins with a label ends the table."""
        if not self.columns:
            return False
        if self.known.exactly(line.filled[0].text, self.section) or self._inline(line.filled[0]):
            self.columns = {}
            return False
        several = next(iter(self.columns.values())).field.split(".")[0] in SEVERAL
        if (self.rows and not several) or (line.drawn and len(line.filled) == 1 and len(self.columns) > 1 and self.rows):
            self.columns = self.columns if several and self._under(line) else {}
            return bool(self.columns)
        for cell in line.filled:
            label = self.columns[min(self.columns, key=lambda at, here=cell.at: abs(at - here))]  # type: ignore[misc]
            part = label.field.split(".")[0]
            index = self.index[part] + self.rows if part in SEVERAL else 0
            self.answers.append(Answer(label, index, line, cell.text, cell.at))
        self.rows += 1
        return True

    def _under(self, line: Line) -> bool:
        """Words that run on under a column of the row above."""
        cell = line.filled[0]
        above = [one for one in self.answers[-len(self.columns) :] if abs(one.at - cell.at) <= form_lines.NEAR]
        if above:
            above[0].text += f" {cell.text}"
            above[0].sources.append(cell.text)
        return bool(above)

    def _pairs(self, line: Line) -> tuple[list[Answer], list[Cell]]:
        """The labels of a line with what stands behind each; and the cells that are neither."""
        if self.sides and (sided := self._by_side(line)):
            self.answers += sided
            return sided, []
        met: list[Answer] = []
        left: list[Cell] = []
        cells, at = list(line.cells), 0
        while at < len(cells):
            cell, after = cells[at], cells[at + 1] if at + 1 < len(cells) else None
            follows = after if after is not None and after.text and not self._is_label(after) else None
            found = self._in_cell(line, cell, follows)
            if found and follows is not None and not found[-1].text:
                run = self._options(cells[at + 1 :])
                found[-1].text, found[-1].at, at = " ".join(one.text for one in run), follows.at, at + len(run)
            for answer in found:  # at once: what it says of the section holds for the cells beside it
                self._meet(answer)
            met += found
            left += [] if found or not cell.text else [cell]
            at += 1
        return met, left

    def _options(self, cells: list[Cell]) -> list[Cell]:
        """The cell of a value, with those beside it that hold its other boxes: `Yes ☐ | No ☒`."""
        run = cells[:1]
        for cell in cells[1:]:
            boxed = any(mark in one.text for one in (*run, cell) for mark in (TICKED, EMPTY))
            if not cell.text or not boxed or self._is_label(cell):
                break
            run.append(cell)
        return run

    def _by_side(self, line: Line) -> list[Answer]:
        """A row of a form with a column for each person."""
        head, found = line.filled[0], []
        for cell in line.filled[1:]:
            section = self.sides[min(self.sides, key=lambda at, here=cell.at: abs(at - here))]  # type: ignore[misc]
            label = self.known.means(head.text, section)
            if label is not None:
                found.append(Answer(replace(label, switches=False), self._index_of(label), line, cell.text, cell.at))
        return found

    def _in_cell(self, line: Line, cell: Cell, follows: Cell | None) -> list[Answer]:
        """The labels of one cell: a whole one, one to each line of it, or `label: value` several times."""
        if not cell.text:
            return []
        whole = self.label_at(cell.text)
        if whole is not None and not self._has_value(cell.text):
            return [Answer(whole, self._index_of(whole), line, "", cell.at)]
        first, _, rest = cell.text.partition("\n")
        label = self.label_at(first)
        if rest and label is not None and not self._has_value(first):
            return [Answer(label, self._index_of(label), line, "" if follows else rest, cell.at)]
        return self._inline(cell, line) or self._boxed(cell, line) or self._loosely(cell, line, follows)

    def _has_value(self, text: str) -> bool:
        return TICKED in text or EMPTY in text or bool(re.search(r"[:?]\s*\w", text) and self._inline(Cell(0, text)))

    def _inline(self, cell: Cell, line: Line | None = None) -> list[Answer]:
        """`label: value` in the words of one cell, as often as it stands there."""
        found: list[tuple[int, int, Label]] = []
        for mark in MARK.finditer(cell.text):
            start = found[-1][1] if found else 0
            if cell.text.count("(", 0, mark.start()) > cell.text.count(")", 0, mark.start()):
                continue
            for at, words in _endings(cell.text[start : mark.start()]):
                tried = self.known.means if not found and at == 0 else self.known.exactly
                label = tried(words, self._section_of(found))
                if label is not None and (found or at == 0 or cell.text[start : start + at].endswith("\n")):
                    found.append((start + at, mark.end(), label))
                    break
        ends = [*(start for start, _end, _label in found[1:]), len(cell.text)][: len(found)]
        here = line or Line((cell,), "")
        values = [TEMPLATE.sub("", cell.text[end:stop]).strip(" \n|") for (_s, end, _l), stop in zip(found, ends, strict=True)]
        return [Answer(label, self._index_of(label), here, value, cell.at)
                for (_start, _end, label), value in zip(found, values, strict=True)]  # fmt: skip

    def _section_of(self, found: list[tuple[int, int, Label]]) -> str:
        return next((label.section for _s, _e, label in reversed(found) if label.switches), self.section)

    def _boxed(self, cell: Cell, line: Line) -> list[Answer]:
        """A box with its label before or behind it: `☒ Repeat`, `Consent Yes ☒ No ☐`."""
        if TICKED not in cell.text and EMPTY not in cell.text:
            return []
        found: list[Answer] = []
        for part in re.findall(rf"[{TICKED}{EMPTY}][^{TICKED}{EMPTY}\n]+|[^{TICKED}{EMPTY}\n]+[{TICKED}{EMPTY}]", cell.text):
            label = self.label_at(part.translate({ord(TICKED): " ", ord(EMPTY): " "}))
            if label is not None and label.kind == "criterion":
                found.append(Answer(label, 0, line, TICKED if TICKED in part else EMPTY, cell.at))
        if found:
            return found
        before = re.match(rf"(.*?)((?:\b(?:yes|no|y|n)\b\W*)?[{TICKED}{EMPTY}].*)", cell.text, re.DOTALL | re.IGNORECASE)
        label = self.label_at(before[1]) if before else None
        return [Answer(label, self._index_of(label), line, before[2], cell.at)] if before and label else []

    def _loosely(self, cell: Cell, line: Line, follows: Cell | None) -> list[Answer]:
        """A label with a hint behind it, when what it asks for stands in the next cell."""
        if follows is None:
            return []
        words = form_labels.plain(cell.text).split()
        for length in range(min(len(words), LONGEST_LABEL), 0, -1):
            label = self.known.exactly(" ".join(words[:length]), self.section)
            if label is not None and (length > 1 or len(words[0]) >= form_labels.SHORTEST_ALIKE):
                return [Answer(replace(label, sure=False), self._index_of(label), line, "", cell.at)]
        return []

    def _is_label(self, cell: Cell) -> bool:
        found = self.known.exactly(cell.text, self.section)
        return found is not None or bool(self._inline(cell)) and self.known.heading(cell.text) == ""

    def _runs_on(self, line: Line) -> bool:
        """Whether a line without a label goes on with the answer before it."""
        held, cells = self.open, line.filled
        if held is None:
            return False
        if not held.text and len(cells) == 1:
            held.text, held.at = cells[0].text, cells[0].at
        elif line.drawn and held.at > form_lines.NEAR and all(cell.at >= held.at - form_lines.NEAR for cell in cells):
            held.text += f" {line.text}" if held.label.kind in RUNS_ON else f"\n{line.text}"
        elif held.label.kind in OPEN_ENDED and len(cells) == 1 and (held.label.kind == "long" or not _closed(held.text)):
            held.text += f"\n{cells[0].text}"
        else:
            return False
        held.sources.append(line.text)
        return True

    def _meet(self, answer: Answer) -> None:
        """A name of somebody begins what is said of them; a second child's name begins the second child."""
        label = answer.label
        if label.switches or (label.why and label.section):
            if label.section != self.section:
                self._start(label.section, "")
        part = label.field.split(".")[0]
        if part in SEVERAL:
            if label.number is not None:
                self.index[part] = label.number
            elif label.switches and self._named_already(label):
                self.index[part] += 1
            answer.index = self.index[part]
        self.answers.append(answer)

    def _named_already(self, label: Label) -> bool:
        part = label.field.split(".")[0]
        return any(one.label.field == label.field and one.index == self.index[part] and one.text for one in self.answers)

    def _index_of(self, label: Label) -> int:
        return self.index.get(label.field.split(".")[0], 0)


def _endings(words: str) -> Iterator[tuple[int, str]]:
    """Where a label that ends here may begin: the whole first, then ever fewer words."""
    starts = [found.start() for found in re.finditer(r"\S+", words)]
    for at in (starts[:1] + starts[-LONGEST_LABEL:] if len(starts) > LONGEST_LABEL else starts):
        yield (0 if at == starts[0] else at), words[at:]


def _closed(address: str) -> bool:
    return bool(form_values.POSTCODE.search(address))


def _gathered(walk: _Walk) -> Reading:
    """The answers as values, the parts of a name put together; a second answer to the same question stands aside."""
    found: dict[tuple[str, int, str], Proposal] = {}
    unplaced = list(walk.unplaced)
    for answer in walk.answers:
        source = " ".join([answer.line.text, *answer.sources])
        values = [] if answer.label.why else form_values.found(answer.label, answer.text, walk.known.answers)
        if not values and answer.text.strip():
            unplaced.append(Unplaced(source, answer.line.place, answer.label.why or NOT_ANSWERED))
        part = answer.label.field.split(".")[0]
        for value in values:
            sure = value.sure and answer.label.sure and not answer.label.unsure
            one = Proposal(part, answer.index, value.name, value.typed, source, answer.line.place, sure)
            _add(found, unplaced, one)
    return Reading(tuple(_named(found)), tuple(unplaced))


def _add(found: dict[tuple[str, int, str], Proposal], unplaced: list[Unplaced], one: Proposal) -> None:
    key = (one.part, one.index, one.name)
    held = found.get(key)
    if held is None:
        found[key] = one
    elif one.name == "criteria":
        ways = tuple(dict.fromkeys((*held.typed, *one.typed)))
        found[key] = replace(held, typed=ways, source=f"{held.source}\n{one.source}", sure=held.sure and one.sure)
    elif held.typed != one.typed and one.source != held.source:
        unplaced.append(Unplaced(one.source, one.place, AGAIN))


def _named(found: dict[tuple[str, int, str], Proposal]) -> Iterator[Proposal]:
    """A first and a family name as one."""
    for (part, index, name), one in found.items():
        first, family = found.get((part, index, "forenames")), found.get((part, index, "surname"))
        if name not in ("surname", "forenames"):
            yield one
        elif (part, index, "full_name") not in found and one is (first or family):
            both = [piece for piece in (first, family) if piece is not None]
            sources = dict.fromkeys(piece.source for piece in both)
            yield replace(one, name="full_name", typed=(" ".join(piece.typed[0] for piece in both),),
                          source="\n".join(sources), sure=len(both) > 1 and all(piece.sure for piece in both))  # fmt: skip
