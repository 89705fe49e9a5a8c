"""Referring somebody and deciding it, as pages: without script, nothing typed lost, nothing shown too soon."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marac import clock
from marac.models import AgendaItem, CasePerson, Referral
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import referrals
from marac.vocabulary import ReferralState, Role
from tests.builders import (
    a_meeting,
    a_referral,
    a_submitted_referral,
    a_user,
    actor_for,
    dash,
    signed_in,
)

NAMES = {"Amina Begum", "Karim Uddin", "Elm Row"}


@pytest.fixture
def crew(house):
    with unit_of_work(house) as session:
        workers = {
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Tom Hale"),
            "idva": a_user(session, house, Role.IDVA, "solace", full_name="Rosa Lowe"),
            "hospital": a_user(session, house, Role.REPRESENTATIVE, "barts_acute", full_name="Ife Obi"),
            "teacher": a_user(session, house, Role.REFERRER, "childrens_social_care", full_name="Dawn Pike"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ama Okafor"),
            "chair": a_user(session, house, Role.CHAIR, "met_police_da", full_name="Jo Reid"),
        }
        a_meeting(session, workers["chair"].partnership_id)
    return workers


@pytest.fixture
def open_as(house, crew):
    def browser(name):
        client = signed_in(house, crew[name])
        client.forbidden |= NAMES
        return client

    return browser


def drafted(house, worker, **facts):
    actor = actor_for(worker)
    with unit_of_work(house, actor) as session:
        return a_referral(session, house, actor, **facts).reference


def sent(house, worker, **facts):
    actor = actor_for(worker)
    with unit_of_work(house, actor) as session:
        return a_submitted_referral(session, house, actor, **facts).reference


def state_of(house, reference):
    with unit_of_work(house) as session:
        return session.scalars(select(Referral.state).where(Referral.reference == reference)).one()


def test_a_whole_referral_is_typed_page_by_page_and_sent(house, open_as):
    client = open_as("idva")
    hub = client.get("/referrals/new").fill_and_post({"programme": "da_marac"}, action="/referrals/new")
    here = "/referrals/" + hub.title.split(",")[1].strip()
    assert "Not started yet" in hub.text
    client.get(f"{here}/person").fill_and_post(
        {"full_name": "Amina Begum", "born_on": ["27", "3", "1991"], "house_number": "14", "street": "Elm Row",
         "postcode": "e1 0aa", "confidential": True, "known_to_perpetrator": "no"}, action="/person")  # fmt: skip
    client.get(f"{here}/safe-contact").fill_and_post(
        {"way_phone": "only_between", "times": "weekdays 9am to 2pm", "phone": "07700 900123"}, action="/safe-contact"
    )
    client.get(f"{here}/other-person").fill_and_post(
        {"full_name": "Karim Uddin", "relationship_to_victim": "husband"},
        action="/other-person",
        press="Save and continue",
    )
    client.get(f"{here}/children").fill_and_post({"no_children": True}, action="/children", press="Save and continue")
    answers = {f"q{number}": "yes" if number <= 14 else "no" for number in range(1, 25)}
    detail = {
        "q1_injury": "Bruised arm",
        "q3_feared_act": ["kill"],
        "q6_date": "May",
        "q7_about": "School",
        "q8_what": "Calls",
        "q9_due_date": "June",
        "q12_behaviour": "Her phone",
        "q13_what": "A knife",
        "q14_target": ["victim"],
    }
    client.get(f"{here}/risk").fill_and_post({**answers, **detail}, action="/risk", press="Save and continue")
    client.get(f"{here}/reason").fill_and_post(
        {"criteria": ["visible_high_risk"], "what_happened": "He came back.", "wishes": "For him to stop."},
        action="/reason",
    )
    client.get(f"{here}/sharing").fill_and_post({"told": "yes", "consent": "yes"}, action="/sharing")
    check = client.get(f"{here}/check")
    assert "14 yes, 24 of 24 answered" in check.text
    assert "Before you send this" not in check.text
    done = check.fill_and_post({}, action="/check")
    assert done.h1 == "Referral sent"
    assert "The IDVA service tries to make contact" in done.text


def test_the_hub_has_seven_parts_an_optional_one_and_two_beside_the_list_and_says_what_is_done(house, crew, open_as):
    page = open_as("housing").get(f"/referrals/{drafted(house, crew['housing'])}")
    assert len(page.all(".govuk-task-list__item")) == 8
    assert page.text.count("Optional.") == 1
    assert [link for link in ("You and your agency", "Papers") if page.link(link)] == ["You and your agency", "Papers"]
    assert page.text.count("Done") >= 7
    assert "Send now, finish later" in page.text


def test_a_part_that_breaks_a_rule_needs_checking_and_the_check_page_leads_to_it(house, crew, open_as):
    reference = drafted(house, crew["housing"], reason={"criteria": ["professional_judgement"]}, answers=dash(3))
    client = open_as("housing")
    assert "Needs checking" in client.get(f"/referrals/{reference}").text
    page = client.get(f"/referrals/{reference}/check").fill_and_post({}, action="/check")
    assert page.status == 422
    assert any("Explain your judgement" in line for line in page.errors)
    assert state_of(house, reference) == ReferralState.DRAFT


def test_dash_counts_and_asks_for_what_is_missing_but_never_judges_da_9(house, crew, open_as):
    client = open_as("housing")
    reference = drafted(house, crew["housing"], risk={"answers": {"1": {"answer": "no"}}})
    page = client.get(f"/referrals/{reference}/risk")
    assert "0 yes, 1 of 24 answered" in page.text
    again = page.fill_and_post({"q8": "yes", "q24": "dont_know"}, action="/risk", press="Save and continue")
    assert again.status == 422
    assert "Answer question 7 or choose Don't know" in " ".join(again.errors)
    assert "Question 8 is answered yes. Add the detail it asks for" in " ".join(again.errors)
    assert again.form("/risk").values["q8"] == ["yes"]
    later = again.fill_and_post({}, action="/risk", press="Save and come back later")
    assert later.status == 200
    assert "1 yes, 3 of 24 answered" in client.get(f"/referrals/{reference}/risk").text


def test_a_confidential_address_is_not_read_back_on_the_check_page_da_4(house, crew, open_as):
    page = open_as("housing").get(f"/referrals/{drafted(house, crew['housing'])}/check")
    assert "Confidential. Recorded" in page.text
    assert "Elm Row" not in page.html


def test_a_way_that_is_safe_only_at_times_needs_the_times(house, crew, open_as):
    page = open_as("housing").get(f"/referrals/{drafted(house, crew['housing'])}/safe-contact")
    again = page.fill_and_post({"way_phone": "only_between"}, action="/safe-contact", press="Save and continue")
    assert again.status == 422
    assert again.errors == ["Enter the times it is safe, or choose No"]


def test_a_name_of_ten_thousand_characters_is_refused_politely_and_kept(house, crew, open_as):
    page = open_as("housing").get(f"/referrals/{drafted(house, crew['housing'])}/person")
    long = "Ab " * 3_400
    again = page.fill_and_post({"full_name": long}, action="/person", press="Save and continue")
    assert again.status == 422
    assert again.errors == ["Full name must be 200 characters or fewer"]
    assert again.form("/person").values["full_name"] == [long.strip()]


def test_a_date_that_cannot_be_read_loses_nothing(house, crew, open_as):
    page = open_as("housing").get(f"/referrals/{drafted(house, crew['housing'])}/person")
    again = page.fill_and_post(
        {"born_on": ["31", "2", "1991"], "street": "Oak Way"}, action="/person", press="Save and continue"
    )
    assert again.status == 422
    assert again.form("/person").values["street"] == ["Oak Way"]


def test_the_stale_tab_sees_both_versions_and_nothing_is_overwritten(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"])
    first, second = (client.get(f"/referrals/{reference}/reason") for _ in range(2))
    first.fill_and_post({"what_happened": "The first tab."}, action="/reason", press="Save and continue")
    refused = second.fill_and_post({"what_happened": "The second tab."}, action="/reason", press="Save and continue")
    assert refused.status == 409
    assert "The first tab." in refused.text
    assert "The second tab." in refused.text


def test_the_same_form_sent_twice_has_one_effect(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"])
    page = client.get(f"/referrals/{reference}/other-person")
    for _ in range(2):
        page.fill_and_post({"full_name": "Jamal Uddin"}, action="/other-person", press="Save and add another")
    with unit_of_work(house) as session:
        assert session.scalar(select(func.count()).select_from(CasePerson)) == 3


def test_people_are_added_changed_and_removed_without_script_da_36(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"])
    page = client.get(f"/referrals/{reference}/children")
    page = page.fill_and_post(
        {"role": "child", "full_name": "Yusuf Uddin"}, action="/children", press="Save and add another"
    )
    assert "Yusuf Uddin" in page.text
    changed = page.follow("Change Yusuf Uddin").fill_and_post(
        {"full_name": "Yusuf Ali Uddin"}, action="children?person", press="Save and continue")  # fmt: skip
    assert changed.h1 == "Your referral"
    page = client.get(f"/referrals/{reference}/children").press("Remove Yusuf Ali Uddin")
    assert "No children recorded" in page.text


def test_autosave_keeps_what_can_be_read_and_does_not_use_up_the_form_da_43(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"])
    page = client.get(f"/referrals/{reference}/reason")
    form = {**page.form("/reason").values, "what_happened": "Half a sen", "happened_on": ["31", "2", "x"]}
    headers = {"Accept": "application/json", "X-Requested-With": "autosave"}
    answer = client.post(f"/referrals/{reference}/reason", form, headers=headers)
    assert answer.status == 200
    assert {"saved", "version"} <= set(answer.json)
    assert client.get(f"/referrals/{reference}/reason").form("/reason").values["what_happened"] == ["Half a sen"]
    form |= {"version": answer.json["version"], "what_happened": "Half a sentence."}
    assert client.post(f"/referrals/{reference}/reason", form, headers=headers).status == 200


def test_six_fields_are_sent_now_and_the_list_stays_open_da_18(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"])
    page = client.get(f"/referrals/{reference}/urgent")
    assert len(page.all("main .govuk-input, main .govuk-textarea")) == 6
    again = page.fill_and_post(
        {"victim_age": "about forty", "whereabouts": "", "safe_contact": "x", "immediate_risk": "x"}, action="/urgent"
    )
    assert again.status == 422
    done = again.fill_and_post({"victim_age": "34", "whereabouts": "Her sister's"}, action="/urgent")
    assert done.h1 == "Referral sent"
    hub = done.follow("Finish the rest of the referral")
    assert "Sent as urgent" in hub.text
    whole = client.get(f"/referrals/{reference}/check").fill_and_post({}, action="/check")
    assert whole.h1 == "Referral sent"


@pytest.mark.parametrize("page", ["", "/person", "/risk", "/check", "/sent", "/urgent", "/questions", "/decide"])
def test_another_agencys_referral_and_one_that_never_was_are_the_same_404_da_1(house, crew, open_as, page):
    reference, client = sent(house, crew["housing"]), open_as("hospital")
    theirs, nobodys = client.get(f"/referrals/{reference}{page}"), client.get(f"/referrals/K2D-22Q{page}")
    assert theirs.status == nobodys.status == 404
    assert theirs.h1 == nobodys.h1


def test_a_referrer_without_case_access_sees_status_only_and_advice_when_not_listed(house, crew, open_as):
    low = {
        "answers": dash(3),
        "reason": {"criteria": ["professional_judgement"], "judgement": "She is frightened. " * 6},
    }
    reference, client = sent(house, crew["teacher"], **low), open_as("teacher")
    page = client.get(f"/referrals/{reference}")
    assert "Received" in page.text
    assert "Amina" not in page.html
    decide = open_as("coordinator").get(f"/referrals/{reference}/decide")
    decide.fill_and_post({"outcome": "not_accepted", "reason": "Below", "advice": "Call the helpline together",
                          "reason_code": "criteria_not_met"}, action="/decide")  # fmt: skip
    page = client.get(f"/referrals/{reference}")
    assert "Not listed" in page.text
    assert "Call the helpline together" in page.text
    assert "Amina" not in page.html


def test_the_inbox_shows_age_urgency_and_reasons_to_the_coordinator(house, crew, open_as):
    sent(house, crew["housing"])
    page = open_as("coordinator").get("/referrals")
    assert "Waiting for a decision" in page.text
    assert "Visible high risk" in page.text
    assert "Refer someone" in page.text


def test_an_empty_inbox_says_so(house, open_as):
    assert "No referrals are waiting." in open_as("coordinator").get("/referrals").text


def test_decide_shows_the_match_with_its_reason_beside_the_decision_and_lists_da_10(house, crew, open_as):
    sent(house, crew["hospital"])
    reference = sent(house, crew["housing"])
    client = open_as("coordinator")
    page = client.get(f"/referrals/{reference}/decide")
    assert "same date of birth" in page.text.lower()
    assert "Masked. Showing it needs a reason" in page.text
    assert "Elm Row" not in page.html
    again = page.fill_and_post({"outcome": "accept_next_meeting", "conflict_checked": True}, action="/decide")
    assert again.status == 422
    assert any("Look at each possible match" in line for line in again.errors)
    (link,) = [name for name in again.form("/decide").names if name.startswith("link_")]
    done = again.fill_and_post({link: "different"}, action="/decide")
    assert done.flashes == ["Listed."]
    with unit_of_work(house) as session:
        assert session.scalar(select(func.count()).select_from(AgendaItem)) == 1


def test_a_referral_decided_in_another_tab_says_by_whom(house, crew, open_as):
    reference, client = sent(house, crew["housing"]), open_as("coordinator")
    first, second = (client.get(f"/referrals/{reference}/decide") for _ in range(2))
    facts = {"outcome": "accept_next_meeting", "conflict_checked": True}
    first.fill_and_post(facts, action="/decide")
    refused = second.fill_and_post({**facts, "reason": "What I typed"}, action="/decide")
    assert refused.status == 409
    assert "Ama Okafor" in refused.text
    assert "What I typed" in refused.text


def test_an_emergency_meeting_is_booked_from_the_same_page_da_18(house, crew, open_as):
    reference, client = sent(house, crew["housing"]), open_as("coordinator")
    on = clock.today() + timedelta(days=1)
    page = client.get(f"/referrals/{reference}/decide").fill_and_post(
        {
            "outcome": "accept_emergency",
            "emergency_on": [str(on.day), str(on.month), str(on.year)],
            "emergency_time": "2pm",
            "approved_by": str(crew["chair"].id),
            "conflict_checked": True,
        },
        action="/decide",
    )
    assert page.flashes == ["Listed. The emergency meeting is booked."]


def test_question_and_answer_stay_with_the_referral_da_17(house, crew, open_as):
    reference = sent(house, crew["housing"])
    coordinator, referrer = open_as("coordinator"), open_as("housing")
    asked = coordinator.get(f"/referrals/{reference}/questions").fill_and_post(
        {"questions": "Where is he now?"}, action="/questions"
    )
    assert asked.status == 200
    hub = referrer.get(f"/referrals/{reference}")
    assert "Where is he now?" in hub.text
    page = hub.follow("Answer the question").fill_and_post({"answer": "With his mother"}, action="/questions")
    assert page.flashes == ["Sent."]
    assert "With his mother" in coordinator.get(f"/referrals/{reference}/questions").text
    assert state_of(house, reference) == ReferralState.SUBMITTED


def test_a_representative_cannot_open_the_decision_of_their_own_referral(house, crew, open_as):
    assert open_as("housing").get(f"/referrals/{sent(house, crew['housing'])}/decide").status == 403


def test_every_page_of_a_referral_keeps_the_house_rules(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"])
    for page in (
        "person",
        "safe-contact",
        "other-person",
        "children",
        "risk",
        "reason",
        "sharing",
        "equality",
        "check",
    ):
        assert client.get(f"/referrals/{reference}/{page}").status == 200
    assert referrals.OPEN_PROGRAMMES
