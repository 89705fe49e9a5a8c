"""What follows a move of a request in the field: jobs withdrawn, visits called off, follow-ups made or dropped.

Moves nothing by itself: `advance` is given to it, so that the reader of the tables may call it. May run twice.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock, notifications
from marac.access import Actor
from marac.models import FollowUp, SanctuaryRequest, Visit, WorksLine, WorksOrder
from marac.services import local
from marac.services.clockwork.recipients import active_people
from marac.vocabulary import FollowUpState, Role, Template, VisitState, WorksOrderState as O
from marac.workflows import follow_up

Advance = Callable[..., Any]
LIVE: Final = (O.OFFERED, O.ACCEPTED)


def withdraw_all(session: Session, actor: Actor, request: SanctuaryRequest, advance: Advance) -> int:
    """Works stand still: every live job is withdrawn at once and its contractor told to look; visits are called off.

    Returns how many jobs (SAN-22).
    """
    live = select(WorksOrder).where(WorksOrder.request_id == request.id, WorksOrder.state.in_(LIVE))
    orders = list(session.scalars(live))
    for order in orders:
        withdraw(session, order, advance)
    booked = select(Visit).where(Visit.request_id == request.id, Visit.state == VisitState.BOOKED)
    for visit in session.scalars(booked).all():
        advance(session, access.system(request.partnership_id), visit, "call_off")
    return len(orders)


def withdraw(session: Session, order: WorksOrder, advance: Advance) -> None:
    """One job is withdrawn; its lines may be ordered again."""
    advance(session, access.system(order.partnership_id), order, "withdraw")
    order.withdrawn_at = clock.now()
    mine = select(WorksLine).where(WorksLine.order_id == order.id, WorksLine.result.is_(None))
    for line in session.scalars(mine).all():
        line.order_id = None
    tell(session, order, Template.JOB_CHANGED, "withdrawn")
    session.flush()


def begin_follow_ups(session: Session, actor: Actor, request: SanctuaryRequest) -> int:
    """One, three and six months from sign-off, shortened to the month's end, on a working day (SAN-32)."""
    signed_on = clock.to_london(request.signed_off_at or clock.now()).date()
    held = set(session.scalars(select(FollowUp.months).where(FollowUp.request_id == request.id)))
    due = follow_up.due_dates(signed_on, local.closures(session, request.partnership_id))
    for months, due_on in due.items():
        if months not in held:
            session.add(
                FollowUp(
                    partnership_id=request.partnership_id, case_id=request.case_id, request_id=request.id,
                    months=months, due_on=due_on, state=FollowUpState.DUE, attempts=0,
                )
            )  # fmt: skip
    session.flush()
    return len(due) - len(held)


def drop_follow_ups(session: Session, request: SanctuaryRequest, advance: Advance) -> None:
    """The home is no longer lived in or the measures are removed: what was still to be asked is not asked."""
    open_ones = select(FollowUp).where(FollowUp.request_id == request.id, FollowUp.state == FollowUpState.DUE)
    for one in session.scalars(open_ones).all():
        advance(session, access.system(request.partnership_id), one, "drop")


def tell(session: Session, order: WorksOrder, template: Template, what: str) -> None:
    """Prompt the contractor's people to sign in. The message holds nothing of the job."""
    people = active_people(session, order.partnership_id, (Role.CONTRACTOR,), agencies=[order.agency_id])
    key = f"job:{order.id.hex}:{what}"
    notifications.enqueue(session, order.partnership_id, people, template, subject_key=key, path="/jobs")
