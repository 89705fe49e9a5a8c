"""Documents: marked, numbered, tagged; initials unless names were asked for; nothing that only a reveal shows."""

import hashlib
import re
from io import BytesIO

import pytest
import time_machine
from docx import Document as WordFile
from sqlalchemy import select

from marac import access
from marac.errors import NotAllowed, RuleBroken, StepUpNeeded
from marac.models import Address, AuditEntry, Case, CasePerson, ContactMethod, IssuedDocument, NamedPerson
from marac.services.minuting import document_blocks as b, documents, pdf, word_files
from marac.services.minuting.document_contents import CONTENTS, BriefPage, brief_page_of, chair_brief
from marac.services.sanctuary.letters import LETTERS
from marac.vocabulary import DocumentKind as K, DocumentReason, DocumentState, MeetingKind, PersonRole
from tests.builders import actor_for
from tests.builders_panels import MORNING, a_held_panel, a_published_panel, a_wall
from tests.pdf_text import said_in, words_of

FRAME = {
    "title": "Minutes, Wednesday 12 November 2025", "marking": documents.MARKING, "copy": "7F3A",
    "for_whom": "Hana Reed, Housing options", "made": "Wednesday 12 November 2025, 9:30am, by Hana Reed",
    "destroy_on": "Wednesday 10 December 2025", "watermark": "Hana Reed, Housing options. Copy 7F3A", "size": 10.5,
    "flipped": False, "wide_margin": False,
}  # fmt: skip
HOSTILE = (
    '#panic("x")', "*y*", '#read("/etc/passwd")', "$x$", "<label>", "@cite", "\\", "`raw`", "= Heading", "//comment",
    "\u202eevil", "\U0001f600", "আমিনা বেগম", "محمد", "\x00\x07", "\ud800", "Łukasz Nguyễn ş", "x" * 10_000, "李 " * 30,
)  # fmt: skip
SECRETS = ("saffronharbourlane", "07700900987", "E19ZZ", "Marigold Primary")


@pytest.fixture(autouse=True)
def _one_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def make(panel, worker, kind, **facts):
    """One copy for this person."""
    with panel.work(worker) as session:
        made = documents.make_document(session, actor_for(worker), panel.meeting(session), kind, **facts)
        return made.file_name, made.content


def drawn(*blocks, **facts):
    return pdf.render({**FRAME, **facts, "blocks": list(blocks)})


def test_every_page_carries_marking_number_person_time_pages_and_when_to_destroy_it_da_57():
    made = drawn(b.heading("1. K7D-42Q"), b.new_page(), b.heading("2. Q9Z-37K"))
    for words in (FRAME["marking"], "Copy 7F3A", "Hana Reed, Housing options", "Page 1 of 2", "Page 2 of 2"):
        assert said_in(made, words), words
    assert said_in(made, "Made Wednesday 12 November 2025, 9:30am")
    assert said_in(made, "Destroy by Wednesday 10 December 2025")
    assert words_of(made).count("OFFICIAL-SENSITIVE") == 4, "top and foot of both pages"


def test_a_pdf_is_tagged_names_its_language_and_holds_no_author():
    made = drawn(b.table(("Agency", "Action"), [("Police", "Visit")]))
    assert b"/StructTreeRoot" in made
    assert b"pdfuaid" in made
    assert b"/Lang" in made
    assert b"/Author" not in made


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_what_people_type_is_drawn_as_it_is_and_never_run(words):
    blocks = (b.heading(f"1. {words[:60]}"), b.text(words), b.facts((words[:200], words)), b.bullets([words]))
    made = drawn(*blocks, b.table(("Who", "What"), [(words, words)]), for_whom=words[:60])
    assert made.startswith(b"%PDF-1.7")
    if words.isascii() and words.isprintable() and len(words) < 100:
        assert said_in(made, words)
    assert not said_in(made, "root:x:0")
    WordFile(BytesIO(word_files.render({**FRAME, "blocks": list(blocks)})))


def test_what_no_font_draws_is_written_as_its_code_and_a_bengali_name_as_itself():
    made = drawn(b.text("\U0001f600 means yes"), b.text("আমিনা"))
    assert said_in(made, "[U+1F600] means yes")
    assert b"NotoSansBengali" in made


def test_the_same_file_comes_of_the_same_facts_but_for_its_time():
    assert pdf.clean({"a": ["x\x00y", 3, None]}) == {"a": ["xy", 3, None]}


def test_eighteen_cases_of_an_agenda_stand_on_one_page_ux_2_8():
    rows = [["12:30pm", "K7D-42Q", "A. B.", "Repeat, Children", "Solace, Probation, Poplar HARCA"]] * 18
    head = ["Time", "Reference", "Initials", "Marks", "Also invited"]
    core = "For every case: " + ", ".join(["Metropolitan Police domestic abuse team"] * 12)
    made = drawn(b.text(core), b.table(head, rows, (3, 3, 3, 4, 10)), size=9.5)
    assert said_in(made, "Page 1 of 1")


def test_a_copy_is_entered_hashed_and_audited_under_a_name_that_says_nothing_da_57(house):
    panel = a_held_panel(house, 1)
    name, content = make(panel, panel.coordinator, K.AGENDA)
    assert re.fullmatch(r"casework-[2-9A-Z]{4}\.pdf", name)
    with panel.work(panel.coordinator) as session:
        entry = session.scalars(select(IssuedDocument)).one()
        assert entry.sha256 == hashlib.sha256(content).hexdigest()
        assert (entry.state, entry.named, entry.reason) == (DocumentState.RELEASED, False, None)
        body = session.scalars(select(AuditEntry.body).where(AuditEntry.tag == "document:made")).one()
        assert entry.sha256 in body
        assert [one.entry.id for one in _copies(session, panel, panel.coordinator)] == [entry.id]
    with panel.work(panel.housing) as session:
        assert _copies(session, panel, panel.housing) == [], "another agency's copies are not listed"


def _copies(session, panel, worker):
    return documents.list_copies(session, actor_for(worker), panel.meeting(session))


def test_names_need_a_reason_and_a_fresh_second_factor(house):
    panel = a_held_panel(house, 1)
    assert not said_in(make(panel, panel.coordinator, K.ACTIONS)[1], "Amina")
    with pytest.raises(RuleBroken) as refusal:
        make(panel, panel.coordinator, K.ACTIONS, named=True)
    assert refusal.value.field == "reason"
    with panel.work(panel.coordinator) as session:
        actor, meeting = actor_for(panel.coordinator, stepped_up_at=None), panel.meeting(session)
        with pytest.raises(StepUpNeeded):
            documents.make_document(session, actor, meeting, K.ACTIONS, named=True, reason=DocumentReason.ROOM)
    _, named = make(panel, panel.coordinator, K.ACTIONS, named=True, reason=DocumentReason.ROOM)
    assert said_in(named, "Amina Begum")


def test_an_agency_prints_its_own_actions_and_no_other_agencys_da_31(house):
    panel = a_held_panel(house, 1)
    assert said_in(make(panel, panel.police, K.ACTIONS)[1], "Apply for a protection order")
    mine = make(panel, panel.housing, K.ACTIONS)[1]
    assert not said_in(mine, "Apply for a protection order")
    assert said_in(mine, "No actions")


def test_what_a_role_may_not_make_is_refused(house):
    panel = a_held_panel(house, 1)
    for kind in (K.BRIEF, K.ATTENDANCE, K.MINUTES):
        with pytest.raises(NotAllowed):
            make(panel, panel.housing, kind)
    with pytest.raises(NotAllowed):
        make(panel, panel.coordinator, K.AGENDA, in_word=True)


def test_minutes_as_word_hold_the_same_facts_as_the_pdf(house):
    panel = a_held_panel(house, 1)
    name, content = make(panel, panel.coordinator, K.MINUTES, in_word=True)
    assert name.endswith(".docx")
    told = WordFile(BytesIO(content))
    words = "\n".join(one.text for one in told.paragraphs)
    assert "Risk to the victim-survivor" in words
    assert told.tables[-1].rows[1].cells[1].text == "Apply for a protection order"
    assert "OFFICIAL-SENSITIVE" in told.sections[0].header.paragraphs[0].text
    assert told.core_properties.author == ""
    assert "Amina" not in words
    pdf_made = make(panel, panel.coordinator, K.MINUTES)[1]
    for heading in ("Risk to the victim-survivor", "Who tells the victim-survivor", "Apply for a protection order"):
        assert said_in(pdf_made, heading)


def test_a_restricted_case_is_never_printed_even_for_who_is_named_da_57(house):
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        case = session.get_one(Case, panel.case_ids[0])
        case.restricted, reference = True, case.reference
        session.add(NamedPerson(partnership_id=case.partnership_id, case_id=case.id, user_id=panel.coordinator.id))
    for kind in (K.AGENDA, K.BRIEF, K.MINUTES, K.ACTIONS):
        made = make(panel, panel.coordinator, kind)[1]
        assert not said_in(made, reference), kind
        assert said_in(made, "1 restricted case is never printed"), kind


def test_the_printed_brief_says_what_the_page_of_the_brief_says(house):
    panel = a_published_panel(house, 1)
    made = make(panel, panel.chair, K.BRIEF)[1]
    for words in ("I want him to stay away", "To ask", "No agency has said where the alleged perpetrator is"):
        assert said_in(made, words), words
    assert not said_in(made, "Karim Begum"), "initials unless names were asked for"


def test_minutes_of_a_meeting_without_a_room_are_called_information_and_updates_da_56(house):
    panel = a_held_panel(house, 1)
    with panel.work(panel.coordinator) as session:
        panel.meeting(session).kind = MeetingKind.ASYNCHRONOUS
    assert said_in(make(panel, panel.coordinator, K.MINUTES)[1], "Information and updates, Wednesday 12 November 2025")


def test_a_walled_case_is_in_no_copy_and_nothing_says_so(house):
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        first, second = (session.get_one(Case, case_id).reference for case_id in panel.case_ids)
        a_wall(session, panel.case_ids[0], panel.coordinator)
    made = make(panel, panel.coordinator, K.MINUTES)[1]
    assert not said_in(made, first)
    assert said_in(made, second)
    assert not said_in(made, "never printed")


def test_the_chairs_brief_takes_plain_facts_and_gives_each_case_a_page(house):
    panel = a_published_panel(house, 2)
    with panel.work(panel.chair) as session:
        meeting = panel.meeting(session)
        pages = [
            BriefPage(f"K7D-4{n}Q", "A. B.", ("Repeat",), (("Why high risk", "Threats"),), ("Where is he now?",))
            for n in range(2)
        ]
        made = documents.release(session, actor_for(panel.chair), meeting, K.BRIEF, chair_brief(meeting, pages))
        assert said_in(made.content, "Page 2 of 2")
        assert said_in(made.content, "Where is he now?")
    assert said_in(make(panel, panel.chair, K.BRIEF)[1], "I want him to stay away.")


def test_a_page_of_the_brief_comes_of_plain_facts_and_names_nobody_unless_asked():
    facts = {
        "number": 1, "reference": "K7D-42Q", "name": "Amina Begum", "born_on": None, "about": "Karim Begum, husband",
        "marks": ["Repeat"], "starts_at": MORNING, "minutes": 10, "why_high_risk": "Threats", "changed": ["Moved"],
        "wishes": "To be left alone", "wishes_from": "IDVA", "flags": ["Firearm"], "contact": "Through the IDVA only",
        "overdue": [{"text": "Visit", "agency": "Police", "due_on": MORNING.date()}], "prompts": ["Where is he?"],
    }  # fmt: skip
    shown = repr(brief_page_of(facts, named=False))
    assert "Begum" not in shown
    assert "A. B." in shown
    assert "Visit (Police, Wednesday 12 November 2025)" in shown
    assert "Karim Begum" in repr(brief_page_of(facts, named=True))


def test_the_blank_referral_holds_the_24_questions_and_nobody(house):
    panel = a_published_panel(house, 1)
    made = make(panel, panel.housing, K.REFERRAL)[1]
    assert said_in(made, "24. ")
    assert said_in(made, "Safe contact")


def test_no_document_holds_an_address_a_phone_or_a_school_of_anybody_da_4(house):
    """Every kind, for every person who may make it, with names on; and the words as they would stand in a title."""
    panel = a_held_panel(house, 1)
    coming = a_published_panel(house, 1)
    for one in (panel, coming):
        with one.work(one.coordinator) as session:
            _hide_secrets(session, one)
    tried = 0
    for one in (panel, coming):
        for worker in (one.coordinator, one.chair, one.police, one.housing):
            for kind in K:
                tried += _holds_no_secret(one, worker, kind)
    assert tried > 20


def _hide_secrets(session, panel):
    access.open_for("load", panel.coordinator.partnership_id, panel.case_ids)
    for address in session.scalars(select(Address).where(Address.case_id.in_(panel.case_ids))):
        address.street, address.postcode = SECRETS[0], SECRETS[2]
    for way in session.scalars(select(ContactMethod).where(ContactMethod.case_id.in_(panel.case_ids))):
        way.phone = SECRETS[1]
    for child in session.scalars(select(CasePerson).where(CasePerson.role == PersonRole.CHILD)):
        if child.case_id in panel.case_ids:
            child.school = SECRETS[3]


def _holds_no_secret(panel, worker, kind) -> int:
    with panel.work(worker) as session:
        actor, meeting = actor_for(worker), panel.meeting(session)
        if kind not in documents.list_kinds(session, actor, meeting):
            return 0
        content = CONTENTS[kind](session, actor, meeting, named=True)
        said = re.sub(r"\s+", "", repr(content))
        for secret in SECRETS:
            assert re.sub(r"\s+", "", secret) not in said, (kind, worker.role)
        for word in ("Begum", "Amina", "abuse", "MARAC"):
            assert word not in content.title
    return 1


def test_every_document_kind_has_its_contents():
    assert set(CONTENTS) == set(documents.NEEDS)
    made_elsewhere = {K.DISCLOSURE, K.DISCLOSURE_LETTER, K.CHRONOLOGY, K.CASE_LIST}
    assert set(CONTENTS) | set(LETTERS) | made_elsewhere == set(K)
