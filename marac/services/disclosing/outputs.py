"""What is handed over, built anew from the passages that are shown and from nothing else; and the letters.

Hidden words never reach these values, so no file made from them holds them in any layer.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from marac.models import Disclosure, DisclosurePassage
from marac.services.disclosing import tagging
from marac.services.disclosing.linking import Linked
from marac.services.minuting import pdf, word_files
from marac.services.minuting.document_blocks import Block, Content, facts, heading, long_day, new_page, text
from marac.vocabulary import DisclosureKind
from marac.workflows.exemptions import exemptions, letter, shipped

LEFT_OUT: Final = "[Left out]"
LETTER_MARKING: Final = "OFFICIAL"
TITLE: Final = "Information handed over"


def content_of(
    disclosure: Disclosure, linked: Sequence[Linked], rows: Sequence[DisclosurePassage], agencies: dict[UUID, str]
) -> Content:  # fmt: skip
    """The whole answer as its reader gets it. A place of which nothing is shown leaves no trace, not even its name."""
    blocks: list[Block] = [*_head(disclosure)]
    for case in linked:
        mine = [row for row in rows if row.case_id == case.case.id]
        found = _of_case(mine, case.subjects, agencies)
        blocks += [new_page(), *found] if found and len(linked) > 1 else found
    blocks.append(text(" ".join(str(shipped()["rights"]).split())))
    return Content(TITLE, tuple(blocks))


def _head(disclosure: Disclosure) -> Iterable[Block]:
    if disclosure.kind == DisclosureKind.HEALTH:
        yield heading("Hide from online access")
        yield text(" ".join(str(shipped()["health_note"]).split()))
    yield facts(("For", disclosure.requester or ""), ("Asked for", disclosure.scope or ""),
                ("Request received", long_day(disclosure.received_on)), ("Basis", disclosure.basis or ""))  # fmt: skip
    yield text(f"{LEFT_OUT} stands where words are left out, with the reason where it can be said.")


def _of_case(rows: Sequence[DisclosurePassage], subjects: frozenset[str], agencies: dict[UUID, str]) -> list[Block]:
    blocks: list[Block] = []
    for (label, _source), group in groupby(rows, key=lambda row: (row.label or "", row.source_id)):
        passages = list(group)
        if any(tagging.is_shown(row, subjects) for row in passages):
            blocks += [heading(label), *_said(passages, subjects), _whose(passages[0], agencies)]
    return blocks


def _said(passages: Sequence[DisclosurePassage], subjects: frozenset[str]) -> Iterable[Block]:
    for _position, pieces in groupby(passages, key=lambda row: row.position):
        words: list[str] = []
        for row in pieces:
            said = (row.text or "") if tagging.is_shown(row, subjects) else _left_out(row)
            if said not in words[-1:] or tagging.is_shown(row, subjects):
                words.append(said)
        yield text(" ".join(words))


def _left_out(row: DisclosurePassage) -> str:
    reason = exemptions().get(row.exemption or "")
    return f"[Left out: {reason.said}]" if reason and reason.said else LEFT_OUT


def _whose(row: DisclosurePassage, agencies: dict[UUID, str]) -> Block:
    owner = agencies.get(row.agency_id, "") if row.agency_id else ""
    said_on = f"{row.said_on.day} {row.said_on:%B %Y}" if row.said_on else ""
    return facts(("Source", ", ".join(filter(None, (owner or "Panel record", said_on, row.fact_or_opinion)))))


def pages_of(frame: dict[str, Any]) -> dict[int, str]:
    """The words of each page of a document; a block that runs on stands on every page it may reach."""
    starts = pdf.first_pages(frame)
    found: dict[int, list[str]] = {1: [str(frame["title"]), str(frame["for_whom"])]}
    for block, first, last in zip(frame["blocks"], starts, starts[1:], strict=False):
        for page in range(first, last + 1):
            found.setdefault(page, []).append(_words(block))
    return {page: "\n".join(parts) for page, parts in sorted(found.items())}


def _words(value: Any) -> str:
    """Every text in a block, one line each."""
    if isinstance(value, str):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return "\n".join(part for part in map(_words, inner) if part)


def write_letter(name: str, *, requester: str, partnership: str, on: date, in_word: bool = False) -> bytes:
    """A letter that depends on nothing but who asked and the day: the same whether or not a case exists."""
    title, paragraphs = letter(name)
    blocks = [facts(("To", requester), ("Date", long_day(on))), *(text(one) for one in paragraphs),
              text(partnership)]  # fmt: skip
    frame = {
        "title": title, "marking": LETTER_MARKING, "copy": "", "for_whom": "", "made": "", "destroy_on": "",
        "watermark": "", "size": 11.5, "flipped": False, "wide_margin": False, "blocks": blocks,
    }  # fmt: skip
    return word_files.render(frame) if in_word else pdf.render(frame)
