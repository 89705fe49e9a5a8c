"""Documents that leave the system: made for one person, marked, numbered, entered in the register, audited (DA-57).

Refuses names without a reason and a second factor confirmed just now. Keeps the hash of a file, never the file.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken
from marac.models import AgendaItem, Case, Disclosure, IssuedDocument, Meeting, SanctuaryRequest
from marac.services import local
from marac.services.casework import naming
from marac.services.leaving import checking
from marac.services.minuting import pdf, word_files, words_leaving
from marac.services.minuting.document_blocks import Content, long_day, text, time_of_day
from marac.services.minuting.document_contents import CONTENTS
from marac.services.moving import flush
from marac.vocabulary import DocumentKind as K, DocumentReason, DocumentState, LeavingAs, Permission as P

MARKING = "OFFICIAL-SENSITIVE. Personal data. Do not forward or copy."
KEPT_DAYS = 28
About = Meeting | SanctuaryRequest | Disclosure | Case
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
IN_WORD = (K.MINUTES, K.ACTIONS)
NEEDS: dict[K, P] = {
    K.AGENDA: P.MEETING_READ, K.BRIEF: P.MEETING_RUN, K.MINUTES: P.MINUTES_READ, K.ACTIONS: P.ACTION_READ,
    K.ATTENDANCE: P.ATTENDANCE_RECORD, K.RESEARCH: P.RESEARCH_WRITE, K.REFERRAL: P.REFERRAL_CREATE,
}  # fmt: skip


LEAVING = {K.MINUTES: LeavingAs.MINUTES, K.ACTIONS: LeavingAs.ACTIONS}
"""Documents that the address check stops as a whole; out of others it takes what it finds."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file as it is handed over. Its name says nothing."""

    file_name: str
    media: str
    content: bytes
    entry: IssuedDocument


@dataclass(frozen=True, slots=True)
class Copy:
    """One line of the register."""

    entry: IssuedDocument
    made_by: str
    agency: str


def list_kinds(session: Session, actor: Actor, meeting: Meeting) -> list[K]:
    """What this person may make of a meeting now."""
    access.require(actor, P.MEETING_READ, meeting)
    minutes = meeting.minutes
    readable = minutes is not None and access.may(actor, P.MINUTES_READ, minutes)
    issued = readable and (minutes.issued_number is not None or access.holds(actor, P.MINUTES_WRITE))  # type: ignore[union-attr]
    return [kind for kind in NEEDS if access.holds(actor, NEEDS[kind]) and (kind != K.MINUTES or issued)]


def make_document(
    session: Session, actor: Actor, meeting: Meeting, kind: K, *, named: bool = False,
    reason: DocumentReason | None = None, in_word: bool = False,
) -> Made:  # fmt: skip
    """Make one copy for the actor. RuleBroken beside `reason` for names without one; StepUpNeeded for names."""
    if kind not in list_kinds(session, actor, meeting) or (in_word and kind not in IN_WORD):
        raise NotAllowed
    if kind == K.RESEARCH:
        named = True
    if named:
        access.require_step_up(actor)
        if reason is None:
            raise RuleBroken("reason", "Select why names are needed")
    if kind in LEAVING:
        words_leaving.require_clean(session, actor, meeting, LEAVING[kind])
    content = without_secrets(session, meeting, CONTENTS[kind](session, actor, meeting, named=named), kind)
    return release(session, actor, meeting, kind, content, named=named, reason=reason, in_word=in_word)


def release(
    session: Session, actor: Actor, meeting: Meeting, kind: K, content: Content, *, named: bool = False,
    reason: DocumentReason | None = None, in_word: bool = False,
) -> Made:  # fmt: skip
    """Draw any content as a numbered copy for the actor, and enter it in the register."""
    if actor.user_id is None:
        raise NotAllowed
    frame = framed(session, actor, meeting, content)
    made = (word_files if in_word else pdf).render(frame)
    minutes = meeting.minutes if kind == K.MINUTES else None
    entry = IssuedDocument(
        partnership_id=actor.partnership_id, meeting_id=meeting.id, kind=kind, state=DocumentState.RELEASED,
        minutes_number=(minutes.issued_number or minutes.number) if minutes else None, copy_number=frame["copy"],
        agency_id=actor.agency_id, user_id=actor.user_id, named=named, reason=reason if named else None,
        made_at=clock.now(), destroy_on=destroy_on(session, meeting), sha256=hashlib.sha256(made).hexdigest(),
    )  # fmt: skip
    session.add(entry)
    flush(session)
    keys: dict[str, Any] = {"kind": kind, "copy": entry.copy_number.lower(), "sha256": entry.sha256, "named": named}
    audit.record(session, actor, "document:made", entry, **keys)
    media = word_files.MEDIA if in_word else "application/pdf"
    return Made(f"casework-{entry.copy_number}.{'docx' if in_word else 'pdf'}", media, made, entry)


def without_secrets(session: Session, meeting: Meeting, content: Content, kind: K) -> Content:
    """A paper of a meeting without what says where somebody is; minutes and actions went through the check whole."""
    if kind in LEAVING:
        return content
    here = select(AgendaItem.case_id).where(AgendaItem.meeting_id == meeting.id)
    blocks = checking.clear(session, meeting.partnership_id, session.scalars(here).all(), content.blocks)
    return replace(content, blocks=tuple(blocks))


def framed(
    session: Session, actor: Actor, about: About, content: Content, *, for_whom: str = "", marking: str = "",
) -> dict[str, Any]:  # fmt: skip
    """A document with all that stands around it. For somebody outside (`for_whom`) it names no maker and no office."""
    copy, whose = new_number(session, actor), for_whom or naming.signature(session, actor)
    now = f"{long_day(clock.now())}, {time_of_day(clock.now())}" + ("" if for_whom else f", by {whose}")
    blocks = list(content.blocks)
    if content.left_out:
        many = "case is" if content.left_out == 1 else "cases are"
        blocks.append(text(f"{content.left_out} restricted {many} never printed."))
    return {
        "title": content.title, "marking": marking or marking_of(session, about), "copy": copy,
        "for_whom": whose, "made": now, "destroy_on": long_day(destroy_on(session, about)),
        "watermark": f"{whose}. Copy {copy}", "size": content.size, "flipped": content.flipped,
        "wide_margin": content.wide_margin, "blocks": blocks,
        "checkpoint": audit.checkpoints.digits(session, actor.partnership_id),
    }  # fmt: skip


def marking_of(session: Session, about: About) -> str:
    """The partnership's own marking, for pages and documents alike; councils differ."""
    return str(_setting(session, about, "documents.marking", MARKING))


def _setting(session: Session, about: About, name: str, usual: Any) -> Any:
    rule = local.rules_of(session, about.partnership_id, about.programme).at(clock.today()).get(name)
    return rule.value if rule is not None else usual


def destroy_on(session: Session, about: About) -> date:
    """Until when a copy made today may be kept."""
    return clock.today() + timedelta(days=int(_setting(session, about, "documents.keep_days", KEPT_DAYS)))


def new_number(session: Session, actor: Actor) -> str:
    """Four letters and digits that are never confused, new in the partnership."""
    while True:
        number = "".join(secrets.choice(LETTERS) for _ in range(4))
        held = select(IssuedDocument.id).where(IssuedDocument.copy_number == number)
        if session.scalar(held.where(IssuedDocument.partnership_id == actor.partnership_id)) is None:
            return number


def list_copies(session: Session, actor: Actor, meeting: Meeting) -> list[Copy]:
    """The register of a meeting, newest first: all of it for who runs the panel, their own copies for others."""
    access.require(actor, P.MEETING_READ, meeting)
    query = select(IssuedDocument).where(
        access.rule(actor, P.MEETING_READ, IssuedDocument), IssuedDocument.meeting_id == meeting.id
    )
    if not access.holds(actor, P.MEETING_RUN):
        query = query.where(IssuedDocument.user_id == actor.user_id)
    entries = session.scalars(query.order_by(IssuedDocument.made_at.desc())).all()
    who = naming.colleagues(session, actor, [entry.user_id for entry in entries])
    agencies = naming.agency_names(session, meeting.partnership_id)
    return [
        Copy(entry, who.get(entry.user_id, ""), agencies.get(entry.agency_id, "") if entry.agency_id else "")
        for entry in entries
    ]
