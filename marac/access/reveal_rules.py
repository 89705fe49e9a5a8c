"""When one masked value may be shown, to whom and until when: the tables behind a reveal (DA-4).

An agency learns where somebody is while there is a live plan, and for 28 days after its minutes went out. Refuses a way
of reaching the person to agencies that have no reason to reach them.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, select
from sqlalchemy.orm import Session

from marac import clock
from marac.access.relations import Actor, referred
from marac.models import Action, Agency, AgendaItem, AuditEntry, Case, CaseAgency, Minutes
from marac.vocabulary import LIVE_ACTIONS, CaseState as S, InvolvementBasis, Role

REVEALED = frozenset({"location", "contact"})
_LIVE = frozenset({S.RECEIVED, S.LISTED, S.RESEARCHED, S.IN_MEETING, S.HEARD, S.ISSUED, S.ACTIONS_OPEN, S.REVIEW_DUE})
_AND_AFTER = _LIVE | {S.LAPSED, S.CLOSED}
REVEALS: dict[Role, frozenset[S]] = {
    Role.REPRESENTATIVE: _LIVE,
    Role.DEPUTY: _LIVE,
    Role.IDVA: _LIVE,
    Role.COORDINATOR: _AND_AFTER,
    Role.CHAIR: _AND_AFTER,
}

AFTER_MINUTES = timedelta(days=28)
AFTER_CLOSING = timedelta(days=90)


def _minutes_went_out(case_id: Any) -> Select[Any]:
    """When minutes of the case were last circulated."""
    held = select(func.max(Minutes.issued_at)).join(AgendaItem, AgendaItem.meeting_id == Minutes.meeting_id)
    return held.where(AgendaItem.case_id == case_id)


def _closed(case_id: Any) -> Select[Any]:
    """When the plan was last closed."""
    tags = ("case:close", "case:close_over")
    return select(func.max(AuditEntry.at)).where(AuditEntry.case_id == case_id, AuditEntry.tag.in_(tags))


Since = Callable[[Any], Select[Any]]
_ISSUED: dict[S, tuple[Since, timedelta]] = dict.fromkeys(
    (S.ISSUED, S.ACTIONS_OPEN, S.REVIEW_DUE), (_minutes_went_out, AFTER_MINUTES)
)
ENDS: dict[tuple[str, Role], dict[S, tuple[Since, timedelta]]] = {
    ("location", Role.REPRESENTATIVE): _ISSUED,
    ("location", Role.DEPUTY): _ISSUED,
    ("location", Role.COORDINATOR): {S.CLOSED: (_closed, AFTER_CLOSING)},
    ("location", Role.CHAIR): {S.CLOSED: (_closed, AFTER_CLOSING)},
    ("contact", Role.COORDINATOR): {S.CLOSED: (_closed, AFTER_CLOSING)},
    ("contact", Role.CHAIR): {S.CLOSED: (_closed, AFTER_CLOSING)},
}
"""Of what, for whom, at which stage -> since when, and how long it may still be shown."""


def police(actor: Actor, model: Any) -> ColumnElement[bool]:
    """The person works for the police."""
    return exists().where(Agency.id == actor.agency_id, Agency.kind == "police")


def reaches(actor: Actor, model: Any) -> ColumnElement[bool]:
    """The agency has a live action on the case that needs contact."""
    mine = (Action.case_id == model.id, Action.agency_id == actor.agency_id, Action.contacts_victim)
    return exists().where(*mine, Action.state.in_(LIVE_ACTIONS))


def no_guest(actor: Actor, model: Any) -> ColumnElement[bool]:
    """The agency is not here as a guest of one case or one meeting: consulted, until a day (DA-51)."""
    consulted_until = and_(CaseAgency.basis == InvolvementBasis.CONSULTED, CaseAgency.until_on.is_not(None))
    return exists().where(
        CaseAgency.case_id == model.id, CaseAgency.agency_id == actor.agency_id, not_(consulted_until)
    )


def acts(actor: Actor, model: Any) -> ColumnElement[bool]:
    """The agency has a live action on the case."""
    mine = (Action.case_id == model.id, Action.agency_id == actor.agency_id)
    return exists().where(*mine, Action.state.in_(LIVE_ACTIONS))


_TIES = (referred, police, reaches)
NEEDS: dict[tuple[str, Role], tuple[Callable[[Actor, Any], ColumnElement[bool]], ...]] = {
    ("location", Role.REPRESENTATIVE): (no_guest, acts),
    ("location", Role.DEPUTY): (no_guest, acts),
    ("contact", Role.REPRESENTATIVE): _TIES,
    ("contact", Role.DEPUTY): _TIES,
}
"""Of what, for whom -> one of these must hold; without a row the role is enough."""


def at_stage(session: Session, actor: Actor, case: Case, compartment: str) -> bool:
    """Whether one value of this compartment may be shown to the actor at the case's stage and today."""
    if compartment not in REVEALED or case.state not in REVEALS.get(actor.role, ()):
        return False
    needed = NEEDS.get((compartment, actor.role), ())
    if needed and not any(session.scalar(select(exists().where(Case.id == case.id, tie(actor, Case))))
                          for tie in needed):  # fmt: skip
        return False
    ends = ENDS.get((compartment, actor.role), {}).get(case.state)
    return ends is None or clock.now() < _since(session, case, ends[0]) + ends[1]


def _since(session: Session, case: Case, since: Since) -> datetime:
    """When it counts from; of a case without minutes the day it was heard; one brought in closed, long ago."""
    found: datetime | None = session.scalar(since(case.id))
    if found is not None:
        return found
    day = (case.last_heard_on or case.opened_on) if since is _minutes_went_out else date.min + AFTER_CLOSING
    return datetime.combine(day, time.min, clock.LONDON)
