"""Life of one works order, one visit and one follow-up. An order withdrawn or finished says nothing more to anybody."""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import FollowUpState, LineResult, Permission as P, VisitState, WorksOrderState
from marac.workflows import follow_up
from marac.workflows.engine import Facts, Transition, Workflow
from marac.workflows.guards import given, need

W = WorksOrderState
V = VisitState
F = FollowUpState


def each_line_answered(_subject: Any, facts: Facts) -> None:
    """A job is finished with an answer for every line, a word where something is missing, and a photo (SAN-29).

    Reads: results, notes, photo.
    """
    results, notes = facts.get("results") or {}, facts.get("notes") or {}
    if not results or not all(results.values()):
        raise RuleBroken("results", "Say for each line whether it is fitted")
    for line, result in results.items():
        if result in (LineResult.PART_FITTED, LineResult.NOT_FITTED) and not given(notes, line):
            raise RuleBroken("results", "Say what is missing where something is part fitted or not fitted")
    need(facts, "photo", "Take a photo of the finished work")


def reached_safely(_subject: Any, facts: Facts) -> None:
    """A follow-up is made only in a way that the safe-contact rules allow, and holds the outcome set (SAN-33, DA-14).

    Reads: way, way_refused, outcome.
    """
    need(facts, "way", "Select how you reached them")
    if facts.get("way_refused"):
        raise RuleBroken("way", str(facts["way_refused"]))
    need(facts, "outcome", "Answer the questions")


def tried_safely(_subject: Any, facts: Facts) -> None:
    """An attempt is made only in a way that the safe-contact rules allow (DA-14).

    Reads: way, way_refused.
    """
    need(facts, "way", "Select how you tried to reach them")
    if facts.get("way_refused"):
        raise RuleBroken("way", str(facts["way_refused"]))


def tried_three_times(_subject: Any, facts: Facts) -> None:
    """Nobody counts as unreachable before three safe attempts, and never as a success (SAN-32).

    Reads: attempts.
    """
    if not follow_up.unreachable(int(facts.get("attempts") or 0)):
        raise RuleBroken("way", f"Try {follow_up.ATTEMPTS} times first")


def visit_told(_subject: Any, facts: Facts) -> None:
    """A visit ends with what was found, or why nobody was there.

    Reads: found.
    """
    need(facts, "found", "Say what was found, or why the visit did not take place")


WORKS_ORDER = Workflow(
    noun="works_order",
    title="Works order",
    states=W,
    initial=W.OFFERED,
    end_states=(W.COMPLETED, W.WITHDRAWN),
    transitions=(
        Transition("accept", (W.OFFERED,), W.ACCEPTED, P.ORDER_WORK, label="Accept this job"),
        Transition("complete", (W.ACCEPTED,), W.COMPLETED, P.ORDER_WORK, (each_line_answered,), label="Finish job"),
        Transition("withdraw", (W.OFFERED, W.ACCEPTED), W.WITHDRAWN, P.JOB_RUN),
    ),
)  # fmt: skip

VISIT = Workflow(
    noun="visit",
    title="Visit",
    states=V,
    initial=V.BOOKED,
    end_states=(V.DONE, V.NOT_IN, V.CANCELLED),
    transitions=(
        Transition("record", (V.BOOKED,), V.DONE, P.VISIT_BOOK, (visit_told,), label="Done"),
        Transition("miss", (V.BOOKED,), V.NOT_IN, P.VISIT_BOOK, label="No answer"),
        Transition("cancel", (V.BOOKED,), V.CANCELLED, P.VISIT_BOOK, label="Cancel"),
        Transition("call_off", (V.BOOKED,), V.CANCELLED, P.JOB_RUN),
    ),
)  # fmt: skip

FOLLOW_UP = Workflow(
    noun="follow_up",
    title="Follow-up",
    states=F,
    initial=F.DUE,
    end_states=(F.DONE, F.UNREACHABLE, F.NOT_NEEDED),
    transitions=(
        Transition("record", (F.DUE,), F.DONE, P.SANCTUARY_SUPPORT, (reached_safely,), label="Record the contact"),
        Transition("try", (F.DUE,), F.DUE, P.SANCTUARY_SUPPORT, (tried_safely,), label="No answer"),
        Transition("give_up", (F.DUE,), F.UNREACHABLE, P.SANCTUARY_SUPPORT, (tried_three_times,)),
        Transition("drop", (F.DUE,), F.NOT_NEEDED, P.JOB_RUN),
    ),
)  # fmt: skip
