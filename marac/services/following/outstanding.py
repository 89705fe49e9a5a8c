"""The outstanding list that opens a meeting: what earlier plans still owe, overtaken kept apart from not done (DA-29).

Refuses an action of another panel, and one agreed at this very meeting.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Action, AgendaItem, Case, Meeting
from marac.services.following import actions
from marac.services.following.actions import ActionRow
from marac.vocabulary import LIVE_ACTIONS, ActionState, MeetingState, Permission as P

LOOKS_BACK = timedelta(days=92)  # when no earlier meeting is on record
MOST = 200


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Open actions that are overdue and that are not, and those that ended undone since the last meeting."""

    overdue: tuple[ActionRow, ...]
    not_done: tuple[ActionRow, ...]
    overtaken: tuple[ActionRow, ...]
    not_due: tuple[ActionRow, ...]

    @property
    def groups(self) -> tuple[tuple[str, tuple[ActionRow, ...]], ...]:
        """As the chair goes through them."""
        return (
            ("Overdue", self.overdue), ("Not done", self.not_done),
            ("Cannot be done: circumstances changed", self.overtaken), ("Not due yet", self.not_due),
        )  # fmt: skip

    @property
    def words(self) -> str:
        """3 overdue, 1 not done, 2 overtaken, 5 not due yet."""
        return (
            f"{len(self.overdue)} overdue, {len(self.not_done)} not done, {len(self.overtaken)} overtaken, "
            f"{len(self.not_due)} not due yet"
        )

    def __bool__(self) -> bool:
        return any(rows for _title, rows in self.groups)


def list_outstanding(session: Session, actor: Actor, meeting: Meeting) -> Outstanding:
    """What this viewer may read of it, by due date; the agencies' answer to "why not" with each."""
    access.require(actor, P.MEETING_READ, meeting)
    here = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)
    elsewhere = Action.item_id.is_(None) | Action.item_id.not_in(here)
    query = actions.columns(actor).where(Case.programme == meeting.programme, elsewhere)
    live = query.where(Action.state.in_(LIVE_ACTIONS)).order_by(Action.due_on, Action.agreed_at)
    undone = (ActionState.NOT_DONE, ActionState.NO_LONGER_POSSIBLE)
    ended = query.where(Action.state.in_(undone), Action.closed_at >= _since(session, meeting))
    owed = actions.rows_of(session, actor, live.limit(MOST))
    closed = actions.rows_of(session, actor, ended.order_by(Action.closed_at).limit(MOST))
    today = clock.today()
    return Outstanding(
        overdue=tuple(row for row in owed if row.due_on < today),
        not_done=tuple(row for row in closed if row.state == ActionState.NOT_DONE),
        overtaken=tuple(row for row in closed if row.state == ActionState.NO_LONGER_POSSIBLE),
        not_due=tuple(row for row in owed if row.due_on >= today),
    )


def _since(session: Session, meeting: Meeting) -> datetime:
    """When the panel last met before this meeting."""
    last = session.scalar(
        select(Meeting.starts_at)
        .where(Meeting.partnership_id == meeting.partnership_id, Meeting.programme == meeting.programme)
        .where(Meeting.starts_at < meeting.starts_at, Meeting.state == MeetingState.HELD)
        .order_by(Meeting.starts_at.desc())
        .limit(1)
    )
    return last or meeting.starts_at - LOOKS_BACK
