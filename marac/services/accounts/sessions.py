"""Signed-in browsers: a row per session, found by the hash of its token, checked on every request.

Refuses a session that is idle or too old, whose person is suspended or whose membership has ended; keeps no token.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import FullSigninNeeded, NotFound
from marac.models import Agency, Meeting, Membership, OutsideReferrer, SigninSession, User
from marac.services.accounts import admission, required
from marac.vocabulary import Hold, MeetingState, Permission, ProgrammeSlug, Role, UserState

IDLE: Final = timedelta(minutes=15)
IDLE_IN_MEETING: Final = timedelta(minutes=60)
ABSOLUTE: Final = timedelta(hours=10)
TOUCH_EVERY: Final = timedelta(seconds=30)
REFERS: Final = (Role.REFERRER, Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA)
FULL_LASTS: Final = timedelta(minutes=10)  # after signing in, for changing what one signs in with


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One request's answer to "who is this": the actor, and what the frame of the page shows."""

    actor: Actor
    agency: str
    memberships: int
    seen_at: datetime
    shortcut_keys: str = ""
    hold: Hold | None = None
    awaits_passkey: bool = False

    @property
    def needs_touch(self) -> bool:
        """Whether the row's time is old enough to be written again."""
        return clock.now() - self.seen_at > TOUCH_EVERY


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One line of the list of a person's sessions."""

    id: UUID
    started_at: datetime
    seen_at: datetime
    is_this: bool
    device: str = ""


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def memberships_in_force(user_id: UUID) -> Select[Membership]:
    """The memberships of a person that count today."""
    mine = select(Membership).where(Membership.user_id == user_id, in_force())
    return mine.order_by(Membership.from_on, Membership.id)


def start(session: Session, user: User, membership: Membership, *, device: str = "") -> tuple[str, Actor]:
    """A new session, fresh enough for a step-up. Returns its token, which is kept nowhere, and its actor.

    It is the person's only one, but for the second screen of a meeting that they may run and that is being held.
    """
    token, now = secrets.token_urlsafe(32), clock.now()
    awaits = must_use_passkey(session, user) and not required.has_passkey(session, user.id)
    row = SigninSession(
        token_hash=token_hash(token), user_id=user.id, membership_id=membership.id, created_at=now, seen_at=now,
        stepped_up_at=now, device=device, awaits_passkey=awaits,
    )  # fmt: skip
    actor = _actor(user.partnership_id, membership, row.id, now)
    _end_oldest(session, user.id, leave=1 if _runs_a_meeting(session, actor) else 0)
    session.add(row)
    user.last_signin_at = now
    return token, actor


def must_use_passkey(session: Session, user: User) -> bool:
    """Whether this person's second factor must be a passkey, by any of their roles."""
    roles = [one.role for one in session.scalars(memberships_in_force(user.id))]
    return required.needs_passkey(session, user.partnership_id, roles)


def require_full_signin(session: Session, actor: Actor) -> UUID:
    """Whose session it is; FullSigninNeeded unless they signed in, with both factors, in the last ten minutes."""
    row = session.get(SigninSession, actor.session_id) if actor.session_id else None
    if row is None or row.ended_at is not None or actor.user_id is None:
        raise FullSigninNeeded
    if clock.now() - row.created_at > FULL_LASTS:
        raise FullSigninNeeded
    return actor.user_id


def find(session: Session, token: str) -> SignedIn | None:
    """Who holds this token now, or None: unknown, ended, idle, too old, suspended, or no longer a member."""
    now = clock.now()
    row = session.execute(
        select(
            SigninSession, User.partnership_id, Membership, Agency.name, _others().label("memberships"),
            OutsideReferrer.referral_id, User.shortcut_keys, SigninSession.awaits_passkey, *admission.columns(),
        )
        .join(User, User.id == SigninSession.user_id)
        .join(Membership, Membership.id == SigninSession.membership_id)
        .join(Agency, Agency.id == Membership.agency_id)
        .outerjoin(OutsideReferrer, OutsideReferrer.account_id == User.id)
        .where(SigninSession.token_hash == token_hash(token), SigninSession.ended_at.is_(None))
        .where(SigninSession.created_at > now - ABSOLUTE, SigninSession.seen_at > now - IDLE_IN_MEETING)
        .where(User.state == UserState.ACTIVE, Membership.user_id == User.id, in_force())
        .where(or_(OutsideReferrer.id.is_(None), _bound()))
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    found, partnership_id, membership, agency, memberships, referral_id, shortcut_keys, awaits = row[:8]
    actor = replace(_actor(partnership_id, membership, found.id, found.stepped_up_at), referral_id=referral_id)
    if found.seen_at <= now - IDLE and not _runs_a_meeting(session, actor):
        return None
    return SignedIn(
        actor, agency, memberships, found.seen_at, shortcut_keys, admission.hold_of(session, actor, row), awaits
    )


def was_theirs(session: Session, token: str, user_id: UUID) -> bool:
    """Whether this token, ended or not, was a session of this person."""
    mine = and_(SigninSession.token_hash == token_hash(token), SigninSession.user_id == user_id)
    return session.scalar(select(exists().where(mine))) or False


def touch(session: Session, session_id: UUID) -> None:
    """The person did something: the idle limit starts again."""
    mine = and_(SigninSession.id == session_id, SigninSession.ended_at.is_(None))
    session.execute(update(SigninSession).where(mine).values(seen_at=clock.now()))


def end(session: Session, actor: Actor, session_id: UUID, reason: str) -> None:
    """End one of the person's own sessions; NotFound for anybody else's. Ending it twice changes nothing."""
    access.require_holds(actor, Permission.HOME_READ)
    row = session.get(SigninSession, session_id)
    if row is None or row.user_id != actor.user_id:
        raise NotFound
    if row.ended_at is None:
        row.ended_at = clock.now()
        audit.record(session, actor, "signin:ended", row, reason=reason)


def end_all(session: Session, user_id: UUID) -> int:
    """End every session of a person: at suspension. Returns how many were open."""
    return _end(session, user_id, list(session.scalars(_open_sessions(user_id))))


def end_others(session: Session, actor: Actor) -> int:
    """End every session of the person but this one. Returns how many were open."""
    access.require_holds(actor, Permission.HOME_READ)
    others = [one for one in session.scalars(_open_sessions(_person(actor))) if one != actor.session_id]
    if others:
        audit.record(session, actor, "signin:ended", reason="ended_others")
    return _end(session, _person(actor), others)


def list_open(session: Session, actor: Actor) -> list[OpenSession]:
    """Where the person is signed in now, newest first."""
    access.require_holds(actor, Permission.HOME_READ)
    shown = SigninSession.created_at, SigninSession.seen_at, SigninSession.device
    rows = session.execute(_open_sessions(_person(actor)).add_columns(*shown))
    return [OpenSession(one, started, seen, one == actor.session_id, device) for one, started, seen, device in rows]


def switch(session: Session, actor: Actor, membership_id: UUID) -> str:
    """Go on in another of the person's own memberships. Returns the new token: the old one no longer works."""
    access.require_holds(actor, Permission.HOME_READ)
    membership = session.scalar(memberships_in_force(_person(actor)).where(Membership.id == membership_id))
    row = session.get(SigninSession, actor.session_id)
    if membership is None or row is None:
        raise NotFound
    row.membership_id = membership.id
    audit.record(session, actor, "session:switched", membership, role=membership.role)
    return renew(row)


def renew(row: SigninSession) -> str:
    """A new token for the same session."""
    token = secrets.token_urlsafe(32)
    row.token_hash = token_hash(token)
    return token


def _person(actor: Actor) -> UUID:
    """The person behind an actor; NotFound for the System, which has no sessions."""
    if actor.user_id is None:
        raise NotFound
    return actor.user_id


def _actor(partnership_id: UUID, membership: Membership, session_id: UUID, stepped_up_at: datetime | None) -> Actor:
    return Actor(
        partnership_id=partnership_id, role=membership.role, user_id=membership.user_id, agency_id=membership.agency_id,
        programmes=programmes_of(membership.role, membership.programme),
        session_id=session_id, stepped_up_at=stepped_up_at, membership_id=membership.id,
        on_behalf=membership.on_behalf_of_id,
    )  # fmt: skip


def programmes_of(role: Role, programme: ProgrammeSlug | None) -> frozenset[ProgrammeSlug]:
    """What a membership reaches: its programme or all; who refers to a panel may ask the Sanctuary Scheme as well."""
    if programme is None:
        return frozenset(ProgrammeSlug)
    return frozenset([programme, ProgrammeSlug.SANCTUARY] if role in REFERS else [programme])


def in_force() -> Any:
    """The clause that a membership counts today; a deputy's, while the person they stand in for may work here."""
    today, person = clock.today(), User.__table__.alias("person")
    works = exists().where(person.c.id == Membership.on_behalf_of_id, person.c.state == UserState.ACTIVE)
    standing_in = or_(Membership.on_behalf_of_id.is_(None), works.correlate(Membership))
    lasts = or_(Membership.to_on.is_(None), Membership.to_on >= today)
    return and_(Membership.from_on <= today, lasts, standing_in)


def _bound() -> Any:
    """Somebody from outside counts only while their access lasts and with the one referral that is theirs (DA-42)."""
    return and_(OutsideReferrer.referral_id.is_not(None), OutsideReferrer.ended_at.is_(None))


def _others() -> Any:
    """How many memberships in force the person of the outer query holds."""
    held = Membership.__table__.alias("held")
    today = clock.today()
    return (
        select(func.count())
        .where(held.c.user_id == User.id, held.c.from_on <= today, or_(held.c.to_on.is_(None), held.c.to_on >= today))
        .correlate(User)
        .scalar_subquery()
    )


def _runs_a_meeting(session: Session, actor: Actor) -> bool:
    """Whether a meeting that this person may run is being held: then an hour may pass without a keystroke."""
    if Permission.MEETING_RUN not in access.GRANTS[actor.role]:
        return False
    running = and_(
        Meeting.partnership_id == actor.partnership_id,
        Meeting.programme.in_(actor.programmes),
        Meeting.state == MeetingState.IN_PROGRESS,
    )
    return session.scalar(select(exists().where(running))) or False


def _open_sessions(user_id: UUID) -> Select[Any]:
    now = clock.now()
    return (
        select(SigninSession.id)
        .where(SigninSession.user_id == user_id, SigninSession.ended_at.is_(None))
        .where(SigninSession.created_at > now - ABSOLUTE, SigninSession.seen_at > now - IDLE_IN_MEETING)
        .order_by(SigninSession.created_at.desc(), SigninSession.id)
    )


def _end_oldest(session: Session, user_id: UUID, *, leave: int) -> None:
    _end(session, user_id, list(session.scalars(_open_sessions(user_id)))[leave:])


def _end(session: Session, user_id: UUID, ids: list[UUID]) -> int:
    mine = and_(SigninSession.id.in_(ids), SigninSession.user_id == user_id)
    session.execute(update(SigninSession).where(mine).values(ended_at=clock.now()))
    return len(ids)
