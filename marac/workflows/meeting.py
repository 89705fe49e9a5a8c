"""Life of one dated sitting of a panel, and of one case at it. Knows nothing of any one programme."""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import AgendaItemState, MeetingState, Permission, Template
from marac.workflows.engine import CompileMinutes, Facts, Notify, OpenDeadline, Transition, Workflow
from marac.workflows.guards import (
    closing_date_passed,
    confidentiality_agreed,
    deferral_recorded,
    meeting_running,
    need,
    not_over_consent_alone,
    reason_given,
)

P = Permission
M = MeetingState
A = AgendaItemState


def has_cases(_subject: Any, facts: Facts) -> None:
    """An agenda holds at least one case (DA-19).

    Reads: item_count.
    """
    need(facts, "item_count", "There are no cases on the agenda. List one first")


def said_why_again(_subject: Any, facts: Facts) -> None:
    """An agenda that is out is published again only with the reason, which stays with the version (DA-20).

    Reads: published_before, because.
    """
    if facts["published_before"]:
        need(facts, "because", "The agenda is out already. Say why it is published again")


def chair_named(_subject: Any, facts: Facts) -> None:
    """A meeting has a chair, who reads the confidentiality statement (DA-23, SafeLives chairing guidance).

    Reads: chair_id.
    """
    need(facts, "chair_id", "Select who is chairing")


def every_item_has_outcome(_subject: Any, facts: Facts) -> None:
    """A meeting ends when every case on it was heard, deferred or removed (DA-35).

    Reads: items_without_outcome.
    """
    if facts["items_without_outcome"]:
        raise RuleBroken("agenda", "Some cases have no outcome. Finish or defer each one before you end the meeting")


def cases_moved(_subject: Any, facts: Facts) -> None:
    """A meeting is cancelled only when each case on it was deferred, with its interim safety note (DA-35).

    Reads: listed_cases.
    """
    if facts["listed_cases"]:
        raise RuleBroken("agenda", "Cases are still listed. Defer each one before you cancel the meeting")


MEETING = Workflow(
    noun="meeting",
    title="Meeting",
    states=MeetingState,
    initial=M.SCHEDULED,
    end_states=(M.HELD, M.CANCELLED),
    transitions=(
        Transition(
            "publish_agenda", (M.SCHEDULED, M.PUBLISHED), M.PUBLISHED, P.MEETING_PUBLISH,
            guards=(has_cases, said_why_again),
            effects=(Notify(Template.RESEARCH_ASKED, "agencies"), OpenDeadline("research_due")),
            label="Publish the agenda",
        ),
        Transition("close_research", (M.PUBLISHED,), M.RESEARCH_CLOSED, P.MEETING_RUN, label="Close research"),
        Transition(
            "open", (M.PUBLISHED, M.RESEARCH_CLOSED), M.IN_PROGRESS, P.MEETING_RUN,
            guards=(chair_named,), label="Open the meeting",
        ),
        Transition(
            "finish", (M.IN_PROGRESS,), M.HELD, P.MEETING_RUN,
            guards=(every_item_has_outcome,),
            effects=(CompileMinutes(), OpenDeadline("minutes_issued"), OpenDeadline("actions_published")),
            label="End the meeting",
        ),
        Transition(
            "cancel", (M.SCHEDULED, M.PUBLISHED, M.RESEARCH_CLOSED), M.CANCELLED, P.MEETING_CANCEL,
            guards=(reason_given, cases_moved), label="Cancel the meeting",
        ),
    ),
)  # fmt: skip

AGENDA_ITEM = Workflow(
    noun="agenda_item",
    title="Agenda item",
    states=AgendaItemState,
    initial=A.LISTED,
    end_states=(A.HEARD, A.DEFERRED, A.REMOVED),
    transitions=(
        Transition(
            "call", (A.LISTED,), A.IN_PROGRESS, P.MEETING_RUN,
            guards=(meeting_running, confidentiality_agreed), label="Start",
        ),
        Transition(
            "hear", (A.IN_PROGRESS,), A.HEARD, P.MEETING_RUN,
            guards=(meeting_running, closing_date_passed, confidentiality_agreed), label="Finish",
        ),
        Transition(
            "defer", (A.LISTED, A.IN_PROGRESS), A.DEFERRED, P.CASE_LIST,
            guards=(deferral_recorded, not_over_consent_alone), label="Defer",
        ),
        Transition(
            "remove", (A.LISTED,), A.REMOVED, P.CASE_LIST,
            guards=(deferral_recorded, not_over_consent_alone), label="Take off the agenda",
        ),
        Transition(
            "recall", (A.HEARD,), A.IN_PROGRESS, P.MEETING_RUN,
            guards=(meeting_running,), label="Come back to it in the same meeting", reopens=True,
        ),
    ),
)  # fmt: skip
