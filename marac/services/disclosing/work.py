"""What of the register waits for a person: to prepare, to release, or to say for their agency. Changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Disclosure
from marac.services.disclosing import owners
from marac.vocabulary import OPEN_DISCLOSURES, DisclosureState, Permission as P


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of Your work; not `mine` where it waits for somebody else."""

    text: str
    url: str
    due_on: date
    note: str
    minutes: int
    mine: bool = True


def list_work(session: Session, actor: Actor) -> Iterator[Waiting]:
    """Every open request on this person's register, and what their agency is asked, each with its day."""
    if access.holds(actor, P.DISCLOSURE_READ):
        yield from _requests(session, actor)
    if access.holds(actor, P.DISCLOSURE_AGREE):
        yield from _own_information(session, actor)


def _requests(session: Session, actor: Actor) -> Iterator[Waiting]:
    """Whoever had a part in preparing an answer waits for somebody who had none."""
    access.open_register(actor)
    prepares, may_release = access.holds(actor, P.DISCLOSURE_PREPARE), access.holds(actor, P.DISCLOSURE_RELEASE)
    mine = access.visible(actor, P.DISCLOSURE_READ, Disclosure).where(Disclosure.state.in_(OPEN_DISCLOSURES))
    for one in session.scalars(mine.order_by(Disclosure.due_on)):
        had_part = actor.user_id is not None and actor.user_id.hex in (one.hands or ())
        ready = one.state != DisclosureState.RECEIVED
        releases = ready and may_release and not had_part
        text = "Release an answer to a request" if releases else f"Answer a request: {one.kind.label.lower()}"
        todo = releases or (prepares and not ready)
        url = f"/disclosures/{one.reference}"
        yield Waiting(text, url, one.due_on, one.reference, 10 if todo else 0, mine=todo)


def _own_information(session: Session, actor: Actor) -> Iterator[Waiting]:
    for one in owners.list_questions(session, actor):
        if one.left:
            note = f"{one.kind.label}, {one.left} of {one.total} left"
            url = f"/disclosures/asked/{one.disclosure_id}"
            yield Waiting("May your agency's information be handed out?", url, one.due_on, note, max(1, one.left // 2))
