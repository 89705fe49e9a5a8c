"""Reports as PDF and Word: sentences and tables of totals, marked, with who made them. No case, no person."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.services.casework import naming
from marac.services.minuting import pdf, word_files
from marac.services.minuting.document_blocks import Block, heading, long_day, table, text, time_of_day
from marac.services.minuting.documents import LETTERS
from marac.vocabulary import Permission as P

MARKING = "OFFICIAL. Totals only: no person can be told from them."


@dataclass(frozen=True, slots=True)
class Section:
    """One heading with what it says and, where there is one, a table of strings under a header."""

    heading: str
    says: str = ""
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A file as it is handed over."""

    file_name: str
    media: str
    content: bytes


def make_paper(
    session: Session, actor: Actor, title: str, sections: Sequence[Section], *, kind: str, in_word: bool = False
) -> Paper:
    """Draw a report for the actor and note in the trail that it was made. NotAllowed unless they may read reports."""
    access.require_holds(actor, P.REPORT_READ)
    whose = naming.signature(session, actor)
    frame = {
        "title": title, "marking": MARKING, "copy": "".join(secrets.choice(LETTERS) for _ in range(4)),
        "for_whom": whose, "made": f"{long_day(clock.now())}, {time_of_day(clock.now())}, by {whose}",
        "destroy_on": "the next report", "watermark": whose, "size": 10.5, "flipped": False, "wide_margin": False,
        "blocks": [block for section in sections for block in _blocks(section)],
    }  # fmt: skip
    made = (word_files if in_word else pdf).render(frame)
    audit.record(session, actor, "report:exported", kind=kind, count=len(sections))
    media = word_files.MEDIA if in_word else "application/pdf"
    return Paper(f"report-{frame['copy']}.{'docx' if in_word else 'pdf'}", media, made)


def _blocks(section: Section) -> list[Block]:
    blocks = [heading(section.heading)]
    if section.says:
        blocks.append(text(section.says))
    if section.rows:
        blocks.append(table(section.header, section.rows, section.widths))
    return blocks
