"""DA-4: addresses that know who knows them: secret one by one, never of a refuge, never told by a match."""

from datetime import date

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.crypto import vault
from marac.errors import NotAllowed, NotFound, RuleBroken, StaleEdit
from marac.models import Address, CasePerson, ContactMethod
from marac.services.casework import case_page, moving_in, people, places, revealing
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import InvolvementBasis, PersonRole, RevealReason
from tests.builders import actor_for
from tests.builders_cases import HIDDEN, a_story, involve

HOME = {"house_number": "17", "street": "Quarry Rise", "postcode": "E1 9ZZ"}


def feared_home(story, **facts):
    """Where the alleged perpetrator lives."""
    with unit_of_work(story.house) as session:
        access.open_for("load", story.coordinator.partnership_id, [story.case_id])
        where = (Address.case_id == story.case_id, Address.role == PersonRole.PERPETRATOR)
        home = session.scalars(select(Address).where(*where)).one()
        for name, value in facts.items():
            setattr(home, name, value)
        return home.person_id


def page_of(story, worker):
    with story.work(worker) as session:
        actor, case = actor_for(worker), story.case(session)
        head = case_page.case_page(session, actor, case)
        return head, case_page.people_of(session, actor, case, head)


def matrix(story, worker):
    with story.work(worker) as session:
        return places.who_knows(session, actor_for(worker), story.case(session))


def add(story, worker, person_id=None, *, place_id=None, knows=None, version=None, **facts):
    with story.work(worker) as session:
        case, actor = story.case(session), actor_for(worker)
        person = None if place_id else (person_id or story.victim_id)
        home = moving_in.save_place(
            session, actor, case, person_id=person, place_id=place_id, knows=knows or {}, version=version, **facts
        )
        return home.id


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (HOME, True),
        ({"house_number": "17", "street": "quarry rise", "postcode": "e19zz"}, True),
        ({"house_number": "", "street": "17 Quarry Rise", "postcode": ""}, True),
        ({"house_number": "Flat 4, 17", "street": "Quarry Rise", "postcode": "E1 9ZZ"}, True),
        ({"house_number": "", "street": "", "postcode": "E1 9ZZ"}, True),  # may be: errs towards yes
        ({"house_number": "", "street": "Quarry Rise", "postcode": ""}, True),
        ({"house_number": "17", "street": "Quarry Rise", "postcode": "E1 9ZY"}, True),  # a slip in the postcode
        ({"house_number": "18", "street": "Quarry Rise", "postcode": "E1 9ZZ"}, False),
        ({"house_number": "17", "street": "Low Yard", "postcode": "E2 8YY"}, False),
        ({"house_number": "17", "street": "", "postcode": ""}, False),
        ({}, False),
    ],
)
def test_two_addresses_are_or_may_be_the_same(other, same):
    assert places.may_be_same(HOME, other) is same
    assert places.may_be_same(other, HOME) is same


def test_words_for_roads_do_not_tell_two_addresses_apart():
    assert places.may_be_same({"house_number": "2", "street": "Elm St"}, {"house_number": "2", "street": "Elm Street"})
    assert not places.may_be_same({}, {})


def test_an_alleged_perpetrators_address_that_is_the_secret_one_is_masked_for_everybody(house):
    """The known defect: the shared home stood on the page as his address."""
    story = a_story(house)
    feared_home(story, **HOME)
    for worker in (story.housing, story.idva, story.coordinator, story.chair):
        head, shown = page_of(story, worker)
        assert [value for value in HIDDEN if value in repr((head, shown))] == []
        feared = next(one for one in shown if one.role == PersonRole.PERPETRATOR)
        assert [mask.label for mask in feared.masks] == ["Address"]


def test_his_masked_address_opens_with_a_reason_as_any_other(house):
    story = a_story(house)
    feared_home(story, **HOME)
    _head, shown = page_of(story, story.housing)
    asked_as = next(one for one in shown if one.role == PersonRole.PERPETRATOR).masks[0].asked_as
    with story.work(story.housing) as session:
        actor, case = actor_for(story.housing), story.case(session)
        lines = revealing.reveal(session, actor, case, asked_as, RevealReason.OWN_RECORDS).lines
    assert lines == ("17", "Quarry Rise", "E1 9ZZ")


def test_a_home_that_is_no_secret_masks_nothing(house):
    story = a_story(house)
    feared_home(story, **HOME)
    with unit_of_work(house) as session:
        access.open_for("load", story.coordinator.partnership_id, [story.case_id])
        for home in session.scalars(select(Address).where(Address.case_id == story.case_id)):
            home.confidential = None
    _head, shown = page_of(story, story.housing)
    assert "17 Quarry Rise E1 9ZZ" in repr(next(one for one in shown if one.role == PersonRole.PERPETRATOR))


def test_the_warning_that_he_is_linked_to_the_address_is_for_those_who_keep_the_case(house):
    story = a_story(house)
    feared_home(story, **HOME)
    told = {worker.role: repr(page_of(story, worker)[0].flags) for worker in (story.housing, story.idva)}
    assert ["linked" in flags for flags in told.values()] == [False, True]


def test_a_revealed_address_stands_under_the_warning(house):
    story = a_story(house)
    feared_home(story, **HOME)
    with story.work(story.housing) as session:
        actor, case, asked_as = actor_for(story.housing), story.case(session), f"address-{story.address_id.hex}"
        shown = revealing.reveal(session, actor, case, asked_as, RevealReason.SAFETY_PLANNING)
    assert shown.stop.startswith("Stop: the alleged perpetrator is linked")


def test_comparing_addresses_leaves_nothing_open(house):
    story = a_story(house)
    with story.work(story.housing) as session:
        case = story.case(session)
        access.open_case(actor_for(story.housing), case)
        places.shared_homes(session, case.partnership_id, [case.id])
        assert not vault.current().may("case", case.partnership_id, case.id, "location")


def test_who_knows_where_names_places_by_kind_and_never_by_address(house):
    story = a_story(house)
    feared = feared_home(story).hex
    add(story, story.idva, place="work", place_name="Quarry Rise Bakery", postcode="E1 9ZZ", knows={feared: "no"})
    known = matrix(story, story.housing)
    assert known.perpetrators == ("Karim Uddin",)
    assert {place.label: place.answers for place in known.places} == {
        "Current address": ("Not known",), "Place of work": ("Does not know it",),
        "Current address of Sami Begum": ("Not known",), "School or nursery of Sami Begum": ("Not known",),
    }  # fmt: skip
    assert "Karim Uddin does not know the place of work." in known.sentences
    assert [value for value in (*HIDDEN, "Bakery") if value in repr(known)] == []


def test_a_shared_home_reads_as_known_to_agencies_and_as_shared_to_who_keeps_the_case(house):
    story = a_story(house)
    feared_home(story, **HOME)
    seen = [matrix(story, worker).places[0] for worker in (story.housing, story.idva)]
    assert [(place.answers, place.linked) for place in seen] == [
        (("Knows it",), False), (("Lives or lived there",), True)
    ]  # fmt: skip


def test_who_knows_where_is_nobody_elses(house):
    story = a_story(house)
    with pytest.raises(NotFound):
        matrix(story, story.stranger)


def test_a_move_leads_keeps_the_old_address_and_asks_for_safe_contact_again(house):
    story = a_story(house)
    add(story, story.idva, place="current", house_number="3", street="New Row", postcode="E3 7XX", confidential=True)
    with unit_of_work(house) as session:
        access.open_for("load", story.coordinator.partnership_id, [story.case_id])
        victim = session.get_one(CasePerson, story.victim_id)
        assert [(home.street, home.place) for home in victim.addresses] == [
            ("New Row", "current"), ("Quarry Rise", "former")
        ]  # fmt: skip
        assert session.get_one(ContactMethod, story.contact_id).checked_on is None


def test_what_is_said_of_a_place_changes_and_where_it_is_stays_unless_typed(house):
    story = a_story(house)
    feared = feared_home(story).hex
    until = clock.today().replace(day=1)
    facts = {"place": "former", "until_on": until, "confidential": True, "street": "", "postcode": ""}
    add(story, story.coordinator, place_id=story.address_id, knows={feared: "yes"}, **facts)
    with unit_of_work(house) as session:
        access.open_for("load", story.coordinator.partnership_id, [story.case_id])
        home = session.get_one(Address, story.address_id)
        assert (home.street, home.until_on, dict(home.known_to)) == ("Quarry Rise", until, {feared: "yes"})
    assert matrix(story, story.housing).places[0].answers == ("Knows it",)
    with pytest.raises(StaleEdit):
        add(story, story.coordinator, place_id=story.address_id, version=1, **facts)


def test_no_address_of_a_refuge_is_ever_stored_and_the_reveal_names_its_office(house):
    story = a_story(house)
    refuge = {
        "place": "current",
        "in_refuge": True,
        "refuge_contact": "Solace 020 7946 0500",
    }
    for typed in ({**refuge, "street": "1 Hidden Row"}, {"place": "current", "house_number": "Rose House Refuge"},
                  {"place": "work", "place_name": "Women's Aid", "street": "4 Mill Lane"}):  # fmt: skip
        with pytest.raises(RuleBroken, match="never stored"):
            add(story, story.idva, **typed)
    home_id = add(story, story.idva, **refuge)
    with unit_of_work(house) as session:
        access.open_for("load", story.coordinator.partnership_id, [story.case_id])
        home = session.get_one(Address, home_id)
        assert (home.house_number, home.street, home.postcode, home.place_name) == (None, None, None, None)
        people.update_person(session, session.get_one(CasePerson, story.victim_id), tenure="refuge", street="2 Hidden")
        assert session.get_one(CasePerson, story.victim_id).addresses[0].street is None
        named = {"tenure": "council", "house_number": "R E F U G E", "street": "3 Hidden", "postcode": "E1 1ZO"}
        people.update_person(session, session.get_one(CasePerson, story.victim_id), **named)
        kept = session.get_one(CasePerson, story.victim_id).addresses[0]
        assert (kept.house_number, kept.street, kept.postcode, kept.in_refuge) == (None, None, None, True)
    with story.work(story.housing) as session:
        actor, case, asked_as = actor_for(story.housing), story.case(session), f"address-{home_id.hex}"
        shown = revealing.reveal(session, actor, case, asked_as, RevealReason.SAFETY_PLANNING)
        assert shown.lines == ("Refuge, contact through Solace 020 7946 0500",)


def test_places_are_kept_by_the_idva_the_coordinator_and_the_agency_that_referred(house):
    story = a_story(house)
    facts = {"place": "work", "street": "3 Mill Lane"}
    for worker in (story.housing, story.chair):
        with pytest.raises(NotAllowed):
            add(story, worker, **facts)
    with pytest.raises(NotFound):
        add(story, story.stranger, **facts)
    with unit_of_work(house) as session:
        involve(session, story.case(session), "housing_options", InvolvementBasis.REFERRED)
    assert add(story, story.housing, **facts)


def test_a_place_needs_somewhere_and_belongs_to_this_case_and_not_to_an_alleged_perpetrator(house):
    story, other = a_story(house), a_story(house, name="Siobhan Doyle")
    with pytest.raises(RuleBroken):
        add(story, story.idva, place="work")
    with pytest.raises(NotFound):
        add(story, story.idva, place_id=other.address_id, place="work")
    with pytest.raises(NotFound):
        add(story, story.idva, feared_home(story), place="work", street="3 Mill Lane")


def test_a_place_that_was_left_links_nobody(house):
    story = a_story(house)
    feared_home(story, **HOME)
    add(story, story.idva, place_id=story.address_id, place="former", until_on=date(2020, 1, 1), confidential=True)
    with story.work(story.idva) as session:
        case = story.case(session)
        access.open_case(actor_for(story.idva), case)
        linked, _telling = places.shared_homes(session, case.partnership_id, [case.id])
        assert story.address_id not in linked
