"""What happened: an append-only chain per partnership, in the same transaction as the change it tells of.

An entry is a tag with an exact set of keys: ids, codes and counts only. Refuses a key that its tag does not name, and
anything that is not an id, a code or a number. The chain: SHA-256 over sequence, previous hash and body.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.crypto import vault
from marac.db import Base
from marac.models import AuditEntry, AuditHead
from marac.workflows import WORKFLOWS

GENESIS = bytes(32)
ENTRIES, HEADS = AuditEntry.metadata.tables["audit_entry"], AuditHead.metadata.tables["audit_head"]
_OF_CHAIN = HEADS.c.partnership_id == bindparam("whose")
READ_HEAD = select(HEADS.c.seq, HEADS.c.hash).where(_OF_CHAIN).with_for_update()
MOVE_HEAD = update(HEADS).where(_OF_CHAIN).values(seq=bindparam("seq"), hash=bindparam("hash"))
ADD_ENTRIES = insert(ENTRIES)
_CODE = re.compile(r"[a-z0-9][a-z0-9_:.-]{0,79}", re.ASCII)
_CASES_NAMED = 60
KEEP_EVERY = 100

_MOVED = frozenset({"from", "to"})
TAGS: dict[str, frozenset[str]] = {
    **{
        f"{flow.noun.removeprefix('community_')}:{step.name}": _MOVED
        for flow in WORKFLOWS.values()
        for step in flow.transitions
    },
    "signin:succeeded": frozenset({"factor"}),
    "signin:failed": frozenset({"reason"}),
    "signin:ended": frozenset({"reason"}),
    "signin:stepped_up": frozenset(),
    "session:switched": frozenset({"role"}),
    "user:invited": frozenset({"role"}),
    "user:joined": frozenset(),
    "user:suspended": frozenset(),
    "user:restored": frozenset(),
    "referrer:invited": frozenset(),
    "referrer:coded": frozenset(),
    "referrer:reminded": frozenset(),
    "referrer:asked": frozenset(),
    "referrer:began": frozenset(),
    "referrer:refused": frozenset({"reason"}),
    "referrer:withdrawn": frozenset(),
    "partnership:founded": frozenset(),
    "referral:started": frozenset({"programme"}),
    "referral:filled": frozenset({"task", "fields"}),
    "checklist:loaded": frozenset({"tool"}),
    "assessment:made": frozenset({"tool"}),
    "case:read": frozenset({"page"}),
    "case:opened": frozenset({"kind"}),
    "case:updated": frozenset({"fields"}),
    "case:joined": frozenset({"other"}),
    "case:reviewed": frozenset({"fields"}),
    "case:sided": frozenset({"agency", "marked"}),
    "incident:recorded": frozenset({"again"}),
    "paper:added": frozenset({"bytes"}),
    "paper:read": frozenset(),
    "paper:removed": frozenset(),
    "cases:imported": frozenset({"rows", "count"}),
    "case:walled": frozenset({"user"}),
    "conflict:dismissed": frozenset({"user"}),
    "handover:acknowledged": frozenset({"rule"}),
    "user:screened": frozenset(),
    "case:searched": frozenset({"terms", "found", "asked"}),
    "incident:reported": frozenset(),
    "person:matched": frozenset({"found"}),
    "risk:alerted": frozenset({"found"}),
    "risk:acted": frozenset(),
    "routing:asked": frozenset({"programme"}),
    "routing:answered": frozenset({"answer"}),
    "person:linked": frozenset({"other", "decision"}),
    "person:revised": frozenset({"other", "before", "decision", "reason"}),
    "location:revealed": frozenset({"compartment", "field", "reason"}),
    "meeting:scheduled": frozenset({"kind"}),
    "meeting:moved": frozenset({"deadlines"}),
    "meeting:staffed": frozenset(),
    "series:saved": frozenset({"rule"}),
    "series:ended": frozenset(),
    "agenda:reordered": frozenset({"items"}),
    "agenda:timed": frozenset({"minutes"}),
    "agenda:changed": frozenset({"kind"}),
    "agenda:frozen": frozenset({"version", "cases"}),
    "conflict:checked": frozenset(),
    "guest:invited": frozenset({"agency"}),
    "guest:withdrawn": frozenset({"agency"}),
    "attendance:recorded": frozenset({"state"}),
    "attendance:agreed": frozenset({"where"}),
    "minutes:noted": frozenset({"heading"}),
    "minutes:read": frozenset(),
    "minutes:frozen": frozenset({"number", "pages"}),
    "minutes:previewed": frozenset({"reader"}),
    "actions:circulated": frozenset({"agencies"}),
    "document:made": frozenset({"kind", "copy", "sha256", "named"}),
    "document:recalled": frozenset({"count"}),
    "action:assigned": frozenset({"agency"}),
    "action:chased": frozenset({"agency"}),
    "action:escalated": frozenset({"rung"}),
    "action:owned": frozenset({"owner"}),
    "action:weighed": frozenset(),
    "flag:asked": frozenset({"agency"}),
    "research:asked": frozenset({"agencies"}),
    "research:chased": frozenset({"agencies"}),
    "research:printed": frozenset({"copy"}),
    "setting:changed": frozenset({"key"}),
    "report:exported": frozenset({"kind", "count"}),
    "report:entered": frozenset({"figure", "year"}),
    "report:published": frozenset({"year", "number"}),
    "audit:read": frozenset(),
    "values:opened": frozenset({"opened", "purposes"}),
    "access:refused": frozenset({"reason", "endpoint"}),
    "value:damaged": frozenset({"endpoint"}),
    "key:changed": frozenset({"level", "count"}),
    "index:rebuilt": frozenset({"cases", "tokens"}),
    "job:ran": frozenset({"job", "count"}),
    "message:sent": frozenset({"template"}),
    "telling:asked": frozenset({"agency", "state"}),
    "area:added": frozenset(),
    "area:checked": frozenset(),
    "area:retired": frozenset(),
    "transfer:sent": frozenset({"area"}),
    "transfer:fetched": frozenset(),
    "transfer:receipted": frozenset({"by"}),
    "transfer:handed_over": frozenset(),
    "transfer:checked": frozenset(),
    "transfer:flag_released": frozenset(),
    "transfer:came": frozenset({"bytes"}),
    "transfer:looked": frozenset(),
    "transfer:refused": frozenset(),
    "transfer:taken_in": frozenset({"known"}),
    "transfer:receipt_given": frozenset(),
    "transfer:read": frozenset(),
    "flags:chased": frozenset({"agencies"}),
    "sanctuary:started": frozenset(),
    "sanctuary:filled": frozenset({"task", "fields"}),
    "sanctuary:read": frozenset({"page"}),
    "sanctuary:answered": frozenset({"gates", "factors"}),
    "sanctuary:ranked": frozenset({"priority"}),
    "sanctuary:allotted": frozenset({"owner"}),
    "landlord:asked": frozenset(),
    "landlord:chased": frozenset({"times"}),
    "landlord:escalated": frozenset(),
    "landlord:answered": frozenset({"answer"}),
    "approval:decided": frozenset({"decision", "pence", "spoken"}),
    "approval:written": frozenset(),
    "address_flag:asked": frozenset({"agency"}),
    "works:line_added": frozenset(),
    "works:line_changed": frozenset(),
    "works:line_removed": frozenset(),
    "works:costed": frozenset(),
    "survey:saved": frozenset(),
    "survey:photo_added": frozenset({"bytes"}),
    "survey:photo_read": frozenset(),
    "works_order:offered": frozenset({"lines"}),
    "works_order:address_shown": frozenset(),
    "visit:booked": frozenset({"kind"}),
    "measures:ended": frozenset({"back", "not_back"}),
    "demo:loaded": frozenset({"count"}),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of reading a chain: how many entries, whether it is whole, and where and how it first breaks."""

    entries: int
    ok: bool
    first_bad: int | None = None
    kind: str | None = None
    head: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Queued:
    """One entry that waits to be chained."""

    at: datetime
    actor: Actor
    tag: str
    object_type: str | None
    object_id: UUID | None
    case_id: UUID | None
    keys: dict[str, Any]


def record(
    session: Session, actor: Actor, tag: str, thing: Base | None = None, *, case_id: UUID | None = None, **keys: Any
) -> None:
    """Queue one entry, chained just before the commit. ValueError unless the keys are exactly those of the tag."""
    if set(keys) != TAGS[tag]:
        raise ValueError(f"{tag} takes exactly {sorted(TAGS[tag])}")
    body = {name: _plain(value) for name, value in keys.items()}
    case = case_id or getattr(thing, "case_id", None) or (thing.id if thing is not None and _is_case(thing) else None)
    kind, thing_id = (None, None) if thing is None else (type(thing).__name__, thing.id)
    session.info.setdefault("audit", []).append(Queued(clock.now(), actor, tag, kind, thing_id, case, body))


def finish(session: Session, actor: Actor | None = None, *, request: str = "-") -> int:
    """Chain everything queued, with what the vault opened; the head row is locked last. Returns entries written.

    Call once, immediately before the commit. Flushes first, so that every row named has its id and version.
    """
    session.flush()
    queue = session.info.pop("audit", [])
    if actor is not None:
        queue.extend(_openings(actor))
    for partnership_id, entries in _by_partnership(queue).items():
        _chain(session, partnership_id, entries, request)
    return len(queue)


def pending(session: Session) -> bool:
    """Whether anything waits to be chained (a read that opened values does too)."""
    return bool(session.info.get("audit")) or vault.current().used()


def entry_hash(seq: int, previous: bytes, body: str) -> bytes:
    """SHA-256 over a domain byte, the format name, the sequence number, the previous hash and the hash of the body."""
    return hashlib.sha256(
        b"\x00marac-audit-v1" + seq.to_bytes(8, "big") + previous + hashlib.sha256(body.encode()).digest()
    ).digest()


def verify(session: Session, partnership_id: UUID) -> Verdict:
    """Read a whole chain and say whether it is as written, and as long as the key store remembers it.

    Kinds: gap (an entry is missing or doubled), edit, columns, head (the end was cut off), behind (the database is
    older than the key store has seen), rebuilt (another history stands where the key store saw this one).
    """
    previous, count = GENESIS, 0
    position, digest = _witnessed(session, partnership_id)
    for entry in _entries(session, partnership_id):
        count += 1
        if entry.seq != count:
            return Verdict(count, False, count, "gap")
        if entry_hash(entry.seq, previous, entry.body) != entry.hash:
            return Verdict(count, False, count, "edit")
        if not _columns_agree(entry):
            return Verdict(count, False, count, "columns")
        if count == position and entry.hash != digest:
            return Verdict(count, False, count, "rebuilt")
        previous = entry.hash
    head = session.scalar(select(AuditHead).where(AuditHead.partnership_id == partnership_id))
    if (head.seq, head.hash) != (count, previous) if head else count != 0:
        return Verdict(count, False, count, "head")
    if count < position:
        return Verdict(count, False, count + 1, "behind")
    return Verdict(count, True, head=previous)


def keep_heads(session: Session) -> None:
    """After the commit: let the key store remember a chain's head every hundred entries (a restore is then noticed)."""
    for partnership_id, (before, seq, digest) in session.info.pop("audit_heads", {}).items():
        if before // KEEP_EVERY != seq // KEEP_EVERY:
            session.info["keyring"].keep_audit_head(partnership_id, seq, digest)


def _witnessed(session: Session, partnership_id: UUID) -> tuple[int, bytes]:
    """Where the key store last saw the chain, and its hash there; nowhere if it never did."""
    keyring = session.info.get("keyring")
    heads: dict[UUID, tuple[int, bytes]] = keyring.audit_heads() if keyring else {}
    return heads.get(partnership_id, (0, GENESIS))


def _entries(session: Session, partnership_id: UUID) -> Iterator[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.partnership_id == partnership_id).order_by(AuditEntry.seq)
    yield from session.scalars(query.execution_options(yield_per=500))


def _columns_agree(entry: AuditEntry) -> bool:
    body = json.loads(entry.body)
    return bool(
        body["tag"] == entry.tag
        and body["at"] == _moment(entry.at)
        and body["partnership"] == _plain(entry.partnership_id)
        and body["actor"] == _plain(entry.actor_id)
        and body["object"] == _plain(entry.object_id)
        and body["case"] == _plain(entry.case_id)
    )


def _chain(session: Session, partnership_id: UUID, entries: list[Queued], request: str) -> None:
    """Append to a chain in three statements; none of its rows is ever an object that could be stale."""
    connection, whose = session.connection(), {"whose": partnership_id}
    head = connection.execute(READ_HEAD, whose).one_or_none()
    seq, previous = head or (0, GENESIS)
    before, rows = seq, []
    for queued in entries:
        seq += 1
        body = _body(seq, queued, request)
        previous = entry_hash(seq, previous, body)
        rows.append({
            "id": uuid4(), "partnership_id": partnership_id, "seq": seq, "at": queued.at, "tag": queued.tag,
            "actor_id": queued.actor.user_id, "object_id": queued.object_id, "case_id": queued.case_id, "body": body,
            "hash": previous,
        })  # fmt: skip
    connection.execute(ADD_ENTRIES, rows)
    facts = {"seq": seq, "hash": previous}
    if head is None:
        connection.execute(insert(HEADS), {"id": uuid4(), "partnership_id": partnership_id, **facts})
    else:
        connection.execute(MOVE_HEAD, whose | facts)
    session.info.setdefault("audit_heads", {})[partnership_id] = (before, seq, previous)


def _body(seq: int, queued: Queued, request: str) -> str:
    return json.dumps(
        {
            "v": 1,
            "seq": seq,
            "at": _moment(queued.at),
            "partnership": _plain(queued.actor.partnership_id),
            "actor": _plain(queued.actor.user_id),
            "role": queued.actor.role.value,
            "session": _plain(queued.actor.session_id),
            "tag": queued.tag,
            "object_type": queued.object_type,
            "object": _plain(queued.object_id),
            "case": _plain(queued.case_id),
            "request": request,
            "keys": queued.keys,
        },
        sort_keys=True,
        separators=(",", ":"),
    )


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


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
    keys = {"opened": opened_in, "purposes": dict(purposes)}
    return [Queued(clock.now(), actor, "values:opened", None, None, None, keys)]


def _by_partnership(queue: list[Queued]) -> dict[UUID, list[Queued]]:
    per: dict[UUID, list[Queued]] = defaultdict(list)
    for entry in queue:
        per[entry.actor.partnership_id].append(entry)
    return per


def _is_case(thing: Base) -> bool:
    return bool(thing.__tablename__ == "case_file")


def _plain(value: Any) -> Any:
    """Ids, codes and counts as JSON; anything else (a sentence, a name) is refused."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in value]
    if isinstance(value, str) and _CODE.fullmatch(value):
        return value
    raise ValueError("an audit entry holds ids, codes and counts only")
