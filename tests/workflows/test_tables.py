"""Every life-cycle, every state, every verb: moved to the state written here by hand, or refused as a wrong state."""

from pathlib import Path

import pytest

from marac import workflows
from marac.errors import WrongState
from marac.vocabulary import Permission
from marac.workflows import WORKFLOWS
from marac.workflows.engine import Notify
from marac.workflows.printing import markdown, rows
from tests.workflows import sanctuary_oracle

ORACLE = {
    "referral": """
        submit: draft > submitted
        send_urgent: draft > submitted
        finish: submitted > submitted
        finish: accepted > accepted
        receive_transfer: draft > submitted
        withdraw: draft > withdrawn
        return_for_information: submitted > returned_for_information
        answer: returned_for_information > submitted
        accept: submitted returned_for_information > accepted
        accept_emergency: submitted returned_for_information > accepted
        accept_repeat: submitted returned_for_information > accepted
        accept_transfer_in: submitted returned_for_information > accepted
        note_alert: submitted returned_for_information > alert_only
        transfer_out: submitted returned_for_information > transferred_out
        refer_elsewhere: submitted returned_for_information > referred_elsewhere
        decline: submitted returned_for_information > not_accepted
        merge: submitted returned_for_information > merged_duplicate
        review: not_accepted > submitted
        uphold: not_accepted > not_accepted
        """,
    "case": """
        list: received heard issued lapsed > listed
        close_research: listed > researched
        call: listed researched > in_meeting
        hear: in_meeting > heard
        recall: heard > in_meeting
        defer: listed researched in_meeting > received
        issue: heard > issued
        lapse: issued > lapsed
        close: received heard issued lapsed > closed
        merge: received > merged
        erase: received lapsed closed merged > erased
        erase_again: received listed researched in_meeting heard issued lapsed closed merged > erased
        """,
    "community_case": """
        list: received heard actions_open review_due > listed
        list_urgently: received heard actions_open review_due > listed
        close_research: listed > researched
        call: listed researched > in_meeting
        hear: in_meeting > heard
        recall: heard > in_meeting
        defer: listed researched in_meeting > received
        issue: heard > actions_open
        fall_due: actions_open > review_due
        close: received actions_open review_due > closed
        close_over: actions_open review_due > closed
        reopen: closed > received
        merge: received > merged
        erase: received closed merged > erased
        erase_again: received listed researched in_meeting heard actions_open review_due closed merged > erased
        """,
    "research": """
        save: requested in_progress > in_progress
        share: requested in_progress > returned
        answer_not_known: requested in_progress > nil_return
        reopen: returned nil_return > in_progress
        release: returned > released
        """,
    "meeting": """
        publish_agenda: scheduled agenda_published > agenda_published
        close_research: agenda_published > research_closed
        open: agenda_published research_closed > in_progress
        finish: in_progress > held
        cancel: scheduled agenda_published research_closed > cancelled
        """,
    "agenda_item": """
        call: listed > in_progress
        hear: in_progress > heard
        defer: listed in_progress > deferred
        remove: listed > removed
        recall: heard > in_progress
        """,
    "minutes": """
        submit: draft > submitted
        send_back: submitted > draft
        approve: submitted > approved
        issue: approved > issued
        recall: issued > approved
        amend: approved issued > draft
        """,
    "action": """
        accept: open > accepted
        start: open accepted > in_progress
        complete: open accepted in_progress > complete
        report_not_possible: open accepted in_progress > no_longer_possible
        report_not_done: open accepted in_progress > not_done
        hand_over: open accepted in_progress > transferred
        withdraw: open accepted in_progress > withdrawn
        reopen: complete no_longer_possible not_done withdrawn > open
        """,
    "flag": """
        confirm_added: add_requested > added
        ask_removal: add_requested added > remove_requested
        confirm_removed: remove_requested > removed
        """,
    "telling": """
        report_told: asked not_reached > told
        report_not_reached: asked not_reached > not_reached
        report_unsafe: asked not_reached > unsafe
        give_to: asked not_reached > asked
        ask_again: told unsafe > asked
        """,
    "disclosure": """
        prepare: received > prepared
        take_back: prepared agreed > received
        agree: prepared > agreed
        release: prepared agreed > released
        refuse: received prepared agreed > refused
        withdraw: received prepared agreed > withdrawn
        """,
    "retention": """
        keep_longer: counting proposed > counting
        propose: counting > proposed
        approve: proposed > cooling
        cancel: proposed cooling > counting
        stop: proposed cooling > counting
        begin: cooling > erasing
        erase_again: counting proposed cooling > erasing
        finish: erasing > erased
        """,
}

ORACLE["community_referral"] = ORACLE["referral"]  # the same life; its conditions are in test_community_referral.py

PERMISSIONS = {
    "referral": {
        "submit": "referral:submit",
        "send_urgent": "referral:submit",
        "answer": "referral:submit",
        "finish": "referral:edit",
        "receive_transfer": "transfer:receive",
        "withdraw": "referral:edit",
    },
    "case": {
        "list": "case:list",
        "defer": "case:list",
        "issue": "minutes:issue",
        "lapse": "job:run",
        "erase": "job:run",
        "erase_again": "job:run",
        "close": "case:close",
        "merge": "referral:decide",
    },
}
PERMISSIONS["retention"] = dict.fromkeys(("stop", "begin", "finish", "erase_again"), "job:run")
PERMISSIONS["community_referral"] = PERMISSIONS["referral"]
PERMISSIONS["community_case"] = {
    **{verb: asked for verb, asked in PERMISSIONS["case"].items() if verb != "lapse"}, "fall_due": "job:run",
    "list_urgently": "case:urgent", "close_over": "case:override", "reopen": "referral:decide",
}  # fmt: skip
USUAL = {
    "referral": "referral:decide", "community_referral": "referral:decide", "case": "meeting:run",
    "community_case": "meeting:run", "retention": "retention:decide",
}  # fmt: skip


ORACLE |= sanctuary_oracle.ORACLE


def oracle(noun: str) -> dict[tuple[str, str], str]:
    """(verb, state) -> new state, as written by hand above."""
    moves = {}
    for line in ORACLE[noun].strip().splitlines():
        verb, _, states = line.strip().partition(": ")
        old, _, new = states.partition(" > ")
        moves |= {(verb, state): new for state in old.split()}
    return moves


def moved(noun: str, verb: str, state: str) -> str:
    try:
        return WORKFLOWS[noun].find(verb, state).to_state
    except WrongState:
        return "wrong state"


def test_every_life_cycle_has_a_table_written_by_hand():
    assert set(ORACLE) == set(WORKFLOWS)


@pytest.mark.parametrize("noun", WORKFLOWS)
def test_every_verb_from_every_state_moves_as_written_or_is_refused(noun):
    expected, workflow = oracle(noun), WORKFLOWS[noun]
    verbs = {transition.name for transition in workflow.transitions}
    assert {verb for verb, _ in expected} == verbs
    assert {(verb, state) for verb, state in expected if state not in tuple(workflow.states)} == set()
    for verb in verbs:
        for state in workflow.states:
            assert moved(noun, verb, state) == expected.get((verb, state), "wrong state"), (verb, state)


@pytest.mark.parametrize("noun", PERMISSIONS)
def test_each_verb_asks_for_the_permission_of_who_does_it(noun):
    for transition in WORKFLOWS[noun].transitions:
        assert transition.permission == PERMISSIONS[noun].get(transition.name, USUAL[noun]), transition.name


def test_an_agency_alone_writes_and_the_meeting_alone_opens_research():
    asked = {transition.name: transition.permission for transition in WORKFLOWS["research"].transitions}
    assert asked.pop("release") == Permission.RESEARCH_RELEASE
    assert set(asked.values()) == {Permission.RESEARCH_WRITE}


def test_only_these_transitions_leave_an_end_state():
    reopening = {
        f"{noun}:{transition.name}"
        for noun, workflow in WORKFLOWS.items()
        for transition in workflow.transitions
        if transition.reopens
    }
    assert reopening == {
        "referral:review", "referral:uphold", "referral:finish", "community_referral:review",
        "community_referral:uphold", "community_referral:finish", "agenda_item:recall", "research:reopen",
        "action:reopen", "minutes:recall", "minutes:amend", "telling:ask_again",
    }  # fmt: skip


def test_a_referral_reaches_the_idva_when_it_is_sent_whichever_way():
    """DA-13."""
    for name in ("submit", "send_urgent"):
        effects = WORKFLOWS["referral"].find(name, "draft").effects
        assert "idva" in {effect.to for effect in effects if isinstance(effect, Notify)}


def test_the_referrer_hears_of_every_decision():
    """Also when the answer is no (DA-17)."""
    for transition in WORKFLOWS["referral"].transitions:
        if transition.permission == Permission.REFERRAL_DECIDE:
            assert "referrer" in {effect.to for effect in transition.effects if isinstance(effect, Notify)}


@pytest.mark.parametrize("noun", WORKFLOWS)
def test_the_printed_rows_say_what_the_table_says(noun):
    printed = rows(WORKFLOWS[noun])
    assert {tuple(row) for row in printed} == {
        ("workflow", "name", "from", "to", "permission", "guards", "effects"),
    }
    assert {(row["name"], state): row["to"] for row in printed for state in row["from"]} == oracle(noun)


@pytest.mark.parametrize("noun", WORKFLOWS)
def test_the_printed_page_draws_every_move(noun):
    page = markdown(WORKFLOWS[noun])
    for (verb, state), new in oracle(noun).items():
        assert f"{state} --> {new}: {verb}\n" in page


def test_the_page_in_the_repository_is_the_tables_as_they_are():
    kept = Path(workflows.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert kept == workflows.page(), "print it again: marac workflows show > marac/workflows/README.md"
