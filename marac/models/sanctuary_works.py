"""Making a home secure: lines of works, photos, orders to a contractor, visits, follow-ups.

A works order is sealed under a key of its own: a contractor never needs the case's. No verbs.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.partnership import Agency
from marac.vocabulary import (
    AtHome,
    CostBand,
    FollowUpState,
    Funder,
    LineResult,
    Room,
    VisitKind,
    VisitState,
    WorksOrderState,
)


class WorksLine(Base):
    """One thing to fit, in one room. `tap` is the key of the tap that made it: the same tap twice is one line."""

    __tablename__ = "works_line"
    __seal_table__ = "works_line"
    __table_args__ = (UniqueConstraint("request_id", "tap"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("sanctuary_request.id"), index=True)
    tap: Mapped[str] = mapped_column(String(36))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[LineResult | None] = mapped_column(word(LineResult), nullable=True)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("works_order.id"))
    back_on: Mapped[date | None]

    item = Sealed("works")
    room = Sealed("works", kind=Room)
    quantity = Sealed("works", kind=int)
    note = Sealed("works")
    portable = Sealed("works", kind=bool)
    emergency = Sealed("works", kind=bool)
    fire_review = Sealed("works", kind=bool)
    band = Sealed("works", kind=CostBand)
    each = Sealed("works", kind=Decimal)
    funder = Sealed("works", kind=Funder)
    result_note = Sealed("works")


class HomePhoto(Base):
    """One part of a picture of a home, without the place it was taken: a sealed value holds at most 1 MiB."""

    __tablename__ = "home_photo"
    __seal_table__ = "home_photo"
    __table_args__ = (UniqueConstraint("request_id", "tap", "part"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("sanctuary_request.id"), index=True)
    tap: Mapped[str] = mapped_column(String(36))
    part: Mapped[int]
    of_work_done: Mapped[bool] = mapped_column(default=False)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    content = Sealed("works", kind=bytes)
    media = Sealed("works")
    room = Sealed("works", kind=Room)


class WorksOrder(Base):
    """One job for one contractor. What stands on the card is sealed under the order's own key, the address apart."""

    __tablename__ = "works_order"
    __seal_table__ = "works_order"
    __key_kind__ = "works"
    __key_owner__ = "id"
    __table_args__ = (Index("ix_works_order_of", "agency_id", "state", "window_from"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    request_id: Mapped[UUID] = mapped_column(ForeignKey("sanctuary_request.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    token: Mapped[str] = mapped_column(String(32), unique=True)
    state: Mapped[WorksOrderState] = mapped_column(word(WorksOrderState))
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ordered_by_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    window_from: Mapped[datetime] = mapped_column(UtcDateTime)
    window_until: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    code = Sealed("job")
    area = Sealed("job")
    lines = Sealed("job", kind=list)
    access = Sealed("job")
    what_to_say = Sealed("job")
    who_to_ring = Sealed("job")
    contact_rules = Sealed("job", kind=list)
    address = Sealed("location")

    agency: Mapped[Agency] = relationship()


class Visit(Base):
    """An officer goes somewhere at a time: to a home of a request, or for a security visit or audit of a place."""

    __tablename__ = "visit"
    __seal_table__ = "visit"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"
    __table_args__ = (Index("ix_visit_diary", "partnership_id", "starts_at"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    request_id: Mapped[UUID | None] = mapped_column(ForeignKey("sanctuary_request.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[VisitKind] = mapped_column(word(VisitKind))
    state: Mapped[VisitState] = mapped_column(word(VisitState))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)

    place = Sealed("diary")
    found = Sealed("diary")


class FollowUp(Base):
    """One contact one, three or six months after sign-off: attempts, and what the person said."""

    __tablename__ = "follow_up"
    __seal_table__ = "follow_up"
    __table_args__ = (UniqueConstraint("request_id", "months"), Index("ix_follow_up_due", "state", "due_on"))

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("sanctuary_request.id"), index=True)
    months: Mapped[int]
    due_on: Mapped[date]
    state: Mapped[FollowUpState] = mapped_column(word(FollowUpState))
    attempts: Mapped[int] = mapped_column(default=0)
    last_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    at_home: Mapped[AtHome | None] = mapped_column(word(AtHome), nullable=True)

    outcome = Sealed("works", kind=dict)
    tries = Sealed("works", kind=list)
