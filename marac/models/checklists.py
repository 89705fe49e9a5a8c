"""Risk tools and official wording that a partnership loaded. Columns only; a loaded version is never edited."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marac.db import Base, UtcDateTime


class ChecklistDefinition(Base):
    """One version of one risk tool as a partnership brought it; `content` is its page as one line of JSON (DA-8)."""

    __tablename__ = "checklist_definition"
    __table_args__ = (UniqueConstraint("partnership_id", "tool", "version"),)
    __unversioned__ = True

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    tool: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    content: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64))
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
