"""Belonging: who asks to join, deputies, guests, agreements between agencies, the quarterly check. Columns only."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.models.partnership import Agency
from marac.vocabulary import GuestKind, ProgrammeSlug, RequestState, Role


class JoinRequest(Base):
    """One person asks that another joins in a role; a second person decides. No account is looked up before that."""

    __tablename__ = "join_request"
    __seal_table__ = "join_request"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    role: Mapped[Role] = mapped_column(word(Role))
    programme: Mapped[ProgrammeSlug | None] = mapped_column(word(ProgrammeSlug), nullable=True)
    state: Mapped[RequestState] = mapped_column(word(RequestState))
    asked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    asked_as: Mapped[Role] = mapped_column(word(Role, "asked_as"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)

    full_name = Sealed("staff")
    email = Sealed("staff")

    agency: Mapped[Agency] = relationship()


class Delegation(Base):
    """A colleague stands in for a person between two days, once somebody else has agreed to it."""

    __tablename__ = "delegation"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"))
    deputy_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    acting_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    from_on: Mapped[date]
    to_on: Mapped[date]
    state: Mapped[RequestState] = mapped_column(word(RequestState))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    agency: Mapped[Agency] = relationship()


class GuestPass(Base):
    """A named person from outside sees one case, or one meeting, for at most seven days (DA-51)."""

    __tablename__ = "guest_pass"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"), unique=True)
    sponsor_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    meeting_id: Mapped[UUID] = mapped_column(ForeignKey("meeting.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("case_file.id"), index=True)
    kind: Mapped[GuestKind] = mapped_column(word(GuestKind))
    from_on: Mapped[date]
    until_on: Mapped[date]
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AgencyAgreement(Base):
    """One signature under the information sharing protocol: until when it counts (DA-49). A renewal is a new row."""

    __tablename__ = "agency_agreement"
    __seal_table__ = "agency_agreement"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    signed_on: Mapped[date]
    review_on: Mapped[date]
    recorded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    signatory = Sealed("staff")
    document = Sealed("staff")


class Attestation(Base):
    """Once a quarter an agency is asked who still works there, in which role; its access waits for the answer."""

    __tablename__ = "attestation"
    __table_args__ = (UniqueConstraint("agency_id", "quarter_on"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    quarter_on: Mapped[date]
    due_on: Mapped[date]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))

    agency: Mapped[Agency] = relationship()
