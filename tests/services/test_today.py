"""Your work: what each role has to do, by when; each part fails alone, and nobody is named who is not open."""

from datetime import timedelta

from sqlalchemy import update

from marac import access, clock
from marac.models import Action, Case, ContactMethod
from marac.services import today
from marac.services.casework import cases
from marac.services.following import actions
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import incidents
from marac.services.referring.incidents import Incident
from marac.vocabulary import CaseState, Role
from tests.attacks.scene import counted
from tests.builders import a_user, actor_for
from tests.builders_cases import a_story
from tests.builders_panels import a_held_panel, a_meeting, a_published_panel


def work_of(story, worker):
    with story.work(worker) as session:
        return today.your_work(session, actor_for(worker))


def rows(work, section=None):
    return [row for name, found in work.sections.items() for row in found if section in (None, name)]


def test_a_representative_sees_actions_and_marks_with_time_and_link(house):
    story = a_story(house, days=-2)
    work = work_of(story, story.housing)
    assert work.failed == ()
    (action,) = [row for row in rows(work, today.TODAY) if row.url.startswith("/actions/")]
    assert (action.text, action.note, action.minutes) == ("Change the locks", f"Amina Begum, {story.reference}", 1)
    assert [row.url for row in rows(work) if row.url == "/flags"] == ["/flags"]


def test_research_comes_with_what_is_left_and_a_time_estimate(house):
    panel = a_published_panel(house)
    work = work_of(panel, panel.housing)
    (research,) = [row for row in rows(work) if row.url.startswith("/research/")]
    assert (research.note, research.minutes) == ("2 of 2 left", 1)


def test_an_urgent_row_stands_first_and_a_later_one_is_left_out(house):
    story = a_story(house, days=30)
    with story.work(story.housing) as session:
        incidents.report_incident(session, actor_for(story.housing), story.case(session), Incident("x"))
    work = work_of(story, story.coordinator)
    (decide,) = [row for row in rows(work) if row.url.endswith("/decide")]
    assert decide.text.startswith("Decide a referral from")
    assert not [row for row in rows(work_of(story, story.housing)) if row.url.startswith("/actions/")]
    assert [row.section for row in rows(work_of(story, story.housing)) if row.url.startswith("/referrals/")] == [
        today.WAITING
    ]


def test_the_idva_sees_whom_to_contact_and_how_and_whose_wishes_are_missing(house):
    story = a_story(house, state=CaseState.LISTED, wishes=None)
    with story.work(story.housing) as session:
        incidents.report_incident(session, actor_for(story.housing), story.case(session), Incident("x"))
    found = {row.text: row for row in rows(work_of(story, story.idva))}
    assert found["Make first contact"].note == f"Amina Begum, {story.reference}. Safe: text message"
    assert found["Record what they want before the panel"].url == f"/cases/{story.reference}/wishes"
    with story.work(story.idva) as session:
        cases.record_wishes(session, actor_for(story.idva), story.case(session), wishes="Peace")
    after = {row.text for row in rows(work_of(story, story.idva))}
    assert not after & {"Make first contact", "Record what they want before the panel"}


def test_safe_contact_to_check_again_is_the_work_of_those_who_can(house):
    story = a_story(house, state=CaseState.LISTED)
    with story.work(story.idva) as session:
        access.open_case(actor_for(story.idva), story.case(session))
        session.get_one(ContactMethod, story.contact_id).checked_on = clock.today() - timedelta(days=40)
    asked = {
        worker.role: [row.url for row in rows(work_of(story, worker)) if row.text.startswith("Check that safe")]
        for worker in (story.coordinator, story.idva, story.chair, story.housing)
    }
    url = [f"/cases/{story.reference}/safe-contact"]
    assert asked == {Role.COORDINATOR: url, Role.IDVA: url, Role.CHAIR: [], Role.REPRESENTATIVE: []}


def test_minutes_wait_for_whose_turn_it_is(house):
    panel = a_held_panel(house)
    drafts = [row for row in rows(work_of(panel, panel.coordinator)) if row.url.endswith("/minutes")]
    assert [row.text.split(" of ")[0] for row in drafts] == ["Finish the minutes"]
    waiting = [row for row in rows(work_of(panel, panel.chair)) if row.url.endswith("/minutes")]
    assert [row.section for row in waiting] == [today.WAITING]


def test_overdue_actions_are_counted_by_agency_for_who_follows_them_up(house):
    story = a_story(house, days=-2)
    work = work_of(story, story.coordinator)
    (late,) = rows(work, today.WAITING)
    assert work.failed == ()
    assert late.text == "Housing options and homelessness prevention: 1 overdue action"


def test_what_was_finished_this_week_is_shown_quietly(house):
    story = a_story(house)
    with story.work(story.housing) as session:
        actions.complete_action(session, actor_for(story.housing), story.action(session))
    assert [row.text for row in rows(work_of(story, story.housing), today.DONE)] == ["Change the locks"]


def test_one_part_that_cannot_be_loaded_is_named_and_the_rest_is_there(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        session.execute(update(Action.__table__).values(actions_sealed=b"\xc5" + bytes(120)))
    work = work_of(story, story.housing)
    assert set(work.failed) == {"actions", "finished actions"} or set(work.failed) == {"actions"}
    assert [row.url for row in rows(work)] == ["/flags"]


def test_nobody_is_named_in_a_case_that_is_not_open_to_the_reader(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        session.execute(update(Case.__table__).values(state="closed"))
    assert "Amina" not in repr(work_of(story, story.housing))


def test_there_is_a_next_panel_to_name_when_there_is_nothing_to_do(house):
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.REPRESENTATIVE, "elft")
        a_meeting(session, starts_at=clock.now() + timedelta(days=20))
    with unit_of_work(house, actor_for(worker)) as session:
        work = today.your_work(session, actor_for(worker))
    assert rows(work) == []
    assert work.next_meeting_at is not None


def test_more_meetings_and_minutes_ask_no_more_questions(house):
    """No N+1: each part of the page asks once, however many lines it has."""
    panel = a_held_panel(house)
    asked = []
    for _ in range(2):
        statements = counted(house)
        assert not work_of(panel, panel.coordinator).failed
        asked.append(len(statements))
        a_held_panel(house)
        a_published_panel(house)
    assert asked[1] <= asked[0] + 6, "what the new meetings' own dates ask"
