"""A guest reaches exactly the one case, or meeting, that they were asked in for, and it ends by itself (DA-51)."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from marac import clock
from marac.models import AuditEntry, Case, GuestPass, Invitation, Membership, User
from marac.services.accounts import guest_passes, lead_codes, users
from marac.services.accounts.leavers import take_leave
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import GuestKind, Role
from marac.web.signin import PUBLIC
from tests.attacks.scene import SAME_SITE, form, token_of
from tests.builders import Worker, a_stranger, a_user, actor_for, an_agency, app_of, signed_in
from tests.builders_panels import MORNING, NAMES, a_published_panel, a_wall

OWN = ("guest_passes.visit", "account.", "signin.", "admission.", "passkeys.", "factors.", "agency_signin.")
HTTPS = {"base_url": "https://localhost"}
EMAIL = "iris.vane@example.org"


@pytest.fixture
def clockwork():
    with time_machine.travel(MORNING, tick=False) as moving:
        yield moving


@pytest.fixture
def panel(house, clockwork):
    return a_published_panel(house, cases=2)


def asked_in(panel, *, whole=False, email=EMAIL):
    """Let somebody of a school in by the page, and return them as they are when signed in."""
    with panel.house.reader() as session:
        item = panel.item(session).id
        agency = an_agency(session, "education").id.hex
    page = signed_in(panel.house, panel.coordinator).get(f"/panels/{panel.reference}/agenda/{item}/guest")
    agency = agency if agency in page.form("/guest").choices["agency"] else page.form("/guest").choices["agency"][1]
    typed = {"full_name": "Iris Vane", "email": email, "agency": agency, "kind": GuestKind.GUEST.value}
    page = page.fill_and_post({**typed, **({"whole": "y"} if whole else {})}, action="/guest")
    assert page.status == 200, page.errors
    with unit_of_work(panel.house) as session:
        given = session.scalars(select(GuestPass).order_by(GuestPass.given_at.desc())).first()
        user = session.get_one(User, given.user_id)
        user.state, user.confidentiality_agreed_at = "active", clock.now()
        held = session.get_one(Membership, given.membership_id)
        guest = Worker(user.id, user.partnership_id, held.id, held.agency_id, Role.GUEST, held.programme, "Iris Vane",
                       email, "")  # fmt: skip
    return guest, page


def references(panel):
    with panel.house.reader() as session:
        return [session.get_one(Case, one).reference for one in panel.case_ids]


def test_a_guest_sees_one_case_after_agreeing_and_every_other_address_is_not_there(panel):
    guest, page = asked_in(panel)
    code = page.words_of(".app-note")[0]
    with panel.house.reader() as session:
        link = session.scalars(select(Invitation).where(Invitation.user_id == guest.id)).one()
        assert lead_codes.lead_code(panel.house.keyring, link.id) in code
        assert users.invitation_token(panel.house.keyring, link.id) not in page.main
    client = signed_in(panel.house, guest)
    first = client.get("/today")
    assert first.url == "/visit"
    assert NAMES[0] not in first.main, "nothing before they agreed"
    mine, other = references(panel)
    shown = first.press("I agree")
    assert NAMES[0] in shown.main
    assert mine in shown.main
    assert not any(word in shown.main for word in (NAMES[1], other, "Elm Row", "07700", "E1 0AA", "stay away"))
    assert shown.main.count("Shown to Iris Vane") >= 2, "marked with whose page it is"
    assert "Ade Okafor asked you in" in shown.main
    assert {href for _, href in shown.links if href.startswith("/")} <= {
        "/", "/visit", "/account", "/help", "/privacy", "/accessibility", "/safety", "/help#data-incident"
    }  # fmt: skip
    _crawl(panel, client, mine)
    with panel.house.reader() as session:
        assert "guest:read" in set(session.scalars(select(AuditEntry.tag)))


def _crawl(panel, client, mine):
    """Every address of the application, with the guest's own case and meeting in it."""
    app, token, tried = app_of(panel.house), token_of(client.http), 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC or rule.endpoint.startswith(OWN):
            continue
        filled = {}
        for name, converter in rule._converters.items():
            kind, given = type(converter).__name__, next(iter(getattr(converter, "items", ())), None)
            of_panel = rule.rule.startswith(("/panels", "/minutes", "/research"))
            word = given or (panel.reference if of_panel else mine)
            filled[name] = panel.case_ids[0] if kind == "UUIDConverter" else 1 if kind == "IntegerConverter" else word
        path = app.url_map.bind("localhost", url_scheme="https").build(rule.endpoint, filled)
        if "GET" in rule.methods:
            answer = client.http.get(path, **HTTPS)
            led = answer.status_code == 303 and answer.location.endswith("/visit") and rule.endpoint.startswith("today")
            assert answer.status_code == 404 or led, (rule.endpoint, answer.status_code)
        if "POST" in rule.methods:
            assert client.http.post(path, data=form(token), **SAME_SITE).status_code == 404, rule.endpoint
        tried += 1
    assert tried > 150


def test_a_guest_of_the_meeting_sees_its_cases_but_none_that_a_wall_or_a_restriction_keeps(panel):
    guest, _ = asked_in(panel, whole=True)
    client = signed_in(panel.house, guest)
    shown = client.get("/visit").press("I agree")
    assert all(name in shown.main for name in NAMES[:2])
    with unit_of_work(panel.house) as session:
        a_wall(session, panel.case_ids[0], guest)
        session.get_one(Case, panel.case_ids[1]).restricted = True
    shown = client.get("/visit")
    assert not any(name in shown.main for name in NAMES[:2])
    assert "There is nothing to show now" in shown.main


def test_a_visit_ends_with_its_day_its_sponsor_or_a_word_and_never_lasts_over_seven_days(house, clockwork):
    panel = a_published_panel(house, cases=1)
    guest, _ = asked_in(panel)
    client = signed_in(house, guest)
    client.get("/visit").press("I agree")
    with house.reader() as session:
        assert session.scalars(select(GuestPass.until_on)).one() == MORNING.date()
    page = signed_in(house, panel.coordinator).get(f"/panels/{panel.reference}/agenda").client
    with house.reader() as session:
        item = panel.item(session).id
    page.get(f"/panels/{panel.reference}/agenda/{item}/guest").press("Withdraw")
    assert client.get("/visit").h1 == "Sign in"
    again, _ = asked_in(panel)
    client = signed_in(house, again)
    clockwork.shift(timedelta(days=1))
    assert signed_in(house, again).get("/visit").h1 == "Sign in", "after the day nothing opens"
    far = a_published_panel(house, cases=1, starts_in=timedelta(days=8))
    with house.reader() as session:
        item = far.item(session).id
    page = signed_in(house, far.coordinator).get(f"/panels/{far.reference}/agenda/{item}/guest")
    agency = page.form("/guest").choices["agency"][1]
    typed = {"full_name": "Iris Vane", "email": EMAIL, "agency": agency, "kind": "observer"}
    assert "too early" in page.fill_and_post(typed, action="/guest").main


def test_with_the_sponsor_the_guest_goes(panel):
    guest, _ = asked_in(panel)
    client = signed_in(panel.house, guest)
    assert client.get("/visit").status == 200
    with unit_of_work(panel.house) as session:
        admin = actor_for(a_user(session, panel.house, Role.SYSTEM_ADMIN, "vawg_team"))
    with unit_of_work(panel.house, admin) as session:
        take_leave(session, admin, session.get_one(User, panel.coordinator.id), None)
    assert client.get("/visit").h1 == "Sign in"
    assert guest_passes.SHOWN
    assert a_stranger(panel.house).get("/visit").h1 == "Sign in"
