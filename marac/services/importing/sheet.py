"""An Excel workbook as rows of text and dates under our own headings. Knows no case, and runs no formula."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from marac.crypto.sounds import plain
from marac.errors import RuleBroken

MOST_BYTES = 20_000_000
MOST_UNPACKED = 400_000_000
MOST_ROWS = 20_000
LOOK_FOR_HEADINGS = 15
NEEDED = ("victim_name", "referred_on")

HEADINGS: dict[str, tuple[str, ...]] = {
    "reference": ("Old reference", "case number", "marac number", "case ref", "reference", "ref", "case no"),
    "victim_name": ("Victim-survivor name", "victim name", "victim", "name", "full name", "client name"),
    "victim_forename": ("Victim-survivor first name", "victim first name", "victim forename", "forename", "first name"),
    "victim_surname": ("Victim-survivor family name", "victim surname", "victim last name", "surname", "last name"),
    "aliases": ("Also known as", "aliases", "alias", "aka", "other names"),
    "born_on": ("Date of birth", "victim dob", "victim date of birth", "dob"),
    "age": ("Age if no date of birth", "victim age", "age", "approximate age"),
    "sex": ("Sex", "gender", "victim gender", "victim sex"),
    "house_number": ("House number", "house no", "flat or house number", "number"),
    "address": ("Street", "address", "victim address", "address line 1"),
    "postcode": ("Postcode", "post code", "victim postcode"),
    "address_confidential": ("Address confidential", "confidential", "confidential address"),
    "phone": ("Phone", "telephone", "mobile", "victim phone", "contact number", "phone number"),
    "safe_to_phone": ("Safe to phone", "safe to call", "safe to contact", "safe to ring"),
    "perpetrator_name": ("Alleged perpetrator name", "perpetrator name", "perpetrator", "perp name", "perp"),
    "perpetrator_born_on": ("Alleged perpetrator date of birth", "perpetrator dob", "perp dob",
                            "perpetrator date of birth"),
    "relationship": ("Relationship to victim-survivor", "relationship", "relationship to victim"),
    "children": ("Children names", "children", "child names", "childrens names"),
    "referred_on": ("Referred on", "referral date", "date of referral", "date referred", "referred"),
    "agency": ("Referring agency", "referrer", "referred by", "agency"),
    "heard_on": ("Heard on", "marac date", "meeting date", "date heard", "date of marac", "panel date"),
    "score": ("DASH score", "score", "ric score", "risk score", "dash"),
    "concern": ("Why the risk is high", "concern", "summary", "reason for referral", "notes", "risk summary"),
    "status": ("Status", "case status", "open or closed", "outcome"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the sheet by our own names; `number` is the line a person sees in the spreadsheet."""

    number: int
    cells: dict[str, Any]


def read(path: Path) -> list[Row]:
    """The rows of the first sheet that has the headings we need.

    RuleBroken when the file is no workbook, is too large, or no sheet has a name and a date of referral.
    """
    _check_size(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, TypeError):
        raise RuleBroken("file", "The file is not an Excel workbook. Save it as .xlsx and try again.") from None
    try:
        for sheet in book.worksheets:
            rows = _rows(sheet)
            if rows is not None:
                return rows
    finally:
        book.close()
    raise RuleBroken("file", "No sheet has the headings. Write an empty one with --template and copy your columns in.")


def write_empty(path: Path) -> None:
    """An empty workbook with our headings, and what each may hold on a second sheet."""
    book = openpyxl.Workbook(write_only=True)
    sheet, notes = book.create_sheet("Cases"), book.create_sheet("What each column holds")
    sheet.append([names[0] for names in HEADINGS.values()])
    notes.append(["Column", "Also recognised as"])
    for names in HEADINGS.values():
        notes.append([names[0], ", ".join(names[1:])])
    book.save(path)


def _check_size(path: Path) -> None:
    """A workbook is a zip: neither it nor what it unpacks to may be out of all proportion."""
    if not path.is_file():
        raise RuleBroken("file", "There is no such file.")
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile:
        raise RuleBroken("file", "The file is not an Excel workbook. Save it as .xlsx and try again.") from None
    if path.stat().st_size > MOST_BYTES or unpacked > MOST_UNPACKED:
        raise RuleBroken("file", "The file is too large. Split it into files of at most 20 MB.")


def _rows(sheet: Any) -> list[Row] | None:
    """The filled rows under the first line that reads as headings; None when this sheet has none."""
    columns: dict[int, str] = {}
    found: list[Row] = []
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        if not columns:
            columns = _columns(values)
            if not columns and number > LOOK_FOR_HEADINGS:
                return None
            continue
        cells = {columns[at]: cell for at, value in enumerate(values) if at in columns and (cell := _cell(value))}
        if cells:
            found.append(Row(number, cells))
        if len(found) > MOST_ROWS:
            raise RuleBroken("file", f"The file has more than {MOST_ROWS} rows. Split it.")
    return found if columns else None


def _columns(values: tuple[Any, ...]) -> dict[int, str]:
    """Which column is which, if this line holds headings; nothing otherwise."""
    named = {at: NAMES[key] for at, value in enumerate(values) if (key := plain(str(value or ""))) in NAMES}
    names = set(named.values())
    person = "victim_name" in names or {"victim_forename", "victim_surname"} <= names
    return _once(named) if person and "referred_on" in names else {}


def _once(named: dict[int, str]) -> dict[int, str]:
    """A heading that stands twice counts where it stands first."""
    kept: dict[int, str] = {}
    for at, name in named.items():
        if name not in kept.values():
            kept[at] = name
    return kept


def _cell(value: Any) -> Any:
    """A date as it is, a whole number without its point, all else as trimmed text; nothing for an empty cell."""
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _names() -> Iterator[tuple[str, str]]:
    for key, names in HEADINGS.items():
        for name in names:
            yield plain(name), key


NAMES = dict(_names())
