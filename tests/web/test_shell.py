"""The shell: wording of dates and names, the frame, headers, refusals as pages, and forms."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from flask import Flask

from marac.errors import RuleBroken
from marac.logs import JsonLine
from marac.web import headers, shell, widgets
from marac.web.errors import NEVER_SHOWN
from tests.web.gallery import PersonForm, make_gallery
from tests.web.page_client import PageClient

PAGES = ("/", "/?flash=1", "/questions", "/case", "/reveal", "/triage", "/run", "/conflict")
NOTICES = ("/help", "/privacy", "/accessibility", "/safety")
WEDNESDAY = datetime(2025, 11, 12, 10, 0, tzinfo=UTC)
GOOD = {"full_name": "Amina Begum", "born_on": ["27", "3", "1991"], "told": "yes"}


@pytest.fixture
def app() -> Flask:
    return make_gallery(TESTING=True)


@pytest.fixture
def client(app: Flask) -> PageClient:
    return PageClient(app.test_client(), forbidden={"Amina Begum", "Karim Begum"})


# ------------------------------------------------------------------ words


def test_dates_read_as_the_style_guide_says():
    day = date(2025, 11, 4)
    assert shell.long_date(day) == "4 November 2025"
    assert shell.weekday_date(day) == "Tuesday 4 November 2025"
    assert shell.short_date(date(2025, 9, 4)) == "4 Sept 2025"
    assert shell.long_date(None) == shell.short_date(None) == shell.weekday_date(None) == ""


def test_a_moment_is_shown_on_the_london_calendar_and_clock():
    late = datetime(2025, 6, 30, 23, 30, tzinfo=UTC)
    assert shell.long_date(late) == "1 July 2025"
    assert shell.date_and_time(late) == "1 July 2025 at 12:30am"


@pytest.mark.parametrize(
    "hour, minute, words",
    [(9, 30, "9:30am"), (13, 0, "1pm"), (12, 0, "midday"), (0, 0, "midnight"), (12, 5, "12:05pm")],
)
def test_times_are_twelve_hour_with_words_for_midday(hour, minute, words):
    assert shell.time_of_day(datetime(2025, 1, 6, hour, minute, tzinfo=UTC)) == words


@time_machine.travel(WEDNESDAY)
@pytest.mark.parametrize(
    "due, words, kind",
    [
        (date(2025, 11, 10), "Overdue, 2 days (10 Nov)", "overdue"),
        (date(2025, 11, 11), "Overdue, 1 day (11 Nov)", "overdue"),
        (date(2025, 11, 12), "Today (Wed 12 Nov)", "today"),
        (date(2025, 11, 13), "Tomorrow (Thur 13 Nov)", "soon"),
        (date(2025, 11, 14), "Fri 14 Nov", "soon"),
        (date(2026, 1, 9), "Fri 9 Jan 2026", "later"),
        (None, "No date", "later"),
    ],
)
def test_what_is_due_says_so_in_words_with_the_date(due, words, kind):
    assert shell.due_words(due) == words
    assert shell.due_kind(due) == kind


def test_age_counts_whole_years_and_turns_on_the_birthday():
    assert shell.age(date(1991, 3, 27), on=date(2025, 3, 26)) == "33"
    assert shell.age(date(1991, 3, 27), on=date(2025, 3, 27)) == "34"
    assert shell.age(date(2004, 2, 29), on=date(2022, 2, 28)) == "17"


@pytest.mark.parametrize(
    "name, listed, short",
    [
        ("Amina Begum", "Begum, Amina", "AB"),
        ("Anna Maria van der Berg", "van der Berg, Anna Maria", "AMVDB"),
        ("Fatima al Amin", "al Amin, Fatima", "FAA"),
        ("Cher", "Cher", "C"),
        ("Mary Smith-Jones", "Smith-Jones, Mary", "MSJ"),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_lists_show_the_family_name_first_and_open_offices_show_initials(name, listed, short):
    assert shell.last_first(name) == listed
    assert shell.initials(name) == short


def test_numbers_phones_postcodes_and_lists_read_as_people_say_them():
    assert [shell.count(1, "case"), shell.count(2, "case"), shell.count(0, "reply", "replies")] == [
        "1 case",
        "2 cases",
        "0 replies",
    ]
    assert shell.phone("07700900123") == "07700 900123"
    assert shell.phone("020 79460123") == "020 7946 0123"
    assert shell.phone("ask first") == "ask first"
    assert shell.postcode("e1 4aa") == "E1 4AA"
    assert shell.and_list(["Police", "housing", "health"]) == "Police, housing and health"


# ------------------------------------------------------------------ every page


@pytest.mark.parametrize("path", [*PAGES, *NOTICES, *(f"/out{path}" for path in NOTICES)])
def test_every_page_of_the_gallery_keeps_the_house_rules(client, path):
    assert client.get(path).status in (200, 409)


def test_the_frame_names_the_service_the_role_and_the_way_out(client):
    page = client.get("/")
    assert page.title == "Components, Casework"
    assert "Coordinator, Tower Hamlets Council" in page.text
    assert page.words_of("nav a[aria-current=page]") == ["Today"]
    assert "Referrals 6 waiting" in [label for label, _ in page.links]
    assert {"/lock", "/sign-out"} <= {form.action for form in page.forms}
    assert [page.link(name) for name in ("Help", "Accessibility", "Privacy")] == ["/help", "/accessibility", "/privacy"]


def test_a_stranger_sees_no_names_no_menu_and_a_way_to_leave(client):
    page = client.get("/out/safety")
    assert page.forms == []
    assert page.all("nav") == []
    assert page.link("Leave this site").startswith("https://")


def test_there_is_no_crown_no_logotype_and_no_transport_typeface(client):
    html = client.get("/").html.lower()
    assert not [word for word in ("crown", "govuk-header__logotype", "gds transport", "gov.uk") if word in html]


def test_the_cover_is_ordinary_and_says_nothing_of_what_it_hides(client):
    cover = client.get("/case").all("template#app-cover")
    assert len(cover) == 1


# ------------------------------------------------------------------ headers


def test_pages_are_never_stored_and_static_files_are(app):
    client = app.test_client()
    page = client.get("/help")
    assert page.headers["Cache-Control"] == "no-store"
    static = client.get("/static/gallery/casework.css")
    assert "no-store" not in static.headers.get("Cache-Control", "")
    assert static.headers["Content-Security-Policy"] == headers.CSP
    assert client.get("/static/gallery/nothing.css").headers["Cache-Control"] == "no-store"


def test_the_page_may_not_be_framed_indexed_or_given_any_power(app):
    sent = app.test_client().get("/help", base_url="https://localhost").headers
    assert sent["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in sent["Content-Security-Policy"]
    assert sent["Referrer-Policy"] == "same-origin"
    assert "noindex" in sent["X-Robots-Tag"]
    assert "camera=()" in sent["Permissions-Policy"]
    assert sent["Strict-Transport-Security"].startswith("max-age=63072000")


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    "kind, status, words", [("404", 404, "not there"), ("403", 403, "someone else"), ("422", 422, "Say why.")]
)
def test_a_refusal_becomes_a_plain_page_with_a_way_back_and_a_number(client, kind, status, words):
    page = client.get(f"/refuse/{kind}")
    assert page.status == status
    assert words in page.main
    assert "request number" in page.main
    assert page.words_of("main a")


def test_a_page_that_never_was_answers_exactly_as_one_that_is_hidden(client):
    hidden, never = client.get("/refuse/404"), client.get("/nowhere")
    assert hidden.status == never.status == 404
    assert hidden.main.split("request number")[0] == never.main.split("request number")[0]


def test_a_conflict_shows_both_versions_side_by_side(client):
    page = client.get("/conflict")
    assert page.status == 409
    assert "He was released on Friday" in page.main
    assert "What is saved now, A. Okafor at 10:31am" in page.main


def test_a_stale_save_gives_back_what_was_typed_but_no_secret(client):
    token = client.get("/").form("/").values["csrf_token"][0]
    page = client.post(
        "/refuse/409", {"csrf_token": token, "risk_summary": "He knows the school.", "password": "hunter2"}
    )
    assert page.status == 409
    assert "Risk summary He knows the school." in page.main
    assert "hunter2" not in page.html
    assert NEVER_SHOWN.search("new_password")


def test_a_page_open_too_long_saves_nothing_and_gives_back_what_was_typed(client):
    page = client.post("/", {"why_not": "He was in the room."})
    assert page.status == 419
    assert "He was in the room." in page.main


def test_a_fault_shows_a_number_and_logs_where_but_never_what(caplog):
    client = PageClient(make_gallery().test_client(), forbidden={"Amina"})
    page = client.get("/refuse/500")
    assert page.status == 500
    written = "\n".join(JsonLine().format(record) for record in caplog.records)
    assert "Amina" not in page.html + written
    number = page.main.split("request number ")[1].rstrip(".")
    assert number in written
    assert "RuntimeError" in written


def test_a_script_that_is_refused_gets_json_not_a_page(client):
    page = client.get("/refuse/404", headers={"Accept": "application/json"})
    assert page.json["error"] == 404


# ------------------------------------------------------------------ forms


def test_a_wrong_form_comes_back_with_422_linked_errors_and_everything_typed(client):
    page = client.get("/").fill_and_post(
        {"full_name": "Zara Kowalska", "born_on": ["1", "", "1991"], "told": "no", "why_not": "He was there."}
    )
    assert page.status == 422
    assert page.title == "Error: Components, Casework"
    assert page.errors == ["Date of birth must include a month"]
    assert page.words_of(".govuk-error-summary__list a") == page.errors
    assert page.all(".govuk-error-summary__list a")[0].attrs["href"] == "#born_on-day"
    kept = page.form("/").values
    assert kept["full_name"] == ["Zara Kowalska"]
    assert kept["born_on"] == ["1", "", "1991"]
    assert kept["why_not"] == ["He was there."]


def test_an_empty_form_says_what_to_enter_in_our_words(client):
    page = client.get("/").fill_and_post({})
    assert page.errors == ["Enter their full name", "Enter a date of birth or an age", "Select yes or no"]


def test_a_right_form_moves_on_with_a_message(client):
    page = client.get("/").fill_and_post(GOOD, press="Send referral")
    assert page.url == "/?sent=1"
    assert page.flashes == ["Referral sent."]


@pytest.mark.parametrize(
    "parts",
    [[], ["27"], ["27", "3"], ["27", "3", "1991", "7"], ["x", "y", "z"], ["31", "2", "1991"], ["1", "1", "0001"]],
)
def test_a_date_in_any_number_of_parts_is_an_error_never_a_fault(client, parts):
    page = client.get("/").fill_and_post({**GOOD, "born_on": parts})
    assert page.status == (200 if parts == ["27", "3", "1991", "7"] else 422)


def test_a_month_may_be_a_word(app):
    with app.test_request_context(method="POST", data={"born_on": ["3", "Feb", "1991"]}):
        assert PersonForm(meta={"csrf": False}).born_on.data == date(1991, 2, 3)


def test_a_choice_that_was_never_offered_is_refused_in_our_words(client):
    form = client.get("/").form("/")
    page = client.post("/", {**form.values, **GOOD, "agency": "no-such-agency"})
    assert page.errors == ["Choose from the list"]


def test_a_broken_rule_stands_beside_its_field_or_at_the_top(app):
    with app.test_request_context():
        form = PersonForm(meta={"csrf": False})
        widgets.place(form, RuleBroken("full_name", "Enter another name"))
        widgets.place(form, RuleBroken("panel", "The panel is closed"))
        assert [(line["text"], line["href"]) for line in widgets.error_links(form)] == [
            ("Enter another name", "#full_name"),
            ("The panel is closed", ""),
        ]


def test_fields_about_people_are_kept_from_spelling_services_and_browsers(client):
    box = client.get("/").all("#full_name")[0].attrs
    assert box["spellcheck"] == "false"
    assert box["autocomplete"] == "off"
    assert "required" not in box


def test_every_form_carries_a_fresh_one_time_key(client):
    keys = [client.get("/").form("/").values["once_key"][0] for _ in range(2)]
    assert keys[0] != keys[1]
    assert all(len(key) >= 20 for key in keys)
