"""What follows a hearing in the demo: who told the victim-survivor and how it went, and if the last plan worked."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from marac.models import Action, Telling
from marac.services.demo.tables import at, chance, days_after, pick, table, weighted, working_day
from marac.vocabulary import ActionState, TellingState

if TYPE_CHECKING:
    from marac.services.demo.hearings import Occasion

T = TellingState
WENT: dict[str, dict[TellingState, float]] = {
    "earlier": {T.TOLD: 88, T.UNSAFE: 12},
    "recent": {T.TOLD: 66, T.UNSAFE: 12, T.NOT_REACHED: 12, T.ASKED: 10},
    "last": {T.ASKED: 70, T.TOLD: 20, T.NOT_REACHED: 10},
}
NEXT = {T.NOT_REACHED: "not_reached", T.UNSAFE: "not_safe"}
WORKED = {
    ActionState.COMPLETE: {"yes": 6.0, "partly": 3.0, "no": 1.0},
    ActionState.NOT_DONE: {"no": 3.0, "not_known": 1.0},
    ActionState.NO_LONGER_POSSIBLE: {"not_known": 1.0},
}


def write_telling(one: "Occasion", item_id: UUID, who: str) -> Iterator[Telling]:
    """The task that a hearing of this year left, in the state that it has come to. None for one of long ago."""
    if one.stage not in WENT:
        return
    draw, on, words = one.telling.draw, one.meeting.sitting.on, table("safety")
    state = weighted(draw, WENT[one.stage])
    told_on = min(days_after(on, 1 + draw.randrange(2)), days_after(one.meeting.today, -1))
    agency_id = one.borough.agencies["solace" if "IDVA" in who else one.case.referrer_slug]
    worker = one.borough.of_agency(agency_id)
    reported = state is not T.ASKED
    yield Telling(
        **one.place, item_id=item_id, agency_id=agency_id, state=state, asked_at=at(on, 12),
        due_at=at(working_day(on, "D+2"), 17), reported_at=at(told_on, 15, 20) if reported else None,
        reported_by_id=worker.id if worker and reported else None, who=who,
        how=pick(draw, words["told_how"]) if state is T.TOLD else None,
        next_step=pick(draw, words[NEXT[state]]) if state in NEXT else None,
    )  # fmt: skip


def weigh_plan(one: "Occasion", actions: Sequence[Any]) -> None:
    """At the next hearing of a repeat the panel asked of each action of the last plan: did it work (DA-26)?"""
    draw = one.telling.draw
    for action in actions:
        if isinstance(action, Action) and action.state in WORKED:
            action.worked = weighted(draw, WORKED[action.state])
            action.worked_note = pick(draw, table("safety")["worked_note"]) if chance(draw, 0.4) else None
