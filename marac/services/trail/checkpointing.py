"""Checkpoints, signed and laid where the application cannot rewrite them: folders, and the auditor's mailbox.

A statement is committed first and handed out after it; whoever misses one gets it with the next.
"""

import json
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.audit import checkpoints
from marac.config import Settings
from marac.models import AuditCheckpoint
from marac.notifications import Letterhead, Prompt
from marac.services.clockwork import leases
from marac.services.clockwork.leases import Held
from marac.services.keeping.deployment import Deployment, unit_of_work

SUBJECT = "Checkpoint"
AT_ONCE = 50


def sign_checkpoints(house: Deployment, held: Held, job: str, slot: str) -> int:
    """Sign in every partnership where a checkpoint is due, then hand out what some place does not hold yet."""
    leases.in_each_partnership(house, held, job, slot, partial(_sign, house))
    return sum(hand_out(house, partnership_id) for partnership_id in leases.partnerships(house))


def _sign(house: Deployment, session: Session, actor: Actor) -> int:
    checkpoints.sign_next(session, house.keyring, actor.partnership_id)
    return 0  # that it ran is no entry: it would ask for the next checkpoint


def sign_now(house: Deployment, actor: Actor) -> None:
    """A checkpoint at once, whatever the last one's age: before something is printed, and from the console."""
    with unit_of_work(house, actor) as session:
        access.asked()
        checkpoints.sign_next(session, house.keyring, actor.partnership_id, at_once=True)
    hand_out(house, actor.partnership_id)


def hand_out(house: Deployment, partnership_id: UUID) -> int:
    """Append to every folder what it misses, and mail what was not mailed. Returns how many lines went anywhere."""
    folders, readers = house.settings.checkpoint_folders, house.settings.checkpoint_readers
    if not folders and not readers:
        return 0
    with house.reader() as session:
        mine = select(AuditCheckpoint).where(AuditCheckpoint.partnership_id == partnership_id)
        rows = list(session.scalars(mine.order_by(AuditCheckpoint.number)))
        lines, unmailed = [row.line for row in rows], {row.id: row.line for row in rows if row.mailed_at is None}
    written = sum(checkpoints.publish(folder, partnership_id, lines) for folder in folders)
    return written + (_mail(house, unmailed) if readers and unmailed else 0)


def late(session: Session, settings: Settings, partnership_id: UUID, now: datetime) -> bool:
    """Whether entries wait too long for a checkpoint, or a place has not been given the newest for too long."""
    if checkpoints.is_late(session, partnership_id, now):
        return True
    newest = checkpoints.newest(session, partnership_id)
    if newest is None or now - newest.at <= checkpoints.LATE:
        return False
    return any(_holds(folder, partnership_id) < newest.number for folder in settings.checkpoint_folders)


def read_folder(folder: Path, partnership_id: UUID) -> list[checkpoints.Statement]:
    """What a folder holds of a partnership; FileNotFoundError when it holds nothing, ValueError when it is damaged."""
    return checkpoints.read_lines(checkpoints.file_in(folder, partnership_id).read_text("utf-8").splitlines())


def status(session: Session, partnership_id: UUID) -> tuple[str, datetime | None]:
    """The digits of the newest checkpoint and when it was signed."""
    newest = audit.checkpoints.newest(session, partnership_id)
    return (checkpoints.spaced(newest.head.hex()), newest.at) if newest else ("", None)


def _holds(folder: Path, partnership_id: UUID) -> int:
    try:
        held = read_folder(folder, partnership_id)
    except (OSError, ValueError):
        return 0
    return held[-1].number if held else 0


def _mail(house: Deployment, unmailed: dict[UUID, str]) -> int:
    """One mail of all that was not mailed: numbers and hashes, nothing else."""
    smtp_url, settings = house.settings.smtp_url, house.settings
    if smtp_url is None:
        return 0
    head = Letterhead(settings.service_name, settings.base_url, notifications.sender_in(smtp_url))
    few = dict(list(unmailed.items())[:AT_ONCE])
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = SUBJECT, head.written_by(), ", ".join(settings.checkpoint_readers)
    mail["Message-ID"] = f"<{json.loads(next(iter(few.values())))['head'][:32]}@{head.host}>"
    mail["Date"], mail["Auto-Submitted"] = format_datetime(clock.now()), "auto-generated"
    mail.set_content("\n".join(few.values()), cte="quoted-printable")
    taken: list[UUID] = []
    notifications.deliver(smtp_url, [Prompt(tuple(few), mail)], lambda prompt: taken.extend(prompt.message_ids))
    with unit_of_work(house) as session:
        access.asked()
        for row in session.scalars(select(AuditCheckpoint).where(AuditCheckpoint.id.in_(taken))):
            row.mailed_at = clock.now()
    return len(taken)
