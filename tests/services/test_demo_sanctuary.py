"""The demo's Sanctuary Scheme: 130 asked and 70 stayed, a request in every state, jobs and visits to come."""

from datetime import date

import pytest
from sqlalchemy import select

from marac import clock
from marac.access import Actor
from marac.cli import serving
from marac.models import FollowUp, Membership, SanctuaryRequest, Visit, WorksOrder
from marac.services import demo
from marac.services.demo.sanctuary_plan import plan_homes
from marac.services.keeping.deployment import set_up, unit_of_work
from marac.services.sanctuary import job_cards
from marac.vocabulary import (
    FollowUpState,
    ProgrammeSlug,
    Role,
    SanctuaryOutcome,
    SanctuaryState,
    VisitKind,
    VisitState,
    WorksOrderState,
)
from marac.workflows.job_cards import tells
from tests.conftest import settings_in

TODAY = date(2026, 11, 24)
FIRST, LAST = date(2022, 4, 1), date(2023, 3, 31)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A deployment with a month of the demo."""
    house = set_up(settings_in(tmp_path_factory.mktemp("demo-sanctuary")))
    demo.load(house, scale="month", seed=1)
    yield house
    house.close()


def actor_of(session, role):
    """The person in this role."""
    one = session.scalars(select(Membership).where(Membership.role == role)).first()
    return Actor(one.partnership_id, role, one.user_id, one.agency_id, frozenset([ProgrammeSlug.SANCTUARY]))


def test_a_year_has_130_sanctuary_requests_of_which_70_stayed():
    """The plan of the year; what the records give is computed by `marac demo facts --figures`."""
    homes = [home for home in plan_homes(demo.plan(scale="year", seed=1, today=TODAY)) if not home.present]
    assert len(homes) == 130
    assert sum(home.surveyed_on is not None for home in homes) == 108
    assert sum(home.fitted_on is not None for home in homes) == 88
    assert sum(home.outcome == SanctuaryOutcome.STAYED for home in homes) == 70
    assert all(FIRST <= home.sent_on <= LAST for home in homes)
    assert all(home.fitted_on <= LAST for home in homes if home.fitted_on)


def test_the_figures_of_the_scheme_are_computed_from_its_records(house):
    """A tenth of the year: 13 asked, 11 surveyed, 9 fitted, 7 still at home."""
    assert serving._figures(house) == {
        "sanctuary_referred_2022_23": 13, "sanctuary_surveyed_2022_23": 11, "sanctuary_fitted_2022_23": 9,
        "sanctuary_stayed_2022_23": 7, "sanctuary_installed_in_year_2022_23": 9,
        "sanctuary_stayed_of_installed_2022_23": 7,
    }  # fmt: skip


def test_the_scheme_has_a_request_in_every_state_with_visits_and_jobs_to_come(house):
    with house.reader() as session:
        assert set(session.scalars(select(SanctuaryRequest.state))) == set(SanctuaryState)
        assert set(session.scalars(select(WorksOrder.state))) == {WorksOrderState.OFFERED, WorksOrderState.ACCEPTED}
        coming = select(Visit.kind).where(Visit.state == VisitState.BOOKED, Visit.starts_at > clock.now())
        assert set(session.scalars(coming)) == set(VisitKind)
        due = select(FollowUp.id).where(FollowUp.state == FollowUpState.DUE, FollowUp.due_on <= clock.today())
        assert session.scalars(due).first() is not None


def test_the_contractor_of_the_demo_has_two_jobs_and_finds_no_name_on_them(house):
    """SAN-28."""
    with unit_of_work(house) as session:
        contractor = actor_of(session, Role.CONTRACTOR)
        jobs = job_cards.list_jobs(session, contractor)
        assert [job.state for job in jobs] == [WorksOrderState.ACCEPTED, WorksOrderState.OFFERED]
        for job in jobs:
            card = job_cards.read_card(session, contractor, job_cards.get_order(session, contractor, job.token))
            assert not tells(f"{card}".replace(card.address or "-", ""))
