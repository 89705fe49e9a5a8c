"""The annual partnership report: figures that somebody typed with their source, and years that were published.

Holds totals only, never anything about one person.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marac.db import Base, UtcDateTime


class EnteredFigure(Base):
    """One figure of one year as its owner gave it, with source and period (REP-52). The newest of a key counts."""

    __tablename__ = "entered_figure"
    __table_args__ = (Index("ix_entered_figure_of", "partnership_id", "year", "key"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    year: Mapped[int]
    key: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(String(20))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    source: Mapped[str] = mapped_column(String(200))
    period: Mapped[str] = mapped_column(String(80))
    given_on: Mapped[date]
    entered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PublishedYear(Base):
    """A year's figures as they were published, by version; later differences are listed beside them (REP-48)."""

    __tablename__ = "published_year"
    __table_args__ = (UniqueConstraint("partnership_id", "year", "number"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    year: Mapped[int]
    number: Mapped[int]
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    published_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
