"""Whatever is typed into whatever field: nothing is executed, nothing fails, and it comes back as text."""

import re
from collections import Counter

import pytest

from marac.services.minuting import word_files
from marac.vocabulary import DocumentKind
from tests.attacks import scene as scenes
from tests.attacks.scene import SAME_SITE, token_of

LONG = "Æ" * 10_000
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": "\"><img src=x onerror=alert(1)>' autofocus onfocus='alert(1)",
    "address": "javascript:alert(1)//",
    "template": "{{ 7*7 }}{% for x in ().__class__.__base__.__subclasses__() %}x{% endfor %}${7*7}#{7*7}",
    "sql": "'; drop table case_file; -- ') or 1=1 union select null, null",
    "control": "a\x00b\x01\x08\x0b\x1b[31m\x7f\u2028\u2029c",
    "surrogate": "\ud83d half of a face \udc00",
    "direction": "\u202egnidaer morf dnib\u202c \u2066 \u200f \u200b\u200d\ufeff",
    "marks": "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a" * 40,
    "long": LONG,
    "spaces": " \t\r\n\u00a0\u3000 ",
    "format": "%s%s%s%n %(name)s {0} {name!r}",
    "path": "../../../../etc/passwd\x00.html",
    "header": "x\r\nSet-Cookie: stolen=1\r\n\r\n<html>",
    "number": "99999999999999999999999999",
    "digits": "9" * 5_000,
    "no digit": "²",
    "typst": '#panic("run") $x$ *b* _i_ @ref <label> `r` = h \\ ] [ #read("/etc/passwd") /* // */ #{',
    "word": 'HYPERLINK "https://evil.example" {{ INCLUDETEXT "/etc/passwd" }} <w:t>x</w:t> &x; ]]>',
    "formula": '=HYPERLINK("https://evil.example","x")',
}
NOT_TYPED = {"csrf_token", "once_key"}
ENDS = ("/sign-out", "/lock", "/account")


@pytest.fixture(scope="module")
def scene(founded, tmp_path_factory):
    built = scenes.build(founded, tmp_path_factory.mktemp("hostile") / "house")
    yield built
    built.house.close()


def fields_of(page: str, action: str) -> tuple[set[str], dict[str, str]]:
    """The boxes that a person may type into, and what a browser sends without them."""
    start = page.index(f'action="{action}"')
    inside = page[start : page.index("</form>", start)]
    typed, sent = set(re.findall(r'<textarea[^>]*name="([^"]+)"', inside)), {}
    for tag in re.findall(r"<(?:input|select|button)[^>]*>", inside):
        facts = dict(re.findall(r'(name|value|type)="([^"]*)"', tag))
        if facts.get("type", "text") in ("text", "email", "tel", "search", "number", "password"):
            typed |= {facts["name"]} if "name" in facts else set()
        elif facts.get("name") and (facts.get("type") in ("hidden", "radio", "checkbox") or tag.startswith("<select")):
            sent.setdefault(facts["name"], facts.get("value", ""))
    return typed - NOT_TYPED, sent


def forms_of(scene, who, within=""):
    """Action -> (its boxes, the rest) of every form with a box, for this person; of one meeting or of each kind."""
    client, found = scene.client(who), {}
    for _, path in scene.urls(method="GET", each=9 if within else 1):
        if within not in path:
            continue
        page = client.get(path, base_url="https://localhost").get_data().decode("utf-8", "replace")
        for action in re.findall(r'<form[^>]*action="([^"]*)"[^>]*method="post"', page):
            if action.startswith("/") and not action.startswith(ENDS) and action not in found:
                typed, sent = fields_of(page, action)
                if typed:
                    found[action] = (typed, sent)
    return found


def choices(sent, name):
    return {field: value for field, value in sent.items() if field != name}


# each person, and the meeting whose pages they try: whichever comes first, the one that runs, the one being prepared
# who prepares first: the forms of who runs a panel wall people off and close meetings
TRIED = [("housing", "coming"), ("coordinator", ""), ("police", ""), ("idva", ""), ("clerk", "running"),
         ("coordinator", "coming")]  # fmt: skip


@pytest.mark.parametrize("who, meeting", TRIED)
def test_every_box_of_every_form_takes_every_hostile_text(scene, who, meeting):
    """Each text into all boxes of a form at once: saved or refused beside the field, never executed, never a fault."""
    client, forms = scene.client(who), forms_of(scene, who, getattr(scene, meeting, ""))
    assert len(forms) >= 2, sorted(forms)
    for action, (typed, sent) in forms.items():
        token = token_of(client)
        for kind, text in HOSTILE.items():
            values = {**sent, **dict.fromkeys(typed, text)}
            data = {
                name: _as_sent(value) for name, value in scenes.form(token, **choices(values, "csrf_token")).items()
            }
            answer = client.post(action, data=data, **SAME_SITE)
            assert answer.status_code < 500, (who, action, kind, answer.status_code)
            _nothing_runs(answer.get_data().decode("utf-8", "replace"), (who, action, kind))
            assert "stolen" not in str(answer.headers), (who, action, kind)


def _as_sent(value: str) -> str | bytes:
    """A lone surrogate goes over the wire as the three bytes that a broken client would send."""
    return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if "\ud83d" in value else value


def _nothing_runs(page: str, where: object) -> None:
    assert "<script>alert(1)</script>" not in page, where
    assert "<img src=x" not in page, where
    assert 'href="javascript:' not in page, where
    assert not re.search(r"<[^>]+\son\w+\s*=", re.sub(r'"[^"]*"', '""', page)), where
    assert "root:x:" not in page, where


@pytest.mark.parametrize("who, meeting", TRIED)
def test_hidden_values_and_choices_that_no_page_offers_are_refused_and_no_fault(scene, who, meeting):
    """What the page carried along comes back forged: a version, an id, a radio button (security 9.1, 9.7)."""
    client, forms = scene.client(who), forms_of(scene, who, getattr(scene, meeting, ""))
    for action, (typed, sent) in forms.items():
        token = token_of(client)
        for kind in ("script", "control", "number", "digits", "no digit", "spaces", "long"):
            values = dict.fromkeys({*typed, *sent} - NOT_TYPED, HOSTILE[kind])
            answer = client.post(action, data=scenes.form(token, **values), **SAME_SITE)
            assert answer.status_code < 500, (who, action, kind, answer.status_code)
            _nothing_runs(answer.get_data().decode("utf-8", "replace"), (who, action, kind))


def test_afterwards_every_page_still_opens_and_nothing_on_it_runs(scene):
    """What was saved is read again by others: stored, not reflected."""
    for who in ("coordinator", "chair", "police", "idva"):
        client = scene.client(who)
        for endpoint, path in scene.urls(method="GET", each=1):
            answer = client.get(path, base_url="https://localhost")
            assert answer.status_code < 500, (who, endpoint, path)
            _nothing_runs(answer.get_data().decode("utf-8", "replace"), (who, endpoint, path))


def test_documents_are_made_of_whatever_was_typed(scene):
    """Every kind, as PDF and as Word, of the meeting into whose boxes everything was typed: drawn, not run."""
    client, kinds = scene.client("clerk"), Counter()
    token = token_of(client)
    for reference in (scene.running, scene.coming, scene.held):
        for kind in DocumentKind:
            for word in ({}, {"in_word": "y"}):
                data = scenes.form(token, kind=kind.value, **word)
                answer = client.post(f"/panels/{reference}/documents", data=data, **SAME_SITE)
                assert answer.status_code in (200, 403, 422, 428), (reference, kind, answer.status_code)
                kinds[answer.mimetype] += 1
    assert kinds["application/pdf"] > 8, kinds
    assert kinds[word_files.MEDIA] >= 1, kinds


def test_the_tables_are_all_still_there(scene):
    assert {"case_file", "audit_entry", "referral"} <= set(scenes.contents(scene.house)) | {"audit_entry"}


@pytest.mark.parametrize(
    "text",
    [HOSTILE["script"], HOSTILE["sql"], HOSTILE["template"], LONG, "\x00", "%00", "..%2f", "é", "9" * 5_000, "-1", "0"],
)
def test_hostile_addresses_are_not_found_and_nothing_worse(scene, text):
    client = scene.client("coordinator")
    numbered = tuple(f"/panels/{scene.running}/{page}/{{}}" for page in ("run", "brief", "agenda/versions"))
    whole = ("/cases/{}", "/referrals/{}", "/panels/{}", "/actions/{}", "/go/{}", "/cases/{}/people", "/transfers/{}")
    for path in (*whole, *numbered):
        answer = client.get(path.format(text.replace("\x00", "%00")[:5000]), base_url="https://localhost")
        assert answer.status_code in (303, 308, 400, 404, 410), (path, answer.status_code)
        _nothing_runs(answer.get_data().decode("utf-8", "replace"), path)


@pytest.mark.parametrize(
    "query",
    ["?state=x' or 1=1", "?after=<script>alert(1)</script>", "?flagged=" + LONG[:3000], "?names=%00", "?state[]=1",
     "?next=https://evil.example", "?next=//evil.example"],
)  # fmt: skip
def test_hostile_queries_change_nothing(scene, query):
    client = scene.client("coordinator")
    for path in ("/cases", "/referrals", "/actions", "/panels", "/today", "/sign-in"):
        answer = client.get(path + query, base_url="https://localhost")
        assert answer.status_code in (200, 303, 400, 404), (path, query)
        assert "evil.example" not in (answer.location or "")
        _nothing_runs(answer.get_data().decode("utf-8", "replace"), (path, query))


def test_bodies_that_are_no_form_are_refused(scene):
    """Too many parts, too much text, the wrong kind, a broken envelope: 4xx, and the process goes on."""
    client = scene.client("police")
    token = token_of(client)
    bodies = [
        {"data": b"\xff\xfe\x00" * 1000, "content_type": "application/x-www-form-urlencoded"},
        {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"},
        {"data": b'{"a": 1}', "content_type": "application/json"},
        {"data": {f"field{number}": "x" for number in range(3000)} | {"csrf_token": token}},
        {"data": {"note": "x" * 3_000_000, "csrf_token": token}},
    ]
    for body in bodies:
        answer = client.post("/actions/chase", **body, **SAME_SITE)
        assert answer.status_code in (303, 400, 403, 404, 413, 415, 419, 422), (answer.status_code, str(body)[:80])
    assert client.get("/today", base_url="https://localhost").status_code == 200
