"""How the work of a panel went, meeting by meeting and month by month: counts without a name, for the dashboards."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from statistics import median
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Agency, AgendaItem, Meeting, Referral, Research
from marac.reports.hearings import Hearing, heard
from marac.vocabulary import MeetingKind, MeetingState, ProgrammeSlug, ReferralState, ResearchState, TriageOutcome
from marac.workflows.deadlines import add_months, london
from marac.workflows.forecast import Booked, Forecast, forecast

ANSWERED = (ResearchState.RETURNED, ResearchState.NIL_RETURN, ResearchState.RELEASED)
OUT = (MeetingState.SCHEDULED, MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED)
LISTED = (TriageOutcome.ACCEPT, TriageOutcome.ACCEPT_REPEAT, TriageOutcome.ACCEPT_TRANSFER_IN)
WEEKS = 26


@dataclass(frozen=True, slots=True)
class Sitting:
    """One meeting that was held: cases, repeats, and how many it had room for."""

    meeting_id: UUID
    on: date
    cases: int
    repeats: int
    capacity: int | None


def sittings(hearings: Iterable[Hearing], capacities: dict[UUID, int | None]) -> list[Sitting]:
    """The meetings of these hearings in order of their day."""
    grouped: dict[UUID, list[Hearing]] = defaultdict(list)
    for one in hearings:
        grouped[one.meeting_id].append(one)
    return [
        Sitting(key, held[0].held_on, len(held), sum(one.is_repeat for one in held), capacities.get(key))
        for key, held in grouped.items()
    ]


def capacities(session: Session, actor: Actor, meetings: Iterable[UUID]) -> dict[UUID, int | None]:
    """How many cases each meeting had room for."""
    query = select(Meeting.id, Meeting.capacity).where(
        Meeting.partnership_id == actor.partnership_id, Meeting.id.in_(list(meetings))
    )
    return dict(session.execute(query).all())


def months_to(today: date, count: int = 12) -> list[date]:
    """The first days of the last whole months before a day, oldest first."""
    this = today.replace(day=1)
    return [add_months(this, -number) for number in range(count, 0, -1)]


def hearings_since(session: Session, actor: Actor, programme: ProgrammeSlug, first: date, today: date) -> list[Hearing]:
    """Every hearing from a day on, up to today."""
    end = london(today + timedelta(days=1), time(0))
    return heard(session, actor, programme, london(first, time(0)), end)


def rolling_repeats(hearings: list[Hearing], months: list[date]) -> list[tuple[date, int, int]]:
    """Repeats of all heard in the twelve months to the end of each month."""
    found = []
    for month in months:
        end, start = add_months(month, 1), add_months(month, -11)
        held = [one for one in hearings if start <= one.held_on < end]
        found.append((month, sum(one.is_repeat for one in held), len(held)))
    return found


def days_to_panel(hearings: list[Hearing], months: list[date]) -> list[tuple[date, float | None, int]]:
    """Median days from a referral to its first hearing, by the month it was heard, with how many."""
    first: dict[tuple[UUID, object], Hearing] = {}
    for one in hearings:
        first.setdefault((one.case_id, one.referred_at), one)
    waited: dict[date, list[int]] = defaultdict(list)
    for one in first.values():
        if one.referred_at is not None and one.held_at >= one.referred_at:
            waited[one.held_on.replace(day=1)].append((one.held_at - one.referred_at).days)
    return [(month, median(waited[month]) if waited[month] else None, len(waited[month])) for month in months]


def sources(session: Session, actor: Actor, hearings: list[Hearing]) -> list[tuple[str, int]]:
    """How many hearings came from each agency's heading of the return, the largest first."""
    headings = dict(
        session.execute(
            select(Agency.id, Agency.return_heading).where(Agency.partnership_id == actor.partnership_id)
        ).all()
    )  # fmt: skip
    counted = Counter((headings.get(one.agency_id) if one.agency_id else None) or "other" for one in hearings)
    return counted.most_common()


def replies(session: Session, actor: Actor, meetings: list[UUID]) -> dict[tuple[UUID, UUID], tuple[int, int, int]]:
    """By (agency, meeting): answered in time, answered late, not answered."""
    in_time = Research.returned_at <= Research.due_at
    query = (
        select(Research.agency_id, AgendaItem.meeting_id, Research.state, in_time, func.count())
        .join(AgendaItem, AgendaItem.id == Research.item_id)
        .where(access.unwalled(actor, Research.case_id), AgendaItem.meeting_id.in_(meetings))
        .group_by(Research.agency_id, AgendaItem.meeting_id, Research.state, in_time)
    )  # fmt: skip
    found: dict[tuple[UUID, UUID], list[int]] = defaultdict(lambda: [0, 0, 0])
    for agency_id, meeting_id, state, punctual, number in session.execute(query):
        found[agency_id, meeting_id][2 if state not in ANSWERED else 0 if punctual else 1] += number
    return {key: (held[0], held[1], held[2]) for key, held in found.items()}


def load_ahead(session: Session, actor: Actor, programme: ProgrammeSlug, today: date) -> Forecast | None:
    """What is to come: cases listed in each of the last 26 weeks, referrals to decide, room on the booked panels."""
    start = today - timedelta(weeks=WEEKS)
    accepted = session.scalars(
        select(Referral.decided_at).where(
            access.unwalled(actor, Referral.case_id), Referral.partnership_id == actor.partnership_id,
            Referral.programme == programme,
            Referral.outcome.in_(LISTED),
            Referral.decided_at >= london(start, time(0)),
        )
    )  # fmt: skip
    weekly = Counter((moment.date() - start).days // 7 for moment in accepted if moment)
    waiting = session.scalar(
        select(func.count(Referral.id)).where(
            access.unwalled(actor, Referral.case_id), Referral.partnership_id == actor.partnership_id,
            Referral.programme == programme,
            Referral.state.in_((ReferralState.SUBMITTED, ReferralState.RETURNED)),
        )
    )  # fmt: skip
    panels = select(Meeting.id, Meeting.starts_at, Meeting.capacity, func.count(AgendaItem.id)).outerjoin(
        AgendaItem, AgendaItem.meeting_id == Meeting.id
    )
    booked = session.execute(
        panels.where(
            Meeting.partnership_id == actor.partnership_id, Meeting.programme == programme,
            Meeting.state.in_(OUT), Meeting.kind == MeetingKind.ROUTINE, Meeting.starts_at >= london(today, time(0)),
        ).group_by(Meeting.id, Meeting.starts_at, Meeting.capacity)
    )  # fmt: skip
    room = [Booked(moment.date(), max((capacity or 0) - taken, 0)) for _, moment, capacity, taken in booked]
    return forecast([weekly[week] for week in range(WEEKS)], waiting or 0, room, today)
