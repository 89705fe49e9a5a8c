"""The list of cases as a file: for who runs a panel, after a second factor, with a reason, numbered in the register.

Initials only; no address, phone or date of birth is in it by construction, and no restricted case (DA-57). Every file
says for whom it was made, when, and until when it may be kept.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Case, IssuedDocument
from marac.services.casework import cases, naming
from marac.services.minuting import pdf
from marac.services.minuting.document_blocks import initials, long_day, table, text, time_of_day
from marac.services.minuting.documents import KEPT_DAYS, LETTERS, MARKING
from marac.services.reporting import sheets
from marac.services.reporting.papers import Paper
from marac.vocabulary import CaseState, DocumentKind, DocumentReason, DocumentState, Permission as P

MOST = 2_000
HEAD = ("Reference", "Person", "Stage", "Opened", "Last heard", "Flag until", "Next panel", "Open actions")
ENDINGS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def export_cases(
    session: Session, actor: Actor, *, ending: str, reason: DocumentReason | None, state: CaseState | None = None
) -> Paper:
    """The cases that the actor may see, as a file. NotAllowed for who runs no panel; RuleBroken without a reason."""
    access.require_holds(actor, P.CASE_EXPORT)
    access.require_step_up(actor)
    if reason is None:
        raise RuleBroken("reason", "Select what the file is for")
    rows, left_out = _rows(session, actor, state)
    number = "".join(secrets.choice(LETTERS) for _ in range(4))
    mark = _mark(session, actor, number, left_out)
    content = MAKERS[ending](rows, mark)
    entry = IssuedDocument(
        partnership_id=actor.partnership_id, kind=DocumentKind.CASE_LIST, state=DocumentState.RELEASED,
        copy_number=number, agency_id=actor.agency_id, user_id=actor.user_id, named=False, reason=reason,
        made_at=clock.now(), destroy_on=clock.today() + timedelta(days=KEPT_DAYS),
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    session.add(entry)
    session.flush()
    keys: dict[str, Any] = {"kind": entry.kind, "copy": number.lower(), "sha256": entry.sha256, "named": False}
    audit.record(session, actor, "document:made", entry, **keys)
    return Paper(f"casework-{number}.{ending}", ENDINGS[ending], content)


def _rows(session: Session, actor: Actor, state: CaseState | None) -> tuple[list[list[str]], int]:
    """One row a case, oldest first, and how many restricted ones are left out."""
    mine = select(
        Case.id, Case.reference, Case.state, Case.opened_on, Case.last_heard_on, Case.flag_until_on, Case.restricted
    ).where(access.rule(actor, P.CASE_READ, Case), Case.state != CaseState.MERGED)
    if state is not None:
        mine = mine.where(Case.state == state)
    found = session.execute(mine.order_by(Case.opened_on, Case.reference).limit(MOST)).all()
    open_ones = [row for row in found if not row.restricted]
    stages = {row.id: row.state for row in open_ones}
    names = naming.victims(session, actor, stages)
    meetings, actions = cases.next_meetings(session, stages), cases.open_actions(session, actor, stages)
    rows = [
        [row.reference, initials(names.get(row.id, "")), row.state.label, _day(row.opened_on), _day(row.last_heard_on),
         _day(row.flag_until_on), _day(meetings[row.id].date() if row.id in meetings else None),
         str(actions.get(row.id, 0))]
        for row in open_ones
    ]  # fmt: skip
    return rows, len(found) - len(open_ones)


def _day(day: object) -> str:
    return str(day) if day else ""


def _mark(session: Session, actor: Actor, number: str, left_out: int) -> str:
    """The line that every file ends with."""
    now, keep = clock.now(), clock.today() + timedelta(days=KEPT_DAYS)
    said = f"Copy {number}, made for {naming.signature(session, actor)}, {long_day(now)}, {time_of_day(now)}. "
    restricted = f" {left_out} restricted cases are left out." if left_out else ""
    return f"{MARKING} {said}Destroy by {long_day(keep)}.{restricted}"


def _as_csv(rows: Sequence[Sequence[str]], mark: str) -> bytes:
    return sheets.as_csv(HEAD, [*rows, [], [mark]])


def _as_workbook(rows: Sequence[Sequence[str]], mark: str) -> bytes:
    return sheets.as_workbook("List", HEAD, rows, note=mark)


def _as_pdf(rows: Sequence[Sequence[str]], mark: str) -> bytes:
    said = mark.removeprefix(MARKING).strip()
    return pdf.render({
        "title": "List of cases", "marking": MARKING, "copy": said.split(",")[0].removeprefix("Copy "),
        "for_whom": said.split("made for ")[1].split(",")[0], "made": said, "destroy_on": "the day above",
        "watermark": said.split(". ")[0], "size": 9.0, "flipped": True, "wide_margin": False,
        "blocks": [text(said), table(HEAD, rows, (2, 2, 3, 2, 2, 2, 2, 2))],
    })  # fmt: skip


MAKERS: dict[str, Callable[[Sequence[Sequence[str]], str], bytes]] = {
    "csv": _as_csv, "xlsx": _as_workbook, "pdf": _as_pdf,
}  # fmt: skip
