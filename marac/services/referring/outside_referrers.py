"""Asking somebody outside the membership to refer, once (DA-42): the request, its code, sending again, ending it.

The person gets a link by mail and a code by phone, and never an account to sign in to. Whoever asks learns that a
referral was sent, not what it says.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Agency, Invitation, Membership, OutsideReferrer, Referral, User
from marac.services import local
from marac.services.accounts import sessions
from marac.services.accounts.signin import signin_token
from marac.vocabulary import Permission as P, ProgrammeSlug, ReferralState, Role, Template, UserState

OUTSIDE: Final = "outside_referrer"  # slug of the agency that stands for everybody outside: nobody works there
START: Final = "/start"
LINK_DAYS: Final = "outside_referrer_link_days"  # names of local rules
ACCESS_DAYS: Final = "outside_referrer_access_days"
UNDECIDED: Final = (ReferralState.SUBMITTED, ReferralState.RETURNED)
UNSENT: Final = (ReferralState.DRAFT, ReferralState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Asked:
    """One person who was asked to refer, as whoever asked them sees it. `reference` only for who may read it."""

    id: UUID
    full_name: str
    organisation: str
    email: str
    standing: str
    invited_at: datetime
    reference: str
    ended: bool


def may_invite(actor: Actor) -> bool:
    """Whether this person may ask somebody outside to refer."""
    return access.holds(actor, P.REFERRER_INVITE)


def invite(
    session: Session, actor: Actor, keyring: Keyring, *, full_name: str, email: str, organisation: str,
    programme: ProgrammeSlug,
) -> OutsideReferrer:  # fmt: skip
    """Ask one person for one referral; a link is mailed to them. It opens nothing until they are told a code.

    NotAllowed or StepUpNeeded for who may not ask; RuleBroken for a panel that is not theirs.
    """
    access.require_holds(actor, P.REFERRER_INVITE)
    access.require_step_up(actor)
    if programme not in actor.programmes or actor.agency_id is None or actor.user_id is None:
        raise RuleBroken("programme", "Choose a panel that you work for")
    now = clock.now()
    account = _account(session, actor, full_name, email, programme)
    referrer = OutsideReferrer(
        partnership_id=actor.partnership_id, programme=programme, user_id=actor.user_id, agency_id=actor.agency_id,
        account_id=account.id, address_token=signin_token(keyring, email), wrong_codes=0, invited_at=now,
        organisation=organisation.strip(),
    )  # fmt: skip
    session.add(referrer)
    session.flush()
    send_link(session, referrer)
    audit.record(session, actor, "referrer:invited", referrer)
    return referrer


def get_referrer(session: Session, actor: Actor, referrer_id: UUID) -> OutsideReferrer:
    """One request that the actor made, or may see as coordinator or lead of the agency; else NotFound."""
    query = access.visible(actor, P.REFERRER_INVITE, OutsideReferrer).where(OutsideReferrer.id == referrer_id)
    referrer = session.scalar(query)
    if referrer is None:
        raise NotFound
    return referrer


def list_referrers(session: Session, actor: Actor) -> list[Asked]:
    """Whom one asked, or one's agency or panel did, newest first."""
    access.require_holds(actor, P.REFERRER_INVITE)
    query = access.visible(actor, P.REFERRER_INVITE, OutsideReferrer).order_by(OutsideReferrer.invited_at.desc())
    account = selectinload(OutsideReferrer.account)
    rows = session.scalars(query.options(account, selectinload(OutsideReferrer.referral)).limit(100)).all()
    references = _references(session, actor, [row.referral_id for row in rows if row.referral_id])
    access.open_staff(actor)
    return [_asked(row, references) for row in rows]


def read_referrer(session: Session, actor: Actor, referrer: OutsideReferrer) -> Asked:
    """The same for one."""
    access.require(actor, P.REFERRER_INVITE, referrer)
    references = _references(session, actor, [referrer.referral_id] if referrer.referral_id else [])
    access.open_staff(actor)
    return _asked(referrer, references)


def sender_of(session: Session, actor: Actor, referral: Referral) -> Asked | None:
    """Who from outside made a referral, for whoever may read it; None when somebody of an agency did."""
    access.require(actor, P.REFERRAL_READ, referral)
    referrer = session.scalar(select(OutsideReferrer).where(OutsideReferrer.referral_id == referral.id))
    if referrer is None:
        return None
    access.open_staff(actor)
    return _asked(referrer, {referral.id: referral.reference})


def show_code(session: Session, actor: Actor, keyring: Keyring, referrer: OutsideReferrer) -> str:
    """A new code of six digits, to be told by phone. Only its keyed hash is kept; the one before stops working."""
    access.require(actor, P.REFERRER_INVITE, referrer)
    access.require_step_up(actor)
    _require_open(referrer)
    code = f"{secrets.randbelow(1_000_000):06d}"
    referrer.code_hash, referrer.wrong_codes = code_hash(keyring, referrer.id, code), 0
    sessions.end_all(session, referrer.account_id)
    audit.record(session, actor, "referrer:coded", referrer)
    return code


def send_again(session: Session, actor: Actor, referrer: OutsideReferrer) -> None:
    """Mail a fresh link to the same address; earlier ones stop working when it is sent."""
    access.require(actor, P.REFERRER_INVITE, referrer)
    _require_open(referrer)
    referrer.invited_at = clock.now()
    send_link(session, referrer)
    audit.record(session, actor, "referrer:reminded", referrer)


def withdraw(session: Session, actor: Actor, referrer: OutsideReferrer) -> None:
    """From the next request on link, code and session open nothing. What was sent stays with the panel."""
    access.require(actor, P.REFERRER_INVITE, referrer)
    _require_open(referrer)
    end(session, referrer)
    audit.record(session, actor, "referrer:withdrawn", referrer)


def end(session: Session, referrer: OutsideReferrer) -> None:
    """No more access: links gone, code gone, signed out everywhere. For withdrawing, and for the nightly job."""
    referrer.ended_at, referrer.code_hash = clock.now(), None
    session.get_one(User, referrer.account_id).state = UserState.SUSPENDED
    sessions.end_all(session, referrer.account_id)
    for link in session.scalars(select(Invitation).where(Invitation.user_id == referrer.account_id)):
        session.delete(link)


def send_link(session: Session, referrer: OutsideReferrer) -> None:
    """Queue a mail; its link is made when it leaves, and kept nowhere."""
    notifications.enqueue(
        session,
        referrer.partnership_id,
        [referrer.account_id],
        Template.INVITATION,
        subject_key=uuid4().hex,
        path=START,
    )


def code_hash(keyring: Keyring, referrer_id: UUID, code: str) -> bytes:
    """What is kept of a code: without the deployment key it cannot be found by trying all of them."""
    return code_hashes(keyring, referrer_id, code)[0]


def code_hashes(keyring: Keyring, referrer_id: UUID, code: str) -> list[bytes]:
    """The same under every deployment key that is still known."""
    said = referrer_id.bytes + "".join(code.split()).encode()
    return [hmac.digest(secret, said, hashlib.sha256) for secret in keyring.deployment_secrets("outside-code")]


def days_of(session: Session, referrer: OutsideReferrer, rule: str) -> timedelta:
    """How long a link, or the access after a decision, lasts by the local rule in force today (DA-7)."""
    rules = local.rules_of(session, referrer.partnership_id, referrer.programme)
    return timedelta(days=rules.value(rule, clock.today()))


def is_over(session: Session, referrer: OutsideReferrer) -> bool:
    """Whether access ends by itself: so many days after the decision, or after nothing was sent for as long."""
    referral = referrer.referral
    if referral is not None and referral.state in UNDECIDED:
        return False
    last = referrer.begun_at or referrer.invited_at
    if referral is not None and referral.state not in UNSENT and referral.decided_at is not None:
        last = referral.decided_at
    return last + days_of(session, referrer, ACCESS_DAYS) < clock.now()


def _account(session: Session, actor: Actor, full_name: str, email: str, programme: ProgrammeSlug) -> User:
    """What the person acts as: no password, a sign-in name that nobody can type, the one role of a referrer."""
    access.open_staff(actor, seal=True)
    account = User(
        partnership_id=actor.partnership_id, state=UserState.INVITED, full_name=full_name.strip(), email=email.strip(),
        signin_token=secrets.token_bytes(16), last_totp_step=0, created_at=clock.now(),
    )  # fmt: skip
    session.add(account)
    session.flush()
    facts = {"partnership_id": actor.partnership_id, "user_id": account.id, "agency_id": _outside(session, actor).id}
    session.add(Membership(**facts, role=Role.REFERRER, programme=programme, from_on=clock.today()))
    session.flush()
    return account


def _outside(session: Session, actor: Actor) -> Agency:
    """The one agency of everybody outside. An agency for each would name schools and landlords in plain columns."""
    mine = select(Agency).where(Agency.partnership_id == actor.partnership_id, Agency.slug == OUTSIDE)
    agency = session.scalar(mine)
    if agency is None:
        agency = Agency(
            partnership_id=actor.partnership_id, slug=OUTSIDE, name="Outside referrer", kind="outside",
            functions=["referrer"], aliases=[], panels={}, case_access="own_referrals_only", confirmed=True,
        )  # fmt: skip
        session.add(agency)
        session.flush()
    return agency


def _require_open(referrer: OutsideReferrer) -> None:
    if referrer.ended_at is not None:
        raise WrongState


def _references(session: Session, actor: Actor, referral_ids: list[UUID]) -> dict[UUID, str]:
    """References of those that were sent and that the actor may read."""
    readable = (access.rule(actor, P.REFERRAL_READ, Referral), Referral.state.not_in(UNSENT))
    rows = session.execute(select(Referral.id, Referral.reference).where(*readable, Referral.id.in_(referral_ids)))
    return {row.id: row.reference for row in rows}


def _asked(referrer: OutsideReferrer, references: dict[UUID, str]) -> Asked:
    who = referrer.account
    return Asked(
        referrer.id, str(who.full_name or ""), str(referrer.organisation or ""), str(who.email or ""),
        _standing(referrer), referrer.invited_at, references.get(referrer.referral_id or referrer.id, ""),
        referrer.ended_at is not None,
    )  # fmt: skip


def _standing(referrer: OutsideReferrer) -> str:
    referral = referrer.referral
    if referral is not None and referral.state not in UNSENT:
        return "Sent"
    if referrer.ended_at is not None:
        return "Ended"
    if referrer.code_hash is None:
        return "Needs a code"
    return "Opened, not sent yet" if referral is not None else "Not opened yet"
