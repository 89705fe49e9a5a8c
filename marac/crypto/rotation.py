"""New keys for old, at every level, while the service runs: add, re-wrap or reseal in batches, then destroy.

Each step may be killed and run again. It reports counts and never a value, and destroys no key that is still needed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.types import LargeBinary

from marac.crypto import fields, vault
from marac.crypto.envelope import SEALED, WRAPPED, Place, header, header_generation, key_context, unwrap_key, wrap_key
from marac.crypto.fields import Shape, compartment_of
from marac.crypto.keyring import BATCH, KINDS, Keyring, root_context
from marac.crypto.keystore import WRAPPED_KEY, now
from marac.crypto.root_keys import RootFailure, RootKey, Wrapped
from marac.errors import WrongState

ROWS, SECONDS = 200, 60
_K = WRAPPED_KEY.c
Recorded = Callable[[Connection, str, Sequence[UUID]], None]


def rewrap_root(keyring: Keyring, root: RootKey, *, dry_run: bool = False) -> int:
    """Re-wrap every key under the root under the newest version of a root; returns how many there are to do.

    Until the old root is retired both must open: give the process a root that knows both versions.
    """
    newest = root.newest()
    waiting = [row for row in keyring.rows(_K.root_id.is_not(None)) if not _stands(root, newest, row)]
    for row in waiting if not dry_run else ():
        context = root_context(row.kind, row.owner, row.generation)
        old = Wrapped(row.root_id, row.root_version, row.wrapped)
        if root.id == row.root_id and root.id == keyring.root.id and root is keyring.root:
            wrapped = root.rewrap(old, context)
        else:
            wrapped = root.wrap(keyring.root.unwrap(old, context), context)
        values = {"wrapped": wrapped.blob, "root_id": wrapped.root_id, "root_version": wrapped.root_version}
        with keyring.writer.begin() as connection:
            connection.execute(WRAPPED_KEY.update().where(_this(row)).values(values))
    return len(waiting)


def _stands(root: RootKey, newest: tuple[str, int], row: sa.Row[Any]) -> bool:
    """Whether a key is wrapped by this very root in its newest version: two root files bear the same name."""
    if (row.root_id, row.root_version) != newest:
        return False
    try:
        root.unwrap(
            Wrapped(row.root_id, row.root_version, row.wrapped), root_context(row.kind, row.owner, row.generation)
        )
    except RootFailure:
        return False
    return True


def add_partnership_generation(keyring: Keyring, partnership_id: UUID) -> int:
    """Add a partnership key that wraps from now on; the older ones only open. Returns its generation."""
    partnership = partnership_id.bytes
    generation = keyring.newest_generation(partnership) + 1
    keyring.make_under_root("partnership", partnership, partnership, generation)
    older = (_K.kind == "partnership") & (_K.owner == partnership) & (_K.generation < generation)
    with keyring.writer.begin() as connection:
        connection.execute(WRAPPED_KEY.update().where(older).values(state="opens"))
    keyring.forget()
    return generation


def rewrap_partnership(keyring: Keyring, partnership_id: UUID, *, dry_run: bool = False) -> Counter[str]:
    """Re-wrap every key under an older partnership generation, 500 a transaction. Returns counts by kind."""
    partnership = partnership_id.bytes
    newest = keyring.newest_generation(partnership)
    done: Counter[str] = Counter()
    older = sa.func.substr(_K.wrapped, 3, 4) != header(WRAPPED, newest)[2:]
    mine = (_K.partnership == partnership) & _K.kind.in_(KINDS) & _K.root_id.is_(None) & older
    if dry_run:
        done.update(row.kind for row in keyring.rows(mine))
        return done
    while True:
        with keyring.writer.begin() as connection:
            rows = connection.execute(sa.select(WRAPPED_KEY).where(mine).limit(BATCH)).all()
            _rewrap(keyring, connection, rows, newest)
        done.update(row.kind for row in rows)
        if not rows:
            return done


def _rewrap(keyring: Keyring, connection: Connection, rows: Sequence[sa.Row[Any]], newest: int) -> None:
    changes = []
    for row in rows:
        context = key_context(row.kind, row.partnership, row.owner, row.generation)
        old = keyring.wrapper(row.partnership, header_generation(row.wrapped, WRAPPED), row.kind)
        new = keyring.wrapper(row.partnership, newest, row.kind)
        blob = wrap_key(new, newest, unwrap_key(old, row.wrapped, context), context)
        changes.append({"k": row.kind, "o": row.owner, "g": row.generation, "blob": blob})
    if changes:
        this = (_K.kind == sa.bindparam("k")) & (_K.owner == sa.bindparam("o")) & (_K.generation == sa.bindparam("g"))
        connection.execute(WRAPPED_KEY.update().where(this).values(wrapped=sa.bindparam("blob")), changes)


def destroy_partnership_generation(keyring: Keyring, partnership_id: UUID, generation: int) -> None:
    """Delete a partnership key that wraps nothing any more. WrongState while it does, or while it is the newest."""
    partnership = partnership_id.bytes
    under = (_K.partnership == partnership) & _K.kind.in_(KINDS) & _K.root_id.is_(None)
    needed = keyring.rows(under & (sa.func.substr(_K.wrapped, 3, 4) == header(WRAPPED, generation)[2:]))
    if needed or generation == keyring.newest_generation(partnership):
        raise WrongState(f"Partnership generation {generation} is still needed by {len(needed)} keys.")
    this = (_K.kind == "partnership") & (_K.owner == partnership) & (_K.generation == generation)
    with keyring.writer.begin() as connection:
        connection.execute(WRAPPED_KEY.delete().where(this))
    keyring.forget()


def add_generation(keyring: Keyring, kind: str, partnership_id: UUID, owner_id: UUID) -> int:
    """Add a key generation for a case, works order, staff or index; it seals from now on, the older ones only open."""
    partnership, owner = partnership_id.bytes, owner_id.bytes
    mine = (_K.kind == kind) & (_K.owner == owner) & (_K.partnership == partnership)
    newest = max((row.generation for row in keyring.rows(mine)), default=0)
    if not newest:
        raise WrongState(f"There is no key for {kind} {owner_id} to follow.")
    row = keyring.new_key(kind, partnership, owner, newest + 1)
    with keyring.writer.begin() as connection:
        if not connection.execute(WRAPPED_KEY.update().where(mine).values(state="opens", retired_at=None)).rowcount:
            raise WrongState(f"There is no key for {kind} {owner_id} to follow.")
        connection.execute(WRAPPED_KEY.insert(), [row])
    keyring.forget_held(kind, owner)
    return int(newest) + 1


def reseal(
    engine: Engine, keyring: Keyring, kind: str, partnership_id: UUID, owner_id: UUID, *,
    dry_run: bool = False, recorded: Recorded | None = None,
) -> Counter[str]:  # fmt: skip
    """Reseal all of one key owner's values under its newest generation, 200 rows or 60 seconds a transaction.

    A row somebody is editing is met again on the next run. `recorded(connection, table, ids)` is called in each
    transaction, for the row hashes. Returns counts by table and column: resealed, or with dry_run still to do.
    """
    keys = keyring.owner_keys(kind, partnership_id.bytes, [owner_id.bytes]).get(owner_id.bytes)
    if keys is None:
        raise WrongState(f"There is no key for {kind} {owner_id}.")
    done: Counter[str] = Counter()
    for model, shape in _models(kind):
        for column in shape.columns:
            task = _Task(shape, column, model.__table__, (partnership_id, owner_id, keys.primary))
            waiting = task.waiting(engine)
            done[f"{shape.table}.{column}"] = waiting if dry_run or not waiting else task.run(engine, keyring, recorded)
    return +done


def retire(keyring: Keyring, kind: str, owner: bytes | None = None) -> None:
    """Nothing is left under an owner's older generations: from now on they wait to be destroyed."""
    older = (_K.kind == kind) & (_K.state == "opens") & _K.retired_at.is_(None)
    older = older if owner is None else older & (_K.owner == owner)
    with keyring.writer.begin() as connection:
        connection.execute(WRAPPED_KEY.update().where(older).values(retired_at=now()))


def destroy_generations(engine: Engine, keyring: Keyring, kind: str, partnership_id: UUID, owner_id: UUID) -> int:
    """Delete a key owner's older generations. WrongState while any value still needs one. Returns how many went."""
    waiting = reseal(engine, keyring, kind, partnership_id, owner_id, dry_run=True)
    if waiting:
        raise WrongState(f"{waiting.total()} values of {kind} {owner_id} are sealed under an older key.")
    mine = (_K.kind == kind) & (_K.owner == owner_id.bytes) & (_K.partnership == partnership_id.bytes)
    with keyring.writer.begin() as connection:
        gone = connection.execute(WRAPPED_KEY.delete().where(mine & (_K.state == "opens"))).rowcount
    keyring.forget_held(kind, owner_id.bytes)
    return int(gone)


def _models(kind: str) -> Iterator[tuple[Any, Shape]]:
    for model in fields.models():
        shape = fields.shape_of(model)
        if shape.kind == kind:
            yield model, shape


def _this(row: sa.Row[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(_K.kind == row.kind, _K.owner == row.owner, _K.generation == row.generation)


class _Task:
    """One column of one key owner, resealed in batches."""

    def __init__(self, shape: Shape, column: str, table: sa.Table, keys: tuple[UUID, UUID, int]) -> None:
        partnership, owner, generation = keys
        self.table, self.shape, self.column = table, shape, column
        self.partnership, self.owner = partnership, owner
        self.blob = sa.type_coerce(table.c[column], LargeBinary)
        self.by = shape.columns[column][0].by
        self.older = (
            (table.c.partnership_id == partnership)
            & (table.c[shape.owner] == owner)
            & (sa.func.substr(self.blob, 3, 4) != header(SEALED, generation)[2:])
        )

    def waiting(self, engine: Engine) -> int:
        """How many values are still under an older generation."""
        with engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(self.table).where(self.older)) or 0

    def run(self, engine: Engine, keyring: Keyring, recorded: Recorded | None) -> int:
        """Reseal until nothing moves any more."""
        total = 0
        while True:
            with vault.unit(keyring) as unit, engine.execution_options(begin="immediate").begin() as connection:
                moved = [row_id for row_id in self._batch(unit, connection) if row_id]
                if recorded and moved:
                    recorded(connection, self.table.name, moved)
            total += len(moved)
            if not moved:
                return total

    def _batch(self, unit: vault.Unit, connection: Connection) -> Iterator[UUID | None]:
        c = self.table.c
        by = c[self.by] if self.by else sa.null()
        query = sa.select(c.id, c.version_id, by, self.blob).where(self.older).limit(ROWS)
        until = time.monotonic() + SECONDS
        for row_id, version, by_value, blob in connection.execute(query).all():
            if time.monotonic() > until:
                return
            declared = self.shape.columns[self.column][0].compartment
            name = compartment_of(declared, self.by, by_value)
            kind = self.shape.kind
            unit.grant(kind, self.partnership, self.owner, name, seal=True, purpose="reseal")
            place = Place(self.partnership, self.shape.table, self.column, row_id, self.owner, name, kind)
            fresh = unit.seal(place, unit.open(place, blob))
            mine = (c.id == row_id) & (c.version_id == version) & self.older
            changed = connection.execute(self.table.update().where(mine).values({self.column: fresh})).rowcount
            yield row_id if changed else None
