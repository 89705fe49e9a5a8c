"""A Word file as lines: paragraphs and tables in their order, filled-in controls and ticked boxes. Runs nothing of it.

Of the whole file one part is opened, the words; no macro, link, picture, template or part outside it is looked at.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any, Final

from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml.etree import LxmlError  # type: ignore[import-untyped]

from marac.errors import RuleBroken
from marac.workflows.form_lines import EMPTY, TICKED, Line, line_of

WORDS: Final = "word/document.xml"
MOST_WORDS: Final = 20 * 1024 * 1024  # bytes of that one part, unpacked
MOST_TIMES: Final = 200  # how often smaller the packed part may be: a real one is 5 to 30 times
DAMAGED: Final = "The file is damaged. Open it in Word, save it again and try once more"
BLOWN_UP: Final = "The file unpacks to far more than a form holds. Save it again as PDF and try that"
W14: Final = "{http://schemas.microsoft.com/office/word/2010/wordml}"
FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
TICKS: Final = {"F0FE": TICKED, "F0FD": TICKED, "F052": TICKED, "F0FC": TICKED, "F0A8": EMPTY, "F06F": EMPTY}
NO_TEXT: Final = frozenset({qn("w:instrText"), qn("w:delText"), qn("w:pPr"), qn("w:rPr"), FALLBACK})
OFF: Final = frozenset({"0", "false", "off"})


def lines(content: bytes) -> list[Line]:
    """The lines of a Word file. RuleBroken beside `file` when it is damaged or out of all proportion."""
    try:
        body = parse_xml(_words(content)).find(qn("w:body"))
    except (zipfile.BadZipFile, LxmlError, KeyError, ValueError, OSError, RuntimeError, NotImplementedError):
        raise RuleBroken("file", DAMAGED) from None
    if body is None:
        raise RuleBroken("file", DAMAGED)
    found: list[Line] = []
    count = {"paragraph": 0, "table": 0}
    for block in _blocks(body):
        found += _table(block, count) if block.tag == qn("w:tbl") else _paragraph(block, count)
    return found


def _words(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        part = packed.getinfo(WORDS)
        if part.flag_bits & 1 or part.file_size > min(MOST_WORDS, MOST_TIMES * max(1, part.compress_size)):
            raise RuleBroken("file", BLOWN_UP)
        words = packed.read(part)
    if b"<!" in words.replace(b"\0", b"").replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        raise RuleBroken("file", DAMAGED)  # a Word file declares no types and no entities of its own
    return words


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those inside a control."""
    for child in parent:
        if child.tag in (qn("w:p"), qn("w:tbl")):
            yield child
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml"), qn("w:ins")):
            yield from _blocks(child)


def _paragraph(block: Any, count: dict[str, int]) -> list[Line]:
    """A paragraph, a tab between its words making cells; then what stands in its text boxes."""
    count["paragraph"] += 1
    place = f"Paragraph {count['paragraph']}"
    found = [line_of(enumerate(text.split("\t")), place) for text in _text(block).split("\n")]
    for box in block.iter(qn("w:txbxContent")):
        if not any(above.tag == FALLBACK for above in box.iterancestors()):
            for inner in _blocks(box):
                found += _table(inner, count) if inner.tag == qn("w:tbl") else _paragraph(inner, count)
    return [line for line in found if line.filled]


def _table(block: Any, count: dict[str, int]) -> list[Line]:
    count["table"] += 1
    number, found = count["table"], []
    for at, row in enumerate(_inside(block, qn("w:tr")), 1):
        cells, nested, column = [], [], 0
        for cell in _inside(row, qn("w:tc")):
            blocks = list(_blocks(cell))
            cells.append((column, "\n".join(_text(one).replace("\t", " ") for one in blocks if one.tag == qn("w:p"))))
            nested += [one for one in blocks if one.tag == qn("w:tbl")]
            column += _width(cell)
        found.append(line_of(cells, f"Table {number}, row {at}"))
        for inner in nested:
            found += _table(inner, count)
    return found


def _inside(parent: Any, tag: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, also those inside a control."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins")):
            yield from _inside(child, tag)


def _width(cell: Any) -> int:
    span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
    words = span.get(qn("w:val"), "1") if span is not None else "1"
    return int(words) if words.isdecimal() and len(words) < 4 else 1


def _text(node: Any) -> str:
    return "".join(_pieces(node))


def _pieces(node: Any) -> Iterator[str]:
    """The words of a paragraph in order: text, tabs, line ends, boxes; nothing of a hint that was never replaced."""
    for child in node:
        tag = child.tag
        if tag == qn("w:t"):
            yield child.text or ""
        elif tag in PLAIN:
            yield PLAIN[tag]
        elif tag == qn("w:sym"):
            yield TICKS.get(child.get(qn("w:char"), "").upper(), "")
        elif tag == qn("w:checkBox"):
            yield TICKED if _is_on(child) else EMPTY
        elif tag == qn("w:sdt"):
            yield from _control(child)
        elif tag not in NO_TEXT and tag != qn("w:txbxContent") and isinstance(tag, str):
            yield from _pieces(child)


def _control(control: Any) -> Iterator[str]:
    about, inside = control.find(qn("w:sdtPr")), control.find(qn("w:sdtContent"))
    box = about.find(f"{W14}checkbox") if about is not None else None
    if box is not None:
        checked = box.find(f"{W14}checked")
        yield TICKED if checked is not None and checked.get(f"{W14}val", "1").lower() not in OFF else EMPTY
    elif inside is not None and (about is None or about.find(qn("w:showingPlcHdr")) is None):
        yield from _pieces(inside)


def _is_on(box: Any) -> bool:
    """A box of the older kind: what was ticked, else how it came."""
    for tag in ("w:checked", "w:default"):
        found = box.find(qn(tag))
        if found is not None:
            return str(found.get(qn("w:val"), "1")).lower() not in OFF
    return False


PLAIN: Final = {qn("w:tab"): "\t", qn("w:ptab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
