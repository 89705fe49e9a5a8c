"""How agencies keep what they agreed in a year: actions, research, attendance. Counts, no case and no name."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Action, Agency, Attendance, Meeting, Research
from marac.reports.figures import Found, part_share, share, with_parts
from marac.vocabulary import ActionState, AttendanceState, MeetingState, ResearchState
from marac.workflows.financial_year import Year

CAME = (AttendanceState.PRESENT, AttendanceState.DEPUTY)
ANSWERED = (ResearchState.RETURNED, ResearchState.NIL_RETURN, ResearchState.RELEASED)
SET_ASIDE = (ActionState.WITHDRAWN, ActionState.TRANSFERRED, ActionState.NO_LONGER_POSSIBLE)
HELD = (MeetingState.HELD,)


class AgencyYear:
    """What is asked of agencies in one year."""

    def __init__(self, session: Session, actor: Actor, year: Year) -> None:
        self.session, self.actor, self.year = session, actor, year
        agencies = session.scalars(select(Agency).where(Agency.partnership_id == actor.partnership_id)).all()
        self.names = {one.id: one.name for one in agencies}
        self.core = {one.id: {panel for panel, how in one.panels.items() if how == "core"} for one in agencies}


def by_agency(year: AgencyYear, kept: Iterable[tuple[UUID, int, int]]) -> Found:
    """A share over all, and by agency in the order of their names; each line: agency, how many kept it, of how many."""
    met: Counter[UUID] = Counter()
    asked: Counter[UUID] = Counter()
    for agency_id, good, all_of_them in kept:
        asked[agency_id] += all_of_them
        met[agency_id] += good
    order = sorted(asked, key=lambda agency_id: year.names[agency_id].casefold())
    parts = [part_share(year.names[agency_id], met[agency_id], asked[agency_id]) for agency_id in order]
    return with_parts(share(sum(met.values()), sum(asked.values())), parts)


def actions_on_time(year: AgencyYear) -> Found:
    """Actions due in the year and done by their day; withdrawn, handed over and overtaken ones are left out (DA-28)."""
    query = select(Action.agency_id, Action.state, Action.due_on, Action.closed_at).where(
        Action.partnership_id == year.actor.partnership_id, Action.state.not_in(SET_ASIDE),
        access.unwalled(year.actor, Action.case_id),
        Action.due_on.between(year.year.first_on, min(year.year.last_on, clock.today() - timedelta(days=1))),
    )  # fmt: skip
    return by_agency(
        year,
        (
            (agency_id, int(state is ActionState.COMPLETE and in_time(closed_at, due_on)), 1)
            for agency_id, state, due_on, closed_at in year.session.execute(query)
        ),
    )


def in_time(closed_at: datetime | None, due_on: date) -> bool:
    """Whether an action was closed by its day, in London."""
    return closed_at is not None and clock.to_london(closed_at).date() <= due_on


def research_on_time(year: AgencyYear) -> Found:
    """Research whose deadline was in the year and that was answered, known or not known, by then (DA-22)."""
    in_time = and_(Research.state.in_(ANSWERED), Research.returned_at <= Research.due_at)
    query = (
        select(Research.agency_id, func.sum(case((in_time, 1), else_=0)), func.count())
        .where(
            Research.partnership_id == year.actor.partnership_id, access.unwalled(year.actor, Research.case_id),
            Research.due_at >= year.year.start, Research.due_at < min(year.year.end, clock.now()),
        )
        .group_by(Research.agency_id)
    )  # fmt: skip
    return by_agency(year, ((agency_id, good, asked) for agency_id, good, asked in year.session.execute(query)))


def attendance_core(year: AgencyYear) -> Found:
    """Meetings held in the year at which a core agency of that panel was present or sent a deputy."""
    query = (
        select(Attendance.agency_id, Meeting.id, Meeting.programme, Attendance.state)
        .join(Meeting, Meeting.id == Attendance.meeting_id)
        .where(
            Attendance.partnership_id == year.actor.partnership_id, Meeting.state.in_(HELD),
            Meeting.starts_at >= year.year.start, Meeting.starts_at < year.year.end,
        )
    )  # fmt: skip
    came: dict[tuple[UUID, UUID], bool] = defaultdict(bool)
    for agency_id, meeting_id, programme, state in year.session.execute(query):
        if programme in year.core.get(agency_id, ()):
            came[agency_id, meeting_id] |= state in CAME
    return by_agency(year, ((agency_id, int(good), 1) for (agency_id, _), good in came.items()))
