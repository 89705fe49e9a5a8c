"""What must fail round a disclosure: a hidden word in no byte, one pair of hands, a register nobody else learns of."""

import io
import re
import shutil
import zipfile
import zlib
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import select

from marac import clock
from marac.errors import NotFound
from marac.models import Disclosure, DisclosurePassage, SigninSession
from marac.services.disclosing import linking, register, releasing, tagging
from marac.services.disclosing.register import Asked
from marac.services.disclosing.tagging import Tagged
from marac.services.keeping.deployment import open_deployment, unit_of_work
from marac.vocabulary import (
    DisclosureAnswer as Answer,
    DisclosureKind,
    DisclosureProof,
    DisclosureStanding as Standing,
    PersonRole,
    ProgrammeSlug,
    Role,
)
from tests.attacks.scene import SAME_SITE, form, token_of
from tests.builders import a_user, actor_for, signed_in
from tests.builders_panels import a_wall
from tests.conftest import settings_in
from tests.pdf_text import words_of
from tests.services.test_disclosing import ABOUT_HER, ABOUT_HIM, MIXED, Scene

LOCAL = {"base_url": "https://localhost"}
OTHERS = (Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA, Role.REFERRER, Role.SYSTEM_ADMIN, Role.AGENCY_ADMIN,
          Role.SERVICE_MANAGER, Role.CONTRACTOR, Role.SANCTUARY_OFFICER)  # fmt: skip
HIDDEN = (ABOUT_HIM, "Karim has debts with a lender", "Karim")


@pytest.fixture(scope="module")
def scene(founded, tmp_path_factory):
    folder = tmp_path_factory.mktemp("disclosure") / "house"
    shutil.copytree(founded, folder)
    house = open_deployment(settings_in(folder))
    built = Scene(house)
    yield built
    house.close()


@pytest.fixture(scope="module")
def released(scene):
    """An answer with a passage cut in two, one piece hidden, released by the chair."""
    reference = scene.gathered()
    mixed, words = scene.find(reference, MIXED), MIXED.split()
    scene.do(scene.clerk, reference, tagging.split, mixed[0], first=words.index("Karim") + 1, last=len(words))
    victim = scene.people[PersonRole.VICTIM]
    hers = {scene.find(reference, "Amina said she is afraid.")[0]: Tagged((victim,), shown=True)}
    scene.do(scene.clerk, reference, tagging.save_tags, hers, version=None)
    scene.settle(reference)
    scene.do(scene.clerk, reference, releasing.prepare)
    scene.do(scene.chair, reference, releasing.release, version=scene.version(reference))
    return reference


def everything_in(made: bytes) -> str:
    """Every byte of a file in every way it may be read: as it is, streams unpacked, parts unzipped, words as drawn."""
    layers = [made]
    if made.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(made)) as parts:
            layers += [parts.read(name) for name in parts.namelist()] + [name.encode() for name in parts.namelist()]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", made, re.DOTALL):
        try:
            layers.append(zlib.decompressobj().decompress(stream))
        except zlib.error:
            layers.append(stream)
    texts = (
        [words_of(made)]
        if made.startswith(b"%PDF")
        else [re.sub(r"<[^>]+>", "", one.decode("utf-8", "ignore")) for one in layers]
    )
    for layer in layers:
        texts += [layer.decode("latin-1"), layer.decode("utf-16-be", "ignore"), layer.decode("utf-16-le", "ignore")]
        texts += [
            bytes.fromhex(one.decode()).decode("latin-1") for one in re.findall(rb"<((?:[0-9A-Fa-f]{2})+)>", layer)
        ]
    return re.sub(r"[\s\u200b\x00]+", "", "".join(texts)).casefold()


def test_a_hidden_passage_is_in_no_byte_of_any_file(scene, released):
    """Content, metadata, fonts, comments, revisions, hidden parts: built anew from what is shown (security 7)."""
    with scene.work(scene.chair) as session:
        actor = actor_for(scene.chair)
        one = register.get_disclosure(session, actor, released)
        files = [releasing.make_copy(session, actor, one, in_word=in_word).content for in_word in (False, True)]
    for made in files:
        found = everything_in(made)
        for shown in (ABOUT_HER, "Amina said she is afraid."):
            assert re.sub(r"\s", "", shown).casefold() in found
        for hidden in (*HIDDEN, "debts", "drinks", "14 Elm Row", "07700"):
            assert re.sub(r"\s", "", hidden).casefold() not in found, hidden
        assert "[leftout" in found
    with zipfile.ZipFile(io.BytesIO(files[1])) as parts:
        assert not [name for name in parts.namelist() if re.search(r"comments|people|revision|embed", name)]


def test_the_preview_is_what_the_file_holds_and_holds_nothing_hidden(scene, released):
    page = signed_in(scene.house, scene.clerk).http.get(f"/disclosures/{released}/preview", **LOCAL)
    text = page.get_data(as_text=True)
    assert ABOUT_HER in text
    assert not [hidden for hidden in HIDDEN if hidden in text]


def test_nobody_else_learns_anything_of_the_register(scene, released):
    """Every address of it, every other role: not one that is there differs from one that never was."""
    with unit_of_work(scene.house) as session:
        workers = [a_user(session, scene.house, role, "barts_acute", programme=None) for role in OTHERS]
        passage = session.scalars(select(DisclosurePassage.id)).first()
        disclosure = session.scalars(select(Disclosure.id)).first()
    ends = ("", "/preview", "/passages", "/cases", "/release", "/copy", "/proof", "/decide", f"/passages/{passage}/cut")
    for worker in workers:
        browser = signed_in(scene.house, worker).http
        token = token_of(browser)
        assert "/disclosures" not in browser.get("/today", follow_redirects=True, **LOCAL).get_data(as_text=True)
        assert browser.get("/disclosures", **LOCAL).status_code in (403, 404)
        for end in ends:
            real, unreal = (browser.get(f"/disclosures/{one}{end}", **LOCAL) for one in (released, "C2C-22C"))
            assert real.status_code == unreal.status_code == 404, (worker.role, end)
            assert len(real.data) == len(unreal.data), (worker.role, end)
        for path in (
            f"/disclosures/{released}/{end}"
            for end in ("gather", "prepare", "take-back", "release", "copy", "passages")
        ):
            assert browser.post(path, data=form(token, version="1"), **SAME_SITE).status_code in (403, 404, 405), path
        asked = [browser.get(f"/disclosures/asked/{one}", **LOCAL) for one in (disclosure, uuid4())]
        assert {one.status_code for one in asked} <= {403, 404}
        assert len(asked[0].data) == len(asked[1].data)
        for end in ("chronology", "hold"):
            assert browser.get(f"/cases/{scene.case_reference}/{end}", **LOCAL).status_code in (403, 404)


def test_a_wall_takes_the_line_of_the_register_away_too(scene, released):
    with unit_of_work(scene.house) as session:
        walled = a_user(session, scene.house, Role.COORDINATOR, "vawg_team")
        officer = a_user(session, scene.house, Role.AUDITOR, "vawg_team")
        for worker in (walled, officer):
            a_wall(session, scene.case_id, worker)
    for worker in (walled, officer):
        browser = signed_in(scene.house, worker).http
        for path in ("/disclosures", "/disclosures/answered"):
            assert released not in browser.get(path, **LOCAL).get_data(as_text=True)
        assert browser.get(f"/disclosures/{released}", **LOCAL).status_code == 404


def test_the_data_protection_officer_reads_the_register_and_opens_no_case(scene, released):
    browser = signed_in(scene.house, scene.dpo).http
    page = browser.get(f"/disclosures/{released}", **LOCAL)
    assert page.status_code == 200
    assert not [word for word in (*HIDDEN, ABOUT_HER, scene.case_reference) if word in page.get_data(as_text=True)]
    for end in ("/preview", "/passages", "/cases", "/release"):
        assert browser.get(f"/disclosures/{released}{end}", **LOCAL).status_code in (403, 404), end


def test_one_person_cannot_prepare_and_release_nor_release_what_changed_since(scene):
    reference = scene.gathered()
    scene.settle(reference)
    scene.do(scene.clerk, reference, releasing.prepare)
    clerk, chair = (signed_in(scene.house, one) for one in (scene.clerk, scene.chair))
    _step_up(scene)
    page = clerk.get(f"/disclosures/{reference}/release")
    answer = page.fill_and_post({}, press="Release")
    assert "Somebody else must release it" in answer.text
    page = chair.get(f"/disclosures/{reference}/release")
    scene.do(scene.clerk, reference, releasing.take_back)
    row = scene.find(reference, ABOUT_HIM)
    shown = Tagged((scene.people[PersonRole.PERPETRATOR],), shown=True, note="She asked to know")
    scene.do(scene.clerk, reference, tagging.save_tags, {row[0]: shown}, version=None)
    scene.do(scene.clerk, reference, lambda s, a, d: _let(s, a, d, row[0]))
    scene.do(scene.clerk, reference, releasing.prepare)
    values = {name: value[0] for name, value in page.forms[-1].values.items()}
    stale = chair.http.post(f"/disclosures/{reference}/release", data=values, **SAME_SITE)
    assert stale.status_code == 409
    with scene.house.reader() as session:
        assert session.scalars(select(Disclosure.state).where(Disclosure.reference == reference)).one() == "prepared"


def _let(session, actor, one, passage_id):
    linking.list_linked(session, actor, one)
    session.get_one(DisclosurePassage, passage_id).approval = "agreed"


def _step_up(scene):
    with unit_of_work(scene.house) as session:
        for row in session.scalars(select(SigninSession)):
            row.stepped_up_at = clock.now()


def test_tags_of_another_request_and_of_another_case_are_refused_whole(scene):
    """A passage that is not this request's, a person who is not of its cases: not found, and nothing was saved."""
    mine, other = scene.gathered(), scene.gathered()
    browser = signed_in(scene.house, scene.clerk).http
    token, victim = token_of(browser), scene.people[PersonRole.VICTIM]
    row, foreign = scene.find(mine, ABOUT_HIM), scene.find(other, ABOUT_HIM)
    for passage, tag in ((foreign[0], victim), (row[0], UUID(int=5).hex), (UUID(int=6), victim)):
        data = form(token, passage=passage.hex, version=str(scene.version(mine)), note="")
        data |= {f"tags-{passage.hex}": tag, f"show-{passage.hex}": "yes"}
        assert browser.post(f"/disclosures/{mine}/passages", data=data, **SAME_SITE).status_code == 404
    for path in (f"/disclosures/{mine}/passages/{foreign[0]}/cut", f"/disclosures/{mine}/cases/C2C-22C"):
        assert browser.get(path, **LOCAL).status_code == 404
    assert (
        browser.post(f"/disclosures/{mine}/passages/{foreign[0]}/join", data=form(token), **SAME_SITE).status_code
        == 404
    )
    with pytest.raises(NotFound):
        scene.do(scene.clerk, mine, linking.link_case, scene.case_reference, [UUID(int=5).hex])
    assert scene.find(mine, ABOUT_HIM)[3] == row[3]


def test_neither_confirm_nor_deny_is_the_same_letter_and_the_same_way_whether_or_not_there_is_a_case(scene):
    """Byte for byte, PDF and Word, through the whole way of two requests of one man on one day (security 7)."""
    with time_machine.travel("2026-05-06 10:00:00+00:00", tick=False):
        known, unknown = (scene.ask("K. Begum", Standing.PERPETRATOR) for _ in range(2))
        scene.do(scene.clerk, known, linking.link_case, scene.case_reference, [scene.people[PersonRole.PERPETRATOR]])
        files = []
        for reference in (known, unknown):
            scene.do(scene.clerk, reference, register.choose_answer, Answer.NEITHER)
            scene.do(scene.clerk, reference, releasing.prepare)
            scene.do(scene.chair, reference, releasing.release, version=scene.version(reference))
            with scene.work(scene.chair) as session:
                actor = actor_for(scene.chair)
                one = register.get_disclosure(session, actor, reference)
                files.append([releasing.make_copy(session, actor, one, in_word=word).content for word in (False, True)])
    assert files[0] == files[1]
    assert "neitherconfirmnordeny" in everything_in(files[0][0])


def test_a_search_by_who_asks_finds_nothing_for_who_may_not_see_the_case(scene):
    """The two answers of the page where a case is chosen are one, for a case that is hidden and one that never was."""
    with unit_of_work(scene.house) as session:
        walled = a_user(session, scene.house, Role.COORDINATOR, "vawg_team")
        a_wall(session, scene.case_id, walled)
    with scene.work(walled) as session:
        one = register.record_request(
            session, actor_for(walled), *_asked_by(scene)
        ).reference  # fmt: skip
    browser = signed_in(scene.house, walled).http
    token, answers = token_of(browser), []
    for reference in (scene.case_reference, "C2C-22C"):
        page = browser.post(f"/disclosures/{one}/cases", data=form(token, reference=reference), **SAME_SITE)
        answers.append(re.sub(r'value="[^"]*"', "", page.get_data(as_text=True)))
        assert page.status_code == 422
        assert browser.get(f"/disclosures/{one}/cases/{reference}", **LOCAL).status_code == 404
    assert answers[0] == answers[1]
    found = browser.post("/find", data=form(token, name="Karim Begum"), **SAME_SITE)
    assert scene.case_reference not in found.get_data(as_text=True)


def _asked_by(scene):
    asked = Asked(DisclosureKind.SUBJECT_ACCESS, Standing.NOT_KNOWN, DisclosureProof.DOCUMENT, requester="Karim Begum",
                  received_on=clock.today(), scope="All about me")  # fmt: skip
    return ProgrammeSlug.DA_MARAC, asked
