"""Slowing down guesses. After ten failures in 15 minutes each further try must wait longer; nobody is ever locked out.

Accounts, addresses and codes are counted under keyed hashes, so the table names nobody. A try is counted before it is
checked, so that tries at the same instant cannot slip past; what succeeds is taken out again.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import ClassVar, Final, NamedTuple
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from marac import clock
from marac.crypto.keyring import Keyring
from marac.errors import RuleBroken
from marac.models import Meeting, SigninAttempt
from marac.vocabulary import MeetingState

WINDOW: Final = timedelta(minutes=15)
ALLOWED: Final = {"account": 10, "address": 50, "code": 5, "mail": 3}  # failures in the window before there is a wait
FIRST_WAIT: Final = 5  # seconds, doubled with each further failure
LONGEST_WAIT: Final = 60
MEETING_DAY_WAIT: Final = 5


class TooSoon(RuleBroken):
    """Too many failed tries: wait. Says the same for an account that exists and one that does not."""

    status: ClassVar[int] = 429

    def __init__(self, seconds: int) -> None:
        super().__init__("", f"Wait {seconds} seconds, then try again")
        self.seconds = seconds


class Bucket(NamedTuple):
    """What is counted together: its kind and the keyed hash of whom."""

    kind: str
    key: bytes


def bucket(keyring: Keyring, kind: str, who: str) -> Bucket:
    """The bucket of an account, an address or a code; `who` cannot be found from it."""
    secret = keyring.deployment_secret("throttle")
    return Bucket(kind, hmac.digest(secret, f"{kind}\0{who}".encode(), hashlib.sha256)[:16])


def take_turn(session: Session, buckets: Iterable[Bucket]) -> list[UUID]:
    """Count one try in each bucket, or raise TooSoon with the seconds to wait. Returns what `give_back` takes."""
    now, wanted = clock.now(), list(buckets)
    wait = max(_wait(session, one, now) for one in wanted)
    if wait > 0:
        raise TooSoon(min(wait, MEETING_DAY_WAIT) if is_meeting_day(session) else wait)
    attempts = [SigninAttempt(bucket=one.key, at=now) for one in wanted]
    session.add_all(attempts)
    session.flush()
    return [attempt.id for attempt in attempts]


def give_back(session: Session, turn: Iterable[UUID], forget: Bucket) -> None:
    """The try succeeded: it does not count, and earlier failures of that account or code are forgotten."""
    session.execute(delete(SigninAttempt).where(SigninAttempt.id.in_(list(turn))))
    session.execute(delete(SigninAttempt).where(SigninAttempt.bucket == forget.key))


def keep(session: Session, turn: Iterable[UUID]) -> None:
    """The try failed: its wait runs from now."""
    session.execute(update(SigninAttempt).where(SigninAttempt.id.in_(list(turn))).values(at=clock.now()))


def forget_old_attempts(session: Session) -> int:
    """Delete attempts that no longer count; for the nightly job. Returns how many."""
    old = delete(SigninAttempt).where(SigninAttempt.at < clock.now() - WINDOW)
    return len(session.scalars(old.returning(SigninAttempt.id)).all())


def is_meeting_day(session: Session) -> bool:
    """Whether any panel of the deployment sits today. Asked of all: the wait must not tell which account exists."""
    midnight = datetime.combine(clock.today(), time(), clock.LONDON)
    today = Meeting.starts_at.between(midnight, midnight + timedelta(days=1))
    return session.scalar(select(exists().where(today, Meeting.state != MeetingState.CANCELLED))) or False


def _wait(session: Session, one: Bucket, now: datetime) -> int:
    """Seconds until the next try of a bucket; 0 or less when it may go on."""
    recent = (SigninAttempt.bucket == one.key, SigninAttempt.at > now - WINDOW)
    failures, last = session.execute(select(func.count(), func.max(SigninAttempt.at)).where(*recent)).one()
    over = failures - ALLOWED[one.kind]
    if over < 0:
        return 0
    delay = min(FIRST_WAIT * 2 ** min(over, 8), LONGEST_WAIT)
    if is_meeting_day(session):
        delay = min(delay, MEETING_DAY_WAIT)
    return -int((now - (last + timedelta(seconds=delay))).total_seconds() // 1)
