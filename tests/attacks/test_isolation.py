"""Over HTTP with the whole application: what is not yours is not there, on every route and for every role (DA-1)."""

import re
from uuid import uuid4

import pytest

from tests.attacks import scene as scenes
from tests.attacks.scene import SAME_SITE, contents, counted, form, settled, token_of

ENDS_SESSION = ("signin.sign_out", "signin.lock", "account.end_session", "factors.again")
STRANGERS = ("outsider", "walled", "referrer", "auditor", "system_admin", "service_manager", "contractor")


# pages of their own; who has none gets the same 403
WITHOUT_REFERENCE = {"new", "read", "invite", "invited", "matches", "flags"}


@pytest.fixture(scope="module")
def scene(founded, tmp_path_factory):
    built = scenes.build(founded, tmp_path_factory.mktemp("isolation") / "house")
    yield built
    built.house.close()


def everybody(scene):
    """Whoever the addresses of accounts name comes first: others after them suspend that account."""
    return sorted(scene.workers, key=lambda who: (who != "housing", who))


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
        if noun == "panels" and (named not in scene.elsewhere or who == "service_manager"):  # manager of all panels
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


NAMED = re.compile(r"/[A-Z0-9]{3}-[A-Z0-9]{3}(?=/|$)|/[0-9a-f]{8}-[0-9a-f-]{27}(?=/|$)")


def _of_nothing(path, *, kept=""):
    """The same address with a reference or an id that never existed, but for the one that is kept."""

    def other(found):
        if found[0] == f"/{kept}":
            return found[0]
        return "/Q9Z-99Z" if len(found[0]) == 8 else f"/{uuid4()}"

    return NAMED.sub(other, path)


def _alike(client, statements, real, unknown):
    """Both answers, which must not differ in anything that can be seen or counted."""
    statements.clear()
    theirs, asked = client.get(real, base_url="https://localhost"), len(statements)
    statements.clear()
    nothing = client.get(unknown, base_url="https://localhost")
    named = (*NAMED.findall(real), *NAMED.findall(unknown))
    same = [
        (one.status_code, settled(one.data, *(name.strip("/") for name in named)), _headers(one))
        for one in (theirs, nothing)
    ]
    assert same[0] == same[1], (real, theirs.status_code, nothing.status_code)
    assert asked == len(statements), real
    return theirs.status_code


@pytest.mark.parametrize("who", ["outsider", "walled", "auditor", "service_manager", "contractor"])
def test_what_follows_a_meeting_is_not_there_for_whom_its_case_is_not(scene, who):
    """Transfers, files, tellings, actions, and items of a meeting that they may otherwise read (DA-1, DA-5)."""
    client, statements, compared = scene.client(who), counted(scene.house), 0
    for endpoint, path in scene.urls(method="GET", each=6):
        meeting = re.match(r"/panels/([A-Z0-9-]{7})/agenda/", path)
        if re.match(r"/(transfers(?!/areas)|telling|actions)/", path) or (meeting and NAMED.findall(path)[1:]):
            unknown = _of_nothing(path, kept=meeting[1] if meeting else "")
            if unknown != path:
                assert _alike(client, statements, path, unknown) in (403, 404), (who, endpoint, path)
                compared += 1
    assert compared > 8


def test_another_partnership_finds_nothing_of_this_one_by_any_address(founded, tmp_path):
    """Every route with a reference or an id, read and sent; nothing answers otherwise than nothing (ASVS 8.4.1)."""
    built = scenes.build(founded, tmp_path / "two")
    client = scenes.a_foreign_coordinator(built)
    statements, compared = counted(built.house), 0
    for _endpoint, path in built.urls(method="GET", each=2):
        if NAMED.search(path):
            assert _alike(client, statements, path, _of_nothing(path)) in (302, 303, 403, 404), path
            compared += 1
    token, before, tried = token_of(client), contents(built.house), 0
    for endpoint, path in built.urls(method="POST", each=2):
        if NAMED.search(path) and endpoint not in ENDS_SESSION:
            answer = client.post(path, data=form(token, reason="x", note="x"), **SAME_SITE)
            assert answer.status_code in (403, 404), (endpoint, path, answer.status_code)
            tried += 1
    after = contents(built.house)
    built.house.close()
    assert [table for table in before if before[table] != after[table]] == []
    assert compared > 80
    assert tried > 80


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
        for endpoint, path in scene.urls(method="GET", each=2):
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
                own_answer = endpoint == "passkeys.second_options"  # 419: nobody is half way in
                assert own_answer or answer.status_code != 419, (who, endpoint, path)
