"""Meetings, their agendas and attendance, agency research and minutes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.cases import Case
from marac.models.partnership import Agency
from marac.models.referrals import Referral
from marac.vocabulary import (
    AgendaItemState,
    AttendanceState,
    DeferralReason,
    MeetingKind,
    MeetingPlace,
    MeetingState,
    MinuteHeading,
    MinutesState,
    Outcome,
    ProgrammeSlug,
    ResearchState,
)


class Meeting(Base):
    """A dated sitting of a panel. Holds no personal value."""

    __tablename__ = "meeting"
    __table_args__ = (Index("ix_meeting_calendar", "partnership_id", "programme", "starts_at"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    reference: Mapped[str] = mapped_column(String(7), unique=True)
    kind: Mapped[MeetingKind] = mapped_column(word(MeetingKind))
    state: Mapped[MeetingState] = mapped_column(word(MeetingState))
    place: Mapped[MeetingPlace] = mapped_column(word(MeetingPlace))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    minutes_per_case: Mapped[int]
    chair_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    minute_taker_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("meeting_series.id"))
    room: Mapped[str] = mapped_column(String(80), default="", server_default="")
    capacity: Mapped[int | None]
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    statement_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    names_shown: Mapped[bool] = mapped_column(default=False)

    items: Mapped[list["AgendaItem"]] = relationship(back_populates="meeting", order_by="AgendaItem.position")
    minutes: Mapped["Minutes | None"] = relationship(back_populates="meeting", uselist=False)


class AgendaItem(Base):
    """One case at one meeting: what "cases discussed" counts."""

    __tablename__ = "agenda_item"
    __seal_table__ = "agenda_item"
    __table_args__ = (
        UniqueConstraint("meeting_id", "case_id"),
        Index("ix_agenda_item_order", "meeting_id", "position"),
    )

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"))
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"))
    position: Mapped[int]
    minutes_planned: Mapped[int]
    state: Mapped[AgendaItemState] = mapped_column(word(AgendaItemState))
    outcome: Mapped[Outcome | None] = mapped_column(word(Outcome), nullable=True)
    bring_back_on: Mapped[date | None]
    is_repeat: Mapped[bool] = mapped_column(default=False)
    is_transfer: Mapped[bool] = mapped_column(default=False)
    late_approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    conflict_checked_on: Mapped[date | None]
    called_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_seconds: Mapped[int] = mapped_column(default=0)

    covered = Sealed("minutes", kind=list)
    heard_from = Sealed("minutes", kind=dict)
    stepped_out = Sealed("minutes", kind=list)
    who_tells = Sealed("minutes")
    transferred_to = Sealed("minutes")
    deferred_because = Sealed("minutes")
    interim_safety = Sealed("minutes")
    amended_because = Sealed("minutes")
    added_because = Sealed("minutes")
    deferral_code = Sealed("minutes", kind=DeferralReason)
    no_action_for = Sealed("minutes", kind=dict)  # heading of a risk -> why it has no action (DA-25)

    case: Mapped[Case] = relationship()
    meeting: Mapped[Meeting] = relationship(back_populates="items")
    referral: Mapped[Referral | None] = relationship()
    notes: Mapped[list["MinuteNote"]] = relationship(back_populates="item")


class MinuteNote(Base):
    """One section of the minutes of one item, with a revision of its own: two writers never overwrite each other."""

    __tablename__ = "minute_note"
    __seal_table__ = "minute_note"
    __table_args__ = (UniqueConstraint("item_id", "heading"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("agenda_item.id"))
    heading: Mapped[MinuteHeading] = mapped_column(word(MinuteHeading))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    text = Sealed("minutes")

    item: Mapped[AgendaItem] = relationship(back_populates="notes")


class Attendance(Base):
    """An agency at a meeting: who came, and when they accepted confidentiality (DA-23)."""

    __tablename__ = "attendance"
    __seal_table__ = "attendance"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"
    __table_args__ = (UniqueConstraint("meeting_id", "agency_id", "user_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[AttendanceState] = mapped_column(word(AttendanceState))
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agreed_in_room: Mapped[bool] = mapped_column(default=False)
    joined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person_name = Sealed("staff")

    agency: Mapped[Agency] = relationship()


class Research(Base):
    """One agency's reply on one case for one meeting: what it plans to share, and notes that never leave it (DA-21)."""

    __tablename__ = "research"
    __seal_table__ = "research"
    __table_args__ = (UniqueConstraint("item_id", "agency_id"), Index("ix_research_of", "agency_id", "state"))

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("agenda_item.id"))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    state: Mapped[ResearchState] = mapped_column(word(ResearchState))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    shared = Sealed("research", by="agency_id")
    fact_or_opinion = Sealed("research", by="agency_id")
    nothing_because = Sealed("research", by="agency_id")
    last_contact = Sealed("research", by="agency_id")
    who_known = Sealed("research", by="agency_id", kind=list)  # ids of the people the agency knows
    systems_checked = Sealed("research", by="agency_id")
    suggested = Sealed("research", by="agency_id")
    since_then = Sealed("research", by="agency_id")
    private_note = Sealed("private", by="agency_id")

    item: Mapped[AgendaItem] = relationship()
    agency: Mapped[Agency] = relationship()


class Minutes(Base):
    """The minutes of a meeting: their life. The words are the notes of its items, frozen version by version.

    `number` is the version being worked on, `issued_number` the one that members read now (none after a recall).
    """

    __tablename__ = "minutes"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"), unique=True)
    programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    state: Mapped[MinutesState] = mapped_column(word(MinutesState))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[int] = mapped_column(default=1)
    submitted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_number: Mapped[int | None]
    recalled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    actions_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    meeting: Mapped[Meeting] = relationship(back_populates="minutes")
