"""Over HTTP with the whole application: what is not yours is not there, on every route and for every role (DA-1)."""

import re
from uuid import uuid4

import pytest

from tests.attacks import scene as scenes
from tests.attacks.scene import SAME_SITE, contents, counted, form, settled, token_of

ENDS_SESSION = ("signin.sign_out", "signin.lock", "account.end_session")
STRANGERS = ("outsider", "walled", "referrer", "auditor", "system_admin", "service_manager", "contractor")


WITHOUT_REFERENCE = {"new", "invite", "invited", "matches", "flags"}  # pages of their own; who has none gets the same 403


@pytest.fixture(scope="module")
def scene(founded, tmp_path_factory):
    built = scenes.build(founded, tmp_path_factory.mktemp("isolation") / "house")
    yield built
    built.house.close()


def everybody(scene):
    return sorted(scene.workers)


def test_asking_what_a_page_allows_fails_for_nobody(scene):
    client = scene.client("coordinator")
    for endpoint, path in scene.urls(method="GET", each=1):
        assert client.options(path, base_url="https://localhost").status_code < 500, (endpoint, path)


def _invisible(scene, who):
    """(path with a real thing, the same path with one that never existed) of what this person may not see."""
    for endpoint, path in scene.urls(method="GET", each=2):
        match = re.search(r"/(cases|referrals|actions|panels|sanctuary)/([^/]+)", path)
        if match is None or match.group(2) in WITHOUT_REFERENCE:
            continue
        noun, named = match.groups()
        unknown = str(uuid4()) if "-" in named and len(named) == 36 else "Q9Z-99Z"
        if noun == "panels" and named not in scene.elsewhere:
            continue
        if who == "service_manager" and named == scene.requests[1]:  # its cost waits for them
            continue
        yield endpoint, path, path.replace(named, unknown), named, unknown


@pytest.mark.parametrize("who", STRANGERS)
def test_another_agencys_reference_answers_exactly_as_one_that_never_existed(scene, who):
    """Status, body but for the request number, headers and the number of queries (security 9.2)."""
    client, statements = scene.client(who), counted(scene.house)
    compared = 0
    for endpoint, real, unknown, named, made_up in _invisible(scene, who):
        statements.clear()
        theirs = client.get(real, base_url="https://localhost")
        asked = len(statements)
        statements.clear()
        nothing = client.get(unknown, base_url="https://localhost")
        if theirs.status_code == 200:
            assert who == "walled", (who, endpoint, real)  # a coordinator sees what no wall stands before
            continue
        compared += 1
        assert theirs.status_code == nothing.status_code, (endpoint, real)
        assert settled(theirs.data, named) == settled(nothing.data, made_up), (endpoint, real)
        assert _headers(theirs) == _headers(nothing), (endpoint, real)
        assert asked == len(statements), (endpoint, real)
    assert compared > 20


def _headers(answer):
    varying = ("Set-Cookie", "Date", "Content-Length", "Location")
    return sorted((name, value) for name, value in answer.headers if name not in varying)


def test_no_page_shows_anybody_elses_research_before_the_case_is_called(scene):
    """Every GET route for every role: what the police returned, or noted for itself, is on no other agency's (DA-1)."""
    seen = 0
    for who in everybody(scene):
        if who in ("police", "deputy", "chair"):  # of the agency that wrote it
            continue
        client = scene.client(who)
        for endpoint, path in scene.urls(method="GET", each=4):
            if not path.startswith(("/research", "/panels", "/cases", "/minutes", "/today", "/actions", "/admin")):
                continue
            words = client.get(path, base_url="https://localhost").get_data(as_text=True)
            for secret in ("private note", "research not opened"):
                assert scenes.SECRETS[secret] not in words, (who, endpoint, path)
            seen += 1
    assert seen > 200


@pytest.mark.parametrize("who", ["outsider", "auditor", "contractor", "service_manager", "walled"])
def test_a_refused_form_changes_no_row(scene, who):
    """Every POST route about a thing that is not theirs: the same refusal as for nothing, and nothing is different."""
    client = scene.client(who)
    token, before, tried = token_of(client), contents(scene.house), 0
    for endpoint, path in scene.urls(method="POST", each=3):
        nouns = "cases|actions" if who == "walled" else "cases|referrals|actions"
        nouns += "" if who == "service_manager" else "|sanctuary"
        if not re.search(rf"/({nouns})/\w+-", path):
            continue
        answer = client.post(path, data=form(token, reason="x", note="x"), **SAME_SITE)
        assert answer.status_code in (403, 404), (endpoint, path, answer.status_code)
        tried += 1
    assert contents(scene.house) == before
    assert tried > 10


def test_no_form_fails_for_anybody_however_little_is_typed(scene):
    """Every POST route for every role with an empty form: refused or taken, never an error page. Comes last."""
    for who in everybody(scene):
        client = scene.client(who)
        token = token_of(client)
        for endpoint, path in scene.urls(method="POST", each=1):
            if endpoint not in ENDS_SESSION:
                answer = client.post(path, data=form(token), **SAME_SITE)
                assert answer.status_code < 500, (who, endpoint, path, answer.status_code)
                assert answer.status_code != 419, (who, endpoint, path)
