"""A meeting without a room (DA-56, as Norfolk does): a closing date, posted information, then decision and actions.

Who takes part agrees confidentiality on their own device first. The coordinator opens what was posted; the closing date
passes; decisions are recorded under the same guards as in a room, and every case counts as discussed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, WrongState
from marac.models import AgendaItem, Meeting
from marac.services import moving
from marac.services.live import room, running
from marac.services.meetings import attendance, research
from marac.services.meetings.agenda import Line, list_items, view_agenda
from marac.services.meetings.research import Heard
from marac.vocabulary import AgendaItemState, MeetingKind, MeetingState, Permission as P, ResearchState
from marac.workflows import WORKFLOWS
from marac.workflows.guards import confidentiality_agreed

DOCUMENTS: Mapping[MeetingKind, str] = MappingProxyType({MeetingKind.ASYNCHRONOUS: "Information and updates"})


@dataclass(frozen=True, slots=True)
class Posted:
    """One case with what agencies posted, as far as it is open to this viewer."""

    line: Line
    heard: tuple[Heard, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The page of a meeting without a room."""

    closes_at: datetime
    closed: bool
    agrees: bool
    agreed: int
    opens: bool
    decides: bool
    waiting: int
    cases: tuple[Posted, ...]


def document_name(meeting: Meeting) -> str:
    """What the minutes of this kind of meeting are called."""
    return DOCUMENTS.get(meeting.kind, "Minutes")


def view_board(session: Session, actor: Actor, meeting: Meeting) -> Board:
    """Every case that the viewer may see, with what was posted and opened. NotFound for a meeting in a room."""
    access.require(actor, P.MEETING_READ, meeting)
    if meeting.kind != MeetingKind.ASYNCHRONOUS:
        raise NotFound
    runs, closed = access.holds(actor, P.MEETING_RUN), clock.now() >= meeting.starts_at
    lines = view_agenda(session, actor, meeting).lines
    cases = tuple(Posted(line, tuple(research.list_heard(session, actor, line.item))) for line in lines)
    places = attendance.list_places(session, actor, meeting)
    return Board(
        meeting.starts_at, closed, attendance.may_agree(session, actor, meeting),
        sum(place.agreed_at is not None for place in places), runs and meeting.state in OPENS_FROM,
        runs and closed and meeting.state == MeetingState.IN_PROGRESS,
        sum(one.state == ResearchState.RETURNED for case in cases for one in case.heard), cases,
    )  # fmt: skip


LISTED = (AgendaItemState.LISTED,)
OPENS_FROM = (MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS)


def open_information(session: Session, actor: Actor, meeting: Meeting, *, chair_id: UUID | None = None) -> int:
    """Open what agencies posted so far to those that agreed; again for what was posted since. Returns answers opened.

    The first time this opens the meeting: its chair is named, and somebody has agreed confidentiality (DA-23).
    """
    if meeting.kind != MeetingKind.ASYNCHRONOUS:
        raise WrongState(f"{meeting.id} is held in a room")
    access.require(actor, P.MEETING_RUN, meeting)
    if not access.holds(actor, P.RESEARCH_RELEASE):
        raise NotAllowed
    waiting = sum(research.count_returned(session, actor, item) for item in list_items(session, actor, meeting))
    if meeting.state != MeetingState.IN_PROGRESS:
        chair = chair_id or meeting.chair_id
        _check(
            session,
            actor,
            meeting,
            chair,
            [item for item in list_items(session, actor, meeting) if item.state in LISTED],
        )
        moving.advance(session, actor, meeting, "open", chair_id=chair)
        meeting.chair_id, meeting.opened_at = chair, clock.now()
        attendance.agree_by_opening(session, actor, meeting)
    for item in list_items(session, actor, meeting):
        if item.state == AgendaItemState.LISTED:
            running.call_item(session, actor, item)
        elif item.state == AgendaItemState.IN_PROGRESS:
            research.release_late(session, actor, item)
    moving.flush(session)
    return waiting


def _check(session: Session, actor: Actor, meeting: Meeting, chair_id: UUID | None, items: list[AgendaItem]) -> None:
    """Everything that could refuse, before anything is changed: the page says so and goes on."""
    WORKFLOWS["meeting"].find("open", meeting.state).check(meeting, {"chair_id": chair_id})
    for item in items:
        heard = room.room_for(session, actor, item)
        confidentiality_agreed(item, {"agreed": heard.agreed, "not_agreed": heard.not_agreed})
