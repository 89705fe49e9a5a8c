"""Holds on cases: a case under one is not erased, and if it is locked it is not changed either (DA-48, DA-55).

Refuses a hold without a reason, and to lock a case that is about to be heard.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Case, CaseHold
from marac.services.casework import naming
from marac.services.retaining import holds as erasing
from marac.vocabulary import CaseState, HoldReason, Permission as P

TO_BE_HEARD = (CaseState.LISTED, CaseState.RESEARCHED, CaseState.IN_MEETING)


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold as a page shows it."""

    id: UUID
    reason: HoldReason
    locks: bool
    since: str
    because: str
    lifted: str


def held_cases(session: Session, partnership_id: UUID) -> set[UUID]:
    """Every case of a partnership that must not be erased now."""
    live = (CaseHold.partnership_id == partnership_id, CaseHold.lifted_at.is_(None))
    return set(session.scalars(select(CaseHold.case_id).where(*live)))


def is_held(session: Session, case_id: UUID) -> bool:
    """Whether this case must not be erased."""
    return session.scalar(_live(case_id).limit(1)) is not None


def is_locked(session: Session, case_id: UUID) -> bool:
    """Whether this case must not be changed either."""
    return session.scalar(_live(case_id).where(CaseHold.locks).limit(1)) is not None


def hold_case(
    session: Session, actor: Actor, case: Case, *, reason: HoldReason, because: str, locks: bool = False
) -> CaseHold:
    """Keep a case as it is. RuleBroken without a reason, or when a case that is to be heard would be locked."""
    access.require(actor, P.CASE_HOLD, case)
    access.open_register(actor)
    if not because.strip():
        raise RuleBroken("because", "Say who asked for it, and why")
    if locks and case.state in TO_BE_HEARD:
        raise RuleBroken("locks", "This case is on an agenda. Take it off before you lock it")
    erasing.lock(session, case)
    hold = CaseHold(
        partnership_id=case.partnership_id, case_id=case.id, reason=reason, locks=locks, since_at=clock.now(),
        set_by_id=actor.user_id, because=because.strip(),
    )  # fmt: skip
    session.add(hold)
    session.flush()
    audit.record(session, actor, "case:held", case, reason=reason, locked=locks)
    return hold


def get_hold(session: Session, actor: Actor, case: Case, hold_id: UUID) -> CaseHold:
    """One live hold of this case, or NotFound."""
    access.require(actor, P.CASE_HOLD, case)
    access.open_register(actor)
    hold = session.scalar(_live(case.id).where(CaseHold.id == hold_id))
    if hold is None:
        raise NotFound
    return hold


def lift_hold(session: Session, actor: Actor, case: Case, hold_id: UUID, *, because: str) -> None:
    """The reason is over. NotFound for a hold of another case, RuleBroken without a reason."""
    hold = get_hold(session, actor, case, hold_id)
    if not because.strip():
        raise RuleBroken("because", "Say why the hold is lifted")
    hold.lifted_at, hold.lifted_by_id, hold.lifted_because = clock.now(), actor.user_id, because.strip()
    session.flush()
    audit.record(session, actor, "case:hold_lifted", case)


def list_holds(session: Session, actor: Actor, case: Case) -> list[Hold]:
    """The holds of a case, the newest first; for who keeps them."""
    access.require(actor, P.CASE_HOLD, case)
    access.open_register(actor)
    rows = session.scalars(select(CaseHold).where(CaseHold.case_id == case.id).order_by(CaseHold.since_at.desc())).all()
    who = naming.colleagues(session, actor, [one for row in rows for one in (row.set_by_id, row.lifted_by_id)])
    return [
        Hold(
            row.id, row.reason, row.locks, f"{who.get(row.set_by_id, '')}, {_day(row.since_at)}", row.because or "",
            f"{who.get(row.lifted_by_id, '')}, {_day(row.lifted_at)}: {row.lifted_because}"
            if row.lifted_by_id and row.lifted_at else "",
        )
        for row in rows
    ]  # fmt: skip


def _day(moment: datetime) -> str:
    local = clock.to_london(moment)
    return f"{local.day} {local:%B %Y}"


def _live(case_id: UUID) -> Select[CaseHold]:
    return select(CaseHold).where(CaseHold.case_id == case_id, CaseHold.lifted_at.is_(None))
