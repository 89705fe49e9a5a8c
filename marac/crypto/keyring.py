"""The keys of a deployment: made, wrapped, found by id and erased. It hands keys to the vault and shows them to nobody.

A key row commits before the first value is sealed under it; a key once erased is never made again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from typing import Any, NamedTuple, NoReturn, Self
from uuid import UUID, uuid4

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Connection, Engine

from marac.crypto import key_ledger, keystore
from marac.crypto.envelope import (
    KEY,
    WRAPPED,
    derive,
    header_generation,
    key_context,
    unwrap_key,
    wrap_key,
    wrapping_cipher,
)
from marac.crypto.keystore import (
    AUDIT_HEAD,
    ERASURE,
    NOBODY,
    WRAPPED_KEY,
    KeyStoreRefused,
    key_row,
)
from marac.crypto.root_keys import RootKey, Wrapped
from marac.crypto.sealing_counts import SealCounts
from marac.errors import IntegrityFailure

KINDS = ("case", "works", "staff", "index", "checkpoint")
UNDER_ROOT = frozenset({"deployment", "partnership"})
HELD = frozenset({"staff", "index", "checkpoint"})
BATCH = 500
WARN_SEALS, MOST_SEALS = 1 << 20, 1 << 24
HOLD = 60.0  # seconds after which every process has met a new generation of what it holds
_K = WRAPPED_KEY.c


class KeyMissing(IntegrityFailure):
    """There is no key for this owner: it was erased, never made, or the key store is not this database's."""


class OwnerKeys:
    """The unwrapped keys of one owner by generation; `primary` seals. They cannot be printed or pickled."""

    __slots__ = ("generations", "primary", "seals")

    def __init__(self) -> None:
        self.generations: dict[int, bytes] = {}
        self.primary = 0
        self.seals = 0

    def __repr__(self) -> str:
        return f"<keys, generations {sorted(self.generations)}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Keys are not copied.")


class KeyCount(NamedTuple):
    """How many keys of a kind stand in a generation and state."""

    kind: str
    generation: int
    state: str
    keys: int


class Keyring:
    """One deployment's keys. Partnership, staff and index keys are held per process, case and works keys never."""

    def __init__(self, engine: Engine, root: RootKey, *, per_case_root: bool = False) -> None:
        self.engine = engine
        self.root = root
        self.per_case_root = per_case_root
        self.seals = SealCounts()
        self.reader = engine.execution_options(begin="none")
        self.writer = engine.execution_options(begin="immediate")
        self._wrappers: dict[tuple[bytes, int], Mapping[str, AESGCM]] = {}
        self._newest: dict[bytes, int] = {}
        self._held: dict[tuple[str, bytes], OwnerKeys] = {}
        self._deployment: dict[int, bytes] = {}
        self._secrets: tuple[bytes, ...] = ()
        self._until = monotonic() + HOLD

    def __repr__(self) -> str:
        return f"<keyring under {self.root.id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A keyring is not copied.")

    @classmethod
    def open(cls, keystore_url: str, root: RootKey, *, create: bool = True, per_case_root: bool = False) -> Self:
        """Open the key store and prove that the root fits it; `create=False` refuses a store that is not there."""
        root.selftest()
        keyring = cls(keystore.open_key_store(keystore_url, create=create), root, per_case_root=per_case_root)
        if keyring.has_deployment():
            keyring.deployment_secret("start")
        return keyring

    def close(self) -> None:
        """Count the last seals, forget the held keys and close the key store's connections."""
        self.seals.write(self.writer)
        self.forget()
        self.engine.dispose()

    def forget(self) -> None:
        """Forget every held key, so that each is read again: after a rotation."""
        self._wrappers, self._deployment = {}, {}
        self._look_again()

    def _look_again(self) -> None:
        """Meet new generations: what is held is read again. What was unwrapped under the root stays unwrapped."""
        self._newest, self._held, self._secrets = {}, {}, ()
        self._until = monotonic() + HOLD

    # -- making keys, each in its own commit ---------------------------------------------------------------------------

    def has_deployment(self) -> bool:
        """Whether the key store holds a deployment key."""
        return bool(self.rows(_K.kind == "deployment"))

    def create_deployment(self) -> None:
        """Make the deployment key, once."""
        if not self.has_deployment():
            self.make_under_root("deployment", NOBODY, uuid4().bytes, 1)

    def create_partnership(self, partnership_id: UUID) -> None:
        """Make a partnership's key with its staff, index and checkpoint keys. Doing it twice changes nothing."""
        partnership = partnership_id.bytes
        if not self.rows((_K.kind == "partnership") & (_K.owner == partnership)):
            self.make_under_root("partnership", partnership, partnership, 1)
        self._make("staff", partnership, [partnership])
        self._make("index", partnership, [partnership])
        self._make("checkpoint", partnership, [partnership])

    def create_case_key(self, partnership_id: UUID, case_id: UUID) -> None:
        """Make a case's key before anything is sealed under it. Doing it twice changes nothing."""
        self.create_case_keys(partnership_id, [case_id])

    def create_case_keys(self, partnership_id: UUID, case_ids: Iterable[UUID]) -> None:
        """Make the keys of many cases in one commit."""
        self._make("case", partnership_id.bytes, [case_id.bytes for case_id in case_ids])

    def create_works_key(self, partnership_id: UUID, order_id: UUID) -> None:
        """Make a works order's own key, so that a contractor never needs the case's."""
        self._make("works", partnership_id.bytes, [order_id.bytes])

    def _make(self, kind: str, partnership: bytes, owners: Sequence[bytes]) -> None:
        with self.reader.connect() as connection:
            present = {row.owner for row in _among(connection, sa.select(_K.owner), _K, kind, owners)}
        missing = [owner for owner in dict.fromkeys(owners) if owner not in present]
        rows = [self.new_key(kind, partnership, owner, 1) for owner in missing]
        with self.writer.begin() as connection:
            erased = _among(connection, sa.select(ERASURE.c.owner), ERASURE.c, kind, owners)
            if erased:
                raise KeyMissing(f"{len(erased)} of these {kind} keys were erased and are not made again.")
            present = {row.owner for row in _among(connection, sa.select(_K.owner), _K, kind, missing)}
            rows = [row for row in rows if row["owner"] not in present]
            if rows:
                connection.execute(WRAPPED_KEY.insert(), rows)

    def new_key(self, kind: str, partnership: bytes, owner: bytes, generation: int) -> dict[str, Any]:
        """The row of a new key: wrapped by the partnership's, or of a case by the root where that was chosen."""
        row = {"kind": kind, "owner": owner, "partnership": partnership, "generation": generation}
        key = secrets.token_bytes(KEY)
        if kind in UNDER_ROOT or (kind == "case" and self.per_case_root):
            wrapped = self.root.wrap(key, root_context(kind, owner, generation))
            under = {"wrapped": wrapped.blob, "root_id": wrapped.root_id, "root_version": wrapped.root_version}
            return key_row(**row, **under)
        parent = self.newest_generation(partnership)
        context = key_context(kind, partnership, owner, generation)
        return key_row(**row, wrapped=wrap_key(self.wrapper(partnership, parent, kind), parent, key, context))

    def make_under_root(self, kind: str, partnership: bytes, owner: bytes, generation: int, **facts: Any) -> None:
        """Make a deployment or partnership key of a generation."""
        row = self.new_key(kind, partnership, owner, generation) | facts
        with self.writer.begin() as connection:
            connection.execute(WRAPPED_KEY.insert().values(row))

    # -- finding keys --------------------------------------------------------------------------------------------------

    def owner_keys(self, kind: str, partnership: bytes, owners: Iterable[bytes]) -> dict[bytes, OwnerKeys]:
        """The keys of many owners in one query per 500. An owner without keys is absent from the answer."""
        if monotonic() > self._until:
            self._look_again()
        held = self._held
        found = {owner: held[kind, owner] for owner in owners if (kind, owner) in held}
        missing = [owner for owner in owners if owner not in found]
        if not missing:
            return found
        with self.reader.connect() as connection:
            rows = [row for row in _owned(connection, kind, missing) if row[1] == partnership]
        for row, key in zip(rows, self._unwrapped(kind, rows), strict=True):
            owner, _, generation, state, _, seals, _, _ = row
            keys = found.setdefault(owner, OwnerKeys())
            keys.generations[generation] = key
            if state == "seals" and generation > keys.primary:
                keys.primary, keys.seals = generation, seals
        if kind in HELD:
            held.update({(kind, owner): keys for owner, keys in found.items()})
        return found

    def _unwrapped(self, kind: str, rows: Sequence[Any]) -> Iterable[bytes]:
        """The keys of rows as `_owned` gives them."""
        under_root = [row for row in rows if row[6] is not None]
        if under_root:
            several = [(Wrapped(row[6], row[7], row[4]), root_context(kind, row[0], row[2])) for row in under_root]
            opened = {
                (row[0], row[2]): key for row, key in zip(under_root, self.root.unwrap_many(several), strict=True)
            }
        for owner, of, generation, _, wrapped, _, root_id, _ in rows:
            if root_id is not None:
                yield opened[owner, generation]
            else:
                cipher = self.wrapper(of, header_generation(wrapped, WRAPPED), kind)
                yield unwrap_key(cipher, wrapped, key_context(kind, of, owner, generation))

    def forget_held(self, kind: str, owner: bytes) -> None:
        """Read a held key again at its next use: a generation was met that this process does not know."""
        self._held.pop((kind, owner), None)

    def wrapper(self, partnership: bytes, generation: int, kind: str) -> AESGCM:
        """The cipher that a partnership generation wraps keys of a kind with."""
        if (partnership, generation) not in self._wrappers:
            self._read_partnership(partnership)
        try:
            return self._wrappers[partnership, generation][kind]
        except KeyError:
            raise KeyMissing(f"Partnership {UUID(bytes=partnership)} has no key of this generation.") from None

    def newest_generation(self, partnership: bytes) -> int:
        """The partnership generation that wraps new keys."""
        if monotonic() > self._until:
            self._look_again()
        return self._newest.get(partnership) or self._read_partnership(partnership)

    def _read_partnership(self, partnership: bytes) -> int:
        """Unwrap the generations that were not met yet; returns the one that wraps."""
        rows = self.rows((_K.kind == "partnership") & (_K.owner == partnership))
        if not rows:
            raise KeyMissing(f"Partnership {UUID(bytes=partnership)} has no key.")
        fresh = [row for row in rows if (partnership, row.generation) not in self._wrappers]
        for row, key in zip(fresh, self.unwrap_under_root(fresh), strict=True):
            self._wrappers[partnership, row.generation] = {kind: wrapping_cipher(key, kind) for kind in KINDS}
        newest = self._newest[partnership] = max(row.generation for row in rows if row.state == "seals")
        return int(newest)

    def unwrap_under_root(self, rows: Sequence[sa.Row[Any]]) -> list[bytes]:
        """The deployment or partnership keys of some rows."""
        several = [
            (Wrapped(row.root_id, row.root_version, row.wrapped), root_context(row.kind, row.owner, row.generation))
            for row in rows
        ]
        return self.root.unwrap_many(several)

    def rows(self, which: sa.ColumnElement[bool]) -> Sequence[sa.Row[Any]]:
        """Rows of the key table as they stand, wrapped, the oldest generation first."""
        with self.reader.connect() as connection:
            return connection.execute(sa.select(WRAPPED_KEY).where(which).order_by(_K.generation)).all()

    def deployment_secret(self, label: str) -> bytes:
        """32 bytes for one purpose across partnerships: Flask's secret, the sign-in index, audited search terms."""
        return self.deployment_secrets(label)[0]

    def deployment_secrets(self, label: str) -> tuple[bytes, ...]:
        """The same under every generation, the one in force first: what an earlier one made is still known."""
        if monotonic() > self._until:
            self._look_again()
        keys = self._secrets or self._read_deployment()
        return tuple(derive(key, "marac/secret/v1", label) for key in keys)

    def oldest_secret(self, label: str) -> bytes:
        """The same under the oldest key that is still known: what it signed is taken until it is destroyed."""
        self.deployment_secrets(label)
        return derive(self._deployment[min(self._deployment)], "marac/secret/v1", label)

    def _read_deployment(self) -> tuple[bytes, ...]:
        rows = self.rows(_K.kind == "deployment")
        if not any(row.state == "seals" for row in rows):
            raise KeyStoreRefused("The key store holds no deployment key.")
        fresh = [row for row in rows if row.generation not in self._deployment]
        self._deployment.update(zip((row.generation for row in fresh), self.unwrap_under_root(fresh), strict=True))
        ranked = sorted(rows, key=lambda row: (row.state != "seals", -row.generation))
        self._secrets = found = tuple(self._deployment[row.generation] for row in ranked)
        return found

    def index_keys(self, partnership_id: UUID) -> OwnerKeys:
        """A partnership's index keys: while they rotate, tokens are written and asked under every generation."""
        partnership = partnership_id.bytes
        keys = self.owner_keys("index", partnership, [partnership]).get(partnership)
        if keys is None:
            raise KeyMissing(f"Partnership {partnership_id} has no index key.")
        return keys

    # -- erasing and counting ------------------------------------------------------------------------------------------

    def erase_case(self, partnership_id: UUID, case_id: UUID) -> int:
        """Delete every generation of a case's key and enter it in the ledger. Returns how many keys went."""
        return self.erase("case", partnership_id, case_id)

    def erase(self, kind: str, partnership_id: UUID, owner_id: UUID) -> int:
        """Delete an owner's keys; may be run twice. No unit of work that starts later, in any process, can unwrap."""
        return self.erase_several(partnership_id, [(kind, owner_id)])

    def erase_several(self, partnership_id: UUID, keys: Iterable[tuple[str, UUID]]) -> int:
        """The same for several (kind, owner), in one commit; then the pages they stood on are overwritten."""
        several = list(keys)
        gone = key_ledger.erase(self.writer, partnership_id, several)
        for kind, owner_id in several:
            self._held.pop((kind, owner_id.bytes), None)
        key_ledger.wipe(self.engine)
        return gone

    def erased(self) -> frozenset[tuple[str, UUID]]:
        """The (kind, owner) of everything in the erasure ledger."""
        with self.reader.connect() as connection:
            return frozenset((row.kind, UUID(bytes=row.owner)) for row in connection.execute(sa.select(ERASURE)))

    def key_status(self, partnership_id: UUID | None = None) -> tuple[KeyCount, ...]:
        """How many keys there are by kind, generation and state, in one partnership or in all: counts only."""
        columns = (_K.kind, _K.generation, _K.state)
        query = sa.select(*columns, sa.func.count()).group_by(*columns).order_by(*columns)
        query = query if partnership_id is None else query.where(_K.partnership == partnership_id.bytes)
        with self.reader.connect() as connection:
            return tuple(KeyCount(*row) for row in connection.execute(query))

    def add_seals(self, kind: str, counts: Mapping[UUID, int]) -> tuple[UUID, ...]:
        """Add seals to the key rows now. Returns the owners past the warning of 2^20, whose key should rotate."""
        self.seals.add((kind, owner.bytes, seals) for owner, seals in counts.items())
        self.seals.write(self.writer)
        return tuple(UUID(bytes=owner) for of, owner in self.worn() if of == kind)

    def worn(self) -> list[tuple[str, bytes]]:
        """(kind, owner) of the keys past the warning: their next rotation should not wait."""
        worn = self.rows((_K.state == "seals") & (_K.seal_count >= WARN_SEALS))
        return [(row.kind, row.owner) for row in worn]

    def keep_audit_head(self, partnership_id: UUID, position: int, digest: bytes) -> None:
        """Remember a partnership's newest audit entry, so that a restore of yesterday's database is noticed."""
        head = {"partnership": partnership_id.bytes, "position": position, "digest": digest}
        with self.writer.begin() as connection:
            connection.execute(AUDIT_HEAD.delete().where(AUDIT_HEAD.c.partnership == partnership_id.bytes))
            connection.execute(AUDIT_HEAD.insert().values(head))

    def audit_heads(self) -> dict[UUID, tuple[int, bytes]]:
        """The audit heads last kept, by partnership."""
        with self.reader.connect() as connection:
            rows = connection.execute(sa.select(AUDIT_HEAD)).all()
        return {UUID(bytes=row.partnership): (row.position, row.digest) for row in rows}


def root_context(kind: str, owner: bytes, generation: int) -> dict[str, str]:
    """What a key under the root is bound to: opaque ids only, for key services log it."""
    return {"generation": str(generation), "kind": kind, "owner": owner.hex()}


def _owned(connection: Connection, kind: str, owners: Sequence[bytes]) -> list[Any]:
    """The key rows of some owners, 500 at a time, in the driver's own words: every page asks this."""
    rows: list[Any] = []
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    for start in range(0, len(owners), BATCH):
        few = owners[start : start + BATCH]
        marks = ",".join([mark] * len(few))
        query = (
            "SELECT owner, partnership, generation, state, wrapped, seal_count, root_id, root_version"  # noqa: S608 - marks only
            " FROM wrapped_key"
            f" WHERE kind = {mark} AND owner IN ({marks})"
        )
        rows += connection.exec_driver_sql(query, (kind, *few)).all()
    return rows


def _among(
    connection: Connection, query: sa.Select[Any], columns: Any, kind: str, owners: Sequence[bytes]
) -> list[sa.Row[Any]]:
    """The rows of some owners, 500 at a time."""
    rows: list[sa.Row[Any]] = []
    for start in range(0, len(owners), BATCH):
        few = owners[start : start + BATCH]
        rows += connection.execute(query.where(columns.kind == kind, columns.owner.in_(few))).all()
    return rows
