"""Finding a person the panel has heard of before, however the name is spelt: nothing exact is ever missed (DA-10)."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from marac import clock
from marac.errors import NotAllowed
from marac.models import AuditEntry, Case, NamedPerson, Wall
from marac.services import matching, people
from marac.services.comparing import Comparison
from marac.services.deployment import unit_of_work
from marac.services.indexing import Known
from marac.vocabulary import LinkDecision, PersonRole, Role
from tests.builders import a_submitted_referral, a_user, actor_for

HELD = {
    "victim": {"full_name": "Amina Begum", "aliases": [], "born_on": date(1991, 3, 7), "house_number": "14",
               "postcode": "E1 0AA"},
    "perpetrator": {"full_name": "Karim Uddin"},
    "contact": {"phone": "07700 900123"},
}  # fmt: skip


@pytest.fixture
def crew(house):
    with unit_of_work(house) as session:
        workers = {
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options"),
            "hospital": a_user(session, house, Role.REPRESENTATIVE, "barts_acute"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team"),
        }
    return {name: actor_for(worker) for name, worker in workers.items()}


def held_and_new(house, crew, held=HELD, **new):
    """One case the panel holds and one new referral; returns the ids of both cases."""
    with unit_of_work(house, crew["housing"]) as session:
        known = a_submitted_referral(session, house, crew["housing"], **held).case_id
    blank = {"aliases": [], "house_number": "", "street": "", "postcode": ""}
    facts = {"contact": {"phone": ""}, "perpetrator": {"full_name": "Nobody Else"}, **new}
    facts["victim"] = {**blank, **facts.get("victim", {})}
    with unit_of_work(house, crew["hospital"]) as session:
        return known, a_submitted_referral(session, house, crew["hospital"], **facts).case_id


def found_for(house, crew, case_id):
    with unit_of_work(house, crew["coordinator"]) as session:
        return matching.find_matches(session, crew["coordinator"], session.get_one(Case, case_id))


@pytest.mark.parametrize(
    "new, reason",
    [
        ({"victim": {"full_name": "Amina Begum", "born_on": date(1991, 3, 7)}}, "same date of birth"),
        ({"victim": {"full_name": "Aminah Begom", "born_on": date(1991, 3, 7)}}, "name sounds alike"),
        ({"victim": {"full_name": "Begum Amina", "born_on": date(1991, 7, 3)}}, "day and month exchanged"),
        ({"victim": {"full_name": "Amina Begum", "born_on": date(1992, 3, 7)}}, "one digit apart"),
        (
            {
                "victim": {"full_name": "Amina Khatun", "born_on": date(1991, 3, 7)},
                "perpetrator": {"full_name": "Karim Uddin"},
            },
            "same alleged perpetrator",
        ),
        (
            {"victim": {"full_name": "Amina Begum", "born_on": None, "approximate_age": clock.today().year - 1991}},
            "same name",
        ),
        (
            {
                "victim": {
                    "full_name": "A Begum",
                    "born_on": date(1980, 1, 1),
                    "house_number": "14",
                    "postcode": "e10aa",
                }
            },
            "same address",
        ),
        (
            {
                "victim": {"full_name": "Zara Smith", "born_on": date(1980, 1, 1)},
                "contact": {"phone": "+44 7700 900123"},
            },
            "same phone number",
        ),
    ],
    ids=["exact", "misspelt", "swapped", "digit", "married", "age only", "home", "phone"],
)
def test_the_same_person_is_found_with_the_reason_in_words(house, crew, new, reason):
    known, case_id = held_and_new(house, crew, **new)
    found = found_for(house, crew, case_id)
    assert [match.case_id for match in found if match.role == PersonRole.VICTIM] == [known]
    assert reason in ", ".join(found[0].reasons)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Mst Nasima Begum", "Nasima Begom"),
        ("Md Abdul Karim", "Abdool Kareem"),
        ("Fadumo Ali Hassan", "Faduma Ali"),
        ("Mohamed Abdi", "Maxamed Cabdi"),
        ("Siobhán O'Connor", "Chevonne O Connor"),
        ("Anna Kowalska", "Kowalski Anna"),
        ("Sharmin Akhtar", "Sharmeen Akter"),
        ("Joanne Clarke-Williams", "Joanne Clarke"),
    ],
)
def test_names_of_this_borough_agree_across_their_spellings(one, other):
    assert Comparison().names_agree(one, other) in ("same", "alike", "near", "forename")


@pytest.mark.parametrize("one, other", [("Amina Begum", "Farida Khatun"), ("John Smith", "Peter Brown")])
def test_different_names_do_not_agree(one, other):
    assert Comparison().names_agree(one, other) == "different"


def test_a_stranger_is_not_shown(house, crew):
    _, case_id = held_and_new(house, crew, victim={"full_name": "Joan Peters", "born_on": date(1960, 1, 1)})
    assert found_for(house, crew, case_id) == []


def test_the_best_match_comes_first_and_shows_the_days_left_of_the_twelve_months_da_11(house, crew):
    held_and_new(house, crew, victim={"full_name": "Amina Khan", "born_on": date(1991, 3, 7)})
    with unit_of_work(house, crew["hospital"]) as session:
        case_id = a_submitted_referral(session, house, crew["hospital"], **HELD).case_id
    first, *rest = [match for match in found_for(house, crew, case_id) if match.role == PersonRole.VICTIM]
    assert first.exact
    assert all(first.total >= match.total for match in rest)
    assert 364 <= first.days_left <= 366
    assert first.in_window


def test_past_twelve_months_it_is_no_longer_a_repeat_da_11(house, crew):
    known, case_id = held_and_new(house, crew, victim=HELD["victim"])
    with unit_of_work(house) as session:
        session.get_one(Case, known).last_referral_on = clock.today() - timedelta(days=400)
    (match,) = found_for(house, crew, case_id)
    assert match.days_left < 0
    assert not match.in_window


@pytest.mark.parametrize("how", ["walled", "restricted", "draft"])
def test_a_case_the_coordinator_may_not_see_is_not_a_match_for_them(house, crew, how):
    known, case_id = held_and_new(house, crew, victim=HELD["victim"])
    with unit_of_work(house) as session:
        case = session.get_one(Case, known)
        facts = {"partnership_id": case.partnership_id, "case_id": known}
        if how == "walled":
            session.add(Wall(**facts, user_id=crew["coordinator"].user_id, since_at=clock.now()))
        elif how == "restricted":
            case.restricted = True
            session.add(NamedPerson(**facts, user_id=crew["housing"].user_id))
        else:
            referral = session.scalars(select(matching.Referral).where(matching.Referral.case_id == known)).one()
            referral.submitted_at = None
    assert found_for(house, crew, case_id) == []


def test_a_decision_is_kept_once_whichever_way_round_and_audited_da_10(house, crew):
    known, case_id = held_and_new(house, crew, victim=HELD["victim"])
    with unit_of_work(house, crew["coordinator"]) as session:
        new_person, old_person = people.victim_of(session, case_id), people.victim_of(session, known)
        first = matching.decide_match(session, crew["coordinator"], new_person, old_person.id, LinkDecision.DIFFERENT)
        again = matching.decide_match(session, crew["coordinator"], old_person, new_person.id, LinkDecision.SAME)
        assert first is again
        assert again.decision == LinkDecision.SAME
    assert [match.decision for match in found_for(house, crew, case_id)] == [LinkDecision.SAME]
    with unit_of_work(house) as session:
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.tag == "person:linked")).all()) == 2
        assert session.scalars(select(AuditEntry).where(AuditEntry.tag == "person:matched")).all()


def test_a_representative_is_never_told_that_somebody_is_known(house, crew):
    _, case_id = held_and_new(house, crew, victim=HELD["victim"])
    with unit_of_work(house, crew["hospital"]) as session, pytest.raises(NotAllowed):
        matching.find_matches(session, crew["hospital"], session.get_one(Case, case_id))


def test_above_the_limit_candidates_come_from_tokens(house, crew, monkeypatch):
    known, case_id = held_and_new(house, crew, victim={"full_name": "Aminah Begom", "born_on": date(1991, 3, 7)})
    monkeypatch.setattr(matching, "most_to_open", lambda: 1)
    assert [match.case_id for match in found_for(house, crew, case_id)] == [known]


def test_the_other_side_of_a_case_is_shown_as_such(house, crew):
    known, case_id = held_and_new(
        house,
        crew,
        victim={"full_name": "Karim Uddin", "born_on": None, "approximate_age": 37},
        held={**HELD, "perpetrator": {"full_name": "Karim Uddin", "born_on": None}},
    )
    (match,) = [match for match in found_for(house, crew, case_id) if match.case_id == known]
    assert match.role == PersonRole.PERPETRATOR
    assert "in another role there" in match.reasons


def test_what_is_unknown_on_either_side_says_nothing():
    search = Comparison()
    nobody = search.prepare(Known(uuid4(), uuid4(), PersonRole.VICTIM))
    assert search.compare(nobody, nobody).total == 0
