"""What of walls, restricted cases and emergency access waits for a person's list of work. Decides nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from marac import clock
from marac.access import Actor
from marac.services.walls import emergency, keeping_out, register, restricting

SOON = timedelta(days=7)
MOST = 25


@dataclass(frozen=True, slots=True)
class Waits:
    """One thing that waits: what, where, by when (None: `now` or this week), and about how long it takes."""

    text: str
    url: str
    due: date | datetime | None
    note: str = ""
    minutes: int = 2
    now: bool = False


def walls(session: Session, actor: Actor) -> Iterable[Waits]:
    """Somebody was found who may know a person of a case; or a wall is to be lifted, which takes two."""
    for one in keeping_out.list_to_decide(session, actor)[:MOST]:
        text = "Agree or not that a wall is lifted" if one.lifting else "Confirm or lift a conflict of interest"
        yield Waits(text, one.path, one.due_at, one.reference)


def restrictions(session: Session, actor: Actor) -> Iterable[Waits]:
    """Restricted cases that the chair is to look at again."""
    for reference, day in restricting.list_to_review(session, actor, clock.today() + SOON):
        yield Waits("Look again whether a case stays restricted", f"/cases/{reference}/restrict", day, reference, 5)


def urgent_access(session: Session, actor: Actor) -> Iterable[Waits]:
    """An address to agree to, now; and uses to review."""
    places, uses, first = emergency.waiting(session, actor)
    if places:
        yield Waits("Somebody needs an address in an emergency", "/urgent-access/uses", None, now=True)
    if uses:
        text = f"Review {uses} use{'' if uses == 1 else 's'} of urgent access"
        yield Waits(text, "/urgent-access/uses", first, minutes=5 * uses)


def own_details(session: Session, actor: Actor) -> Iterable[Waits]:
    """What one is screened by, missing or a year old."""
    if actor.referral_id is None and register.is_due(session, actor):
        note = "So that you do not meet somebody you know in a case"
        yield Waits("Check your details for screening", "/account/register", None, note)
