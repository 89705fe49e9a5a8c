"""The clocks of a Sanctuary request: one for each stage it enters, paused while the scheme cannot act (SAN-24).

Nothing is overwritten: a target that a change of priority replaced stays on the record. Decides no state.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import clock
from marac.models import SanctuaryRequest, StageClock
from marac.services import local
from marac.vocabulary import PauseWhy, ProgrammeSlug, SanctuaryPriority, SanctuaryState as S
from marac.workflows.deadlines import END_OF_DAY, london
from marac.workflows.sanctuary import HELD, LINE
from marac.workflows.sanctuary_clocks import ENTERED, MOVED_OUT, PAUSES, SENT, SURVEYED, TRIAGED, after_pause, stage_due


@dataclass(frozen=True, slots=True)
class Reading:
    """How a stage stands: what it may take, how long it ran and stood still, whether it is past its target."""

    stage: S
    started_at: datetime
    due_at: datetime | None
    paused_why: PauseWhy | None
    running: timedelta
    paused: timedelta
    late: bool

    @property
    def days(self) -> int:
        """Whole days in this stage, the standing still included."""
        return (self.running + self.paused).days


def enter_stage(session: Session, request: SanctuaryRequest) -> None:
    """The stage that was left is met, or stands still; the one entered starts, or goes on where it stood."""
    now, closed = clock.now(), local.closures(session, request.partnership_id)
    live, pause = _live(session, request), PAUSES.get(request.state)
    left = live[-1].stage if live else None
    if request.state in HELD and left not in HELD:
        request.held_from = left if left in LINE else S.FOLLOW_UP
    going_on = next((one for one in live if one.stage == request.state and one.paused_at), None)
    for one in live:
        if one is going_on:
            _go_on(one, now, closed)
        elif pause is None or one.stage in HELD:
            one.met_at = now
        elif one.paused_at is None:
            one.paused_at, one.paused_why = now, pause
    if going_on is None:
        _start(session, request, request.state, now)
    request.stage_since_at = now
    session.flush()


def start(session: Session, request: SanctuaryRequest) -> None:
    """The first clock, of the draft."""
    _start(session, request, request.state, clock.now())


def change_priority(session: Session, request: SanctuaryRequest, priority: SanctuaryPriority) -> None:
    """Recompute what is not met yet under another priority; the old targets stay on the record (SAN-24)."""
    request.priority = priority
    for one in _live(session, request):
        one.replaced_at = clock.now()
        fresh = _start(session, request, one.stage, one.started_at)
        fresh.paused_at, fresh.paused_why, fresh.paused_seconds = one.paused_at, one.paused_why, one.paused_seconds
        if one.paused_seconds:
            closed = local.closures(session, request.partnership_id)
            fresh.due_at = after_pause(fresh.due_at, timedelta(seconds=one.paused_seconds), priority, closed)
    session.flush()


def again(session: Session, request: SanctuaryRequest) -> None:
    """Compute the running target again: what it is counted from was only learnt now."""
    change_priority(session, request, request.priority)


def read(one: StageClock, at: datetime | None = None) -> Reading:
    """How a clock stands at a moment (now unless told)."""
    until = one.met_at or at or clock.now()
    standing = timedelta(seconds=one.paused_seconds)
    if one.paused_at is not None:
        standing += max(until - one.paused_at, timedelta())
    late = one.due_at is not None and one.paused_at is None and until > one.due_at
    return Reading(
        one.stage, one.started_at, one.due_at, one.paused_why if one.paused_at else None,
        max(until - one.started_at - standing, timedelta()), standing, late,
    )  # fmt: skip


def whole_due(session: Session, request: SanctuaryRequest) -> datetime | None:
    """When the whole request is to be done, counted from when it was sent; None for a draft."""
    if request.submitted_at is None:
        return None
    moments = {ENTERED: request.submitted_at}
    targets = {"triage": _targets(session, request).get("whole", {})}
    closed = local.closures(session, request.partnership_id)
    return stage_due(targets, S.SUBMITTED, request.priority, moments, closed)


def _live(session: Session, request: SanctuaryRequest) -> list[StageClock]:
    query = select(StageClock).where(
        StageClock.request_id == request.id, StageClock.met_at.is_(None), StageClock.replaced_at.is_(None)
    )
    return list(session.scalars(query.order_by(StageClock.number)))


def _go_on(one: StageClock, now: datetime, closed: frozenset[Any]) -> None:
    stood = now - (one.paused_at or now)
    one.due_at = after_pause(one.due_at, stood, one.priority, closed)
    one.paused_seconds += int(stood.total_seconds())
    one.paused_at = one.paused_why = None


def _start(session: Session, request: SanctuaryRequest, stage: S, at: datetime) -> StageClock:
    held = session.scalars(select(StageClock).where(StageClock.request_id == request.id)).all()
    moments = {
        ENTERED: at, SENT: request.submitted_at, SURVEYED: request.surveyed_at,
        TRIAGED: min((one.started_at for one in held if one.stage == S.IN_TRIAGE), default=None),
        MOVED_OUT: london(request.moved_out_on, END_OF_DAY) if request.moved_out_on else None,
    }  # fmt: skip
    closed = local.closures(session, request.partnership_id)
    one = StageClock(
        partnership_id=request.partnership_id, case_id=request.case_id, request_id=request.id,
        number=1 + max((one.number for one in held), default=0), stage=stage, priority=request.priority,
        started_at=at, due_at=stage_due(_targets(session, request), stage, request.priority, moments, closed),
        paused_seconds=0,
    )  # fmt: skip
    session.add(one)
    session.flush()
    return one


def _targets(session: Session, request: SanctuaryRequest) -> dict[str, Any]:
    rules = local.rules_of(session, request.partnership_id, ProgrammeSlug.SANCTUARY)
    return rules.block("deadlines", clock.today())
