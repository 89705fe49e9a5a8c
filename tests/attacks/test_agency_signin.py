"""Signing in with an agency's own account, against a real provider on this machine: who gets in, and every forgery."""

import hashlib
import hmac
import logging
import re
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select

from marac import access, clock
from marac.errors import RuleBroken
from marac.models import IdentityProvider, LinkedIdentity, SigninChallenge, User
from marac.services.accounts import agency_signin, identity_provider, required
from marac.services.accounts.identity_provider import Provider, ProviderRefused
from marac.services.keeping.deployment import unit_of_work
from marac.services.keeping.founding import set_rule
from marac.vocabulary import Role, UserState
from marac.workflows.local_rules import LocalRule
from tests.builders import a_stranger, a_user, an_agency, signed_in
from tests.soft_passkey import b64

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
]
SECRET = "invented-client-secret"
OURS = "https://localhost/sign-in/with/solace1/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    logging.getLogger("oidc_provider_mock").setLevel(logging.ERROR)
    two = oidc_provider_mock.User(sub="two", claims={"amr": ["pwd", "mfa"]})
    accepted = oidc_provider_mock.User(sub="acr", claims={"acr": "urn:two"})
    one = oidc_provider_mock.User(sub="one", claims={"amr": ["pwd"]})
    with oidc_provider_mock.run_server_in_thread(user_claims=[two, accepted, one]) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def rosa(house, issuer):
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.IDVA, "solace")
        actor = access.system(worker.partnership_id)
        agency_signin.set_provider(
            session, actor, an_agency(session, "solace"), key="solace1", label="Council account", issuer=issuer,
            client_id="casework", client_secret=SECRET, accepted_acr=("urn:two",),
        )  # fmt: skip
    return worker


def sent_to(page):
    """Where a page sends the browser on to, by its link and by itself."""
    address = next(link for words, link in page.links if words == "Continue")
    assert page.headers["Refresh"] == f"0; url={address}"
    return address


def leave(client):
    return sent_to(client.get("/sign-in").press("Sign in with Council account"))


def answered(address, subject):
    """What the provider sends the browser back with, once somebody signed in there."""
    back = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=5).headers["Location"]
    assert back.startswith(OURS)
    return urlsplit(back).path + "?" + urlsplit(back).query


def come_back(client, subject):
    return client.get(answered(leave(client), subject), follow=False)


def link(house, worker, subject):
    client = signed_in(house, worker)
    page = client.get("/account/sign-in").press("Link it")
    return client.get(answered(sent_to(page), subject))


def test_one_links_once_and_signs_in_with_two_factors_seen_there(house, rosa):
    assert come_back(a_stranger(house), "two").status == 422  # no account is made, and none is found by mail
    assert link(house, rosa, "two").flashes == ["Your agency account is linked. You can sign in with it."]
    client = a_stranger(house)
    address = leave(client)
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert asked["scope"] == ["openid"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    page = client.get(answered(address, "two"), follow=False)
    assert (page.status, page.location) == (303, "/today")
    assert client.get("/account").h1 == "Your account"
    with house.reader() as session:
        row, kept = session.scalars(select(LinkedIdentity)).one(), session.scalars(select(IdentityProvider)).one()
        assert b"two" not in row.subject_hash
        assert SECRET.encode() not in kept.totp_sealed


def test_without_two_factors_there_our_own_follows(house, rosa):
    for subject, accepted in (("one", False), ("acr", True)):
        assert "linked" in link(house, rosa, subject).flashes[0]
        client = a_stranger(house)
        page = come_back(client, subject)
        assert page.location == ("/today" if accepted else "/sign-in/code")
        assert (client.get("/today").h1 == "Sign in") is not accepted
        signed_in(house, rosa).get("/account/sign-in").press("Remove the link")


def test_local_suspension_another_agency_and_an_ended_provider_win(house, rosa):
    with unit_of_work(house) as session:
        omar = a_user(session, house, Role.REPRESENTATIVE, "elft")
    link(house, rosa, "two")
    assert "Council account" not in signed_in(house, omar).get("/account/sign-in").main
    taken = signed_in(house, omar)
    token = taken.get("/account/sign-in").forms[0].values["csrf_token"][0]
    assert taken.post("/account/agency/solace1/link", {"csrf_token": token}).status == 404
    with unit_of_work(house) as session:
        session.get_one(User, rosa.id).state = UserState.SUSPENDED
    assert come_back(a_stranger(house), "two").status == 422
    with unit_of_work(house) as session:
        session.get_one(User, rosa.id).state = UserState.ACTIVE
        agency_signin.end_provider(session, access.system(rosa.partnership_id), an_agency(session, "solace"))
    assert "Council account" not in a_stranger(house).get("/sign-in").main


def test_an_account_linked_by_one_person_is_nobody_elses(house, rosa):
    with unit_of_work(house) as session:
        mona = a_user(session, house, Role.IDVA, "solace")
    link(house, rosa, "two")
    assert "linked to somebody else" in link(house, mona, "two").flashes[0]
    client = signed_in(house, rosa)
    assert client.get("/account/sign-in").press("Remove the link").flashes == ["The link is removed."]
    assert come_back(a_stranger(house), "two").status == 422


def test_a_forged_replayed_or_foreign_answer_is_refused_and_never_a_fault(house, rosa):
    """State, code and browser belong together, once (mix-up, login CSRF, replay)."""
    link(house, rosa, "two")
    mine, theirs = a_stranger(house), a_stranger(house)
    theirs_back, _ = answered(leave(theirs), "two"), leave(mine)
    forged = [
        mine.get(theirs_back, follow=False),
        a_stranger(house).get("/sign-in/with/solace1/back", follow=False),
        a_stranger(house).get("/sign-in/with/solace1/back?state=x&code=y", follow=False),
        a_stranger(house).get("/sign-in/with/nobody1/back?state=x&code=y", follow=False),
    ]
    honest = a_stranger(house)
    back = answered(leave(honest), "two")
    forged.append(honest.get(re.sub("code=[^&]+", "code=guessed", back), follow=False))
    forged.append(honest.get(back, follow=False))  # spent by the guess
    again = a_stranger(house)
    back = answered(leave(again), "two")
    assert again.get(back, follow=False).status == 303
    forged.append(again.get(back, follow=False))
    wrong_state = a_stranger(house)
    back = answered(leave(wrong_state), "two")
    forged.append(wrong_state.get(re.sub("state=[^&]+", "state=" + "0" * 64, back), follow=False))
    refused = a_stranger(house)
    leave(refused)
    forged.append(refused.get("/sign-in/with/solace1/back?error=access_denied&state=x", follow=False))
    assert {page.status for page in forged} == {422}
    with house.reader() as session:
        assert all(row.used_at is None or row.value_hash for row in session.scalars(select(SigninChallenge)))


def test_wide_sight_still_needs_its_own_passkey_after_the_agencys_sign_in(house, rosa):
    with unit_of_work(house) as session:
        boss = a_user(session, house, Role.AGENCY_ADMIN, "solace")
    link(house, boss, "two")
    with unit_of_work(house) as session:
        rule = LocalRule(required.RULE, True, True, "partnership", "", clock.today())
        set_rule(session, boss.partnership_id, None, rule)
    assert come_back(a_stranger(house), "two").location == "/sign-in/code"


KEY = RSAKey.generate_key(2048, private=True)
THERE = Provider("https://id.example", "casework", OURS, "RS256", ("urn:two",))


def a_token(key=KEY, algorithm="RS256", **claims):
    now = int(time.time())
    usual = {"iss": "https://id.example", "aud": "casework", "sub": "s", "nonce": "n", "iat": now, "exp": now + 60}
    told = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode({"alg": algorithm}, told, key, algorithms=[algorithm])


def test_an_id_token_counts_only_when_every_part_of_it_is_right():
    keys = {"keys": [KEY.as_dict(private=False)]}
    read = identity_provider._proved
    assert read(THERE, a_token(), keys, "n").two_factors is False
    assert read(THERE, a_token(amr=["mfa"]), keys, "n").two_factors is True
    assert read(THERE, a_token(acr="urn:two"), keys, "n").two_factors is True
    for amr in ("mfa", ["MFA"], [["mfa"]], {"mfa": 1}, None):
        assert read(THERE, a_token(amr=amr), keys, "n").two_factors is False
    now, other = int(time.time()), RSAKey.generate_key(2048, private=True)
    public = KEY.as_pem(private=False)
    for bad in (
        a_token(iss="https://id.example/"), a_token(iss="https://evil.example"), a_token(aud="other"),
        a_token(aud=["casework", "other"]), a_token(azp="other"), a_token(nonce="m"), a_token(nonce=None),
        a_token(exp=now - 90), a_token(exp=None), a_token(exp="9999999999"), a_token(iat=now - 4000),
        a_token(iat=now + 900), a_token(iat=None), a_token(sub=""), a_token(sub=None), a_token(sub=7),
        a_token(key=other), a_token(algorithm="PS256"), "", "x.y.z", a_token() + "A",
        a_token().rsplit(".", 1)[0] + ".", unsigned(), confused(public),
    ):  # fmt: skip
        with pytest.raises(ProviderRefused):
            read(THERE, bad, keys, "n")


def unsigned():
    head = b64(b'{"alg":"none"}')
    return f"{head}.{a_token().split('.')[1]}."


def confused(public):
    """A token signed with the public key as if it were a shared secret."""
    head = b64(b'{"alg":"HS256"}')
    start = f"{head}.{a_token().split('.')[1]}"
    return f"{start}.{b64(hmac.digest(public, start.encode(), hashlib.sha256))}"


def test_a_provider_is_set_up_only_safely(house, rosa):
    usual = {
        "key": "other1", "label": "Other", "issuer": "https://id.example", "client_id": "c", "client_secret": "s",
    }  # fmt: skip
    for field, bad in (
        ("issuer", "http://id.example"), ("issuer", "ftp://id.example"), ("issuer", "https://"), ("key", "../admin"),
        ("key", "A"), ("algorithm", "none"), ("algorithm", "HS256"), ("client_secret", ""), ("label", ""),
    ):  # fmt: skip
        actor = access.system(rosa.partnership_id)
        with unit_of_work(house) as session, pytest.raises(RuleBroken):
            agency_signin.set_provider(session, actor, an_agency(session, "elft"), **{**usual, field: bad})
