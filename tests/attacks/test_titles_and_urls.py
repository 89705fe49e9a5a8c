"""What a colleague at the next desk, a browser's history or a log may hold: no name, no place, no fact (DA-2)."""

import re
from html import unescape

import pytest

from tests.attacks import scene as scenes
from tests.attacks.scene import SECRETS

SAYS_NOTHING = ("abuse", "marac", "domestic", "violence", "perpetrator", "victim")
NAMED = ("Begum", "Karim", "Uddin", "Doyle", "Amina", *SECRETS.values())


@pytest.fixture(scope="module")
def scene(founded, tmp_path_factory):
    built = scenes.build(founded, tmp_path_factory.mktemp("titles") / "house")
    yield built
    built.house.close()


@pytest.mark.parametrize("who", ["coordinator", "police", "idva"])
def test_titles_addresses_headers_and_cookies_hold_no_name_and_no_fact(scene, who):
    client = scene.client(who)
    for endpoint, path in scene.urls(method="GET", each=2):
        answer = client.get(path, base_url="https://localhost")
        title = unescape("".join(re.findall(r"<title>(.*?)</title>", answer.get_data(as_text=True), re.DOTALL)))
        headers = " ".join(f"{name}: {value}" for name, value in answer.headers)
        for words, where in ((title, "title"), (answer.location or "", "address"), (headers, "headers")):
            shown = [word for word in NAMED if word.lower() in words.lower()]
            assert shown == [], (endpoint, path, where)
        told = [word for word in SAYS_NOTHING if word in (title + (answer.location or "")).lower()]
        assert told == [], (endpoint, path, title)
        assert answer.headers["Cache-Control"] == "no-store", path


def test_addresses_on_the_pages_hold_no_name_either(scene):
    """Links, actions and query strings end up in history, logs and referrers."""
    client = scene.client("coordinator")
    for endpoint, path in scene.urls(method="GET", each=2):
        page = client.get(path, base_url="https://localhost").get_data(as_text=True)
        for address in re.findall(r'(?:href|action|src|data-[a-z-]*url|data-autosave)="([^"]*)"', page):
            shown = [word for word in (*NAMED, *SAYS_NOTHING) if word.lower() in unescape(address).lower()]
            assert shown == [], (endpoint, path, address)


def test_a_page_names_nothing_outside_it(scene):
    """No script, style, picture, font or link of another site is fetched by any page."""
    client = scene.client("coordinator")
    for endpoint, path in scene.urls(method="GET", each=1):
        page = client.get(path, base_url="https://localhost").get_data(as_text=True)
        fetched = re.findall(r'<(?:script|link|img|iframe|source|use)[^>]+(?:src|href)="([^"]+)"', page)
        assert not [one for one in fetched if not one.startswith(("/", "#"))], (endpoint, path)
