"""Which worker runs the timetable, and that each job runs once for each slot, however many workers there are.

A worker that lost its lease while it was away finds its fence out of date and does nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.models import JobRun, Lease, Partnership
from marac.services.deployment import Deployment, unit_of_work

log = logging.getLogger(__name__)

NAME = "jobs"
LASTS = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as it was when taken."""

    holder: str
    fence: int


class LeaseLost(Exception):
    """Another worker runs the timetable now."""


def take(house: Deployment, holder: str) -> Held | None:
    """Take or renew the lease for a minute; None while another worker holds it."""
    now = clock.now()
    try:
        with unit_of_work(house) as session:
            access.asked()
            row = session.scalar(select(Lease).where(Lease.name == NAME).with_for_update())
            if row is None:
                row = Lease(name=NAME, holder=holder, fence=1, expires_at=now + LASTS)
                session.add(row)
            elif row.holder != holder:
                if row.expires_at > now:
                    return None
                row.holder, row.fence = holder, row.fence + 1
            row.expires_at = now + LASTS
            return Held(holder, row.fence)
    except IntegrityError:
        return None


def run_once(
    house: Deployment, held: Held, job: str, slot: str, body: Callable[[Session], int], *, actor: Actor | None = None
) -> int | None:
    """Claim, do and done in one transaction. None when it was done already or the lease is another's."""
    whose = actor.partnership_id.hex if actor else "all"
    key = f"{job}:{whose}:{slot}"
    try:
        with unit_of_work(house, actor) as session:
            access.asked()
            _still_held(session, held)
            if session.scalar(select(JobRun.id).where(JobRun.key == key)) is not None:
                return None
            run = JobRun(key=key, at=clock.now(), counts={})
            session.add(run)
            session.flush()
            count = body(session)
            run.counts = {"count": count}
            if count and actor is not None:
                audit.record(session, actor, "job:ran", job=job, count=count)
            return count
    except (IntegrityError, LeaseLost):
        return None


def once(house: Deployment, held: Held, job: str, slot: str, body: Callable[[Session], int]) -> int:
    """Run a job of the whole deployment."""
    return run_once(house, held, job, slot, body) or 0


def in_each_partnership(
    house: Deployment, held: Held, job: str, slot: str, body: Callable[[Session, Actor], int]
) -> int:
    """Run a job in every partnership in which it has not run for this slot; one that fails does not stop the others."""
    done = 0
    for partnership_id in _waiting(house, job, slot):
        actor = access.system(partnership_id)
        try:
            done += run_once(house, held, job, slot, partial(_as, body, actor), actor=actor) or 0
        except Exception as problem:  # noqa: BLE001 one partnership must not stop the others
            log.error("%s failed in one partnership: %s", job, type(problem).__name__)  # noqa: TRY400 values stay out
    return done


def partnerships(house: Deployment) -> list[UUID]:
    """Every partnership of the deployment."""
    with house.reader() as session:
        return list(session.scalars(select(Partnership.id).order_by(Partnership.slug)))


def _as(body: Callable[[Session, Actor], int], actor: Actor, session: Session) -> int:
    return body(session, actor)


def _waiting(house: Deployment, job: str, slot: str) -> list[UUID]:
    keys = {f"{job}:{partnership_id.hex}:{slot}": partnership_id for partnership_id in partnerships(house)}
    with house.reader() as session:
        done = set(session.scalars(select(JobRun.key).where(JobRun.key.in_(list(keys)))))
    return [partnership_id for key, partnership_id in keys.items() if key not in done]


def _still_held(session: Session, held: Held) -> None:
    mine = (Lease.name == NAME, Lease.holder == held.holder, Lease.fence == held.fence)
    if session.scalar(select(Lease.id).where(*mine)) is None:
        raise LeaseLost
    session.execute(update(Lease).where(*mine).values(expires_at=clock.now() + LASTS))
