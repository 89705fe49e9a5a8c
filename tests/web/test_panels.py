"""Pages of a meeting before it runs: book, build, publish, chase; and what a member sees."""

import pytest
import time_machine
from sqlalchemy import func, select

from marac.models import AgendaItem, Meeting, Message
from marac.services.meetings import panels
from marac.vocabulary import MeetingState
from tests.builders import actor_for, signed_in
from tests.builders_panels import MORNING, a_held_panel, a_panel, a_published_panel, a_wall


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def at(panel, worker, path=""):
    """That person's browser on a page of the panel."""
    client = signed_in(panel.house, worker)
    client.forbidden |= {"Amina Begum", "Siobhan Doyle"}
    return client.get(f"/panels/{panel.reference}{path}")


def test_a_panel_is_booked_and_bad_dates_are_explained_da_16(house):
    panel = a_panel(house, 0)
    page = at(panel, panel.coordinator).follow("All panels").follow("Book a panel")
    wrong = page.fill_and_post({"starts_on": ["1", "1", "2020"], "starts_time": "25:00"})
    assert wrong.status == 422
    assert wrong.errors == ["Enter a time, for example 9:30am"]
    again = wrong.fill_and_post({"starts_on": ["1", "1", "2020"], "starts_time": "9.30am"})
    assert again.errors == ["The meeting must be in the future"]
    booked = again.fill_and_post({"starts_on": ["26", "Nov", "2025"], "starts_time": "1pm"})
    assert booked.flashes == ["Panel booked."]
    assert "Wed 26 Nov, 1pm" in booked.text
    assert "Research returned" in booked.main


def test_a_member_is_not_offered_to_book_and_may_not(house):
    panel = a_published_panel(house, 1)
    page = at(panel, panel.housing).follow("All panels")
    assert "Book a panel" not in page.text
    assert page.client.get("/panels/new").status == 403


def test_an_agenda_is_built_moved_checked_and_published_once_da_20(house):
    panel = a_panel(house, 2)
    page = at(panel, panel.coordinator, "/agenda")
    assert [name for name in ("Begum, Amina", "Doyle, Siobhan") if name in page.main]
    moved = page.press("Down")
    assert moved.main.index("Doyle, Siobhan") < moved.main.index("Begum, Amina")
    check = moved.follow("Check and publish")
    assert "Housing" in check.main
    first = check.press("Publish the agenda")
    assert first.flashes == ["Agenda published. Agencies were asked for research."]
    with panel.work(panel.coordinator) as session:
        sent = session.scalar(select(func.count()).select_from(Message))
    check.press("Publish the agenda")
    with panel.work(panel.coordinator) as session:
        assert session.scalar(select(func.count()).select_from(Message)) == sent


def test_taking_a_case_off_asks_for_reason_approver_and_safety_and_it_waits_da_35(house):
    panel = a_panel(house, 2)
    form = at(panel, panel.coordinator, "/agenda").follow("Take off number 1")
    bad = form.fill_and_post({"move": "defer", "reason": "The referrer is ill"})
    assert bad.status == 422
    assert bad.errors == ["Select who approved this: the chair or the coordinator"]
    good = bad.fill_and_post({"approved_by": panel.chair.id.hex, "interim_safety": "The IDVA rings daily"})
    assert good.flashes == ["The case waits for the next agenda."]
    assert "Deferred" in good.main
    with panel.work(panel.coordinator) as session:
        following = panels.schedule_meeting(
            session, actor_for(panel.coordinator), starts_at=panel.meeting(session).starts_at.replace(month=12)
        ).reference
    build = good.client.get(f"/panels/{following}/agenda")
    assert "Begum, Amina" in build.main
    case = build.form("/agenda/list").choices["cases"][0]
    assert "Deferred last time" in build.main
    nothing = build.fill_and_post({}, action="/agenda/list")
    assert nothing.errors == ["Select at least one case"]
    listed = nothing.fill_and_post({"cases": [case]}, action="/agenda/list")
    assert listed.flashes == ["1 case added."]
    with panel.work(panel.coordinator) as session:
        assert session.scalar(select(func.count()).select_from(AgendaItem)) == 3


def test_the_members_agenda_leaves_out_a_case_behind_a_wall_and_counts_on(house):
    panel = a_published_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.housing)
    page = at(panel, panel.housing)
    assert "Amina" not in page.text
    assert page.words_of("tbody tr")[0].startswith("1 Doyle, Siobhan")
    assert "1 case" in page.text


@pytest.mark.parametrize("path", ["/agenda", "/publish", "/research", "/cancel", "/close", "/run/1", "/shared"])
def test_pages_of_the_coordinator_are_refused_to_a_member(house, path):
    panel = a_published_panel(house, 1)
    assert at(panel, panel.housing, path).status == 403


def test_an_unknown_panel_and_an_unknown_item_are_not_found(house):
    panel = a_published_panel(house, 1)
    client = signed_in(house, panel.coordinator)
    assert client.get("/panels/K7D-42Q").status == 404
    assert client.get(f"/panels/{panel.reference}/run/7").status == 404


def test_the_matrix_shows_who_is_missing_chases_and_closes_da_22(house):
    panel = a_published_panel(house, 2)
    page = at(panel, panel.coordinator, "/research")
    assert "Not answered" in page.main
    nothing = page.fill_and_post({}, action="/chase")
    assert nothing.flashes == ["Select at least one agency that has not answered"]
    chased = nothing.fill_and_post({"agencies": [panel.housing.agency_id.hex]}, action="/chase")
    assert chased.flashes == ["Reminder sent to 1 agency."]
    closed = chased.press("Close research")
    assert "you and the chair can read the answers" in closed.flashes[0].lower()
    with panel.work(panel.coordinator) as session:
        assert panel.meeting(session).state == MeetingState.RESEARCH_CLOSED


def test_a_meeting_with_cases_is_not_cancelled_and_an_empty_one_is_da_35(house):
    panel = a_panel(house, 1)
    refused = at(panel, panel.coordinator, "/cancel").fill_and_post({"reason": "Bank holiday"})
    assert refused.errors == ["Select who approved this: the chair or the coordinator"]
    empty = a_panel(house, 0)
    page = at(empty, empty.coordinator, "/cancel")
    done = page.fill_and_post({"reason": "Bank holiday"})
    assert done.flashes == ["Panel cancelled. Everyone invited will be told."]


def test_looking_changes_nothing(house):
    panel = a_published_panel(house, 1)
    for path in ("", "/agenda", "/publish", "/research", "/attendance"):
        at(panel, panel.coordinator, path)
    with panel.work(panel.coordinator) as session:
        assert session.scalars(select(Meeting.version_id)).all() == [panel.meeting(session).version_id]
        assert panel.item(session).state == "listed"


def test_minutes_go_to_the_chair_come_back_are_approved_and_circulated_da_30(house):
    panel = a_held_panel(house, 1)
    draft = at(panel, panel.coordinator, "/minutes")
    assert "Risk to professionals" in draft.main
    assert at(panel, panel.housing, "/minutes").status == 404
    sent = draft.press("Send to the chair")
    assert sent.flashes == ["Sent to the chair."]
    chairs = at(panel, panel.chair, "/minutes")
    empty = chairs.fill_and_post({"reason": ""}, action="/send-back")
    assert (empty.status, empty.errors) == (422, ["Enter a reason"])
    back = empty.fill_and_post({"reason": "Say who was there"}, action="/send-back")
    assert back.flashes == ["Sent back to the coordinator."]
    at(panel, panel.coordinator, "/minutes").press("Send to the chair")
    assert "cannot be changed" in at(panel, panel.chair, "/minutes").press("Approve").flashes[0]
    issued = at(panel, panel.coordinator, "/minutes/release").press("Circulate")
    assert "circulated" in issued.flashes[0]
    assert "Apply for a protection order" in at(panel, panel.housing, "/minutes").main
