"""Life of a meeting's minutes. Nobody approves their own; an approved version is never edited, only followed by one."""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import MeetingState, MinutesState, Permission, Role, Template
from marac.workflows.engine import Facts, Notify, Transition, Workflow
from marac.workflows.guards import reason_given

S = MinutesState
P = Permission


def meeting_held(_subject: Any, facts: Facts) -> None:
    """Minutes go to the chair when the meeting has ended (DA-30).

    Reads: meeting_state.
    """
    if facts.get("meeting_state") != MeetingState.HELD:
        raise RuleBroken("meeting", "The meeting has not ended. End it before you send the minutes for approval")


def approver_is_not_writer(_subject: Any, facts: Facts) -> None:
    """A second person approves what the first wrote (DA-30). `written_by` and `approver` are user ids.

    Reads: approver, written_by.
    """
    if facts.get("approver") is None or facts["approver"] == facts["written_by"]:
        raise RuleBroken("approver", "You wrote these minutes. Ask somebody else who may approve them")


MINUTES = Workflow(
    noun="minutes",
    title="Minutes",
    states=MinutesState,
    initial=S.DRAFT,
    end_states=(S.ISSUED,),
    transitions=(
        Transition(
            "submit", (S.DRAFT,), S.SUBMITTED, P.MINUTES_WRITE,
            guards=(meeting_held,), effects=(Notify(Template.MINUTES_READY, Role.CHAIR),), label="Send to the chair",
        ),
        Transition(
            "send_back", (S.SUBMITTED,), S.DRAFT, P.MINUTES_APPROVE,
            guards=(reason_given,), effects=(Notify(Template.MINUTES_READY, Role.COORDINATOR),), label="Send back",
        ),
        Transition(
            "approve", (S.SUBMITTED,), S.APPROVED, P.MINUTES_APPROVE,
            guards=(approver_is_not_writer,),
            effects=(Notify(Template.MINUTES_READY, Role.COORDINATOR),),
            label="Approve",
        ),
        Transition(
            "issue", (S.APPROVED,), S.ISSUED, P.MINUTES_ISSUE,
            effects=(Notify(Template.MINUTES_ISSUED, "readers"),), label="Circulate",
        ),
        Transition(
            "recall", (S.ISSUED,), S.APPROVED, P.MINUTES_ISSUE,
            guards=(reason_given,), effects=(Notify(Template.MINUTES_ISSUED, "readers"),), reopens=True, label="Recall",
        ),
        Transition(
            "amend", (S.APPROVED, S.ISSUED), S.DRAFT, P.MINUTES_WRITE,
            guards=(reason_given,), reopens=True, label="Amend",
        ),
    ),
)  # fmt: skip
