"""Deciding a referral (DA-17): every outcome, what it needs and what follows. Nothing is turned down on a score."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Case, Deadline, Meeting, Referral
from marac.services import conflicts, listing, local, matching, moving, panels, people, referral_tasks, referrals
from marac.services.cases_joining import join_case
from marac.services.involvement import core_agencies, involve
from marac.vocabulary import InvolvementBasis, LinkDecision, Permission as P, ReferralKind, Role, TriageOutcome
from marac.workflows.deadlines import emergency_due
from marac.workflows.engine import Facts
from marac.workflows.referral import REFERRAL

REASON_CODES = {
    "criteria_not_met": "None of the four reasons is met",
    "only_for_idva": "Only to obtain an IDVA",
    "only_for_evidence": "Only for housing or legal aid evidence",
    "only_to_signpost": "Only to signpost to a service",
    "under_age": "The person is under 16",
    "other": "Something else",
}
FORUMS = {
    "childrens_mash": "Children's social care (MASH)",
    "adult_safeguarding": "Adult safeguarding",
    "mappa": "MAPPA",
    "matac_drive": "MATAC or Drive",
    "prevent": "Prevent",
    "community_marac": "Community MARAC",
}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the coordinator chose and typed. Which parts an outcome needs is the workflow's to say."""

    outcome: TriageOutcome
    meeting_id: UUID | None = None
    emergency_at: datetime | None = None
    approved_by: UUID | None = None
    reason: str = ""
    reason_code: str = ""
    advice: str = ""
    questions: str = ""
    forum: str = ""
    into: str = ""
    source_area: str = ""
    earlier_papers: str = ""
    receiving_area: str = ""
    conflict_checked: bool = False
    links: Mapping[UUID, LinkDecision] = field(default_factory=dict)
    walls: Iterable[UUID] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a ruling points at: the meeting, and the other case when there is one."""

    meeting: Meeting | None
    into_case: Case | None


def decide(session: Session, actor: Actor, referral: Referral, ruling: Ruling) -> Referral:
    """Decide a referral, or send it back with a question.

    WrongState when it was decided already; RuleBroken beside what is missing. Links and walls of the ruling are
    recorded first, so that one page holds everything.
    """
    access.require(actor, P.REFERRAL_DECIDE, referral)
    step = REFERRAL.find(STEPS[ruling.outcome], referral.state)
    access.open_case(actor, referral.case)
    _screen(session, actor, referral, ruling)
    chosen = _chosen(session, actor, referral, ruling)
    facts = _facts(session, actor, referral, ruling, chosen)
    if ruling.outcome == TriageOutcome.ALERT_ONLY:
        core = core_agencies(session, referral.case)
        involve(session, referral.case_id, referral.partnership_id, core, InvolvementBasis.LISTED)
    moving.advance(session, actor, referral, step.name, **facts)
    _record(session, actor, referral, ruling)
    AFTER[ruling.outcome](session, actor, referral, ruling, chosen)
    moving.flush(session)
    return referral


def may_decide(actor: Actor) -> bool:
    """Whether this person decides referrals at all."""
    return access.holds(actor, P.REFERRAL_DECIDE)


def review(session: Session, actor: Actor, referral: Referral, reason: str) -> Referral:
    """Look again at a referral that was not listed; its clock starts again."""
    access.require(actor, P.REFERRAL_DECIDE, referral)
    access.open_case(actor, referral.case)
    moving.advance(session, actor, referral, "review", reason=reason)
    referral.decided_at = referral.decided_by_id = referral.outcome = referral.reason_code = None
    referrals.restart_clock(session, referral)
    moving.flush(session)
    return referral


def case_for_joining(session: Session, actor: Actor, reference: str) -> Case | None:
    """The case with that reference, as the coordinator typed or chose it; NotFound when there is none to join."""
    if not reference.strip():
        return None
    query = access.visible(actor, P.CASE_LIST, Case).where(Case.reference == reference.strip().upper())
    found = session.scalar(query)
    if found is None:
        raise RuleBroken("into", "There is no such case. Check the reference, or choose one of the matches")
    return found


def approvers(session: Session, actor: Actor) -> list[conflicts.Colleague]:
    """Who may agree a late listing or an emergency meeting: those who chair."""
    return conflicts.colleagues(session, actor, [Role.CHAIR])


def _screen(session: Session, actor: Actor, referral: Referral, ruling: Ruling) -> None:
    victim = people.victim_of(session, referral.case_id)
    for person_id, decision in ruling.links.items():
        matching.decide_match(session, actor, victim, person_id, decision)
    conflicts.wall_off(session, actor, referral.case, ruling.walls)


def _chosen(session: Session, actor: Actor, referral: Referral, ruling: Ruling) -> Chosen:
    into_case = case_for_joining(session, actor, ruling.into) if ruling.outcome in JOINS else None
    if ruling.outcome == TriageOutcome.ACCEPT_EMERGENCY:
        at = ruling.emergency_at
        return Chosen(listing.schedule_emergency(session, actor, referral.programme, at) if at else None, None)
    waiting = listing.waiting_item(session, into_case) if into_case else None
    if waiting is not None:
        return Chosen(waiting.meeting, into_case)
    return Chosen(listing.chosen_meeting(session, actor, ruling.meeting_id), into_case)


def _facts(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> Facts:
    into = chosen.into_case.id if chosen.into_case else None
    found = matching.find_matches(session, actor, referral.case) if ruling.outcome in SCREENED else []
    return {
        "meeting_state": chosen.meeting.state if chosen.meeting else None,
        "late": _late(session, chosen),
        "reason": ruling.reason,
        "approved_by": ruling.approved_by,
        "undecided_matches": matching.undecided(found),
        "conflict_checked": ruling.conflict_checked,
        "emergency_at": ruling.emergency_at,
        "earlier_case_id": into,
        "into_id": into,
        "source_area": ruling.source_area,
        "earlier_papers": ruling.earlier_papers,
        "receiving_area": ruling.receiving_area,
        "forum": ruling.forum,
        "advice": ruling.advice,
        "questions": ruling.questions,
        "score": referral_tasks.score_of(session, referral),
        "due": {"emergency": _emergency_limit(session, referral)},
    }


def _late(session: Session, chosen: Chosen) -> bool:
    """A case already waiting on that agenda is not added late a second time."""
    if chosen.meeting is None:
        return False
    if chosen.into_case is not None and listing.waiting_item(session, chosen.into_case) is not None:
        return False
    return listing.is_late(session, chosen.meeting)


def _emergency_limit(session: Session, referral: Referral) -> datetime:
    rules, today = local.rules_of(session, referral.partnership_id, referral.programme), clock.today()
    hours = (rules.value("emergency.target_hours", today), rules.value("emergency.limit_hours", today))
    return emergency_due(clock.now(), *hours)[1]


def _record(session: Session, actor: Actor, referral: Referral, ruling: Ruling) -> None:
    """Who decided what and why; a question is not a decision and keeps its place in the exchange."""
    if ruling.outcome == TriageOutcome.RETURN:
        referral.question = ruling.questions.strip()
        asked = {"asked": referral.question, "asked_at": clock.now().isoformat()}
        referral.exchange = [*(referral.exchange or ()), asked]
        return
    referral.decided_at, referral.decided_by_id = clock.now(), actor.user_id
    referral.outcome = ruling.outcome
    referral.reason_code = ruling.forum or ruling.reason_code or None
    referral.decision_reason = ruling.reason.strip() or None
    referral.advice = ruling.advice.strip() or None
    referral.other_area = ruling.source_area.strip() or ruling.receiving_area.strip() or None
    referral.earlier_papers = ruling.earlier_papers.strip() or None
    clocks = select(Deadline).where(Deadline.subject_id == referral.id, Deadline.rule == "triage_decided")
    for deadline in session.scalars(clocks):
        deadline.met_at = referral.decided_at


# --- what follows an outcome ---

After = Callable[[Session, Actor, Referral, Ruling, Chosen], None]


def _list(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> None:
    """The case takes its place at the end of the agenda and reaches the IDVA service (DA-13)."""
    if chosen.meeting is None:
        raise NotFound
    referral.kind = KINDS.get(ruling.outcome, referral.kind)
    referral.meeting_id = chosen.meeting.id
    if listing.waiting_item(session, referral.case) is None:
        panels.list_case_on(
            session, actor, chosen.meeting, referral.case, referral=referral, conflict_checked=ruling.conflict_checked
        )
    referrals.reach_idva(session, referral)


def _join_and_list(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> None:
    if chosen.into_case is None:
        raise NotFound
    session.flush()
    join_case(session, actor, referral, chosen.into_case)
    _list(session, actor, referral, ruling, chosen)


def _join(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> None:
    if chosen.into_case is None:
        raise NotFound
    session.flush()
    join_case(session, actor, referral, chosen.into_case, kind=None)


def _end_case(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> None:
    """Another area or forum has it now: the case that was opened for this referral is closed with that reason."""
    moving.advance(session, actor, referral.case, "close", reason=ruling.reason, live_actions=0)


def _nothing(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> None:
    """Nothing further: the case waits for an answer, a review or its retention date."""


STEPS: dict[TriageOutcome, str] = {
    TriageOutcome.ACCEPT: "accept",
    TriageOutcome.ACCEPT_EMERGENCY: "accept_emergency",
    TriageOutcome.ACCEPT_REPEAT: "accept_repeat",
    TriageOutcome.ACCEPT_TRANSFER_IN: "accept_transfer_in",
    TriageOutcome.RETURN: "return_for_information",
    TriageOutcome.ALERT_ONLY: "note_alert",
    TriageOutcome.TRANSFER_OUT: "transfer_out",
    TriageOutcome.REFER_ELSEWHERE: "refer_elsewhere",
    TriageOutcome.NOT_ACCEPTED: "decline",
    TriageOutcome.MERGE: "merge",
}
AFTER: dict[TriageOutcome, After] = {
    TriageOutcome.ACCEPT: _list,
    TriageOutcome.ACCEPT_EMERGENCY: _list,
    TriageOutcome.ACCEPT_REPEAT: _join_and_list,
    TriageOutcome.ACCEPT_TRANSFER_IN: _list,
    TriageOutcome.RETURN: _nothing,
    TriageOutcome.ALERT_ONLY: _nothing,
    TriageOutcome.TRANSFER_OUT: _end_case,
    TriageOutcome.REFER_ELSEWHERE: _end_case,
    TriageOutcome.NOT_ACCEPTED: _nothing,
    TriageOutcome.MERGE: _join,
}
KINDS = {
    TriageOutcome.ACCEPT_EMERGENCY: ReferralKind.EMERGENCY,
    TriageOutcome.ACCEPT_REPEAT: ReferralKind.REPEAT,
    TriageOutcome.ACCEPT_TRANSFER_IN: ReferralKind.TRANSFER_IN,
}
JOINS = (TriageOutcome.ACCEPT_REPEAT, TriageOutcome.MERGE)
SCREENED = (
    TriageOutcome.ACCEPT, TriageOutcome.ACCEPT_EMERGENCY, TriageOutcome.ACCEPT_REPEAT,
    TriageOutcome.ACCEPT_TRANSFER_IN, TriageOutcome.ALERT_ONLY,
)  # fmt: skip
