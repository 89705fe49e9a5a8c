"""Every page for everybody, fetched once: none fails, none shows what its reader may not see, reading changes nothing.

And what a colleague at the next desk, a browser's history or a log may hold: no name, no place, no fact (DA-2).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import pytest

from marac.vocabulary import Role
from tests.attacks import scene as scenes
from tests.attacks.scene import SECRETS, Scene, contents

SAYS_NOTHING = ("abuse", "marac", "domestic", "violence", "perpetrator", "victim")
NAMED = ("Begum", "Karim", "Uddin", "Doyle", "Amina", *SECRETS.values())
NOT_LED_TO = {  # by mail, by signing in, after a form was sent, asked by a script; oneself is on the account page
    "account.go", "account.step_up", "demo.accounts", "joining.invitation", "joining.set_up_account", "referrals.sent",
    "outside_referrers.link", "outside_referrers.start", "outside_referrers.standing", "research.rest",
    "shared_screen.mark", "signin.code", "signin.sign_in", "admin.list_users",
    "admission.confidentiality", "declaring.declare", "deputies.own", "deputies.name",
    "forgotten.ask", "forgotten.link", "probes.healthz", "probes.alive", "probes.metrics",
}  # fmt: skip
LATER = {  # linked while its step is open: staff to screen, a household on two panels, a red flag, minutes approved or
    # circulated, a repeat being heard, a referral to decide
    "agenda.check_conflicts", "routing.routing", "routing.acted", "outstanding.worked", "papers.of_referral",
    "referrals.questions", "releasing.amend", "releasing.preview", "releasing.preview_one", "releasing.recall",
    "research.to_print",
    "emergency.uses",  # somebody used urgent access
    "attesting.answer", "members.code",  # an agency that was asked, somebody who has not joined yet
}  # fmt: skip
ENDING = r'<form[^>]*action="/(?:sign-out|lock|sign-in)[^"]*"'  # to sign out twice is to sign out
FINE = (200, 302, 303, 403, 404, 409, 410, 422)  # 422: a comparison of nothing
# on whose pages a canary may stand; on nobody's, an address or a number without a reason
READERS = {
    "private note": {"police", "deputy", "chair"},  # all three work for the police
    "research not opened": {"police", "deputy", "chair"},
    "draft": {"idva"},
    "address": set(),
    "phone": set(),
    "new address": set(),
    # of the meeting that is running: who agreed confidentiality to it (DA-23); housing its own
    "opened in the room": {"clerk", "police", "deputy", "housing"},
    "said in the room": {"clerk", "police", "deputy"},
    "name": {"clerk", "coordinator", "chair", "police", "deputy", "housing", "idva"},
    "survivor": {"requester", "idva", "sanctuary_officer", "crime_prevention_officer"},
    "home": {"requester", "sanctuary_officer", "crime_prevention_officer"},  # who asked: in a draft alone
    "why": {"requester", "idva", "sanctuary_officer"},
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One page as one person got it."""

    who: str
    endpoint: str
    path: str
    status: int
    title: str
    head: str
    page: str

    @property
    def here(self) -> str:
        return f"{self.who} {self.endpoint} {self.path}"

    @property
    def addresses(self) -> list[str]:
        """Where the page leads, sends and asks; these end up in history, logs and referrers."""
        found = re.findall(r'(?:href|action|src|data-[a-z-]*url|data-autosave)="([^"]*)"', self.page)
        return [unescape(address) for address in found]

    @property
    def forms(self) -> list[str]:
        found = re.findall(r"<form\b.*?</form>", self.page, re.DOTALL)
        return [form for form in found if re.match(r"<form[^>]*method=.post", form, re.IGNORECASE)]


@dataclass(frozen=True)
class Walk:
    """All pages of everybody, and what the tables held before and after."""

    scene: Scene
    seen: list[Seen]
    before: dict[str, str]
    after: dict[str, str]


@pytest.fixture(scope="module")
def walk(founded, tmp_path_factory) -> Iterator[Walk]:
    scene = scenes.build(founded, tmp_path_factory.mktemp("every-page") / "house")
    clients = {who: scene.client(who) for who in sorted(scene.workers)}
    before = contents(scene.house)
    seen = [_fetch(clients[who], who, *found) for who in clients for found in scene.urls(method="GET", each=_each(who))]
    yield Walk(scene, seen, before, contents(scene.house))
    scene.house.close()


def _each(who: str) -> int:
    """How many things of a kind to ask for: all, by whom cases may be read; one, by whom they may not."""
    return 9 if who in READERS["name"] else 1


def _fetch(client, who: str, endpoint: str, path: str) -> Seen:
    answer = client.get(path, base_url="https://localhost")
    body = answer.get_data().decode(errors="replace")  # a sealed file is no text
    title = unescape("".join(re.findall(r"<title>(.*?)</title>", body, re.DOTALL)))
    head = " ".join(f"{name}: {value}" for name, value in answer.headers)
    return Seen(who, endpoint, path, answer.status_code, title, head, body)


def test_there_is_somebody_in_every_role(walk):
    assert {worker.role for worker in walk.scene.workers.values()} == set(Role) - {Role.SYSTEM}


def test_no_page_fails_for_anybody(walk):
    """Every GET route with real references and ids, for every role."""
    assert [(page.here, page.status) for page in walk.seen if page.status not in FINE] == []


def test_nobody_finds_on_any_page_what_they_may_not_see(walk):
    """A canary in each compartment; every page of every role is searched for all of them (DA-1, DA-4)."""
    found = {kind: {page.who for page in walk.seen if word in page.page} for kind, word in SECRETS.items()}
    wrong = [(kind, who) for kind in found for who in found[kind] - READERS[kind]]
    where = [page.here for kind, who in wrong for page in walk.seen if page.who == who and SECRETS[kind] in page.page]
    assert wrong == [], where[:5]
    assert all(found[kind] for kind, readers in READERS.items() if readers), "or this test would prove nothing"


def test_reading_changes_nothing_but_the_trail(walk):
    """GET is safe: after every page of everybody, every table but trail and sessions holds what it held."""
    assert [table for table in walk.before if walk.after[table] != walk.before[table]] == []


def test_every_form_that_changes_something_carries_a_token_and_a_one_time_key(walk):
    """CSRF, and one effect however often it is sent (security 8)."""
    forms = [(page.here, form) for page in walk.seen for form in page.forms]
    assert [here for here, form in forms if 'name="csrf_token"' not in form] == []
    assert [here for here, form in forms if 'name="once_key"' not in form and not re.match(ENDING, form)] == []
    assert len(forms) > 50


def test_titles_addresses_headers_and_cookies_hold_no_name_and_no_fact(walk):
    for page in walk.seen:
        outside = f"{page.title} {page.head}".lower()
        assert [word for word in NAMED if word.lower() in outside] == [], page.here
        assert [word for word in SAYS_NOTHING if word in page.title.lower()] == [], (page.here, page.title)
        assert "Cache-Control: no-store" in page.head, page.here


def test_addresses_on_the_pages_hold_no_name_and_no_fact_either(walk):
    for page in walk.seen:
        shown = [one for one in page.addresses for word in (*NAMED, *SAYS_NOTHING) if word.lower() in one.lower()]
        assert shown == [], page.here


def test_a_page_fetches_nothing_of_another_site(walk):
    """No script, style, picture or font from elsewhere: nobody learns who is looking."""
    for page in walk.seen:
        fetched = re.findall(r'<(?:script|link|img|iframe|source|use)[^>]+(?:src|href)="([^"]+)"', page.page)
        assert [one for one in fetched if not one.startswith(("/", "#"))] == [], page.here


def test_no_page_shows_how_it_was_made(walk):
    """No trace, no path of ours, no statement (security 2.16)."""
    for page in walk.seen:
        shown = [word for word in ("Traceback", "sqlalchemy", "/marac/", "SELECT ") if word in page.page]
        assert shown == [], page.here


def _reached(walk: Walk, who: str) -> set[str]:
    """The kinds of page that links lead this person to, from their first page on."""
    asked, leads = walk.scene.app.url_map.bind("localhost"), dict[str, set[str]]()
    for page in walk.seen:
        if page.who == who and page.status == 200:
            kinds = leads.setdefault(page.endpoint, set())
            for address in page.addresses:
                path = address.partition("?")[0].partition("#")[0]
                if path.startswith("/") and asked.test(path, method="GET"):
                    kinds.add(str(asked.match(path, method="GET")[0]))
    seen, left = set[str](), ["today.today"]
    while left:
        kind = left.pop()
        if kind not in seen:
            seen.add(kind)
            left += leads.get(kind, ())
    return seen


@pytest.mark.parametrize("who", ["coordinator", "chair", "idva", "housing", "deputy"])
def test_every_page_that_somebody_may_open_is_led_to_from_their_own_first_page(walk, who):
    """Nobody has to know an address by heart."""
    opens = {page.endpoint for page in walk.seen if page.who == who and page.status == 200}
    assert opens - _reached(walk, who) - NOT_LED_TO - LATER == set()


@pytest.mark.parametrize("who", ["service_manager", "agency_admin"])
def test_what_was_escalated_is_led_to_for_who_has_no_list_of_actions_da_28(walk, who):
    assert "actions.escalated" in _reached(walk, who)
