"""Raising an alert, once for each thing it is about, and telling those who look into alerts. Its mail says nothing."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.models import Case, TrailAlert
from marac.services.clockwork import recipients
from marac.vocabulary import AlertRule, AlertState, Role, Template

ALSO_TOLD = {AlertRule.INTEGRITY: (Role.CHAIR,)}
QUEUE = "/admin/audit/alerts"


def raise_alert(
    session: Session, actor: Actor, rule: AlertRule, slot: str, *, seq: int, count: int = 1,
    user_id: UUID | None = None, case_id: UUID | None = None, agency_id: UUID | None = None,
) -> TrailAlert | None:  # fmt: skip
    """A new alert, and a prompt to those who look into it but are not who it is of. None when this slot has one."""
    whose = actor.partnership_id
    known = (TrailAlert.partnership_id == whose, TrailAlert.rule == rule, TrailAlert.slot == slot)
    if session.scalar(select(TrailAlert.id).where(*known)) is not None:
        return None
    access.open_staff_for("alert", whose)
    alert = TrailAlert(
        partnership_id=whose, rule=rule, slot=slot, state=AlertState.OPEN, at=clock.now(), seq=seq, count=count,
        user_id=user_id, case_id=case_id, agency_id=agency_id,
    )  # fmt: skip
    session.add(alert)
    audit.record(session, access.system(whose), "alert:raised", alert, rule=rule, count=count)
    case = session.get(Case, case_id) if case_id else None
    for role in (Role.AUDITOR, *ALSO_TOLD.get(rule, ())):
        told = recipients.active_people(session, whose, (role,))
        told = recipients.not_walled(session, case, told) if case else told
        path = f"/cases/{case.reference}/looked" if case and role is Role.CHAIR else QUEUE
        notifications.enqueue(
            session, whose, set(told) - {user_id}, Template.REFERRAL_URGENT, subject_key=alert.id.hex, path=path
        )
    return alert
