"""Does every risk that was written down have an action, or a reason for none (DA-25, DA-27)? Lists, and settles, those
that have neither.

Refuses a reason without words, and one for a case that was not called.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Action, AgendaItem, Meeting
from marac.services.live import notes, room
from marac.services.moving import flush
from marac.vocabulary import ActionState, AgendaItemState, MinuteHeading as H, Permission as P
from marac.workflows import covering
from marac.workflows.hearing import record_of

CALLED = (AgendaItemState.IN_PROGRESS, AgendaItemState.HEARD)


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk as it was written down: what met it, actions or a reason; neither when it is still to be settled."""

    heading: H
    label: str
    text: str
    actions: tuple[str, ...]
    reason: str

    @property
    def met(self) -> bool:
        """Whether an action or a reason stands against it."""
        return bool(self.actions or self.reason)


def get_item(session: Session, actor: Actor, meeting: Meeting, item_id: UUID) -> AgendaItem:
    """A case of this meeting that was called, as somebody who writes minutes. NotFound for any other."""
    access.require_holds(actor, P.MINUTES_WRITE)
    mine = access.visible(actor, P.CASE_READ, AgendaItem)
    item = session.scalar(mine.where(AgendaItem.id == item_id, AgendaItem.meeting_id == meeting.id))
    if item is None or item.state not in CALLED:
        raise NotFound
    return item


def list_risks(session: Session, actor: Actor, item: AgendaItem) -> list[Risk]:
    """Every risk that was raised on an item with what meets it. Needs the minutes open to the actor."""
    room.require_agreed(session, actor, item.meeting)
    written = notes.get_notes(session, actor, item)
    of_all = written[H.NO_ACTION].text.strip()
    reasons, record = dict(item.no_action_for or {}), record_of(item.case.programme)
    agreed = _agreed(session, actor, item)
    return [
        Risk(
            heading, record.label(heading), written[heading].text,
            tuple(one.text or "" for one in agreed if one.protects is covering.MET_BY[heading]),
            reasons.get(heading.value, "") or of_all,
        )
        for heading in covering.raised({heading: note.text for heading, note in written.items()})
    ]  # fmt: skip


def list_uncovered(session: Session, actor: Actor, item: AgendaItem) -> tuple[H, ...]:
    """The risk sections of an item that say something and have neither an action nor a reason for none."""
    written = {heading: note.text for heading, note in notes.get_notes(session, actor, item).items()}
    protected = {one.protects for one in _agreed(session, actor, item)}
    return covering.unmet(written, protected, item.no_action_for or ())


def settle_risk(session: Session, actor: Actor, item: AgendaItem, heading: H, *, reason: str) -> None:
    """Say why a risk that was raised has no action: kept beside the minutes, which stay as they were approved."""
    access.require(actor, P.MINUTES_WRITE, item)
    access.open_case(actor, item.case)
    room.require_agreed(session, actor, item.meeting)
    if item.state not in CALLED:
        raise WrongState(f"{item.id} is {item.state}")
    if heading not in list_uncovered(session, actor, item):
        raise WrongState(f"{item.id} {heading} is met")
    if len(reason.strip()) < 3:
        raise RuleBroken(heading.value, "Say why this risk needs no action")
    item.no_action_for = {**(item.no_action_for or {}), heading.value: reason.strip()}
    audit.record(session, actor, "risk:settled", item, heading=heading)
    flush(session)


def gap_lines(session: Session, actor: Actor, item: AgendaItem) -> list[str]:
    """The same as lines for the list of gaps at the end of a meeting."""
    record = record_of(item.case.programme)
    uncovered = list_uncovered(session, actor, item)
    return [f"{record.label(heading)}: no action and no reason for none" for heading in uncovered]


def _agreed(session: Session, actor: Actor, item: AgendaItem) -> list[Action]:
    mine = access.visible(actor, P.ACTION_READ, Action).where(Action.item_id == item.id)
    return list(session.scalars(mine.where(Action.state != ActionState.WITHDRAWN).order_by(Action.agreed_at)))
