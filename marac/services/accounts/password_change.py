"""Changing one's own password: the one in use and a new one, right after a full sign-in (ASVS 6.2.3, 7.4.3)."""

from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import User
from marac.services.accounts import notices, passwords, sessions


def change_password(session: Session, actor: Actor, *, current: str, new: str, end_others: bool) -> None:
    """Keep the new password; sign-ins elsewhere end where asked. RuleBroken beside `current` or `password`.

    FullSigninNeeded later than ten minutes after signing in, so that nobody tries passwords in a session left open.
    """
    user = session.get_one(User, sessions.require_full_signin(session, actor))
    if not passwords.matches(user.password_hash, current):
        raise RuleBroken("current", "This is not your password. Try again, or sign out and ask for a new one")
    access.open_staff_for("signin", user.partnership_id)
    passwords.check_policy(new, [str(user.full_name), str(user.email)])
    if passwords.matches(user.password_hash, new):
        raise RuleBroken("password", "Choose a password that you do not use now")
    user.password_hash = passwords.seal_password(new)
    if end_others:
        sessions.end_others(session, actor)
    notices.tell(session, user)
    audit.record(session, actor, "password:changed", user)
