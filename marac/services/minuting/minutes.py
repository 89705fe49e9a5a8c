"""The life of a meeting's minutes: gaps, approval by a second person, circulation, amendment, recall (DA-30, DA-31).

Refuses to send on words that say where somebody is (DA-4), and to change a version that was approved.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Action, AgendaItem, IssuedDocument, Meeting, Message, Minutes, MinutesVersion
from marac.services.leaving import checking
from marac.services.live import coverage, notes, room
from marac.services.meetings import attendance, meeting_dates
from marac.services.meetings.agenda import Line, list_items, view_agenda
from marac.services.meetings.attendance import HERE
from marac.services.minuting import freezing, readers, reading_minutes, words_leaving
from marac.services.moving import advance, flush
from marac.vocabulary import (
    LIVE_ACTIONS,
    AgendaItemState,
    CaseState,
    DocumentKind,
    DocumentState,
    LeavingAs,
    MeetingState,
    MinutesState,
    Permission as P,
    Template,
)
from marac.workflows.hearing import record_of

RECALLABLE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something to look at before the minutes go to the chair. `number` is the viewer's; 0 is the whole meeting.

    `settles` is the item whose risks wait for an action or a reason.
    """

    number: int
    reference: str
    text: str
    settles: UUID | None = None


def list_gaps(session: Session, actor: Actor, meeting: Meeting) -> list[Gap]:
    """What is missing: no outcome, aims not covered, an address in the words, somebody who never agreed."""
    access.require(actor, P.MEETING_RUN, meeting)
    room.require_agreed(session, actor, meeting)
    lines = view_agenda(session, actor, meeting).lines
    gaps = [
        Gap(line.number, line.item.case.reference, text, settles)
        for line in lines
        for texts, settles in ((_gaps_of(line.item), None), (_uncovered(session, actor, line.item), line.item.id))
        for text in texts
    ]
    if lines:
        stopped = words_leaving.list_stopped(session, actor, meeting, LeavingAs.MINUTES)
        gaps += [Gap(one.number, one.item.case.reference, checking.in_words(one.findings)) for one in stopped]
    places = attendance.list_places(session, actor, meeting)
    waiting = [place for place in places if place.state in HERE and place.agreed_at is None]
    return gaps + [Gap(0, "", f"{place.agency}: confidentiality not agreed") for place in waiting]


def _gaps_of(item: AgendaItem) -> list[str]:
    if item.state in (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS):
        return ["No outcome yet"]
    if item.state != AgendaItemState.HEARD:
        return []
    missing = [label for aim, label in notes.aims_of(item).items() if aim not in (item.covered or ())]
    return [f"Not marked as covered: {', '.join(missing)}"] if missing else []


def _uncovered(session: Session, actor: Actor, item: AgendaItem) -> list[str]:
    """Of a case that was heard: each risk that was raised and met by no action and no reason."""
    risks = coverage.list_uncovered(session, actor, item) if item.state == AgendaItemState.HEARD else ()
    record = record_of(item.case.programme)
    named = ", ".join(record.label(heading) for heading in risks)
    return [f"No action and no reason for none: {named}"] if named else []


def submit_minutes(session: Session, actor: Actor, minutes: Minutes) -> Minutes:
    """Send to the chair; from now on the words stand still until the chair approves or sends them back."""
    access.require(actor, P.MINUTES_WRITE, minutes)
    words_leaving.require_clean(session, actor, minutes.meeting, LeavingAs.MINUTES)
    advance(session, actor, minutes, "submit", meeting_state=minutes.meeting.state)
    minutes.submitted_by_id = actor.user_id
    flush(session)
    return minutes


def send_back(session: Session, actor: Actor, minutes: Minutes, *, reason: str) -> Minutes:
    """The chair wants something changed."""
    return advance(session, actor, minutes, "send_back", reason=reason)


def approve_minutes(session: Session, actor: Actor, minutes: Minutes) -> Minutes:
    """A second person approves; the version is written and never changes. RuleBroken for the person who sent it."""
    access.require(actor, P.MINUTES_APPROVE, minutes)
    words_leaving.require_clean(session, actor, minutes.meeting, LeavingAs.MINUTES)
    advance(session, actor, minutes, "approve", approver=actor.user_id, written_by=minutes.submitted_by_id)
    access.open_staff(actor, seal=True)
    pages = freezing.freeze(session, minutes, minutes.number)
    minutes.approved_at, minutes.approved_by_id = clock.now(), actor.user_id
    session.add(
        MinutesVersion(
            partnership_id=minutes.partnership_id, minutes_id=minutes.id, number=minutes.number, pages=pages,
            submitted_by_id=minutes.submitted_by_id, approved_at=minutes.approved_at, approved_by_id=actor.user_id,
            **reading_minutes.room_to_keep(session, actor, minutes),
        )
    )  # fmt: skip
    audit.record(session, actor, "minutes:frozen", minutes, number=minutes.number, pages=pages)
    flush(session)
    return minutes


def issue_minutes(session: Session, actor: Actor, minutes: Minutes) -> Minutes:
    """Circulate: who may read is prompted to sign in, cases move on, attendance closes. No mail has an attachment."""
    access.require(actor, P.MINUTES_ISSUE, minutes)
    access.require_step_up(actor)
    words_leaving.require_clean(session, actor, minutes.meeting, LeavingAs.MINUTES)
    advance(session, actor, minutes, "issue", prompt_at=clock.now() + RECALLABLE)
    version = freezing.version_of(session, minutes, minutes.number)
    minutes.issued_at = version.issued_at = clock.now()
    version.issued_by_id = actor.user_id
    minutes.issued_number, minutes.recalled_at = minutes.number, None
    meeting_dates.meet(session, minutes.meeting, "minutes_issued", "actions_published")
    for item in list_items(session, actor, minutes.meeting):
        if item.state == AgendaItemState.HEARD and item.case.state == CaseState.HEARD:
            advance(session, actor, item.case, "issue", minutes_state=minutes.state)
    flush(session)
    return minutes


def recall_minutes(session: Session, actor: Actor, minutes: Minutes, *, reason: str) -> Minutes:
    """Take back what was circulated: the link answers "withdrawn", readers are told, copies are marked recalled.

    In the first ten minutes nobody was told yet, and nobody is.
    """
    quiet = untold(minutes)
    advance(session, actor, minutes, "recall", reason=reason)
    if quiet:
        _untell(session, minutes)
    access.open_staff(actor, seal=True)
    version = freezing.version_of(session, minutes, minutes.number)
    version.recalled_because, version.recalled_at = reason.strip(), clock.now()
    minutes.issued_number, minutes.recalled_at = None, clock.now()
    made = select(IssuedDocument).where(
        IssuedDocument.meeting_id == minutes.meeting_id, IssuedDocument.kind == DocumentKind.MINUTES,
        IssuedDocument.state == DocumentState.RELEASED,
    )  # fmt: skip
    copies = session.scalars(made).all()
    for copy in copies:
        copy.state, copy.recalled_at = DocumentState.RECALLED, clock.now()
    audit.record(session, actor, "document:recalled", minutes, count=len(copies))
    who: set[UUID | None] = {copy.user_id for copy in copies if copy.user_id != actor.user_id}
    key, path = f"Minutes:{minutes.id.hex}:recalled:{minutes.number}", f"/panels/{minutes.meeting.reference}/minutes"
    _prompt(session, minutes, who, Template.MINUTES_ISSUED, (key, path))
    flush(session)
    return minutes


def untold(minutes: Minutes) -> bool:
    """Whether the prompts of a circulation still wait, so that it can be taken back without anybody being told."""
    return minutes.issued_at is not None and clock.now() - minutes.issued_at < RECALLABLE


def _untell(session: Session, minutes: Minutes) -> None:
    unsent = (Message.template == Template.MINUTES_ISSUED, Message.sent_at.is_(None), Message.mail_key.is_(None))
    session.flush()
    session.execute(delete(Message).where(Message.subject_key.startswith(f"Minutes:{minutes.id.hex}:"), *unsent))


def list_held_back(session: Session, actor: Actor, minutes: Minutes) -> list[Line]:
    """Restricted cases whose page waits for a second person to release it: those that this person may see."""
    if minutes.issued_number is None or not _releases(actor):
        return []
    waiting = freezing.waiting_pages(session, minutes)
    return [one for one in view_agenda(session, actor, minutes.meeting).lines if one.item.id in waiting]


def _releases(actor: Actor) -> bool:
    return access.holds(actor, P.MINUTES_ISSUE) or access.holds(actor, P.MINUTES_APPROVE)


def release_page(session: Session, actor: Actor, minutes: Minutes, item_id: UUID) -> None:
    """Release the page of a restricted case, as somebody other than who circulated (security 7). NotFound for a case
    that is not theirs to see, or does not wait; RuleBroken for who circulated; StepUpNeeded.
    """
    access.require_step_up(actor)
    if item_id not in {one.item.id for one in list_held_back(session, actor, minutes)} or not minutes.issued_number:
        raise NotFound
    if freezing.version_of(session, minutes, minutes.issued_number).issued_by_id == actor.user_id:
        raise RuleBroken("releaser", "You circulated these minutes. Somebody else must release this case")
    page = freezing.waiting_pages(session, minutes)[item_id]
    page.released_by_id, page.released_at = actor.user_id, clock.now()
    audit.record(session, actor, "minutes:page_released", page)
    flush(session)


def _prompt(session: Session, minutes: Minutes, who: set[UUID | None], template: Template, to: tuple[str, str]) -> None:
    """Queue a prompt, once for each key; `to` is (key, path)."""
    wanted = [user_id for user_id in who if user_id is not None]
    notifications.enqueue(session, minutes.partnership_id, wanted, template, subject_key=to[0], path=to[1])


def amend_minutes(session: Session, actor: Actor, minutes: Minutes, item: AgendaItem, *, reason: str) -> Minutes:
    """Begin the next version, with a note on one of its cases; while it is a draft, note another case (DA-30).

    Members go on reading the issued version until the new one was approved and circulated.
    """
    if item.meeting_id != minutes.meeting_id:
        raise NotFound
    access.open_case(actor, item.case)
    if minutes.state == MinutesState.DRAFT and minutes.number > 1:
        access.require(actor, P.MINUTES_WRITE, minutes)
        if not reason.strip():
            raise RuleBroken("reason", "Say why")
    else:
        advance(session, actor, minutes, "amend", reason=reason)
        minutes.number += 1
        minutes.submitted_by_id = minutes.approved_by_id = minutes.approved_at = None
        _clear_notes(session, minutes)
    access.open_case(actor, item.case)
    item.amended_because = reason.strip()
    flush(session)
    return minutes


def _clear_notes(session: Session, minutes: Minutes) -> None:
    """The notes of the version before stay with that version."""
    items = session.scalars(select(AgendaItem).where(AgendaItem.meeting_id == minutes.meeting_id)).all()
    with access.apart():
        access.open_for("freeze", minutes.partnership_id, [item.case_id for item in items])
        for item in items:
            if item.amended_because:
                item.amended_because = None
        session.flush()


def circulate_actions(session: Session, actor: Actor, meeting: Meeting) -> int:
    """Prompt each agency with a live action of this meeting to sign in to its own, before the minutes too (DA-31).

    Returns how many agencies have one. WrongState before the meeting has ended; a second time it tells nobody twice.
    """
    access.require(actor, P.MEETING_RUN, meeting)
    minutes = meeting.minutes
    if meeting.state != MeetingState.HELD or minutes is None:
        raise WrongState(f"{meeting.id} is {meeting.state}")
    words_leaving.require_clean(session, actor, meeting, LeavingAs.ACTIONS)
    live = select(Action.agency_id, Action.item_id).join(AgendaItem, AgendaItem.id == Action.item_id)
    live = live.where(AgendaItem.meeting_id == meeting.id, Action.state.in_(LIVE_ACTIONS))
    given = {(agency_id, item_id) for agency_id, item_id in session.execute(live)}
    told = {
        one.actor.user_id
        for one in readers.list_readers(session, minutes)
        if one.told and any((one.actor.agency_id, item_id) in given for item_id in one.item_ids)
    } - {actor.user_id, None}
    key, agencies = f"Meeting:{meeting.id.hex}:actions", {agency_id for agency_id, _item in given}
    _prompt(session, minutes, told, Template.ACTIONS_ASSIGNED, (key, "/actions"))
    minutes.actions_sent_at = minutes.actions_sent_at or clock.now()
    meeting_dates.meet(session, meeting, "actions_published")
    audit.record(session, actor, "actions:circulated", meeting, agencies=len(agencies))
    flush(session)
    return len(agencies)


def list_unsent(session: Session, actor: Actor) -> list[tuple[Minutes, datetime]]:
    """Minutes that wait for this viewer or for circulation, with when they are due."""
    waiting = access.visible(actor, P.MINUTES_WRITE, Minutes).where(Minutes.state != MinutesState.ISSUED)
    return [(minutes, minutes.due_at) for minutes in session.scalars(waiting.order_by(Minutes.due_at))]
