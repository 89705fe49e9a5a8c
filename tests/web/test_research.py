"""The research sheet: one page, Not known in one press, nothing typed is lost, no other answer is found (DA-21)."""

import pytest
import time_machine

from marac.services.meetings import research
from marac.vocabulary import ResearchState
from tests.builders import actor_for, signed_in
from tests.builders_panels import MORNING, a_published_panel

SCRIPTED = {"Accept": "application/json", "X-Requested-With": "autosave"}
SECRET = "Two calls to the flat in October"


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def at(panel, worker, path=""):
    client = signed_in(panel.house, worker)
    client.forbidden |= {"Amina Begum", "Siobhan Doyle"}
    return client.get(f"/research/{panel.reference}{path}")


def row_of(panel, worker, position=1):
    with panel.work(worker) as session:
        return panel.research(session, worker, position).id.hex


def victim_of(panel, worker, position=1):
    """The id of the person the case is about, as the tick box has it."""
    with panel.work(worker) as session:
        row = panel.research(session, worker, position)
        row = research.get_answer(session, actor_for(worker), row.id)
        return research.persons_in(session, [row.case_id])[row.case_id][0].id.hex


def state_of(panel, worker, position=1):
    with panel.work(worker) as session:
        return panel.research(session, worker, position).state


def people(session, row):
    return research.persons_in(session, [row.case_id])[row.case_id]


def test_the_list_leads_to_the_sheet_with_a_time_estimate(house):
    panel = a_published_panel(house, 2)
    page = signed_in(house, panel.housing).get("/research")
    assert "About 6 minutes" in page.main
    assert page.follow("What your agency knows").h1 == "What your agency knows"


def test_every_case_is_on_one_page_with_the_address_kept_back_da_4(house):
    panel = a_published_panel(house, 2)
    page = at(panel, panel.housing)
    rows = page.words_of(".app-research__row .app-research__who")
    assert rows[0].startswith("1. Begum, Amina")
    assert "Born 27 March 1991 (34)" in rows[0]
    assert "Address: Confidential" in rows[0]
    assert "Alleged perpetrator Karim Begum" in rows[0]
    assert "1 child" in rows[0]
    assert "0 of 2" in page.main


def test_known_is_sent_with_what_is_shared_and_a_missing_part_is_asked_for_beside_its_row(house):
    panel = a_published_panel(house, 2)
    row, page = row_of(panel, panel.housing), at(panel, panel.housing)
    nobody = page.fill_and_post({f"known_{row}": "known", f"private_note_{row}": "Rent arrears"})
    assert nobody.errors == ["Tick who is known to your agency (number 1)"]
    empty = nobody.fill_and_post({f"who_known_{row}": [victim_of(panel, panel.housing)]})
    assert empty.status == 422
    assert empty.errors == ["Say what you plan to share, or choose Nothing to share and say why (number 1)"]
    assert empty.form("/research/").values[f"private_note_{row}"] == ["Rent arrears"]
    sent = empty.fill_and_post({f"shared_{row}": SECRET, f"fact_or_opinion_{row}": "fact"})
    assert sent.flashes == ["Answers sent for 1 case."]
    assert state_of(panel, panel.housing) == ResearchState.RETURNED
    assert "1 of 2" in sent.main


def test_the_rest_is_named_and_marked_not_known_in_one_press_and_shrinks_to_initials_da_21(house):
    panel = a_published_panel(house, 3)
    row, page = row_of(panel, panel.housing), at(panel, panel.housing)
    ask = page.fill_and_post(
        {
            f"known_{row}": "known",
            f"who_known_{row}": [victim_of(panel, panel.housing)],
            f"shared_{row}": SECRET,
            f"fact_or_opinion_{row}": "fact",
        },
        press="Mark the rest not known",
    )
    assert ask.h1 == "Mark the rest not known"
    assert "Doyle, Siobhan" in ask.main
    assert "Begum, Amina" not in ask.main
    done = ask.press("Mark 2 people not known")
    assert done.flashes == ["2 cases marked as not known."]
    assert "Siobhan" not in done.text
    assert "2. SD" in done.main
    assert [state_of(panel, panel.housing, n) for n in (1, 2, 3)] == ["returned", "nil_return", "nil_return"]
    changed = done.press("Change the answer for number 2")
    assert "Doyle, Siobhan" in changed.main


def test_pressing_twice_has_one_effect(house):
    panel = a_published_panel(house, 2)
    ask = at(panel, panel.housing, "/rest")
    ask.press("Mark 2 people not known")
    again = ask.press("Mark 2 people not known")
    assert again.status == 200
    assert state_of(panel, panel.housing, 1) == ResearchState.NIL_RETURN


def test_the_page_saves_drafts_by_itself_and_sends_nothing(house):
    panel = a_published_panel(house, 2)
    row, page = row_of(panel, panel.housing), at(panel, panel.housing)
    values = page.form(f"/research/{panel.reference}").values
    scripted = {"Accept": "application/json", "X-Requested-With": "autosave"}
    values[f"private_note_{row}"] = "Half a sent"
    first = page.client.post(f"{page.url}/save", values, headers=scripted)
    assert first.status == 200
    values |= {"version": first.json["version"], f"private_note_{row}": "Half a sentence"}
    second = page.client.post(f"{page.url}/save", values, headers=scripted)
    assert second.status == 200
    assert state_of(panel, panel.housing) == ResearchState.IN_PROGRESS
    again = at(panel, panel.housing)
    assert again.form(f"/research/{panel.reference}").values[f"private_note_{row}"] == ["Half a sentence"]
    values[f"private_note_{row}"] = "Typed in another window"
    values["version"] = page.form(f"/research/{panel.reference}").values["version"]
    stale = page.client.post(f"{page.url}/save", values, headers=scripted)
    assert (stale.status, "both versions" in stale.json["message"]) == (409, True)


def test_the_page_saves_beside_a_case_that_closed_to_the_agency_when_it_answered_not_known(house):
    """What shrank to initials is neither read nor written when the rows beside it are saved."""
    panel = a_published_panel(house, 2)
    with panel.work(panel.housing) as session:
        research.get_sheet(session, actor_for(panel.housing), panel.meeting(session))
        research.answer_not_known(session, actor_for(panel.housing), panel.research(session, panel.housing, 2))
    row, page = row_of(panel, panel.housing), at(panel, panel.housing)
    values = page.form(f"/research/{panel.reference}").values | {f"private_note_{row}": "Known since May"}
    saved = page.client.post(f"{page.url}/save", values, headers=SCRIPTED)
    assert (saved.status, row in saved.json["version"]) == (200, True)


def test_a_colleagues_change_gives_409_with_both_versions_and_untouched_rows_do_not_clash(house):
    panel = a_published_panel(house, 2)
    first, second = row_of(panel, panel.housing, 1), row_of(panel, panel.housing, 2)
    mine, theirs = at(panel, panel.housing), at(panel, panel.housing)
    mine_too = mine.client.get(mine.url)
    theirs.fill_and_post({f"private_note_{first}": "Their note"})
    other = mine.fill_and_post({f"private_note_{second}": "My note on another"})
    assert other.status == 200
    clash = mine_too.fill_and_post({f"private_note_{first}": "My note"})
    assert clash.status == 409
    assert "My note" in clash.main
    assert "Their note" in clash.main


def test_another_agencys_answer_is_found_by_no_address_before_it_is_opened_da_1(house):
    panel = a_published_panel(house, 1)
    with panel.work(panel.police) as session:
        actor = actor_for(panel.police)
        row = research.get_answer(session, actor, panel.research(session, panel.police).id)
        said = {
            "fact_or_opinion": "fact",
            **dict.fromkeys(("shared", "private_note", "suggested", "since_then"), SECRET),
        }
        research.save_answer(session, actor, row, who_known=[one.id.hex for one in people(session, row)], **said)
        research.share_answer(session, actor, row)
        their_row, case = row.id, panel.item(session).case.reference
    for worker in (panel.housing, panel.coordinator):
        client = signed_in(house, worker)
        paths = (
            f"/research/{panel.reference}", f"/panels/{panel.reference}", f"/panels/{panel.reference}/research",
            f"/cases/{case}/research", f"/cases/{case}",
        )  # fmt: skip
        for path in paths:
            assert SECRET not in client.get(path).response.get_data(as_text=True), path
        page = client.get(f"/research/{panel.reference}")
        token = page.form(holding={"csrf_token"}).values["csrf_token"][0] if page.all("main form") else ""
        token = token or page.all("input[name=csrf_token]")[0].attrs["value"]
        refused = client.post(f"/research/{panel.reference}/{their_row}/reopen", {"csrf_token": token})
        assert refused.status == 404
    assert state_of(panel, panel.police) == ResearchState.RETURNED


def test_a_row_asks_of_each_person_and_takes_what_was_checked_and_suggested_da_21(house):
    panel = a_published_panel(house, 1)
    row, page = row_of(panel, panel.housing), at(panel, panel.housing)
    assert len(page.form("/research/").choices[f"who_known_{row}"]) == 3
    assert "1 child: Child 1, about 7" in page.main
    page.fill_and_post({
        f"known_{row}": "known", f"who_known_{row}": [victim_of(panel, panel.housing)], f"suggested_{row}": "A move",
        f"systems_checked_{row}": "Northgate", f"nothing_because_{row}": "Held for the landlord",
    })  # fmt: skip
    assert state_of(panel, panel.housing) == ResearchState.RETURNED


def test_the_sheet_to_print_is_marked_numbered_and_has_a_watermark(house):
    panel = a_published_panel(house, 1)
    page = at(panel, panel.housing).follow("A sheet to print")
    assert "OFFICIAL-SENSITIVE. Personal data. Do not forward or copy." in page.main
    assert page.all("svg.app-watermark")
    assert "Begum, Amina" in page.main
    assert "Elm Row" not in page.main


def test_the_matrix_says_in_late_or_nil_of_each_agency_da_22(house):
    panel = a_published_panel(house, 1)
    ask = at(panel, panel.housing, "/rest")
    ask.press("Mark 1 person not known")
    page = signed_in(house, panel.coordinator).get(f"/panels/{panel.reference}/research")
    assert "Nil: knows nobody" in page.main
    assert "Late" in page.main


def test_a_repeats_last_plan_and_what_is_outstanding_have_pages_of_their_own_da_26_da_29(house):
    panel = a_published_panel(house, 1)
    client = signed_in(house, panel.coordinator)
    page = client.get(f"/panels/{panel.reference}/outstanding")
    assert "Nothing is outstanding from earlier meetings." in page.main
    page = client.get(f"/panels/{panel.reference}/run/1/worked")
    assert "This case has no earlier plan." in page.main
