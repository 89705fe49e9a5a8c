"""How actions ended that were not done: not done apart from circumstances that changed (DA-28), by agency, in a period.

Counts, and for who may read an action the list behind. What is walled off from who reads is in neither.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Action, Agency, AgendaItem, Case, Minutes
from marac.reports.suppressing import shown
from marac.vocabulary import ActionState as S, Permission as P, ProgrammeSlug

ENDED: dict[S, str] = {
    S.NOT_DONE: "Not done",
    S.NO_LONGER_POSSIBLE: "Circumstances changed",
    S.TRANSFERRED: "Handed to another agency",
    S.WITHDRAWN: "Withdrawn by the panel",
}
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Ending:
    """One action that ended in a period. No word of it."""

    action_id: UUID
    agency_id: UUID
    state: S


@dataclass(frozen=True, slots=True)
class EndingLine:
    """The same for who may read it."""

    action_id: UUID
    case: str
    agency: str
    state: S
    due_on: date
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Endings:
    """The actions that ended in a period: those done, and those not, by why."""

    rows: tuple[Ending, ...]
    names: dict[UUID, str]

    def number(self, state: S) -> int:
        """How many ended so."""
        return sum(one.state is state for one in self.rows)

    def by_agency(self, *, exact: bool) -> list[list[str]]:
        """Agency, then how many of its actions ended in each way, then how many it did. No totals where small numbers
        are hidden, so that none can be worked out (REP-50)."""
        counted = Counter((one.agency_id, one.state) for one in self.rows)
        agencies = sorted({one.agency_id for one in self.rows}, key=lambda one: self.names[one].casefold())
        say = str if exact else shown
        return [[self.names[one], *(say(counted[one, state]) for state in (*ENDED, S.COMPLETE))] for one in agencies]

    def totals(self) -> list[str]:
        """The line below them, for who sees every number."""
        return ["All agencies", *(str(self.number(state)) for state in (*ENDED, S.COMPLETE))]


def endings(session: Session, actor: Actor, programme: ProgrammeSlug, start: datetime, end: datetime) -> Endings:
    """Every action of a panel that ended from `start` up to `end`. NotAllowed unless the reader may read reports.

    An action withdrawn before its minutes first went out was a line corrected in the room: it is not counted.
    """
    access.require_holds(actor, P.REPORT_READ)
    corrected = Action.closed_at <= Minutes.issued_at
    query = (
        select(Action.id, Action.agency_id, Action.state)
        .join(Case, Case.id == Action.case_id)
        .outerjoin(AgendaItem, AgendaItem.id == Action.item_id)
        .outerjoin(Minutes, Minutes.meeting_id == AgendaItem.meeting_id)
        .where(
            Action.partnership_id == actor.partnership_id, access.unwalled(actor, Action.case_id),
            Case.programme == programme, Action.state.in_((*ENDED, S.COMPLETE)),
            Action.closed_at >= start, Action.closed_at < end,
            or_(
                Action.state != S.WITHDRAWN, Action.item_id.is_(None),
                ~or_(Minutes.id.is_(None), Minutes.issued_at.is_(None), corrected),
            ),
        )
    )  # fmt: skip
    agencies = select(Agency.id, Agency.name).where(Agency.partnership_id == actor.partnership_id)
    rows = tuple(Ending(*row) for row in session.execute(query))
    return Endings(rows, dict(session.execute(agencies).all()))


def list_behind(session: Session, actor: Actor, found: Endings, states: Sequence[S]) -> tuple[list[EndingLine], int]:
    """The actions that ended in one of these ways, newest first: those the actor may read, and how many others."""
    wanted = sorted(one.action_id for one in found.rows if one.state in states)
    rows: list[EndingLine] = []
    for start in range(0, len(wanted), AT_ONCE):
        query = (
            select(Action.id, Case.reference, Action.agency_id, Action.state, Action.due_on, Action.closed_at)
            .join(Case, Case.id == Action.case_id)
            .where(access.rule(actor, P.ACTION_READ, Action), Action.id.in_(wanted[start : start + AT_ONCE]))
        )
        for action_id, case, agency_id, state, due_on, closed_at in session.execute(query):
            if closed_at is not None:
                rows.append(EndingLine(action_id, case, found.names[agency_id], state, due_on, closed_at))
    rows.sort(key=lambda one: (one.closed_at, one.case), reverse=True)
    return rows, len(wanted) - len(rows)
