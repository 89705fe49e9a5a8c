"""What the answers of a form propose for our own boxes, each with the line it was read from; nothing is left out.

Puts the parts of a name together, and keeps the first of two answers to one question. Decides nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from marac.workflows import form_labels, form_values
from marac.workflows.form_labels import Label
from marac.workflows.form_lines import Line

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


def gathered(answers: list[Answer], unplaced: list[Unplaced]) -> Reading:
    """The answers as values, the parts of a name put together; a second answer to the same question stands aside."""
    found: dict[tuple[str, int, str], Proposal] = {}
    unplaced, known = list(unplaced), form_labels.labels()
    for answer in answers:
        source = " ".join([answer.line.text, *answer.sources])
        values = [] if answer.label.why else form_values.found(answer.label, answer.text, known.answers)
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
            whole, sure = (
                " ".join(piece.typed[0] for piece in both),
                len(both) > 1 and all(piece.sure for piece in both),
            )
            yield replace(one, name="full_name", typed=(whole,), source="\n".join(sources), sure=sure)
