"""The list of cases as a file: who may, what for, what is never in it, and that no cell is a formula (DA-57)."""

import io
from dataclasses import replace

import openpyxl
import pytest
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed, RuleBroken, StepUpNeeded
from marac.models import Address, AuditEntry, Case, CasePerson, IssuedDocument
from marac.services.reporting import exports
from marac.vocabulary import DocumentReason, PersonRole, Role
from tests.builders import a_user, actor_for, signed_in, unit_of_work
from tests.builders_panels import a_published_panel
from tests.pdf_text import words_of

WHY = DocumentReason.OWN_FILE


@pytest.fixture
def listed(house):
    panel = a_published_panel(house, cases=3)
    with unit_of_work(house) as session:
        cases = session.scalars(select(Case).order_by(Case.reference)).all()
        access.open_for("load", cases[0].partnership_id, [one.id for one in cases])
        for one in session.scalars(select(CasePerson).where(CasePerson.role == PersonRole.VICTIM)):
            one.full_name = "=Cmd Runner"
        for place in session.scalars(select(Address)):
            place.postcode = "E99 9ZZ"
        cases[0].restricted = True
        references = [one.reference for one in cases]
    return house, panel, references


def stepped(worker):
    return replace(actor_for(worker), stepped_up_at=clock.now())


def test_a_file_holds_initials_and_dates_and_is_in_the_register_da_57(listed):
    house, panel, references = listed
    with unit_of_work(house) as session:
        made = {
            ending: exports.export_cases(session, stepped(panel.coordinator), ending=ending, reason=WHY)
            for ending in ("csv", "xlsx", "pdf")
        }
        entries = session.scalars(select(IssuedDocument)).all()
        assert len(entries) == 3
        assert {entry.user_id for entry in entries} == {panel.coordinator.id}
    with unit_of_work(house) as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.tag == "document:made")).all()
        assert len(told) == 3
    csv, book = made["csv"].content.decode("utf-8-sig"), openpyxl.load_workbook(io.BytesIO(made["xlsx"].content))
    sheet = "\n".join(str(cell.value) for line in book.active.iter_rows() for cell in line)
    for words in (csv, sheet, words_of(made["pdf"].content)):
        assert references[1] in words
        assert "Runner" not in words
        assert "E99" not in words
        assert "Destroy by" in words
    assert references[0] not in csv + sheet  # restricted, though the coordinator could be named on it
    assert "f" not in {cell.data_type for line in book.active.iter_rows() for cell in line}
    assert all(one.file_name.startswith("casework-") for one in made.values())


def test_nobody_makes_one_without_a_reason_a_second_factor_and_the_right_asvs_15_3_1(listed):
    house, panel, _ = listed
    with unit_of_work(house) as session:
        with pytest.raises(StepUpNeeded):
            exports.export_cases(
                session, replace(actor_for(panel.coordinator), stepped_up_at=None), ending="csv", reason=WHY
            )
        with pytest.raises(RuleBroken):
            exports.export_cases(session, stepped(panel.coordinator), ending="csv", reason=None)
        for role in (Role.REPRESENTATIVE, Role.IDVA, Role.SERVICE_MANAGER, Role.AUDITOR):
            with pytest.raises(NotAllowed):
                exports.export_cases(session, stepped(a_user(session, house, role)), ending="csv", reason=WHY)


def test_the_page_is_led_to_from_the_list_and_asks_for_a_code_first(listed, quick_hashes):
    house, panel, references = listed
    client = signed_in(house, panel.coordinator)
    page = client.get("/cases")
    assert "/exports/cases" in page.html
    asked = client.get("/exports/cases", follow=True)
    if "/step-up" in asked.url:
        asked = asked.fill_and_post({"code": panel.coordinator.code()})
    sent = asked.fill_and_post({"ending": "csv", "reason": WHY.value}, follow=False)
    assert references[1].encode() in sent.response.data
    with unit_of_work(house) as session:
        rep = a_user(session, house)
    assert "/exports/cases" not in signed_in(house, rep).get("/cases").html
    assert signed_in(house, rep).get("/exports/cases").status in (403, 404)
