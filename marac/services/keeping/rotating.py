"""New keys for old at every level while people work: begun, taken up again after a stop, and ended. Counts only.

Each level is a row of LEVELS. It shows no key, opens no case for anybody, and audits what it did.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.crypto import keyring, rotation, turnover
from marac.crypto.root_keys import root_from
from marac.errors import ConfigurationError
from marac.models import Partnership
from marac.services.accounts import secrets_renewed
from marac.services.keeping.console import operator
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.knowing import rebuilding

SPARE = 5.0  # seconds beyond those after which every process has met a new key

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """One rotation as it was asked for. `told` hears how far it got; `wait` sleeps."""

    house: Deployment
    actor: Actor
    to: str | None = None
    told: Told = print
    wait: Callable[[float], object] = time.sleep

    @property
    def partnership_id(self) -> UUID:
        return self.actor.partnership_id

    def let_all_meet(self) -> None:
        """Wait until every process has met a key that was added or dropped."""
        self.wait(keyring.HOLD + SPARE)


def rotate(
    house: Deployment, level: str, slug: str | None, *, to: str | None = None, dry_run: bool = False,
    told: Told = lambda _words: None, wait: Callable[[float], object] = time.sleep,
) -> dict[str, int]:  # fmt: skip
    """Rotate the keys of one level; what a stopped run began is taken up. A root moves to the one named by `to`."""
    with unit_of_work(house) as session:
        actor = operator(session, _first(session) if level in WHOLE else slug)
    asked = Asked(house, actor, to, told, wait)
    word, plan, turn = LEVELS[level]
    if dry_run:
        return {word: plan(asked)}
    done = turn(asked)
    _record(house, level, done[word], None if level in WHOLE else actor)
    return done


def _record(house: Deployment, level: str, count: int, actor: Actor | None) -> None:
    """In the trail of one partnership, or of all that hang on the key."""
    with unit_of_work(house) as session:
        every = [actor] if actor else [access.system(one) for one in session.scalars(select(Partnership.id))]
        for one in every:
            audit.record(session, one, "key:changed", level=level, count=count)


def destroy_due(house: Deployment) -> dict[str, int]:
    """Destroy the generations that no value has needed for 35 days; {level: how many}."""
    done = dict(turnover.destroy_due(house.engine, house.keyring, _told))
    for level, count in done.items():
        _record(house, level, count, None)
    return done


def _told(partnership_id: UUID) -> rotation.Recorded:
    """A row that is resealed has a new hash: the trail is told of it in the same transaction."""
    return partial(audit.record_rows, partnership_id=partnership_id)


def _first(session: Session) -> str:
    slug = session.scalar(select(Partnership.slug).order_by(Partnership.slug).limit(1))
    if slug is None:
        raise ConfigurationError("No partnership was founded here, so there are no keys to rotate.")
    return slug


# -- root ------------------------------------------------------------------------------------------------------------


def _plan_root(asked: Asked) -> int:
    root = root_from(asked.to) if asked.to else asked.house.keyring.root
    return rotation.rewrap_root(asked.house.keyring, root, dry_run=True)


def _turn_root(asked: Asked) -> dict[str, int]:
    keys = asked.house.keyring
    begun = turnover.begin(keys, "root")
    if asked.to:
        root = root_from(asked.to)
        root.selftest()
        count = rotation.rewrap_root(keys, root)
    else:
        count = turnover.turn_root(keys, begun)
    turnover.end(keys, "root")
    return {"rewrapped": count}


# -- partnership -----------------------------------------------------------------------------------------------------


def _plan_partnership(asked: Asked) -> int:
    kinds = keyring.KINDS
    return sum(row.keys for row in asked.house.keyring.key_status(asked.partnership_id) if row.kind in kinds)


def _turn_partnership(asked: Asked) -> dict[str, int]:
    keys = asked.house.keyring
    begun = turnover.begin(keys, "partnership", asked.partnership_id.bytes)
    count = turnover.turn_partnership(keys, asked.partnership_id, begun.at)
    turnover.end(keys, "partnership", asked.partnership_id.bytes)
    return {"rewrapped": count}


# -- cases, works orders, staff --------------------------------------------------------------------------------------


def _plan_owners(kind: str) -> Callable[[Asked], int]:
    def plan(asked: Asked) -> int:
        rows = asked.house.keyring.key_status(asked.partnership_id)
        return sum(row.keys for row in rows if row.kind == kind and row.state == "seals")

    return plan


def _turn_owners(kind: str) -> Callable[[Asked], dict[str, int]]:
    def turn(asked: Asked) -> dict[str, int]:
        house, partnership = asked.house, asked.partnership_id.bytes
        begun = turnover.begin(house.keyring, kind, partnership)
        if kind in keyring.HELD:
            turnover.add_owner_key(house.keyring, kind, asked.partnership_id, asked.partnership_id, begun.at)
            asked.let_all_meet()
        owners = turnover.waiting(house.keyring, kind, partnership, begun.at)
        resealed = left = 0
        for number, owner_id in enumerate(owners, start=1):
            where = (house.engine, house.keyring, kind, asked.partnership_id, owner_id)
            done = turnover.turn_owner(*where, begun_at=begun.at, recorded=_told(asked.partnership_id))
            resealed, left = resealed + done[0], left + done[1]
            asked.told(f"{number} of {len(owners)}")
        if not left:
            turnover.end(house.keyring, kind, partnership)
        return {"resealed": len(owners), "values": resealed, "left": left}

    return turn


# -- checkpoint ------------------------------------------------------------------------------------------------------


def _plan_checkpoint(_asked: Asked) -> int:
    return 1


def _turn_checkpoint(asked: Asked) -> dict[str, int]:
    """A new signing key, which the old one announces in the next checkpoint. It stays, to prove what it signed."""
    keys, partnership_id = asked.house.keyring, asked.partnership_id
    keys.create_partnership(partnership_id)  # one that was founded before there were checkpoints has no key to follow
    begun = turnover.begin(keys, "checkpoint", partnership_id.bytes)
    turnover.add_owner_key(keys, "checkpoint", partnership_id, partnership_id, begun.at)
    turnover.end(keys, "checkpoint", partnership_id.bytes)
    return {"added": 1}


# -- index -----------------------------------------------------------------------------------------------------------


def _turn_index(asked: Asked) -> dict[str, int]:
    """Write both, ask both, backfill, drop; the last pass takes the tokens of the dropped key away."""
    house, partnership = asked.house, asked.partnership_id
    with house.reader() as session:
        slug = session.scalar(select(Partnership.slug).where(Partnership.id == partnership))
    begun = turnover.begin(house.keyring, "index", partnership.bytes)
    if turnover.index_generations(house.keyring, partnership) == 1:
        rebuilding.start_over(house, partnership)
        turnover.add_index_key(house.keyring, partnership, begun.at)
    if turnover.index_generations(house.keyring, partnership) > 1:
        asked.let_all_meet()
        rebuilding.rebuild_tokens(house, slug)
        turnover.drop_index_keys(house.keyring, partnership)
    asked.let_all_meet()
    done = rebuilding.rebuild_tokens(house, slug)
    turnover.end(house.keyring, "index", partnership.bytes)
    return {"rewritten": done.tokens}


# -- deployment ------------------------------------------------------------------------------------------------------


def _turn_deployment(asked: Asked) -> dict[str, int]:
    """Known everywhere, then in force; what stands under the older one is made anew. It opens for 35 days more."""
    keys = asked.house.keyring
    begun = turnover.begin(keys, "deployment")
    turnover.add_deployment_key(keys, begun.at)
    asked.let_all_meet()
    turnover.promote_deployment_key(keys)
    asked.let_all_meet()
    count = secrets_renewed.renew(asked.house)
    rotation.retire(keys, "deployment")
    turnover.end(keys, "deployment")
    return {"renewed": count}


def _plan_deployment(asked: Asked) -> int:
    return secrets_renewed.count(asked.house)


Turn = Callable[[Asked], dict[str, int]]
WHOLE = frozenset({"root", "deployment"})  # one for every partnership of the deployment
LEVELS: dict[str, tuple[str, Callable[[Asked], int], Turn]] = {
    "root": ("rewrapped", _plan_root, _turn_root),
    "partnership": ("rewrapped", _plan_partnership, _turn_partnership),
    "case": ("resealed", _plan_owners("case"), _turn_owners("case")),
    "works": ("resealed", _plan_owners("works"), _turn_owners("works")),
    "staff": ("resealed", _plan_owners("staff"), _turn_owners("staff")),
    "index": ("rewritten", _plan_owners("index"), _turn_index),
    "checkpoint": ("added", _plan_checkpoint, _turn_checkpoint),
    "deployment": ("renewed", _plan_deployment, _turn_deployment),
}


def facts_of(house: Deployment) -> list[dict[str, Any]]:
    """Counts of keys by level, generation and state, the root's own first; with its provider and whether it works."""
    root = house.keyring.root
    root.selftest()
    provider, version = root.newest()
    under = turnover.under_root(house.keyring)
    first = {"kind": "root", "generation": version, "state": "works", "keys": under, "provider": provider}
    return [first, *(row._asdict() for row in house.keyring.key_status())]
