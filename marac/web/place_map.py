"""Where the boxes and lines of the who-knows-where map stand: places on the left, who may know them on the right.

Draws what `places.who_knows` gave its reader, in the same words; it knows no address and opens nothing.
"""

from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from marac.services.casework.places import SHARES, Known, WhoKnows
from marac.vocabulary import KnowsPlace

WIDTH: Final = 288  # of the picture: what a phone of 320 px has room for, so that words stay over 14 px
PLACE, WHO = (2, 148), (196, 90)  # left edge and width of the boxes of each side
LETTERS: Final = {PLACE: 16, WHO: 9}  # that fit into a line of a box
STEP, PAD, GAP = 18, 10, 14
MOST_LINES = 3
KNOWN = (KnowsPlace.YES.label, SHARES)
OTHERS, UNSAFE, LEFT = "Others", "Not safe: known", "Left"
WAYS: Final = {**dict.fromkeys(KNOWN, "known"), KnowsPlace.NO.label: "no"}


@dataclass(frozen=True, slots=True)
class Box:
    """A place or a person: its lines of text, top and height. `kind`: unsafe, no, open, left, or who for a person."""

    lines: tuple[str, ...]
    kind: str
    x: int
    width: int
    y: int
    height: int
    secret: bool = False

    @property
    def middle(self) -> int:
        """Where its lines begin or end."""
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Knows:
    """One line from a place to a person: known (thick), no (dashed), open (dotted) or others (thin)."""

    kind: str
    from_y: int
    to_y: int


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """The picture, and the sentence that says what it shows."""

    title: str
    places: tuple[Box, ...]
    people: tuple[Box, ...]
    lines: tuple[Knows, ...]
    height: int
    sentences: tuple[str, ...]


def drawn(known: WhoKnows | None) -> PlaceMap | None:
    """The map of what its reader may know; None where there is nothing, or nobody to keep it from."""
    if known is None or not known.places or not known.perpetrators:
        return None
    names = [*known.perpetrators, *([OTHERS] if any(one.others for one in known.places) else [])]
    left = _stacked([(_words(one), _kind(one), one.confidential) for one in known.places], PLACE)
    right = _stacked([(_lines(name, WHO), "who", False) for name in names], WHO)
    height = max(_end(left), _end(right))
    left, right = _spread(left, height), _spread(right, height)
    lines = [
        Knows(kind, place.middle, person.middle)
        for one, place in zip(known.places, left, strict=True)
        for kind, person in _lines_of(one, right)
    ]
    order = {"others": 0, "no": 1, "open": 2, "known": 3}  # who knows is drawn last, on top
    lines.sort(key=lambda one: order[one.kind])
    return PlaceMap(title(known), tuple(left), tuple(right), tuple(lines), height, known.sentences)


def title(known: WhoKnows) -> str:
    """What the map shows, in a sentence; places that were left are not counted."""
    live = [one for one in known.places if not one.ended]
    kinds = [_kind(one) for one in live]
    unsafe, unknown, of = kinds.count("unsafe"), kinds.count("open"), len(live)
    noun = "place" if of == 1 else "places"
    if unsafe:
        return f"{unsafe} of {of} {noun} {'is' if unsafe == 1 else 'are'} known to the alleged perpetrator"
    if unknown:
        return f"For {unknown} of {of} {noun} it is not known whether the alleged perpetrator knows of it"
    return f"The alleged perpetrator knows none of {of} {noun}"


def _kind(one: Known) -> str:
    """How safe a place is, at worst."""
    if one.ended:
        return "left"
    if any(answer in KNOWN for answer in one.answers):
        return "unsafe"
    return "no" if all(answer in WAYS for answer in one.answers) else "open"


def _words(one: Known) -> tuple[str, ...]:
    """The place by its kind, then how it stands in words: never by shape or colour alone."""
    says = {"unsafe": UNSAFE, "no": KnowsPlace.NO.label, "open": KnowsPlace.NOT_KNOWN.label, "left": LEFT}
    return (*_lines(one.label, PLACE), *(["Confidential"] if one.confidential else []), says[_kind(one)])


def _lines(text: str, side: tuple[int, int]) -> tuple[str, ...]:
    found = wrap(text, LETTERS[side], max_lines=MOST_LINES, placeholder="…", break_on_hyphens=False)
    return tuple(found)


def _lines_of(one: Known, people: list[Box]) -> list[tuple[str, Box]]:
    answers = [(WAYS.get(answer, "open"), box) for answer, box in zip(one.answers, people, strict=False)]
    return [*answers, *([("others", people[-1])] if one.others else [])]


def _stacked(boxes: list[tuple[tuple[str, ...], str, bool]], side: tuple[int, int]) -> list[Box]:
    """Boxes one below the other, each as high as its words."""
    found, y = [], 2
    for lines, kind, secret in boxes:
        height = len(lines) * STEP + PAD
        found.append(Box(lines, kind, *side, y, height, secret))
        y += height + GAP
    return found


def _end(boxes: list[Box]) -> int:
    return boxes[-1].y + boxes[-1].height + 2


def _spread(boxes: list[Box], height: int) -> list[Box]:
    """The same with the room that is left shared out above, between and below."""
    room = (height - _end(boxes)) // (len(boxes) + 1)
    return [
        Box(one.lines, one.kind, one.x, one.width, one.y + room * place, one.height, one.secret)
        for place, one in enumerate(boxes, 1)
    ]
