"""From a backup to a place that may start: into emptiness, behind a closed gate, until it is finished and checked.

Finishing erases again what was erased, suspends and walls off again, and refuses while a case has lost its key.
"""

import json
import sqlite3
import tarfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.config import Settings
from marac.crypto import backup_files, key_ledger, keystore
from marac.crypto.keyring import Keyring
from marac.errors import ConfigurationError
from marac.models import AuditHead, Case, Partnership, User, Wall
from marac.services.keeping import backup, gate, snapshots
from marac.services.keeping.backup import DATA, KEYS, MANIFEST, SIGNATURE, SIGNS
from marac.services.keeping.deployment import Deployment, open_deployment, root_of, unit_of_work
from marac.services.knowing import rebuilding
from marac.services.retaining import erasing
from marac.vocabulary import UserState

NOT_A_BACKUP: Final = "This is not a backup of this deployment, or it was changed."


@dataclass(slots=True)
class Finished:
    """What finishing a restore did, and what stands in its way."""

    erased: int = 0
    suspended: int = 0
    walled: int = 0
    entries_lost: dict[UUID, int] = field(default_factory=dict)
    keyless: list[UUID] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the place may start."""
        return not self.keyless


def restore(settings: Settings, data: Path, keys: Path | None, identity: str) -> dict[str, Any]:
    """Put a backup back. Without `keys` the key store that is there stays. Returns the manifest; the gate is closed."""
    if not snapshots.is_empty(settings.database_url):
        raise ConfigurationError("There is a database already. A backup is restored into an empty place only.")
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with TemporaryDirectory(dir=settings.data, prefix=".restoring-") as scratch:
        held = unpack(data, DATA, identity, Path(scratch))
        if keys is None:
            _mark(settings, settings.keystore_url, [held])
        else:
            _place_keys(settings, unpack(keys, KEYS, identity, Path(scratch)), held)
        snapshots.put_back(held.copy, settings.database_url)
    return held.facts


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One file of a backup, opened: the copy, what the manifest says, and the signature over it."""

    copy: Path
    facts: dict[str, Any]
    manifest: bytes
    signature: bytes


def unpack(sealed: Path, part: str, identity: str, scratch: Path) -> Unpacked:
    """Open one file of a backup and check its digest against its manifest."""
    packed, into = scratch / f"{part}.tar.gz", scratch / f"{part}.opened"
    into.mkdir()
    backup_files.open_file(sealed, packed, identity)
    try:
        with tarfile.open(packed, "r:gz") as bundle:
            for name in (MANIFEST, SIGNATURE, part):
                bundle.extract(name, into, filter="data")
        facts = json.loads((into / MANIFEST).read_bytes())
        whole = facts["parts"][part]["sha256"] == backup.digest(into / part)
    except (tarfile.TarError, KeyError, ValueError, OSError):
        raise ConfigurationError(NOT_A_BACKUP) from None
    if not whole:
        raise ConfigurationError(NOT_A_BACKUP)
    return Unpacked(into / part, facts, (into / MANIFEST).read_bytes(), (into / SIGNATURE).read_bytes())


def _place_keys(settings: Settings, keys: Unpacked, data: Unpacked) -> None:
    """The key store first, its gate closed before it is in place."""
    if not snapshots.is_empty(settings.keystore_url):
        raise ConfigurationError("There is a key store already. Leave --keys out to keep it.")
    if keys.facts["made_at"] < data.facts["made_at"]:
        raise ConfigurationError("The key store's backup is older than the database's. Take one as new or newer.")
    if snapshots.kind_of(settings.keystore_url) == snapshots.SQLITE:
        _mark(settings, f"sqlite:///{keys.copy}", [keys, data])
        _settle(keys.copy)
        snapshots.put_back(keys.copy, settings.keystore_url)
    else:
        snapshots.put_back(keys.copy, settings.keystore_url)
        _mark(settings, settings.keystore_url, [keys, data])


def _settle(copy: Path) -> None:
    """Bring what was written into the one file that is copied."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")


def _mark(settings: Settings, keystore_url: str, parts: Sequence[Unpacked]) -> None:
    """Close the gate before any data is there; ConfigurationError unless this deployment signed the manifests."""
    keyring = Keyring.open(keystore_url, root_of(settings), create=False)
    try:
        check_signatures(keyring, parts)
        keystore.mark_restored(keyring.engine)
    finally:
        keyring.close()


def check_signatures(keyring: Keyring, parts: Iterable[Unpacked]) -> None:
    """Every manifest was signed by the deployment whose keys these are."""
    secret = keyring.deployment_secret(SIGNS)
    if not all(backup_files.is_signed(secret, one.signature, one.manifest) for one in parts):
        raise ConfigurationError(NOT_A_BACKUP)


def finalize(settings: Settings, ledgers: Sequence[Path] = ()) -> Finished:
    """Finish a restore and open the gate, or say what stands in the way. May be stopped and run again."""
    house = open_deployment(settings, gated=False)
    try:
        if not gate.closed(house.engine, house.keyring):
            raise ConfigurationError("Nothing here waits to be finished: the place may start.")
        return _finished(house, [backup.read_ledger(house, where) for where in ledgers])
    finally:
        house.close()


def _finished(house: Deployment, ledgers: Sequence[dict[str, Any]]) -> Finished:
    done = Finished()
    with house.reader() as session:
        done.entries_lost = gate.lost(session, house.keyring)
    done.erased = _erase_again(house, ledgers)
    with unit_of_work(house) as session:
        access.asked()
        for ledger in ledgers:
            done.suspended += _suspend_again(session, ledger["suspended"])
            done.walled += _wall_again(session, ledger["walls"])
        backup.end_sessions(session)
        done.keyless = gate.keyless(session, house.keyring)
    if not done.ok:
        return done
    with house.reader() as session:
        slugs = list(session.scalars(select(Partnership.slug)))
    for slug in slugs:
        rebuilding.rebuild_tokens(house, slug)
    _note(house, done)
    key_ledger.clear_restored(house.keyring.writer)
    return done


def _erase_again(house: Deployment, ledgers: Sequence[dict[str, Any]]) -> int:
    """Replay every ledger that is known: the key store's, the database's own, and those that were brought."""
    with house.reader() as session:
        brought = {UUID(hex=owner) for ledger in ledgers for kind, owner in ledger["erased"] if kind == "case"}
        back = {case_id: where for where, case_id in gate.resurrected(session, house.keyring)}
        cases = _partnerships_of(session, brought) | back
        behind = gate.behind(session, house.keyring)
    for partnership_id in {where for where, _, _ in behind}:
        keys = [(kind, owner) for where, kind, owner in behind if where == partnership_id]
        house.keyring.erase_several(partnership_id, keys)
    return sum(erasing.again(house, partnership_id, case_id) for case_id, partnership_id in sorted(cases.items()))


def _partnerships_of(session: Session, case_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Of which partnership each of these cases is, as far as the database has them, living or begun to be erased."""
    found = (session.get(Case, case_id) for case_id in case_ids)
    return {case.id: case.partnership_id for case in found if case is not None and case.state != "erased"}


def _suspend_again(session: Session, suspended: Iterable[Sequence[str]]) -> int:
    """Whoever was suspended after the backup was taken is suspended."""
    count = 0
    for _, user_id in suspended:
        user = session.get(User, UUID(hex=user_id))
        if user is not None and user.state != UserState.SUSPENDED:
            user.state = UserState.SUSPENDED
            audit.record(session, access.system(user.partnership_id), "user:suspended", user)
            count += 1
    return count


def _wall_again(session: Session, walls: Iterable[Sequence[str]]) -> int:
    """Every wall that was raised after the backup was taken stands again."""
    count = 0
    for partnership, case, user, agency, since in walls:
        user_id, agency_id = (UUID(hex=one) if one else None for one in (user, agency))
        kept = session.get(Case, UUID(hex=case))
        against = (Wall.user_id == user_id, Wall.agency_id == agency_id)
        if kept is None or session.scalar(select(Wall.id).where(Wall.case_id == kept.id, *against)) is not None:
            continue
        wall = Wall(
            partnership_id=UUID(hex=partnership), case_id=kept.id, user_id=user_id, agency_id=agency_id,
            since_at=datetime.fromisoformat(since),
        )  # fmt: skip
        session.add(wall)
        session.flush()
        audit.record(session, access.system(wall.partnership_id), "case:walled", kept, user=user_id)
        count += 1
    return count


def _note(house: Deployment, done: Finished) -> None:
    """The restore is in every trail, and the key store sees each trail as it is now."""
    with unit_of_work(house) as session:
        access.asked()
        for partnership_id in session.scalars(select(Partnership.id)).all():
            audit.record(
                session, access.system(partnership_id), "restore:finalized", erased=done.erased,
                suspended=done.suspended, walled=done.walled, entries_lost=done.entries_lost.get(partnership_id, 0),
            )  # fmt: skip
    with house.reader() as session:
        for head in session.scalars(select(AuditHead)).all():
            house.keyring.keep_audit_head(head.partnership_id, head.seq, head.hash)
