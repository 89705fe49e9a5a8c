"""Changing the app that shows codes: a new secret counts only once a code of it was typed. After a full sign-in."""

from typing import NamedTuple

import pyotp
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import User
from marac.services.accounts import notices, sessions, signin
from marac.vocabulary import Permission


class NewApp(NamedTuple):
    """What the page shows for the new app: the key to type, and the same as an address for a square."""

    secret: str
    uri: str


def start(session: Session, actor: Actor) -> None:
    """Make the secret of the new app. The old one goes on until the new one has shown a right code."""
    user = _own(session, actor)
    start_for(user)


def start_for(user: User) -> None:
    """The same for somebody who is about to come in again after a reset."""
    user.totp_pending = pyotp.random_base32()


def shown(session: Session, actor: Actor, *, service_name: str) -> NewApp:
    """The new secret, while it waits for its first code. NotFound when none does."""
    return shown_for(_own(session, actor), service_name=service_name)


def shown_for(user: User, *, service_name: str) -> NewApp:
    """The same for somebody who is about to come in again after a reset."""
    if not user.totp_pending:
        raise NotFound
    secret = str(user.totp_pending)
    uri = pyotp.TOTP(secret).provisioning_uri(name=str(user.email), issuer_name=service_name)
    return NewApp(secret, uri)


def finish(session: Session, actor: Actor, code: str) -> None:
    """The new app takes the place of the old one. RuleBroken beside `code`."""
    user = _own(session, actor)
    finish_for(user, code)
    notices.tell(session, user)
    audit.record(session, actor, "factor:added", user, kind="code_app")


def finish_for(user: User, code: str) -> None:
    """Take the pending secret over if this is its code now; the code is then used up. RuleBroken beside `code`."""
    typed, now = "".join(code.split()), int(clock.now().timestamp())
    if not user.totp_pending or not signin.is_code_of(str(user.totp_pending), typed, now // signin.STEP):
        raise RuleBroken("code", "Enter the 6 digits that your app shows now")
    user.totp_secret, user.totp_pending = user.totp_pending, None
    user.last_totp_step = now // signin.STEP


def _own(session: Session, actor: Actor) -> User:
    access.require_holds(actor, Permission.HOME_READ)
    user_id = sessions.require_full_signin(session, actor)
    access.open_staff_for("signin", actor.partnership_id)
    return session.get_one(User, user_id)
