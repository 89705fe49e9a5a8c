"""What the whole room sees of the case being heard: initials, clock, risk summary, actions. Read only.

Never an address, a phone number, a school or a refuge: such words are taken out of what was typed, as far as they can
be recognised. Names become initials unless the chair turns names on.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotAllowed
from marac.models import Action, AgendaItem, CasePerson, Meeting, MinuteNote
from marac.services.live import assigning, item_clock, notes, room, running
from marac.services.meetings import agenda
from marac.services.moving import flush
from marac.vocabulary import AgendaItemState, MinuteHeading, Permission as P, Role
from marac.workflows.hearing import record_of

HIDDEN = "(not shown here)"
KINDS = r"Road|Rd|Street|St|Row|Lane|Avenue|Ave|Close|Court|House|Square|Gardens|Way|Terrace|Place|Drive|Mews|Estate"
WORD = r"[A-Z][\w'’-]*"
NEVER = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b[A-Za-z]{1,2}\d[A-Za-z\d]?\s*\d[A-Za-z]{2}\b",  # a postcode
        r"(?:\+\d[\d\s().-]{7,}\d|\b0[\d\s().-]{8,}\d)",  # a phone number
        r"\S+@\S+\.\w+",
        rf"\b(?:(?:flat|Flat)\s+)?\d+[a-zA-Z]?,?\s+(?:{WORD}\s+){{1,3}}(?:{KINDS})\b",
        rf"\b(?:{WORD}\s+){{1,4}}(?:School|Academy|Nursery|College|Primary|Secondary|Infants|Juniors|Refuge|Hostel)\b",
        rf"\b(?:School|Academy|Nursery|College|Refuge|Hostel)\s+(?:at|in|on|of)\s+{WORD}(?:\s+{WORD})*",
    )
)


@dataclass(frozen=True, slots=True)
class Shared:
    """The case being heard, as everybody in the room may read it."""

    number: int
    total: int
    name: str
    item: AgendaItem
    finish_at: datetime
    elapsed_seconds: int
    risks: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, str, date], ...]


def view_shared(session: Session, actor: Actor, meeting: Meeting) -> Shared | None:
    """The case being heard, else the next; None before there is one. For those who run the meeting and have agreed."""
    access.require(actor, P.MEETING_RUN, meeting)
    room.require_agreed(session, actor, meeting)
    number = running.current_number(session, actor, meeting)
    if not number:
        return None
    view = agenda.view_agenda(session, actor, meeting)
    line = view.lines[number - 1]
    known = () if meeting.names_shown else _names(session, line.item)
    called = line.item.state != AgendaItemState.LISTED
    written = notes.get_notes(session, actor, line.item) if called else {}
    agreed = assigning.list_agreed(session, actor, line.item) if called else []
    return Shared(
        number=number, total=len(view.lines), item=line.item, finish_at=view.finish_at,
        name=line.name,
        elapsed_seconds=round(item_clock.elapsed(line.item).total_seconds()),
        risks=tuple(
            (record_of(line.item.case.programme).label(heading), clean(note.text, known))
            for heading, note in written.items()
            if heading.value.startswith("risk_") and note.text
        ),
        actions=tuple((agency, clean(str(action.text), known), action.due_on) for action, agency in agreed),
    )  # fmt: skip


def clean(text: str, names: Iterable[str] = ()) -> str:
    """Typed words without what could locate or reach somebody; each of `names` becomes its first letter."""
    for pattern in NEVER:
        text = pattern.sub(HIDDEN, text)
    for name in sorted(set(names), key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", name[0].upper(), text, flags=re.IGNORECASE)
    return text


def show_names(session: Session, actor: Actor, meeting: Meeting, *, shown: bool) -> None:
    """The chair decides whether names stand on the shared screen."""
    access.require(actor, P.MEETING_RUN, meeting)
    if not may_show_names(actor, meeting):
        raise NotAllowed
    meeting.names_shown = shown
    flush(session)


def may_show_names(actor: Actor, meeting: Meeting) -> bool:
    """Whether this person chairs, and so decides about names."""
    return actor.role == Role.CHAIR or (meeting.chair_id is not None and meeting.chair_id == actor.user_id)


def mark(session: Session, actor: Actor, meeting: Meeting) -> str:
    """Changes when the shared screen would. Opens nothing, so a screen may ask every few seconds."""
    access.require(actor, P.MEETING_RUN, meeting)
    items = agenda.list_items(session, actor, meeting)
    ids = [item.id for item in items]
    written = select(func.count(), func.sum(MinuteNote.version_id)).where(
        MinuteNote.item_id.in_(ids), MinuteNote.heading.in_([h for h in MinuteHeading if h.value.startswith("risk_")])
    )
    agreed = select(func.count(), func.sum(Action.version_id)).where(Action.item_id.in_(ids))
    facts: list[Any] = [meeting.version_id, *[(item.state, item.position, item.paused_at) for item in items]]
    facts += [tuple(row) for query in (written, agreed) for row in session.execute(query)]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _names(session: Session, item: AgendaItem) -> tuple[str, ...]:
    """Every word of three letters or more in the names of everybody in the case, which must have been opened."""
    columns = (*sealed_columns(CasePerson, "identity"), CasePerson.case_id, CasePerson.role)
    rows = session.execute(select(*columns).where(CasePerson.case_id == item.case_id)).all()
    known = (str(one.get("full_name") or "") for one in open_many(CasePerson, "identity", rows))
    return tuple(word for name in known for word in re.split(r"[\s-]+", name) if len(word) > 2)
