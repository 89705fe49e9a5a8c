"""The vault: opens or seals nothing unless `access` granted it in this unit of work, and counts what it did.

Case keys live as long as the unit of work. A missing grant is a programming error and raises, with ids only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn, cast
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from marac.crypto import envelope
from marac.crypto.envelope import (
    HEADER,
    SEALED,
    Place,
    aad_end,
    aad_start,
    compartment_key,
    header_generation,
    open_bound,
)
from marac.crypto.keyring import MOST_SEALS, KeyMissing, Keyring, OwnerKeys
from marac.errors import IntegrityFailure

FLOORS = {"identity_sealed": 256, "contact_sealed": 256, "location_sealed": 256, "staff_sealed": 256}


class SealedShut(Exception):
    """Something was opened or sealed without a grant. A forgotten check in our code; carries ids only."""


class Door:
    """What one key owner's values may be opened and sealed for in one unit of work, and the keys met so far."""

    __slots__ = ("keys", "kind", "may_open", "may_seal", "owner", "partnership", "ready", "unit")

    def __init__(self, unit: Unit, kind: str, partnership: bytes, owner: bytes) -> None:
        self.unit, self.kind, self.partnership, self.owner = unit, kind, partnership, owner
        self.may_open: Mapping[str, str] = {}  # compartment -> purpose; replaced, never changed, so doors may share one
        self.may_seal: Mapping[str, str] = {}
        self.keys: OwnerKeys | None = None
        self.ready: dict[tuple[str, bytes], tuple[AESGCM, bytes]] = {}

    def __repr__(self) -> str:
        return f"<door of {self}>"

    def __str__(self) -> str:
        return f"{self.kind} {UUID(bytes=self.owner)}"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Keys are not copied.")

    def purpose(self, compartment: str, *, seal: bool = False) -> str | None:
        """What a compartment was granted for, itself or as one of its family ("research:*")."""
        grants = self.may_seal if seal else self.may_open
        granted = grants.get(compartment)
        if granted is None and ":" in compartment:
            granted = grants.get(compartment.partition(":")[0] + ":*")
        return granted

    def required(self, compartment: str, *, seal: bool = False) -> str:
        """What a compartment was granted for, or SealedShut."""
        purpose = self.purpose(compartment, seal=seal)
        if purpose is None:
            raise SealedShut(f"No grant to {'seal' if seal else 'open'} {compartment} of {self}.")
        return purpose

    def make_ready(self, compartment: str, header: bytes) -> tuple[AESGCM, bytes]:
        """The cipher of a compartment in the generation of a header, and the end of its associated data; kept."""
        generation = header_generation(header)
        key = self.owner_keys(generation).generations.get(generation)
        if key is None:
            raise IntegrityFailure(f"There is no key of generation {generation} for {self}.")
        cipher = AESGCM(compartment_key(key, compartment))
        self.ready[compartment, header] = made = cipher, aad_end(self.owner, compartment)
        return made

    def owner_keys(self, generation: int = 0) -> OwnerKeys:
        """The owner's keys, read again if this generation is not among them; KeyMissing if there are none."""
        if self.keys is None or (generation and generation not in self.keys.generations):
            self.unit.read_keys(self.kind, self.partnership, [self], again=True)
        if self.keys is None:
            raise KeyMissing(f"There is no key for {self}.")
        return self.keys


class Unit:
    """One unit of work: its grants, its keys and its counts."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._doors: dict[tuple[str, bytes, bytes], Door] = {}
        self._opened: dict[tuple[Door, str, str], int] = {}
        self._sealed: dict[tuple[Door, str, str], int] = {}

    def __reduce__(self) -> NoReturn:
        raise TypeError("A unit of work is not copied.")

    def grant(
        self,
        owner_kind: str,
        partnership_id: UUID,
        owner_id: UUID,
        compartment: str,
        *,
        open: bool = True,  # noqa: A002 - the policy's own word
        seal: bool = False,
        purpose: str = "view",
    ) -> None:
        """Grant one compartment of one key owner; adds to what was granted before. Only `access` calls this."""
        self.grant_many(owner_kind, partnership_id, [owner_id], [compartment], open=open, seal=seal, purpose=purpose)

    def grant_many(
        self,
        owner_kind: str,
        partnership_id: UUID,
        owner_ids: Iterable[UUID],
        compartments: Iterable[str],
        *,
        open: bool = True,  # noqa: A002
        seal: bool = False,
        purpose: str = "view",
    ) -> None:
        """Grant several compartments of several key owners."""
        granted = dict.fromkeys(compartments, purpose)
        partnership = partnership_id.bytes
        for owner_id in owner_ids:
            door = self._door(owner_kind, partnership, owner_id.bytes)
            if open:
                door.may_open = {**door.may_open, **granted} if door.may_open else granted
            if seal:
                door.may_seal = {**door.may_seal, **granted} if door.may_seal else granted

    def revoke(self, owner_kind: str, partnership_id: UUID, owner_id: UUID, compartment: str | None = None) -> None:
        """Take back one compartment of a key owner, or all of them."""
        door = self.door(owner_kind, partnership_id, owner_id)
        door.may_open = {c: why for c, why in door.may_open.items() if compartment not in (None, c)}
        door.may_seal = {c: why for c, why in door.may_seal.items() if compartment not in (None, c)}

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Grants given inside last no longer than the block; those given before it stand as they were."""
        held = {key: (door.may_open, door.may_seal) for key, door in self._doors.items()}
        try:
            yield
        finally:
            for key, door in self._doors.items():
                door.may_open, door.may_seal = held.get(key, ({}, {}))

    def may(
        self, owner_kind: str, partnership_id: UUID, owner_id: UUID, compartment: str, *, seal: bool = False
    ) -> bool:
        """Whether a compartment was granted, to open or to seal."""
        return self.door(owner_kind, partnership_id, owner_id).purpose(compartment, seal=seal) is not None

    def prefetch(self, partnership_id: UUID, owner_ids: Iterable[UUID], kind: str = "case") -> None:
        """Fetch the keys of many owners in one query, where the unit does not hold them yet."""
        doors = [self.door(kind, partnership_id, owner_id) for owner_id in set(owner_ids)]
        self.read_keys(kind, partnership_id.bytes, [door for door in doors if door.keys is None])

    def open(self, place: Place, blob: bytes) -> dict[str, Any]:
        """Open a value in its place. SealedShut without a grant, IntegrityFailure if it does not open."""
        door = self.door(place.kind, place.partnership, place.owner)
        return self.open_behind(door, place.compartment, (place.table, place.column), place.row, blob)

    def open_behind(
        self, door: Door, compartment: str, column: tuple[str, str], row: UUID, blob: bytes
    ) -> dict[str, Any]:  # fmt: skip
        """`open` with the door at hand; `column` is its table and name."""
        count = (door, compartment, door.required(compartment))
        document = _opened(door, compartment, column, row, blob)
        self._opened[count] = self._opened.get(count, 0) + 1
        return document

    def open_rows(
        self, kind: str, table: str, column: str, name_of: Callable[[Any], str], rows: Iterable[Sequence[Any]]
    ) -> list[dict[str, Any]]:
        """`open` for a list. A row begins with its id, partnership, key owner, `by` and sealed value, as the driver has
        them; all that rows of one compartment of one owner share is worked out once."""
        shared: dict[tuple[Any, ...], _Shared] = {}
        grouped = [(row, (row[1], row[2], row[3], row[4][:HEADER] if row[4] else b"")) for row in rows]
        self._read_row_keys(kind, {key[:2] for _, key in grouped})
        documents = []
        for row, key in grouped:
            same = shared.get(key)
            if same is None:
                same = shared[key] = self._share(kind, table, column, name_of(key[2]), key)
            blob = row[4]
            try:
                associated = same.start + id_bytes(row[0]) + same.end
                documents.append(open_bound(same.cipher, associated, blob))
            except IntegrityFailure:
                where = UUID(bytes=id_bytes(row[0]))
                raise IntegrityFailure(f"{table}.{column} of {where} does not open in its place.") from None
            same.opened += 1
        for same in shared.values():
            self._opened[same.count] = self._opened.get(same.count, 0) + same.opened
        return documents

    def _share(self, kind: str, table: str, column: str, compartment: str, key: tuple[Any, ...]) -> _Shared:
        door = self._doors[kind, id_bytes(key[0]), id_bytes(key[1])]
        purpose = door.required(compartment)
        cipher, end = door.ready.get((compartment, key[3])) or door.make_ready(compartment, key[3])
        start = aad_start(key[3], door.partnership, table, column)
        return _Shared(cipher, start, end, (door, compartment, purpose))

    def seal(self, place: Place, document: Mapping[str, Any]) -> bytes:
        """Seal a document into its place under the owner's current generation. SealedShut without a grant."""
        door = self.door(place.kind, place.partnership, place.owner)
        purpose = door.required(place.compartment, seal=True)
        keys = door.owner_keys()
        if keys.seals >= MOST_SEALS:
            raise IntegrityFailure(f"The key of {door} has sealed all it may: rotate it.")
        header = envelope.header(SEALED, keys.primary)
        cipher, _ = door.ready.get((place.compartment, header)) or door.make_ready(place.compartment, header)
        blob = envelope.seal(cipher, place, keys.primary, document, FLOORS.get(place.column, envelope.STEP))
        keys.seals += 1
        count = (door, place.compartment, purpose)
        self._sealed[count] = self._sealed.get(count, 0) + 1
        return blob

    def amend(self, place: Place, blob: bytes, changes: Mapping[str, Any]) -> bytes:
        """Merge changes into a sealed document under a `seal` grant alone: nothing opened is returned or counted."""
        door = self.door(place.kind, place.partnership, place.owner)
        door.required(place.compartment, seal=True)
        document = _opened(door, place.compartment, (place.table, place.column), place.row, blob)
        return self.seal(place, {**document, **changes})

    def counts(self) -> dict[tuple[UUID, str, str], tuple[int, int]]:
        """(owner, compartment, purpose) -> (opened, sealed), for the audit entry."""
        return {
            (UUID(bytes=key[0].owner), key[1], key[2]): (self._opened.get(key, 0), self._sealed.get(key, 0))
            for key in self._opened | self._sealed
        }

    def count_seals(self) -> None:
        """Tell the keyring how often each key sealed, kept or rolled back: a nonce was used either way."""
        counts = [(key[0].kind, key[0].owner, seals) for key, seals in self._sealed.items()]
        if counts and self._keyring.seals.add(counts):
            self._keyring.seals.write(self._keyring.writer)

    def used(self) -> bool:
        """Whether anything was opened or sealed at all."""
        return bool(self._opened or self._sealed)

    def door(self, kind: str, partnership_id: UUID, owner_id: UUID) -> Door:
        """The door of a key owner, shut until something is granted."""
        return self._door(kind, partnership_id.bytes, owner_id.bytes)

    def _door(self, kind: str, partnership: bytes, owner: bytes) -> Door:
        door = self._doors.get((kind, partnership, owner))
        if door is None:
            door = self._doors[kind, partnership, owner] = Door(self, kind, partnership, owner)
        return door

    def read_keys(self, kind: str, partnership: bytes, doors: Sequence[Door], *, again: bool = False) -> None:
        """Read the keys of doors of one kind and partnership; `again` also those held by the process."""
        for door in doors if again else ():
            self._keyring.forget_held(kind, door.owner)
        keys = self._keyring.owner_keys(kind, partnership, [door.owner for door in doors]) if doors else {}
        for door in doors:
            door.keys = keys.get(door.owner)

    def _read_row_keys(self, kind: str, owners: Iterable[tuple[Any, Any]]) -> None:
        """Fetch the keys that a list's rows need, after checking that each owner has a door at all."""
        keyless: dict[bytes, list[Door]] = {}
        for partnership, owner in owners:
            door = self._doors.get((kind, id_bytes(partnership), id_bytes(owner)))
            if door is None:
                raise SealedShut(f"No grant at all for {kind} {UUID(bytes=id_bytes(owner))}.")
            if door.keys is None:
                keyless.setdefault(door.partnership, []).append(door)
        for among, doors in keyless.items():
            self.read_keys(kind, among, doors)


class _Shared:
    """What the rows of one compartment of one owner share while a list is opened."""

    __slots__ = ("cipher", "count", "end", "opened", "start")

    def __init__(self, cipher: AESGCM, start: bytes, end: bytes, count: tuple[Door, str, str]) -> None:
        self.cipher, self.start, self.end, self.count, self.opened = cipher, start, end, count, 0


def id_bytes(raw: Any) -> bytes:
    """16 bytes of an id as a driver gives it (32 hex digits, or a UUID)."""
    return bytes.fromhex(raw) if type(raw) is str else cast(UUID, raw).bytes


def _opened(door: Door, compartment: str, column: tuple[str, str], row: UUID, blob: bytes) -> dict[str, Any]:
    header = blob[:HEADER] if blob else b""
    cipher, end = door.ready.get((compartment, header)) or door.make_ready(compartment, header)
    try:
        return open_bound(cipher, aad_start(header, door.partnership, *column) + row.bytes + end, blob)
    except IntegrityFailure:
        raise IntegrityFailure(f"{'.'.join(column)} of {row} ({compartment} of {door}) does not open there.") from None


running: ContextVar[Unit | None] = ContextVar("marac_unit_of_work", default=None)


@contextmanager
def unit(keyring: Keyring) -> Iterator[Unit]:
    """A unit of work: grants and keys begin and end here. One inside another is refused."""
    if running.get() is not None:
        raise SealedShut("A unit of work is already open here.")
    fresh = Unit(keyring)
    token = running.set(fresh)
    try:
        yield fresh
    finally:
        running.reset(token)
        fresh.count_seals()


def current() -> Unit:
    """The unit of work that runs here, or SealedShut."""
    here = running.get()
    if here is None:
        raise SealedShut("There is no unit of work here, so nothing opens.")
    return here
