"""Somebody leaves an agency, or a role of theirs ends: sessions, deputies and guests fall, actions are handed on.

Bites on the next request. Opens no case: whoever closes the account sees how many actions there are, and none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Action, Delegation, GuestPass, Invitation, Membership, User
from marac.services.accounts import deputies, dormancy, guest_passes, sessions
from marac.services.casework import naming
from marac.services.clockwork.recipients import active_people, not_walled
from marac.services.following.owners import FIRST, OWNING_ROLES
from marac.vocabulary import LIVE_ACTIONS, Permission as P, RequestState, Role, Template, UserState


@dataclass(frozen=True, slots=True)
class Leaving:
    """What falls, or is handed on, when somebody leaves an agency. Numbers and dates; never what an action says."""

    actions: int
    first_due: date | None
    delegations: int
    guests: int
    colleagues: tuple[tuple[UUID, str], ...]


def what_falls(session: Session, actor: Actor, user: User) -> Leaving:
    """The same before it is done, with the colleagues who can take the actions on, the likeliest first."""
    access.require(actor, P.USER_SUSPEND, user)
    agencies = _agencies(session, actor, user)
    count, first = session.execute(
        select(func.count(), func.min(Action.due_on)).where(*_owned(user, agencies))
    ).one()  # fmt: skip
    able = active_people(session, user.partnership_id, OWNING_ROLES, agencies=agencies)
    names = naming.colleagues(session, actor, [one for one in able if one != user.id])
    ranked = sorted(names.items(), key=lambda pair: (_rank(session, pair[0], agencies), pair[1].casefold()))
    delegations = select(func.count()).where(*_of_deputies(user))
    guests = select(func.count()).where(GuestPass.sponsor_id == user.id, GuestPass.ended_at.is_(None))
    return Leaving(
        count, first, session.scalar(delegations) or 0, session.scalar(guests) or 0, tuple(ranked)
    )  # fmt: skip


def take_leave(session: Session, actor: Actor, user: User, heir_id: UUID | None) -> None:
    """The person no longer works at the agencies that the actor speaks for. What they had to do goes to a colleague.

    RuleBroken beside `heir` for somebody who cannot take it on. An action on a case that the colleague is kept out of
    goes to nobody in particular, and the agency's list shows it.
    """
    access.require(actor, P.USER_SUSPEND, user)
    access.require_step_up(actor)
    if user.id == actor.user_id:
        raise RuleBroken("", "You cannot close your own account. Ask the coordinator")
    falls = what_falls(session, actor, user)
    if heir_id is not None and heir_id not in {one for one, _ in falls.colleagues}:
        raise RuleBroken("heir", "Select somebody of the agency who works with cases")
    agencies = _agencies(session, actor, user)
    handed = _hand_on(session, actor, user, agencies, heir_id)
    _end_memberships(session, user, agencies)
    deputies.fall(session, user.id)
    guest_passes.fall(session, user.id)
    sessions.end_all(session, user.id)
    if session.scalars(sessions.memberships_in_force(user.id).limit(1)).first() is None:
        user.state = UserState.LEFT
        _end_links(session, user)
        dormancy.forget_credentials(session, user)
    audit.record(session, actor, "user:left", user, actions=handed, delegations=falls.delegations, guests=falls.guests)
    session.flush()


def end_role(session: Session, actor: Actor, membership_id: UUID) -> User:
    """One role ends today, the account goes on. NotFound for a role of an agency that is not the actor's."""
    shown = access.visible(actor, P.USER_ATTEST, Membership).where(Membership.id == membership_id, sessions.in_force())
    held = session.scalar(shown)
    if held is None:
        raise NotFound
    access.require_step_up(actor)
    if held.user_id == actor.user_id:
        raise RuleBroken("", "You cannot end your own role. Ask somebody else to")
    held.to_on = clock.today() - timedelta(days=1)
    deputies.fall(session, held.user_id, membership_id=held.id)
    sessions.end_all(session, held.user_id)
    audit.record(session, actor, "user:role_ended", held, role=held.role, agency=held.agency_id)
    session.flush()
    return session.get_one(User, held.user_id)


def _agencies(session: Session, actor: Actor, user: User) -> Sequence[UUID]:
    """Where the person works, of what the actor speaks for: a lead for their own agency, the administrator for all."""
    theirs = list(session.scalars(select(Membership.agency_id).where(Membership.user_id == user.id).distinct()))
    return [one for one in theirs if actor.role is not Role.AGENCY_ADMIN or one == actor.agency_id]


def _owned(user: User, agencies: Sequence[UUID]) -> tuple[Any, ...]:
    return (Action.owner_id == user.id, Action.agency_id.in_(agencies), Action.state.in_(LIVE_ACTIONS))


def _of_deputies(user: User) -> tuple[Any, ...]:
    live = Delegation.state.in_((RequestState.ASKED, RequestState.APPROVED))
    return (
        or_(Delegation.user_id == user.id, Delegation.deputy_id == user.id),
        live,
        Delegation.to_on >= clock.today(),
    )


def _rank(session: Session, user_id: UUID, agencies: Sequence[UUID]) -> int:
    mine = select(Membership.role).where(Membership.user_id == user_id, Membership.agency_id.in_(agencies))
    return min((FIRST.index(role) for role in session.scalars(mine) if role in FIRST), default=len(FIRST))


def _hand_on(
    session: Session, actor: Actor, user: User, agencies: Sequence[UUID], heir_id: UUID | None
) -> int:  # fmt: skip
    actions = session.scalars(select(Action).where(*_owned(user, agencies))).all()
    for action in actions:
        free = heir_id is not None and heir_id in not_walled(session, action, [heir_id])
        action.owner_id = heir_id if free else None
        audit.record(session, actor, "action:owned", action, owner=action.owner_id)
        if free and heir_id is not None:
            key = f"left:{action.id.hex}"
            notifications.enqueue(
                session, action.partnership_id, [heir_id], Template.ACTIONS_ASSIGNED, subject_key=key,
                path=f"/actions/{action.id}",
            )  # fmt: skip
    return len(actions)


def _end_memberships(session: Session, user: User, agencies: Sequence[UUID]) -> None:
    mine = select(Membership).where(Membership.user_id == user.id, Membership.agency_id.in_(agencies))
    for held in session.scalars(mine.where(sessions.in_force() | (Membership.from_on > clock.today()))):
        held.to_on = clock.today() - timedelta(days=1)
    session.flush()


def _end_links(session: Session, user: User) -> None:
    for link in session.scalars(select(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None))):
        link.used_at = clock.now()
