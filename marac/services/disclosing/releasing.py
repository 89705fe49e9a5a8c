"""Release by a second person, and the copies that are made afterwards: each numbered, marked, checked page by page.

Refuses who prepared it, an answer that changed since it was read, and any page that says where somebody is.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken, StaleEdit, WrongState
from marac.models import Disclosure, IssuedDocument, PageCheck, Partnership
from marac.services import moving
from marac.services.casework import naming
from marac.services.disclosing import linking, outputs, page_check, register, tagging
from marac.services.disclosing.linking import Linked
from marac.services.minuting import documents, pdf, word_files
from marac.services.minuting.document_blocks import Content
from marac.services.minuting.documents import Made
from marac.vocabulary import (
    DisclosureAnswer as Answer,
    DisclosureProof,
    DisclosureState,
    DocumentKind as K,
    DocumentState,
    Permission as P,
)


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy that was made, with its page check."""

    number: str
    kind: str
    made_by: str
    made_at: datetime
    pages: int
    found: int


def unready(session: Session, actor: Actor, disclosure: Disclosure) -> list[str]:
    """What stands in the way of the answer that was chosen, as sentences."""
    if disclosure.answer is None:
        return ["Choose what the answer is"]
    if disclosure.answer != Answer.NEITHER and not register.may_confirm(disclosure):
        return [register.NEEDS_DECISION]
    if disclosure.answer == Answer.PASSAGES and disclosure.proof == DisclosureProof.NOT_SEEN:
        return ["Record how it is known who asks"]
    if disclosure.answer == Answer.PASSAGES:
        return tagging.unready(session, actor, disclosure)
    if disclosure.answer == Answer.NOTHING and disclosure.cases:
        return ["There is a case with this request, so something is held. Choose another answer"]
    return []


def prepare(session: Session, actor: Actor, disclosure: Disclosure) -> Disclosure:
    """Send the answer to somebody else for release."""
    register.require_open(session, actor, disclosure)
    _warn_again(session, actor, disclosure)
    todo = unready(session, actor, disclosure)
    moving.advance(session, actor, disclosure, "prepare", unready=todo)
    disclosure.prepared_by_id = actor.user_id
    moving.flush(session)
    return disclosure


def take_back(session: Session, actor: Actor, disclosure: Disclosure) -> Disclosure:
    """Change something after all; whoever had agreed agrees anew."""
    moving.advance(session, actor, disclosure, "take_back")
    disclosure.agreed_by_id = disclosure.prepared_by_id = None
    moving.flush(session)
    return disclosure


def _warn_again(session: Session, actor: Actor, disclosure: Disclosure) -> None:
    """What one person may not know another may: warnings add up."""
    access.open_register(actor)
    if disclosure.cases:
        linking.list_linked(session, actor, disclosure)
        found = {*(disclosure.warned or ()), *linking.warn(session, actor, disclosure)}
        disclosure.warned = sorted(found)


def restricted(disclosure: Disclosure) -> bool:
    """Whether one of its cases is restricted to named people."""
    return any(row.case.restricted for row in disclosure.cases)


def release(session: Session, actor: Actor, disclosure: Disclosure, *, version: int | None) -> Disclosure:
    """Release what is on the page, as a second person; of a restricted case, as the second of two.

    StaleEdit when anything was tagged or answered since the page was drawn; StepUpNeeded; RuleBroken for the rest.
    """
    _ready_to_release(session, actor, disclosure, version)
    _check_pages(session, actor, disclosure)
    facts = _facts(session, actor, disclosure)
    moving.advance(session, actor, disclosure, "release", **facts)
    disclosure.released_by_id, disclosure.released_at = actor.user_id, clock.now()
    moving.flush(session)
    return disclosure


def agree(session: Session, actor: Actor, disclosure: Disclosure, *, version: int | None) -> Disclosure:
    """As the first of two who release the answer of a restricted case."""
    _ready_to_release(session, actor, disclosure, version)
    if not restricted(disclosure):
        raise RuleBroken("releaser", "Only an answer about a restricted case needs two people")
    _check_pages(session, actor, disclosure)
    moving.advance(session, actor, disclosure, "agree", **_facts(session, actor, disclosure))
    disclosure.agreed_by_id = actor.user_id
    moving.flush(session)
    return disclosure


def _ready_to_release(session: Session, actor: Actor, disclosure: Disclosure, version: int | None) -> None:
    access.require(actor, P.DISCLOSURE_RELEASE, disclosure)
    access.require_step_up(actor)
    if version != disclosure.passages_version:
        raise StaleEdit(str(disclosure.id))
    _warn_again(session, actor, disclosure)


def _facts(session: Session, actor: Actor, disclosure: Disclosure) -> dict[str, Any]:
    return {
        "releaser": actor.user_id.hex if actor.user_id else None, "hands": tuple(disclosure.hands or ()),
        "restricted": restricted(disclosure), "unready": unready(session, actor, disclosure),
        "agreed_by": disclosure.agreed_by_id.hex if disclosure.agreed_by_id else None,
    }  # fmt: skip


def view(session: Session, actor: Actor, disclosure: Disclosure) -> Content:
    """Exactly what the reader gets; for who prepares or releases."""
    linked = tagging.require_gathered(session, actor, disclosure)
    return _content(session, disclosure, linked)


def _content(session: Session, disclosure: Disclosure, linked: list[Linked]) -> Content:
    names = naming.agency_names(session, disclosure.partnership_id)
    return outputs.content_of(disclosure, linked, tagging.rows_of(session, disclosure), names)


def _check_pages(session: Session, actor: Actor, disclosure: Disclosure) -> None:
    if disclosure.answer == Answer.PASSAGES:
        linked = linking.list_linked(session, actor, disclosure)
        frame = documents.framed(
            session, actor, disclosure, _content(session, disclosure, linked), for_whom=disclosure.requester or ""
        )
        found = page_check.find(session, [one.case for one in linked], outputs.pages_of(frame))
        page_check.require_clean(found, override=disclosure.address_override)


def let_address_pass(session: Session, actor: Actor, disclosure: Disclosure, *, because: str) -> None:
    """The chair lets an address on a page pass, with a reason that stays in the register."""
    access.require(actor, P.DISCLOSURE_DECIDE, disclosure)
    access.open_register(actor)
    if actor.user_id is None or actor.user_id.hex in (disclosure.hands or ()):
        raise RuleBroken("because", "You had a part in preparing this. Somebody else must decide it")
    page_check.let_pass(session, actor, disclosure, because=because)
    moving.flush(session)


def make_copy(session: Session, actor: Actor, disclosure: Disclosure, *, in_word: bool = False) -> Made:
    """One copy of a released answer. WrongState before it is released; nothing of the file is kept but its hash."""
    access.require(actor, P.DISCLOSURE_RELEASE, disclosure)
    access.require_step_up(actor)
    if disclosure.state != DisclosureState.RELEASED or actor.user_id is None:
        raise WrongState(f"{disclosure.id} is {disclosure.state}")
    access.open_register(actor)
    if disclosure.answer != Answer.PASSAGES:
        return _letter(session, actor, disclosure, in_word=in_word)
    linked = linking.list_linked(session, actor, disclosure)
    content = _content(session, disclosure, linked)
    frame = documents.framed(session, actor, disclosure, content, for_whom=disclosure.requester or "")
    frame["destroy_on"] = ""
    found = page_check.find(session, [one.case for one in linked], outputs.pages_of(frame))
    page_check.require_clean(found, override=disclosure.address_override)
    made = (word_files if in_word else pdf).render(frame)
    entry = _entry(session, actor, disclosure, kind=K.DISCLOSURE, number=frame["copy"], made=made)
    page_check.record(session, actor, entry, found, overridden=bool(disclosure.address_override))
    return _file(entry, made, in_word=in_word)


def _letter(session: Session, actor: Actor, disclosure: Disclosure, *, in_word: bool) -> Made:
    if disclosure.answer is None or disclosure.released_at is None:
        raise NotAllowed
    body = session.get_one(Partnership, disclosure.partnership_id).name
    day = clock.to_london(disclosure.released_at).date()
    made = outputs.write_letter(
        disclosure.answer.value, requester=disclosure.requester or "", partnership=body, on=day, in_word=in_word
    )
    number = documents.new_number(session, actor)
    entry = _entry(session, actor, disclosure, kind=K.DISCLOSURE_LETTER, number=number, made=made)
    return _file(entry, made, in_word=in_word)


def _entry(
    session: Session, actor: Actor, disclosure: Disclosure, *, kind: K, number: str, made: bytes
) -> IssuedDocument:
    if actor.user_id is None:
        raise NotAllowed
    entry = IssuedDocument(
        partnership_id=disclosure.partnership_id, disclosure_id=disclosure.id, kind=kind, state=DocumentState.RELEASED,
        copy_number=number, agency_id=actor.agency_id, user_id=actor.user_id, named=True, made_at=clock.now(),
        destroy_on=documents.destroy_on(session, disclosure), sha256=hashlib.sha256(made).hexdigest(),
    )  # fmt: skip
    session.add(entry)
    moving.flush(session)
    keys: dict[str, Any] = {"kind": kind, "copy": number.lower(), "sha256": entry.sha256, "named": True}
    audit.record(session, actor, "document:made", entry, **keys)
    return entry


def _file(entry: IssuedDocument, made: bytes, *, in_word: bool) -> Made:
    media = word_files.MEDIA if in_word else "application/pdf"
    return Made(f"casework-{entry.copy_number}.{'docx' if in_word else 'pdf'}", media, made, entry)


def list_copies(session: Session, actor: Actor, disclosure: Disclosure) -> list[Copy]:
    """The copies of an answer, the newest first."""
    access.require(actor, P.DISCLOSURE_READ, disclosure)
    mine = select(IssuedDocument).where(IssuedDocument.disclosure_id == disclosure.id)
    entries = session.scalars(mine.order_by(IssuedDocument.made_at.desc())).all()
    per = select(PageCheck.document_id, func.count(), func.sum(PageCheck.found)).group_by(PageCheck.document_id)
    rows = session.execute(per.where(PageCheck.document_id.in_([one.id for one in entries])))
    checks = {row[0]: (row[1], row[2]) for row in rows}
    who = naming.colleagues(session, actor, [one.user_id for one in entries])
    return [
        Copy(one.copy_number, one.kind.label, who.get(one.user_id, ""), one.made_at, *checks.get(one.id, (0, 0)))
        for one in entries
    ]  # fmt: skip
