"""A forgotten password: asked for by mail address, set through a link that works once. Never touches the second factor.

Asking does the same for every address, known or not: one row. A timed job, not the page, finds out whose it is.
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound
from marac.models import PasswordLink, User
from marac.services.accounts import notices, passwords, sessions, signin, throttle
from marac.services.keeping.deployment import Deployment
from marac.vocabulary import Permission, Template, UserState

LASTS: Final = timedelta(hours=1)


def ask(house: Deployment, email: str, *, address: str) -> None:
    """Note that somebody wants a new password for this address. Raises TooSoon after too many."""
    token = signin.signin_token(house.keyring, email)
    target = throttle.bucket(house.keyring, "mail", token.hex())
    link = PasswordLink(signin_token=token, token_hash=b"", asked_at=clock.now())
    link.token_hash = sessions.token_hash(link_token(house.keyring, link.id))
    with signin.apart(house, None) as session:
        throttle.take_turn(session, [target, throttle.bucket(house.keyring, "address", address)])
        session.add(link)


def link_token(keyring: Keyring, link_id: UUID) -> str:
    """The token of a link, /forgotten/<token>: 256 bits under the deployment key, derived when it is sent."""
    return hmac.digest(keyring.deployment_secret("password-link"), link_id.bytes, hashlib.sha256).hex()


def send_links(session: Session, actor: Actor) -> int:
    """Queue the mail of each link asked for an account of this partnership that may be used. Returns how many."""
    access.require_holds(actor, Permission.JOB_RUN)
    fresh = (PasswordLink.told_at.is_(None), PasswordLink.asked_at > clock.now() - LASTS)
    whose = (User.partnership_id == actor.partnership_id, User.state == UserState.ACTIVE)
    query = select(PasswordLink, User).join(User, User.signin_token == PasswordLink.signin_token)
    rows = session.execute(query.where(*fresh, *whose, User.password_hash.is_not(None))).all()
    for link, user in rows:
        link.told_at = clock.now()
        notifications.enqueue(
            session, user.partnership_id, [user.id], Template.PASSWORD_LINK, subject_key=link.id.hex, path="/forgotten"
        )
    return len(rows)


def check_link(session: Session, token: str) -> None:
    """NotFound unless the link can be used now."""
    _usable(session, token)


def set_password(session: Session, token: str, password: str) -> None:
    """The new password; the link is used up, every session ends. RuleBroken beside `password`, NotFound for the link.

    The second factor is asked for as before: this opens nothing by itself.
    """
    link, user = _usable(session, token)
    access.open_staff_for("signin", user.partnership_id)
    passwords.check_policy(password, [str(user.full_name), str(user.email)])
    mine = update(PasswordLink).where(PasswordLink.id == link.id, PasswordLink.used_at.is_(None))
    if session.scalar(mine.values(used_at=clock.now()).returning(PasswordLink.id)) is None:
        raise NotFound
    others = update(PasswordLink).where(PasswordLink.signin_token == user.signin_token, PasswordLink.used_at.is_(None))
    session.execute(others.values(used_at=clock.now()))
    user.password_hash = passwords.seal_password(password)
    sessions.end_all(session, user.id)
    notices.tell(session, user)
    audit.record(session, access.system(user.partnership_id), "password:changed", user)


def _usable(session: Session, token: str) -> tuple[PasswordLink, User]:
    """A link that was sent, is not over and was not used, with its account while that may be used."""
    found = (PasswordLink.token_hash == sessions.token_hash(token), PasswordLink.used_at.is_(None))
    sent = (PasswordLink.told_at.is_not(None), PasswordLink.asked_at > clock.now() - LASTS)
    link = session.scalar(select(PasswordLink).where(*found, *sent))
    user = session.scalar(select(User).where(User.signin_token == link.signin_token)) if link else None
    if link is None or user is None or user.state != UserState.ACTIVE:
        raise NotFound
    return link, user
