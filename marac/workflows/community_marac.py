"""Life of one Community MARAC case: kept on the agenda, reviewed by its band, until it is closed (CM-12 to CM-15).

Refuses a closure over what is still open; the chair may close over it with a reason, never over powers not considered.
"""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import CaseState, ClosureOutcome, Grade, Permission, ProgrammeSlug, Template
from marac.workflows.da_marac import (
    in_the_ledger,
    minutes_approved,
    no_live_actions,
    not_on_hold,
    outcome_complete,
    plan_or_reason,
    repeat_reviewed,
    retention_over,
    someone_tells_victim,
    two_people_agreed,
    victims_view_heard,
)
from marac.workflows.engine import (
    AskResearch,
    AskTelling,
    CountRetention,
    EraseKeys,
    Facts,
    FlagAndTag,
    Notify,
    OpenDeadline,
    PlanReview,
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
RECORD = RECORDS[ProgrammeSlug.COMMUNITY_MARAC]


def risk_summary_complete(_subject: Any, facts: Facts) -> None:
    """The risk summary speaks to the person at risk, others affected, who is said to cause harm, and workers.

    `minutes` maps each MinuteHeading to what was written.

    Reads: minutes.
    """
    for heading in RECORD.risks:
        if not given(facts["minutes"], heading):
            raise RuleBroken(
                heading, f"Complete the risk summary: {RECORD.label(heading)}. Write None if there is none"
            )


def review_day_reached(_subject: Any, facts: Facts) -> None:
    """A review falls due on its day, early enough to be put on the agenda of that meeting.

    Reads: today, due_on.
    """
    if facts.get("due_on") is None or facts["today"] < facts["due_on"]:
        raise RuleBroken("review_on", "The review is not due yet")


def inside_repeat_window(_subject: Any, facts: Facts) -> None:
    """A closed case opens again only for a new incident within the repeat window; later it is a new case (CM-15).

    Reads: today, window_end.
    """
    if facts.get("window_end") is None or facts["today"] > facts["window_end"]:
        raise RuleBroken("into", "The repeat window is over. List this as a new case: the link between people is kept")


def powers_considered(_subject: Any, facts: Facts) -> None:
    """Before a high-risk case is closed every power was used, rejected with a reason, or does not apply (CM-12).

    `highest` is the highest band the case ever had; not known counts as high.

    Reads: highest, powers_undecided.
    """
    if facts["highest"] in (Grade.HIGH, None) and facts["powers_undecided"]:
        raise RuleBroken("powers", f"Decide about every power first: {facts['powers_undecided']} left")


def care_act_answered(_subject: Any, facts: Facts) -> None:
    """For every adult at risk it is recorded whether a safeguarding concern was raised (Care Act s42, CM-13).

    Reads: care_act_unanswered.
    """
    if facts["care_act_unanswered"]:
        raise RuleBroken("care_act", "Record the section 42 decision for every adult at risk first")


def scored_again(_subject: Any, facts: Facts) -> None:
    """The risk was scored again since the case was last heard (CM-14).

    Reads: scored_again.
    """
    if not facts["scored_again"]:
        raise RuleBroken("score", "Score the risk again first: it has not been scored since the case was last heard")


def no_longer_high(_subject: Any, facts: Facts) -> None:
    """The band is below high, or a named statutory plan owns the risk (closure test, section 1.6).

    Reads: band, statutory_plan.
    """
    if facts["band"] == Grade.HIGH:
        need(facts, "statutory_plan", "The risk is still high. Name the statutory plan that holds it, or keep the case")


def quiet_long_enough(_subject: Any, facts: Facts) -> None:
    """No incident for as many days as the partnership set; none on record is quiet.

    Reads: days_quiet, quiet_days.
    """
    if facts["days_quiet"] is not None and facts["days_quiet"] < facts["quiet_days"]:
        raise RuleBroken("incidents", f"There was an incident in the last {facts['quiet_days']} days")


def ending_recorded(_subject: Any, facts: Facts) -> None:
    """The end of a case is coded; the person's view, who goes on, and the closing word are on record.

    Reads: closing_outcome, victim_view, no_view_reason, step_down, closing_word.
    """
    if facts.get("closing_outcome") not in tuple(ClosureOutcome):
        raise RuleBroken("closing_outcome", "Select how the case ended")
    if not given(facts, "victim_view"):
        need(facts, "no_view_reason", "Record what the person says about closing, or why they were not asked")
    need(facts, "step_down", "Say which agency leads from here, or that none is needed")
    need(facts, "closing_word", "Say how the person was told, or why it was not safe to")


HEARING = (
    meeting_running,
    closing_date_passed,
    confidentiality_agreed,
    victims_view_heard,
    risk_summary_complete,
    repeat_reviewed,
    plan_or_reason,
    someone_tells_victim,
    outcome_complete,
)
NEVER_WAIVED = (powers_considered, care_act_answered, ending_recorded)
LISTABLE = (S.RECEIVED, S.HEARD, S.ACTIONS_OPEN, S.REVIEW_DUE)

ERASABLE = (S.RECEIVED, S.CLOSED, S.MERGED)
"""Only a case that has ended has a date: one "received" when its request ended or its referral was withdrawn."""

LIVING = (S.LISTED, S.RESEARCHED, S.IN_MEETING, S.HEARD, S.ACTIONS_OPEN, S.REVIEW_DUE)

COMMUNITY_MARAC = Workflow(
    noun="community_case",
    title="Community MARAC case",
    states=CaseState,
    initial=S.RECEIVED,
    end_states=(S.ERASED,),
    unused=(S.ISSUED, S.LAPSED),
    transitions=(
        Transition(
            "list", LISTABLE, S.LISTED, P.CASE_LIST,
            guards=(meeting_chosen, conflict_checked, late_add_agreed),
            effects=(AskResearch(), CountRetention()),
            label="List for a meeting",
        ),
        Transition(
            "list_urgently", LISTABLE, S.LISTED, P.CASE_URGENT,
            guards=(reason_given, meeting_chosen, conflict_checked),
            effects=(AskResearch(), CountRetention()),
            label="Call an urgent meeting",
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
                FlagAndTag(), PlanReview(), Notify(Template.ACTIONS_ASSIGNED, "agencies"),
                OpenDeadline("victim_told"), AskTelling(),
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
            "issue", (S.HEARD,), S.ACTIONS_OPEN, P.MINUTES_ISSUE,
            guards=(minutes_approved,), label="Minutes go out, the plan is under way",
        ),
        Transition(
            "fall_due", (S.ACTIONS_OPEN,), S.REVIEW_DUE, P.JOB_RUN,
            guards=(review_day_reached,), label="The review falls due",
        ),
        Transition(
            "close", (S.ACTIONS_OPEN, S.REVIEW_DUE), S.CLOSED, P.CASE_CLOSE,
            guards=(*NEVER_WAIVED, no_live_actions, scored_again, no_longer_high, quiet_long_enough),
            effects=(CountRetention(),), label="Close",
        ),
        Transition(
            "close", (S.RECEIVED,), S.CLOSED, P.CASE_CLOSE,
            guards=(reason_given, no_live_actions), effects=(CountRetention(),), label="Close what was never heard",
        ),
        Transition(
            "close_over", (S.ACTIONS_OPEN, S.REVIEW_DUE), S.CLOSED, P.CASE_OVERRIDE,
            guards=(*NEVER_WAIVED, reason_given), effects=(CountRetention(),), label="Close over what is open",
        ),
        Transition(
            "reopen", (S.CLOSED,), S.RECEIVED, P.REFERRAL_DECIDE,
            guards=(inside_repeat_window,), effects=(CountRetention(),), label="Open again as a repeat",
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
