"""The who-knows-where map (DA-4, ux 6.8): the same words and masks as its sentences, danger in a word and a shape."""

from itertools import pairwise

import pytest

from marac.services.casework.places import SHARES, Known, WhoKnows
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import InvolvementBasis
from marac.web import place_map
from tests.builders import signed_in
from tests.builders_cases import HIDDEN, a_story, involve
from tests.services.test_places import HOME, add, feared_home, matrix

YES, NO, OPEN = "Knows it", "Does not know it", "Not known"


def known(label, *answers, ended=False, confidential=False, others=""):
    return Known("", "", label, ended, confidential, answers, others, False)


def of(*known_places, names=("Karim Uddin",)):
    return WhoKnows(names, known_places)


def test_every_place_is_safe_or_not_in_words_and_in_a_shape_of_its_own():
    found = place_map.drawn(of(
        known("Current address", SHARES, confidential=True), known("Place of work", NO), known("Former address", YES,
        ended=True), known("School or nursery of Sami Begum", OPEN, others="Her sister"),
    ))  # fmt: skip
    assert [one.kind for one in found.places] == ["unsafe", "no", "left", "open"]
    assert [one.lines[-1] for one in found.places] == ["Not safe: known", NO, "Left", OPEN]
    assert "Confidential" in found.places[0].lines
    assert [one.lines for one in found.people] == [("Karim", "Uddin"), ("Others",)]
    assert sorted(line.kind for line in found.lines) == ["known", "known", "no", "open", "others"]
    assert found.lines[-1].kind == "known", "danger is drawn last, on top"
    for box in (*found.places, *found.people):
        assert box.x >= 0
        assert box.x + box.width <= place_map.WIDTH
        assert box.y + box.height <= found.height
        assert all(len(words) <= 16 for words in box.lines)
    tops = [(one.y, one.y + one.height) for one in found.places]
    assert all(end < start for (_, end), (start, _) in pairwise(tops)), "no box lies on another"


@pytest.mark.parametrize(
    "places, says",
    [
        ([("a", YES), ("b", NO)], "1 of 2 places is known to the alleged perpetrator"),
        ([("a", YES), ("b", SHARES)], "2 of 2 places are known to the alleged perpetrator"),
        ([("a", OPEN), ("b", NO)], "For 1 of 2 places it is not known whether the alleged perpetrator knows of it"),
        ([("a", NO)], "The alleged perpetrator knows none of 1 place"),
    ],
)
def test_its_title_says_what_it_shows(places, says):
    assert place_map.title(of(*(known(*one) for one in places))) == says


def test_nothing_is_drawn_where_nothing_is_held_or_nobody_is_feared():
    assert place_map.drawn(None) is None
    assert place_map.drawn(of()) is None
    assert place_map.drawn(of(known("Current address"), names=())) is None


def test_one_of_two_who_knows_makes_a_place_unsafe_and_long_names_stay_in_their_box():
    names = ("Bartholomew Featherstonehaugh-Cholmondeley the Younger of Wapping", "B")
    found = place_map.drawn(of(known("Place of work", NO, YES), names=names))
    assert found.places[0].kind == "unsafe"
    assert all(len(line) <= 9 for line in found.people[0].lines)
    assert len(found.people[0].lines) == place_map.MOST_LINES


def test_the_case_page_draws_what_the_sentences_say_and_no_address_da_4(house):
    story = a_story(house)
    feared = feared_home(story, **HOME).hex
    add(story, story.idva, place="work", place_name="Quarry Rise Bakery", postcode="E1 9ZZ", knows={feared: "no"})
    refuge = {"place": "current", "in_refuge": True, "refuge_contact": "Solace 020 7946 0500"}
    add(story, story.idva, **refuge)
    sentences = matrix(story, story.housing).sentences
    for worker in (story.housing, story.idva, story.coordinator):
        for tab in ("", "/people"):
            page = signed_in(house, worker).get(f"/cases/{story.reference}{tab}")
            (drawing,) = page.all("svg.app-places__map")
            assert drawing.attrs["role"] == "img"
            words = " ".join(page.words_of("svg.app-places__map"))
            assert "Not safe: known" in words
            assert "Place of work" in words
            assert [value for value in (*HIDDEN, "Bakery", "Solace 020") if value in page.html] == []
            assert "refuge" not in words.lower(), "a refuge is a current address, as in the sentences"
            assert "style=" not in page.html
            assert len(page.all("path.app-places__danger")) == len(page.all("rect.app-places__box--unsafe")) > 0
            read = page.main
            assert all(line in read for line in sentences) or worker is not story.housing
    assert signed_in(house, story.stranger).get(f"/cases/{story.reference}").status == 404


def test_who_may_not_ask_where_somebody_is_sees_no_map_da_4(house):
    """An agency that the panel marked as working with the alleged perpetrator alone reads no place, and no map."""
    story = a_story(house)
    with unit_of_work(house) as session:
        involve(session, story.case(session), "housing_options", InvolvementBasis.PERPETRATOR_SIDE)
    for tab in ("", "/people"):
        page = signed_in(house, story.housing).get(f"/cases/{story.reference}{tab}")
        assert page.all("svg.app-places__map") == []
        assert "Not safe" not in page.html
