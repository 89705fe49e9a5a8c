"""A contractor reaches jobs and nothing else; no page, mail or file for one names anybody or says why (SAN-28).

Every address of the product is asked, as a contractor with a live job would ask it.
"""

import io
import re
import zipfile
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from marac import clock
from marac.models import SanctuaryRequest, Wall
from marac.services.keeping.deployment import unit_of_work
from marac.services.sanctuary import stopping, works_orders
from marac.services.sanctuary.letters import make_letter
from marac.vocabulary import DocumentKind, ProgrammeSlug, Role
from marac.web.signin import PUBLIC
from marac.workflows.job_cards import TELLING, tells
from tests.attacks.scene import contents
from tests.builders import a_user, actor_for, app_of, signed_in
from tests.builders_cases import messages
from tests.builders_sanctuary import FEARED, NAME, STREET, a_scheme
from tests.builders_works import GPS, JPEG, accept, an_ordered_job, at, the_request
from tests.pdf_text import words_of

# and what a stranger may ask for too
OWN = ("jobs.", "account.", "signin.", "admission.", "passkeys.", "factors.", "agency_signin.")
SHUT = (302, 400, 403, 404, 419)
NAMES = (NAME, FEARED)


@pytest.fixture
def job(house):
    """A contractor with a job accepted; its request's reference and its token."""
    scheme = a_scheme(house)
    reference, token = an_ordered_job(scheme)
    accept(scheme, token)
    return scheme, reference, token


def plain(page):
    """What a person reads, without the frame that every page of the product has."""
    words = re.sub(r"<template.*?</template>|<script.*?</script>|<style.*?</style>", " ", page, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", words))


def values_of(scene, rule, reference, token):
    """What an address is filled with: this very request, this very job, and ids of everything that hangs on them."""
    kinds = {"reference": reference, "token": token, "months": 1, "number": 1, "press": None}
    found = {}
    for name, converter in rule._converters.items():
        kind = type(converter).__name__
        given = next(iter(getattr(converter, "items", ())), None)
        found[name] = given or (
            scene if kind == "UUIDConverter" else kinds.get(name) or ("1" if "Int" in kind else "x")
        )
    return found


def test_every_other_address_of_the_product_is_shut_for_a_contractor(job):
    """SAN-28: whichever address is typed, and whichever form is replayed; and nothing of it changes a row."""
    scheme, reference, token = job
    with scheme.house.reader() as session:
        request_id = session.scalar(select(SanctuaryRequest.id))
    app = app_of(scheme.house)
    browser = signed_in(scheme.house, scheme.contractor).http
    before = contents(scheme.house)
    seen = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC or rule.endpoint.startswith(OWN):
            continue
        path = app.url_map.bind("localhost", url_scheme="https").build(
            rule.endpoint, values_of(request_id, rule, reference, token)
        )  # fmt: skip
        for method in sorted(rule.methods & {"GET", "POST"}):
            answer = browser.open(path, method=method, base_url="https://localhost")
            here = (method, path, answer.status_code)
            assert answer.status_code in SHUT, here
            assert answer.status_code not in (302, 303) or answer.location.startswith(("/jobs", "/sign-in")), here
            assert not found_in(plain(answer.get_data(as_text=True))), here
            seen += 1
    assert seen > 150
    assert contents(scheme.house) == before


def found_in(words):
    """A name, a place or a word that says why, of those that stand there."""
    return [one for one in (*NAMES, STREET, *NAME.replace("-", " ").split(), *FEARED.split()) if one in words]


def test_no_page_for_a_contractor_names_anybody_or_says_why(job, time_machine):
    """SAN-28: the list, the card before its hours and in them, an error on it, and the card finished."""
    scheme, _, token = job
    browser, pages = signed_in(scheme.house, scheme.contractor), []

    def look(path, status=200):
        page = browser.get(path)
        assert page.status == status, (path, page.status)
        pages.append((path, page.response.get_data(as_text=True)))
        return page

    assert STREET not in look("/jobs").text
    assert STREET not in look(f"/jobs/{token}").text
    time_machine.move_to(at(1, 18) + timedelta(minutes=5))
    browser = signed_in(scheme.house, scheme.contractor)
    card = look(f"/jobs/{token}")
    assert f"14 {STREET}" in card.text
    assert STREET not in look("/jobs").text
    wrong = card.form(f"/jobs/{token}/finish").post({}, press="Everything is fitted")
    assert wrong.status == 422
    pages.append(("an error", wrong.response.get_data(as_text=True)))
    photo = {"photo": [(io.BytesIO(JPEG[:2] + GPS + JPEG[2:]), "IMG.jpg")]}
    done = card.form(f"/jobs/{token}/finish").post(photo, press="Everything is fitted")
    assert done.h1 == "Jobs"
    assert STREET not in look(f"/jobs/{token}").text
    pages.append(("done", done.response.get_data(as_text=True)))
    for path, page in pages:
        assert not [one for one in found_in(plain(page)) if one != STREET], path
        assert not tells(plain(page), NAMES), (path, [word for word in TELLING if tells(word) and word in plain(page)])


def test_a_frozen_job_says_at_once_that_it_was_withdrawn_and_nothing_more(job):
    """SAN-22, SAN-28."""
    scheme, reference, token = job
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        facts = {"how_known": "A neighbour", "known_on": clock.today()}
        stopping.stop(session, actor_for(scheme.officer), request, "freeze", facts)
    browser = signed_in(scheme.house, scheme.contractor)
    page = browser.get(f"/jobs/{token}")
    assert (page.status, page.h1) == (410, "This job has been withdrawn")
    assert not tells(page.main, NAMES)
    assert "E1W" not in page.main
    late = browser.http.post(f"/jobs/{token}/finish", base_url="https://localhost")
    assert late.status_code in (302, 303, 400, 419)
    assert "No jobs" in browser.get("/jobs").main


def test_mail_to_a_contractor_holds_nothing_of_the_job(job):
    """SAN-28, DA-2."""
    scheme, reference, _ = job
    queued = [one for one in messages(scheme.house) if one.user_id == scheme.contractor.id]
    assert [one.template for one in queued] == ["job_offered"]
    assert {one.path for one in queued} == {"/jobs"}
    for one in queued:
        text = f"{one.template.label} {one.path} {one.subject_key}"
        assert not tells(text, NAMES)
        assert STREET not in text
        assert reference not in text


@pytest.mark.parametrize("in_word", [False, True])
def test_the_file_for_a_contractor_holds_no_address_no_name_and_no_reason(job, in_word):
    """SAN-28: PDF and Word, drawn words and everything packed in the file."""
    scheme, reference, _ = job
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        made = make_letter(session, actor_for(scheme.officer), request, DocumentKind.WORKS_ORDER, in_word=in_word)
    words = words_of(made.content) if not in_word else packed(made.content)
    assert "lock" in words.lower()
    assert not tells(words, NAMES)
    for secret in (*NAMES, STREET, reference, "Olive", "E1W 9ZZ"):
        assert secret not in words


def packed(content):
    """Every word in a Word file, its properties included."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        names = [
            name
            for name in parts.namelist()
            if name.startswith(("word/document", "word/header", "word/footer", "docProps/core", "docProps/app"))
        ]
        return " ".join(re.sub(r"<[^>]+>", " ", parts.read(name).decode()) for name in names)


def test_a_job_of_another_firm_is_not_there(job, house):
    """SAN-28: neither its card nor its forms."""
    token = job[2]
    with unit_of_work(house) as session:
        other = a_user(session, house, Role.CONTRACTOR, "cctv", programme=ProgrammeSlug.SANCTUARY)
    browser = signed_in(house, other)
    assert "No jobs" in browser.get("/jobs").main
    assert browser.get(f"/jobs/{token}").status == 404


def test_whoever_is_walled_off_is_never_offered_the_job(job, house):
    """SAN-28: nobody who stands in a wall round the case, nor their firm."""
    scheme, _, token = job
    with unit_of_work(house) as session:
        request = session.scalars(select(SanctuaryRequest)).one()
        session.add(Wall(partnership_id=request.partnership_id, case_id=request.case_id,
                         user_id=scheme.contractor.id, since_at=clock.now()))  # fmt: skip
        session.flush()
        works_orders.access.asked()
        assert works_orders.list_contractors(session, request) == []
    assert signed_in(house, scheme.contractor).get(f"/jobs/{token}").status == 404
