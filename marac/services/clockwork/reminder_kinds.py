"""What may be reminded of, and what of it is still to do: one line for each deadline. Names nobody; opens no case.

A thing is gone from here once it is met, held, decided or cancelled: nobody is reminded of it any more.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marac import access, clock
from marac.access import Actor
from marac.models import AgendaItem, Attendance, Case, Deadline, Meeting, Minutes, Referral, Research
from marac.services import local
from marac.services.casework.involvement import core_agencies
from marac.services.clockwork.recipients import AGENCY_PEOPLE
from marac.services.meetings.quorums import quorum_missing
from marac.vocabulary import (
    AGENDA_IS_OUT,
    UNANSWERED,
    AgendaItemState,
    AttendanceState,
    MeetingState,
    MinutesState,
    Permission as P,
    ProgrammeSlug,
    ReferralState,
    Role,
)

AHEAD = timedelta(days=28)
WAIT_FOR = {
    "triage_decided": (ReferralState.SUBMITTED, ReferralState.RETURNED), "emergency": (ReferralState.ACCEPTED,),
    "transfer_receipt": (ReferralState.TRANSFERRED_OUT,),
    "hand_over_acknowledged": (ReferralState.REFERRED_ELSEWHERE,), "decision_reviewed": (ReferralState.NOT_ACCEPTED,),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """One thing still to do: the row that policy is asked of, what people know it by, its dates and its page."""

    row_id: UUID
    about: UUID
    programme: ProgrammeSlug
    due_at: datetime
    dates: Mapping[str, datetime]
    path: str
    agency_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """Who is reminded: people of these roles who hold the permission on the row, of its agency where it has one."""

    model: Any
    permission: P
    roles: tuple[Role, ...]
    find: Callable[[Session, Actor], Iterable[Waits]]


def _coming(session: Session, actor: Actor, states: Iterable[MeetingState]) -> list[Meeting]:
    """Meetings of the next four weeks in these states. One whose day has passed is not waited for."""
    now = clock.now()
    query = access.visible(actor, P.JOB_RUN, Meeting).where(Meeting.state.in_(list(states)))
    return list(session.scalars(query.where(Meeting.starts_at > now, Meeting.starts_at < now + AHEAD)))


def _of_meeting(session: Session, meeting: Meeting, rule: str, page: str = "") -> Waits:
    dates = {name: one.at for name, one in local.deadlines_of(session, meeting).items()}
    path = page or f"/panels/{meeting.reference}"
    return Waits(meeting.id, meeting.id, meeting.programme, dates.get(rule, meeting.starts_at), dates, path)


def _agendas(session: Session, actor: Actor) -> Iterable[Waits]:
    for meeting in _coming(session, actor, (MeetingState.SCHEDULED,)):
        yield _of_meeting(session, meeting, "agenda_published")


def _attendance(session: Session, actor: Actor) -> Iterable[Waits]:
    """Core agencies that have said neither who comes nor that nobody does."""
    for meeting in _coming(session, actor, AGENDA_IS_OUT):
        states, waits = _places(session, meeting), _of_meeting(session, meeting, "attendance_confirmed")
        for agency_id in core_agencies(session, meeting):
            if set(states.get(agency_id, ())) <= {AttendanceState.INVITED}:
                yield replace(waits, agency_id=agency_id)


def _quorums(session: Session, actor: Actor) -> Iterable[Waits]:
    for meeting in _coming(session, actor, AGENDA_IS_OUT):
        if quorum_missing(session, meeting):
            yield replace(_of_meeting(session, meeting, "quorum_check"), due_at=meeting.starts_at)


def _places(session: Session, meeting: Meeting) -> dict[UUID, list[AttendanceState]]:
    found: dict[UUID, list[AttendanceState]] = {}
    query = select(Attendance.agency_id, Attendance.state).where(Attendance.meeting_id == meeting.id)
    for row in session.execute(query):
        found.setdefault(row.agency_id, []).append(row.state)
    return found


def _research(session: Session, actor: Actor) -> Iterable[Waits]:
    coming = _coming(session, actor, AGENDA_IS_OUT)
    waits = {one.id: _of_meeting(session, one, "research_due", page=f"/research/{one.reference}") for one in coming}
    asked = access.visible(actor, P.JOB_RUN, Research).join(AgendaItem, AgendaItem.id == Research.item_id)
    asked = asked.where(Research.state.in_(UNANSWERED), AgendaItem.meeting_id.in_(list(waits)))
    asked = asked.where(AgendaItem.state == AgendaItemState.LISTED)
    for row_id, agency_id, meeting_id in session.execute(
        asked.with_only_columns(Research.id, Research.agency_id, AgendaItem.meeting_id)
    ):
        yield replace(waits[meeting_id], row_id=row_id, agency_id=agency_id)


def _minutes(*states: MinutesState) -> Callable[[Session, Actor], Iterable[Waits]]:
    def find(session: Session, actor: Actor) -> Iterable[Waits]:
        query = access.visible(actor, P.JOB_RUN, Minutes).where(Minutes.state.in_(states))
        for minutes in session.scalars(query.options(joinedload(Minutes.meeting))):
            page = f"/panels/{minutes.meeting.reference}/minutes"
            dates = {"minutes_issued": minutes.due_at}
            yield Waits(minutes.id, minutes.meeting_id, minutes.programme, minutes.due_at, dates, page)

    return find


def _action_lists(session: Session, actor: Actor) -> Iterable[Waits]:
    """Meetings held whose action list has not gone: minutes that were circulated carried it (DA-31)."""
    query = access.visible(actor, P.JOB_RUN, Meeting).join(Deadline, Deadline.subject_id == Meeting.id)
    query = query.join(Minutes, Minutes.meeting_id == Meeting.id).where(Minutes.state != MinutesState.ISSUED)
    query = query.where(Deadline.rule == "actions_published", Deadline.met_at.is_(None))
    for meeting in session.scalars(query):
        yield _of_meeting(session, meeting, "actions_published", page=f"/panels/{meeting.reference}/minutes")


def _running(rule: str) -> Callable[[Session, Actor], Iterable[Waits]]:
    """Referrals for which a clock runs under a rule, in a state that it still waits for."""

    def find(session: Session, actor: Actor) -> Iterable[Waits]:
        query = access.visible(actor, P.JOB_RUN, Referral).join(Deadline, Deadline.subject_id == Referral.id)
        query = query.where(Deadline.rule == rule, Deadline.met_at.is_(None), Referral.state.in_(WAIT_FOR[rule]))
        columns = (Referral.id, Referral.programme, Referral.reference, Deadline.due_at)
        for row_id, programme, reference, due_at in session.execute(query.with_only_columns(*columns)):
            yield Waits(row_id, row_id, programme, due_at, {rule: due_at}, f"/referrals/{reference}")

    return find


def _of_case(rule: str, of: Any, path: str) -> Callable[[Session, Actor], Iterable[Waits]]:
    """Cases for which a clock runs under a rule: the case's own, or of a referral of it."""

    def find(session: Session, actor: Actor) -> Iterable[Waits]:
        query = access.visible(actor, P.JOB_RUN, Case)
        query = query.join(Referral, Referral.case_id == Case.id) if of is Referral else query
        query = query.join(Deadline, Deadline.subject_id == of.id)
        query = query.where(Deadline.rule == rule, Deadline.met_at.is_(None))
        columns = (Case.id, Case.programme, Deadline.due_at)
        for row_id, programme, due_at in session.execute(query.with_only_columns(*columns)):
            yield Waits(row_id, row_id, programme, due_at, {rule: due_at}, path)

    return find


_DECIDES = (Role.COORDINATOR,)
_WRITERS, _CHAIRS = (Role.COORDINATOR,), (Role.CHAIR,)

# by the deadline's name in the local rules; a further line of `reminders` there needs no line here
KINDS: dict[str, tuple[Kind, ...]] = {
    "agenda_published": (Kind(Meeting, P.MEETING_PUBLISH, _WRITERS, _agendas),),
    "attendance_confirmed": (Kind(Meeting, P.MEETING_READ, AGENCY_PEOPLE, _attendance),),
    "research_due": (Kind(Research, P.RESEARCH_WRITE, AGENCY_PEOPLE, _research),),
    "quorum_check": (Kind(Meeting, P.MEETING_RUN, _CHAIRS, _quorums),),
    "actions_published": (Kind(Meeting, P.MEETING_PUBLISH, _WRITERS, _action_lists),),
    "minutes_issued": (
        Kind(Minutes, P.MINUTES_WRITE, _WRITERS, _minutes(MinutesState.DRAFT, MinutesState.APPROVED)),
        Kind(Minutes, P.MINUTES_APPROVE, _CHAIRS, _minutes(MinutesState.SUBMITTED)),
    ),
    **{rule: (Kind(Referral, P.REFERRAL_DECIDE, _DECIDES, _running(rule)),) for rule in WAIT_FOR},
    "idva_first_contact": (
        Kind(Case, P.CASE_UPDATE, (Role.IDVA,), _of_case("idva_first_contact", Referral, "/today")),
    ),
    "victim_told": (Kind(Case, P.CASE_UPDATE, (Role.IDVA, Role.COORDINATOR), _of_case("victim_told", Case, "/today")),),
}
