"""Deciding a referral as pages: in the order it is read, nothing decided beforehand, nobody left without an answer."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from marac import clock
from marac.models import Referral
from marac.services.deciding.repeats import CRIME
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import ReferralState, Role
from marac.web.forms.triage import NEEDS, ORDER
from marac.workflows import checklists
from tests.builders import a_user, dash
from tests.builders_cases import a_story
from tests.services.test_incidents import set_rule
from tests.web.test_referrals import crew, open_as, sent, state_of

__all__ = ["crew", "open_as"]
LOW = {"answers": dash(3), "reason": {"criteria": ["professional_judgement"], "judgement": "She is frightened. " * 6}}
OUTCOMES = {
    "accept_next_meeting": {}, "alert_only": {"reason": "A plan is in place"},
    "return_for_information": {"questions": "Where is he?", "missing": ["children"]},
    "transfer_out": {"receiving_area": "Newham", "reason": "She moved"},
    "refer_elsewhere": {"forum": "mappa", "handed_over": "Told their desk", "reason": "Better there"},
    "not_accepted": {"reason_code": "only_for_evidence", "reason": "Housing alone", "advice": "Ring Solace"},
    "accept_transfer_in": {"source_area": "Hackney", "earlier_papers": "Asked for"},
}  # fmt: skip


def at(page, text):
    """Where a text first stands on a page."""
    assert text in page.text, text
    return page.text.index(text)


def test_the_page_reads_matches_then_conflicts_then_the_decision_and_decides_nothing_itself_da_17(house, crew, open_as):
    sent(house, crew["hospital"])
    reference = sent(house, crew["housing"])
    page = open_as("coordinator").get(f"/referrals/{reference}/decide")
    assert at(page, "Possible matches") < at(page, "Conflict of interest") < at(page, "What do you decide?")
    assert at(page, "What do you decide?") < page.text.rindex("Meeting"), "the meeting is asked after the decision"
    assert at(page, "Reasons") < at(page, "Red flags") < at(page, "What happened") < at(page, "Safe to use")
    assert "Decide by" in page.text
    assert "working day" in page.text
    values = page.form("/decide").values
    assert "outcome" not in values, "a decision is never chosen beforehand"
    assert values["meeting"] != [""], "the next meeting is"
    assert "a repeat up to and on" in page.text
    assert "any abuse between the same people" in page.text


def test_red_flags_read_as_the_checklist_words_them_not_as_its_keys(house, crew, open_as):
    tool = checklists.current("dash_ric")
    flagged = {question.key: question.label for question in tool.questions if question.red_flag}
    page = open_as("coordinator").get(f"/referrals/{sent(house, crew['housing'])}/decide")
    shown = [label for label in flagged.values() if label in page.text]
    assert len(shown) >= 3, "the checklist of this referral has them"
    assert not any(key.replace("_", " ").capitalize() in page.words_of("dd") for key in flagged)


def test_the_clock_of_a_decision_says_how_long_it_is_overdue_and_never_by_nothing(house, crew, open_as):
    reference = sent(house, crew["housing"])
    with house.reader() as session:
        due = session.scalar(select(Referral.decide_by_at).where(Referral.reference == reference))
    for late, words in (
        (timedelta(minutes=5), "Overdue: it was to be"),
        (timedelta(days=8), "Overdue by 6 working days"),
    ):
        with time_machine.travel(due + late, tick=True):
            assert words in open_as("coordinator").get(f"/referrals/{reference}/decide").text


def test_every_outcome_shows_only_the_fields_it_needs_and_each_field_serves_one():
    assert {name for names in NEEDS.values() for name in names} | {"approved_by"} == set(ORDER)


def test_a_plain_case_is_decided_with_three_actions_on_one_page(house, crew, open_as):
    reference = sent(house, crew["housing"])
    page = open_as("coordinator").get(f"/referrals/{reference}/decide")
    done = page.fill_and_post({"conflict_checked": True, "outcome": "accept_next_meeting"}, action="/decide")
    assert done.flashes == ["Listed."]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_sender_reads_the_outcome_and_what_to_do_next_da_17(house, crew, open_as, outcome):
    reference = sent(house, crew["teacher"], **LOW)
    page = open_as("coordinator").get(f"/referrals/{reference}/decide")
    done = page.fill_and_post({"conflict_checked": True, "outcome": outcome, **OUTCOMES[outcome]}, action="/decide")
    assert done.status == 200, done.errors
    told = open_as("teacher").get(f"/referrals/{reference}")
    if outcome == "return_for_information":
        assert "Where is he?" in told.text
        assert "Asked for" in told.text
    else:
        assert "What to do next" in told.text
        assert "Amina" not in told.html


def test_what_another_outcome_would_need_is_not_recorded_with_this_one(house, crew, open_as):
    reference = sent(house, crew["housing"], **LOW)
    page = open_as("coordinator").get(f"/referrals/{reference}/decide")
    page.fill_and_post({"outcome": "not_accepted", "forum": "mappa", **OUTCOMES["not_accepted"]}, action="/decide")
    told = open_as("housing").get(f"/referrals/{reference}")
    assert "Only for housing or legal aid evidence" in told.text


def test_after_the_cut_off_the_page_asks_who_agreed_and_why_and_loses_nothing_da_18(house, crew, open_as):
    reference = sent(house, crew["housing"], **LOW)
    again = open_as("coordinator").get(f"/referrals/{reference}/decide").fill_and_post(
        {"outcome": "refer_elsewhere", "forum": "mappa", "reason": "What I typed"}, action="/decide")  # fmt: skip
    assert again.status == 422
    assert again.errors == ["Say what you handed over, and to whom there"]
    assert again.form("/decide").values["reason"] == ["What I typed"]
    assert "app-need--error" in again.html


def test_a_possible_conflict_is_kept_out_with_one_click_and_learns_nothing_da_5(house, crew, open_as):
    reference = sent(house, crew["housing"])
    with unit_of_work(house) as session:  # began to work here after it was sent, so nothing was found then
        namesake = a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Kareem Uddin")
    page = open_as("coordinator").get(f"/referrals/{reference}/decide")
    assert "Possible conflict: Kareem Uddin" in page.text
    again = page.fill_and_post({"outcome": "accept_next_meeting", "conflict_checked": True}, action="/decide")
    assert again.errors == ["Say of each possible conflict whether that person is kept out"]
    done = again.fill_and_post({f"conflict_{namesake.id.hex}": "keep_out"}, action="/decide")
    assert done.flashes == ["Listed."]
    crew["cousin"] = namesake
    theirs, nobodys = (open_as("cousin").get(f"/referrals/{one}") for one in (reference, "K2D-22Q"))
    assert theirs.status == nobodys.status == 404
    assert theirs.h1 == nobodys.h1


def test_i_have_a_conflict_hands_it_on_and_the_referral_is_gone_da_5(house, crew, open_as):
    reference, client = sent(house, crew["housing"]), open_as("coordinator")
    page = client.get(f"/referrals/{reference}/decide")
    done = page.fill_and_post({}, action="/conflict")
    assert done.flashes == ["It is with another coordinator now."]
    assert "Amina" not in done.html
    assert client.get(f"/referrals/{reference}").status == 404
    assert open_as("chair").get(f"/referrals/{reference}/decide").status == 200


def test_missing_parts_lead_the_referrer_to_exactly_those_tasks_da_17(house, crew, open_as):
    reference = sent(house, crew["housing"])
    coordinator, referrer = open_as("coordinator"), open_as("housing")
    coordinator.get(f"/referrals/{reference}/questions").fill_and_post({"missing": ["sharing"]}, action="/questions")
    page = referrer.get(f"/referrals/{reference}/questions")
    assert "Complete these parts first" in page.text
    assert "Asked by Ama Okafor" in page.text
    early = page.fill_and_post({"answer": "Done"}, action="/questions")
    assert early.status == 422
    part = referrer.get(f"/referrals/{reference}/sharing")
    part.fill_and_post({"told": "yes", "consent": "yes"}, action="/sharing")
    done = referrer.get(f"/referrals/{reference}/questions").fill_and_post({"answer": "Done"}, action="/questions")
    assert done.flashes == ["Sent."]
    assert "Answered by Tom Hale" in coordinator.get(f"/referrals/{reference}/questions").text
    assert state_of(house, reference) == ReferralState.SUBMITTED


def test_a_refusal_is_confirmed_by_a_colleague_and_not_by_who_refused_da_17(house, crew, open_as):
    reference = sent(house, crew["housing"], **LOW)
    client = open_as("coordinator")
    client.get(f"/referrals/{reference}/decide").fill_and_post(
        {"outcome": "not_accepted", **OUTCOMES["not_accepted"]}, action="/decide"
    )
    page = client.get(f"/referrals/{reference}")
    assert "must confirm this" in page.text
    assert "Confirm that it is not listed" not in page.text
    assert "Look again at a referral that was not listed" in client.get("/today").text
    chair = open_as("chair")
    done = chair.get(f"/referrals/{reference}").fill_and_post({"reason": "I agree"}, action="/review", press="Confirm")
    assert done.flashes == ["Confirmed. It stays as decided."]


def test_a_hand_over_is_recorded_as_received(house, crew, open_as):
    reference, client = sent(house, crew["housing"], **LOW), open_as("coordinator")
    client.get(f"/referrals/{reference}/decide").fill_and_post(
        {"outcome": "refer_elsewhere", **OUTCOMES["refer_elsewhere"]}, action="/decide"
    )
    page = client.get("/today").follow("Has the other forum taken the person on?")
    assert page.fill_and_post({}, action="/received").errors == ["Enter who confirmed it there"]
    on = clock.today()
    done = page.fill_and_post(
        {"acknowledged_by": "Bea Stone", "acknowledged_on": [str(on.day), str(on.month), str(on.year)]},
        action="/received",
    )
    assert done.flashes == ["Recorded. Nothing more is awaited."]
    assert client.get(f"/referrals/{reference}/received").status == 409


def test_the_inbox_filters_by_status_and_an_empty_answer_offers_to_clear(house, crew, open_as):
    sent(house, crew["housing"])
    client = open_as("coordinator")
    assert "Begum, Amina" in client.get("/referrals").text
    assert "working hour" in client.get("/referrals").text
    none = client.get("/referrals?state=returned_for_information")
    assert "No referrals match." in none.text
    assert "Clear filters" in none.text
    assert "Begum, Amina" in client.get("/referrals?state=nonsense").text


def test_an_incident_has_six_things_to_say_and_one_more_where_only_crimes_count_da_12(house, crew, open_as):
    story = a_story(house)
    crew["story"] = story.housing
    client = open_as("story")
    page = client.get(f"/cases/{story.reference}/incident")
    names = page.form("/incident").names - {"csrf_token", "once_key", "pen", "contact_note"}
    assert len(names) == 6
    set_rule(house, "repeat_window.what_counts", CRIME)
    assert "would_be_crime" in client.get(f"/cases/{story.reference}/incident").form("/incident").names


def test_an_incident_of_long_after_says_that_it_is_a_new_referral(house, crew, open_as):
    story = a_story(house, last_referral_on=clock.today() - timedelta(days=500), last_heard_on=None)
    crew["story"] = story.housing
    page = open_as("story").get(f"/cases/{story.reference}/incident")
    done = page.fill_and_post(
        {"what_happened": "He came back.", "danger_now": "no", "contact_still_safe": "yes"}, action="/incident"
    )
    assert "new referral" in done.flashes[0]
