"""DA-43 as pages: time-out, another device, a refused form and a session that ended lose nothing that was typed."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from marac import clock
from marac.models import CasePerson, Draft
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import drafts, referrals
from marac.vocabulary import Role
from tests.builders import (
    PASSWORD,
    a_listed_referral,
    a_meeting,
    a_referral,
    a_submitted_referral,
    a_user,
    actor_for,
    signed_in as open_browser,
)

IS_BACK = "What you had typed"
SAME = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture
def crew(house):
    with unit_of_work(house) as session:
        workers = {
            "idva": a_user(session, house, Role.IDVA, "solace", full_name="Rosa Lowe"),
            "colleague": a_user(session, house, Role.IDVA, "solace", full_name="Ida Quill"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ama Okafor"),
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Tom Hale"),
        }
        a_meeting(session, workers["idva"].partnership_id)
    return workers


@pytest.fixture
def draft(house, crew):
    actor = actor_for(crew["idva"])
    with unit_of_work(house, actor) as session:
        return f"/referrals/{a_referral(session, house, actor).reference}"


@pytest.fixture
def sent(house, crew):
    actor = actor_for(crew["idva"])
    with unit_of_work(house, actor) as session:
        return f"/referrals/{a_submitted_referral(session, house, actor).reference}"


@pytest.fixture
def live_case(house, crew):
    """A case that housing is involved in and the panel has listed."""
    sender, coordinator = actor_for(crew["housing"]), actor_for(crew["coordinator"])
    with unit_of_work(house) as session:
        meeting = a_meeting(session, sender.partnership_id)
        referral = a_listed_referral(session, house, sender, coordinator, meeting)
        return f"/cases/{referral.case.reference}"


def typing(client, page, typed):
    """What the page's script sends while somebody types: the whole form, with the boxes as they stand."""
    form = page.form(page.url.partition("?")[0])
    headers = {"Accept": "application/json", "X-Requested-With": "autosave"}
    values = {name: list(texts) for name, texts in form.values.items()} | typed
    return client.post(page.url, values, headers=headers)


def kept(house):
    with house.reader() as session:
        return session.scalar(select(func.count()).select_from(Draft))


def value(page, name):
    return page.form(page.url.partition("?")[0]).values[name]


def test_an_impossible_date_and_half_a_postcode_are_back_on_another_device(house, crew, draft):
    laptop = open_browser(house, crew["idva"])
    page = laptop.get(f"{draft}/person")
    answer = typing(laptop, page, {"born_on": ["31", "2", "1991"], "language": ["Sylheti, slowly"]})
    assert "kept for you" in answer.json["message"]
    phone = open_browser(house, crew["idva"])
    page = phone.get(f"{draft}/person")
    assert IS_BACK in page.main
    assert value(page, "born_on") == ["31", "2", "1991"]
    assert value(page, "language") == ["Sylheti, slowly"]
    assert page.errors == [], "what is not finished is no error yet"
    page.fill_and_post({"born_on": ["28", "2", "1991"]}, action="/person")
    assert kept(house) == 0
    page = phone.get(f"{draft}/person")
    assert IS_BACK not in page.main
    assert value(page, "born_on") == ["28", "02", "1991"]


def test_nothing_is_kept_beside_the_referral_when_all_of_it_could_be_saved(house, crew, draft):
    client = open_browser(house, crew["idva"])
    answer = typing(client, client.get(f"{draft}/person"), {"language": ["Sylheti"]})
    assert answer.json["saved"]
    assert kept(house) == 0
    assert value(client.get(f"{draft}/person"), "language") == ["Sylheti"]


@pytest.mark.parametrize("task", ["other-person", "children"])
def test_a_person_not_added_yet_is_back_and_is_added_once(house, crew, draft, task):
    client = open_browser(house, crew["idva"])
    page = client.get(f"{draft}/{task}")
    for name in ("Nab", "Nabil Udd", "Nabil Uddin"):
        assert typing(client, page, {"full_name": [name]}).status == 200
    page = open_browser(house, crew["idva"]).get(f"{draft}/{task}")
    assert value(page, "full_name") == ["Nabil Uddin"]
    with house.reader() as session:
        before = session.scalar(select(func.count()).select_from(CasePerson))
    page.fill_and_post({"role": "child"} if task == "children" else {}, action=f"/{task}", press="Save and continue")
    assert kept(house) == 0
    with house.reader() as session:
        assert session.scalar(select(func.count()).select_from(CasePerson)) == before + 1
    assert value(client.get(f"{draft}/{task}"), "full_name") == [""]


def test_the_urgent_form_is_back_and_goes_when_it_is_sent(house, crew):
    actor = actor_for(crew["idva"])
    with unit_of_work(house, actor) as session:
        here = f"/referrals/{referrals.start_referral(session, house.keyring, actor, 'da_marac').reference}"
    client = open_browser(house, crew["idva"])
    answer = typing(client, client.get(f"{here}/urgent"), {"victim_name": ["Amina"], "victim_age": ["about"]})
    assert "not sent yet" in answer.json["message"]
    page = open_browser(house, crew["idva"]).get(f"{here}/urgent")
    assert (value(page, "victim_name"), value(page, "victim_age")) == (["Amina"], ["about"])
    page = page.fill_and_post(
        {"victim_age": "34", "whereabouts": "At her sister's", "safe_contact": "Only through me",
         "perpetrator": "Karim", "immediate_risk": "He has her keys."}, action="/urgent")  # fmt: skip
    assert page.status == 200
    assert kept(house) == 0


def test_a_decision_being_typed_is_its_writers_and_goes_when_it_is_made(house, crew, sent):
    client = open_browser(house, crew["coordinator"])
    page = client.get(f"{sent}/decide")
    typing(client, page, {"outcome": ["not_accepted"], "advice": ["Ring the helpline"], "reason": ["Not the"]})
    page = open_browser(house, crew["coordinator"]).get(f"{sent}/decide")
    assert value(page, "advice") == ["Ring the helpline"]
    assert value(page, "outcome") == ["not_accepted"]
    assert "Ring the helpline" not in open_browser(house, crew["idva"]).get(sent).html
    page.fill_and_post({"outcome": "return_for_information", "questions": "Which school?"}, action="/decide")
    assert kept(house) == 0


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/incident", {"what_happened": ["He was at the"], "happened_on": ["31", "", ""]}),
        ("/wishes", {"wishes": ["She wants to"]}),
        ("/safe-contact", {"times": ["After sch"], "way_phone": ["only_between"]}),
    ],
)
def test_what_is_typed_on_a_live_case_is_back(house, crew, live_case, path, typed):
    who = "housing" if path == "/incident" else "idva"
    client = open_browser(house, crew[who])
    page = client.get(f"{live_case}{path}")
    assert typing(client, page, typed).json["saved"]
    page = open_browser(house, crew[who]).get(f"{live_case}{path}")
    assert IS_BACK in page.main
    assert {name: value(page, name) for name in typed} == typed


def test_question_and_answer_are_back(house, crew, sent):
    client = open_browser(house, crew["coordinator"])
    typing(client, client.get(f"{sent}/questions"), {"questions": ["Which sch"]})
    page = client.get(f"{sent}/questions")
    assert value(page, "questions") == ["Which sch"]
    page.fill_and_post({"questions": "Which school?"}, action="/questions")
    client = open_browser(house, crew["idva"])
    typing(client, client.get(f"{sent}/questions"), {"answer": ["The one by"]})
    assert value(client.get(f"{sent}/questions"), "answer") == ["The one by"]


def test_discarding_brings_back_what_is_saved(house, crew, draft):
    client = open_browser(house, crew["idva"])
    typing(client, client.get(f"{draft}/person"), {"postcode": ["E1"], "born_on": ["31", "2", "1991"]})
    page = client.get(f"{draft}/person").press("Discard it")
    assert IS_BACK not in page.main
    assert value(page, "born_on") == ["27", "03", "1991"]
    assert kept(house) == 0


def test_a_refused_form_is_kept_without_any_script(house, crew, draft):
    """Without script there is a draft on each submit (ux 3.5)."""
    client = open_browser(house, crew["idva"])
    page = client.get(f"{draft}/person").fill_and_post(
        {"full_name": "", "born_on": ["31", "2", "1991"]}, action="/person"
    )
    assert page.status == 422
    page = open_browser(house, crew["idva"]).get(f"{draft}/person")
    assert value(page, "born_on") == ["31", "2", "1991"]


def test_after_a_refusal_the_page_goes_on_keeping_what_is_typed(house, crew, draft):
    client = open_browser(house, crew["idva"])
    page = client.get(f"{draft}/person").fill_and_post({"born_on": ["31", "2", "1991"]}, action="/person")
    answer = typing(client, page, {"born_on": ["31", "4", "1991"]})
    assert "url" not in answer.json
    assert value(client.get(f"{draft}/person"), "born_on") == ["31", "4", "1991"]


def test_someone_elses_save_in_between_shows_both_and_the_writer_chooses(house, crew, draft):
    mine = open_browser(house, crew["idva"])
    typing(mine, mine.get(f"{draft}/person"), {"born_on": ["31", "2", "1991"], "whereabouts": ["At her mother's"]})
    theirs = open_browser(house, crew["colleague"])
    theirs.get(f"{draft}/person").fill_and_post({"whereabouts": "In a hotel in Leeds"}, action="/person")
    page = mine.get(f"{draft}/person")
    assert page.h1 == "Saved by someone else since you typed"
    assert "31 2 1991" in page.main
    assert "In a hotel in Leeds" in page.main
    page = page.follow("Go on with what I typed")
    assert value(page, "born_on") == ["31", "2", "1991"]
    page.fill_and_post({"born_on": ["28", "2", "1991"]}, action="/person")
    assert value(mine.get(f"{draft}/person"), "whereabouts") == ["At her mother's"]


def test_typing_over_someone_elses_save_is_kept_and_told(house, crew, draft):
    mine, theirs = open_browser(house, crew["idva"]), open_browser(house, crew["colleague"])
    page = mine.get(f"{draft}/person")
    theirs.get(f"{draft}/person").fill_and_post({"whereabouts": "In a hotel in Leeds"}, action="/person")
    answer = typing(mine, page, {"whereabouts": ["At her mother's"]})
    assert answer.json["message"] == "Someone else changed this."
    page = mine.get(answer.json["url"])
    assert "At her mother's" in page.main.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    page = page.press("Discard what I typed")
    assert value(page, "whereabouts") == ["In a hotel in Leeds"]


def test_two_devices_of_one_person_do_not_write_over_one_another(house, crew, draft):
    laptop, phone = open_browser(house, crew["idva"]), open_browser(house, crew["idva"])
    on_laptop, on_phone = laptop.get(f"{draft}/children"), phone.get(f"{draft}/children")
    typing(laptop, on_laptop, {"full_name": ["Nabil"]})
    answer = typing(phone, on_phone, {"full_name": ["Sara"]})
    assert "another device" in answer.json["message"]
    assert value(phone.get(f"{draft}/children"), "full_name") == ["Nabil"]


def test_what_arrives_late_from_a_form_already_sent_keeps_nothing(house, crew, draft):
    client = open_browser(house, crew["idva"])
    page = client.get(f"{draft}/children")
    page.fill_and_post({"full_name": "Nabil Uddin", "role": "child"}, action="/children", follow=False)
    typing(client, page, {"full_name": ["Nabil Uddin"]})
    assert kept(house) == 0


def test_a_colleague_sees_nothing_of_it(house, crew, draft):
    client = open_browser(house, crew["idva"])
    typing(client, client.get(f"{draft}/person"), {"born_on": ["31", "2", "1991"]})
    page = open_browser(house, crew["colleague"]).get(f"{draft}/person")
    assert IS_BACK not in page.main
    assert value(page, "born_on") == ["27", "03", "1991"]


def test_keys_of_the_form_are_not_kept(house, crew, draft):
    actor, client = actor_for(crew["idva"]), open_browser(house, crew["idva"])
    typing(client, client.get(f"{draft}/children"), {"full_name": ["Nabil"], "password": ["otter"], "code": ["123456"]})
    with unit_of_work(house, actor) as session:
        row = session.scalars(select(Draft)).one()
        names = set(drafts.restore(session, actor, row.case_id, row.page).typed)
    assert not names & {"csrf_token", "once_key", "password", "code", "then"}
    assert "full_name" in names


def test_the_text_is_back_after_signing_in_again(house, crew, draft):
    """Time-out: sign-in leads back to the same page, and the text is there."""
    client = open_browser(house, crew["idva"])
    typing(client, client.get(f"{draft}/person"), {"born_on": ["31", "2", "1991"]})
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        page = client.get(f"{draft}/person")
        assert page.h1 == "Sign in"
        worker = crew["idva"]
        page = page.fill_and_post({"email": worker.email, "password": PASSWORD}).fill_and_post({"code": worker.code()})
        assert page.url == f"{draft}/person"
        assert value(page, "born_on") == ["31", "2", "1991"]


def test_a_form_that_comes_after_the_sign_in_ended_is_sent_again_from_the_same_tab(house, crew, draft):
    """Without script: the answer holds the text; sign in in a new tab, come back, send it again. Nothing was kept."""
    client, worker = open_browser(house, crew["idva"]), crew["idva"]
    page = client.get(f"{draft}/person")
    form = page.form("/person")
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        values = {name: list(texts) for name, texts in form.values.items()} | {"postcode": ["E1 7QX"]}
        late = client.post(f"{draft}/person", values, headers=SAME)
        assert late.status == 419
        assert "E1 7QX" in late.main
        assert kept(house) == 0
        client.get("/sign-in").fill_and_post({"email": worker.email, "password": PASSWORD}).fill_and_post(
            {"code": worker.code()}
        )
        late.press("Send it again")
        assert value(client.get(f"{draft}/person"), "postcode") == ["E1 7QX"]


def test_no_other_site_can_prepare_a_form_to_be_sent_again(house, crew, draft):
    client = open_browser(house, crew["idva"])
    for site in ("cross-site", "same-site", "none"):
        page = client.post(f"{draft}/person", {"full_name": "Planted"}, headers={"Sec-Fetch-Site": site})
        assert page.status in (400, 419)
        assert "Send it again" not in page.html, site


def test_what_was_typed_for_a_withdrawn_referral_is_gone(house, crew, draft):
    client = open_browser(house, crew["idva"])
    typing(client, client.get(f"{draft}/children"), {"full_name": ["Nabil"]})
    client.get(draft).press("Withdraw this draft")
    assert kept(house) == 0
