"""How long each stage of a Sanctuary request may take, and what stops its clock (SAN-24). Has no clock of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from marac.clock import LONDON
from marac.errors import RuleBroken
from marac.vocabulary import PauseWhy, SanctuaryPriority, SanctuaryState as S
from marac.workflows.deadlines import END_OF_DAY, NO_CLOSURES, london, offset

HOURS, WORKING_DAYS = re.compile(r"(\d{1,3})h"), re.compile(r"(\d{1,3})wd")
ENTERED, SENT, TRIAGED, SURVEYED, MOVED_OUT = "entered", "submitted", "in_triage", "survey_done", "moved_out"


@dataclass(frozen=True, slots=True)
class Target:
    """The setting that says how long (`deadlines.<rule>`), and from which moment it is counted."""

    rule: str
    since: str = ENTERED


TARGETS: Final[Mapping[S, Target]] = {
    S.SUBMITTED: Target("triage", SENT),
    S.IN_TRIAGE: Target("triage", SENT),
    S.INELIGIBLE: Target("triage"),
    S.AWAITING_INFORMATION: Target("information_chase"),
    S.LANDLORD_PERMISSION: Target("landlord"),
    S.SURVEY_BOOKED: Target("survey", TRIAGED),
    S.SURVEY_DONE: Target("survey_written", SURVEYED),
    S.FIRE_CONSULT: Target("fire_review", SURVEYED),
    S.SPECIFICATION: Target("specification", SURVEYED),
    S.APPROVAL: Target("approval"),
    S.WORKS_ORDERED: Target("installed"),
    S.INSTALLED: Target("sign_off"),
    S.SIGN_OFF: Target("sign_off"),
    S.SAFETY_PLAN_AND_MARKERS: Target("safety_plan"),
    S.MOVED: Target("removed", MOVED_OUT),
}
PAUSES: Final[Mapping[S, PauseWhy]] = {
    S.AWAITING_INFORMATION: PauseWhy.INFORMATION,
    S.ON_HOLD: PauseWhy.ON_HOLD,
    S.FROZEN: PauseWhy.SAFETY,
    S.WITHDRAWN: PauseWhy.ON_HOLD,
    S.REFUGE: PauseWhy.ON_HOLD,
}
"""The stages in which the scheme cannot act: whatever clock ran before stands still until it goes on."""


def due_at(unit: str, start: datetime, closures: frozenset[date] = NO_CLOSURES) -> datetime:
    """When a target is over: `same_day` by midnight, `24h` in clock hours of every day, `2wd` at the end of the second
    working day after. RuleBroken for a target that is none of these."""
    day = start.astimezone(LONDON).date()
    if unit == "same_day":
        return london(day, END_OF_DAY)
    if found := HOURS.fullmatch(unit):
        return start + timedelta(hours=int(found[1]))
    if found := WORKING_DAYS.fullmatch(unit):
        return london(offset(day, f"D+{found[1]}", closures), END_OF_DAY)
    raise RuleBroken("target", "Enter a target such as same_day, 24h or 2wd")


def stage_due(
    targets: Mapping[str, Mapping[str, str]],
    stage: S,
    priority: SanctuaryPriority,
    moments: Mapping[str, datetime | None],
    closures: frozenset[date] = NO_CLOSURES,
) -> datetime | None:
    """When a stage is over under a priority; None where it has no target. `moments` maps what targets are counted from
    to when it was; `entered` must be there and stands in for one that is not known."""
    target = TARGETS.get(stage)
    unit = targets.get(target.rule, {}).get(priority) if target else None
    if target is None or unit is None:
        return None
    start = moments.get(target.since) or moments[ENTERED]
    return due_at(unit, start, closures) if start else None


def after_pause(
    due: datetime | None, paused: timedelta, priority: SanctuaryPriority, closures: frozenset[date] = NO_CLOSURES
) -> datetime | None:
    """A target that stood still is later by as long; in working days it never ends on a day nobody works."""
    if due is None:
        return None
    moved = due + paused
    if priority == SanctuaryPriority.EMERGENCY:
        return moved
    return london(offset(moved.astimezone(LONDON).date(), "D/next", closures), END_OF_DAY)
