"""Whatever is typed, pasted or sent: a sentence beside the box and nothing lost, or kept as anybody would type it."""

from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from marac import clock
from marac.models import Referral
from marac.services.casework import people
from marac.services.keeping.deployment import unit_of_work
from marac.services.referring import referral_tasks
from marac.vocabulary import Role
from marac.web import widgets
from marac.web.forms import referral_facts, referrals as forms, typed
from marac.web.pasted import one_line, plain_text
from tests.builders import a_referral, a_user, actor_for, signed_in

PARTS = {
    "person": forms.PersonForm,
    "safe-contact": forms.SafeContactForm,
    "other-person": forms.OtherPersonForm,
    "children": forms.ChildForm,
    "reason": forms.ReasonForm,
    "sharing": forms.SharingForm,
    "referrer": forms.ReferrerForm,
    "equality": forms.EqualityForm,
}
ALL = (*PARTS.values(), forms.StartForm, forms.UrgentForm, forms.AnswerForm, forms.QuestionForm)
APP = Flask("forms", static_folder=None)
APP.config.update(WTF_CSRF_ENABLED=False, SECRET_KEY="only here")

NONSENSE = "\u2022 '\"<b>}} ক 王 \x0b\u00a0" * 90
WORDS = st.one_of(
    st.text(max_size=60),
    st.sampled_from((
        "", " ", "yes", "no", "31", "2", "1991", "-1", "0", "1e9", "9" * 5_000, "about 40", "٣٤", "৩৪", "Seán O’Brien",
        "মোহাম্মদ উদ্দিন", "王小明", "\u202eabc", "\x00", "<script>", "{{ 7 * 7 }}", "'; --", "x" * 10_000, "•\tone\v•\tx",
        "07700 900123", "+44 (0)20 7946 0123", "e1  0a a", "34 or 35", "not a choice",
    )),
)  # fmt: skip


@st.composite
def posts(draw):
    """A form, and a post for it: any words, any number of times, in any of its boxes and in some it does not have."""
    form = draw(st.sampled_from(ALL))
    names = [*(name for name in dir(form) if hasattr(getattr(form, name), "field_class")), "extra", "state", "id"]
    pairs = draw(st.lists(st.tuples(st.sampled_from(names), WORDS), max_size=12))
    return form, MultiDict(pairs)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(posts())
def test_no_form_of_a_referral_ever_fails_on_what_is_sent_and_every_error_is_a_sentence(post):
    kind, data = post
    with APP.test_request_context(method="POST", data=data):
        form = kind()
        form.validate()
        for field in form:
            for message in field.errors:
                assert str(message)[:1].isupper(), (field.name, message)
                assert "valid" not in str(message), (field.name, message)
        taken = referral_facts.to_facts(form, frozenset(field.name for field in form if field.errors))
        assert not {"extra", "state", "id", "csrf_token"} & taken.keys()
        if not form.errors:
            kind(data=referral_facts.from_facts({**taken, "aliases": taken.get("aliases")}))


def made(kind, **boxes):
    with APP.test_request_context(method="POST", data=MultiDict([(n, v) for n, vs in boxes.items() for v in vs])):
        form = kind()
        form.validate()
        return form


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("31", "2", "1991"), "Enter a real date"),
        (("27", "3", ""), "Date of birth must include a year"),
        (("", "", "1991"), "Date of birth must include a day and a month"),
        (("1", "1", "1850"), "Enter a real date"),
        (("1", "1", "1901"), "Date of birth must be within the last 120 years"),
        (("1", "1", "2199"), "Date of birth must be in the past"),
        (("27", "Marchy", "1991"), "Enter a real date"),
    ],
)
def test_a_date_that_cannot_be_says_why(parts, message):
    assert made(forms.PersonForm, full_name=["A"], born_on=parts).born_on.errors == [message]


def test_a_child_not_born_yet_has_a_date_due():
    later = clock.today() + timedelta(days=90)
    parts = [str(later.day), str(later.month), str(later.year)]
    refused = made(forms.ChildForm, born_on=parts)
    assert refused.born_on.errors == ["Date of birth must be in the past. For a date due, tick Unborn child"]
    assert made(forms.ChildForm, born_on=parts, unborn=["y"]).born_on.data == later


@pytest.mark.parametrize(
    ("words", "years"),
    [("40", 40), ("about 40", 40), ("40ish", 40), ("~40", 40), (" ৪০ ", 40), ("0", 0), ("120", 120), ("", None)],
)
def test_an_age_is_read_as_people_write_it(words, years):
    form = made(forms.PersonForm, approximate_age=[words])
    assert (form.approximate_age.errors, form.approximate_age.data) in (([], years), ((), years))


@pytest.mark.parametrize("words", ["old", "-4", "34 or 35", "121", "4000", "9" * 5_000])
def test_an_age_that_cannot_be_is_refused_and_stays_as_typed(words):
    form = made(forms.PersonForm, approximate_age=[words])
    assert len(form.approximate_age.errors) == 1
    assert form.approximate_age.raw_data == [words]


@pytest.mark.parametrize(
    "words",
    ["07700 900123", "07700900123", "(020) 7946 0123", "020-7946-0123", "+44 7700 900 123", "0044 7700 900123",
     "+44 (0)7700 900123", "+880 1711 000000", "+353 1 700 0123", "020 7946 0123 ext 12", "٠٧٧٠٠ ٩٠٠١٢٣"],
)  # fmt: skip
def test_a_phone_is_taken_in_any_form(words):
    assert typed.is_possible_phone(words), words


@pytest.mark.parametrize("words", ["12", "ask her", "0" * 40])
def test_what_cannot_be_a_phone_is_refused(words):
    assert made(forms.ReferrerForm, referrer_phone=[words]).referrer_phone.errors == [typed.PHONE_WRONG]


@pytest.mark.parametrize("words", ["e1 0aa", "E10AA", " e 1 0 a a ", "E1\u00a00AA", "e1-0aa"])
def test_a_postcode_is_one_postcode_however_it_is_spaced(words):
    assert made(forms.PersonForm, postcode=[words]).postcode.data == "E1 0AA"


@pytest.mark.parametrize(
    "name",
    ["O'Brien-D'Souza", "Nguyễn Thị Ánh", "মোছাঃ রহিমা বেগম", "محمد عبد الله", "王小明",
     "Zoë", "X", "Ng", "de la Cruz Jr.", "A" * 200],
)  # fmt: skip
def test_a_name_is_a_name_in_any_script(name):
    form = made(forms.PersonForm, full_name=[name])
    assert (form.full_name.data, list(form.full_name.errors)) == (one_line(name), [])


def test_what_is_pasted_from_word_is_kept_as_plain_text():
    pasted = (
        "She said:\u00a0\u201cHe\u2019ll come back\u201d \u2013 again\u2026\v\u2022\tin May\r\n\uf0b7 in June\u200b\x07"
    )
    assert plain_text(pasted) == 'She said: "He\'ll come back" - again...\n- in May\n- in June'
    assert one_line("O\u2019Brien\u00a0 Se\u00e1n\r\n") == "O'Brien Se\u00e1n"
    assert plain_text("ক\u200dষ of the o\nok") == "ক\u200dষ of the o\nok"


@given(st.text())
def test_plain_text_is_plain_the_second_time_too(words):
    once = plain_text(words)
    assert plain_text(once) == once
    assert "\x00" not in once
    assert "\r" not in once


def test_ten_thousand_characters_of_story_are_taken_and_the_name_of_a_choice_is_not_made_up():
    form = made(forms.ReasonForm, what_happened=["He came. " * 1_111], criteria=["repeat", "because"], features=["x"])
    assert not form.what_happened.errors
    assert form.criteria.errors == ["Choose from the list"]
    assert form.features.errors == ["Choose from the list"]
    assert made(forms.SharingForm, told=["maybe"]).told.errors == ["Choose from the list"]


# --- through the door ---


@pytest.fixture
def draft(house):
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.IDVA, "solace", full_name="Rosa Lowe")
    actor = actor_for(worker)
    with unit_of_work(house, actor) as session:
        reference = a_referral(session, house, actor).reference
    return actor, f"/referrals/{reference}", signed_in(house, worker)


@pytest.mark.parametrize("part", PARTS)
def test_a_page_sent_back_with_nonsense_in_every_box_answers_with_the_page_and_all_that_was_typed(draft, part):
    _actor, here, client = draft
    form = client.get(f"{here}/{part}").form(f"/{part}")
    values = dict(form.values)
    boxes = {name: ["31", "2", "x"] if len(values.get(name, ())) == 3 else [NONSENSE] for name in form.names}
    kept = {name: values[name] for name in ("csrf_token", "once_key", "version") if name in values}
    page = client.post(f"{here}/{part}", {**boxes, **kept, "extra": "1"})
    assert page.status == 422
    assert page.errors
    assert "\u2022" not in page.h1
    back = page.form(f"/{part}").values
    typed_in = boxes.keys() & back.keys() & {"full_name", "street", "tried", "presented_by", "told_why_not"}
    assert all("ক 王" in back[name][0] for name in typed_in)


def test_a_name_as_pasted_is_found_as_typed(house, draft):
    """DA-10: an apostrophe from Word is the same apostrophe."""
    actor, here, client = draft
    client.get(f"{here}/person").fill_and_post(
        {"full_name": "Siobh\u00e1n O\u2019Brien\u00a0", "postcode": "e10aa"},
        action="/person",
        press="Save and continue",
    )
    with unit_of_work(house, actor) as session:
        referral = session.scalars(select(Referral).where(Referral.reference == here.rpartition("/")[2])).one()
        referral_tasks.open_form(session, actor, referral)
        victim = people.victim_of(session, referral.case_id)
        assert (victim.full_name, victim.addresses[0].postcode) == ("Siobh\u00e1n O'Brien", "E1 0AA")


def test_a_date_typed_in_parts_is_one_date():
    assert made(forms.PersonForm, born_on=["27", "mar", "1991"]).born_on.data == date(1991, 3, 27)
    assert widgets.parse_date("27 March 1991", ("%d %B %Y",)) == date(1991, 3, 27)
