"""The SafeLives return, counted by hand: each of its 32 columns, its checks, what is blank and what is 0 (DA-38)."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import openpyxl
import pytest
from sqlalchemy import select

from marac import access, clock
from marac.models import Agency, AgendaItem, CasePerson, Referral
from marac.reports import safelives
from marac.reports.return_facts import GROUPS, counted
from marac.reports.safelives import SafeLivesReturn
from marac.services.reporting import sheets
from marac.vocabulary import PersonRole, Role
from marac.web.forms.choices import ETHNICITIES
from marac.workflows.deadlines import add_months
from marac.workflows.safelives import columns, faults_of, page
from tests.builders import a_user, actor_for, signed_in, unit_of_work
from tests.builders_panels import a_held_panel

VICTIMS = (  # sex, age, ethnicity, disability, orientation, gender as registered
    ("female", 17, "bangladeshi", "a_lot", "bisexual", "yes"),
    ("male", 70, "somali", "no", "heterosexual", "yes"),
    ("female", 40, "other_white", "a_little", "not_asked", "no"),
    ("female", 30, "white", "not_known", "not_asked", "not_asked"),
    ("not_known", None, "not_asked", "no_limit", "heterosexual", "not_asked"),
)
HARMING = (16, 45, None, 17, 60)
CHILDREN = (2, 0, 1, 0, 0)
CAME_FROM = ("met_police_da", "solace", "childrens_social_care", "housing_options", "solace")


@pytest.fixture
def counted_by_hand(house):
    """A meeting that heard five cases, whose people are those of the tables above."""
    panel = a_held_panel(house, cases=5)
    with unit_of_work(house) as session:
        manager = a_user(session, house, Role.SERVICE_MANAGER, "vawg_team", programme=None)
        items = session.scalars(select(AgendaItem).order_by(AgendaItem.position)).all()
        access.open_for("load", manager.partnership_id, [one.case_id for one in items])
        for place, item in enumerate(items):
            _people_of(session, item.case_id, place)
            item.is_repeat = place < 2
    return house, panel, manager


def _people_of(session, case_id, place):
    people = session.scalars(select(CasePerson).where(CasePerson.case_id == case_id)).all()
    sex, age, ethnicity, disability, orientation, gender = VICTIMS[place]
    for person in people:
        if person.role is PersonRole.CHILD:
            person.unborn = True  # not born yet: not counted
            continue
        person.born_on = None
        if person.role is PersonRole.VICTIM:
            person.sex, person.approximate_age, person.ethnicity = sex, age, ethnicity
            person.disability, person.sexual_orientation, person.gender_same_as_registered = (
                disability,
                orientation,
                gender,
            )
        else:
            person.approximate_age = HARMING[place]
    for number in range(CHILDREN[place]):
        session.add(CasePerson(
            partnership_id=people[0].partnership_id, case_id=case_id, role=PersonRole.CHILD, position=number + 9,
            full_name=f"Child {number}",
        ))  # fmt: skip


def of(house, manager):
    with unit_of_work(house) as session:
        return safelives.safelives_return(
            session, actor_for(manager), date(2020, 1, 1), clock.today() + timedelta(days=60)
        )


def test_each_of_the_32_columns_is_what_a_person_counts_da_38(counted_by_hand):
    house, _, manager = counted_by_hand
    with unit_of_work(house) as session:
        agencies = {one.slug: one for one in session.scalars(select(Agency))}
        for place, item in enumerate(session.scalars(select(AgendaItem).order_by(AgendaItem.position))):
            referral = session.scalar(select(Referral).where(Referral.case_id == item.case_id))
            item.referral_id, referral.agency_id = referral.id, agencies[CAME_FROM[place]].id
        headings = [agencies[slug].return_heading for slug in CAME_FROM]
    row = of(house, manager).rows[0].values
    assert list(row) == [column.letter for column in columns()]
    assert len(row) == 32
    assert (row["A"], row["C"], row["D"], row["E"], row["F"]) == ("Tower Hamlets", 5, 2, 3, 2)
    came = {column.source: row[column.letter] for column in columns() if column.source}
    assert {name: number for name, number in came.items() if number} == {
        name: headings.count(name) for name in set(headings)
    }
    assert sum(came.values()) == 5
    rest = {letter: row[letter] for letter in ("U", "V", "W", "X", "Y", "Z", "AA", "AB", "AC", "AD", "AE", "AF")}
    assert rest == {
        "U": 3, "V": 2, "W": 2, "X": 1, "Y": 1, "Z": 2, "AA": 1, "AB": 1, "AC": 1, "AD": 0, "AE": 1, "AF": 0,
    }  # fmt: skip


def test_what_is_not_known_is_listed_with_its_cases_and_a_blank_is_not_zero_da_38_da_40(counted_by_hand):
    house, _, manager = counted_by_hand
    found = of(house, manager)
    doubts = {doubt.column: len(doubt.cases) for doubt in found.doubts}
    assert doubts == {"U": 1, "V": 1, "W": 1, "X": 1, "Y": 1, "Z": 1, "AA": 1}
    with unit_of_work(house) as session:
        access.open_for("load", manager.partnership_id, list(session.scalars(select(AgendaItem.case_id))))
        for person in session.scalars(select(CasePerson).where(CasePerson.role == PersonRole.VICTIM)):
            person.ethnicity = person.disability = None
            person.approximate_age = None
    row = of(house, manager).rows[0].values
    assert [row[letter] for letter in ("U", "W", "Y", "AA", "AB", "AF")] == [None] * 6
    assert row["X"] == 1


def test_every_ethnic_group_that_is_offered_has_its_heading():
    assert set(GROUPS) == {code for code, _ in ETHNICITIES}
    person = counted(
        PersonRole.VICTIM, {"sex": "male", "born_on": date(2008, 11, 23)}, {"ethnicity": "prefer_not_to_say"}
    )
    assert (person.group, person.group_known, person.lgbt, person.disabled) == (None, False, None, None)
    assert [person.age_on(date(2026, 11, day)) for day in (22, 23)] == [17, 18]


@pytest.mark.parametrize("worked", page()["worked_rows"], ids=lambda one: one["name"])
def test_the_worked_rows_of_the_template_are_judged_as_it_says(worked):
    errors = [fault.key for fault in faults_of(worked["row"]) if fault.severity == "error"]
    assert errors == worked["expect_errors"]


def test_further_sentences_between_the_columns_are_checked():
    whole = {"C": 3, "D": 1, "E": 0, "F": 0, "G": 3}
    said = lambda **more: {fault.key: fault.severity for fault in faults_of({**whole, **more})}  # noqa: E731
    assert said() == {}
    assert said(Y=2, AA=2) == {"ages_within_cases": "error"}
    assert said(U=2, AB=1) == {"ethnic_groups_match_total": "warning"}
    assert said(E=2) == {"children_zero_together": "error"}
    assert said(V=9) == {"parts_within_cases": "error"}
    assert said(Z=3, harming=2) == {"under_18_plausible": "error"}
    assert said(AB=4, U=4)["ethnic_groups_within_total"] == "error"


def test_repeats_are_held_against_the_band_over_twelve_months():
    known = SafeLivesReturn(date(2026, 1, 1), date(2026, 3, 31), (), (), (31, 100))
    assert [replace(known, repeats=pair).in_band for pair in ((28, 100), (40, 100), (41, 100), (27, 100), (0, 0))] == [
        True, True, False, False, None,
    ]  # fmt: skip


HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    "＝1",
    "－1",
    "  =1",
    "\u200b=1",
    "%1",
    "|cmd",
)


def test_no_cell_of_a_file_is_a_formula_da_52_security():
    for content in HOSTILE:
        assert str(sheets.harmless(content)).startswith("'"), content
    assert [sheets.harmless(one) for one in (3, 2.5, None, date(2026, 1, 2), "plain", "a=b", True)] == [
        3, 2.5, None, date(2026, 1, 2), "plain", "a=b", "True",
    ]  # fmt: skip
    rows = [[text, 1, None] for text in HOSTILE]
    read = list(csv.reader(io.StringIO(sheets.as_csv(["a", "b", "c"], rows).decode("utf-8-sig"), newline="")))
    assert len(read) == len(rows) + 1
    assert all(line[0].startswith("'") and line[2] == "" for line in read[1:])
    book = openpyxl.load_workbook(io.BytesIO(sheets.as_workbook("Return", ["=a", "b", "c"], rows)))
    assert "f" not in {cell.data_type for line in book.active.iter_rows() for cell in line}
    assert book.properties.creator in (None, "")


def test_the_page_shows_the_rows_the_doubts_and_gives_the_files(counted_by_hand, quick_hashes):
    house, panel, manager = counted_by_hand
    this = clock.today().replace(day=1, month=(clock.today().month - 1) // 3 * 3 + 1)
    with unit_of_work(house) as session:
        meeting = session.scalars(select(AgendaItem)).first().meeting
        meeting.starts_at = clock.now() - timedelta(hours=1)
    client = signed_in(house, manager)
    page = client.get(f"/reports/safelives?from={this}")
    assert "Tower Hamlets" in page.main
    assert "that you may not open" in page.main
    assert len(signed_in(house, panel.coordinator).get(f"/reports/safelives?from={this}").all(".app-chips a")) >= 5
    for kind, start in (("csv", b"\xef\xbb\xbfMARAC name"), ("xlsx", b"PK")):
        sent = page.form(f"/reports/safelives/{kind}?from={this}").post()
        assert sent.response.data.startswith(start)
        assert "attachment" in sent.response.headers["Content-Disposition"]
    for wrong in ("2026-02-01", "soon", "1999-01-01", add_months(this, 3).isoformat()):
        assert client.get(f"/reports/safelives?from={wrong}").status == 404
