"""Actions that agencies take away from a meeting, and the flag each keeps on its own file."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.cases import Case
from marac.models.panels import AgendaItem
from marac.models.partnership import Agency
from marac.vocabulary import ActionState, FlagState, Protects


class Action(Base):
    """A timed task owned by an agency and a named person (DA-27)."""

    __tablename__ = "action"
    __seal_table__ = "action"
    __table_args__ = (Index("ix_action_due", "agency_id", "state", "due_on"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    item_id: Mapped[UUID | None] = mapped_column(ForeignKey("agenda_item.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[ActionState] = mapped_column(word(ActionState))
    due_on: Mapped[date]
    protects: Mapped[Protects] = mapped_column(word(Protects))
    library_key: Mapped[str | None] = mapped_column(String(60))
    contacts_victim: Mapped[bool] = mapped_column(default=False)
    joint_id: Mapped[UUID | None]
    agreed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    text = Sealed("actions")
    risk = Sealed("actions")
    note = Sealed("actions")
    instead = Sealed("actions")
    news = Sealed("actions", kind=list)  # what was reported, when and by whom
    handed = Sealed("actions", kind=dict)  # the action it came from, or went on as, and why
    evidence = Sealed("actions")  # the id of the paper that shows it was done
    victim_updated = Sealed("actions")  # was the person told of this; if not, why not (CM-16)
    worked = Sealed("actions")  # for the next hearing of a repeat: did it work (DA-26)
    worked_note = Sealed("actions")

    case: Mapped[Case] = relationship()
    item: Mapped[AgendaItem | None] = relationship()
    agency: Mapped[Agency] = relationship()


class Flag(Base):
    """Flag and tag: an agency's confirmation that its own file is marked, and later that the mark is lifted (DA-32)."""

    __tablename__ = "flag"
    __table_args__ = (Index("ix_flag_of", "agency_id", "state"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    state: Mapped[FlagState] = mapped_column(word(FlagState))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lift_on: Mapped[date]
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    case: Mapped[Case] = relationship()
    agency: Mapped[Agency] = relationship()
