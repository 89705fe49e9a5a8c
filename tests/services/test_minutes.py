"""Minutes: compiled, approved by a second person, circulated, read by whoever may (DA-30)."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, select, update

from marac import access, clock
from marac.errors import IntegrityFailure, NotAllowed, NotFound, RuleBroken, StepUpNeeded, Withdrawn, WrongState
from marac.models import (
    Action,
    CaseAgency,
    Deadline,
    IssuedDocument,
    Membership,
    Message,
    Minutes,
    MinutesPage,
    NamedPerson,
)
from marac.services.casework import case_page, case_tabs
from marac.services.live import notes
from marac.services.meetings import agenda, attendance, meeting_dates
from marac.services.minuting import documents, minutes, reading_minutes, release, words_leaving
from marac.vocabulary import (
    AttendanceState,
    CaseState,
    DocumentKind,
    DocumentState,
    LeavingAs,
    MeetingState,
    MinuteHeading,
    MinutesState,
    Role,
)
from tests.builders import a_user, actor_for
from tests.builders_panels import MORNING, a_held_panel, a_meeting, a_wall


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def send(panel, worker=None):
    """The coordinator sends the minutes to the chair."""
    worker = worker or panel.coordinator
    with panel.work(worker) as session:
        actor = actor_for(worker)
        minutes.submit_minutes(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))


def approve(panel):
    with panel.work(panel.chair) as session:
        actor = actor_for(panel.chair)
        minutes.approve_minutes(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))


def issue(panel):
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        minutes.issue_minutes(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))


def test_gaps_name_the_case_and_what_was_not_covered_da_30(house):
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        notes.save_covered(session, actor, panel.item(session, 1), list(notes.aims_of(panel.item(session, 1))))
        gaps = minutes.list_gaps(session, actor, panel.meeting(session))
        assert [gap.number for gap in gaps if "covered" in gap.text] == [2]
        assert any("Risk to staff" in gap.text for gap in gaps)
        assert [gap.number for gap in gaps if gap.text.startswith("No action and no reason")] == [1, 2], (
            "one line a case"
        )


def test_nobody_approves_what_they_sent_and_the_words_stand_still_da_30(house):
    panel = a_held_panel(house, 1)
    send(panel, panel.chair)
    with panel.work(panel.chair) as session:
        actor = actor_for(panel.chair)
        with pytest.raises(RuleBroken) as refusal:
            minutes.approve_minutes(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))
        assert refusal.value.field == "approver"
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        item = panel.item(session)
        version = notes.get_notes(session, actor, item)[MinuteHeading.VIEWS].version
        with pytest.raises(WrongState):
            notes.save_note(session, actor, item, MinuteHeading.VIEWS, text="Changed", version=version)
        with pytest.raises(NotAllowed):
            minutes.approve_minutes(session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session)))


def test_the_chair_sends_back_with_a_reason_and_then_it_may_be_typed_again(house):
    panel = a_held_panel(house, 1)
    send(panel)
    with panel.work(panel.chair) as session:
        actor = actor_for(panel.chair)
        found = reading_minutes.get_minutes(session, actor, panel.meeting(session))
        with pytest.raises(RuleBroken):
            minutes.send_back(session, actor, found, reason=" ")
        assert minutes.send_back(session, actor, found, reason="Say who was present").state == MinutesState.DRAFT
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session)
        version = notes.get_notes(session, actor, item)[MinuteHeading.VIEWS].version
        assert notes.save_note(session, actor, item, MinuteHeading.VIEWS, text="Put right", version=version).text


def test_circulating_prompts_agencies_moves_cases_on_and_closes_attendance_da_30(house):
    panel = a_held_panel(house, 1)
    send(panel)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        found = reading_minutes.get_minutes(session, actor, panel.meeting(session))
        with pytest.raises(WrongState):
            minutes.issue_minutes(session, actor, found)
    approve(panel)
    issue(panel)
    with panel.work(panel.coordinator) as session:
        actor, meeting = actor_for(panel.coordinator), panel.meeting(session)
        assert panel.item(session).case.state == CaseState.ISSUED
        prompts = select(Message.user_id).where(Message.template == "minutes_issued")
        assert panel.housing.id in set(session.scalars(prompts))
        place = attendance.list_places(session, actor, meeting)[0]
        row = attendance.get_place(session, actor, meeting, place.id)
        with pytest.raises(WrongState):
            attendance.record_attendance(session, actor, row, state=AttendanceState.APOLOGIES)


def test_members_read_circulated_minutes_of_the_cases_they_may_see_and_no_others(house):
    panel = a_held_panel(house, 2)
    with panel.work(panel.housing) as session, pytest.raises(NotFound):
        reading_minutes.get_minutes(session, actor_for(panel.housing), panel.meeting(session))
    send(panel)
    approve(panel)
    issue(panel)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.housing)
    with panel.work(panel.housing) as session:
        actor = actor_for(panel.housing)
        found = reading_minutes.get_minutes(session, actor, panel.meeting(session))
        document = reading_minutes.compile_for(session, actor, found)
        assert [(one.line.number, one.line.name) for one in document.sections] == [(1, "Siobhan Doyle")]
        assert document.sections[0].open
        assert MinuteHeading.RISK_STAFF in dict(document.sections[0].notes)
        assert [action.text for action in document.sections[0].actions] == ["Apply for a protection order"]
        assert len(agenda.list_items(session, actor, panel.meeting(session))) == 1


def test_a_draft_is_not_read_by_a_member_at_its_own_stage(house):
    panel = a_held_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        document = reading_minutes.compile_for(session, actor, found_in(session, panel))
        assert document.sections[0].who_tells == "Ida Sender, Solace"
        here = {"Paul Grey", "Cora Held"}
        assert len(document.present) == 2, "who opened the meeting agreed by that"
        assert here & {seat.person_name for seat in document.present} == {"Paul Grey"}
        assert document.apologies


def out(house, cases=1):
    """A panel whose minutes were circulated."""
    panel = a_held_panel(house, cases)
    send(panel)
    approve(panel)
    issue(panel)
    return panel


def found_in(session, panel):
    return session.scalars(select(Minutes).where(Minutes.meeting_id == panel.meeting_id)).one()


def read_as(panel, worker):
    """What this person reads, heading -> words of the first case, with the version."""
    with panel.work(worker) as session:
        actor = actor_for(worker)
        document = reading_minutes.compile_for(
            session, actor, reading_minutes.get_minutes(session, actor, panel.meeting(session))
        )
        return document.number, [dict(section.notes) for section in document.sections]


def retype(panel, text, heading=MinuteHeading.VIEWS, position=1):
    with panel.work(panel.coordinator) as session:
        actor, item = actor_for(panel.coordinator), panel.item(session, position)
        version = notes.get_notes(session, actor, item)[heading].version
        notes.save_note(session, actor, item, heading, text=text, version=version)


def amend(panel, reason="Her brother's name was wrong", position=1):
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        minutes.amend_minutes(session, actor, found_in(session, panel), panel.item(session, position), reason=reason)


def recall(panel, reason="Sent too early"):
    with panel.work(panel.coordinator) as session:
        minutes.recall_minutes(session, actor_for(panel.coordinator), found_in(session, panel), reason=reason)


def test_the_chair_sees_what_changed_since_the_panel_word_by_word(house):
    panel = a_held_panel(house, 2)
    retype(panel, "Her or his views: said and disputed.")
    send(panel)
    with panel.work(panel.chair) as session:
        actor = actor_for(panel.chair)
        document = reading_minutes.compile_for(session, actor, found_in(session, panel))
        assert document.changed == 1
        pieces = document.sections[0].changes[MinuteHeading.VIEWS]
        assert ("gone", "agreed.") in {(kind, words.strip()) for kind, words in pieces}
        assert ("new", "disputed.") in {(kind, words.strip()) for kind, words in pieces}
        assert not document.sections[1].changes


def test_an_approved_version_never_changes_and_an_amendment_is_a_new_one_with_a_note_da_30(house):
    panel = out(house)
    before = read_as(panel, panel.police)
    with pytest.raises(RuleBroken):
        amend(panel, " ")
    amend(panel)
    retype(panel, "Put right")
    assert read_as(panel, panel.police) == before, "members go on reading the version that was circulated"
    send(panel)
    approve(panel)
    assert read_as(panel, panel.police) == before
    issue(panel)
    number, cases = read_as(panel, panel.police)
    assert (number, cases[0][MinuteHeading.VIEWS]) == (2, "Put right")
    with panel.work(panel.police) as session:
        actor = actor_for(panel.police)
        document = reading_minutes.compile_for(session, actor, found_in(session, panel))
        assert document.sections[0].amended_because == "Her brother's name was wrong"
        prompts = select(Message).where(Message.template == "minutes_issued", Message.user_id == panel.police.id)
        assert len(session.scalars(prompts).all()) == 2, "told of each version"
        pages = session.scalars(select(MinutesPage).order_by(MinutesPage.number)).all()
        assert [page.number for page in pages] == [0, 1, 2]


def test_the_writer_of_an_amendment_cannot_approve_it(house):
    panel = out(house)
    with panel.work(panel.chair) as session:
        actor = actor_for(panel.chair)
        minutes.amend_minutes(session, actor, found_in(session, panel), panel.item(session), reason="A date")
    send(panel, panel.chair)
    with panel.work(panel.chair) as session, pytest.raises(RuleBroken):
        minutes.approve_minutes(session, actor_for(panel.chair), found_in(session, panel))


def test_the_note_of_one_version_does_not_stand_in_the_next(house):
    panel = out(house, 2)
    for position, reason in ((1, "First"), (2, "Second")):
        amend(panel, reason, position)
        send(panel)
        approve(panel)
        issue(panel)
    with panel.work(panel.coordinator) as session:
        document = reading_minutes.compile_for(session, actor_for(panel.coordinator), found_in(session, panel))
        assert [section.amended_because for section in document.sections] == ["", "Second"]


def test_actions_reported_on_later_do_not_change_what_the_minutes_say(house):
    panel = out(house)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        access.open_case(actor, panel.item(session).case)
        action = session.scalars(select(Action).where(Action.item_id == panel.item(session).id)).one()
        action.text = "Something else entirely"
    with panel.work(panel.police) as session:
        document = reading_minutes.compile_for(session, actor_for(panel.police), found_in(session, panel))
        assert [one.text for one in document.sections[0].actions] == ["Apply for a protection order"]


def test_recalled_minutes_answer_withdrawn_and_readers_and_copy_holders_are_told(house):
    panel = out(house)
    with panel.work(panel.police) as session:
        meeting = panel.meeting(session)
        documents.make_document(session, actor_for(panel.police), meeting, DocumentKind.MINUTES)
    with panel.work(panel.coordinator) as session, pytest.raises(RuleBroken):
        minutes.recall_minutes(session, actor_for(panel.coordinator), found_in(session, panel), reason="")
    with time_machine.travel(MORNING + timedelta(minutes=30), tick=True):
        recall(panel)
    with panel.work(panel.police) as session:
        actor = actor_for(panel.police)
        with pytest.raises(Withdrawn):
            reading_minutes.compile_for(session, actor, found_in(session, panel))
        assert session.scalars(select(IssuedDocument.state)).one() == DocumentState.RECALLED
        told = session.scalars(select(Message).where(Message.user_id == panel.police.id)).all()
        assert sum(one.template == "minutes_issued" for one in told) >= 2
        with pytest.raises(NotAllowed):
            documents.make_document(session, actor, panel.meeting(session), DocumentKind.MINUTES)
    issue(panel)
    assert read_as(panel, panel.police)[0] == 1


def test_for_ten_minutes_nobody_is_told_and_a_recall_then_is_heard_of_by_nobody(house):
    panel = out(house)
    prompts = select(Message).where(Message.template == "minutes_issued", Message.path.endswith("/minutes"))
    with panel.work(panel.coordinator) as session:
        waiting = [one for one in session.scalars(prompts) if one.user_id == panel.housing.id]
        assert [one.due_at - one.enqueued_at >= timedelta(minutes=9) for one in waiting] == [True]
        assert minutes.untold(found_in(session, panel))
    recall(panel)
    with panel.work(panel.coordinator) as session:
        assert [one for one in session.scalars(prompts) if one.user_id == panel.housing.id] == []


def test_the_page_of_a_restricted_case_waits_for_a_second_person_and_nobody_else_hears_of_it(house):
    """Who is not named sees neither the case nor that something waits (security 7)."""
    panel = out(house)
    with panel.work(panel.chair) as session:
        case = panel.item(session).case
        case.restricted = True
        for worker in (panel.coordinator, panel.chair, panel.police):
            facts = {"partnership_id": worker.partnership_id, "case_id": case.id, "user_id": worker.id}
            session.add(NamedPerson(**facts))
        other = a_user(session, house, Role.COORDINATOR, "vawg_team")
    with panel.work(panel.police) as session:
        document = reading_minutes.compile_for(session, actor_for(panel.police), found_in(session, panel))
        assert [one.open for one in document.sections] == [False]
        with pytest.raises(NotFound):
            minutes.release_page(session, actor_for(panel.police), found_in(session, panel), panel.item(session).id)
    with panel.work(other) as session:
        actor, found = actor_for(other), found_in(session, panel)
        assert minutes.list_held_back(session, actor, found) == []
        with pytest.raises(NotFound):
            minutes.release_page(session, actor, found, panel.item(session).id)
    with panel.work(panel.coordinator) as session:
        actor, found = actor_for(panel.coordinator), found_in(session, panel)
        assert [one.number for one in minutes.list_held_back(session, actor, found)] == [1]
        with pytest.raises(RuleBroken, match="Somebody else"):
            minutes.release_page(session, actor, found, panel.item(session).id)
    with panel.work(panel.chair) as session:
        actor, found = actor_for(panel.chair), found_in(session, panel)
        minutes.release_page(session, actor, found, panel.item(session).id)
        assert minutes.list_held_back(session, actor, found) == []
    with panel.work(panel.police) as session:
        document = reading_minutes.compile_for(session, actor_for(panel.police), found_in(session, panel))
        assert [one.open for one in document.sections] == [True]


def test_the_release_marks_who_is_new_and_whose_mail_goes_elsewhere(house):
    panel = a_held_panel(house, 1)
    with panel.work(panel.chair) as session:
        a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Old Hand")
        a_user(session, house, Role.REPRESENTATIVE, "housing_options", full_name="Gil Mail", email="gil@gmail.com")
        a_meeting(session, starts_at=MORNING - timedelta(days=28), state=MeetingState.HELD)
        members = session.scalars(select(Membership)).all()
        for member in members:
            member.from_on = MORNING.date() - timedelta(days=1 if member.user_id == panel.housing.id else 90)
    send(panel)
    approve(panel)
    with panel.work(panel.coordinator) as session:
        found = release.list_release(session, actor_for(panel.coordinator), found_in(session, panel))
        marks = {one.name: one.marks for agency in found for one in agency.people}
    assert marks["Hana Reed"] == ("New since the last meeting",)
    assert marks["Gil Mail"] == ("Outside the agency's mail domain",)
    assert marks["Old Hand"] == ()


def test_nobody_but_the_coordinator_recalls_and_a_member_amends_nothing(house):
    panel = out(house)
    for worker in (panel.chair, panel.police):
        with panel.work(worker) as session, pytest.raises(NotAllowed):
            minutes.recall_minutes(session, actor_for(worker), found_in(session, panel), reason="x")
    with panel.work(panel.police) as session, pytest.raises(NotAllowed):
        minutes.amend_minutes(
            session, actor_for(panel.police), found_in(session, panel), panel.item(session), reason="x"
        )


def test_a_changed_page_does_not_open_and_a_missing_one_is_noticed(house):
    panel = out(house, 2)
    with panel.work(panel.coordinator) as session:
        rows = session.execute(select(MinutesPage.id, MinutesPage.minutes_sealed).where(MinutesPage.number == 1)).all()
        table = MinutesPage.__table__
        swapped = update(table).where(table.c.id == rows[0].id).values(minutes_sealed=rows[1].minutes_sealed)
        session.connection().execute(swapped)
    with panel.work(panel.police) as session, pytest.raises(IntegrityFailure):
        reading_minutes.compile_for(session, actor_for(panel.police), found_in(session, panel))
    with panel.work(panel.coordinator) as session:
        session.execute(delete(MinutesPage).where(MinutesPage.id == rows[0].id))
    with panel.work(panel.police) as session, pytest.raises(IntegrityFailure):
        reading_minutes.compile_for(session, actor_for(panel.police), found_in(session, panel))


def test_an_address_in_the_words_stops_them_before_the_chair_da_4(house):
    panel = a_held_panel(house, 2)
    retype(panel, "She is safe now at 14, Elm Row, near her sister.", position=2)
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        gaps = [gap for gap in minutes.list_gaps(session, actor, panel.meeting(session)) if "address" in gap.text]
        assert [gap.number for gap in gaps] == [2]
        with pytest.raises(RuleBroken) as refusal:
            minutes.submit_minutes(session, actor, found_in(session, panel))
        assert refusal.value.field == "words"
        assert "Elm" not in refusal.value.message
    retype(panel, "She is safe now near her sister.", position=2)
    send(panel)


@pytest.mark.parametrize("words", ["call 07700-900 123", "at e1 0aa", "phone +44 7700 900123", "14 ELM  ROW"])
def test_an_address_or_a_phone_is_found_however_it_is_spaced(house, words):
    panel = a_held_panel(house, 1)
    retype(panel, f"She said: {words}!")
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        found = words_leaving.list_stopped(session, actor_for(panel.coordinator), meeting, LeavingAs.MINUTES)
        assert [row.item.id for row in found] == [panel.item(session).id]


def test_an_agency_reads_only_cases_it_took_part_in_and_sees_still_da_30(house):
    """Housing is put out of the first case from before the day, and joins the second only after it."""
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        for row in session.scalars(select(CaseAgency).where(CaseAgency.agency_id == panel.housing.agency_id)):
            if row.case_id == panel.case_ids[0]:
                row.until_on = clock.today() - timedelta(days=1)
            else:
                row.since_on = clock.today() + timedelta(days=1)
    send(panel)
    approve(panel)
    issue(panel)
    assert read_as(panel, panel.housing)[1] == []
    assert len(read_as(panel, panel.police)[1]) == 2
    with time_machine.travel(MORNING + timedelta(days=2), tick=True):
        assert read_as(panel, panel.housing)[1] == [], "later involvement opens no earlier minutes"
        with panel.work(panel.housing) as session:
            actor = actor_for(panel.housing)
            case = panel.item(session, 2).case
            head = case_page.case_page(session, actor, case)
            assert case_tabs.panels(session, actor, case, head)[0].minutes == ()


def test_the_release_lists_who_reads_how_much_and_stops_who_may_not(house):
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.housing)
        a_wall(session, panel.case_ids[0], panel.police)
        a_wall(session, panel.case_ids[1], panel.police)
    send(panel)
    approve(panel)
    with panel.work(panel.coordinator) as session:
        actor, found = actor_for(panel.coordinator), found_in(session, panel)
        told = {one.membership_id: one for a in release.list_release(session, actor, found) for one in a.people}
        assert (told[panel.housing.membership_id].cases, told[panel.housing.membership_id].left_out) == (1, 1)
        assert told[panel.police.membership_id].stopped
    issue(panel)
    with panel.work(panel.coordinator) as session:
        prompted = set(session.scalars(select(Message.user_id).where(Message.template == "minutes_issued")))
        assert panel.housing.id in prompted
        assert panel.police.id not in prompted, "a prompt would tell that there is something to be walled from"


def test_a_preview_is_exactly_the_page_that_the_recipient_reads(house):
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.housing)
    send(panel)
    approve(panel)
    with panel.work(panel.coordinator) as session:
        actor, found = actor_for(panel.coordinator), found_in(session, panel)
        reader, preview = reading_minutes.preview_for(session, actor, found, panel.housing.membership_id)
        shown = [(one.line.item.id, one.notes, one.actions) for one in preview.sections]
        assert reader.told
        with pytest.raises(NotFound):
            reading_minutes.preview_for(session, actor, found, panel.coordinator.membership_id)
    with panel.work(panel.chair) as session, pytest.raises(NotAllowed):
        reading_minutes.preview_for(
            session, actor_for(panel.chair), found_in(session, panel), panel.housing.membership_id
        )
    issue(panel)
    with panel.work(panel.housing) as session:
        document = reading_minutes.compile_for(session, actor_for(panel.housing), found_in(session, panel))
        assert [(one.line.item.id, one.notes, one.actions) for one in document.sections] == shown


def test_a_walled_coordinator_learns_nothing_of_the_case_from_the_preview(house):
    panel = a_held_panel(house, 2)
    send(panel)
    approve(panel)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.coordinator)
    with panel.work(panel.coordinator) as session:
        actor, found = actor_for(panel.coordinator), found_in(session, panel)
        told = [one for a in release.list_release(session, actor, found) for one in a.people]
        assert {(one.cases, one.left_out) for one in told if not one.stopped} == {(1, 0)}
        preview = reading_minutes.preview_for(session, actor, found, panel.police.membership_id)[1]
        assert [one.line.item.case_id for one in preview.sections] == [panel.case_ids[1]]


def test_a_chair_who_is_walled_from_a_case_approves_and_it_is_still_in_the_version(house):
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        a_wall(session, panel.case_ids[0], panel.chair)
    send(panel)
    approve(panel)
    issue(panel)
    assert len(read_as(panel, panel.chair)[1]) == 1
    assert len(read_as(panel, panel.police)[1]) == 2


def test_action_lists_go_before_the_minutes_to_agencies_that_have_one_da_31(house):
    panel = a_held_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        session.execute(delete(Message))
        for _ in range(2):
            assert minutes.circulate_actions(session, actor_for(panel.coordinator), panel.meeting(session)) == 1
        assert found_in(session, panel).actions_sent_at
        told = session.scalars(select(Message).where(Message.template == "actions_assigned")).all()
        assert panel.police.id in {one.user_id for one in told}
        assert panel.housing.id not in {one.user_id for one in told}
        assert len({one.user_id for one in told}) == len(told)
    with panel.work(panel.police) as session, pytest.raises(NotAllowed):
        minutes.circulate_actions(session, actor_for(panel.police), panel.meeting(session))


def test_the_action_list_is_due_until_it_goes_out_and_done_from_then_on_da_31_sch_44(house):
    panel = a_held_panel(house, 1)
    actor = actor_for(panel.coordinator)
    rule = select(Deadline.met_at).where(Deadline.rule == "actions_published")

    def mark(session):
        dates = meeting_dates.list_due_dates(session, actor, panel.meeting(session))
        return {one.name: one.mark for one in dates}["actions_published"]

    with panel.work(panel.coordinator) as session:
        assert session.scalars(rule).all() == [None]
        assert mark(session) == ""
        with time_machine.travel(clock.now() + timedelta(days=4), tick=True):
            assert mark(session) == "overdue"
        minutes.circulate_actions(session, actor, panel.meeting(session))
        session.flush()
        assert session.scalars(rule).one() is not None
        assert mark(session) == "done"


def test_minutes_that_go_out_first_carry_the_action_list_da_30(house):
    panel = a_held_panel(house, 1)
    send(panel)
    approve(panel)
    with panel.work(panel.coordinator) as session:
        minutes.issue_minutes(session, actor_for(panel.coordinator), found_in(session, panel))
        running = select(Deadline.rule).where(Deadline.subject_id == panel.meeting_id, Deadline.met_at.is_(None))
        assert not {"actions_published", "minutes_issued"} & set(session.scalars(running))


def test_circulation_needs_a_fresh_second_factor(house):
    panel = a_held_panel(house, 1)
    send(panel)
    approve(panel)
    with panel.work(panel.coordinator) as session, pytest.raises(StepUpNeeded):
        minutes.issue_minutes(session, actor_for(panel.coordinator, stepped_up_at=None), found_in(session, panel))
