"""Passkeys: what lets somebody in, and every way of answering that must not (ASVS 6, 7; security.md 5 and 10)."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from marac import clock
from marac.models import AuditEntry, Passkey, SigninChallenge, SigninSession, User
from marac.services.accounts import required
from marac.services.keeping.deployment import unit_of_work
from marac.services.keeping.founding import set_rule
from marac.vocabulary import ChallengePurpose, Role, UserState
from marac.workflows.local_rules import LocalRule
from tests.builders import PASSWORD, a_stranger, a_user, signed_in
from tests.soft_passkey import SoftPasskey, b64, un64

pytestmark = pytest.mark.usefixtures("quick_hashes")
ADD, OPTIONS = "/account/passkeys/add", "/account/passkeys/options"


@pytest.fixture
def rosa(house):
    with unit_of_work(house) as session:
        return a_user(session, house, Role.COORDINATOR, "vawg_team")


def _token(client):
    page = client.get("/account/sign-in" if "_user_id" in _cookie(client) else "/sign-in")
    return page.forms[0].values["csrf_token"][0]


def _cookie(client):
    with client.http.session_transaction(base_url=client.base_url) as cookie:
        return dict(cookie)


def asked(client, path):
    return client.post(path, {"csrf_token": _token(client)}).json


def send(client, path, answer, **facts):
    return client.post(path, {"csrf_token": _token(client), "answer": answer, **facts}, follow=False)


def register(client, key, label="Work laptop"):
    return send(client, ADD, key.make(asked(client, OPTIONS)), label=label)


def count(house, model):
    with house.reader() as session:
        return session.scalar(select(func.count()).select_from(model))


def come_in(house, key, client=None):
    client = client or a_stranger(house)
    return client, send(client, "/sign-in/passkey", key.use(asked(client, "/sign-in/passkey/options")))


def test_one_registers_signs_in_confirms_and_removes(house, rosa):
    laptop, spare, client = SoftPasskey(), SoftPasskey(), signed_in(house, rosa)
    assert register(client, laptop).location == "/account/sign-in"
    assert register(client, spare, "Key in the safe").status == 303
    page = client.get("/account/sign-in")
    assert "Work laptop, added" in page.text
    with house.reader() as session:
        kept = session.scalars(select(Passkey)).first()
        assert b"Work laptop" not in kept.staff_sealed
    guest, answer = come_in(house, laptop)
    assert (answer.status, answer.location) == (303, "/today")
    assert guest.get("/account").h1 == "Your account"
    half = a_stranger(house)
    half.get("/sign-in").fill_and_post({"email": rosa.email, "password": PASSWORD})
    options = asked_half(half)
    assert {one["id"] for one in options["allowCredentials"]} == {b64(laptop.id), b64(spare.id)}
    assert send_half(half, spare.use(options)).location == "/today"
    before = _cookie(half)["_user_id"]
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False):
        assert half.get("/admin/users/invite").h1 == "Confirm it is you"
        assert send(half, "/step-up/passkey", laptop.use(asked(half, "/step-up/passkey/options"))).status == 303
        assert half.get("/admin/users/invite").status == 200
        assert _cookie(half)["_user_id"] != before
        assert half.get("/account/sign-in").press("Remove").flashes == ["The passkey is removed."]
    assert count(house, Passkey) == 1
    with house.reader() as session:
        factors = {json.loads(body)["keys"]["factor"] for body in session.scalars(
            select(AuditEntry.body).where(AuditEntry.tag == "signin:succeeded"))}  # fmt: skip
    assert factors == {"passkey"}


def asked_half(client):
    token = client.get("/sign-in/code").forms[0].values["csrf_token"][0]
    return client.post("/sign-in/code/passkey/options", {"csrf_token": token}).json


def send_half(client, answer):
    token = client.get("/sign-in/code").forms[0].values["csrf_token"][0]
    return client.post("/sign-in/code/passkey", {"csrf_token": token, "answer": answer}, follow=False)


def test_no_lie_of_a_key_lets_anybody_in(house, rosa):
    """Replayed counter, wrong origin or host, no verification, a foreign, reused or late challenge, another's key."""
    key, client = SoftPasskey(), signed_in(house, rosa)
    register(client, key)
    assert come_in(house, key)[1].status == 303
    lies = []
    for lie in ({"origin": "https://evil.example"}, {"host": "evil.example"}, {"verified": False}, {"count": -1}):
        liar = SoftPasskey(**{**vars(key), **lie})
        lies.append(come_in(house, liar)[1])
    stranger_key = SoftPasskey(id=key.id)
    lies += [come_in(house, stranger_key)[1], come_in(house, SoftPasskey())[1]]
    mine, theirs = a_stranger(house), a_stranger(house)
    foreign = key.use(asked(theirs, "/sign-in/passkey/options"))
    asked(mine, "/sign-in/passkey/options")
    lies.append(send(mine, "/sign-in/passkey", foreign))
    other_purpose = a_stranger(house)
    other_purpose.get("/sign-in").fill_and_post({"email": rosa.email, "password": PASSWORD})
    lies.append(send_half_as_whole(other_purpose, key))
    slow = a_stranger(house)
    late = key.use(asked(slow, "/sign-in/passkey/options"))
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        lies.append(send(slow, "/sign-in/passkey", late))
    for rubbish in ("", "[]", "{}", '{"response": {"clientDataJSON": 7}}', "x" * 9000, '{"id": "\\ud800"}'):
        lies.append(send(a_stranger(house), "/sign-in/passkey", rubbish))
    again = a_stranger(house)
    answer = key.use(asked(again, "/sign-in/passkey/options"))
    assert send(again, "/sign-in/passkey", answer).status == 303
    copied = a_stranger(house)
    asked(copied, "/sign-in/passkey/options")
    lies.append(send(copied, "/sign-in/passkey", answer))
    assert {page.status for page in lies} == {422}
    assert len({page.h1 for page in lies}) == 1


def send_half_as_whole(client, key):
    answer = key.use(asked_half(client))
    return send(client, "/sign-in/passkey", answer)


def test_a_challenge_is_spent_by_a_wrong_answer_and_kept_only_as_a_hash(house, rosa):
    key, client = SoftPasskey(), signed_in(house, rosa)
    register(client, key)
    guest = a_stranger(house)
    options = asked(guest, "/sign-in/passkey/options")
    with guest.http.session_transaction(base_url=guest.base_url) as cookie:
        challenge = cookie["challenge"]
    liar = SoftPasskey(**{**vars(key), "verified": False})
    assert send(guest, "/sign-in/passkey", liar.use(options)).status == 422
    with guest.http.session_transaction(base_url=guest.base_url) as cookie:
        cookie["challenge"] = challenge  # the same browser tries the same challenge again
    assert send(guest, "/sign-in/passkey", key.use(options)).status == 422
    with house.reader() as session:
        row = session.scalars(select(SigninChallenge).where(SigninChallenge.purpose == ChallengePurpose.SIGN_IN)).one()
        assert row.used_at is not None
        assert row.value_hash != un64(options["challenge"])


def test_who_is_suspended_or_no_longer_a_member_is_not_let_in_by_a_passkey(house, rosa):
    key, client = SoftPasskey(), signed_in(house, rosa)
    register(client, key)
    with unit_of_work(house) as session:
        session.get_one(User, rosa.id).state = UserState.SUSPENDED
    assert come_in(house, key)[1].status == 422
    assert client.get("/account").h1 == "Sign in"


def test_factors_change_only_right_after_a_full_sign_in_and_only_ones_own(house, rosa):
    with unit_of_work(house) as session:
        omar = a_user(session, house)
    key, client, other = SoftPasskey(), signed_in(house, rosa), signed_in(house, omar)
    register(client, key)
    with house.reader() as session:
        kept = session.scalars(select(Passkey.id)).one()
    assert other.post(f"/account/passkeys/{kept}/remove", {"csrf_token": _token(other)}).status == 404
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        for path in (ADD, "/account/recovery-codes", "/account/code-app", "/account/code-app/new"):
            assert client.get(path).h1 == "Sign in again first", path
        token = _token(client)
        for path in (OPTIONS, ADD, f"/account/passkeys/{kept}/remove", "/account/recovery-codes", "/account/code-app"):
            page = client.post(path, {"csrf_token": token, "answer": "{}", "label": "x"}, follow=False)
            assert page.status == 403, path
    assert count(house, Passkey) == 1


def test_a_foreign_or_unverified_registration_is_not_kept(house, rosa):
    client = signed_in(house, rosa)
    for lie in ({"verified": False}, {"origin": "https://evil.example"}, {"host": "evil.example"}):
        assert register(client, SoftPasskey(**lie)).status == 422
    key = SoftPasskey()
    assert register(client, key).status == 303
    assert register(client, SoftPasskey(id=key.id)).status == 422
    assert count(house, Passkey) == 1


def test_roles_with_wide_sight_register_a_passkey_before_anything_else_and_use_it_from_then_on(house, rosa):
    with unit_of_work(house) as session:
        rule = LocalRule(required.RULE, True, True, "partnership", "", clock.today())
        set_rule(session, rosa.partnership_id, None, rule)
        omar = a_user(session, house)
        assert required.partnership_requires(session, rosa.partnership_id)
    client, free = a_stranger(house), a_stranger(house)
    assert enter(free, omar).location == "/today"
    assert free.get("/today").h1 != "Add a passkey"
    enter(client, rosa)
    for path in ("/today", "/cases", "/admin/users", "/account", "/account/code-app", "/find", "/referrals/new"):
        assert client.get(path).h1 == "Add a passkey", path
    page = client.get(ADD)
    token = page.forms[0].values["csrf_token"][0]
    refused = client.post("/account/recovery-codes", {"csrf_token": token}, follow=False)
    assert (refused.status, refused.location) == (303, ADD)
    key = SoftPasskey()
    options = client.post(OPTIONS, {"csrf_token": token}).json
    sent = {"csrf_token": token, "answer": key.make(options), "label": "Laptop"}
    assert client.post(ADD, sent, follow=False).status == 303
    assert client.get("/today").h1 != "Add a passkey"
    assert "only passkey" in client.get("/account/sign-in").press("Remove").flashes[0]
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        assert enter(a_stranger(house), rosa).status == 422  # a code of the app no longer lets them in
    assert come_in(house, key)[1].location == "/today"


def enter(client, worker):
    page = client.get("/sign-in").fill_and_post({"email": worker.email, "password": PASSWORD})
    return page.fill_and_post({"code": worker.code()}, action="/sign-in/code", follow=False)


def test_a_sign_in_by_passkey_ends_the_one_before(house, rosa):
    key, client = SoftPasskey(), signed_in(house, rosa)
    register(client, key)
    first, _ = come_in(house, key)
    come_in(house, key)
    assert first.get("/account").h1 == "Sign in"
    with house.reader() as session:
        alive = session.scalar(select(func.count()).select_from(SigninSession).where(SigninSession.ended_at.is_(None)))
    assert alive == 1
