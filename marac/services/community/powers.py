"""The powers that a panel used, rejected with a reason, or found not to apply, kept with the case (CM-12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from marac import audit, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Case
from marac.services import moving
from marac.services.casework import naming
from marac.services.community.reviewing import may_review, require_review
from marac.vocabulary import PowerDecision
from marac.workflows import powers as rules
from marac.workflows.powers import Power


@dataclass(frozen=True, slots=True)
class Considered:
    """One power with what was decided about it; `decision` None while nothing is."""

    power: Power
    decision: PowerDecision | None
    reason: str
    when: str


@dataclass(frozen=True, slots=True)
class PowersList:
    """What the Powers tab holds: the groups in order, how many are decided, whether the reader may decide."""

    groups: tuple[tuple[str, tuple[Considered, ...]], ...]
    decided: int
    total: int
    may_change: bool


def view_powers(actor: Actor, case: Case, opened: frozenset[str]) -> PowersList:
    """Every power by its group with what was decided, as far as that is open to the reader."""
    held: Mapping[str, Any] = (case.powers or {}) if "summary" in opened else {}
    shown = [_considered(power, held.get(power.key, {})) for power in rules.powers()]
    names = dict.fromkeys(one.power.group for one in shown)
    groups = tuple((name, tuple(one for one in shown if one.power.group == name)) for name in names)
    decided = sum(one.decision is not None for one in shown)
    return PowersList(groups, decided, len(shown), may_review(actor, case) and "summary" in opened)


def _considered(power: Power, held: Mapping[str, str]) -> Considered:
    decision = PowerDecision(held["decision"]) if held.get("decision") else None
    when = f"{held['on']}, {held['by']}" if held.get("on") else ""
    return Considered(power, decision, held.get("reason", ""), when)


def record_powers(
    session: Session, actor: Actor, case: Case, decisions: Mapping[str, tuple[str, str]], *, version: int | None = None
) -> int:
    """Keep what was decided: key -> (decision, reason); an empty decision leaves the power as it is. Returns how many.

    RuleBroken beside the power that was rejected without a reason; StaleEdit when somebody decided since.
    """
    require_review(session, actor, case)
    moving.same_version(case, version)
    by = {"on": clock.today().isoformat(), "by": naming.signature(session, actor)}
    held, changed = dict(case.powers or {}), 0
    for power in rules.powers():
        decision, reason = decisions.get(power.key, ("", ""))
        before = held.get(power.key, {})
        if not decision or (decision, reason.strip()) == (before.get("decision"), before.get("reason")):
            continue
        word = rules.check_decision(power, decision, reason)
        held[power.key] = {"decision": word.value, "reason": reason.strip(), **by}
        changed += 1
    if changed:
        case.powers = held
        audit.record(session, actor, "case:reviewed", case, fields=["powers"])
        moving.flush(session)
    return changed


def reject_unknown(decisions: Mapping[str, Any]) -> None:
    """RuleBroken for a power that is not on the list."""
    known = {power.key for power in rules.powers()}
    for key in decisions:
        if key not in known:
            raise RuleBroken("powers", "Choose from the list")
