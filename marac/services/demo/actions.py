"""Chooses the demo's actions from the shipped library by the risks of a case, and says what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from marac.models import Action
from marac.services.demo.borough import Borough
from marac.services.demo.sittings import Written
from marac.services.demo.tables import at, chance, days_after, pick, weighted, working_day
from marac.services.demo.telling import Telling
from marac.services.keeping.founding import reference
from marac.vocabulary import LIVE_ACTIONS, ActionState, Protects

S = ActionState
BECAME: dict[str, dict[ActionState, float]] = {
    "long ago": {S.COMPLETE: 84, S.NO_LONGER_POSSIBLE: 6, S.NOT_DONE: 5, S.TRANSFERRED: 3, S.WITHDRAWN: 2},
    "earlier": {S.COMPLETE: 80, S.NO_LONGER_POSSIBLE: 8, S.NOT_DONE: 6, S.TRANSFERRED: 3, S.WITHDRAWN: 3},
    "recent": {S.COMPLETE: 80, S.NO_LONGER_POSSIBLE: 6, S.NOT_DONE: 5, S.OPEN: 3, S.ACCEPTED: 3, S.IN_PROGRESS: 3},
    "last": {S.OPEN: 56, S.ACCEPTED: 18, S.IN_PROGRESS: 14, S.COMPLETE: 12},
}
NOTES = {
    S.COMPLETE: "done_note", S.NO_LONGER_POSSIBLE: "impossible_note", S.NOT_DONE: "not_done_note",
    S.TRANSFERRED: "handed_note", S.WITHDRAWN: "withdrawn_note",
}  # fmt: skip
FIRST = ("contact_plan", "tell_outcome")


@dataclass(frozen=True, slots=True)
class Agreed:
    """One line of the plan: what, by which agency, by when."""

    slug: str
    line: Mapping[str, Any]
    due_on: date | None = None
    state: ActionState | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one hearing: where its actions belong, and how long ago it was agreed."""

    borough: Borough
    case_id: UUID
    item_id: UUID
    meeting: Written
    stage: str
    telling: Telling


@cache
def library() -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Every action of the panel with the agency that usually takes it."""
    groups = reference("actions_library")["groups"]
    return tuple(
        (group["agency"], line) for group in groups for line in group["actions"] if "da_marac" in line["panels"]
    )


@cache
def risks() -> Mapping[str, Mapping[str, Any]]:
    """The risks of the library by key."""
    return {risk["key"]: risk for risk in reference("actions_library")["risks"]}


def choose(draw: Random, yes: frozenset[int], staffed: Sequence[str]) -> list[Agreed]:
    """Three to six actions for the risks that were answered yes, the IDVA's contact among them."""
    present = {key for key, risk in risks().items() if yes & set(risk["dash_items"])}
    fits = [Agreed(slug, line) for slug, line in library() if slug in staffed and present & set(line["addresses"])]
    first = [one for one in fits if one.line["key"] in FIRST][:1]
    rest = [one for one in fits if one not in first]
    return first + draw.sample(rest, min(len(rest), draw.randrange(2, 6)))


def reminder(slug: str, key: str, due_on: date, state: ActionState) -> Agreed:
    """An action that any agency may have, for one that should have something overdue or due today."""
    line = next(line for group, line in library() if group == "any" and line["key"] == key)
    return Agreed(slug, line, due_on, state)


def write_actions(plan: Plan, agreed: Sequence[Agreed]) -> list[Action]:
    """The rows of a plan, each in the state that it has come to. One handed over has its twin at the other agency."""
    rows, draw = [], plan.telling.draw
    for line in agreed:
        state = line.state or weighted(draw, BECAME[plan.stage])
        rows.append(_action(plan, line, state))
        if state is S.TRANSFERRED:
            other = pick(draw, [slug for slug in plan.borough.core if slug != line.slug])
            rows.append(_action(plan, Agreed(other, line.line, line.due_on), S.COMPLETE))
            rows[-1].handed = {"from": rows[-2].id.hex, "because": rows[-2].note}
            rows[-2].handed = {"to": rows[-1].id.hex}
    return rows


def _action(plan: Plan, agreed: Agreed, state: ActionState) -> Action:
    line, draw, on = agreed.line, plan.telling.draw, plan.meeting.sitting.on
    owner = plan.borough.staffed(agreed.slug)
    due_on = agreed.due_on or _due(on, line["default_due"])
    live = state in LIVE_ACTIONS
    named = owner.id if owner and (state is not S.OPEN or chance(draw, 0.3)) else None
    return Action(
        partnership_id=plan.borough.id, case_id=plan.case_id, item_id=plan.item_id, state=state, due_on=due_on,
        agency_id=plan.borough.agencies[agreed.slug], owner_id=named, protects=Protects(line["protects"][0]),
        library_key=line["key"], contacts_victim=line["contact_with_victim"], agreed_at=at(on, 12),
        closed_at=None if live else _closed_at(plan, due_on), closed_by_id=None if live else named,
        text=line["text"], risk=risks()[line["addresses"][0]]["label"],
        **_reported(state, plan, owner.full_name if owner else ""),
    )  # fmt: skip


def _reported(state: ActionState, plan: Plan, by: str) -> dict[str, Any]:
    """What the agency wrote when it closed the action, what should happen instead, and of newer ones how it went."""
    telling = plan.telling
    said: dict[str, Any] = {"note": telling.research(NOTES[state])} if state in NOTES else {}
    if state in (S.NO_LONGER_POSSIBLE, S.NOT_DONE):
        said["instead"] = telling.research("instead")
    if state is S.IN_PROGRESS and by:
        on = min(days_after(plan.meeting.sitting.on, 1), days_after(plan.meeting.today, -1))
        note = telling.research("progress_note")
        said |= {"note": note, "news": [{"on": on.isoformat(), "by": by, "state": state.label, "note": note}]}
    return said


def _closed_at(plan: Plan, due_on: date) -> datetime:
    """Most in time, a few some days late; never in the future."""
    on, draw = plan.meeting.sitting.on, plan.telling.draw
    closed = days_after(on, draw.randrange(1, 1 + max(2, (due_on - on).days + 3)))
    return at(max(min(closed, days_after(plan.meeting.today, -1)), on), 15, draw.randrange(60))


def _due(on: date, rule: str) -> date:
    if rule == "today":
        return on
    return days_after(on, 5) if rule == "next_meeting" else working_day(on, f"D+{rule.removesuffix('wd')}")
