"""Deciding a referral (DA-17): every outcome, what it needs and what follows. Nothing is turned down on a score."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Case, Deadline, Referral
from marac.services import local, moving
from marac.services.casework import assessments, people
from marac.services.casework.involvement import core_agencies, involve
from marac.services.community import community_sending
from marac.services.deciding import conflicts, handing_over, listing
from marac.services.deciding.rulings import AFTER, JOINS, SCREENED, STEPS, Chosen, Ruling
from marac.services.knowing import matching
from marac.services.referring import questions
from marac.vocabulary import InvolvementBasis, Permission as P, ProgrammeSlug, Role, TriageOutcome
from marac.workflows.deadlines import emergency_due
from marac.workflows.engine import Facts


def decide(session: Session, actor: Actor, referral: Referral, ruling: Ruling) -> Referral:
    """Decide a referral, or send it back with a question.

    WrongState when it was decided already; RuleBroken beside what is missing. Links and walls of the ruling are
    recorded first, so that one page holds everything.
    """
    access.require(actor, P.REFERRAL_DECIDE, referral)
    step = moving.flow_of(referral).find(STEPS[ruling.outcome], referral.state)
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


def may_decide(actor: Actor, referral: Referral | None = None) -> bool:
    """Whether this person decides referrals at all, or this one."""
    if referral is None:
        return access.holds(actor, P.REFERRAL_DECIDE)
    return access.may(actor, P.REFERRAL_DECIDE, referral)


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
    conflicts.dismiss(session, actor, referral, ruling.no_conflicts)


def _chosen(session: Session, actor: Actor, referral: Referral, ruling: Ruling) -> Chosen:
    into_case = case_for_joining(session, actor, ruling.into) if ruling.outcome in JOINS else None
    if ruling.outcome == TriageOutcome.ACCEPT_EMERGENCY:
        at = ruling.emergency_at
        return Chosen(listing.schedule_emergency(session, actor, referral.programme, at) if at else None, None)
    waiting = listing.waiting_item(session, into_case or referral.case)
    if waiting is not None:
        return Chosen(waiting.meeting, into_case)
    return Chosen(listing.chosen_meeting(session, actor, ruling.meeting_id), into_case)


def _facts(session: Session, actor: Actor, referral: Referral, ruling: Ruling, chosen: Chosen) -> Facts:
    into = chosen.into_case.id if chosen.into_case else None
    screened, in_community = ruling.outcome in SCREENED, referral.programme == ProgrammeSlug.COMMUNITY_MARAC
    found = matching.find_matches(session, actor, referral.case) if screened else []
    possible = conflicts.possible_conflicts(session, actor, referral) if screened else []
    return {
        "meeting_state": chosen.meeting.state if chosen.meeting else None,
        "late": _late(session, referral, chosen),
        "reason": ruling.reason,
        "approved_by": ruling.approved_by,
        "undecided_matches": matching.undecided(found),
        "undecided_conflicts": conflicts.undecided(possible),
        "conflict_checked": ruling.conflict_checked,
        "emergency_at": ruling.emergency_at,
        "earlier_case_id": into,
        "into_id": into,
        "source_area": ruling.source_area,
        "earlier_papers": ruling.earlier_papers,
        "receiving_area": ruling.receiving_area,
        "forum": ruling.forum,
        "advice": ruling.advice,
        "reason_code": ruling.reason_code,
        "handed_over": ruling.handed_over,
        "questions": questions.question_words(referral, ruling.questions, ruling.missing),
        "score": assessments.score_of(session, referral),
        **(community_sending.deciding_facts(session, referral) if in_community else {}),
        "due": {"emergency": _emergency_limit(session, referral), **handing_over.due_dates(session, referral)},
    }


def _late(session: Session, referral: Referral, chosen: Chosen) -> bool:
    """A case already waiting on that agenda is not added late a second time."""
    if chosen.meeting is None or listing.waiting_item(session, chosen.into_case or referral.case) is not None:
        return False
    return listing.late_for(session, chosen.meeting, referral)


def _emergency_limit(session: Session, referral: Referral) -> datetime:
    rules, today = local.rules_of(session, referral.partnership_id, referral.programme), clock.today()
    hours = (rules.value("emergency.target_hours", today), rules.value("emergency.limit_hours", today))
    return emergency_due(clock.now(), *hours)[1]


def _record(session: Session, actor: Actor, referral: Referral, ruling: Ruling) -> None:
    """Who decided what and why; a question is not a decision and keeps its place in the exchange."""
    if ruling.outcome == TriageOutcome.RETURN:
        questions.keep_question(session, actor, referral, ruling.questions, ruling.missing)
        return
    referral.decided_at, referral.decided_by_id = clock.now(), actor.user_id
    referral.outcome = ruling.outcome
    referral.reason_code = ruling.forum or ruling.reason_code or None
    referral.decision_reason = ruling.reason.strip() or None
    referral.advice = ruling.advice.strip() or None
    referral.other_area = ruling.source_area.strip() or ruling.receiving_area.strip() or None
    referral.earlier_papers = ruling.earlier_papers.strip() or None
    handing_over.keep_hand_over(session, actor, referral, ruling.handed_over)
    clocks = select(Deadline).where(Deadline.subject_id == referral.id, Deadline.rule == "triage_decided")
    for deadline in session.scalars(clocks):
        deadline.met_at = referral.decided_at
