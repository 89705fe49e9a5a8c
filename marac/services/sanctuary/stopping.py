"""The ways out of the line, and back into it: stopped for danger, withdrawn, moved, refuge, died, duplicate, on hold.

What was said is kept with who said it and when. No address of a refuge is ever asked for or kept.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import RuleBroken, WrongState
from marac.models import SanctuaryRequest
from marac.services import moving
from marac.services.sanctuary import requests
from marac.vocabulary import GateAnswer, SanctuaryOutcome, SanctuaryState as S
from marac.workflows.sanctuary import HELD

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "freeze": ("how_known", "known_on"),
    "withdraw": ("how_told", "alternatives_offered"),
    "report_moved": ("happened_on",),
    "report_refuge": ("happened_on",),
    "report_died": ("happened_on",),
    "hold": ("because", "review_on"),
    "mark_duplicate": ("same_as",),
}
CLOSES: Final[Mapping[str, SanctuaryOutcome]] = {
    S.WITHDRAWN: SanctuaryOutcome.WITHDREW, S.REFUGE: SanctuaryOutcome.REFUGE, S.FROZEN: SanctuaryOutcome.STOPPED,
    S.MOVED: SanctuaryOutcome.MOVED,
}  # fmt: skip
STOPS_FIRST = "perpetrator_lives_elsewhere"


def stop(
    session: Session, actor: Actor, request: SanctuaryRequest, how: str, facts: Mapping[str, Any]
) -> SanctuaryRequest:
    """Take a request out of the line. RuleBroken beside what the exit needs; whoever may see it may report danger."""
    given = {name: facts.get(name) for name in FIELDS[how]}
    _not_in_the_future(given)
    if how == "mark_duplicate":
        given["same_as_id"] = _other(session, actor, request, str(given.get("same_as") or ""))
    moving.advance(session, actor, request, how, **given, today=clock.today())
    _set(request, how, given)
    _keep(actor, request, how, given)
    moving.flush(session)
    return request


def resume(session: Session, actor: Actor, request: SanctuaryRequest) -> SanctuaryRequest:
    """Go on where the request was stopped, once nothing stops the works (SAN-22)."""
    if request.held_from is None or request.state not in HELD:
        raise WrongState
    stops = _stops(session, request)
    moving.advance(
        session,
        actor,
        request,
        f"resume_{request.held_from}",
        resume_to=request.held_from,
        held_from=request.held_from,
        stops_works=stops,
    )
    request.held_from = request.frozen_at = request.review_on = None
    moving.flush(session)
    return request


def close_stopped(session: Session, actor: Actor, request: SanctuaryRequest) -> SanctuaryRequest:
    """Close what was withdrawn, moved, stopped or ended in refuge."""
    outcome = CLOSES.get(request.state)
    moving.advance(session, actor, request, "close_stopped", outcome=outcome)
    request.outcome, request.closed_at = outcome, clock.now()
    moving.flush(session)
    return request


def close_unsuitable(session: Session, actor: Actor, request: SanctuaryRequest) -> SanctuaryRequest:
    """Close what was not suitable, once it was said in writing."""
    moving.advance(session, actor, request, "close_unsuitable")
    request.outcome, request.closed_at = SanctuaryOutcome.NOT_SUITABLE, clock.now()
    moving.flush(session)
    return request


def _stops(session: Session, request: SanctuaryRequest) -> tuple[str, ...]:
    """Which rules that stop works do not pass, without knowing the triage: it knows us."""
    with access.apart():
        access.open_for("gates", request.partnership_id, [request.case_id])
        tool = requests.tool_of(session, request.partnership_id, request.checklist_version)
        said = request.gates or {}
        return tuple(
            gate.key for gate in tool.gates
            if gate.stops_works and (said.get(gate.key) or {}).get("answer") != gate.pass_when
        )  # fmt: skip


def _not_in_the_future(given: Mapping[str, Any]) -> None:
    for name in ("known_on", "happened_on"):
        if isinstance(given.get(name), date) and given[name] > clock.today():
            raise RuleBroken(name, "The date must be today or in the past")


def _other(session: Session, actor: Actor, request: SanctuaryRequest, reference: str) -> Any:
    other = requests.get_request(session, actor, reference.strip()) if reference.strip() else None
    if other is not None and other.id == request.id:
        raise RuleBroken("same_as", "Enter the reference of another request")
    return other.id if other else None


def _set(request: SanctuaryRequest, how: str, given: Mapping[str, Any]) -> None:
    """The plain dates that lists and returns read."""
    if how == "freeze":
        request.frozen_at = clock.now()
    elif how == "hold":
        request.review_on = given["review_on"]
    elif how == "report_moved":
        request.moved_out_on = given["happened_on"]
    elif how == "mark_duplicate":
        request.same_as_id = given["same_as_id"]
        request.outcome, request.closed_at = SanctuaryOutcome.DUPLICATE, clock.now()
    elif how == "report_died":
        request.outcome, request.closed_at = SanctuaryOutcome.DIED, clock.now()


def _keep(actor: Actor, request: SanctuaryRequest, how: str, given: Mapping[str, Any]) -> None:
    """Write down what was said; of danger, that the home is not clear until somebody answers that again."""
    whose = actor.user_id.hex if actor.user_id else ""
    said = {name: str(value) for name, value in given.items() if value is not None and not name.endswith("_id")}
    with access.apart():
        access.open_for("gates", request.partnership_id, [request.case_id])
        earlier = [dict(one) for one in request.exits or ()]
        gates = {key: dict(value) for key, value in (request.gates or {}).items()}
    request.exits = [*earlier, {"how": how, "on": clock.today().isoformat(), "by": whose, **said}]
    if how == "freeze" and (gates.get(STOPS_FIRST) or {}).get("answer") != GateAnswer.NO:
        told = {"answer": GateAnswer.NO, "evidence": str(given["how_known"]), "on": clock.today().isoformat()}
        request.gates = {**gates, STOPS_FIRST: {**told, "by": whose}}
