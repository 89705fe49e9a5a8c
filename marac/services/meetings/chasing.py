"""The coordinator's matrix of agencies and cases, and one press to chase those that have not answered (DA-22).

States only: no answer is opened here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Agency, AgendaItem, Meeting, Research
from marac.services.clockwork.recipients import AGENCY_PEOPLE, active_people
from marac.services.meetings.agenda import Agenda, view_agenda
from marac.services.meetings.research import ASKED, LIVE_ITEMS
from marac.services.meetings.research_people import ANSWERED
from marac.vocabulary import Permission as P, ResearchState, Template


@dataclass(frozen=True, slots=True)
class Replies:
    """One agency's row of the matrix; a cell is None where the agency is not asked."""

    agency_id: UUID
    agency: str
    cells: tuple[ResearchState | None, ...]
    late: bool

    @property
    def asked(self) -> int:
        """How many cases the agency is asked about."""
        return sum(cell is not None for cell in self.cells)

    @property
    def answered(self) -> int:
        """How many it has answered, either way."""
        return sum(cell in ANSWERED for cell in self.cells)

    @property
    def missing(self) -> int:
        """How many it has not answered."""
        return self.asked - self.answered

    @property
    def known(self) -> int:
        """How many it knows."""
        return sum(cell in (ResearchState.RETURNED, ResearchState.RELEASED) for cell in self.cells)

    @property
    def nil(self) -> int:
        """How many it answered with not known."""
        return sum(cell == ResearchState.NIL_RETURN for cell in self.cells)

    @property
    def standing(self) -> str:
        """In, nil, late or waiting (DA-22)."""
        if self.missing:
            return "Late" if self.late else "Waiting"
        return "Nil: knows nobody" if self.asked and self.nil == self.asked else "In"


@dataclass(frozen=True, slots=True)
class Matrix:
    """Agencies by cases, as this viewer numbers the cases."""

    agenda: Agenda
    rows: tuple[Replies, ...]
    due_at: datetime | None

    @property
    def missing(self) -> tuple[Replies, ...]:
        """The agencies to chase."""
        return tuple(row for row in self.rows if row.missing)


def view_matrix(session: Session, actor: Actor, meeting: Meeting) -> Matrix:
    """Who has answered what, for those who chase (DA-22)."""
    access.require(actor, P.RESEARCH_CHASE, meeting)
    agenda = view_agenda(session, actor, meeting)
    found = session.execute(
        select(Research.agency_id, Agency.name, Research.item_id, Research.state, Research.due_at)
        .join(Agency, Agency.id == Research.agency_id)
        .join(AgendaItem, AgendaItem.id == Research.item_id)
        .where(access.rule(actor, P.RESEARCH_CHASE, Research), AgendaItem.meeting_id == meeting.id)
    ).all()
    names = {row.agency_id: row.name for row in found}
    over = {line.item.id for line in agenda.lines if line.item.state not in LIVE_ITEMS}
    states = {
        (row.agency_id, row.item_id): row.state for row in found if row.item_id not in over or row.state in ANSWERED
    }
    due_at = min((row.due_at for row in found), default=None)
    late = due_at is not None and due_at < clock.now()
    rows = [
        Replies(agency_id, name, tuple(states.get((agency_id, line.item.id)) for line in agenda.lines), late)
        for agency_id, name in names.items()
    ]
    return Matrix(agenda, tuple(sorted(rows, key=lambda row: (not row.missing, row.agency))), due_at)


def chase(session: Session, actor: Actor, meeting: Meeting, agency_ids: Iterable[UUID]) -> int:
    """Remind the people who answer for these agencies, once a day; an agency that has answered is left alone."""
    if meeting.state not in ASKED:
        raise RuleBroken("agencies", "This panel no longer waits for answers")
    wanted = set(agency_ids)
    missing = [row.agency_id for row in view_matrix(session, actor, meeting).missing if row.agency_id in wanted]
    if not missing:
        raise RuleBroken("agencies", "Select at least one agency that has not answered")
    people = active_people(session, meeting.partnership_id, AGENCY_PEOPLE, agencies=missing)
    notifications.enqueue(
        session, meeting.partnership_id, people, Template.RESEARCH_ASKED,
        subject_key=f"chase:{meeting.id.hex}:{clock.today():%Y%m%d}", path=f"/research/{meeting.reference}",
    )  # fmt: skip
    audit.record(session, actor, "research:chased", meeting, agencies=len(missing))
    return len(missing)
