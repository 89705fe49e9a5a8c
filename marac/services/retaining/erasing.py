"""The erasure itself, step by step, each in a transaction of its own. A crash between any two is gone on with.

From the first commit the case is not there for anybody; from the third no process can open it; an erased case has no
rows left but its id. Refuses to begin before the days for second thoughts are over, or while anything holds the record.
"""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto import key_ledger
from marac.errors import IntegrityFailure, Refusal
from marac.models import AuditHead, Case, Retention
from marac.services import moving
from marac.services.casework.references import draw
from marac.services.clockwork import leases
from marac.services.clockwork.leases import Held
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.retaining import clocks, figures, holds, ledger, rows
from marac.vocabulary import CaseState, Permission as P, RetentionState as S

Step = Callable[[Deployment, UUID, UUID], None]
FACTS_AFTER: Final = {"in_ledger": True}


def begin(house: Deployment, partnership_id: UUID, row_id: UUID) -> None:
    """Counts are written, the keys stand in the ledger, the case is gone for every reader. Nothing is lost yet."""
    actor = access.system(partnership_id)
    with unit_of_work(house, actor) as session:
        row = _row(session, actor, row_id)
        if row.state != S.COOLING:
            return
        held, today = holds.locked_and_held(session, row.case), clock.today()
        cases = clocks.family(session, row.case)
        figures.keep(session, cases)
        moving.advance(
            session, actor, row, "begin", today=today, erase_on=row.erase_on, retain_until=row.retain_until,
            legal_hold=held,
        )  # fmt: skip
        agreed = (row.proposed_by_id, row.approved_by_id)
        for case in reversed(cases):
            moving.advance(
                session, actor, case, "erase", today=today, retain_until=row.retain_until, legal_hold=held,
                approved_by=agreed,
            )  # fmt: skip


def forget(house: Deployment, partnership_id: UUID, row_id: UUID) -> None:
    """Tokens, matches, links, messages and clocks."""
    actor = access.system(partnership_id)
    with unit_of_work(house, actor) as session:
        row = _row(session, actor, row_id)
        if row.state == S.ERASING:
            rows.forget(session, _ids(session, row))


def destroy_keys(house: Deployment, partnership_id: UUID, row_id: UUID) -> None:
    """Every generation of every key, in the key store, with its own ledger; then the bytes they stood on."""
    actor = access.system(partnership_id)
    with unit_of_work(house, actor) as session:
        row = _row(session, actor, row_id)
        keys = ledger.keys_of(session, _ids(session, row)) if row.state == S.ERASING else []
        newest = select(AuditHead.seq, AuditHead.hash).where(AuditHead.partnership_id == partnership_id)
        head = session.execute(newest).one_or_none()
    if keys:
        house.keyring.erase_several(partnership_id, keys)
        if head is not None:  # so that a database from before this erasure is noticed
            house.keyring.keep_audit_head(partnership_id, head.seq, head.hash)


def finish(house: Deployment, partnership_id: UUID, row_id: UUID) -> None:
    """The rows go, and the certificate gets its number. IntegrityFailure while a key or one of its bytes is left."""
    actor = access.system(partnership_id)
    with unit_of_work(house, actor) as session:
        row = _row(session, actor, row_id)
        if row.state != S.ERASING:
            return
        keys = ledger.keys_of(session, _ids(session, row))
        if not key_ledger.wipe(house.keyring.engine):
            raise IntegrityFailure("The key store is being read: its old pages are still there.")
        gone = rows.remove(session, _ids(session, row))
        session.refresh(row)
        row.erased_at, row.keys_erased, row.certificate = clock.now(), len(keys), _number(session)
        moving.advance(session, actor, row, "finish", keys_left=key_ledger.keys_left(house.keyring.reader, keys))
        audit.record(session, actor, "rows:erased", row, count=gone)
    _shrink(house)


STEPS: Final[tuple[Step, ...]] = (begin, forget, destroy_keys, finish)


def carry_on(house: Deployment, partnership_id: UUID, row_id: UUID) -> int:
    """Take one record from wherever it stands to the end. 1, or 0 when a hold or a change of date stopped it."""
    try:
        for step in STEPS:
            step(house, partnership_id, row_id)
    except Refusal as refusal:
        if isinstance(refusal, IntegrityFailure):
            raise
        return 0
    return 1


def erase_due(house: Deployment, held: Held, job: str, slot: str) -> int:
    """The timed job: erase what was approved and is over its days. One record that fails stops no other."""
    counted = leases.once(house, held, job, slot, lambda _session: 0)
    for partnership_id in leases.partnerships(house):
        for row_id in waiting(house, partnership_id):
            if held.stopping():
                return counted
            unit = partial(carry_on, house, partnership_id, row_id)
            counted += leases.guarded(house, job, f"{partnership_id.hex}.{row_id.hex}", unit)
    return counted


def count_dates(session: Session, actor: Actor) -> int:
    """Dates for cases that ended without one, and a second look at those that come soon. Erases nothing."""
    found = clocks.uncounted(session, actor, clock.today())
    for case in found:
        clocks.refresh(session, case, moving.advance)
    return len(found)


def waiting(house: Deployment, partnership_id: UUID) -> list[UUID]:
    """The records to go on with: begun ones first, then approved ones whose days are over."""
    with house.reader() as session:
        today: date = clock.today()
        mine = select(Retention.id).where(Retention.partnership_id == partnership_id)
        begun = session.scalars(mine.where(Retention.state == S.ERASING)).all()
        ripe = mine.where(Retention.state == S.COOLING, Retention.erase_on <= today)
        return [*begun, *session.scalars(ripe.order_by(Retention.erase_on))]


def again(house: Deployment, partnership_id: UUID, case_id: UUID) -> int:
    """After a restore: what the ledger names is erased as it was before. 0 when the database never had the case.

    The caller has the ledger's word for it; dates, holds and approvals of the old database do not count.
    """
    actor = access.system(partnership_id)
    with unit_of_work(house, actor) as session:
        access.asked()
        case = session.scalar(select(Case).where(Case.id == case_id, Case.partnership_id == partnership_id))
        if case is None:
            return 0
        row = session.scalar(select(Retention).where(Retention.case_id == case_id)) or clocks.new_row(session, case)
        cases = [one for one in clocks.family(session, case) if one.state != CaseState.ERASED]
        if cases:
            figures.keep(session, cases)
        if row.state in (S.COUNTING, S.PROPOSED, S.COOLING):
            moving.advance(session, actor, row, "erase_again", **FACTS_AFTER)
        for one in reversed(cases):
            moving.advance(session, actor, one, "erase_again", **FACTS_AFTER)
        row_id = row.id
    for step in STEPS[1:]:
        step(house, partnership_id, row_id)
    return 1


def _row(session: Session, actor: Actor, row_id: UUID) -> Retention:
    query = access.visible(actor, P.JOB_RUN, Retention).where(Retention.id == row_id)
    return session.scalars(query.with_for_update()).one()


def _ids(session: Session, row: Retention) -> list[UUID]:
    return [one.id for one in clocks.family(session, row.case)]


def _number(session: Session) -> str:
    while True:
        code = draw()
        if session.scalar(select(Retention.id).where(Retention.certificate == code)) is None:
            return code


def _shrink(house: Deployment) -> None:
    """SQLite: move the log of changes into the file, whose free pages are overwritten by themselves."""
    if house.engine.dialect.name == "sqlite":
        with house.engine.execution_options(begin="none").connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
