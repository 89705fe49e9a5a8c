"""Finding a person the panel has heard of before, however the name is spelt: nothing exact is ever missed (DA-10)."""

import random
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from marac import access, clock
from marac.bench import borough, filling
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import AuditEntry, Case, CasePerson, NamedPerson, PersonLink, PersonToken, Wall
from marac.services.casework import people
from marac.services.casework.involvement import involve
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import candidates, links, matching, missed, rebuilding
from marac.services.knowing.comparing import Comparison
from marac.services.knowing.indexing import Known, known_people, named_people
from marac.vocabulary import CaseState, InvolvementBasis, LinkDecision, LinkReason, PersonRole, Role
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
    monkeypatch.setattr(candidates, "most_to_open", lambda: 1)
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


# --- everybody in the case (DA-37) ---


def screened(house, crew, case_id):
    with unit_of_work(house, crew["coordinator"]) as session:
        return matching.screen(session, crew["coordinator"], session.get_one(Case, case_id))


def feared_in(session, case_id):
    of_case = select(CasePerson.id).where(CasePerson.case_id == case_id)
    return session.scalars(of_case.where(CasePerson.role == PersonRole.PERPETRATOR)).one()


def three_cases(house, crew):
    """One alleged perpetrator in three cases of three people; each decided to be the same by the coordinator."""
    ids = []
    for name in ("Amina Begum", "Zofia Nowak", "Grace Okafor"):
        facts = {"victim": {"full_name": name, "aliases": []}, "perpetrator": {"full_name": "Karim Uddin"}}
        with unit_of_work(house, crew["housing"]) as session:
            ids.append(a_submitted_referral(session, house, crew["housing"], **facts).case_id)
    with unit_of_work(house, crew["coordinator"]) as session:
        first, second, third = (session.get_one(CasePerson, feared_in(session, one)) for one in ids)
        matching.decide_match(session, crew["coordinator"], first, second.id, LinkDecision.SAME)
        matching.decide_match(session, crew["coordinator"], second, third.id, LinkDecision.SAME)
    return ids


def serial_seen_by(house, actor, case_id):
    with unit_of_work(house, actor) as session:
        return tuple(links.serial_risk(session, actor, session.get_one(Case, case_id)).values())


def test_an_alleged_perpetrator_and_a_child_known_elsewhere_are_found_beside_the_victims_matches_da_37(house, crew):
    child = {"full_name": "Yusuf Uddin", "born_on": date(2016, 5, 4)}
    known, case_id = held_and_new(
        house, crew, {**HELD, "children": child},
        victim={"full_name": "Zara Smith", "born_on": date(1980, 1, 1)},
        perpetrator={"full_name": "Kareem Uddin"}, children=child,
    )  # fmt: skip
    found = screened(house, crew, case_id)
    assert {match.of_role for match in found.others} == {PersonRole.PERPETRATOR, PersonRole.CHILD}
    assert {match.case_id for match in found.others} == {known}
    assert all(match.of_role == PersonRole.VICTIM for match in found.matches)


def test_serial_risk_is_a_count_and_the_cases_the_reader_may_see_da_37(house, crew):
    ids = three_cases(house, crew)
    (whole,) = serial_seen_by(house, crew["coordinator"], ids[0])
    assert whole.others == 2
    assert len(whole.references) == 2


def test_who_may_see_one_case_alone_learns_a_number_and_no_reference_da_37(house, crew):
    ids = three_cases(house, crew)
    with unit_of_work(house) as session:
        partnership_id = session.get_one(Case, ids[0]).partnership_id
        involve(session, ids[0], partnership_id, [crew["hospital"].agency_id], InvolvementBasis.CONSULTED)
    (count,) = serial_seen_by(house, crew["hospital"], ids[0])
    assert (count.others, count.references) == (2, ())
    with unit_of_work(house, crew["hospital"]) as session, pytest.raises(NotFound):
        links.serial_risk(session, crew["hospital"], session.get_one(Case, ids[1]))


@pytest.mark.parametrize("how", ["walled", "restricted"])
def test_a_case_kept_from_the_reader_is_not_even_counted_da_37(house, crew, how):
    ids = three_cases(house, crew)
    with unit_of_work(house) as session:
        case = session.get_one(Case, ids[2])
        facts = {"partnership_id": case.partnership_id, "case_id": ids[2]}
        if how == "walled":
            session.add(Wall(**facts, user_id=crew["housing"].user_id, since_at=clock.now()))
        else:
            case.restricted = True
    (count,) = serial_seen_by(house, crew["housing"], ids[0])
    assert count.others == 1


# --- decisions are revised, taken back and kept ---


def test_a_decision_is_taken_back_with_a_reason_and_both_people_stand_as_before_da_10(house, crew):
    known, case_id = held_and_new(house, crew, victim=HELD["victim"])
    actor = crew["coordinator"]
    with unit_of_work(house, actor) as session:
        person, other = people.victim_of(session, case_id), people.victim_of(session, known)
        matching.decide_match(session, actor, person, other.id, LinkDecision.SAME)
        links.revise_match(session, actor, other, person.id, LinkDecision.DIFFERENT, reason=LinkReason.AGENCY_CONFIRMED)
        assert links.link_between(session, person.id, other.id).decision == LinkDecision.DIFFERENT
        assert links.revise_match(session, actor, person, other.id, None, reason=LinkReason.DECIDED_IN_ERROR) is None
    assert [match.decision for match in found_for(house, crew, case_id)] == [None]
    with unit_of_work(house) as session:
        assert session.scalars(select(PersonLink)).all() == []
        bodies = session.scalars(select(AuditEntry.body).where(AuditEntry.tag == "person:revised")).all()
    assert ["decided_in_error" in body for body in bodies] == [False, True]
    assert '"before":"different"' in bodies[1]


def test_what_was_joined_into_one_case_is_not_told_apart_again(house, crew):
    known, case_id = held_and_new(house, crew, victim=HELD["victim"])
    actor = crew["coordinator"]
    with unit_of_work(house, actor) as session:
        person, other = people.victim_of(session, case_id), people.victim_of(session, known)
        matching.decide_match(session, actor, person, other.id, LinkDecision.SAME)
        session.get_one(Case, case_id).merged_into_id = known
        session.flush()
        with pytest.raises(RuleBroken, match="joined into one"):
            links.revise_match(session, actor, person, other.id, None, reason=LinkReason.DECIDED_IN_ERROR)


def test_both_clocks_stand_beside_a_match_and_the_last_day_counts_da_11(house, crew):
    known, case_id = held_and_new(house, crew, victim=HELD["victim"])
    today = clock.today()
    year_ago = today.replace(year=today.year - 1) if (today.month, today.day) != (2, 29) else date(today.year - 1, 3, 1)
    with unit_of_work(house) as session:
        case = session.get_one(Case, known)
        case.last_referral_on, case.last_heard_on = year_ago - timedelta(days=1), year_ago
    (match,) = found_for(house, crew, case_id)
    referral, heard = match.clocks
    assert (referral.running, heard.running, heard.days_left) == (False, True, 0)


# --- nothing is lost by opening less ---


@pytest.mark.parametrize("seed", [1, 2])
def test_comparing_names_first_finds_exactly_whom_comparing_everything_finds(house, partnership, seed):
    held = list(borough.people(400, seed))
    filling.fill(house, partnership.id, held)
    with unit_of_work(house) as session:
        access.open_for("match", partnership.id, {one.case_id for one in held})
        everyone, search = known_people(session, CasePerson.partnership_id == partnership.id), Comparison()
        show_from = matching.comparing.weights()["show_from"]
        for asked in everyone[::40]:
            query = search.prepare(asked)
            whole = {
                one.id
                for one in everyone
                if (agreed := search.compare(query, search.prepare(one))).exact or agreed.total >= show_from
            }
            named = named_people(session, CasePerson.partnership_id == partnership.id)
            assert {one.id for one, _ in matching.alike(session, partnership.id, asked, named, search)} == whole


def test_candidates_by_tokens_find_the_misspelt_and_the_moved(house, partnership):
    held, draw = list(borough.people(1500, 5)), random.Random(1)
    filling.fill(house, partnership.id, held)
    found = 0
    with unit_of_work(house) as session:
        access.asked()
        for one in held[::75]:
            asked = borough.misspelt_or_moved(one, draw).tokens()
            among = candidates.sharing(session, partnership.id, asked, CasePerson.partnership_id == partnership.id)
            same = {each.id for each in held if (each.name, each.born_on) == (one.name, one.born_on)}
            found += bool(same & set(among[:5]))
            assert len(among) <= candidates.BEST
    assert found >= 19


# --- by night ---


def test_the_nightly_comparison_lists_a_pair_once_until_somebody_decides(house, crew):
    known, case_id = held_and_new(house, crew, victim=HELD["victim"])
    actor, system = crew["coordinator"], access.system(crew["coordinator"].partnership_id)
    with unit_of_work(house, system) as session:
        assert missed.look_again(session, system) == 0  # both still wait for a decision: triage shows them
        for one in (known, case_id):
            session.get_one(Case, one).state = CaseState.LISTED
        session.flush()
        first = missed.look_again(session, system)
        assert first >= 1
        assert missed.look_again(session, system) == 0
    with unit_of_work(house, actor) as session:
        pairs = missed.list_waiting(session, actor)
        assert missed.waiting(session, actor) == len(pairs) == first
        pair = next(pair for pair in pairs if pair.one.role == pair.other.role == PersonRole.VICTIM)
        assert "same date of birth" in pair.reasons
        missed.decide(session, actor, pair.id, LinkDecision.SAME)
        assert missed.waiting(session, actor) == first - 1
        (decided,) = missed.list_decided(session, actor)
        missed.revise(session, actor, decided.id, None, LinkReason.NEW_INFORMATION)
        assert missed.list_decided(session, actor) == []


def test_a_pair_with_a_walled_case_is_neither_listed_nor_counted(house, crew):
    known, case_id = held_and_new(house, crew, victim=HELD["victim"])
    system = access.system(crew["coordinator"].partnership_id)
    with unit_of_work(house, system) as session:
        for one in (known, case_id):
            session.get_one(Case, one).state = CaseState.LISTED
        session.flush()
        assert missed.look_again(session, system) >= 1
        a_wall_against = {"user_id": crew["coordinator"].user_id, "since_at": clock.now()}
        session.add(Wall(partnership_id=system.partnership_id, case_id=known, **a_wall_against))
    with unit_of_work(house, crew["coordinator"]) as session:
        assert missed.waiting(session, crew["coordinator"]) == 0
        assert missed.list_waiting(session, crew["coordinator"]) == []


# --- the index itself ---


def test_the_index_is_rebuilt_to_the_same_tokens_and_goes_on_where_it_stopped(house, crew, monkeypatch):
    held_and_new(house, crew, victim=HELD["victim"])
    with house.reader() as session:
        before = set(session.execute(select(PersonToken.person_id, PersonToken.token)))
    with unit_of_work(house) as session:
        access.asked()
        session.execute(delete(PersonToken))
    monkeypatch.setattr(rebuilding, "AT_A_TIME", 1)

    def stop(_done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuilding.rebuild_tokens(house, None, stop)
    done = rebuilding.rebuild_tokens(house)
    assert done.resumed
    assert done.cases == 1
    with house.reader() as session:
        assert set(session.execute(select(PersonToken.person_id, PersonToken.token))) == before
