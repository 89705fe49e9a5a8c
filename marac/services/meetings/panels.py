"""Meetings and what is on them: scheduled, listed, put in order, published, closed to research. Runs none (running.py).

Refuses to take a case off without a reason, an approver and an interim safety note (DA-35).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import Agency, AgendaItem, Case, CasePerson, Meeting, Referral, User
from marac.services import local
from marac.services.casework.involvement import ask_agencies, core_agencies, involved_agencies, latest_item
from marac.services.casework.references import new_reference
from marac.services.clockwork.recipients import AGENCY_PEOPLE, active_people, not_walled
from marac.services.deciding import listing
from marac.services.meetings import agenda_versions, attendance, guests
from marac.services.meetings.agenda import first_slots, list_items
from marac.services.moving import advance, flow_of, flush
from marac.services.walls import declaring
from marac.vocabulary import (
    AGENDA_IS_OUT,
    AgendaChangeKind,
    AgendaItemState,
    CaseState,
    DeferralReason,
    MeetingKind,
    MeetingPlace,
    MeetingState,
    Outcome,
    Permission as P,
    PersonRole,
    ProgrammeSlug,
    ReferralKind,
    Role,
    Template,
)
from marac.workflows.deadlines import is_repeat
from marac.workflows.hearing import record_of

OPEN_AGENDA = (MeetingState.SCHEDULED, MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS)
LIVE_ITEMS = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS)
SHORTEST, LONGEST = 5, 60  # minutes for one case


@dataclass(frozen=True, slots=True)
class Sitting:
    """One meeting in a list: how many cases this viewer may see on it, and when the first of a member's begins."""

    meeting: Meeting
    cases: int
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may chair or approve."""

    id: UUID
    full_name: str


def schedule_meeting(
    session: Session, actor: Actor, *, starts_at: datetime, programme: ProgrammeSlug = ProgrammeSlug.DA_MARAC,
    kind: MeetingKind = MeetingKind.ROUTINE, place: MeetingPlace = MeetingPlace.HYBRID, chair_id: UUID | None = None,
) -> Meeting:  # fmt: skip
    """Book a sitting; minutes per case come from the rules in force on its day (DA-16). `starts_at` is aware UTC."""
    access.require_holds(actor, P.MEETING_SCHEDULE)
    if programme not in actor.programmes:
        raise NotAllowed
    if starts_at <= clock.now():
        raise RuleBroken("starts_on", "The meeting must be in the future")
    live = access.visible(actor, P.MEETING_READ, Meeting).where(Meeting.state != MeetingState.CANCELLED)
    if session.scalar(live.where(Meeting.programme == programme, Meeting.starts_at == starts_at)):
        raise RuleBroken("starts_on", "A meeting is already booked for that day and time")
    rules = local.rules_of(session, actor.partnership_id, programme)
    meeting = Meeting(
        partnership_id=actor.partnership_id, programme=programme, reference=new_reference(session), kind=kind,
        state=MeetingState.SCHEDULED, place=place, starts_at=starts_at, chair_id=chair_id,
        minutes_per_case=rules.value("minutes_per_case.target", clock.to_london(starts_at).date()),
    )  # fmt: skip
    session.add(meeting)
    flush(session)
    audit.record(session, actor, "meeting:scheduled", meeting, kind=kind)
    return meeting


def list_meetings(session: Session, actor: Actor) -> tuple[list[Sitting], list[Sitting]]:
    """Meetings to come, soonest first, and past ones, newest first."""
    meetings = session.scalars(access.visible(actor, P.MEETING_READ, Meeting).order_by(Meeting.starts_at)).all()
    counted = session.execute(
        select(AgendaItem.meeting_id, func.count())
        .where(access.rule(actor, P.CASE_READ, AgendaItem), AgendaItem.state != AgendaItemState.REMOVED)
        .group_by(AgendaItem.meeting_id)
    )
    counts = {row[0]: row[1] for row in counted}
    firsts = first_slots(session, actor, meetings)
    sittings = [Sitting(meeting, counts.get(meeting.id, 0), firsts.get(meeting.id)) for meeting in meetings]
    over = (MeetingState.HELD, MeetingState.CANCELLED)
    coming = [sitting for sitting in sittings if sitting.meeting.state not in over]
    return coming, [sitting for sitting in reversed(sittings) if sitting.meeting.state in over]


def get_meeting(session: Session, actor: Actor, reference: str) -> Meeting:
    """The meeting with this reference, or NotFound."""
    meeting = session.scalar(access.visible(actor, P.MEETING_READ, Meeting).where(Meeting.reference == reference))
    if meeting is None:
        raise NotFound
    return meeting


def list_case_on(
    session: Session, actor: Actor, meeting: Meeting, case: Case, *, referral: Referral | None = None,
    conflict_checked: bool = False, because: str = "", approved_by: UUID | None = None, urgent: bool = False,
) -> AgendaItem:  # fmt: skip
    """Put a case at the end of an agenda and move it to listed. Once published, the agencies are asked at once (DA-20).

    A late listing (`listing.late_for`) needs the reason and the chair who agreed (SCH-39). A case that was put
    off keeps the referral it was first listed for. `urgent` is the chair's own meeting for it (CM-10).
    """
    access.open_case(actor, case)
    if session.scalar(select(exists().where(AgendaItem.meeting_id == meeting.id, AgendaItem.case_id == case.id))):
        raise RuleBroken("meeting", "This case is, or was, on that agenda. Choose another meeting")
    earlier = latest_item(session, case.id)
    if referral is None and earlier is not None and earlier.state != AgendaItemState.HEARD:
        referral = earlier.referral
    late = listing.late_for(session, meeting, referral)
    if late and approved_by is not None and approved_by not in _chairs(session, actor):
        raise RuleBroken("approved_by", "Select the chair who agreed to the late listing")
    facts = {
        "meeting_state": meeting.state, "conflict_checked": conflict_checked, "late": late, "reason": because,
        "approved_by": approved_by,
    }  # fmt: skip
    verb = "list_urgently" if urgent else "list"
    flow_of(case).find(verb, case.state).check(case, facts)
    item = _new_item(session, meeting, case, referral)
    if late:
        item.late_approved_by_id, item.added_because = approved_by, because.strip()
    flush(session)
    advance(session, actor, case, verb, **facts)
    guests.let_in(session, actor, meeting)
    if meeting.state in AGENDA_IS_OUT:
        agenda_versions.note_change(session, actor, item, AgendaChangeKind.ADDED)
        _tell(session, actor, item, f"listed:{item.id.hex}")
        declaring.declare_by_listing(session, actor, item)
    return item


def _new_item(session: Session, meeting: Meeting, case: Case, referral: Referral | None) -> AgendaItem:
    kind = referral.kind if referral else None
    again = not record_of(case.programme).reviews and _heard_in_window(session, case)
    last = session.scalar(select(func.max(AgendaItem.position)).where(AgendaItem.meeting_id == meeting.id)) or 0
    item = AgendaItem(
        partnership_id=case.partnership_id, case_id=case.id, meeting_id=meeting.id,
        referral_id=referral.id if referral else None, position=last + 1, minutes_planned=meeting.minutes_per_case,
        state=AgendaItemState.LISTED, is_repeat=again or kind == ReferralKind.REPEAT,
        is_transfer=kind == ReferralKind.TRANSFER_IN, conflict_checked_on=clock.today(),
    )  # fmt: skip
    session.add(item)
    return item


def _chairs(session: Session, actor: Actor) -> set[UUID]:
    return {colleague.id for colleague in list_deciders(session, actor, [Role.CHAIR])}


def _heard_in_window(session: Session, case: Case) -> bool:
    """Whether the last hearing lies within the repeat window of the partnership's own rules (DA-11)."""
    today = clock.today()
    months = local.rules_of(session, case.partnership_id, case.programme).value("repeat_window.months", today)
    return case.last_heard_on is not None and is_repeat(case.last_heard_on, today, months)


def move_item(session: Session, actor: Actor, meeting: Meeting, item: AgendaItem, *, to: int) -> None:
    """Give an item a number as this viewer counts; items the viewer may not see keep their places."""
    items = _orderly(session, actor, meeting)
    if item not in items:
        raise NotFound
    items.remove(item)
    items.insert(max(0, min(to - 1, len(items))), item)
    _place(session, actor, meeting, items)


def set_minutes(session: Session, actor: Actor, meeting: Meeting, item: AgendaItem, *, minutes: int) -> None:
    """How many minutes a case is given, from 5 to 60 (DA-19)."""
    if item not in _orderly(session, actor, meeting):
        raise NotFound
    if not SHORTEST <= minutes <= LONGEST:
        raise RuleBroken("minutes", f"Enter how many minutes the case is given, from {SHORTEST} to {LONGEST}")
    if minutes != item.minutes_planned:
        item.minutes_planned = minutes
        audit.record(session, actor, "agenda:timed", item, minutes=minutes)
        flush(session)
        agenda_versions.note_change(session, actor, item, AgendaChangeKind.MINUTES)


def put_children_first(session: Session, actor: Actor, meeting: Meeting) -> None:
    """Cases with children first, so that children's agencies may leave after them (DA-19)."""
    items = _orderly(session, actor, meeting)
    children = CasePerson.role == PersonRole.CHILD
    wanted = CasePerson.case_id.in_([item.case_id for item in items])
    with_children = set(session.scalars(select(CasePerson.case_id).where(children, wanted)))
    _place(session, actor, meeting, sorted(items, key=lambda item: item.case_id not in with_children))


def _orderly(session: Session, actor: Actor, meeting: Meeting) -> list[AgendaItem]:
    access.require(actor, P.MEETING_PUBLISH, meeting)
    if meeting.state not in OPEN_AGENDA:
        raise WrongState(f"the agenda of {meeting.id} is fixed")
    return list_items(session, actor, meeting)


def _place(session: Session, actor: Actor, meeting: Meeting, items: list[AgendaItem]) -> None:
    places = sorted(item.position for item in items)
    moved = [item for place, item in zip(places, items, strict=True) if item.position != place]
    for place, item in zip(places, items, strict=True):
        item.position = place
    audit.record(session, actor, "agenda:reordered", meeting, items=len(items))
    flush(session)
    for item in moved:
        agenda_versions.note_change(session, actor, item, AgendaChangeKind.MOVED)


def remove_item(
    session: Session, actor: Actor, item: AgendaItem, *, reason: str, approved_by: UUID | None, interim_safety: str,
    reason_code: DeferralReason = DeferralReason.OTHER,
) -> AgendaItem:  # fmt: skip
    """Take a case off an agenda; it waits for the next one (DA-35)."""
    facts = {"reason": reason, "approved_by": approved_by, "interim_safety": interim_safety, "reason_code": reason_code}
    return _put_off(session, actor, item, "remove", facts)


def defer_item(
    session: Session, actor: Actor, item: AgendaItem, *, reason: str, approved_by: UUID | None, interim_safety: str,
    reason_code: DeferralReason = DeferralReason.OTHER,
) -> AgendaItem:  # fmt: skip
    """Put a case off to a later meeting, before or while it is heard (DA-35)."""
    facts = {"reason": reason, "approved_by": approved_by, "interim_safety": interim_safety, "reason_code": reason_code}
    return _put_off(session, actor, item, "defer", facts)


def _put_off(session: Session, actor: Actor, item: AgendaItem, move: str, facts: dict[str, Any]) -> AgendaItem:
    access.open_case(actor, item.case)
    approvers = {colleague.id: colleague.full_name for colleague in list_deciders(session, actor)}
    if facts["approved_by"] is not None and facts["approved_by"] not in approvers:
        raise RuleBroken("approved_by", "Select who approved this: the chair or the coordinator")
    advance(session, actor, item, move, **facts)
    advance(session, actor, item.case, "defer", **facts)
    item.outcome = Outcome.DEFERRED if move == "defer" else Outcome.NOT_HEARD
    item.finished_at = clock.now()
    item.deferred_because = f"{facts['reason'].strip()} (approved by {approvers[facts['approved_by']]})"
    item.interim_safety, item.deferral_code = facts["interim_safety"], facts["reason_code"]
    flush(session)
    kind = AgendaChangeKind.DEFERRED if move == "defer" else AgendaChangeKind.TAKEN_OFF
    agenda_versions.note_change(session, actor, item, kind)
    return item


def publish_agenda(session: Session, actor: Actor, meeting: Meeting, *, because: str = "") -> Meeting:
    """Publish: every core agency is listed for each case and asked for research, invited, and told; a version is kept.

    DA-20, DA-22. Published again it needs the reason. Cases that the actor may not see wait for somebody who may.
    """
    access.require(actor, P.MEETING_PUBLISH, meeting)
    shown = list_items(session, actor, meeting)
    items = [item for item in shown if item.state == AgendaItemState.LISTED]
    for item in items:
        ask_agencies(session, actor, item)
    attendance.invite_core(session, actor, meeting)
    facts = {"published_before": meeting.published_at is not None, "because": because, "item_count": len(items)}
    meeting.published_at = clock.now()
    flush(session)
    advance(session, actor, meeting, "publish_agenda", **facts)
    guests.let_in(session, actor, meeting)
    agenda_versions.freeze(session, actor, meeting, shown, because.strip())
    agenda_versions.tell_unpublished(session, actor, meeting)
    declaring.declare_by_publishing(session, actor, meeting)
    return meeting


def close_research(session: Session, actor: Actor, meeting: Meeting) -> Meeting:
    """Replies are in: chair and coordinator may read them; a late one is still taken until the case is heard."""
    advance(session, actor, meeting, "close_research")
    for item in list_items(session, actor, meeting):
        if item.case.state == CaseState.LISTED and item.state == AgendaItemState.LISTED:
            advance(session, actor, item.case, "close_research")
    return meeting


def list_deciders(
    session: Session, actor: Actor, roles: Iterable[Role] = (Role.CHAIR, Role.COORDINATOR)
) -> list[Colleague]:
    """Active people in these roles, by name: who may chair, and who may approve putting a case off."""
    access.open_staff(actor)
    ids = active_people(session, actor.partnership_id, list(roles))
    rows = session.execute(select(*sealed_columns(User, "staff"), User.id).where(User.id.in_(ids))).all()
    opened: list[dict[str, Any]] = open_many(User, "staff", rows)
    found = [Colleague(row.id, str(names["full_name"])) for row, names in zip(rows, opened, strict=True)]
    return sorted(found, key=lambda colleague: colleague.full_name)


def _tell(session: Session, actor: Actor, item: AgendaItem, key: str) -> None:
    """Ask the people of the agencies that may see a case for research; nobody behind a wall hears of it."""
    agencies, meeting = involved_agencies(session, item.case_id), item.meeting
    people = active_people(session, meeting.partnership_id, AGENCY_PEOPLE, agencies=agencies)
    notifications.enqueue(
        session, meeting.partnership_id, set(not_walled(session, item, people)) - {actor.user_id},
        Template.RESEARCH_ASKED, subject_key=key, path=f"/research/{meeting.reference}",
    )  # fmt: skip


def list_core_names(session: Session, actor: Actor, meeting: Meeting) -> list[str]:
    """The agencies that publication asks and invites, by name."""
    wanted = access.visible(actor, P.AGENCY_READ, Agency).where(Agency.id.in_(core_agencies(session, meeting)))
    return [agency.name for agency in session.scalars(wanted.order_by(Agency.name))]
