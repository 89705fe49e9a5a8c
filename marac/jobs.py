"""The timetable: what runs when. APScheduler is only the clock; that each job runs once is the database's to say.

A missed run runs once. Refuses to do anything itself: each job is one service function.
"""

import os
import secrets
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler

from marac import clock
from marac.config import load_settings
from marac.services import flags, leases, missed, outside_links, timed
from marac.services.deployment import Deployment, open_deployment

TICK = 20  # seconds; a third of the lease
Slot = Callable[[datetime], str]


def every_minute(now: datetime) -> str:
    """The minute."""
    return f"{now:%Y%m%dt%H%M}"


def every_hour(now: datetime) -> str:
    """The hour."""
    return f"{now:%Y%m%dt%H}"


def daily(at: str) -> Slot:
    """The last day on which a London clock has shown this time."""
    hour = time.fromisoformat(at)

    def slot(now: datetime) -> str:
        local = clock.to_london(now)
        day = local.date() if local.time() >= hour else local.date() - timedelta(days=1)
        return f"{day:%Y%m%d}"

    return slot


@dataclass(frozen=True, slots=True)
class Job:
    """A line of the timetable: its name, the slot that a moment falls into, and how it is run for that slot."""

    name: str
    when: Slot
    run: Callable[..., int]


def whole(body: Callable[..., int]) -> Callable[..., int]:
    """Once for the deployment, in one transaction with the note that it ran."""
    return lambda house, held, name, slot: leases.once(house, held, name, slot, body)


def each(body: Callable[..., int]) -> Callable[..., int]:
    """Once in every partnership, each in a transaction of its own."""
    return lambda house, held, name, slot: leases.in_each_partnership(house, held, name, slot, body)


JOBS = (
    Job("deliver_messages", every_minute, timed.deliver_messages),
    Job("clear_expired", every_hour, whole(timed.clear_expired)),
    Job("lapse_flags", daily("06:10"), each(timed.lapse_flags)),
    Job("list_flags_to_lift", daily("06:15"), each(flags.send_monthly)),
    Job("escalate_flags", daily("07:05"), each(flags.escalate_overdue)),
    Job("drop_outside_links", daily("06:20"), each(outside_links.drop_links)),
    Job("warn_overdue", daily("07:00"), each(timed.warn_overdue)),
    Job("look_again", daily("03:30"), each(missed.look_again)),
)


def tick(house: Deployment, holder: str, jobs: tuple[Job, ...] = JOBS) -> dict[str, int] | None:
    """Run whatever has not run for the slot of now; what each job did, or None while another worker holds the lease."""
    done: dict[str, int] = {}
    for job in jobs:
        held = leases.take(house, holder)
        if held is None:
            return None
        done[job.name] = job.run(house, held, job.name, job.when(clock.now()))
    return done


def run_worker(house: Deployment) -> None:
    """Keep the timetable until asked to stop (SIGTERM or Ctrl+C); a job under way is finished first."""
    scheduler = _scheduled(BlockingScheduler(timezone="UTC"), house)
    signal.signal(signal.SIGTERM, lambda _number, _frame: scheduler.shutdown(wait=True))
    try:
        scheduler.start()
    except KeyboardInterrupt:
        scheduler.shutdown(wait=True)


def start_in_process(house: Deployment) -> BaseScheduler:
    """The same in a thread beside the pages, for the demo and for small deployments. `.shutdown()` stops it."""
    scheduler = _scheduled(BackgroundScheduler(timezone="UTC", daemon=True), house)
    scheduler.start()
    return scheduler


def main() -> None:
    """`python -m marac.jobs`"""
    with closing(open_deployment(load_settings())) as house:
        run_worker(house)


def _scheduled(scheduler: Any, house: Deployment) -> Any:
    holder = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"
    scheduler.add_job(
        tick, "interval", args=[house, holder], seconds=TICK, next_run_time=clock.now(),
        coalesce=True, max_instances=1, misfire_grace_time=None,
    )  # fmt: skip
    return scheduler


if __name__ == "__main__":
    main()
