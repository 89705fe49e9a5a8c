"""Over HTTP while a meeting runs: nothing before confidentiality was agreed, nothing of a case one stepped out of."""

import re

import pytest
import time_machine
from sqlalchemy import select

from marac import access
from marac.models import Action, Case, MinuteNote, Research
from marac.services.live import assigning, notes
from marac.vocabulary import MinuteHeading, Protects, ResearchState, Role
from tests.attacks.scene import SAME_SITE, contents, form, token_of
from tests.builders import a_user, actor_for, app_of, signed_in
from tests.builders_panels import MORNING, a_called_case

SAID, OPENED, AGREED = "hazelrivetcandle", "juniperlatchwindow", "copperthistleboat"
HOME = {"base_url": "https://localhost"}


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


@pytest.fixture
def panel(house):
    """The first of two cases is talked about: police opened something, words are typed, housing has an action."""
    built = a_called_case(house, 2)
    actor = actor_for(built.coordinator)
    with built.work(built.coordinator) as session:
        item = built.item(session)
        notes.save_note(session, actor, item, MinuteHeading.INFORMATION, text=SAID, version=0)
        agency = next(one for one in assigning.list_owners(session, actor) if one.slug == "housing_options")
        assigning.assign_action(
            session, actor, item, agency=agency, text=AGREED, due_on=MORNING.date(), protects=Protects.VICTIM
        )
        access.open_for("load", actor.partnership_id, built.case_ids)
        row = built.research(session, built.police)
        row.shared, row.fact_or_opinion, row.state = OPENED, "fact", ResearchState.RELEASED
    return built


def everything(panel, browser):
    """Address -> page, of every page with a thing of this meeting or its first case in its address, and every list."""
    with panel.house.reader() as session:
        case = session.get_one(Case, panel.case_ids[0])
        known = {
            "action_id": session.scalars(select(Action.id)).all(), "item_id": [panel.item(session).id],
            "research_id": [panel.research(session, panel.housing).id], "number": [1, 2],
            "tab": ["people", "research", "actions", "panels", "history"], "case_reference": [case.reference],
        }  # fmt: skip
    pages = {}
    for rule in app_of(panel.house).url_map.iter_rules():
        if "GET" not in rule.methods or rule.rule.startswith(
            ("/static", "/sign-out", "/go", "/join", "/start", "/admin")
        ):
            continue
        named = case.reference if rule.rule.startswith("/cases") else panel.reference
        values = [{}]
        for name in rule.arguments:
            values = [{**one, name: each} for one in values for each in known.get(name, [named])]
        for one in values:
            if "reference" in one or not rule.arguments or set(one) <= set(known):
                path = re.sub(r"<(?:[^:>]*:)?(\w+)>", lambda found, one=one: str(one[found[1]]), rule.rule)
                pages[path] = browser.get(path, **HOME).get_data(as_text=True)
    return pages


def holding(pages, *words):
    return sorted(path for path, page in pages.items() if any(word in page for word in words))


@pytest.mark.parametrize("role, agency", [(Role.COORDINATOR, "vawg_team"), (Role.CHAIR, "vawg_team"), (None, "")])
def test_nothing_of_a_running_meeting_is_on_any_page_before_one_agreed_da_23(panel, role, agency):
    """Run, shared screen, case, research, actions, documents: of a member, until their agency agreed."""
    who = panel.housing
    if role is not None:
        with panel.work(panel.coordinator) as session:
            who = a_user(session, panel.house, role, agency)
    browser = signed_in(panel.house, who).http
    assert holding(everything(panel, browser), SAID, OPENED) == []
    browser.post(f"/panels/{panel.reference}/attendance/agree", data=form(token_of(browser)), **SAME_SITE)
    after = everything(panel, browser)
    assert holding(after, SAID), "or this test would prove nothing"
    assert holding(after, OPENED)


def test_a_case_that_one_stepped_out_of_is_on_no_page_and_takes_no_form_da_5_sch_42(panel):
    """By direct address too: the item, the answer and the action of one's own agency are not there any more."""
    browser = signed_in(panel.house, panel.housing).http
    token = token_of(browser)
    browser.post(f"/panels/{panel.reference}/attendance/agree", data=form(token), **SAME_SITE)
    assert holding(everything(panel, browser), AGREED, OPENED)
    with panel.house.reader() as session:
        item, case = panel.item(session).id, session.get_one(Case, panel.case_ids[0]).reference
        action, answer = session.scalars(select(Action.id)).one(), panel.research(session, panel.housing).id
    conflict = f"/panels/{panel.reference}/attendance/conflict"
    assert browser.post(conflict, data=form(token, case=item.hex), **SAME_SITE).status_code == 303
    asked = {path: page for path, page in everything(panel, browser).items() if case not in path}
    assert holding(asked, SAID, OPENED, AGREED, "Amina", case) == []
    token, before = token_of(browser), contents(panel.house)
    tried = {
        f"/actions/{action}": {"standing": "done"}, f"/actions/{action}/accept": {},
        f"/actions/{action}/hand-over": {"to": "x"}, f"/research/{panel.reference}/{answer}/reopen": {},
        f"/cases/{case}/wishes": {"wishes": "x"},
    }  # fmt: skip
    for path, fields in tried.items():
        answered = browser.post(path, data=form(token, **fields), **SAME_SITE)
        assert answered.status_code in (403, 404, 422), (path, answered.status_code)
    assert [table for table, now in contents(panel.house).items() if before[table] != now] == []


def test_a_coordinator_who_stepped_out_types_into_no_case_with_the_page_they_still_have_da_5(panel):
    """The page of the case is open in their browser; its number is now that of the next case."""
    with panel.work(panel.coordinator) as session:
        other = a_user(session, panel.house, Role.COORDINATOR, "vawg_team")
    browser = signed_in(panel.house, other).http
    token, run = token_of(browser), f"/panels/{panel.reference}/run/1"
    browser.post(f"/panels/{panel.reference}/attendance/agree", data=form(token), **SAME_SITE)
    page = browser.get(run, **HOME).get_data(as_text=True)
    fields = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1] for name in ("item", "version")}
    with panel.work(panel.coordinator) as session:
        named = panel.item(session).id.hex
    browser.post(f"/panels/{panel.reference}/attendance/conflict", data=form(token, case=named), **SAME_SITE)
    for path in (run, f"{run}/notes", f"{run}/line", f"{run}/clock", f"{run}/start"):
        answer = browser.post(path, data=form(token, **fields, views="typed late", line="x"), **SAME_SITE)
        assert answer.status_code == 409, (path, answer.status_code)
    assert holding(everything(panel, browser), SAID, OPENED, AGREED, "Amina") == []
    with panel.work(panel.coordinator) as session:
        access.open_for("load", panel.coordinator.partnership_id, panel.case_ids)
        assert "typed late" not in [one.text for one in session.scalars(select(MinuteNote))]
        assert session.scalars(select(Research.id)).all()
