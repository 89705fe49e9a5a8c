"""The timetable: a job runs once for its slot whoever runs it; a missed run runs once; a kill loses nothing."""

import multiprocessing
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from marac import access, clock, jobs
from marac.jobs import JOBS, Job, each, tick, whole
from marac.logs import JsonLine
from marac.models import AuditEntry, Case, Flag, JobRun, Lease, OnceKey
from marac.services.clockwork import leases, timed
from marac.services.clockwork.timetable import EVERY_HOUR, EVERY_MINUTE, TIMES, daily, job_lines
from marac.services.keeping import health
from marac.services.keeping.deployment import open_deployment, unit_of_work
from marac.vocabulary import CaseState, FlagState, Role, Template
from tests.builders import a_user, signed_in
from tests.builders_cases import a_story, messages

NIGHT = datetime(2026, 3, 10, 23, 50, tzinfo=UTC)


def ran(house):
    with house.reader() as session:
        return sorted(session.scalars(select(JobRun.key)))


def counting(calls):
    return (Job("count_calls", EVERY_MINUTE, whole(lambda _session: calls.append(1) or 1)),)


def test_a_job_runs_once_for_its_slot(house, time_machine):
    time_machine.move_to(NIGHT, tick=False)
    calls = []
    for _ in range(3):
        tick(house, "one", counting(calls))
    assert len(calls) == 1
    time_machine.shift(timedelta(minutes=1))
    tick(house, "one", counting(calls))
    assert len(calls) == 2


def test_missed_runs_run_once(house, time_machine):
    time_machine.move_to(NIGHT, tick=False)
    calls = []
    tick(house, "one", counting(calls))
    time_machine.shift(timedelta(hours=5))
    tick(house, "one", counting(calls))
    tick(house, "one", counting(calls))
    assert len(calls) == 2


def test_a_clock_put_back_two_hours_runs_nothing_twice(house, time_machine):
    time_machine.move_to(NIGHT, tick=False)
    calls = []
    tick(house, "one", counting(calls))
    time_machine.move_to(NIGHT - timedelta(hours=2), tick=False)
    time_machine.move_to(NIGHT, tick=False)
    tick(house, "one", counting(calls))
    assert len(calls) == 1


def test_while_one_worker_holds_the_lease_another_does_nothing(house):
    calls = []
    assert tick(house, "one", counting(calls)) == {"count_calls": 1}
    assert tick(house, "two", counting(calls)) is None
    assert len(calls) == 1


def test_when_a_worker_is_gone_for_a_minute_the_next_takes_over_with_a_higher_fence(house, time_machine):
    time_machine.move_to(NIGHT, tick=False)
    first = leases.take(house, "one")
    time_machine.shift(timedelta(seconds=61))
    second = leases.take(house, "two")
    assert (first.fence, second.fence) == (1, 2)
    assert leases.run_once(house, first, "late", "slot", lambda _session: 1) is None, "its lease is another's now"
    assert leases.run_once(house, second, "late", "slot", lambda _session: 1) == 1


def test_a_job_that_fails_leaves_nothing_and_runs_again(house):
    held = leases.take(house, "one")

    def broken(session):
        session.add(
            OnceKey(
                user_id=access.system(held_partnership(house)).partnership_id, key="k", location="/", at=clock.now()
            )
        )
        raise LookupError

    with pytest.raises(LookupError):
        leases.run_once(house, held, "job", "slot", broken)
    with house.reader() as session:
        assert session.scalars(select(OnceKey)).all() == []
    assert leases.run_once(house, held, "job", "slot", lambda _session: 3) == 3


def held_partnership(house):
    return leases.partnerships(house)[0]


def test_one_partnership_that_fails_does_not_stop_the_timetable(house):
    def broken(_session, _actor):
        raise LookupError

    after = []
    two = (
        Job("broken", EVERY_HOUR, each(broken)),
        Job("after", EVERY_HOUR, whole(lambda _session: after.append(1) or 1)),
    )
    assert tick(house, "one", two) == {"broken": 0, "after": 1}


def failing(problem, calls=None):
    def body(_session, _actor):
        if calls is not None:
            calls.append(1)
        raise problem

    return (Job("lapse_flags", EVERY_HOUR, each(body)),)


def test_a_job_that_fails_is_noted_by_its_kind_alone_and_waits_before_it_is_tried_again(house, time_machine, caplog):
    """1, 2, 5, 15, then 60 minutes; the log and the note hold no value."""
    time_machine.move_to(NIGHT, tick=False)
    calls = []
    broken = failing(LookupError("Amina Begum"), calls)
    for minutes in (0, 0, 1, 1, 1):
        time_machine.shift(timedelta(minutes=minutes))
        tick(house, "one", broken)
    assert len(calls) == 3, "at once, after a minute, after two more"
    with house.reader() as session:
        (line,) = [line for line in job_lines(session) if line.name == "lapse_flags"]
    assert (line.failures, line.why, line.last_at) == (3, "LookupError", None)
    written = [JsonLine().format(record) for record in caplog.records]
    assert "LookupError" in written[0]
    assert not [one for one in written if "Amina" in one]
    time_machine.shift(timedelta(minutes=6))
    tick(house, "one", (Job("lapse_flags", EVERY_HOUR, each(lambda _session, _actor: 0)),))
    with house.reader() as session:
        (line,) = [line for line in job_lines(session) if line.name == "lapse_flags"]
    assert (line.failures, line.why, line.last_at) == (0, "", clock.now())


def test_an_error_of_the_database_is_a_failure_and_not_taken_for_done(house):
    """A broken rule of the database inside a job was once mistaken for "another worker ran it"."""

    def broken(session, _actor):
        for _ in range(2):
            session.add(OnceKey(user_id=uuid4(), key="same", location="/", at=clock.now(), id=UUID(int=1)))
            session.flush()
            session.expunge_all()
        return 1

    tick(house, "one", (Job("lapse_flags", EVERY_HOUR, each(broken)),))
    with house.reader() as session:
        (line,) = [line for line in job_lines(session) if line.name == "lapse_flags"]
    assert (line.failures, line.why) == (1, "IntegrityError")


def test_a_lease_lost_in_the_middle_of_a_job_undoes_the_job(house):
    """The fence is looked at again as the last word of the transaction."""
    held = leases.take(house, "one")

    def body(session):
        session.add(OnceKey(user_id=uuid4(), key="k", location="/", at=clock.now()))
        session.execute(update(Lease).values(holder="two", fence=2))
        return 1

    assert leases.run_once(house, held, "job", "slot", body) is None
    with house.reader() as session:
        assert session.scalars(select(OnceKey)).all() == []
        assert session.scalars(select(JobRun)).all() == []


def test_a_lease_taken_before_the_clock_was_put_back_does_not_stop_the_others(house, time_machine):
    """Clock back two hours extends nothing."""
    time_machine.move_to(NIGHT, tick=False)
    leases.take(house, "one")
    time_machine.move_to(NIGHT - timedelta(hours=2), tick=False)
    assert leases.take(house, "two").fence == 2


def test_whoever_is_asked_to_stop_finishes_the_unit_and_begins_no_other(house):
    done = []
    two = tuple(
        Job(name, EVERY_HOUR, whole(lambda _session: done.append(1) or 1)) for name in ("clear_expired", "look_again")
    )
    assert tick(house, "one", two, stopping=lambda: bool(done)) == {"clear_expired": 1}
    leases.give_back(house, "one")
    assert leases.take(house, "two").fence == 2


def test_the_operator_and_the_administrator_see_how_each_job_fares(house):
    tick(house, "one", failing(LookupError("Amina Begum")))
    with unit_of_work(house) as session:
        admin = a_user(session, house, Role.SYSTEM_ADMIN, "vawg_team")
    with house.reader() as session:
        found = {check["name"]: check for check in health.of_jobs(session)}
    assert found["worker"]["ok"]
    assert "failed 1 times" in found["job lapse_flags"]["note"]
    assert "LookupError" in found["job lapse_flags"]["note"]
    page = signed_in(house, admin).get("/admin/jobs")
    row = next(words for words in page.words_of("tr") if words.startswith("Lapse flags"))
    assert "1 time" in row
    assert "LookupError" in row
    assert "Amina" not in page.main


def _work(settings, start, results):
    """One worker process: the same slot, many times."""
    house = open_deployment(settings)
    start.wait()
    for _ in range(5):
        tick(house, f"worker {os.getpid()}")
    with house.reader() as session:
        results.put(len(session.scalars(select(AuditEntry).where(AuditEntry.tag == "case:lapse")).all()))


def test_two_workers_at_once_have_one_effect(house):
    """DA-32: each agency is asked once, and the case lapses once."""
    story = a_story(house, flag_until_on=clock.today() - timedelta(days=1))
    forked = multiprocessing.get_context("spawn")
    start, results = forked.Event(), forked.Queue()
    workers = [forked.Process(target=_work, args=(house.settings, start, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    start.set()
    for worker in workers:
        worker.join(60)
    with house.reader() as session:
        assert session.get_one(Case, story.case_id).state == CaseState.LAPSED
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.tag == "case:lapse")).all()) == 1
        assert len(session.scalars(select(AuditEntry).where(AuditEntry.tag == "flag:ask_removal")).all()) == 1
    assert [one.user_id for one in messages(house) if one.template == Template.FLAG_ASKED] == [story.housing.id]


def _die_half_way(settings, ready):
    """A worker that is killed in the middle of a job, before its commit."""
    house = open_deployment(settings)
    held = leases.take(house, "doomed")

    def body(session):
        timed.lapse_flags(session, access.system(leases.partnerships(house)[0]))
        ready.set()
        os.kill(os.getpid(), signal.SIGKILL)
        return 1

    leases.run_once(house, held, "lapse_flags", "slot", body, actor=access.system(leases.partnerships(house)[0]))


def test_a_worker_killed_in_the_middle_of_a_job_leaves_it_undone_for_the_next(house, time_machine):
    story = a_story(house, flag_until_on=clock.today() - timedelta(days=1))
    forked = multiprocessing.get_context("spawn")
    ready = forked.Event()
    worker = forked.Process(target=_die_half_way, args=(house.settings, ready))
    worker.start()
    assert ready.wait(60)
    worker.join(60)
    with house.reader() as session:
        assert session.get_one(Case, story.case_id).state == CaseState.ISSUED
    time_machine.move_to(clock.now() + timedelta(seconds=90), tick=True)
    tick(house, "next")
    with house.reader() as session:
        assert session.get_one(Case, story.case_id).state == CaseState.LAPSED
        assert session.scalars(select(Flag)).one().state == FlagState.REMOVE_REQUESTED
        assert session.scalars(select(Lease)).one().fence == 2


def test_flags_are_lifted_the_day_after_the_twelve_months_and_not_before(house):
    """DA-11, DA-32: the last day is still inside."""
    story = a_story(house, flag_until_on=clock.today())
    actor = access.system(story.housing.partnership_id)
    with unit_of_work(house, actor) as session:
        assert timed.lapse_flags(session, actor) == 0


def test_restricted_and_walled_cases_lapse_too(house):
    story = a_story(house, flag_until_on=clock.today() - timedelta(days=1), restricted=True)
    actor = access.system(story.housing.partnership_id)
    with unit_of_work(house, actor) as session:
        assert timed.lapse_flags(session, actor) == 1


def test_who_is_waited_for_is_warned_once_of_each_overdue_action_and_then_their_lead(house, time_machine):
    """DA-28: on a Monday; the ladder itself is in test_escalating.py."""
    time_machine.move_to(datetime(2026, 11, 9, 9, tzinfo=UTC), tick=True)
    story = a_story(house, days=0)
    actor = access.system(story.housing.partnership_id)
    with unit_of_work(house, actor) as session:
        session.execute(delete(Flag.__table__))
    told = []
    for days in (0, 1, 1, 8):
        time_machine.move_to(clock.now() + timedelta(days=days), tick=True)
        with unit_of_work(house, actor) as session:
            told.append(timed.warn_overdue(session, actor))
    assert told[:3] == [1, 1, 0]
    assert story.chair.id in {one.user_id for one in messages(house)}


def test_what_no_longer_counts_is_cleared(house):
    with unit_of_work(house) as session:
        for key, days in (("old", 3), ("new", 0)):
            at = clock.now() - timedelta(days=days)
            session.add(OnceKey(user_id=leases.partnerships(house)[0], key=key, location="/", at=at))
    with unit_of_work(house) as session:
        access.asked()
        assert timed.clear_expired(session) == 1
    with house.reader() as session:
        assert session.scalars(select(OnceKey.key)).all() == ["new"]


@pytest.mark.parametrize(
    "moment, slot",
    [
        ("2026-03-29T00:59:59+00:00", "20260328"), ("2026-03-29T05:10:00+00:00", "20260329"),
        ("2026-10-25T00:30:00+00:00", "20261024"), ("2026-10-25T01:30:00+00:00", "20261024"),
        ("2026-10-25T06:10:00+00:00", "20261025"),
    ],
)  # fmt: skip
def test_a_daily_job_has_one_slot_a_day_when_the_clocks_change(moment, slot):
    assert daily("06:10").slot(datetime.fromisoformat(moment)) == slot


def test_the_timetable_has_its_lines_and_the_clock_starts_and_stops(house):
    assert [job.name for job in JOBS] == [
        "send_password_links", "watch_trail", "sign_checkpoints", "check_access_rows", "check_all_rows",
        "deliver_messages", "remind", "clear_expired", "look_again", "lapse_flags", "list_flags_to_lift",
        "drop_outside_links", "warn_overdue", "reviews_due", "escalate_landlords", "remind_follow_ups",
        "screen_staff", "remind_register", "purge_jobs", "count_retention", "erase_due", "destroy_old_keys",
        "close_unused", "ask_attestations", "warn_agreements", "end_deputies",
    ]  # fmt: skip
    assert set(TIMES) == {job.name for job in JOBS}
    scheduler = jobs.start_in_process(house)
    scheduler.shutdown(wait=True)
    assert not scheduler.running


def _keep_the_timetable(settings):
    jobs.run_worker(open_deployment(settings))


def test_a_worker_runs_the_timetable_and_stops_when_asked(house):
    worker = multiprocessing.get_context("spawn").Process(target=_keep_the_timetable, args=(house.settings,))
    worker.start()
    deadline = time.monotonic() + 60
    while not any(key.startswith("warn_overdue") for key in ran(house)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    worker.terminate()
    worker.join(30)
    assert worker.exitcode == 0
