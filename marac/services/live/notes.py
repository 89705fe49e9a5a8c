"""The minutes as they are typed: one text per heading of one case, each with a version of its own (DA-24, DA-25).

Refuses a save over another person's newer words, words before the case is called, and all words once they were sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import StaleEdit, WrongState
from marac.models import Agency, AgendaItem, MinuteNote, Research
from marac.services.live.room import require_agreed
from marac.services.moving import flush
from marac.vocabulary import AgendaItemState, MinuteHeading, MinutesState, Permission as P
from marac.workflows.hearing import record_of

HEARD_FROM: Mapping[str, str] = {"shared": "Shared", "nothing": "Nothing known", "absent": "Absent"}
"""What an agency said when it was its turn; each begins with a letter of its own."""


@dataclass(frozen=True, slots=True)
class Note:
    """One section as saved. Version 0 is a section nobody has written yet."""

    text: str
    version: int
    saved_at: datetime | None
    saved_by_id: UUID | None


@dataclass(frozen=True, slots=True)
class HeardFrom:
    """One agency when it is its turn to speak: what it said, as a key of HEARD_FROM, or empty."""

    agency_id: UUID
    agency: str
    mark: str


EMPTY = Note("", 0, None, None)


def aims_of(item: AgendaItem) -> Mapping[str, str]:
    """The aims that the hearing of a case goes through at its panel; an unticked one is a gap, never a block."""
    return record_of(item.case.programme).covered


def get_notes(session: Session, actor: Actor, item: AgendaItem) -> dict[MinuteHeading, Note]:
    """Every heading of an item with what is saved under it. Needs the minutes open to the actor at the case's stage."""
    access.open_case(actor, item.case)
    rows = session.scalars(select(MinuteNote).where(MinuteNote.item_id == item.id))
    saved = {row.heading: Note(row.text or "", row.version_id, row.saved_at, row.saved_by_id) for row in rows}
    return {heading: saved.get(heading, EMPTY) for heading in MinuteHeading}


def save_note(
    session: Session, actor: Actor, item: AgendaItem, heading: MinuteHeading, *, text: str, version: int
) -> Note:
    """Save one section. StaleEdit when it is no longer at `version`; saving the same words again does nothing."""
    _writable(session, actor, item)
    query = select(MinuteNote).where(MinuteNote.item_id == item.id, MinuteNote.heading == heading)
    row, words = session.scalar(query), text.replace("\r\n", "\n").strip()
    if (row.text or "" if row else "") == words:
        return Note(words, row.version_id, row.saved_at, row.saved_by_id) if row else EMPTY
    if (row.version_id if row else 0) != version:
        raise StaleEdit(f"{item.id} {heading}")
    if row is None:
        row = MinuteNote(
            partnership_id=item.partnership_id, case_id=item.case_id, item_id=item.id, heading=heading,
            saved_at=clock.now(), text=words,
        )  # fmt: skip
        session.add(row)
    row.text, row.saved_at, row.saved_by_id = words, clock.now(), actor.user_id
    audit.record(session, actor, "minutes:noted", item, heading=heading)
    flush(session)
    return Note(words, row.version_id, row.saved_at, row.saved_by_id)


def save_covered(
    session: Session, actor: Actor, item: AgendaItem, covered: Sequence[str], shown: Sequence[str] | None = None
) -> None:
    """Which aims the meeting has gone through. With `shown`, what the page was drawn with, only what this person ticked
    or unticked is changed, so that two who tick at once keep both ticks."""
    _writable(session, actor, item)
    held = set(item.covered or ())
    wanted = set(covered) if shown is None else held - (set(shown) - set(covered)) | (set(covered) - set(shown))
    ticked = [aim for aim in aims_of(item) if aim in wanted]
    if ticked != list(item.covered or ()):
        item.covered = ticked
        flush(session)


def save_heard_from(session: Session, actor: Actor, item: AgendaItem, marks: Mapping[str, str]) -> None:
    """What agencies answered when they were asked in the room: agency id -> a key of HEARD_FROM, or empty to unmark."""
    _writable(session, actor, item)
    held = dict(item.heard_from or {})
    wanted = {**held, **{agency: mark for agency, mark in marks.items() if mark in HEARD_FROM or not mark}}
    wanted = {agency: mark for agency, mark in wanted.items() if mark}
    if wanted != held:
        item.heard_from = wanted
        flush(session)


def list_heard_from(session: Session, actor: Actor, item: AgendaItem) -> list[HeardFrom]:
    """Each agency that was asked about this case, by name, with what it said in the room."""
    access.open_case(actor, item.case)
    marks = dict(item.heard_from or {})
    query = select(Agency.id, Agency.name).join(Research, Research.agency_id == Agency.id)
    rows = session.execute(query.where(Research.item_id == item.id).order_by(Agency.name))
    return [HeardFrom(row.id, row.name, marks.get(row.id.hex, "")) for row in rows]


def _writable(session: Session, actor: Actor, item: AgendaItem) -> None:
    access.require_holds(actor, P.MINUTES_WRITE)
    access.open_case(actor, item.case)
    require_agreed(session, actor, item.meeting)
    minutes = item.meeting.minutes
    if item.state not in (AgendaItemState.IN_PROGRESS, AgendaItemState.HEARD):
        raise WrongState(f"{item.id} is {item.state}")
    if minutes is not None and minutes.state != MinutesState.DRAFT:
        raise WrongState(f"the minutes of {item.meeting_id} are {minutes.state}")
