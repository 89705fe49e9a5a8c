"""The parts of the form as somebody fills them in: asked once, short, each answer in its place (DA-36, DA-41)."""

import pytest
from sqlalchemy import func, select

from marac.models import Referral
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import referral_tasks
from marac.vocabulary import Role
from tests.builders import a_referral, a_user, actor_for, dash, signed_in

MOST_SCREENS = 9


@pytest.fixture
def crew(house):
    with unit_of_work(house) as session:
        return {"housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Tom Hale")}


@pytest.fixture
def open_as(house, crew):
    return lambda name: signed_in(house, crew[name])


def drafted(house, worker, **facts):
    actor = actor_for(worker)
    with unit_of_work(house, actor) as session:
        return a_referral(session, house, actor, **facts).reference


def test_a_referral_is_nine_screens_or_fewer():
    needed = [task for task in referral_tasks.TASKS if not task.optional]
    assert len(["what it is about", *needed, "check and send"]) <= MOST_SCREENS


def test_home_security_starts_a_request_to_the_sanctuary_scheme(open_as):
    page = open_as("housing").get("/referrals/new")
    led = page.fill_and_post({"programme": "sanctuary"}, action="/referrals/new")
    assert led.url == "/sanctuary/new"
    assert led.h1 == "Start a request"


@pytest.mark.parametrize(("about", "where"), [("community_marac", "does not belong to this panel")])
def test_what_is_not_started_here_yet_says_where_to_send_it_and_999_comes_first(house, open_as, about, where):
    page = open_as("housing").get("/referrals/new")
    assert page.main.index("call 999 first") < page.main.index("What is this referral about?")
    assert page.form("/new").choices["programme"] == ["da_marac", "community_marac", "sanctuary"]
    told = page.fill_and_post({"programme": about}, action="/referrals/new")
    assert told.status == 200
    assert where in told.text
    with unit_of_work(house) as session:
        assert session.scalar(select(func.count()).select_from(Referral)) == 0


def test_the_check_page_gives_advice_that_holds_nothing_up(house, crew, open_as):
    thin = {"reason": {"what_happened": "He came back.", "wishes": "", "why_now": ""},
            "victim": {"born_on": None, "approximate_age": 34, "postcode": ""}}  # fmt: skip
    client, reference = open_as("housing"), drafted(house, crew["housing"], **thin)
    page = client.get(f"/referrals/{reference}/check")
    for hint in (
        "No date of birth",
        "No postcode",
        "under 100 characters",
        "Nothing about what the victim-survivor wants",
    ):
        assert hint in page.text
    assert page.fill_and_post({}, action="/check").h1 == "Referral sent"


def test_somebody_else_who_is_feared_is_suggested_until_they_are_there_da_36(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"], answers=dash(17))
    page = client.get(f"/referrals/{reference}")
    assert "Question 17 is yes" in page.text
    page.follow("Question 17 is yes").fill_and_post(
        {"full_name": "Jamal Uddin", "relationship_to_victim": "brother-in-law"}, action="/other-person",
        press="Save and continue",
    )  # fmt: skip
    assert "Question 17 is yes" not in client.get(f"/referrals/{reference}").text


def test_a_child_is_something_to_each_alleged_perpetrator_da_36(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"])
    client.get(f"/referrals/{reference}/other-person").fill_and_post(
        {"full_name": "Jamal Uddin"}, action="/other-person", press="Save and add another"
    )
    page = client.get(f"/referrals/{reference}/children")
    first, second = sorted(name for name in page.form("/children").names if name.startswith("to_"))
    assert {"Relationship to Karim Uddin", "Relationship to Jamal Uddin"} <= set(page.words_of("label"))
    typed = {"role": "child", "full_name": "Yusuf Uddin", first: "child", second: "nephew", "witnessed": "yes",
             "plan": "child_in_need"}  # fmt: skip
    page.fill_and_post(typed, action="/children", press="Save and continue")
    check = client.get(f"/referrals/{reference}/check").text
    assert "Karim Uddin: " in check
    assert "Jamal Uddin: " in check
    assert "nephew" in check
    assert "Child in need plan" in check


def test_the_interpreter_is_asked_for_once_and_said_in_one_line_da_41(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"], victim={"interpreter": ""})
    client.get(f"/referrals/{reference}/person").fill_and_post(
        {"language": "Bengali", "interpreter_needed": "yes", "dialect": "Sylheti", "interpreter_sex": "female",
         "interpreter_outside": "yes"}, action="/person", press="Save and continue")  # fmt: skip
    assert "Bengali, Sylheti, a woman, not from their community" in client.get(f"/referrals/{reference}/check").text


def test_who_sends_it_is_known_and_only_the_rest_is_asked(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"])
    page = client.get(f"/referrals/{reference}/referrer")
    assert "Tom Hale" in page.text
    assert not {"full_name", "email", "agency"} & page.form("/referrer").names
    page.fill_and_post(
        {"referrer_role": "Housing officer", "manager_name": "Ola Finch", "manager_on": ["1", "3", "2026"]},
        action="/referrer", press="Save and continue",
    )  # fmt: skip
    check = client.get(f"/referrals/{reference}/check").text
    assert "Ola Finch" in check
    assert "1 March 2026" in check


def test_what_is_seldom_needed_is_closed_until_it_holds_something(house, crew, open_as):
    client, reference = open_as("housing"), drafted(house, crew["housing"])
    page = client.get(f"/referrals/{reference}/reason")
    assert [node.attrs for node in page.all("main details") if "open" in node.attrs] == []
    page.fill_and_post({"feared": "His brothers"}, action="/reason", press="Save and continue")
    again = client.get(f"/referrals/{reference}/reason")
    assert len([node for node in again.all("main details") if "open" in node.attrs]) == 1


def test_a_word_somebody_typed_is_shown_as_they_typed_it(house, crew, open_as):
    reference = drafted(house, crew["housing"], perpetrator={"relationship_to_victim": "husband"})
    assert "husband" in open_as("housing").get(f"/referrals/{reference}/check").text
