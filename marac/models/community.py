"""What only the Community MARAC keeps: incidents, each once; and the question which of two panels leads a household.

Columns and constraints only. A routing question names no person and no case of the other panel.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.vocabulary import AsbType, ProgrammeSlug, RoutingAnswer


class CaseIncident(Base):
    """One thing that happened, whoever was told of it: the same incident told to three agencies is one (CM-17)."""

    __tablename__ = "case_incident"
    __seal_table__ = "case_incident"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"), index=True)
    position: Mapped[int] = mapped_column(default=1)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    happened_on = Sealed("risk", kind=date)
    kind = Sealed("risk", kind=AsbType)
    what = Sealed("risk")
    reported_to = Sealed("risk", kind=list)
    references = Sealed("risk", kind=list)


class RoutingQuestion(Base):
    """One side of the question which panel leads, where two hold the same household: a row for each case of a pair."""

    __tablename__ = "routing_question"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    pair_id: Mapped[UUID] = mapped_column(index=True)
    other_programme: Mapped[ProgrammeSlug] = mapped_column(word(ProgrammeSlug))
    asked_here: Mapped[bool]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[RoutingAnswer | None] = mapped_column(word(RoutingAnswer), nullable=True)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
