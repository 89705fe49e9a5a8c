"""Sensitive acts ask for a fresh factor: one table, every row of it tried, and nothing of the kind left out of it."""

import re
from datetime import timedelta

import pytest
import time_machine

from marac import clock
from marac.models import SigninSession
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import Role
from marac.web.step_up import ASKED
from tests.attacks.scene import contents
from tests.builders import a_user, app_of, signed_in

DUMMY = {"reference": "K7D-42Q", "asked_as": "phone", "step": "issue", "token": "x" * 40, "number": 1}
NOBODY = "00000000-0000-4000-8000-000000000000"
SENSITIVE = re.compile(
    r"reveal|export|download|print|circulat|releas|recall|disclos|wall|grant|invite|suspend|restore|deput|break|/keys"
)
# pages whose address sounds sensitive and that show or do nothing of the kind, each with why
NOT_MEANT = {
    "deputies.end": "ends access",
    "deputies.own": "who stands in for whom",
    "deputies.to_decide": "a list of who waits",
    "guest_passes.withdraw": "ends access",
    "guest_passes.visit": "the one page of a guest",
    "outside_referrers.list_invited": "a list of who was asked, without a code",
    "outside_referrers.invited": "how far one of them is, without a code",
    "outside_referrers.withdraw": "ends access",
    "publishing.invite": "a guest of one meeting, from the agencies",
    "releasing.preview": "what would be released, to who may release it",
    "releasing.preview_one": "the same as one reader would see it",
    "running.move": "calls an item again in the meeting",
    "releasing.amend": "back to a draft: nothing leaves",
}


@pytest.fixture
def omar(house):
    with unit_of_work(house) as session:
        return a_user(session, house, Role.COORDINATOR, "vawg_team")


def address(app, row):
    """An address of a row's page with dummy parts: the door asks before anything is looked for."""
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == row.endpoint)
    values = {name: DUMMY.get(name, NOBODY) for name in rule.arguments}
    with app.test_request_context(base_url="https://localhost"):
        return app.url_map.bind("localhost").build(row.endpoint, values)


def test_every_page_of_the_table_asks_and_changes_nothing_before(house, omar):
    client, app = signed_in(house, omar), app_of(house)
    token = client.get("/account").forms[0].values["csrf_token"][0]
    with unit_of_work(house) as session:
        for row in session.query(SigninSession):
            row.stepped_up_at = clock.now() - timedelta(minutes=5, seconds=1)
    before = contents(house)
    assert {row.act for row in ASKED} >= {"reveal", "export", "circulate", "grant", "user admin"}
    for row in ASKED:
        where, rule = address(app, row), app.url_map
        methods = {one for found in rule.iter_rules(row.endpoint) for one in found.methods} & row.methods
        assert methods, row
        for method in sorted(methods):
            page = client.get(where) if method == "GET" else client.post(where, {"csrf_token": token}, follow=False)
            assert (page.status, page.h1) == (403, "Confirm it is you"), (row, method)
    after = contents(house)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed <= {"audit_entry", "audit_head", "signin_session"}


def test_what_sounds_sensitive_stands_in_the_table_or_says_why_not(house):
    named = {row.endpoint for row in ASKED}
    rules = list(app_of(house).url_map.iter_rules())
    sounding = {rule.endpoint for rule in rules if SENSITIVE.search(f"{rule.rule} {rule.endpoint.split('.')[-1]}")}
    assert sounding - named - set(NOT_MEANT) == set()
    assert named | set(NOT_MEANT) <= {rule.endpoint for rule in rules}


def test_five_minutes_and_no_longer(house, omar):
    client = signed_in(house, omar)
    with time_machine.travel(clock.now() + timedelta(minutes=4), tick=False):
        assert client.get("/admin/users/invite").status == 200
    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=2), tick=False):
        assert client.get("/admin/users/invite").h1 == "Confirm it is you"
