"""Backups: the database first, the key store second, each sealed to offline recipients with a signed manifest.

Key store files have a folder and a life of their own: 35 days, or erasure would be theatre. Opens no value.
"""

import hashlib
import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.crypto import backup_files
from marac.errors import ConfigurationError
from marac.models import AuditEntry, AuditHead, Partnership, SigninSession, User, Wall
from marac.services.keeping import snapshots
from marac.services.keeping.deployment import Deployment, newest_revision, unit_of_work
from marac.vocabulary import UserState

KEYS_LIVE: Final = timedelta(days=35)
DATA, KEYS, MANIFEST, SIGNATURE = "database", "keystore", "manifest.json", "manifest.sig"
LEDGER: Final = "ledger.json"
SIGNS: Final = "backup"
STAMP: Final = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True, slots=True)
class Written:
    """One backup: its two files, the ledger beside them, and how many old key files went."""

    data: Path
    keys: Path
    ledger: Path
    expired: int


def create(house: Deployment, folder: Path, recipients: Sequence[str]) -> Written:
    """Take a backup into `folder`. ConfigurationError for fewer than two recipients."""
    to = backup_files.read_recipients(recipients)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "keys").mkdir(exist_ok=True, mode=0o700)
    _note(house, "backup:created", recipients=len(to))
    made_at = clock.now()
    name = f"casework-{made_at.strftime(STAMP)}"
    with TemporaryDirectory(dir=folder, prefix=".taking-") as scratch:
        copies = {part: Path(scratch, part) for part in (DATA, KEYS)}
        snapshots.take(house.settings.database_url, copies[DATA])
        snapshots.take(house.settings.keystore_url, copies[KEYS])
        manifest = _manifest(house, made_at, copies)
        files = {DATA: folder / f"{name}.data.age", KEYS: folder / "keys" / f"{name}.keys.age"}
        for part, where in files.items():
            packed = _packed(house, Path(scratch), part, manifest)
            sealing = where.with_name(f".{where.name}")
            backup_files.seal_file(packed, sealing, to)
            sealing.chmod(0o600)
            sealing.rename(where)
    written = write_ledger(house, folder)
    return Written(files[DATA], files[KEYS], written, _expire(folder / "keys"))


def _manifest(house: Deployment, made_at: datetime, copies: dict[str, Path]) -> bytes:
    """What both files are: digests, schema, the head of every trail, how many rows and erasures."""
    kinds = {DATA: house.settings.database_url, KEYS: house.settings.keystore_url}
    facts: dict[str, Any] = {
        "format": 1, "made_at": made_at.isoformat(), "schema": newest_revision(), "erased": len(house.keyring.erased()),
        "parts": {
            part: {"sha256": digest(copy), "bytes": copy.stat().st_size, "kind": snapshots.kind_of(kinds[part])}
            for part, copy in copies.items()
        },
        "heads": _heads(house),
    }  # fmt: skip
    if facts["parts"][DATA]["kind"] == snapshots.SQLITE:
        facts["counts"] = snapshots.counts(copies[DATA])
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


def _heads(house: Deployment) -> dict[str, int]:
    """How long each trail was at the least: written after the copies, so the copy may be a little behind."""
    with house.reader() as session:
        rows = session.execute(select(AuditHead.partnership_id, AuditHead.seq))
        return {row[0].hex: row[1] for row in rows}


def _packed(house: Deployment, scratch: Path, part: str, manifest: bytes) -> Path:
    """Manifest, signature and one copy in one compressed file."""
    (scratch / MANIFEST).write_bytes(manifest)
    (scratch / SIGNATURE).write_bytes(backup_files.sign(house.keyring.deployment_secret(SIGNS), manifest))
    packed = scratch / f"{part}.tar.gz"
    with tarfile.open(packed, "w:gz", compresslevel=6) as bundle:
        for name in (MANIFEST, SIGNATURE, part):
            bundle.add(scratch / name, arcname=name)
    return packed


def write_ledger(house: Deployment, folder: Path) -> Path:
    """What an older backup would not know: every erasure, suspension and wall, as ids, signed. Replaced each time."""
    with house.reader() as session:
        walls = session.execute(select(Wall.partnership_id, Wall.case_id, Wall.user_id, Wall.agency_id, Wall.since_at))
        suspended = session.execute(select(User.partnership_id, User.id).where(User.state == UserState.SUSPENDED))
        facts = {
            "written_at": clock.now().isoformat(),
            "erased": sorted([kind, owner.hex] for kind, owner in house.keyring.erased()),
            "suspended": sorted([row[0].hex, row[1].hex] for row in suspended),
            "walls": sorted([_hex(value) for value in row[:4]] + [row[4].isoformat()] for row in walls),
        }
    body = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    signature = backup_files.sign(house.keyring.deployment_secret(SIGNS), body.encode()).hex()
    where = folder / LEDGER
    arriving = folder / f".{LEDGER}"
    arriving.write_text(json.dumps({"body": body, "signature": signature}), "utf-8")
    arriving.rename(where)
    return where


def read_ledger(house: Deployment, where: Path) -> dict[str, Any]:
    """A ledger of this deployment. ConfigurationError when it was not signed by it."""
    secret = house.keyring.deployment_secret(SIGNS)
    try:
        held = json.loads(where.read_text("utf-8"))
        body, signature = held["body"], bytes.fromhex(held["signature"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigurationError("The ledger cannot be read.") from None
    if not backup_files.is_signed(secret, signature, body.encode()):
        raise ConfigurationError("The ledger is not of this deployment, or was changed.")
    return json.loads(body)  # type: ignore[no-any-return]


def _expire(folder: Path) -> int:
    """Key store files older than 35 days go, by the time in their name."""
    oldest, gone = clock.now() - KEYS_LIVE, 0
    for file in folder.glob("casework-*.keys.age"):
        stamp = file.name.removeprefix("casework-").partition(".")[0]
        if datetime.strptime(stamp, STAMP).replace(tzinfo=oldest.tzinfo) < oldest:
            file.unlink()
            gone += 1
    return gone


def digest(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _hex(value: Any) -> str:
    return "" if value is None else value.hex


def note_drill(house: Deployment, *, ok: bool, rows: int) -> None:
    """A drill is in the trail of every partnership."""
    _note(house, "backup:drilled", ok=ok, rows=rows)


def _note(house: Deployment, tag: str, **keys: Any) -> None:
    with unit_of_work(house) as session:
        access.asked()
        for partnership_id in session.scalars(select(Partnership.id)):
            audit.record(session, access.system(partnership_id), tag, **keys)


def last(session: Session, tag: str) -> datetime | None:
    """When a backup was last taken, or drilled."""
    return session.scalar(select(func.max(AuditEntry.at)).where(AuditEntry.tag == tag))


def end_sessions(session: Session) -> None:
    """Nobody stays signed in from before a restore."""
    for one in session.scalars(select(SigninSession).where(SigninSession.ended_at.is_(None))):
        one.ended_at = clock.now()
