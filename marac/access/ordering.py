"""What of a works order opens: a card for its contractor, the address in its hours, nothing once it has ended (SAN-28).

An order has a key of its own. Refuses a contractor the key of the case, but to write a result they cannot read back.
"""

from collections.abc import Callable
from datetime import datetime, time
from uuid import UUID

from sqlalchemy.orm import object_session

from marac.access.policy import asked, require, require_holds
from marac.access.relations import Actor
from marac.crypto import vault
from marac.errors import NotFound
from marac.models import SanctuaryRequest, WorksOrder
from marac.vocabulary import Permission as P, WorksOrderState
from marac.workflows import job_cards

LIVE = (WorksOrderState.OFFERED, WorksOrderState.ACCEPTED)


def open_order(actor: Actor, order: WorksOrder, *, now: datetime, hour: time) -> frozenset[str]:
    """Grant what stands on the card of a live order, and the address in its hours; returns what opens."""
    require(actor, P.ORDER_READ, order)
    if order.state not in LIVE:
        return frozenset()
    opens = {"job", "location"} if job_cards.shows_address(order.state, order.window_from, now, hour) else {"job"}
    vault.current().grant_many("works", actor.partnership_id, [order.id], opens)
    return frozenset(opens)


def open_new_order(actor: Actor, request: SanctuaryRequest, order_id: UUID) -> None:
    """Grant whoever orders works the card that is being made, to write only."""
    require(actor, P.SANCTUARY_DECIDE, request)
    vault.current().grant_many(
        "works", actor.partnership_id, [order_id], ("job", "location"), open=False, seal=True
    )  # fmt: skip


def open_result(actor: Actor, order: WorksOrder) -> SanctuaryRequest:
    """Grant the contractor of an order to write what came of it into the request, without reading a word there."""
    require(actor, P.ORDER_WORK, order)
    session = object_session(order)
    request = session.get(SanctuaryRequest, order.request_id) if session else None
    if request is None:
        raise NotFound
    vault.current().grant("case", actor.partnership_id, request.case_id, "works", open=False, seal=True)
    return request


def open_visits(actor: Actor, *, seal: bool = False) -> None:
    """Grant the words of the diary: places that are nobody's home, and what was found. Written by who books."""
    require_holds(actor, P.VISIT_BOOK if seal else P.VISIT_READ)
    vault.current().grant("staff", actor.partnership_id, actor.partnership_id, "diary", open=True, seal=seal)


def open_orders_for(partnership_id: UUID) -> Callable[[UUID], None]:
    """For loading alone: what grants, of each order that is made, the card to write."""
    asked()

    def grant(order_id: UUID) -> None:
        vault.current().grant_many("works", partnership_id, [order_id], ("job", "location"), seal=True, purpose="load")

    return grant
