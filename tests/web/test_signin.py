"""The sign-in pages, the gate before every other page, one's own account, and administration."""

import re
from datetime import timedelta

import pytest
import time_machine

from marac import clock
from marac.models import Invitation, Message
from marac.services.accounts import users
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import Role, Template
from marac.web.navigation import MENUS, PLACES
from marac.web.signin import PUBLIC, REFUSED
from tests.builders import PASSWORD, a_membership, a_stranger, a_user, an_agency, app_of, signed_in

GOOD = "velvet harbour pigeon quartz"


@pytest.fixture
def rosa(house):
    with unit_of_work(house) as session:
        return a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Rosa Lowe")


def sign_in(client, worker, path="/sign-in"):
    page = client.get(path).fill_and_post({"email": worker.email, "password": PASSWORD})
    return page.fill_and_post({"code": worker.code()}, follow=False)


def test_signing_in_takes_a_password_and_a_code_and_leads_to_the_page_that_was_asked_for(house, rosa):
    client = a_stranger(house)
    client.forbidden |= {"Rosa", "Lowe", rosa.email}
    page = client.get("/admin/users")
    assert page.h1 == "Sign in"
    page = page.fill_and_post({"email": rosa.email, "password": PASSWORD})
    assert page.h1 == "Enter your code"
    assert page.fill_and_post({"code": rosa.code()}).h1 == "Users"


def test_without_a_page_that_was_asked_for_signing_in_leads_to_your_work(house, rosa):
    assert sign_in(a_stranger(house), rosa).location == "/today"


def test_a_wrong_password_says_what_to_do_and_keeps_the_address(house, rosa):
    page = a_stranger(house).get("/sign-in").fill_and_post({"email": rosa.email, "password": "wrong"})
    assert page.status == 422
    assert page.errors == [REFUSED]
    assert page.form("/sign-in").values["email"] == [rosa.email]
    assert page.form("/sign-in").values["password"] == [""]


def test_empty_fields_are_named_beside_the_field(house):
    page = a_stranger(house).get("/sign-in").fill_and_post({})
    assert page.status == 422
    assert page.errors == ["Enter your email address", "Enter your password"]


def test_the_code_page_wants_a_password_first_and_waits_ten_minutes(house, rosa):
    client = a_stranger(house)
    assert client.get("/sign-in/code").h1 == "Sign in"
    with time_machine.travel(clock.now(), tick=False) as clockwork:
        client.get("/sign-in").fill_and_post({"email": rosa.email, "password": PASSWORD})
        clockwork.shift(601)
        assert client.get("/sign-in/code").h1 == "Sign in"


def test_a_wrong_code_is_refused_beside_the_field(house, rosa):
    page = a_stranger(house).get("/sign-in").fill_and_post({"email": rosa.email, "password": PASSWORD})
    page = page.fill_and_post({"code": "123"})
    assert page.status == 422
    assert page.errors == ["This code is not right, or was used before. Wait for the next one"]


def test_too_many_wrong_codes_are_answered_with_the_seconds_to_wait(house, rosa):
    with time_machine.travel(clock.now(), tick=False):
        page = a_stranger(house).get("/sign-in").fill_and_post({"email": rosa.email, "password": PASSWORD})
        for _ in range(6):
            page = page.fill_and_post({"code": "123"})
    assert page.status == 429
    assert page.errors == ["Wait 5 seconds, then try again"]


def test_signing_out_ends_the_session_and_empties_the_browser(house, rosa):
    client = signed_in(house, rosa)
    page = client.get("/account")
    left = page.form("/sign-out").post(follow=False)
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/account").h1 == "Sign in"


def test_hiding_the_screen_ends_the_session_and_signing_in_leads_back(house, rosa):
    client = signed_in(house, rosa)
    page = client.get("/admin/users").form("/lock").post()
    assert page.h1 == "Sign in"
    page = page.fill_and_post({"email": rosa.email, "password": PASSWORD}).fill_and_post({"code": rosa.code()})
    assert page.url == "/admin/users"


def test_what_was_typed_is_shown_when_the_sign_in_has_ended_meanwhile(house, rosa):
    client = signed_in(house, rosa)
    page = client.get("/admin/users/invite")
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        page = page.fill_and_post({"full_name": "Amir Khan"})
    assert page.status == 419
    assert "Amir Khan" in page.main


def test_an_idle_session_leads_back_to_the_page_after_signing_in(house, rosa):
    client = signed_in(house, rosa)
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        page = client.get("/account")
        assert page.h1 == "Sign in"
        page = page.fill_and_post({"email": rosa.email, "password": PASSWORD}).fill_and_post({"code": rosa.code()})
        assert page.h1 == "Your account"


def test_staying_signed_in_answers_nothing_and_keeps_the_session(house, rosa):
    client = signed_in(house, rosa)
    token = client.get("/account").form("/lock").values["csrf_token"][0]
    with time_machine.travel(clock.now(), tick=False) as clockwork:
        for _ in range(3):
            clockwork.shift(timedelta(minutes=10))
            assert client.post("/account/keep", {"csrf_token": token}).status == 204
        assert client.get("/account").h1 == "Your account"


def test_the_account_page_shows_roles_and_where_one_is_signed_in(house, rosa):
    client = signed_in(house, rosa)
    page = client.get("/account")
    assert "Rosa Lowe" in page.main
    assert "This one" in page.main
    assert "Switch" not in page.main


def test_switching_role_changes_the_menu_and_the_header(house, rosa):
    with unit_of_work(house) as session:
        a_membership(session, rosa.id, Role.AUDITOR, an_agency(session, "legal_services"))
    client = signed_in(house, rosa)
    page = client.get("/account").press("Switch")
    page = client.get("/account")
    assert page.words_of(".app-bar__who")[0].startswith("Auditor, ")
    assert page.link("Audit") == "/admin/audit"


def test_one_ends_another_session_from_the_list(house, rosa):
    there, here = signed_in(house, rosa), signed_in(house, rosa)
    page = here.get("/account").press("End it")
    assert page.flashes == ["That sign-in has ended."]
    assert there.get("/account").h1 == "Sign in"
    assert here.get("/account").h1 == "Your account"


def test_a_page_that_needs_it_asks_for_a_fresh_code_and_then_opens(house, rosa):
    client = signed_in(house, rosa)
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False) as clockwork:
        page = client.get("/admin/users/invite")
        assert (page.status, page.h1) == (403, "Confirm it is you")
        page = page.fill_and_post({"code": "000"})
        assert (page.status, page.h1) == (422, "Confirm it is you")
        assert page.fill_and_post({"code": rosa.code()}).h1 == "Invite someone"
        clockwork.shift(timedelta(minutes=4))
        assert client.get("/admin/users/invite").h1 == "Invite someone"


def test_a_link_in_a_message_leads_its_reader_to_the_page_and_nobody_else(house, rosa):
    with unit_of_work(house) as session:
        omar = a_user(session, house)
        session.add(
            Message(
                partnership_id=rosa.partnership_id, user_id=rosa.id, template=Template.ACTIONS_ASSIGNED,
                subject_key="x", path="/account", go_token="t" * 43, enqueued_at=clock.now(), due_at=clock.now(),
            )
        )  # fmt: skip
    assert signed_in(house, rosa).get("/go/" + "t" * 43).h1 == "Your account"
    theirs, unknown = signed_in(house, omar).get("/go/" + "t" * 43), signed_in(house, omar).get("/go/" + "u" * 43)
    assert (theirs.status, theirs.h1) == (unknown.status, unknown.h1)
    assert theirs.status == 404
    assert a_stranger(house).get("/go/" + "t" * 43).h1 == "Sign in"


def test_an_invitation_is_accepted_on_two_pages_and_ends_signed_in(house, rosa):
    page = signed_in(house, rosa).get("/admin/users/invite")
    agency = next(value for value in page.form("invite").choices["agency"] if value)
    page = page.fill_and_post({
        "full_name": "Amir Khan", "email": "amir.khan@example.org", "agency": agency, "role": "representative",
        "programme": "da_marac",
    })  # fmt: skip
    assert page.flashes == ["Sent to a second person for approval. You will then tell them a code."]
    assert "Amir Khan" in page.main
    assert "Approve" not in page.main  # not by the one who asked
    with unit_of_work(house) as session:
        second = a_user(session, house, Role.COORDINATOR, "vawg_team")
    assert signed_in(house, second).get("/admin/joiners").press("Approve").flashes[0].startswith("Approved.")
    told = signed_in(house, rosa).get("/admin/joiners").follow("Show the code to tell")
    lead_code = told.words_of(".govuk-heading-xl")[0]
    with house.reader() as session:
        token = users.invitation_token(house.keyring, session.query(Invitation).one().id)
    client = a_stranger(house)
    page = client.get(f"/join/{token}").fill_and_post({"code": "000000" if lead_code != "000 000" else "111111"})
    assert page.errors == ["This is not the code. Ask whoever invited you, by phone"]
    page = page.fill_and_post({"code": lead_code})
    assert page.url == "/join"
    key = page.words_of("code")[0]
    code = users.pyotp.TOTP(key).at(int(clock.now().timestamp()))
    page = page.fill_and_post({"password": "short", "code": code})
    assert page.errors == ["Choose a password of 15 characters or more, such as three random words"]
    assert page.fill_and_post({"password": GOOD, "code": code}, follow=False).location == "/today"
    assert client.get("/account").h1 == "Keep it confidential"
    client.get("/account").press("agree")
    assert "Amir Khan" in client.get("/account").main
    again = a_stranger(house).get(f"/join/{token}").fill_and_post({"code": lead_code})
    assert again.status == 410


def test_following_an_invitation_changes_nothing(house, rosa):
    page = a_stranger(house).get("/join/" + "0" * 64)
    assert page.h1 == "Set up your account"
    assert page.fill_and_post({"code": "123456"}).status == 410


def test_administrators_see_accounts_agencies_and_settings(house):
    with unit_of_work(house) as session:
        admin = a_user(session, house, Role.SYSTEM_ADMIN)
        omar = a_user(session, house, full_name="Omar Aziz")
    client = signed_in(house, admin)
    assert "Not yet confirmed" in client.get("/admin/settings").main
    assert "Solace" in client.get("/admin/agencies").main
    page = client.get("/admin/users")
    page = page.form(f"/users/{omar.id}/suspend").post()
    assert page.flashes == ["The account is suspended and signed out everywhere."]
    assert "Restore" in page.main


def test_the_auditor_reads_the_trail_and_has_it_checked(house, rosa):
    with unit_of_work(house) as session:
        auditor = a_user(session, house, Role.AUDITOR)
    client = signed_in(house, auditor)
    page = client.get("/admin/audit")
    assert "partnership:founded" in page.main
    assert "The whole trail is as it was written" in page.press("Check the whole trail").main
    assert signed_in(house, rosa).get("/admin/audit").status == 403


def an_address(rule):
    """An address that a rule answers, with ids that nothing has."""
    path = re.sub(r"<uuid:[^>]+>", "00000000-0000-4000-8000-000000000000", rule)
    return re.sub(r"<[^>]+>", "1", re.sub(r"<string:[^>]+>", "x", path))


def test_every_page_but_the_public_ones_sends_a_stranger_to_sign_in(house):
    client = a_stranger(house)
    pages = (rule for rule in app_of(house).url_map.iter_rules() if "GET" in rule.methods)
    guarded = [rule.rule for rule in pages if rule.endpoint not in PUBLIC]
    assert len(guarded) > 5
    assert {rule: client.get(an_address(rule)).h1 for rule in guarded} == dict.fromkeys(guarded, "Sign in")
    assert client.get("/no/such/page").h1 == "Sign in"


def test_every_public_page_exists_and_is_open(house):
    app = app_of(house)
    assert set(app.view_functions) >= PUBLIC
    for path in ("/help", "/privacy", "/accessibility", "/safety", "/healthz"):
        assert a_stranger(house).get(path).status == 200


def test_menus_name_known_places_and_link_only_to_pages_that_exist(house, rosa):
    assert {place for menu in MENUS.values() for place in menu} <= set(PLACES)
    existing = {rule.rule for rule in app_of(house).url_map.iter_rules()}
    page = signed_in(house, rosa).get("/account")
    assert {node.attrs["href"] for node in page.all(".govuk-service-navigation__link")} <= existing


def test_a_form_that_is_sent_twice_takes_effect_once(house):
    with unit_of_work(house) as session:
        admin, omar = a_user(session, house, Role.SYSTEM_ADMIN), a_user(session, house)
    client = signed_in(house, admin)
    form = client.get("/admin/users").form(f"/users/{omar.id}/suspend")
    first = form.post(follow=False)
    client.get("/admin/users").form(f"/users/{omar.id}/restore").post()
    assert form.post(follow=False).location == first.location
    assert "Suspended" not in client.get("/admin/users").main


def test_a_page_left_open_can_still_be_sent_by_whoever_signs_in_again(house):
    with unit_of_work(house) as session:
        admin, omar = a_user(session, house, Role.SYSTEM_ADMIN), a_user(session, house)
    client = signed_in(house, admin)
    left_open = client.get("/admin/users").form("/sign-out").values["csrf_token"][0]
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert sign_in(client, admin).status == 303
        assert client.post("/account/keep", {"csrf_token": left_open}).status == 204
        client.get("/account").form("/sign-out").post()
        assert sign_in(client, omar).status == 303
        assert client.post("/account/keep", {"csrf_token": left_open}).status == 419


def test_a_page_left_open_is_worth_nothing_to_whoever_signs_in_next(house):
    with unit_of_work(house) as session:
        admin, omar = a_user(session, house, Role.SYSTEM_ADMIN), a_user(session, house)
    client = signed_in(house, admin)
    left_open = client.get("/admin/users").form("/sign-out").values["csrf_token"][0]
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert sign_in(client, omar).status == 303
        assert client.post("/account/keep", {"csrf_token": left_open}).status == 419
