"""Word and PDF referrals as councils lay them out: every answer in its box, every other line shown, nothing run."""

import io
import subprocess
import time
import zipfile

import pypdf
import pytest
from docx import Document

from marac.errors import RuleBroken
from marac.services.reading import apart, pdf_form, word_form
from marac.workflows import form_cells, form_labels, form_reading
from marac.workflows.form_lines import line_of
from tests.builders_forms import LAYOUTS, WAYS, as_pdf, as_word

NOT_FOUND_YET = {("SafeLives", "pdf"): 2}  # a label in a narrow column over many lines, beside another one
READERS = {"docx": word_form.lines, "pdf": pdf_form.lines}
BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'


def read_of(lines):
    reading = form_reading.read(lines)
    said = {f"{one.part}-{one.index}-{one.name}": " ".join(" ".join(one.typed).split()) for one in reading.proposals}
    return reading, said


def is_label_or_heading(text):
    known = form_labels.labels()
    return bool(known.heading(text)) or any(form_cells.met_in(one, text, follows=True) for one in (*known.under, ""))


def packed(document, **more):
    """A Word file with these bytes as its words."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", document)
        for name, content in more.items():
            parts.writestr(name, content)
    return file.getvalue()


def with_words(inside):
    return packed(BODY.format(inside))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_answer_of_a_form_is_found_with_its_line_and_no_line_is_lost(layout, way):
    blocks, says = LAYOUTS[layout]
    lines = READERS[way](WAYS[way](blocks))
    reading, said = read_of(lines)
    right = sum(said.get(box) == answer for box, answer in says.items())
    assert len(says) - right == NOT_FOUND_YET.get((layout, way), 0), {
        b: said.get(b) for b in says if said.get(b) != says[b]
    }
    assert all(one.source and one.place for one in reading.proposals)
    shown = "".join("".join(text.split()) for text in (
        *(one.source for one in reading.proposals), *(one.text for one in reading.unplaced)))  # fmt: skip
    for cell in (
        (cell for line in lines for cell in line.filled if not is_label_or_heading(cell.text)) if way == "docx" else ()
    ):
        assert "".join(cell.text.split()) in shown, cell


def test_what_cannot_be_read_for_certain_is_not_ticked():
    _reading, _ = read_of([])
    lines = [line_of(enumerate(cells), "Table 1, row 1") for cells in (
        ("Victim name", "Amina Begum"), ("DOB", "03/06/88"), ("Gender", "See notes"), ("Telephone", "at her mother's"),
        ("Perpetrator name", "Unknown"), ("DOB", "about 40"), ("Victims ethnicty", "Bangladeshi"),
    )]  # fmt: skip
    reading, said = read_of(lines)
    sure = {f"{one.part}.{one.name}" for one in reading.proposals if one.sure}
    assert sure == {"person.full_name", "other-person.approximate_age"}
    assert said["person-0-born_on"] == "3 6 1988"
    assert said["person-0-sex"] == "", "a person chooses"
    assert said["equality-0-ethnicity"] == "bangladeshi", "one letter is missing in the label"
    assert said["other-person-0-not_known"] == "y"


def test_what_stands_under_a_heading_nobody_knows_is_given_to_nobody():
    lines = [line_of(enumerate(cells), "Table 1, row 1") for cells in (
        ("Victim",), ("Name", "Amina Begum"), ("Person of interest",), ("Name", "Karim Uddin"), ("DOB", "03/06/1988"),
        ("Occupation", "Scaffolder"), ("Perpetrator",), ("Name", "Jamal Uddin"), ("DOB", "04/06/1990"),
    )]  # fmt: skip
    reading, said = read_of(lines)
    assert said == {"person-0-full_name": "Amina Begum", "other-person-0-full_name": "Jamal Uddin",
                    "other-person-0-born_on": "4 6 1990"}  # fmt: skip
    left = " ".join(one.text for one in reading.unplaced)
    assert all(words in left for words in ("Karim Uddin", "03/06/1988", "Scaffolder"))


def test_a_word_form_with_controls_and_boxes_is_read_and_its_hints_are_not():
    run, control = "<w:r><w:t xml:space='preserve'>{}</w:t></w:r>", "<w:sdt>{}<w:sdtContent>{}</w:sdtContent></w:sdt>"
    old = "<w:r><w:fldChar><w:ffData><w:checkBox>{}</w:checkBox></w:ffData></w:fldChar></w:r>"
    tick = (
        f'<w:sdtPr><w14:checkbox xmlns:w14="{word_form.W14[1:-1]}"><w14:checked w14:val="%d"/></w14:checkbox></w:sdtPr>'
    )
    off, on = (control.format(tick % state, run.format("?")) for state in (0, 1))
    hint = control.format("<w:sdtPr><w:showingPlcHdr/></w:sdtPr>", run.format("Click to enter text"))
    inside = "".join(f"<w:p>{words}</w:p>" for words in (
        run.format("Is the victim aware of the referral? Yes ") + off + run.format(" No ") + on,
        run.format("Victim name: ") + control.format("", run.format("Amina Begum")),
        run.format("Victim address: ") + hint,
        run.format("Repeat ") + old.format("<w:checked/>"),
        run.format("Potential escalation ") + old.format('<w:default w:val="0"/>'),
    ))  # fmt: skip
    _reading, said = read_of(word_form.lines(with_words(inside)))
    assert said == {"sharing-0-told": "no", "person-0-full_name": "Amina Begum", "reason-0-criteria": "repeat"}


def test_the_boxes_of_a_pdf_filled_in_on_a_screen_are_read():
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(as_pdf((("line", "MARAC referral"),))))
    text, name = pypdf.generic.TextStringObject, pypdf.generic.NameObject
    filled = (("/Tx", "Victim name", text("Amina Begum")), ("/Tx", "Victim DOB", text("27/03/1991")),
              ("/Btn", "Repeat", name("/Yes")), ("/Btn", "Potential escalation", name("/Off")))  # fmt: skip
    boxes = [
        pypdf.generic.DictionaryObject({name("/FT"): name(kind), name("/T"): text(label), name("/V"): value})
        for kind, label, value in filled
    ]
    fields = pypdf.generic.ArrayObject([writer._add_object(box) for box in boxes])
    writer._root_object[name("/AcroForm")] = pypdf.generic.DictionaryObject({name("/Fields"): fields})
    file = io.BytesIO()
    writer.write(file)
    _reading, said = read_of(pdf_form.lines(file.getvalue()))
    assert said == {"person-0-full_name": "Amina Begum", "person-0-born_on": "27 3 1991", "reason-0-criteria": "repeat"}


def hostile():
    """Files that somebody could send in place of a form: name -> (bytes, what the refusal says)."""
    word, pdf = as_word((("line", "Victim name: Amina Begum"),)), as_pdf((("line", "Victim name: Amina Begum"),))
    locked = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    locked.encrypt("secret", algorithm="RC4-128")
    shut = io.BytesIO()
    locked.write(shut)
    paragraph = BODY.format("<w:p><w:r><w:t>&f;&a;</w:t></w:r></w:p>")
    entity = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY f SYSTEM "file:///etc/passwd">]>' + paragraph
    blank, long = pypdf.PdfWriter(), pypdf.PdfWriter()
    blank.add_blank_page(200, 200)
    for _ in range(pdf_form.MOST_PAGES + 1):
        long.add_blank_page(200, 200)
    pages = {}
    for name, writer in (("blank", blank), ("long", long)):
        pages[name] = io.BytesIO()
        writer.write(pages[name])
    return {
        "a bomb": (packed(BODY.format("<w:p/>" * 3_000_000)), "unpacks to far more"),
        "entities": (packed(entity), "damaged"),
        "entities in wide letters": (packed(entity.encode("utf-16")), "damaged"),
        "a document half sent": (word[: len(word) // 2], "must be a PDF or a Word"),
        "a PDF half sent": (pdf[: len(pdf) // 2], "damaged"),
        "not XML": (packed("Victim name: Amina"), "damaged"),
        "macros": (packed(BODY.format(""), **{"word/vbaProject.bin": "x"}), "must be a PDF or a Word"),
        "locked": (shut.getvalue(), "locked with a password"),
        "a scan": (pages["blank"].getvalue(), "no words in this file"),
        "too many pages": (pages["long"].getvalue(), "more than 40 pages"),
        "a page of the web": (b"<html><script>alert(1)</script>", "must be a PDF or a Word"),
        "a picture": (b"\xff\xd8\xff\xe0", "must be a PDF or a Word"),
        "nothing": (b"", "empty"),
        "a very large file": (b"%PDF-" + b"0" * (10 * 1024 * 1024), "smaller than 10MB"),
    }  # fmt: skip


def straight(content):
    """As the other process reads it, without one for each file."""
    return READERS[apart._accepted(content)](content)


def test_hostile_files_are_refused_in_words_and_quickly():
    for name, (content, says) in hostile().items():
        begun = time.monotonic()
        with pytest.raises(RuleBroken) as refused:
            (apart.lines_of if name in ("a bomb", "locked") else straight)(content)
        assert refused.value.field == "file"
        assert says in refused.value.message, (name, refused.value.message)
        assert time.monotonic() - begun < apart.SECONDS, name


def test_a_file_is_taken_apart_where_no_key_and_no_setting_is_and_only_so_long(monkeypatch):
    monkeypatch.setenv("MARAC_ROOT_KEY", "never handed on")
    told = []
    real = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **kw: told.append(kw) or real(*a, **kw))
    [line] = apart.lines_of(as_word((("line", "=cmd|' /C calc'!A0 <b>Amina</b> " + "n" * 10_000),)))
    assert line.text.startswith("=cmd|' /C calc'!A0 <b>Amina</b>"), "as it stands; nothing is run or dropped"
    assert set(told[0]["env"]) == {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    monkeypatch.setattr(apart, "SECONDS", 0.01)
    with pytest.raises(RuleBroken, match="could not be read"):
        apart.lines_of(as_word((("line", "Victim name: Amina Begum"),)))


def test_a_name_of_ten_thousand_letters_and_a_cell_of_anything_are_only_text():
    document = Document()
    for words in (
        "Victim name: " + "A" * 10_000,
        "Victim address: " + "(" * 3_000,
        ":" * 2_000,
        "? " * 2_000,
        "Victim DOB: 99/99/9999",
    ):
        document.add_paragraph(words)
    file = io.BytesIO()
    document.save(file)
    begun = time.monotonic()
    reading, _said = read_of(word_form.lines(file.getvalue()))
    assert time.monotonic() - begun < 5
    assert not any(one.sure for one in reading.proposals)
