"""Matches nobody has looked at: one line on Your work, two buttons a pair, and every decision is changed again."""

from datetime import date

import pytest
from sqlalchemy import select

from marac import access
from marac.models import Case, CasePerson, PersonLink
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import missed
from marac.vocabulary import CaseState, LinkDecision, PersonRole, Role
from tests.builders import a_submitted_referral, a_user, actor_for, signed_in

AMINA = {"full_name": "Amina Begum", "aliases": [], "born_on": date(1991, 3, 7)}


@pytest.fixture
def crew(house):
    """Two cases of one person, found by night; a coordinator and a representative."""
    with unit_of_work(house) as session:
        people = {
            "housing": a_user(session, house, Role.REPRESENTATIVE, "housing_options"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team"),
        }
    actor = actor_for(people["housing"])
    with unit_of_work(house, actor) as session:
        for feared in ("Karim Uddin", "Peter Brown"):
            facts = {"victim": AMINA, "perpetrator": {"full_name": feared}}
            a_submitted_referral(session, house, actor, **facts).case.state = CaseState.LISTED
    system = access.system(actor.partnership_id)
    with unit_of_work(house, system) as session:
        assert missed.look_again(session, system) == 1
    return people


def test_the_pair_waits_on_your_work_is_decided_and_the_decision_is_taken_back(house, crew):
    client = signed_in(house, crew["coordinator"])
    page = client.get("/today").follow("Decide 1 possible match nobody has looked at")
    assert page.text.count("Begum, Amina") == 2
    page = page.press("Same person")
    assert "No possible matches are waiting." in page.text
    with house.reader() as session:
        assert session.scalars(select(PersonLink.decision)).all() == [LinkDecision.SAME]
    change = page.follow("Change")
    assert "Select a reason" in change.form("change").post({"decision": "open"}).text
    done = change.form("change").post({"decision": "open", "reason": "decided_in_error"})
    assert "Nothing is decided yet." in done.text
    with house.reader() as session:
        assert session.scalars(select(PersonLink)).all() == []


def test_nobody_else_learns_that_there_are_matches(house, crew):
    client = signed_in(house, crew["housing"]).http
    for path in ("/referrals/matches", "/referrals/matches/change"):
        assert client.get(path, base_url="https://localhost").status_code == 403
    assert "possible match" not in signed_in(house, crew["housing"]).get("/today").text


def test_the_people_tab_says_with_how_many_others_an_alleged_perpetrator_is_named_da_37(house, crew):
    actor = actor_for(crew["coordinator"])
    with unit_of_work(house, actor) as session:
        feared = session.scalars(select(CasePerson).where(CasePerson.role == PersonRole.PERPETRATOR)).all()
        for victim in session.scalars(select(CasePerson).where(CasePerson.role == PersonRole.VICTIM)):
            access.open_for("load", actor.partnership_id, [victim.case_id])
        missed.links.decide_match(session, actor, feared[0], feared[1].id, LinkDecision.SAME)
        references = {case.id: case.reference for case in session.scalars(select(Case))}
        here, there = (references[one.case_id] for one in feared)
    page = signed_in(house, crew["coordinator"]).get(f"/cases/{here}/people")
    assert "Also named as alleged perpetrator with 1 other person." in page.text
    assert there in page.text
