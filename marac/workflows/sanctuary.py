"""Life of one Sanctuary request, from the draft to what is left when somebody moves out (SAN-20 to SAN-36).

The order is the scheme's own (data/sanctuary_states.yaml). Refuses works while the person causing harm may enter.
"""

from collections.abc import Iterator

from marac.vocabulary import FlagState, Permission, Role, SanctuaryState, Template
from marac.workflows.engine import (
    BeginFollowUps,
    Effect,
    EnterStage,
    FreezeWorks,
    Guard,
    HoldByLaw,
    Notify,
    Transition,
    Workflow,
)
from marac.workflows.sanctuary_guards import (
    answer_given,
    approval_recorded,
    approver_is_independent,
    consent_given,
    danger_recorded,
    day_recorded,
    decision_in_writing,
    gates_pass,
    hold_is_reviewed,
    home_is_clear,
    interim_plan_recorded,
    landlord_agreed,
    landlord_may_be_asked,
    no_gate_failed,
    other_request_named,
    outcome_recorded,
    reason_recorded,
    request_is_whole,
    safe_contact_recorded,
    something_unknown_asked,
    unsuitable_for_a_reason,
    where_it_stood,
    withdrawal_recorded,
    within_limit,
)
from marac.workflows.works_guards import (
    alarms_checked,
    ended_in_order,
    every_line_ended,
    fire_reviewed,
    follow_ups_answered,
    keys_recorded,
    resident_confirmed,
    safety_plan_made,
    slot_is_safe,
    specified,
    survey_is_whole,
)

S = SanctuaryState
F = FlagState
P = Permission

LINE = (
    S.SUBMITTED, S.IN_TRIAGE, S.AWAITING_INFORMATION, S.LANDLORD_PERMISSION, S.SURVEY_BOOKED, S.SURVEY_DONE,
    S.FIRE_CONSULT, S.SPECIFICATION, S.APPROVAL, S.WORKS_ORDERED, S.INSTALLED, S.SIGN_OFF, S.SAFETY_PLAN_AND_MARKERS,
    S.FOLLOW_UP,
)  # fmt: skip
"""Every stage between sending and closing: from each there is a way out, and back to each a way in again."""

HELD = (S.ON_HOLD, S.FROZEN, S.WITHDRAWN, S.REFUGE)
OPEN = (*LINE, S.ON_HOLD, S.FROZEN)
BEFORE_SURVEY = (S.IN_TRIAGE, S.AWAITING_INFORMATION, S.LANDLORD_PERMISSION)
TELL_REQUESTER = Notify(Template.SCHEME_DECIDED, "referrer")
TELL_SCHEME = (
    Notify(Template.SCHEME_WAITING, Role.SANCTUARY_OFFICER),
    Notify(Template.SCHEME_WAITING, Role.COORDINATOR),
)
STOP = (
    FreezeWorks(),
    Notify(Template.SCHEME_STOPPED, Role.COORDINATOR),
    Notify(Template.SCHEME_STOPPED, Role.SANCTUARY_OFFICER),
    Notify(Template.SCHEME_STOPPED, "supporter"),
)


def step(
    name: str,
    from_states: tuple[S, ...],
    to_state: S,
    permission: P,
    *guards: Guard,
    label: str,
    then: tuple[Effect, ...] = (),
) -> Transition:
    """A row of the table; whatever else follows, the clock of the stage that is left stops and the next one starts."""
    return Transition(name, from_states, to_state, permission, guards, (EnterStage(), *then), label)


def resuming() -> Iterator[Transition]:
    """One way back into each stage of the line, for a request that was stopped there."""
    for stage in LINE:
        yield step(
            f"resume_{stage}", HELD, stage, P.SANCTUARY_DECIDE, where_it_stood, home_is_clear,
            label=f"Go on: {stage.label}",
        )  # fmt: skip


SANCTUARY = Workflow(
    noun="sanctuary",
    title="Sanctuary request",
    states=SanctuaryState,
    initial=S.DRAFT,
    end_states=(S.REMOVED_ENDED, S.DUPLICATE, S.DIED),
    transitions=(
        step(
            "submit", (S.DRAFT,), S.SUBMITTED, P.SANCTUARY_EDIT,
            consent_given, safe_contact_recorded, request_is_whole, label="Send request", then=TELL_SCHEME,
        ),
        step("discard", (S.DRAFT,), S.CLOSED, P.SANCTUARY_EDIT, label="Give up this draft"),
        step("triage", (S.SUBMITTED,), S.IN_TRIAGE, P.SANCTUARY_DECIDE, label="Start triage"),
        step(
            "ask_information", (S.IN_TRIAGE,), S.AWAITING_INFORMATION, P.SANCTUARY_DECIDE,
            interim_plan_recorded, no_gate_failed, something_unknown_asked,
            label="Ask for what is not known", then=(TELL_REQUESTER,),
        ),
        step(
            "answer", (S.AWAITING_INFORMATION,), S.IN_TRIAGE, P.SANCTUARY_EDIT, answer_given,
            label="Answer", then=TELL_SCHEME,
        ),
        step(
            "take_up", (S.AWAITING_INFORMATION, S.LANDLORD_PERMISSION), S.IN_TRIAGE, P.SANCTUARY_DECIDE,
            label="Look at the rules again",
        ),
        step(
            "ask_landlord", (S.IN_TRIAGE, S.AWAITING_INFORMATION), S.LANDLORD_PERMISSION, P.SANCTUARY_DECIDE,
            interim_plan_recorded, gates_pass, landlord_may_be_asked, label="Ask the landlord",
        ),
        step(
            "decline", (*BEFORE_SURVEY, S.SURVEY_DONE, S.SPECIFICATION, S.FROZEN), S.INELIGIBLE, P.SANCTUARY_DECIDE,
            unsuitable_for_a_reason, decision_in_writing, label="Not suitable", then=(TELL_REQUESTER,),
        ),
        step(
            "close_unsuitable", (S.INELIGIBLE,), S.CLOSED, P.SANCTUARY_DECIDE, label="Close: told in writing",
        ),
        step(
            "book_survey", BEFORE_SURVEY, S.SURVEY_BOOKED, P.SANCTUARY_SURVEY,
            interim_plan_recorded, gates_pass, slot_is_safe, label="Book the survey",
        ),
        step(
            "rebook_survey", (S.SURVEY_BOOKED,), S.SURVEY_BOOKED, P.SANCTUARY_SURVEY, slot_is_safe,
            label="Book another time",
        ),
        step(
            "record_survey", (S.SURVEY_BOOKED,), S.SURVEY_DONE, P.SANCTUARY_SURVEY, survey_is_whole,
            label="Survey is done",
        ),
        step("ask_fire_review", (S.SURVEY_DONE,), S.FIRE_CONSULT, P.SANCTUARY_SURVEY, label="Ask for a fire review"),
        step(
            "record_fire_review", (S.FIRE_CONSULT,), S.SPECIFICATION, P.SANCTUARY_SURVEY, fire_reviewed,
            label="Record the fire review",
        ),
        step("specify", (S.SURVEY_DONE,), S.SPECIFICATION, P.SANCTUARY_DECIDE, label="Specify the works"),
        step(
            "correct_survey", (S.SPECIFICATION, S.FIRE_CONSULT), S.SURVEY_DONE, P.SANCTUARY_SURVEY,
            label="Correct the survey",
        ),
        step(
            "send_for_approval", (S.SPECIFICATION,), S.APPROVAL, P.SANCTUARY_DECIDE, fire_reviewed, specified,
            label="Send for approval", then=(Notify(Template.SCHEME_WAITING, Role.SERVICE_MANAGER),),
        ),
        step(
            "approve", (S.APPROVAL,), S.WORKS_ORDERED, P.SANCTUARY_APPROVE,
            approver_is_independent, within_limit, landlord_agreed, fire_reviewed, approval_recorded,
            label="Approve", then=TELL_SCHEME,
        ),
        step(
            "send_back", (S.APPROVAL,), S.SPECIFICATION, P.SANCTUARY_APPROVE, approver_is_independent, reason_recorded,
            label="Send back to be changed", then=TELL_SCHEME,
        ),
        step("install", (S.WORKS_ORDERED,), S.INSTALLED, P.SANCTUARY_DECIDE, label="The contractor has finished"),
        step(
            "complete_job", (S.WORKS_ORDERED,), S.INSTALLED, P.JOB_RUN, label="The last job was reported done",
            then=TELL_SCHEME,
        ),
        step("order_again", (S.INSTALLED,), S.WORKS_ORDERED, P.SANCTUARY_DECIDE, label="Order what is not finished"),
        step(
            "ask_sign_off", (S.INSTALLED,), S.SIGN_OFF, P.SANCTUARY_SURVEY, every_line_ended,
            label="Ready for sign-off",
        ),
        step(
            "sign_off", (S.SIGN_OFF,), S.SAFETY_PLAN_AND_MARKERS, P.SANCTUARY_SURVEY,
            resident_confirmed, keys_recorded, alarms_checked,
            label="Signed off by the resident", then=(Notify(Template.SCHEME_WAITING, "supporter"),),
        ),
        step(
            "begin_follow_up", (S.SAFETY_PLAN_AND_MARKERS,), S.FOLLOW_UP, P.SANCTUARY_SUPPORT, safety_plan_made,
            label="Safety plan made", then=(BeginFollowUps(),),
        ),
        step(
            "close", (S.FOLLOW_UP,), S.CLOSED, P.SANCTUARY_DECIDE, follow_ups_answered, outcome_recorded, label="Close",
        ),
        step(
            "withdraw", OPEN, S.WITHDRAWN, P.SANCTUARY_STOP, withdrawal_recorded,
            label="The person no longer wants this", then=(FreezeWorks(), *TELL_SCHEME),
        ),
        step(
            "freeze", (*LINE, S.ON_HOLD, S.CLOSED), S.FROZEN, P.SANCTUARY_STOP, danger_recorded,
            label="The person causing harm is there, has a key or may enter", then=STOP,
        ),
        step(
            "report_moved", (*OPEN, S.CLOSED), S.MOVED, P.SANCTUARY_STOP, day_recorded,
            label="They have moved", then=(FreezeWorks(), *TELL_SCHEME),
        ),
        step(
            "report_refuge", OPEN, S.REFUGE, P.SANCTUARY_STOP, day_recorded,
            label="They went to refuge", then=(FreezeWorks(), *TELL_SCHEME),
        ),
        step(
            "mark_duplicate", OPEN, S.DUPLICATE, P.SANCTUARY_DECIDE, other_request_named,
            label="Same as another request", then=(FreezeWorks(), TELL_REQUESTER),
        ),
        step(
            "report_died", (*OPEN, S.CLOSED), S.DIED, P.SANCTUARY_STOP, day_recorded,
            label="They have died", then=(HoldByLaw(), *STOP),
        ),
        step("hold", LINE, S.ON_HOLD, P.SANCTUARY_DECIDE, hold_is_reviewed, label="Put on hold", then=(FreezeWorks(),)),
        *resuming(),
        step(
            "close_stopped", (S.WITHDRAWN, S.REFUGE, S.FROZEN, S.MOVED), S.CLOSED, P.SANCTUARY_DECIDE, outcome_recorded,
            label="Close",
        ),
        step(
            "end_measures", (S.CLOSED, S.FOLLOW_UP, S.MOVED, S.REFUGE, S.WITHDRAWN), S.REMOVED_ENDED,
            P.SANCTUARY_DECIDE, ended_in_order, label="Bring back what is portable, and end",
        ),
    ),
)  # fmt: skip

ADDRESS_FLAG = Workflow(
    noun="address_flag",
    title="Flag on an address",
    states=FlagState,
    initial=F.ADD_REQUESTED,
    end_states=(F.REMOVED,),
    transitions=(
        Transition("place", (F.ADD_REQUESTED,), F.ADDED, P.SANCTUARY_SUPPORT, label="Placed"),
        Transition("review", (F.ADDED,), F.ADDED, P.SANCTUARY_SUPPORT, (reason_recorded,), label="Reviewed and kept"),
        Transition(
            "ask_removal", (F.ADD_REQUESTED, F.ADDED), F.REMOVE_REQUESTED, P.SANCTUARY_SUPPORT, label="Ask for removal",
        ),
        Transition("remove", (F.REMOVE_REQUESTED,), F.REMOVED, P.SANCTUARY_SUPPORT, label="Removed"),
    ),
)  # fmt: skip

OWNERS: dict[S, str] = {
    S.DRAFT: "Whoever asks", S.SUBMITTED: "Sanctuary officer", S.IN_TRIAGE: "Sanctuary officer",
    S.INELIGIBLE: "Sanctuary officer", S.AWAITING_INFORMATION: "Sanctuary officer",
    S.LANDLORD_PERMISSION: "Housing link", S.SURVEY_BOOKED: "Surveyor", S.SURVEY_DONE: "Surveyor",
    S.FIRE_CONSULT: "Fire adviser", S.SPECIFICATION: "Sanctuary officer", S.APPROVAL: "Budget holder",
    S.WORKS_ORDERED: "Contractor", S.INSTALLED: "Contractor", S.SIGN_OFF: "Surveyor",
    S.SAFETY_PLAN_AND_MARKERS: "IDVA",
}  # fmt: skip
"""Who the next step of a stage is up to; the Sanctuary officer where nobody else is named."""
OWNER = "Sanctuary officer"
