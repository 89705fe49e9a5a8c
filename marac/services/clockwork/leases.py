"""Which worker runs the timetable, and that each job runs once for each slot, however many workers there are.

A worker that lost its lease while it was away finds its fence out of date at its commit, and nothing of it stays.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.models import JobRun, Lease, Partnership
from marac.services.clockwork import timetable
from marac.services.clockwork.timetable import WHOLE
from marac.services.keeping.deployment import Deployment, unit_of_work

log = logging.getLogger(__name__)

NAME = "jobs"
LASTS = timedelta(seconds=60)


def never() -> bool:
    """Nobody asks this worker to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as it was when taken, and whether whoever holds it was asked to stop after the unit under way."""

    holder: str
    fence: int
    stopping: Callable[[], bool] = never


class LeaseLost(Exception):
    """Another worker runs the timetable now."""


class AlreadyRan(Exception):
    """The job ran for this slot."""


def take(house: Deployment, holder: str, stopping: Callable[[], bool] = never) -> Held | None:
    """Take or renew the lease for a minute; None while another worker holds it.

    A lease that would last longer than any can was taken before the clock was put back: it has ended.
    """
    now = clock.now()
    try:
        with unit_of_work(house) as session:
            access.asked()
            row = session.scalar(select(Lease).where(Lease.name == NAME).with_for_update())
            if row is None:
                row = Lease(name=NAME, holder=holder, fence=1, expires_at=now + LASTS)
                session.add(row)
            elif row.holder != holder:
                if now < row.expires_at <= now + LASTS:
                    return None
                row.holder, row.fence = holder, row.fence + 1
            row.expires_at = now + LASTS
            return Held(holder, row.fence, stopping)
    except IntegrityError:
        return None


def give_back(house: Deployment, holder: str) -> None:
    """A worker that stops lets the next one begin at once."""
    with unit_of_work(house) as session:
        access.asked()
        session.execute(update(Lease).where(Lease.holder == holder).values(expires_at=clock.now()))


def run_once(
    house: Deployment, held: Held, job: str, slot: str, body: Callable[[Session], int], *, actor: Actor | None = None
) -> int | None:
    """Claim, do and done in one transaction. None when it was done already or the lease is another's.

    Whatever else `body` raises undoes all of it and is raised.
    """
    key = f"{job}:{actor.partnership_id.hex if actor else WHOLE}:{slot}"
    try:
        with unit_of_work(house, actor) as session:
            access.asked()
            _still_held(session, held)
            run = _claimed(session, key)
            count = body(session)
            run.counts = {"count": count}
            if count and actor is not None:
                audit.record(session, actor, "job:ran", job=job, count=count)
            session.flush()
            _keep(session, held)
            return count
    except (AlreadyRan, LeaseLost):
        return None


def once(house: Deployment, held: Held, job: str, slot: str, body: Callable[[Session], int]) -> int:
    """Run a job of the whole deployment."""
    if not waiting(house, job, slot, [WHOLE]):
        return 0
    return guarded(house, job, WHOLE, lambda: run_once(house, held, job, slot, body))


def in_each_partnership(
    house: Deployment, held: Held, job: str, slot: str, body: Callable[[Session, Actor], int]
) -> int:
    """Run a job in every partnership in which it has not run for this slot; one that fails does not stop the others."""
    done, ids = 0, timetable.whose_of(partnerships(house))
    for whose in waiting(house, job, slot, ids):
        if held.stopping():
            break
        actor = access.system(ids[whose])
        unit = partial(run_once, house, held, job, slot, partial(_as, body, actor), actor=actor)
        done += guarded(house, job, whose, unit)
    return done


def guarded(house: Deployment, job: str, whose: str, unit: Callable[[], int | None]) -> int:
    """Do one unit of a job. One that fails is noted and logged by its kind alone; after a while it is tried again."""
    try:
        done = unit()
    except Exception as problem:
        log.exception("job_failed", extra={"job": job})
        _note_failure(house, timetable.failed_key(job, whose), type(problem).__name__)
        return 0
    _forget_failure(house, timetable.failed_key(job, whose))
    return done or 0


def waiting(house: Deployment, job: str, slot: str, whose: Iterable[str]) -> list[str]:
    """For whom a job has still to run for this slot: not where it ran, nor where it failed just now."""
    wanted = list(whose)
    keys = [f"{job}:{one}:{slot}" for one in wanted] + [timetable.failed_key(job, one) for one in wanted]
    with house.reader() as session:
        found = {row.key: row for row in session.scalars(select(JobRun).where(JobRun.key.in_(keys)))}
    failed = {one: found.get(timetable.failed_key(job, one)) for one in wanted}
    return [
        one
        for one in wanted
        if f"{job}:{one}:{slot}" not in found and not ((last := failed[one]) and timetable.put_off(last))
    ]


def partnerships(house: Deployment) -> list[UUID]:
    """Every partnership of the deployment."""
    with house.reader() as session:
        return list(session.scalars(select(Partnership.id).order_by(Partnership.slug)))


def _as(body: Callable[[Session, Actor], int], actor: Actor, session: Session) -> int:
    return body(session, actor)


def _claimed(session: Session, key: str) -> JobRun:
    """The note that the job runs for this slot, which only one transaction can write."""
    if session.scalar(select(JobRun.id).where(JobRun.key == key)) is not None:
        raise AlreadyRan
    run = JobRun(key=key, at=clock.now(), counts={})
    session.add(run)
    try:
        session.flush()
    except IntegrityError:
        raise AlreadyRan from None
    return run


def _still_held(session: Session, held: Held) -> None:
    if session.scalar(select(Lease.id).where(*_mine(held))) is None:
        raise LeaseLost


def _keep(session: Session, held: Held) -> None:
    """The last word before the commit: with the lease gone meanwhile, nothing of this transaction stays."""
    renewed = session.execute(
        update(Lease).where(*_mine(held)).values(expires_at=clock.now() + LASTS).returning(Lease.id)
    )
    if renewed.first() is None:
        raise LeaseLost


def _mine(held: Held) -> tuple[ColumnElement[bool], ...]:
    return (Lease.name == NAME, Lease.holder == held.holder, Lease.fence == held.fence)


def _note_failure(house: Deployment, key: str, why: str) -> None:
    try:
        with unit_of_work(house) as session:
            access.asked()
            row = session.scalar(select(JobRun).where(JobRun.key == key)) or JobRun(key=key, counts={})
            session.add(row)
            row.at, row.counts = clock.now(), {"times": row.counts.get("times", 0) + 1, "why": why}
    except SQLAlchemyError as problem:
        log.error("failure_not_noted", extra={"error": type(problem)})  # noqa: TRY400 values stay out of the log


def _forget_failure(house: Deployment, key: str) -> None:
    with house.reader() as session:
        if session.scalar(select(JobRun.id).where(JobRun.key == key)) is None:
            return
    with unit_of_work(house) as session:
        access.asked()
        session.execute(delete(JobRun).where(JobRun.key == key))
