"""The hash of every row that a write changed: sealed columns and the plain ones that decide access (security 4.3).

Who puts back an older ciphertext, flips a flag, deletes a row or brings one back leaves a row that differs from its
newest hash in the chain. Refuses to guess: rows from before the first baseline cannot be told.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Connection, LargeBinary, MappingResult, Select, Table, event, select, type_coerce
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

from marac.audit.deciding import DECIDES, UNHASHED
from marac.audit.entries import Queued
from marac.crypto import fields
from marac.crypto.envelope import lp
from marac.db import Base
from marac.models import AuditEntry

AT_ONCE = 150  # hashes in one entry
_CHANGED = "audit_rows"
Hashes = tuple[tuple[str, UUID, str | None], ...]


class Hashed(NamedTuple):
    """A table whose rows are hashed: its sealed columns, its plain columns that decide access, both in order."""

    table: Table
    sealed: tuple[str, ...]
    plain: tuple[str, ...]
    case: str | None
    versioned: bool


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that is not as the chain last saw it: where, of which case, and at which entry it was last right."""

    table: str
    row_id: UUID
    case_id: UUID | None
    seq: int
    how: str  # changed | gone | appeared


@cache
def hashed() -> Mapping[str, Hashed]:
    """Every table with sealed columns, and every one that decides access; in the order of their names."""
    shapes = {cast(Any, model).__tablename__: fields.shape_of(model) for model in fields.models()}
    sealed = {name: shape for name, shape in shapes.items() if name not in UNHASHED}
    found = {}
    for name in sorted({*sealed, *DECIDES}):
        table = Base.metadata.tables[name]
        bound = ("partnership_id", sealed[name].owner, *_by(sealed[name])) if name in sealed else ("partnership_id",)
        plain = tuple(dict.fromkeys((*bound, *DECIDES.get(name, ()))))
        columns = tuple(sealed[name].columns) if name in sealed else ()
        case = "id" if name == "case_file" else "case_id" if "case_id" in table.c else None
        found[name] = Hashed(table, columns, tuple(one for one in plain if one != "id"), case, "version_id" in table.c)
    return found


@cache
def inventory() -> str:
    """Sixteen hex digits of what is hashed, so that a release that hashes more asks for a new baseline."""
    named = [lp(name, *one.sealed, "-", *one.plain) for name, one in hashed().items()]
    return hashlib.sha256(lp(*named)).hexdigest()[:16]


def row_hash(name: str, value: Callable[[str], Any]) -> str:
    """SHA-256 over table, id, version, sealed bytes and access-deciding values, length-prefixed, as hex."""
    one = hashed()[name]
    version = int(value("version_id")) if one.versioned else 0
    parts: list[bytes | str] = ["marac/row/v1", name, value("id").bytes, version.to_bytes(8, "big")]
    for column in one.sealed:
        parts += (column, value(column))
    for column in one.plain:
        parts += (column, _canonical(value(column)))
    return hashlib.sha256(lp(*parts)).hexdigest()


# --- noticing what a unit of work changes ------------------------------------------------------------------------


def watch(maker: sessionmaker[Session]) -> None:
    """Let the sessions of a maker notice which hashed rows they change, by flush or by statement."""
    event.listen(maker, "after_flush", _note_flush)
    event.listen(maker, "do_orm_execute", _note_statement)
    event.listen(maker, "after_rollback", lambda session: session.info.pop(_CHANGED, None))


def _note_flush(session: Session, _context: object) -> None:
    watched, changed = hashed(), session.info.setdefault(_CHANGED, {})
    for row in session.new:
        if row.__tablename__ in watched:
            changed[row.__tablename__, row.id] = row
    for row in session.dirty:
        if row.__tablename__ in watched and session.is_modified(row):
            changed[row.__tablename__, row.id] = row
    for row in session.deleted:
        if row.__tablename__ in watched:
            changed[row.__tablename__, row.id] = row.partnership_id


def _note_statement(state: ORMExecuteState) -> None:
    """A statement on many rows: which they are is asked before it runs."""
    if not (state.is_update or state.is_delete):
        return
    one = hashed().get(getattr(getattr(state.statement, "table", None), "name", ""))  # of a record, or of a bare table
    if one is None:
        return
    asked = select(one.table.c.id, one.table.c.partnership_id)
    condition = state.statement.whereclause  # type: ignore[attr-defined]
    found = state.session.connection().execute(asked if condition is None else asked.where(condition))
    changed = state.session.info.setdefault(_CHANGED, {})
    changed.update({(one.table.name, row.id): row.partnership_id for row in found})


def taken(session: Session) -> dict[UUID, Hashes]:
    """The newest hash of each row this unit of work changed, by partnership; None where the row is gone."""
    changed: dict[tuple[str, UUID], Any] = session.info.pop(_CHANGED, {})
    found: dict[UUID, list[tuple[str, UUID, str | None]]] = defaultdict(list)
    asked: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    for (name, row_id), row in changed.items():
        if isinstance(row, UUID) or row not in session:
            asked[row if isinstance(row, UUID) else row.partnership_id, name].append(row_id)
        else:
            found[row.partnership_id].append((name, row_id, row_hash(name, partial(getattr, row))))
    for (partnership_id, name), ids in asked.items():
        found[partnership_id] += hashes_of(session.connection(), name, ids)
    return {partnership_id: tuple(hashes) for partnership_id, hashes in found.items()}


def hashes_of(connection: Connection, name: str, ids: Collection[UUID]) -> Hashes:
    """The hashes of some rows as they stand in the table; None where one is not there."""
    query = _query(name).where(hashed()[name].table.c.id.in_(list(ids)))
    there = {row["id"]: row_hash(name, row.__getitem__) for row in _rows(connection, query)}
    return tuple((name, row_id, there.get(row_id)) for row_id in ids)


# --- comparing ------------------------------------------------------------------------------------------------------


def baseline(session: Session, partnership_id: UUID, case_id: UUID | None = None) -> Iterator[Hashes]:
    """The hash of every row of a partnership, or of one case, as it stands; so many at once."""
    for name, one in hashed().items():
        query = _query(name).where(one.table.c.partnership_id == partnership_id)
        if case_id is not None:
            if one.case is None:
                continue
            query = query.where(one.table.c[one.case] == case_id)
        told = tuple((name, row["id"], row_hash(name, row.__getitem__)) for row in _rows(session.connection(), query))
        yield from (told[start : start + AT_ONCE] for start in range(0, len(told), AT_ONCE))


def baselined_at(session: Session, partnership_id: UUID) -> int | None:
    """The entry from which every row's hash is in the chain, by what this release hashes; None if there is none."""
    query = select(AuditEntry.seq, AuditEntry.body).where(
        AuditEntry.partnership_id == partnership_id, AuditEntry.tag == "rows:baselined"
    )
    newest = session.execute(query.order_by(AuditEntry.seq.desc()).limit(1)).one_or_none()
    if newest is None or json.loads(newest.body)["keys"]["inventory"] != inventory():
        return None
    return int(newest.seq)


def broken_rows(session: Session, partnership_id: UUID, only: Collection[str] | None = None) -> list[BrokenRow] | None:
    """The rows of some tables (or all) that are not as the chain last saw them; None when that cannot be told."""
    since = baselined_at(session, partnership_id)
    if since is None:
        return None
    names = [name for name in hashed() if only is None or name in only]
    newest = _newest(session, partnership_id, since, frozenset(names))
    return [bad for name in names for bad in _compared(session, partnership_id, name, newest.pop(name, {}))]


def _compared(
    session: Session, partnership_id: UUID, name: str, newest: dict[str, tuple[int, str | None]]
) -> Iterator[BrokenRow]:
    one = hashed()[name]
    query = _query(name).where(one.table.c.partnership_id == partnership_id)
    for row in _rows(session.connection(), query):
        seq, known = newest.pop(row["id"].hex, (0, None))
        if known != row_hash(name, row.__getitem__):
            how = "changed" if known else "appeared"
            yield BrokenRow(name, row["id"], row[one.case] if one.case else None, seq, how)
    for row_id, (seq, known) in newest.items():
        if known is not None:
            gone = UUID(row_id)
            yield BrokenRow(name, gone, gone if one.case == "id" else None, seq, "gone")


def _newest(
    session: Session, partnership_id: UUID, since: int, names: frozenset[str]
) -> dict[str, dict[str, tuple[int, str | None]]]:
    """By table and id, the entry that last told a row's hash, and the hash."""
    query = select(AuditEntry.seq, AuditEntry.body).where(
        AuditEntry.partnership_id == partnership_id, AuditEntry.seq >= since, AuditEntry.body.like('%"rows":{"%')
    )
    newest: dict[str, dict[str, tuple[int, str | None]]] = defaultdict(dict)
    for seq, body in session.execute(query.order_by(AuditEntry.seq).execution_options(yield_per=500)):
        for name, hashes in json.loads(body)["rows"].items():
            if name in names:
                newest[name].update({row_id: (seq, told) for row_id, told in hashes.items()})
    return newest


def spread(queue: list[Queued], rows: Hashes, extra: Queued) -> list[Queued]:
    """The hashes carried by the last entry of a queue, and by further ones like `extra` when they are many."""
    parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
    carriers = [queue.pop() if queue else extra, *(extra for _ in parts[1:])]
    for carrier, part in zip(carriers, parts, strict=True):
        queue.append(Queued(carrier.at, carrier.actor, carrier.tag, carrier.object_type, carrier.object_id,
                            carrier.case_id, carrier.keys, part))  # fmt: skip
    return queue


def _query(name: str) -> Select[Any]:
    one = hashed()[name]
    sealed = [type_coerce(one.table.c[column], LargeBinary).label(column) for column in one.sealed]
    version = [one.table.c.version_id] if one.versioned else []
    case = [one.table.c.case_id] if one.case == "case_id" and "case_id" not in one.plain else []
    return select(one.table.c.id, *version, *sealed, *(one.table.c[column] for column in one.plain), *case)


def _rows(connection: Connection, query: Select[Any]) -> MappingResult:
    return connection.execute(query).mappings()


def _canonical(value: Any) -> bytes:
    """One form for a value, whether it comes from a record or from its table."""
    if value is None:
        return b"-"
    if isinstance(value, bool):
        return b"=1" if value else b"=0"
    if isinstance(value, bytes | memoryview):
        return b"=" + bytes(value)
    if isinstance(value, UUID):
        return b"=" + value.hex.encode()
    if isinstance(value, datetime):
        return b"=" + value.astimezone(UTC).isoformat(timespec="microseconds").encode()
    if isinstance(value, date):
        return b"=" + value.isoformat().encode()
    return b"=" + str(value).encode()


def _by(shape: fields.Shape) -> list[str]:
    return [field.by for field in shape.fields.values() if field.by]
