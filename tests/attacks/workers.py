"""Worker processes that keep the timetable on a clock of their own, so that a test may kill them and skip hours."""

import multiprocessing
import random
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import time_machine
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from marac import clock, notifications
from marac.jobs import JOBS, Job, each, tick
from marac.models import Deadline, User
from marac.services.clockwork.timetable import EVERY_HOUR
from marac.services.keeping.deployment import open_deployment
from marac.vocabulary import Template, UserState

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.attacks.workers"])


def tally(session: Any, actor: Any) -> int:
    """A job whose every run can be counted: a row that is kept, a message to everybody; slow enough to be killed in."""
    hour = EVERY_HOUR.slot(clock.now())
    at = {"due_at": clock.now(), "met_at": clock.now()}
    session.add(Deadline(partnership_id=actor.partnership_id, subject_id=uuid4(), rule=f"tally:{hour}", **at))
    session.flush()
    time.sleep(random.uniform(0, 0.04))
    people = list(session.scalars(select(User.id).where(User.state == UserState.ACTIVE)))
    notifications.enqueue(session, actor.partnership_id, people, Template.MINUTES_READY, subject_key=f"tally:{hour}")
    time.sleep(random.uniform(0, 0.04))
    return 1


TIMETABLE = (Job("tally", EVERY_HOUR, each(tally)), *JOBS)


def keep(settings: Any, holder: str, begun: Any, minutes: Any, stop: Any) -> None:
    """Tick without a pause; `minutes` is how far the clock has been moved on from `begun`."""
    house = open_deployment(settings)
    while not stop.is_set():
        with time_machine.travel(begun + timedelta(minutes=minutes.value), tick=True), suppress(OperationalError):
            tick(house, holder, TIMETABLE, stopping=stop.is_set)
        time.sleep(0.02)
    house.close()


class Crew:
    """Some workers on one deployment at one moment."""

    def __init__(self, settings: Any, begun: Any, name: str, size: int) -> None:
        self.minutes, self.stop = PROCESSES.Value("i", 0), PROCESSES.Event()
        facts = (begun, self.minutes, self.stop)
        self.processes = {
            f"{name}-{number}": PROCESSES.Process(target=keep, args=(settings, f"{name}-{number}", *facts))
            for number in range(size)
        }
        for process in self.processes.values():
            process.start()

    def kill(self, holder: str) -> None:
        """-9, whatever it is doing."""
        process = self.processes.pop(holder)
        process.kill()
        process.join()

    def dismiss(self) -> None:
        """Ask the rest to stop."""
        self.stop.set()
        for process in self.processes.values():
            process.join(30)
            assert process.exitcode == 0
