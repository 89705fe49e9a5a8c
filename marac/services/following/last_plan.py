"""The plan of a repeat's last hearing, action by action: what became of it, and did it work (DA-26).

Refuses to weigh an action of another case, or of this hearing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Action, AgendaItem
from marac.services.casework import naming
from marac.services.live import running
from marac.services.moving import flush
from marac.vocabulary import ActionState, Permission as P

WORKED: Final = {"yes": "Yes", "partly": "Partly", "no": "No", "not_known": "Not known"}


@dataclass(frozen=True, slots=True)
class Planned:
    """One action of the last plan, with what the agency said of it and whether the panel thinks it worked."""

    id: UUID
    agency: str
    text: str
    state: ActionState
    note: str
    worked: str
    worked_note: str


def list_planned(session: Session, actor: Actor, item: AgendaItem) -> tuple[Planned, ...]:
    """The actions of the hearing before this one, in the order they were agreed; none for a case not heard before."""
    names = naming.agency_names(session, item.partnership_id)
    return tuple(
        Planned(
            one.id, names[one.agency_id], one.text or "", one.state, one.note or "", one.worked or "",
            one.worked_note or "",
        )
        for one in _of_last_plan(session, actor, item)
    )  # fmt: skip


def weigh_plan(session: Session, actor: Actor, item: AgendaItem, said: Mapping[UUID, tuple[str, str]]) -> int:
    """Record of each action whether it worked, and a word on it; those left out stay as they are. How many changed.

    RuleBroken for an answer that is none of WORKED.
    """
    access.require_holds(actor, P.ACTION_CREATE)
    changed = 0
    for action in _of_last_plan(session, actor, item):
        worked, note = said.get(action.id, ("", ""))
        if worked and worked not in WORKED:
            raise RuleBroken("worked", "Select whether it worked")
        if worked and (worked, note.strip()) != (action.worked, action.worked_note or ""):
            action.worked, action.worked_note = worked, note.strip() or None
            audit.record(session, actor, "action:weighed", action)
            changed += 1
    flush(session)
    return changed


def _of_last_plan(session: Session, actor: Actor, item: AgendaItem) -> list[Action]:
    earlier = running.since_last_time(session, actor, item)
    if earlier is None:
        return []
    agreed = access.visible(actor, P.ACTION_READ, Action).where(Action.item_id == earlier.item.id)
    kept = agreed.where(Action.state.not_in((ActionState.WITHDRAWN, ActionState.TRANSFERRED)))
    return list(session.scalars(kept.order_by(Action.agreed_at, Action.id)))
