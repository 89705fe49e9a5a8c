"""Finding a person: what must be found is found, and no token says a name without a birth year (security 2.13)."""

import pickle
from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from marac.crypto import blind_index, rotation
from marac.crypto.blind_index import BlindIndex, PersonTokens, keyed_word, sign_in_token
from marac.crypto.keyring import KeyMissing
from marac.crypto.sounds import plain, sound, words
from tests.crypto.rows import P1, P2, House

BORN = date(1985, 4, 3)
ANN = PersonTokens(
    UUID(int=50),
    ("Ann Khan",),
    BORN,
    homes=(("12", "E1 0XX"),),
    phones=("07700 900123",),
    feared=("Tom Smith",),
)


@pytest.fixture
def index(locked: House) -> BlindIndex:
    return BlindIndex(locked.keyring, P1)


def person(name: str, born: date | None = BORN, **facts: object) -> PersonTokens:
    return PersonTokens(uuid4(), (name,), born, **facts)  # type: ignore[arg-type]


def met(index: BlindIndex, stored: PersonTokens, asked: PersonTokens) -> int:
    return len(index.tokens_to_store(stored) & index.tokens_to_ask(asked))


@pytest.mark.parametrize(
    "stored, asked",
    [
        ("Ann Khan", "Ann Kahn"),
        ("Khan Ann", "Ann Khan"),
        ("Ann Khan", "Anne Khan"),
        ("Md Abdul Karim", "Abdul Karim"),
        ("Mst Nasima Begum", "Begum Nasima"),
        ("Fatema Choudhury", "Fatima Chowdhury"),
        ("Nasir Ud-Din", "Nasir Uddin"),
        ("Rahima Ur Rahman", "Rahima Rehman"),
        ("Xasan Cali", "Hassan Ali"),
        ("Maxamed Faarax", "Mohamed Farah"),
        ("Katarzyna Wiśniewska", "Kasia Wisniewski"),
        ("Łukasz Nowak", "Lukasz Nowak"),
        ("Siobhán Ó Briain", "Siobhan O'Brien"),
        ("Mary O’Neill", "Mary ONeill"),
        ("Jean Mc Donald", "Jean MacDonald"),
        ("Mrs Liz Clarke-Williams", "Elizabeth Williams"),
        ("ANN KHAN", "ann khan"),
    ],
)
def test_a_name_written_another_way_is_found(index: BlindIndex, stored: str, asked: str) -> None:
    assert met(index, person(stored), person(asked)) >= 1
    assert met(index, person(stored), person(asked, date(1961, 11, 28))) == 0


@pytest.mark.parametrize("asked", [date(1985, 3, 4), date(1985, 4, 8), date(1958, 4, 3), date(1985, 4, 30)])
def test_a_mistyped_or_swapped_birth_date_is_found(index: BlindIndex, asked: date) -> None:
    assert met(index, person("Ann Khan"), person("Ann Khan", asked)) >= 1


@pytest.mark.parametrize("year, found", [(1983, True), (1985, True), (1987, True), (1988, False)])
def test_an_approximate_year_is_asked_two_years_either_way(index: BlindIndex, *, year: int, found: bool) -> None:
    stored = PersonTokens(uuid4(), ("Ann Khan",), birth_year=1985)
    asked = PersonTokens(uuid4(), ("Ann Khan",), birth_year=year)
    assert (met(index, stored, asked) >= 1) is found


def test_a_person_without_a_birth_date_is_found_by_address_phone_or_whom_they_fear(index: BlindIndex) -> None:
    nobody = PersonTokens(uuid4(), ("Other Name",))
    for found in (
        PersonTokens(uuid4(), homes=(("12", "e1 0xx"),)),
        PersonTokens(uuid4(), phones=("+44 7700 900 123",)),
        PersonTokens(uuid4(), ("Ann Khan",), feared=("Tom Jones",)),
    ):
        assert met(index, ANN, found) == 1
    assert met(index, ANN, nobody) == 0


def test_no_name_or_address_part_is_found_alone(index: BlindIndex) -> None:
    for asked in (
        PersonTokens(uuid4(), ("Ann Khan",)),
        PersonTokens(uuid4(), homes=(("", "E1 0XX"),)),
        PersonTokens(uuid4(), ("Ann",), birth_year=1985),
        PersonTokens(uuid4(), birth_year=1985),
    ):
        assert met(index, ANN, asked) == 0
        assert list(blind_index._stored(asked)) == []


def test_every_family_that_holds_a_name_holds_the_birth_year_too() -> None:
    for family, parts in blind_index._stored(ANN):
        if family not in {blind_index.HOME, blind_index.PHONE, blind_index.FEARED}:
            assert any(len(part) >= 4 and part.isdigit() for part in parts), family


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(max_size=30),
    born=st.none() | st.dates(date(1900, 1, 1)),
    phone=st.text(max_size=14),
    house=st.text(max_size=5),
)
def test_whatever_was_typed_gives_a_multiple_of_16_tokens(
    index: BlindIndex, name: str, born: date | None, phone: str, house: str
) -> None:
    typed = PersonTokens(UUID(int=1), (name,), born, homes=((house, "E1 0XX"),), phones=(phone,), feared=(name,))
    for tokens in (index.tokens_to_store(typed), index.tokens_to_ask(typed)):
        assert len(tokens) % 16 == 0
        assert len(tokens) >= 16
        assert {len(token) for token in tokens} == {8}
    told = len(index._tokens(blind_index._stored(typed)))
    assert len(index.tokens_to_store(typed)) == -(-max(told, 1) // 16) * 16, "and no more than it takes"


def test_the_padding_of_a_row_stays_and_that_of_a_question_does_not(index: BlindIndex) -> None:
    assert index.tokens_to_store(ANN) == index.tokens_to_store(ANN)
    phone = PersonTokens(uuid4(), phones=ANN.phones)
    assert len(index.tokens_to_ask(phone) & index.tokens_to_ask(phone)) == 1
    empty, other = PersonTokens(uuid4()), PersonTokens(uuid4())
    assert len(index.tokens_to_store(empty)) == 16
    assert not index.tokens_to_store(empty) & index.tokens_to_store(other)


def test_a_letter_too_many_in_one_name_is_found_by_the_first_letter_of_the_other(index: BlindIndex) -> None:
    assert met(index, person("Jane Smith"), person("Jayne Sutton", date(1985, 11, 30)))
    assert not met(index, person("Jane Smith"), person("Jayne Imtton", date(1985, 11, 30)))


def test_partnerships_share_no_token(locked: House, index: BlindIndex) -> None:
    assert not index.tokens_to_store(ANN) & BlindIndex(locked.keyring, P2).tokens_to_store(ANN)
    with pytest.raises(KeyMissing):
        BlindIndex(locked.keyring, uuid4())


def test_while_index_keys_rotate_both_are_written_and_asked(locked: House, index: BlindIndex) -> None:
    before = index.tokens_to_store(PersonTokens(ANN.id, phones=ANN.phones))
    rotation.add_generation(locked.keyring, "index", P1, P1)
    both = BlindIndex(locked.keyring, P1)
    assert len(both.tokens_to_ask(ANN) & before) == 1
    assert len(both.tokens_to_store(ANN) & index.tokens_to_ask(ANN)) >= 20


def test_a_sign_in_name_has_one_token_however_it_is_typed(locked: House) -> None:
    token = sign_in_token(locked.keyring, "Rosa.Lowe@example.org")
    assert len(token) == 16
    assert sign_in_token(locked.keyring, "  rosa.lowe@EXAMPLE.org ") == token
    assert sign_in_token(locked.keyring, "rosa.low@example.org") != token
    assert keyed_word(locked.keyring, "search terms", "rosa.lowe@example.org") != token


def test_an_index_and_a_person_show_nothing(index: BlindIndex) -> None:
    assert "Ann" not in repr(ANN)
    with pytest.raises(TypeError):
        pickle.dumps(index)


@pytest.mark.parametrize(
    "full_name, expected",
    [
        ("Dr. Ann-Marie O'Brien", ("ann", "marie", "obrien")),
        ("Mohammed Ali", ("mohammed", "ali")),
        ("Md Rahim Ali", ("rahim", "ali")),
        ("Ahmed bin Said", ("ahmed", "said")),
        ("", ()),
        ("!!!", ()),
        ("Mr", ()),
    ],
)
def test_words_of_a_name(full_name: str, expected: tuple[str, ...]) -> None:
    assert words(full_name) == expected


def test_sounds_and_plain_words() -> None:
    assert (sound("ann"), sound("khan")) == ("AN", "KN")
    assert sound("islam") == sound("eslam")
    assert sound("12") == "12"
    assert plain("Ó Brien-ŁĄCZ 12b") == "obrienlacz12b"
