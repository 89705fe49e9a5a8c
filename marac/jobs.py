"""The timetable: what runs when. APScheduler is only the clock; that each job runs once is the database's to say.

A missed run runs once. Refuses to do anything itself: each job is one service function.
"""

import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler

from marac import clock, logs
from marac.config import load_settings
from marac.services.accounts import agreements, attesting, deputies, dormancy, forgotten
from marac.services.clockwork import leases, reminders, timed
from marac.services.clockwork.timetable import BEFORE, TIMES, When
from marac.services.community import reviewing
from marac.services.following import flags
from marac.services.keeping import memory
from marac.services.keeping.deployment import Deployment, open_deployment
from marac.services.knowing import missed
from marac.services.referring import outside_links
from marac.services.retaining import erasing
from marac.services.sanctuary import follow_ups, landlord, works_orders
from marac.services.trail import checking, checkpointing, watching
from marac.services.walls import register, screening

TICK = 20  # seconds; a third of the lease


@dataclass(frozen=True, slots=True)
class Job:
    """A line of the timetable: its name, when it runs, and how it is run for the slot of a moment."""

    name: str
    when: When
    run: Callable[..., int]


def whole(body: Callable[..., int]) -> Callable[..., int]:
    """Once for the deployment, in one transaction with the note that it ran."""
    return lambda house, held, name, slot: leases.once(house, held, name, slot, body)


def each(body: Callable[..., int]) -> Callable[..., int]:
    """Once in every partnership, each in a transaction of its own."""
    return lambda house, held, name, slot: leases.in_each_partnership(house, held, name, slot, body)


JOBS = (
    Job("send_password_links", TIMES["send_password_links"], each(forgotten.send_links)),
    Job("watch_trail", TIMES["watch_trail"], watching.watch_trail),
    Job("sign_checkpoints", TIMES["sign_checkpoints"], checkpointing.sign_checkpoints),
    Job("check_access_rows", TIMES["check_access_rows"], checking.check_access_rows),
    Job("check_all_rows", TIMES["check_all_rows"], checking.check_all_rows),
    Job("deliver_messages", TIMES["deliver_messages"], timed.deliver_messages),
    Job("remind", TIMES["remind"], each(reminders.remind)),
    Job("clear_expired", TIMES["clear_expired"], whole(timed.clear_expired)),
    Job("look_again", TIMES["look_again"], each(missed.look_again)),
    Job("lapse_flags", TIMES["lapse_flags"], each(timed.lapse_flags)),
    Job("list_flags_to_lift", TIMES["list_flags_to_lift"], each(flags.send_monthly)),
    Job("drop_outside_links", TIMES["drop_outside_links"], each(outside_links.drop_links)),
    Job("warn_overdue", TIMES["warn_overdue"], each(timed.warn_overdue)),
    Job("reviews_due", TIMES["reviews_due"], each(reviewing.fall_due)),
    Job("escalate_landlords", TIMES["escalate_landlords"], each(landlord.escalate_overdue)),
    Job("remind_follow_ups", TIMES["remind_follow_ups"], each(follow_ups.remind_due)),
    Job("screen_staff", TIMES["screen_staff"], each(screening.screen_all)),
    Job("remind_register", TIMES["remind_register"], each(register.remind)),
    Job("purge_jobs", TIMES["purge_jobs"], each(works_orders.purge_ended)),
    Job("count_retention", TIMES["count_retention"], each(erasing.count_dates)),
    Job("erase_due", TIMES["erase_due"], erasing.erase_due),
    Job("destroy_old_keys", TIMES["destroy_old_keys"], timed.destroy_old_keys),
    Job("close_unused", TIMES["close_unused"], each(dormancy.close_unused)),
    Job("ask_attestations", TIMES["ask_attestations"], each(attesting.ask_all)),
    Job("warn_agreements", TIMES["warn_agreements"], each(agreements.warn_ending)),
    Job("end_deputies", TIMES["end_deputies"], each(deputies.end_over)),
)


logs.know("job", TIMES)
log = logging.getLogger("marac.jobs")


def tick(
    house: Deployment, holder: str, jobs: tuple[Job, ...] = JOBS, stopping: Callable[[], bool] = leases.never
) -> dict[str, int] | None:
    """Run whatever has not run for the slot of now; what each job did, or None while another worker holds the lease.

    One that fails does not stop the others. Asked to stop, it finishes the unit under way and begins no other.
    """
    held = leases.take(house, holder, stopping)
    if held is None:
        return None
    done: dict[str, int] = {}
    for job in jobs:
        if not stopping():
            unit = partial(job.run, house, held, job.name, job.when.slot(clock.now()))
            done[job.name] = leases.guarded(house, job.name, BEFORE, unit)
    return done


def run_worker(house: Deployment) -> None:
    """Keep the timetable until asked to stop (SIGTERM or Ctrl+C); the unit under way is finished first."""
    stop, holder = Event(), _name()
    scheduler = _scheduled(BlockingScheduler(timezone="UTC"), house, holder, stop)

    def asked(_number: int, _frame: Any) -> None:
        stop.set()
        scheduler.shutdown(wait=True)

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
    log.info("worker_began")
    scheduler.start()
    leases.give_back(house, holder)
    log.info("worker_ended")


def start_in_process(house: Deployment) -> BaseScheduler:
    """The same in a thread beside the pages, for the demo and for small deployments. `.shutdown()` stops it."""
    scheduler = _scheduled(BackgroundScheduler(timezone="UTC", daemon=True), house, _name(), Event())
    scheduler.start()
    return scheduler


def main() -> None:
    """`python -m marac.jobs`"""
    memory.keep_private()
    with closing(open_deployment(load_settings())) as house:
        run_worker(house)


def _name() -> str:
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


def _scheduled(scheduler: Any, house: Deployment, holder: str, stop: Event) -> Any:
    scheduler.add_job(
        tick, "interval", args=[house, holder], kwargs={"stopping": stop.is_set}, seconds=TICK,
        next_run_time=clock.now(), coalesce=True, max_instances=1, misfire_grace_time=None,
    )  # fmt: skip
    return scheduler


if __name__ == "__main__":
    main()
