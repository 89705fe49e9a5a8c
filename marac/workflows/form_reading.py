"""A filled-in referral form, line by line, as proposals for our own boxes, each with the line it was read from.

Proposes and nothing more: a person decides on each. What fits nowhere is listed as it stands; no line is dropped.
"""

from dataclasses import replace
from typing import Final

from marac.workflows import form_cells, form_labels, form_lines, form_proposals, form_values
from marac.workflows.form_labels import Label
from marac.workflows.form_lines import EMPTY, TICKED, Cell, Line
from marac.workflows.form_proposals import Answer, Reading, Unplaced

SEVERAL: Final = ("children", "other-person")
PEOPLE: Final = {"victim": "person", "perpetrator": "other-person", "children": "children"}
ONE_NAME: Final = ("person.full_name", "person.surname", "person.forenames")
OPEN_ENDED: Final = ("long", "address")
RUNS_ON: Final = (*OPEN_ENDED, "line", "name")
TABLE_STARTS: Final = 2  # columns of names that make a table


def read(lines: list[Line]) -> Reading:
    """Every line of a form, understood or not."""
    walk = _Walk()
    known = form_labels.labels()
    for line in form_lines.joined(lines, lambda words: bool(walk.label_at(words)) or bool(known.heading(words))):
        walk.take(line)
    return form_proposals.gathered(walk.answers, walk.unplaced)


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
        if not all(found.values()) or any(cell.text.endswith((":", "?")) for cell in line.filled):
            return False
        self._start(section, "")
        self.columns = {at: label for at, label in found.items() if label is not None}
        return True

    def _table_row(self, line: Line) -> bool:
        """A row under labels. One that begins with a label ends the table."""
        if not self.columns:
            return False
        if self.known.exactly(line.filled[0].text, self.section) or form_cells.inline(
            self.section, line.filled[0].text
        ):
            self.columns = {}
            return False
        several = next(iter(self.columns.values())).field.split(".")[0] in SEVERAL
        alone = line.drawn and len(line.filled) == 1 and len(self.columns) > 1
        if self.rows and (alone or not several):
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
            follows = (
                after
                if after is not None and after.text and not form_cells.is_label(self.section, after.text)
                else None
            )
            cell_met = form_cells.met_in(self.section, cell.text, follows=follows is not None)
            found = [Answer(label, self._index_of(label), line, text, cell.at) for label, text in cell_met]
            if found and follows is not None and not found[-1].text:
                run = self._options(cells[at + 1 :])
                asked = (
                    found[-2]
                    if len(found) > 1 and not found[-2].text and found[-2].label.kind == "choice"
                    else found[-1]
                )
                asked.text, asked.at, at = " ".join(one.text for one in run), follows.at, at + len(run)
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
            if not cell.text or not boxed or form_cells.is_label(self.section, cell.text):
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

    def _runs_on(self, line: Line) -> bool:
        """Whether a line without a label goes on with the answer before it."""
        held, cells = self.open, line.filled
        if held is None or (held.text and not line.drawn and line.place.split()[0] != held.line.place.split()[0]):
            return False  # a table does not go on in the paragraph below it
        across = line.drawn and held.at > form_lines.NEAR
        if not held.text and len(cells) == 1:
            held.text, held.at = cells[0].text, cells[0].at
        elif across and all(cell.at >= held.at - form_lines.NEAR for cell in cells):
            held.text += f" {line.text}" if held.label.kind in RUNS_ON else f"\n{line.text}"
        elif len(cells) == 1 and not across and _goes_on(held):
            held.text += f"\n{cells[0].text}"
        else:
            return False
        held.sources.append(line.text)
        return True

    def _meet(self, answer: Answer) -> None:
        """A name of somebody begins what is said of them; a second child's name begins the second child."""
        label = answer.label
        if (label.switches or (label.why and label.section)) and label.section != self.section:
            self._start(label.section, "")
        part = label.field.split(".")[0]
        if label.plain and label.field in ONE_NAME and self._named_already(label):
            self._start("", "")  # somebody else, under a heading that is not known: whose facts follow is not guessed
        if part in SEVERAL:
            if label.number is not None:
                self.index[part] = label.number
            elif label.switches and self._named_already(label):
                self.index[part] += 1
            answer.index = self.index[part]
        self.answers.append(answer)

    def _named_already(self, label: Label) -> bool:
        now = self._index_of(label)
        return any((one.label.field, one.index) == (label.field, now) and one.text for one in self.answers)

    def _index_of(self, label: Label) -> int:
        return self.index.get(label.field.split(".")[0], 0)


def _goes_on(held: Answer) -> bool:
    """Whether more lines may follow: a story, or an address that has no postcode yet."""
    return held.label.kind == "long" or (held.label.kind == "address" and not form_values.POSTCODE.search(held.text))
