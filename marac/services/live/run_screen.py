"""One case as the Run screen shows it: who it is about, what agencies shared, what is typed and agreed so far.

Reads only; every change is a service of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import NotFound
from marac.models import Action, AgendaItem, Meeting
from marac.services.casework.case_page import Head, case_page
from marac.services.live import assigning, item_clock, notes, room, running
from marac.services.live.assigning import Usual
from marac.services.live.notes import HeardFrom, Note
from marac.services.live.room import Room
from marac.services.live.running import Earlier
from marac.services.meetings import attendance, research
from marac.services.meetings.agenda import Agenda, Line, view_agenda
from marac.services.meetings.attendance import HERE, Place
from marac.services.meetings.research import Heard
from marac.vocabulary import AgendaItemState, MinuteHeading, Permission as P, ResearchState
from marac.workflows.hearing import HearingRecord, record_of


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything on the Run screen for one viewer."""

    agenda: Agenda
    line: Line
    head: Head
    notes: Mapping[MinuteHeading, Note]
    agreed: tuple[tuple[Action, str], ...]
    lines: Mapping[UUID, str]
    usual: tuple[Usual, ...]
    heard: tuple[Heard, ...]
    chips: tuple[HeardFrom, ...]
    owners: tuple[tuple[str, str], ...]
    earlier: Earlier | None
    room: Room
    places: int
    expected: int
    late: tuple[Place, ...]
    present: tuple[Place, ...]
    following: Line | None

    @property
    def item(self) -> AgendaItem:
        """The item on the screen."""
        return self.line.item

    @property
    def looks_back(self) -> bool:
        """Whether the hearing says first what changed since last time."""
        return running.looks_back(self.item)

    @property
    def record(self) -> HearingRecord:
        """What this panel records of a case."""
        return record_of(self.item.case.programme)

    @property
    def writable(self) -> bool:
        """Whether anything may be typed: the case was called."""
        return self.item.state in (AgendaItemState.IN_PROGRESS, AgendaItemState.HEARD)

    @property
    def elapsed(self) -> timedelta:
        """How long the case has been talked about, less the pauses."""
        return item_clock.elapsed(self.item)

    @property
    def rest(self) -> timedelta:
        """How long after this case the meeting goes on, as planned."""
        end = max(item_clock.expected_end(self.item), clock.now())
        return max(self.agenda.finish_at - end, timedelta())

    @property
    def joined_by(self) -> Mapping[UUID, tuple[str, ...]]:
        """With whom an agency was given an action: action id -> the other agencies."""
        joint = [(action, agency) for action, agency in self.agreed if action.joint_id]
        return {
            one.id: tuple(agency for other, agency in joint if other.joint_id == one.joint_id and other is not one)
            for one, _agency in joint
        }

    @property
    def answered(self) -> int:
        """How many agencies have answered, either way."""
        return sum(one.state in research.ANSWERED for one in self.heard)

    @property
    def knowing(self) -> int:
        """How many agencies have said that they know the people."""
        return sum(one.state in (ResearchState.RETURNED, ResearchState.RELEASED) for one in self.heard)

    @property
    def late_answers(self) -> int:
        """Answers that came in after the case was called and are not open yet."""
        waiting = sum(one.state == ResearchState.RETURNED for one in self.heard)
        return waiting if self.item.state == AgendaItemState.IN_PROGRESS else 0


def view_screen(session: Session, actor: Actor, meeting: Meeting, number: int) -> Screen:
    """The Run screen of the case that this viewer counts as `number`; only for those who run the meeting."""
    access.require(actor, P.MEETING_RUN, meeting)
    room.require_agreed(session, actor, meeting)
    agenda = view_agenda(session, actor, meeting)
    if not 1 <= number <= len(agenda.lines):
        raise NotFound
    line = agenda.lines[number - 1]
    item = line.item
    agreed = assigning.list_agreed(session, actor, item)
    places = attendance.list_places(session, actor, meeting)
    return Screen(
        agenda=agenda,
        line=line,
        head=case_page(session, actor, item.case, page="run"),
        notes=notes.get_notes(session, actor, item),
        agreed=tuple(agreed),
        lines=assigning.list_lines(session, actor, agreed),
        usual=tuple(assigning.list_usual(session, item)),
        heard=tuple(research.list_heard(session, actor, item)),
        chips=tuple(notes.list_heard_from(session, actor, item)),
        owners=tuple((one.slug, one.name) for one in assigning.list_owners(session, actor)),
        earlier=running.since_last_time(session, actor, item),
        room=room.room_for(session, actor, item),
        places=sum(place.state in HERE for place in places),
        expected=len(places),
        late=tuple(room.list_late(places, meeting)),
        present=tuple(room.still_in(session, actor, item, places)),
        following=agenda.after(number),
    )
