"""From the sign-off to the end of the line: the safety plan with its flags, and closing with how it ended (SAN-31)."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import FollowUp, SanctuaryRequest
from marac.services import moving
from marac.services.sanctuary import address_flags, follow_ups
from marac.vocabulary import AtHome, FollowUpState, Permission as P, SanctuaryOutcome

OUTCOMES = {AtHome.YES: SanctuaryOutcome.STAYED, AtHome.NO: SanctuaryOutcome.MOVED}


def begin_follow_up(
    session: Session, actor: Actor, request: SanctuaryRequest, *, plan: str, flags: Iterable[str], no_flag_reason: str
) -> SanctuaryRequest:  # fmt: skip
    """The safety plan is made and the flags are asked for, or said why not; the follow-ups open."""
    access.require(actor, P.SANCTUARY_SUPPORT, request)
    access.open_request(actor, request)
    asked = address_flags.ask_for(session, actor, request, flags)
    moving.advance(session, actor, request, "begin_follow_up", safety_plan=plan, no_flag_reason=no_flag_reason, **asked)
    request.safety_plan = "\n".join(part for part in (plan.strip(), no_flag_reason.strip()) if part)
    moving.flush(session)
    return request


def close(session: Session, actor: Actor, request: SanctuaryRequest) -> SanctuaryRequest:
    """Close after the last follow-up, with what it said. Who could not be reached never counts as stayed (SAN-32)."""
    outcome = outcome_of(session, request)
    open_count = follow_ups.open_count(session, request)
    moving.advance(session, actor, request, "close", open_follow_ups=open_count, outcome=outcome)
    request.outcome, request.closed_at = outcome, clock.now()
    moving.flush(session)
    return request


def outcome_of(session: Session, request: SanctuaryRequest) -> SanctuaryOutcome:
    """What the last follow-up that was answered for says."""
    query = select(FollowUp).where(FollowUp.request_id == request.id, FollowUp.state != FollowUpState.NOT_NEEDED)
    last = session.scalar(query.order_by(FollowUp.months.desc()).limit(1))
    if last is None or last.at_home is None:
        return SanctuaryOutcome.UNREACHABLE
    return OUTCOMES.get(last.at_home, SanctuaryOutcome.UNREACHABLE)
