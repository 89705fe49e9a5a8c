"""Triage of a Sanctuary request: each rule with its evidence, the priority, the interim plan, and what follows.

What is not known is asked for and never refused (SAN-21). A rule that stops works, answered no later on, stops them.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import SanctuaryRequest
from marac.services import local, moving
from marac.services.sanctuary import clocks, requests, stopping
from marac.vocabulary import (
    GateAnswer,
    GateResult,
    InterimSafety,
    LandlordState,
    Permission as P,
    ProgrammeSlug,
    SanctuaryPriority,
    SanctuaryState as S,
)
from marac.workflows.sanctuary import LINE
from marac.workflows.sanctuary_triage import Triage, asked_gates, check_priority, weigh

Said = Mapping[str, Mapping[str, Any]]
CHANGED = "eligibility.gates_changed"
LONGEST = 600
WORKS_MAY_RUN = LINE[LINE.index(S.LANDLORD_PERMISSION) :]


def triage_of(session: Session, request: SanctuaryRequest) -> Triage:
    """How the rules stand, from what was answered; the risk compartment must be open."""
    tool = requests.tool_of(session, request.partnership_id, request.checklist_version)
    rules = local.rules_of(session, request.partnership_id, ProgrammeSlug.SANCTUARY)
    gates = asked_gates(tool, rules.value(CHANGED, clock.today()) or {})
    return weigh(gates, tool, {**_from_form(request), **(request.gates or {})}, request.factors or {})


def _from_form(request: SanctuaryRequest) -> dict[str, dict[str, str]]:
    """What whoever asked has answered already: consent, safe contact, and whether the landlord may be asked."""
    said = {"consent": request.consent, "consent_to_ask_landlord": request.landlord_consent}
    answered = {key: {"answer": answer, "evidence": "On the request"} for key, answer in said.items() if answer}
    if request.submitted_at is not None:
        answered["safe_contact_known"] = {"answer": GateAnswer.YES, "evidence": "On the request"}
    return answered


def gate_facts(session: Session, request: SanctuaryRequest) -> dict[str, Any]:
    """What every guard about eligibility reads; opened for that purpose alone, whoever acts."""
    with access.apart():
        access.open_for("gates", request.partnership_id, [request.case_id])
        found = triage_of(session, request)
        said = {line.key: line.answer for line in found.lines}
        return {
            "triage": found.result, "failed_gates": found.failed, "unknown_gates": found.unknown,
            "stops_works": found.stops, "interim": list(request.interim or ()), "interim_plan": request.interim_plan,
            "landlord_consent": said.get("consent_to_ask_landlord", GateAnswer.YES), "priority": request.priority,
            "landlord": request.landlord.state if request.landlord else LandlordState.NOT_ASKED,
            "cost": request.approvals[-1].decision if request.approvals else None,
        }  # fmt: skip


def begin(session: Session, actor: Actor, request: SanctuaryRequest) -> SanctuaryRequest:
    """Take a request up; it is this person's from now."""
    moving.advance(session, actor, request, "triage")
    return allot(session, actor, request, actor.user_id)


def allot(session: Session, actor: Actor, request: SanctuaryRequest, owner_id: UUID | None) -> SanctuaryRequest:
    """Say who sees a request through."""
    access.require(actor, P.SANCTUARY_DECIDE, request)
    request.owner_id = owner_id
    audit.record(session, actor, "sanctuary:allotted", request, owner=owner_id)
    moving.flush(session)
    return request


def answer_gates(
    session: Session, actor: Actor, request: SanctuaryRequest, said: Said, factors: Mapping[str, str]
) -> Triage:
    """Keep the answers with evidence, day and who gave them; one that stops works stops them now (SAN-22).

    RuleBroken beside a no that carries no evidence.
    """
    access.require(actor, P.SANCTUARY_DECIDE, request)
    access.open_request(actor, request)
    held = {key: dict(value) for key, value in (request.gates or {}).items()}
    for key, value in said.items():
        held |= _kept(key, value, held.get(key, {}), actor)
    request.gates = held
    request.factors = {**(request.factors or {}), **{key: answer for key, answer in factors.items() if answer}}
    found = triage_of(session, request)
    audit.record(session, actor, "sanctuary:answered", request, gates=len(said), factors=len(factors))
    moving.flush(session)
    failed = [line for line in found.lines if line.stops_works and line.result is GateResult.FAIL]
    if failed and request.state in WORKS_MAY_RUN:
        facts = {"how_known": failed[0].evidence or failed[0].label, "known_on": clock.today()}
        stopping.stop(session, actor, request, "freeze", facts)
    return found


def _kept(key: str, value: Mapping[str, Any], before: Mapping[str, Any], actor: Actor) -> dict[str, dict[str, Any]]:
    answer, evidence = str(value.get("answer") or ""), str(value.get("evidence") or "").strip()
    if not answer or (answer, evidence) == (before.get("answer"), before.get("evidence")):
        return {}
    if answer == GateAnswer.NO and not evidence:
        raise RuleBroken(f"evidence_{key}", "Say how this is known")
    whose = actor.user_id.hex if actor.user_id else ""
    return {key: {"answer": answer, "evidence": evidence[:LONGEST], "on": clock.today().isoformat(), "by": whose}}


def set_priority(
    session: Session, actor: Actor, request: SanctuaryRequest, priority: SanctuaryPriority, *, why: str = "",
    second: str = "",
) -> SanctuaryRequest:  # fmt: skip
    """Up freely; below what the factors give only with a reason and a second name. Unmet targets are recomputed."""
    access.require(actor, P.SANCTUARY_DECIDE, request)
    access.open_request(actor, request)
    check_priority(priority, triage_of(session, request).priority, why, second)
    request.priority_why, request.priority_second = why.strip() or None, second.strip() or None
    if priority != request.priority:
        clocks.change_priority(session, request, priority)
        audit.record(session, actor, "sanctuary:ranked", request, priority=priority)
    moving.flush(session)
    return request


def keep_interim(
    session: Session, actor: Actor, request: SanctuaryRequest, chosen: list[str], plan: str
) -> SanctuaryRequest:
    """What keeps the person safe until the work is done (SAN-23). Never where a refuge is."""
    access.require(actor, P.SANCTUARY_DECIDE, request)
    access.open_request(actor, request)
    request.interim = [InterimSafety(one) for one in chosen]
    request.interim_plan, request.interim_on = plan.strip() or None, clock.today()
    moving.flush(session)
    return request


def ask_information(
    session: Session, actor: Actor, request: SanctuaryRequest, *, words: str, asked_of: str
) -> SanctuaryRequest:
    """Ask whoever can say for what is not known; the clock of triage stands still meanwhile."""
    facts = gate_facts(session, request) | {"missing_words": words, "asked_of": asked_of}
    moving.advance(session, actor, request, "ask_information", **facts)
    request.question = {"text": words.strip(), "asked_of": asked_of.strip(), "on": clock.today().isoformat()}
    request.answer = None
    moving.flush(session)
    return request


def take_up(session: Session, actor: Actor, request: SanctuaryRequest) -> SanctuaryRequest:
    """Look at the rules again."""
    return moving.advance(session, actor, request, "take_up")


def decline(
    session: Session, actor: Actor, request: SanctuaryRequest, *, reason: str, alternatives: list[str], notice: str
) -> SanctuaryRequest:
    """Not suitable: the reason, what else was offered, and the notice to whoever asked, in writing (SAN-34)."""
    facts = gate_facts(session, request)
    facts |= {"reason": reason, "alternatives": alternatives, "notice": notice}
    moving.advance(session, actor, request, "decline", **facts)
    request.decision = {
        "reason": reason.strip(),
        "alternatives": alternatives,
        "on": clock.today().isoformat(),
        "failed": list(facts["failed_gates"]),
    }
    request.notice = {"text": notice.strip(), "on": clock.today().isoformat()}
    moving.flush(session)
    return request
