"""Transfers, telling and flags through the pages: what each role may do, and what no page shows (DA-32 to DA-34)."""

import re
from io import BytesIO

import pytest
from sqlalchemy import select

from marac.models import Case, Telling, Transfer
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import Role
from tests.attacks.scene import SAME_SITE, form, token_of
from tests.builders import a_user, signed_in
from tests.builders_panels import a_held_panel
from tests.services.test_transfers import MOVE, Area

ROLES = (Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA, Role.REFERRER, Role.AUDITOR, Role.SYSTEM_ADMIN, Role.AGENCY_ADMIN,
         Role.SERVICE_MANAGER, Role.CONTRACTOR, Role.CHAIR)  # fmt: skip


@pytest.fixture
def two(open_house):
    here, there = open_house(), open_house()
    panel = a_held_panel(here)
    with unit_of_work(there) as session:
        coordinator = a_user(session, there, Role.COORDINATOR, "vawg_team")
    home, away = Area(here, panel.coordinator), Area(there, coordinator)
    return home, away, panel, home.know(away), away.know(home)


def test_a_file_is_uploaded_looked_at_and_taken_in_and_its_receipt_is_a_file_da_34(two):
    home, away, panel, there, _ = two
    _, content = home.send(panel.case_ids[0], there)
    browser = signed_in(away.house, away.coordinator).http
    token = token_of(browser)
    sent = form(token, file=(BytesIO(content), "casework.age"))
    came = browser.post("/transfers/in", data=sent, content_type="multipart/form-data", **SAME_SITE)
    assert came.status_code == 303
    page = browser.get(came.location, base_url="https://localhost").get_data(as_text=True)
    assert "Amina Begum" in page
    assert "Saffronharbour" not in page, "a new address is masked from the first page on"
    made = browser.post(came.location, data=form(token), **SAME_SITE)
    assert made.status_code == 303
    receipt = browser.get(f"{made.location}/file", base_url="https://localhost")
    assert receipt.headers["Content-Disposition"].endswith('.json"')
    assert b"Begum" not in receipt.data
    junk = form(token, file=(BytesIO(b"junk"), "x.age"))
    assert browser.post("/transfers/in", data=junk, content_type="multipart/form-data", **SAME_SITE).status_code == 422


def test_a_transfer_is_nobody_elses_by_any_guess_of_its_address_da_34(two):
    """Every role but coordinator and chair: page, file, receipt, hand-over, check, areas and taking in."""
    home, _, panel, there, _ = two
    sent_id, _ = home.send(panel.case_ids[0], there)
    with unit_of_work(home.house) as session:
        workers = [a_user(session, home.house, role, "met_police_da") for role in ROLES]
        reference = session.get_one(Case, panel.case_ids[0]).reference
    for worker in workers:
        browser = signed_in(home.house, worker).http
        token = token_of(browser)
        chair = worker.role == Role.CHAIR
        gets = [f"/transfers/{sent_id}/file", "/transfers/areas", f"/transfers/areas/{there}", "/transfers/in",
                f"/transfers/in/{sent_id}", f"/cases/{reference}/transfer"]  # fmt: skip
        for path in gets if chair else [*gets, "/transfers", f"/transfers/{sent_id}"]:
            assert browser.get(path, base_url="https://localhost").status_code in (403, 404), (worker.role, path)
        for end in ("receipt", "hand-over", "left", *([] if chair else ["check"])):
            answer = browser.post(f"/transfers/{sent_id}/{end}", data=form(token, who="x", hand_over="x"), **SAME_SITE)
            assert answer.status_code in (403, 404), (worker.role, end)
    with home.work() as session:
        transfer = session.get_one(Transfer, sent_id)
        assert (transfer.receipted_at, transfer.handed_over_at, transfer.keeps_flag) == (None, None, True)


def test_the_pages_of_the_sender_never_show_the_new_address_again_da_34(two):
    home, _, panel, there, _ = two
    browser = signed_in(home.house, home.coordinator).http
    token = token_of(browser)
    with home.work() as session:
        reference = session.get_one(Case, panel.case_ids[0]).reference
    typed = form(
        token, area=str(there), reason=MOVE.reason, contact=MOVE.contact, new_address=MOVE.new_address, stays="y"
    )
    answer = browser.post(f"/cases/{reference}/transfer", data=typed, **SAME_SITE)
    assert answer.status_code == 303, re.findall(r"govuk-error-message.*", answer.get_data(as_text=True))[:3]
    for path in (
        answer.location,
        "/transfers",
        f"/cases/{reference}",
        f"/cases/{reference}/history",
        f"/cases/{reference}/transfer",
    ):
        assert "Saffronharbour" not in browser.get(path, base_url="https://localhost").get_data(as_text=True)
    fetched = browser.get(f"{answer.location}/file", base_url="https://localhost")
    assert fetched.data.startswith(b"age-encryption.org/v1")
    assert b"Saffronharbour" not in fetched.data


def test_telling_flags_and_what_is_noted_first_have_their_pages_da_32_da_33(two):
    home, _, panel, *_ = two
    with unit_of_work(home.house) as session:
        idva = a_user(session, home.house, Role.IDVA, "solace")
        task = session.scalars(select(Telling.id)).one()
    browser = signed_in(home.house, idva).http
    token = token_of(browser)
    page = browser.get(f"/telling/{task}", base_url="https://localhost").get_data(as_text=True)
    assert page.index("How to contact safely") < page.index("Was the person told?")
    version = re.search(r'name="version"[^>]*value="(\d+)"', page).group(1)
    refused = browser.post(f"/telling/{task}", data=form(token, standing="unsafe", version=version), **SAME_SITE)
    assert refused.status_code == 422
    told = form(token, standing="unsafe", next_step="Ask on Monday", version=version)
    assert browser.post(f"/telling/{task}", data=told, **SAME_SITE).status_code == 303
    coordinator = signed_in(home.house, home.coordinator).http
    for path in ("/flags/agencies", "/flags", f"/panels/{panel.reference}/since-last", "/telling"):
        assert coordinator.get(path, base_url="https://localhost").status_code == 200, path
    for path in ("/flags/agencies", f"/panels/{panel.reference}/since-last"):
        assert browser.get(path, base_url="https://localhost").status_code == 403, path
