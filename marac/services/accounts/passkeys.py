"""Passkeys (WebAuthn): registered under a name, proved by answering a one-time challenge, removed. Never the last.

Refuses without the person's own verification (finger, face or PIN), from another address, with a counter that went
back, and whatever answers a challenge that is over or was somebody else's.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import webauthn
from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, options_to_json, structs
from webauthn.helpers.exceptions import WebAuthnException

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound, RuleBroken
from marac.models import Passkey, SigninSession, User
from marac.services.accounts import challenges, notices, sessions
from marac.vocabulary import ChallengePurpose as Purpose, Permission

VERIFIED: Final = structs.UserVerificationRequirement.REQUIRED
BROKEN: Final = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)  # of an answer of any shape
LONGEST: Final = 8_000  # characters of an answer
MOST: Final = 10


class Site(NamedTuple):
    """Where passkeys of this deployment belong: the name they are bound to, and the address a browser must be at."""

    name: str
    host: str
    origin: str


class Asked(NamedTuple):
    """What a browser is asked: the options as JSON, and the challenge to keep in its cookie."""

    challenge_id: UUID
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of a person's passkeys."""

    id: UUID
    label: str
    added_at: datetime
    used_at: datetime | None


def list_passkeys(session: Session, actor: Actor) -> list[Kept]:
    """The person's own, oldest first."""
    access.require_holds(actor, Permission.HOME_READ)
    access.open_staff(actor)
    rows = session.scalars(select(Passkey).where(Passkey.user_id == actor.user_id).order_by(Passkey.added_at))
    return [Kept(one.id, str(one.label), one.added_at, one.used_at) for one in rows]


def ask_to_add(session: Session, actor: Actor, keyring: Keyring, site: Site) -> Asked:
    """What the browser needs to make a passkey. Only right after a full sign-in."""
    access.require_holds(actor, Permission.HOME_READ)
    user_id = sessions.require_full_signin(session, actor)
    access.open_staff(actor)
    user = session.get_one(User, user_id)
    asked = challenges.issue(session, Purpose.ADD_PASSKEY, user_id=user_id)
    options = webauthn.generate_registration_options(
        rp_id=site.host, rp_name=site.name, user_name=str(user.email), user_id=_handle(keyring, user_id),
        challenge=asked.value, exclude_credentials=_known(session, user_id),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED, user_verification=VERIFIED
        ),
    )  # fmt: skip
    return Asked(asked.id, json.loads(options_to_json(options)))


def add(
    session: Session, actor: Actor, site: Site, challenge_id: UUID | None, answer: str, *, label: str
) -> Passkey | None:  # fmt: skip
    """Keep a new passkey under the name the person gave it; None when the browser's answer does not hold."""
    access.require_holds(actor, Permission.HOME_READ)
    user_id = sessions.require_full_signin(session, actor)
    given = _read(answer)
    value = _challenge_in(given)
    if value is None or not challenges.spend(session, challenge_id, value, Purpose.ADD_PASSKEY, user_id):
        return None
    if len(_known(session, user_id)) >= MOST:
        raise RuleBroken("", f"You have {MOST} passkeys. Remove one first")
    try:
        made = webauthn.verify_registration_response(
            credential=given, expected_challenge=value, expected_rp_id=site.host, expected_origin=site.origin,
            require_user_verification=True,
        )  # fmt: skip
    except BROKEN:
        return None
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)) is not None:
        return None
    access.open_staff_for("signin", actor.partnership_id)
    passkey = Passkey(
        partnership_id=actor.partnership_id, user_id=user_id, credential_id=made.credential_id,
        public_key=made.credential_public_key, sign_count=made.sign_count, added_at=clock.now(), label=label.strip(),
    )  # fmt: skip
    session.add(passkey)
    for waiting in session.scalars(select(SigninSession).where(SigninSession.user_id == user_id)):
        waiting.awaits_passkey = False
    notices.tell(session, session.get_one(User, user_id))
    audit.record(session, actor, "factor:added", passkey, kind="passkey")
    return passkey


def remove(session: Session, actor: Actor, passkey_id: UUID) -> None:
    """One passkey fewer, right after a full sign-in; never the one that a person needs to get in."""
    access.require_holds(actor, Permission.HOME_READ)
    user_id = sessions.require_full_signin(session, actor)
    passkey = session.get(Passkey, passkey_id)
    if passkey is None or passkey.user_id != user_id:
        raise NotFound
    user = session.get_one(User, user_id)
    access.open_staff_for("signin", actor.partnership_id)
    is_last = len(_known(session, user_id)) == 1
    if is_last and (sessions.must_use_passkey(session, user) or not user.totp_secret):
        raise RuleBroken("", "This is your only passkey, and you need one to sign in. Add another one first")
    session.delete(passkey)
    notices.tell(session, user)
    audit.record(session, actor, "factor:removed", passkey, kind="passkey")


def ask_to_use(session: Session, site: Site, purpose: Purpose, user_id: UUID | None) -> Asked:
    """What the browser needs to prove a passkey: of one person, or of whoever holds one for this service."""
    asked = challenges.issue(session, purpose, user_id=user_id)
    options = webauthn.generate_authentication_options(
        rp_id=site.host, challenge=asked.value, user_verification=VERIFIED,
        allow_credentials=_known(session, user_id) if user_id else None,
    )  # fmt: skip
    return Asked(asked.id, json.loads(options_to_json(options)))


def prove(
    session: Session, site: Site, purpose: Purpose, *, challenge_id: UUID | None, answer: str, user_id: UUID | None
) -> User | None:
    """Whose passkey answered the challenge, or None. The challenge is spent either way."""
    given = _read(answer)
    value = _challenge_in(given)
    if value is None or not challenges.spend(session, challenge_id, value, purpose, user_id):
        return None
    passkey = session.scalar(
        select(Passkey).where(Passkey.credential_id == _credential_id(given)).with_for_update()
    )  # fmt: skip
    if passkey is None or (user_id is not None and passkey.user_id != user_id):
        return None
    try:
        proved = webauthn.verify_authentication_response(
            credential=given, expected_challenge=value, expected_rp_id=site.host, expected_origin=site.origin,
            credential_public_key=passkey.public_key, credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )  # fmt: skip
    except BROKEN:
        return None
    passkey.sign_count, passkey.used_at = proved.new_sign_count, clock.now()
    return session.get_one(User, passkey.user_id)


def _known(session: Session, user_id: UUID) -> list[structs.PublicKeyCredentialDescriptor]:
    ids = session.scalars(select(Passkey.credential_id).where(Passkey.user_id == user_id).order_by(Passkey.added_at))
    return [structs.PublicKeyCredentialDescriptor(id=one) for one in ids]


def _handle(keyring: Keyring, user_id: UUID) -> bytes:
    """What a passkey calls its owner: tells nothing, and is the same for all of one person's passkeys."""
    return hmac.digest(keyring.deployment_secret("passkey-handle"), user_id.bytes, hashlib.sha256)


def _read(answer: str) -> dict[str, Any]:
    """The browser's answer as a mapping; empty when it is none."""
    if len(answer) > LONGEST:
        return {}
    try:
        given = json.loads(answer)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _challenge_in(given: dict[str, Any]) -> bytes | None:
    """The challenge that an answer says it answers."""
    try:
        told = json.loads(base64url_to_bytes(given["response"]["clientDataJSON"]))
        return base64url_to_bytes(told["challenge"])
    except BROKEN:
        return None


def _credential_id(given: dict[str, Any]) -> bytes:
    try:
        return base64url_to_bytes(given["rawId"])
    except BROKEN:
        return b""
