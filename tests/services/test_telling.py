"""Who tells the victim-survivor, and how safely: somebody's task until it is done (DA-33)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marac import clock
from marac.errors import NotAllowed, NotFound, RuleBroken, StaleEdit
from marac.models import Deadline, Telling
from marac.services import today
from marac.services.following import telling
from marac.services.keeping.deployment import unit_of_work
from marac.services.live import running
from marac.vocabulary import Outcome, Role, TellingState
from tests.builders import a_user, actor_for, an_agency
from tests.builders_panels import a_called_case, a_held_panel, a_wall, hear


@pytest.fixture
def panel(house):
    return a_held_panel(house)


@pytest.fixture
def idva(panel):
    with unit_of_work(panel.house) as session:
        return a_user(session, panel.house, Role.IDVA, "solace", full_name="Ida Sender")


def only(session):
    return session.scalars(select(Telling)).one()


def test_the_hearing_leaves_a_task_for_the_agency_it_named_due_in_two_working_days_da_33(panel, idva):
    with panel.work(idva) as session:
        task = only(session)
        assert (task.agency_id, task.state) == (idva.agency_id, TellingState.ASKED)
        assert clock.now() + timedelta(days=1) < task.due_at < clock.now() + timedelta(days=7)
        shown = telling.view_telling(session, actor_for(idva), task)
        assert (shown.who, shown.name) == ("Ida Sender, Solace", "Amina Begum")
        assert shown.contact.headline or shown.contact.ways, "the rules stand above the box (DA-14)"
        work = today.your_work(session, actor_for(idva))
        assert "Tell the person what was agreed" in [row.text for rows in work.sections.values() for row in rows]
    with panel.work(panel.coordinator) as session:
        rows = today.your_work(session, actor_for(panel.coordinator)).sections[today.WAITING]
        assert [row.url for row in rows if "tell the person" in row.text] == [f"/telling/{only(session).id}"]


def test_telling_needs_how_and_that_the_rules_were_kept_and_ends_the_clock_da_33(panel, idva):
    actor = actor_for(idva)
    with panel.work(idva) as session:
        with pytest.raises(RuleBroken) as refused:
            telling.report_told(session, actor, only(session), how="By phone", safe_contact_met=False)
        assert refused.value.field == "safe_contact_met"
        with pytest.raises(RuleBroken) as refused:
            telling.report_told(session, actor, only(session), how=" ", safe_contact_met=True)
        assert refused.value.field == "how"
        telling.report_told(session, actor, only(session), how="By phone at 11", safe_contact_met=True)
    with panel.work(panel.coordinator) as session:
        due = session.scalars(select(Deadline).where(Deadline.rule == "victim_told")).one()
        assert due.met_at is not None
        assert telling.list_tellings(session, actor_for(panel.coordinator)) == []
        assert telling.view_telling(session, actor_for(panel.coordinator), only(session)).reported_by == "Ida Sender"


def test_who_is_not_reached_stays_on_the_list_with_a_next_step(panel, idva):
    actor = actor_for(idva)
    with panel.work(idva) as session:
        with pytest.raises(RuleBroken):
            telling.report_not_reached(session, actor, only(session), next_step="")
        telling.report_not_reached(session, actor, only(session), next_step="Try on Friday at the school")
    with panel.work(panel.coordinator) as session:
        (row,) = telling.list_tellings(session, actor_for(panel.coordinator))
        assert row.state == TellingState.NOT_REACHED
        assert session.scalars(select(Deadline).where(Deadline.rule == "victim_told")).one().met_at is None


def test_not_safe_is_an_answer_and_can_be_asked_again_da_33(panel, idva):
    actor, coordinator = actor_for(idva), actor_for(panel.coordinator)
    with panel.work(idva) as session:
        with pytest.raises(RuleBroken):
            telling.report_unsafe(session, actor, only(session), next_step="  ")
        telling.report_unsafe(session, actor, only(session), next_step="He is at home. The IDVA asks again on Monday")
        with pytest.raises(NotAllowed):
            telling.ask_again(session, actor, only(session), reason="x")
    with panel.work(panel.coordinator) as session:
        telling.ask_again(session, coordinator, only(session), reason="He was remanded")
        assert only(session).state == TellingState.ASKED


def test_where_the_meeting_says_it_is_not_safe_nobody_is_asked(house):
    panel = a_called_case(house, cases=1)
    coordinator = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        hear(session, coordinator, panel.item(session), tells_victim="", not_told_reason="He reads her messages")
        assert only(session).state == TellingState.UNSAFE
        assert telling.view_telling(session, coordinator, only(session)).next_step == "He reads her messages"


def test_words_that_name_no_agency_fall_to_the_one_that_referred_and_a_second_hearing_keeps_one_task(house):
    panel = a_called_case(house, cases=1)
    coordinator = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        hear(session, coordinator, panel.item(session), tells_victim="her worker")
        assert only(session).agency_id == an_agency(session, "solace").id
        running.recall_item(session, coordinator, panel.item(session))
        police = only(session).agency_id, panel.police.agency_id
        running.hear_item(
            session,
            coordinator,
            panel.item(session),
            outcome=Outcome.HEARD,
            tells_victim="PC Grey, Metropolitan Police",
        )
        assert only(session).agency_id in police, "an agency that may see the case, or as before"


def test_another_agency_gets_the_task_and_needs_to_know_the_case(panel, idva):
    coordinator = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        with pytest.raises(RuleBroken):
            telling.give_to(session, coordinator, only(session), to_agency_id=None)
        telling.give_to(session, coordinator, only(session), to_agency_id=panel.housing.agency_id)
    with panel.work(panel.housing) as session:
        assert [row.name for row in telling.list_tellings(session, actor_for(panel.housing))] == ["Amina Begum"]
    with panel.work(idva) as session, pytest.raises(NotFound):
        telling.get_telling(session, actor_for(idva), only(session).id)


def test_a_task_is_not_there_for_another_agency_nor_behind_a_wall(panel, idva):
    with panel.work(panel.police) as session:
        with pytest.raises(NotFound):
            telling.get_telling(session, actor_for(panel.police), only(session).id)
        assert telling.list_tellings(session, actor_for(panel.police)) == []
        a_wall(session, panel.case_ids[0], idva)
    with panel.work(idva) as session, pytest.raises(NotFound):
        telling.get_telling(session, actor_for(idva), only(session).id)


def test_an_old_page_does_not_overwrite_what_a_colleague_reported(panel, idva):
    actor = actor_for(idva)
    with panel.work(idva) as session:
        version = only(session).version_id
        telling.report_not_reached(session, actor, only(session), next_step="Again on Friday", version=version)
    with panel.work(idva) as session, pytest.raises(StaleEdit):
        telling.report_told(session, actor, only(session), how="x", safe_contact_met=True, version=version)
