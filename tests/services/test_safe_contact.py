"""DA-14: safe contact that acts. The guard, the phones, who keeps the rules, and what stays hidden."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import delete, select

from marac import access, clock
from marac.errors import NotAllowed, RuleBroken
from marac.models import Address, CasePerson, ContactMethod, Setting
from marac.services import local
from marac.services.casework import case_page, phones, revealing, safe_contact
from marac.services.casework.phones import Number
from marac.services.keeping.deployment import unit_of_work
from marac.services.keeping.founding import set_rule
from marac.services.sanctuary import letters
from marac.vocabulary import ContactChannel, InvolvementBasis, PhoneKind, ProgrammeSlug, RevealReason, SafeToUse
from marac.workflows.local_rules import LocalRule, shipped_rules
from tests.builders import actor_for
from tests.builders_cases import a_story, involve

TUESDAY_TEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
BETWEEN = {"phone": {"answer": "only_between", "detail": "9am to 3pm weekdays"}}


def record(story, **changes):
    """Set fields of the contact row as the IDVA may; `phones_held` are numbers."""
    with story.work(story.idva) as session:
        case_page.case_page(session, actor_for(story.idva), story.case(session))
        contact = session.get_one(ContactMethod, story.contact_id)
        numbers = changes.pop("phones_held", None)
        for name, value in changes.items():
            setattr(contact, name, value)
        if numbers is not None:
            phones.keep(contact, numbers)


def ask(story, worker, field, reason=RevealReason.AGREED_CONTACT):
    """Ask for one value of the contact row."""
    with story.work(worker) as session:
        asked_as = f"{field}-{story.contact_id.hex}"
        return revealing.reveal(session, actor_for(worker), story.case(session), asked_as, reason)


def update(story, worker, **facts):
    with story.work(worker) as session:
        case = story.case(session)
        usual = {"rules": {"phone": {"answer": "yes", "detail": ""}}, "through": ""}
        safe_contact.update_safe_contact(session, actor_for(worker), case, **{**usual, **facts})


def held(story):
    with story.work(story.idva) as session:
        case_page.case_page(session, actor_for(story.idva), story.case(session))
        return phones.numbers_of(session.get_one(ContactMethod, story.contact_id))


def test_the_guard_answers_for_a_person_and_names_why_not(house):
    story = a_story(house)
    record(story, rules=BETWEEN, checked_on=date(2026, 11, 20))
    with story.work(story.idva) as session:
        case_page.case_page(session, actor_for(story.idva), story.case(session))
        person = session.get_one(CasePerson, story.victim_id)
        assert safe_contact.may_use(session, person, ContactChannel.PHONE, TUESDAY_TEN) is None
        evening = TUESDAY_TEN + timedelta(hours=9)
        assert "only at these times" in safe_contact.may_use(session, person, ContactChannel.PHONE, evening)
        assert "counts as No" in safe_contact.may_use(session, person, ContactChannel.LETTER, TUESDAY_TEN)


def test_no_letter_goes_to_an_address_that_the_alleged_perpetrator_knows(house):
    story = a_story(house)
    record(story, rules={"letter": {"answer": "yes", "detail": ""}})
    with unit_of_work(house) as session:
        from_loader(session, story, known_to_perpetrator="yes")
    with story.work(story.idva) as session:
        case_page.case_page(session, actor_for(story.idva), story.case(session))
        person = session.get_one(CasePerson, story.victim_id)
        assert "no letters" in safe_contact.may_use(session, person, ContactChannel.LETTER, clock.now())


def from_loader(session, story, **facts):
    """Set fields of the victim-survivor's address."""
    access.open_for("load", story.coordinator.partnership_id, [story.case_id])
    home = session.get_one(Address, story.address_id)
    for name, value in facts.items():
        setattr(home, name, value)


def test_how_long_a_check_lasts_is_a_dated_setting(house):
    story = a_story(house)
    with unit_of_work(house) as session:
        row = session.query(Setting).filter_by(key="safe_contact.lasts_days", programme="da_marac").one()
        row.value = 7
    record(story, checked_on=clock.today() - timedelta(days=8))
    with story.work(story.housing) as session:
        rules = safe_contact.contact_rules(session, actor_for(story.housing), story.case(session))
        assert rules.stale
        assert rules.short.endswith("Check before use")


def test_a_rule_newer_than_the_database_holds_as_shipped_until_the_partnership_sets_its_own_da_7(house):
    newer = ("safe_contact.lasts_days", "hear_within_working_days", "flag_chase.rungs")
    with unit_of_work(house) as session:
        partnership_id = session.scalars(select(Setting.partnership_id)).first()
        session.execute(delete(Setting.__table__).where(Setting.key.in_(newer)))
    shipped = {rule.name: rule.value for rule in shipped_rules("da_marac")}
    with unit_of_work(house) as session:
        rules = local.rules_of(session, partnership_id, ProgrammeSlug.DA_MARAC)
        assert {name: rules.value(name, clock.today()) for name in newer} == {name: shipped[name] for name in newer}
        own = LocalRule("safe_contact.lasts_days", 7, True, "local", "", clock.today())
        set_rule(session, partnership_id, ProgrammeSlug.DA_MARAC, own)
        rules = local.rules_of(session, partnership_id, ProgrammeSlug.DA_MARAC)
        assert rules.value("safe_contact.lasts_days", clock.today()) == 7
    story = a_story(house)
    record(story, checked_on=clock.today() - timedelta(days=8))
    with story.work(story.housing) as session:
        assert safe_contact.contact_rules(session, actor_for(story.housing), story.case(session)).stale


@time_machine.travel(TUESDAY_TEN + timedelta(hours=9), tick=False)
def test_a_number_outside_its_hours_stays_hidden_and_the_page_says_when(house):
    story = a_story(house, contacts_victim=True)
    record(story, rules=BETWEEN)
    with pytest.raises(RuleBroken, match="9am to 3pm weekdays"):
        ask(story, story.housing, "phone")
    assert ask(story, story.idva, "phone").lines == ("07700 900123",)


@time_machine.travel(TUESDAY_TEN, tick=False)
def test_within_its_hours_it_is_shown_with_the_rules(house):
    story = a_story(house, contacts_victim=True)
    record(story, rules=BETWEEN)
    shown = ask(story, story.housing, "phone")
    assert shown.lines == ("07700 900123",)
    assert shown.rules.usable(ContactChannel.PHONE)


def test_do_not_contact_hides_every_number_and_heads_the_page(house):
    story = a_story(house, contacts_victim=True)
    record(story, rules={"phone": {"answer": "yes", "detail": ""}}, do_not_contact=True)
    with pytest.raises(RuleBroken, match="Do not contact"):
        ask(story, story.housing, "phone")
    with story.work(story.housing) as session:
        head = case_page.case_page(session, actor_for(story.housing), story.case(session))
    assert head.flags[0] == ("stop", "Do not contact this person at all")


def test_each_of_several_phones_has_its_own_safe_flag(house):
    story = a_story(house, contacts_victim=True)
    numbers = [
        Number("07700 900123", PhoneKind.MOBILE, SafeToUse.NO),
        Number("020 7946 0111", PhoneKind.WORK, SafeToUse.YES),
        Number("07700 900777", PhoneKind.TRUSTED, SafeToUse.NOT_ASKED),
    ]
    record(story, rules={"phone": {"answer": "yes", "detail": ""}}, phones_held=numbers)
    assert ask(story, story.housing, "phone").lines == ("020 7946 0111 (Work phone)",)
    with pytest.raises(RuleBroken, match="not safe"):
        ask(story, story.housing, "phone3")
    assert ask(story, story.idva, "phone").lines == ("07700 900123 (Mobile)",)
    assert ask(story, story.idva, "phone3").lines == ("07700 900777 (Trusted friend)",)


def test_how_many_numbers_there_are_does_not_show_where_they_are_closed(house):
    story = a_story(house)
    record(story, phones_held=[Number("07700 900123"), Number("020 7946 0111", PhoneKind.WORK, SafeToUse.YES)])
    seen = {}
    for worker in (story.housing, story.idva):
        with story.work(worker) as session:
            actor, case = actor_for(worker), story.case(session)
            head = case_page.case_page(session, actor, case)
            masks = case_page.people_of(session, actor, case, head)[0].masks
            seen[worker.role] = [mask.text for mask in masks if mask.label.startswith("Phone")]
    assert list(seen.values()) == [
        ["Hidden"],
        ["Mobile, ends 123, as the rules above", "Work phone, ends 111, safe to use"],
    ]


def test_a_new_number_leads_and_the_old_ones_stay_until_somebody_says_they_are_gone(house):
    story = a_story(house)
    update(story, story.idva, number=Number("020 7946 0111", PhoneKind.WORK, SafeToUse.YES))
    assert [one.number for one in held(story)] == ["020 7946 0111", "07700 900123"]
    update(story, story.coordinator, held={0: SafeToUse.NO, 1: None})
    assert held(story) == (Number("020 7946 0111", PhoneKind.WORK, SafeToUse.NO),)


def test_hours_that_no_guard_could_keep_are_refused_beside_their_box(house):
    story = a_story(house)
    with pytest.raises(RuleBroken) as broken:
        update(story, story.idva, rules={"text": {"answer": "only_between", "detail": "when he is out"}})
    assert broken.value.field == "detail_text"
    with pytest.raises(RuleBroken) as broken:
        update(story, story.idva, rules={"text": {"answer": "only_between", "detail": ""}}, times="Mornings")
    assert broken.value.field == "times"


def test_the_agency_that_referred_keeps_the_rules_but_an_unsafe_number_stays_hidden_from_it(house):
    story = a_story(house)
    with pytest.raises(NotAllowed):
        update(story, story.housing)
    with unit_of_work(house) as session:
        involve(session, story.case(session), "housing_options", InvolvementBasis.REFERRED)
    update(story, story.housing, rules={"visit": {"answer": "yes", "detail": ""}}, perpetrator_present="After 4pm")
    with story.work(story.housing) as session:
        rules = safe_contact.contact_rules(session, actor_for(story.housing), story.case(session))
        assert rules.usable(ContactChannel.VISIT)
        assert "When the alleged perpetrator is there: After 4pm" in rules.lines
        assert rules.checked_by == "Hana Reed, Housing Options" or rules.checked_by.startswith("Hana Reed")
    with pytest.raises(RuleBroken, match="not safe"):
        ask(story, story.housing, "phone")


def test_a_list_asks_once_for_many_cases_and_says_nothing_where_the_person_is_closed(house):
    story = a_story(house)
    with story.work(story.housing) as session:
        case = story.case(session)
        found = safe_contact.contact_rules_of(session, actor_for(story.housing), {case.id: case.state})
        alone = safe_contact.contact_rules(session, actor_for(story.housing), case)
        assert found == {case.id: alone}
        assert safe_contact.contact_rules_of(session, actor_for(story.housing), {}) == {}


def test_one_guard_is_asked_before_any_letter_or_message_reaches_the_person_and_not_asked_is_no(house):
    """DA-14: no letter where letters are No or nobody asked, and none that the alleged perpetrator could open."""
    story = a_story(house)
    yes = {"letter": {"answer": "yes", "detail": ""}}
    for rules, known, refused in (({}, "no", "not asked"), (yes, "yes", "knows or shares"), (yes, "no", "")):
        with unit_of_work(house) as session:
            access.open_for("load", story.coordinator.partnership_id, [story.case_id])
            session.get_one(ContactMethod, story.contact_id).rules = rules
            session.get_one(Address, story.address_id).known_to_perpetrator = known
        with story.work(story.coordinator) as session:
            access.open_case(actor_for(story.coordinator), story.case(session))
            person = session.get_one(CasePerson, story.victim_id)
            said = safe_contact.why_not_reach(session, person, ContactChannel.LETTER)
            assert (refused in said) if refused else said == ""


def test_every_letter_says_by_which_way_it_reaches_the_person_or_that_it_does_not():
    """A new kind of letter cannot be added without saying so; messages and calendars go to colleagues alone (DA-2)."""
    assert set(letters.REACHES) == set(letters.LETTERS)
