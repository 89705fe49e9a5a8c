"""Agency research: DA-1, DA-21, DA-22, DA-46 and data minimisation after Not known."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select

from marac import access, clock, notifications
from marac.crypto import vault
from marac.crypto.vault import SealedShut
from marac.errors import NotAllowed, NotFound, RuleBroken, StaleEdit, WrongState
from marac.models import AuditEntry, Case, Meeting, Message, Research
from marac.services.keeping.deployment import unit_of_work
from marac.services.live import running
from marac.services.meetings import agenda, attendance, chasing, panels, research
from marac.vocabulary import CaseState, PersonRole, ResearchState, Role
from tests.builders import a_user, actor_for
from tests.builders_panels import (
    MORNING,
    a_called_case,
    a_meeting,
    a_published_panel,
    a_running_panel,
    a_wall,
    hear,
)

KNOWN = {
    "shared": "Two calls to the flat in October.",
    "fact_or_opinion": "fact",
    "private_note": "Source is a neighbour.",
}


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def answer(panel, worker, position=1, **facts):
    """One agency answers Known."""
    with panel.work(worker) as session:
        actor = actor_for(worker)
        row = research.get_answer(session, actor, panel.research(session, worker, position).id)
        known = [one.id.hex for one in research.persons_in(session, [row.case_id])[row.case_id]][:1]
        research.save_answer(session, actor, row, **{**KNOWN, "who_known": known, **facts})
        research.share_answer(session, actor, row)


def test_a_sheet_lists_every_case_with_names_and_never_the_persons_address_da_4(house):
    panel = a_published_panel(house, 2)
    with panel.work(panel.housing) as session:
        sheet = research.get_sheet(session, actor_for(panel.housing), panel.meeting(session))
        assert [one.people.name for one in sheet.answers] == ["Amina Begum", "Siobhan Doyle"]
        assert sheet.answers[0].people.perpetrators[0]["full_name"] == "Karim Begum"
        assert sheet.answers[0].people.children == 1
        assert sheet.answers[0].addresses == ("14 Elm Row E1 0AA",)
        opened = {why for (_case, compartment, why) in vault.current().counts() if compartment == "location"}
        assert opened <= {"places"}, "opened to compare it with the alleged perpetrator's, never to show it"
        assert (sheet.answered, len(sheet.rest)) == (0, 2)


def test_known_needs_something_to_share_or_why_nothing_and_fact_or_opinion_da_21(house):
    panel = a_published_panel(house, 1)
    with panel.work(panel.housing) as session:
        actor = actor_for(panel.housing)
        row = research.get_answer(session, actor, panel.research(session, panel.housing).id)
        kept = {"private_note": "Rent arrears"}
        research.save_answer(session, actor, row, **kept)
        with pytest.raises(RuleBroken) as refusal:
            research.share_answer(session, actor, row)
        assert refusal.value.field == "who_known"
        child = research.persons_in(session, [row.case_id])[row.case_id][-1]
        assert (child.role, child.name) == (PersonRole.CHILD, "Child 1")
        kept["who_known"] = [child.id.hex, uuid4().hex]
        research.save_answer(session, actor, row, **kept)
        assert row.who_known == (child.id.hex,)
        with pytest.raises(RuleBroken) as refusal:
            research.share_answer(session, actor, row)
        assert refusal.value.field == "nothing_to_share_because"
        research.save_answer(session, actor, row, shared="Asked to move in May", **kept)
        with pytest.raises(RuleBroken) as refusal:
            research.share_answer(session, actor, row)
        assert refusal.value.field == "fact_or_opinion"
        research.save_answer(session, actor, row, nothing_because="Held for the landlord", **kept)
        assert research.share_answer(session, actor, row).state == ResearchState.RETURNED


def test_the_rest_is_not_known_in_one_action_and_what_was_begun_is_left_da_21(house):
    panel = a_published_panel(house, 4)
    actor = actor_for(panel.housing)
    with panel.work(panel.housing) as session:
        begun = research.get_answer(session, actor, panel.research(session, panel.housing, 2).id)
        research.save_answer(session, actor, begun, private_note="Look again")
        named = [one.research.id for one in research.get_sheet(session, actor, panel.meeting(session)).rest]
        assert research.mark_rest_not_known(session, actor, panel.meeting(session), named) == 3
        assert research.mark_rest_not_known(session, actor, panel.meeting(session), named) == 0
        states = [panel.research(session, panel.housing, n).state for n in (1, 2, 3, 4)]
        assert states.count(ResearchState.NIL_RETURN) == 3
        assert states[1] == ResearchState.IN_PROGRESS


def test_after_not_known_the_case_is_gone_for_the_agency_but_the_row_can_be_answered_again(house):
    panel = a_published_panel(house, 1)
    actor = actor_for(panel.housing)
    with panel.work(panel.housing) as session:
        row = research.get_answer(session, actor, panel.research(session, panel.housing).id)
        research.answer_not_known(session, actor, row)
    with panel.work(panel.housing) as session:
        case = session.get_one(Case, panel.case_ids[0])
        assert not access.may(actor, access.policy.P.CASE_READ, case)
        assert agenda.list_items(session, actor, panel.meeting(session)) == []
        sheet = research.get_sheet(session, actor, panel.meeting(session))
        assert [(one.shrunk, one.known, one.editable) for one in sheet.answers] == [(True, "not_known", True)]
        assert sheet.answers[0].addresses == ()
    with panel.work(panel.housing) as session:
        row = research.get_answer(session, actor, panel.research(session, panel.housing).id)
        research.reopen_answer(session, actor, row)
        sheet = research.get_sheet(session, actor, panel.meeting(session))
        assert [(one.shrunk, one.editable) for one in sheet.answers] == [(False, True)]


def test_the_referring_agency_keeps_its_case_after_not_known(house):
    panel = a_published_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        idva = a_user(session, house, Role.IDVA, "solace")
    with panel.work(idva) as session:
        row = research.get_answer(session, actor_for(idva), panel.research(session, idva).id)
        research.answer_not_known(session, actor_for(idva), row)
        assert len(agenda.list_items(session, actor_for(idva), panel.meeting(session))) == 1


def test_not_known_is_not_said_over_notes_that_were_typed(house):
    panel = a_published_panel(house, 1)
    with panel.work(panel.housing) as session:
        actor = actor_for(panel.housing)
        row = research.get_answer(session, actor, panel.research(session, panel.housing).id)
        research.save_answer(session, actor, row, private_note="Rent arrears")
        with pytest.raises(RuleBroken):
            research.answer_not_known(session, actor, row)


def test_another_agencys_research_has_no_key_before_the_case_is_called_da_1(house):
    panel = a_published_panel(house, 1)
    answer(panel, panel.police)
    answer(panel, panel.housing)
    pairs = ((panel.housing, panel.police), (panel.coordinator, panel.police), (panel.chair, panel.housing))
    for reader, owner in pairs:
        with panel.work(reader) as session:
            actor, item = actor_for(reader), panel.item(session)
            theirs = panel.research(session, owner)
            with pytest.raises(NotFound):
                research.get_answer(session, actor, theirs.id)
            access.open_case(actor, item.case)
            research.get_sheet(session, actor, panel.meeting(session))
            agenda.view_agenda(session, actor, panel.meeting(session))
            for field in ("shared", "fact_or_opinion", "private_note"):
                with pytest.raises(SealedShut):
                    getattr(session.get_one(Research, theirs.id), field)
            heard = {one.agency: one.shared for one in research.list_heard(session, actor, item)}
            assert set(heard.values()) == {""}


def test_closing_research_opens_it_to_the_chair_and_not_to_other_agencies_da_22(house):
    panel = a_published_panel(house, 1)
    answer(panel, panel.police)
    with panel.work(panel.coordinator) as session:
        panels.close_research(session, actor_for(panel.coordinator), panel.meeting(session))
    with panel.work(panel.chair) as session:
        heard = research.list_heard(session, actor_for(panel.chair), panel.item(session))
        assert [one.shared for one in heard if one.shared] == [KNOWN["shared"]]
    with panel.work(panel.housing) as session:
        heard = research.list_heard(session, actor_for(panel.housing), panel.item(session))
        assert [one.shared for one in heard if one.shared] == []


def test_what_was_shared_opens_to_the_room_when_the_case_is_called_and_private_notes_never_da_21_da_46(house):
    panel = a_running_panel(house, 1)
    answer(panel, panel.police)
    with panel.work(panel.coordinator) as session:
        running.call_item(session, actor_for(panel.coordinator), panel.item(session))
    with panel.work(panel.housing) as session:
        actor, item = actor_for(panel.housing), panel.item(session)
        assert not any(one.shared for one in research.list_heard(session, actor, item)), "before they agreed (DA-23)"
        attendance.agree(session, actor, panel.meeting(session))
        heard = [one for one in research.list_heard(session, actor, item) if one.shared]
        assert [(one.state, one.shared, one.fact_or_opinion) for one in heard] == [
            (ResearchState.RELEASED, KNOWN["shared"], "fact")
        ]
        assert heard[0].agency.startswith("Metropolitan Police")
        assert heard[0].returned_at is not None
        with pytest.raises(SealedShut):
            _ = panel.research(session, panel.police).private_note


def test_a_late_answer_is_opened_by_the_coordinator_while_the_case_is_heard(house):
    panel = a_called_case(house, 1)
    answer(panel, panel.housing)
    with panel.work(panel.coordinator) as session:
        assert research.release_late(session, actor_for(panel.coordinator), panel.item(session)) == 1
        assert panel.research(session, panel.housing).state == ResearchState.RELEASED


def test_after_the_hearing_nothing_more_is_answered(house):
    panel = a_called_case(house, 1)
    with panel.work(panel.coordinator) as session:
        hear(session, actor_for(panel.coordinator), panel.item(session))
        assert panel.item(session).case.state == CaseState.HEARD
    with panel.work(panel.housing) as session:
        actor = actor_for(panel.housing)
        row = research.get_answer(session, actor, panel.research(session, panel.housing).id)
        with pytest.raises(RuleBroken):
            research.save_answer(session, actor, row, private_note="Late")


def test_two_people_of_one_agency_do_not_overwrite_each_other(house):
    panel = a_published_panel(house, 1)
    actor = actor_for(panel.housing)
    with panel.work(panel.housing) as session:
        row = research.get_answer(session, actor, panel.research(session, panel.housing).id)
        seen = row.version_id
        research.save_answer(session, actor, row, private_note="First", version=seen)
        research.save_answer(session, actor, row, private_note="First", version=seen)
        with pytest.raises(StaleEdit):
            research.save_answer(session, actor, row, private_note="Second", version=seen)


def test_a_case_behind_a_wall_is_on_no_sheet(house):
    panel = a_published_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.housing)
    with panel.work(panel.housing) as session:
        actor = actor_for(panel.housing)
        sheet = research.get_sheet(session, actor, panel.meeting(session))
        assert [(one.number, one.people.name) for one in sheet.answers] == [(1, "Siobhan Doyle")]
        with pytest.raises(NotFound):
            research.get_answer(session, actor, panel.research(session, panel.housing).id)


def test_the_matrix_counts_replies_and_one_press_chases_those_missing_once_a_day_da_22_sch_43(house):
    panel = a_published_panel(house, 2)
    answer(panel, panel.police)
    with panel.work(panel.housing) as session:
        actor = actor_for(panel.housing)
        named = [one.research.id for one in research.get_sheet(session, actor, panel.meeting(session)).rest]
        research.mark_rest_not_known(session, actor, panel.meeting(session), named)
    with panel.work(panel.coordinator) as session:
        actor, meeting = actor_for(panel.coordinator), panel.meeting(session)
        matrix = chasing.view_matrix(session, actor, meeting)
        rows = {row.agency_id: row for row in matrix.rows}
        assert (rows[panel.police.agency_id].answered, rows[panel.police.agency_id].missing) == (1, 1)
        assert panel.housing.agency_id not in {row.agency_id for row in matrix.missing}
        everyone = list(rows)
        assert chasing.chase(session, actor, meeting, everyone) == len(matrix.missing)
        chasing.chase(session, actor, meeting, everyone)
        chases = session.scalars(select(Message).where(Message.subject_key.like("chase:%"))).all()
        assert {message.user_id for message in chases} >= {panel.police.id}
        assert panel.housing.id not in {message.user_id for message in chases}
        assert len({message.user_id for message in chases}) == len(chases)
        with pytest.raises(RuleBroken):
            chasing.chase(session, actor, meeting, [panel.housing.agency_id])
    with panel.work(panel.housing) as session, pytest.raises(NotAllowed):
        chasing.view_matrix(session, actor_for(panel.housing), panel.meeting(session))


def again_after_two_weeks(panel):
    """The case is listed again for a later meeting whose agenda is out, research asked anew; the sheet's reference."""
    with unit_of_work(panel.house) as session:
        case = session.get_one(Case, panel.case_ids[0])
        case.state = CaseState.RECEIVED
        later = a_meeting(session, starts_at=clock.now() + timedelta(days=14)).id
    with panel.work(panel.coordinator) as session:
        actor, meeting = actor_for(panel.coordinator), session.get_one(Meeting, later)
        panels.list_case_on(session, actor, meeting, session.get_one(Case, panel.case_ids[0]), conflict_checked=True)
        panels.publish_agenda(session, actor, meeting)
    return later


def test_a_repeat_shows_an_agency_its_own_earlier_answer_and_asks_what_changed_da_26(house):
    panel = a_running_panel(house, 1)
    answer(panel, panel.housing, last_contact="3 June, by phone")
    answer(panel, panel.police, shared="Called out twice")
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        running.call_item(session, actor, panel.item(session))
        hear(session, actor, panel.item(session))
        running.finish_meeting(session, actor, panel.meeting(session))
    later = again_after_two_weeks(panel)
    with panel.work(panel.housing) as session:
        actor, meeting = actor_for(panel.housing), session.get_one(Meeting, later)
        (one,) = research.get_sheet(session, actor, meeting).answers
        assert (one.before.shared, one.before.last_contact) == (KNOWN["shared"], "3 June, by phone")
        assert one.before.private_note == KNOWN["private_note"]
        assert one.research.state == ResearchState.REQUESTED
        old = panel.research(session, panel.housing)
        assert old.item.case.state == CaseState.LISTED
        with pytest.raises((RuleBroken, WrongState)):
            research.reopen_answer(session, actor, old)
    with panel.work(panel.coordinator) as session:
        rows = chasing.view_matrix(session, actor_for(panel.coordinator), session.get_one(Meeting, later)).rows
        assert {row.standing for row in rows} == {"Waiting"}


def test_nothing_is_asked_any_more_once_the_case_was_heard_da_22(house):
    """Neither the work list nor the mail counts what a held meeting never got."""
    panel = a_running_panel(house, 1)
    with panel.work(panel.housing) as session:
        assert [asked for _meeting, _answered, asked in research.list_asked(session, actor_for(panel.housing))] == [1]
        assert notifications._work_by_when(session, panel.housing.id)[-1].startswith("Answers to give: 1")
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        running.call_item(session, actor, panel.item(session))
        hear(session, actor, panel.item(session))
    with panel.work(panel.housing) as session:
        assert research.list_asked(session, actor_for(panel.housing)) == []
        assert not any("Answers to give" in line for line in notifications._work_by_when(session, panel.housing.id))
        row = research.get_answer(session, actor_for(panel.housing), panel.research(session, panel.housing).id)
        with pytest.raises(RuleBroken):
            research.save_answer(session, actor_for(panel.housing), row, shared="Too late")
    with panel.work(panel.coordinator) as session:
        matrix = chasing.view_matrix(session, actor_for(panel.coordinator), panel.meeting(session))
        assert matrix.missing == ()


def test_what_an_agency_suggests_comes_to_the_chair_with_who_is_known_when_the_case_is_called_da_21(house):
    panel = a_running_panel(house, 1)
    answer(panel, panel.housing, suggested="Management transfer", systems_checked="Northgate")
    with panel.work(panel.chair) as session:
        heard = research.list_heard(session, actor_for(panel.chair), panel.item(session))
        assert not any(one.suggested or one.known for one in heard)
    with panel.work(panel.coordinator) as session:
        running.call_item(session, actor_for(panel.coordinator), panel.item(session))
    with panel.work(panel.chair) as session:
        heard = research.list_heard(session, actor_for(panel.chair), panel.item(session))
        (found,) = [one for one in heard if one.suggested]
        assert (found.suggested, found.systems_checked, found.known) == (
            "Management transfer", "Northgate", ("Amina Begum",),
        )  # fmt: skip


def test_each_print_of_a_sheet_has_a_number_of_its_own_in_the_trail_da_3(house):
    panel = a_published_panel(house, 1)
    with panel.work(panel.housing) as session:
        actor = actor_for(panel.housing)
        copies = {research.print_sheet(session, actor, panel.meeting(session))[1] for _ in range(2)}
        assert len(copies) == 2
    with house.reader() as session:
        printed = session.scalars(select(AuditEntry).where(AuditEntry.tag == "research:printed")).all()
        assert {json.loads(one.body)["keys"]["copy"].upper() for one in printed} == copies
