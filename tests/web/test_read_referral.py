"""A Word or PDF referral as pages: read, looked through, and only then a draft of the one who read it."""

import io

import pytest
from sqlalchemy import func, inspect, select, text

from marac.models import AuditEntry, CasePerson, Paper, Referral
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import referral_tasks
from marac.vocabulary import PersonRole, ProgrammeSlug, ReferralState, Role
from tests.builders import a_user, actor_for, signed_in
from tests.builders_forms import FOUR_COLUMNS, LABEL_BESIDE, SAID, as_pdf, as_word

HERE, USE = "/referrals/read", "/referrals/read/use"
UNTOUCHED = {"audit_entry", "audit_head", "audit_row", "signin_session", "once_key"}
PERSONAL = {"Amina Begum", "Karim Uddin", "Elm Row", "Sami Uddin", "07700 900123"}


def counted(house):
    """How many rows each table holds, but those of the trail and of signing in."""
    with house.reader() as session:
        names = set(inspect(session.connection()).get_table_names()) - UNTOUCHED
        return {name: session.scalar(text(f'select count(*) from "{name}"')) for name in sorted(names)}


def sent(client, content, name="Amina Begum.docx"):
    return client.get(HERE).form(HERE).post({"file": [(io.BytesIO(content), name)]})


@pytest.fixture
def idva(house):
    with unit_of_work(house) as session:
        return a_user(session, house, Role.IDVA, "solace")


@pytest.fixture
def client(house, idva):
    browser = signed_in(house, idva)
    browser.forbidden |= PERSONAL
    return browser


def test_a_form_is_read_looked_through_and_only_then_a_draft(house, idva, client):
    start = client.get("/referrals/new")
    assert HERE in [link.attrs["href"] for link in start.all("main a[href]")]
    before = counted(house)
    shown = sent(client, as_word(LABEL_BESIDE))
    assert (shown.status, shown.h1) == (200, "What the form says")
    assert counted(house) == before, "nothing is saved by reading"
    assert "Amina Begum.docx" not in shown.html
    for words in ("Victim name | Amina Begum", "Table 1, row 5", "Not placed", "Elm Street Surgery"):
        assert words in shown.text, words
    form = shown.form(USE)
    assert form.values["person-0-full_name"] == ["Amina Begum"]
    assert form.values["person-0-born_on"] == ["27", "3", "1991"]
    ticked = set(form.values["use"])
    assert {"person-0-full_name", "children-1-school", "safe-contact-0-way_phone"} <= ticked
    assert "referrer-0-presented_by" not in ticked, "who presents it is not certain"
    use = sorted(ticked - {"reason-0-feared"})
    hub = form.post({"use": use, "person-0-full_name": "Amina Begum Khatun"})
    assert hub.title.startswith("Your referral")
    assert hub.text.count("Not started yet") >= 7, "no part counts as done"
    reference = hub.title.split(",")[1].strip()
    with unit_of_work(house, actor_for(idva)) as session:
        referral = session.scalars(select(Referral)).one()
        referral_tasks.open_form(session, actor_for(idva), referral)
        assert (referral.reference, referral.state, referral.agency_id) == (
            reference,
            ReferralState.DRAFT,
            idva.agency_id,
        )
        people = session.scalars(select(CasePerson).order_by(CasePerson.position)).all()
        assert [one.full_name for one in people if one.role == PersonRole.CHILD] == ["Sami Uddin", "Rina Uddin"]
        victim = next(one for one in people if one.role == PersonRole.VICTIM)
        assert (victim.full_name, str(victim.born_on), victim.disability) == ("Amina Begum Khatun", "1991-03-27", "no")
        assert victim.addresses[0].postcode == "E1 0AA"
        rules = victim.contact.rules
        assert (victim.contact.phone, rules["phone"]["answer"]) == ("07700 900123", "yes")
        assert rules["through"]["answer"] == "yes", "what held before anybody asked still holds"
        assert (victim.contact.checked_on, victim.contact.checked_by) == (None, None), "nobody has asked her yet"
        assert (referral.what_happened, referral.feared) == (SAID, None), "what was not ticked was left"
        assert set(referral.criteria) == {"visible_high_risk", "potential_escalation"}
        assert session.scalar(select(func.count()).select_from(Paper)) == 0, "the file is not kept"
        tags = {entry.tag: entry.body for entry in session.scalars(select(AuditEntry))}
    assert {"referral:form_read", "referral:started", "referral:from_form"} <= set(tags)
    assert not any(name in body for body in tags.values() for name in PERSONAL)
    again = client.get(f"/referrals/{reference}/person")
    assert again.form("/person").values["full_name"] == ["Amina Begum Khatun"]


def test_what_the_parts_refuse_is_refused_beside_its_box_and_nothing_is_lost_or_saved(house, client):
    before = counted(house)
    form = sent(client, as_pdf(FOUR_COLUMNS), "form.pdf").form(USE)
    wrong = {
        "person-0-born_on": ["31", "2", "1991"],
        "other-person-0-phone": "ring him",
        "reason-0-what_happened": "Mine",
    }
    page = form.post(wrong)
    assert page.status == 422
    assert {"Enter a real date", "Enter a phone number, like 020 7946 0123 or +880 1711 000000"} <= set(page.errors)
    assert page.form(USE).values["reason-0-what_happened"] == ["Mine"], "what was corrected stays"
    assert "Date of birth" in page.text
    assert "Jo Reid" in page.text
    assert counted(house) == before
    left = page.form(USE).post({"use": None})
    assert (left.status, "Tick at least one answer" in " ".join(left.errors)) == (422, True)
    untick = [key for key in page.form(USE).values["use"] if key not in ("person-0-born_on", "other-person-0-phone")]
    done = page.form(USE).post({"use": untick})
    assert done.title.startswith("Your referral"), "what is not ticked is not looked at"


def test_another_persons_page_or_one_that_was_changed_begins_nothing(house, client):
    carried = sent(client, as_word(LABEL_BESIDE)).form(USE)
    with unit_of_work(house) as session:
        other = a_user(session, house, Role.REPRESENTATIVE, "housing_options")
    before, theirs = counted(house), signed_in(house, other)
    mine = sent(theirs, as_word(LABEL_BESIDE)).form(USE)
    for read in (carried.values["read"][0], "x" + mine.values["read"][0], ""):
        page = mine.post({"read": read})
        assert (page.status, page.h1) == (422, "Read a Word or PDF form")
        assert "Choose the file again" in " ".join(page.errors)
    assert counted(house) == before


def test_a_file_that_cannot_be_read_is_an_error_beside_the_box(house, client):
    for content, says in (
        (b"MZ program", "must be a PDF or a Word document"),
        (b"%PDF-1.7 half", "damaged"),
        (b"", "Select a file"),
    ):
        page = client.get(HERE).form(HERE).post({"file": [(io.BytesIO(content), "x.pdf")] if content else None})
        assert (page.status, says in " ".join(page.errors)) == (422, True), says
    odd = sent(client, as_word((("line", "Minutes of the allotment society"),)))
    assert "None of the labels in this file is known here" in odd.text
    assert "Minutes of the allotment society" in odd.text


def test_it_is_there_for_who_may_refer_to_the_panel_and_not_there_for_anybody_else(house):
    with unit_of_work(house) as session:
        coordinator = a_user(session, house, Role.COORDINATOR, "vawg_team")
        referrer = a_user(session, house, Role.REFERRER, "childrens_social_care")
        nobody = [
            a_user(session, house, Role.SYSTEM_ADMIN, "vawg_team"), a_user(session, house, Role.AUDITOR, "vawg_team"),
            a_user(session, house, Role.REPRESENTATIVE, programme=ProgrammeSlug.COMMUNITY_MARAC),
        ]  # fmt: skip
    for worker in (coordinator, referrer):
        assert signed_in(house, worker).get(HERE).status == 200, worker.role
    for worker in nobody:
        browser = signed_in(house, worker)
        token = browser.get("/account").forms[0].values["csrf_token"][0]
        assert browser.get(HERE).status == 404, worker.role
        for path in (HERE, USE):
            assert browser.post(path, {"csrf_token": token}).status == 404, worker.role
