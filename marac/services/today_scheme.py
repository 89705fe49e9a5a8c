"""What of the Sanctuary Scheme waits for a person's list of work: follow-ups and visits. Decides nothing."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.services.sanctuary import follow_ups, visits
from marac.services.today_walls import MOST, SOON, Waits
from marac.vocabulary import VisitState


def due_follow_ups(session: Session, actor: Actor) -> Iterable[Waits]:
    """Whom to ask, by the safe way, how they are."""
    for one in follow_ups.list_due(session, actor, until_on=clock.today() + SOON)[:MOST]:
        words = f"{one.months}-month follow-up, by the safe way"
        yield Waits(words, f"/sanctuary/{one.reference}/follow-ups/{one.months}", one.due_on, one.reference, 5)


def own_visits(session: Session, actor: Actor) -> Iterable[Waits]:
    """The person's own visits of the coming week."""
    today = clock.today()
    for one in visits.list_visits(session, actor, from_on=today, until_on=today + SOON)[:MOST]:
        if one.state == VisitState.BOOKED and one.user_id == actor.user_id:
            note = ". ".join(part for part in (one.reference or one.place, one.contact) if part)
            yield Waits(one.kind.label, f"/visits/{one.id}", one.starts_at, note, 0)
