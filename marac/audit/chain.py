"""An append-only chain per partnership, in the same transaction as the change it tells of.

SHA-256 over sequence, previous hash and body. The head row is locked last. Each entry tells by which request it came
and the hashes of the rows that were changed; a change that nobody asked an entry for gets one of its own.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.audit import rows
from marac.audit.entries import OUTCOMES, CameFrom, Queued, came_from, plain
from marac.crypto import vault
from marac.models import AuditEntry, AuditHead
from marac.vocabulary import Role

GENESIS = bytes(32)
KEEP_EVERY = 100
ENTRIES, HEADS = AuditEntry.metadata.tables["audit_entry"], AuditHead.metadata.tables["audit_head"]
_OF_CHAIN = HEADS.c.partnership_id == bindparam("whose")
READ_HEAD = select(HEADS.c.seq, HEADS.c.hash).where(_OF_CHAIN).with_for_update()
MOVE_HEAD = update(HEADS).where(_OF_CHAIN).values(seq=bindparam("seq"), hash=bindparam("hash"))
ADD_ENTRIES = insert(ENTRIES)
_CASES_NAMED = 60
_VIEW = "view"


def finish(session: Session, actor: Actor | None = None) -> int:
    """Chain everything queued, with what the vault opened and the rows that changed; the head row is locked last.

    Call once, immediately before the commit. Flushes first, so that every row named has its id and version. Returns
    entries written.
    """
    session.flush()
    queue: list[Queued] = session.info.pop("audit", [])
    purposes: list[str] = []
    if actor is not None:
        queue.extend(_openings(actor))
        purposes = sorted({purpose for _owner, _name, purpose in vault.current().counts()} - {_VIEW})
    per = _by_partnership(queue)
    for partnership_id, hashes in rows.taken(session).items():
        extra = _rows_written(actor, partnership_id)
        per[partnership_id] = rows.spread(per.get(partnership_id, []), hashes, extra)
    for partnership_id, entries in per.items():
        moved = append(session.connection(), partnership_id, entries, purposes)
        session.info.setdefault("audit_heads", {})[partnership_id] = moved
    return sum(map(len, per.values()))


def pending(session: Session) -> bool:
    """Whether anything waits to be chained (a read that opened values does too)."""
    return bool(session.info.get("audit")) or vault.current().used()


def keep_heads(session: Session) -> None:
    """After the commit: let the key store remember a chain's head every hundred entries (a restore is then noticed)."""
    for partnership_id, (before, seq, digest) in session.info.pop("audit_heads", {}).items():
        if before // KEEP_EVERY != seq // KEEP_EVERY:
            session.info["keyring"].keep_audit_head(partnership_id, seq, digest)


def baseline(session: Session, actor: Actor, *, case_id: UUID | None = None) -> None:
    """Queue the hash of every row of the partnership (or of one case) as it stands, to be told from."""
    queue = session.info.setdefault("audit", [])
    if case_id is None:
        keys = {"inventory": rows.inventory()}
        queue.append(Queued(clock.now(), actor, "rows:baselined", None, None, None, keys))
    for hashes in rows.baseline(session, actor.partnership_id, case_id):
        queue.append(Queued(clock.now(), actor, "rows:written", None, None, None, {}, hashes))


def record_rows(connection: Connection, table: str, ids: Sequence[UUID], *, partnership_id: UUID) -> None:
    """Chain the hashes of rows that were changed beside the records (keys that rotate), in the same transaction."""
    extra = _rows_written(None, partnership_id)
    append(connection, partnership_id, rows.spread([], rows.hashes_of(connection, table, ids), extra), ["reseal"])


def entry_hash(seq: int, previous: bytes, body: str) -> bytes:
    """SHA-256 over a domain byte, the format name, the sequence number, the previous hash and the hash of the body."""
    return hashlib.sha256(
        b"\x00marac-audit-v1" + seq.to_bytes(8, "big") + previous + hashlib.sha256(body.encode()).digest()
    ).digest()


def append(
    connection: Connection, partnership_id: UUID, entries: Sequence[Queued], purposes: Sequence[str] = ()
) -> tuple[int, int, bytes]:
    """Append to a chain in three statements; none of its rows is ever an object that could be stale.

    Returns where the chain stood before, where it stands now, and its hash.
    """
    whose, door = {"whose": partnership_id}, came_from()
    head = connection.execute(READ_HEAD, whose).one_or_none()
    seq, previous = head or (0, GENESIS)
    before, added = seq, []
    for queued in entries:
        seq += 1
        body = _body(seq, queued, door, purposes)
        previous = entry_hash(seq, previous, body)
        added.append({
            "id": uuid4(), "partnership_id": partnership_id, "seq": seq, "at": queued.at, "tag": queued.tag,
            "actor_id": queued.actor.user_id, "object_id": queued.object_id, "case_id": queued.case_id, "body": body,
            "hash": previous,
        })  # fmt: skip
    connection.execute(ADD_ENTRIES, added)
    facts = {"seq": seq, "hash": previous}
    if head is None:
        connection.execute(insert(HEADS), {"id": uuid4(), "partnership_id": partnership_id, **facts})
    else:
        connection.execute(MOVE_HEAD, whose | facts)
    return before, seq, previous


def moment(at: datetime) -> str:
    """A time as bodies have it."""
    return at.isoformat(timespec="microseconds")


def _body(seq: int, queued: Queued, door: CameFrom, purposes: Sequence[str]) -> str:
    told: dict[str, dict[str, str | None]] = {}
    for table, row_id, digest in queued.rows:
        told.setdefault(table, {})[row_id.hex] = digest
    return json.dumps(
        {
            "v": 2,
            "seq": seq,
            "at": moment(queued.at),
            "partnership": plain(queued.actor.partnership_id),
            "actor": plain(queued.actor.user_id),
            "on_behalf": plain(queued.actor.on_behalf),
            "role": queued.actor.role.value,
            "session": plain(queued.actor.session_id),
            "tag": queued.tag,
            "object_type": queued.object_type,
            "object": plain(queued.object_id),
            "case": plain(queued.case_id),
            "outcome": OUTCOMES.get(queued.tag, "done"),
            "purpose": list(purposes),
            "request": door.request,
            "network": door.network,
            "agent": door.agent,
            "rows": told,
            "keys": queued.keys,
        },
        sort_keys=True,
        separators=(",", ":"),
    )


def _openings(actor: Actor) -> list[Queued]:
    """One entry for all that the vault opened in this unit of work: per compartment the cases, or how many if many."""
    per: dict[str, list[str]] = defaultdict(list)
    purposes: dict[str, int] = defaultdict(int)
    for (owner, compartment, purpose), (opened, _sealed) in vault.current().counts().items():
        if opened:
            per[compartment.partition(":")[0]].append(owner.hex)
            purposes[purpose] += opened
    if not per:
        return []
    opened_in = {
        name: sorted(set(ids)) if len(set(ids)) <= _CASES_NAMED else len(set(ids)) for name, ids in per.items()
    }
    keys: dict[str, Any] = {"opened": opened_in, "purposes": dict(purposes)}
    return [Queued(clock.now(), actor, "values:opened", None, None, None, keys)]


def _rows_written(actor: Actor | None, partnership_id: UUID) -> Queued:
    ours = actor is not None and actor.partnership_id == partnership_id
    who = actor if actor is not None and ours else Actor(partnership_id, Role.SYSTEM)
    return Queued(clock.now(), who, "rows:written", None, None, None, {})


def _by_partnership(queue: list[Queued]) -> dict[UUID, list[Queued]]:
    per: dict[UUID, list[Queued]] = defaultdict(list)
    for entry in queue:
        per[entry.actor.partnership_id].append(entry)
    return dict(per)
