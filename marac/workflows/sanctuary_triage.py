"""Whether a Sanctuary request is eligible, how urgent it is, and what stops works: the checklist read rule by rule.

What is not known is never a no: it waits for information (SAN-21). Priority is raised freely, and lowered only with a
reason and a second name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import GateAnswer, GateResult, SanctuaryPriority, TriageResult
from marac.workflows.definitions import Checklist, Gate

LANDLORD_GATES = ("landlord_permission", "consent_to_ask_landlord")
OWNS = "owner_occupier"
YES = "yes"


@dataclass(frozen=True, slots=True)
class GateLine:
    """One rule on the page: what it asks, what was answered, on what evidence, and what that means."""

    key: str
    label: str
    note: str
    answers: tuple[str, ...]
    answer: str
    evidence: str
    result: GateResult
    stops_works: bool


@dataclass(frozen=True, slots=True)
class Triage:
    """All rules together, and the priority that the risk factors raise."""

    lines: tuple[GateLine, ...]
    priority: SanctuaryPriority
    raised_by: tuple[str, ...]
    not_known: int

    @property
    def failed(self) -> tuple[str, ...]:
        """Keys of the rules that are not met."""
        return tuple(line.key for line in self.lines if line.result is GateResult.FAIL)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Keys of the rules of which it is not known whether they are met."""
        return tuple(line.key for line in self.lines if line.result is GateResult.UNKNOWN)

    @property
    def result(self) -> TriageResult:
        """Any fail is not eligible; otherwise any unknown waits; otherwise eligible."""
        if self.failed:
            return TriageResult.INELIGIBLE
        return TriageResult.AWAITING if self.unknown else TriageResult.ELIGIBLE

    @property
    def stops(self) -> tuple[str, ...]:
        """Keys of the rules that stop works and do not pass (SAN-22)."""
        return tuple(line.key for line in self.lines if line.stops_works and line.result is not GateResult.PASS)


def asked_gates(tool: Checklist, changed: Mapping[str, Any]) -> tuple[Gate, ...]:
    """The rules that this partnership asks: as the checklist says, unless turned on or off here."""
    return tuple(gate for gate in tool.gates if changed.get(gate.key, gate.on_by_default))


def weigh(gates: tuple[Gate, ...], tool: Checklist, said: Mapping[str, Any], factors: Mapping[str, Any]) -> Triage:
    """Read the answers: `said` maps a rule to its answer and evidence, `factors` a risk factor to yes, no, not known.

    A rule that nobody answered is not known.
    """
    raised = [factor for factor in tool.factors if factors.get(factor.key) == YES]
    order = list(SanctuaryPriority)
    return Triage(
        tuple(_line(gate, said.get(gate.key) or {}) for gate in gates),
        min((SanctuaryPriority(factor.raises_to) for factor in raised), key=order.index, default=order[-1]),
        tuple(factor.label for factor in raised),
        sum(1 for factor in tool.factors if factors.get(factor.key) not in (YES, "no")),
    )


def _line(gate: Gate, said: Mapping[str, Any]) -> GateLine:
    answer = str(said.get("answer") or GateAnswer.UNKNOWN)
    return GateLine(
        gate.key, gate.label, gate.note, gate.answers, answer, str(said.get("evidence") or ""), result(gate, answer),
        gate.stops_works,
    )  # fmt: skip


def result(gate: Gate, answer: str) -> GateResult:
    """What one answer means for one rule. RuleBroken for an answer that the rule does not offer."""
    if answer not in gate.answers:
        raise RuleBroken(f"gate_{gate.key}", "Select one of the answers")
    if answer in (gate.pass_when, GateAnswer.NOT_APPLICABLE):
        return GateResult.PASS
    return GateResult.FAIL if answer == gate.fail_when else GateResult.UNKNOWN


def check_priority(chosen: SanctuaryPriority, raised: SanctuaryPriority, why: str, second: str) -> None:
    """Up freely; down with a reason and a second name (RuleBroken beside `priority_why` or `priority_second`)."""
    order = list(SanctuaryPriority)
    if order.index(chosen) <= order.index(raised):
        return
    if not why.strip():
        raise RuleBroken("priority_why", "Say why the priority is lower than the risk factors give")
    if not second.strip():
        raise RuleBroken("priority_second", "Enter the name of a second person who agrees")
