"""A lost phone or key, and no code left on paper: the agency's lead asks, a coordinator approves, the person goes on.

Neither can do it alone, nor for themself. The coordinator tells the person a code by phone; it counts only together
with the password, for roles with wide sight a day later, and until it is used the person can call the reset off.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import FactorReset, User
from marac.services.accounts import code_app, forgetting, notices, required, sessions, signin, throttle
from marac.services.accounts.signin import Begun
from marac.services.keeping.deployment import Deployment
from marac.vocabulary import Permission as P, ResetState, Template, UserState

WAITS: Final = timedelta(hours=24)  # for roles with wide sight, so that somebody can still say no
LASTS: Final = timedelta(days=7)
OPEN: Final = (ResetState.ASKED, ResetState.APPROVED)
DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line for whoever approves: whose, who asked and when."""

    id: UUID
    full_name: str
    asked_by: str
    asked_at: datetime
    is_mine: bool


def ask(session: Session, actor: Actor, user: User) -> FactorReset:
    """The lead of the person's agency asks. The person is told at once."""
    access.require(actor, P.FACTOR_ASK, user)
    access.require_step_up(actor)
    if actor.user_id is None or user.id == actor.user_id:
        raise RuleBroken("", "Somebody else has to ask for you")
    if user.state != UserState.ACTIVE:
        raise RuleBroken("", "This account cannot be used now. Restore it or invite the person first")
    if open_reset(session, user.id) is not None:
        raise WrongState
    now = clock.now()
    reset = FactorReset(
        partnership_id=user.partnership_id, user_id=user.id, state=ResetState.ASKED, asked_by_id=actor.user_id,
        asked_at=now, ends_at=now + LASTS,
    )  # fmt: skip
    session.add(reset)
    notices.tell(session, user, Template.FACTOR_RESET)
    audit.record(session, actor, "reset:asked", user)
    return reset


def list_waiting(session: Session, actor: Actor) -> list[Waiting]:
    """What waits for a coordinator, oldest first."""
    access.require_holds(actor, P.FACTOR_APPROVE)
    access.open_staff(actor)
    query = access.visible(actor, P.FACTOR_APPROVE, FactorReset)
    query = query.where(FactorReset.state == ResetState.ASKED, FactorReset.ends_at > clock.now())
    rows = list(session.scalars(query.order_by(FactorReset.asked_at)))
    ids = {one for row in rows for one in (row.user_id, row.asked_by_id)}
    names = {user.id: str(user.full_name) for user in session.scalars(select(User).where(User.id.in_(ids)))}
    return [
        Waiting(row.id, names[row.user_id], names[row.asked_by_id], row.asked_at, _is_party(actor, row)) for row in rows
    ]


def get_waiting(session: Session, actor: Actor, reset_id: UUID) -> FactorReset:
    """One of those, or NotFound."""
    query = access.visible(actor, P.FACTOR_APPROVE, FactorReset).where(FactorReset.id == reset_id)
    reset = session.scalar(query)
    if reset is None:
        raise NotFound
    return reset


def approve(session: Session, actor: Actor, keyring: Keyring, reset: FactorReset) -> str:
    """Returns the code to tell the person by phone; it is shown this once. WrongState if it no longer waits."""
    access.require(actor, P.FACTOR_APPROVE, reset)
    access.require_step_up(actor)
    if _is_party(actor, reset):
        raise RuleBroken("", "Somebody else has to approve this: you asked for it, or it is for you")
    now = clock.now()
    user = session.get_one(User, reset.user_id)
    if reset.state != ResetState.ASKED or reset.ends_at <= now or user.state != UserState.ACTIVE:
        raise WrongState
    roles = [one.role for one in session.scalars(sessions.memberships_in_force(user.id))]
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    reset.state, reset.approved_by_id, reset.approved_at = ResetState.APPROVED, actor.user_id, now
    reset.opens_at = now if required.WIDE_SIGHT.isdisjoint(roles) else now + WAITS
    reset.ends_at = reset.opens_at + LASTS
    reset.code_hash = _hash(keyring, reset.id, code)
    notices.tell(session, user, Template.FACTOR_RESET)
    audit.record(session, actor, "reset:approved", user)
    return code


def open_reset(session: Session, user_id: UUID) -> FactorReset | None:
    """The reset of somebody's second factor that was asked for and is not over."""
    query = select(FactorReset).where(FactorReset.user_id == user_id, FactorReset.state.in_(OPEN))
    return session.scalars(query.where(FactorReset.ends_at > clock.now()).limit(1)).first()


def own_open_reset(session: Session, actor: Actor) -> FactorReset | None:
    """The same for the person who is signed in."""
    access.require_holds(actor, P.HOME_READ)
    return open_reset(session, actor.user_id) if actor.user_id else None


def cancel(session: Session, actor: Actor) -> None:
    """The person says no: they have what they sign in with, and did not ask."""
    access.require_holds(actor, P.HOME_READ)
    reset = own_open_reset(session, actor)
    if reset is None:
        raise NotFound
    reset.state, reset.code_hash = ResetState.CANCELLED, None
    audit.record(session, actor, "reset:cancelled", session.get_one(User, reset.user_id))


def prove(house: Deployment, user_id: UUID, code: str) -> bool:
    """Whether somebody whose password was right may set up a new factor now. Raises TooSoon; changes nothing yet."""
    bucket = throttle.bucket(house.keyring, "code", user_id.hex)
    with signin.apart(house, None) as session:
        turn = throttle.take_turn(session, [bucket])
        user = session.get_one(User, user_id)
        if not _opens(session, house.keyring, user, code):
            audit.record(session, access.system(user.partnership_id), "signin:failed", user, reason="reset")
            return False
        throttle.give_back(session, turn, bucket)
        access.open_staff_for("signin", user.partnership_id)
        code_app.start_for(user)
        return True


def new_app(session: Session, keyring: Keyring, user_id: UUID, code: str, *, service_name: str) -> code_app.NewApp:
    """What to scan, for somebody whose password and code were right. NotFound once that no longer holds."""
    user = session.get_one(User, user_id)
    if not _opens(session, keyring, user, code):
        raise NotFound
    access.open_staff_for("signin", user.partnership_id)
    return code_app.shown_for(user, service_name=service_name)


def carry_out(
    session: Session, keyring: Keyring, user_id: UUID, code: str, app_code: str, *, device: str
) -> Begun | None:
    """Every earlier factor and session ends, the new app counts, and the person is in. RuleBroken beside `code`."""
    user = session.get_one(User, user_id)
    if not _opens(session, keyring, user, code):
        raise NotFound
    access.open_staff_for("signin", user.partnership_id)
    code_app.finish_for(user, app_code)
    mine = (FactorReset.user_id == user_id, FactorReset.state == ResetState.APPROVED)
    done = update(FactorReset).where(*mine).values(state=ResetState.DONE, code_hash=None)
    if session.scalar(done.returning(FactorReset.id)) is None:
        raise NotFound
    forgetting.forget_factors(session, user_id)
    sessions.end_all(session, user_id)
    notices.tell(session, user)
    audit.record(session, access.system(user.partnership_id), "reset:done", user)
    return signin.begin(session, user, factor="reset", device=device)


def _opens(session: Session, keyring: Keyring, user: User, code: str) -> bool:
    reset = open_reset(session, user.id)
    ready = reset is not None and reset.opens_at is not None and reset.opens_at <= clock.now()
    kept = reset.code_hash if reset is not None and ready else None
    typed = "".join(code.split())
    right = hmac.compare_digest(kept or bytes(32), _hash(keyring, reset.id if reset else user.id, typed))
    return right and kept is not None and user.state == UserState.ACTIVE


def _is_party(actor: Actor, reset: FactorReset) -> bool:
    return actor.user_id in (reset.asked_by_id, reset.user_id)


def _hash(keyring: Keyring, reset_id: UUID, code: str) -> bytes:
    return hmac.digest(keyring.deployment_secret("factor-reset"), reset_id.bytes + code.encode(), hashlib.sha256)
