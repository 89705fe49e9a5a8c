"""Survey, works, visits, sign-off, follow-ups and letters as pages: each works without script, on a phone."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.models import HomePhoto, SanctuaryRequest, SigninSession, WorksLine
from marac.services.casework import people
from marac.services.sanctuary import letters, triage
from marac.vocabulary import SanctuaryState as S
from tests.builders import actor_for, signed_in
from tests.builders_sanctuary import a_permitted_request, a_scheme, a_triaged_request, all_gates
from tests.builders_works import (
    GPS,
    JPEG,
    LOCK,
    a_booked_survey,
    a_home_followed_up,
    a_signed_off_home,
    a_surveyed_home,
    a_tap,
    accept,
    an_approved_request,
    an_installed_home,
    an_ordered_job,
    let_visit,
    the_request,
)
from tests.pdf_text import said_in

PHOTO = JPEG[:2] + GPS + JPEG[2:]


@pytest.fixture
def scheme(house):
    return a_scheme(house)


def state_of(scheme, reference):
    with scheme.house.reader() as session:
        return session.scalar(select(SanctuaryRequest.state).where(SanctuaryRequest.reference == reference))


def day_of(days):
    on = clock.today() + timedelta(days=days)
    return [str(on.day), str(on.month), str(on.year)]


def test_a_survey_is_booked_from_its_page(scheme):
    reference = a_permitted_request(scheme)
    let_visit(scheme, reference, code_word="bluebell", interpreter="Sylheti")
    page = signed_in(scheme.house, scheme.officer).get(f"/sanctuary/{reference}/visit")
    typed = {"on": day_of(1), "at": "10am", "surveyor_id": str(scheme.surveyor.id), "safe_to_attend": True,
             "lone_worker_plan": "Rings in at eleven"}  # fmt: skip
    assert "Interpreter: Sylheti" in page.main
    assert "There is a code word" in page.main
    assert "bluebell" not in page.text
    page.form(f"/sanctuary/{reference}/visit").post(typed, follow=False)
    assert state_of(scheme, reference) == S.SURVEY_BOOKED


def test_without_script_a_survey_is_made_tap_by_tap(scheme):
    """SAN-26."""
    reference = a_booked_survey(scheme)
    browser, here = signed_in(scheme.house, scheme.surveyor), f"/sanctuary/{reference}/survey"
    page = browser.get(here).form(f"{here}/lines").post({"room": "hall"}, press=LOCK)
    assert "Change lock cylinder" in page.main
    page = page.form(f"{here}/lines").post({"room": "bedroom", "quantity": "2"}, press="window_grille")
    assert "Window grille × 2" in page.main
    assert "Fire review" in page.main
    line = re.search(r'action="(/sanctuary/[^"]+/lines/[0-9a-f-]{36})"', page.response.text)[1]
    page = page.form(line).post({"quantity": "3", "note": "Two locks"})
    assert "× 3" in page.main
    page = page.form(f"{line}/remove").post()
    assert "× 3" not in page.main
    page = page.form(f"{here}/home").post(
        {"home_kind": "house", "entry_points": ["front_door"], "alarms": "working", "way_out": "Front door",
         "safe_room": "no"}
    )  # fmt: skip
    page = page.form(f"{here}/photos").post({"photo": [(io.BytesIO(PHOTO), "IMG_51.5033N.jpg")]})
    (photo,) = [href for _, href in page.links if "/photos/" in href]
    answer = browser.http.get(photo, base_url="https://localhost")
    assert (answer.data, answer.mimetype) == (JPEG, "image/jpeg")
    done = page.form(f"{here}/finish").post()
    assert done.h1 == "Works"
    assert state_of(scheme, reference) == S.SURVEY_DONE


def test_a_script_that_sends_a_tap_again_is_told_it_is_kept_and_makes_one_line(scheme):
    """SAN-26: the answer to the first was lost on the way."""
    reference = a_booked_survey(scheme)
    browser = signed_in(scheme.house, scheme.surveyor)
    here = f"/sanctuary/{reference}/survey"
    form = browser.get(here).form(f"{here}/lines")
    fields = {**{name: values[0] for name, values in form.values.items()}, "item": LOCK, "room": "hall"}
    fields.pop("once_key")
    for _ in range(3):
        answer = browser.http.post(
            f"{here}/lines", data=fields, base_url="https://localhost",
            headers={"Accept": "application/json", "Referer": "https://localhost/"},
        )  # fmt: skip
        assert (answer.status_code, answer.json) == (200, {"saved": True})
    wrong = browser.http.post(
        f"{here}/lines", data={**fields, "item": "moat", "tap": "ab" * 16}, base_url="https://localhost",
        headers={"Accept": "application/json", "Referer": "https://localhost/"},
    )  # fmt: skip
    assert (wrong.status_code, wrong.json) == (422, {"message": "Select something from the list"})
    with scheme.house.reader() as session:
        assert len(session.scalars(select(WorksLine)).all()) == 1


def test_costs_are_typed_line_by_line_and_sent_for_approval(scheme):
    reference = a_surveyed_home(scheme)
    here = f"/sanctuary/{reference}/works"
    page = signed_in(scheme.house, scheme.officer).get(here).form(f"{here}/specify").post()
    form = page.form(here)
    prices = {name: "80" for name in form.names if name.startswith("each-")}
    funders = {name: "landlord" for name in form.names if name.startswith("funder-")}
    page = form.post({**prices, **funders, "vat": "20", "quotes": "A firm, 190"})
    assert "£192.00, band C" in page.main
    page = page.form(f"{here}/approval").post()
    assert state_of(scheme, reference) == S.APPROVAL


def test_the_fire_review_stands_before_the_approval(scheme):
    """SAN-26."""
    reference = a_surveyed_home(scheme, a_tap("sanctuary_room", "bedroom"))
    here = f"/sanctuary/{reference}"
    browser = signed_in(scheme.house, scheme.officer)
    page = browser.get(f"{here}/works")
    assert "Nothing is approved until the fire review is recorded" in page.main
    page = page.form(f"{here}/works/ask-fire-review").post()
    page = page.follow("Record the fire review")
    assert page.form(f"{here}/fire-review").post().status == 422
    typed = {
        "advised_on": day_of(0),
        "adviser": "Fire adviser",
        "advice": "Fit an alarm on the way out",
        "alarms": "yes",
    }
    page = page.form(f"{here}/fire-review").post(typed)
    assert "Fit an alarm on the way out" in page.main
    assert state_of(scheme, reference) == S.SPECIFICATION


def test_an_order_that_says_why_comes_back_with_the_reason_beside_the_box(scheme):
    """SAN-28."""
    reference = an_approved_request(scheme)
    here = f"/sanctuary/{reference}/order"
    form = signed_in(scheme.house, scheme.officer).get(here).form(here)
    typed = {
        "contractor": str(scheme.contractor.agency_id), "on": day_of(2), "first": "9am", "last": "1pm",
        "access": "Second floor", "what_to_say": "Say it is about the abuse", "who_to_ring": "Repairs, 020 7946 0999",
    }  # fmt: skip
    page = form.post(typed)
    assert page.status == 422
    assert any("says why" in error for error in page.errors)
    page = form.post({**typed, "what_to_say": "Say you have come about the repairs."})
    assert "The job was offered" in " ".join(page.flashes)


def test_the_resident_signs_off_with_the_keys(scheme):
    """SAN-30."""
    reference = an_installed_home(scheme)
    here = f"/sanctuary/{reference}"
    browser = signed_in(scheme.house, scheme.surveyor)
    page = browser.get(f"{here}/sign-off").form(f"{here}/ready").post()
    form = page.form(f"{here}/sign-off")
    assert form.post().status == 422
    ticks = ("alarms_checked", "shown_how", "escape_explained", "keys_to_resident", "resident_confirms")
    form.post({**dict.fromkeys(ticks, True), "keys_count": "3", "satisfied": "5"}, follow=False)
    assert state_of(scheme, reference) == S.SAFETY_PLAN_AND_MARKERS


def test_a_follow_up_is_recorded_or_tried_again(scheme):
    """SAN-32, SAN-33."""
    reference = a_home_followed_up(scheme)
    here = f"/sanctuary/{reference}/follow-ups"
    browser = signed_in(scheme.house, scheme.officer)
    page = browser.get(here).follow("After 1 month")
    assert "Text message: not now" in page.main
    page = page.form(f"{here}/1").post({"way": "phone"}, press="Nobody answered")
    assert "1 attempt without an answer" in page.main
    form = page.follow("After 1 month").form(f"{here}/1")
    assert form.post({"way": "phone"}, press="Record what they said").status == 422
    said = {"way": "phone", "still_at_address": "yes", "incidents_since": ["none"], "measures_working": "yes"}
    page = form.post(said, press="Record what they said")
    assert "Still at the address: yes" in page.main


def test_the_end_asks_for_portable_things_keys_and_landlord(scheme):
    """SAN-31."""
    reference = a_home_followed_up(scheme, a_tap(), a_tap("panic_alarm", "bedroom"))
    here = f"/sanctuary/{reference}/end"
    form = signed_in(scheme.house, scheme.officer).get(here).form(here)
    typed = {"moved_out_on": day_of(0), "landlord_told": "yes", "keys_ended": "Returned"}
    assert form.post(typed).status == 422
    form.post({**typed, "not_back_because": "Lost in the move"}, follow=False)
    assert state_of(scheme, reference) == S.REMOVED_ENDED


def test_the_diary_lists_the_week_and_books_an_audit(scheme):
    a_booked_survey(scheme)
    page = signed_in(scheme.house, scheme.surveyor).get("/visits")
    assert "Home survey" in page.main
    assert "Safe: phone, visit" in page.main
    book = page.follow("Book a security visit or an audit").form("/visits/book")
    typed = {"kind": "visual_audit", "on": day_of(1), "at": "2pm", "user_id": str(scheme.surveyor.id)}
    assert book.post(typed).status == 422
    page = book.post({**typed, "place": "Market Square"})
    page = page.follow("Environmental visual audit, Market Square")
    page = page.fill_and_post({"how": "record", "found": "Two lamps are out"}, press="Save")
    assert "Two lamps are out" in page.main


def test_letters_say_what_they_must_and_no_more(scheme):
    """SAN-28, SAN-35: the landlord reads of home security works; Housing Benefit gets its evidence."""
    reference = a_signed_off_home(scheme)
    here = f"/sanctuary/{reference}/letters"
    browser = signed_in(scheme.house, scheme.officer)
    page = browser.get(here)
    assert "Works order: there is no job now" in page.main
    assert "Notice that the scheme is not suitable: the scheme has not said" in page.main
    stepped_up(scheme)
    pdf = made(browser, here, "landlord_letter")
    assert said_in(pdf, "home security works")
    assert said_in(pdf, "14 Wapping Mews")
    for word in ("abuse", "violence", "Haddad", "Poynter", "Sanctuary", "Olive", "VAWG", "Women"):
        assert not said_in(pdf, word), word
    pdf = made(browser, here, "housing_benefit_letter")
    for word in ("Leila Haddad-Moss", "2021/991", "Change lock cylinder"):
        assert said_in(pdf, word), word
    assert not said_in(pdf, "Poynter")
    assert "Housing benefit evidence letter, copy" in browser.get(here).main


def test_a_works_order_on_paper_holds_no_address_no_name_and_no_reason(scheme):
    """SAN-28."""
    reference, token = an_ordered_job(scheme)
    accept(scheme, token)
    browser = signed_in(scheme.house, scheme.officer)
    pdf = made(browser, f"/sanctuary/{reference}/letters", "works_order")
    assert said_in(pdf, "Change lock cylinder")
    for word in ("Wapping", "Haddad", "Poynter", "abuse", "Sanctuary", "Olive", "Women", reference):
        assert not said_in(pdf, word), word


def stepped_up(scheme):
    """The officer confirmed the second factor just now."""
    with scheme.house.writer() as session:
        for one in session.scalars(select(SigninSession)):
            one.stepped_up_at = clock.now()
        session.commit()


def made(browser, here, kind):
    form = browser.get(here).form(here)
    fields = {name: values[0] for name, values in form.values.items()} | {"kind": kind}
    answer = browser.http.post(
        here, data=fields, base_url="https://localhost", headers={"Referer": "https://localhost/"}
    )
    assert answer.mimetype == "application/pdf", answer.data[:500]
    assert re.fullmatch(r'attachment; filename="casework-\w{4}\.pdf"', answer.headers["Content-Disposition"])
    return answer.data


def test_photos_of_other_requests_are_not_there(scheme):
    """SAN-26."""
    reference, other = an_installed_home(scheme), a_booked_survey(scheme)
    with scheme.house.reader() as session:
        photo = session.scalar(select(HomePhoto.id))
    browser = signed_in(scheme.house, scheme.officer)
    answers = [browser.http.get(f"/sanctuary/{ref}/photos/{photo}", base_url="https://localhost").status_code
               for ref in (reference, other)]  # fmt: skip
    assert answers == [200, 404]


def test_a_notice_that_the_scheme_is_not_suitable_says_why_and_what_else_there_is(scheme):
    """SAN-34: in writing, by reference, without a name."""
    reference, officer = a_triaged_request(scheme), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        triage.answer_gates(session, officer, request, all_gates(own_choice="no"), {})
        triage.decline(
            session, officer, request, reason="She wants to move", alternatives=["Housing Options"],
            notice="We cannot make this home secure now.",
        )  # fmt: skip
    pdf = made(signed_in(scheme.house, scheme.officer), f"/sanctuary/{reference}/letters", "ineligible_notice")
    for words in (reference, "We cannot make this home secure now", "She wants to move", "Housing Options"):
        assert said_in(pdf, words), words
    for words in ("Haddad", "Poynter", "Wapping"):
        assert not said_in(pdf, words), words


@pytest.mark.parametrize(("tenure", "offered"), [("council", True), ("housing_association", True), ("private", False),
                                                 ("owner", False), ("", False)])  # fmt: skip
def test_the_housing_benefit_letter_is_for_social_tenants_alone(scheme, tenure, offered):
    """SAN-35."""
    reference = a_signed_off_home(scheme)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        access.open_for("load", request.partnership_id, [request.case_id])
        people.victim_of(session, request.case_id).addresses[0].tenure = tenure or None
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        why = {one.kind: one.why_not for one in letters.list_letters(session, actor_for(scheme.officer), request)}
        assert (why["housing_benefit_letter"] == "") is offered
