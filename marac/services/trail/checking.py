"""Are the rows as their last entries left them? A case with one that is not is closed to all but the chair.

Reads on a snapshot, writes marks and alerts in a short transaction of its own. Refuses to mend anything: the chair
looks, and says that the case may be opened again as it stands.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.audit import BrokenRow, Verdict
from marac.errors import NotFound
from marac.models import Case, IntegrityMark
from marac.services.clockwork import leases, timetable
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
    with _snapshot(house) as session:
        return audit.broken_rows(session, partnership_id, only)


def keep(session: Session, actor: Actor, broken: list[BrokenRow]) -> int:
    """Close the cases of broken rows and raise an alert for each row, once. Returns how many are new."""
    marked = set(session.scalars(select(IntegrityMark.case_id).where(IntegrityMark.cleared_at.is_(None))))
    new = 0
    for one in broken[:TOLD]:
        if one.case_id is not None and one.case_id not in marked and session.get(Case, one.case_id) is not None:
            marked.add(one.case_id)
            session.add(IntegrityMark(partnership_id=actor.partnership_id, case_id=one.case_id, found_at=clock.now()))
        alert = raising.raise_alert(
            session, actor, AlertRule.INTEGRITY, f"{one.table}:{one.row_id.hex}:{one.seq}", seq=one.seq,
            case_id=one.case_id,
        )  # fmt: skip
        if alert is not None:
            new += 1
            keys: dict[str, Any] = {"kind": one.how, "table": one.table, "row": one.row_id}
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


def _open_marks(case: Case) -> Select[IntegrityMark]:
    return select(IntegrityMark).where(IntegrityMark.case_id == case.id, IntegrityMark.cleared_at.is_(None))


def _check_each(house: Deployment, held: Held, job: str, slot: str, only: frozenset[str] | None) -> int:
    ids = timetable.whose_of(leases.partnerships(house))
    done = 0
    for whose in leases.waiting(house, job, slot, ids):
        if not held.stopping():
            run = partial(leases.run_once, house, held, job, slot)
            done += leases.guarded(house, job, whose, partial(_check, house, ids[whose], only, run))
    return done


def _check(house: Deployment, whose: UUID, only: frozenset[str] | None, run: Callable[..., int | None]) -> int | None:
    """Read first, without any lock; then what was found, in the transaction that notes that the job ran."""
    broken = broken_in(house, whose, only)
    verdict = None if only else _chain_of(house, whose)
    actor = access.system(whose)

    def note(session: Session) -> int:
        if verdict is not None and not verdict.ok:
            at = f"{verdict.kind}:{verdict.first_bad}"
            raising.raise_alert(session, actor, AlertRule.AUDIT_GAP, at, seq=verdict.first_bad or 0)
        if broken is None:
            audit.baseline(session, actor)
        return keep(session, actor, broken or [])

    return run(note, actor=actor)


def _chain_of(house: Deployment, partnership_id: UUID) -> Verdict:
    with _snapshot(house) as session:
        return audit.verify(session, partnership_id)


@contextmanager
def _snapshot(house: Deployment) -> Iterator[Session]:
    """Trail and tables as they stood at one moment; a reader that locks nobody out."""
    with house.reader() as session:
        session.info["keyring"] = house.keyring
        if house.engine.dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session
