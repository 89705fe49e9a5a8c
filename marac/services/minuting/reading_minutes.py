"""The minutes as one viewer may read them: drafts for who runs the panel, the issued version for members.

Refuses any case the viewer's agency took no part in, any section their stage does not open, and all after a recall.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, Withdrawn
from marac.models import Meeting, MinuteNote, Minutes, MinutesPage
from marac.services.casework import naming
from marac.services.live import assigning, room
from marac.services.meetings import attendance
from marac.services.meetings.agenda import Line, view_agenda
from marac.services.meetings.attendance import HERE, Place
from marac.services.minuting import freezing, readers
from marac.services.minuting.readers import Reader
from marac.vocabulary import AttendanceState, MinuteHeading, MinutesState, Permission as P

AWAY = (AttendanceState.APOLOGIES, AttendanceState.ABSENT)
BEING_WRITTEN = (MinutesState.DRAFT, MinutesState.SUBMITTED)
WORDS = re.compile(r"\s*\S+|\s+$")
Piece = tuple[str, str]  # ("same" | "new" | "gone", words)


@dataclass(frozen=True, slots=True)
class Planned:
    """One action as the minutes hold it."""

    agency: str
    text: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Section:
    """One case in the minutes, as far as its viewer may read it; `open` is False where their stage shows no minutes.

    `changes` holds, for headings whose words differ from the version before, what is new and what is gone.
    """

    line: Line
    open: bool
    notes: tuple[tuple[MinuteHeading, str], ...] = ()
    actions: tuple[Planned, ...] = ()
    who_tells: str = ""
    outcome: str = ""
    outcome_note: str = ""
    amended_because: str = ""
    changes: Mapping[MinuteHeading, tuple[Piece, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who was, or was not, at the meeting."""

    agency: str
    person_name: str
    agreed_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class Document:
    """The minutes of a meeting for one viewer, in one version."""

    minutes: Minutes
    number: int
    chaired_by: str
    sections: tuple[Section, ...]
    present: tuple[Seat, ...]
    apologies: tuple[Seat, ...]

    @property
    def late(self) -> bool:
        """Whether the minutes are not out and should have been."""
        return self.minutes.issued_at is None and self.minutes.due_at < clock.now()

    @property
    def changed(self) -> int:
        """How many sections differ from what was there before."""
        return sum(len(section.changes or ()) for section in self.sections)


def get_minutes(session: Session, actor: Actor, meeting: Meeting) -> Minutes:
    """The minutes of a meeting: drafts too for chair and coordinator, only circulated ones for members; or NotFound."""
    visible = access.visible(actor, P.MINUTES_READ, Minutes)
    minutes = session.scalar(visible.where(Minutes.meeting_id == meeting.id))
    if minutes is None:
        raise NotFound
    room.require_agreed(session, actor, meeting)
    return minutes


def compile_for(session: Session, actor: Actor, minutes: Minutes) -> Document:
    """The minutes as this person may read them; reading is audited (DA-3). Withdrawn for a member after a recall."""
    access.require(actor, P.MINUTES_READ, minutes)
    document = _compiled(session, actor, minutes, readers.items_for(session, actor, minutes.meeting))
    audit.record(session, actor, "minutes:read", minutes)
    return document


def preview_for(session: Session, actor: Actor, minutes: Minutes, membership_id: UUID) -> tuple[Reader, Document]:
    """Exactly what one recipient will read, for who circulates; a case that either may not see is not there."""
    access.require(actor, P.MINUTES_ISSUE, minutes)
    found = [one for one in readers.list_readers(session, minutes) if one.actor.membership_id == membership_id]
    if not found:
        raise NotFound
    shown = found[0].item_ids & readers.items_for(session, actor, minutes.meeting)
    audit.record(session, actor, "minutes:previewed", minutes, reader=found[0].actor.user_id)
    return found[0], _compiled(session, actor, minutes, shown, as_member=True)


def _compiled(
    session: Session, actor: Actor, minutes: Minutes, item_ids: frozenset[UUID], *, as_member: bool = False
) -> Document:
    number = _number_for(actor, minutes)
    draft = number == minutes.number and minutes.state in BEING_WRITTEN
    lines = [one for one in view_agenda(session, actor, minutes.meeting).lines if one.item.id in item_ids]
    opened = [line.item.id for line in lines if "minutes" in access.open_case(actor, line.item.case)]
    if draft:
        before = freezing.pages_of(session, minutes, number - 1, opened)
        typed = _typed(session, opened)
        sections = [
            _draft(one, agreed_on(session, actor, one), typed.get(one.item.id, {}), before.get(one.item.id))
            if one.item.id in opened
            else Section(one, False, actions=agreed_on(session, actor, one), outcome=_outcome(one))
            for one in lines
        ]
        return Document(
            minutes, number, _chair(session, actor, minutes), tuple(sections), *_room(session, actor, minutes)
        )
    access.open_staff(actor)
    version = freezing.version_of(session, minutes, number)
    member = as_member or not access.may(actor, P.MINUTES_WRITE, minutes)
    pages = freezing.pages_of(session, minutes, number, opened, released=member)
    return Document(
        minutes, number, version.chaired_by or "", tuple(_frozen(one, pages.get(one.item.id)) for one in lines),
        _seats(version.present), _seats(version.away),
    )  # fmt: skip


def _number_for(actor: Actor, minutes: Minutes) -> int:
    """Who writes reads the version being worked on; a member the issued one."""
    if access.may(actor, P.MINUTES_WRITE, minutes):
        return minutes.number
    if minutes.issued_number is None:
        raise Withdrawn
    return minutes.issued_number


def _typed(session: Session, item_ids: Sequence[UUID]) -> dict[UUID, dict[MinuteHeading, str]]:
    found: dict[UUID, dict[MinuteHeading, str]] = {}
    for row in session.scalars(select(MinuteNote).where(MinuteNote.item_id.in_(item_ids))):
        found.setdefault(row.item_id, {})[row.heading] = row.text or ""
    return found


def agreed_on(session: Session, actor: Actor, line: Line) -> tuple[Planned, ...]:
    """The actions of a case as they stand, where its stage opens them."""
    if "actions" not in access.open_case(actor, line.item.case):
        return ()
    found = assigning.list_agreed(session, actor, line.item)
    return tuple(Planned(agency, action.text or "", action.due_on) for action, agency in found)


def _outcome(line: Line) -> str:
    return (line.item.outcome or line.item.state).label


def _draft(
    line: Line, agreed: tuple[Planned, ...], texts: Mapping[MinuteHeading, str], before: MinutesPage | None
) -> Section:
    item = line.item
    return Section(
        line, True, _in_order(texts), agreed, item.who_tells or "", _outcome(line), freezing.outcome_note(item),
        item.amended_because or "", _changes(before.words or {}, texts) if before else {},
    )  # fmt: skip


def _frozen(line: Line, page: MinutesPage | None) -> Section:
    if page is None:
        return Section(line, False, outcome=_outcome(line))
    texts = {MinuteHeading(heading): text for heading, text in (page.words or {}).items()}
    plan = tuple(Planned(agency, text, date.fromisoformat(due)) for agency, text, due, _id in page.plan or ())
    return Section(
        line, True, _in_order(texts), plan, page.who_tells or "", page.outcome or "", page.outcome_note or "",
        page.amended_because or "", {},
    )  # fmt: skip


def _in_order(texts: Mapping[MinuteHeading, str]) -> tuple[tuple[MinuteHeading, str], ...]:
    return tuple((heading, texts[heading]) for heading in MinuteHeading if texts.get(heading))


def _changes(before: Mapping[str, str], now: Mapping[MinuteHeading, str]) -> dict[MinuteHeading, tuple[Piece, ...]]:
    return {
        heading: compare(before.get(heading.value, ""), now.get(heading, ""))
        for heading in MinuteHeading
        if before.get(heading.value, "") != now.get(heading, "")
    }


def compare(before: str, now: str) -> tuple[Piece, ...]:
    """What is the same, new and gone between two texts, word by word, in reading order."""
    old, new = WORDS.findall(before), WORDS.findall(now)
    found: list[Piece] = []
    for kind, from_, until, at, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(new[at:end])))
            continue
        found += [("gone", "".join(old[from_:until]))] if until > from_ else []
        found += [("new", "".join(new[at:end]))] if end > at else []
    return tuple(found)


def _chair(session: Session, actor: Actor, minutes: Minutes) -> str:
    chair_id = minutes.meeting.chair_id
    return naming.colleagues(session, actor, [chair_id]).get(chair_id, "") if chair_id else ""


def _room(session: Session, actor: Actor, minutes: Minutes) -> tuple[tuple[Seat, ...], tuple[Seat, ...]]:
    places = attendance.list_places(session, actor, minutes.meeting)
    return tuple(_seat(one) for one in places if one.state in HERE), tuple(_seat(o) for o in places if o.state in AWAY)


def _seat(place: Place) -> Seat:
    return Seat(place.agency, place.person_name, place.agreed_at, place.state.label)


def _seats(rows: Sequence[Sequence[str]] | None) -> tuple[Seat, ...]:
    return tuple(
        Seat(agency, name, datetime.fromisoformat(agreed) if agreed else None, state)
        for agency, name, agreed, state in rows or ()
    )


def room_to_keep(session: Session, actor: Actor, minutes: Minutes) -> dict[str, object]:
    """Who chaired, was there and was not, as a version keeps it."""
    present, away = _room(session, actor, minutes)
    return {"chaired_by": _chair(session, actor, minutes), "present": _rows(present), "away": _rows(away)}


def _rows(seats: Sequence[Seat]) -> list[list[str]]:
    return [
        [one.agency, one.person_name, one.agreed_at.isoformat() if one.agreed_at else "", one.state] for one in seats
    ]
