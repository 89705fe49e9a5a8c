"""The escalation ladder tells each rung once, without detail, and the right person's work list shows it (DA-28)."""

from datetime import UTC, datetime

import pytest

from marac import access, audit, clock
from marac.errors import NotAllowed
from marac.models import AuditEntry
from marac.services import today
from marac.services.following import escalating
from marac.services.keeping.deployment import unit_of_work
from marac.services.keeping.founding import set_rule
from marac.vocabulary import Role, Template
from marac.workflows.local_rules import LocalRule
from tests.builders import DA, a_user, actor_for
from tests.builders_cases import a_story, messages
from tests.builders_panels import a_wall

MONDAY = datetime(2026, 11, 9, 9, tzinfo=UTC)


def on_day(time_machine, day):
    time_machine.move_to(datetime(2026, 11, day, 9, tzinfo=UTC), tick=True)


def climb(house, story):
    with unit_of_work(house, access.system(story.housing.partnership_id)) as session:
        return escalating.escalate_actions(session, access.system(story.housing.partnership_id))


@pytest.fixture
def late(house, time_machine):
    """A story whose action of housing is due on a Monday, with an agency lead and a service manager."""
    time_machine.move_to(MONDAY, tick=True)
    story = a_story(house, days=0)
    with unit_of_work(house) as session:
        lead = a_user(session, house, Role.AGENCY_ADMIN, "housing_options", full_name="Lena Vale")
        other = a_user(session, house, Role.AGENCY_ADMIN, "barts_acute", full_name="Otto Vale")
        manager = a_user(session, house, Role.SERVICE_MANAGER, "vawg_team", full_name="Mina Cole")
    return story, lead, other, manager


def test_each_rung_tells_its_own_people_once_da_28(house, late, time_machine):
    story, lead, _other, manager = late
    told = {}
    for day in (9, 10, 12, 16, 23):
        on_day(time_machine, day)
        before = {one.id for one in messages(house)}
        climb(house, story)
        assert climb(house, story) == 0, "a second run of the same day tells nobody"
        told[day] = {(one.user_id, one.template) for one in messages(house) if one.id not in before}
    assert told == {
        9: {(story.housing.id, Template.ACTIONS_DUE)}, 10: {(story.housing.id, Template.ACTIONS_DUE)},
        12: {(lead.id, Template.ACTION_ESCALATED)}, 16: {(story.chair.id, Template.ACTION_ESCALATED)},
        23: {(manager.id, Template.ACTION_ESCALATED)},
    }  # fmt: skip
    with house.reader() as session:
        rungs = [one.body for one in session.query(AuditEntry).filter(AuditEntry.tag == "action:escalated")]
        assert len(rungs) == 5
        assert audit.verify(session, story.housing.partnership_id).ok


def test_the_work_list_of_whoever_is_next_says_escalated_to_you_and_nothing_of_the_case(house, late, time_machine):
    story, lead, other, manager = late
    on_day(time_machine, 12)
    expected = {lead: 1, other: 0, story.chair: 0, manager: 0}
    for worker, number in expected.items():
        with unit_of_work(house, actor_for(worker)) as session:
            rows = [row for rows in today.your_work(session, actor_for(worker)).sections.values() for row in rows]
            found = [row for row in rows if "escalated to you" in row.text]
            assert len(found) == number
            assert not any("Amina" in row.text + row.note or "locks" in row.text for row in found)
    on_day(time_machine, 16)
    for worker in (lead, story.chair):
        with unit_of_work(house, actor_for(worker)) as session:
            (row,) = escalating.list_escalated(session, actor_for(worker))
            assert (row.reference, row.days, row.standing) == (story.reference, 7, "With the chair")
            assert row.readable is (worker is story.chair)
    with unit_of_work(house, actor_for(story.housing)) as session, pytest.raises(NotAllowed):
        escalating.list_escalated(session, actor_for(story.housing))


def test_who_is_walled_off_from_the_case_is_told_of_no_rung(house, late, time_machine):
    """DA-5."""
    story, *_rest = late
    with unit_of_work(house) as session:
        a_wall(session, story.case_id, story.chair)
    on_day(time_machine, 16)
    climb(house, story)
    assert story.chair.id not in {one.user_id for one in messages(house)}
    with unit_of_work(house, actor_for(story.chair)) as session:
        assert escalating.list_escalated(session, actor_for(story.chair)) == ()


def test_the_days_are_a_dated_local_rule(house, late, time_machine):
    """DA-7: a partnership that wants its chair told on the second day says so, and code stays."""
    story, *_rest = late
    with unit_of_work(house) as session:
        rungs = [{"key": "chair", "working_days": 2, "tell": "chair"}]
        rule = LocalRule(escalating.LADDER, rungs, True, "local", "", clock.today())
        set_rule(session, story.housing.partnership_id, DA, rule)
    on_day(time_machine, 10)
    assert climb(house, story) == 0
    on_day(time_machine, 11)
    assert climb(house, story) == 1
    assert {one.user_id for one in messages(house)} == {story.chair.id}
