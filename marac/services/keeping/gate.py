"""The restore gate: nothing starts while database and key store do not belong together, or a restore is not finished.

It compares what each remembers of the other. Refuses with one sentence that says what to do; mends nothing.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Select, or_, select
from sqlalchemy.orm import Session

from marac.crypto import key_ledger
from marac.crypto.keyring import Keyring
from marac.errors import ConfigurationError
from marac.models import AuditEntry, AuditHead, Case, ErasureEntry, Retention
from marac.vocabulary import CaseState, RetentionState

FINISH: Final = "Run `marac restore finalize`."
CHUNK: Final = 400


def check(engine: Engine, keyring: Keyring) -> None:
    """ConfigurationError when the gate is closed."""
    why = closed(engine, keyring)
    if why:
        raise ConfigurationError(f"{why} {FINISH}")


def closed(engine: Engine, keyring: Keyring) -> str:
    """Why nothing may start; empty when it may."""
    if key_ledger.restored_at(keyring.reader) is not None:
        return "This place was restored from a backup, and the restore is not finished."
    with Session(engine) as session:
        if lost(session, keyring):
            return "The database is older than the key store has seen, or has another history."
        if resurrected(session, keyring):
            return "The database holds cases that the key store says were erased."
        if behind(session, keyring):
            return "The key store is older than the database: it does not know of every erasure."
    return ""


def closed_by_restore(keyring: Keyring) -> bool:
    """Whether a restore began and is not finished: one question to the key store."""
    return key_ledger.restored_at(keyring.reader) is not None


def lost(session: Session, keyring: Keyring) -> dict[UUID, int]:
    """By partnership, how many entries of the trail the key store has seen beyond what is there (or another one)."""
    missing: dict[UUID, int] = {}
    for partnership_id, (position, digest) in keyring.audit_heads().items():
        mine = AuditEntry.partnership_id == partnership_id
        found = session.scalar(select(AuditEntry.hash).where(mine, AuditEntry.seq == position))
        if found != digest:
            head = session.scalar(select(AuditHead.seq).where(AuditHead.partnership_id == partnership_id)) or 0
            missing[partnership_id] = max(position - head, 0)
    return missing


def resurrected(session: Session, keyring: Keyring) -> list[tuple[UUID, UUID]]:
    """(partnership, case) of cases in the key store's ledger that are there again."""
    owners = sorted(owner for kind, owner in keyring.erased() if kind == "case")
    found: list[tuple[UUID, UUID]] = []
    for start in range(0, len(owners), CHUNK):
        few = owners[start : start + CHUNK]
        query = select(Case.partnership_id, Case.id).where(Case.id.in_(few), Case.state != CaseState.ERASED)
        found += [(row[0], row[1]) for row in session.execute(query)]
    return found


def behind(session: Session, keyring: Keyring) -> list[tuple[UUID, str, UUID]]:
    """(partnership, kind, owner) of keys whose erasure was finished, and of which the key store does not know."""
    done = select(Retention.case_id).where(Retention.state == RetentionState.ERASED)
    query = select(ErasureEntry.partnership_id, ErasureEntry.kind, ErasureEntry.owner).order_by(ErasureEntry.owner)
    erased = keyring.erased()
    entries = session.execute(query.where(_belongs(done))).all()
    return [(row[0], row[1], row[2]) for row in entries if (row[1], row[2]) not in erased]


def _belongs(done: Select[Any]) -> ColumnElement[bool]:
    """Of a case that is erased, or that was joined to one that is: those have no line of their own."""
    joined = select(Case.id).where(Case.merged_into_id.is_not(None), Case.state == CaseState.ERASED)
    begun = select(Retention.case_id).where(Retention.state == RetentionState.ERASING)
    of_begun = select(Case.id).where(Case.merged_into_id.in_(begun))
    return or_(ErasureEntry.case_id.in_(done), ErasureEntry.case_id.in_(joined) & ErasureEntry.case_id.not_in(of_begun))


def keyless(session: Session, keyring: Keyring) -> list[UUID]:
    """Cases that are there and have neither a key nor an entry in the ledger: their values are lost."""
    known = key_ledger.owners(keyring.reader, "case") | {owner for kind, owner in keyring.erased() if kind == "case"}
    return [case_id for case_id in session.scalars(select(Case.id).order_by(Case.id)) if case_id not in known]
