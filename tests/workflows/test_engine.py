"""An unsound life-cycle never loads; what a page offers is what a service enforces."""

from dataclasses import FrozenInstanceError, replace

import pytest

from marac.errors import RuleBroken, WrongState
from marac.vocabulary import ActionState, MinutesState, Permission
from marac.workflows.engine import Transition, Workflow, reads

S = MinutesState
ISSUE = Permission.MINUTES_ISSUE


def asked(_subject, facts):
    """Somebody asked.

    Reads: asked.
    """
    if not facts.get("asked"):
        raise RuleBroken("asked", "Ask first")


def step(name, old, new, **more):
    return Transition(name, (old,), new, ISSUE, **more)


SOUND = (
    step("submit", S.DRAFT, S.SUBMITTED, guards=(asked,)),
    step("approve", S.SUBMITTED, S.APPROVED),
    step("issue", S.APPROVED, S.ISSUED),
)


def table(*transitions, end_states=(S.ISSUED,), initial=S.DRAFT):
    return Workflow("minutes", "Minutes", MinutesState, initial, end_states, transitions)


@pytest.mark.parametrize(
    "transitions, end_states, fault",
    [
        ((*SOUND, step("submit", S.DRAFT, S.APPROVED)), (S.ISSUED,), "submit is written twice for draft"),
        (SOUND[:2], (S.ISSUED,), "issued cannot be reached"),
        (SOUND[:2], (S.APPROVED,), "issued cannot be reached"),
        (SOUND, (), "issued has no way out and is not an end state"),
        ((*SOUND, step("send_back", S.ISSUED, S.DRAFT)), (S.ISSUED,), "send_back leaves the end state issued"),
        ((*SOUND, step("amend", S.SUBMITTED, S.DRAFT, reopens=True)), (S.ISSUED,), "amend is marked as re-opening"),
        ((*SOUND, step("hand_over", S.DRAFT, ActionState.OPEN)), (S.ISSUED,), "open is not a minutes state"),
        (
            (step("complete", S.DRAFT, S.SUBMITTED), step("begin", ActionState.IN_PROGRESS, S.ISSUED)),
            (S.ISSUED,),
            "in_progress is not a minutes state",
        ),
        ((*SOUND, Transition("wish", (), S.DRAFT, ISSUE)), (S.ISSUED,), "wish leaves no state"),
        (
            (*SOUND, step("sign", S.DRAFT, S.SUBMITTED, guards=(lambda _subject, _facts: None,))),
            (S.ISSUED,),
            "does not say which facts it reads",
        ),
        ((step("rest", S.DRAFT, S.DRAFT), *SOUND[1:]), (S.ISSUED,), "draft has no way out"),
    ],
)
def test_an_unsound_table_is_refused_with_what_is_wrong(transitions, end_states, fault):
    with pytest.raises(ValueError) as refused:
        table(*transitions, end_states=end_states)
    assert fault in str(refused.value)


def test_words_of_another_life_cycle_are_refused_even_where_they_are_spelt_alike():
    draft_of_something_else = ActionState.IN_PROGRESS
    with pytest.raises(ValueError, match="is not a minutes state"):
        table(*SOUND, initial=draft_of_something_else)


def test_an_end_state_is_left_only_by_a_transition_that_says_it_re_opens():
    reopened = table(*SOUND, step("amend", S.ISSUED, S.DRAFT, reopens=True))
    assert reopened.find("amend", S.ISSUED).to_state == S.DRAFT


def test_the_stored_word_finds_the_transition_as_the_member_does():
    assert table(*SOUND).find("submit", "draft") is table(*SOUND).find("submit", S.DRAFT)


def test_doing_it_from_another_state_is_a_wrong_state_and_an_unknown_verb_is_a_mistake_in_the_code():
    with pytest.raises(WrongState):
        table(*SOUND).find("issue", S.DRAFT)
    with pytest.raises(LookupError):
        table(*SOUND).find("burn", S.DRAFT)


def test_what_is_offered_is_what_would_be_found():
    workflow = table(*SOUND)
    for state in S:
        assert all(workflow.find(offer.name, state) is offer for offer in workflow.offered(state))


def test_check_raises_the_first_broken_guard_and_broken_lists_every_one():
    def told(_subject, _facts):
        """Nobody was told.

        Reads: told.
        """
        raise RuleBroken("told", "Tell them")

    both = replace(SOUND[0], guards=(asked, told))
    with pytest.raises(RuleBroken) as refused:
        both.check(None, {})
    assert refused.value.field == "asked"
    assert [refusal.field for refusal in both.broken(None, {})] == ["asked", "told"]
    assert [refusal.field for refusal in both.broken(None, {"asked": True})] == ["told"]


def test_a_guard_names_the_facts_it_reads():
    assert reads(asked) == ("asked",)


def test_a_table_cannot_be_changed_while_it_runs():
    with pytest.raises(FrozenInstanceError):
        SOUND[0].to_state = S.ISSUED
