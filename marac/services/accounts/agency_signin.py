"""Signing in with the account of one's own agency: set up by the operator, linked by the person once, used afterwards.

Never by mail address, and never for somebody who has no account here: who is suspended here stays out.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound, RuleBroken
from marac.models import Agency, IdentityProvider, LinkedIdentity, Membership, User
from marac.services.accounts import challenges, identity_provider, notices, sessions, signin, throttle
from marac.services.accounts.identity_provider import Provider, ProviderRefused
from marac.services.accounts.signin import Begun
from marac.services.keeping.deployment import Deployment
from marac.vocabulary import ChallengePurpose as Purpose, Permission as P, UserState

KEY: Final = re.compile(r"[a-z0-9]{4,32}", re.ASCII)


class Going(NamedTuple):
    """A browser on its way to a provider: where to, and what it must bring back, for its cookie."""

    address: str
    cookie: dict[str, str]


@dataclass(frozen=True, slots=True)
class Offered:
    """One provider on a page; `linked` whether the person linked their account there."""

    key: str
    label: str
    linked: bool = False


class Came(NamedTuple):
    """Who came back from a provider: straight in, or half way to a second factor of ours. Neither: not let in."""

    begun: Begun | None = None
    half_way: UUID | None = None


def set_provider(
    session: Session, actor: Actor, agency: Agency, *, key: str, label: str, issuer: str, client_id: str,
    client_secret: str, algorithm: str = "RS256", accepted_acr: tuple[str, ...] = (),
) -> IdentityProvider:  # fmt: skip
    """Agree with the provider of an agency, or change what was agreed. Only the operator at the console.

    A change of issuer ends every link. RuleBroken beside what is not as it must be.
    """
    access.require_holds(actor, P.USER_INVITE)
    access.require(actor, P.USER_INVITE, agency)
    for field, holds, message in (
        ("key", KEY.fullmatch(key), "The key is 4 to 32 small letters and digits"),
        ("label", 0 < len(label) <= 60, "The label has up to 60 letters"),
        ("issuer", identity_provider.is_safe(issuer) and "?" not in issuer, "The issuer begins with https://"),
        ("algorithm", algorithm in identity_provider.ALGORITHMS, "The algorithm is RS256, ES256 or PS256"),
        ("client_id", client_id and client_secret, "The client id and its secret are needed"),
    ):
        if not holds:
            raise RuleBroken(field, message)
    access.open_staff_for("signin", actor.partnership_id)
    row = session.scalar(select(IdentityProvider).where(IdentityProvider.agency_id == agency.id))
    facts: dict[str, Any] = {
        "key": key, "label": label, "issuer": issuer, "client_id": client_id, "algorithm": algorithm,
        "accepted_acr": list(accepted_acr), "client_secret": client_secret, "ended_at": None,
    }  # fmt: skip
    if row is None:
        row = IdentityProvider(
            partnership_id=actor.partnership_id, agency_id=agency.id, added_at=clock.now(), **facts
        )  # fmt: skip
        session.add(row)
    else:
        if row.issuer != issuer:
            session.execute(delete(LinkedIdentity).where(LinkedIdentity.provider_id == row.id))
        for name, value in facts.items():
            setattr(row, name, value)
    session.flush()
    audit.record(session, actor, "provider:set", row, agency=agency.id)
    return row


def way_back(house: Deployment, key: str) -> str:
    """Where a provider sends browsers back to."""
    return f"{house.settings.base_url}/sign-in/with/{key}/back"


def end_provider(session: Session, actor: Actor, agency: Agency) -> None:
    """Nobody signs in through this agency's provider any more, from the next request on."""
    access.require(actor, P.USER_INVITE, agency)
    row = session.scalar(select(IdentityProvider).where(IdentityProvider.agency_id == agency.id))
    if row is None:
        raise NotFound
    row.ended_at = clock.now()
    audit.record(session, actor, "provider:ended", row, agency=agency.id)


def list_offered(session: Session) -> list[Offered]:
    """What the sign-in page offers to everybody: labels that the operator chose."""
    query = select(IdentityProvider).where(IdentityProvider.ended_at.is_(None)).order_by(IdentityProvider.label)
    return [Offered(one.key, one.label) for one in session.scalars(query)]


def list_own(session: Session, actor: Actor) -> list[Offered]:
    """The providers of the agencies that the person works for, and whether they linked their account there."""
    access.require_holds(actor, P.HOME_READ)
    if actor.user_id is None:
        return []
    linked = set(
        session.scalars(select(LinkedIdentity.provider_id).where(LinkedIdentity.user_id == actor.user_id))
    )  # fmt: skip
    query = select(IdentityProvider).where(IdentityProvider.ended_at.is_(None))
    mine = query.where(IdentityProvider.agency_id.in_(_agencies(actor.user_id)))
    return [Offered(one.key, one.label, one.id in linked) for one in session.scalars(mine)]


def go(house: Deployment, key: str, *, actor: Actor | None = None, address: str = "-") -> Going:
    """Send a browser to a provider: to sign in, or, of who is signed in freshly, to link. ProviderRefused if mute.

    The state is a one-time challenge; only its browser can bring it back.
    """
    with signin.apart(house, None) as session:
        if actor is None:
            throttle.take_turn(session, [throttle.bucket(house.keyring, "address", address)])
        user_id = sessions.require_full_signin(session, actor) if actor else None
        provider = _agreed(session, house, _named(session, key, user_id))
        purpose = Purpose.AGENCY_LINK if actor else Purpose.AGENCY_SIGN_IN
        asked = challenges.issue(session, purpose, user_id=user_id, lasts=challenges.LONG)
    cookie = {
        "id": asked.id.hex, "state": asked.value.hex(), "nonce": secrets.token_urlsafe(32),
        "verifier": secrets.token_urlsafe(48), "key": key, "purpose": purpose.value,
    }  # fmt: skip
    where = identity_provider.address_to_go_to(
        provider, state=cookie["state"], nonce=cookie["nonce"], verifier=cookie["verifier"]
    )
    return Going(where, cookie)


def come_back(
    house: Deployment, key: str, cookie: dict[str, str], *, state: str, code: str, device: str = ""
) -> Came:  # fmt: skip
    """Who the provider says came to sign in. ProviderRefused for a state, code or token that does not hold.

    Somebody without a link here, or who may not enter, is neither in nor half way.
    """
    subject, two_factors, provider_id = _answered(house, key, cookie, state, code)
    with signin.apart(house, None) as session:
        link = session.scalar(
            select(LinkedIdentity).where(
                LinkedIdentity.provider_id == provider_id, LinkedIdentity.subject_hash == subject
            )
        )
        user = session.get(User, link.user_id) if link else None
        if link is None or user is None:
            return Came()
        row = session.get_one(IdentityProvider, provider_id)
        still = session.scalar(_agencies(user.id).where(Membership.agency_id == row.agency_id).limit(1))
        if still is None or user.state != UserState.ACTIVE:
            audit.record(session, access.system(user.partnership_id), "signin:failed", user, reason="provider")
            return Came()
        link.used_at = clock.now()
        if not two_factors or sessions.must_use_passkey(session, user):
            return Came(half_way=user.id)
        return Came(begun=signin.begin(session, user, factor="provider", device=device))


def link(house: Deployment, actor: Actor, key: str, cookie: dict[str, str], *, state: str, code: str) -> None:
    """Remember that this person is that subject. RuleBroken when the account there is somebody else's here."""
    subject, _two, provider_id = _answered(house, key, cookie, state, code, whose=actor.user_id)
    with signin.apart(house, actor) as session:
        access.require_holds(actor, P.HOME_READ)
        user_id = sessions.require_full_signin(session, actor)
        taken = session.scalar(select(LinkedIdentity.user_id).where(LinkedIdentity.subject_hash == subject))
        if taken not in (None, user_id):
            raise RuleBroken("", "That account is linked to somebody else. Tell the lead for your agency")
        mine = (LinkedIdentity.user_id == user_id, LinkedIdentity.provider_id == provider_id)
        session.execute(delete(LinkedIdentity).where(*mine))
        session.add(
            LinkedIdentity(user_id=user_id, provider_id=provider_id, subject_hash=subject, linked_at=clock.now())
        )
        notices.tell(session, session.get_one(User, user_id))
        audit.record(session, actor, "factor:added", kind="agency_account")


def unlink(session: Session, actor: Actor, key: str) -> None:
    """Forget the link; the password and second factor stay as they are."""
    access.require_holds(actor, P.HOME_READ)
    user_id = sessions.require_full_signin(session, actor)
    row = _named(session, key, user_id)
    mine = (LinkedIdentity.user_id == user_id, LinkedIdentity.provider_id == row.id)
    if session.scalar(delete(LinkedIdentity).where(*mine).returning(LinkedIdentity.id)) is None:
        raise NotFound
    notices.tell(session, session.get_one(User, user_id))
    audit.record(session, actor, "factor:removed", kind="agency_account")


def _answered(
    house: Deployment, key: str, cookie: dict[str, str], state: str, code: str, *, whose: UUID | None = None
) -> tuple[bytes, bool, UUID]:
    """The keyed subject behind a state and code that this browser was sent for, once; the network is asked last."""
    purpose = Purpose.AGENCY_LINK if whose else Purpose.AGENCY_SIGN_IN
    mine = cookie.get("key") == key and cookie.get("purpose") == purpose.value
    if not mine or not hmac.compare_digest(cookie.get("state", "-").encode(), state.encode()):
        raise ProviderRefused("state")
    with signin.apart(house, None) as session:
        good = challenges.spend(session, UUID(cookie["id"]), bytes.fromhex(cookie["state"]), purpose, whose)
        row = _named(session, key, whose) if good else None
        provider, row_id = (_agreed(session, house, row), row.id) if row else (None, None)
    if provider is None or row_id is None:
        raise ProviderRefused("state")
    proved = identity_provider.redeem(provider, code=code, nonce=cookie["nonce"], verifier=cookie["verifier"])
    return _subject(house.keyring, provider.issuer, proved.subject), proved.two_factors, row_id


def _named(session: Session, key: str, user_id: UUID | None) -> IdentityProvider:
    """A provider in use by its key; to link, only one of an agency that the person works for. NotFound otherwise."""
    query = select(IdentityProvider).where(IdentityProvider.key == key, IdentityProvider.ended_at.is_(None))
    if user_id is not None:
        query = query.where(IdentityProvider.agency_id.in_(_agencies(user_id)))
    row = session.scalar(query)
    if row is None:
        raise NotFound
    return row


def _agreed(session: Session, house: Deployment, row: IdentityProvider) -> Provider:
    access.open_staff_for("signin", row.partnership_id)
    back = way_back(house, row.key)
    return Provider(
        row.issuer, row.client_id, back, row.algorithm, tuple(row.accepted_acr), str(row.client_secret)
    )  # fmt: skip


def _agencies(user_id: UUID) -> Any:
    return select(Membership.agency_id).where(Membership.user_id == user_id, sessions.in_force())


def _subject(keyring: Keyring, issuer: str, subject: str) -> bytes:
    """Issuer and subject under the deployment key: says nothing, and is the same every time."""
    told = f"{len(issuer)}:{issuer}{subject}".encode()
    return hmac.digest(keyring.deployment_secret("linked-identity"), told, hashlib.sha256)
