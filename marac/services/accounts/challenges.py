"""One-time challenges: a random value for one browser and one purpose, answered once within minutes. Kept as hashes."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from marac import clock
from marac.models import SigninChallenge
from marac.vocabulary import ChallengePurpose

LASTS: Final = timedelta(minutes=5)
LONG: Final = timedelta(minutes=15)  # signing in at another service first


class Issued(NamedTuple):
    """A challenge as its browser gets it: the row's id for the cookie, the value to answer."""

    id: UUID
    value: bytes


def issue(
    session: Session, purpose: ChallengePurpose, *, user_id: UUID | None = None, lasts: timedelta = LASTS
) -> Issued:
    """A fresh value; `user_id` names the one person who may answer it."""
    value = secrets.token_bytes(32)
    row = SigninChallenge(
        purpose=purpose, value_hash=_hash(value), user_id=user_id, expires_at=clock.now() + lasts
    )  # fmt: skip
    session.add(row)
    session.flush()
    return Issued(row.id, value)


def spend(
    session: Session, challenge_id: UUID | None, value: bytes, purpose: ChallengePurpose, user_id: UUID | None
) -> bool:
    """Whether this value answers that challenge; asking uses it up, right or wrong. Of two at once one wins."""
    now = clock.now()
    mine = update(SigninChallenge).where(SigninChallenge.id == challenge_id, SigninChallenge.used_at.is_(None))
    told = SigninChallenge.value_hash, SigninChallenge.purpose, SigninChallenge.user_id, SigninChallenge.expires_at
    row = session.execute(mine.values(used_at=now).returning(*told)).one_or_none()
    if row is None:
        return False
    right = hmac.compare_digest(row.value_hash, _hash(value))
    return right and (row.purpose, row.user_id) == (purpose, user_id) and now < row.expires_at


def _hash(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()
