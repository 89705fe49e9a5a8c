"""When each timed job runs, and how each has fared: last run, next run, failures. Runs none; names no case.

A slot is a span of time in which a job runs once: whoever asks, however often, and late if it was missed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import JobRun, Lease
from marac.vocabulary import Permission as P
from marac.workflows.deadlines import london

FAILED = "failed"
WHOLE, BEFORE = "all", "timetable"  # of the deployment; before it came to anybody's turn
WAITS = (1, 2, 5, 15, 60)  # minutes until a job that failed is tried again
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class When:
    """Every so many minutes by the world's clock, or daily at a time of the London clock."""

    minutes: int = 0
    at: time | None = None

    def slot(self, now: datetime) -> str:
        """The slot that a moment falls into: of a daily job, the last day on which its time had come."""
        return f"{self._day(now):%Y%m%d}" if self.at else f"{self._begun(now):%Y%m%dt%H%M}"

    def following(self, now: datetime) -> datetime:
        """When the next slot begins."""
        if self.at is None:
            return self._begun(now) + timedelta(minutes=self.minutes)
        return london(self._day(now) + timedelta(days=1), self.at)

    @property
    def words(self) -> str:
        """As a person says it."""
        if self.at:
            return f"Daily at {self.at:%H:%M}"
        return {1: "Every minute", 60: "Every hour"}.get(self.minutes, f"Every {self.minutes} minutes")

    def _begun(self, now: datetime) -> datetime:
        return now - (now - _EPOCH) % timedelta(minutes=self.minutes)

    def _day(self, now: datetime) -> date:
        local = clock.to_london(now)
        return local.date() if local.time() >= (self.at or time()) else local.date() - timedelta(days=1)


EVERY_MINUTE, EVERY_HOUR = When(minutes=1), When(minutes=60)


def daily(at: str) -> When:
    """Once a London day, from this time on."""
    return When(at=time.fromisoformat(at))


TIMES: dict[str, When] = {
    "send_password_links": EVERY_MINUTE,
    "deliver_messages": EVERY_MINUTE,
    "remind": EVERY_HOUR,
    "clear_expired": EVERY_HOUR,
    "look_again": daily("03:30"),
    "lapse_flags": daily("06:10"),
    "list_flags_to_lift": daily("06:15"),
    "drop_outside_links": daily("06:20"),
    "warn_overdue": daily("07:00"),
    "reviews_due": daily("06:05"),
    "escalate_landlords": daily("07:05"),
    "remind_follow_ups": daily("07:10"),
    "purge_jobs": daily("04:10"),
    "count_retention": daily("05:10"),
    "erase_due": EVERY_HOUR,
    "destroy_old_keys": daily("04:40"),
    "close_unused": daily("04:20"),
    "ask_attestations": daily("06:25"),
    "warn_agreements": daily("06:30"),
    "end_deputies": daily("00:10"),
    "screen_staff": daily("03:50"),
    "remind_register": daily("06:25"),
    "watch_trail": EVERY_MINUTE,
    "sign_checkpoints": EVERY_MINUTE,
    "check_access_rows": EVERY_HOUR,
    "check_all_rows": daily("02:40"),
}


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job as it stands: when it runs, when it last did and will next, and how often in a row it has failed."""

    name: str
    when: str
    last_at: datetime | None
    next_at: datetime
    failures: int
    failed_at: datetime | None
    why: str


def list_jobs(session: Session, actor: Actor) -> list[JobLine]:
    """Every job as it ran for the whole deployment and in this partnership."""
    access.require_holds(actor, P.JOB_READ)
    return job_lines(session, (WHOLE, BEFORE, actor.partnership_id.hex))


def job_lines(session: Session, whose: Iterable[str] | None = None) -> list[JobLine]:
    """The same for the machine's own operator: of everybody when `whose` is not told."""
    rows = session.execute(select(JobRun.key, JobRun.at, JobRun.counts)).all()
    wanted = set(whose) if whose is not None else None
    told: dict[str, list[Any]] = {name: [] for name in TIMES}
    for row in rows:
        name, owner, slot = row.key.split(":", 2)
        if name in told and (wanted is None or owner in wanted):
            told[name].append((slot, row.at, row.counts))
    return [_line(name, told[name]) for name in TIMES]


def _line(name: str, told: list[Any]) -> JobLine:
    ran = max((at for slot, at, _ in told if slot != FAILED), default=None)
    failed = sorted((at, counts["times"], counts["why"]) for slot, at, counts in told if slot == FAILED)
    failed_at, _, why = failed[-1] if failed else (None, 0, "")
    following = TIMES[name].following(clock.now())
    failures = sum(times for _, times, _ in failed)
    return JobLine(name, TIMES[name].words, ran, following, failures, failed_at, why)


def failed_key(job: str, whose: str) -> str:
    """Where it is noted that a job fails."""
    return f"{job}:{whose}:{FAILED}"


def put_off(failure: JobRun) -> bool:
    """Whether a job that failed is still to wait; not when the clock was put back since."""
    wait = timedelta(minutes=WAITS[min(failure.counts["times"], len(WAITS)) - 1])
    return failure.at <= clock.now() < failure.at + wait


def working(session: Session) -> datetime | None:
    """Until when some worker holds the timetable; None when none ever did."""
    return session.scalar(select(Lease.expires_at).order_by(Lease.expires_at.desc()).limit(1))


def whose_of(partnership_ids: Iterable[UUID]) -> dict[str, UUID]:
    """What a partnership is called in the key of a run."""
    return {one.hex: one for one in partnership_ids}
