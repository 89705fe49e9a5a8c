"""What an operator proves of the trail from the console: chain, rows, checkpoints; and the export for outsiders.

Opens no case and no name. Answers 0 whole, 2 tampered (where and how), 3 cannot tell.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marac import access, audit
from marac.audit import Verdict, checkpoints
from marac.errors import ConfigurationError, NotFound
from marac.models import AuditCheckpoint, AuditEntry, Partnership
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.trail import checking, checkpointing

CANNOT_TELL = "cannot_tell"


def verify_trail(
    house: Deployment, slug: str | None, *, since: int = 1, rows: bool = False, folder: Path | None = None,
    public_key: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Read the chain of one partnership or of all: {entries, ok, first_bad, kind}, up to the first broken one.

    With a folder of checkpoints also against those; with `rows` also every row against its newest hash.
    ConfigurationError when that cannot be told.
    """
    entries = 0
    for partnership_id in _chosen(house, slug):
        found = _verified(house, partnership_id, since, folder, public_key)
        if found.ok and rows:
            found = _rows(house, partnership_id, found)
        entries += found.entries
        if not found.ok:
            return {"entries": entries, "ok": False, "first_bad": found.first_bad, "kind": found.kind}
        house.keyring.keep_audit_head(partnership_id, found.entries, found.head)
    return {"entries": entries, "ok": True, "first_bad": None, "kind": None}


def export_trail(house: Deployment, slug: str | None) -> Iterator[str]:
    """Every entry and checkpoint of one partnership as lines of JSON, for the verifier that needs no application."""
    chosen = _chosen(house, slug)
    if len(chosen) != 1:
        raise ConfigurationError("Name one partnership with --partnership.")
    actor = access.system(chosen[0])
    with unit_of_work(house) as session:
        access.asked()
        last = audit.checkpoints.newest(session, actor.partnership_id)
        audit.record(session, actor, "trail:exported", count=last.number if last else 0)
    with house.reader() as session:
        mine = select(AuditEntry).where(AuditEntry.partnership_id == actor.partnership_id).order_by(AuditEntry.seq)
        for entry in session.scalars(mine.execution_options(yield_per=500)):
            facts = {"partnership": actor.partnership_id.hex, "seq": entry.seq, "hash": entry.hash.hex()}
            yield json.dumps({**facts, "body": entry.body})
        lines = select(AuditCheckpoint.line).where(AuditCheckpoint.partnership_id == actor.partnership_id)
        yield from session.scalars(lines.order_by(AuditCheckpoint.number))


def trail_keys(house: Deployment, slug: str | None) -> list[str]:
    """The public keys that sign checkpoints, the oldest first: to be written down by whoever is to check them."""
    return [key for one in _chosen(house, slug) for key in checkpoints.public_keys(house.keyring, one)]


def sign_now(house: Deployment, slug: str | None) -> None:
    """A checkpoint at once."""
    for partnership_id in _chosen(house, slug):
        checkpointing.sign_now(house, access.system(partnership_id))


def _chosen(house: Deployment, slug: str | None) -> list[UUID]:
    query = select(Partnership.id).order_by(Partnership.slug)
    with house.reader() as session:
        found = list(session.scalars(query.where(Partnership.slug == slug) if slug else query))
    if slug and not found:
        raise NotFound("No partnership has that name.")
    return found


def _verified(house: Deployment, partnership_id: UUID, since: int, folder: Path | None, public_key: str) -> Verdict:
    said = _statements(folder, partnership_id) if folder else []
    with house.reader() as session:
        session.info["keyring"] = house.keyring
        trusted = [public_key] if public_key else checkpoints.public_keys(house.keyring, partnership_id)
        foreign = checkpoints.first_foreign(said, trusted)
        good = [one for one in said if foreign is None or one.number < foreign.number]
        found = audit.verify(session, partnership_id, since=since, witnesses=checkpoints.witnesses(good))
    if found.ok and foreign is not None:
        return Verdict(found.entries, False, foreign.size, "checkpoint")
    return found


def _statements(folder: Path, partnership_id: UUID) -> list[checkpoints.Statement]:
    try:
        return checkpointing.read_folder(folder, partnership_id)
    except (OSError, ValueError):
        raise ConfigurationError("The folder holds no checkpoints of this partnership that can be read.") from None


def _rows(house: Deployment, partnership_id: UUID, found: Verdict) -> Verdict:
    broken = checking.broken_in(house, partnership_id)
    if broken is None:
        raise ConfigurationError("The rows have no baseline yet. `marac worker` writes one within the hour.")
    first = min(broken, key=lambda one: one.seq, default=None)
    return found if first is None else Verdict(found.entries, False, first.seq, "row")
