"""The benchmark runs and says what it found in the shape that is promised. How fast anything is, no test asserts."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from marac import bench, clock
from marac.bench import decade
from marac.bench.place import Place, open_place
from marac.bench.timing import FEWEST_ROUNDS, Race, measured
from marac.models import AgendaItem
from marac.reports.trends import hearings_since
from marac.services.keeping.deployment import unit_of_work
from tests.builders import DA, actor_for
from tests.builders_panels import a_held_panel

GOALS = {
    "case list page": 1.1, "own table macro against the library's": 1 / 12, "sealed list through the ORM 50 x 8": 1.1,
    "sealed list through Core, keys at hand": 0.65, "sealed list through Core, 50 case keys unwrapped": 1.0,
    "open a 64-byte field against the AESGCM call itself": 2.1, "audit append against plain insert on SQLite": 1.1,
    "documents: agenda pack of 20 cases as tagged PDF against half a second": 1.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    with open_place(tmp_path_factory.mktemp("bench")) as opened:
        yield opened


def test_every_goal_has_its_race_and_each_side_of_it_runs(place):
    """The page has its fifty people, the lists have their eight fields: neither side wins by doing less."""
    races = bench.all_races(place)
    assert {race.name: race.goal for race in races} == GOALS
    for race in races:
        subject, rival = race.subject(), race.rival()
        assert "".join(str(subject).split()) == "".join(str(rival).split()), race.name


def test_a_run_says_what_it_measured_on_and_what_it_found():
    found = bench.run(quick=True, only=("64-byte",))
    assert set(found) == {"cpu", "versions", "results"}
    assert {"python", "sqlalchemy", "cryptography"} <= set(found["versions"])
    (result,) = found["results"]
    assert set(result) == {"name", "subject", "rival", "ratio", "goal", "met"}
    assert result["met"] is (result["ratio"] <= result["goal"])
    assert f"| {result['name']} |" in bench.as_markdown(found)


def test_a_race_that_nobody_runs_is_named_as_such():
    with pytest.raises(LookupError):
        bench.run(quick=True, only=("no such race",))


def test_both_sides_take_turns_as_often():
    order: list[str] = []
    race = Race("turns", 1.0, lambda: order.append("subject"), lambda: order.append("rival"))
    measured(race, 1)
    assert order.count("subject") == order.count("rival") == FEWEST_ROUNDS + 1
    assert order[:4] == ["rival", "subject", "subject", "rival"]


def test_ten_years_are_made_of_one_and_each_counts_by_itself(house):
    """The copies stand in years of their own with ids of their own, and hang together as the original does."""
    panel = a_held_panel(house, cases=3)
    today = clock.today()
    made = decade.make_decade(house)
    assert made % 10 == 0
    with unit_of_work(house) as session:
        actor = actor_for(panel.coordinator)
        for years in range(10):
            day = today - timedelta(days=decade.DAYS * years)
            found = hearings_since(session, actor, DA, day - timedelta(days=20), day + timedelta(days=20))
            assert len(found) == 3, years
            assert len({one.case_id for one in found} & set(panel.case_ids)) == (0 if years else 3)
        assert session.scalar(select(func.count()).select_from(AgendaItem)) == 30
        broken = session.execute(text("pragma foreign_key_check")).all()
        assert broken == []
