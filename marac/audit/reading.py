"""Reading a chain: is it whole, as long as it was, and as its witnesses saw it? Answers where and how it first breaks.

Kinds: gap (an entry is missing), order (one stands in another's place), edit (a body, column or hash was changed), head
(the end was cut off, or yesterday's chain was put back), checkpoint (another history than the one that was witnessed),
row (a row is not as its last entry left it).
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac.audit.chain import GENESIS, entry_hash, moment
from marac.audit.entries import plain
from marac.models import AuditEntry, AuditHead


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of reading a chain: how many entries, whether it is whole, and where and how it first breaks."""

    entries: int
    ok: bool
    first_bad: int | None = None
    kind: str | None = None
    head: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Witness:
    """What somebody else saw: the head at a size, and the hashes of the bodies up to it, as far as they were kept."""

    size: int
    head: bytes
    leaves: tuple[str, ...] = ()


def verify(session: Session, partnership_id: UUID, *, since: int = 1, witnesses: Sequence[Witness] = ()) -> Verdict:
    """Read a chain from entry `since` on and compare it with the key store's record and other witnesses."""
    seen = sorted([*_key_store(session, partnership_id), *witnesses], key=lambda one: one.size)
    by_size, leaves = _expected(seen, since)
    previous, count = _before(session, partnership_id, since), since - 1
    for entry in _entries(session, partnership_id, since):
        count += 1
        kind = _fault(entry, count, previous)
        if kind is None and leaves.get(count, leaf := _leaf(entry)) != leaf:
            kind = "checkpoint"
        if kind is None and any(head != entry.hash for head in by_size.get(count, ())):
            kind = "checkpoint"
        if kind is not None:
            return Verdict(count, False, count, kind)
        previous = entry.hash
    head = session.scalar(select(AuditHead).where(AuditHead.partnership_id == partnership_id))
    if (head.seq, head.hash) != (count, previous) if head else count != 0:
        return Verdict(count, False, count, "head")
    if seen and count < seen[-1].size:
        return Verdict(count, False, count + 1, "head")
    return Verdict(count, True, head=previous)


def _expected(seen: Sequence[Witness], since: int) -> tuple[dict[int, list[bytes]], dict[int, str]]:
    by_size: dict[int, list[bytes]] = {}
    leaves: dict[int, str] = {}
    for one in seen:
        if one.size >= since:
            by_size.setdefault(one.size, []).append(one.head)
            leaves.update(enumerate(one.leaves, one.size - len(one.leaves) + 1))
    return by_size, leaves


def _fault(entry: AuditEntry, count: int, previous: bytes) -> str | None:
    if entry.seq != count:
        return "gap"
    if entry_hash(entry.seq, previous, entry.body) == entry.hash:
        return None if _columns_agree(entry) else "edit"
    try:
        stands = json.loads(entry.body)["seq"]
    except (ValueError, TypeError, KeyError):
        return "edit"
    return "edit" if stands == count else "order"


def _leaf(entry: AuditEntry) -> str:
    return hashlib.sha256(entry.body.encode()).hexdigest()


def _key_store(session: Session, partnership_id: UUID) -> list[Witness]:
    """Where the key store last saw the chain, and its hash there; nowhere if it never did."""
    keyring = session.info.get("keyring")
    heads: dict[UUID, tuple[int, bytes]] = keyring.audit_heads() if keyring else {}
    return [Witness(*heads[partnership_id])] if partnership_id in heads else []


def _before(session: Session, partnership_id: UUID, since: int) -> bytes:
    """The hash of the entry before; of the first, none."""
    mine = (AuditEntry.partnership_id == partnership_id, AuditEntry.seq == since - 1)
    return session.scalar(select(AuditEntry.hash).where(*mine)) or GENESIS


def _entries(session: Session, partnership_id: UUID, since: int) -> Iterator[AuditEntry]:
    mine = (AuditEntry.partnership_id == partnership_id, AuditEntry.seq >= since)
    query = select(AuditEntry).where(*mine).order_by(AuditEntry.seq)
    yield from session.scalars(query.execution_options(yield_per=500))


def _columns_agree(entry: AuditEntry) -> bool:
    body = json.loads(entry.body)
    return bool(
        body["tag"] == entry.tag
        and body["seq"] == entry.seq
        and body["at"] == moment(entry.at)
        and body["partnership"] == plain(entry.partnership_id)
        and body["actor"] == plain(entry.actor_id)
        and body["object"] == plain(entry.object_id)
        and body["case"] == plain(entry.case_id)
    )
