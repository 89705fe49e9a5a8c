"""An agency whose every contact is kept out of a case has an empty seat: who runs the case finds another contact there.

Tells that a seat is empty and never why.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, notifications
from marac.models import Case, Wall
from marac.services.casework.involvement import involved_agencies
from marac.services.clockwork import recipients
from marac.vocabulary import CaseState, Role, Template

OVER = (CaseState.CLOSED, CaseState.MERGED, CaseState.ERASED)


def emptied_seats(session: Session, case: Case) -> list[UUID]:
    """Agencies that may see the case and lost their last active contact for it to a wall."""
    if case.state in OVER or not _walls_of_people(session, case):
        return []
    involved = involved_agencies(session, case.id)
    walled_agencies = set(session.scalars(select(Wall.agency_id).where(Wall.case_id == case.id, access.in_force())))
    empty = []
    for agency_id in involved:
        contacts = recipients.active_people(
            session, case.partnership_id, recipients.AGENCY_PEOPLE, agencies=[agency_id], programme=case.programme
        )
        left = recipients.not_walled(session, case, contacts)
        if contacts and not left and agency_id not in walled_agencies:
            empty.append(agency_id)
    return empty


def tell_emptied(session: Session, case: Case) -> None:
    """Tell the coordinators, once for each seat that became empty."""
    for agency_id in emptied_seats(session, case):
        found = recipients.active_people(session, case.partnership_id, (Role.COORDINATOR,), programme=case.programme)
        who = recipients.not_walled(session, case, found)
        key = f"seat:{case.id.hex[:24]}:{agency_id.hex[:24]}"
        notifications.enqueue(session, case.partnership_id, who, Template.WALL_WAITING, subject_key=key)


def _walls_of_people(session: Session, case: Case) -> bool:
    one = select(Wall.id).where(Wall.case_id == case.id, Wall.user_id.is_not(None), access.in_force()).limit(1)
    return session.scalar(one) is not None
