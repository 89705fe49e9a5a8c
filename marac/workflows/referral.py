"""Life of one DA MARAC referral: drafted, sent, decided (DA-6 to DA-18). Lists nothing: the case table does that."""

from marac.vocabulary import Permission, ReferralState, Role, Template
from marac.workflows.engine import FlagAndTag, Notify, OpenDeadline, Transition, Workflow
from marac.workflows.guards import conflict_checked, meeting_chosen, reason_given
from marac.workflows.referral_rules import (
    advice_given,
    answer_given,
    checklist_answered,
    criterion_chosen,
    earlier_case_linked,
    emergency_approved,
    escalation_counted,
    forum_named,
    high_score_stands,
    judgement_explained,
    late_add_agreed,
    matches_decided,
    not_heard_yet,
    not_visible_high_risk,
    nothing_missing,
    old_enough,
    original_linked,
    questions_asked,
    receiving_area_named,
    sharing_recorded,
    source_recorded,
    still_complete,
    urgent_fields_given,
    was_sent_unfinished,
)
from marac.workflows.triage_rules import another_person_reviews, hand_over_recorded, reason_coded, staff_screened

S = ReferralState
P = Permission

WAITING = (S.SUBMITTED, S.RETURNED)
"""A referral can be decided while its referrer still owes an answer: nobody waits for a reply that never comes."""

COMPLETE = (
    nothing_missing,
    old_enough,
    checklist_answered,
    criterion_chosen,
    high_score_stands,
    judgement_explained,
    escalation_counted,
    sharing_recorded,
)
LISTABLE = (meeting_chosen, late_add_agreed, matches_decided, staff_screened, conflict_checked)
TELL_REFERRER = Notify(Template.REFERRAL_DECIDED, "referrer")
TELL_COORDINATOR = Notify(Template.REFERRAL_WAITING, Role.COORDINATOR)

REFERRAL = Workflow(
    noun="referral",
    title="Referral",
    states=ReferralState,
    initial=S.DRAFT,
    end_states=(
        S.ACCEPTED,
        S.ALERT_ONLY,
        S.TRANSFERRED_OUT,
        S.REFERRED_ELSEWHERE,
        S.NOT_ACCEPTED,
        S.MERGED,
        S.WITHDRAWN,
    ),
    transitions=(
        Transition(
            "submit", (S.DRAFT,), S.SUBMITTED, P.REFERRAL_SUBMIT,
            guards=COMPLETE,
            effects=(
                TELL_COORDINATOR,
                Notify(Template.REFERRAL_WAITING, Role.IDVA),
                OpenDeadline("triage_decided"),
                OpenDeadline("idva_first_contact"),
            ),
            label="Send",
        ),
        Transition(
            "send_urgent", (S.DRAFT,), S.SUBMITTED, P.REFERRAL_SUBMIT,
            guards=(urgent_fields_given,),
            effects=(
                Notify(Template.REFERRAL_URGENT, Role.COORDINATOR),
                Notify(Template.REFERRAL_URGENT, Role.IDVA),
                OpenDeadline("triage_decided"),
                OpenDeadline("idva_first_contact"),
            ),
            label="Send now, finish later",
        ),
        Transition(
            "finish", (S.SUBMITTED,), S.SUBMITTED, P.REFERRAL_EDIT,
            guards=(was_sent_unfinished, *COMPLETE),
            effects=(TELL_COORDINATOR,),
            label="Finish an urgent referral",
        ),
        Transition(
            "finish", (S.ACCEPTED,), S.ACCEPTED, P.REFERRAL_EDIT,
            guards=(was_sent_unfinished, not_heard_yet, *COMPLETE),
            effects=(TELL_COORDINATOR,),
            label="Finish an urgent referral that was accepted meanwhile", reopens=True,
        ),
        Transition(
            "receive_transfer", (S.DRAFT,), S.SUBMITTED, P.TRANSFER_RECEIVE,
            guards=(source_recorded,),
            effects=(
                TELL_COORDINATOR,
                Notify(Template.REFERRAL_WAITING, Role.IDVA),
                OpenDeadline("triage_decided"),
                OpenDeadline("idva_first_contact"),
            ),
            label="Take in from another area",
        ),
        Transition("withdraw", (S.DRAFT,), S.WITHDRAWN, P.REFERRAL_EDIT, label="Withdraw"),
        Transition(
            "return_for_information", (S.SUBMITTED,), S.RETURNED, P.REFERRAL_DECIDE,
            guards=(questions_asked,), effects=(TELL_REFERRER,), label="Ask the referrer for more",
        ),
        Transition(
            "answer", (S.RETURNED,), S.SUBMITTED, P.REFERRAL_SUBMIT,
            guards=(answer_given, still_complete), effects=(TELL_COORDINATOR,), label="Answer the coordinator",
        ),
        Transition(
            "accept", WAITING, S.ACCEPTED, P.REFERRAL_DECIDE,
            guards=LISTABLE, effects=(TELL_REFERRER,), label="List for a meeting",
        ),
        Transition(
            "accept_emergency", WAITING, S.ACCEPTED, P.REFERRAL_DECIDE,
            guards=(emergency_approved, meeting_chosen, matches_decided, staff_screened, conflict_checked),
            effects=(TELL_REFERRER, Notify(Template.REFERRAL_URGENT, Role.CHAIR), OpenDeadline("emergency")),
            label="Emergency meeting",
        ),
        Transition(
            "accept_repeat", WAITING, S.ACCEPTED, P.REFERRAL_DECIDE,
            guards=(earlier_case_linked, *LISTABLE), effects=(TELL_REFERRER,), label="List as a repeat of a known case",
        ),
        Transition(
            "accept_transfer_in", WAITING, S.ACCEPTED, P.REFERRAL_DECIDE,
            guards=(source_recorded, *LISTABLE), effects=(TELL_REFERRER,), label="List as a transfer from another area",
        ),
        Transition(
            "note_alert", WAITING, S.ALERT_ONLY, P.REFERRAL_DECIDE,
            guards=(reason_given, matches_decided, staff_screened, conflict_checked),
            effects=(TELL_REFERRER, FlagAndTag()),
            label="Alert agencies only",
        ),
        Transition(
            "transfer_out", WAITING, S.TRANSFERRED_OUT, P.REFERRAL_DECIDE,
            guards=(receiving_area_named, reason_given),
            effects=(TELL_REFERRER, OpenDeadline("transfer_receipt")),
            label="Transfer to another area",
        ),
        Transition(
            "refer_elsewhere", WAITING, S.REFERRED_ELSEWHERE, P.REFERRAL_DECIDE,
            guards=(forum_named, hand_over_recorded, reason_given),
            effects=(TELL_REFERRER, OpenDeadline("hand_over_acknowledged")),
            label="Pass to another forum",
        ),
        Transition(
            "decline", WAITING, S.NOT_ACCEPTED, P.REFERRAL_DECIDE,
            guards=(not_visible_high_risk, reason_coded, advice_given),
            effects=(TELL_REFERRER, OpenDeadline("decision_reviewed")),
            label="Do not list, with advice",
        ),
        Transition(
            "merge", WAITING, S.MERGED, P.REFERRAL_DECIDE,
            guards=(original_linked,), effects=(TELL_REFERRER,), label="Same as a referral already here",
        ),
        Transition(
            "review", (S.NOT_ACCEPTED,), S.SUBMITTED, P.REFERRAL_DECIDE,
            guards=(reason_given,), effects=(TELL_REFERRER, TELL_COORDINATOR),
            label="Look again at a decision not to list", reopens=True,
        ),
        Transition(
            "uphold", (S.NOT_ACCEPTED,), S.NOT_ACCEPTED, P.REFERRAL_DECIDE,
            guards=(another_person_reviews, reason_given), effects=(TELL_REFERRER,),
            label="Confirm a decision not to list", reopens=True,
        ),
    ),
)  # fmt: skip
