"""The restore drill: a backup put back into a scratch place, and opened, to know that it would work.

One row of every sealed compartment is opened and thrown away; nothing of it is shown, and the scratch place goes.
"""

import secrets
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.config import Settings
from marac.crypto import fields, vault
from marac.errors import ConfigurationError, IntegrityFailure
from marac.models import Partnership
from marac.services.keeping import backup, gate, restoring, snapshots
from marac.services.keeping.deployment import Deployment, open_deployment, unit_of_work

TRIES = 25


def drill(house: Deployment, data: Path, keys: Path, identity: str) -> dict[str, Any]:
    """Restore into a scratch place, check everything: {ok, rows_opened, audit_ok, seconds, ...}. Noted in the trail."""
    begun = time.monotonic()
    with TemporaryDirectory(prefix="marac-drill-") as folder:
        scratch = _scratch_settings(house.settings, Path(folder))
        manifest = restoring.restore(scratch, data, keys, identity)
        restored = open_deployment(scratch, gated=False)
        try:
            found = _checked(restored, manifest)
        finally:
            restored.close()
    found["seconds"] = round(time.monotonic() - begun, 1)
    backup.note_drill(house, ok=found["ok"], rows=found["rows_opened"])
    return found


def _scratch_settings(settings: Settings, folder: Path) -> Settings:
    """The same root key over two files in a scratch folder."""
    if snapshots.kind_of(settings.database_url) != snapshots.SQLITE:
        raise ConfigurationError(
            "A drill of PostgreSQL needs an empty server of its own: restore there with `marac backup restore`, then "
            "`marac restore finalize` and `marac audit verify`."
        )
    urls = {name: f"sqlite:///{folder}/data/{name}.db" for name in ("database", "keystore")}
    return settings.model_copy(
        update={"data": folder / "data", "database_url": urls["database"], "keystore_url": urls["keystore"]}
    )


def _checked(house: Deployment, manifest: dict[str, Any]) -> dict[str, Any]:
    with unit_of_work(house) as session:
        access.asked()
        session.info.pop("keyring")  # the key store was copied later: it may have seen more of the trail
        opened, failed = _open_rows(session)
        audit_ok = all(_trail_is_whole(session, one, manifest) for one in session.scalars(select(Partnership)).all())
        counts_ok = _counted(session, manifest.get("counts", {}))
        ledger_ok = not (gate.keyless(session, house.keyring) or gate.behind(session, house.keyring))
        session.info.pop("audit", None)
    ok = audit_ok and counts_ok and ledger_ok and not failed
    return {
        "ok": ok, "rows_opened": opened, "audit_ok": audit_ok, "counts_ok": counts_ok, "ledger_ok": ledger_ok,
        "not_opened": sorted(failed), "made_at": manifest["made_at"],
    }  # fmt: skip


def _trail_is_whole(session: Session, partnership: Partnership, manifest: dict[str, Any]) -> bool:
    verdict = audit.verify(session, partnership.id)
    return verdict.ok and verdict.entries <= manifest["heads"].get(partnership.id.hex, 0)


def _counted(session: Session, counts: dict[str, int]) -> bool:
    """Whether every table has as many rows as when it was copied."""
    tables = {table.name: table for table in Partnership.metadata.tables.values()}
    return all(
        session.scalar(select(func.count()).select_from(tables[name])) == number
        for name, number in counts.items()
        if name in tables
    )


def _open_rows(session: Session) -> tuple[int, list[str]]:
    """Of every table and compartment that has a row, one at random: how many opened, and which did not."""
    opened, failed = 0, []
    for model in fields.models():
        shape = fields.shape_of(model)
        if model.__module__.startswith("marac.models"):
            for column in shape.columns:
                row = _some_row(session, model)
                if row is None:
                    continue
                try:
                    _open(row, column)
                    opened += 1
                except IntegrityFailure:
                    failed.append(f"{shape.table}.{column}")
    return opened, failed


def _some_row(session: Session, model: Any) -> Any:
    """A row by chance whose key was not erased; None when there is none."""
    number = session.scalar(select(func.count()).select_from(model)) or 0
    unit = vault.current()
    for _ in range(min(TRIES, number)):
        at = secrets.randbelow(number)
        row = session.scalars(select(model).order_by(model.id).offset(at).limit(1)).one()
        shape = fields.shape_of(model)
        owner = getattr(row, shape.owner)
        unit.prefetch(row.partnership_id, [owner], shape.kind)
        if unit.door(shape.kind, row.partnership_id, owner).keys is not None:
            return row
    return None


def _open(row: Any, column: str) -> None:
    place = fields.place_of(row, column)
    access.open_for_drill(place)
    vault.current().open(place, getattr(row, column))
