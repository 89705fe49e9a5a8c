"""A case by date: referrals, contacts, meetings with who was there, decisions, actions and results, who had what shown.

Made for a review (DA-55). Holds no address; a restricted case's is read here and never printed (DA-57).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed
from marac.models import (
    Action,
    AgendaItem,
    Assessment,
    Attendance,
    AuditEntry,
    Case,
    CaseHold,
    Flag,
    IssuedDocument,
    Referral,
    Research,
    Telling,
    Transfer,
)
from marac.services.casework import naming
from marac.services.disclosing import outputs, page_check, sources
from marac.services.meetings.attendance import HERE
from marac.services.minuting import documents, pdf, word_files
from marac.services.minuting.document_blocks import Content, long_day, table, text
from marac.services.minuting.documents import Made
from marac.services.moving import flush
from marac.vocabulary import DocumentKind, DocumentState, Permission as P, ReferralState

MOVED = ("case:list", "case:defer", "case:close", "case:lapse", "case:merge", "case:reopen", "case:close_over")
MOVES = {
    "case:list": "Listed for a meeting", "case:defer": "Put off", "case:close": "Case closed",
    "case:lapse": "Flag ended, twelve months after the last meeting", "case:merge": "Joined with another case",
    "case:reopen": "Opened again as a repeat", "case:close_over": "Case closed over what was open",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: the day, what sort of thing, in words, and by or for which agency."""

    on: date
    kind: str
    text: str
    agency: str = ""


def chronicle(session: Session, actor: Actor, case: Case) -> tuple[Entry, ...]:
    """Everything of a case by date, the oldest first; reading it is recorded. NotAllowed for who keeps no holds."""
    access.require(actor, P.CASE_HOLD, case)
    names = naming.agency_names(session, case.partnership_id)
    access.open_staff(actor)
    with access.apart():
        access.open_for("disclose", case.partnership_id, [case.id])
        found = [entry for reader in READERS for entry in reader(session, case, names)]
    audit.record(session, actor, "case:chronicled", case, entries=len(found))
    return tuple(sorted(found, key=lambda entry: entry.on))


def _rows(session: Session, model: Any, case: Case) -> list[Any]:
    return list(session.scalars(select(model).where(model.case_id == case.id)))


def _day(moment: datetime) -> date:
    return clock.to_london(moment).date()


def _said(*parts: Any) -> str:
    return ". ".join(part for part in map(sources.words, parts) if part)


def _referrals(session: Session, case: Case, names: dict[UUID, str]) -> Iterator[Entry]:
    for one in _rows(session, Referral, case):
        if one.state == ReferralState.DRAFT or one.submitted_at is None:
            continue
        agency = names.get(one.agency_id, "")
        yield Entry(_day(one.submitted_at), "Referral", _said(one.kind.label, one.what_happened), agency)
        if one.decided_at:
            outcome = one.outcome.label if one.outcome else one.state.label
            yield Entry(_day(one.decided_at), "Decision", _said(outcome, one.decision_reason))


def _assessments(session: Session, case: Case, _names: dict[UUID, str]) -> Iterator[Entry]:
    for one in _rows(session, Assessment, case):
        score = "" if one.score is None else f"{one.score} yes"
        yield Entry(_day(one.made_at), "Risk assessment", _said(one.checklist.replace("_", " "), score))


def _meetings(session: Session, case: Case, names: dict[UUID, str]) -> Iterator[Entry]:
    for item in _rows(session, AgendaItem, case):
        places = session.scalars(select(Attendance).where(Attendance.meeting_id == item.meeting_id)).all()
        here = sorted(f"{names.get(one.agency_id, '')} ({one.person_name})" for one in places if one.state in HERE)
        away = sorted(names.get(one.agency_id, "") for one in places if one.state not in HERE)
        outcome = (item.outcome or item.state).label
        came = f"Present: {', '.join(here)}" if here else ""
        not_there = f"Not there: {', '.join(away)}" if here and away else ""
        words = _said(outcome, item.deferred_because, came, not_there)
        yield Entry(_day(item.meeting.starts_at), "Meeting", words)


def _research(session: Session, case: Case, names: dict[UUID, str]) -> Iterator[Entry]:
    for one in _rows(session, Research, case):
        if one.returned_at:
            yield Entry(_day(one.returned_at), "Research", one.state.label, names.get(one.agency_id, ""))


def _actions(session: Session, case: Case, names: dict[UUID, str]) -> Iterator[Entry]:
    for one in _rows(session, Action, case):
        agency = names.get(one.agency_id, "")
        due = f"Due {long_day(one.due_on)}"
        yield Entry(_day(one.agreed_at), "Action agreed", _said(one.text, due), agency)
        if one.closed_at:
            yield Entry(_day(one.closed_at), "Action result", _said(one.state.label, one.text, one.note), agency)


def _contacts(session: Session, case: Case, names: dict[UUID, str]) -> Iterator[Entry]:
    for one in _rows(session, Telling, case):
        if one.reported_at:
            agency = names.get(one.agency_id, "")
            yield Entry(_day(one.reported_at), "Contact", _said(one.state.label, one.how), agency)


def _marks(session: Session, case: Case, names: dict[UUID, str]) -> Iterator[Entry]:
    for flag in _rows(session, Flag, case):
        if flag.confirmed_at:
            yield Entry(_day(flag.confirmed_at), "Flag and tag", flag.state.label, names.get(flag.agency_id, ""))
    for moved in _rows(session, Transfer, case):
        yield Entry(_day(moved.made_at), "Transfer", moved.direction.label)
    for hold in _rows(session, CaseHold, case):
        yield Entry(_day(hold.since_at), "Hold", hold.reason.label)


def _moves(session: Session, case: Case, _names: dict[UUID, str]) -> Iterator[Entry]:
    about = select(AuditEntry.at, AuditEntry.tag).where(AuditEntry.case_id == case.id, AuditEntry.tag.in_(MOVED))
    for at, tag in session.execute(about.where(AuditEntry.partnership_id == case.partnership_id)):
        yield Entry(_day(at), "Case", MOVES[tag])


def _reveals(session: Session, case: Case, _names: dict[UUID, str]) -> Iterator[Entry]:
    """How often a masked value was shown, in all; who and why is in the history of the case."""
    shown = (AuditEntry.case_id == case.id, AuditEntry.tag == "location:revealed")
    number, last = session.execute(select(func.count(), func.max(AuditEntry.at)).where(*shown)).one()
    if number and last:
        times = "once" if number == 1 else f"{number} times"
        yield Entry(_day(last), "Shown", f"A hidden address or phone was shown {times} up to this day")


READERS = (
    _referrals, _assessments, _meetings, _research, _actions, _contacts, _marks, _moves, _reveals,
)  # fmt: skip


def make_copy(session: Session, actor: Actor, case: Case, *, in_word: bool = False) -> Made:
    """A numbered, marked copy, checked page by page. NotAllowed for a restricted case; StepUpNeeded."""
    access.require(actor, P.CASE_HOLD, case)
    if case.restricted or actor.user_id is None:
        raise NotAllowed
    access.require_step_up(actor)
    entries = chronicle(session, actor, case)
    rows = [[long_day(one.on), one.kind, one.text, one.agency] for one in entries]
    blocks = (text(f"Case {case.reference}."), table(("Day", "What", "In words", "Agency"), rows, (3, 2, 8, 3)))
    frame = documents.framed(session, actor, case, Content("Chronology", blocks, size=9.5, flipped=True))
    found = page_check.find(session, [case], outputs.pages_of(frame))
    page_check.require_clean(found, override=None)
    made = (word_files if in_word else pdf).render(frame)
    entry = IssuedDocument(
        partnership_id=case.partnership_id, of_case_id=case.id, kind=DocumentKind.CHRONOLOGY,
        state=DocumentState.RELEASED, copy_number=frame["copy"], agency_id=actor.agency_id, user_id=actor.user_id,
        named=True, made_at=clock.now(), destroy_on=documents.destroy_on(session, case),
        sha256=hashlib.sha256(made).hexdigest(),
    )  # fmt: skip
    session.add(entry)
    flush(session)
    keys: dict[str, Any] = {"kind": entry.kind, "copy": frame["copy"].lower(), "sha256": entry.sha256, "named": True}
    audit.record(session, actor, "document:made", entry, case_id=case.id, **keys)
    page_check.record(session, actor, entry, found, overridden=False)
    media = word_files.MEDIA if in_word else "application/pdf"
    return Made(f"casework-{entry.copy_number}.{'docx' if in_word else 'pdf'}", media, made, entry)
