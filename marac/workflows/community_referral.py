"""Life of one Community MARAC referral: the life of a DA MARAC referral, with conditions of its own (CM-1 to CM-10).

What differs is the two tables below; every other row is the referral table's, so that triage works alike.
"""

from dataclasses import replace
from typing import Final

from marac.vocabulary import Role, Template
from marac.workflows.community_referral_rules import (
    care_question_answered,
    escalation_described,
    high_matrix_stands,
    in_scope,
    judgement_written,
    person_test_chosen,
    refused_on_more_than_a_score,
    sharing_recorded_for_each,
    stalled_described,
    way_in_chosen,
)
from marac.workflows.engine import Effect, Guard, Notify, OpenDeadline, Transition
from marac.workflows.referral import LISTABLE, REFERRAL, TELL_COORDINATOR
from marac.workflows.referral_rules import (
    advice_given,
    checklist_answered,
    earlier_case_linked,
    not_heard_yet,
    nothing_missing,
    was_sent_unfinished,
)
from marac.workflows.triage_rules import reason_coded

COMPLETE: Final[tuple[Guard, ...]] = (
    nothing_missing,
    checklist_answered,
    person_test_chosen,
    way_in_chosen,
    high_matrix_stands,
    judgement_written,
    escalation_described,
    stalled_described,
    care_question_answered,
    sharing_recorded_for_each,
)
GUARDS: Final[dict[str, tuple[Guard, ...]]] = {
    "submit": COMPLETE,
    "accept": (in_scope, *LISTABLE),
    "accept_repeat": (earlier_case_linked, in_scope, *LISTABLE),
    "decline": (refused_on_more_than_a_score, reason_coded, advice_given),
}
EFFECTS: Final[dict[str, tuple[Effect, ...]]] = {
    "submit": (TELL_COORDINATOR, OpenDeadline("triage_decided")),
    "send_urgent": (Notify(Template.REFERRAL_URGENT, Role.COORDINATOR), OpenDeadline("triage_decided")),
    "receive_transfer": (TELL_COORDINATOR, OpenDeadline("triage_decided")),
}


def _row(step: Transition) -> Transition:
    guards = GUARDS.get(step.name, step.guards)
    if step.name == "finish":
        heard = (not_heard_yet,) if step.reopens else ()
        guards = (was_sent_unfinished, *heard, *COMPLETE)
    return replace(step, guards=guards, effects=EFFECTS.get(step.name, step.effects))


COMMUNITY_REFERRAL = replace(
    REFERRAL,
    noun="community_referral",
    title="Community MARAC referral",
    transitions=tuple(map(_row, REFERRAL.transitions)),
)
