"""Other areas and their keys, and our own. A case is sent only to a key whose fingerprint was compared by phone."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto import area_keys
from marac.crypto.keyring import Keyring
from marac.errors import NotFound, RuleBroken
from marac.models import AreaKey, OtherArea, Partnership
from marac.services import moving
from marac.services.casework import naming
from marac.vocabulary import Permission as P

PURPOSE = "area-keys"


@dataclass(frozen=True, slots=True)
class Key:
    """Our own key as an area, ready to use; its private part stays sealed until the moment it is used."""

    area: str
    public_key: str
    owner: bytes
    secret: tuple[bytes, ...]
    private: bytes
    older: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "Key()"

    @property
    def fingerprint(self) -> str:
        """What the other area reads back to us by phone."""
        return area_keys.fingerprint(self.public_key)


def make_own_key(session: Session, keyring: Keyring, partnership: Partnership) -> str:
    """A new key for this area; earlier ones still open what was sealed to them. Returns the public line."""
    actor = access.system(partnership.id)
    access.require_holds(actor, P.JOB_RUN)
    public, private = area_keys.make_key(keyring.deployment_secret(PURPOSE), partnership.id.bytes)
    session.add(
        AreaKey(partnership_id=partnership.id, public_key=public, private_part=private, made_at=clock.now())
    )  # fmt: skip
    audit.record(session, actor, "key:changed", level="area", count=1)
    session.flush()
    return public


def own_key(session: Session, actor: Actor) -> Key | None:
    """Our own key, or None until the operator has made one."""
    access.require_holds(actor, P.TRANSFER_READ)
    mine = select(AreaKey).where(AreaKey.partnership_id == actor.partnership_id).order_by(AreaKey.made_at.desc())
    keys = session.scalars(mine).all()
    if not keys:
        return None
    area = session.get_one(Partnership, actor.partnership_id).name
    secret = session.info["keyring"].deployment_secrets(PURPOSE)
    private, *older = (key.private_part for key in keys)
    return Key(area, keys[0].public_key, actor.partnership_id.bytes, secret, private, tuple(older))


def need_own_key(session: Session, actor: Actor) -> Key:
    """The same; RuleBroken until there is one."""
    key = own_key(session, actor)
    if key is None:
        raise RuleBroken("area", "This area has no key yet. Ask the operator to make one")
    return key


def own_public(session: Session, actor: Actor) -> frozenset[str]:
    """Every public line that is or was ours."""
    access.require_holds(actor, P.TRANSFER_READ)
    return frozenset(session.scalars(select(AreaKey.public_key).where(AreaKey.partnership_id == actor.partnership_id)))


def list_areas(session: Session, actor: Actor) -> list[OtherArea]:
    """The areas in use, by name."""
    visible = access.visible(actor, P.AREA_KEEP, OtherArea).where(OtherArea.retired_at.is_(None))
    return list(session.scalars(visible.order_by(OtherArea.name)))


def get_area(session: Session, actor: Actor, area_id: UUID | None) -> OtherArea:
    """One area in use, or NotFound."""
    visible = access.visible(actor, P.AREA_KEEP, OtherArea).where(OtherArea.retired_at.is_(None))
    area = session.scalar(visible.where(OtherArea.id == area_id))
    if area is None:
        raise NotFound
    return area


def add_area(session: Session, actor: Actor, *, name: str, public_key: str) -> OtherArea:
    """Register another area by the key they sent. Nothing can be sent to it before the fingerprint was checked."""
    access.require_holds(actor, P.AREA_KEEP)
    access.require_step_up(actor)
    if not name.strip():
        raise RuleBroken("name", "Enter the name of the area")
    key = area_keys.read_public(public_key)
    known = select(OtherArea.id).where(OtherArea.partnership_id == actor.partnership_id, OtherArea.public_key == key)
    own = select(AreaKey.id).where(AreaKey.public_key == key, AreaKey.partnership_id == actor.partnership_id)
    if session.scalar(known) or session.scalar(own):
        raise RuleBroken("public_key", "This key is registered already, or is your own")
    area = OtherArea(
        partnership_id=actor.partnership_id, name=name.strip()[:80], public_key=key, added_at=clock.now(),
        added_by_id=actor.user_id,
    )  # fmt: skip
    session.add(area)
    session.flush()
    audit.record(session, actor, "area:added", area)
    return area


def fingerprint_of(area: OtherArea) -> str:
    """What they read aloud by phone, and we compare."""
    return area_keys.fingerprint(area.public_key)


def check_area(session: Session, actor: Actor, area: OtherArea, *, by_phone: bool) -> OtherArea:
    """They read the same fingerprint, on a number we found ourselves. RuleBroken unless it was said so."""
    access.require(actor, P.AREA_KEEP, area)
    access.require_step_up(actor)
    if not by_phone:
        raise RuleBroken("by_phone", "Compare the fingerprint by phone first, on a number you found yourself")
    area.checked_at, area.checked_by_id = clock.now(), actor.user_id
    audit.record(session, actor, "area:checked", area)
    moving.flush(session)
    return area


def retire_area(session: Session, actor: Actor, area: OtherArea) -> None:
    """No longer use this key: it was replaced, or is not trusted any more."""
    access.require(actor, P.AREA_KEEP, area)
    access.require_step_up(actor)
    area.retired_at = clock.now()
    audit.record(session, actor, "area:retired", area)
    moving.flush(session)


def who_checked(session: Session, actor: Actor, found: list[OtherArea]) -> dict[UUID, str]:
    """Names of those who compared the fingerprints, by area."""
    names = naming.colleagues(session, actor, [one.checked_by_id for one in found if one.checked_by_id])
    return {one.id: names.get(one.checked_by_id, "") for one in found if one.checked_by_id}
