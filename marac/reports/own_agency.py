"""How one agency keeps up with what it agreed, for those who work there: actions, research, panels.

Answers for the reader's own agency alone: no other agency, no case, no person. Small numbers are hidden here too.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Action, Attendance, Meeting, Research
from marac.reports import trends
from marac.reports.charts import BarList, bar_list
from marac.reports.of_agencies import ANSWERED, CAME, HELD, SET_ASIDE, in_time
from marac.reports.suppressing import SMALLEST, shown
from marac.vocabulary import ActionState, Permission as P
from marac.workflows.deadlines import add_months, london

ON_TIME: Final = 85
QUARTER: Final = 3
Kept = tuple[date, bool]


def charts(session: Session, actor: Actor, today: date) -> list[BarList]:
    """Three bar lists, four times three whole months. NotAllowed unless the reader answers research for an agency."""
    access.require_holds(actor, P.RESEARCH_WRITE)
    months = trends.months_to(today)
    told = (
        ("Actions done by their day", "actions", _actions(session, actor, months[0], today)),
        ("Research answered by its deadline", "replies", _research(session, actor, months[0])),
        ("Panels your agency came to", "panels", _panels(session, actor, months[0])),
    )
    end = add_months(months[-1], 1)
    return [_chart(what, noun, [one for one in kept if one[0] < end], months) for what, noun, kept in told]


def _chart(what: str, noun: str, kept: list[Kept], months: list[date]) -> BarList:
    """Shares by quarter; one of fewer than five says so and has no bar."""
    met, of = sum(good for _, good in kept), len(kept)
    rows: list[tuple[str, float, str, str]] = []
    for first in months[::QUARTER]:
        end = add_months(first, QUARTER)
        good = [one for day, one in kept if first <= day < end]
        label = f"{first:%b %Y} to {end - timedelta(days=1):%b %Y}"
        if len(good) < SMALLEST:
            rows.append((label, 0.0, f"{shown(len(good))} {noun}", ""))
        else:
            share = 100 * sum(good) / len(good)
            rows.append((label, share, f"{share:.0f}%", f"of {len(good)} {noun}"))
    says = f"{what}: {100 * met / of:.0f}% of {of} in twelve months" if of >= SMALLEST else (
        f"{what}: {shown(of)} {noun} in twelve months, too few for a share"
    )  # fmt: skip
    return bar_list(says, rows, most=100, target=ON_TIME, head=("Months", "Share"),
                    about=f"The dashed line is {ON_TIME}%.")  # fmt: skip


def _actions(session: Session, actor: Actor, first: date, today: date) -> Iterable[Kept]:
    """Actions that fell due; withdrawn, handed over and overtaken ones are left out (DA-28)."""
    query = select(Action.due_on, Action.state, Action.closed_at).where(
        access.unwalled(actor, Action.case_id), Action.partnership_id == actor.partnership_id,
        Action.agency_id == actor.agency_id, Action.state.not_in(SET_ASIDE),
        Action.due_on.between(first, today - timedelta(days=1)),
    )  # fmt: skip
    for due_on, state, closed_at in session.execute(query):
        yield due_on, state is ActionState.COMPLETE and in_time(closed_at, due_on)


def _research(session: Session, actor: Actor, first: date) -> Iterable[Kept]:
    """Research whose deadline has passed, answered known or not known by then (DA-22)."""
    query = select(Research.due_at, Research.state, Research.returned_at).where(
        access.unwalled(actor, Research.case_id), Research.partnership_id == actor.partnership_id,
        Research.agency_id == actor.agency_id, Research.due_at >= london(first, time(0)), Research.due_at < clock.now(),
    )  # fmt: skip
    for due_at, state, returned_at in session.execute(query):
        yield clock.to_london(due_at).date(), state in ANSWERED and _by(returned_at, due_at)


def _by(at: datetime | None, due_at: datetime) -> bool:
    return at is not None and at <= due_at


def _panels(session: Session, actor: Actor, first: date) -> Iterable[Kept]:
    """Meetings held that the agency was asked to, and whether anybody of it, or a deputy, was there."""
    query = (
        select(Meeting.id, Meeting.starts_at, Attendance.state)
        .join(Meeting, Meeting.id == Attendance.meeting_id)
        .where(
            Attendance.partnership_id == actor.partnership_id, Attendance.agency_id == actor.agency_id,
            Meeting.state.in_(HELD), Meeting.programme.in_(actor.programmes),
            Meeting.starts_at >= london(first, time(0)),
        )
    )  # fmt: skip
    came: dict[tuple[object, date], bool] = defaultdict(bool)
    for meeting_id, starts_at, state in session.execute(query):
        came[meeting_id, clock.to_london(starts_at).date()] |= state in CAME
    for (_meeting, day), good in came.items():
        yield day, good
