"""Joining, and new roles: one person asks, another decides; then a link by mail and a code from the lead (DA-50).

Refuses a shared mailbox, a role for oneself, and one person doing both parts. Whether an address is known here is
answered to nobody: no account is looked up before the decision, and every decision reads the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Agency, Invitation, JoinRequest, Membership, User
from marac.services.accounts import lead_codes, sessions, users
from marac.services.accounts.signin import signin_token
from marac.services.casework import naming
from marac.services.clockwork.recipients import active_people
from marac.services.referring.outside_referrers import OUTSIDE
from marac.vocabulary import Permission as P, ProgrammeSlug, RequestState, Role, Template, UserState
from marac.workflows import membership

SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as those who ask and those who decide see it. `code` only for whoever hands it over."""

    id: UUID
    full_name: str
    email: str
    agency: str
    role: Role
    programme: ProgrammeSlug | None
    state: RequestState
    asked_by: str
    asked_at: datetime
    mine_to_decide: bool
    waits_for_link: bool


def ask_to_join(
    session: Session, actor: Actor, *, full_name: str, email: str, agency: Agency, role: Role,
    programme: ProgrammeSlug | None,
) -> JoinRequest:  # fmt: skip
    """Ask that a named person joins, or takes on a further role. RuleBroken beside the box that is wrong."""
    access.require_holds(actor, P.USER_INVITE)
    access.require(actor, P.USER_INVITE, agency)
    access.require_step_up(actor)
    _check_role(actor, agency, role, programme)
    _check_address(session, actor, email)
    access.open_staff(actor, seal=True)
    asked = JoinRequest(
        partnership_id=actor.partnership_id, agency_id=agency.id, role=role, programme=programme,
        state=RequestState.ASKED, asked_by_id=actor.user_id, asked_as=actor.role, asked_at=clock.now(),
        full_name=full_name.strip(), email=email.strip(),
    )  # fmt: skip
    session.add(asked)
    session.flush()
    audit.record(session, actor, "user:asked", asked, role=role, agency=agency.id)
    _tell_deciders(session, asked)
    return asked


def approve(session: Session, actor: Actor, keyring: Keyring, asked: JoinRequest) -> JoinRequest:
    """The second person agrees: the account or the further role is made, and the link leaves by mail.

    An address that belongs to somebody elsewhere gets nothing, and nobody is told so.
    """
    _decide(session, actor, asked, RequestState.APPROVED)
    access.open_staff(actor, seal=True)
    name, email = str(asked.full_name), str(asked.email)
    user = session.scalar(select(User).where(User.signin_token == signin_token(keyring, email)))
    if user is not None and (user.id in (actor.user_id, asked.asked_by_id)):
        raise RuleBroken("", "Nobody gives a role to themselves. Somebody else must ask for it and agree")
    if user is None:
        user = users.new_account(session, actor, keyring, name, email)
    if user.partnership_id == actor.partnership_id:
        users.add_membership(session, user, asked.agency, asked.role, asked.programme)
        asked.account_id = user.id
        _reopen(user)
        if user.state == UserState.INVITED:
            users.send_invitation(session, keyring, user)
            audit.record(session, actor, "user:invited", user, role=asked.role)
    audit.record(session, actor, "user:approved", asked, role=asked.role, agency=asked.agency_id)
    _tell(session, asked, [asked.asked_by_id])
    session.flush()
    return asked


def refuse(session: Session, actor: Actor, asked: JoinRequest) -> None:
    """The second person does not agree. Nothing was made."""
    _decide(session, actor, asked, RequestState.REFUSED)
    audit.record(session, actor, "user:refused", asked, role=asked.role, agency=asked.agency_id)
    _tell(session, asked, [asked.asked_by_id])


def get_request(session: Session, actor: Actor, request_id: UUID) -> JoinRequest:
    """One request of one's agency or partnership, or NotFound."""
    shown = access.visible(actor, P.USER_INVITE, JoinRequest).where(JoinRequest.id == request_id)
    found = session.scalar(shown.options(joinedload(JoinRequest.agency)))
    if found is None:
        raise NotFound
    return found


def list_requests(session: Session, actor: Actor) -> list[Asked]:
    """What waits, then what was decided lately, newest first."""
    access.require_holds(actor, P.USER_INVITE)
    rows = session.scalars(
        access.visible(actor, P.USER_INVITE, JoinRequest)
        .where(or_(JoinRequest.programme.is_(None), JoinRequest.programme.in_(actor.programmes)))
        .options(joinedload(JoinRequest.agency))
        .order_by(JoinRequest.asked_at.desc()).limit(SHOWN)
    ).all()  # fmt: skip
    access.open_staff(actor)
    names = naming.colleagues(session, actor, [one.asked_by_id for one in rows])
    invited = _invited(session, rows)
    found = [
        Asked(
            one.id, str(one.full_name), str(one.email), naming.short(one.agency.name), one.role, one.programme,
            one.state, names.get(one.asked_by_id, "the console") if one.asked_by_id else "the console", one.asked_at,
            one.state is RequestState.ASKED and may_decide(actor, one),
            one.account_id in invited and one.asked_by_id == actor.user_id,
        )
        for one in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.state is not RequestState.ASKED)


def waiting_for(session: Session, actor: Actor) -> int:
    """How many requests this person may decide."""
    if not access.holds(actor, P.USER_APPROVE):
        return 0
    asked = access.visible(actor, P.USER_APPROVE, JoinRequest).where(JoinRequest.state == RequestState.ASKED)
    return sum(may_decide(actor, one) for one in session.scalars(asked))


def may_decide(actor: Actor, asked: JoinRequest) -> bool:
    """Whether this is the second person: a coordinator of that panel; of what a coordinator asked, the lead too."""
    if actor.user_id is None or actor.user_id == asked.asked_by_id or not access.holds(actor, P.USER_APPROVE):
        return False
    if actor.role is Role.COORDINATOR:
        return asked.programme is None or asked.programme in actor.programmes
    return asked.asked_as is not actor.role and asked.agency_id == actor.agency_id


def show_code(session: Session, actor: Actor, keyring: Keyring, asked: JoinRequest) -> str:
    """The six digits that whoever asked tells the new person by phone. NotFound once the link was used or ended."""
    access.require(actor, P.USER_INVITE, asked.agency)
    access.require_step_up(actor)
    if asked.asked_by_id != actor.user_id or asked.state is not RequestState.APPROVED:
        raise NotFound
    link = _link_of(session, asked.account_id)
    audit.record(session, actor, "user:coded", asked)
    return lead_codes.lead_code(keyring, link.id)


def send_again(session: Session, actor: Actor, keyring: Keyring, asked: JoinRequest) -> None:
    """A fresh link and code; earlier ones end. Changes nothing for whoever has set up the account."""
    access.require(actor, P.USER_INVITE, asked.agency)
    access.require_step_up(actor)
    if asked.state is not RequestState.APPROVED:
        raise WrongState(f"{asked.id} was not approved")
    user = session.get(User, asked.account_id) if asked.account_id else None
    if user is not None and user.state is UserState.INVITED:
        users.send_invitation(session, keyring, user)


def _check_role(actor: Actor, agency: Agency, role: Role, programme: ProgrammeSlug | None) -> None:
    if agency.slug == OUTSIDE:
        raise RuleBroken("agency", "Choose an agency that people work for")
    if role not in users.may_invite(actor):
        raise RuleBroken("role", "Choose a role that you may invite someone to")
    if programme not in actor.programmes:
        raise RuleBroken("programme", "Choose a panel that you work for")


def _check_address(session: Session, actor: Actor, email: str) -> None:
    membership.check_own_mailbox(email)
    if email.strip().casefold() == users.own_name(session, actor)[1].casefold():
        raise RuleBroken("email", "You cannot ask for a role for yourself. Somebody else must ask")


def _decide(session: Session, actor: Actor, asked: JoinRequest, to: RequestState) -> None:
    access.require(actor, P.USER_APPROVE, asked.agency)
    access.require_step_up(actor)
    if asked.state is not RequestState.ASKED:
        raise WrongState(f"{asked.id} was decided")
    if not may_decide(actor, asked):
        raise RuleBroken("", "A second person decides this: not the one who asked")
    asked.state, asked.decided_by_id, asked.decided_at = to, actor.user_id, clock.now()
    session.flush()


def _reopen(user: User) -> None:
    """Somebody who had left and comes back sets the account up anew; a suspension stays."""
    if user.state is UserState.LEFT:
        user.state, user.password_hash = UserState.INVITED, None


def _invited(session: Session, rows: Sequence[JoinRequest]) -> frozenset[UUID | None]:
    ids = [one.account_id for one in rows if one.account_id]
    live = select(Invitation.user_id).join(User, User.id == Invitation.user_id).where(
        Invitation.user_id.in_(ids), Invitation.used_at.is_(None), Invitation.expires_at > clock.now(),
        User.state == UserState.INVITED,
    )  # fmt: skip
    return frozenset(session.scalars(live))


def _link_of(session: Session, account_id: UUID | None) -> Invitation:
    live = select(Invitation).join(User, User.id == Invitation.user_id).where(
        Invitation.user_id == account_id, Invitation.used_at.is_(None), Invitation.expires_at > clock.now(),
        User.state == UserState.INVITED,
    )  # fmt: skip
    found = session.scalars(live.order_by(Invitation.expires_at.desc()).limit(1)).first()
    if found is None:
        raise NotFound
    return found


def _tell_deciders(session: Session, asked: JoinRequest) -> None:
    """Every coordinator of the panel but the one who asked; of what a coordinator asked, the agency's lead too."""
    people = active_people(session, asked.partnership_id, (Role.COORDINATOR,), programme=asked.programme)
    if asked.asked_as is Role.COORDINATOR:
        people += active_people(session, asked.partnership_id, (Role.AGENCY_ADMIN,), agencies=[asked.agency_id])
    _tell(session, asked, [one for one in people if one != asked.asked_by_id])


def _tell(session: Session, asked: JoinRequest, people: Sequence[UUID | None]) -> None:
    wanted = {one for one in people if one is not None}
    key = f"join:{asked.id.hex}:{asked.state}"
    notifications.enqueue(
        session, asked.partnership_id, wanted, Template.MEMBERSHIP_WAITING, subject_key=key, path="/admin/joiners"
    )


def leads_of(session: Session, partnership_id: UUID, agency_id: UUID) -> list[UUID]:
    """The active leads of an agency, and where it has none the coordinators."""
    leads = active_people(session, partnership_id, (Role.AGENCY_ADMIN,), agencies=[agency_id])
    return leads or active_people(session, partnership_id, (Role.COORDINATOR,))


def live_members(session: Session, agency_id: UUID) -> list[Membership]:
    """The memberships of an agency that count today, deputies' and guests' left out."""
    query = select(Membership).where(
        Membership.agency_id == agency_id, sessions.in_force(), Membership.on_behalf_of_id.is_(None),
        Membership.role != Role.GUEST,
    )  # fmt: skip
    closed = select(User.id).where(or_(User.state == UserState.LEFT, User.state == UserState.SUSPENDED))
    return list(session.scalars(query.where(Membership.user_id.not_in(closed)).order_by(Membership.from_on)))
