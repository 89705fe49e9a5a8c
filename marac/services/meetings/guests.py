"""Guests and observers: an agency that is not core, or a named person of it, for one case or one meeting (DA-51).

Access begins with the invitation and ends by itself after the day of the meeting. A guest of one case hears that case
alone; refuses to invite who comes to every case anyway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Agency, AgendaGuest, AgendaItem, Attendance, CaseAgency, Meeting, Research
from marac.services.casework import naming
from marac.services.casework.involvement import ask_agencies, core_agencies
from marac.vocabulary import (
    AgendaItemState,
    AttendanceState,
    InvolvementBasis,
    MeetingState,
    Permission as P,
    ResearchState,
)

LIVE = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS)
OUT = (MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS)
BEFORE_END = (MeetingState.SCHEDULED, *OUT)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody asked in: the agency, the person if named, for which case (None: the whole meeting), until when."""

    id: UUID
    agency_id: UUID
    agency: str
    person_name: str
    case_id: UUID | None
    until_on: date

    @property
    def words(self) -> str:
        """Iris Vane, Elm School"""
        return ", ".join(part for part in (self.person_name, self.agency) if part)


def invite_guest(
    session: Session, actor: Actor, meeting: Meeting, agency: Agency, *, item: AgendaItem | None = None,
    person_name: str = "",
) -> AgendaGuest:  # fmt: skip
    """Ask an agency in for one case, or (without one) to observe the whole meeting. RuleBroken beside `agency`."""
    access.require(actor, P.MEETING_PUBLISH, meeting)
    _still_open(meeting)
    case_id = item.case_id if item else None
    if agency.id in core_agencies(session, meeting):
        raise RuleBroken("agency", "This agency comes to every case of this panel. Select another")
    for guest in session.scalars(select(AgendaGuest).where(AgendaGuest.meeting_id == meeting.id)):
        if guest.agency_id == agency.id and guest.case_id in (None, case_id):
            raise RuleBroken("agency", "This agency is asked in already")
    access.open_staff(actor, seal=True)
    guest = AgendaGuest(
        partnership_id=meeting.partnership_id, meeting_id=meeting.id, case_id=case_id, agency_id=agency.id,
        invited_by_id=actor.user_id, until_on=clock.to_london(meeting.starts_at).date(),
        person_name=person_name.strip() or None,
    )  # fmt: skip
    session.add(guest)
    _place(session, meeting, agency.id, person_name)
    audit.record(session, actor, "guest:invited", item or meeting, agency=agency.id)
    session.flush()
    let_in(session, actor, meeting)
    return guest


def _place(session: Session, meeting: Meeting, agency_id: UUID, person_name: str) -> None:
    """A chair at the table, so that the guest is counted and agrees confidentiality like everybody."""
    taken = select(Attendance.id).where(Attendance.meeting_id == meeting.id, Attendance.agency_id == agency_id)
    if session.scalar(taken.limit(1)) is None:
        session.add(
            Attendance(
                partnership_id=meeting.partnership_id, meeting_id=meeting.id, agency_id=agency_id,
                state=AttendanceState.INVITED, person_name=person_name.strip() or None,
            )
        )  # fmt: skip


def let_in(session: Session, actor: Actor, meeting: Meeting) -> None:
    """Give every guest the cases they were asked in for, to the day of the meeting as it is booked now.

    Safe to call again: after publishing, after a case was added, after the meeting was moved. Cases that the actor may
    not see keep what they have. Once the agenda is out a guest is asked for research like everybody.
    """
    last_day, guests = follow_day(session, meeting)
    shown = access.visible(actor, P.CASE_LIST, AgendaItem).where(AgendaItem.meeting_id == meeting.id)
    items = session.scalars(shown.where(AgendaItem.state.in_(LIVE))).all() if guests else []
    for item in items:
        wanted = [guest.agency_id for guest in guests if guest.case_id in (None, item.case_id)]
        for agency_id in wanted:
            _involve(session, item, agency_id, last_day)
        if wanted and meeting.state in OUT:
            ask_agencies(session, actor, item)


def follow_day(session: Session, meeting: Meeting) -> tuple[date, Sequence[AgendaGuest]]:
    """Let every guest's access end on the day that the meeting is booked for now; also in cases hidden from the actor.

    Returns that day and the guests.
    """
    last_day = clock.to_london(meeting.starts_at).date()
    guests = session.scalars(select(AgendaGuest).where(AgendaGuest.meeting_id == meeting.id)).all()
    listed = select(AgendaItem.case_id).where(AgendaItem.meeting_id == meeting.id, AgendaItem.state.in_(LIVE))
    for guest in guests:
        guest.until_on = last_day
        rows = select(CaseAgency).where(
            CaseAgency.agency_id == guest.agency_id, CaseAgency.basis == InvolvementBasis.CONSULTED,
            CaseAgency.until_on.is_not(None), CaseAgency.case_id.in_([guest.case_id] if guest.case_id else listed),
        )  # fmt: skip
        for row in session.scalars(rows):
            row.until_on = last_day
    return last_day, guests


def _involve(session: Session, item: AgendaItem, agency_id: UUID, last_day: date) -> None:
    query = select(CaseAgency).where(CaseAgency.case_id == item.case_id, CaseAgency.agency_id == agency_id)
    held = session.scalar(query.where(CaseAgency.basis == InvolvementBasis.CONSULTED))
    if held is None:
        session.add(
            CaseAgency(
                partnership_id=item.partnership_id, case_id=item.case_id, agency_id=agency_id,
                basis=InvolvementBasis.CONSULTED, since_on=clock.today(), until_on=last_day,
            )
        )  # fmt: skip
        session.flush()
    elif held.until_on is not None:
        held.until_on = last_day


def withdraw_guest(session: Session, actor: Actor, meeting: Meeting, guest_id: UUID) -> None:
    """Take an invitation back; access to its cases ends at once."""
    access.require(actor, P.MEETING_PUBLISH, meeting)
    _still_open(meeting)
    shown = access.visible(actor, P.MEETING_READ, AgendaGuest).where(AgendaGuest.meeting_id == meeting.id)
    guest = session.scalar(shown.where(AgendaGuest.id == guest_id))
    if guest is None:
        raise NotFound
    listed = select(AgendaItem.case_id).where(AgendaItem.meeting_id == meeting.id)
    rows = select(CaseAgency).where(
        CaseAgency.agency_id == guest.agency_id, CaseAgency.basis == InvolvementBasis.CONSULTED,
        CaseAgency.until_on.is_not(None), CaseAgency.case_id.in_([guest.case_id] if guest.case_id else listed),
    )  # fmt: skip
    waiting = select(Research).join(AgendaItem, AgendaItem.id == Research.item_id).where(
        AgendaItem.meeting_id == meeting.id, Research.agency_id == guest.agency_id,
        Research.state == ResearchState.REQUESTED,
    )  # fmt: skip
    unused = select(Attendance).where(
        Attendance.meeting_id == meeting.id, Attendance.agency_id == guest.agency_id,
        Attendance.state == AttendanceState.INVITED,
    )  # fmt: skip
    ended = session.scalars(rows).all()
    cases = {row.case_id for row in ended}
    asked = [research for research in session.scalars(waiting) if research.case_id in cases]
    for row in (*ended, *asked, *(session.scalars(unused) if not _elsewhere(session, guest) else ())):
        session.delete(row)
    audit.record(session, actor, "guest:withdrawn", meeting, agency=guest.agency_id)
    session.delete(guest)
    session.flush()


def _elsewhere(session: Session, guest: AgendaGuest) -> bool:
    """Whether the same agency is asked in for another case of the meeting."""
    others = select(AgendaGuest.id).where(
        AgendaGuest.meeting_id == guest.meeting_id, AgendaGuest.agency_id == guest.agency_id,
        AgendaGuest.id != guest.id,
    )  # fmt: skip
    return session.scalar(others.limit(1)) is not None


def list_guests(session: Session, actor: Actor, meeting: Meeting) -> tuple[Guest, ...]:
    """Who is asked in, as far as the viewer may see the case; only for those who run the meeting."""
    access.require(actor, P.MEETING_RUN, meeting)
    access.open_staff(actor)
    query = (
        select(
            *sealed_columns(AgendaGuest, "staff"), AgendaGuest.id, AgendaGuest.agency_id, AgendaGuest.case_id,
            AgendaGuest.until_on, Agency.name,
        )
        .join(Agency, Agency.id == AgendaGuest.agency_id)
        .where(access.rule(actor, P.MEETING_READ, AgendaGuest), AgendaGuest.meeting_id == meeting.id)
        .order_by(Agency.name, AgendaGuest.id)
    )  # fmt: skip
    rows = session.execute(query).all()
    opened = open_many(AgendaGuest, "staff", rows)
    return tuple(
        Guest(row.id, row.agency_id, naming.short(row.name), told.get("person_name") or "", row.case_id, row.until_on)
        for row, told in zip(rows, opened, strict=True)
    )


def agencies_to_invite(session: Session, actor: Actor, meeting: Meeting) -> Sequence[Agency]:
    """Agencies that do not come to every case anyway and may work on one, by name."""
    core = core_agencies(session, meeting)
    shown = access.visible(actor, P.AGENCY_READ, Agency).where(Agency.id.not_in(core)).order_by(Agency.name)
    return [agency for agency in session.scalars(shown) if "report_recipient" not in agency.functions]


def _still_open(meeting: Meeting) -> None:
    if meeting.state not in BEFORE_END:
        raise WrongState(f"the meeting {meeting.id} is over")
