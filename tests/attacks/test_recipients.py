"""Over HTTP: what a member of an agency cannot get of minutes and documents, whatever address or form they try."""

import pytest
import time_machine
from sqlalchemy import select

from marac.models import IssuedDocument, Minutes
from marac.services.minuting import minutes
from marac.vocabulary import DocumentKind, MinutesState
from tests.attacks.scene import SAME_SITE, form, token_of
from tests.builders import actor_for, signed_in
from tests.builders_panels import MORNING, a_held_panel, a_wall


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def circulated(house):
    """Two cases; housing is walled off from the first."""
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.housing)
    steps = ((panel.coordinator, "submit"), (panel.chair, "approve"), (panel.coordinator, "issue"))
    for worker, step in steps:
        with panel.work(worker) as session:
            found = session.scalars(select(Minutes)).one()
            getattr(minutes, f"{step}_minutes")(session, actor_for(worker), found)
    return panel


def test_no_address_gives_a_member_the_case_they_are_walled_from_or_anothers_page(house):
    panel = circulated(house)
    browser = signed_in(panel.house, panel.housing).http
    base = f"/panels/{panel.reference}"
    pages = ("/minutes", "/documents", "/minutes/release", "/minutes/recall", "/minutes/amend/1", "/minutes/amend/2")
    pages += tuple(f"/minutes/release/{one.membership_id}" for one in (panel.housing, panel.police, panel.chair))
    for page in pages:
        answer = browser.get(base + page, base_url="https://localhost")
        assert b"Begum" not in answer.data, page
        assert answer.status_code == (200 if page in ("/minutes", "/documents") else answer.status_code), page
        assert answer.status_code in (200, 403, 404), page
        assert page in ("/minutes", "/documents") or answer.status_code != 200, page


def test_no_form_of_a_member_moves_the_minutes_or_makes_what_is_not_theirs(house):
    panel = circulated(house)
    browser = signed_in(panel.house, panel.housing).http
    token, base = token_of(browser), f"/panels/{panel.reference}"
    forms = ["/minutes/submit", "/minutes/approve", "/minutes/issue", "/minutes/send-back", "/minutes/recall"]
    for path in (*forms, "/minutes/amend/1", "/actions/circulate"):
        answer = browser.post(base + path, data=form(token, reason="x"), **SAME_SITE)
        assert answer.status_code in (403, 404, 409), path
    for kind in (DocumentKind.BRIEF, DocumentKind.ATTENDANCE):
        answer = browser.post(f"{base}/documents", data=form(token, kind=kind.value), **SAME_SITE)
        assert answer.status_code == 422, kind
    with panel.work(panel.coordinator) as session:
        assert session.scalars(select(Minutes.state)).one() == MinutesState.ISSUED
        assert session.scalars(select(IssuedDocument)).all() == []
