"""What must fail at the door: guessing, replay, fixation, forged links, other sites, secrets in logs."""

import io
import logging
import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event, select

from marac import clock
from marac.models import AuditEntry, Membership, User
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import Role, UserState
from marac.web.signin import _signer
from tests.builders import PASSWORD, a_stranger, a_user, app_of, signed_in

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def rosa(house):
    with unit_of_work(house) as session:
        return a_user(session, house, Role.COORDINATOR, "vawg_team")


def cookie_of(client):
    return client.http.get_cookie("__Host-s", domain="localhost")


def with_cookie(house, value):
    client = a_stranger(house)
    client.http.set_cookie("__Host-s", value, domain="localhost", secure=True)
    return client


def without_numbers(page):
    """A page without what differs on every page: form tokens and one-time keys."""
    return re.sub(r'name="(csrf_token|once_key)" value="[^"]*"', "", page.html)


def enter(client, worker):
    page = client.get("/sign-in").fill_and_post({"email": worker.email, "password": PASSWORD})
    return page.fill_and_post({"code": worker.code()}, follow=False)


def test_known_unknown_suspended_and_invited_accounts_get_the_same_page(house, rosa):
    with unit_of_work(house) as session:
        suspended = a_user(session, house, state=UserState.SUSPENDED, email="b@example.org")
        invited = a_user(session, house, state=UserState.INVITED, email="c@example.org")
    tried = ((rosa.email, "wrong wrong wrong"), ("nobody@example.org", PASSWORD), (suspended.email, PASSWORD),
             (invited.email, PASSWORD))  # fmt: skip
    pages = []
    for email, password in tried:
        page = a_stranger(house).get("/sign-in").fill_and_post({"email": email, "password": password})
        assert page.status == 422
        pages.append(without_numbers(page).replace(email, "them"))
    assert len(set(pages)) == 1


def test_a_code_that_was_seen_over_a_shoulder_does_not_work_again(house, rosa):
    with time_machine.travel(clock.now(), tick=False):
        assert enter(a_stranger(house), rosa).status == 303
        assert enter(a_stranger(house), rosa).status == 422


def test_a_cookie_planted_before_sign_in_is_worth_nothing_after_it(house, rosa):
    victim = a_stranger(house)
    victim.get("/sign-in")
    planted = cookie_of(victim).value
    assert enter(victim, rosa).status == 303
    assert cookie_of(victim).value != planted
    assert with_cookie(house, planted).get("/account").h1 == "Sign in"


def test_a_cookie_copied_before_a_step_up_or_sign_out_is_worth_nothing_after_it(house, rosa):
    client = signed_in(house, rosa)
    copied = cookie_of(client).value
    assert with_cookie(house, copied).get("/account").h1 == "Your account"
    client.get("/step-up").fill_and_post({"code": rosa.code()}, follow=False)
    assert with_cookie(house, copied).get("/account").h1 == "Sign in"
    copied = cookie_of(client).value
    client.get("/account").form("/sign-out").post()
    assert with_cookie(house, copied).get("/account").h1 == "Sign in"


def test_the_cookie_is_bound_to_the_host_and_out_of_reach_of_scripts(house, rosa):
    page = a_stranger(house).get("/sign-in")
    kept = page.headers["Set-Cookie"]
    assert kept.startswith("__Host-s=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in kept.split(";")}
    assert "Domain" not in kept


def test_on_this_machine_alone_the_cookie_may_travel_in_the_clear(open_house):
    page = a_stranger(open_house(base_url="http://127.0.0.1:8000")).get("/sign-in")
    assert page.headers["Set-Cookie"].startswith("s=")
    assert "Secure" not in page.headers["Set-Cookie"]


def test_a_forged_cookie_is_not_read(house, rosa):
    with app_of(house).test_request_context():
        forged = _signer().dumps({"_user_id": "x" * 43})
    assert with_cookie(house, forged).get("/account").h1 == "Sign in"


@pytest.mark.parametrize("address", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"])
def test_no_link_to_the_sign_in_page_leads_out_of_the_service(house, rosa, address):
    with app_of(house).test_request_context():
        signed = _signer().dumps(address)
    for given in (address, signed):
        client = a_stranger(house)
        page = client.get("/sign-in", query_string={"next": given})
        page = page.fill_and_post({"email": rosa.email, "password": PASSWORD})
        with time_machine.travel(clock.now() + timedelta(minutes=2 if given == signed else 1)):
            assert page.fill_and_post({"code": rosa.code()}, follow=False).location == "/today"


def test_a_path_that_begins_with_two_strokes_is_no_way_out(house):
    page = a_stranger(house).get("//evil.example/x", follow=False)
    assert not page.location.startswith("//")


def test_a_post_without_its_token_is_refused(house, rosa):
    page = a_stranger(house).post("/sign-in", {"email": rosa.email, "password": PASSWORD})
    assert page.status == 419
    client = signed_in(house, rosa)
    assert client.post("/sign-out", {}).status == 419
    assert client.get("/account").h1 == "Your account"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_post_from_another_site_is_refused_even_with_a_token(house, rosa, headers):
    client = signed_in(house, rosa)
    token = client.get("/account").form("/lock").values["csrf_token"][0]
    assert client.post("/account/keep", {"csrf_token": token}, headers=headers).status == 400
    assert client.post("/account/keep", {"csrf_token": token}).status == 204


def test_a_token_of_another_session_is_refused(house, rosa):
    mine, theirs = signed_in(house, rosa), signed_in(house, rosa)
    token = theirs.get("/account").form("/lock").values["csrf_token"][0]
    mine.get("/account")
    assert mine.post("/account/keep", {"csrf_token": token}).status == 419


def test_another_host_name_is_refused(house):
    response = app_of(house).test_client().get("/sign-in", base_url="https://evil.example")
    assert response.status_code == 400


def test_a_suspension_and_an_ended_membership_bite_on_the_next_click(house, rosa):
    with unit_of_work(house) as session:
        omar = a_user(session, house)
    clients = signed_in(house, rosa), signed_in(house, omar)
    with unit_of_work(house) as session:
        session.get_one(User, rosa.id).state = UserState.SUSPENDED
        session.get_one(Membership, omar.membership_id).to_on = clock.today() - timedelta(days=1)
    assert [client.get("/account").h1 for client in clients] == ["Sign in", "Sign in"]


def test_failed_tries_stay_counted_though_their_request_is_rolled_back(house, rosa):
    with time_machine.travel(clock.now(), tick=False):
        page = a_stranger(house).get("/sign-in")
        statuses = [page.fill_and_post({"email": rosa.email, "password": "wrong"}).status for _ in range(11)]
        unknown = a_stranger(house).get("/sign-in")
        others = [unknown.fill_and_post({"email": "x@example.org", "password": "wrong"}).status for _ in range(11)]
    assert statuses == others == [422] * 10 + [429]


def test_the_answer_to_wait_is_the_same_for_an_account_that_does_not_exist(house, rosa):
    pages = []
    with time_machine.travel(clock.now(), tick=False):
        for email in (rosa.email, "nobody@example.org"):
            page = a_stranger(house).get("/sign-in")
            for _ in range(11):
                page = page.fill_and_post({"email": email, "password": "wrong"})
            pages.append(without_numbers(page).replace(email, "them"))
    assert "Wait 5 seconds" in pages[0]
    assert pages[0] == pages[1]


def test_neither_log_nor_trail_holds_a_password_a_code_or_an_address(house, rosa):
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        a_stranger(house).get("/sign-in").fill_and_post({"email": rosa.email, "password": "wrong horse wrong"})
        enter(a_stranger(house), rosa)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    with house.reader() as session:
        trail = "".join(session.scalars(select(AuditEntry.body)))
    assert '"reason":"password"' in trail
    for secret in (PASSWORD, "wrong horse wrong", rosa.email, rosa.totp_secret, rosa.code()):
        assert secret not in log.getvalue() + trail


def test_an_account_page_of_somebody_else_cannot_be_reached_by_its_id(house, rosa):
    with unit_of_work(house) as session:
        admin, omar = a_user(session, house, Role.AGENCY_ADMIN, "solace"), a_user(session, house, agency_slug="elft")
    client = signed_in(house, admin)
    token = client.get("/admin/users").form("/sign-out").values["csrf_token"][0]
    theirs = client.post(f"/admin/users/{omar.id}/suspend", {"csrf_token": token})
    nobody = client.post("/admin/users/00000000-0000-4000-8000-000000000000/suspend", {"csrf_token": token})
    assert theirs.status == nobody.status == 404


def statements_of(house, act, typed):
    """What the database is asked, as the first words of each statement."""
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement.split(maxsplit=1)[0])

    event.listen(house.engine, "before_cursor_execute", note)
    try:
        act(typed)
    finally:
        event.remove(house.engine, "before_cursor_execute", note)
    return asked


def test_the_database_does_the_same_work_for_an_account_that_does_not_exist(house, rosa):
    with unit_of_work(house) as session:
        suspended = a_user(session, house, state=UserState.SUSPENDED, email="b@example.org")
    work = []
    for email in (rosa.email, suspended.email, "nobody@example.org"):
        page = a_stranger(house).get("/sign-in")
        work.append(sorted(statements_of(house, page.fill_and_post, {"email": email, "password": "wrong"})))
    assert work[0] == work[1] == work[2]


def test_nothing_opens_between_the_password_and_the_second_step(house, rosa):
    client = a_stranger(house)
    half = client.get("/sign-in").fill_and_post({"email": rosa.email, "password": PASSWORD})
    for path in ("/today", "/account", "/account/passkeys/add", "/admin/users", "/step-up", "/cases"):
        assert client.get(path).h1 == "Sign in", path
    token = half.forms[0].values["csrf_token"][0]
    for path in ("/account/passkeys/options", "/step-up/passkey/options", "/account/keep", "/account/recovery-codes"):
        assert client.post(path, {"csrf_token": token}).status in (400, 419), path
    nobody = a_stranger(house)
    token = nobody.get("/sign-in").forms[0].values["csrf_token"][0]
    assert nobody.post("/sign-in/code", {"csrf_token": token, "code": rosa.code()}, follow=False).location == "/sign-in"
    assert nobody.post("/sign-in/code/passkey/options", {"csrf_token": token}).status == 419
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert client.get("/sign-in/code").h1 == "Sign in"


@pytest.mark.parametrize("minutes, rests", [(16, True), (601, False)])
def test_a_session_ends_by_rest_and_by_age(house, rosa, minutes, rests):
    client, start = signed_in(house, rosa), clock.now()
    if not rests:
        for at in range(14, 600, 14):
            with time_machine.travel(start + timedelta(minutes=at), tick=False):
                assert client.get("/account/shortcuts").status == 200
    with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
        assert client.get("/account").h1 == "Sign in"


def test_the_list_of_sign_ins_says_device_and_time_and_ends_all_others(house, rosa):
    here = a_stranger(house)
    page = here.get("/sign-in").fill_and_post({"email": rosa.email, "password": PASSWORD})
    agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"}
    sent = page.form("/sign-in/code").values | {"code": [rosa.code()]}
    assert here.post("/sign-in/code", sent, headers=agent, follow=False).status == 303
    there = signed_in(house, rosa)
    page = here.get("/account")
    assert "Firefox on Windows: since" in page.main
    assert page.press("End every other sign-in").flashes == ["Every other sign-in has ended."]
    assert there.get("/account").h1 == "Sign in"
    assert here.get("/account").h1 == "Your account"


def test_signing_out_empties_the_browser(house, rosa):
    page = signed_in(house, rosa).get("/account").form("/sign-out").post(follow=False)
    assert page.headers["Clear-Site-Data"] == '"cache", "storage"'
