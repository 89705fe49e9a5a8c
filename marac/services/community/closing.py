"""The end of a Community MARAC case, and an urgent meeting for one.

Refuses whatever the life-cycle refuses: the facts are gathered here, the conditions stand in the table.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Action, AgendaItem, Case, Referral
from marac.services import moving
from marac.services.casework import naming
from marac.services.community import incidents, reviewing
from marac.services.community.review_days import scores_of, setting
from marac.services.meetings import panels
from marac.vocabulary import (
    LIVE_ACTIONS,
    CaseState,
    Grade,
    MeetingKind,
    MeetingPlace,
    Permission as P,
    ReferralState,
)
from marac.workflows import powers, reviews

CLOSABLE = (CaseState.ACTIONS_OPEN, CaseState.REVIEW_DUE)
ORDER = list(Grade)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is typed when a case is closed. `reason` is asked of the chair who closes over what is open."""

    closing_outcome: str = ""
    victim_view: str = ""
    no_view_reason: str = ""
    step_down: str = ""
    statutory_plan: str = ""
    closing_word: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What stands between a case and its end: what everybody must mend, and what the chair may close over."""

    never_waived: tuple[str, ...]
    waivable: tuple[str, ...]
    may_close: bool
    may_override: bool


def readiness(session: Session, actor: Actor, case: Case) -> Readiness:
    """What is still open; what is typed on the page itself is left out."""
    facts = _facts(session, actor, case, Ending(*("given",) * 7))
    facts["closing_outcome"] = "resolved"
    flow = moving.flow_of(case)
    over = {one.message for one in flow.find("close_over", CaseState.REVIEW_DUE).broken(case, facts)}
    every = [
        one.message for one in flow.find("close", CaseState.REVIEW_DUE).broken(case, {**facts, "statutory_plan": ""})
    ]
    here = case.state in CLOSABLE
    return Readiness(
        tuple(text for text in every if text in over), tuple(text for text in every if text not in over),
        here and access.may(actor, P.CASE_CLOSE, case), here and access.may(actor, P.CASE_OVERRIDE, case),
    )  # fmt: skip


def close_case(
    session: Session, actor: Actor, case: Case, ending: Ending, *, over: bool = False, version: int | None = None
) -> Case:
    """Close the case; `over` is the chair's: over open actions, an old score, a high band, a late incident (CM-14)."""
    reviewing.require_review(session, actor, case)
    moving.same_version(case, version)
    facts = _facts(session, actor, case, ending)
    moving.advance(session, actor, case, "close_over" if over else "close", **facts)
    by = {"on": clock.today().isoformat(), "by": naming.signature(session, actor)}
    case.closing = {**{name: text.strip() for name, text in asdict(ending).items()}, **by}
    case.review_on = None
    moving.flush(session)
    return case


def _facts(session: Session, actor: Actor, case: Case, ending: Ending) -> dict[str, Any]:
    """Everything that the guards of `close` and `close_over` read."""
    reviewing.require_review(session, actor, case)
    scores = scores_of(session, case)
    live = select(func.count()).where(Action.case_id == case.id, Action.state.in_(LIVE_ACTIONS))
    bands = [one.band for one in scores if one.band is not None]
    return {
        **asdict(ending),
        "live_actions": session.scalar(live) or 0,
        "band": reviews.band_of(scores),
        "highest": max(bands, key=ORDER.index) if bands else None,
        "scored_again": reviews.scored_since(scores, case.last_heard_on),
        "powers_undecided": len(powers.undecided(case.powers or {})),
        "care_act_unanswered": sum(not one.decision for one in reviewing.adults_of(session, case)),
        "days_quiet": reviews.days_quiet(incidents.days_of(session, case), clock.today()),
        "quiet_days": setting(session, case, "review.no_incident_days_before_closure"),
    }


# --- an urgent meeting ---


def call_urgently(
    session: Session, actor: Actor, case: Case, *, starts_at: datetime | None, reason: str, conflict_checked: bool
) -> AgendaItem:
    """The chair calls a meeting outside the cycle for this case alone, with a reason; when is in the trail (CM-10).

    RuleBroken for a time later than the hours that an urgent meeting may wait.
    """
    access.require(actor, P.CASE_URGENT, case)
    limit = int(setting(session, case, "emergency.limit_hours"))
    if starts_at is None:
        raise RuleBroken("day", "Enter the day and time of the meeting")
    if starts_at > clock.now() + timedelta(hours=limit):
        raise RuleBroken("day", f"An urgent meeting is within {limit} hours. List the case for a later meeting instead")
    if not reason.strip():
        raise RuleBroken("reason", "Say why this cannot wait")
    meeting = panels.schedule_meeting(
        session, actor, starts_at=starts_at, programme=case.programme, kind=MeetingKind.EMERGENCY,
        place=MeetingPlace.ONLINE, chair_id=actor.user_id,
    )  # fmt: skip
    newest = select(Referral).where(Referral.case_id == case.id, Referral.state == ReferralState.ACCEPTED)
    referral = session.scalar(newest.order_by(Referral.started_at.desc()).limit(1))
    return panels.list_case_on(
        session, actor, meeting, case, referral=referral, conflict_checked=conflict_checked, because=reason,
        approved_by=actor.user_id, urgent=True,
    )  # fmt: skip
