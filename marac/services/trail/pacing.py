"""Reading in bulk stops: after so many different cases within an hour the second factor is asked for again.

Counts what the trail holds, so that no second browser, role or door starts the count anew.
"""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.errors import StepUpNeeded
from marac.models import AuditEntry, Case
from marac.workflows import alerts

WITHIN = timedelta(hours=1)


def keep_pace(session: Session, actor: Actor, case: Case) -> None:
    """StepUpNeeded for one case more than is usual in an hour, until the person confirms that it is them."""
    if actor.user_id is None:
        return
    now = clock.now()
    since = max(now - WITHIN, actor.stepped_up_at or now - WITHIN)
    read = (
        AuditEntry.actor_id == actor.user_id, AuditEntry.at > since, AuditEntry.tag.in_(alerts.READS),
        AuditEntry.case_id != case.id, AuditEntry.body.not_like('%"page":"brief"%'),
    )  # fmt: skip
    others = session.scalar(select(func.count(AuditEntry.case_id.distinct())).where(*read)) or 0
    if others > alerts.MOST_CASES:
        raise StepUpNeeded
