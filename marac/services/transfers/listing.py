"""The transfers that somebody may see: of the panel, of one case, and what is still to hear. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.errors import NotFound
from marac.models import Case, Deadline, Referral, Transfer, TransferFile
from marac.services.casework import naming
from marac.services.transfers.sending import RECEIPT
from marac.vocabulary import Permission as P, TransferDirection


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One transfer in a list: no name of anybody, the case reference is enough to who may open it."""

    id: UUID
    reference: str
    area: str
    direction: TransferDirection
    made_at: datetime
    receipted_at: datetime | None
    due_at: datetime | None
    handed_over: bool
    checked: bool


@dataclass(frozen=True, slots=True)
class TransferPage:
    """One transfer with what was recorded of it."""

    transfer: Transfer
    reference: str
    referral_reference: str
    area: str
    made_by: str
    checked_by: str
    received_by: str
    hand_over: str
    due_at: datetime | None
    fetchable: bool
    sends: bool
    checks: bool


def get_transfer(session: Session, actor: Actor, transfer_id: UUID) -> Transfer:
    """One transfer that the actor may see, or NotFound."""
    transfer = session.scalar(access.visible(actor, P.TRANSFER_READ, Transfer).where(Transfer.id == transfer_id))
    if transfer is None:
        raise NotFound
    return transfer


def list_transfers(session: Session, actor: Actor, most: int = 100) -> list[TransferRow]:
    """The newest transfers, in and out."""
    return _rows(session, actor, access.visible(actor, P.TRANSFER_READ, Transfer).limit(most))


def list_of_case(session: Session, actor: Actor, case: Case) -> list[TransferRow]:
    """The transfers of one case."""
    visible = access.visible(actor, P.TRANSFER_READ, Transfer)
    return _rows(session, actor, visible.where(Transfer.case_id == case.id))


def list_awaited(session: Session, actor: Actor) -> list[TransferRow]:
    """Sent, and no receipt yet: the first due first."""
    waiting = access.visible(actor, P.TRANSFER_SEND, Transfer).where(
        Transfer.direction == TransferDirection.OUT, Transfer.receipted_at.is_(None)
    )
    return sorted(_rows(session, actor, waiting), key=lambda row: row.due_at or row.made_at)


def list_to_check(session: Session, actor: Actor) -> list[TransferRow]:
    """Receipted and handed over, for the chair to check that it took place."""
    waiting = access.visible(actor, P.TRANSFER_CHECK, Transfer).where(
        Transfer.receipted_at.is_not(None), Transfer.handed_over_at.is_not(None), Transfer.checked_at.is_(None)
    )
    return _rows(session, actor, waiting)


def _rows(session: Session, actor: Actor, query: Select[Any]) -> list[TransferRow]:
    found: list[Transfer] = list(session.scalars(query.order_by(Transfer.made_at.desc())))
    due = _due(session, [one.id for one in found])
    return [
        TransferRow(
            one.id, one.case.reference, _area(actor, one), one.direction, one.made_at, one.receipted_at,
            due.get(one.id), one.handed_over_at is not None, one.checked_at is not None,
        )
        for one in found
    ]  # fmt: skip


def view_transfer(session: Session, actor: Actor, transfer: Transfer) -> TransferPage:
    """One transfer as its page shows it; looking at it is in the trail."""
    access.require(actor, P.TRANSFER_READ, transfer)
    opened = access.open_case(actor, transfer.case)
    reads = "documents" in opened
    names = naming.colleagues(session, actor, [transfer.made_by_id, transfer.checked_by_id])
    referral = session.get(Referral, transfer.referral_id) if transfer.referral_id else None
    held = session.scalar(select(TransferFile.id).where(TransferFile.transfer_id == transfer.id))
    sends = access.may(actor, P.TRANSFER_SEND, transfer)
    audit.record(session, actor, "transfer:read", transfer)
    return TransferPage(
        transfer, transfer.case.reference, referral.reference if referral else "", _area(actor, transfer),
        names.get(transfer.made_by_id, ""), names.get(transfer.checked_by_id or transfer.id, ""),
        (transfer.received_by or "") if reads else "", (transfer.hand_over or "") if reads else "",
        _due(session, [transfer.id]).get(transfer.id), held is not None and sends, sends,
        access.may(actor, P.TRANSFER_CHECK, transfer),
    )  # fmt: skip


def _area(actor: Actor, transfer: Transfer) -> str:
    if transfer.area is not None:
        return transfer.area.name
    opened = access.open_case(actor, transfer.case)
    return (transfer.area_name or "") if "documents" in opened else ""


def _due(session: Session, ids: list[UUID]) -> dict[UUID, datetime]:
    """When each receipt is due, while it has not come."""
    waiting = select(Deadline.subject_id, Deadline.due_at).where(Deadline.subject_id.in_(ids), Deadline.rule == RECEIPT)
    return {row.subject_id: row.due_at for row in session.execute(waiting.where(Deadline.met_at.is_(None)))}
