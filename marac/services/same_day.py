"""A red flag of the risk matrix is acted on the same day, whatever the score (CM-6): a message and a deadline.

The message says only that there is something to sign in for. Opens nothing.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import audit, clock, notifications
from marac.access import Actor
from marac.models import Case, Deadline, Referral
from marac.services import local
from marac.services.recipients import recipients
from marac.vocabulary import ProgrammeSlug, Role, Template
from marac.workflows.deadlines import london

RULE = "same_day"


def alert(session: Session, actor: Actor, thing: Referral | Case, flags: Collection[str]) -> None:
    """Tell the coordinator and start the clock, where a flag was raised. Asked again of the same thing, it works once."""
    if not flags or thing.programme != ProgrammeSlug.COMMUNITY_MARAC:
        return
    held = session.scalar(select(Deadline).where(Deadline.subject_id == thing.id, Deadline.rule == RULE))
    if held is None:
        held = Deadline(partnership_id=thing.partnership_id, subject_id=thing.id, rule=RULE, due_at=due_at(session, thing))
        session.add(held)
    elif held.met_at is None:
        return
    held.due_at, held.met_at = due_at(session, thing), None
    who = set(recipients(session, thing, Role.COORDINATOR)) - {actor.user_id}
    path = f"/referrals/{thing.reference}" if isinstance(thing, Referral) else f"/cases/{thing.reference}"
    notifications.enqueue(
        session, thing.partnership_id, who, Template.REFERRAL_URGENT,
        subject_key=f"{type(thing).__name__}:{thing.id.hex}:{RULE}:{held.due_at:%Y%m%d%H}", path=path,
    )  # fmt: skip
    audit.record(session, actor, "risk:alerted", thing, found=len(flags))


def due_at(session: Session, thing: Referral | Case) -> datetime:
    """By when: the hour of today set locally, or so many clock hours from now when that is past."""
    rules, today = local.rules_of(session, thing.partnership_id, thing.programme), clock.today()
    by = london(today, time.fromisoformat(rules.value("same_day.by", today)))
    soon = clock.now() + timedelta(hours=rules.value("same_day.hours", today))
    return by if by >= clock.now() else soon


def acted_on(session: Session, thing: Referral | Case) -> None:
    """Somebody has decided, or said what was done: the clock stops."""
    for held in session.scalars(select(Deadline).where(Deadline.subject_id == thing.id, Deadline.rule == RULE)):
        held.met_at = held.met_at or clock.now()


def waiting(session: Session, thing: Referral | Case) -> datetime | None:
    """By when a raised flag is to be acted on; None when none waits."""
    open_ones = select(Deadline.due_at).where(Deadline.subject_id == thing.id, Deadline.rule == RULE)
    return session.scalar(open_ones.where(Deadline.met_at.is_(None)))
