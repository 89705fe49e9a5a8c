"""Minutes compiled from what was typed item by item: gaps, approval by a second person, circulation, reading (DA-30).

Refuses to show a viewer any case they may not see, or any section that their stage does not open.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound
from marac.models import Action, AgendaItem, AuditEntry, Meeting, MinuteNote, Minutes
from marac.services import assigning, attendance
from marac.services.agenda import Line, list_items, view_agenda
from marac.services.attendance import HERE, Place
from marac.services.moving import advance, flush
from marac.services.notes import COVERED
from marac.vocabulary import AgendaItemState, AttendanceState, CaseState, MinuteHeading, MinutesState, Permission as P


@dataclass(frozen=True, slots=True)
class Gap:
    """Something to look at before the minutes go to the chair. `number` is the viewer's; 0 is the whole meeting."""

    number: int
    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One case in the minutes, as far as its viewer may read it; `open` is False where their stage shows no minutes."""

    line: Line
    open: bool
    notes: tuple[tuple[MinuteHeading, str], ...]
    actions: tuple[tuple[Action, str], ...]
    who_tells: str
    outcome_note: str


@dataclass(frozen=True, slots=True)
class Document:
    """The minutes of a meeting for one viewer."""

    minutes: Minutes
    sections: tuple[Section, ...]
    present: tuple[Place, ...]
    apologies: tuple[Place, ...]

    @property
    def late(self) -> bool:
        """Whether the minutes are not out and should have been."""
        return self.minutes.issued_at is None and self.minutes.due_at < clock.now()


def get_minutes(session: Session, actor: Actor, meeting: Meeting) -> Minutes:
    """The minutes of a meeting: drafts too for chair and coordinator, only circulated ones for members; or NotFound."""
    visible = access.visible(actor, P.MINUTES_READ, Minutes)
    minutes = session.scalar(visible.where(Minutes.meeting_id == meeting.id))
    if minutes is None:
        raise NotFound
    return minutes


def list_gaps(session: Session, actor: Actor, meeting: Meeting) -> list[Gap]:
    """What is missing: no outcome, aims not covered, somebody who never agreed confidentiality."""
    access.require(actor, P.MEETING_RUN, meeting)
    lines = view_agenda(session, actor, meeting).lines
    gaps = [Gap(line.number, line.item.case.reference, text) for line in lines for text in _gaps_of(line.item)]
    places = attendance.list_places(session, actor, meeting)
    waiting = [place for place in places if place.state in HERE and place.agreed_at is None]
    return gaps + [Gap(0, "", f"{place.agency}: confidentiality not agreed") for place in waiting]


def _gaps_of(item: AgendaItem) -> list[str]:
    if item.state in (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS):
        return ["No outcome yet"]
    if item.state != AgendaItemState.HEARD:
        return []
    missing = [label for aim, label in COVERED.items() if aim not in (item.covered or ())]
    return [f"Not marked as covered: {', '.join(missing)}"] if missing else []


def compile_document(session: Session, actor: Actor, minutes: Minutes) -> Document:
    """The minutes as this viewer may read them; reading is audited (DA-3)."""
    access.require(actor, P.MINUTES_READ, minutes)
    agenda = view_agenda(session, actor, minutes.meeting)
    sections = tuple(_section(session, actor, line) for line in agenda.lines)
    places = attendance.list_places(session, actor, minutes.meeting)
    audit.record(session, actor, "minutes:read", minutes)
    return Document(
        minutes,
        sections,
        tuple(place for place in places if place.state in HERE),
        tuple(place for place in places if place.state in (AttendanceState.APOLOGIES, AttendanceState.ABSENT)),
    )


def _section(session: Session, actor: Actor, line: Line) -> Section:
    item, opens = line.item, access.open_case(actor, line.item.case)
    actions = tuple(assigning.list_agreed(session, actor, item)) if "actions" in opens else ()
    if "minutes" not in opens:
        return Section(line, False, (), actions, "", "")
    rows = session.scalars(select(MinuteNote).where(MinuteNote.item_id == item.id))
    texts = {row.heading: row.text or "" for row in rows}
    written = tuple((heading, texts[heading]) for heading in MinuteHeading if texts.get(heading))
    note = item.transferred_to or " ".join(filter(None, (item.deferred_because, item.interim_safety)))
    return Section(line, True, written, actions, item.who_tells or "", note)


def submit_minutes(session: Session, actor: Actor, minutes: Minutes) -> Minutes:
    """Send to the chair; from now on the words stand still until the chair approves or sends them back."""
    return advance(session, actor, minutes, "submit", meeting_state=minutes.meeting.state)


def send_back(session: Session, actor: Actor, minutes: Minutes, *, reason: str) -> Minutes:
    """The chair wants something changed."""
    return advance(session, actor, minutes, "send_back", reason=reason)


def approve_minutes(session: Session, actor: Actor, minutes: Minutes) -> Minutes:
    """A second person approves; the version is frozen. RuleBroken for the person who sent it."""
    advance(session, actor, minutes, "approve", approver=actor.user_id, written_by=_sender(session, minutes))
    minutes.approved_at, minutes.approved_by_id = clock.now(), actor.user_id
    flush(session)
    return minutes


def issue_minutes(session: Session, actor: Actor, minutes: Minutes) -> Minutes:
    """Circulate: agencies are prompted to sign in, each case moves on, attendance closes. No mail has an attachment."""
    advance(session, actor, minutes, "issue")
    minutes.issued_at = clock.now()
    for item in list_items(session, actor, minutes.meeting):
        if item.state == AgendaItemState.HEARD and item.case.state == CaseState.HEARD:
            advance(session, actor, item.case, "issue", minutes_state=minutes.state)
    flush(session)
    return minutes


def _sender(session: Session, minutes: Minutes) -> UUID | None:
    """Who sent these minutes to the chair, as the trail has it."""
    sent = select(AuditEntry.actor_id).where(AuditEntry.tag == "minutes:submit", AuditEntry.object_id == minutes.id)
    return session.scalar(sent.order_by(AuditEntry.seq.desc()).limit(1))


def list_unsent(session: Session, actor: Actor) -> list[tuple[Minutes, datetime]]:
    """Minutes that wait for this viewer or for circulation, with when they are due."""
    waiting = access.visible(actor, P.MINUTES_WRITE, Minutes).where(Minutes.state != MinutesState.ISSUED)
    return [(minutes, minutes.due_at) for minutes in session.scalars(waiting.order_by(Minutes.due_at))]
