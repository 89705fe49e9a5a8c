"""The key store's tables, and how any database is opened: full sync, foreign keys, no parameters in messages.

It refuses a key store whose schema it does not know.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry

from marac.errors import ConfigurationError

SCHEMA = 1
NOBODY = bytes(16)
RESTORED = "restored_at"

METADATA = sa.MetaData()
_ID = sa.LargeBinary(16)
META = sa.Table(
    "keystore_meta",
    METADATA,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("content", sa.String(80), nullable=False),
)
WRAPPED_KEY = sa.Table(
    "wrapped_key",
    METADATA,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("owner", _ID, primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("partnership", _ID, nullable=False, index=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("root_id", sa.String(80)),
    sa.Column("root_version", sa.Integer),
    sa.Column("seal_count", sa.BigInteger, nullable=False),
    sa.Column("made_at", sa.String(40)),
    sa.Column("retired_at", sa.String(40)),
    sa.CheckConstraint("state IN ('seals', 'opens')", name="ck_wrapped_key_state"),
    sqlite_with_rowid=False,
)
ERASURE = sa.Table(
    "erasure_ledger",
    METADATA,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("owner", _ID, primary_key=True),
    sa.Column("partnership", _ID, nullable=False),
    sa.Column("erased_at", sa.String(40), nullable=False),
)
AUDIT_HEAD = sa.Table(
    "audit_head",
    METADATA,
    sa.Column("partnership", _ID, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
)
ROTATION = sa.Table(
    "key_rotation",
    METADATA,
    sa.Column("level", sa.String(20), primary_key=True),
    sa.Column("partnership", _ID, primary_key=True),
    sa.Column("began_at", sa.String(40), nullable=False),
    sa.Column("ended_at", sa.String(40)),
)

_PRAGMAS = (
    "busy_timeout=5000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "trusted_schema=OFF",
)
_POSTGRES = (
    "-c statement_timeout=10000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=30000"
    " -c synchronous_commit=on -c timezone=UTC"
)


class KeyStoreRefused(ConfigurationError):
    """The key store is missing, empty, unreadable or of a schema this release does not know."""


def make_engine(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL (psycopg). Execution option `begin`: deferred (default), immediate or none."""
    if make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args={"options": _POSTGRES})
    engine = sa.create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


_BEGIN = {"deferred": "BEGIN", "immediate": "BEGIN IMMEDIATE"}


def _begin_sqlite(connection: Connection) -> None:
    statement = _BEGIN.get(connection.get_execution_options().get("begin", "deferred"))
    if statement:
        connection.exec_driver_sql(statement)


def open_key_store(url: str, *, create: bool) -> Engine:
    """The key store's engine, its schema made if absent and allowed, and its version checked."""
    engine = make_engine(url)
    try:
        with engine.execution_options(begin="immediate").begin() as connection:
            _check_schema(connection, create=create)
    except (DatabaseError, OSError):
        raise KeyStoreRefused("The key store cannot be opened, or is not a key store.") from None
    return engine


def _check_schema(connection: Connection, *, create: bool) -> None:
    if not sa.inspect(connection).has_table(META.name):
        if not create:
            raise KeyStoreRefused("There is no key store. Restore it, or make a new deployment.")
        METADATA.create_all(connection)
        connection.execute(META.insert().values(name="schema", content=str(SCHEMA)))
    schema = connection.scalar(sa.select(META.c.content).where(META.c.name == "schema"))
    if schema != str(SCHEMA):
        raise KeyStoreRefused(f"The key store has schema {schema}; this release knows {SCHEMA}.")
    _extend(connection)


def _extend(connection: Connection) -> None:
    """Add what came since the schema was numbered: columns that may be empty, tables older releases leave alone."""
    METADATA.create_all(connection)
    there = {column["name"] for column in sa.inspect(connection).get_columns(WRAPPED_KEY.name)}
    unless = "IF NOT EXISTS " if connection.dialect.name == "postgresql" else ""
    for name in ("made_at", "retired_at"):
        if name not in there:
            connection.exec_driver_sql(f"ALTER TABLE wrapped_key ADD COLUMN {unless}{name} VARCHAR(40)")


def keep_words(writer: Engine, prefix: str, words: Sequence[str]) -> None:
    """Keep some words of at most 80 characters, in the place of those kept before under this prefix."""
    with writer.begin() as connection:
        connection.execute(META.delete().where(META.c.name.startswith(prefix)))
        rows = [{"name": f"{prefix}{number}", "content": word} for number, word in enumerate(words, start=1)]
        connection.execute(META.insert(), rows)


def kept_words(reader: Engine, prefix: str) -> list[str]:
    """The words kept under a prefix."""
    with reader.connect() as connection:
        mine = sa.select(META.c.content).where(META.c.name.startswith(prefix)).order_by(META.c.name)
        return list(connection.scalars(mine))


def mark_restored(engine: Engine) -> None:
    """Note that the place was restored, so that nothing starts before the restore is finished."""
    with engine.execution_options(begin="immediate").begin() as connection:
        connection.execute(META.delete().where(META.c.name == RESTORED))
        connection.execute(META.insert().values(name=RESTORED, content=now()))


def now() -> str:
    """The time something is entered here, in UTC; sorts as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def days_ago(days: int) -> str:
    """The same, of so many days ago."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")


def key_row(**columns: Any) -> dict[str, Any]:
    """A row of `wrapped_key`, complete for a bulk insert."""
    blank = {"state": "seals", "root_id": None, "root_version": None, "seal_count": 0, "retired_at": None}
    return blank | {"made_at": now()} | columns
