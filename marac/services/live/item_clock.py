"""The clock of one case: how long it has been talked about, less the pauses. Kept on the server.

Refuses to end anything: time that is up changes words, never the case.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.errors import WrongState
from marac.models import AgendaItem
from marac.services.moving import flush
from marac.vocabulary import AgendaItemState, Permission as P


def elapsed(item: AgendaItem) -> timedelta:
    """How long the case has been talked about; nothing before it is called."""
    if item.called_at is None:
        return timedelta()
    until = item.finished_at or item.paused_at or clock.now()
    return max(until - item.called_at - timedelta(seconds=item.paused_seconds), timedelta())


def expected_end(item: AgendaItem) -> datetime:
    """When a called case is planned to be over: it moves on while the clock is paused."""
    return clock.now() + timedelta(minutes=item.minutes_planned) - elapsed(item)


def switch(session: Session, actor: Actor, item: AgendaItem, *, pause: bool) -> AgendaItem:
    """Pause the clock or let it go on. Asking for what already is changes nothing, so two people may press at once."""
    access.require(actor, P.MEETING_RUN, item.meeting)
    access.require(actor, P.CASE_READ, item.case)
    if item.state != AgendaItemState.IN_PROGRESS:
        raise WrongState(f"{item.id} is {item.state}")
    if pause and item.paused_at is None:
        item.paused_at = clock.now()
    elif not pause:
        run_on(item)
    flush(session)
    return item


def run_on(item: AgendaItem) -> None:
    """Count the present pause, if there is one, and end it."""
    if item.paused_at is not None:
        item.paused_seconds += round((clock.now() - item.paused_at).total_seconds())
        item.paused_at = None
