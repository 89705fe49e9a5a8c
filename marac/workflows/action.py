"""Life of one action, and of one agency's flag. Keeps apart could not be done and was not done (DA-28)."""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import LIVE_ACTIONS, ActionState, FlagState, Permission, Protects, Template
from marac.workflows.engine import AssignOnward, Facts, Guard, Notify, Transition, Workflow
from marac.workflows.guards import need

S = ActionState
F = FlagState
P = Permission


def plan_is_smart(_subject: Any, facts: Facts) -> None:
    """An action says what, which agency, by when and whom it protects; the owner is named when it is accepted (DA-27).

    Reads: text, agency_id, due_on, protects.
    """
    need(facts, "text", "Enter what is to be done")
    need(facts, "agency_id", "Select an agency")
    need(facts, "due_on", "Enter the date it is due")
    if facts.get("protects") not in tuple(Protects):
        raise RuleBroken("protects", "Select whom the action protects")


def owner_named(_subject: Any, facts: Facts) -> None:
    """An agency accepts an action by naming who will do it (DA-27).

    Reads: owner_id.
    """
    need(facts, "owner_id", "Select who will do this")


def safe_contact_kept(_subject: Any, facts: Facts) -> None:
    """An action that reaches the victim-survivor is done only when the safe-contact rules were met (DA-14).

    Both facts may be left out for an action that reaches nobody.

    Reads: contact_with_victim, safe_contact_met.
    """
    if facts.get("contact_with_victim"):
        need(facts, "safe_contact_met", "Confirm that contact was made only as the safe-contact rules allow")


def note_given(_subject: Any, facts: Facts) -> None:
    """Any end to an action but done carries a note of why, and what should happen instead (DA-28).

    Reads: note.
    """
    need(facts, "note", "Say why, and what should happen instead")


def handed_to_another(_subject: Any, facts: Facts) -> None:
    """An action is handed to a different agency, which gets it as its own (DA-28).

    Reads: agency_id, to_agency_id.
    """
    need(facts, "to_agency_id", "Select the agency that takes this on")
    if facts["to_agency_id"] == facts["agency_id"]:
        raise RuleBroken("to_agency_id", "Select a different agency. Within your own, change who will do it")


AGREE: tuple[Guard, ...] = (plan_is_smart,)
"""What must hold before an action exists at all: assigning has no earlier state to leave, so services check these."""

ACTION = Workflow(
    noun="action",
    title="Action",
    states=ActionState,
    initial=S.OPEN,
    end_states=(S.COMPLETE, S.NO_LONGER_POSSIBLE, S.NOT_DONE, S.TRANSFERRED, S.WITHDRAWN),
    transitions=(
        Transition("accept", (S.OPEN,), S.ACCEPTED, P.ACTION_UPDATE, guards=(owner_named,), label="Accept"),
        Transition("start", (S.OPEN, S.ACCEPTED), S.IN_PROGRESS, P.ACTION_UPDATE, label="In progress"),
        Transition(
            "complete", LIVE_ACTIONS, S.COMPLETE, P.ACTION_UPDATE, guards=(safe_contact_kept,), label="Done",
        ),
        Transition(
            "report_not_possible", LIVE_ACTIONS, S.NO_LONGER_POSSIBLE, P.ACTION_UPDATE,
            guards=(note_given,), label="Cannot be done: circumstances changed",
        ),
        Transition(
            "report_not_done", LIVE_ACTIONS, S.NOT_DONE, P.ACTION_UPDATE, guards=(note_given,), label="Was not done",
        ),
        Transition(
            "hand_over", LIVE_ACTIONS, S.TRANSFERRED, P.ACTION_UPDATE,
            guards=(handed_to_another, note_given), effects=(AssignOnward(),), label="Hand to another agency",
        ),
        Transition(
            "withdraw", LIVE_ACTIONS, S.WITHDRAWN, P.ACTION_WITHDRAW, guards=(note_given,), label="Withdraw",
        ),
        Transition(
            "reopen", (S.COMPLETE, S.NO_LONGER_POSSIBLE, S.NOT_DONE, S.WITHDRAWN), S.OPEN, P.ACTION_WITHDRAW,
            guards=(note_given,), effects=(Notify(Template.ACTIONS_ASSIGNED, "owner"),),
            label="Re-open", reopens=True,
        ),
    ),
)  # fmt: skip

FLAG = Workflow(
    noun="flag",
    title="Flag and tag",
    states=FlagState,
    initial=F.ADD_REQUESTED,
    end_states=(F.REMOVED,),
    transitions=(
        Transition("confirm_added", (F.ADD_REQUESTED,), F.ADDED, P.FLAG_CONFIRM, label="On our file"),
        Transition(
            "ask_removal", (F.ADD_REQUESTED, F.ADDED), F.REMOVE_REQUESTED, P.JOB_RUN,
            effects=(Notify(Template.FLAG_ASKED, "agencies"),), label="Ask for it to be lifted",
        ),
        Transition("confirm_removed", (F.REMOVE_REQUESTED,), F.REMOVED, P.FLAG_CONFIRM, label="Lifted"),
    ),
)  # fmt: skip
