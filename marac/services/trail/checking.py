"""Are the rows as their last entries left them? A case with one that is not is closed to all but the chair.

Reads on a snapshot, writes marks and alerts in a short transaction of its own. Refuses to mend anything: the chair
looks, and says that the case may be opened again as it stands.
"""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.audit import BrokenRow
from marac.errors import NotFound
from marac.models import Case, IntegrityMark
from marac.services.clockwork import leases
from marac.services.clockwork.leases import Held
from marac.services.keeping.deployment import Deployment
from marac.services.trail import raising
from marac.vocabulary import AlertRule, Permission as P

TOLD = 50  # of one run; the rest is found again once these are looked into


def check_access_rows(house: Deployment, held: Held, job: str, slot: str) -> int:
    """Every hour: the tables that decide who may see what."""
    return _check_each(house, held, job, slot, frozenset(audit.DECIDES))


def check_all_rows(house: Deployment, held: Held, job: str, slot: str) -> int:
    """Every night: every row with a hash; and the chain itself."""
    return _check_each(house, held, job, slot, None)


def broken_in(house: Deployment, partnership_id: UUID, only: Collection[str] | None = None) -> list[BrokenRow] | None:
    """The rows that are not as their last entry left them, read on one snapshot; None when there is no baseline."""
    with house.reader() as session:
        return audit.broken_rows(session, partnership_id, only)


def keep(session: Session, actor: Actor, broken: list[BrokenRow]) -> int:
    """Close the cases of broken rows and raise an alert for each row, once. Returns how many are new."""
    marked = set(session.scalars(select(IntegrityMark.case_id).where(IntegrityMark.cleared_at.is_(None))))
    new = 0
    for one in broken[:TOLD]:
        if one.case_id is not None and one.case_id not in marked and session.get(Case, one.case_id) is not None:
            marked.add(one.case_id)
            session.add(
                IntegrityMark(partnership_id=actor.partnership_id, case_id=one.case_id, found_at=clock.now())
            )
        alert = raising.raise_alert(
            session, actor, AlertRule.INTEGRITY, f"{one.table}:{one.row_id.hex}:{one.seq}", seq=one.seq,
            case_id=one.case_id,
        )  # fmt: skip
        if alert is not None:
            new += 1
            keys = {"kind": one.how, "table": one.table, "row": one.row_id}
            audit.record(session, actor, "integrity:failed", case_id=one.case_id, **keys)
    return new


def is_marked(session: Session, case: Case) -> bool:
    """Whether a case is closed because of a row that does not fit."""
    return session.scalar(_open_marks(case).limit(1)) is not None


def open_again(session: Session, actor: Actor, case: Case) -> None:
    """The chair has looked: the case may be opened again, and its rows are from here as they stand."""
    access.require(actor, P.CASE_RESTRICT, case)
    access.require_step_up(actor)
    marks = list(session.scalars(_open_marks(case)))
    if not marks:
        raise NotFound
    for mark in marks:
        mark.cleared_at, mark.cleared_by_id = clock.now(), actor.user_id
    audit.record(session, actor, "integrity:cleared", case)
    audit.baseline(session, actor, case_id=case.id)


def _open_marks(case: Case):  # type: ignore[no-untyped-def]
    return select(IntegrityMark).where(IntegrityMark.case_id == case.id, IntegrityMark.cleared_at.is_(None))


def _check_each(house: Deployment, held: Held, job: str, slot: str, only: frozenset[str] | None) -> int:
    return leases.in_each_partnership(house, held, job, slot, partial(_check, house, only))


def _check(house: Deployment, only: frozenset[str] | None, session: Session, actor: Actor) -> int:
    broken = audit.broken_rows(session, actor.partnership_id, only)
    if broken is None:
        audit.baseline(session, actor)
        return 0
    if only is None:
        verdict = audit.verify(session, actor.partnership_id)
        if not verdict.ok:
            slot = f"{verdict.kind}:{verdict.first_bad}"
            raising.raise_alert(session, actor, AlertRule.AUDIT_GAP, slot, seq=verdict.first_bad or 0)
    return keep(session, actor, broken)
