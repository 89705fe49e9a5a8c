"""Forms sent twice, late, stale, forged or with more than they hold: one effect, or a refusal that loses nothing."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from marac.models import Action, AuditEntry, Case, CasePerson, Referral
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import ActionState
from tests.attacks import scene as scenes
from tests.attacks.scene import SAME_SITE, contents, form, token_of


@pytest.fixture(scope="module")
def scene(founded, tmp_path_factory):
    built = scenes.build(founded, tmp_path_factory.mktemp("replay") / "house")
    yield built
    built.house.close()


@pytest.fixture
def police(scene):
    client = scene.client("police")
    return client, token_of(client)


@pytest.fixture
def action(scene):
    """An open action of the police."""
    with unit_of_work(scene.house) as session:
        found = session.scalars(select(Action).where(Action.agency_id == scene.workers["police"].agency_id)).first()
        found.state = ActionState.OPEN
        return found.id


def moves(scene, tag="action:complete"):
    """How many times the trail says that it happened."""
    with scene.house.reader() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.tag == tag))


def complete(scene, client, action, token):
    """The form of the action page as the page itself holds it, with Done chosen."""
    page = client.get(f"/actions/{action}", base_url="https://localhost").get_data(as_text=True)
    assert page
    return scenes.filled(page, f"/actions/{action}", token, "done")


def test_a_form_sent_twice_has_one_effect_and_the_same_answer(scene, police, action):
    """Double submit, back button, replay: the second leads where the first did (security 8, idempotency)."""
    client, token = police
    before, data = moves(scene), complete(scene, client, action, token)
    first = client.post(f"/actions/{action}", data=data, **SAME_SITE)
    after = contents(scene.house)
    again = client.post(f"/actions/{action}", data=data, **SAME_SITE)
    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    assert moves(scene) == before + 1
    assert contents(scene.house) == after


def test_whatever_form_of_a_meeting_is_sent_twice_has_one_effect(scene):
    """Every form of the meeting that runs and of the one being prepared, as its page would send it; then once more."""
    sent = Counter()
    for who, reference in (("clerk", scene.running), ("coordinator", scene.coming), ("housing", scene.coming)):
        client = scene.client(who)
        token = token_of(client)
        for _endpoint, path in scene.urls(method="GET", each=4):
            if f"/{reference}" not in path:
                continue
            page = client.get(path, base_url="https://localhost").get_data().decode("utf-8", "replace")
            for action in set(re.findall(r'<form[^>]*action="(/(?:panels|research)/[^"]*)"[^>]*method="post"', page)):
                data = {**scenes.filled(page, action, token), "reason": "Moved on", "text": "x"}
                first = client.post(action, data=data, **SAME_SITE)
                after = contents(scene.house)
                again = client.post(action, data=data, **SAME_SITE)
                assert (first.status_code, first.location) == (again.status_code, again.location), (who, action)
                if first.status_code == 303:
                    assert contents(scene.house) == after, (who, action)
                sent[first.status_code] += 1
    assert sent[303] > 10, sent


def test_a_form_sent_twice_at_the_same_moment_has_one_effect(scene, action):
    """Parallel replays (security 9.8)."""
    clients = [scene.client("police") for _ in range(2)]
    data = complete(scene, clients[0], action, token_of(clients[0]))
    forms = [{**data, "csrf_token": token_of(client)} for client in clients]
    before = moves(scene)
    with ThreadPoolExecutor(2) as pool:
        sent = [
            pool.submit(client.post, f"/actions/{action}", data=fields, **SAME_SITE)
            for client, fields in zip(clients, forms, strict=True)
        ]
        answers = sorted(one.result().status_code for one in sent)
    assert moves(scene) == before + 1
    assert answers in ([303, 303], [303, 409])


def test_somebody_elses_one_time_key_opens_nothing(scene, police, action):
    """Keys are per person: a key seen over a shoulder does not lead its thief to the result."""
    client, token = police
    data = complete(scene, client, action, token)
    client.post(f"/actions/{action}", data=data, **SAME_SITE)
    thief = scene.client("outsider")
    answer = thief.post(f"/actions/{action}", data={**data, "csrf_token": token_of(thief)}, **SAME_SITE)
    assert answer.status_code == 404


def test_a_form_drawn_before_somebody_else_saved_is_409_and_changes_nothing(scene, police, action):
    client, token = police
    data = complete(scene, client, action, token)
    with unit_of_work(scene.house) as session:
        session.get_one(Action, action).due_on = session.get_one(Action, action).due_on.replace(day=1)
    before = contents(scene.house)
    answer = client.post(f"/actions/{action}", data={**data, "done_note": "typed with care"}, **SAME_SITE)
    assert answer.status_code == 409
    assert b"typed with care" in answer.data
    assert contents(scene.house) == before


def test_without_its_token_a_form_is_refused_and_what_was_typed_is_shown(scene, police, action):
    client, token = police
    data = complete(scene, client, action, token) | {"done_note": "typed with care"}
    theirs = token_of(scene.client("housing"))
    before = contents(scene.house)
    for forged in ({}, {"csrf_token": ""}, {"csrf_token": "x" * 40}, {"csrf_token": theirs}):
        fields = {name: value for name, value in data.items() if name != "csrf_token"} | forged
        answer = client.post(f"/actions/{action}", data=fields, **SAME_SITE)
        assert answer.status_code == 419
        assert b"typed with care" in answer.data
    assert contents(scene.house) == before


def test_every_route_that_changes_something_wants_the_token_for_everybody(scene, police):
    """CSRF on every POST there is, the public ones too."""
    client, _ = police
    for endpoint, path in scene.urls(method="POST", each=1):
        answer = client.post(path, data={"once_key": uuid4().hex}, **SAME_SITE)
        assert answer.status_code in (400, 419), (endpoint, path, answer.status_code)


@pytest.mark.parametrize(
    "headers",
    [{"Referer": "https://evil.example/"}, {"Origin": "https://evil.example", "Referer": "https://localhost/"},
     {"Sec-Fetch-Site": "cross-site", "Referer": "https://localhost/"}, {"Sec-Fetch-Site": "same-site"}, {}],
)  # fmt: skip
def test_a_form_that_another_site_sent_is_refused_whatever_token_it_holds(scene, police, action, headers):
    client, token = police
    data, before = complete(scene, client, action, token), contents(scene.house)
    answer = client.post(f"/actions/{action}", data=data, base_url="https://localhost", headers=headers)
    assert answer.status_code in (400, 419)
    assert contents(scene.house) == before


def test_fields_that_a_form_does_not_have_are_ignored(scene, police, action):
    """No mass assignment: hidden ids, states and agencies that are sent along change nothing (security 9.7)."""
    client, token = police
    with scene.house.reader() as session:
        held = session.get_one(Action, action)
        before = (held.agency_id, held.case_id, held.partnership_id, held.due_on)
    extra = {
        "id": uuid4().hex, "agency_id": scene.workers["outsider"].agency_id.hex, "case_id": uuid4().hex,
        "partnership_id": uuid4().hex, "due_on": "2099-01-01", "version_id": "1", "closed_by_id": uuid4().hex,
        "restricted": "1", "role": "coordinator", "actions_sealed": "x",
    }  # fmt: skip
    answer = client.post(f"/actions/{action}", data=complete(scene, client, action, token) | extra, **SAME_SITE)
    assert answer.status_code == 303
    with scene.house.reader() as session:
        held = session.get_one(Action, action)
        assert (held.agency_id, held.case_id, held.partnership_id, held.due_on) == before
        assert held.state == ActionState.COMPLETE
        assert held.closed_by_id in (None, scene.workers["police"].id)


def test_a_session_that_ended_does_nothing_more(scene, action):
    """A copied cookie after sign-out: back to the sign-in page, nothing changed (security 9.9)."""
    client = scene.client("police")
    token = token_of(client)
    data = complete(scene, client, action, token)
    with client.session_transaction(base_url="https://localhost") as cookie:
        copied = dict(cookie)
    client.post("/sign-out", data=form(token), **SAME_SITE)
    thief = scene.app.test_client()
    with thief.session_transaction(base_url="https://localhost") as cookie:
        cookie.update(copied)
    before = contents(scene.house)
    assert thief.post(f"/actions/{action}", data=data, **SAME_SITE).status_code == 419
    assert thief.get("/today", base_url="https://localhost").status_code == 303
    assert contents(scene.house) == before


def test_replaying_everything_that_a_stranger_saw_reaches_nothing(scene, police, action):
    """Whoever replays whose URL or hidden id (security 9.1)."""
    stranger = scene.app.test_client()
    before = contents(scene.house)
    for endpoint, path in scene.urls(method="GET", each=1):
        if endpoint not in scene.app.extensions["public"]:
            answer = stranger.get(path, base_url="https://localhost")
            assert answer.status_code == 303, (endpoint, path)
            assert answer.location.startswith("/sign-in"), (endpoint, path)
    assert contents(scene.house) == before
    for model in (Case, CasePerson, Referral):
        with scene.house.reader() as session:
            assert session.scalar(select(func.count()).select_from(model))
