"""What happened, what is due and what is to be sent: audit chain, deadlines, outbox, leases. Ids and codes only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marac.crypto.fields import Sealed
from marac.db import Base, UtcDateTime, word
from marac.vocabulary import AlertRule, AlertState, Template


class AuditEntry(Base):
    """One link of a partnership's chain. The body holds exactly the keys its tag allows."""

    __tablename__ = "audit_entry"
    __unversioned__ = True
    __table_args__ = (
        UniqueConstraint("partnership_id", "seq"),
        Index("ix_audit_entry_object", "object_id"),
        Index("ix_audit_entry_actor", "actor_id", "at"),
    )

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    tag: Mapped[str] = mapped_column(String(60), index=True)
    actor_id: Mapped[UUID | None]
    object_id: Mapped[UUID | None]
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    body: Mapped[str] = mapped_column(Text)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHead(Base):
    """The newest link of each chain; locked last in every transaction."""

    __tablename__ = "audit_head"
    __unversioned__ = True

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"), unique=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Message(Base):
    """The outbox: one prompt to one user. Its words are made when it is sent and never hold case detail (DA-2)."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("user_id", "template", "subject_key"),
        Index("ix_message_due", "sent_at", "due_at"),
    )

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    template: Mapped[Template] = mapped_column(word(Template))
    subject_key: Mapped[str] = mapped_column(String(80))
    path: Mapped[str] = mapped_column(String(200))
    go_token: Mapped[str] = mapped_column(String(43), unique=True)
    enqueued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    mail_key: Mapped[str | None] = mapped_column(String(32))
    about_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Deadline(Base):
    """A clock that a transition started: which rule, for what, until when, and when it was met."""

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("subject_id", "rule"),
        Index("ix_deadline_due", "partnership_id", "met_at", "due_at"),
    )

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    subject_id: Mapped[UUID]
    rule: Mapped[str] = mapped_column(String(60))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    met_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Lease(Base):
    """Which worker runs the timetable, with a fencing number."""

    __tablename__ = "lease"
    __unversioned__ = True

    name: Mapped[str] = mapped_column(String(60), unique=True)
    holder: Mapped[str] = mapped_column(String(60))
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JobRun(Base):
    """That a timed job ran for a slot; a missed slot runs once, a repeated one never."""

    __tablename__ = "job_run"
    __unversioned__ = True

    key: Mapped[str] = mapped_column(String(120), unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class AuditCheckpoint(Base):
    """A signed statement of how long a chain is and what it ends in; the same line lies where we cannot rewrite it."""

    __tablename__ = "audit_checkpoint"
    __unversioned__ = True
    __table_args__ = (UniqueConstraint("partnership_id", "number"),)

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    number: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    line: Mapped[str] = mapped_column(Text)
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IntegrityMark(Base):
    """A case one of whose rows is not as its last entry left it: closed to all but the chair until they have looked."""

    __tablename__ = "integrity_mark"

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cleared_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))


class TrailAlert(Base):
    """Something in the trail that somebody has to look into. What they found is sealed under the staff key."""

    __tablename__ = "trail_alert"
    __seal_table__ = "trail_alert"
    __key_kind__ = "staff"
    __key_owner__ = "partnership_id"
    __table_args__ = (
        UniqueConstraint("partnership_id", "rule", "slot"),
        Index("ix_trail_alert_open", "partnership_id", "state"),
    )

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"))
    rule: Mapped[AlertRule] = mapped_column(word(AlertRule))
    slot: Mapped[str] = mapped_column(String(120))
    state: Mapped[AlertState] = mapped_column(word(AlertState))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    seq: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    case_id: Mapped[UUID | None]
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    looked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    note = Sealed("staff")


class TrailWatch(Base):
    """How far the trail of a partnership has been looked through for alerts."""

    __tablename__ = "trail_watch"
    __unversioned__ = True

    partnership_id: Mapped[UUID] = mapped_column(ForeignKey("partnership.id"), unique=True)
    seq: Mapped[int] = mapped_column(BigInteger)
