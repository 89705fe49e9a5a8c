"""The steps of signing in: password, then code. A wrong answer and an unknown account get the same reply and work.

Each step runs in a short transaction of its own beside the request's, so that what failed stays counted. Needs the
vault's unit of work around it; never holds the write lock while a password is hashed.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple
from uuid import UUID

import pyotp
from sqlalchemy import Row, exists, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound
from marac.models import Membership, SigninSession, User
from marac.services.accounts import passwords, sessions, throttle
from marac.services.keeping.deployment import Deployment, commit
from marac.vocabulary import UserState

STEP: Final = 30  # seconds a code is shown for
GRACE: Final = 5  # seconds for which the code just gone still counts


class Begun(NamedTuple):
    """A session that was just started or renewed: the token for the cookie, and who holds it."""

    token: str
    actor: Actor


@contextmanager
def apart(house: Deployment, actor: Actor | None) -> Iterator[Session]:
    """A short write transaction beside the request's own, with its audit entries; nothing on an exception."""
    with house.writer() as session:
        session.info["keyring"] = house.keyring
        yield session
        commit(session, actor)


def signin_token(keyring: Keyring, email: str) -> bytes:
    """The blind index of an address under the deployment key (128 bits): finds an account, tells nothing."""
    return signin_tokens(keyring, email)[0]


def signin_tokens(keyring: Keyring, email: str) -> list[bytes]:
    """The same under every deployment key that is still known: an account is asked for by all of them."""
    typed = unicodedata.normalize("NFKC", email).strip().casefold().encode()
    secrets = keyring.deployment_secrets("signin-index")
    return [hmac.digest(secret, typed, hashlib.sha256)[:16] for secret in secrets]


def check_password(house: Deployment, email: str, password: str, *, address: str) -> UUID | None:
    """The account that may go on to the code, or None for every other case alike. Raises TooSoon after failures."""
    token = signin_token(house.keyring, email)
    account = throttle.bucket(house.keyring, "account", token.hex())
    with apart(house, None) as session:
        turn = throttle.take_turn(session, [account, throttle.bucket(house.keyring, "address", address)])
    with house.reader() as session:
        found = _account(session, signin_tokens(house.keyring, email))
    right = passwords.matches(found.password_hash if found else None, password)
    is_old = found is not None and right and passwords.is_outdated(found.password_hash or "")
    renewed = passwords.seal_password(password) if is_old else None
    with apart(house, None) as session:
        user = session.get_one(User, found.id) if found else None
        if found is None or user is None or not (right and found.may_enter):
            throttle.keep(session, turn)
            if user is not None:
                _record_failure(session, user, "password")
            return None
        throttle.give_back(session, turn, account)
        user.password_hash = renewed or user.password_hash
        return user.id


def check_code(house: Deployment, user_id: UUID, code: str) -> Begun | None:
    """Start a session for somebody whose password was right, or None for a wrong or used code. Raises TooSoon."""
    bucket = throttle.bucket(house.keyring, "code", user_id.hex)
    with apart(house, None) as session:
        turn = throttle.take_turn(session, [bucket])
        user = session.get_one(User, user_id)
        membership = session.scalars(sessions.memberships_in_force(user_id).limit(1)).first()
        if membership is None or user.state != UserState.ACTIVE or not use_code(user, code):
            _record_failure(session, user, "code")
            return None
        throttle.give_back(session, turn, bucket)
        token, actor = sessions.start(session, user, membership)
        audit.record(session, actor, "signin:succeeded", user, factor="totp")
        return Begun(token, actor)


def step_up(house: Deployment, actor: Actor, code: str) -> Begun | None:
    """Confirm the second factor again: a new token, and five minutes. None for a wrong or used code."""
    if actor.user_id is None:
        raise NotFound
    bucket = throttle.bucket(house.keyring, "code", actor.user_id.hex)
    with apart(house, None) as session:
        turn = throttle.take_turn(session, [bucket])
        user = session.get_one(User, actor.user_id)
        row = session.get(SigninSession, actor.session_id)
        if row is None or row.ended_at is not None or not use_code(user, code):
            audit.record(session, actor, "signin:failed", user, reason="code")
            return None
        throttle.give_back(session, turn, bucket)
        row.stepped_up_at = clock.now()
        audit.record(session, actor, "signin:stepped_up")
        return Begun(sessions.renew(row), actor)


def use_code(user: User, code: str) -> bool:
    """Whether this is the code shown now and was not used before; using it uses it up."""
    access.open_staff_for("signin", user.partnership_id)
    typed, now = "".join(code.split()), clock.now().timestamp()
    if not user.totp_secret or not typed.isascii():
        return False
    shown = pyotp.TOTP(user.totp_secret)
    for step in sorted({int(now - GRACE) // STEP, int(now) // STEP}):
        if step > user.last_totp_step and hmac.compare_digest(shown.at(step * STEP), typed):
            user.last_totp_step = step
            return True
    return False


def _account(session: Session, tokens: list[bytes]) -> Row[UUID, str | None, bool] | None:
    """The columns that a sign-in asks for, with whether the person may enter: active, and a member of something."""
    member = exists().where(Membership.user_id == User.id, sessions.in_force())
    may_enter = (member & (User.state == UserState.ACTIVE)).label("may_enter")
    found = select(User.id, User.password_hash, may_enter).where(User.signin_token.in_(tokens))
    return session.execute(found).one_or_none()


def _record_failure(session: Session, user: User, reason: str) -> None:
    audit.record(session, access.system(user.partnership_id), "signin:failed", user, reason=reason)
