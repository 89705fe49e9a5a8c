"""After a decision that sends a person elsewhere or is not to list: is it received, taken on, looked at again (DA-17)?

Every such decision has a clock, so that nobody falls between two. Refuses to let one person both decline and confirm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import RuleBroken, WrongState
from marac.models import Deadline, Referral
from marac.services import local, moving
from marac.services.casework import naming
from marac.services.referring import referrals
from marac.vocabulary import Permission as P, ReferralState
from marac.workflows.deadlines import london, offset

RECEIPT, TAKEN_ON, REVIEWED = "transfer_receipt", "hand_over_acknowledged", "decision_reviewed"
RULE_OF = {
    ReferralState.TRANSFERRED_OUT: RECEIPT, ReferralState.REFERRED_ELSEWHERE: TAKEN_ON,
    ReferralState.NOT_ACCEPTED: REVIEWED,
}  # fmt: skip
DAYS_OF = {
    RECEIPT: "follow_up.transfer_receipt_working_days", TAKEN_ON: "follow_up.hand_over_working_days",
    REVIEWED: "follow_up.review_working_days",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Awaited:
    """One thing still to hear from somebody else: of which referral, under which rule, by when."""

    reference: str
    rule: str
    due_at: datetime
    mine_to_do: bool


def due_dates(session: Session, referral: Referral) -> dict[str, datetime]:
    """By when receipt, taking on and review are due if the referral is decided today, at 5pm of a working day."""
    rules, today = local.rules_of(session, referral.partnership_id, referral.programme), clock.today()
    closed = local.closures(session, referral.partnership_id)
    return {
        rule: london(offset(today, f"D+{rules.value(key, today)}", closed), time(17)) for rule, key in DAYS_OF.items()
    }


def awaited(session: Session, referral: Referral) -> Deadline | None:
    """The clock of what is still to hear about a decided referral; None when nothing is, or it was heard."""
    rule = RULE_OF.get(referral.state)
    held = select(Deadline).where(Deadline.subject_id == referral.id, Deadline.rule == rule)
    return session.scalar(held.where(Deadline.met_at.is_(None))) if rule else None


def list_awaited(session: Session, actor: Actor, most: int = 25) -> list[Awaited]:
    """What those who decide still have to hear or to confirm, the first due first; one's own refusals wait for others.

    A row names no person: the referral does, to whoever may open it.
    """
    if not access.holds(actor, P.REFERRAL_DECIDE):
        return []
    query = (
        select(Referral.reference, Referral.decided_by_id, Deadline.rule, Deadline.due_at)
        .join(Deadline, Deadline.subject_id == Referral.id)
        .where(access.rule(actor, P.REFERRAL_DECIDE, Referral), Deadline.met_at.is_(None))
        .where(Deadline.rule.in_(list(DAYS_OF)), Referral.state.in_(list(RULE_OF)))
    )
    rows = session.execute(query.order_by(Deadline.due_at).limit(most))
    return [
        Awaited(row.reference, row.rule, row.due_at, row.rule != REVIEWED or row.decided_by_id != actor.user_id)
        for row in rows
    ]


def acknowledge(session: Session, actor: Actor, referral: Referral, *, who: str, on: date | None) -> Referral:
    """Record that the other area or forum has the person now: who said so there, and on which day.

    WrongState when nothing is awaited; RuleBroken beside what is missing.
    """
    access.require(actor, P.REFERRAL_DECIDE, referral)
    clock_of = awaited(session, referral)
    if clock_of is None or clock_of.rule == REVIEWED:
        raise WrongState
    if not who.strip():
        raise RuleBroken("acknowledged_by", "Enter who confirmed it there")
    if on is None or on > clock.today():
        raise RuleBroken("acknowledged_on", "Enter the date they confirmed it, today or in the past")
    access.open_case(actor, referral.case)
    told = {
        "acknowledged_by": who.strip(), "acknowledged_on": on.isoformat(), "noted_by": naming.signature(session, actor),
    }  # fmt: skip
    referral.hand_over = {**(referral.hand_over or {}), **told}
    clock_of.met_at = clock.now()
    audit.record(session, actor, "handover:acknowledged", referral, rule=clock_of.rule)
    moving.flush(session)
    return referral


def keep_hand_over(session: Session, actor: Actor, referral: Referral, text: str) -> None:
    """What was handed over and to whom there, as the coordinator wrote it at the decision."""
    if text.strip():
        said: Mapping[str, Any] = {"handed_over": text.strip(), "on": clock.today().isoformat()}
        referral.hand_over = {**said, "by": naming.signature(session, actor)}


def review(session: Session, actor: Actor, referral: Referral, reason: str) -> Referral:
    """Look again at a referral that was not listed; its clock starts again. Anyone who decides may."""
    access.require(actor, P.REFERRAL_DECIDE, referral)
    access.open_case(actor, referral.case)
    moving.advance(session, actor, referral, "review", reason=reason)
    referral.decided_at = referral.decided_by_id = referral.outcome = referral.reason_code = None
    _met(session, referral)
    referrals.restart_clock(session, referral)
    moving.flush(session)
    return referral


def uphold(session: Session, actor: Actor, referral: Referral, reason: str) -> Referral:
    """Confirm, as somebody else than the decider, that a referral is not listed. RuleBroken for the decider."""
    access.require(actor, P.REFERRAL_DECIDE, referral)
    access.open_case(actor, referral.case)
    facts = {"reviewer_id": actor.user_id, "decided_by_id": referral.decided_by_id, "reason": reason}
    moving.advance(session, actor, referral, "uphold", **facts)
    said = {"reviewed": reason.strip(), "reviewed_by": naming.signature(session, actor)}
    referral.hand_over = {**(referral.hand_over or {}), **said, "reviewed_on": clock.today().isoformat()}
    _met(session, referral)
    moving.flush(session)
    return referral


def _met(session: Session, referral: Referral) -> None:
    held = select(Deadline).where(Deadline.subject_id == referral.id, Deadline.rule == REVIEWED)
    for one in session.scalars(held):
        one.met_at = clock.now()
