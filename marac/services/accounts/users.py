"""Accounts of people who work here: invited, set up by themselves, suspended at once. Opens no case, mails no name."""

import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import pyotp
from sqlalchemy import and_, select
from sqlalchemy.orm import Session, selectinload

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.crypto.keyring import Keyring
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import Agency, Invitation, Membership, OutsideReferrer, User
from marac.services.accounts import lead_codes, passwords, sessions, signin
from marac.services.accounts.signin import Begun
from marac.services.casework import naming
from marac.services.referring.outside_referrers import OUTSIDE
from marac.vocabulary import Permission as P, ProgrammeSlug, Role, SuspendedFor, Template, UserState
from marac.workflows import membership

INVITATION_LASTS: Final = timedelta(hours=72)
_WORKERS: Final = frozenset({Role.REFERRER, Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA})
_SANCTUARY: Final = frozenset({Role.SANCTUARY_OFFICER, Role.CRIME_PREVENTION_OFFICER, Role.CONTRACTOR})
# whom each role may invite; administrators are made on the command line
INVITES: Final[dict[Role, frozenset[Role]]] = {
    Role.SYSTEM: frozenset(Role) - {Role.SYSTEM, Role.GUEST},
    Role.AGENCY_ADMIN: _WORKERS,
    Role.COORDINATOR: _WORKERS | _SANCTUARY | {
        Role.COORDINATOR, Role.CHAIR, Role.SERVICE_MANAGER, Role.AGENCY_ADMIN, Role.TEAM_LEADER, Role.STEERING_GROUP,
    },
}  # fmt: skip


class Held(NamedTuple):
    """What somebody is, where, and for which panel; without one, for all."""

    role: Role
    agency: str
    programme: ProgrammeSlug | None


@dataclass(frozen=True, slots=True)
class Account:
    """One line of the list of accounts."""

    id: UUID
    full_name: str
    email: str
    state: UserState
    last_signin_at: datetime | None
    memberships: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What somebody who accepts an invitation needs to see: their address, and the secret for their code app."""

    email: str
    totp_secret: str
    uri: str


def may_invite(actor: Actor) -> frozenset[Role]:
    """The roles that this person may invite others to."""
    return INVITES.get(actor.role, frozenset()) if access.holds(actor, P.USER_INVITE) else frozenset()


def list_agencies_to_invite(session: Session, actor: Actor) -> list[Agency]:
    """The agencies that this person may invite people to."""
    query = access.visible(actor, P.USER_INVITE, Agency).where(Agency.slug != OUTSIDE)
    return list(session.scalars(query.order_by(Agency.name)))


def invite_user(
    session: Session, actor: Actor, keyring: Keyring, *, full_name: str, email: str, agency: Agency, role: Role,
    programme: ProgrammeSlug | None,
) -> User:  # fmt: skip
    """From the console of the machine: make an account that only the invited person can set up, within 72 hours.

    Pages ask and a second person decides (accounts.joining); here the operator is both, and is audited as that.
    """
    if actor.role is not Role.SYSTEM:
        raise NotAllowed
    access.require(actor, P.USER_INVITE, agency)
    access.require_step_up(actor)
    if agency.slug == OUTSIDE:
        raise RuleBroken("agency", "Choose an agency that people work for")
    if role not in may_invite(actor):
        raise RuleBroken("role", "Choose a role that you may invite someone to")
    membership.check_own_mailbox(email)
    user = _known(session, actor, keyring, email) or new_account(session, actor, keyring, full_name, email)
    add_membership(session, user, agency, role, programme)
    if user.state == UserState.INVITED:
        send_invitation(session, keyring, user)
    audit.record(session, actor, "user:invited", user, role=role)
    return user


def send_invitation(session: Session, keyring: Keyring, user: User) -> Invitation:
    """A fresh single-use link, which ends earlier ones. Its token is derived when it is sent, and kept nowhere."""
    now = clock.now()
    unused = select(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None))
    for earlier in session.scalars(unused):
        earlier.used_at = now
    invitation = Invitation(user_id=user.id, token_hash=b"", expires_at=now + INVITATION_LASTS)
    invitation.token_hash = sessions.token_hash(invitation_token(keyring, invitation.id))
    session.add(invitation)
    session.flush()
    notifications.enqueue(
        session, user.partnership_id, [user.id], Template.INVITATION, subject_key=invitation.id.hex, path="/join"
    )
    return invitation


def invitation_token(keyring: Keyring, invitation_id: UUID) -> str:
    """The token of an invitation's link, /join/<token>: 256 bits under the deployment key."""
    return _invitation_tokens(keyring, invitation_id)[0]


def sent_token(session: Session, keyring: Keyring, invitation_id: UUID) -> str:
    """The same for the mail that is about to leave: under the deployment key that the invitation was made with."""
    invitation = session.get(Invitation, invitation_id)
    tokens = _invitation_tokens(keyring, invitation_id)
    known = [one for one in tokens if invitation and sessions.token_hash(one) == invitation.token_hash]
    return (known or tokens)[0]


def _invitation_tokens(keyring: Keyring, invitation_id: UUID) -> list[str]:
    secrets = keyring.deployment_secrets("invitation")
    return [hmac.digest(secret, invitation_id.bytes, hashlib.sha256).hex() for secret in secrets]


def start_enrolment(session: Session, keyring: Keyring, token: str, code: str) -> bool:
    """The invited person typed the code from their lead: make the secret for their code app.

    False for a wrong code, the fifth of which ends the link; NotFound for a link that is over.
    """
    invitation, user = _invited(session, token)
    if not lead_codes.check_code(keyring, invitation, code):
        return False
    access.open_staff_for("signin", user.partnership_id)
    user.totp_secret = pyotp.random_base32()
    return True


def enrolment(session: Session, token: str, *, service_name: str) -> Enrolment:
    """What the page shows while an invitation is being accepted. NotFound for a link that is over."""
    user = _invited(session, token)[1]
    access.open_staff_for("signin", user.partnership_id)
    secret, email = str(user.totp_secret), str(user.email)
    return Enrolment(email, secret, pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=service_name))


def accept_invitation(session: Session, token: str, *, password: str, code: str) -> Begun:
    """Set the password, prove the code app and sign in; the link is used up. RuleBroken beside `password` or `code`."""
    invitation, user = _invited(session, token)
    access.open_staff_for("signin", user.partnership_id)
    passwords.check_policy(password, [str(user.full_name), str(user.email)])
    if not signin.use_code(user, code):
        raise RuleBroken("code", "Enter the 6 digits that your app shows now")
    first = session.scalars(sessions.memberships_in_force(user.id).limit(1)).first()
    if first is None:
        raise NotFound
    user.password_hash = passwords.seal_password(password)
    user.state = UserState.ACTIVE
    invitation.used_at = clock.now()
    session_token, actor = sessions.start(session, user, first)
    audit.record(session, actor, "user:joined", user)
    return Begun(session_token, actor)


def get_user(session: Session, actor: Actor, user_id: UUID) -> User:
    """One account that the actor may see, or NotFound."""
    user = session.scalar(access.visible(actor, P.USER_READ, User).where(User.id == user_id))
    if user is None:
        raise NotFound
    return user


def suspend_user(session: Session, actor: Actor, user: User) -> None:
    """Nothing more from the next request on, in any browser."""
    access.require(actor, P.USER_SUSPEND, user)
    access.require_step_up(actor)
    if user.id == actor.user_id:
        raise RuleBroken("", "You cannot suspend your own account")
    if user.state is UserState.LEFT:
        raise WrongState(f"{user.id} has left")
    user.state, user.suspended_for = UserState.SUSPENDED, SuspendedFor.BY_HAND
    sessions.end_all(session, user.id)
    audit.record(session, actor, "user:suspended", user)


def restore_user(session: Session, actor: Actor, user: User) -> None:
    """A suspended person may sign in again, with the password and code they had."""
    access.require(actor, P.USER_SUSPEND, user)
    access.require_step_up(actor)
    if user.state != UserState.SUSPENDED:
        raise WrongState(f"{user.id} is not suspended")
    user.state = UserState.ACTIVE if user.password_hash else UserState.INVITED
    user.suspended_for, user.restored_at, user.idle_warned_at = None, clock.now(), None
    audit.record(session, actor, "user:restored", user)


def list_users(session: Session, actor: Actor) -> list[Account]:
    """The accounts that the actor may see, by name."""
    outside = select(OutsideReferrer.account_id)  # asked to refer once; they have a list of their own
    rule = and_(access.rule(actor, P.USER_READ, User), User.id.not_in(outside))
    access.open_staff(actor)
    columns = (*sealed_columns(User, "staff"), User.id, User.state, User.last_signin_at)
    rows = session.execute(select(*columns).where(rule)).all()
    held = _memberships(session, rule)
    people = zip(rows, open_many(User, "staff", rows), strict=True)
    accounts = [
        Account(
            row.id, str(shown.get("full_name") or ""), str(shown.get("email") or ""), row.state, row.last_signin_at,
            tuple(held[row.id]),
        )
        for row, shown in people
    ]  # fmt: skip
    return sorted(accounts, key=lambda account: account.full_name.casefold())


def memberships_of(session: Session, actor: Actor) -> list[Membership]:
    """The memberships that the actor can switch between, with their agencies."""
    access.require_holds(actor, P.HOME_READ)
    if actor.user_id is None:
        return []
    return list(session.scalars(sessions.memberships_in_force(actor.user_id).options(selectinload(Membership.agency))))


def stood_in_for(session: Session, actor: Actor, held: list[Membership]) -> dict[UUID, str]:
    """The names of those for whom the person stands in, among these memberships."""
    return naming.colleagues(session, actor, [one.on_behalf_of_id for one in held])


def own_name(session: Session, actor: Actor) -> tuple[str, str]:
    """The actor's own full name and e-mail address, for the account page."""
    access.open_staff(actor)
    user = session.get_one(User, actor.user_id)
    return str(user.full_name), str(user.email)


def _known(session: Session, actor: Actor, keyring: Keyring, email: str) -> User | None:
    user = session.scalar(select(User).where(User.signin_token.in_(signin.signin_tokens(keyring, email))))
    if user is not None and user.partnership_id != actor.partnership_id:
        raise RuleBroken("email", "This address cannot be invited here. Use another one")
    return user


def new_account(session: Session, actor: Actor, keyring: Keyring, full_name: str, email: str) -> User:
    """An account without a password, to be set up by its person. For who may invite or approve."""
    access.open_staff(actor, seal=True)
    user = User(
        partnership_id=actor.partnership_id, state=UserState.INVITED, full_name=full_name, email=email.strip(),
        signin_token=signin.signin_token(keyring, email), last_totp_step=0, created_at=clock.now(),
    )  # fmt: skip
    session.add(user)
    session.flush()
    return user


def add_membership(
    session: Session, user: User, agency: Agency, role: Role, programme: ProgrammeSlug | None
) -> Membership:
    """A role from today on. Somebody who has it already keeps the one they have."""
    for one in session.scalars(sessions.memberships_in_force(user.id).where(Membership.on_behalf_of_id.is_(None))):
        if (one.agency_id, one.role, one.programme) == (agency.id, role, programme):
            return one
    held = Membership(
        partnership_id=user.partnership_id, user_id=user.id, agency_id=agency.id, role=role, programme=programme,
        from_on=clock.today(),
    )  # fmt: skip
    session.add(held)
    session.flush()
    return held


def _invited(session: Session, token: str) -> tuple[Invitation, User]:
    """The invitation that a link names while it can be used, with its account. NotFound otherwise."""
    invitation = session.scalar(
        select(Invitation)
        .where(Invitation.token_hash == sessions.token_hash(token), Invitation.used_at.is_(None))
        .where(Invitation.expires_at > clock.now())
    )
    user = session.get(User, invitation.user_id) if invitation else None
    if invitation is None or user is None or user.state != UserState.INVITED:
        raise NotFound
    return invitation, user


def _memberships(session: Session, rule: Any) -> dict[UUID, list[Held]]:
    """What the accounts under a rule are today."""
    held: dict[UUID, list[Held]] = defaultdict(list)
    query = select(Membership.user_id, Membership.role, Agency.name, Membership.programme).join(Membership.user)
    query = query.join(Membership.agency).where(rule, sessions.in_force())
    for user_id, role, agency, programme in session.execute(query.order_by(Membership.from_on, Membership.id)):
        held[user_id].append(Held(role, agency, programme))
    return held
