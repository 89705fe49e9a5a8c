"""Every address there is: closed to strangers unless it is named as open. What pages show is in tests/attacks."""

import pytest

from marac.web.signin import PUBLIC
from tests.attacks import scene as scenes
from tests.attacks.scene import SAME_SITE, contents

OPEN_TO_STRANGERS = {
    "static", "signin.sign_in", "signin.code", "signin.sign_out", "signin.lock",
    "probes.healthz", "probes.alive", "probes.metrics", "joining.invitation",
    "joining.set_up_account", "help.help_page", "help.privacy", "help.accessibility", "help.safety", "demo.accounts",
    "outside_referrers.link", "outside_referrers.start",
    "passkeys.sign_in_options", "passkeys.sign_in", "passkeys.second_options", "passkeys.second",
    "forgotten.ask", "forgotten.link", "forgotten.new_password", "factor_resets.told", "factor_resets.set_up",
    "agency_signin.go", "agency_signin.back",
}  # fmt: skip


@pytest.fixture(scope="module")
def scene(founded, tmp_path_factory):
    built = scenes.build(founded, tmp_path_factory.mktemp("routes") / "house")
    yield built
    built.house.close()


def test_the_pages_open_to_strangers_are_exactly_these():
    assert set(PUBLIC) <= OPEN_TO_STRANGERS
    assert not [
        name for name in PUBLIC if name.startswith(("cases", "referrals", "panels", "actions", "admin", "today"))
    ]


def test_every_public_page_exists(scene):
    endpoints = {rule.endpoint for rule in scene.app.url_map.iter_rules()}
    assert {name for name in PUBLIC if not name.startswith("demo.")} <= endpoints


def test_every_other_page_leads_a_stranger_to_sign_in(scene):
    """Default-deny: nothing is written in a view for it (DA-1)."""
    stranger = scene.app.test_client()
    for endpoint, path in scene.urls(method="GET", each=1):
        answer = stranger.get(path, base_url="https://localhost")
        if endpoint in PUBLIC:
            assert answer.status_code in (200, 303, 404, 410, 422), (endpoint, path)
        else:
            assert (answer.status_code, answer.location.split("?")[0]) == (303, "/sign-in"), (endpoint, path)


def test_every_form_of_a_stranger_is_refused(scene):
    stranger, before = scene.app.test_client(), contents(scene.house)
    for endpoint, path in scene.urls(method="POST", each=1):
        if endpoint not in PUBLIC:
            assert stranger.post(path, data={}, **SAME_SITE).status_code in (400, 419), (endpoint, path)
    assert contents(scene.house) == before


def test_no_address_speaks_of_what_it_is_about(scene):
    """Titles, addresses and history hold no fact (DA-2)."""
    banned = ("abuse", "marac", "domestic", "victim", "perpetrator", "violence", "name=")
    for rule in scene.app.url_map.iter_rules():
        assert not [word for word in banned if word in rule.rule.lower()], rule.rule
