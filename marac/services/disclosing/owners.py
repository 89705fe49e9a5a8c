"""The agency whose information it is says whether it may be handed out (DA-45, DA-46). It sees its own words alone.

Refuses an agency any other agency's words, who asks, and what else is handed out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Disclosure, DisclosurePassage
from marac.services import moving
from marac.services.disclosing import linking, tagging
from marac.services.disclosing.register import require_open
from marac.vocabulary import OPEN_DISCLOSURES, DisclosureKind, PassageApproval as A, Permission as P

PUT = (A.ASKED, A.AGREED, A.OBJECTED)


@dataclass(frozen=True, slots=True)
class Question:
    """One request as the agency sees it: what sort, by when, how much of its information."""

    disclosure_id: UUID
    kind: DisclosureKind
    due_on: date
    left: int
    total: int


@dataclass(frozen=True, slots=True)
class Own:
    """One passage of the agency's own information."""

    id: UUID
    label: str
    said_on: date | None
    text: str
    fact_or_opinion: str
    approval: A
    objection: str


def ask_owners(session: Session, actor: Actor, disclosure: Disclosure) -> int:
    """Ask each agency about those of its words that would be handed out now; returns how many agencies."""
    require_open(session, actor, disclosure)
    linked = linking.list_linked(session, actor, disclosure)
    subjects = frozenset(subject for one in linked for subject in one.subjects)
    rows = [
        row for row in tagging.rows_of(session, disclosure)
        if row.agency_id and row.approval == A.NOT_ASKED and tagging.is_shown(row, subjects)
    ]  # fmt: skip
    for row in rows:
        row.approval = A.AGREED if row.agency_id == actor.agency_id else A.ASKED
    agencies = {row.agency_id for row in rows if row.agency_id != actor.agency_id}
    audit.record(session, actor, "disclosure:asked", disclosure, agencies=len(agencies))
    moving.flush(session)
    return len(agencies)


def list_questions(session: Session, actor: Actor) -> list[Question]:
    """What this person's agency is asked about, the first due first; nothing of a case they may not see."""
    mine = access.visible(actor, P.DISCLOSURE_AGREE, DisclosurePassage)
    asked = mine.join(Disclosure, Disclosure.id == DisclosurePassage.disclosure_id).where(
        DisclosurePassage.approval.in_(PUT), Disclosure.state.in_(OPEN_DISCLOSURES)
    )
    per: dict[UUID, list[DisclosurePassage]] = {}
    for row in session.scalars(asked):
        per.setdefault(row.disclosure_id, []).append(row)
    found = session.scalars(select(Disclosure).where(Disclosure.id.in_(per)).order_by(Disclosure.due_on))
    return [
        Question(one.id, one.kind, one.due_on, sum(row.approval == A.ASKED for row in per[one.id]), len(per[one.id]))
        for one in found
    ]  # fmt: skip


def list_own(session: Session, actor: Actor, disclosure_id: UUID) -> list[Own]:
    """The agency's own words that are asked about, or NotFound."""
    return [
        Own(
            row.id, row.label or "", row.said_on, row.text or "", row.fact_or_opinion or "", row.approval,
            row.objection or "",
        )
        for row in _rows(session, actor, disclosure_id)
    ]  # fmt: skip


def _rows(session: Session, actor: Actor, disclosure_id: UUID) -> list[DisclosurePassage]:
    mine = access.visible(actor, P.DISCLOSURE_AGREE, DisclosurePassage).where(
        DisclosurePassage.disclosure_id == disclosure_id, DisclosurePassage.approval.in_(PUT)
    )
    open_ones = mine.join(Disclosure, Disclosure.id == DisclosurePassage.disclosure_id)
    open_ones = open_ones.where(Disclosure.state.in_(OPEN_DISCLOSURES))
    rows = list(session.scalars(open_ones.order_by(DisclosurePassage.position, DisclosurePassage.part)))
    if not rows:
        raise NotFound
    access.open_own_passages(actor, {row.case_id for row in rows})
    return rows


def answer(
    session: Session, actor: Actor, disclosure_id: UUID, typed: Mapping[UUID, tuple[bool, str]]
) -> tuple[int, int]:
    """Agree or object, passage by passage: id -> (agrees, why not). NotFound if one is not the agency's own."""
    rows = {row.id: row for row in _rows(session, actor, disclosure_id)}
    if not set(typed) <= set(rows):
        raise NotFound
    for passage_id, (agrees, why) in typed.items():
        if not agrees and not why.strip():
            raise RuleBroken(f"passage-{passage_id.hex}", "Say why it must not be handed out")
    for passage_id, (agrees, why) in typed.items():
        row = rows[passage_id]
        row.approval, row.objection = (A.AGREED, "") if agrees else (A.OBJECTED, why.strip())
        row.answered_at, row.answered_by_id = clock.now(), actor.user_id
    agreed = sum(agrees for agrees, _ in typed.values())
    disclosure = session.get_one(Disclosure, disclosure_id)
    disclosure.passages_version += 1
    audit.record(session, actor, "disclosure:owner_answered", disclosure, agreed=agreed, objected=len(typed) - agreed)
    moving.flush(session)
    return agreed, len(typed) - agreed


def override(session: Session, actor: Actor, disclosure: Disclosure, *, because: str) -> None:
    """Hand out what an agency objects to, or did not answer about: a court orders it, say. Kept in the register."""
    require_open(session, actor, disclosure)
    if not because.strip():
        raise RuleBroken("because", "Say what obliges you to hand it out")
    disclosure.owner_override = because.strip()
    disclosure.passages_version += 1
    audit.record(session, actor, "disclosure:overridden", disclosure, what="owner")
    moving.flush(session)
