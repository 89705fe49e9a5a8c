"""Who tells the victim-survivor what the panel agreed, by when, and how it went (DA-33)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.cases import Case
from marac.models.panels import AgendaItem
from marac.models.partnership import Agency
from marac.vocabulary import TellingState


class Telling(Base):
    """One task for each hearing: the agency that tells, and the words of the meeting for who in it."""

    __tablename__ = "telling"
    __seal_table__ = "telling"
    __table_args__ = (Index("ix_telling_of", "agency_id", "state", "due_at"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("agenda_item.id"), unique=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    state: Mapped[TellingState] = mapped_column(word(TellingState))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reported_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    who = Sealed("actions")
    how = Sealed("actions")
    next_step = Sealed("actions")

    case: Mapped[Case] = relationship()
    item: Mapped[AgendaItem] = relationship()
    agency: Mapped[Agency] = relationship()
