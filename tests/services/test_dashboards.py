"""Dashboards: marks of the charts, small numbers hidden with a second one, and what a page says of a borough's work."""

import re
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed
from marac.models import Case, Research, SanctuaryRequest, StageClock
from marac.reports import charts, dashboards, own_agency, risk_change, scheme_charts, trends
from marac.reports.suppressing import FEWER, HIDDEN, shown, shown_together
from marac.vocabulary import ProgrammeSlug, ResearchState, Role
from tests.builders import a_user, actor_for, signed_in, unit_of_work
from tests.builders_cases import an_assessment
from tests.builders_panels import a_held_panel, a_wall
from tests.builders_sanctuary import a_scheme, a_sent_request
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


BOARD, OWN = "/reports/dashboard", "/reports/your-agency"


def test_each_role_has_the_board_that_is_for_it_da_39_da_52(held, quick_hashes):
    """Who prepares meetings sees how each agency answered and what is to come; the steering group totals; the scheme's
    people the scheme; a representative their own agency and no other."""
    house, panel, _ = held
    with unit_of_work(house) as session:
        roles = {role: a_user(session, house, role, "vawg_team", programme=None) for role in (
            Role.SERVICE_MANAGER, Role.STEERING_GROUP, Role.SANCTUARY_OFFICER, Role.TEAM_LEADER)}  # fmt: skip
    roles |= {Role.COORDINATOR: panel.coordinator, Role.CHAIR: panel.chair}
    boards = {role: signed_in(house, worker).get(BOARD) for role, worker in roles.items()}
    for role in (Role.COORDINATOR, Role.CHAIR, Role.SERVICE_MANAGER):
        assert "answered everything in time" in boards[role].main
        assert "Risk since the first hearing" in boards[role].main
        assert "referrals wait for a decision" in boards[role].main
    steering = boards[Role.STEERING_GROUP]
    assert "Risk since the first hearing" in steering.main
    assert risk_change.MEANING in steering.main, "the definition stands beside it"
    for words in ("answered everything in time", "referrals wait", "Book an extra panel"):
        assert words not in steering.main
    for role in (Role.SANCTUARY_OFFICER, Role.TEAM_LEADER):
        for path in (BOARD, f"{BOARD}?panel=da", f"{BOARD}?panel=community"):
            page = signed_in(house, roles[role]).get(path)
            assert not re.search("panels|repeat|agenc|Ethnic", page.main, re.IGNORECASE), (role, path)
    for worker in (panel.housing, panel.police):
        assert signed_in(house, worker).get(BOARD).status == 403
        own = signed_in(house, worker).get(OWN)
        assert own.status == 200
        assert [name for name in ("Police", "Housing", "Solace", "Begum") if name in own.main] == []
        assert "Research answered by its deadline" in own.main
        assert OWN in {href for _, href in signed_in(house, worker).get("/actions").links}
    assert signed_in(house, roles[Role.STEERING_GROUP]).get(OWN).status == 403
    assert signed_in(house, roles[Role.SERVICE_MANAGER]).get(f"{BOARD}?panel=scheme").status == 200


def test_an_agency_sees_how_it_keeps_up_and_what_is_walled_off_from_it_does_not_count_da_5(house):
    panel = a_held_panel(house, cases=6)
    today = clock.today()
    with unit_of_work(house) as session:
        for number, case_id in enumerate(panel.case_ids):
            due = clock.now() - timedelta(days=40)  # in a month that is over
            for research in session.scalars(select(Research).where(
                Research.case_id == case_id, Research.agency_id == panel.housing.agency_id)):  # fmt: skip
                research.due_at, research.state = due, ResearchState.NIL_RETURN
                research.returned_at = due + timedelta(hours=1 if number == 0 else -1)
    with unit_of_work(house) as session:
        found = own_agency.charts(session, actor_for(panel.housing), today)
        assert found[1].title == "Research answered by its deadline: 83% of 6 in twelve months"
        assert "too few for a share" in found[2].title, "one panel"
        a_wall(session, panel.case_ids[0], panel.housing)
    with unit_of_work(house) as session:
        found = own_agency.charts(session, actor_for(panel.housing), today)
        assert found[1].title == "Research answered by its deadline: 100% of 5 in twelve months"
        assert not any(re.search(r"\b[1-4] replies", f"{bar.shown} {bar.note}") for bar in found[1].bars)
        a_wall(session, panel.case_ids[1], panel.housing)
    with unit_of_work(house) as session:
        found = own_agency.charts(session, actor_for(panel.housing), today)
        assert (
            found[1].title
            == "Research answered by its deadline: fewer than 5 replies in twelve months, too few for a share"
        )


SCORES = ((14, 9), (14, 14), (14, 20), (14, None), (None, None), (10, 8))


def scored(session, panel, number, score, days, **facts):
    """One assessment of a case, so many days from the hearing."""
    case = session.get_one(Case, panel.case_ids[number])
    made_on = clock.today() + timedelta(days=days)
    an_assessment(session, case, score=score, made_on=made_on, made_at=clock.now() + timedelta(days=days), **facts)


def test_risk_since_the_first_hearing_is_compared_within_one_version_and_never_beyond_a_wall_da_39(house):
    panel = a_held_panel(house, cases=6)
    with unit_of_work(house) as session:
        access.open_for("load", panel.coordinator.partnership_id, panel.case_ids)
        for number, (before, after) in enumerate(SCORES):
            if before is not None:
                scored(session, panel, number, 3, -30)
                scored(session, panel, number, before, -2)
            if after is not None:
                scored(session, panel, number, 24, 3)
                scored(session, panel, number, after, 5)
            scored(session, panel, number, 1, 9, checklist_version="of another year")

    def counted():
        with unit_of_work(house) as session:
            view = dashboards.view(session, actor_for(panel.coordinator), clock.today(), DA)
            return risk_change.changes(session, view.actor, view.lately), dashboards._risk(view)

    found, chart = counted()
    assert found == {"Lower": 2, "The same": 1, "Higher": 1, "Not reassessed": 1, "No score when first heard": 1}
    assert [bar.length for bar in chart.bars] == [0.0] * 5, "small numbers are not drawn"
    assert all(bar.shown in (FEWER, HIDDEN) for bar in chart.bars)
    with unit_of_work(house) as session:
        a_wall(session, panel.case_ids[2], panel.coordinator)
    assert counted()[0]["Higher"] == 0


def test_the_title_of_the_risk_chart_never_says_what_a_hidden_cell_holds_rep_50(house, monkeypatch):
    cells = {"Lower": 40, "The same": 3, "Higher": 12, "Not reassessed": 6, "No score when first heard": 0}
    monkeypatch.setattr(risk_change, "changes", lambda *_: cells)
    chart = dashboards._risk(dashboards.View(None, None, clock.today(), DA, ()))
    assert chart.title == "Risk since the first hearing: lower for 40 of 61 cases"
    assert [bar.shown for bar in chart.bars] == ["40", HIDDEN, "12", HIDDEN, "0"]


def test_the_scheme_shows_its_funnel_and_the_days_of_each_stage_rep_49(house):
    scheme = a_scheme(house)
    references = [a_sent_request(scheme) for _ in range(6)]
    with unit_of_work(house) as session:
        before = clock.now() - timedelta(days=40)
        seen: Counter[str] = Counter()
        for number, one in enumerate(session.scalars(select(SanctuaryRequest).order_by(SanctuaryRequest.id)), 1):
            one.surveyed_at, one.submitted_at = before, before - timedelta(days=number * 2)
        for one in session.scalars(select(StageClock)):
            seen[one.stage] += 1
            one.started_at, one.met_at = before - timedelta(days=seen[one.stage]), before
            one.paused_seconds = 0
    with unit_of_work(house) as session:
        made = scheme_charts.charts(session, actor_for(scheme.officer), clock.today())
        funnel, days = made
        assert [bar.shown for bar in funnel.bars] == ["6", "6", "0", "0"]
        assert "Surveyed: of those, homes that were surveyed" in funnel.about
        assert [(bar.label, bar.shown) for bar in days.bars[:1]] == [("From asking to survey", "7 days")]
        assert (days.bars[1].shown, days.bars[1].note) == ("3.5 days", "nine in ten within 6, 6 homes")
        parent = session.scalars(select(SanctuaryRequest).where(SanctuaryRequest.reference == references[0])).one()
        a_wall(session, parent.case_id, scheme.officer)
    with unit_of_work(house) as session:
        funnel, days = scheme_charts.charts(session, actor_for(scheme.officer), clock.today())
        assert funnel.bars[0].shown == "5", "what is walled off from who reads is not counted"
        assert all("5 homes" in bar.note for bar in days.bars)
    page = signed_in(house, scheme.officer).get(BOARD)
    assert "Still at home" in page.main
    assert not [reference for reference in references if reference in page.html]


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
