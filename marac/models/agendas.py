"""What was published of an agenda, what changed after, and who was asked in for one case or one meeting (DA-20, DA-51).

Columns and constraints only. Holds no name of anybody in a case: cases by id, so that a wall hides them here too.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.cases import Case
from marac.models.partnership import Agency
from marac.vocabulary import AgendaChangeKind


class AgendaVersion(Base):
    """One publication of an agenda: when, by whom, when the meeting was to begin. Never changed afterwards."""

    __tablename__ = "agenda_version"
    __seal_table__ = "agenda_version"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"
    __table_args__ = (UniqueConstraint("meeting_id", "number"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"))
    number: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    because = Sealed("staff")


class AgendaVersionLine(Base):
    """One case as it stood in a published agenda: its place, its minutes, the agencies asked."""

    __tablename__ = "agenda_version_line"
    __table_args__ = (UniqueConstraint("agenda_version_id", "case_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    agenda_version_id: Mapped[UUID] = mapped_column(ForeignKey("agenda_version.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    position: Mapped[int]
    minutes_planned: Mapped[int]
    agencies: Mapped[list[Any]] = mapped_column(JSON, default=list)

    case: Mapped[Case] = relationship()


class AgendaChange(Base):
    """One thing that was changed about one case after the agenda was out (DA-20)."""

    __tablename__ = "agenda_change"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"), index=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    kind: Mapped[AgendaChangeKind] = mapped_column(word(AgendaChangeKind))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    case: Mapped[Case] = relationship()


class AgendaGuest(Base):
    """An agency that is not core, or a named person of it, asked in for one case or (without one) the whole meeting."""

    __tablename__ = "agenda_guest"
    __seal_table__ = "agenda_guest"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    invited_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    until_on: Mapped[date]

    person_name = Sealed("staff")

    agency: Mapped[Agency] = relationship()
