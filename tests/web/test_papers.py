"""The pages of papers: added on a phone without script, downloaded under a name that says nothing."""

import io

from marac.models import Paper
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import Role
from tests.builders import a_referral, a_user, actor_for, signed_in
from tests.services.test_papers import PDF


def a_draft(house, worker):
    with unit_of_work(house, actor_for(worker)) as session:
        return a_referral(session, house, actor_for(worker)).reference


def test_a_paper_is_added_listed_downloaded_and_taken_out(house):
    with unit_of_work(house) as session:
        idva = a_user(session, house, Role.IDVA, "solace")
        other = a_user(session, house, Role.REPRESENTATIVE, "housing_options")
    page, reference = signed_in(house, idva), a_draft(house, idva)
    here = f"/referrals/{reference}/papers"
    facts = {"kind": "checklist", "title": "The form", "file": [(io.BytesIO(PDF), "Amina Khatun.pdf")]}
    sent = page.get(here).form(here).post(facts)
    assert "The form" in sent.text
    assert "Khatun" not in sent.text, "the name of the file is not kept"
    with house.reader() as session:
        paper_id = session.query(Paper).one().id
    got = page.http.get(f"/documents/{paper_id}", base_url="https://localhost")
    assert (got.status_code, got.data, got.mimetype) == (200, PDF, "application/pdf")
    assert got.headers["Content-Disposition"] == f'attachment; filename="casework-{paper_id.hex[:8]}.pdf"'
    assert got.headers["Cache-Control"] == "no-store"
    assert signed_in(house, other).http.get(f"/documents/{paper_id}", base_url="https://localhost").status_code == 404
    gone = page.get(here).form(f"/documents/{paper_id}/remove").post()
    assert "No papers yet" in gone.text


def test_a_file_of_the_wrong_type_or_none_is_an_error_beside_the_box(house):
    with unit_of_work(house) as session:
        idva = a_user(session, house, Role.IDVA, "solace")
    page, here = signed_in(house, idva), f"/referrals/{a_draft(house, idva)}/papers"
    for content, says in ((b"MZ program", "must be a PDF"), (b"", "Select a file")):
        facts = {"kind": "other", "title": "x", "file": [(io.BytesIO(content), "x.pdf")] if content else None}
        answer = page.get(here).form(here).post(facts)
        assert (answer.status, says in " ".join(answer.errors)) == (422, True)
