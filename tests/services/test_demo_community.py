"""The demo's Community MARAC: 65 people heard in 2022-23 at twelve monthly meetings, a case in every state now."""

from collections import Counter
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from marac import access
from marac.models import Case, CaseIncident, Meeting
from marac.services import demo
from marac.services.community import closing, incidents, reviewing
from marac.services.demo.community import NOW, calendar_of, plan_lives
from marac.services.keeping.deployment import set_up, unit_of_work
from marac.vocabulary import CaseState, ProgrammeSlug, Role
from tests.conftest import settings_in
from tests.services.test_demo import TODAY, actor_of

COMMUNITY = ProgrammeSlug.COMMUNITY_MARAC


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A month of the demo; the Community MARAC is whole at every scale."""
    house = set_up(settings_in(tmp_path_factory.mktemp("community")))
    demo.load(house, scale="month", seed=1)
    yield house
    house.close()


def test_sixty_five_people_were_heard_in_the_year_at_twelve_meetings(house):
    """The seed figure, counted from the cases; `marac demo facts --figures` prints it."""
    assert demo.figures(house) == {"community_victims_heard_2022_23": 65, "community_meetings_2022_23": 12}


def test_there_is_a_case_in_every_state_of_its_life(house):
    with house.reader() as session:
        states = Counter(session.scalars(select(Case.state).where(Case.programme == COMMUNITY)))
    assert set(NOW) <= set(states)
    assert states[CaseState.CLOSED] == 65 + NOW[CaseState.CLOSED]
    assert sum(states.values()) == 65 + sum(NOW.values())


def test_meetings_are_monthly_on_the_second_thursday(house):
    with house.reader() as session:
        days = session.scalars(select(Meeting.starts_at).where(Meeting.programme == COMMUNITY)).all()
    assert {day.weekday() for day in days} == {3}
    assert {8 <= day.day <= 14 for day in days} == {True}


def test_the_plan_is_the_same_for_a_seed_and_a_day():
    worker = SimpleNamespace(agency_id=1)
    team = SimpleNamespace(agencies={"asb_team": 1, "met_police_snt": 2}, of_role=lambda _role: [worker])
    first, second = (calendar_of(team, TODAY) for _ in range(2))
    assert [one.on for one in first.sat] == [one.on for one in second.sat]
    assert plan_lives(first, 1) == plan_lives(second, 1)
    assert plan_lives(first, 1) != plan_lives(first, 2)


def test_a_case_of_the_demo_opens_whole_for_its_coordinator(house):
    """Scores fall, incidents count, the ending reads: through the services, as the pages do."""
    assert {"coordinator", "chair"} <= {one["role"] for one in demo.accounts(house) if one["programme"] == COMMUNITY}
    with unit_of_work(house) as session:
        actor = actor_of(session, Role.COORDINATOR)
        actor = access.Actor(actor.partnership_id, Role.COORDINATOR, actor.user_id, actor.agency_id)
        ended = select(Case).where(Case.programme == COMMUNITY, Case.state == CaseState.CLOSED)
        case = session.scalars(ended.order_by(Case.opened_on)).first()
        opened = access.open_case(actor, case)
        told = reviewing.view_reviews(session, actor, case, opened)
        assert len(told.scores) >= 2
        assert told.scores[0].score > told.scores[-1].score
        assert incidents.view_incidents(session, actor, case, opened).rows
        assert case.closing["closing_outcome"]
        assert case.marks
        under_way = select(Case).where(Case.programme == COMMUNITY, Case.state == CaseState.REVIEW_DUE)
        live = session.scalars(under_way).first()
        access.open_case(actor, live)
        assert closing.readiness(session, actor, live).never_waived
        assert session.scalars(select(CaseIncident.id)).all()
