"""A coordinator's first sign-in: a passkey before anything else, codes on paper, and from then on one touch."""

from typing import Any

import pytest
from playwright.sync_api import expect

from marac import clock
from marac.services.accounts import required
from marac.services.keeping.deployment import unit_of_work
from marac.services.keeping.founding import set_rule
from marac.vocabulary import Role
from marac.workflows.local_rules import LocalRule
from tests.builders import PASSWORD, a_user, app_of
from tests.journeys.conftest import watch

AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def rosa(house):
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.COORDINATOR, "vawg_team")
        rule = LocalRule(required.RULE, True, True, "partnership", "", clock.today())
        set_rule(session, worker.partnership_id, None, rule)
    return worker


def test_first_sign_in_leads_to_a_passkey_which_then_is_the_sign_in(house, rosa, browser, answering, assert_accessible):
    address = answering(app_of(house)).replace("127.0.0.1", "localhost")  # a passkey needs a name
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London")
    page = context.new_page()
    noises = watch(page)
    devtools: Any = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable", {"enableUI": False})
    key = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]

    page.goto(f"{address}/sign-in")
    page.wait_for_selector("html[data-ready]")
    assert_accessible(page)
    page.get_by_label("Email address").fill(rosa.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Code").fill(rosa.code())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a passkey")
    page.goto(f"{address}/cases")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a passkey")
    page.wait_for_selector("html[data-ready]")
    assert_accessible(page)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How you sign in")
    assert_accessible(page)

    page.get_by_role("link", name="Make ten new codes").click()
    page.get_by_role("button", name="Make ten new codes").click()
    expect(page.locator(".app-codes li")).to_have_count(10)
    assert_accessible(page)
    page.emulate_media(media="print")
    printed = page.inner_text("body").lower()
    assert not [word for word in ("abuse", "marac", "sanctuary", "vawg", "referral") if word in printed]
    page.emulate_media(media="screen")

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("html[data-ready]")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("The passkey was not used")).to_be_visible()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    page.wait_for_timeout(1_200)  # a button takes no second press within a second
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/today")
    assert noises == []
    context.close()
