"""A referrer outside the membership: who asked them in, for which one referral, and how far they have come (DA-42)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.partnership import User
from marac.models.referrals import Referral
from marac.vocabulary import ProgrammeSlug


class OutsideReferrer(Base):
    """One person asked to make one referral, without an account of their own.

    `user_id` and `agency_id` are of whoever asked them; `account_id` is what they act as once link and code are right:
    an account without a password, whose name and address are sealed like everybody's.
    """

    __tablename__ = "outside_referrer"
    __seal_table__ = "outside_referrer"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"), index=True)
    programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), unique=True)
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"), unique=True)
    address_token: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    wrong_codes: Mapped[int] = mapped_column(default=0)
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation = Sealed("staff")

    account: Mapped[User] = relationship(foreign_keys=[account_id])
    referral: Mapped[Referral | None] = relationship()
