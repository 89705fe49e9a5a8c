"""A way in without an account must not be a way round: guessing, replay, stolen mail, other addresses (DA-42)."""

import io
import logging
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from marac import clock
from marac.models import AuditEntry, Invitation, OutsideReferrer, Referral, SigninAttempt
from marac.services.clockwork import timed
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import outside_referrers
from marac.vocabulary import ReferralState, Role, UserState
from tests.attacks import scene as scenes
from tests.attacks.scene import SAME_SITE, contents, form, settled
from tests.builders import a_stranger, a_user, actor_for, app_of
from tests.builders_outside import EMAIL, NAME, WORKS_AT, an_outsider
from tests.services.test_notifications import serving

MAY_REACH = {"outside_referrers.standing", "account.keep", "referrals.sent"}


@pytest.fixture
def nadia(house):
    return an_outsider(house)


@pytest.fixture(scope="module")
def scene(founded, tmp_path_factory):
    built = scenes.build(founded, tmp_path_factory.mktemp("outside") / "house")
    yield built
    built.house.close()


def tried(house, path, code):
    """The answer to a link and digits, as bytes without what differs on every page."""
    client = a_stranger(house)
    client.get(path)
    page = client.get("/start").fill_and_post({"code": code}, press="Continue", follow=False)
    return page.status, settled(page.html.encode(), code), sorted(name for name, _ in page.headers)


def wrong_for(nadia):
    return "000000" if nadia.code != "000000" else "111111"


def test_every_link_that_does_not_work_gets_the_same_answer(house, nadia, time_machine):
    """Unknown, malformed, used, replaced, wrong digits, expired, withdrawn, suspended: no oracle."""
    answers = {
        "unknown": tried(house, "/start/" + "a" * 64, nadia.code),
        "malformed": tried(house, "/start/x", nadia.code),
        "long": tried(house, "/start/" + "b" * 3000, nadia.code),
        "wrong digits": tried(house, nadia.path(), wrong_for(nadia)),
    }
    replaced = nadia.path()
    used = nadia.path()
    answers["replaced"] = tried(house, replaced, nadia.code)
    assert tried(house, used, nadia.code)[0] == 303
    answers["used"] = tried(house, used, nadia.code)
    expired = nadia.path()
    time_machine.move_to(clock.now() + timedelta(days=8), tick=True)
    answers["expired"] = tried(house, expired, nadia.code)
    withdrawn = nadia.path()
    with unit_of_work(house) as session:
        outside_referrers.end(session, session.get_one(OutsideReferrer, nadia.id))
    answers["withdrawn"] = tried(house, withdrawn, nadia.code)
    assert {status for status, _, _ in answers.values()} == {422}
    assert len({body for _, body, _ in answers.values()}) == 1
    assert len({tuple(head) for _, _, head in answers.values()}) == 1


def test_the_page_of_a_link_is_the_same_whether_it_works_or_not(house, nadia):
    pages = []
    for path in (nadia.path(), "/start/" + "c" * 64):
        client = a_stranger(house)
        client.get(path)
        pages.append(settled(client.get("/start").html.encode()))
    assert pages[0] == pages[1]


def test_asking_for_a_new_link_answers_alike_for_every_address(house, nadia):
    pages = []
    for address in (EMAIL, "nobody@example.org"):
        page = a_stranger(house).get("/start").fill_and_post({"email": address})
        pages.append((page.status, settled(page.html.encode())))
    assert pages[0] == pages[1]


def test_six_digits_cannot_be_guessed_before_they_are_dead(house, nadia):
    client, answers = a_stranger(house), []
    client.get(nadia.path())
    for number in range(8):
        guess = f"{number:06d}" if f"{number:06d}" != nadia.code else "777777"
        answers.append(client.get("/start").fill_and_post({"code": guess}, press="Continue").status)
    assert answers[:5] == [422] * 5
    assert nadia.row().code_hash is None
    page = client.get("/start").fill_and_post({"code": nadia.code}, press="Continue")
    assert page.status in (422, 429)


def test_a_stranger_without_the_link_cannot_use_up_the_tries(house, nadia):
    for number in range(12):
        tried(house, "/start/" + f"{number:064d}", "000000")
    assert nadia.row().wrong_codes == 0
    assert nadia.come_in()[1].h1 == "Your referral"


def test_asking_again_and_again_slows_down_and_mails_once(house, nadia, time_machine):
    statuses = [a_stranger(house).get("/start").fill_and_post({"email": EMAIL}).status for _ in range(7)]
    assert statuses[0] == 200
    assert 429 in statuses
    with house.reader() as session:
        assert nadia.row().asked_at is not None
        assert session.scalars(select(SigninAttempt)).first() is not None


def test_a_link_sent_twice_or_opened_in_two_browsers_leads_in_once(house, nadia):
    path = nadia.path()
    first, second = a_stranger(house), a_stranger(house)
    for client in (first, second):
        client.get(path)
    assert first.get("/start").fill_and_post({"code": nadia.code}, press="Continue").h1 == "Your referral"
    assert second.get("/start").fill_and_post({"code": nadia.code}, press="Continue").status == 422
    assert nadia.open_sessions() == 1
    assert second.get("/your-referral").h1 == "Sign in"


def test_the_one_who_comes_in_later_ends_the_session_of_the_one_before(house, nadia):
    first, _ = nadia.come_in()
    second, _ = nadia.come_in()
    assert first.get("/your-referral").h1 == "Get a new link"
    assert second.get("/your-referral").h1 == "Your referral"


def test_a_copied_form_of_the_link_page_does_nothing_a_second_time(house, nadia):
    client = a_stranger(house)
    client.get(nadia.path())
    page = client.get("/start")
    sent = page.own_forms[0].values | {"code": nadia.code}
    assert client.post("/start", sent, follow=False).status == 303
    other = a_stranger(house)
    assert other.post("/start", sent, follow=False).status in (400, 419)
    with house.reader() as session:
        assert len(session.scalars(select(Referral)).all()) == 1


def test_mail_scanners_neither_use_up_a_link_nor_come_in(house, nadia):
    path, before = nadia.path(), contents(house)
    http = app_of(house).test_client()
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        answer = http.open(path, method=method, base_url="https://localhost")
        assert answer.status_code in (200, 303)
    assert contents(house) == before
    assert http.post(path, **SAME_SITE).status_code in (400, 405, 419)
    assert contents(house) == before


def test_another_site_cannot_send_the_digits_for_somebody(house, nadia):
    client = a_stranger(house)
    client.get(nadia.path())
    sent = client.get("/start").own_forms[0].values | {"code": nadia.code}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.http.post("/start", data=sent, base_url="https://localhost", headers=headers)
        assert answer.status_code in (400, 419)
    assert nadia.open_sessions() == 0


def test_a_link_is_no_invitation_to_an_account_and_no_sign_in(house, nadia):
    token = nadia.path().rsplit("/", 1)[1]
    client = a_stranger(house)
    page = client.get(f"/join/{token}").fill_and_post({"code": "123456"})
    assert page.status == 410
    page = a_stranger(house).get("/sign-in").fill_and_post({"email": EMAIL, "password": nadia.code * 3})
    assert page.status == 422


def test_link_digits_name_and_address_are_in_no_log_trail_row_or_address(house, nadia):
    """And the link leaves the address bar at once, so no referrer carries it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        path = nadia.path()
        client = a_stranger(house)
        answer = client.http.get(path, base_url="https://localhost")
        page = client.get("/start")
        page.fill_and_post({"code": wrong_for(nadia)}, press="Continue")
        client.get("/start").fill_and_post({"code": nadia.code}, press="Continue")
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(level)
    token = path.rsplit("/", 1)[1]
    assert (answer.status_code, answer.location) == (303, "/start")
    assert token not in page.html
    with house.reader() as session:
        written = " ".join(entry.body for entry in session.scalars(select(AuditEntry)))
        assert token.encode() not in session.scalars(select(Invitation.token_hash)).all()
    raw = (house.settings.data / "casework.db").read_bytes() + (house.settings.data / "casework.db-wal").read_bytes()
    for secret in (token, NAME, EMAIL, WORKS_AT):
        assert secret not in stream.getvalue()
        assert secret not in written
        assert secret.encode() not in raw, secret


def test_the_digits_are_kept_as_a_keyed_hash_bound_to_one_person(house, nadia):
    other = an_outsider(house, nadia.asker)
    keyring = house.keyring
    assert nadia.row().code_hash == outside_referrers.code_hash(keyring, nadia.id, nadia.code)
    assert nadia.row().code_hash != outside_referrers.code_hash(keyring, other.id, nadia.code)


def test_the_mail_says_nothing_and_never_holds_the_digits(house, nadia):
    with serving("127.0.0.1") as (box, url):
        assert timed.deliver_in(house, nadia.asker.partnership_id, url) == 1
    ((to, mail),) = box.taken
    text = mail.get_payload(decode=True).decode()
    assert to == [EMAIL]
    assert nadia.code not in text
    telling = ("abuse", "marac", "domestic", "referral", "victim", "panel")
    assert [word for word in telling if word in text.lower()] == []
    assert NAME not in mail.as_string() + text
    (path,) = re.findall(r"https://localhost(/start/[0-9a-f]{64})\b", text)
    client = a_stranger(house)
    client.get(path)
    assert client.get("/start").fill_and_post({"code": nadia.code}, press="Continue").h1 == "Your referral"


def test_a_suspended_account_gets_in_by_no_link(house, nadia):
    with unit_of_work(house) as session:
        session.get_one(OutsideReferrer, nadia.id).account.state = UserState.SUSPENDED
    assert nadia.come_in()[1].status == 422


@pytest.mark.parametrize("state", [ReferralState.DRAFT, ReferralState.SUBMITTED, ReferralState.ACCEPTED])
def test_every_other_address_answers_exactly_like_one_that_is_not_there(scene, state):
    """Each route of the application with real things, by GET and by POST, as somebody who came by a link."""
    nadia = an_outsider(scene.house, scene.workers["coordinator"], email=f"{state.value}@example.org")
    client, _ = nadia.come_in()
    with unit_of_work(scene.house) as session:
        referral = session.get_one(Referral, session.get_one(OutsideReferrer, nadia.id).referral_id)
        referral.state, own = state, referral.reference
        referral.submitted_at = referral.decided_at = None if state == ReferralState.DRAFT else clock.now()
    http, unknown = client.http, "/nothing-here"
    nothing = settled(http.get(unknown, base_url="https://localhost").data, f'href="{unknown}"')
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/start").html).group(1)
    public = set(app_of(scene.house).extensions["public"])
    before, compared = contents(scene.house), 0
    for endpoint, path in scene.urls(method="GET", each=2):
        if endpoint in public | MAY_REACH or own in path:
            continue
        answer = http.get(path, base_url="https://localhost")
        if answer.status_code == 303:
            assert (path, answer.location) in [(home, "/your-referral") for home in ("/", "/today", "/referrals")]
            continue
        assert (answer.status_code, settled(answer.data, f'href="{path}"')) == (404, nothing), (endpoint, path)
        compared += 1
    for endpoint, path in scene.urls(method="POST", each=2):
        if endpoint not in public | MAY_REACH and own not in path:
            answer = http.post(path, data=form(token, reason="x"), **SAME_SITE)
            assert answer.status_code == 404, (endpoint, path, answer.status_code)
    assert contents(scene.house) == before
    assert compared > 40


def test_their_own_referrals_other_pages_are_shut_too(scene):
    """The case page, the decision, papers, the queue: nothing of what the panel does with it."""
    nadia = an_outsider(scene.house, scene.workers["coordinator"], email="own@example.org")
    client, page = nadia.come_in()
    own = page.words_of(".govuk-caption-l")[0]
    with scene.house.reader() as session:
        case = session.scalars(select(Referral).where(Referral.reference == own)).one().case.reference
    for path in (f"/referrals/{own}/decide", f"/cases/{case}", f"/cases/{case}/people", f"/cases/{case}/history",
                 f"/cases/{case}/research", "/find", "/account", "/panels", "/referrals/new", "/referrals/invite",
                 "/referrals/invited", "/step-up"):  # fmt: skip
        assert client.get(path).status == 404, path


def test_nobody_else_of_the_agency_that_asked_reads_the_draft(scene):
    with unit_of_work(scene.house) as session:
        lead = a_user(session, scene.house, Role.AGENCY_ADMIN, "education")
    nadia = an_outsider(scene.house, lead, email="lead@example.org")
    _, page = nadia.come_in()
    own = page.words_of(".govuk-caption-l")[0]
    for who in ("coordinator", "chair", "idva", "police", "referrer", "housing", "auditor"):
        answer = scene.client(who).get(f"/referrals/{own}", base_url="https://localhost")
        assert answer.status_code == 404, who
    actor = actor_for(lead)
    with unit_of_work(scene.house, actor) as session:
        (asked,) = outside_referrers.list_referrers(session, actor)
        assert (asked.standing, asked.reference) == ("Opened, not sent yet", "")
