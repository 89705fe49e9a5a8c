"""Accounts that nobody uses: told, suspended, and after half a year without password and codes (DA-50). Nightly."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.models import OutsideReferrer, Partnership, Passkey, User
from marac.services.accounts import admission, forgetting, sessions
from marac.vocabulary import SuspendedFor, Template, UserState


def close_unused(session: Session, actor: Actor) -> int:
    """Warn, suspend and empty the accounts that were not used for too long. Returns how many changed.

    The demo's accounts are never dormant: people look at it when they please.
    """
    if session.get_one(Partnership, actor.partnership_id).is_demo:
        return 0
    terms = admission.terms_of(session, actor.partnership_id)
    outside = select(OutsideReferrer.account_id)
    states = (UserState.ACTIVE, UserState.SUSPENDED, UserState.LEFT)
    mine = select(User).where(User.partnership_id == actor.partnership_id, User.state.in_(states))
    changed = 0
    for user in session.scalars(mine.where(User.id.not_in(outside))).all():
        idle = (clock.now() - last_sign_of_life(user)).days
        if idle >= terms.idle_forget and _has_credentials(session, user):
            changed += _step(session, actor, user, "forgotten")
            forget_credentials(session, user)
        if user.state is not UserState.ACTIVE:
            continue
        if idle >= terms.idle_suspend:
            user.state, user.suspended_for = UserState.SUSPENDED, SuspendedFor.NOT_USED
            sessions.end_all(session, user.id)
            changed += _step(session, actor, user, "suspended")
        elif idle >= terms.idle_warn and _not_told(user):
            _tell(session, user)
            changed += _step(session, actor, user, "warned")
    return changed


def last_sign_of_life(user: User) -> datetime:
    """When the account was last signed in to, made or given back."""
    return max(one for one in (user.created_at, user.last_signin_at, user.restored_at) if one is not None)


def forget_credentials(session: Session, user: User) -> None:
    """Password, codes, passkeys and links go for good; somebody who comes back is invited anew."""
    access.open_staff_for("signin", user.partnership_id)
    user.password_hash, user.totp_secret, user.totp_pending = None, None, None
    forgetting.forget_factors(session, user.id)
    sessions.end_all(session, user.id)


def _has_credentials(session: Session, user: User) -> bool:
    """A password, or a passkey without one."""
    keys = exists().where(Passkey.user_id == user.id)
    return user.password_hash is not None or bool(session.scalar(select(keys)))


def _not_told(user: User) -> bool:
    return user.idle_warned_at is None or user.idle_warned_at < last_sign_of_life(user)


def _tell(session: Session, user: User) -> None:
    user.idle_warned_at = clock.now()
    key = f"idle:{user.id.hex}:{clock.today():%Y%m%d}"
    people: list[UUID] = [user.id]
    notifications.enqueue(session, user.partnership_id, people, Template.ACCOUNT_UNUSED, subject_key=key)


def _step(session: Session, actor: Actor, user: User, step: str) -> int:
    audit.record(session, actor, "user:idle", user, step=step)
    return 1
