"""The Run screen without a script: attendance, start, type, add actions, finish; both versions after a clash."""

import pytest
import time_machine
from sqlalchemy import func, select

from marac.models import Action
from marac.services import attendance, notes
from marac.vocabulary import AgendaItemState, MeetingState, MinuteHeading
from tests.builders import actor_for, signed_in
from tests.builders_panels import FIVE, MORNING, a_called_case, a_published_panel, a_running_panel

WRITTEN = {heading.value: f"{heading.label} was talked through." for heading in (MinuteHeading.VIEWS, *FIVE)}


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def at(panel, worker, path="/run/1"):
    client = signed_in(panel.house, worker)
    client.forbidden |= {"Amina Begum", "Siobhan Doyle"}
    return client.get(f"/panels/{panel.reference}{path}")


def run_form(page):
    return page.form("/run/1")


def actions_of(panel):
    with panel.work(panel.coordinator) as session:
        return session.scalar(select(func.count()).select_from(Action))


def test_from_attendance_to_the_first_case_without_a_script_da_23(house):
    panel = a_published_panel(house, 1)
    mine = at(panel, panel.housing, "")
    assert "confidential" in mine.main
    assert mine.press("I agree").flashes == ["You have agreed. The time was recorded."]
    page = at(panel, panel.coordinator, "/attendance")
    assert "on their own device" in page.main
    with panel.work(panel.coordinator) as session:
        places = attendance.list_places(session, actor_for(panel.coordinator), panel.meeting(session))
        police = next(place.id.hex for place in places if place.agency_id == panel.police.agency_id)
    unnamed = page.fill_and_post({f"state-{police}": "present"}, action="/attendance")
    assert unnamed.status == 422
    assert "Enter the name of the person who came".lower() in unnamed.errors[0].lower()
    saved = unnamed.fill_and_post({f"person-{police}": "Paul Grey", f"agreed-{police}": True}, action="/attendance")
    assert saved.flashes == ["Attendance saved."]
    unread = saved.fill_and_post({"chair_id": panel.chair.id.hex}, action="/open")
    assert unread.errors == ["Confirm that the chair has read the confidentiality statement"]
    first = unread.fill_and_post({"chair_id": panel.chair.id.hex, "statement_read": True}, action="/open")
    assert first.title.startswith("Item 1 of 1")
    started = first.press("Start this case")
    assert "app-clock" in started.html
    with panel.work(panel.coordinator) as session:
        assert panel.item(session).state == AgendaItemState.IN_PROGRESS


def test_looking_at_a_case_does_not_start_it(house):
    panel = a_running_panel(house, 2)
    for path in ("/run", "/run/1", "/run/2", "/shared", "/close"):
        assert at(panel, panel.coordinator, path).status == 200
    with panel.work(panel.coordinator) as session:
        assert {panel.item(session, n).state for n in (1, 2)} == {AgendaItemState.LISTED}


def test_somebody_here_at_the_opening_who_has_not_agreed_stops_the_start_da_23(house):
    panel = a_published_panel(house, 1)
    page = at(panel, panel.coordinator, "/attendance")
    page.fill_and_post({"agency": "probation", "person_name": "J. Rao"}, action="/add")
    opened = {"chair_id": panel.chair.id.hex, "statement_read": True}
    first = at(panel, panel.coordinator, "/attendance").fill_and_post(opened, action="/open")
    stopped = first.press("Start this case")
    assert stopped.h1 == "Attendance"
    assert "has not agreed" in stopped.flashes[0]


def test_who_comes_late_is_a_line_and_holds_nobody_up_da_23(house):
    panel = a_running_panel(house, 1)
    page = at(panel, panel.coordinator, "/attendance")
    page.fill_and_post({"agency": "probation", "person_name": "J. Rao"}, action="/add")
    started = at(panel, panel.coordinator).press("Start this case")
    assert "J. Rao joined at" in started.main
    assert "Not agreed yet." in started.main
    assert "app-clock" in started.html


def test_every_box_is_saved_by_any_button_and_each_has_its_own_version(house):
    panel = a_called_case(house, 2)
    page = at(panel, panel.coordinator)
    saved = run_form(page).post({**WRITTEN, "covered": ["views", "staff"]}, press="Save")
    assert run_form(saved).values["risk_staff"] == [WRITTEN["risk_staff"]]
    added = run_form(saved).post(
        {"information": "Police: arrest.", "line": "police: bail check by fri"}, press="Add action"
    )
    assert added.flashes == ["Action added, due Friday 14 November 2025."]
    assert run_form(added).values["information"] == ["Police: arrest."]
    with panel.work(panel.coordinator) as session:
        saved_notes = notes.get_notes(session, actor_for(panel.coordinator), panel.item(session))
        assert saved_notes[MinuteHeading.INFORMATION].version == 1
        assert saved_notes[MinuteHeading.RISK_STAFF].version == 1
        assert panel.item(session).covered == ("views", "staff")


def test_an_action_is_added_at_once_shows_its_weekday_and_enter_does_the_same_da_27(house):
    panel = a_called_case(house, 1)
    page = at(panel, panel.coordinator)
    added = run_form(page).post({"line": "police & housing: remove name from tenancy by 1/12"})
    assert "Monday 1 December 2025" in added.main
    assert actions_of(panel) == 2
    assert run_form(added).values["line"] == [""]


def test_a_doubtful_line_asks_for_the_missing_part_and_loses_nothing_da_27(house):
    panel = a_called_case(house, 1)
    page = at(panel, panel.coordinator)
    ask = run_form(page).post(
        {"line": "sms: offer appointment by next tue", "information": "Typed before"}, press="Add action"
    )
    assert ask.status == 200
    assert actions_of(panel) == 0
    assert "Choose which week you mean" in ask.main
    assert "Tuesday 18 November 2025" in ask.main
    values = run_form(ask).values
    assert values["what"] == ["offer appointment"]
    assert values["line"] == ["sms: offer appointment by next tue"]
    assert values["information"] == ["Typed before"]
    added = run_form(ask).post({"when": "25/11/2025", "line": ""}, press="Add this action")
    assert "Tuesday 25 November 2025" in added.main
    assert actions_of(panel) == 1


def test_an_action_that_reaches_them_shows_the_safe_contact_rule_da_14(house):
    panel = a_called_case(house, 1)
    ask = run_form(at(panel, panel.coordinator)).post({"line": "idva: text her the plan"}, press="Add action")
    assert "Contact through IDVA only" in ask.main


def test_a_usual_action_is_put_into_the_line(house):
    panel = a_called_case(house, 1)
    page = at(panel, panel.coordinator)
    chosen = run_form(page).post(press="Ask whether home security is wanted")
    assert run_form(chosen).values["line"][0].startswith("solace: Ask whether home security is wanted")
    assert run_form(chosen).post(press="Add action").flashes


def test_finishing_says_what_is_missing_beside_its_box_and_keeps_what_was_typed_da_25(house):
    panel = a_called_case(house, 2)
    page = at(panel, panel.coordinator)
    without = {**WRITTEN, "no_action": "All in place", "risk_staff": ""}
    refused = run_form(page).post(
        {**without, "outcome": "heard", "tells_victim": "Ida Sender"}, press="Finish and go to 2"
    )
    assert refused.status == 422
    assert refused.errors == ["Complete the risk summary: Risk to professionals. Write None if there is none"]
    assert run_form(refused).values["views"] == [WRITTEN["views"]]
    with panel.work(panel.coordinator) as session:
        assert (
            notes.get_notes(session, actor_for(panel.coordinator), panel.item(session))[MinuteHeading.VIEWS].version
            == 0
        )
    following = run_form(refused).post({"risk_staff": "None"}, press="Finish and go to 2")
    assert following.title.startswith("Item 2 of 2")
    with panel.work(panel.coordinator) as session:
        assert panel.item(session).state == AgendaItemState.HEARD


def test_finishing_twice_has_one_effect(house):
    panel = a_called_case(house, 2)
    form = run_form(at(panel, panel.coordinator))
    complete = {**WRITTEN, "no_action": "All in place", "outcome": "heard", "tells_victim": "Ida Sender"}
    form.post(complete, press="Finish and go to 2")
    again = form.post(complete, press="Finish and go to 2")
    assert again.title.startswith("Item 2 of 2")
    with panel.work(panel.coordinator) as session:
        assert panel.item(session).state == AgendaItemState.HEARD


def test_a_case_that_was_not_heard_is_put_off_with_its_reason_da_35(house):
    panel = a_called_case(house, 2)
    page = run_form(at(panel, panel.coordinator)).post({"outcome": "deferred"}, press="Finish and go to 2")
    assert page.h1 == "Take a case off the agenda"
    done = page.fill_and_post(
        {
            "move": "defer", "reason": "Nobody could present it", "approved_by": panel.chair.id.hex,
            "interim_safety": "The IDVA rings daily",
        }
    )  # fmt: skip
    assert done.title.startswith("Item 2 of 2")


def test_a_stale_box_gives_409_with_both_versions_and_both_can_be_kept_da_24(house):
    panel = a_called_case(house, 1)
    mine, theirs = at(panel, panel.coordinator), at(panel, panel.chair)
    run_form(theirs).post({"risk_victim": "Chair: very high."}, press="Save")
    clash = run_form(mine).post({"risk_victim": "Coordinator: high.", "views": "She wants to stay."}, press="Save")
    assert clash.status == 409
    assert "Chair: very high." in clash.main
    assert "Coordinator: high." in clash.main
    kept = run_form(clash).post({"risk_victim": "Chair: very high. Coordinator: high."}, press="Save this")
    assert run_form(kept).values["risk_victim"] == ["Chair: very high. Coordinator: high."]
    assert run_form(kept).values["views"] == ["She wants to stay."]


def test_a_box_that_somebody_else_changed_and_i_did_not_touch_is_left_alone(house):
    panel = a_called_case(house, 1)
    mine, theirs = at(panel, panel.coordinator), at(panel, panel.chair)
    run_form(theirs).post({"risk_victim": "Chair: very high."}, press="Save")
    saved = run_form(mine).post({"information": "Police: arrest."}, press="Save")
    assert saved.status == 200
    assert run_form(saved).values["risk_victim"] == ["Chair: very high."]


def test_the_page_saves_by_itself_and_says_when_somebody_else_was_first(house):
    panel = a_called_case(house, 1)
    page, scripted = at(panel, panel.coordinator), {"Accept": "application/json", "X-Requested-With": "autosave"}
    values = {**run_form(page).values, "information": "Police: arr"}
    first = page.client.post(f"{page.url}/notes", values, headers=scripted)
    assert (first.status, bool(first.json["saved"])) == (200, True)
    values |= {"information": "Police: arrest.", "version": first.json["version"]}
    assert page.client.post(f"{page.url}/notes", values, headers=scripted).status == 200
    run_form(at(panel, panel.chair)).post({"information": "Chair wrote this"}, press="Save")
    values |= {"information": "Police: arrest, then bail."}
    stale = page.client.post(f"{page.url}/notes", values, headers=scripted)
    assert stale.status == 409
    assert "Information shared" in stale.json["message"]
    assert run_form(at(panel, panel.coordinator)).values["information"] == ["Chair wrote this"]


def test_a_page_drawn_before_the_order_changed_does_nothing_to_another_case(house):
    panel = a_called_case(house, 2)
    page = at(panel, panel.coordinator)
    other = {**run_form(page).values, "information": "Meant for the first"}
    answer = page.client.post(page.url.replace("/run/1", "/run/2"), other)
    assert answer.status == 409
    assert "Meant for the first" in answer.text


def test_the_shared_screen_shows_initials_and_never_an_address_or_a_number(house):
    panel = a_called_case(house, 1)
    run_form(at(panel, panel.coordinator)).post({**WRITTEN, "line": "police: bail check by fri"}, press="Add action")
    shared = at(panel, panel.coordinator, "/shared")
    assert shared.h1 == "1 of 1: AB"
    assert WRITTEN["risk_victim"] in shared.main
    assert "bail check" in shared.main
    for hidden in ("Amina", "Elm Row", "E1 0AA", "07700"):
        assert hidden not in shared.text


def test_the_meeting_ends_after_the_last_case_and_its_gaps_are_listed_da_30(house):
    panel = a_called_case(house, 1)
    early = at(panel, panel.coordinator, "/close").press("End the meeting")
    assert "Some cases have no outcome" in early.flashes[0]
    complete = {**WRITTEN, "no_action": "All in place", "outcome": "heard", "tells_victim": "Ida Sender"}
    close = run_form(at(panel, panel.coordinator)).post(complete, press="Finish the last case")
    assert close.h1 == "Close the meeting"
    assert "Not marked as covered" in close.main
    minutes = close.press("End the meeting")
    assert minutes.h1 == "Minutes"
    with panel.work(panel.coordinator) as session:
        assert panel.meeting(session).state == MeetingState.HELD


def test_a_finished_case_may_be_come_back_to_while_the_meeting_runs(house):
    panel = a_called_case(house, 1)
    complete = {**WRITTEN, "no_action": "All in place", "outcome": "heard", "tells_victim": "Ida Sender"}
    run_form(at(panel, panel.coordinator)).post(complete, press="Finish the last case")
    again = at(panel, panel.coordinator).press("Come back to this case")
    assert "Finish the last case" in again.main
    assert run_form(again).values["tells_victim"] == ["Ida Sender"]
