"""The keys of a deployment: made, wrapped, found by id and erased. It hands keys to the vault and shows them to nobody.

A key row commits before the first value is sealed under it; a key once erased is never made again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, Self
from uuid import UUID, uuid4

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Connection, Engine

from marac.crypto import keystore
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
from marac.crypto.keystore import AUDIT_HEAD, ERASURE, NOBODY, WRAPPED_KEY, KeyStoreRefused, key_row
from marac.crypto.root_keys import RootKey, Wrapped
from marac.errors import IntegrityFailure

KINDS = ("case", "works", "staff", "index", "checkpoint")
HELD = frozenset({"staff", "index", "checkpoint"})
BATCH = 500
WARN_SEALS, MOST_SEALS = 1 << 20, 1 << 24
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

    def __init__(self, engine: Engine, root: RootKey) -> None:
        self.engine = engine
        self.root = root
        self.reader = engine.execution_options(begin="none")
        self.writer = engine.execution_options(begin="immediate")
        self._wrappers: dict[tuple[bytes, int], Mapping[str, AESGCM]] = {}
        self._newest: dict[bytes, int] = {}
        self._held: dict[tuple[str, bytes], OwnerKeys] = {}
        self._deployment: bytes | None = None

    def __repr__(self) -> str:
        return f"<keyring under {self.root.id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A keyring is not copied.")

    @classmethod
    def open(cls, keystore_url: str, root: RootKey, *, create: bool = True) -> Self:
        """Open the key store and prove that the root fits it; `create=False` refuses a store that is not there."""
        root.selftest()
        keyring = cls(keystore.open_key_store(keystore_url, create=create), root)
        if keyring.has_deployment():
            keyring.deployment_secret("start")
        return keyring

    def close(self) -> None:
        """Close the key store's connections and forget the held keys."""
        self.forget()
        self.engine.dispose()

    def forget(self) -> None:
        """Forget every held key, so that each is read again: after a rotation."""
        self._wrappers, self._newest, self._held, self._deployment = {}, {}, {}, None

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
        parent = self.newest_generation(partnership)
        cipher = self.wrapper(partnership, parent, kind)
        with self.writer.begin() as connection:
            present = {row.owner for row in _among(connection, sa.select(_K.owner), _K, kind, owners)}
            erased = _among(connection, sa.select(ERASURE.c.owner), ERASURE.c, kind, owners)
            if erased:
                raise KeyMissing(f"{len(erased)} of these {kind} keys were erased and are not made again.")
            missing = [owner for owner in dict.fromkeys(owners) if owner not in present]
            rows = [fresh_key(cipher, parent, kind, partnership, owner, generation=1) for owner in missing]
            if rows:
                connection.execute(WRAPPED_KEY.insert(), rows)

    def make_under_root(self, kind: str, partnership: bytes, owner: bytes, generation: int) -> None:
        """Make a deployment or partnership key of a generation."""
        wrapped = self.root.wrap(secrets.token_bytes(KEY), root_context(kind, owner, generation))
        row = key_row(
            kind=kind, owner=owner, partnership=partnership, generation=generation, wrapped=wrapped.blob,
            root_id=wrapped.root_id, root_version=wrapped.root_version,
        )  # fmt: skip
        with self.writer.begin() as connection:
            connection.execute(WRAPPED_KEY.insert().values(row))

    # -- finding keys --------------------------------------------------------------------------------------------------

    def owner_keys(self, kind: str, partnership: bytes, owners: Iterable[bytes]) -> dict[bytes, OwnerKeys]:
        """The keys of many owners in one query per 500. An owner without keys is absent from the answer."""
        found = {owner: self._held[kind, owner] for owner in owners if (kind, owner) in self._held}
        missing = [owner for owner in owners if owner not in found]
        if not missing:
            return found
        with self.reader.connect() as connection:
            rows = _owned(connection, kind, missing)
        for owner, of, generation, state, wrapped, seals in rows:
            if of != partnership:
                continue
            keys = found.setdefault(owner, OwnerKeys())
            cipher = self.wrapper(partnership, header_generation(wrapped, WRAPPED), kind)
            keys.generations[generation] = unwrap_key(cipher, wrapped, key_context(kind, of, owner, generation))
            if state == "seals" and generation > keys.primary:
                keys.primary, keys.seals = generation, seals
        if kind in HELD:
            self._held.update({(kind, owner): keys for owner, keys in found.items()})
        return found

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
        if partnership not in self._newest:
            self._read_partnership(partnership)
        return self._newest[partnership]

    def _read_partnership(self, partnership: bytes) -> None:
        rows = self.rows((_K.kind == "partnership") & (_K.owner == partnership))
        if not rows:
            raise KeyMissing(f"Partnership {UUID(bytes=partnership)} has no key.")
        for row, key in zip(rows, self.unwrap_under_root(rows), strict=True):
            self._wrappers[partnership, row.generation] = {kind: wrapping_cipher(key, kind) for kind in KINDS}
        self._newest[partnership] = max(row.generation for row in rows if row.state == "seals")

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
        if self._deployment is None:
            rows = self.rows((_K.kind == "deployment") & (_K.state == "seals"))
            if not rows:
                raise KeyStoreRefused("The key store holds no deployment key.")
            self._deployment = self.unwrap_under_root(rows)[-1]
        return derive(self._deployment, "marac/secret/v1", label)

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
        owner, partnership = owner_id.bytes, partnership_id.bytes
        mine = (_K.kind == kind) & (_K.owner == owner) & (_K.partnership == partnership)
        entry = {"kind": kind, "owner": owner, "partnership": partnership, "erased_at": keystore.now()}
        with self.writer.begin() as connection:
            gone = connection.execute(WRAPPED_KEY.delete().where(mine)).rowcount
            if not _among(connection, sa.select(ERASURE.c.owner), ERASURE.c, kind, [owner]):
                connection.execute(ERASURE.insert().values(entry))
        self._held.pop((kind, owner), None)
        if self.engine.dialect.name == "sqlite":
            with self.reader.connect() as connection:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(gone)

    def erased(self) -> frozenset[tuple[str, UUID]]:
        """The (kind, owner) of everything in the erasure ledger."""
        with self.reader.connect() as connection:
            return frozenset((row.kind, UUID(bytes=row.owner)) for row in connection.execute(sa.select(ERASURE)))

    def key_status(self) -> tuple[KeyCount, ...]:
        """How many keys there are by kind, generation and state: counts only."""
        columns = (_K.kind, _K.generation, _K.state)
        query = sa.select(*columns, sa.func.count()).group_by(*columns).order_by(*columns)
        with self.reader.connect() as connection:
            return tuple(KeyCount(*row) for row in connection.execute(query))

    def add_seals(self, kind: str, counts: Mapping[UUID, int]) -> tuple[UUID, ...]:
        """Add a day's seals to the key rows. Returns the owners past the warning of 2^20, whose key should rotate."""
        with self.writer.begin() as connection:
            for owner, seals in counts.items():
                mine = (_K.kind == kind) & (_K.owner == owner.bytes) & (_K.state == "seals")
                connection.execute(WRAPPED_KEY.update().where(mine).values(seal_count=_K.seal_count + seals))
            worn = sa.select(_K.owner).where(_K.kind == kind, _K.state == "seals", _K.seal_count >= WARN_SEALS)
            return tuple(UUID(bytes=owner) for owner in connection.scalars(worn))

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


def fresh_key(
    cipher: AESGCM, parent: int, kind: str, partnership: bytes, owner: bytes, *, generation: int
) -> dict[str, Any]:
    """The row of a new key, wrapped by a partnership generation's cipher."""
    context = key_context(kind, partnership, owner, generation)
    wrapped = wrap_key(cipher, parent, secrets.token_bytes(KEY), context)
    return key_row(kind=kind, owner=owner, partnership=partnership, generation=generation, wrapped=wrapped)


def _owned(connection: Connection, kind: str, owners: Sequence[bytes]) -> list[Any]:
    """The key rows of some owners, 500 at a time, in the driver's own words: every page asks this."""
    rows: list[Any] = []
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    for start in range(0, len(owners), BATCH):
        few = owners[start : start + BATCH]
        marks = ",".join([mark] * len(few))
        query = (
            "SELECT owner, partnership, generation, state, wrapped, seal_count FROM wrapped_key"  # noqa: S608 - marks only
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
