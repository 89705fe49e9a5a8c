"""Writes the demo's minutes as the versions they were approved in: pages, and who was there. Shows nothing."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Minutes, MinutesVersion
from marac.services.demo.borough import Borough
from marac.services.minuting import freezing, reading_minutes
from marac.vocabulary import MinutesState, Role

APPROVED = (MinutesState.APPROVED, MinutesState.ISSUED)


def write_versions(session: Session, borough: Borough) -> int:
    """One version for each approved meeting, and for those still waiting what stood there when they ended."""
    coordinator = borough.of_role(Role.COORDINATOR)[0]
    actor = Actor(borough.id, Role.COORDINATOR, coordinator.id, coordinator.agency_id)
    written = 0
    for minutes in session.scalars(select(Minutes).where(Minutes.partnership_id == borough.id)).all():
        if minutes.state not in APPROVED:
            written += freezing.freeze(session, minutes, freezing.AS_HEARD)
            continue
        written += _approved(session, actor, minutes)
    return written


def _approved(session: Session, actor: Actor, minutes: Minutes) -> int:
    access.open_staff_for("load", minutes.partnership_id)
    pages = freezing.freeze(session, minutes, minutes.number)
    session.add(
        MinutesVersion(
            partnership_id=minutes.partnership_id, minutes_id=minutes.id, number=minutes.number, pages=pages,
            submitted_by_id=minutes.submitted_by_id, approved_at=minutes.approved_at,
            approved_by_id=minutes.approved_by_id, issued_at=minutes.issued_at,
            **reading_minutes.room_to_keep(session, actor, minutes),
        )
    )  # fmt: skip
    session.flush()
    return pages
