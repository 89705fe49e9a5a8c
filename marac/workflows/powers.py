"""The powers a panel considers, each with its statute, as data; what is still undecided (CM-12). Decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from marac.errors import RuleBroken
from marac.paths import DATA
from marac.vocabulary import PowerDecision


@dataclass(frozen=True, slots=True)
class Power:
    """One power: what it is, the law it rests on, who may use it, and whether that is confirmed locally."""

    key: str
    group: str
    label: str
    statute: str
    who: str
    facts: str
    confirmed: bool


@cache
def powers() -> tuple[Power, ...]:
    """Every power of the shipped list, in its order."""
    page = yaml.safe_load((DATA / "powers.yaml").read_text(encoding="utf-8"))
    return tuple(
        Power(group=group["name"], **{"who": "", "facts": "", **power})
        for group in page["groups"]
        for power in group["powers"]
    )


def undecided(decided: Mapping[str, Mapping[str, Any]]) -> tuple[Power, ...]:
    """Powers about which nothing is recorded yet."""
    return tuple(power for power in powers() if not decided.get(power.key, {}).get("decision"))


def check_decision(power: Power, decision: str, reason: str) -> PowerDecision:
    """The decision as a word. RuleBroken where it is none, or a rejected power has no reason."""
    if decision not in tuple(PowerDecision):
        raise RuleBroken(power.key, f"Select what was decided: {power.label}")
    if decision == PowerDecision.REJECTED and not reason.strip():
        raise RuleBroken(power.key, f"Say why it was rejected: {power.label}")
    return PowerDecision(decision)
