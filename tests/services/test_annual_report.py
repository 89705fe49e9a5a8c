"""The annual report: figures counted from hand-made records, typed ones with a source, a year that was published."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from marac import clock
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import AgendaItem, CasePerson, ErasedFigure, PersonLink, PublishedYear
from marac.reports import partnership, reconciling
from marac.reports.figures import ninetieth
from marac.reports.hearings import joined
from marac.services.reporting import annual
from marac.vocabulary import LinkDecision, Outcome, PersonRole, ProgrammeSlug, Role
from marac.workflows.annual_figures import definitions, reconciliations, seed_values
from marac.workflows.financial_year import year_named, year_of
from tests.builders import a_user, actor_for, signed_in, unit_of_work
from tests.builders_panels import a_held_panel

TODAY = date(2026, 11, 22)


def test_a_year_is_named_by_both_its_years_and_has_begun():
    year = year_named("2022-23", TODAY)
    assert (year.first_on, year.last_on, year.label, year.to_date) == (
        date(2022, 4, 1),
        date(2023, 3, 31),
        "2022-23",
        False,
    )
    assert year_named("2026", TODAY).to_date
    assert year_of(date(2023, 3, 31), TODAY) == year
    assert year.before().label == "2021-22"
    assert year_of(date(2000, 4, 1), TODAY).label == "2000-01"
    for wrong in ("2022-24", "22-23", "2027-28", "", "2022-23x", "1999-00"):
        with pytest.raises(RuleBroken):
            year_named(wrong, TODAY)


def test_every_figure_has_its_meaning_and_every_computed_one_its_function_rep_47():
    found = definitions()
    assert len(found) == 53
    assert [one.key for one in found.values() if len(one.meaning) < 15] == []
    functions = {**partnership._DA, **partnership._COMMUNITY, **partnership._SCHEME, **partnership._AGENCIES}
    assert set(functions) == {one.key for one in found.values() if one.computed}
    assert {one.key for one in reconciliations()} == set(reconciling.RULES)
    assert not set(seed_values()) & {one.key for one in found.values() if not one.is_typed}


def test_people_who_were_confirmed_to_be_the_same_count_once_through_any_chain():
    people = joined("abcde", [("a", "c"), ("c", "e"), ("x", "b")])
    assert len(set(people.values())) == 3
    assert people["a"] == people["e"]
    assert set(people) == set("abcde")


def test_nine_in_ten_is_the_nearest_rank():
    assert [ninetieth([]), ninetieth([4]), ninetieth(range(1, 11)), ninetieth([1, 2, 3])] == [None, 4, 9, 3]


@pytest.fixture
def held(house):
    """A meeting that was held with two cases, and a service manager."""
    panel = a_held_panel(house, cases=2)
    with unit_of_work(house) as session:
        manager = a_user(session, house, Role.SERVICE_MANAGER, "vawg_team", programme=None)
    return house, panel, manager


def report_of(house, manager):
    with unit_of_work(house) as session:
        year = year_of(clock.today(), clock.today())
        return partnership.partnership_report(session, actor_for(manager), year, clock.today())


def test_figures_follow_the_records_and_no_constant_rep_47_da_38(held):
    """Two cases heard are two people; one of them linked to the other is one; deferred instead of heard is none."""
    house, _, manager = held
    before = report_of(house, manager).lines
    assert before["da_people_heard"].value == before["da_households"].value == 2
    assert before["da_hearings"].value == 2
    assert before["da_hearings"].last_year == 0
    with unit_of_work(house) as session:
        victims = session.scalars(select(CasePerson).where(CasePerson.role == PersonRole.VICTIM)).all()
        session.add(PersonLink(
            partnership_id=victims[0].partnership_id, person_id=victims[0].id, other_person_id=victims[1].id,
            decision=LinkDecision.SAME, decided_by_id=manager.id, decided_at=clock.now(),
        ))  # fmt: skip
    linked = report_of(house, manager).lines
    assert (linked["da_people_heard"].value, linked["da_hearings"].value) == (1, 2)
    with unit_of_work(house) as session:
        items = session.scalars(select(AgendaItem)).all()
        items[0].is_repeat = True
        repeat_of = items[0].case_id
        items[1].outcome = Outcome.DEFERRED
    after = report_of(house, manager).lines
    assert (after["da_people_heard"].value, after["da_hearings"].value, after["da_repeat_rate"].value) == (1, 1, 100.0)
    assert after["da_repeat_rate"].found.of == (1, 1)
    assert after["da_repeat_rate"].found.behind == {repeat_of}


def test_hearings_of_erased_cases_stay_in_the_count_da_48(held):
    house, _, manager = held
    with unit_of_work(house) as session:
        for part, number in (("repeat", 3), ("first", 4)):
            session.add(ErasedFigure(
                partnership_id=manager.partnership_id, programme=ProgrammeSlug.DA_MARAC, measure="cases_heard",
                part=part,
                year=year_of(clock.today(), clock.today()).first_on.year, number=number,
            ))  # fmt: skip
    lines = report_of(house, manager).lines
    assert (lines["da_hearings"].value, lines["da_repeat_rate"].found.of) == (9, (3, 9))


def test_a_typed_figure_has_its_source_and_the_newest_counts_rep_52(held):
    house, panel, manager = held
    year = year_of(clock.today(), clock.today())
    with unit_of_work(house) as session:
        given = {"value": "12", "source": "A register", "period": "", "given_on": clock.today()}

        def enter(key, who=manager, **facts):
            annual.enter_figure(session, actor_for(who), year, key, **{**given, **facts})
            session.flush()

        enter("solace_people_supported", value="1,650", source="Quarterly return")
        enter("solace_people_supported", value="657", source="Corrected return")
        for wrong in (
            {"value": "many"}, {"value": "-1"}, {"value": ""}, {"source": " "}, {"given_on": date(2999, 1, 1)},
        ):  # fmt: skip
            with pytest.raises(RuleBroken):
                enter("refuge_women", **wrong)
        with pytest.raises(RuleBroken):
            enter("solace_satisfaction", value="101")
        for computed in ("da_people_heard", "nothing_of_the_kind"):
            with pytest.raises(NotFound):
                enter(computed, value="583")
        with pytest.raises(NotAllowed):
            enter("refuge_women", panel.chair)
    line = report_of(house, manager).lines["solace_people_supported"]
    assert (line.value, line.source, line.typed.source) == (657, "entered", "Corrected return")
    assert report_of(house, manager).lines["refuge_women"].value is None


def test_a_published_year_keeps_its_figures_and_lists_what_differs_rep_48(held, monkeypatch):
    house, _, manager = held
    stepped = replace(actor_for(manager), stepped_up_at=clock.now())
    this_year = year_of(clock.today(), clock.today())
    with unit_of_work(house) as session:
        report = partnership.partnership_report(session, stepped, this_year, clock.today())
        over = replace(this_year, to_date=False)
        with pytest.raises(RuleBroken, match="is not over"):
            annual.publish_year(session, stepped, this_year, partnership.kept(report), disagreeing=[])
        with pytest.raises(RuleBroken, match="do not agree"):
            annual.publish_year(session, stepped, over, partnership.kept(report), disagreeing=["a >= b"])
        annual.publish_year(session, stepped, over, partnership.kept(report), disagreeing=[])
        with pytest.raises(RuleBroken, match="Nothing has changed"):
            annual.publish_year(session, stepped, over, partnership.kept(report), disagreeing=[])
    with unit_of_work(house) as session:
        session.scalars(select(AgendaItem)).first().outcome = Outcome.DEFERRED
    later = report_of(house, manager)
    assert later.published.number == 1
    assert later.lines["da_hearings"].changed
    assert (later.lines["da_hearings"].published, later.lines["da_hearings"].value) == (2, 1)
    assert not later.lines["cm_hearings"].changed
    with unit_of_work(house) as session:
        assert session.scalars(select(PublishedYear)).one().published_at <= datetime.now(UTC)


def test_what_must_hold_between_figures_is_checked_rep_49(held):
    house, _, manager = held
    report = report_of(house, manager)
    said = {one.key: one.holds for one in reconciling.checked(report)}
    assert said == {"sanctuary_funnel": True, "sanctuary_conversion": None, "people_not_hearings": True,
                    "no_double_total": None, "subset": None}  # fmt: skip
    found = report.lines["da_hearings"].found
    report.lines["da_hearings"] = replace(report.lines["da_hearings"], found=replace(found, value=1))
    assert {one.key: one.holds for one in reconciling.checked(report)}["people_not_hearings"] is False


def test_the_pages_lead_to_a_definition_and_to_cases_only_for_who_may_open_them_rep_47_da_52(held, quick_hashes):
    house, panel, manager = held
    label = year_of(clock.today(), clock.today()).label
    client = signed_in(house, manager)
    page = client.get(f"/reports/partnership/{label}")
    assert "High-risk victims of domestic abuse" in page.main
    figure = client.get(f"/reports/partnership/{label}/da_hearings")
    assert "one for each case at each meeting" in figure.main
    assert "2 that you may not open" in figure.main
    mine = signed_in(house, panel.coordinator).get(f"/reports/partnership/{label}/da_hearings")
    assert len(mine.all(".app-chips a")) == 2
    typed = client.get(f"/reports/partnership/{label}/refuge_women").fill_and_post(
        {"value": "92", "source": "Refuge provider's register", "given_on": ["1", "4", "2024"]}, follow=True
    )
    assert "Refuge provider&#39;s register" in typed.html
    wrong = client.get(f"/reports/partnership/{label}/refuge_women").fill_and_post({"value": "lots"})
    assert wrong.status == 422
    assert client.get("/reports/partnership/2031-32").status == 404
    assert client.get(f"/reports/partnership/{label}/nothing").status == 404
