"""The search box tells nobody of a case kept from them: the page, its size and its work are those of nothing."""

from datetime import date

import pytest

from marac import clock
from marac.models import Wall
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import candidates
from marac.vocabulary import Role
from tests.attacks.scene import counted, settled
from tests.builders import a_submitted_referral, a_user, actor_for, signed_in

KNOWN, NOBODY = "Marigoldina Begum", "Hyacinthina Smith"  # as long as each other, so that only finding can differ


@pytest.fixture
def readers(house):
    """A coordinator whom a wall keeps from the only case, and a member whose agency has no part in it."""
    with unit_of_work(house) as session:
        housing = a_user(session, house, Role.REPRESENTATIVE, "housing_options")
        readers = {
            "walled": a_user(session, house, Role.COORDINATOR, "vawg_team"),
            "uninvolved": a_user(session, house, Role.REPRESENTATIVE, "barts_acute"),
        }
    actor = actor_for(housing)
    with unit_of_work(house, actor) as session:
        victim = {"full_name": KNOWN, "aliases": [], "born_on": date(1991, 3, 7)}
        case = a_submitted_referral(session, house, actor, victim=victim).case
        against = {"user_id": readers["walled"].id, "since_at": clock.now()}
        session.add(Wall(partnership_id=case.partnership_id, case_id=case.id, **against))
    return readers


@pytest.mark.parametrize("limit", [25_000, 0], ids=["small partnership", "large partnership"])
@pytest.mark.parametrize("who", ["walled", "uninvolved"])
def test_a_search_for_somebody_hidden_answers_as_for_nobody(house, readers, who, limit, monkeypatch):
    """security 9.2: status, body but for what was typed, headers and the number of queries."""
    monkeypatch.setattr(candidates, "most_to_open", lambda: limit)
    client, statements = signed_in(house, readers[who]), counted(house)
    answers = []
    for name in (KNOWN, NOBODY):
        form = client.get("/find").form("/find")
        statements.clear()
        page = form.post({"name": name, "born_on": ["7", "3", "1991"]})
        answers.append((page.status, len(statements), settled(page.response.data, *name.split())))
    assert answers[0] == answers[1]
    assert b"0 results" in answers[0][2]
