"""A red flag of the risk matrix is acted on the same day, whatever the score (CM-6): a message and a deadline.

The message says only that there is something to sign in for. Opens nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Case, Deadline, Referral
from marac.services import local
from marac.services.casework import naming
from marac.services.clockwork.recipients import recipients
from marac.vocabulary import Permission as P, ProgrammeSlug, Role, Template
from marac.workflows.deadlines import london

RULE = "same_day"


def alert(session: Session, actor: Actor, thing: Referral | Case, flags: Collection[str]) -> None:
    """Tell the coordinator and start the clock, where a flag was raised. Asked again while it runs, it works once."""
    if not flags or thing.programme != ProgrammeSlug.COMMUNITY_MARAC:
        return
    held = session.scalar(select(Deadline).where(Deadline.subject_id == thing.id, Deadline.rule == RULE))
    if held is None:
        held = Deadline(
            partnership_id=thing.partnership_id, subject_id=thing.id, rule=RULE, due_at=due_at(session, thing)
        )
        session.add(held)
    elif held.met_at is None:
        return
    held.due_at, held.met_at = due_at(session, thing), None
    who = set(recipients(session, thing, Role.COORDINATOR)) - {actor.user_id}
    path = f"/cases/{(thing.case if isinstance(thing, Referral) else thing).reference}/acted"
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


def acted_on(session: Session, actor: Actor, case: Case, what: str) -> None:
    """Keep what was done today, with when and by whom, and stop the clock. RuleBroken when nothing is said."""
    access.require(actor, P.CASE_LIST, case)
    if not what.strip():
        raise RuleBroken("what", "Say what was done today")
    access.open_case(actor, case)
    done = {"what": what.strip(), "by": naming.signature(session, actor), "at": clock.now().isoformat()}
    case.acted_today = [*(case.acted_today or ()), done]
    for held in _open_ones(session, case):
        held.met_at = clock.now()
    audit.record(session, actor, "risk:acted", case)
    session.flush()


def waiting(session: Session, thing: Referral | Case) -> datetime | None:
    """By when a raised flag of a referral or its case is to be acted on; None when none waits."""
    case = thing.case if isinstance(thing, Referral) else thing
    return min((held.due_at for held in _open_ones(session, case)), default=None)


def waiting_cases(session: Session, actor: Actor) -> list[Case]:
    """The cases of the panel with a flag that nobody has acted on yet, for those who decide."""
    raised = select(Deadline.subject_id).where(Deadline.rule == RULE, Deadline.met_at.is_(None))
    of = or_(Case.id.in_(raised), exists().where(Referral.case_id == Case.id, Referral.id.in_(raised)))
    return list(session.scalars(access.visible(actor, P.CASE_LIST, Case).where(of).order_by(Case.reference)))


def _open_ones(session: Session, case: Case) -> list[Deadline]:
    """Flags raised on the case, or on a referral of it."""
    referrals = select(Referral.id).where(Referral.case_id == case.id)
    of = or_(Deadline.subject_id == case.id, Deadline.subject_id.in_(referrals))
    return list(session.scalars(select(Deadline).where(Deadline.rule == RULE, Deadline.met_at.is_(None), of)))


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody did on the day."""

    what: str
    by: str
    at: datetime


def told(session: Session, actor: Actor, case: Case) -> tuple[Done, ...]:
    """What was done so far, the last first; nothing where the summary does not open. NotAllowed unless they decide."""
    access.require(actor, P.CASE_LIST, case)
    if "summary" not in access.open_case(actor, case):
        return ()
    return tuple(
        Done(one["what"], one["by"], datetime.fromisoformat(one["at"])) for one in reversed(case.acted_today or ())
    )  # fmt: skip
