"""Which meeting may hear a case: the ones that still take cases, and their cut-offs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import AgendaItem, Case, Meeting, Referral
from marac.services import local
from marac.services.casework.references import new_reference
from marac.vocabulary import (
    AGENDA_IS_OUT,
    NOT_BEGUN,
    AgendaItemState,
    MeetingKind,
    MeetingPlace,
    MeetingState,
    Permission as P,
    ProgrammeSlug,
)

WAITING = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Choice:
    """A meeting that a case may be listed for: when, how full, and whether listing it now would be late."""

    id: UUID
    reference: str
    starts_at: datetime
    kind: MeetingKind
    cutoff_at: datetime
    late: bool
    listed: int


def meeting_choices(
    session: Session, actor: Actor, programme: ProgrammeSlug, referral: Referral | None = None, most: int = 6
) -> list[Choice]:
    """The next meetings of a panel that take cases, soonest first; late ones are marked by `late_for` (DA-18)."""
    query = access.visible(actor, P.MEETING_READ, Meeting).where(
        Meeting.programme == programme, Meeting.state.in_(NOT_BEGUN), Meeting.starts_at > clock.now()
    )
    meetings = session.scalars(query.order_by(Meeting.starts_at).limit(most)).all()
    counts = _listed(session, [meeting.id for meeting in meetings])
    return [
        Choice(
            meeting.id, meeting.reference, meeting.starts_at, meeting.kind, cutoff_of(session, meeting),
            late_for(session, meeting, referral), counts.get(meeting.id, 0),
        )
        for meeting in meetings
    ]  # fmt: skip


def cutoff_of(session: Session, meeting: Meeting) -> datetime:
    """When referrals for a meeting close; an emergency meeting takes its one case until it begins."""
    if meeting.kind == MeetingKind.EMERGENCY:
        return meeting.starts_at
    return local.deadlines_of(session, meeting)["referral_cutoff"].at


def is_late(session: Session, meeting: Meeting) -> bool:
    """Whether the cut-off of a meeting has passed."""
    return clock.now() > cutoff_of(session, meeting)


def late_for(session: Session, meeting: Meeting, referral: Referral | None, cutoff: datetime | None = None) -> bool:
    """Whether listing is a late addition: after the cut-off, of a referral sent after it, or once the agenda is out.

    A case that was put off, or referred in time, goes on an agenda that is still being built without the chair (DA-18).
    """
    cutoff = cutoff or cutoff_of(session, meeting)
    if clock.now() <= cutoff:
        return False
    sent_at = referral.submitted_at if referral else None
    came_late = sent_at is not None and sent_at > cutoff
    return meeting.state in AGENDA_IS_OUT or (came_late and not _put_off_before(session, referral))


def _put_off_before(session: Session, referral: Referral | None) -> bool:
    listed = exists().where(AgendaItem.referral_id == referral.id) if referral else None
    return listed is not None and bool(session.scalar(select(listed)))


def first_open_meeting(session: Session, partnership_id: UUID, programme: ProgrammeSlug) -> Meeting | None:
    """The next meeting whose cut-off has not passed: where a referral received now would go."""
    query = select(Meeting).where(
        Meeting.partnership_id == partnership_id, Meeting.programme == programme,
        Meeting.state.in_(NOT_BEGUN), Meeting.starts_at > clock.now(), Meeting.kind != MeetingKind.EMERGENCY,
    )  # fmt: skip
    meetings = session.scalars(query.order_by(Meeting.starts_at).limit(6))
    return next((meeting for meeting in meetings if not is_late(session, meeting)), None)


def chosen_meeting(session: Session, actor: Actor, meeting_id: UUID | None) -> Meeting | None:
    """The meeting with that id when the actor may see it; None when none was chosen, NotFound for a stranger's."""
    if meeting_id is None:
        return None
    meeting = session.scalar(access.visible(actor, P.MEETING_READ, Meeting).where(Meeting.id == meeting_id))
    if meeting is None:
        raise NotFound
    return meeting


def schedule_emergency(session: Session, actor: Actor, programme: ProgrammeSlug, at: datetime) -> Meeting:
    """A meeting for one case by phone or online, at a moment to come (section 1.11)."""
    access.require_holds(actor, P.MEETING_SCHEDULE)
    if at <= clock.now():
        raise RuleBroken("emergency_at", "The emergency meeting must be in the future")
    rules, today = local.rules_of(session, actor.partnership_id, programme), clock.today()
    meeting = Meeting(
        partnership_id=actor.partnership_id, programme=programme, reference=new_reference(session),
        kind=MeetingKind.EMERGENCY, state=MeetingState.SCHEDULED, place=MeetingPlace.ONLINE, starts_at=at,
        minutes_per_case=rules.value("minutes_per_case.warn_over", today),
    )  # fmt: skip
    session.add(meeting)
    session.flush()
    audit.record(session, actor, "meeting:scheduled", meeting, kind=meeting.kind)
    return meeting


def waiting_item(session: Session, case: Case) -> AgendaItem | None:
    """The place of a case on an agenda that has not been heard yet."""
    query = select(AgendaItem).where(AgendaItem.case_id == case.id, AgendaItem.state.in_(WAITING))
    return session.scalar(query.limit(1))


def _listed(session: Session, meeting_ids: list[UUID]) -> dict[UUID, int]:
    rows = session.execute(
        select(AgendaItem.meeting_id, func.count()).where(
            AgendaItem.meeting_id.in_(meeting_ids), AgendaItem.state.in_(WAITING)
        ).group_by(AgendaItem.meeting_id)
    )  # fmt: skip
    return {meeting_id: number for meeting_id, number in rows}  # noqa: C416 - rows are not pairs to the type checker


def places_of(session: Session, meeting: Meeting) -> int:
    """How many cases a meeting is booked for: its own number, else the target of the rules in force on its day."""
    if meeting.capacity:
        return meeting.capacity
    rules = local.rules_of(session, meeting.partnership_id, meeting.programme)
    return int(rules.value("capacity.target_cases", clock.to_london(meeting.starts_at).date()))


def ends_at(session: Session, meeting: Meeting) -> datetime:
    """When a full meeting would end: places x minutes per case after it starts."""
    return meeting.starts_at + timedelta(minutes=places_of(session, meeting) * meeting.minutes_per_case)


def listed_on(session: Session, meeting_ids: list[UUID]) -> dict[UUID, int]:
    """How many cases wait on each of these agendas."""
    return _listed(session, meeting_ids)
