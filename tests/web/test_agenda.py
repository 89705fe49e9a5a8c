"""Pages on which an agenda is built, published and read: interactions counted, versions, guests, the chair's brief."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from marac import clock
from marac.models import AgendaChange, AgendaItem, Meeting
from marac.vocabulary import Role
from tests.builders import a_user, declared, signed_in
from tests.builders_panels import MORNING, NAMES, a_case, a_panel, a_published_panel, a_wall

SHOWN = ("Begum, Amina", "Doyle, Siobhan")


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def at(panel, worker, path=""):
    client = signed_in(panel.house, worker)
    client.forbidden |= {"Amina Begum", "Siobhan Doyle"}
    return client.get(f"/panels/{panel.reference}{path}")


def eighteen(house):
    """A panel in four weeks, and eighteen accepted cases that wait."""
    panel = a_panel(house, 0)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        panel.meeting(session).starts_at = clock.now() + timedelta(days=28)
        for number in range(18):
            a_case(session, house, name=NAMES[number % 6], children=number % 2)
    return panel


def test_an_agenda_of_eighteen_is_built_and_published_in_five_presses_da_19_da_20(house):
    """ux.md 1.1: eight interactions or fewer before re-ordering."""
    panel = eighteen(house)
    home = signed_in(house, panel.coordinator).get(f"/panels/{panel.reference}")
    build = home.follow("Agenda")
    assert "18 cases are ready" in build.main
    full = build.press("Add 18 suggested")
    assert full.flashes == ["18 cases added."]
    assert "18 of 15; 30 minutes over" in full.main
    assert "book an extra meeting" in full.main
    assert "Education safeguarding and schools" in full.main
    published = full.follow("Check and publish").press("Publish the agenda")
    assert published.flashes == ["Agenda published. Agencies were asked for research."]
    with panel.work(panel.coordinator) as session:
        assert session.scalar(select(func.count()).select_from(AgendaItem)) == 18


def test_order_and_minutes_are_set_by_boxes_and_mistakes_are_explained_da_19(house):
    panel = a_panel(house, 3)
    page = at(panel, panel.coordinator, "/agenda")
    moved = page.fill_and_post({"to": "3"}, action="/agenda/move")
    assert moved.main.index(SHOWN[0]) > moved.main.index(SHOWN[1])
    assert moved.fill_and_post({"to": "x"}, action="/agenda/move").flashes
    longer = moved.fill_and_post({"minutes": "25"}, action="/agenda/minutes")
    assert "9:45am" in longer.main
    wrong = longer.fill_and_post({"minutes": "500"}, action="/agenda/minutes")
    assert wrong.flashes == ["Enter how many minutes the case is given, from 5 to 60."]


def test_a_late_case_asks_for_the_chair_beside_its_field_sch_39(house):
    panel = a_published_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        a_case(session, house, name="Siobhan Doyle")
    page = at(panel, panel.coordinator, "/agenda")
    assert "After the cut-off: the chair must agree" in page.main
    case = page.form("/agenda/list").choices["cases"][0]
    unsaid = page.fill_and_post({"cases": [case]}, action="/agenda/list")
    assert unsaid.errors == ["The cut-off has passed. Say why this cannot wait, or select a later meeting"]
    unagreed = unsaid.fill_and_post({"cases": [case], "because": "He is out tomorrow"}, action="/agenda/list")
    assert unagreed.errors == ["Select who agreed to the late listing"]
    added = unagreed.fill_and_post(
        {"cases": [case], "because": "He is out tomorrow", "approved_by": panel.chair.id.hex}, action="/agenda/list"
    )
    assert added.flashes == ["1 case added."]
    assert "SD" in added.main
    assert "added" in added.main


def test_published_again_it_asks_why_and_both_versions_can_be_read_da_20(house):
    panel = a_published_panel(house, 2)
    build = at(panel, panel.coordinator, "/agenda").press("Down")
    check = build.follow("Check and publish")
    assert "without safe contact checked lately" in check.main
    again = check.press("Publish the agenda")
    assert again.errors == ["The agenda is out already. Say why it is published again"]
    done = again.fill_and_post({"because": "The order changed"}, action="/publish")
    assert done.flashes == ["Agenda published. Agencies were asked for research."]
    listed = done.follow("Agenda").follow("Published versions")
    assert "The order changed" in listed.main
    first = listed.follow("Version 1")
    assert first.main.index("AB") < first.main.index("SD")
    assert "moved to another place" in first.main
    assert first.client.get(f"/panels/{panel.reference}/agenda/versions/7").status == 404


def test_a_guest_is_asked_in_for_one_case_sees_that_alone_and_may_be_taken_back_da_51(house):
    panel = a_published_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        guest = a_user(session, house, Role.REPRESENTATIVE, "lfb", full_name="Iris Vane")
    form = at(panel, panel.coordinator, "/agenda").follow("Ask in a guest for number 2")
    assert form.press("Ask in").errors == ["Select the agency"]
    done = form.fill_and_post({"agency": guest.agency_id.hex, "person_name": "Iris Vane"}, action="/guests")
    assert done.flashes == ["Asked in. Access ends by itself after the day of the meeting."]
    assert "Iris Vane" in done.main
    seen = at(panel, guest)
    assert SHOWN[1] in seen.main
    assert SHOWN[0] not in seen.main
    assert "Your agency is needed for case 1, from 9:10am" in " ".join(seen.main.split())
    assert "Your first: 9:10am" in seen.follow("All panels").main
    gone = done.follow("Ask in a guest for number 2").press("Withdraw")
    assert gone.flashes == ["The invitation is withdrawn and access has ended."]
    assert SHOWN[1] not in at(panel, guest).text


def test_conflicts_are_checked_where_the_warning_leads_da_5(house):
    panel = a_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        panel.item(session).conflict_checked_on = None
        a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Karim Begum")
    page = at(panel, panel.coordinator, "/agenda")
    assert "Conflicts of interest not checked" in page.main
    check = page.follow("Check, number 1")
    assert "Karim Begum" in check.main
    assert check.press("Conflicts are checked").errors == ["Select whether this is a conflict"]
    name = next(iter(name for name in check.form("/conflicts").choices if name.startswith("conflict_")))
    done = check.fill_and_post({name: "no_conflict"}, action="/conflicts")
    assert done.flashes == ["Conflicts of interest checked."]
    assert "Conflicts of interest not checked" not in done.main


def test_a_coordinator_behind_a_wall_sees_no_gap_and_another_publishes_the_case(house):
    panel = a_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        other = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Nell Poole")
        a_wall(session, panel.case_ids[0], panel.coordinator)
    mine = at(panel, panel.coordinator, "/agenda")
    assert "Begum" not in mine.text
    assert "1 of 15" in mine.main
    mine.follow("Check and publish").press("Publish the agenda")
    assert "Do you know anybody?" in at(panel, other, "/agenda").main
    with panel.work(other) as session:
        declared(session, [other.id])
    theirs = at(panel, other, "/agenda")
    assert "1 case not published" in theirs.main
    assert "not published" not in at(panel, panel.coordinator, "/agenda").main
    again = theirs.follow("Publish again").fill_and_post({"because": "One more"}, action="/publish")
    assert again.flashes == ["Agenda published. Agencies were asked for research."]
    assert "not published" not in at(panel, other, "/agenda").main
    versions = at(panel, panel.coordinator, "/agenda/versions")
    assert "Version 2" not in versions.main
    assert "One more" not in versions.text


def test_the_brief_has_a_page_for_each_case_with_keys_to_the_next_and_no_address(house):
    panel = a_published_panel(house, 2)
    everything = at(panel, panel.chair, "/brief")
    assert everything.main.index(SHOWN[0]) < everything.main.index(SHOWN[1])
    first = everything.follow("Read one case at a time")
    assert "Next case Alt+N" in " ".join(first.main.split())
    assert "No agency has said where the alleged perpetrator is" in first.main
    assert "I want him to stay away." in first.main
    assert [word for word in ("Elm Row", "07700", "E1 0AA") if word in everything.text] == []
    second = first.follow("Next case")
    assert SHOWN[1] in second.main
    assert SHOWN[0] in second.follow("Previous case").main
    assert first.client.get(f"/panels/{panel.reference}/brief/3").status == 404
    assert at(panel, panel.housing, "/brief").status == 403


def test_a_member_is_told_of_changes_on_the_overview_and_reading_changes_nothing_da_20(house):
    panel = a_published_panel(house, 2)
    at(panel, panel.coordinator, "/agenda").press("Down")
    seen = at(panel, panel.housing)
    assert "Changed since it was published" in seen.main
    for path in ("/brief", "/brief/1", "/agenda/versions", "/agenda/versions/1"):
        assert at(panel, panel.coordinator, path).status == 200
    with panel.work(panel.coordinator) as session:
        assert session.scalar(select(func.count()).select_from(AgendaChange)) == 2
        assert session.scalar(select(Meeting.version_id)) == panel.meeting(session).version_id


@pytest.mark.parametrize("path", ["/agenda/versions", "/agenda/versions/1", "/brief/1", "/agenda/conflicts/K7D-42Q"])
def test_pages_of_those_who_build_agendas_are_refused_to_a_member(house, path):
    panel = a_published_panel(house, 1)
    assert at(panel, panel.housing, path).status == 403


def test_the_chair_is_led_to_the_case_and_not_to_a_form_that_refuses_her_da_20(house):
    """Who may not change the safe-contact rules reads them on the case instead."""
    panel = a_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        case = panel.item(session).case.reference
    for worker, href in ((panel.coordinator, f"/cases/{case}/safe-contact"), (panel.chair, f"/cases/{case}")):
        page = at(panel, worker, "/publish")
        assert f'href="{href}"' in page.html
