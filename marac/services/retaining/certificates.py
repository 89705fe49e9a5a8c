"""The certificate of one erasure: what was done, when, by which roles, and what is still true for 35 days.

Names nobody: a reference without meaning, dates, counts and the line of the schedule.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound
from marac.models import Membership, Retention
from marac.services.minuting import pdf
from marac.services.minuting.document_blocks import facts, heading, long_day, text, time_of_day
from marac.vocabulary import Permission as P, RetentionState

BACKUP_DAYS: Final = 35
HONEST: Final = (
    "Since the moment named above nobody can read this record in the service, whatever their role: its keys do not "
    "exist there any more. Backups of the key store live for at most {days} days. Until {until} somebody who held such "
    "a backup, a backup of the database and the root key could still have opened the record; from that day nobody can. "
    "Copies that agencies made for their own files are not reached by this erasure: each agency destroys its own."
)
KEPT: Final = (
    "What is kept: this line of the disposal log, entries of the audit trail, which hold ids and codes only, and "
    "anonymous counts for annual figures."
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate, in the words of the page and the paper alike."""

    number: str
    rows: tuple[tuple[str, str], ...]
    honest: str
    kept: str


def get_certificate(session: Session, actor: Actor, number: str) -> Certificate:
    """The certificate of this number; NotFound for any other. Reading it is in the trail."""
    mine = access.visible(actor, P.RETENTION_READ, Retention).where(Retention.state == RetentionState.ERASED)
    row = session.scalar(mine.where(Retention.certificate == number.upper()))
    if row is None or row.erased_at is None:
        raise NotFound
    audit.record(session, actor, "retention:certified", row)
    until = clock.to_london(row.erased_at).date() + timedelta(days=BACKUP_DAYS)
    return Certificate(
        row.certificate or "", _rows(session, row), HONEST.format(days=BACKUP_DAYS, until=long_day(until)), KEPT
    )


def _rows(session: Session, row: Retention) -> tuple[tuple[str, str], ...]:
    days = {
        "Ended": row.ended_on, "Kept until": row.retain_until,
        "Erasure proposed": row.proposed_at, "Erasure approved": row.approved_at,
    }  # fmt: skip
    who = {"Erasure proposed": row.proposed_by_id, "Erasure approved": row.approved_by_id}
    told = [(label, long_day(day) + _by(session, who.get(label))) for label, day in days.items() if day is not None]
    return (
        ("Case", row.case.reference), ("Programme", row.programme.label),
        ("Line of the schedule", row.basis.label if row.basis else "The ledger of erasures, after a restore"), *told,
        ("Erased", f"{long_day(row.erased_at)}, {time_of_day(row.erased_at)}" if row.erased_at else ""),
        ("Keys destroyed", str(row.keys_erased or 0)), ("Certificate", row.certificate or ""),
    )  # fmt: skip


def _by(session: Session, user_id: object) -> str:
    """In which role, never who."""
    role = session.scalar(select(Membership.role).where(Membership.user_id == user_id).limit(1)) if user_id else None
    return f", by a person with the role {role.label.lower()}" if role else ""


def draw(certificate: Certificate) -> bytes:
    """The same as a PDF."""
    blocks = [facts(*certificate.rows), heading("What this means"), text(certificate.honest), text(certificate.kept)]
    return pdf.render({
        "title": "Certificate of erasure", "marking": "OFFICIAL", "copy": certificate.number,
        "for_whom": "The partnership's records", "made": long_day(clock.now()), "destroy_on": "Keep for audit",
        "watermark": "", "size": 10.5, "flipped": False, "wide_margin": False, "blocks": blocks,
    })  # fmt: skip
