"""Approving what the works cost: by the role's limit, never one's own request or survey (SAN-27).

In an emergency a budget holder may say yes first; the same person writes it within a working day.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Approval, SanctuaryRequest
from marac.services import local, moving
from marac.services.clockwork.recipients import active_people
from marac.services.sanctuary import specifying, triage
from marac.vocabulary import (
    ApprovalDecision,
    Permission as P,
    ProgrammeSlug,
    Role,
    SanctuaryPriority,
    SanctuaryState as S,
)
from marac.workflows.sanctuary import LINE
from marac.workflows.sanctuary_clocks import due_at
from marac.workflows.sanctuary_guards import approver_is_independent, within_limit

LIMIT_OF = {
    Role.COORDINATOR: "coordinator", Role.SANCTUARY_OFFICER: "coordinator", Role.SERVICE_MANAGER: "head_of_service",
    Role.TEAM_LEADER: "team_leader",
}  # fmt: skip
NO_LIMIT, NO_UPPER_END = "no_limit", -1
STEPS = {
    ApprovalDecision.APPROVED: "approve", ApprovalDecision.SENT_BACK: "send_back",
    ApprovalDecision.DECLINED: "send_back",
}  # fmt: skip
BEFORE_WORKS = LINE[LINE.index(S.IN_TRIAGE) : LINE.index(S.APPROVAL)]


def limit_pence(session: Session, partnership_id: UUID, role: Role) -> int | None:
    """What a role approves up to, in pence: None for nothing, -1 for no upper end."""
    rules = local.rules_of(session, partnership_id, ProgrammeSlug.SANCTUARY)
    key = LIMIT_OF.get(role)
    held = rules.at(clock.today()).get(f"approval_limits_gbp.{key}") if key else None
    if held is None or held.value is None:
        return None
    return NO_UPPER_END if held.value == NO_LIMIT else int(float(held.value) * 100)


def facts_for(session: Session, actor: Actor, request: SanctuaryRequest) -> dict[str, Any]:
    """What the guards of a decision read, and the page shows: the cost, this person's limit, who asked and surveyed."""
    access.open_request(actor, request)
    return {
        **triage.gate_facts(session, request), **specifying.cost_facts(session, request),
        "approver_id": actor.user_id, "requester_id": request.user_id, "surveyor_id": request.surveyor_id,
        "limit_pence": limit_pence(session, request.partnership_id, actor.role),
    }  # fmt: skip


def decide(
    session: Session, actor: Actor, request: SanctuaryRequest, decision: ApprovalDecision, said: Mapping[str, Any]
) -> Approval:
    """Approve, or send back with a reason. RuleBroken for one's own request or survey, and above the limit."""
    access.require(actor, P.SANCTUARY_APPROVE, request)
    facts = facts_for(session, actor, request) | dict(said)
    moving.advance(session, actor, request, STEPS[decision], **facts)
    said = {**said, "amount_pence": facts["amount_pence"]}
    held = _keep(session, request, actor.user_id, decision, said)
    audit.record(
        session, actor, "approval:decided", held, decision=decision, pence=held.amount_pence, spoken=int(held.spoken)
    )
    moving.flush(session)
    return held


def list_approvers(session: Session, request: SanctuaryRequest) -> list[UUID]:
    """Who may say yes to an emergency: budget holders who neither asked for it nor surveyed it."""
    found = active_people(session, request.partnership_id, (Role.SERVICE_MANAGER,))
    return [user_id for user_id in found if user_id not in (request.user_id, request.surveyor_id)]


def note_spoken(
    session: Session, actor: Actor, request: SanctuaryRequest, *, approver_id: UUID | None, amount_pence: int,
    because: str,
) -> Approval:  # fmt: skip
    """Note that a budget holder said yes to an emergency lock change; they write it within a working day."""
    access.require(actor, P.SANCTUARY_DECIDE, request)
    access.open_request(actor, request)
    if request.state not in BEFORE_WORKS:
        raise WrongState
    if request.priority != SanctuaryPriority.EMERGENCY:
        raise RuleBroken("because", "Only an emergency may be approved in words first")
    if approver_id not in list_approvers(session, request):
        raise RuleBroken("approver", "Select who said yes")
    if not because.strip():
        raise RuleBroken("because", "Say what was approved, and why it cannot wait")
    facts = {
        "approver_id": approver_id, "requester_id": request.user_id, "surveyor_id": request.surveyor_id,
        "amount_pence": amount_pence,
        "limit_pence": limit_pence(session, request.partnership_id, Role.SERVICE_MANAGER),
    }  # fmt: skip
    approver_is_independent(request, facts)
    within_limit(request, facts)
    said = {"spoken": True, "because": because, "amount_pence": amount_pence}
    held = _keep(session, request, approver_id, ApprovalDecision.APPROVED, said)
    audit.record(session, actor, "approval:decided", held, decision=held.decision, pence=amount_pence, spoken=1)
    moving.flush(session)
    return held


def has_spoken(session: Session, request: SanctuaryRequest) -> bool:
    """Whether somebody said yes to an emergency lock change before the cost was approved in writing."""
    said = select(Approval.id).where(Approval.request_id == request.id, Approval.spoken.is_(True))
    return session.scalar(said.limit(1)) is not None


def write_down(
    session: Session, actor: Actor, approval: Approval, *, funder: str, order_number: str
) -> Approval:  # fmt: skip
    """What was spoken, in writing: by the same person."""
    access.require(actor, P.SANCTUARY_APPROVE, approval.request)
    if approval.decided_by_id != actor.user_id or approval.written_at is not None:
        raise WrongState
    for name, value, message in (
        ("funder", funder, "Say who pays"), ("order_number", order_number, "Enter the order number"),
    ):  # fmt: skip
        if not value.strip():
            raise RuleBroken(name, message)
    access.open_request(actor, approval.request)
    approval.funder, approval.order_number = funder.strip(), order_number.strip()
    approval.written_at = clock.now()
    audit.record(session, actor, "approval:written", approval)
    moving.flush(session)
    return approval


def to_write(session: Session, actor: Actor, request: SanctuaryRequest) -> Approval | None:
    """What this person said yes to and has not written down yet."""
    query = access.visible(actor, P.SANCTUARY_APPROVE, Approval).where(
        Approval.request_id == request.id, Approval.decided_by_id == actor.user_id, Approval.spoken.is_(True),
        Approval.written_at.is_(None),
    )  # fmt: skip
    return session.scalar(query.limit(1))


def list_to_write(session: Session, actor: Actor) -> list[tuple[str, datetime | None]]:
    """(reference, until when) of each request whose cost this person approved in words and has not written."""
    mine = (Approval.decided_by_id == actor.user_id, Approval.spoken.is_(True), Approval.written_at.is_(None))
    rows = session.scalars(access.visible(actor, P.SANCTUARY_APPROVE, Approval).where(*mine))
    return [(one.request.reference, one.write_by_at) for one in rows]


def get_to_write(session: Session, actor: Actor, request: SanctuaryRequest) -> Approval:
    """The same, or NotFound."""
    found = to_write(session, actor, request)
    if found is None:
        raise NotFound
    return found


def _keep(
    session: Session, request: SanctuaryRequest, approver_id: UUID | None, decision: ApprovalDecision,
    said: Mapping[str, Any],
) -> Approval:  # fmt: skip
    spoken = bool(said.get("spoken"))
    held = Approval(
        partnership_id=request.partnership_id, case_id=request.case_id, request_id=request.id, decision=decision,
        amount_pence=said["amount_pence"], decided_at=clock.now(), decided_by_id=approver_id, spoken=spoken,
        write_by_at=_write_by(session, request) if spoken else None, written_at=None if spoken else clock.now(),
        funder=_words(said, "funder"), order_number=_words(said, "order_number"), because=_words(said, "because"),
        no_quote_why=_words(said, "no_quote_why"),
    )  # fmt: skip
    session.add(held)
    session.flush()
    return held


def _words(said: Mapping[str, Any], name: str) -> str | None:
    return str(said.get(name) or "").strip() or None


def _write_by(session: Session, request: SanctuaryRequest) -> Any:
    rules = local.rules_of(session, request.partnership_id, ProgrammeSlug.SANCTUARY)
    target = rules.block("deadlines", clock.today())["approval_written"][SanctuaryPriority(request.priority)]
    return due_at(target, clock.now(), local.closures(session, request.partnership_id))
