"""The steps of signing in: password, then code or passkey; or a passkey alone.

A wrong answer and an unknown account get the same reply and work.

Each step runs in a short transaction of its own beside the request's, so that what failed stays counted. Needs the
vault's unit of work around it; never holds the write lock while a password is hashed.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from uuid import UUID

import pyotp
from sqlalchemy import Row, delete, exists, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound
from marac.models import Membership, Partnership, SigninAttempt, SigninSession, User
from marac.services.accounts import notices, passkeys, passwords, recovery_codes, required, sessions, throttle
from marac.services.accounts.passkeys import Site
from marac.services.keeping.deployment import Deployment, commit
from marac.vocabulary import ChallengePurpose as Purpose, UserState

STEP: Final = 30  # seconds a code is shown for
GRACE: Final = 5  # seconds for which the code just gone still counts
DIGITS: Final = 6
Proof = Callable[[Session, User], bool]


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
            _record_refusal(session, user)
            return None
        throttle.give_back(session, turn, account)
        user.password_hash = renewed or user.password_hash
        return user.id


def check_code(house: Deployment, user_id: UUID, code: str, *, device: str = "") -> Begun | None:
    """Start a session for somebody whose password was right, or None for a wrong or used code. Raises TooSoon.

    Who must use a passkey, and has one, is not let in by a code of an app.
    """

    def right(session: Session, user: User) -> bool:
        return ways(session, user.id).app and use_code(user, code)

    return _second_step(house, user_id, right, factor="totp", device=device)


def check_recovery_code(house: Deployment, user_id: UUID, code: str, *, device: str = "") -> Begun | None:
    """The same with one of ten codes on paper, each of which works once."""

    def right(session: Session, user: User) -> bool:
        used = recovery_codes.use_code(session, house.keyring, user.id, code)
        if used:
            notices.tell(session, user)
        return used

    return _second_step(house, user_id, right, factor="recovery_code", device=device)


def check_passkey(
    house: Deployment, user_id: UUID, site: Site, challenge_id: UUID | None, answer: str, *, device: str = ""
) -> Begun | None:
    """The same with a passkey of that person."""

    def right(session: Session, user: User) -> bool:
        asked: dict[str, Any] = {"challenge_id": challenge_id, "answer": answer, "user_id": user.id}
        return passkeys.prove(session, site, Purpose.SECOND_STEP, **asked) is not None

    return _second_step(house, user_id, right, factor="passkey", device=device)


def enter_by_passkey(
    house: Deployment, site: Site, challenge_id: UUID | None, answer: str, *, address: str, device: str = ""
) -> Begun | None:
    """The whole sign-in with a passkey: it is something one has, and was opened by finger, face or PIN."""
    bucket = throttle.bucket(house.keyring, "address", address)
    with apart(house, None) as session:
        turn = throttle.take_turn(session, [bucket])
        user = passkeys.prove(session, site, Purpose.SIGN_IN, challenge_id=challenge_id, answer=answer, user_id=None)
        if user is None:
            return None
        session.execute(delete(SigninAttempt).where(SigninAttempt.id.in_(turn)))
        return begin(session, user, factor="passkey", device=device)


class Ways(NamedTuple):
    """What somebody can take the second step with, and what they must."""

    passkey: bool
    app: bool
    bound: bool


def ways(session: Session, user_id: UUID | None) -> Ways:
    """Which second factors count for a person now."""
    user = session.get_one(User, user_id)
    access.open_staff_for("signin", user.partnership_id)
    has, must = required.has_passkey(session, user.id), sessions.must_use_passkey(session, user)
    return Ways(passkey=has, app=bool(user.totp_secret) and not (has and must), bound=must)


def check_any_code(house: Deployment, user_id: UUID, code: str, *, device: str = "") -> Begun | None:
    """One box for both: six digits are of an app, anything longer is from the paper."""
    typed = "".join(code.split())
    check = check_code if len(typed) <= DIGITS else check_recovery_code
    return check(house, user_id, typed, device=device)


def begin(session: Session, user: User, *, factor: str, device: str) -> Begun | None:
    """A session for somebody who proved who they are; None, and a note, unless they may enter today."""
    membership = session.scalars(sessions.memberships_in_force(user.id).limit(1)).first()
    if membership is None or user.state != UserState.ACTIVE:
        _record_failure(session, user, factor)
        return None
    token, actor = sessions.start(session, user, membership, device=device)
    audit.record(session, actor, "signin:succeeded", user, factor=factor)
    return Begun(token, actor)


def step_up(house: Deployment, actor: Actor, code: str) -> Begun | None:
    """Confirm the second factor again: a new token, and five minutes. None for a wrong or used code."""

    def right(session: Session, user: User) -> bool:
        return ways(session, user.id).app and use_code(user, code)

    return _step_up(house, actor, right, reason="code")


def step_up_by_passkey(
    house: Deployment, actor: Actor, site: Site, challenge_id: UUID | None, answer: str
) -> Begun | None:
    """The same with a passkey."""

    def right(session: Session, user: User) -> bool:
        asked: dict[str, Any] = {"challenge_id": challenge_id, "answer": answer, "user_id": user.id}
        return passkeys.prove(session, site, Purpose.CONFIRM, **asked) is not None

    return _step_up(house, actor, right, reason="passkey")


def _second_step(house: Deployment, user_id: UUID, right: Proof, *, factor: str, device: str) -> Begun | None:
    bucket = throttle.bucket(house.keyring, "code", user_id.hex)
    with apart(house, None) as session:
        turn = throttle.take_turn(session, [bucket])
        user = session.get_one(User, user_id, with_for_update=True)
        if user.state != UserState.ACTIVE or not right(session, user):
            _record_failure(session, user, "code" if factor == "totp" else factor)
            return None
        throttle.give_back(session, turn, bucket)
        return begin(session, user, factor=factor, device=device)


def _step_up(house: Deployment, actor: Actor, right: Proof, *, reason: str) -> Begun | None:
    if actor.user_id is None:
        raise NotFound
    bucket = throttle.bucket(house.keyring, "code", actor.user_id.hex)
    with apart(house, None) as session:
        turn = throttle.take_turn(session, [bucket])
        user = session.get_one(User, actor.user_id, with_for_update=True)
        row = session.get(SigninSession, actor.session_id)
        if row is None or row.ended_at is not None or not right(session, user):
            audit.record(session, actor, "signin:failed", user, reason=reason)
            return None
        throttle.give_back(session, turn, bucket)
        row.stepped_up_at = clock.now()
        audit.record(session, actor, "signin:stepped_up")
        return Begun(sessions.renew(row), actor)


def use_code(user: User, code: str) -> bool:
    """Whether this is the code shown now and was not used before; using it uses it up."""
    access.open_staff_for("signin", user.partnership_id)
    typed, now = "".join(code.split()), clock.now().timestamp()
    if not user.totp_secret:
        return False
    for step in sorted({int(now - GRACE) // STEP, int(now) // STEP}):
        if step > user.last_totp_step and is_code_of(str(user.totp_secret), typed, step):
            user.last_totp_step = step
            return True
    return False


def is_code_of(secret: str, typed: str, step: int) -> bool:
    """Whether an app with this secret shows this code in that step of thirty seconds."""
    return typed.isascii() and hmac.compare_digest(pyotp.TOTP(secret).at(step * STEP), typed)


def _account(session: Session, tokens: list[bytes]) -> Row[UUID, str | None, bool] | None:
    """The columns that a sign-in asks for, with whether the person may enter: active, and a member of something."""
    member = exists().where(Membership.user_id == User.id, sessions.in_force())
    may_enter = (member & (User.state == UserState.ACTIVE)).label("may_enter")
    found = select(User.id, User.password_hash, may_enter).where(User.signin_token.in_(tokens))
    return session.execute(found).one_or_none()


def _record_refusal(session: Session, user: User | None) -> None:
    """A wrong password. For an address nobody has, the first partnership's trail keeps it: the same work is done."""
    if user is not None:
        return _record_failure(session, user, "password")
    first = session.scalars(select(Partnership.id).order_by(Partnership.slug).limit(1)).first()
    if first is not None:
        audit.record(session, access.system(first), "signin:failed", reason="nobody")
    return None


def _record_failure(session: Session, user: User, reason: str) -> None:
    audit.record(session, access.system(user.partnership_id), "signin:failed", user, reason=reason)
