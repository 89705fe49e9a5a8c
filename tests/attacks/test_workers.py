"""Several workers on one database, killed again and again: each job has its effect once, and no message is lost.

MARAC_TEST_KILLS sets how often (20 unless told); every kill is -9, mostly of the worker that holds the lease.
"""

import asyncio
import os
import random
import re
import sqlite3
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from marac import audit, clock, notifications
from marac.models import AuditEntry, Deadline, Flag, Message
from marac.services.clockwork import timed
from marac.services.clockwork.timetable import EVERY_HOUR, TIMES
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import FlagState, Role, Template
from tests.attacks.workers import Crew
from tests.builders import a_user
from tests.builders_cases import a_story, messages
from tests.services.test_notifications import letterbox, serving, text_of  # noqa: F401 a fixture

KILLS = int(os.environ.get("MARAC_TEST_KILLS", "20"))
BEGUN = datetime(2026, 11, 2, 9, 0, 30, tzinfo=UTC)


def slowly(box):
    """The mail server takes its time, so that senders are killed between its answer and their note of it."""
    take = box.handle_DATA

    async def handle(server, session, envelope):
        answer = await take(server, session, envelope)
        await asyncio.sleep(random.uniform(0, 0.03))
        return answer

    box.handle_DATA = handle


def asked(house, statement):
    """One number or word, read past the application."""
    with sqlite3.connect(house.settings.data / "casework.db", timeout=30) as connection:
        row = connection.execute(statement).fetchone()
    connection.close()
    return row[0] if row else None


def until(true, seconds=60):
    """Wait for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen within a minute"
        time.sleep(0.01)


def round_of(house, number, chance):
    """One hour: three workers, the holder of the lease is killed, another takes over. Returns how many were killed."""
    begun = BEGUN + timedelta(hours=number)
    crew, name = Crew(house.settings, begun, f"r{number}", 2 + number % 2), f"r{number}-"
    until(lambda: str(asked(house, "select holder from lease")).startswith(name))
    time.sleep(chance.uniform(0, 0.35))
    crew.kill(asked(house, "select holder from lease"))
    crew.minutes.value = 3
    hour = EVERY_HOUR.slot(begun)
    until(lambda: asked(house, f"select count(*) from deadline where rule = 'tally:{hour}'"))
    until(lambda: asked(house, f"select max(mail_key) from message where subject_key = 'tally:{hour}'"))
    if chance.random() < 0.2:
        crew.dismiss()
        return 1
    time.sleep(chance.uniform(0, 0.15))
    killed = list(crew.processes)
    for holder in killed:
        crew.kill(holder)
    return 1 + len(killed)


def finish(house, rounds):
    """A worker after five days in which nobody worked: what was missed runs once, what waits is sent."""
    begun = BEGUN + timedelta(hours=rounds, days=5)
    crew = Crew(house.settings, begun, "last", 1)
    day = TIMES["warn_overdue"].slot(begun)
    until(lambda: asked(house, f"select count(*) from job_run where key like 'warn_overdue:%:{day}'"))
    until(lambda: not asked(house, "select count(*) from message where sent_at is null and attempts < 12"))
    crew.dismiss()


def test_workers_killed_again_and_again_do_each_thing_once_and_lose_no_message(open_house, capsys):
    """Jobs counted, mail counted, chain whole; a message that left twice left under one Message-ID."""
    chance, killed, rounds = random.Random(11), 0, 0
    with serving("127.0.0.1") as (box, url):
        slowly(box)
        house = open_house(smtp_url=url)
        story = a_story(house, flag_until_on=BEGUN.date() - timedelta(days=1))
        while killed < KILLS:
            killed += round_of(house, rounds, chance)
            rounds += 1
        finish(house, rounds)
    counted(house, rounds)
    twice = delivered(house, box.taken)
    lapsed_once(house, story)
    with unit_of_work(house) as session:
        found = audit.verify(session, story.housing.partnership_id)
        assert found.ok, found
    with capsys.disabled():
        print(f"\n{killed} workers killed in {rounds} hours: {len(box.taken)} mails, {twice} of them a second time")  # noqa: T201 the figures are what the run is for


def counted(house, rounds):
    """Each hour in which anybody worked has one effect; the five days without a worker have one together."""
    hours = [EVERY_HOUR.slot(BEGUN + timedelta(hours=number)) for number in range(rounds)]
    hours.append(EVERY_HOUR.slot(BEGUN + timedelta(hours=rounds, days=5)))
    with house.reader() as session:
        rules = session.scalars(select(Deadline.rule).where(Deadline.rule.startswith("tally:")))
        assert Counter(rules) == Counter(f"tally:{hour}" for hour in hours)


def delivered(house, taken):
    """Every message left, always in the same e-mail; returns how many e-mails left a second time."""
    left = messages(house)
    assert left
    assert all(one.sent_at for one in left)
    ids = Counter(mail["Message-ID"].strip("<>").split("@")[0] for _, mail in taken)
    assert set(ids) == {one.mail_key for one in left}
    of_link = defaultdict(set)
    for _, mail in taken:
        of_link[re.search(r"/go/(\S+)", text_of(mail))[1]].add(mail["Message-ID"])
    assert all(len(found) == 1 for found in of_link.values())
    return sum(ids.values()) - len(ids)


def lapsed_once(house, story):
    """DA-32: a real job among them."""
    with house.reader() as session:
        flags = session.scalars(select(Flag.state).where(Flag.case_id == story.case_id)).all()
        told = session.scalar(select(func.count()).where(AuditEntry.tag == "case:lapse"))
    assert (flags, told) == ([FlagState.REMOVE_REQUESTED], 1)


def test_two_workers_that_deliver_at_the_same_moment_send_nothing_twice(house, letterbox):  # noqa: F811
    """A message is claimed before it is sent, whoever holds the lease."""
    box, url = letterbox
    with unit_of_work(house) as session:
        workers = [a_user(session, house, Role.REPRESENTATIVE, "elft") for _ in range(12)]
        people = [worker.id for worker in workers]
        for number in range(3):
            notifications.enqueue(
                session, workers[0].partnership_id, people, Template.MINUTES_READY, subject_key=f"{number}"
            )
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(timed.deliver_in, house, workers[0].partnership_id, url) for _ in range(2)]
        assert sum(one.result() for one in sent) == 36
    assert sorted(to[0] for to, _ in box.taken) == sorted(worker.email for worker in workers)


def test_what_was_claimed_by_a_sender_that_died_is_sent_by_the_next_as_the_same_e_mail(house, letterbox, time_machine):  # noqa: F811
    """Also when more for the same person has come meanwhile: that is another e-mail."""
    box, url = letterbox
    story = a_story(house)
    facts = (story.housing.partnership_id, [story.housing.id], Template.MINUTES_READY)
    with unit_of_work(house) as session:
        notifications.enqueue(session, *facts, subject_key="first")
    with unit_of_work(house) as session:
        head = notifications.Letterhead("Casework", "https://localhost")
        (prompt,) = notifications.claim(session, facts[0], head, lambda _message: "")
    notifications.deliver(url, [prompt], lambda _prompt: None)
    with unit_of_work(house) as session:
        notifications.enqueue(session, *facts, subject_key="second")
    assert timed.deliver_in(house, facts[0], url) == 1
    time_machine.move_to(clock.now() + notifications.CLAIMED, tick=True)
    assert timed.deliver_in(house, facts[0], url) == 1
    first, second, again = [mail["Message-ID"] for _, mail in box.taken]
    assert first == again != second


@pytest.mark.parametrize("attempts, given_up", [(11, 0), (12, 1)])
def test_what_was_tried_too_often_is_given_up_and_counted(house, attempts, given_up):
    story = a_story(house)
    with unit_of_work(house) as session:
        facts = (story.housing.partnership_id, [story.housing.id], Template.MINUTES_READY)
        notifications.enqueue(session, *facts, subject_key="first")
        session.flush()
        session.scalars(select(Message)).one().attempts = attempts
    with house.reader() as session:
        assert session.scalar(select(func.count()).where(*notifications.given_up())) == given_up


def test_what_was_queued_before_the_clock_was_put_back_leaves_at_once(house, letterbox, time_machine):  # noqa: F811
    _, url = letterbox
    time_machine.move_to(BEGUN, tick=True)
    story = a_story(house)
    with unit_of_work(house) as session:
        facts = (story.housing.partnership_id, [story.housing.id], Template.MINUTES_READY)
        notifications.enqueue(session, *facts, subject_key="first")
    time_machine.move_to(BEGUN - timedelta(hours=2), tick=True)
    assert timed.deliver_in(house, story.housing.partnership_id, url) == 1
