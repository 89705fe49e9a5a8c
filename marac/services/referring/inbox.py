"""The list of referrals: what waits for a decision, drafts, what was sent, how it stands. Opens only what it may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, case, false, func, or_, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Agency, Assessment, Case, CasePerson, Referral
from marac.vocabulary import (
    Criterion,
    NeedTest,
    Permission as P,
    PersonRole,
    ProgrammeSlug,
    ReferralKind,
    ReferralState,
    Word,
)

FORM_OPEN = (ReferralState.DRAFT, ReferralState.RETURNED)
UNDECIDED = (ReferralState.SUBMITTED, ReferralState.RETURNED)
WAYS: dict[ProgrammeSlug, tuple[Word, ...]] = {
    ProgrammeSlug.DA_MARAC: tuple(Criterion), ProgrammeSlug.COMMUNITY_MARAC: tuple(NeedTest),
    ProgrammeSlug.SANCTUARY: (),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReferralLine:
    """One referral in a list. `name` and `criteria` are empty for whoever may only know how it stands."""

    id: UUID
    reference: str
    state: ReferralState
    kind: ReferralKind
    urgent: bool
    agency: str
    started_at: datetime
    submitted_at: datetime | None
    decide_by_at: datetime | None
    decided_at: datetime | None
    name: str = ""
    criteria: tuple[Word, ...] = ()
    programme: ProgrammeSlug = ProgrammeSlug.DA_MARAC
    red_flags: int = 0

    @property
    def overdue(self) -> bool:
        """Whether it should have been decided by now."""
        waiting = self.state in UNDECIDED and self.decide_by_at is not None
        return waiting and self.decide_by_at is not None and self.decide_by_at < clock.now()


def list_referrals(
    session: Session, actor: Actor, which: str = "sent", most: int = 100, *,
    programme: ProgrammeSlug | None = None, state: ReferralState | None = None,
) -> list[ReferralLine]:  # fmt: skip
    """`waiting` for a decision (overdue first, then urgent, then by date), own `drafts` and `sent`, or `decided`.

    Of one programme or in one state when told; `decided` has the newest first.
    """
    mine = Referral.agency_id == actor.agency_id
    wanted: dict[str, Any] = {
        "waiting": Referral.state.in_(UNDECIDED),
        "drafts": Referral.state.in_([ReferralState.DRAFT]) & mine,
        "sent": Referral.state.not_in([ReferralState.DRAFT, ReferralState.WITHDRAWN]) & mine,
        "decided": Referral.decided_at.is_not(None),
    }
    order: dict[str, tuple[Any, ...]] = {
        "waiting": (
            case((Referral.decide_by_at < clock.now(), 0), else_=1),
            Referral.urgent.desc(),
            Referral.decide_by_at,
            Referral.submitted_at,
        ),
        "decided": (Referral.decided_at.desc(),),
    }
    permission = P.REFERRAL_DECIDE if which in ("waiting", "decided") else P.REFERRAL_READ
    asked = _columns(actor).where(access.rule(actor, permission, Referral), wanted[which])
    if programme is not None:
        asked = asked.where(Referral.programme == programme)
    if state is not None:
        asked = asked.where(Referral.state == state)
    rows = session.execute(
        asked.order_by(*order.get(which, (Referral.started_at.desc(),))).limit(most)
    ).all()  # fmt: skip
    return _with_names(session, actor, rows)


def waiting_count(session: Session, actor: Actor) -> int:
    """How many referrals wait for this person's decision (the number beside the menu)."""
    decidable = access.rule(actor, P.REFERRAL_DECIDE, Referral)
    query = select(func.count()).select_from(Referral).where(decidable, Referral.state == ReferralState.SUBMITTED)
    return session.scalar(query) or 0


def last_decided_at(session: Session, actor: Actor) -> datetime | None:
    """When the newest decision was made, for the empty inbox."""
    return session.scalar(select(func.max(Referral.decided_at)).where(access.rule(actor, P.REFERRAL_DECIDE, Referral)))


def _columns(actor: Actor) -> Any:
    reads: ColumnElement[bool] = Case.id.in_(select(Case.id).where(access.rule(actor, P.CASE_READ, Case)))
    fills = access.rule(actor, P.REFERRAL_EDIT, Referral) if access.holds(actor, P.REFERRAL_EDIT) else false()
    return (
        select(
            *sealed_columns(Referral, "risk"), Referral.id, Referral.case_id, Referral.reference, Referral.state,
            Referral.kind, Referral.urgent, Referral.started_at, Referral.submitted_at, Referral.decide_by_at,
            Referral.decided_at, Referral.programme, Agency.name.label("agency"), Case.state.label("stage"),
            reads.label("reads"), or_(fills, false()).label("fills"),
        )
        .join(Case, Case.id == Referral.case_id)
        .join(Agency, Agency.id == Referral.agency_id)
    )  # fmt: skip


def _with_names(session: Session, actor: Actor, rows: Sequence[Row[Any]]) -> list[ReferralLine]:
    opened = [row for row in rows if _opens(session, actor, row)]
    criteria = dict(zip([row.id for row in opened], open_many(Referral, "risk", opened), strict=True))
    names, flags = _names(session, [row.case_id for row in opened]), _red_flags(session, [row.id for row in opened])
    return [
        ReferralLine(
            row.id, row.reference, row.state, row.kind, row.urgent, row.agency, row.started_at, row.submitted_at,
            row.decide_by_at, row.decided_at, names.get(row.case_id, "") if row.id in criteria else "",
            tuple(way for way in WAYS[row.programme] if way in (criteria.get(row.id, {}).get("criteria") or ())),
            row.programme,
            len(flags.get(row.id, ())),
        )
        for row in rows
    ]  # fmt: skip


def _opens(session: Session, actor: Actor, row: Row[Any]) -> bool:
    drafting = bool(row.fills) and row.state in FORM_OPEN
    if not (drafting or row.reads):
        return False
    return {"identity", "risk"} <= access.open_stage(session, actor, row.case_id, row.stage, drafting=drafting)


def _red_flags(session: Session, referral_ids: list[UUID]) -> dict[UUID, set[str]]:
    """What stands out in the checklists of these referrals; all of them were opened."""
    query = select(*sealed_columns(Assessment, "risk"), Assessment.referral_id)
    rows = session.execute(query.where(Assessment.referral_id.in_(referral_ids))).all()
    found: dict[UUID, set[str]] = {}
    for row, told in zip(rows, open_many(Assessment, "risk", rows), strict=True):
        found.setdefault(row.referral_id, set()).update(told.get("red_flags") or ())
    return found


def _names(session: Session, case_ids: list[UUID]) -> dict[UUID, str]:
    columns = (*sealed_columns(CasePerson, "identity"), CasePerson.case_id)
    victims = select(*columns).where(CasePerson.case_id.in_(case_ids), CasePerson.role == PersonRole.VICTIM)
    rows = session.execute(victims).all()
    people = open_many(CasePerson, "identity", rows)
    return {row.case_id: person.get("full_name", "") for row, person in zip(rows, people, strict=True)}
