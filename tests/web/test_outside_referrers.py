"""The pages of asking somebody outside to refer, and the few pages that they reach (DA-42, ux 1.5)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.models import Invitation, OutsideReferrer, Referral
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import outside_links
from marac.vocabulary import ReferralState, Role
from tests.builders import a_stranger, a_user, signed_in
from tests.builders_outside import EMAIL, NAME, WORKS_AT, an_outsider


@pytest.fixture
def coordinator(house):
    with unit_of_work(house) as session:
        return a_user(session, house, Role.COORDINATOR, "vawg_team")


@pytest.fixture
def nadia(house, coordinator):
    return an_outsider(house, coordinator)


def reference_on(page):
    (reference,) = page.words_of(".govuk-caption-l")
    return reference


def stands(house, state, **facts):
    """As triage leaves it."""
    with unit_of_work(house) as session:
        referral = session.scalars(select(Referral)).one()
        referral.state, referral.submitted_at, referral.decided_at = state, clock.now(), clock.now()
        for name, value in facts.items():
            setattr(referral.case, name, value)


def test_a_coordinator_asks_someone_and_is_shown_the_digits_once(house, coordinator):
    client = signed_in(house, coordinator)
    client.forbidden |= {NAME, EMAIL, WORKS_AT}
    page = client.get("/referrals").follow("Outside referrers").follow("Ask someone to refer")
    page = page.fill_and_post({"full_name": NAME, "organisation": WORKS_AT, "email": EMAIL, "programme": "da_marac"})
    assert "Needs a code" in page.main
    shown = page.press("Show 6 digits")
    (digits,) = re.findall(r"\b\d{3} \d{3}\b", shown.main)
    back = shown.follow("Back")
    assert digits not in back.html
    assert "Not opened yet" in back.main
    with house.reader() as session:
        account = session.scalars(select(OutsideReferrer.account_id)).one()
    with unit_of_work(house) as session:
        path = outside_links.path_for(session, house.keyring, account)
    stranger = a_stranger(house)
    stranger.get(path)
    landed = stranger.get("/start").fill_and_post({"code": digits}, press="Continue")
    assert landed.h1 == "Your referral"


def test_what_is_missing_is_said_beside_its_field(house, coordinator):
    page = signed_in(house, coordinator).get("/referrals/invite").fill_and_post({"email": "not an address"})
    assert page.status == 422
    assert {"Enter their full name", "Enter where they work, or what they do"} <= set(page.errors)


def test_an_agency_lead_finds_the_list_in_their_menu(house):
    with unit_of_work(house) as session:
        lead = a_user(session, house, Role.AGENCY_ADMIN, "education")
    page = signed_in(house, lead).get("/today").follow("Outside referrers")
    assert "Nobody outside has been asked to refer." in page.main


def test_opening_the_link_any_number_of_times_uses_nothing_up(house, nadia):
    """Mail scanners follow links, with GET and with HEAD."""
    path = nadia.path()
    for _ in range(3):
        scanner = a_stranger(house)
        assert scanner.http.head(path, base_url="https://localhost").status_code == 303
        assert scanner.get(path).h1 == "Enter your 6 digits"
    with house.reader() as session:
        link = session.scalars(select(Invitation).where(Invitation.user_id == nadia.account_id)).one()
        assert link.used_at is None
    client = a_stranger(house)
    client.get(path)
    assert client.get("/start").fill_and_post({"code": nadia.code}, press="Continue").h1 == "Your referral"


def test_the_digits_may_be_typed_with_spaces(house, nadia):
    client = a_stranger(house)
    client.get(nadia.path())
    spaced = f" {nadia.code[:3]} {nadia.code[3:]}"
    assert client.get("/start").fill_and_post({"code": spaced}, press="Continue").h1 == "Your referral"


def test_five_digits_are_not_a_try(house, nadia):
    client = a_stranger(house)
    client.get(nadia.path())
    page = client.get("/start").fill_and_post({"code": "12345"}, press="Continue")
    assert (page.status, page.errors) == (422, ["Enter all 6 digits"])
    assert nadia.row().wrong_codes == 0


def test_who_came_by_a_link_has_the_task_list_and_no_menu(house, nadia):
    client, page = nadia.come_in()
    assert page.h1 == "Your referral"
    assert "Account" not in page.text
    assert [link for link in page.links if "Today" in str(link) or "Panels" in str(link)] == []
    assert page.all("nav") == []
    assert [form for form in page.forms if form.action.endswith("/lock")], "Hide screen is there"
    reference = reference_on(page)
    for task in ("person", "safe-contact", "other-person", "children", "risk", "reason", "sharing", "equality"):
        assert client.get(f"/referrals/{reference}/{task}").status == 200, task


def test_they_write_and_send_and_then_see_only_how_it_stands(house, nadia):
    client, page = nadia.come_in()
    reference = reference_on(page)
    urgent = client.get(f"/referrals/{reference}/urgent")
    sent = urgent.fill_and_post(
        {"victim_name": "Amina Begum", "victim_age": "34", "whereabouts": "At her sister's", "safe_contact": "Her work",
         "perpetrator": "Karim Uddin", "immediate_risk": "He has said he will come tonight."}
    )  # fmt: skip
    assert sent.h1 == "Referral sent"
    page = client.get("/your-referral")
    assert "Received" in page.main
    for shut in ("person", "safe-contact", "check", "urgent", "reason"):
        assert client.get(f"/referrals/{reference}/{shut}").status == 404, shut
    assert client.get(f"/referrals/{reference}").h1 == "Your referral"
    assert "Amina" not in client.get("/your-referral").html


def test_they_answer_a_question_without_opening_the_form_again(house, nadia):
    client, page = nadia.come_in()
    reference = reference_on(page)
    with unit_of_work(house) as session:
        session.scalars(select(Referral)).one().urgent = True
    stands(house, ReferralState.RETURNED)
    page = client.get("/your-referral").follow("Read and answer the question")
    assert client.get(f"/referrals/{reference}/person").status == 404
    answered = page.fill_and_post({"answer": "She is at work until six."})
    assert answered.h1 == "Your referral"
    assert "Received" in answered.main


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (ReferralState.ACCEPTED, "Listed"), (ReferralState.NOT_ACCEPTED, "Not listed"),
        (ReferralState.TRANSFERRED_OUT, "Not listed"), (ReferralState.MERGED, "Received"),
    ],
)  # fmt: skip
def test_the_status_page_says_one_word_and_no_date_agency_or_other_referral(house, nadia, state, says):
    client, _ = nadia.come_in()
    stands(house, state)
    page = client.get("/your-referral")
    assert page.words_of(".app-facts") == [f"Status {says}"]
    for word in ("another", "area", "forum", "Solace", "Police", str(clock.today().year)):
        assert word not in page.main, word
    assert ("What to do instead" in page.main) is (says == "Not listed")


def test_what_to_do_instead_is_told_in_the_coordinators_words(house, nadia):
    client, _ = nadia.come_in()
    stands(house, ReferralState.NOT_ACCEPTED)
    with unit_of_work(house) as session:
        referral = session.scalars(select(Referral)).one()
        from_triage(referral)
    assert "Ring the housing team" in client.get("/your-referral").main


def from_triage(referral):
    access.open_for("load", referral.partnership_id, [referral.case_id])
    referral.advice = "Ring the housing team about the lock."


def test_hide_screen_and_signing_out_lead_back_to_the_link_page(house, nadia):
    client, page = nadia.come_in()
    assert page.form("/lock").post().h1 == "Get a new link"
    assert client.get("/your-referral").h1 == "Sign in", "the browser kept nothing"
    client, page = nadia.come_in()
    assert page.form("/sign-out").post().h1 == "Get a new link"


def test_after_the_idle_limit_the_link_page_is_shown_and_not_the_sign_in_page(house, nadia, time_machine):
    client, _ = nadia.come_in()
    time_machine.move_to(clock.now() + timedelta(minutes=16), tick=True)
    assert client.get("/your-referral").h1 == "Get a new link"


def test_a_new_link_is_asked_for_on_the_same_page(house, nadia):
    page = a_stranger(house).get("/start").fill_and_post({"email": EMAIL})
    assert page.flashes == ["If that address was given to us, a new link is on its way. It can take a few minutes."]


def test_ending_their_access_is_one_button(house, coordinator, nadia):
    client, _ = nadia.come_in()
    page = signed_in(house, coordinator).get(f"/referrals/invited/{nadia.id}").press("End their access")
    assert "Ended" in page.main
    assert client.get("/your-referral").h1 == "Get a new link"
