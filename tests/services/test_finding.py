"""The search box: whoever may see a case finds it however the name is written; nobody learns of another (ux 2.4)."""

from datetime import date

import pytest
from sqlalchemy import event, select

from marac import clock
from marac.errors import RuleBroken
from marac.models import AuditEntry, Case, CasePerson, Wall
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import candidates, finding
from marac.vocabulary import Role
from tests.builders import a_submitted_referral, a_user, actor_for, signed_in

AMINA = {
    "victim": {"full_name": "Amina Begum", "aliases": [], "born_on": date(1991, 3, 7), "house_number": "14",
               "postcode": "E1 0AA"},
    "perpetrator": {"full_name": "Karim Uddin"},
    "contact": {"phone": "07700 900123"},
}  # fmt: skip


@pytest.fixture
def crew(house):
    with unit_of_work(house) as session:
        return {
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options"),
            "hospital": a_user(session, house, Role.REPRESENTATIVE, "barts_acute"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team"),
            "walled": a_user(session, house, Role.COORDINATOR, "vawg_team"),
        }


@pytest.fixture
def case(house, crew):
    """The case of Amina Begum, referred by housing and kept from one coordinator: (id, reference)."""
    actor = actor_for(crew["housing"])
    with unit_of_work(house, actor) as session:
        referral = a_submitted_referral(session, house, actor, **AMINA)
        found = referral.case_id, referral.case.reference
    with unit_of_work(house) as session:
        facts = {"partnership_id": actor.partnership_id, "since_at": clock.now()}
        session.add(Wall(case_id=found[0], user_id=crew["walled"].id, **facts))
    return found


def found_by(house, worker, **typed):
    with unit_of_work(house, actor_for(worker)) as session:
        return [(one.name, one.why) for one in finding.find(session, actor_for(worker), **typed)]


@pytest.mark.parametrize(
    "typed, why",
    [
        ({"name": "Amina Begum"}, "same name"),
        ({"name": "begum AMINA"}, "same name"),
        ({"name": "Aminah Begom"}, "name alike"),
        ({"name": "Ami"}, "name alike"),
        ({"born_on": date(1991, 3, 7)}, "same date of birth"),
        ({"born_on": date(1991, 3, 9)}, "date of birth one digit apart"),
        ({"born_on": date(1991, 7, 3)}, "day and month of birth exchanged"),
        ({"phone": "0123"}, "phone number"),
        ({"phone": "+44 7700 900 123"}, "phone number"),
        ({"postcode": "e10aa"}, "same postcode"),
        ({"postcode": "E1 0AA", "house_number": "14"}, "same address"),
    ],
)
def test_a_person_is_found_by_whatever_is_known_of_them(house, crew, case, typed, why):
    assert ("Amina Begum", why) in found_by(house, crew["coordinator"], **typed)


def test_a_case_is_found_by_its_reference_and_says_when_it_was_last_heard(house, crew, case):
    actor = actor_for(crew["coordinator"])
    with unit_of_work(house) as session:
        session.get_one(Case, case[0]).last_heard_on = date(2026, 3, 2)
    with unit_of_work(house, actor) as session:
        first, *_ = finding.find(session, actor, reference=case[1].lower())
    assert (first.reference, first.last_heard_on, first.next_meeting_at) == (case[1], date(2026, 3, 2), None)


def test_looking_harder_takes_who_agrees_in_part(house, crew, case):
    typed = {"name": "Amina Chowdhury"}
    assert found_by(house, crew["coordinator"], **typed) == []
    assert [name for name, _ in found_by(house, crew["coordinator"], **typed, wider=True)] == ["Amina Begum"]


@pytest.mark.parametrize("typed", [{}, {"house_number": "14"}, {"phone": "12"}, {"name": "  ".strip()}])
def test_too_little_to_search_by_is_said_beside_the_box(house, crew, case, typed):
    with pytest.raises(RuleBroken):
        found_by(house, crew["coordinator"], **typed)


def test_who_sees_numbers_only_by_reveal_cannot_guess_them_in_the_search_box(house, crew, case):
    assert found_by(house, crew["housing"], name="Amina") == [("Amina Begum", "same name")]
    for typed in ({"phone": "0123"}, {"postcode": "E1 0AA"}, {"name": "Amina", "phone": "0123"}):
        with pytest.raises(RuleBroken):
            found_by(house, crew["housing"], **typed)


@pytest.mark.parametrize("large", [False, True], ids=["everyone opened", "by tokens"])
def test_a_walled_or_uninvolved_reader_finds_nothing_and_asks_the_database_as_often_as_for_nobody(
    house, crew, case, large, monkeypatch
):
    """security 2.13, DA-5: no result, no count, and the same statements as for somebody who never existed."""
    if large:
        monkeypatch.setattr(candidates, "most_to_open", lambda: 0)
    known = {"name": "Amina Begum", "born_on": date(1991, 3, 7)}
    nobody = {"name": "Wilhelmina Quartermaine", "born_on": date(1954, 11, 28)}
    statements = []
    event.listen(house.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for who in ("walled", "hospital"):
        asked = []
        for typed in (known, nobody):
            statements.clear()
            assert found_by(house, crew[who], **typed) == []
            asked.append(len(statements))
        assert asked[0] == asked[1], who
    assert found_by(house, crew["coordinator"], **known)[0][0] == "Amina Begum"


def test_above_the_limit_only_candidates_are_opened(house, crew, case, monkeypatch):
    monkeypatch.setattr(candidates, "most_to_open", lambda: 0)
    with unit_of_work(house, actor_for(crew["hospital"])) as session:
        a_submitted_referral(session, house, actor_for(crew["hospital"]), victim={"full_name": "Zofia Nowak"})
    opened = []
    monkeypatch.setattr(finding, "open_many", lambda *args: opened.extend(args[2]) or original(*args))
    assert found_by(house, crew["coordinator"], name="Aminah Begom", born_on=date(1991, 3, 7))
    with house.reader() as session:
        assert len(opened) < session.query(CasePerson).count()


original = finding.open_many


def test_a_search_is_kept_as_codes_by_which_the_same_search_is_known_again(house, crew, case):
    for name in ("Amina Begum", "begum amina", "Zofia Nowak"):
        found_by(house, crew["coordinator"], name=name)
    with house.reader() as session:
        bodies = session.scalars(select(AuditEntry.body).where(AuditEntry.tag == "case:searched")).all()
    codes = [body.split('"asked":')[1].split("]")[0] for body in bodies]
    assert codes[0] == codes[1] != codes[2]
    assert not any(word in body.lower() for body in bodies for word in ("amina", "begum", "zofia"))


# --- the page ---


def test_the_first_result_says_what_is_asked_by_phone_without_opening_the_case(house, crew, case):
    client = signed_in(house, crew["coordinator"])
    page = client.get("/find").form("/find").post({"name": "Amina Begum"})
    assert case[1] in page.text
    assert "Last heard: not yet. Next listed: not listed" in page.text
    with house.reader() as session:
        read = select(AuditEntry.id).where(AuditEntry.tag == "case:read", AuditEntry.actor_id == crew["coordinator"].id)
        assert session.scalars(read).all() == []


def test_no_result_says_what_was_asked_and_how_to_go_on(house, crew, case):
    client = signed_in(house, crew["coordinator"])
    page = client.get("/find").form("/find").post({"name": "Tomm Wilson"})
    assert "0 results for ‘Tomm Wilson’" in page.text
    assert "Tomm" not in page.title
    wider = page.press("Look harder")
    assert "0 results for ‘Tomm Wilson’" in wider.text
    assert "Look harder" not in wider.text


def test_the_boxes_for_phone_and_address_are_there_only_for_those_who_match_people(house, crew, case):
    assert "phone" in signed_in(house, crew["coordinator"]).get("/find").form("/find").names
    assert "phone" not in signed_in(house, crew["housing"]).get("/find").form("/find").names
