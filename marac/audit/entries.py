"""What may be written in the trail: every tag with its exact keys, and the asking for an entry.

Refuses a key that its tag does not name, and anything that is not an id, a code or a number.
"""

import ipaddress
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.db import Base
from marac.workflows import WORKFLOWS

_CODE = re.compile(r"[a-z0-9][a-z0-9_:.-]{0,79}", re.ASCII)

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
    "factor:added": frozenset({"kind"}),
    "factor:removed": frozenset({"kind"}),
    "password:changed": frozenset(),
    "reset:asked": frozenset(),
    "reset:approved": frozenset(),
    "reset:cancelled": frozenset(),
    "reset:done": frozenset(),
    "provider:set": frozenset({"agency"}),
    "provider:ended": frozenset({"agency"}),
    "user:invited": frozenset({"role"}),
    "user:joined": frozenset(),
    "user:suspended": frozenset(),
    "user:restored": frozenset(),
    **dict.fromkeys(("user:asked", "user:approved", "user:refused", "user:role_ended"), frozenset({"role", "agency"})),
    **dict.fromkeys(("user:coded", "user:agreed", "user:trained", "guest:agreed"), frozenset()),
    "user:left": frozenset({"actions", "delegations", "guests"}),
    "user:idle": frozenset({"step"}),
    **{f"deputy:{done}": frozenset({"deputy"}) for done in ("named", "approved", "refused", "ended")},
    "guest:let_in": frozenset({"user", "kind"}),
    "guest:read": frozenset({"cases"}),
    "guest:ended": frozenset({"user"}),
    "agreement:recorded": frozenset({"agency"}),
    "attestation:asked": frozenset({"agency"}),
    "attestation:answered": frozenset({"agency", "stay", "end"}),
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
    "referral:form_read": frozenset({"found", "left"}),
    "referral:from_form": frozenset({"taken"}),
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
    "case:agency_walled": frozenset({"agency"}),
    **dict.fromkeys(
        ("wall:confirmed", "wall:cleared", "wall:lift_asked", "wall:lift_refused", "wall:lifted"), frozenset()
    ),
    "case:restricted": frozenset({"people"}),
    "case:renamed": frozenset({"added", "taken_off"}),
    "conflict:declared": frozenset({"cases", "conflicts"}),
    "glass:broken": frozenset({"category"}),
    **dict.fromkeys(("glass:read", "glass:place_asked", "glass:place_agreed", "glass:place_shown"), frozenset()),
    "case:unrestricted": frozenset(),
    "glass:reviewed": frozenset({"outcome"}),
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
    "leaving:warned": frozenset({"kinds"}),
    "leaving:stopped": frozenset({"kinds", "leaving_as"}),
    "leaving:overridden": frozenset({"kinds", "leaving_as"}),
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
    "risk:settled": frozenset({"heading"}),
    "sample:drawn": frozenset({"cases"}),
    **dict.fromkeys(("sample:answered", "sample:closed"), frozenset()),
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
    **dict.fromkeys(("research:chased", "disclosure:asked"), frozenset({"agencies"})),
    "research:printed": frozenset({"copy"}),
    "setting:changed": frozenset({"key"}),
    "audit:read": frozenset(),
    "values:opened": frozenset({"opened", "purposes"}),
    "access:refused": frozenset({"reason", "endpoint"}),
    "value:damaged": frozenset({"endpoint"}),
    "key:changed": frozenset({"level", "count"}),
    "escrow:created": frozenset({"form", "parts"}),
    "escrow:verified": frozenset({"form", "parts"}),
    "escrow:recovered": frozenset({"form", "parts"}),
    "index:rebuilt": frozenset({"cases", "tokens"}),
    "job:ran": frozenset({"job", "count"}),
    "message:sent": frozenset({"template"}),
    "disclosure:recorded": frozenset({"kind"}),
    "disclosure:read": frozenset({"page"}),
    "disclosure:linked": frozenset({"linked"}),
    "disclosure:decided": frozenset({"answer"}),
    "disclosure:overridden": frozenset({"what"}),
    "disclosure:owner_answered": frozenset({"agreed", "objected"}),
    "disclosure:page_checked": frozenset({"pages", "found", "copy"}),
    "case:held": frozenset({"reason", "locked"}),
    "case:chronicled": frozenset({"entries"}),
    **dict.fromkeys(("disclosure:extended", "case:hold_lifted", "minutes:page_released"), frozenset()),
    **dict.fromkeys(("disclosure:gathered", "disclosure:tagged"), frozenset({"passages"})),
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
    "retention:counted": frozenset({"basis"}),
    "retention:listed": frozenset({"found"}),
    "retention:certified": frozenset(),
    "hold:placed": frozenset({"kind"}),
    "hold:lifted": frozenset({"kind"}),
    "rows:erased": frozenset({"count"}),
    "backup:created": frozenset({"recipients"}),
    "backup:drilled": frozenset({"ok", "rows"}),
    "restore:finalized": frozenset({"erased", "suspended", "walled", "entries_lost"}),
    "report:exported": frozenset({"kind", "count"}),
    "report:entered": frozenset({"figure", "year"}),
    "report:published": frozenset({"year", "number"}),
    "rows:written": frozenset(),
    "rows:baselined": frozenset({"inventory"}),
    "trail:read": frozenset({"about", "reason", "found"}),
    "trail:exported": frozenset({"count"}),
    "alert:raised": frozenset({"rule", "count"}),
    "alert:looked_into": frozenset({"rule"}),
    "integrity:failed": frozenset({"kind", "table", "row"}),
    "integrity:cleared": frozenset(),
}
OUTCOMES = {
    "signin:failed": "refused",
    "access:refused": "refused",
    "value:damaged": "failed",
    "integrity:failed": "failed",
}


@dataclass(frozen=True, slots=True)
class CameFrom:
    """By which request, from which network (never the whole address) and with which browser, as a keyed hash."""

    request: str = "-"
    network: str | None = None
    agent: str | None = None


_INSIDE = CameFrom()
_came_from: ContextVar[CameFrom] = ContextVar("audit_came_from", default=_INSIDE)


@contextmanager
def coming_from(door: CameFrom) -> Iterator[None]:
    """Whatever is chained inside came by this request; nested units of work as well."""
    token = _came_from.set(door)
    try:
        yield
    finally:
        _came_from.reset(token)


def came_from() -> CameFrom:
    """The request of this thread; of a job, none."""
    return _came_from.get()


def network_of(address: str | None) -> str | None:
    """The /24 or /48 that an address lies in, so that a trail does not hold whole addresses; None for none."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


@dataclass(frozen=True, slots=True)
class Queued:
    """One entry that waits to be chained; `rows` are the hashes of the rows it changed: (table, id, hash or None)."""

    at: datetime
    actor: Actor
    tag: str
    object_type: str | None
    object_id: UUID | None
    case_id: UUID | None
    keys: dict[str, Any]
    rows: tuple[tuple[str, UUID, str | None], ...] = ()


def record(
    session: Session, actor: Actor, tag: str, thing: Base | None = None, *, case_id: UUID | None = None, **keys: Any
) -> None:
    """Queue one entry, chained just before the commit. ValueError unless the keys are exactly those of the tag."""
    if set(keys) != TAGS[tag]:
        raise ValueError(f"{tag} takes exactly {sorted(TAGS[tag])}")
    body = {name: plain(value) for name, value in keys.items()}
    case = case_id or getattr(thing, "case_id", None) or (thing.id if thing is not None and _is_case(thing) else None)
    kind, thing_id = (None, None) if thing is None else (type(thing).__name__, thing.id)
    session.info.setdefault("audit", []).append(Queued(clock.now(), actor, tag, kind, thing_id, case, body))


def _is_case(thing: Base) -> bool:
    return bool(thing.__tablename__ == "case_file")


def plain(value: Any) -> Any:
    """Ids, codes and counts as JSON; anything else (a sentence, a name) is refused."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if isinstance(value, str) and _CODE.fullmatch(value):
        return value
    raise ValueError("an audit entry holds ids, codes and counts only")
