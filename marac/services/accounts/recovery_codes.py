"""Ten codes on paper for the day a phone or key is lost: shown once, kept as keyed hashes, each good once."""

import hashlib
import hmac
import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.models import RecoveryCode
from marac.services.accounts import sessions
from marac.vocabulary import Permission

HOW_MANY: Final = 10
LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another
GROUP: Final = 5  # two groups of five: 49 bits behind a keyed hash and five tries in a quarter of an hour


def make_codes(session: Session, actor: Actor, keyring: Keyring) -> list[str]:
    """Ten fresh codes; every earlier one ends. Only right after a full sign-in."""
    access.require_holds(actor, Permission.HOME_READ)
    user_id = sessions.require_full_signin(session, actor)
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [f"{_group()}-{_group()}" for _ in range(HOW_MANY)]
    now = clock.now()
    session.add_all(RecoveryCode(user_id=user_id, code_hash=_hash(keyring, code), made_at=now) for code in codes)
    audit.record(session, actor, "factor:added", kind="recovery_codes")
    return codes


def use_code(session: Session, keyring: Keyring, user_id: UUID, typed: str) -> bool:
    """Whether this is one of the person's unused codes; using it uses it up, once even when sent twice at once."""
    mine = (RecoveryCode.user_id == user_id, RecoveryCode.code_hash == _hash(keyring, typed))
    used = update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=clock.now())
    return session.scalar(used.returning(RecoveryCode.id)) is not None


def codes_left(session: Session, actor: Actor) -> int:
    """How many of the person's own still work."""
    access.require_holds(actor, Permission.HOME_READ)
    mine = (RecoveryCode.user_id == actor.user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(*mine)) or 0


def _group() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(GROUP))


def _hash(keyring: Keyring, code: str) -> bytes:
    """However it is typed: lower case, with or without the stroke."""
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return hmac.digest(keyring.deployment_secret("recovery"), plain.encode(), hashlib.sha256)
