"""Two people side by side: the same whichever stands first, never at a loss for odd text, and with reasons in words."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given, settings, strategies as st

from marac.services.knowing.comparing import REASONS, Comparison, trained
from marac.services.knowing.indexing import Known
from marac.vocabulary import PersonRole

AMINA = Known(
    uuid4(), uuid4(), PersonRole.VICTIM, ("Amina Begum",), date(1991, 3, 7), None, [("14", "E1 0AA")], "07700 900123",
    ("Karim Uddin",), "Elm Row",
)  # fmt: skip
ANYTHING = st.text(max_size=24)
PEOPLE = st.builds(
    Known,
    id=st.just(AMINA.id),
    case_id=st.just(AMINA.case_id),
    role=st.sampled_from(PersonRole),
    names=st.lists(ANYTHING | st.sampled_from(["Amina Begum", "Begum", "Liz Ali Hassan"]), max_size=3).map(tuple),
    born_on=st.none() | st.dates(),
    birth_year=st.none() | st.integers(1900, 2030),
    homes=st.lists(st.tuples(ANYTHING, ANYTHING), max_size=2),
    phone=ANYTHING,
    feared=st.lists(ANYTHING, max_size=2).map(tuple),
    address=ANYTHING,
)


def compared(one: Known, other: Known):
    search = Comparison()
    return search.compare(search.prepare(one), search.prepare(other))


@settings(max_examples=60, deadline=None)
@given(PEOPLE, PEOPLE)
def test_whoever_stands_first_the_comparison_says_the_same_and_it_never_fails(one, other):
    there, back = compared(one, other), compared(other, one)
    assert there.total == pytest.approx(back.total, abs=1e-6)
    assert set(there.reasons) == set(back.reasons)
    assert there.exact == back.exact


@pytest.mark.parametrize(
    "reason, change",
    [
        ("same name", {"names": ("Begum Amina",)}),
        ("name sounds alike", {"names": ("Aminah Begom",)}),
        ("name spelt a little differently", {"names": ("Anina Begum",)}),
        ("same first name, different family name", {"names": ("Amina Okafor",)}),
        ("same family name", {"names": ("Olive Begum",)}),
        ("same date of birth", {}),
        ("same date of birth with day and month exchanged", {"born_on": date(1991, 7, 3)}),
        ("date of birth one digit apart", {"born_on": date(1992, 3, 7)}),
        ("date of birth agrees in part", {"born_on": date(1968, 3, 7)}),
        ("same year of birth", {"born_on": None, "birth_year": 1992}),
        ("same address", {}),
        ("same postcode, another house number", {"homes": [("15", "e10aa")]}),
        ("same postcode", {"homes": [("", "E1 0AA")]}),
        ("same house number, postcode spelt a little differently", {"homes": [("14", "E1 0AB")]}),
        ("same street", {}),
        ("street spelt a little differently", {"address": "Elm Rowe"}),
        ("same phone number", {"phone": "+44 7700 900123"}),
        ("phone number one digit apart", {"phone": "07700 900124"}),
        ("same alleged perpetrator", {}),
        ("alleged perpetrator's name sounds alike", {"feared": ("Kareem Udin",)}),
        ("in another role there", {"role": PersonRole.PERPETRATOR}),
    ],
)
def test_every_agreement_gives_its_reason_in_words(reason, change):
    assert reason in compared(AMINA, replace(AMINA, **change)).reasons


def test_two_first_of_january_dates_are_no_proof_of_one_date():
    one = replace(AMINA, born_on=date(1991, 1, 1))
    assert REASONS["born:january"] in compared(one, one).reasons
    assert trained()["born:january"][0] < trained()["born:same"][0]


def test_a_short_form_of_a_name_counts_for_it():
    full, short, other = (replace(AMINA, names=(name,)) for name in ("Elizabeth Ward", "Liz Ward", "Brenda Ward"))
    assert compared(full, short).total > compared(full, other).total + 5


def test_a_rare_name_that_agrees_says_more_than_a_common_one():
    common, rare = replace(AMINA, names=("Amina Begum",)), replace(AMINA, names=("Zdzislawa Begum",))
    assert compared(rare, rare).total > compared(common, common).total


def test_a_sibling_at_the_same_address_is_told_from_the_same_person_who_moved():
    """Home, family name, phone and alleged perpetrator agree within a household: they prove nobody there."""
    sibling = replace(AMINA, names=("Olive Begum",), born_on=date(1995, 11, 21))
    moved = replace(AMINA, homes=[("3", "E14 9ZZ")], phone="", address="Birch Lane", feared=())
    assert compared(AMINA, sibling).total < 0
    assert compared(AMINA, moved).total > 10


def test_every_level_that_gives_a_reason_has_a_weight_and_agreement_weighs_more_than_difference():
    table = trained()
    levels = {mark for mark in REASONS if not mark.startswith("name:")}
    assert levels - set(table) == set()
    for field in ("given", "family", "born", "home", "phone", "feared", "address"):
        assert table[f"{field}:same"][0] > 0 > table[f"{field}:different"][0], field
