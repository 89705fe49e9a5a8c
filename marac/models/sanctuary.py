"""A request to make a home secure, and what the office keeps of it: clocks, the landlord, approvals, address flags.

Each request has a case of its own (programme Sanctuary) whose key seals it, so that it is erased alone. What is fitted,
ordered and followed up is in sanctuary_works.py.
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.cases import Case
from marac.models.partnership import Agency
from marac.vocabulary import (
    ApprovalDecision,
    FlagState,
    LandlordState,
    PauseWhy,
    ProgrammeSlug,
    SanctuaryOutcome,
    SanctuaryPriority,
    SanctuaryState,
)


class SanctuaryRequest(Base):
    """One request. `gates` and `factors` map a key of the checklist to its answer, evidence, day and who said so."""

    __tablename__ = "sanctuary_request"
    __seal_table__ = "sanctuary_request"
    __table_args__ = (Index("ix_sanctuary_request_list", "partnership_id", "state"),)

    programme: ClassVar[ProgrammeSlug] = ProgrammeSlug.SANCTUARY

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), unique=True)
    parent_case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    reference: Mapped[str] = mapped_column(String(7), unique=True)
    state: Mapped[SanctuaryState] = mapped_column(word(SanctuaryState))
    priority: Mapped[SanctuaryPriority] = mapped_column(word(SanctuaryPriority))
    held_from: Mapped[SanctuaryState | None] = mapped_column(word(SanctuaryState, "held_from"))
    outcome: Mapped[SanctuaryOutcome | None] = mapped_column(word(SanctuaryOutcome))
    checklist_version: Mapped[str] = mapped_column(String(20))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    supporter_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"), index=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    surveyor_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    same_as_id: Mapped[UUID | None] = mapped_column(ForeignKey("sanctuary_request.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stage_since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    surveyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    installed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moved_out_on: Mapped[date | None]
    review_on: Mapped[date | None]
    legal_hold: Mapped[bool] = mapped_column(default=False)

    requester_role = Sealed("risk")
    requester_phone = Sealed("risk")
    consent = Sealed("risk")
    consent_on = Sealed("risk", kind=date)
    reason = Sealed("risk")
    wishes = Sealed("risk")
    alternatives_told = Sealed("risk")
    orders = Sealed("risk")
    history = Sealed("risk")
    dash_score = Sealed("risk", kind=int)
    marac_on = Sealed("risk", kind=date)
    idva = Sealed("risk")
    recourse = Sealed("risk")
    landlord_consent = Sealed("risk")
    gates = Sealed("risk", kind=dict)
    factors = Sealed("risk", kind=dict)
    priority_why = Sealed("risk")
    priority_second = Sealed("risk")
    interim = Sealed("risk", kind=list)
    interim_plan = Sealed("risk")
    interim_on = Sealed("risk", kind=date)
    exits = Sealed("risk", kind=list)
    decision = Sealed("risk", kind=dict)
    done_tasks = Sealed("risk", kind=list)

    home_kind = Sealed("works")
    floor = Sealed("works")
    bedrooms = Sealed("works")
    tenancy_name = Sealed("works")
    tenancy_length = Sealed("works")
    wanted = Sealed("works")
    damage = Sealed("works")
    pets = Sealed("works")
    best_times = Sealed("works")
    other_occupants = Sealed("works")
    needs_help_out = Sealed("works")
    warnings = Sealed("works")
    entry_points = Sealed("works", kind=list)
    fire_section = Sealed("works", kind=dict)
    safe_room = Sealed("works")
    survey_summary = Sealed("works")
    lone_worker = Sealed("works")
    fire_review = Sealed("works", kind=dict)
    quotes = Sealed("works", kind=list)
    no_quote_why = Sealed("works")
    vat = Sealed("works")
    sign_off = Sealed("works", kind=dict)
    safety_plan = Sealed("works")
    ending = Sealed("works", kind=dict)

    question = Sealed("documents", kind=dict)
    answer = Sealed("documents", kind=dict)
    notice = Sealed("documents", kind=dict)

    case: Mapped[Case] = relationship(foreign_keys=[case_id])
    parent_case: Mapped[Case | None] = relationship(foreign_keys=[parent_case_id])
    agency: Mapped[Agency] = relationship(foreign_keys=[agency_id])
    supporter: Mapped[Agency | None] = relationship(foreign_keys=[supporter_id])
    clocks: Mapped[list["StageClock"]] = relationship(back_populates="request", order_by="StageClock.number")
    landlord: Mapped["LandlordPermission | None"] = relationship(back_populates="request", uselist=False)
    approvals: Mapped[list["Approval"]] = relationship(back_populates="request", order_by="Approval.decided_at")
    flags: Mapped[list["AddressFlag"]] = relationship(back_populates="request", order_by="AddressFlag.asked_at")


class StageClock(Base):
    """One stage of one request under one priority: begun, due, met; paused time beside it. Nothing is overwritten."""

    __tablename__ = "stage_clock"
    __table_args__ = (
        UniqueConstraint("request_id", "number"),
        Index("ix_stage_clock_due", "partnership_id", "met_at", "due_at"),
    )

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("sanctuary_request.id"), index=True)
    number: Mapped[int]
    stage: Mapped[SanctuaryState] = mapped_column(word(SanctuaryState))
    priority: Mapped[SanctuaryPriority] = mapped_column(word(SanctuaryPriority))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    met_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_why: Mapped[PauseWhy | None] = mapped_column(word(PauseWhy))
    paused_seconds: Mapped[int] = mapped_column(default=0)

    request: Mapped[SanctuaryRequest] = relationship(back_populates="clocks")


class LandlordPermission(Base):
    """What the landlord was asked and answered, how often chased, when escalated (SAN-25)."""

    __tablename__ = "landlord_permission"
    __seal_table__ = "landlord_permission"
    __table_args__ = (UniqueConstraint("request_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("sanctuary_request.id"), index=True)
    state: Mapped[LandlordState] = mapped_column(word(LandlordState))
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    chase_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    chased: Mapped[int] = mapped_column(default=0)
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    asked_of = Sealed("works")
    answered_role = Sealed("works")
    conditions = Sealed("works")
    refused_because = Sealed("works")
    alternative = Sealed("works")
    escalated_to = Sealed("works")

    request: Mapped[SanctuaryRequest] = relationship(back_populates="landlord")


class Approval(Base):
    """One decision on the cost. A spoken one in an emergency is written by `write_by_at` (SAN-27)."""

    __tablename__ = "approval"
    __seal_table__ = "approval"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("sanctuary_request.id"), index=True)
    decision: Mapped[ApprovalDecision] = mapped_column(word(ApprovalDecision))
    amount_pence: Mapped[int]
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    spoken: Mapped[bool] = mapped_column(default=False)
    write_by_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    written_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    funder = Sealed("works")
    order_number = Sealed("works")
    because = Sealed("works")
    no_quote_why = Sealed("works")

    request: Mapped[SanctuaryRequest] = relationship(back_populates="approvals")


class AddressFlag(Base):
    """A mark that police or fire brigade put on the address: asked for, placed, reviewed, removed (SAN-31)."""

    __tablename__ = "address_flag"
    __seal_table__ = "address_flag"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("sanctuary_request.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    state: Mapped[FlagState] = mapped_column(word(FlagState))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    placed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    review_on: Mapped[date | None]
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    their_reference = Sealed("works")
    kept_because = Sealed("works")

    request: Mapped[SanctuaryRequest] = relationship(back_populates="flags")
    agency: Mapped[Agency] = relationship()
