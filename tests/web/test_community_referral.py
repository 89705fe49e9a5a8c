"""The pages of a Community MARAC referral: its parts, its words, its decision. Every page keeps the house rules."""

import re

import pytest

from marac.services.keeping.deployment import unit_of_work
from marac.services.referring.task_lists import COMMUNITY as PARTS
from marac.vocabulary import Role
from tests.builders import a_submitted_referral, a_user, actor_for, signed_in
from tests.builders_community_referral import (
    AT_RISK,
    COMMUNITY,
    a_community_draft,
    a_community_referral,
    matrix,
)

OURS = re.compile(r"alleged perpetrator|perpetrator|DASH|victim-survivor|IDVA", re.IGNORECASE)


def text_of(page) -> str:
    """What a reader sees of the main part of a page."""
    return page.main


@pytest.fixture
def crew(house):
    with unit_of_work(house) as session:
        return {
            "landlord": a_user(session, house, Role.REPRESENTATIVE, "housing_management", programme=COMMUNITY,
                               full_name="Tom Hale"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "asb_team", programme=COMMUNITY,
                                  full_name="Maya Orchardson"),
            "domestic": a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ruth Adebowale"),
        }  # fmt: skip


@pytest.fixture
def open_as(house, crew):
    return lambda name: signed_in(house, crew[name])


def drafted(house, worker, make=a_community_draft, **facts) -> str:
    actor = actor_for(worker)
    with unit_of_work(house, actor) as session:
        return make(session, house, actor, **facts).reference


TYPED = {
    "about": {"about": "both", "asb_type": "cuckooing", "cuckooing": ["drug_supply"], "asb_subtypes": ["visitors"]},
    "person": {"full_name": "Dilwar Hossain", "approximate_age": "67", "postcode": "E1 0ZZ"},
    "safe-contact": {"phone": "07700 900456", "through": "Tom Hale"},
    "other-person": {"full_name": "Lee Marshbrook", "relationship_to_victim": "stranger"},
    "children": {"no_children": "y"},
    "incidents": {"happened_on": ["2", "3", "2026"], "what": "Three men would not leave.", "kind": "cuckooing",
                  "reported_to": "Police\r\nLandlord", "references": "CAD 4410/02MAR26"},
    "tried": {"early_steps": "yes", "step_warning": "no_change", "step_warning_when": "May 2026"},
    "reason": {"person_tests": ["vulnerable_victim", "harmful_person"], "criteria": ["escalation"],
               "why_now": "They come every day now.", "what_happened": "His flat is used to sell drugs.",
               "vulnerability": ["personal_health"], "care_concern": "yes", "will_attend": "yes",
               "wishes": "I want my home back."},
}  # fmt: skip


def test_an_agency_refers_and_the_coordinator_reads_it_in_the_words_of_this_panel(open_as):
    """CM-1, CM-7, CM-18: every part by its own page, four facts for each person, then sent."""
    client = open_as("landlord")
    hub = client.get("/referrals/new").fill_and_post({"programme": "community_marac"}, action="/referrals/new")
    here = hub.link("What this is about").removesuffix("/about")
    for part, answered in TYPED.items():
        typed = answered
        page = client.get(f"{here}/{part}")
        assert not OURS.search(text_of(page)), part
        if part == "safe-contact":
            ways = {name: "no" for name in page.form(part).names if name.startswith("way_")}
            typed = typed | ways
        page.fill_and_post(typed, action=f"/{part}", press="Save and continue")
    risk = client.get(f"{here}/risk")
    assert not OURS.search(text_of(risk))
    answers = {f"q{number}": "not_known" for number in range(1, 14)} | {"q10": ["not_known"]}
    flags = {name: "no" for name in risk.form("/risk").names if name.startswith("s_")} | {"s_weapon_threat": "yes"}
    risk.fill_and_post(answers | flags, action="/risk", press="Save and continue")
    assert "Could rise to 43: 13 not known" in client.get(f"{here}/risk").text
    sharing = client.get(f"{here}/sharing")
    facts = {"consent_to_share": "no", "informed_of_referral": "yes", "sharing_basis": "crime_prevention"}
    refused = sharing.fill_and_post(facts, action="/sharing", press="Save and continue")
    assert "Explain why you share without consent" in refused.errors[0]
    why = {"sharing_reason": "He is in danger.", "sharing_authoriser": "M. Orchardson"}
    following = refused.fill_and_post(facts | why, action="/sharing", press="Save and continue")
    assert "Lee Marshbrook: this page" in re.sub(r"</?strong>", "", following.text)
    following.fill_and_post(facts | why | {"informed_of_referral": "no"}, action="/sharing", press="Save and continue")
    check = client.get(f"{here}/check")
    assert "Before you send this" not in check.text
    assert not OURS.search(text_of(check))
    for words in ("Cuckooing: taken over for", "Supplying drugs", "1 different incident", "May 2026, No change"):
        assert words in check.text
    assert check.fill_and_post({}, action="/check").h1 == "Referral sent"
    deciding = open_as("coordinator").get(f"{here}/decide")
    assert "Weapon seen or threatened" in deciding.text
    assert "0 of 43, standard, 13 not known, could rise to 43" in deciding.text
    assert not OURS.search(text_of(deciding)), OURS.search(text_of(deciding))
    assert open_as("domestic").get(f"{here}/decide").status == 404


@pytest.mark.parametrize("part", [task.key for task in PARTS])
def test_every_part_is_shown_for_a_place_and_for_somebody_said_to_cause_harm(house, crew, open_as, part):
    for about in ("location", "causing_harm"):
        reference = drafted(house, crew["landlord"], about={"about": about}, victim={"full_name": "Rowan Walk stairs"})
        page = open_as("landlord").get(f"/referrals/{reference}/{part}")
        assert page.status == 200
        assert not OURS.search(text_of(page)), OURS.search(text_of(page))


def test_parts_of_one_programme_are_not_there_in_the_other(house, crew, open_as):
    reference = drafted(house, crew["landlord"])
    assert open_as("landlord").get(f"/referrals/{reference}/about").status == 200
    assert open_as("domestic").get(f"/referrals/{reference}/about").status == 404


def test_a_better_forum_is_offered_by_name_and_handed_over(house, crew, open_as):
    """CM-8."""
    reference = drafted(house, crew["landlord"], a_community_referral)
    page = open_as("coordinator").get(f"/referrals/{reference}/decide")
    offered = page.form("/decide").choices["forum"]
    assert {"da_marac", "mappa", "channel", "mash", "adult_safeguarding_s42", "iom", "hate_incidents_panel"} <= set(
        offered
    )
    assert not any("score" in words.lower() for words in page.form("/decide").choices["reason_code"])
    typed = {"outcome": "refer_elsewhere", "forum": "da_marac", "reason": "It is a former partner."}
    refused = page.fill_and_post(typed, action="/decide")
    assert refused.errors == ["Say what you handed over, and to whom there"]
    done = refused.fill_and_post(typed | {"handed_over": "Told R. Adebowale by phone."}, action="/decide")
    assert done.status == 200, (done.errors, done.main[:600])
    assert done.flashes == ["Recorded as passed on."]
    standing = open_as("landlord").get(f"/referrals/{reference}")
    assert "Domestic abuse MARAC" in standing.text


def test_a_red_flag_is_acted_on_today_from_the_home_page(house, crew, open_as):
    """CM-6."""
    drafted(house, crew["landlord"], a_community_referral, answers=matrix(0, today=("fire_or_arson_threat",)))
    client = open_as("coordinator")
    page = client.get("/today").follow("Act today: a red flag was raised")
    assert "whatever the score" in page.main
    empty = page.fill_and_post({"what": ""}, action="/acted")
    assert empty.errors == ["Say what was done today"]
    empty.fill_and_post({"what": "The fire brigade visits at four."}, action="/acted")
    assert "Act today" not in client.get("/today").main
    assert "fire brigade visits" in client.get(page.url).main


def test_each_coordinator_asks_and_answers_which_panel_leads_by_presence_alone(house, crew, open_as):
    """CM-9: no name, no reference and no word of the other case on any page."""
    with unit_of_work(house) as session:
        housing = a_user(session, house, Role.REPRESENTATIVE, "housing_options")
    ours = drafted(house, crew["landlord"], a_community_referral)
    same = {**AT_RISK, "aliases": [], "confidential": None, "interpreter": None}
    theirs = drafted(house, housing, a_submitted_referral, victim=same, perpetrator={"full_name": "Ike Farrow"})
    deciding = open_as("coordinator").get(f"/referrals/{ours}/decide")
    assert "Also held by the Domestic abuse MARAC" in deciding.main
    asked = deciding.follow("Ask which panel leads").press("Ask which panel leads")
    assert "has not answered yet" in asked.main
    other = open_as("domestic").get(f"/referrals/{theirs}/decide")
    assert "Also held by the Community MARAC" in other.main
    answering = other.follow("Ask which panel leads")
    for page in (deciding, asked):
        assert theirs not in page.html
        assert "Farrow" not in page.html
    for page in (other, answering):
        assert ours not in page.html
        assert "Marshbrook" not in page.html
    assert answering.form("/routing", ("answer",)).post({}).errors == ["Select which panel leads"]
    answered = answering.fill_and_post({"answer": "there"}, action="/routing")
    assert "The other panel leads" in answered.main
    assert "This panel leads" in open_as("coordinator").get(asked.url).main


def test_six_answers_are_sent_at_once_in_this_panels_words(house, crew, open_as):
    """CM-10: the rest follows; nothing speaks of an IDVA."""
    client = open_as("landlord")
    hub = client.get("/referrals/new").fill_and_post({"programme": "community_marac"}, action="/referrals/new")
    page = hub.follow("Send now, finish later")
    assert not OURS.search(text_of(page)), OURS.search(text_of(page))
    refused = page.fill_and_post({}, action="/urgent")
    assert not OURS.search(text_of(refused)), OURS.search(text_of(refused))
    typed = {
        "victim_name": "Dilwar Hossain",
        "victim_age": "67",
        "whereabouts": "At home",
        "safe_contact": "Through the landlord",
        "perpetrator": "Not known",
        "immediate_risk": "He is held.",
    }
    sent = refused.fill_and_post(typed, action="/urgent")
    assert sent.h1 == "Referral sent"
    assert not OURS.search(text_of(sent))
    waiting = open_as("coordinator").get("/referrals")
    assert "Urgent" in waiting.main
