"""Dashboards: marks of the charts, small numbers hidden with a second one, and what a page says of a borough's work."""

import re
from datetime import date

import pytest

from marac import clock
from marac.errors import NotAllowed
from marac.reports import charts, dashboards, trends
from marac.reports.suppressing import FEWER, HIDDEN, shown, shown_together
from marac.vocabulary import ProgrammeSlug, Role
from tests.builders import a_user, actor_for, signed_in, unit_of_work
from tests.builders_panels import a_held_panel
from tests.pdf_text import words_of

DA = ProgrammeSlug.DA_MARAC


def test_a_bar_is_as_long_as_its_share_of_the_longest_and_meets_its_target_or_not():
    found = charts.bar_list("t", [("a", 50, "50", ""), ("b", 25, "25", "note"), ("c", 0, "0", "")], target=40)
    assert [(one.length, one.met) for one in found.bars] == [(100.0, True), (50.0, False), (0.0, False)]
    assert found.target == 80.0
    assert found.table_rows == [["a", "50"], ["b", "25, note"], ["c", "0"]]
    assert charts.bar_list("t", []).bars == ()


def test_columns_and_lines_stand_on_an_axis_of_zero():
    found = charts.columns("t", [("1 Jan", 10, 5, "", "10"), ("8 Jan", 20, 0, "", "20")], marks=[(40, "Room")])
    low, high = found.columns
    assert (high.height, high.y) == (94.0, charts.BOTTOM - 94.0)
    assert low.height * 2 == high.height
    assert low.part_height * 2 == low.height
    assert found.marks[0].y == charts.TOP
    line = charts.line("t", [("Jan", 30.0, "30"), ("Feb", None, ""), ("Mar", 50.0, "50")], band=(28, 40))
    assert [(one.label, one.inside) for one in line.points] == [("Jan", True), ("Mar", False)]
    assert line.points[1].x == charts.WIDTH
    assert line.points[1].y == charts.TOP
    assert "outside the band" in line.table_rows[1][1]


def test_under_five_is_never_shown_and_nothing_gives_it_away_rep_50():
    assert [shown(number) for number in (0, 1, 4, 5, 1234)] == ["0", FEWER, FEWER, "5", "1,234"]
    assert shown_together({"a": 100, "b": 3, "c": 20}) == {"a": "100", "b": HIDDEN, "c": HIDDEN}
    assert shown_together({"a": 100, "b": 3, "c": 2}) == {"a": "100", "b": FEWER, "c": FEWER}
    assert shown_together({"a": 100, "b": 1, "c": 1, "d": 9}) == {
        "a": "100", "b": HIDDEN, "c": HIDDEN, "d": HIDDEN,
    }  # fmt: skip
    assert shown_together({"a": 100, "b": 4, "c": 4, "d": 9})["d"] == HIDDEN
    assert shown_together({"a": 6, "b": 0, "c": 7}) == {"a": "6", "b": "0", "c": "7"}
    assert shown_together({"a": 3}) == {"a": FEWER}


def test_whatever_the_counts_no_hidden_one_can_be_worked_out_from_the_total():
    """Every small table: of the cells that are not shown, each could have at least two values with the same total."""
    for a in range(8):
        for b in range(8):
            for c in range(5, 9):
                cells = {"a": a, "b": b, "c": c}
                words = shown_together(cells)
                hidden = [key for key in cells if words[key] in (FEWER, HIDDEN)]
                total = sum(cells[key] for key in hidden)
                could = [_ways(total, [words[key] for key in hidden], place) for place in range(len(hidden))]
                assert all(len(values) > 1 for values in could), (cells, words)


def _ways(total: int, words: list[str], place: int) -> set[int]:
    """The values that one hidden cell could have, given what is said of each and what they add up to."""
    ranges = [range(1, 5) if word == FEWER else range(1, 40) for word in words]
    found = set()

    def go(at: int, left: int, value: int) -> None:
        if at == len(ranges):
            if left == 0:
                found.add(value)
            return
        for number in ranges[at]:
            if number <= left:
                go(at + 1, left - number, number if at == place else value)

    go(0, total, -1)
    return found


def test_months_are_whole_ones_before_today():
    months = trends.months_to(date(2026, 3, 15), 3)
    assert months == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]


@pytest.fixture
def held(house):
    panel = a_held_panel(house, cases=3)
    with unit_of_work(house) as session:
        manager = a_user(session, house, Role.SERVICE_MANAGER, "vawg_team", programme=None)
    return house, panel, manager


def test_a_dashboard_shows_no_small_number_no_case_and_no_agency_with_few_actions_da_39_da_52(held, quick_hashes):
    house, _, manager = held
    with unit_of_work(house) as session:
        view = dashboards.view(session, actor_for(manager), clock.today(), DA)
        made = dashboards.charts(view)
        assert {type(one).__name__ for one in made} >= {"BarList", "Columns"}
        with pytest.raises(NotAllowed):
            dashboards.view(session, actor_for(a_user(session, house)), clock.today(), DA)
    page = signed_in(house, manager).get("/reports/dashboard")
    assert "How the work is going" in page.main
    assert not re.search(r"\b[A-HJ-NP-Z2-9]{3}-[A-HJ-NP-Z2-9]{3}\b", page.main)
    assert "fewer than 5" in page.main
    assert signed_in(house, manager).get("/reports/dashboard?panel=community").status == 200


def test_reports_are_taken_along_as_pdf_and_word_without_a_case_or_a_small_number_rep_50(held, quick_hashes):
    house, _, manager = held
    client = signed_in(house, manager)
    dashboard, annual = client.get("/reports/dashboard"), client.get("/reports/partnership", follow=True)
    for page, kind in ((annual, "partnership"), (dashboard, "steering"), (dashboard, "equality")):
        actions = re.findall(rf'action="(/reports/papers/{kind}\.(?:pdf|docx)[^"]*)"', page.html)
        assert len(actions) == 2
        pdf, word = (page.form(action).post().response for action in actions)
        assert pdf.data.startswith(b"%PDF-")
        assert word.data.startswith(b"PK")
        assert re.search(r"report-[0-9A-Z]{4}\.pdf", pdf.headers["Content-Disposition"])
        words = words_of(pdf.data)
        assert "OFFICIAL. Totals only" in words
        assert not re.search(r"\b[A-HJ-NP-Z2-9]{3}-[A-HJ-NP-Z2-9]{3}\b", words)
    assert client.http.post("/reports/papers/everything.pdf", base_url="https://localhost").status_code in (404, 419)
