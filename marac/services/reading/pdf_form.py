"""A PDF as lines: each page as it is drawn, in columns, then the boxes of a form filled in on a screen. Runs nothing.

A file that is locked, has too many pages or no words in it (a scan) is refused in words.
"""

import io
import re
from collections.abc import Iterator
from typing import Any, Final

import pypdf
from pypdf.errors import PyPdfError

from marac.errors import RuleBroken
from marac.workflows.form_lines import EMPTY, TICKED, Line, line_of

MOST_PAGES: Final = 40
MOST_CHARACTERS: Final = 400_000
LOCKED: Final = "The file is locked with a password. Save a copy without one and try that"
DAMAGED: Final = "The file is damaged. Open it, print it to a new PDF and try that"
SCANNED: Final = "There are no words in this file: it is probably a scan. Type the referral, and attach the file to it"
COLUMN: Final = re.compile(r"\S+(?: \S+)*")
FAULTS: Final = (
    PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, AssertionError,
    NotImplementedError, OSError, ArithmeticError,
)  # fmt: skip


def lines(content: bytes) -> list[Line]:
    """The lines of a PDF. RuleBroken beside `file` when it is locked, damaged, too long or a scan."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise RuleBroken("file", LOCKED)
        if len(reader.pages) > MOST_PAGES:
            raise RuleBroken("file", f"The file has more than {MOST_PAGES} pages. Save only the form and try that")
        found = [*_drawn(reader), *_boxes(reader)]
    except FAULTS:
        raise RuleBroken("file", DAMAGED) from None
    if not any(line.filled for line in found):
        raise RuleBroken("file", SCANNED)
    return found


def _drawn(reader: pypdf.PdfReader) -> Iterator[Line]:
    left = MOST_CHARACTERS
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False)
        left -= len(text)
        if left < 0:
            raise RuleBroken("file", "The file holds far more words than a form. Save only the form and try that")
        for at, row in enumerate((row for row in text.split("\n") if row.strip()), 1):
            columns = [(found.start(), found[0]) for found in COLUMN.finditer(row.replace("\t", "  "))]
            yield line_of(columns, f"Page {number}, line {at}", drawn=True)


def _boxes(reader: pypdf.PdfReader) -> Iterator[Line]:
    """What was typed into the boxes of the form, each beside what its maker called it."""
    for name, box in (reader.get_fields() or {}).items():
        value, kind = box.get("/V"), box.get("/FT")
        if value is None or kind == "/Sig":
            continue
        words = _marked(value) if kind == "/Btn" else str(value)
        label = str(box.get("/TU") or str(name).rsplit(".", 1)[-1])
        yield line_of([(0, label), (1, words)], "A box of the form")


def _marked(value: Any) -> str:
    """A tick as a box; a chosen button by its own name."""
    said = str(value).lstrip("/")
    if said.lower() in ("off", ""):
        return EMPTY
    return TICKED if said.lower() in ("on", "1", "checked", "true") else said
