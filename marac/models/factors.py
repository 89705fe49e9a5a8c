"""What people sign in with beside a password: passkeys, recovery codes, links, resets, accounts of their agency.

Columns and constraints only. Of every secret only a hash is kept, but of the client secret of an agency's provider,
which is sealed.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.vocabulary import ChallengePurpose, ResetState


class Passkey(Base):
    """One passkey of a person: its public half, and how often it says it was used."""

    __tablename__ = "passkey"
    __seal_table__ = "passkey"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(2048))
    sign_count: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    label = Sealed("staff")


class SigninChallenge(Base):
    """A random value handed to a browser: answered once, for one purpose, within minutes."""

    __tablename__ = "signin_challenge"
    __unversioned__ = True

    purpose: Mapped[ChallengePurpose] = mapped_column(word(ChallengePurpose))
    value_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """One of ten codes on paper, as a keyed hash; works once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)
    __unversioned__ = True

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PasswordLink(Base):
    """Somebody asked for a new password for an address. Kept alike for every address, known or not."""

    __tablename__ = "password_link"
    __unversioned__ = True

    signin_token: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FactorReset(Base):
    """One person asks, another approves, the person themself carries it out: a second factor set up afresh."""

    __tablename__ = "factor_reset"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[ResetState] = mapped_column(word(ResetState))
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class IdentityProvider(Base):
    """The service that an agency's own accounts live in, and how it says that somebody used two factors."""

    __tablename__ = "identity_provider"
    __seal_table__ = "identity_provider"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), unique=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    label: Mapped[str] = mapped_column(String(60))
    issuer: Mapped[str] = mapped_column(String(300))
    client_id: Mapped[str] = mapped_column(String(200))
    algorithm: Mapped[str] = mapped_column(String(10))
    accepted_acr: Mapped[list[Any]] = mapped_column(JSON, default=list)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    client_secret = Sealed("totp")


class LinkedIdentity(Base):
    """An account at an agency's provider that a person linked themself: a keyed hash of issuer and subject."""

    __tablename__ = "linked_identity"
    __table_args__ = (UniqueConstraint("user_id", "provider_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("identity_provider.id"), index=True)
    subject_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
