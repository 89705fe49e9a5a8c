"""Minutes as they were approved, frozen page by page, and the register of every document that left the system."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.panels import AgendaItem, Minutes
from marac.vocabulary import DocumentKind, DocumentReason, DocumentState, LeavingAs


class MinutesVersion(Base):
    """One approved version of a meeting's minutes: who approved it, who was there, and how many pages it has."""

    __tablename__ = "minutes_version"
    __seal_table__ = "minutes_version"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"
    __table_args__ = (UniqueConstraint("minutes_id", "number"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    minutes_id: Mapped[UUID] = mapped_column(ForeignKey("minutes.id"))
    number: Mapped[int]
    pages: Mapped[int]
    submitted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    recalled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    present = Sealed("staff", kind=list)
    away = Sealed("staff", kind=list)
    chaired_by = Sealed("staff")
    recalled_because = Sealed("staff")

    minutes: Mapped[Minutes] = relationship()


class MinutesPage(Base):
    """The words of one case in one version, written once. Version 0 is what stood there when the meeting ended."""

    __tablename__ = "minutes_page"
    __seal_table__ = "minutes_page"
    __table_args__ = (UniqueConstraint("minutes_id", "number", "item_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    minutes_id: Mapped[UUID] = mapped_column(ForeignKey("minutes.id"))
    item_id: Mapped[UUID] = mapped_column(ForeignKey("agenda_item.id"))
    number: Mapped[int]
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of a restricted case: by a second person
    released_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    words = Sealed("minutes", kind=dict)
    outcome = Sealed("minutes")
    outcome_note = Sealed("minutes")
    who_tells = Sealed("minutes")
    plan = Sealed("minutes", kind=list)
    amended_because = Sealed("minutes")

    item: Mapped[AgendaItem] = relationship()


class IssuedDocument(Base):
    """One numbered copy of one document: what, of which meeting, for whom, by whom, when, and until when it is kept."""

    __tablename__ = "issued_document"
    __table_args__ = (
        UniqueConstraint("partnership_id", "copy_number"),
        Index("ix_issued_document_of", "meeting_id", "made_at"),
    )

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    meeting_id: Mapped[UUID | None] = mapped_column(ForeignKey("meeting.id"))
    request_id: Mapped[UUID | None] = mapped_column(ForeignKey("sanctuary_request.id"), index=True)
    disclosure_id: Mapped[UUID | None] = mapped_column(ForeignKey("disclosure.id"), index=True)
    of_case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    minutes_number: Mapped[int | None]
    kind: Mapped[DocumentKind] = mapped_column(word(DocumentKind))
    state: Mapped[DocumentState] = mapped_column(word(DocumentState))
    copy_number: Mapped[str] = mapped_column(String(4))
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    named: Mapped[bool]
    reason: Mapped[DocumentReason | None] = mapped_column(word(DocumentReason), nullable=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    destroy_on: Mapped[date]
    recalled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sha256: Mapped[str] = mapped_column(String(64))


class AddressOverride(Base):
    """The chair let words leave although the address check found something: in one case, in one version of one
    document. `passages` are fingerprints of the words as they stood: changed words are checked again.
    """

    __tablename__ = "address_override"
    __seal_table__ = "address_override"
    __table_args__ = (Index("ix_address_override_of", "subject_id", "number"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    leaving_as: Mapped[LeavingAs] = mapped_column(word(LeavingAs))
    subject_id: Mapped[UUID]
    number: Mapped[int]
    overridden_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    overridden_at: Mapped[datetime] = mapped_column(UtcDateTime)

    kinds = Sealed("minutes", kind=list)
    passages = Sealed("minutes", kind=list)
    reason = Sealed("minutes")
