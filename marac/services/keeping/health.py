"""`marac doctor`: what is set and what is wrong, one line each; never the value of a secret."""

import os
import shutil
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from marac import clock, notifications
from marac.config import LOOPBACK, Settings, load_settings, refuse_to_serve
from marac.crypto import turnover, vault
from marac.crypto.root_keys import FileRoot
from marac.errors import ConfigurationError, Refusal
from marac.models import Message, Partnership
from marac.services.clockwork import timetable
from marac.services.clockwork.timetable import JobLine
from marac.services.keeping import backup, escrow, gate
from marac.services.keeping.deployment import Deployment, check_schema, open_deployment
from marac.workflows.deadlines import holidays_confirmed

LEAST_FREE = 0.15
AWAY = timedelta(minutes=5)
BACKUP_AGE, DRILL_AGE = timedelta(hours=25), timedelta(days=8)
HALF_YEAR = timedelta(days=190)


def checks() -> list[dict[str, Any]]:
    """Every check as {name, ok, note}; a check that cannot run says why and counts as wrong."""
    try:
        settings = load_settings()
    except ConfigurationError as error:
        return [_check("settings", False, str(error))]
    found = [_check("settings", True, f"set: {', '.join(sorted(settings.model_fields_set)) or 'defaults only'}")]
    found += [_serving(settings), _mail(settings), _disk(settings), _holidays(), _checkpoints(settings)]
    try:
        house = open_deployment(settings, gated=False)
    except (ConfigurationError, Refusal) as error:
        return [*found, _check("database and keys", False, str(error))]
    try:
        why = gate.closed(house.engine, house.keyring)
        found += [_check("database and keys", True, "open, schema known, root key works")]
        return [*found, _check("restore gate", not why, f"{why} {gate.FINISH}" if why else "open"), *_inside(house)]
    finally:
        house.close()


def ready(house: Deployment) -> bool:
    """Whether both databases answer and hold the schema of this version: pages can be served."""
    try:
        check_schema(house.engine)
        return not gate.closed_by_restore(house.keyring)
    except (ConfigurationError, DBAPIError):
        return False


def figures(house: Deployment) -> dict[str, float]:
    """What a watching machine may know: numbers of the whole deployment, of nobody and of no case."""
    with house.reader() as session:
        jobs = timetable.job_lines(session)
        unsent = select(func.count()).where(Message.sent_at.is_(None))
        until = timetable.working(session)
        return {
            "worker_running": float(until is not None and until > clock.now() - AWAY),
            "jobs_failing": sum(bool(line.failures) for line in jobs),
            "messages_waiting": session.scalar(unsent) or 0,
            "messages_given_up": session.scalar(select(func.count()).where(*notifications.given_up())) or 0,
            "disk_free_ratio": round(_free(house.settings), 3),
        }


def _inside(house: Deployment) -> list[dict[str, Any]]:
    with vault.unit(house.keyring), house.reader() as session:
        partnerships = list(session.scalars(select(Partnership.slug)))
        found = [_check("partnerships", bool(partnerships), f"{len(partnerships)} founded")]
        found += [*of_jobs(session), *_of_backups(session)]
        if house.engine.dialect.name == "sqlite":
            modes = (session.scalar(text("pragma journal_mode")), session.scalar(text("pragma synchronous")))
            found.append(_check("durability", modes == ("wal", 2), "write-ahead log, full synchronisation"))
        found += [_rotations(house), _worn(house), _escrow(house, session)]
    house.keyring.root.selftest()
    return [*found, _check("root key", True, f"{house.keyring.root.id}: wraps and unwraps a canary")]


def _rotations(house: Deployment) -> dict[str, Any]:
    """A rotation that was broken off is taken up by running it again."""
    open_ = [f"{level} since {began[:16]}" for level, began, ended in turnover.standing(house.keyring) if ended is None]
    return _check("key rotation", True, f"under way: {', '.join(open_)}" if open_ else "none under way")


def _worn(house: Deployment) -> dict[str, Any]:
    worn = len(house.keyring.worn())
    return _check(
        "key wear", not worn, f"{worn} keys have sealed a million values: rotate them" if worn else "within limits"
    )


def _escrow(house: Deployment, session: Session) -> dict[str, Any]:
    """Somebody must be able to bring the root key back; a drill each half-year shows that they are."""
    made, drilled = escrow.last_drill(session)
    if not isinstance(house.keyring.root, FileRoot):
        return _check("escrow", True, f"kept by the provider {house.keyring.root.id}")
    if made is None:
        return _check("escrow", True, "nothing in escrow: if the root key is lost, all is lost")
    note = f"since {_at(made)}, last drill {_at(drilled)}" if drilled else f"since {_at(made)}, no drill yet"
    return _check("escrow", clock.now() - max(made, drilled or made) < HALF_YEAR, note)


def of_jobs(session: Session) -> list[dict[str, Any]]:
    """Is somebody keeping the timetable, how did each job fare, what waits to be sent? Kinds of errors only."""
    until = timetable.working(session)
    alive = until is None or until > clock.now() - AWAY
    note = "no worker has run yet" if until is None else "running" if alive else f"none since {_at(until)}"
    return [_check("worker", alive, note), *(_job(line) for line in timetable.job_lines(session)), _outbox(session)]


def _job(line: JobLine) -> dict[str, Any]:
    last = f"last {_at(line.last_at)}" if line.last_at else "has not run yet"
    failing = f", failed {line.failures} times, last {_at(line.failed_at)}: {line.why}" if line.failed_at else ""
    note = f"{line.when.lower()}, {last}, next {_at(line.next_at)}{failing}"
    return _check(f"job {line.name}", not line.failures, note)


def _outbox(session: Session) -> dict[str, Any]:
    """Messages that wait, since when, and those that were tried so often that nobody will be told."""
    dead = session.scalar(select(func.count()).where(*notifications.given_up())) or 0
    left = (Message.sent_at.is_(None), Message.attempts < notifications.MOST_ATTEMPTS)
    number, oldest = session.execute(select(func.count(), func.min(Message.enqueued_at)).where(*left)).one()
    since = f", the oldest since {_at(oldest)}" if oldest else ""
    return _check(
        "outbox", not dead, f"{number} waiting{since}; {dead} given up after {notifications.MOST_ATTEMPTS} tries"
    )


def _of_backups(session: Session) -> list[dict[str, Any]]:
    """How old the newest backup is, and when one was last put back on trial."""
    found = []
    for name, tag, most in (("backup", "backup:created", BACKUP_AGE), ("restore drill", "backup:drilled", DRILL_AGE)):
        at = backup.last(session, tag)
        young = at is not None and at > clock.now() - most
        found.append(_check(name, young, f"last {_at(at)}" if at else "never: see `marac backup --help`"))
    return found


def _at(moment: datetime) -> str:
    return f"{clock.to_london(moment):%Y-%m-%d %H:%M}"


def _checkpoints(settings: Settings) -> dict[str, Any]:
    places = len(settings.checkpoint_folders) + len(settings.checkpoint_readers)
    return _check("checkpoints", places != 1, f"the trail's checkpoints go to {places} places; two or more are safe")


def _mail(settings: Settings) -> dict[str, Any]:
    note = "set" if settings.smtp_url else "not set: messages wait in the outbox"
    return _check("mail", True, note)


def _disk(settings: Settings) -> dict[str, Any]:
    free = _free(settings)
    return _check("disk", free > LEAST_FREE, f"{free:.0%} free")


def _free(settings: Settings) -> float:
    folder = settings.data if settings.data.exists() else settings.data.parent
    usage = shutil.disk_usage(folder)
    return usage.free / usage.total


def _serving(settings: Settings) -> dict[str, Any]:
    """Whether `marac serve` would begin with these settings, and by what."""
    try:
        refuse_to_serve(settings, LOOPBACK[0], dict(os.environ))
    except ConfigurationError as error:
        return _check("serving", False, str(error))
    server = "gunicorn's processes" if find_spec("gunicorn") else "waitress's threads; marac[server] adds processes"
    figures = "figures at /metrics" if settings.metrics_token else "no figures (MARAC_METRICS_TOKEN is not set)"
    return _check("serving", True, f"by {server}, behind {settings.trusted_proxies} proxies, {figures}")


def _holidays() -> dict[str, Any]:
    known = holidays_confirmed(clock.today().replace(month=12, day=31))
    return _check("bank holidays", known, "published for this year" if known else "not published for this year yet")


def _check(name: str, ok: bool, note: str) -> dict[str, Any]:
    return {"name": name, "ok": ok, "note": note}
