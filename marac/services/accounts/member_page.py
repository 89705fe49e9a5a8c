"""One person as their lead, the coordinator or the administrator sees them: roles, dates, and what can be done.

Never a case, and never what they did.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Membership, User
from marac.services.accounts import sessions
from marac.services.casework import naming
from marac.vocabulary import Permission as P, ProgrammeSlug, Role, SuspendedFor, UserState


@dataclass(frozen=True, slots=True)
class HeldRole:
    """One role that counts today or later. `may_end` for who speaks for the agency."""

    membership_id: UUID
    role: Role
    agency: str
    programme: ProgrammeSlug | None
    from_on: date
    to_on: date | None
    stands_in: bool
    attested_on: date | None
    may_end: bool


@dataclass(frozen=True, slots=True)
class Member:
    """One account."""

    id: UUID
    full_name: str
    email: str
    state: UserState
    why: SuspendedFor | None
    last_signin_at: datetime | None
    agreed_at: datetime | None
    trained_on: date | None
    roles: tuple[HeldRole, ...]
    may_close: bool
    is_me: bool


def view_member(session: Session, actor: Actor, user: User) -> Member:
    """What the page of one person shows."""
    access.require(actor, P.USER_READ, user)
    access.open_staff(actor)
    rows = session.scalars(
        select(Membership)
        .where(Membership.user_id == user.id, sessions.in_force() | (Membership.from_on > clock.today()))
        .options(joinedload(Membership.agency)).order_by(Membership.from_on, Membership.id)
    ).all()  # fmt: skip
    mine = set(session.scalars(select(Membership.id).where(access.rule(actor, P.USER_ATTEST, Membership))))
    is_me = user.id == actor.user_id
    roles = tuple(
        HeldRole(
            one.id, one.role, naming.short(one.agency.name), one.programme, one.from_on, one.to_on,
            one.on_behalf_of_id is not None, one.attested_on,
            one.id in mine and not is_me and one.on_behalf_of_id is None,
        )
        for one in rows
    )  # fmt: skip
    return Member(
        user.id, str(user.full_name or ""), str(user.email or ""), user.state, user.suspended_for,
        user.last_signin_at, user.confidentiality_agreed_at, user.trained_on, roles,
        not is_me and user.state is not UserState.LEFT and access.may(actor, P.USER_SUSPEND, user), is_me,
    )  # fmt: skip


def record_training(session: Session, actor: Actor, user: User, trained_on: date) -> None:
    """Keep when the person was trained. RuleBroken for a day that has not come."""
    access.require(actor, P.USER_SUSPEND, user)
    if trained_on > clock.today():
        raise RuleBroken("trained_on", "The date of their training must be today or earlier")
    user.trained_on = trained_on
    audit.record(session, actor, "user:trained", user)
