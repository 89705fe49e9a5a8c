"""How long a case is kept, what holds it back, and what is left of one that was erased: ids, dates, counts.

Columns and constraints only. Dates, states and holders are plain, so that jobs run without keys; reasons are sealed.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.cases import Case
from marac.vocabulary import HoldKind, ProgrammeSlug, RetentionBasis, RetentionState


class Retention(Base):
    """One case that has ended: until when it is kept and why, who proposed and approved its erasure. After the erasure
    this row is the disposal log (DA-48). `kept_until` is a later day that people chose; `certificate` names the paper.
    """

    __tablename__ = "retention"
    __table_args__ = (Index("ix_retention_list", "partnership_id", "state", "retain_until"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), unique=True)
    programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    state: Mapped[RetentionState] = mapped_column(word(RetentionState))
    basis: Mapped[RetentionBasis | None] = mapped_column(word(RetentionBasis), nullable=True)
    ended_on: Mapped[date | None]
    retain_until: Mapped[date | None]
    kept_until: Mapped[date | None]
    proposed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erase_on: Mapped[date | None]
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    keys_erased: Mapped[int | None]
    certificate: Mapped[str | None] = mapped_column(String(7), unique=True)

    case: Mapped[Case] = relationship()


class KeptLonger(Base):
    """That somebody chose a later day for a record, and why."""

    __tablename__ = "kept_longer"
    __seal_table__ = "kept_longer"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    until_on: Mapped[date]
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    because = Sealed("retention")


class LegalHold(Base):
    """Nothing of this case is disposed of until somebody lifts it: why, who asked, when it is looked at again."""

    __tablename__ = "legal_hold"
    __seal_table__ = "legal_hold"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    kind: Mapped[HoldKind] = mapped_column(word(HoldKind))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    placed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    review_on: Mapped[date]
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    reason = Sealed("retention")
    lifted_because = Sealed("retention")

    case: Mapped[Case] = relationship()


class ErasureEntry(Base):
    """The database's own ledger: one key that is, or is to be, erased. The key store keeps the same."""

    __tablename__ = "erasure_entry"
    __unversioned__ = True
    __table_args__ = (UniqueConstraint("kind", "owner"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    owner: Mapped[UUID]
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ErasedFigure(Base):
    """How many of something were in the cases that are erased, by financial year: counts alone, about nobody."""

    __tablename__ = "erased_figure"
    __unversioned__ = True
    __table_args__ = (UniqueConstraint("partnership_id", "programme", "year", "measure", "part"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    year: Mapped[int]
    measure: Mapped[str] = mapped_column(String(40))
    part: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
