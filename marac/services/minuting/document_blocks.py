"""The parts that documents are built of, as plain values. Holds no layout: PDF and Word each draw them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from marac import clock

Block = dict[str, Any]
STATEMENT = (
    "What is said here is confidential. It is shared to keep people safe and to prevent crime, only as far as is "
    "relevant and proportionate. Use it for that and nothing else. Do not pass it on, and do not tell the alleged "
    "perpetrator that this panel has met. Keep this as securely as your own agency's records. If you know anybody in a "
    "case, say so now and leave for it."
)


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in one document. The title holds no name; `left_out` counts cases that are never printed."""

    title: str
    blocks: tuple[Block, ...]
    size: float = 10.5
    flipped: bool = False
    wide_margin: bool = False
    left_out: int = 0


def heading(text: str, level: int = 2) -> Block:
    """A heading below the title, which is level 1."""
    return {"block": "heading", "level": level, "text": text}


def text(words: str) -> Block:
    """A paragraph; lines stay lines."""
    return {"block": "text", "text": words}


def facts(*rows: tuple[str, str]) -> Block:
    """Label and value; those without a value are left out."""
    return {"block": "facts", "rows": [list(row) for row in rows if row[1]]}


def bullets(rows: Iterable[str]) -> Block:
    """A list."""
    return {"block": "list", "rows": list(rows)}


def table(header: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int] = ()) -> Block:
    """A table with one header row; widths are shares."""
    shares = list(widths) or [1] * len(header)
    return {"block": "table", "header": list(header), "rows": [list(row) for row in rows], "widths": shares}


def to_write(label: str, lines: int = 1) -> Block:
    """A box to write in."""
    return {"block": "boxes", "label": label, "lines": lines}


def to_tick(label: str, *options: str) -> Block:
    """A question with boxes to tick."""
    return {"block": "ticks", "label": label, "options": list(options)}


def words_of(part: Any) -> Iterator[str]:
    """Every text in blocks, in the order in which it is read; names of parts and kinds are none."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        yield from (word for name, value in part.items() if name != "block" for word in words_of(value))
    elif isinstance(part, Iterable):
        yield from (word for one in part for word in words_of(one))


def new_page() -> Block:
    """What follows starts on a page of its own."""
    return {"block": "page"}


def long_day(day: date | datetime) -> str:
    """Wednesday 12 November 2025, in London."""
    local = clock.to_london(day) if isinstance(day, datetime) else day
    return f"{local:%A} {local.day} {local:%B %Y}"


def time_of_day(moment: datetime) -> str:
    """9:30am, in London."""
    local = clock.to_london(moment)
    return f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def initials(full_name: str) -> str:
    """A. B., which is all that stands in a document unless names were asked for with a reason."""
    return " ".join(f"{word[0].upper()}." for word in full_name.replace("-", " ").split() if word[0].isalpha())
