"""Who in an agency does an action: named when it is agreed, and changed by the agency (DA-27).

Refuses a person of another agency, one whose account is not active, and one who is walled off from the case.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Action, AgendaItem, Attendance, Membership
from marac.services.casework import naming
from marac.services.clockwork.recipients import active_people, not_walled
from marac.vocabulary import AttendanceState, Permission as P, Role

OWNING_ROLES = tuple(role for role, cells in access.GRANTS.items() if P.ACTION_UPDATE in cells)
FIRST = (Role.REPRESENTATIVE, Role.IDVA, Role.DEPUTY, Role.COORDINATOR, Role.CHAIR)
HERE = (AttendanceState.PRESENT, AttendanceState.DEPUTY)


def may_own(session: Session, action: Action) -> list[UUID]:
    """The people of the action's agency who can do it, nobody who is walled off from the case."""
    people = active_people(session, action.partnership_id, OWNING_ROLES, agencies=[action.agency_id])
    return not_walled(session, action, people)


def check_owner(session: Session, action: Action, owner_id: UUID | None) -> None:
    """RuleBroken beside `owner_id` when the person cannot be the owner."""
    if owner_id is not None and owner_id not in may_own(session, action):
        raise RuleBroken("owner_id", "Select somebody of your agency who works with this case")


def named_owner(session: Session, action: Action, item: AgendaItem | None) -> UUID | None:
    """Who is named when nobody was: the agency's person in the room, else its representative; None when it has none."""
    able = may_own(session, action)
    if not able:
        return None
    seated: set[UUID] = set()
    if item is not None:
        came = select(Attendance.user_id).where(
            Attendance.meeting_id == item.meeting_id, Attendance.agency_id == action.agency_id
        )
        seated = {one for one in session.scalars(came.where(Attendance.state.in_(HERE))) if one}
    rows = session.execute(
        select(Membership.user_id, Membership.role, Membership.from_on)
        .where(Membership.user_id.in_(able), Membership.agency_id == action.agency_id)
    ).all()  # fmt: skip
    return min(rows, key=lambda row: _rank(row, seated)).user_id if rows else None


def _rank(row: Any, seated: set[UUID]) -> tuple[Any, ...]:
    place = FIRST.index(row.role) if row.role in FIRST else len(FIRST)
    return (row.user_id not in seated, place, row.from_on, row.user_id)


def list_colleagues(session: Session, actor: Actor, action: Action) -> list[tuple[UUID, str]]:
    """Who can be named, by name, for those who report on the action."""
    access.require(actor, P.ACTION_UPDATE, action)
    names = naming.colleagues(session, actor, may_own(session, action))
    return sorted(names.items(), key=lambda pair: pair[1].casefold())
