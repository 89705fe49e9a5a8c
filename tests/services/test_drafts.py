"""DA-43: what was typed and not saved is kept sealed, for its writer alone, and goes when it has no more use."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from marac import access, clock
from marac.crypto.vault import SealedShut
from marac.errors import NotAllowed, NotFound
from marac.models import AuditEntry, Draft, Referral, Wall
from marac.services.clockwork import timed
from marac.services.deciding import triage
from marac.services.deciding.rulings import Ruling
from marac.services.keeping.deployment import unit_of_work
from marac.services.knowing import matching
from marac.services.referring import drafts, referrals
from marac.vocabulary import LinkDecision, Role, TriageOutcome
from tests.builders import a_listed_referral, a_meeting, a_referral, a_submitted_referral, a_user, actor_for

PAGE = "/referrals/k7d-42q/person"
TYPED = {"full_name": ["Amina Beg"], "born_on": ["31", "2", "1991"], "postcode": ["E1 0"], "version": ["abc"]}


@pytest.fixture
def crew(house):
    with unit_of_work(house) as session:
        workers = {
            "idva": a_user(session, house, Role.IDVA, "solace", full_name="Rosa Lowe"),
            "colleague": a_user(session, house, Role.IDVA, "solace", full_name="Ida Quill"),
            "hospital": a_user(session, house, Role.REPRESENTATIVE, "barts_acute", full_name="Ife Obi"),
            "coordinator": a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Ama Okafor"),
        }
        a_meeting(session, workers["idva"].partnership_id)
    return {name: actor_for(worker) for name, worker in workers.items()}


@pytest.fixture
def case_id(house, crew):
    with unit_of_work(house, crew["idva"]) as session:
        return a_referral(session, house, crew["idva"]).case_id


def keep(house, actor, case_id, typed=TYPED, page=PAGE):
    with unit_of_work(house, actor) as session:
        drafts.keep(session, actor, case_id, page, typed)


def restored(house, actor, case_id, page=PAGE):
    with unit_of_work(house, actor) as session:
        return drafts.restore(session, actor, case_id, page)


def rows(house):
    with house.reader() as session:
        return session.scalars(select(Draft)).all()


def test_what_cannot_be_read_yet_comes_back_as_it_was_typed(house, crew, case_id):
    """An impossible date and half a postcode have no place in a referral; the draft keeps them (DA-43)."""
    keep(house, crew["idva"], case_id)
    kept = restored(house, crew["idva"], case_id)
    assert kept.typed == TYPED
    assert clock.now() - kept.typed_at < timedelta(minutes=1)
    assert restored(house, crew["idva"], case_id, page="/referrals/k7d-42q/reason") is None


def test_one_draft_stands_for_one_person_and_page_and_newer_words_replace_older(house, crew, case_id):
    keep(house, crew["idva"], case_id)
    keep(house, crew["idva"], case_id, {"full_name": ["Amina Begum"]})
    keep(house, crew["colleague"], case_id, {"full_name": ["Somebody else"]})
    assert len(rows(house)) == 2
    assert restored(house, crew["idva"], case_id).typed["full_name"] == ["Amina Begum"]
    assert restored(house, crew["colleague"], case_id).typed["full_name"] == ["Somebody else"]


def test_nobody_but_the_writer_gets_a_draft_not_even_who_sees_the_whole_case(house, crew):
    """The coordinator reads the case; what a referrer is typing is not theirs, by service and by key."""
    with unit_of_work(house, crew["idva"]) as session:
        case_id = a_submitted_referral(session, house, crew["idva"]).case_id
    keep(house, crew["idva"], case_id)
    assert restored(house, crew["coordinator"], case_id) is None
    assert restored(house, crew["colleague"], case_id) is None
    with unit_of_work(house, crew["coordinator"]) as session:
        referral = session.scalars(select(Referral)).one()
        access.open_case(crew["coordinator"], referral.case)
        access.open_draft(crew["coordinator"], referral.case)
        with pytest.raises(SealedShut):
            _ = session.scalars(select(Draft)).one().typed


def test_who_does_not_see_the_case_keeps_and_restores_nothing_on_it(house, crew, case_id):
    with pytest.raises(NotFound):
        keep(house, crew["hospital"], case_id)
    with unit_of_work(house) as session, pytest.raises(NotAllowed):
        drafts.keep(session, access.system(crew["idva"].partnership_id), case_id, PAGE, TYPED)
    assert rows(house) == []


def test_a_wall_closes_what_the_person_had_typed_before(house, crew, case_id):
    keep(house, crew["idva"], case_id)
    with unit_of_work(house) as session:
        session.add(
            Wall(partnership_id=crew["idva"].partnership_id, case_id=case_id, user_id=crew["idva"].user_id,
                 since_at=clock.now())
        )  # fmt: skip
    with pytest.raises(NotFound):
        restored(house, crew["idva"], case_id)


def test_the_database_holds_no_word_of_it(house, crew, case_id):
    keep(house, crew["idva"], case_id)
    with house.reader() as session:
        for row in session.execute(text("select * from draft")):
            assert not [value for value in row if b"Amina" in str(value).encode() or b"1991" in str(value).encode()]
        assert not [one for one in session.scalars(select(AuditEntry.body)) if "amina" in one.lower()]


def test_a_draft_goes_when_it_is_dropped_when_the_referral_is_withdrawn_and_after_thirty_days(house, crew, case_id):
    keep(house, crew["idva"], case_id)
    with unit_of_work(house, crew["colleague"]) as session:
        drafts.drop(session, crew["colleague"], PAGE)
    assert len(rows(house)) == 1, "dropped by its writer only"
    with unit_of_work(house, crew["idva"]) as session:
        drafts.drop(session, crew["idva"], PAGE)
    assert rows(house) == []

    keep(house, crew["idva"], case_id)
    with unit_of_work(house, crew["idva"]) as session:
        referrals.withdraw(session, crew["idva"], session.scalars(select(Referral)).one())
    assert rows(house) == []


def test_what_was_typed_on_a_case_goes_when_it_is_joined_to_another(house, crew):
    with unit_of_work(house) as session:
        meeting = a_meeting(session, crew["idva"].partnership_id)
        first = a_listed_referral(session, house, crew["hospital"], crew["coordinator"], meeting).case.reference
        meeting_id = meeting.id
    with unit_of_work(house, crew["idva"]) as session:
        again = a_submitted_referral(session, house, crew["idva"])
        reference, case_id = again.reference, again.case_id
    keep(house, crew["idva"], case_id)
    with unit_of_work(house, crew["coordinator"]) as session:
        again = referrals.get_referral(session, crew["coordinator"], reference)
        found = matching.find_matches(session, crew["coordinator"], again.case)
        links = {match.person_id: LinkDecision.SAME for match in found}
        ruling = Ruling(
            TriageOutcome.ACCEPT_REPEAT, into=first, links=links, conflict_checked=True, meeting_id=meeting_id
        )
        triage.decide(session, crew["coordinator"], again, ruling)
    assert rows(house) == []


def test_the_timetable_forgets_what_nobody_came_back_to_in_thirty_days(house, crew, case_id):
    keep(house, crew["idva"], case_id)
    for days, left in ((29, 1), (31, 0)):
        with time_machine.travel(clock.now() + timedelta(days=days)), unit_of_work(house) as session:
            timed.clear_expired(session)
        assert len(rows(house)) == left, days
