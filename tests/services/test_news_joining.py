"""Nothing is lost when two cases become one: every phone, address, e-mail and word; of two answers the stricter."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.crypto.fields import transplant
from marac.models import Address, Case, CasePerson
from marac.services.casework import phones
from marac.services.casework.phones import Number
from marac.services.deciding import news_joining
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import PersonRole, PhoneKind, SafeToUse
from tests.builders_cases import a_full_case


@pytest.fixture
def pair(house):
    """(house, id of the case that stays, id of the one that ends)."""
    with unit_of_work(house) as session:
        return house, a_full_case(session, house).id, a_full_case(session, house, name="Amina Begum Khan").id


def victims(session, pair):
    """The victim-survivor of the case that stays, and of the one that ends; both cases open and sealable."""
    _house, stays, ends = pair
    cases = [session.get_one(Case, one) for one in (stays, ends)]
    access.open_for("reseal", cases[0].partnership_id, [stays, ends])
    role = CasePerson.role == PersonRole.VICTIM
    return [session.scalars(select(CasePerson).where(CasePerson.case_id == one.id, role)).one() for one in cases]


def joined(pair, change):
    """What is held after `change(known, new)` and the join: the contact row and the addresses as plain values."""
    with unit_of_work(pair[0]) as session:
        known, new = victims(session, pair)
        change(known, new)
        session.flush()
        news_joining.add_news(session, new, known)
    with unit_of_work(pair[0]) as session:
        known = victims(session, pair)[0]
        homes = [(home.house_number, home.street, home.known_to_perpetrator) for home in known.addresses]
        names = ("code_word", "email", "emails", "rules", "do_not_contact", "withheld_number", "checked_on")
        held = SimpleNamespace(**{name: getattr(known.contact, name) for name in names})
        return held, phones.numbers_of(known.contact), homes, known.aliases


def test_every_phone_is_kept_the_newest_first_and_once_each(pair):
    def change(known, new):
        phones.keep(known.contact, [Number("07700 900123"), Number("020 7946 0111", PhoneKind.WORK, SafeToUse.YES)])
        phones.keep(new.contact, [Number("07700 900555", PhoneKind.TRUSTED, SafeToUse.NO), Number("+44 7700 900123")])

    _contact, numbers, _homes, _aliases = joined(pair, change)
    assert [one.number for one in numbers] == ["07700 900555", "+44 7700 900123", "020 7946 0111"]
    assert numbers[0].kind is PhoneKind.TRUSTED


def test_a_number_once_said_to_be_unsafe_stays_unsafe(pair):
    def change(known, new):
        phones.keep(known.contact, [Number("07700 900123", PhoneKind.MOBILE, SafeToUse.NO)])
        phones.keep(new.contact, [Number("07700 900123", PhoneKind.MOBILE, SafeToUse.YES)])

    assert [one.safe for one in joined(pair, change)[1]] == [SafeToUse.NO]


def test_every_address_is_kept_the_newest_first(pair):
    def change(known, new):
        first = new.addresses[0]
        first.house_number, first.street, first.postcode = "3", "New Row", "E3 7XX"
        place = {"partnership_id": new.partnership_id, "case_id": new.case_id, "role": new.role, "person_id": new.id}
        second = Address(**place, position=2, house_number="9", street="Mill Lane", postcode="E4 6WW", place="work")
        session = new._sa_instance_state.session
        session.add(second)
        session.flush()
        session.expire(new, ["addresses"])

    homes = joined(pair, change)[2]
    assert [street for _number, street, _known in homes] == ["New Row", "Quarry Rise", "Mill Lane"]


def test_of_the_same_address_a_place_once_known_stays_known(pair):
    def change(known, new):
        known.addresses[0].known_to_perpetrator, new.addresses[0].known_to_perpetrator = "yes", "no"

    assert joined(pair, change)[2] == [("17", "Quarry Rise", "yes")]


def test_words_of_both_stay_and_the_stricter_answer_holds(pair):
    def change(known, new):
        new.contact.code_word, new.contact.email = "foxglove", "new@example.net"
        new.contact.rules = {"text": {"answer": "yes", "detail": ""}, "visit": {"answer": "no", "detail": ""}}
        new.contact.do_not_contact = True
        known.contact.withheld_number = "withhold"
        new.contact.withheld_number = "show"
        new.contact.checked_on = clock.today() - timedelta(days=40)

    contact = joined(pair, change)[0]
    assert contact.code_word == "foxglove. Earlier: bluebell"
    assert (contact.email, list(contact.emails)) == ("new@example.net", ["amina@example.net"])
    answers = {channel: rule["answer"] for channel, rule in contact.rules.items()}
    assert answers == {"phone": "no", "text": "only_between", "visit": "no"}
    assert (contact.do_not_contact, contact.withheld_number) == (True, "withhold")
    assert contact.checked_on == clock.today()


def test_another_name_becomes_an_alias_with_those_it_brought(pair):
    def change(known, new):
        new.aliases = ["Mina", "Mimi Khan"]

    assert list(joined(pair, change)[3]) == ["Mina", "Amina Begum Khan", "Mimi Khan"]


def test_who_knows_a_place_is_kept_under_the_person_that_stays(pair):
    with unit_of_work(pair[0]) as session:
        known, new = victims(session, pair)
        gone, stays = new.id.hex, known.id.hex
        home = new.addresses[0]
        home.known_to = {gone: "yes", "0" * 32: "no"}
        transplant(home, known.case_id)
        news_joining.renamed_knowledge([home], {gone: stays})
        assert dict(home.known_to) == {stays: "yes", "0" * 32: "no"}
        session.rollback()
