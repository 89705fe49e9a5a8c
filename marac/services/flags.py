"""Flag and tag: an agency confirms that its file is marked, and twelve months later that the mark is off (DA-32)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Case, Flag
from marac.services import moving, naming
from marac.vocabulary import FlagState, Permission as P

CONFIRMS = {FlagState.ADD_REQUESTED: "confirm_added", FlagState.REMOVE_REQUESTED: "confirm_removed"}


@dataclass(frozen=True, slots=True)
class FlagRow:
    """One mark to put on, or to take off, the agency's own file."""

    id: UUID
    reference: str
    name: str
    state: FlagState
    due_at: datetime
    lift_on: date


def list_flags(session: Session, actor: Actor) -> tuple[FlagRow, ...]:
    """What the actor's agency is asked to confirm now, the first due first."""
    query = select(
        Flag.id, Flag.case_id, Flag.state, Flag.due_at, Flag.lift_on, Case.reference, Case.state.label("stage")
    )
    query = query.join(Case, Case.id == Flag.case_id).where(access.rule(actor, P.FLAG_CONFIRM, Flag))
    waiting = query.where(Flag.agency_id == actor.agency_id, Flag.state.in_(list(CONFIRMS))).order_by(Flag.due_at)
    rows = session.execute(waiting).all()
    names = naming.victims(session, actor, {row.case_id: row.stage for row in rows})
    return tuple(
        FlagRow(row.id, row.reference, names.get(row.case_id, ""), row.state, row.due_at, row.lift_on) for row in rows
    )


def confirm_flags(session: Session, actor: Actor, flag_ids: Iterable[UUID]) -> int:
    """Confirm that these are done, each in the way it was asked: added, or removed. Returns how many."""
    mine = access.visible(actor, P.FLAG_CONFIRM, Flag).where(Flag.id.in_(list(flag_ids)))
    chosen = session.scalars(mine.where(Flag.state.in_(list(CONFIRMS)))).all()
    if not chosen:
        raise RuleBroken("flags", "Select at least one record")
    for flag in chosen:
        moving.advance(session, actor, flag, CONFIRMS[flag.state])
        flag.confirmed_at, flag.confirmed_by_id = clock.now(), actor.user_id
    moving.flush(session)
    return len(chosen)
