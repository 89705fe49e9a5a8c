"""The end of keys: deleted with an entry in the key store's ledger, their bytes overwritten; and the mark of a restore.

A key once in the ledger is never made again. Shows no key to anybody; counts and opaque ids only.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from marac.crypto.keystore import ERASURE, META, RESTORED, WRAPPED_KEY, now

WIPES = 5
_K = WRAPPED_KEY.c


def erase(writer: Engine, partnership_id: UUID, keys: Iterable[tuple[str, UUID]]) -> int:
    """Delete every generation of these (kind, owner) in one commit; may be run twice. How many keys went."""
    with writer.begin() as connection:
        return sum(_erase(connection, kind, partnership_id.bytes, owner.bytes) for kind, owner in keys)


def _erase(connection: Connection, kind: str, partnership: bytes, owner: bytes) -> int:
    mine = (_K.kind == kind) & (_K.owner == owner) & (_K.partnership == partnership)
    gone = connection.execute(WRAPPED_KEY.delete().where(mine)).rowcount
    entered = sa.select(ERASURE.c.owner).where(ERASURE.c.kind == kind, ERASURE.c.owner == owner)
    if connection.scalar(entered) is None:
        entry = {"kind": kind, "owner": owner, "partnership": partnership, "erased_at": now()}
        connection.execute(ERASURE.insert().values(entry))
    return int(gone)


def wipe(engine: Engine) -> bool:
    """Leave no byte of what was deleted in the key store's files. False while a reader still needs the old pages: then
    it is to be done again. PostgreSQL's log of changes goes with its archive, after 35 days."""
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (FULL) wrapped_key")
        return True
    with engine.execution_options(begin="none").connect() as connection:
        connection.exec_driver_sql("VACUUM")
        for _ in range(WIPES):
            if not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
                return True
    return False


def keys_left(reader: Engine, keys: Iterable[tuple[str, UUID]]) -> int:
    """How many keys of these (kind, owner) there still are, of any generation."""
    left = 0
    with reader.connect() as connection:
        for kind, owner in keys:
            mine = (_K.kind == kind) & (_K.owner == owner.bytes)
            left += connection.scalar(sa.select(sa.func.count()).select_from(WRAPPED_KEY).where(mine)) or 0
    return left


def owners(reader: Engine, kind: str) -> frozenset[UUID]:
    """Everything of a kind that has a key."""
    with reader.connect() as connection:
        query = sa.select(_K.owner).where(_K.kind == kind).distinct()
        return frozenset(UUID(bytes=owner) for owner in connection.scalars(query))


def restored_at(reader: Engine) -> str | None:
    """When this place was restored from a backup, if nobody has finished the restore since."""
    with reader.connect() as connection:
        return connection.scalar(sa.select(META.c.content).where(META.c.name == RESTORED))


def clear_restored(writer: Engine) -> None:
    """The restore is finished: the place may start."""
    with writer.begin() as connection:
        connection.execute(META.delete().where(META.c.name == RESTORED))
