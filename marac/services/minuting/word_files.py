"""The same documents as Word files, from the same blocks. A mark at top and foot stands for the watermark."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from marac.services.minuting import pdf

MEDIA = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def render(data: dict[str, Any]) -> bytes:
    """One document as .docx; `data` is what services.pdf.render takes. Holds no author, company or time."""
    facts = pdf.clean({"checkpoint": "", **data})
    made = Document()
    made.core_properties.author = made.core_properties.comments = ""
    made.core_properties.title = facts["title"]
    made.styles["Normal"].font.size = Pt(facts["size"])
    _frame(made, facts)
    made.add_heading(facts["title"], 1)
    for block in facts["blocks"]:
        WRITTEN[block["block"]](made, block)
    kept = BytesIO()
    made.save(kept)
    return kept.getvalue()


def _frame(made: Any, facts: Mapping[str, Any]) -> None:
    section = made.sections[0]
    section.header.paragraphs[0].text = f"{facts['marking']}\n{facts['watermark']}"
    foot = section.footer.paragraphs[0]
    copy = f"Copy {facts['copy']} for {facts['for_whom']}. Made {facts['made']}. " if facts["copy"] else ""
    until = f"Destroy by {facts['destroy_on']}. " if facts["destroy_on"] else ""
    foot.text = f"{facts['marking']}\n{copy}{until}{pdf.trail_words(facts['checkpoint'])}Page "
    _counted(foot, "PAGE")
    foot.add_run(" of ")
    _counted(foot, "NUMPAGES")


def _counted(paragraph: Any, name: str) -> None:
    """A number that Word fills in."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    paragraph._p.append(field)  # noqa: SLF001 - the library has no other way to a page number


def _facts(made: Any, block: Mapping[str, Any]) -> None:
    for label, text in block["rows"]:
        paragraph = made.add_paragraph()
        paragraph.add_run(f"{label}: ").bold = True
        paragraph.add_run(text)


def _table(made: Any, block: Mapping[str, Any]) -> None:
    table = made.add_table(rows=1, cols=len(block["header"]), style="Table Grid")
    for cell, name in zip(table.rows[0].cells, block["header"], strict=True):
        cell.paragraphs[0].add_run(name).bold = True
    for row in block["rows"]:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def _list(made: Any, block: Mapping[str, Any]) -> None:
    for text in block["rows"]:
        made.add_paragraph(text, style="List Bullet")


def _boxes(made: Any, block: Mapping[str, Any]) -> None:
    made.add_paragraph().add_run(block["label"]).bold = True
    made.add_table(rows=1, cols=1, style="Table Grid").rows[0].cells[0].text = "\n" * block["lines"]


def _ticks(made: Any, block: Mapping[str, Any]) -> None:
    made.add_paragraph(f"{block['label']}    " + "    ".join(f"[  ] {option}" for option in block["options"]))


def _page(made: Any, _block: Mapping[str, Any]) -> None:
    made.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


WRITTEN: dict[str, Callable[[Any, Mapping[str, Any]], None]] = {
    "heading": lambda made, block: made.add_heading(block["text"], block["level"]),
    "text": lambda made, block: made.add_paragraph(block["text"]),
    "facts": _facts, "table": _table, "list": _list, "boxes": _boxes, "ticks": _ticks, "page": _page,
}  # fmt: skip
