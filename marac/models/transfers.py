"""Cases that go from one area to another (DA-34): the areas, our own key, each transfer and its sealed file.

No new address is ever here: it is typed for the file alone, and the file opens only to the other area.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.cases import Case
from marac.vocabulary import TransferDirection


class OtherArea(Base):
    """An area with a panel of its own: its public key, and who compared the key's fingerprint with them by phone."""

    __tablename__ = "other_area"
    __table_args__ = (UniqueConstraint("partnership_id", "public_key"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    name: Mapped[str] = mapped_column(String(80))
    public_key: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AreaKey(Base):
    """Our own key as an area. The private part is sealed under the deployment key; older ones still open files."""

    __tablename__ = "area_key"
    __unversioned__ = True

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"), index=True)
    public_key: Mapped[str] = mapped_column(String(200), unique=True)
    private_part: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Transfer(Base):
    """One case sent or received. `packet_id` is the file's own number: the same file twice is one case."""

    __tablename__ = "transfer"
    __seal_table__ = "transfer"
    __table_args__ = (UniqueConstraint("partnership_id", "direction", "packet_id"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"))
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("other_area.id"))
    direction: Mapped[TransferDirection] = mapped_column(word(TransferDirection))
    packet_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    receipted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    keeps_flag: Mapped[bool] = mapped_column(default=False)
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    area_name = Sealed("documents")
    received_by = Sealed("documents")
    hand_over = Sealed("documents")

    case: Mapped[Case] = relationship()
    area: Mapped[OtherArea | None] = relationship()


class TransferFile(Base):
    """A sealed file until it has done its work: of ours until the receipt, of theirs until somebody has decided."""

    __tablename__ = "transfer_file"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    transfer_id: Mapped[UUID | None] = mapped_column(ForeignKey("transfer.id"), unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    came_at: Mapped[datetime] = mapped_column(UtcDateTime)
