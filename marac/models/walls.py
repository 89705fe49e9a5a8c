"""Why somebody is kept out, whom a restricted case is for, who declared, and who used emergency access.

Columns and constraints only. Every word here is sealed under the key of the case it is about, apart from the case.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.vocabulary import GlassCategory, GlassOutcome


class WallReason(Base):
    """What was said of a wall: when it was built, and at each decision about it."""

    __tablename__ = "wall_reason"
    __seal_table__ = "wall_reason"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    wall_id: Mapped[UUID] = mapped_column(ForeignKey("wall.id"), index=True)
    said_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)

    said = Sealed("audit-detail")


class Restriction(Base):
    """That a case is for named people only: since when, by whom, and when that is looked at again."""

    __tablename__ = "restriction"
    __seal_table__ = "restriction"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    set_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    review_on: Mapped[date]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    said = Sealed("audit-detail", kind=list)


class Declaration(Base):
    """That somebody said, before a meeting, that they have no conflict of interest in one of its cases (DA-5)."""

    __tablename__ = "declaration"
    __unversioned__ = True
    __table_args__ = (UniqueConstraint("meeting_id", "user_id", "case_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Glass(Base):
    """One use of emergency access to a case that is not the person's own. `ends_at` is by the database's clock."""

    __tablename__ = "glass"
    __seal_table__ = "glass"
    __table_args__ = (Index("ix_glass_of", "user_id", "opened_at"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    category: Mapped[GlassCategory] = mapped_column(word(GlassCategory))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    place_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    place_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    place_agreed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    review_by_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    outcome: Mapped[GlassOutcome | None] = mapped_column(word(GlassOutcome), nullable=True)

    because = Sealed("audit-detail")
    place_because = Sealed("audit-detail")
    found = Sealed("audit-detail")
