"""A meeting as it runs: opened, one case after another called, heard or put off, ended.

Refuses to call a case before everybody in the room has agreed confidentiality (DA-23).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Action, AgendaItem, Meeting
from marac.services.casework.involvement import involve, involved_agencies
from marac.services.live import item_clock, notes
from marac.services.live.room import Room, require_agreed, room_for
from marac.services.meetings import attendance
from marac.services.meetings.agenda import list_items
from marac.services.meetings.panels import LIVE_ITEMS, list_deciders
from marac.services.minuting import words_leaving
from marac.services.moving import advance, flush
from marac.vocabulary import (
    ActionState,
    AgendaItemState,
    InvolvementBasis,
    LeavingAs,
    MeetingKind,
    Outcome,
    Permission as P,
    Role,
)
from marac.workflows.hearing import record_of

CLOSES = (MeetingKind.ASYNCHRONOUS,)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the panel agreed the last time it heard this case (DA-26)."""

    item: AgendaItem
    actions: tuple[tuple[str, ActionState], ...]


def open_meeting(
    session: Session, actor: Actor, meeting: Meeting, *, chair_id: UUID | None, statement_read: bool
) -> Meeting:
    """Begin: the chair is named and has read the confidentiality statement aloud (DA-23)."""
    if chair_id is not None and chair_id not in {person.id for person in list_deciders(session, actor, [Role.CHAIR])}:
        raise RuleBroken("chair_id", "Select who is chairing")
    if not statement_read:
        raise RuleBroken("statement_read", "Confirm that the chair has read the confidentiality statement")
    advance(session, actor, meeting, "open", chair_id=chair_id)
    meeting.chair_id = chair_id
    meeting.opened_at = meeting.statement_read_at = clock.now()
    flush(session)
    attendance.agree_by_opening(session, actor, meeting)
    return meeting


def call_item(session: Session, actor: Actor, item: AgendaItem) -> AgendaItem:
    """Start a case: what agencies shared opens, and the agencies in the room see it again if it had shrunk for them.

    A case that somebody else has just started is left as it is: two who press at once make one step.
    """
    access.require(actor, P.MEETING_RUN, item.meeting)
    require_agreed(session, actor, item.meeting)
    if item.state == AgendaItemState.IN_PROGRESS:
        return item
    room = room_for(session, actor, item)
    facts = _room_facts(item, room)
    advance(session, actor, item, "call", **facts)
    advance(session, actor, item.case, "call", **facts)
    missing = room.agencies - set(involved_agencies(session, item.case_id))
    involve(session, item.case_id, item.partnership_id, missing, InvolvementBasis.LISTED)
    item.called_at = item.called_at or clock.now()
    flush(session)
    return item


def recall_item(session: Session, actor: Actor, item: AgendaItem) -> AgendaItem:
    """Come back to a case that was heard earlier in the same meeting."""
    advance(session, actor, item, "recall", meeting_state=item.meeting.state)
    advance(session, actor, item.case, "recall", meeting_state=item.meeting.state)
    item.finished_at = None
    flush(session)
    return item


def hear_item(
    session: Session, actor: Actor, item: AgendaItem, *, outcome: Outcome | None, tells_victim: str = "",
    not_told_reason: str = "", bring_back_on: date | None = None, receiving_area: str = "",
) -> AgendaItem:  # fmt: skip
    """Finish a case: heard, bring back or transferred. RuleBroken for the first thing lacking (DA-24 to DA-33)."""
    access.require(actor, P.MEETING_RUN, item.meeting)
    require_agreed(session, actor, item.meeting)
    words_leaving.require_clean(session, actor, item.meeting, LeavingAs.ACTIONS, only=item.case_id)
    written = notes.get_notes(session, actor, item)
    facts: dict[str, Any] = {
        **_room_facts(item, room_for(session, actor, item)),
        "minutes": {heading: note.text for heading, note in written.items()}, "no_views_reason": "",
        "is_repeat": looks_back(item), "action_count": _count_actions(session, item), "tells_victim": tells_victim,
        "not_told_reason": not_told_reason, "outcome": outcome, "bring_back_on": bring_back_on,
        "meeting_on": clock.to_london(item.meeting.starts_at).date(), "receiving_area": receiving_area,
    }  # fmt: skip
    advance(session, actor, item.case, "hear", **facts)
    advance(session, actor, item, "hear", **facts)
    item_clock.run_on(item)
    item.outcome, item.finished_at = outcome, clock.now()
    item.bring_back_on = bring_back_on if outcome == Outcome.BRING_BACK else None
    item.transferred_to = receiving_area if outcome == Outcome.TRANSFERRED else None
    item.who_tells = item.case.who_tells = tells_victim or f"Not told, because: {not_told_reason}"
    flush(session)
    return item


def looks_back(item: AgendaItem) -> bool:
    """Whether the hearing says first what changed since last time: a repeat, or a case under review (DA-26)."""
    reviewed = record_of(item.case.programme).reviews and item.case.last_heard_on is not None
    return item.is_repeat or reviewed


def finish_meeting(session: Session, actor: Actor, meeting: Meeting) -> Meeting:
    """End the meeting: every case has an outcome; the minutes open as a draft of what was typed (DA-30)."""
    require_agreed(session, actor, meeting)
    query = select(func.count()).where(AgendaItem.meeting_id == meeting.id, AgendaItem.state.in_(LIVE_ITEMS))
    advance(session, actor, meeting, "finish", items_without_outcome=session.scalar(query) or 0)
    meeting.held_at = clock.now()
    attendance.mark_absent(session, meeting)
    flush(session)
    session.refresh(meeting, ["minutes"])
    return meeting


def since_last_time(session: Session, actor: Actor, item: AgendaItem) -> Earlier | None:
    """The plan of the hearing before this one, with what became of it, for a case heard before (DA-26)."""
    before = session.scalar(
        access.visible(actor, P.CASE_READ, AgendaItem)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(AgendaItem.case_id == item.case_id, AgendaItem.state == AgendaItemState.HEARD)
        .where(Meeting.starts_at < item.meeting.starts_at)
        .order_by(Meeting.starts_at.desc())
        .limit(1)
    )
    if before is None or "actions" not in access.open_case(actor, item.case):
        return None
    visible = access.visible(actor, P.ACTION_READ, Action).where(Action.item_id == before.id)
    agreed = session.scalars(visible.order_by(Action.agreed_at))
    return Earlier(before, tuple((str(action.text), action.state) for action in agreed))


def current_number(session: Session, actor: Actor, meeting: Meeting) -> int:
    """The number of the case being heard, else of the first not heard, else of the last, else 0."""
    items = list_items(session, actor, meeting)
    for wanted in ((AgendaItemState.IN_PROGRESS,), (AgendaItemState.LISTED,)):
        for number, item in enumerate(items, 1):
            if item.state in wanted:
                return number
    return len(items)


def _room_facts(item: AgendaItem, room: Room) -> Mapping[str, Any]:
    meeting = item.meeting
    decides_from = meeting.starts_at if meeting.kind in CLOSES else None  # without a room it is the closing date
    return {
        "meeting_state": meeting.state, "agreed": room.agreed, "not_agreed": room.not_agreed,
        "decides_from": decides_from, "now": clock.now(),
    }  # fmt: skip


def _count_actions(session: Session, item: AgendaItem) -> int:
    live = (Action.item_id == item.id, Action.state != ActionState.WITHDRAWN)
    return session.scalar(select(func.count()).select_from(Action).where(*live)) or 0
