"""Life of one task to tell the victim-survivor what was agreed (DA-33). Not reached is never the end of it."""

from typing import Any

from marac.vocabulary import Permission, TellingState, Template
from marac.workflows.action import safe_contact_kept
from marac.workflows.engine import Facts, Notify, Transition, Workflow
from marac.workflows.guards import need, reason_given

S = TellingState
P = Permission
OPEN = (S.ASKED, S.NOT_REACHED)


def how_told(_subject: Any, facts: Facts) -> None:
    """Who told the person, when and how: by phone or in person, never by letter where that could be found (DA-33).

    Reads: how.
    """
    need(facts, "how", "Say who told the person, when and how")


def next_step_given(_subject: Any, facts: Facts) -> None:
    """Somebody who was not reached, or cannot safely be told, is not forgotten: the next step is written (DA-33).

    Reads: next_step.
    """
    need(facts, "next_step", "Say what happens next, and who does it")


def agency_chosen(_subject: Any, facts: Facts) -> None:
    """Telling is always somebody's: an agency has it until it is done (DA-33).

    Reads: to_agency_id.
    """
    need(facts, "to_agency_id", "Select the agency that tells the person")


TELLING = Workflow(
    noun="telling",
    title="Telling the victim-survivor",
    states=TellingState,
    initial=S.ASKED,
    end_states=(S.TOLD, S.UNSAFE),
    transitions=(
        Transition(
            "report_told", OPEN, S.TOLD, P.TELLING_REPORT, guards=(safe_contact_kept, how_told), label="Told",
        ),
        Transition(
            "report_not_reached", OPEN, S.NOT_REACHED, P.TELLING_REPORT,
            guards=(next_step_given,), label="Not reached",
        ),
        Transition(
            "report_unsafe", OPEN, S.UNSAFE, P.TELLING_REPORT,
            guards=(next_step_given,), label="Not safe to tell",
        ),
        Transition(
            "give_to", OPEN, S.ASKED, P.TELLING_ASSIGN,
            guards=(agency_chosen,), effects=(Notify(Template.ACTIONS_ASSIGNED, "agencies"),),
            label="Give to another agency",
        ),
        Transition(
            "ask_again", (S.TOLD, S.UNSAFE), S.ASKED, P.TELLING_ASSIGN,
            guards=(reason_given,), effects=(Notify(Template.ACTIONS_ASSIGNED, "agencies"),),
            label="Ask again", reopens=True,
        ),
    ),
)  # fmt: skip
