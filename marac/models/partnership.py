"""The borough and who works in it: partnership, programmes, settings, agencies, people who sign in.

Columns and constraints only; no verbs, no queries.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.vocabulary import ProgrammeSlug, Role, SuspendedFor, UserState


class Partnership(Base):
    """One borough; the tenant every other row belongs to."""

    __tablename__ = "partnership"

    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    is_demo: Mapped[bool] = mapped_column(default=False)


class Programme(Base):
    """A panel (or, for Sanctuary, a scheme without meetings) that a partnership runs."""

    __tablename__ = "programme"
    __table_args__ = (UniqueConstraint("partnership_id", "slug"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    slug: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    name: Mapped[str] = mapped_column(String(120))
    neutral_name: Mapped[str] = mapped_column(String(120))


class Setting(Base):
    """One dated local rule: value as JSON, whether the partnership has confirmed it, and on what basis (DA-7)."""

    __tablename__ = "setting"
    __table_args__ = (UniqueConstraint("partnership_id", "programme", "key", "effective_from"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    programme: Mapped[ProgrammeSlug | None] = mapped_column(word(ProgrammeSlug), nullable=True)
    key: Mapped[str] = mapped_column(String(160))
    value: Mapped[Any] = mapped_column(JSON)
    effective_from: Mapped[date]
    confirmed: Mapped[bool]
    basis: Mapped[str] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(String(600), default="")


class Agency(Base):
    """An organisation or service of the partnership, as loaded from its reference data."""

    __tablename__ = "agency"
    __table_args__ = (UniqueConstraint("partnership_id", "slug"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    functions: Mapped[list[str]] = mapped_column(JSON, default=list)
    panels: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    case_access: Mapped[str] = mapped_column(String(30))
    return_heading: Mapped[str | None] = mapped_column(String(40))
    confirmed: Mapped[bool] = mapped_column(default=False)


class User(Base):
    """A named person who signs in. Name and address are sealed under the staff key, the second factor apart."""

    __tablename__ = "user_account"
    __seal_table__ = "user_account"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"), index=True)
    state: Mapped[UserState] = mapped_column(word(UserState))
    signin_token: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    last_totp_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_signin_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shortcut_keys: Mapped[str] = mapped_column(String(120), default="")
    suspended_for: Mapped[SuspendedFor | None] = mapped_column(word(SuspendedFor), nullable=True)
    restored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    idle_warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confidentiality_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trained_on: Mapped[date | None]
    register_on: Mapped[date | None]  # when they last looked at what they are screened by

    full_name = Sealed("staff")
    email = Sealed("staff")
    former_names = Sealed("staff", kind=list)
    home_postcode = Sealed("staff")
    own_phone = Sealed("staff")
    born_in = Sealed("staff", kind=int)  # a year
    birth_date = Sealed("staff", kind=date)
    household = Sealed("staff", kind=list)  # "name" or "name, year of birth"
    totp_secret = Sealed("totp")
    totp_pending = Sealed("totp")

    memberships: Mapped[list["Membership"]] = relationship(back_populates="user")


class Membership(Base):
    """User x agency x role x programme, between two dates. Several may be held; one is active in a session."""

    __tablename__ = "membership"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    role: Mapped[Role] = mapped_column(word(Role))
    programme: Mapped[ProgrammeSlug | None] = mapped_column(word(ProgrammeSlug), nullable=True)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    on_behalf_of_id: Mapped[UUID | None]  # the person this deputy stands in for; ends with them
    attested_on: Mapped[date | None]

    user: Mapped[User] = relationship(back_populates="memberships")
    agency: Mapped[Agency] = relationship()


class Invitation(Base):
    """A single-use link to set up an account; only its hash is kept."""

    __tablename__ = "invitation"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wrong_codes: Mapped[int] = mapped_column(default=0)


class SigninSession(Base):
    """One signed-in browser. The cookie holds a random token, this row its hash; limits bite on every request."""

    __tablename__ = "signin_session"
    __unversioned__ = True

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stepped_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    device: Mapped[str] = mapped_column(String(60), default="")
    awaits_passkey: Mapped[bool] = mapped_column(default=False)


class SigninAttempt(Base):
    """A failed sign-in, by keyed hash of account and of address: enough to slow down guessing, never to lock out."""

    __tablename__ = "signin_attempt"
    __unversioned__ = True

    bucket: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class OnceKey(Base):
    """The one-time key of a form that was accepted, with where its result is: a replay returns the first result."""

    __tablename__ = "once_key"
    __table_args__ = (UniqueConstraint("user_id", "key"),)
    __unversioned__ = True

    user_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(64))
    location: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
