"""Rows as CSV and as a workbook that no spreadsheet runs: a cell that would be a formula is text. Writes no file.

Cells that begin with = + - @, a tab, a line end, NUL or their full-width forms get an apostrophe (OWASP CSV injection).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", "%", "|")
Cell = str | int | float | date | None


def harmless(cell: Any) -> Cell:
    """A cell as it may stand in a file: numbers and dates as they are, nothing as blank, text never a formula."""
    if cell is None or (isinstance(cell, int | float | date) and not isinstance(cell, bool)):
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("", str(cell)).strip()
    return f"'{text}" if str(cell).lstrip(" \u00a0\ufeff\u200b").startswith(RUNS) else text


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Comma-separated by RFC 4180, with a mark that lets spreadsheets read it as UTF-8; days as year-month-day."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\r\n")
    for row in (head, *rows):
        writer.writerow(["" if cell is None else harmless(cell) for cell in row])
    return page.getvalue().encode("utf-8-sig")


def as_workbook(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]], *, note: str = "") -> bytes:
    """A workbook of one sheet: headings in the first row, no formula, no author; `note` goes below the rows."""
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise RuntimeError("a new workbook has a sheet")
    sheet.title = title
    for row in (head, *rows, *([[], [note]] if note else [])):
        sheet.append([harmless(cell) for cell in row])
    for line in sheet.iter_rows():
        for cell in line:
            if cell.data_type == "f":
                cell.data_type = "s"
    sheet.freeze_panes = "A2"
    book.properties.creator = ""
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()
