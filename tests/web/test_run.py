"""The Run screen without a script: attendance, start, type, add actions, finish; both versions after a clash."""

import pytest
import time_machine
from sqlalchemy import func, select

from marac.errors import RuleBroken
from marac.models import Action
from marac.services.live import notes, running
from marac.services.meetings import attendance
from marac.vocabulary import AgendaItemState, MeetingState, MinuteHeading, Role
from tests.builders import a_user, actor_for, signed_in
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


def test_who_has_not_agreed_sees_no_gaps_and_ends_no_meeting_da_23(house):
    panel = a_running_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        other = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Cora Dale")
        with pytest.raises(RuleBroken) as refused:
            running.finish_meeting(session, actor_for(other), panel.meeting(session))
        assert refused.value.field == "agree"
    page = at(panel, other, "/close")
    assert page.h1 == "Attendance"
    assert "Agree to confidentiality first" in page.flashes[0]
    assert at(panel, panel.coordinator, "/close").h1 != "Attendance"


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


COMPLETE = {**WRITTEN, "no_action": "All in place", "outcome": "heard", "tells_victim": "Ida Sender"}


def another_coordinator(panel):
    with panel.work(panel.coordinator) as session:
        return a_user(session, panel.house, Role.COORDINATOR, "vawg_team", full_name="Bea Cole")


@pytest.mark.parametrize("path", ["/run", "/run/1", "/shared"])
def test_who_has_not_agreed_is_led_to_the_statement_before_any_content_da_23(house, path):
    panel = a_called_case(house, 1)
    other = another_coordinator(panel)
    asked = at(panel, other, path)
    assert asked.h1 == "Attendance"
    assert asked.flashes == ["Agree to confidentiality first. Then you can take part in the meeting"]
    assert "Amina" not in asked.text
    asked.press("I agree")
    assert at(panel, other, path).h1 != "Attendance"


def test_nothing_is_posted_into_a_meeting_by_who_has_not_agreed_da_23(house):
    panel = a_called_case(house, 1)
    form = run_form(at(panel, panel.coordinator))
    page = signed_in(panel.house, another_coordinator(panel)).get("/today")
    own = {**form.values, "once_key": "", "csrf_token": page.form("/lock").values["csrf_token"], "views": "x"}
    for path in ("", "/notes", "/line", "/clock", "/start"):
        answer = page.client.post(f"/panels/{panel.reference}/run/1{path}", {**own, "line": "x"})
        assert answer.h1 == "Attendance", path
    with panel.work(panel.coordinator) as session:
        written = notes.get_notes(session, actor_for(panel.coordinator), panel.item(session))
        assert written[MinuteHeading.VIEWS].text == ""


def test_an_agency_in_doubt_is_asked_and_never_preselected_da_27(house):
    panel = a_called_case(house, 1)
    ask = run_form(at(panel, panel.coordinator)).post({"line": "h: check register by fri"}, press="Add action")
    assert "More than one agency begins like that" in ask.main
    assert run_form(ask).values["agency"] == [""]
    assert actions_of(panel) == 0
    added = run_form(ask).post(press="Housing options and homelessness prevention")
    assert added.flashes == ["Action added, due Friday 14 November 2025."]
    assert "Housing options and homelessness prevention: check register" in added.main


def test_a_choice_that_leaves_another_doubt_asks_on_and_then_adds_da_27(house):
    panel = a_called_case(house, 1)
    ask = run_form(at(panel, panel.coordinator)).post({"line": "h: offer visit by next tue"}, press="Add action")
    on = run_form(ask).post(press="Housing options and homelessness prevention")
    assert actions_of(panel) == 0
    assert "Choose which week you mean" in on.main
    assert run_form(on).post(press="Tuesday 25 November 2025").flashes == [
        "Action added, due Tuesday 25 November 2025."
    ]


def test_two_agencies_of_a_line_without_a_date_are_both_kept_and_linked_da_27(house):
    panel = a_called_case(house, 1)
    ask = run_form(at(panel, panel.coordinator)).post({"line": "police, idva: joint visit"}, press="Add action")
    added = run_form(ask).post({"when": "fri"}, press="Add this action")
    assert added.flashes == ["2 linked actions added, due Friday 14 November 2025."]
    assert "with Solace" in added.main


def test_the_same_is_done_with_fields_alone_where_no_script_runs_da_27(house):
    panel = a_called_case(house, 1)
    fields = {"agency": "solace", "what": "Joint visit", "when": "14/11"}
    added = run_form(at(panel, panel.coordinator)).post(fields)
    assert added.flashes == ["Action added, due Friday 14 November 2025."]


def test_an_agreed_action_is_put_back_into_the_line_and_corrected_da_27(house):
    panel = a_called_case(house, 1)
    page = run_form(at(panel, panel.coordinator)).post({"line": "police: bail check by fri"}, press="Add action")
    changing = run_form(page).post(press="Change action 1")
    assert run_form(changing).values["line"][0].endswith(": bail check by 14/11/2025")
    changed = run_form(changing).post({"line": "police: bail check and arrest by mon"}, press="Add action")
    assert "bail check and arrest" in changed.main
    assert "Monday 17 November 2025" in changed.main
    agreed = changed.main.partition("Agreed")[2]
    assert agreed.count("bail check") == 1


def test_the_preview_says_what_is_missing_and_what_it_could_mean_without_adding(house):
    panel = a_called_case(house, 1)
    page = at(panel, panel.coordinator)

    def shown(line):
        values = {**run_form(page).values, "line": line}
        return page.client.post(f"{page.url}/line", values, headers={"Accept": "application/json"}).json

    fine = shown("police, idva: joint visit by fri")
    assert (fine["missing"], fine["choices"]) == ("", [])
    assert "Friday 14 November 2025" in fine["words"]
    assert fine["safe"], "visit may reach her"
    doubt = shown("sms: offer appointment by next tue")
    assert [one["words"] for one in doubt["choices"]] == ["Tuesday 18 November 2025", "Tuesday 25 November 2025"]
    assert shown(doubt["choices"][1]["line"])["missing"] == ""
    assert shown("change locks by fri")["missing"] == "agency"
    assert shown("change locks by fri")["fields"] == {"agency": "", "what": "change locks", "when": "14/11/2025"}
    assert actions_of(panel) == 0


def test_the_clock_is_paused_without_a_script_and_says_so_in_words(house):
    panel = a_called_case(house, 1)
    paused = run_form(at(panel, panel.coordinator)).post({"views": "Typed"}, press="clock:pause")
    assert "paused" in paused.main
    assert run_form(paused).values["views"] == ["Typed"]
    assert "paused" in at(panel, panel.chair).main
    assert "paused" not in run_form(paused).post(press="clock:run").main


def test_two_who_finish_or_start_at_once_make_one_step(house):
    panel = a_called_case(house, 3)
    mine, theirs = run_form(at(panel, panel.coordinator)), run_form(at(panel, panel.chair))
    first = theirs.post(COMPLETE, press="Finish and go to 2")
    second = mine.post({"outcome": "heard"}, press="Finish and go to 2")
    assert first.title.startswith("Item 2 of 3")
    assert second.title.startswith("Item 2 of 3")
    assert second.flashes == ["Somebody else finished this case. What you typed is saved."]
    assert "app-clock" in second.press("Start this case").html
    assert "app-clock" in first.press("Start this case").html
    with panel.work(panel.coordinator) as session:
        states = [panel.item(session, number).state for number in (1, 2, 3)]
        assert states == [AgendaItemState.HEARD, AgendaItemState.IN_PROGRESS, AgendaItemState.LISTED]


def test_ticks_and_chips_are_saved_one_by_one_and_two_people_keep_theirs(house):
    panel = a_called_case(house, 1)
    mine, theirs = run_form(at(panel, panel.coordinator)), run_form(at(panel, panel.chair))
    chips = sorted(name for name in mine.names if name.startswith("heard-"))
    mine.post({"covered": ["views"], chips[0]: "shared"}, press="Save")
    after = theirs.post({"covered": ["staff"], chips[1]: "absent"}, press="Save")
    assert run_form(after).values["covered"] == ["views", "staff"]
    assert [run_form(after).values[chip] for chip in chips[:2]] == [["shared"], ["absent"]]
    assert "Heard from 2 of" in after.main


def test_what_others_saved_comes_with_the_next_saving_by_itself_da_25(house):
    panel = a_called_case(house, 1)
    mine, theirs = at(panel, panel.coordinator), at(panel, panel.chair)
    run_form(theirs).post({"risk_victim": "Chair: very high."}, press="Save")
    scripted = {"Accept": "application/json", "X-Requested-With": "autosave"}
    values = {**run_form(mine).values, "information": "Police: arrest."}
    said = mine.client.post(f"{mine.url}/notes", values, headers=scripted).json
    assert said["newer"] == {"risk_victim": "Chair: very high."}
    values |= {"version": said["newer_version"], "risk_victim": "Chair: very high. He is on bail."}
    assert mine.client.post(f"{mine.url}/notes", values, headers=scripted).status == 200


def test_who_declares_a_conflict_on_their_own_device_loses_sight_of_the_case_at_once_da_5_sch_42(house):
    panel = a_called_case(house, 2)
    at(panel, panel.housing, "").press("I agree")
    page = at(panel, panel.housing, "/attendance/conflict")
    with panel.work(panel.coordinator) as session:
        named, reference = panel.item(session).id.hex, panel.item(session).case.reference
    assert page.client.get(f"/cases/{reference}").status == 200
    done = page.fill_and_post({"case": named})
    assert done.flashes == ["You are out of the room for that case. Leave the room until it is over."]
    assert done.client.get(f"/cases/{reference}").status == 404
    assert "Out of the room: Housing options" in at(panel, panel.coordinator).main
    assert "Out of the room" not in at(panel, panel.coordinator, "/run/2").main


def test_the_coordinator_records_who_steps_out(house):
    panel = a_called_case(house, 1)
    page = at(panel, panel.coordinator)
    refused = run_form(page).post(press="Step out")
    assert refused.status == 422
    place = next(one for one in run_form(page).choices["leaving"] if one)
    out = run_form(page).post({"leaving": place, "views": "Typed"}, press="Step out")
    assert "Out of the room: Metropolitan Police" in out.main
    assert run_form(out).values["views"] == ["Typed"]


def test_names_stand_on_the_shared_screen_only_when_the_chair_turns_them_on(house):
    panel = a_called_case(house, 1)
    run_form(at(panel, panel.coordinator)).post(
        {"risk_victim": "Amina is at 14 Elm Row, E1 0AA, ring 07700 900123"}, press="Save"
    )
    shared = at(panel, panel.coordinator, "/shared")
    assert "A is at (not shown here)" in shared.main
    assert "Show names" not in shared.main
    token = shared.form("/lock").values["csrf_token"]
    refused = shared.client.post(f"/panels/{panel.reference}/shared/names", {"csrf_token": token, "shown": "yes"})
    assert refused.status == 403
    named = at(panel, panel.chair, "/shared").press("Show names")
    assert named.h1 == "1 of 1: Amina Begum"
    assert "07700" not in named.text
    assert named.press("Show initials").h1 == "1 of 1: AB"


def test_the_shared_screen_knows_when_to_look_again_and_looking_is_no_sign_of_life(house):
    panel = a_called_case(house, 1)
    shared = at(panel, panel.coordinator, "/shared")
    poll = {"Accept": "application/json", "X-Requested-With": "poll"}

    def mark():
        return shared.client.get(f"/panels/{panel.reference}/shared/mark", headers=poll).json["mark"]

    before = mark()
    assert mark() == before
    assert f'data-mark="{before}"' in shared.html
    run_form(at(panel, panel.chair)).post({"risk_victim": "High."}, press="Save")
    assert mark() != before


def test_keys_are_turned_off_or_moved_and_a_letter_of_a_menu_is_refused(house):
    panel = a_called_case(house, 1)
    page = signed_in(panel.house, panel.coordinator).get("/account/shortcuts")
    menu = page.fill_and_post({"action": "F"})
    assert menu.errors == ["F opens a menu of the browser. Enter another letter"]
    assert page.fill_and_post({"action": "N"}).status == 422
    page.fill_and_post({"action": "j"})
    assert 'aria-keyshortcuts="Alt+J"' in at(panel, panel.coordinator).html
    page.client.get("/account/shortcuts").fill_and_post({"use": "off"})
    off = at(panel, panel.coordinator).html
    assert 'data-shortcuts="off"' in off
    assert "Alt+" not in off
    assert 'aria-keyshortcuts="Alt+A"' in at(panel, panel.chair).html
