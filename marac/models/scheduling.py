"""When a panel meets: the pattern of a series of meetings, and what was changed about a booked one.

Columns and constraints only; no verbs, no queries.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.vocabulary import MeetingChangeKind, MeetingPlace, ProgrammeSlug, SeriesRule


class MeetingSeries(Base):
    """How often a panel meets, when by the London clock, and with what. Whoever has the joining link can listen in:
    it is sealed under the staff key."""

    __tablename__ = "meeting_series"
    __seal_table__ = "meeting_series"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    rule: Mapped[SeriesRule] = mapped_column(word(SeriesRule))
    weekday: Mapped[int]
    nths: Mapped[list[int]] = mapped_column(JSON, default=list)
    interval_weeks: Mapped[int] = mapped_column(default=1)
    anchor_on: Mapped[date]
    starts: Mapped[str] = mapped_column(String(5))
    minutes_per_case: Mapped[int]
    capacity: Mapped[int]
    place: Mapped[MeetingPlace] = mapped_column(word(MeetingPlace))
    room: Mapped[str] = mapped_column(String(80), default="")
    chair_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    minute_taker_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    agencies: Mapped[list[Any]] = mapped_column(JSON, default=list)
    ended_on: Mapped[date | None]

    link = Sealed("staff")


class MeetingChange(Base):
    """A booked meeting was moved or cancelled: from when to when, by whom and why."""

    __tablename__ = "meeting_change"
    __seal_table__ = "meeting_change"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"), index=True)
    kind: Mapped[MeetingChangeKind] = mapped_column(word(MeetingChangeKind))
    was_at: Mapped[datetime] = mapped_column(UtcDateTime)
    now_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    because = Sealed("staff")
