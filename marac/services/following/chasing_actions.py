"""Reminding agencies of their open actions: those ticked, or all that are overdue of the agencies ticked (DA-28).

Refuses more than one reminder a day for an agency. Opens no action.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Action
from marac.services.casework import naming
from marac.services.clockwork.recipients import AGENCY_PEOPLE, active_people
from marac.vocabulary import LIVE_ACTIONS, Permission as P, Template


@dataclass(frozen=True, slots=True)
class Late:
    """How many open actions of an agency are overdue, and since when."""

    agency_id: UUID
    agency: str
    number: int
    oldest_on: date


def list_late(session: Session, actor: Actor) -> tuple[Late, ...]:
    """Agencies with overdue actions, the longest overdue first, for those who follow them up."""
    late = (access.rule(actor, P.ACTION_CREATE, Action), Action.state.in_(LIVE_ACTIONS), Action.due_on < clock.today())
    oldest = func.min(Action.due_on)
    rows = session.execute(
        select(Action.agency_id, func.count(), oldest).where(*late).group_by(Action.agency_id).order_by(oldest)
    )
    names = naming.agency_names(session, actor.partnership_id)
    return tuple(Late(agency_id, names[agency_id], number, on) for agency_id, number, on in rows)


def chase(session: Session, actor: Actor, action_ids: Iterable[UUID], *, agency_ids: Iterable[UUID] = ()) -> int:
    """Prompt the agencies of these live actions, and these agencies for all they have overdue; once a day each.

    Returns how many agencies were asked (DA-28).
    """
    overdue = Action.agency_id.in_(list(agency_ids)) & (Action.due_on < clock.today())
    ticked = or_(Action.id.in_(list(action_ids)), overdue)
    mine = access.visible(actor, P.ACTION_CREATE, Action).where(ticked, Action.state.in_(LIVE_ACTIONS))
    chosen = session.scalars(mine).all()
    if not chosen:
        raise RuleBroken("actions", "Select at least one action or agency")
    agencies = {action.agency_id for action in chosen}
    for agency_id in agencies:
        notifications.enqueue(
            session,
            actor.partnership_id,
            active_people(session, actor.partnership_id, AGENCY_PEOPLE, agencies=[agency_id]),
            Template.ACTIONS_DUE,
            subject_key=f"chase:{agency_id.hex}:{clock.today():%Y%m%d}",
            path="/actions",
        )
    for action in chosen:
        audit.record(session, actor, "action:chased", action, agency=action.agency_id)
    return len(agencies)
