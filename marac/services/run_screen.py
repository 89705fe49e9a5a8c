"""One case as the Run screen shows it: who it is about, what agencies shared, what is typed and agreed so far.

Reads only; every change is a service of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.errors import NotFound
from marac.models import Action, AgendaItem, Meeting
from marac.services import assigning, attendance, notes, research, running
from marac.services.agenda import Agenda, Line, view_agenda
from marac.services.assigning import Usual
from marac.services.attendance import HERE, Room
from marac.services.case_page import Head, case_page
from marac.services.notes import Note
from marac.services.research import Heard
from marac.services.running import Earlier
from marac.vocabulary import AgendaItemState, MinuteHeading, Permission as P, ResearchState


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything on the Run screen for one viewer."""

    agenda: Agenda
    line: Line
    head: Head
    notes: Mapping[MinuteHeading, Note]
    agreed: tuple[tuple[Action, str], ...]
    usual: tuple[Usual, ...]
    heard: tuple[Heard, ...]
    earlier: Earlier | None
    room: Room
    places: int
    following: Line | None

    @property
    def item(self) -> AgendaItem:
        """The item on the screen."""
        return self.line.item

    @property
    def writable(self) -> bool:
        """Whether anything may be typed: the case was called."""
        return self.item.state in (AgendaItemState.IN_PROGRESS, AgendaItemState.HEARD)

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
    agenda = view_agenda(session, actor, meeting)
    if not 1 <= number <= len(agenda.lines):
        raise NotFound
    line = agenda.lines[number - 1]
    item = line.item
    places = attendance.list_places(session, actor, meeting)
    return Screen(
        agenda=agenda,
        line=line,
        head=case_page(session, actor, item.case, page="run"),
        notes=notes.get_notes(session, actor, item),
        agreed=tuple(assigning.list_agreed(session, actor, item)),
        usual=tuple(assigning.list_usual(session, item)),
        heard=tuple(research.list_heard(session, actor, item)),
        earlier=running.since_last_time(session, actor, item),
        room=attendance.room_for(session, item),
        places=sum(place.state in HERE for place in places),
        following=agenda.after(number),
    )
