"""Asking the landlord, chasing, escalating, and the answer (SAN-25). Never says why the works are wanted."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import RuleBroken, WrongState
from marac.models import LandlordPermission, SanctuaryRequest
from marac.services import local, moving
from marac.services.clockwork.recipients import recipients
from marac.services.sanctuary import triage
from marac.vocabulary import (
    GateAnswer,
    LandlordState,
    Permission as P,
    ProgrammeSlug,
    Role,
    SanctuaryPriority,
    SanctuaryState as S,
    Template,
)
from marac.workflows.sanctuary_clocks import due_at
from marac.workflows.sanctuary_guards import LANDLORD_GATE

ANSWERS = (LandlordState.GRANTED, LandlordState.GRANTED_WITH_CONDITIONS, LandlordState.REFUSED)
GATE_OF = {
    LandlordState.GRANTED: GateAnswer.YES, LandlordState.GRANTED_WITH_CONDITIONS: GateAnswer.YES,
    LandlordState.REFUSED: GateAnswer.NO, LandlordState.NOT_NEEDED: GateAnswer.NOT_APPLICABLE,
}  # fmt: skip
WHO_ANSWERED = ("answered_role", "Say who answered")
WAITING = (LandlordState.ASKED, LandlordState.NO_REPLY)
OVER = (S.CLOSED, S.REMOVED_ENDED, S.DUPLICATE, S.DIED, S.INELIGIBLE, S.WITHDRAWN, S.MOVED, S.REFUGE)
TOLD = (Role.SANCTUARY_OFFICER, Role.COORDINATOR)


def ask(session: Session, actor: Actor, request: SanctuaryRequest, asked_of: str) -> LandlordPermission:
    """Ask the landlord. RuleBroken unless the person agreed to that apart from the request."""
    if not asked_of.strip():
        raise RuleBroken("asked_of", "Say who was asked")
    moving.advance(session, actor, request, "ask_landlord", **triage.gate_facts(session, request))
    return _put(session, actor, request, LandlordState.ASKED, "landlord:asked", asked_of=asked_of.strip())


def not_needed(session: Session, actor: Actor, request: SanctuaryRequest) -> LandlordPermission:
    """They own the home: nobody is to be asked."""
    access.require(actor, P.SANCTUARY_DECIDE, request)
    access.open_request(actor, request)
    held = _put(session, actor, request, LandlordState.NOT_NEEDED, "landlord:answered", answer=LandlordState.NOT_NEEDED)
    _tell_gate(session, actor, request, LandlordState.NOT_NEEDED, "They own the home")
    return held


def chase(session: Session, actor: Actor, request: SanctuaryRequest) -> LandlordPermission:
    """Note that the landlord was asked again; the next chase is as far off as the first was."""
    held = _waiting(actor, request)
    held.chased += 1
    held.chase_at = _next(session, request)
    audit.record(session, actor, "landlord:chased", held, times=held.chased)
    moving.flush(session)
    return held


def escalate(session: Session, actor: Actor, request: SanctuaryRequest, to: str) -> LandlordPermission:
    """No reply: somebody above is asked."""
    if not to.strip():
        raise RuleBroken("escalated_to", "Say who was asked")
    held = _waiting(actor, request)
    held.escalated_to = to.strip()
    return _escalated(session, actor, request, held)


def answer(
    session: Session, actor: Actor, request: SanctuaryRequest, state: LandlordState, facts: dict[str, Any]
) -> LandlordPermission:
    """Keep the landlord's answer: who gave it, conditions, or why not and what else was offered."""
    held = _waiting(actor, request)
    if state not in ANSWERS:
        raise RuleBroken("answer", "Select the landlord's answer")
    needed: dict[LandlordState, tuple[tuple[str, str], ...]] = {
        LandlordState.GRANTED: (),
        LandlordState.GRANTED_WITH_CONDITIONS: (("conditions", "Enter the conditions"),),
        LandlordState.REFUSED: (
            ("refused_because", "Say why they refused"), ("alternative", "Say what else was offered"),
        ),
    }  # fmt: skip
    for name, message in (WHO_ANSWERED, *needed[state]):
        if not str(facts.get(name) or "").strip():
            raise RuleBroken(name, message)
    held.state, held.answered_at, held.chase_at = state, clock.now(), None
    for name in ("answered_role", "conditions", "refused_because", "alternative"):
        setattr(held, name, str(facts.get(name) or "").strip() or None)
    audit.record(session, actor, "landlord:answered", held, answer=state)
    moving.flush(session)
    _tell_gate(session, actor, request, state, f"{state.label}, {held.answered_role}")
    return held


def escalate_overdue(session: Session, actor: Actor) -> int:
    """The timed job: where no landlord answered in time, the scheme is told (SAN-25). Returns how many."""
    found = 0
    query = select(LandlordPermission).join(LandlordPermission.request).where(
        LandlordPermission.partnership_id == actor.partnership_id, LandlordPermission.state == LandlordState.ASKED,
        LandlordPermission.chase_at <= clock.now(), SanctuaryRequest.state.not_in(OVER),
    )  # fmt: skip
    for held in session.scalars(query).all():
        _escalated(session, actor, held.request, held)
        found += 1
    return found


def _escalated(
    session: Session, actor: Actor, request: SanctuaryRequest, held: LandlordPermission
) -> LandlordPermission:
    held.state, held.escalated_at, held.chase_at = LandlordState.NO_REPLY, clock.now(), None
    audit.record(session, actor, "landlord:escalated", held)
    who = {user_id for role in TOLD for user_id in recipients(session, request, role)} - {actor.user_id}
    notifications.enqueue(
        session, request.partnership_id, who, Template.SCHEME_WAITING,
        subject_key=f"landlord:{held.id.hex}", path=f"/sanctuary/{request.reference}",
    )  # fmt: skip
    moving.flush(session)
    return held


def _waiting(actor: Actor, request: SanctuaryRequest) -> LandlordPermission:
    access.require(actor, P.SANCTUARY_DECIDE, request)
    access.open_request(actor, request)
    if request.landlord is None or request.landlord.state not in WAITING:
        raise WrongState
    return request.landlord


def _put(
    session: Session, actor: Actor, request: SanctuaryRequest, state: LandlordState, tag: str, *, asked_of: str = "",
    **audited: Any,
) -> LandlordPermission:  # fmt: skip
    access.open_request(actor, request)
    held = request.landlord
    if held is None:
        held = LandlordPermission(
            partnership_id=request.partnership_id, case_id=request.case_id, request_id=request.id,
            state=LandlordState.NOT_ASKED, chased=0,
        )  # fmt: skip
        session.add(held)
        request.landlord = held
    held.state = state
    if state == LandlordState.ASKED:
        held.asked_at, held.answered_at, held.escalated_at = clock.now(), None, None
        held.asked_of, held.chase_at = asked_of, _next(session, request)
    session.flush()
    audit.record(session, actor, tag, held, **audited)
    moving.flush(session)
    return held


def _next(session: Session, request: SanctuaryRequest) -> Any:
    rules = local.rules_of(session, request.partnership_id, ProgrammeSlug.SANCTUARY)
    target = rules.block("deadlines", clock.today())["landlord"][SanctuaryPriority(request.priority)]
    return due_at(target, clock.now(), local.closures(session, request.partnership_id))


def _tell_gate(session: Session, actor: Actor, request: SanctuaryRequest, state: LandlordState, words: str) -> None:
    """The landlord's answer is what the rule about the landlord says."""
    triage.answer_gates(session, actor, request, {LANDLORD_GATE: {"answer": GATE_OF[state], "evidence": words}}, {})
