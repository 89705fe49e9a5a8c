"""The queue of alerts: what was raised, and what somebody found who looked into it. Opens no case."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Case, TrailAlert
from marac.services.casework import naming
from marac.vocabulary import AlertRule, AlertState, Permission as P

MOST = 100


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert: what, when, about whom, and what was found."""

    id: UUID
    rule: AlertRule
    at: datetime
    who: str
    case: str
    count: int
    seq: int
    open: bool
    looked_by: str
    note: str


def list_alerts(session: Session, actor: Actor) -> list[AlertLine]:
    """The newest alerts, those nobody has looked into first. One about oneself is not shown."""
    access.require_holds(actor, P.AUDIT_READ)
    access.open_staff(actor)
    audit.record(session, actor, "audit:read")
    mine = access.visible(actor, P.AUDIT_READ, TrailAlert)
    others = TrailAlert.user_id.is_distinct_from(actor.user_id)
    rows = list(session.scalars(mine.where(others).order_by(TrailAlert.state.desc(), TrailAlert.at.desc()).limit(MOST)))
    who = naming.colleagues(session, actor, [one for row in rows for one in (row.user_id, row.looked_by_id)])
    cases = select(Case.id, Case.reference).where(Case.id.in_([row.case_id for row in rows if row.case_id]))
    references = {row.id: row.reference for row in session.execute(cases)}
    agencies = naming.agency_names(session, actor.partnership_id)
    return [_line(row, who, references, agencies) for row in rows]


def how_many_open(session: Session, actor: Actor) -> int:
    """How many alerts nobody has looked into."""
    if not access.holds(actor, P.ALERT_ANSWER):
        return 0
    mine = access.visible(actor, P.AUDIT_READ, TrailAlert).where(TrailAlert.state == AlertState.OPEN)
    return len(session.scalars(mine.where(TrailAlert.user_id.is_distinct_from(actor.user_id)).limit(MOST)).all())


def get_alert(session: Session, actor: Actor, alert_id: UUID) -> TrailAlert:
    """One alert that is not about oneself, or NotFound."""
    mine = access.visible(actor, P.AUDIT_READ, TrailAlert).where(TrailAlert.id == alert_id)
    alert = session.scalar(mine.where(TrailAlert.user_id.is_distinct_from(actor.user_id)))
    if alert is None:
        raise NotFound
    return alert


def look_into(session: Session, actor: Actor, alert: TrailAlert, *, note: str) -> None:
    """Say what was found. RuleBroken beside `note` without a word; WrongState when somebody else was first."""
    access.require_holds(actor, P.ALERT_ANSWER)
    if not note.strip():
        raise RuleBroken("note", "Write what you found")
    if alert.state != AlertState.OPEN:
        raise WrongState("looked_into")
    access.open_staff_for("alert", actor.partnership_id)
    alert.note = note.strip()
    alert.state, alert.looked_by_id, alert.looked_at = AlertState.LOOKED_INTO, actor.user_id, clock.now()
    audit.record(session, actor, "alert:looked_into", alert, rule=alert.rule)


def _line(row: TrailAlert, who: dict[UUID, str], cases: dict[UUID, str], agencies: dict[UUID, str]) -> AlertLine:
    person = who.get(row.user_id, "") if row.user_id else ""
    return AlertLine(
        row.id, row.rule, row.at, person or (agencies.get(row.agency_id, "") if row.agency_id else ""),
        cases.get(row.case_id, "") if row.case_id else "", row.count, row.seq, row.state == AlertState.OPEN,
        who.get(row.looked_by_id, "") if row.looked_by_id else "", row.note or "",
    )  # fmt: skip
