"""Life of one DA MARAC case: received, listed, heard, flagged for twelve months, closed, erased.

Holds what a meeting must record before a case counts as heard (DA-23 to DA-35); refuses a hearing without it.
"""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import CaseState, MinuteHeading, MinutesState, Outcome, Permission, ProgrammeSlug, Template
from marac.workflows.engine import (
    AskResearch,
    AskTelling,
    CountRetention,
    EraseKeys,
    Facts,
    FlagAndTag,
    LiftFlags,
    Notify,
    OpenDeadline,
    ReleaseResearch,
    Transition,
    Workflow,
)
from marac.workflows.guards import (
    closing_date_passed,
    confidentiality_agreed,
    conflict_checked,
    deferral_recorded,
    given,
    meeting_chosen,
    meeting_running,
    need,
    not_over_consent_alone,
    reason_given,
)
from marac.workflows.hearing import RECORDS
from marac.workflows.referral_rules import late_add_agreed, original_linked

S = CaseState
P = Permission
H = MinuteHeading


def risk_summary_covers_five(_subject: Any, facts: Facts) -> None:
    """The risk summary speaks to victim-survivor, children, other adults, alleged perpetrator and staff (DA-25).

    `minutes` maps each MinuteHeading to what was written.

    Reads: minutes.
    """
    for heading in RECORDS[ProgrammeSlug.DA_MARAC].risks:
        if not given(facts["minutes"], heading):
            raise RuleBroken(heading, f"Complete the risk summary: {heading.label}. Write None if there is none")


def victims_view_heard(_subject: Any, facts: Facts) -> None:
    """The victim-survivor's view was heard, through the IDVA or another, or why not is recorded (DA-24).

    Reads: minutes, no_views_reason.
    """
    if not given(facts["minutes"], H.VIEWS):
        need(facts, "no_views_reason", "Record the person's own view, or why there is none")


def plan_or_reason(_subject: Any, facts: Facts) -> None:
    """The plan has at least one action, or says why no further action is needed (DA-27).

    Reads: action_count, minutes.
    """
    if not facts["action_count"] and not given(facts["minutes"], H.NO_ACTION):
        raise RuleBroken(H.NO_ACTION, "Add at least one action, or say why there is no further action")


def someone_tells_victim(_subject: Any, facts: Facts) -> None:
    """One named person tells the victim-survivor the outcome, or why telling is not safe is recorded (DA-33).

    Reads: tells_victim, not_told_reason.
    """
    if not given(facts, "tells_victim"):
        need(facts, "not_told_reason", "Say who tells the victim-survivor, or why it is not safe to")


def repeat_reviewed(_subject: Any, facts: Facts) -> None:
    """A repeat case looks back first: what changed since last time, and did it work (DA-26).

    Reads: is_repeat, minutes.
    """
    if facts["is_repeat"] and not given(facts["minutes"], H.WHAT_WORKED):
        raise RuleBroken(H.WHAT_WORKED, "Say what has changed since last time and whether the plan worked")


def outcome_complete(_subject: Any, facts: Facts) -> None:
    """Heard; heard and bring back needs a later date; transferred needs the area. Deferred and not heard go by `defer`.

    Reads: outcome, bring_back_on, meeting_on, receiving_area.
    """
    outcome = facts.get("outcome")
    if outcome not in (Outcome.HEARD, Outcome.BRING_BACK, Outcome.TRANSFERRED):
        raise RuleBroken("outcome", "Select the outcome. If the case was not heard, defer it instead")
    if outcome == Outcome.TRANSFERRED:
        need(facts, "receiving_area", "Enter the area that receives the case")
    if outcome == Outcome.BRING_BACK:
        need(facts, "bring_back_on", "Enter the date to bring the case back")
        if facts["bring_back_on"] <= facts["meeting_on"]:
            raise RuleBroken("bring_back_on", "The date to bring the case back must be after this meeting")


def minutes_approved(_subject: Any, facts: Facts) -> None:
    """A case moves on when the minutes that hold it are approved and go out (DA-30).

    Reads: minutes_state.
    """
    if facts.get("minutes_state") not in (MinutesState.APPROVED, MinutesState.ISSUED):
        raise RuleBroken("minutes", "The minutes are not approved. Ask the chair to approve them first")


def twelve_months_over(_subject: Any, facts: Facts) -> None:
    """The repeat window has ended: its last day is still inside it (DA-11, DA-32).

    Reads: today, window_end.
    """
    if facts["today"] <= facts["window_end"]:
        raise RuleBroken("window_end", "Twelve months have not passed since the case was last heard")


def no_live_actions(_subject: Any, facts: Facts) -> None:
    """A case is not closed over an action nobody has answered for (DA-28).

    Reads: live_actions.
    """
    if facts["live_actions"]:
        raise RuleBroken("actions", "Actions are still open. Have each reported on or withdrawn first")


def retention_over(_subject: Any, facts: Facts) -> None:
    """A record is erased only after its retention date (DA-48). The date itself is the first day it may be.

    Reads: today, retain_until.
    """
    if facts.get("retain_until") is None or facts["today"] < facts["retain_until"]:
        raise RuleBroken("retain_until", "The retention date has not come")


def not_on_hold(_subject: Any, facts: Facts) -> None:
    """A death review, court case, subject access request or complaint stops all disposal (DA-48).

    `legal_hold` must be stated: False when there is none.

    Reads: legal_hold.
    """
    if facts.get("legal_hold") is not False:
        raise RuleBroken("legal_hold", "A legal hold is on this case. It is kept until the hold is lifted")


def two_people_agreed(_subject: Any, facts: Facts) -> None:
    """Two different people approved the erasure (DA-48, two-person deletion).

    Reads: approved_by.
    """
    if len(set(facts.get("approved_by") or ())) < 2:
        raise RuleBroken("approved_by", "Two different people must approve an erasure")


def in_the_ledger(_subject: Any, facts: Facts) -> None:
    """After a restore, what the ledger of erasures names is erased again, whatever else the old database says.

    Reads: in_ledger.
    """
    if facts.get("in_ledger") is not True:
        raise RuleBroken("ledger", "The ledger of erasures does not name this case")


HEARING = (
    meeting_running,
    closing_date_passed,
    confidentiality_agreed,
    victims_view_heard,
    risk_summary_covers_five,
    repeat_reviewed,
    plan_or_reason,
    someone_tells_victim,
    outcome_complete,
)

ERASABLE = (S.RECEIVED, S.LAPSED, S.CLOSED, S.MERGED)
"""Only a case that has ended has a date: one "received" when its request ended or its referral was withdrawn."""

LIVING = (S.LISTED, S.RESEARCHED, S.IN_MEETING, S.HEARD, S.ISSUED)

DA_MARAC = Workflow(
    noun="case",
    title="Domestic abuse MARAC case",
    states=CaseState,
    initial=S.RECEIVED,
    end_states=(S.ERASED,),
    unused=(S.ACTIONS_OPEN, S.REVIEW_DUE),
    transitions=(
        Transition(
            "list", (S.RECEIVED, S.HEARD, S.ISSUED, S.LAPSED), S.LISTED, P.CASE_LIST,
            guards=(meeting_chosen, conflict_checked, late_add_agreed),
            effects=(AskResearch(), CountRetention()),
            label="List for a meeting",
        ),
        Transition("close_research", (S.LISTED,), S.RESEARCHED, P.MEETING_RUN, label="Close research"),
        Transition(
            "call", (S.LISTED, S.RESEARCHED), S.IN_MEETING, P.MEETING_RUN,
            guards=(meeting_running, confidentiality_agreed), effects=(ReleaseResearch(),), label="Start hearing",
        ),
        Transition(
            "hear", (S.IN_MEETING,), S.HEARD, P.MEETING_RUN,
            guards=HEARING,
            effects=(
                FlagAndTag(), Notify(Template.ACTIONS_ASSIGNED, "agencies"), OpenDeadline("victim_told"), AskTelling(),
            ),
            label="Finish hearing",
        ),
        Transition(
            "recall", (S.HEARD,), S.IN_MEETING, P.MEETING_RUN,
            guards=(meeting_running,), label="Come back to a case in the same meeting",
        ),
        Transition(
            "defer", (S.LISTED, S.RESEARCHED, S.IN_MEETING), S.RECEIVED, P.CASE_LIST,
            guards=(deferral_recorded, not_over_consent_alone), label="Defer",
        ),
        Transition(
            "issue", (S.HEARD,), S.ISSUED, P.MINUTES_ISSUE, guards=(minutes_approved,), label="Minutes go out",
        ),
        Transition(
            "lapse", (S.ISSUED,), S.LAPSED, P.JOB_RUN,
            guards=(twelve_months_over,), effects=(LiftFlags(), CountRetention()), label="Twelve months are over",
        ),
        Transition(
            "close", (S.RECEIVED, S.HEARD, S.ISSUED, S.LAPSED), S.CLOSED, P.CASE_CLOSE,
            guards=(reason_given, no_live_actions), effects=(LiftFlags(), CountRetention()), label="Close",
        ),
        Transition(
            "merge", (S.RECEIVED,), S.MERGED, P.REFERRAL_DECIDE,
            guards=(original_linked,), effects=(CountRetention(),), label="Join to another case",
        ),
        Transition(
            "erase", ERASABLE, S.ERASED, P.JOB_RUN,
            guards=(retention_over, not_on_hold, two_people_agreed), effects=(EraseKeys(),), label="Erase",
        ),
        Transition(
            "erase_again", (*LIVING, *ERASABLE), S.ERASED, P.JOB_RUN,
            guards=(in_the_ledger,), effects=(EraseKeys(),), label="Erased before a restore",
        ),
    ),
)  # fmt: skip
