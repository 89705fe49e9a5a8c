"""DA-58: a spreadsheet's open cases and last twelve months come in whole, so that repeats are found on day one."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings, strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from marac import access
from marac.cli import cli
from marac.errors import ConfigurationError, RuleBroken
from marac.models import AuditEntry, Case, CasePerson, Partnership, PersonToken, Referral
from marac.services import importing
from marac.services.casework import people
from marac.services.importing import sheet
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.knowing import matching
from marac.services.referring import referrals
from marac.vocabulary import CaseState, PersonRole, ProgrammeSlug, ReferralKind, ReferralState, Role
from tests.builders import a_user, actor_for

TODAY = "2026-11-22 10:00+00:00"
HEADINGS = [
    "MARAC number", "Victim", "DOB", "House number", "Address", "Postcode", "Phone", "Safe to phone", "Confidential",
    "Perpetrator", "Relationship", "Children", "Referral date", "Referred by", "MARAC date", "DASH score", "Notes",
    "Status",
]  # fmt: skip
AMINA = {
    "MARAC number": "2026/014", "Victim": "KHATUN, Amina", "DOB": date(1990, 3, 27), "House number": "14",
    "Address": "Elm Row", "Postcode": "e1 0zz", "Phone": "020 7946 0123", "Safe to phone": "Yes",
    "Confidential": "no", "Perpetrator": "Rafiq Khatun", "Relationship": "Husband", "Children": "Sara; Yusuf",
    "Referral date": date(2026, 8, 3), "Referred by": "met_police_da", "MARAC date": "19/08/2026", "DASH score": 16,
    "Notes": "Strangulation reported.", "Status": "Open",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def coordinator(house: Deployment, partnership: Partnership) -> access.Actor:
    with unit_of_work(house) as session:
        return actor_for(a_user(session, house, role=Role.COORDINATOR))


def workbook(folder: Path, *rows: dict[str, Any], headings: list[str] | None = None, above: int = 0) -> Path:
    """A workbook with these rows under its headings, below so many lines of anything else."""
    book = openpyxl.Workbook()
    page = book.active
    for _ in range(above):
        page.append(["MARAC log 2026", None, "kept by the team"])
    names = headings or HEADINGS
    page.append(names)
    for row in rows:
        page.append([row.get(name) for name in names])
    path = folder / "log.xlsx"
    book.save(path)
    return path


def bring(house: Deployment, path: Path, **facts: Any) -> importing.Report:
    return importing.bring_in(house, path, "da_marac", **facts)


def opened(house: Deployment) -> dict[str, Any]:
    """What now stands in the database of the only case, in the clear."""
    with unit_of_work(house) as session:
        case = session.query(Case).one()
        access.open_for("load", case.partnership_id, [case.id])
        found = {person.role: person for person in people.people_of(session, case.id)}
        victim = found[PersonRole.VICTIM]
        children = people.people_of(session, case.id, [PersonRole.CHILD])
        return {
            "state": case.state, "heard": case.last_heard_on, "until": case.flag_until_on, "name": victim.full_name,
            "born": victim.born_on, "postcode": victim.addresses[0].postcode, "phone": victim.contact.phone,
            "rules": victim.contact.rules, "feared": found[PersonRole.PERPETRATOR].full_name,
            "children": [child.full_name for child in children], "why": case.why_high_risk,
        }  # fmt: skip


def test_a_row_becomes_a_case_with_its_people_its_dates_and_its_live_flag(house, coordinator, tmp_path):
    report = bring(house, workbook(tmp_path, AMINA, above=3))
    assert (report.rows, report.imported, report.skipped) == (1, 1, [])
    assert opened(house) == {
        "state": CaseState.ISSUED, "heard": date(2026, 8, 19), "until": date(2027, 8, 19), "name": "Amina KHATUN",
        "born": date(1990, 3, 27), "postcode": "E1 0ZZ", "phone": "020 7946 0123",
        "rules": {"phone": {"answer": "yes"}}, "feared": "Rafiq Khatun", "children": ["Sara", "Yusuf"],
        "why": "Strangulation reported.",
    }  # fmt: skip


def test_da_58_an_imported_person_is_found_as_a_repeat_on_day_one(house, coordinator, tmp_path):
    bring(house, workbook(tmp_path, AMINA))
    with unit_of_work(house, coordinator) as session:
        new = referrals.start_referral(session, house.keyring, coordinator, ProgrammeSlug.DA_MARAC)
        victim = people.victim_of(session, new.case_id)
        people.update_person(session, victim, full_name="Amena Khatoon", born_on=date(1990, 3, 27))
        (match, *_rest) = matching.find_matches(session, coordinator, new.case)
        assert match.last_heard_on == date(2026, 8, 19)
        assert match.in_window
        assert "same date of birth" in match.reasons


def test_rows_of_one_person_and_one_alleged_perpetrator_make_one_case_with_a_repeat(house, coordinator, tmp_path):
    again = AMINA | {"Referral date": date(2026, 10, 1), "MARAC date": date(2026, 10, 14), "MARAC number": "2026/020"}
    assert bring(house, workbook(tmp_path, again, AMINA)).imported == 2
    with unit_of_work(house) as session:
        assert session.query(Case).count() == 1
        kinds = [row.kind for row in session.query(Referral).order_by(Referral.submitted_at)]
        assert kinds == [ReferralKind.NEW, ReferralKind.REPEAT]


def test_an_open_row_that_was_not_heard_waits_for_a_decision(house, coordinator, tmp_path):
    bring(house, workbook(tmp_path, AMINA | {"MARAC date": None}))
    with unit_of_work(house) as session:
        referral = session.query(Referral).one()
        assert (referral.state, referral.case.state) == (ReferralState.SUBMITTED, CaseState.RECEIVED)
        assert referral.decide_by_at is not None


def test_a_case_heard_more_than_twelve_months_ago_has_lapsed_and_a_closed_one_is_closed(house, coordinator, tmp_path):
    old = AMINA | {"Referral date": date(2025, 10, 1), "MARAC date": date(2025, 11, 21)}
    boundary = AMINA | {"Victim": "Bea Lark", "Referral date": date(2025, 10, 1), "MARAC date": date(2025, 11, 22)}
    closed = AMINA | {"Victim": "Cass Dove", "Status": "Closed"}
    assert bring(house, workbook(tmp_path, old, boundary, closed)).imported == 3
    with unit_of_work(house) as session:
        states = [case.state for case in session.query(Case).order_by(Case.opened_on, Case.last_heard_on)]
        assert states == [CaseState.LAPSED, CaseState.ISSUED, CaseState.CLOSED]


def test_a_dry_run_reports_and_writes_nothing(house, coordinator, tmp_path):
    report = bring(house, workbook(tmp_path, AMINA), dry_run=True)
    assert report.imported == 1
    with unit_of_work(house) as session:
        for model in (Case, CasePerson, Referral, PersonToken):
            assert session.query(model).count() == 0


def test_the_same_file_twice_doubles_nothing(house, coordinator, tmp_path):
    path = workbook(tmp_path, AMINA, AMINA | {"Victim": "Bea Lark", "DOB": None})
    assert bring(house, path).imported == 2
    again = bring(house, path)
    assert again.imported == 0
    assert [one["problem"] for one in again.skipped] == ["This person's case is here already."] * 2


@pytest.mark.parametrize(
    ("column", "value", "field"),
    [
        ("Victim", "—", "victim_name"), ("Victim", "x" * 301, "victim_name"), ("DOB", "31/02/1990", "born_on"),
        ("DOB", "27/3/90", "born_on"), ("DOB", date(2030, 1, 1), "born_on"), ("DOB", 33000, "born_on"),
        ("Referral date", None, "referred_on"), ("Referral date", "last week", "referred_on"),
        ("MARAC date", date(2026, 8, 2), "heard_on"), ("Referred by", "Nobody Trust", "agency"),
        ("DASH score", "high", "score"), ("DASH score", -3, "score"), ("Safe to phone", "maybe", "safe_to_phone"),
        ("Notes", "x" * 20_001, "concern"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("coordinator")
def test_a_row_that_cannot_be_read_is_left_out_whole_and_the_others_come_in(house, tmp_path, column, value, field):
    report = bring(house, workbook(tmp_path, AMINA | {column: value}, AMINA | {"Victim": "Bea Lark"}))
    assert report.imported == 1
    (skipped,) = report.skipped
    assert (skipped["row"], skipped["field"]) == (2, field)
    assert str(value) not in skipped["problem"], "a report repeats no value of a person"
    assert opened(house)["name"] == "Bea Lark"


def test_a_failure_half_way_leaves_nothing(house, coordinator, tmp_path, monkeypatch):
    real, calls = people.add_person, []

    def failing(*args: Any, **facts: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise OSError("disk full")
        return real(*args, **facts)

    monkeypatch.setattr(people, "add_person", failing)
    with pytest.raises(OSError, match="disk full"):
        bring(house, workbook(tmp_path, AMINA, AMINA | {"Victim": "Bea Lark"}))
    with unit_of_work(house) as session:
        assert (session.query(Case).count(), session.query(CasePerson).count()) == (0, 0)
        assert session.query(AuditEntry).filter_by(tag="cases:imported").count() == 0


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04 not a zip either", b"\xd0\xcf\x11\xe0old"])
def test_a_file_of_the_wrong_type_is_refused_in_one_sentence(house, coordinator, tmp_path, content):
    path = tmp_path / "log.xlsx"
    path.write_bytes(content)
    with pytest.raises(RuleBroken, match="not an Excel workbook"):
        bring(house, path)


def test_a_workbook_without_our_headings_another_programme_or_no_coordinator_is_refused(house, partnership, tmp_path):
    with pytest.raises(ConfigurationError, match="Invite a coordinator first"):
        bring(house, workbook(tmp_path, AMINA))
    with pytest.raises(RuleBroken, match="headings"):
        sheet.read(workbook(tmp_path, {}, headings=["Colour", "Size"]))
    with pytest.raises(RuleBroken, match="can be imported for"):
        importing.bring_in(house, workbook(tmp_path, AMINA), "nonsense")


def test_a_workbook_that_unpacks_to_more_than_it_should_is_refused(house, coordinator, tmp_path, monkeypatch):
    monkeypatch.setattr(sheet, "MOST_UNPACKED", 100)
    with pytest.raises(RuleBroken, match="too large"):
        bring(house, workbook(tmp_path, AMINA))


def test_the_empty_workbook_that_we_write_is_one_that_we_read(tmp_path):
    path = tmp_path / "empty.xlsx"
    sheet.write_empty(path)
    assert sheet.read(path) == []


CELLS = st.one_of(
    st.none(), st.text(max_size=40), st.integers(-(10**9), 10**9), st.booleans(), st.just("=1+1"),
    st.dates(date(1901, 1, 1), date(2035, 1, 1)),
).filter(lambda cell: not isinstance(cell, str) or not ILLEGAL_CHARACTERS_RE.search(cell))  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(HEADINGS, CELLS)), max_size=3))
def test_whatever_stands_in_the_cells_every_row_is_brought_in_or_named(house, coordinator, tmp_path, rows):
    report = bring(house, workbook(tmp_path, *rows), dry_run=True)
    assert report.imported + len(report.skipped) == report.rows <= len(rows)


def test_the_command_prints_the_report_as_json_and_says_with_its_exit_code_whether_a_dry_run_is_clean(
    house, coordinator, tmp_path, monkeypatch
):
    monkeypatch.setenv("MARAC_DATA", str(house.settings.data))
    path = workbook(tmp_path, AMINA, AMINA | {"Victim": "Bea Lark", "DOB": "31/02/1990"})
    dry = CliRunner().invoke(cli, ["import", str(path), "--programme", "da_marac", "--dry-run", "--json"])
    assert dry.exit_code == 1, dry.stderr
    done = CliRunner().invoke(cli, ["import", str(path), "--programme", "da_marac", "--json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert (found["rows"], found["imported"], found["skipped"][0]["row"]) == (2, 1, 3)
    assert "Khatun" not in dry.stdout + done.stdout
