"""Every page is led to from the pages before it, for everybody who may open it: nobody has to know an address."""

import re
from html import unescape

import pytest
from werkzeug.exceptions import HTTPException

from tests.attacks import scene as scenes

OUTSIDE = {  # opened by a mailed link, by signing in, by a program, or after a form was sent
    "account.go", "account.step_up", "demo.accounts", "joining.invitation", "joining.set_up_account", "referrals.sent",
    "outside_referrers.link", "outside_referrers.start", "outside_referrers.standing", "research.rest",
    "shared_screen.mark", "signin.code", "signin.healthz", "signin.sign_in", "static", "drafts.keep",
}  # fmt: skip


@pytest.fixture(scope="module")
def pages(founded, tmp_path_factory):
    """Which kinds of page everybody may open, and which kinds each of these leads to."""
    scene = scenes.build(founded, tmp_path_factory.mktemp("links") / "house")
    found = {who: _pages_of(scene, who) for who in sorted(scene.workers)}
    yield found
    scene.house.close()


def _pages_of(scene, who):
    client, asked = scene.client(who), scene.app.url_map.bind("localhost")
    leads: dict[str, set[str]] = {}
    for endpoint, path in scene.urls(method="GET", each=9):
        answer = client.get(path, base_url="https://localhost")
        if answer.status_code == 200:
            leads.setdefault(endpoint, set()).update(_kinds(asked, answer))
    return leads


def _kinds(asked, answer):
    if answer.mimetype != "text/html":
        return
    for address in re.findall(r'(?:href|action)="(/[^"?#]*)', answer.get_data(as_text=True)):
        try:
            yield asked.match(unescape(address), method="GET")[0]
        except HTTPException:
            continue


def _reached(leads):
    seen, left = set(), ["today.today"]
    while left:
        kind = left.pop()
        if kind not in seen:
            seen.add(kind)
            left += leads.get(kind, ())
    return seen


def test_every_page_that_somebody_may_open_is_led_to_from_their_own_first_page(pages):
    lost = {
        who: sorted(set(leads) - _reached(leads) - OUTSIDE) for who, leads in pages.items() if "today.today" in leads
    }
    assert {who: kinds for who, kinds in lost.items() if kinds} == {}
