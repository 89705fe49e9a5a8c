"""Life of one agency's answer on one case. Only the agency writes it; its private notes are never released (DA-21)."""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import CaseState, Permission, ResearchState
from marac.workflows.engine import Facts, ShrinkResearch, Transition, Workflow
from marac.workflows.guards import given, need

S = ResearchState
P = Permission

BEFORE_HEARD = (CaseState.LISTED, CaseState.RESEARCHED, CaseState.IN_MEETING)


def not_yet_heard(_subject: Any, facts: Facts) -> None:
    """An agency may answer, late or again, until the case has been heard (DA-21, DA-22).

    Reads: case_state.
    """
    if facts.get("case_state") not in BEFORE_HEARD:
        raise RuleBroken("research", "The case is not waiting to be heard. Send new information to the coordinator")


def share_or_reason(_subject: Any, facts: Facts) -> None:
    """An agency that knows the people says what it plans to share, or why nothing (DA-21).

    Reads: to_share, nothing_to_share_because.
    """
    if not given(facts, "to_share"):
        need(facts, "nothing_to_share_because", "Say what you plan to share, or choose Nothing to share and say why")


def who_is_known(_subject: Any, facts: Facts) -> None:
    """Known is said of named people: the victim-survivor, each alleged perpetrator, each child (DA-21).

    Reads: who_known.
    """
    need(facts, "who_known", "Tick who is known to your agency")


def nothing_written(_subject: Any, facts: Facts) -> None:
    """Not known is not said over notes that were typed: they would be lost.

    Reads: to_share, private_notes.
    """
    if given(facts, "to_share") or given(facts, "private_notes"):
        raise RuleBroken("known", "You have written notes on this case. Clear them first, or answer Known")


def at_the_meeting(_subject: Any, facts: Facts) -> None:
    """What agencies share opens when research closes or the case is called, not before (DA-1, DA-21).

    Reads: case_state.
    """
    if facts.get("case_state") not in (CaseState.RESEARCHED, CaseState.IN_MEETING):
        raise RuleBroken("research", "The case has not been called. Research opens to the meeting when it is")


RESEARCH = Workflow(
    noun="research",
    title="Agency research",
    states=ResearchState,
    initial=S.REQUESTED,
    end_states=(S.NIL_RETURN, S.RELEASED),
    transitions=(
        Transition(
            "save", (S.REQUESTED, S.IN_PROGRESS), S.IN_PROGRESS, P.RESEARCH_WRITE,
            guards=(not_yet_heard,), label="Save",
        ),
        Transition(
            "share", (S.REQUESTED, S.IN_PROGRESS), S.RETURNED, P.RESEARCH_WRITE,
            guards=(not_yet_heard, who_is_known, share_or_reason), label="Send answer: known",
        ),
        Transition(
            "answer_not_known", (S.REQUESTED, S.IN_PROGRESS), S.NIL_RETURN, P.RESEARCH_WRITE,
            guards=(not_yet_heard, nothing_written), effects=(ShrinkResearch(),), label="Send answer: not known",
        ),
        Transition(
            "reopen", (S.RETURNED, S.NIL_RETURN), S.IN_PROGRESS, P.RESEARCH_WRITE,
            guards=(not_yet_heard,), label="Change the answer", reopens=True,
        ),
        Transition(
            "release", (S.RETURNED,), S.RELEASED, P.RESEARCH_RELEASE,
            guards=(at_the_meeting,), label="Open to the meeting",
        ),
    ),
)  # fmt: skip
