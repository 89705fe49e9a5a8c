"""The way in for a referrer outside the membership: a link from a mail, a code by phone, one referral (DA-42).

Every link and code that does not work gets one answer and the same work. Opening a link changes nothing; a code does.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound
from marac.models import Invitation, OutsideReferrer, Referral, User
from marac.services.accounts import sessions, signin, throttle
from marac.services.accounts.signin import Begun
from marac.services.keeping.deployment import Deployment
from marac.services.referring import outside_referrers, referrals
from marac.vocabulary import OutsideStanding, Permission as P, ReferralState as S, UserState

MOST_WRONG_CODES: Final = 5
ASK_EVERY: Final = timedelta(minutes=5)  # at most one mail in so long, however often somebody asks
NOBODY: Final = UUID(int=0)
STANDINGS: Final[dict[S, OutsideStanding]] = {
    S.DRAFT: OutsideStanding.NOT_SENT,
    S.WITHDRAWN: OutsideStanding.WITHDRAWN,
    S.SUBMITTED: OutsideStanding.RECEIVED,
    S.RETURNED: OutsideStanding.RECEIVED,
    S.ACCEPTED: OutsideStanding.LISTED,
    S.MERGED: OutsideStanding.RECEIVED,  # never that the person was known already
    S.ALERT_ONLY: OutsideStanding.NOT_LISTED,
    S.TRANSFERRED_OUT: OutsideStanding.NOT_LISTED,
    S.REFERRED_ELSEWHERE: OutsideStanding.NOT_LISTED,
    S.NOT_ACCEPTED: OutsideStanding.NOT_LISTED,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """All that an outside referrer is told of what they sent. No date of a meeting, no agency, no other referral."""

    reference: str
    word: OutsideStanding
    advice: str
    asked: bool


def path_for(session: Session, keyring: Keyring, account_id: UUID) -> str:
    """A fresh link for the mail that is about to leave; earlier ones end. Empty for everybody who can sign in."""
    referrer = session.scalar(select(OutsideReferrer).where(OutsideReferrer.account_id == account_id))
    if referrer is None:
        return ""
    session.execute(delete(Invitation).where(Invitation.user_id == account_id))
    lasts = outside_referrers.days_of(session, referrer, outside_referrers.LINK_DAYS)
    link = Invitation(user_id=account_id, token_hash=b"", expires_at=clock.now() + lasts)
    token = hmac.digest(keyring.deployment_secret("outside-link"), link.id.bytes, hashlib.sha256).hex()
    link.token_hash = link_hash(keyring, token)
    session.add(link)
    session.flush()
    return f"{outside_referrers.START}/{token}"


def link_hash(keyring: Keyring, token: str) -> bytes:
    """What is kept of a link."""
    return link_hashes(keyring, token)[0]


def link_hashes(keyring: Keyring, token: str) -> list[bytes]:
    """The same under every deployment key that is still known."""
    secrets = keyring.deployment_secrets("outside-link-index")
    return [hmac.digest(secret, token.encode(), hashlib.sha256) for secret in secrets]


def begin(house: Deployment, token: str, code: str, *, address: str) -> Begun | None:
    """Use up the link and start a session for its one referral, which is made the first time. Raises TooSoon.

    None alike for a link that is unknown, used, expired or withdrawn, and for a wrong code. Five wrong codes end the
    code. A session that was open elsewhere ends.
    """
    buckets = (throttle.bucket(house.keyring, "code", f"start\0{token}"), _address(house, address))
    with signin.apart(house, None) as session:
        turn = throttle.take_turn(session, buckets)
        found = _usable(session, house.keyring, token)
        link, referrer = found or (None, None)
        given = outside_referrers.code_hashes(house.keyring, referrer.id if referrer else NOBODY, code)
        kept = (referrer.code_hash if referrer else None) or bytes(32)
        right = any([hmac.compare_digest(one, kept) for one in given])  # noqa: C419 - all are compared, always
        if link is None or referrer is None or not right:
            if referrer is not None:
                _count_wrong(session, referrer)
            return None
        throttle.give_back(session, turn, buckets[0])
        link.used_at, referrer.wrong_codes = clock.now(), 0
        return _start(session, house.keyring, referrer)


def ask_again(house: Deployment, email: str, *, address: str) -> None:
    """Mail a fresh link to whoever was asked under this address and may still come. Tells nobody whether it did."""
    buckets = (throttle.bucket(house.keyring, "code", f"again\0{signin.signin_token(house.keyring, email).hex()}"),
               _address(house, address))  # fmt: skip
    with signin.apart(house, None) as session:
        throttle.take_turn(session, buckets)
        now, known = clock.now(), OutsideReferrer.address_token.in_(signin.signin_tokens(house.keyring, email))
        rested = or_(OutsideReferrer.asked_at.is_(None), OutsideReferrer.asked_at < now - ASK_EVERY)
        query = select(OutsideReferrer).where(known, OutsideReferrer.ended_at.is_(None), rested)
        for referrer in session.scalars(query):
            if _may_ask(session, referrer):
                referrer.asked_at = now
                outside_referrers.send_link(session, referrer)
                audit.record(session, access.system(referrer.partnership_id), "referrer:asked", referrer)


def own_referral(session: Session, actor: Actor) -> Referral:
    """The one referral of somebody who came by a link; NotFound for everybody else."""
    if actor.referral_id is None:
        raise NotFound
    referral = session.scalar(access.visible(actor, P.REFERRAL_READ, Referral))
    if referral is None:
        raise NotFound
    return referral


def read_standing(session: Session, actor: Actor) -> Standing:
    """How their own referral stands, in the words of an outside referrer: received, listed, heard, not listed."""
    referral = own_referral(session, actor)
    word, decided_at, heard_on = STANDINGS[referral.state], referral.decided_at, referral.case.last_heard_on
    if word is OutsideStanding.LISTED and decided_at and heard_on and heard_on >= clock.to_london(decided_at).date():
        word = OutsideStanding.HEARD
    declined = referral.state == S.NOT_ACCEPTED
    advice = referrals.advice_of(session, actor, referral) if declined else ""
    return Standing(referral.reference, word, advice, referral.state == S.RETURNED)


def drop_links(session: Session, actor: Actor) -> int:
    """Nightly: links that were used or are over go, and access that is over ends. Returns how many of both."""
    referrers = access.visible(actor, P.JOB_RUN, OutsideReferrer)
    over = or_(Invitation.used_at.is_not(None), Invitation.expires_at < clock.now())
    accounts = referrers.with_only_columns(OutsideReferrer.account_id)
    gone = delete(Invitation).where(over, Invitation.user_id.in_(accounts)).returning(Invitation.id)
    dropped = len(session.scalars(gone).all())
    for referrer in session.scalars(referrers.where(OutsideReferrer.ended_at.is_(None))).all():
        if outside_referrers.is_over(session, referrer):
            outside_referrers.end(session, referrer)
            dropped += 1
    return dropped


def _address(house: Deployment, address: str) -> throttle.Bucket:
    return throttle.bucket(house.keyring, "address", address)


def _usable(session: Session, keyring: Keyring, token: str) -> tuple[Invitation, OutsideReferrer] | None:
    """The link and whose it is, while both count."""
    row = session.execute(
        select(Invitation, OutsideReferrer)
        .join(OutsideReferrer, OutsideReferrer.account_id == Invitation.user_id)
        .join(User, User.id == Invitation.user_id)
        .where(Invitation.token_hash.in_(link_hashes(keyring, token)), Invitation.used_at.is_(None))
        .where(Invitation.expires_at > clock.now(), User.state != UserState.SUSPENDED)
        .where(OutsideReferrer.ended_at.is_(None))
    ).one_or_none()
    if row is None or outside_referrers.is_over(session, row[1]):
        return None
    return row[0], row[1]


def _count_wrong(session: Session, referrer: OutsideReferrer) -> None:
    """The fifth wrong code ends the code: whoever asked them tells them a new one."""
    referrer.wrong_codes += 1
    if referrer.wrong_codes >= MOST_WRONG_CODES:
        referrer.code_hash = None
    audit.record(session, access.system(referrer.partnership_id), "referrer:refused", referrer, reason="code")


def _start(session: Session, keyring: Keyring, referrer: OutsideReferrer) -> Begun:
    account = session.get_one(User, referrer.account_id)
    account.state = UserState.ACTIVE
    membership = session.scalars(sessions.memberships_in_force(account.id).limit(1)).one()
    sessions.end_all(session, account.id)
    token, actor = sessions.start(session, account, membership)
    if referrer.referral_id is None:
        referral = referrals.start_referral(session, keyring, actor, referrer.programme, involved=False)
        referrer.referral_id, referrer.begun_at = referral.id, clock.now()
    actor = replace(actor, referral_id=referrer.referral_id)
    audit.record(session, actor, "referrer:began", referrer)
    return Begun(token, actor)


def _may_ask(session: Session, referrer: OutsideReferrer) -> bool:
    """A request never opened lapses with its link; after that whoever asked them sends another."""
    lasts = outside_referrers.days_of(session, referrer, outside_referrers.LINK_DAYS)
    lapsed = referrer.begun_at is None and referrer.invited_at + lasts < clock.now()
    return not lapsed and not outside_referrers.is_over(session, referrer)
