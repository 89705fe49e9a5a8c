"""The pages after a meeting: gaps, approval on one page, who reads what, circulation, recall, amendment, documents."""

import pytest
import time_machine
from sqlalchemy import delete

from marac.models import Message
from marac.services.live import notes
from marac.services.minuting import reading_minutes
from marac.vocabulary import MinuteHeading
from tests.attacks.scene import SAME_SITE
from tests.builders import actor_for, signed_in
from tests.builders_panels import MORNING, a_held_panel, a_wall
from tests.pdf_text import said_in


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def at(panel, worker, path="/minutes"):
    return signed_in(panel.house, worker).get(f"/panels/{panel.reference}{path}")


def approved(house, cases=1):
    """Sent by the coordinator and approved by the chair, on their pages."""
    panel = a_held_panel(house, cases)
    at(panel, panel.coordinator).press("Send to the chair")
    at(panel, panel.chair).press("Approve")
    return panel


def circulated(house, cases=1):
    panel = approved(house, cases)
    at(panel, panel.coordinator, "/minutes/release").press("Circulate")
    return panel


def test_the_chair_sees_changes_marked_and_approves_with_one_button_ux_1_2(house):
    panel = a_held_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        version = notes.get_notes(session, actor, item)[MinuteHeading.VIEWS].version
        notes.save_note(session, actor, item, MinuteHeading.VIEWS, text="She disagreed.", version=version)
    at(panel, panel.coordinator).press("Send to the chair")
    page = at(panel, panel.chair)
    assert "1 section changed since the panel" in page.main
    assert "She disagreed." in page.words_of("ins")
    assert page.words_of("del")
    assert [button for button in page.words_of("main button") if button == "Approve"] == ["Approve"]
    assert "cannot be changed" in page.press("Approve").flashes[0]


def test_who_circulates_sees_each_persons_page_first(house):
    panel = approved(house)
    listed = at(panel, panel.coordinator).follow("See who will read what")
    assert "Hana Reed" in listed.main
    hers = at(panel, panel.coordinator, f"/minutes/release/{panel.housing.membership_id}")
    assert "Risk to the victim-survivor" in hers.main
    assert "Amina" not in hers.title
    done = listed.press("Circulate")
    assert done.flashes == ["Minutes circulated. Agencies were asked to sign in."]


def test_only_who_circulates_opens_the_preview(house):
    panel = approved(house)
    for worker in (panel.chair, panel.police, panel.housing):
        for path in ("/minutes/release", f"/minutes/release/{panel.housing.membership_id}"):
            assert at(panel, worker, path).status in (403, 404), (worker.role, path)


def test_after_a_recall_the_link_answers_withdrawn_and_shows_nothing(house):
    panel = circulated(house)
    assert at(panel, panel.housing).status == 200
    form = at(panel, panel.coordinator, "/minutes/recall")
    assert form.press("Recall").errors == ["Say why"]
    form.fill_and_post({"reason": "Sent too early"}, action="/recall")
    gone = at(panel, panel.housing)
    assert (gone.status, gone.h1) == (410, "Withdrawn")
    assert "Begum" not in gone.html
    assert "Sent too early" not in gone.html
    assert "Recalled" in at(panel, panel.coordinator).main


def test_an_amendment_leaves_what_members_read_until_it_is_out_again(house):
    panel = circulated(house)
    form = at(panel, panel.coordinator, "/minutes/amend/1")
    run = form.fill_and_post({"reason": "A date was wrong"}, action="/amend/1")
    assert run.flashes == ["A new version is a draft. Type what changes, then send it to the chair."]
    assert "Version 1." in at(panel, panel.housing).main
    at(panel, panel.coordinator).press("Send to the chair")
    at(panel, panel.chair).press("Approve")
    at(panel, panel.coordinator, "/minutes/release").press("Circulate")
    second = at(panel, panel.housing).main
    assert "Version 2." in second
    assert "A date was wrong" in second


def test_a_walled_person_finds_no_case_no_name_and_no_gap_in_the_numbers(house):
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.housing)
    at(panel, panel.coordinator).press("Send to the chair")
    at(panel, panel.chair).press("Approve")
    at(panel, panel.coordinator, "/minutes/release").press("Circulate")
    page = at(panel, panel.housing)
    assert "1. Doyle, Siobhan" in page.main
    assert "Begum" not in page.html


def test_minutes_carry_their_marks_for_print(house):
    panel = circulated(house)
    page = at(panel, panel.housing)
    assert page.main.count("OFFICIAL-SENSITIVE") == 2
    assert page.words_of("svg.app-watermark text") == ["Hana Reed, Housing options and homelessness prevention"]
    assert "minutes.css" in page.html


def test_action_lists_go_out_by_one_button_before_the_minutes_da_31(house):
    panel = a_held_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        session.execute(delete(Message))
    done = at(panel, panel.coordinator).press("Send the action lists now")
    assert done.flashes == ["1 agency can read their actions. They were asked to sign in."]
    assert "Send the action lists now" not in done.main


def test_a_copy_is_made_by_a_form_and_then_listed_da_57(house):
    panel = circulated(house)
    client = signed_in(panel.house, panel.housing)
    path = f"/panels/{panel.reference}/documents"
    page = client.get(path)
    assert page.press("Make a copy").errors == ["Select a document"]
    unsaid = page.fill_and_post({"kind": "minutes", "named": True}, action="/documents")
    assert unsaid.errors == ["Select why names are needed"]
    made = client.http.post(path, data=_form(page, kind="minutes"), **SAME_SITE)
    assert made.status_code == 200
    assert made.headers["Content-Disposition"].startswith('attachment; filename="casework-')
    assert made.headers["Cache-Control"] == "no-store"
    assert said_in(made.data, "Risk to the victim-survivor")
    assert not said_in(made.data, "Amina")
    assert "Minutes, version 1" in client.get(path).main


def _form(page, **typed):
    kept = page.form("/documents").values
    return {name: values[0] for name, values in kept.items() if values and values[0]} | typed


def test_what_the_service_says_and_what_the_page_shows_are_one(house):
    panel = circulated(house, 2)
    with panel.work(panel.police) as session:
        actor = actor_for(panel.police)
        found = reading_minutes.get_minutes(session, actor, panel.meeting(session))
        names = [one.line.name.split()[-1] for one in reading_minutes.compile_for(session, actor, found).sections]
    page = at(panel, panel.police)
    assert all(name in page.main for name in names)
    assert "stands in the words" not in page.main
