"""What somebody typed into a page and has not saved yet: sealed for that person alone, one per person and page."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime


class Draft(Base):
    """The typed fields of one form as they were sent, readable or not (DA-43). Opens for its writer only."""

    __tablename__ = "draft"
    __seal_table__ = "draft"
    __table_args__ = (UniqueConstraint("user_id", "page"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    page: Mapped[str] = mapped_column(String(120))
    typed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    typed = Sealed("draft", kind=dict, by="user_id")
