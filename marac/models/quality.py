"""Audits of a sample of cases against the ten principles (DA-53): how it was drawn, the answers, what will change."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.cases import Case
from marac.vocabulary import ProgrammeSlug, SampleState


class SampleAudit(Base):
    """One audit: period, size and seed of its sample. `figures` is what it found, kept when it was closed."""

    __tablename__ = "sample_audit"
    __seal_table__ = "sample_audit"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"
    __table_args__ = (Index("ix_sample_audit_of", "partnership_id", "programme", "last_on"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    state: Mapped[SampleState] = mapped_column(word(SampleState), default=SampleState.OPEN)
    first_on: Mapped[date]
    last_on: Mapped[date]
    size: Mapped[int]
    seed: Mapped[str] = mapped_column(String(32))
    drawn_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    changes = Sealed("staff")  # what will be done about what was found


class SampledCase(Base):
    """One case of a sample, with its answers, and under which principle what was missing."""

    __tablename__ = "sampled_case"
    __seal_table__ = "sampled_case"
    __table_args__ = (UniqueConstraint("audit_id", "case_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    audit_id: Mapped[UUID] = mapped_column(ForeignKey("sample_audit.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    position: Mapped[int]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    reviewed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    notes = Sealed("minutes", kind=dict)

    audit: Mapped[SampleAudit] = relationship()
    case: Mapped[Case] = relationship()
