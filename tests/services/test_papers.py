"""Papers with a referral: kept sealed, without the place a picture was taken, opened only where the stage allows."""

import io
import zipfile
from typing import Any

import pytest

from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import Paper, PaperContent, Referral
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import paper_files, papers, referral_tasks
from marac.services.referring.papers import Attached
from marac.vocabulary import PaperKind, Role
from tests.builders import a_referral, a_user, actor_for

PLACE = b"51.5074N 0.1278W"
PDF = b"%PDF-1.7\n1 0 obj << >> endobj\n%%EOF"


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def jpeg(*, behind: bytes = b"") -> bytes:
    """A small JPEG with a place in its EXIF, its XMP and its comment."""
    head = b"\xff\xd8" + segment(0xE0, b"JFIF\x00") + segment(0xE1, b"Exif\x00\x00" + PLACE)
    head += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + PLACE) + segment(0xFE, PLACE) + segment(0xDB, bytes(64))
    return head + segment(0xDA, bytes(10)) + b"pixels\xff\x00more" + b"\xff\xd9" + behind


def chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + b"crc!"


def png() -> bytes:
    told = chunk(b"tEXt", b"where\x00" + PLACE) + chunk(b"eXIf", PLACE)
    return paper_files.PNG + chunk(b"IHDR", bytes(13)) + told + chunk(b"IDAT", b"pixels") + chunk(b"IEND", b"")


def word(*extra: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name in ("[Content_Types].xml", "word/document.xml", *extra):
            packed.writestr(name, "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(("content", "ending"), [(PDF, "pdf"), (jpeg(), "jpg"), (png(), "png"), (word(), "docx")])
def test_a_file_is_what_stands_in_it(content: bytes, ending: str) -> None:
    assert paper_files.accept(content).ending == ending


@pytest.mark.parametrize("content", [jpeg(), jpeg(behind=b"hidden behind " + PLACE), png()])
def test_a_picture_keeps_its_pixels_and_loses_the_place_it_was_taken(content: bytes) -> None:
    assert PLACE in content
    kept = paper_files.accept(content).content
    assert b"pixels" in kept
    assert PLACE not in kept


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"), (b"MZ\x90 program", "PDF, Word"), (b"<html><script>", "PDF, Word"), (b"PK\x03\x04zip", "PDF"),
        (word("word/vbaProject.bin"), "PDF, Word"), (b"\xff\xd8\xff\xe1\x00", "damaged"), (paper_files.PNG, "damaged"),
        (PDF + bytes(paper_files.MOST_BYTES), "smaller than 10MB"),
    ],
)  # fmt: skip
def test_any_other_file_is_refused_with_what_to_do(content: bytes, says: str) -> None:
    with pytest.raises(RuleBroken, match=says) as refused:
        paper_files.accept(content)
    assert refused.value.field == "file"


@pytest.fixture
def sent(house: Any) -> dict[str, Any]:
    """A referral with a checklist and a picture attached, then sent; the people around it."""
    with unit_of_work(house) as session:
        made = {
            "idva": a_user(session, house, Role.IDVA, "solace"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team"),
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options"),
        }
    actors = {name: actor_for(worker) for name, worker in made.items()}
    with unit_of_work(house, actors["idva"]) as session:
        referral = a_referral(session, house, actors["idva"])
        papers.add_to_referral(session, actors["idva"], referral, Attached(PDF, PaperKind.CHECKLIST, "The form"))
        papers.add_to_referral(session, actors["idva"], referral, Attached(jpeg(), PaperKind.OTHER))
        actors["referral"] = referral.id
    return actors


def test_papers_are_listed_read_and_taken_out_by_their_writer_while_the_form_is_open(house, sent):
    with unit_of_work(house, sent["idva"]) as session:
        referral = session.get_one(Referral, sent["referral"])
        other, form = papers.list_papers(session, sent["idva"], referral.case, referral)
        assert (form.title, form.ending, form.removable, other.title) == ("The form", "pdf", True, "Something else")
        paper, file = papers.read_paper(session, sent["idva"], form.id)
        assert (paper.kind, file.content, file.media) == (PaperKind.CHECKLIST, PDF, "application/pdf")
        papers.remove_paper(session, sent["idva"], other.id)
        assert session.query(Paper).count() == session.query(PaperContent).count() == 1


def test_a_paper_of_ten_megabytes_comes_back_whole(house, sent):
    large = PDF + b"\x9c\x01 page" * ((paper_files.MOST_BYTES - len(PDF)) // 7)
    with unit_of_work(house, sent["idva"]) as session:
        referral = session.get_one(Referral, sent["referral"])
        kept = papers.add_to_referral(session, sent["idva"], referral, Attached(large, PaperKind.COURT))
        assert session.query(PaperContent).filter_by(paper_id=kept.id).count() > 10
        assert papers.read_paper(session, sent["idva"], kept.id)[1].content == large


def test_nobody_else_sees_the_papers_of_a_draft(house, sent):
    with unit_of_work(house) as session:
        paper_id = session.query(Paper).first().id
    for who in ("coordinator", "housing"):
        with unit_of_work(house, sent[who]) as session, pytest.raises(NotFound):
            papers.read_paper(session, sent[who], paper_id)


def test_what_stands_in_a_paper_stands_nowhere_in_the_clear(house, sent):
    with house.engine.connect() as connection:
        rows = connection.exec_driver_sql("select * from paper").all()
        rows += connection.exec_driver_sql("select * from paper_content").all()
    stored = b"".join(cell for row in rows for cell in row if isinstance(cell, bytes))
    assert len(rows) == 4
    for value in (b"The form", b"%PDF", b"pixels", b"image/jpeg", b"checklist"):
        assert value not in stored


def test_at_most_twenty_papers_and_none_once_the_form_is_closed(house, sent, monkeypatch):
    with unit_of_work(house, sent["idva"]) as session:
        referral = session.get_one(Referral, sent["referral"])
        monkeypatch.setattr(papers, "MOST", 2)
        with pytest.raises(RuleBroken, match="already"):
            papers.add_to_referral(session, sent["idva"], referral, Attached(PDF, PaperKind.OTHER))
        referral_tasks.open_form(session, sent["idva"], referral)
        referral.state = type(referral.state).SUBMITTED
        session.flush()
        with pytest.raises(WrongState):
            papers.add_to_referral(session, sent["idva"], referral, Attached(PDF, PaperKind.OTHER))


def test_the_coordinator_reads_the_papers_of_a_sent_referral_and_adds_to_the_case(house, sent):
    with unit_of_work(house) as session:
        session.get_one(Referral, sent["referral"]).state = "submitted"
    with unit_of_work(house, sent["coordinator"]) as session:
        case = session.get_one(Referral, sent["referral"]).case
        assert {line.title for line in papers.list_papers(session, sent["coordinator"], case)} == {
            "The form", "Something else",
        }  # fmt: skip
        papers.add_to_case(session, sent["coordinator"], case, Attached(PDF, PaperKind.COURT))
        assert not any(line.removable for line in papers.list_papers(session, sent["coordinator"], case))
        with pytest.raises(NotAllowed):
            papers.remove_paper(session, sent["coordinator"], session.query(Paper).filter_by(referral_id=None).one().id)
