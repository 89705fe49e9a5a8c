"""The incidents of a Community MARAC referral, each once; and which of a case's are one and the same (CM-17).

Asks `access` nothing: whoever calls it opened the case first.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import CaseIncident, Referral
from marac.services.referring.referral_answers import Typed
from marac.workflows.incidents_counted import Told, distinct

HELD = ("happened_on", "kind", "what", "reported_to", "references")


def of_case(session: Session, case_id: UUID) -> list[CaseIncident]:
    """Every incident recorded on a case, as it was entered. Risk must be open."""
    query = select(CaseIncident).where(CaseIncident.case_id == case_id)
    return list(session.scalars(query.order_by(CaseIncident.position, CaseIncident.id)))


def of_referral(session: Session, referral: Referral) -> list[CaseIncident]:
    """Those that this referral tells."""
    return [one for one in of_case(session, referral.case_id) if one.referral_id == referral.id]


def told(incidents: Iterable[CaseIncident]) -> tuple[Told, ...]:
    """Them as the counting rule takes them."""
    return tuple(
        Told(one.happened_on, str(one.kind or ""), tuple(map(str, one.references or ()))) for one in incidents
    )  # fmt: skip


def once_each(incidents: list[CaseIncident]) -> list[list[CaseIncident]]:
    """The same incident told several times stands together: as many groups as there were incidents."""
    return [[incidents[place] for place in group] for group in distinct(told(incidents))]


def incident_in(session: Session, referral: Referral, incident_id: UUID) -> CaseIncident:
    """One of the referral's incidents by id; NotFound for any other."""
    found = session.get(CaseIncident, incident_id)
    if found is None or found.referral_id != referral.id:
        raise NotFound
    return found


def read(session: Session, referral: Referral, incident_id: UUID | None) -> dict[str, Any]:
    """One incident as its form holds it, and whether there are none."""
    held: dict[str, Any] = {"no_incidents": referral.no_incidents}
    if incident_id is None:
        return held
    one = incident_in(session, referral, incident_id)
    return held | {name: getattr(one, name) for name in HELD}


def check(session: Session, referral: Referral, typed: Typed) -> None:
    """RuleBroken when nothing was told, or an incident has no date or no words."""
    begun = any(typed.get(name) for name in HELD)
    if not begun and not typed.get("no_incidents") and not of_referral(session, referral):
        raise RuleBroken("no_incidents", "Add each incident, or confirm that there are none")
    if begun and not typed.get("happened_on"):
        raise RuleBroken("happened_on", "Enter when it happened")
    if begun and not typed.get("what"):
        raise RuleBroken("what", "Say what happened")


def save(session: Session, actor: Actor, referral: Referral, typed: Typed) -> frozenset[str]:
    """Add or change one incident; nothing typed adds none. `person_id` is the incident that is changed."""
    given = {name: typed[name] or None for name in HELD if name in typed}
    one = incident_in(session, referral, typed["person_id"]) if typed.get("person_id") else None
    if one is None and any(given.values()):
        one = CaseIncident(
            partnership_id=referral.partnership_id, case_id=referral.case_id, referral_id=referral.id,
            position=_next_position(session, referral), recorded_at=clock.now(), recorded_by_id=actor.user_id,
        )  # fmt: skip
        session.add(one)
        session.flush()
    if one is not None:
        for name, value in given.items():
            setattr(one, name, value)
    session.flush()
    referral.no_incidents = (bool(typed.get("no_incidents")) and not of_referral(session, referral)) or None
    return frozenset({"incident"}) if one is not None else frozenset({"no_incidents"})


def remove(session: Session, referral: Referral, incident_id: UUID) -> None:
    """Take out an incident entered by mistake in a draft."""
    session.delete(incident_in(session, referral, incident_id))
    session.flush()


def _next_position(session: Session, referral: Referral) -> int:
    return 1 + (session.scalar(
        select(func.max(CaseIncident.position)).where(CaseIncident.case_id == referral.case_id)
    ) or 0)  # fmt: skip
