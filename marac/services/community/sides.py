"""Which agencies work in a case only with the person said to be causing harm: from then on next to nothing opens to
them, and nothing of the person at risk (CM-19). Refuses to mark the agency that runs the panel.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Agency, Case, CaseAgency
from marac.services import moving
from marac.services.casework.involvement import involve, involved_agencies
from marac.services.community.reviewing import require_review
from marac.vocabulary import InvolvementBasis

OTHER_SIDE = InvolvementBasis.PERPETRATOR_SIDE


@dataclass(frozen=True, slots=True)
class Side:
    """An agency of the case, and whether it works only with the person said to be causing harm."""

    agency_id: UUID
    name: str
    other_side: bool


def list_sides(session: Session, case: Case) -> tuple[Side, ...]:
    """The agencies that may see the case today, by name."""
    marked, here = marked_agencies(session, case.id), involved_agencies(session, case.id)
    agencies = session.scalars(select(Agency).where(Agency.id.in_(here)).order_by(Agency.name))
    return tuple(Side(one.id, one.name, one.id in marked) for one in agencies)


def marked_agencies(session: Session, case_id: UUID) -> frozenset[UUID]:
    """The agencies that are marked in a case today."""
    query = select(CaseAgency.agency_id).where(CaseAgency.case_id == case_id, CaseAgency.basis == OTHER_SIDE)
    today = clock.today()
    return frozenset(session.scalars(query.where((CaseAgency.until_on.is_(None)) | (CaseAgency.until_on >= today))))


def mark_side(session: Session, actor: Actor, case: Case, agency_id: UUID, *, other_side: bool) -> None:
    """Mark an agency of the case, or take the mark away. What it has read before stays read; nothing new opens."""
    require_review(session, actor, case)
    if agency_id not in involved_agencies(session, case.id):
        raise NotFound
    if agency_id == actor.agency_id:
        raise RuleBroken("agency", "You cannot mark your own agency. Ask the chair to declare a conflict instead")
    if other_side:
        involve(session, case.id, case.partnership_id, [agency_id], OTHER_SIDE)
    else:
        rows = select(CaseAgency).where(CaseAgency.case_id == case.id, CaseAgency.agency_id == agency_id)
        for row in session.scalars(rows.where(CaseAgency.basis == OTHER_SIDE)):
            row.until_on = clock.today() - timedelta(days=1)
    session.info.pop("other_side", None)
    audit.record(session, actor, "case:sided", case, agency=agency_id, marked=int(other_side))
    moving.flush(session)
