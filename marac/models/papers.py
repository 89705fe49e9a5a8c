"""Papers that come with a referral or a case: a scanned checklist, a report, a record of why there was no consent.

What a paper is and what stands in it are sealed apart, so that a list of papers opens no paper.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime
from marac.models.partnership import Agency
from marac.vocabulary import PaperKind


class Paper(Base):
    """One paper: who added it, when; its kind, title and file type sealed."""

    __tablename__ = "paper"
    __seal_table__ = "paper"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    kind = Sealed("documents", kind=PaperKind)
    title = Sealed("documents")
    media = Sealed("documents")
    size = Sealed("documents", kind=int)

    agency: Mapped[Agency] = relationship()


class PaperContent(Base):
    """The bytes of one paper as they were kept, in parts: a sealed value holds at most 1 MiB."""

    __tablename__ = "paper_content"
    __seal_table__ = "paper_content"
    __table_args__ = (UniqueConstraint("paper_id", "part"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    paper_id: Mapped[UUID] = mapped_column(ForeignKey("paper.id", ondelete="CASCADE"))
    part: Mapped[int]

    content = Sealed("documents", kind=bytes)
