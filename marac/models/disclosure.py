"""What is asked to be handed out: the register, the cases looked through, the passages, each page's address check.

The register is sealed under the staff key, so that it outlives the cases it speaks of; passages under each case's own.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.cases import Case
from marac.vocabulary import (
    DisclosureAnswer,
    DisclosureKind,
    DisclosureState,
    HoldReason,
    PassageApproval,
    PassageSource,
    ProgrammeSlug,
)


class Disclosure(Base):
    """One request and its answer. `passages_version` counts every change of what would be handed out."""

    __tablename__ = "disclosure"
    __seal_table__ = "disclosure"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"
    __table_args__ = (Index("ix_disclosure_due", "partnership_id", "state", "due_on"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    reference: Mapped[str] = mapped_column(String(7), unique=True)
    kind: Mapped[DisclosureKind] = mapped_column(word(DisclosureKind))
    state: Mapped[DisclosureState] = mapped_column(word(DisclosureState))
    received_on: Mapped[date]
    due_on: Mapped[date]
    extended_on: Mapped[date | None]
    answer: Mapped[DisclosureAnswer | None] = mapped_column(word(DisclosureAnswer), nullable=True)
    passages_version: Mapped[int] = mapped_column(default=1)
    recorded_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    prepared_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    agreed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    released_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    requester = Sealed("register")
    standing = Sealed("register")
    proof = Sealed("register")
    proof_note = Sealed("register")
    basis = Sealed("register")
    scope = Sealed("register")
    extended_because = Sealed("register")
    decided = Sealed("register", kind=dict)  # who decided to answer otherwise than neither confirm nor deny, and why
    warned = Sealed("register", kind=list)  # in what way whoever asks may be, or act for, an alleged perpetrator
    hands = Sealed("register", kind=list)  # ids of everybody who had a part in preparing it
    owner_override = Sealed("register")  # why it is handed out although an agency objects or did not answer
    address_override = Sealed("register")
    ended_because = Sealed("register")

    cases: Mapped[list["DisclosureCase"]] = relationship(back_populates="disclosure")


class DisclosureCase(Base):
    """One case looked through for a request, and whose data in it is handed out; nobody chosen: none's."""

    __tablename__ = "disclosure_case"
    __seal_table__ = "disclosure_case"
    __table_args__ = (UniqueConstraint("disclosure_id", "case_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    disclosure_id: Mapped[UUID] = mapped_column(ForeignKey("disclosure.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    gathered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    subjects = Sealed("disclosed", by="partnership_id", kind=list)  # ids (hex) of people in this case

    disclosure: Mapped[Disclosure] = relationship(back_populates="cases")
    case: Mapped[Case] = relationship()


class DisclosurePassage(Base):
    """Some words found in a case, whom they are about, and whether they are handed out. Nothing tagged is hidden.

    `owner_id` is the agency whose information it is, or the partnership for the panel's own: it picks the compartment.
    """

    __tablename__ = "disclosure_passage"
    __seal_table__ = "disclosure_passage"
    __table_args__ = (Index("ix_disclosure_passage_order", "disclosure_id", "position", "part"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    disclosure_id: Mapped[UUID] = mapped_column(ForeignKey("disclosure.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    owner_id: Mapped[UUID]
    position: Mapped[int]
    part: Mapped[int]
    source: Mapped[PassageSource] = mapped_column(word(PassageSource))
    source_id: Mapped[UUID]
    said_on: Mapped[date | None]
    approval: Mapped[PassageApproval] = mapped_column(word(PassageApproval))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    label = Sealed("disclosed", by="owner_id")
    text = Sealed("disclosed", by="owner_id")
    tags = Sealed("disclosed", by="owner_id", kind=list)  # ids (hex) of people, or "other", "staff", "agency"
    shown = Sealed("disclosed", by="owner_id", kind=bool)
    settled = Sealed("disclosed", by="owner_id", kind=bool)  # somebody has looked at it
    exemption = Sealed("disclosed", by="owner_id")
    note = Sealed("disclosed", by="owner_id")
    fact_or_opinion = Sealed("disclosed", by="owner_id")
    objection = Sealed("disclosed", by="owner_id")


class PageCheck(Base):
    """That one page of one copy was looked through for addresses, phones and schools, and what came of it."""

    __tablename__ = "page_check"
    __table_args__ = (UniqueConstraint("document_id", "page"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("issued_document.id"))
    page: Mapped[int]
    found: Mapped[int]
    overridden: Mapped[bool] = mapped_column(default=False, server_default=false())
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseHold(Base):
    """Why a case is neither erased nor, if it is locked, changed; until somebody lifts it (DA-48, DA-55)."""

    __tablename__ = "case_hold"
    __seal_table__ = "case_hold"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    reason: Mapped[HoldReason] = mapped_column(word(HoldReason))
    locks: Mapped[bool]
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    because = Sealed("register")
    lifted_because = Sealed("register")

    case: Mapped[Case] = relationship()
