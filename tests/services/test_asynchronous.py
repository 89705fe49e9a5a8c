"""A meeting without a room: posted, opened to those who agreed, decided after the closing date (DA-56)."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Minutes, Research
from marac.services.live import running
from marac.services.meetings import asynchronous, attendance, panels, research
from marac.vocabulary import AgendaItemState, CaseState, MeetingKind, ResearchState
from tests.builders import actor_for
from tests.builders_panels import a_panel, a_published_panel, hear


def agree(panel, worker):
    with panel.work(worker) as session:
        attendance.agree(session, actor_for(worker), panel.meeting(session))


def post(panel, worker, text, position=1):
    with panel.work(worker) as session:
        actor = actor_for(worker)
        row = research.get_answer(session, actor, panel.research(session, worker, position).id)
        known = [one.id.hex for one in research.persons_in(session, [row.case_id])[row.case_id]][:1]
        research.save_answer(session, actor, row, shared=text, fact_or_opinion="fact", who_known=known)
        research.share_answer(session, actor, row)


@pytest.fixture
def panel(house):
    """Published, closing in three days."""
    built = a_panel(house, cases=2)
    coordinator = actor_for(built.coordinator)
    with built.work(built.coordinator) as session:
        meeting = built.meeting(session)
        meeting.kind, meeting.starts_at = MeetingKind.ASYNCHRONOUS, clock.now() + timedelta(days=3)
        meeting.chair_id = built.chair.id
        panels.publish_agenda(session, coordinator, meeting)
    return built


def open_all(panel):
    with panel.work(panel.coordinator) as session:
        return asynchronous.open_information(session, actor_for(panel.coordinator), panel.meeting(session))


def words(panel, worker):
    """What one person reads of what was posted."""
    with panel.work(worker) as session:
        board = asynchronous.view_board(session, actor_for(worker), panel.meeting(session))
        return [one.shared for case in board.cases for one in case.heard if one.shared]


def test_nothing_is_opened_before_somebody_agreed_confidentiality_da_23(panel):
    with panel.work(panel.coordinator) as session, pytest.raises(RuleBroken) as refused:
        asynchronous.open_information(session, actor_for(panel.coordinator), panel.meeting(session))
    assert refused.value.field == "attendance"


def test_what_is_posted_is_read_by_the_agencies_that_agreed_once_the_coordinator_opens_it_da_56(panel):
    agree(panel, panel.police)
    post(panel, panel.police, "Arrested on Monday")
    assert words(panel, panel.housing) == []
    assert open_all(panel) == 1
    assert words(panel, panel.police) == ["Arrested on Monday"]
    assert words(panel, panel.housing) == [], "housing has not agreed yet"
    with panel.work(panel.housing) as session:
        theirs = access.visible(actor_for(panel.housing), access.policy.P.RESEARCH_READ, Research)
        assert not [one for one in session.scalars(theirs) if one.agency_id != panel.housing.agency_id]
    agree(panel, panel.housing)
    assert words(panel, panel.housing) == ["Arrested on Monday"]


def test_information_posted_later_waits_until_it_is_opened_again(panel):
    agree(panel, panel.police)
    open_all(panel)
    post(panel, panel.police, "Bail varied", 2)
    with panel.work(panel.police) as session:
        assert panel.research(session, panel.police, 2).state == ResearchState.RETURNED
    assert open_all(panel) == 1
    assert "Bail varied" in words(panel, panel.police)


def test_decisions_wait_for_the_closing_date_and_meet_the_same_guards_da_56(panel):
    agree(panel, panel.police)
    open_all(panel)
    coordinator = actor_for(panel.coordinator)
    with panel.work(panel.coordinator) as session:
        with pytest.raises(RuleBroken) as refused:
            hear(session, coordinator, panel.item(session))
        assert refused.value.field == "closing"
        session.rollback()
    with time_machine.travel(clock.now() + timedelta(days=4), tick=False), panel.work(panel.coordinator) as session:
        with pytest.raises(RuleBroken):
            running.hear_item(session, coordinator, panel.item(session), outcome=None)
        for position in (1, 2):
            item = hear(session, coordinator, panel.item(session, position))
            assert (item.state, item.case.state) == (AgendaItemState.HEARD, CaseState.HEARD)
        meeting = running.finish_meeting(session, coordinator, panel.meeting(session))
        assert asynchronous.document_name(meeting) == "Information and updates"
        assert session.scalars(select(Minutes)).one().meeting_id == meeting.id


def test_after_the_closing_date_nobody_agrees_any_more(panel):
    with time_machine.travel(clock.now() + timedelta(days=4), tick=False), pytest.raises(RuleBroken):
        agree(panel, panel.housing)


def test_only_who_runs_the_panel_opens_and_a_meeting_in_a_room_has_no_board(panel, house):
    with panel.work(panel.police) as session, pytest.raises(NotAllowed):
        asynchronous.open_information(session, actor_for(panel.police), panel.meeting(session))
    other = a_published_panel(house)
    with other.work(other.coordinator) as session, pytest.raises(NotFound):
        asynchronous.view_board(session, actor_for(other.coordinator), other.meeting(session))
