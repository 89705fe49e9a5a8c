"""Signed statements of how long a chain is and what it ends in, to be kept where the application cannot rewrite them.

Whoever holds database and code can rebuild a chain; not what its witnesses hold (security 4.4). Refuses a statement
that its key did not sign, and a new key that the old one did not announce.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import clock
from marac.audit.chain import moment
from marac.audit.reading import Witness
from marac.crypto import rotation, signing
from marac.crypto.keyring import KeyMissing, Keyring, OwnerKeys
from marac.models import AuditCheckpoint, AuditEntry, AuditHead

EVERY, AT_LEAST_EVERY = 100, timedelta(minutes=10)
LATE = timedelta(minutes=30)
KEY_LASTS = timedelta(days=365)
SIGNED = b"marac-checkpoint-v1\x00"
DIGITS = 16


@dataclass(frozen=True, slots=True)
class Statement:
    """One checkpoint: `leaves` are the hashes of the bodies since the one before; `next_key` announces a new key."""

    partnership: str
    number: int
    size: int
    head: str
    at: str
    leaves: tuple[str, ...]
    key: str
    next_key: str | None = None
    signature: str = ""

    def message(self) -> bytes:
        """What is signed: canonical JSON of all but the signature, behind the format's name."""
        return SIGNED + _canonical({key: value for key, value in asdict(self).items() if key != "signature"}).encode()

    def line(self) -> str:
        """The statement as one line of JSON."""
        return _canonical(asdict(self))


def sign_next(session: Session, keyring: Keyring, partnership_id: UUID, *, at_once: bool = False) -> bool:
    """Write the next checkpoint if a hundred entries came since the last, or any and ten minutes passed."""
    head = session.scalar(select(AuditHead).where(AuditHead.partnership_id == partnership_id))
    last, now = newest(session, partnership_id), clock.now()
    size = last.size if last else 0
    if head is None or head.seq == size:
        return False
    if not (at_once or last is None or head.seq - size >= EVERY or now - last.at >= AT_LEAST_EVERY):
        return False
    keys = _keys(keyring, partnership_id)
    key, following = _signs(session, keyring, partnership_id, keys, last)
    leaves = _leaves(session, partnership_id, size, head.seq)
    number = last.number + 1 if last else 1
    said = Statement(partnership_id.hex, number, head.seq, head.hash.hex(), moment(now), leaves, key, following)
    said = replace(said, signature=signing.sign(_keys(keyring, partnership_id), key, said.message()))
    session.add(
        AuditCheckpoint(
            partnership_id=partnership_id, number=number, size=head.seq, head=head.hash, at=now, line=said.line()
        )
    )
    return True


def newest(session: Session, partnership_id: UUID) -> AuditCheckpoint | None:
    """The checkpoint written last."""
    mine = select(AuditCheckpoint).where(AuditCheckpoint.partnership_id == partnership_id)
    return session.scalar(mine.order_by(AuditCheckpoint.number.desc()).limit(1))


def digits(session: Session, partnership_id: UUID) -> str:
    """Sixteen hex digits of the newest checkpoint's head, in fours, for the foot of what is printed."""
    mine = select(AuditCheckpoint.head).where(AuditCheckpoint.partnership_id == partnership_id)
    head = session.scalar(mine.order_by(AuditCheckpoint.number.desc()).limit(1))
    return spaced(head.hex()) if head else ""


def spaced(head: str) -> str:
    """The first sixteen hex digits of a head, in fours."""
    return " ".join(head[start : start + 4] for start in range(0, DIGITS, 4))


def is_late(session: Session, partnership_id: UUID, now: datetime) -> bool:
    """Whether entries wait for a checkpoint longer than half an hour."""
    last = newest(session, partnership_id)
    beyond = select(AuditEntry.at).where(AuditEntry.partnership_id == partnership_id)
    oldest = session.scalar(beyond.where(AuditEntry.seq > (last.size if last else 0)).order_by(AuditEntry.seq).limit(1))
    return oldest is not None and now - max(oldest, last.at if last else oldest) > LATE


def publish(folder: Path, partnership_id: UUID, lines: Sequence[str]) -> int:
    """Append to a folder's file the lines it does not hold yet; never reads further back than its last. Synced."""
    path = file_in(folder, partnership_id)
    held = _last_number(path)
    missing = [line for line in lines if json.loads(line)["number"] > held]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in missing)
            file.flush()
            os.fsync(file.fileno())
    return len(missing)


def file_in(folder: Path, partnership_id: UUID) -> Path:
    """Where a folder holds a partnership's checkpoints."""
    return folder / f"{partnership_id.hex}.jsonl"


def read_lines(lines: Iterable[str]) -> list[Statement]:
    """Statements from lines of JSON. ValueError for a line that is none."""
    found = []
    for line in lines:
        if line.strip():
            facts = json.loads(line)
            try:
                found.append(Statement(**{**facts, "leaves": tuple(facts["leaves"])}))
            except (TypeError, KeyError):
                raise ValueError("A line is not a checkpoint.") from None
    return found


def first_foreign(statements: Sequence[Statement], trusted: Iterable[str]) -> Statement | None:
    """The first statement that no trusted key signed. A key is trusted once a trusted statement announced it."""
    known = set(trusted)
    for one in statements:
        if one.key not in known or not signing.signed_by(one.key, one.signature, one.message()):
            return one
        known |= {one.next_key} if one.next_key else set()
    return None


def witnesses(statements: Iterable[Statement]) -> list[Witness]:
    """What statements say of a chain."""
    return [Witness(one.size, bytes.fromhex(one.head), one.leaves) for one in statements]


def public_keys(keyring: Keyring, partnership_id: UUID) -> list[str]:
    """The public keys of every generation that the key store still holds, the oldest first."""
    keys = _keys(keyring, partnership_id)
    return [signing.public_of(keys, generation) for generation in sorted(keys.generations)]


def _signs(
    session: Session, keyring: Keyring, partnership_id: UUID, keys: OwnerKeys, last: AuditCheckpoint | None
) -> tuple[str, str | None]:
    """The key that signs, and the one it announces: after a year, or once somebody has added a newer generation."""
    current = signing.public_of(keys)
    if last is None:
        return current, None
    before = json.loads(last.line)
    trusted = before["next_key"] or before["key"]
    if trusted == current and _since(session, partnership_id, trusted, last) < clock.now() - KEY_LASTS:
        rotation.add_generation(keyring, "checkpoint", partnership_id, partnership_id)
        current = signing.public_of(_keys(keyring, partnership_id))
    return trusted, (None if trusted == current else current)


def _since(session: Session, partnership_id: UUID, key: str, last: AuditCheckpoint) -> datetime:
    """When a key first signed or was announced."""
    named = AuditCheckpoint.line.like(f"%{key}%")
    mine = select(AuditCheckpoint.at).where(AuditCheckpoint.partnership_id == partnership_id, named)
    return session.scalar(mine.order_by(AuditCheckpoint.number).limit(1)) or last.at


def _keys(keyring: Keyring, partnership_id: UUID) -> OwnerKeys:
    try:
        return signing.signing_keys(keyring, partnership_id.bytes)
    except KeyMissing:
        keyring.create_partnership(partnership_id)  # one that was founded before there were checkpoints
        return signing.signing_keys(keyring, partnership_id.bytes)


def _leaves(session: Session, partnership_id: UUID, after: int, until: int) -> tuple[str, ...]:
    mine = (AuditEntry.partnership_id == partnership_id, AuditEntry.seq > after, AuditEntry.seq <= until)
    bodies = session.scalars(select(AuditEntry.body).where(*mine).order_by(AuditEntry.seq))
    return tuple(hashlib.sha256(body.encode()).hexdigest() for body in bodies)


def _last_number(path: Path) -> int:
    if not path.exists():
        return 0
    lines = path.read_text("utf-8").splitlines()
    return int(json.loads(lines[-1])["number"]) if lines else 0


def _canonical(facts: Any) -> str:
    return json.dumps(facts, sort_keys=True, separators=(",", ":"))
