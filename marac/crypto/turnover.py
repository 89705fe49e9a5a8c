"""One rotation from its beginning to its end, in steps that may be killed and taken up again; then the old keys' end.

It begins no second rotation while one is under way, and destroys no key before its 35 days or while a value needs it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from marac.crypto import rotation
from marac.crypto.keyring import Keyring
from marac.crypto.keystore import NOBODY, ROTATION, WRAPPED_KEY, days_ago, now
from marac.crypto.root_keys import FileRoot
from marac.crypto.root_keys.file import add_root_version, retire_root_versions
from marac.errors import WrongState

LASTS = 35  # days for which a backup of the key store may live, and an old key with it
TRIES = 5  # rounds for rows that somebody edits meanwhile; what is left waits for the next run
_K, _R = WRAPPED_KEY.c, ROTATION.c


class Begun(NamedTuple):
    """A rotation that is under way: since when, and whether an earlier run was broken off."""

    at: str
    resumed: bool


def begin(keyring: Keyring, level: str, partnership: bytes = NOBODY) -> Begun:
    """Begin a rotation, or take up the one that is under way."""
    this = (_R.level == level) & (_R.partnership == partnership)
    with keyring.writer.begin() as connection:
        known = connection.execute(sa.select(_R.began_at, _R.ended_at).where(this)).one_or_none()
        if known is not None and known.ended_at is None:
            return Begun(known.began_at, resumed=True)
        connection.execute(ROTATION.delete().where(this))
        fresh = {"level": level, "partnership": partnership, "began_at": now(), "ended_at": None}
        connection.execute(ROTATION.insert().values(fresh))
    return Begun(str(fresh["began_at"]), resumed=False)


def end(keyring: Keyring, level: str, partnership: bytes = NOBODY) -> None:
    """Nothing of this rotation is left to do but to destroy the old keys in time."""
    this = (_R.level == level) & (_R.partnership == partnership)
    with keyring.writer.begin() as connection:
        connection.execute(ROTATION.update().where(this).values(ended_at=now()))


def standing(keyring: Keyring) -> list[tuple[str, str, str | None]]:
    """(level, began, ended) of the last rotation at each level and place."""
    with keyring.reader.connect() as connection:
        rows = connection.execute(sa.select(_R.level, _R.began_at, _R.ended_at).order_by(_R.level, _R.began_at))
        return [(row.level, row.began_at, row.ended_at) for row in rows]


# -- case, works and staff keys: a new generation each, then its values resealed -------------------------------------


def waiting(keyring: Keyring, kind: str, partnership: bytes, begun_at: str) -> list[UUID]:
    """The owners whose key is older than this rotation, or whose values may still stand under an older one."""
    mine = keyring.rows((_K.kind == kind) & (_K.partnership == partnership))
    made = {row.owner: row.made_at or "" for row in mine if row.state == "seals"}
    left = {row.owner for row in mine if row.state == "opens" and row.retired_at is None}
    return [UUID(bytes=owner) for owner, at in made.items() if at < begun_at or owner in left]


def add_owner_key(keyring: Keyring, kind: str, partnership_id: UUID, owner_id: UUID, begun_at: str) -> None:
    """A new key for one owner, unless this rotation made it: what is sealed from now on stands under it."""
    keys = keyring.rows((_K.kind == kind) & (_K.owner == owner_id.bytes) & (_K.state == "seals"))
    if max((row.made_at or "" for row in keys), default="") < begun_at:
        rotation.add_generation(keyring, kind, partnership_id, owner_id)


def turn_owner(
    engine: Engine, keyring: Keyring, kind: str, partnership_id: UUID, owner_id: UUID, *, begun_at: str,
    recorded: rotation.Recorded | None = None,
) -> tuple[int, int]:  # fmt: skip
    """A new key for one owner, unless this rotation made it, and its values under it: (resealed, left to a later run).

    Gone meanwhile means erased: nothing is left to do.
    """
    if not keyring.rows((_K.kind == kind) & (_K.owner == owner_id.bytes) & (_K.state == "seals")):
        return 0, 0
    add_owner_key(keyring, kind, partnership_id, owner_id, begun_at)
    done: Counter[str] = Counter()
    for _ in range(TRIES):
        done += rotation.reseal(engine, keyring, kind, partnership_id, owner_id, recorded=recorded)
        left = rotation.reseal(engine, keyring, kind, partnership_id, owner_id, dry_run=True).total()
        if not left:
            rotation.retire(keyring, kind, owner_id.bytes)
            break
    return done.total(), left


# -- the levels above ------------------------------------------------------------------------------------------------


def turn_partnership(keyring: Keyring, partnership_id: UUID, begun_at: str) -> int:
    """A new partnership key, unless this rotation made it, and all under it re-wrapped. Returns how many."""
    partnership = partnership_id.bytes
    mine = (_K.kind == "partnership") & (_K.owner == partnership) & (_K.state == "seals")
    if max(row.made_at or "" for row in keyring.rows(mine)) < begun_at:
        rotation.add_partnership_generation(keyring, partnership_id)
    count = rotation.rewrap_partnership(keyring, partnership_id).total()
    rotation.retire(keyring, "partnership", partnership)
    return count


def turn_root(keyring: Keyring, begun: Begun) -> int:
    """A new version of a root file, unless an earlier run added it, or the newest of a key service; all re-wrapped."""
    root = keyring.root
    if isinstance(root, FileRoot):
        used = max((row.root_version for row in keyring.rows(_K.root_id == root.id)), default=0)
        if not (begun.resumed and rotation.rewrap_root(keyring, root, dry_run=True)) and root.newest()[1] <= used:
            add_root_version(root.path)
        root.read_again()
    return rotation.rewrap_root(keyring, root)


def add_deployment_key(keyring: Keyring, begun_at: str) -> None:
    """A deployment key that is known everywhere before it is used: until it is promoted it only opens."""
    rows = keyring.rows(_K.kind == "deployment")
    if max(row.made_at or "" for row in rows) < begun_at:
        owner, generation = rows[-1].owner, rows[-1].generation + 1
        keyring.make_under_root("deployment", NOBODY, owner, generation, state="opens")
    keyring.forget()


def promote_deployment_key(keyring: Keyring) -> None:
    """The newest deployment key is in force, the older ones open what they made."""
    newest = max(row.generation for row in keyring.rows(_K.kind == "deployment"))
    mine = WRAPPED_KEY.update().where(_K.kind == "deployment")
    with keyring.writer.begin() as connection:
        connection.execute(mine.where(_K.generation == newest).values(state="seals"))
        connection.execute(mine.where(_K.generation < newest).values(state="opens"))
    keyring.forget()


def add_index_key(keyring: Keyring, partnership_id: UUID, begun_at: str) -> None:
    """A second index key: tokens are written and asked under both."""
    add_owner_key(keyring, "index", partnership_id, partnership_id, begun_at)


def index_generations(keyring: Keyring, partnership_id: UUID) -> int:
    """How many index keys a partnership has: two while they rotate."""
    return len(keyring.rows((_K.kind == "index") & (_K.owner == partnership_id.bytes)))


def drop_index_keys(keyring: Keyring, partnership_id: UUID) -> int:
    """The index keys before the newest go: every token stands under the newest too. Returns how many went."""
    mine = (_K.kind == "index") & (_K.owner == partnership_id.bytes) & (_K.state == "opens")
    with keyring.writer.begin() as connection:
        gone = connection.execute(WRAPPED_KEY.delete().where(mine)).rowcount
    keyring.forget_held("index", partnership_id.bytes)
    return int(gone)


def root_versions(keyring: Keyring) -> set[int]:
    """The versions of this root that keys are wrapped under."""
    return {row.root_version for row in keyring.rows(_K.root_id == keyring.root.id)}


def prove_root(keyring: Keyring) -> int:
    """Open every key that the root wraps; RootFailure if one does not. Returns how many."""
    return len(keyring.unwrap_under_root(keyring.rows(_K.root_id.is_not(None))))


def under_root(keyring: Keyring) -> int:
    """How many keys the root itself wraps."""
    return len(keyring.rows(_K.root_id.is_not(None)))


# -- the end of old keys ---------------------------------------------------------------------------------------------


def due(keyring: Keyring) -> Sequence[sa.Row[Any]]:
    """The generations that only open, and that no value has needed for 35 days."""
    return keyring.rows((_K.state == "opens") & (_K.retired_at < days_ago(LASTS)))


def destroy_due(engine: Engine, keyring: Keyring) -> Counter[str]:
    """Destroy what is due and what no value needs. What a slow writer sealed under it since is resealed first."""
    done: Counter[str] = Counter()
    for row in due(keyring):
        partnership_id, owner_id = UUID(bytes=row.partnership), UUID(bytes=row.owner)
        try:
            if row.kind == "deployment":
                done["deployment"] += _delete(keyring, row)
            elif row.kind == "partnership":
                rotation.rewrap_partnership(keyring, partnership_id)
                rotation.destroy_partnership_generation(keyring, partnership_id, row.generation)
                done["partnership"] += 1
            elif row.kind != "index":
                rotation.reseal(engine, keyring, row.kind, partnership_id, owner_id)
                done[row.kind] += rotation.destroy_generations(engine, keyring, row.kind, partnership_id, owner_id)
        except WrongState:  # still needed: it stays, and is looked at again tomorrow
            continue
    done["root"] += _retire_root(keyring)
    return +done


def _delete(keyring: Keyring, row: sa.Row[Any]) -> int:
    this = (_K.kind == row.kind) & (_K.owner == row.owner) & (_K.generation == row.generation)
    with keyring.writer.begin() as connection:
        gone = connection.execute(WRAPPED_KEY.delete().where(this & (_K.state == "opens"))).rowcount
    keyring.forget()
    return int(gone)


def _retire_root(keyring: Keyring) -> int:
    """Take the versions that wrap nothing any more out of a root file, 35 days after they were rotated."""
    root = keyring.root
    ended = [ended for level, _, ended in standing(keyring) if level == "root"]
    if not isinstance(root, FileRoot) or not ended or ended[0] is None or ended[0] >= days_ago(LASTS):
        return 0
    return retire_root_versions(root.path, below=min(row.root_version for row in keyring.rows(_K.root_id == root.id)))
