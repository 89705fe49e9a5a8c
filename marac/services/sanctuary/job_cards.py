"""What a contractor sees and does: a list of jobs, one card, accept, finish. Nothing else of anything, ever (SAN-28).

The address opens in its hours alone; a job that was withdrawn or finished answers only that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import SanctuaryRequest, WorksLine, WorksOrder
from marac.services import local
from marac.services.moving import advance, flush
from marac.services.sanctuary import photos
from marac.services.sanctuary.consequences import LIVE
from marac.vocabulary import LineResult, Permission as P, ProgrammeSlug, SanctuaryState, WorksOrderState as O
from marac.workflows import job_cards

ADDRESS_HOUR: Final = "job_card.address_from"
LONGEST_NOTE: Final = 300


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job in the list of a contractor."""

    token: str
    code: str
    area: str
    state: O
    window_from: datetime
    window_until: datetime
    items: int


@dataclass(frozen=True, slots=True)
class JobLine:
    """One thing to fit, as the card calls it."""

    id: str
    words: str
    room: str
    note: str


@dataclass(frozen=True, slots=True)
class Card:
    """One live job. `address` is empty outside its hours; `address_from` says when they begin."""

    token: str
    code: str
    state: O
    area: str
    window_from: datetime
    window_until: datetime
    lines: tuple[JobLine, ...]
    access: str
    what_to_say: str
    who_to_ring: str
    contact_rules: tuple[str, ...]
    address: str
    address_from: datetime


@dataclass(frozen=True, slots=True)
class Finished:
    """What a contractor says at the end: a result for each line, a word where something is missing, one photo."""

    results: Mapping[str, str]
    notes: Mapping[str, str]
    photo: bytes


def list_jobs(session: Session, actor: Actor) -> list[JobRow]:
    """The live jobs of the contractor's firm, the first due first."""
    query = access.visible(actor, P.ORDER_WORK, WorksOrder).where(WorksOrder.state.in_(LIVE))
    found = []
    for order in session.scalars(query.order_by(WorksOrder.window_from)):
        _open(session, actor, order)
        found.append(
            JobRow(
                order.token, order.code or "", order.area or "", order.state, order.window_from, order.window_until,
                len(order.lines or ()),
            )
        )  # fmt: skip
    return found


def get_order(session: Session, actor: Actor, token: str) -> WorksOrder:
    """A job of the contractor's firm, live or ended. NotFound for anybody else's."""
    order = session.scalar(access.visible(actor, P.ORDER_WORK, WorksOrder).where(WorksOrder.token == token))
    if order is None:
        raise NotFound
    return order


def read_card(session: Session, actor: Actor, order: WorksOrder) -> Card | None:
    """What stands on the card now; None when the job was withdrawn or is finished."""
    opened, hour = _open(session, actor, order)
    if not opened:
        return None
    if "location" in opened:
        audit.record(session, actor, "works_order:address_shown", order)
    return Card(
        order.token, order.code or "", order.state, order.area or "", order.window_from, order.window_until,
        tuple(JobLine(one["id"], one["words"], one["room"], one["note"]) for one in order.lines or ()),
        order.access or "", order.what_to_say or "", order.who_to_ring or "", tuple(order.contact_rules or ()),
        (order.address or "") if "location" in opened else "", job_cards.address_opens_at(order.window_from, hour),
    )  # fmt: skip


def accept_job(session: Session, actor: Actor, order: WorksOrder) -> None:
    """One tap."""
    advance(session, actor, order, "accept")
    order.accepted_at = clock.now()
    flush(session)


def finish_job(session: Session, actor: Actor, order: WorksOrder, said: Finished) -> None:
    """Each line with its result, one photo without the place it was taken; the card closes with it (SAN-29)."""
    card = read_card(session, actor, order)
    results = {line.id: said.results.get(line.id, "") for line in card.lines} if card else {}
    photo = photos.picture(said.photo) if said.photo else None
    if set(results.values()) - {"", *LineResult}:
        raise RuleBroken("results", "Select one of the answers for each line")
    notes = {line: note.strip()[:LONGEST_NOTE] for line, note in said.notes.items()}
    advance(session, actor, order, "complete", results=results, notes=notes, photo=photo is not None)
    order.completed_at = clock.now()
    request = access.open_result(actor, order)
    for line in session.scalars(select(WorksLine).where(WorksLine.order_id == order.id)).all():
        line.result = LineResult(results[line.id.hex])
        line.result_note = notes.get(line.id.hex, "")
    photos.keep(session, actor, request, key=order.id.hex, content=said.photo, of_work_done=True)
    flush(session)
    _all_done(session, request)


def _all_done(session: Session, request: SanctuaryRequest) -> None:
    """When no job of an approved request is left, it is installed; the office then sees what is missing."""
    live = select(WorksOrder.id).where(WorksOrder.request_id == request.id, WorksOrder.state.in_(LIVE))
    waiting = select(WorksLine.id).where(
        WorksLine.request_id == request.id, WorksLine.removed_at.is_(None), WorksLine.order_id.is_(None)
    )
    if (
        request.state != SanctuaryState.WORKS_ORDERED
        or session.scalar(live.limit(1))
        or session.scalar(waiting.limit(1))
    ):
        return
    advance(session, access.system(request.partnership_id), request, "complete_job")
    request.installed_at = clock.now()
    flush(session)


def _open(session: Session, actor: Actor, order: WorksOrder) -> tuple[frozenset[str], time]:
    hour = address_hour(session, order.partnership_id)
    return access.open_order(actor, order, now=clock.now(), hour=hour), hour


def address_hour(session: Session, partnership_id: UUID) -> time:
    """The hour of the evening before at which the address appears, as the scheme set it; 6pm unless it did."""
    rule: Any = local.rules_of(session, partnership_id, ProgrammeSlug.SANCTUARY).at(clock.today()).get(ADDRESS_HOUR)
    return time.fromisoformat(str(rule.value)) if rule is not None else job_cards.ADDRESS_FROM
