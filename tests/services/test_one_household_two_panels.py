"""The same people in two cases, and one household on two panels: who learns what (CM-1, CM-9, CM-19)."""

from datetime import date

import pytest
from sqlalchemy import select

from marac import clock
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Case, Message, RoutingQuestion, Wall
from marac.services.community import elsewhere
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import links, matching
from marac.services.referring import referrals
from marac.vocabulary import (
    CaseState,
    PersonRole,
    ProgrammeSlug,
    Role,
    RoutingAnswer,
)
from tests.builders import a_submitted_referral, a_user, actor_for
from tests.builders_community_referral import (
    AT_RISK,
    COMMUNITY,
    a_community_referral,
)

DA = ProgrammeSlug.DA_MARAC
WEDNESDAY = "2026-12-02T10:00:00+00:00"


@pytest.fixture
def crew(house):
    with unit_of_work(house) as session:
        made = {
            "landlord": a_user(session, house, Role.REPRESENTATIVE, "housing_management", programme=COMMUNITY),
            "police": a_user(session, house, Role.REPRESENTATIVE, "met_police_snt", programme=COMMUNITY),
            "coordinator": a_user(session, house, Role.COORDINATOR, "asb_team", programme=COMMUNITY,
                                  full_name="Maya Orchardson"),
            "chair": a_user(session, house, Role.CHAIR, "met_police_snt", programme=COMMUNITY),
            "domestic": a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ruth Adebowale"),
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options"),
        }  # fmt: skip
    return {name: actor_for(worker) for name, worker in made.items()}


def sent(house, crew, who="landlord", make=a_community_referral, **facts):
    """The reference of a referral somebody made, and of its case."""
    with unit_of_work(house, crew[who]) as session:
        referral = make(session, house, crew[who], **facts)
        return referral.reference, referral.case.reference


def found(session, actor, reference):
    referral = referrals.get_referral(session, actor, reference)
    referrals.open_referral(session, actor, referral)
    return referral


def as_one(house, actor):
    return unit_of_work(house, actor)


def test_a_person_at_risk_in_one_case_may_cause_harm_in_another_and_clearance_decides_who_learns_it(house, crew):
    """CM-1, CM-9, CM-19: the coordinator is shown the match; the agency of one case does not see the other."""
    _, first = sent(house, crew)
    reference, second = sent(
        house, crew, "police", victim={"full_name": "Lee Marshbrook", "born_on": None, "approximate_age": 30,
                                       "house_number": "11"},
        perpetrator={"full_name": "Dilwar Hossain", "born_on": AT_RISK["born_on"], "approximate_age": None},
    )  # fmt: skip
    with as_one(house, crew["coordinator"]) as session:
        referral = found(session, crew["coordinator"], reference)
        screening = matching.screen(session, crew["coordinator"], referral.case)
        assert {(one.of_name, one.role, one.reference) for one in screening.others} >= {
            ("Dilwar Hossain", PersonRole.VICTIM, first)
        }
    for who, hidden in (("landlord", second), ("police", first)):
        with as_one(house, crew[who]) as session, pytest.raises(NotFound):
            referrals.get_referral(session, crew[who], hidden)
        with as_one(house, crew[who]) as session:
            case = session.scalar(select(Case).where(Case.reference == (first if who == "landlord" else second)))
            assert links.serial_risk(session, crew[who], case) == {}
            with pytest.raises(NotAllowed):
                elsewhere.present(session, crew[who], case)


def both_panels(house, crew):
    """One household on both panels: (the community case's reference, the domestic abuse one's)."""
    _, ours = sent(house, crew)
    victim = {"full_name": "Dilwar Hossain", "born_on": AT_RISK["born_on"], "aliases": [], "confidential": None,
              **{name: AT_RISK[name] for name in ("house_number", "street", "postcode")}}  # fmt: skip
    _, theirs = sent(house, crew, "housing", a_submitted_referral, victim=victim)
    return ours, theirs


def case_of(session, reference):
    return session.scalar(select(Case).where(Case.reference == reference))


def test_each_coordinator_sees_that_the_other_panel_holds_the_household_and_nothing_else(house, crew):
    """CM-9: presence only, both ways."""
    ours, theirs = both_panels(house, crew)
    for who, mine, other in (("coordinator", ours, DA), ("domestic", theirs, COMMUNITY)):
        with as_one(house, crew[who]) as session:
            case = case_of(session, mine)
            assert elsewhere.present(session, crew[who], case) == (other,)
            assert matching.find_matches(session, crew[who], case) == []
            hidden = theirs if mine == ours else ours
            with pytest.raises(NotFound):
                referrals.get_referral(session, crew[who], hidden)


def test_the_routing_question_is_asked_and_answered_without_opening_the_other_case(house, crew):
    """CM-9: a row on each side, no text, no name, no reference of the other."""
    ours, theirs = both_panels(house, crew)
    with as_one(house, crew["coordinator"]) as session:
        case = case_of(session, ours)
        asked = elsewhere.ask(session, crew["coordinator"], case, DA)
        assert elsewhere.ask(session, crew["coordinator"], case, DA).id == asked.id
        with pytest.raises(NotFound):
            elsewhere.answer(session, crew["coordinator"], case, asked.id, RoutingAnswer.HERE)
        told = session.scalars(select(Message).where(Message.user_id == crew["domestic"].user_id)).all()
        assert f"/cases/{theirs}/routing" in {one.path for one in told}
        assert not any(ours in one.path for one in told)
    with as_one(house, crew["domestic"]) as session:
        case = case_of(session, theirs)
        (question,) = elsewhere.questions_of(session, crew["domestic"], case)
        assert (question.asked_here, question.other_programme) == (False, COMMUNITY)
        elsewhere.answer(session, crew["domestic"], case, question.id, RoutingAnswer.HERE)
    with as_one(house, crew["coordinator"]) as session:
        (question,) = elsewhere.questions_of(session, crew["coordinator"], case_of(session, ours))
        assert question.answer == RoutingAnswer.THERE
        kept = {column.name for column in RoutingQuestion.__table__.columns}
        assert kept == {"id", "version_id", "partnership_id", "case_id", "pair_id", "other_programme", "asked_here",
                        "asked_at", "answer", "answered_at"}  # fmt: skip


@pytest.mark.parametrize("how", ["walled", "restricted", "closed", "nothing alike"])
def test_what_is_hidden_or_over_is_not_even_present(house, crew, how):
    """CM-9: walls and restricted cases are silent here too."""
    ours, theirs = both_panels(house, crew)
    with unit_of_work(house) as session:
        other = case_of(session, theirs)
        if how == "walled":
            session.add(Wall(partnership_id=other.partnership_id, case_id=other.id, since_at=clock.now(),
                             user_id=crew["coordinator"].user_id))  # fmt: skip
        elif how == "restricted":
            other.restricted = True
        elif how == "closed":
            other.state = CaseState.CLOSED
    strangers = {"victim": {"full_name": "Abel Rook", "born_on": date(1970, 1, 1), "house_number": "80"},
                 "perpetrator": {"full_name": "Ike Farrow"}}  # fmt: skip
    mine = sent(house, crew, **strangers)[1] if how == "nothing alike" else ours
    with as_one(house, crew["coordinator"]) as session:
        case = case_of(session, mine)
        assert elsewhere.present(session, crew["coordinator"], case) == ()
        with pytest.raises(RuleBroken):
            elsewhere.ask(session, crew["coordinator"], case, DA)


def test_a_place_that_was_referred_before_is_found_by_where_it_is(house, crew):
    """CM-9: before acceptance, also where nobody at risk is named; its name alone finds nothing."""
    place = {"born_on": None, "house_number": "40", "street": "Rowan Walk", "postcode": "E1 0ZZ"}
    about = {"about": "location"}
    elsewhere_too = {**place, "full_name": "The stairwell", "house_number": "2", "postcode": "E3 0AA"}
    none = {"phone": ""}
    _, first = sent(house, crew, about=about, victim={**place, "full_name": "The stairwell"}, contact=none)
    same, _ = sent(
        house, crew, "police", about=about, victim={**place, "full_name": "Block entrance"}, contact=none,
        perpetrator={"full_name": "Ike Farrow", "approximate_age": 19},
    )  # fmt: skip
    other, _ = sent(
        house, crew, "police", about=about, victim=elsewhere_too, contact=none,
        perpetrator={"full_name": "Una Bristow", "approximate_age": 51},
    )  # fmt: skip
    with as_one(house, crew["coordinator"]) as session:
        for reference, expected in ((same, [first]), (other, [])):
            case = found(session, crew["coordinator"], reference).case
            assert [one.reference for one in matching.find_matches(session, crew["coordinator"], case)] == expected
