"""Signing in, step by step: what is slowed down, what ends a session, and what the trail keeps (security.md 5)."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from marac import clock
from marac.crypto import vault
from marac.errors import NotFound
from marac.models import AuditEntry, Meeting, SigninAttempt, SigninSession, User
from marac.services.accounts import sessions, signin
from marac.services.accounts.throttle import TooSoon, forget_old_attempts
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import MeetingKind, MeetingPlace, MeetingState, Role, UserState
from tests.builders import DA, PASSWORD, a_membership, a_user, actor_for, an_agency

HERE = "192.0.2.7"


@pytest.fixture
def rosa(house):
    with unit_of_work(house) as session:
        return a_user(
            session, house, Role.COORDINATOR, "vawg_team", full_name="Rosa Lowe", email="Rosa.Lowe@example.org"
        )


pytestmark = pytest.mark.usefixtures("quick_hashes")


def try_password(house, email, password, address=HERE):
    """What somebody at the door learns: their account, "no", or how long to wait."""
    try:
        return "yes" if signin.check_password(house, email, password, address=address) else "no"
    except TooSoon as wait:
        return wait.seconds


def enter(house, rosa, at=0):
    with vault.unit(house.keyring):
        return signin.check_code(house, rosa.id, rosa.code(at))


def holder(house, token):
    with house.reader() as session:
        return sessions.find(session, token)


def a_meeting(session, rosa, state, **facts):
    usual = {"starts_at": clock.now(), "minutes_per_case": 14, **facts}
    session.add(
        Meeting(
            partnership_id=rosa.partnership_id, programme=DA, reference="M2M-7QX", state=state,
            kind=MeetingKind.ROUTINE, place=MeetingPlace.ONLINE, **usual,
        )
    )  # fmt: skip


def entries(house, tag):
    with house.reader() as session:
        return [json.loads(body) for body in session.scalars(select(AuditEntry.body).where(AuditEntry.tag == tag))]


def test_the_right_password_leads_to_the_code_however_the_address_is_typed(house, rosa):
    assert signin.check_password(house, "  ROSA.lowe@EXAMPLE.org ", PASSWORD, address=HERE) == rosa.id


def test_a_wrong_password_and_an_unknown_account_are_answered_alike(house, rosa):
    known = [try_password(house, rosa.email, "wrong wrong wrong") for _ in range(12)]
    unknown = [try_password(house, "nobody@example.org", "wrong wrong wrong", "192.0.2.8") for _ in range(12)]
    assert known == unknown
    assert known[:10] == ["no"] * 10


def test_after_ten_failures_the_wait_grows_and_the_right_password_waits_too(house, rosa):
    waits = []
    with time_machine.travel(clock.now(), tick=False) as clockwork:
        for _ in range(10):
            assert try_password(house, rosa.email, "wrong wrong wrong") == "no"
        for _ in range(6):
            waits.append(try_password(house, rosa.email, PASSWORD))
            clockwork.shift(timedelta(seconds=waits[-1]))
            assert try_password(house, rosa.email, "wrong wrong wrong") == "no"
    assert waits == [5, 10, 20, 40, 60, 60]


def test_nobody_is_locked_out_and_success_clears_the_count(house, rosa):
    with time_machine.travel(clock.now(), tick=False) as clockwork:
        for _ in range(10):
            try_password(house, rosa.email, "wrong wrong wrong")
        clockwork.shift(5)
        assert try_password(house, rosa.email, PASSWORD) == "yes"
        assert try_password(house, rosa.email, "wrong wrong wrong") == "no"


def test_on_a_meeting_day_nobody_waits_more_than_five_seconds(house, rosa):
    with time_machine.travel("2026-11-25T09:00:00Z", tick=False) as clockwork:
        with unit_of_work(house) as session:
            a_meeting(session, rosa, MeetingState.PUBLISHED, starts_at=clock.now() + timedelta(hours=4))
        for _ in range(10):
            try_password(house, rosa.email, "wrong wrong wrong")
        for _ in range(5):
            assert try_password(house, rosa.email, PASSWORD) == 5
            clockwork.shift(5)
            assert try_password(house, rosa.email, "wrong wrong wrong") == "no"


def test_one_address_may_fail_fifty_times_over_all_accounts(house):
    with time_machine.travel(clock.now(), tick=False):
        answers = [try_password(house, f"person{number}@example.org", "wrong wrong wrong") for number in range(52)]
        assert try_password(house, "someone@example.org", "wrong wrong wrong", "192.0.2.9") == "no"
    assert answers == ["no"] * 50 + [5, 5]


def test_attempts_that_no_longer_count_are_deleted(house):
    try_password(house, "nobody@example.org", "wrong wrong wrong")
    with time_machine.travel(clock.now() + timedelta(minutes=16)), unit_of_work(house) as session:
        assert forget_old_attempts(session) == 2
        assert session.scalar(select(func.count()).select_from(SigninAttempt)) == 0


@pytest.mark.parametrize("state", [UserState.SUSPENDED, UserState.INVITED])
def test_an_account_that_is_not_active_is_answered_like_a_wrong_password(house, state):
    with unit_of_work(house) as session:
        omar = a_user(session, house, state=state)
    assert try_password(house, omar.email, PASSWORD) == "no"


def test_somebody_whose_memberships_have_ended_cannot_sign_in(house):
    with unit_of_work(house) as session:
        omar = a_user(session, house)
        session.get_one(sessions.Membership, omar.membership_id).to_on = clock.today() - timedelta(days=1)
    assert try_password(house, omar.email, PASSWORD) == "no"


def test_a_code_opens_a_session_and_works_once(house, rosa):
    with time_machine.travel(clock.now(), tick=False):
        begun = enter(house, rosa)
        assert holder(house, begun.token).actor == begun.actor
        assert enter(house, rosa) is None
    [entry] = entries(house, "signin:succeeded")
    assert entry["keys"] == {"factor": "totp"}


def test_a_code_just_gone_counts_for_five_seconds_and_an_older_one_never(house, rosa):
    with time_machine.travel("2026-11-25T09:00:04Z", tick=False):
        assert enter(house, rosa, at=-30) is not None
    with time_machine.travel("2026-11-25T09:10:06Z", tick=False):
        assert enter(house, rosa, at=-30) is None


def test_after_five_wrong_codes_there_is_a_wait(house, rosa):
    with time_machine.travel(clock.now(), tick=False), vault.unit(house.keyring):
        answers = [signin.check_code(house, rosa.id, "000000x") for _ in range(5)]
        with pytest.raises(TooSoon, match="Wait 5 seconds"):
            signin.check_code(house, rosa.id, rosa.code())
    assert answers == [None] * 5


def test_a_session_ends_after_fifteen_minutes_without_use(house, rosa):
    with time_machine.travel(clock.now(), tick=False) as clockwork:
        token = enter(house, rosa).token
        clockwork.shift(timedelta(minutes=14))
        assert holder(house, token) is not None
        clockwork.shift(timedelta(minutes=1))
        assert holder(house, token) is None


def test_whoever_runs_a_meeting_may_be_idle_for_an_hour_while_it_lasts(house, rosa):
    with time_machine.travel(clock.now(), tick=False) as clockwork:
        token = enter(house, rosa).token
        with unit_of_work(house) as session:
            omar = a_user(session, house, Role.REPRESENTATIVE)
            a_meeting(session, rosa, MeetingState.IN_PROGRESS)
        others = enter(house, omar).token
        clockwork.shift(timedelta(minutes=59))
        assert holder(house, token) is not None
        assert holder(house, others) is None
        clockwork.shift(timedelta(minutes=1))
        assert holder(house, token) is None


def test_no_session_lives_longer_than_ten_hours(house, rosa):
    with time_machine.travel(clock.now(), tick=False) as clockwork:
        begun = enter(house, rosa)
        for _ in range(60):
            clockwork.shift(timedelta(minutes=10))
            with unit_of_work(house) as session:
                sessions.touch(session, begun.actor.session_id)
        assert holder(house, begun.token) is None


def test_a_suspension_bites_on_the_next_request(house, rosa):
    token = enter(house, rosa).token
    with unit_of_work(house) as session:
        session.get_one(User, rosa.id).state = UserState.SUSPENDED
    assert holder(house, token) is None


def test_an_ended_membership_bites_on_the_next_request(house, rosa):
    token = enter(house, rosa).token
    with unit_of_work(house) as session:
        session.get_one(sessions.Membership, rosa.membership_id).to_on = clock.today() - timedelta(days=1)
    assert holder(house, token) is None


def test_a_person_is_signed_in_once_and_twice_only_while_a_meeting_of_theirs_is_held(house, rosa):
    tokens = []
    with time_machine.travel(clock.now(), tick=False) as clockwork:
        for step in range(5):
            if step == 2:
                with unit_of_work(house) as session:
                    a_meeting(session, rosa, MeetingState.IN_PROGRESS)
            tokens.append(enter(house, rosa).token)
            clockwork.shift(31)
            alive = [holder(house, token) is not None for token in tokens]
            assert alive.count(True) == (1 if step < 2 else 2)
            assert alive[-1]


def test_a_step_up_gives_a_new_token_and_needs_a_fresh_code(house, rosa):
    with time_machine.travel(clock.now(), tick=False) as clockwork, vault.unit(house.keyring):
        begun = signin.check_code(house, rosa.id, rosa.code())
        assert signin.step_up(house, begun.actor, rosa.code()) is None
        clockwork.shift(60)
        again = signin.step_up(house, begun.actor, rosa.code())
        assert holder(house, begun.token) is None
        assert holder(house, again.token).actor.stepped_up_at == clock.now()


def test_switching_role_gives_a_new_token_and_the_other_membership(house, rosa):
    with unit_of_work(house) as session:
        other = a_membership(session, rosa.id, Role.CHAIR, an_agency(session, "met_police_da"))
        chair_id, agency_id = other.id, other.agency_id
    begun = enter(house, rosa)
    with unit_of_work(house, begun.actor) as session:
        token = sessions.switch(session, begun.actor, chair_id)
    assert holder(house, begun.token) is None
    now = holder(house, token)
    assert (now.actor.role, now.actor.agency_id, now.memberships) == (Role.CHAIR, agency_id, 2)
    assert [entry["keys"] for entry in entries(house, "session:switched")] == [{"role": "chair"}]


def test_nobody_switches_to_a_membership_that_is_not_theirs_or_has_ended(house, rosa):
    with unit_of_work(house) as session:
        omar = a_user(session, house)
        ended = a_membership(
            session, rosa.id, Role.CHAIR, an_agency(session), from_on=clock.today() - timedelta(days=9),
            to_on=clock.today() - timedelta(days=1),
        ).id  # fmt: skip
    begun = enter(house, rosa)
    for wanted in (omar.membership_id, ended):
        with pytest.raises(NotFound), unit_of_work(house, begun.actor) as session:
            sessions.switch(session, begun.actor, wanted)


def test_one_lists_and_ends_ones_own_sessions_and_nobody_elses(house, rosa):
    with unit_of_work(house) as session:
        omar = a_user(session, house)
    mine, theirs = enter(house, rosa), enter(house, omar)
    with unit_of_work(house, mine.actor) as session:
        assert [(line.id, line.is_this) for line in sessions.list_open(session, mine.actor)] == [
            (mine.actor.session_id, True)
        ]
    with pytest.raises(NotFound), unit_of_work(house, mine.actor) as session:
        sessions.end(session, mine.actor, theirs.actor.session_id, "ended_from_list")
    with unit_of_work(house, mine.actor) as session:
        sessions.end(session, mine.actor, mine.actor.session_id, "ended_from_list")
    assert holder(house, mine.token) is None
    assert holder(house, theirs.token) is not None


def test_the_table_of_attempts_names_nobody_and_the_token_of_a_session_is_not_kept(house, rosa):
    token = enter(house, rosa).token
    try_password(house, rosa.email, "wrong wrong wrong")
    with house.reader() as session:
        rows = [*session.scalars(select(SigninAttempt)), *session.scalars(select(SigninSession))]
        kept = repr([vars(row) for row in rows])
    assert rosa.email.lower() not in kept.lower()
    assert HERE not in kept
    assert token not in kept


def test_an_actor_from_a_membership_of_all_programmes_has_them_all(house):
    with unit_of_work(house) as session:
        omar = a_user(session, house, programme=None)
    assert enter(house, omar).actor.programmes == actor_for(omar).programmes == frozenset(type(DA))
