"""Meetings and what is on them: scheduled, listed, put in order, published, closed to research. Runs none (running.py).

Refuses to take a case off without a reason, an approver and an interim safety note (DA-35).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import Agency, AgendaItem, Case, CasePerson, Meeting, Referral, User
from marac.services import attendance, local
from marac.services.agenda import list_items, people_in
from marac.services.involvement import ask_agencies, core_agencies, involved_agencies, latest_item
from marac.services.moving import advance, flush
from marac.services.recipients import AGENCY_PEOPLE, active_people
from marac.services.references import new_reference
from marac.vocabulary import (
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
    ReferralState,
    Role,
    Template,
)
from marac.workflows import WORKFLOWS
from marac.workflows.deadlines import is_repeat

OPEN_AGENDA = (MeetingState.SCHEDULED, MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS)
AGENDA_IS_OUT = (MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED)
LIVE_ITEMS = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS)
HEARD_BEFORE = (CaseState.HEARD, CaseState.ISSUED, CaseState.LAPSED)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One meeting in a list, with how many cases this viewer may see on it."""

    meeting: Meeting
    cases: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that should be on a coming agenda, and why it is offered."""

    case: Case
    name: str
    reason: str
    since_on: date | None
    referral: Referral | None


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
    sittings = [Sitting(meeting, counts.get(meeting.id, 0)) for meeting in meetings]
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
    conflict_checked: bool = False,
) -> AgendaItem:  # fmt: skip
    """Put a case at the end of an agenda and move it to listed. Once published, the agencies are asked at once (DA-20).

    A case that was put off keeps the referral it was first listed for.
    """
    access.open_case(actor, case)
    if session.scalar(select(exists().where(AgendaItem.meeting_id == meeting.id, AgendaItem.case_id == case.id))):
        raise RuleBroken("meeting", "This case is, or was, on that agenda. Choose another meeting")
    facts = {"meeting_state": meeting.state, "conflict_checked": conflict_checked}
    WORKFLOWS["case"].find("list", case.state).check(case, facts)
    earlier = latest_item(session, case.id)
    if referral is None and earlier is not None and earlier.state != AgendaItemState.HEARD:
        referral = earlier.referral
    kind, again = referral.kind if referral else None, _heard_in_window(session, case)
    last = session.scalar(select(func.max(AgendaItem.position)).where(AgendaItem.meeting_id == meeting.id)) or 0
    item = AgendaItem(
        partnership_id=case.partnership_id, case_id=case.id, meeting_id=meeting.id,
        referral_id=referral.id if referral else None, position=last + 1, minutes_planned=meeting.minutes_per_case,
        state=AgendaItemState.LISTED, is_repeat=again or kind == ReferralKind.REPEAT,
        is_transfer=kind == ReferralKind.TRANSFER_IN,
    )  # fmt: skip
    session.add(item)
    flush(session)
    advance(session, actor, case, "list", **facts)
    if meeting.state in AGENDA_IS_OUT:
        _tell(session, actor, meeting, involved_agencies(session, case.id), f"listed:{item.id.hex}")
    return item


def _heard_in_window(session: Session, case: Case) -> bool:
    """Whether the last hearing lies within the repeat window of the partnership's own rules (DA-11)."""
    today = clock.today()
    months = local.rules_of(session, case.partnership_id, case.programme).value("repeat_window.months", today)
    return case.last_heard_on is not None and is_repeat(case.last_heard_on, today, months)


def list_waiting(session: Session, actor: Actor) -> list[Waiting]:
    """Cases for a coming agenda: accepted or put off and on no agenda, or to be brought back (DA-19, DA-35)."""
    accepted = select(Referral.case_id).where(Referral.state == ReferralState.ACCEPTED)
    live = select(AgendaItem.case_id).where(AgendaItem.state.in_(LIVE_ITEMS))
    back = select(AgendaItem.case_id).where(AgendaItem.outcome == Outcome.BRING_BACK)
    visible = access.visible(actor, P.CASE_LIST, Case).where(Case.id.not_in(live)).order_by(Case.opened_on)
    fresh = session.scalars(visible.where(Case.state == CaseState.RECEIVED, Case.id.in_(accepted)))
    heard = session.scalars(visible.where(Case.state.in_(HEARD_BEFORE), Case.id.in_(back)))
    cases = [*fresh, *heard]
    for case in cases:
        access.open_stage(actor, case.id, case.state)
    people = people_in(session, [case.id for case in cases])
    found = [_waiting(session, case, people[case.id].name) for case in cases]
    return [waiting for waiting in found if waiting is not None]


def _waiting(session: Session, case: Case, name: str) -> Waiting | None:
    item = latest_item(session, case.id)
    if item is None or (case.state == CaseState.RECEIVED and item.state == AgendaItemState.HEARD):
        newest = select(Referral).where(Referral.case_id == case.id, Referral.state == ReferralState.ACCEPTED)
        referral = session.scalar(newest.order_by(Referral.started_at.desc()).limit(1))
        return Waiting(case, name, "Accepted, not on an agenda yet", case.last_referral_on, referral)
    if item.outcome == Outcome.BRING_BACK:
        return Waiting(case, name, "To be brought back", item.bring_back_on, None)
    if case.state != CaseState.RECEIVED:
        return None
    word = "Taken off an agenda" if item.state == AgendaItemState.REMOVED else "Deferred"
    return Waiting(case, name, word, clock.to_london(item.meeting.starts_at).date(), item.referral)


def move_item(session: Session, actor: Actor, meeting: Meeting, item: AgendaItem, *, to: int) -> None:
    """Give an item a number as this viewer counts; items the viewer may not see keep their places."""
    items = _orderly(session, actor, meeting)
    if item not in items:
        raise NotFound
    items.remove(item)
    items.insert(max(0, min(to - 1, len(items))), item)
    _place(session, actor, meeting, items)


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
    for place, item in zip(places, items, strict=True):
        item.position = place
    audit.record(session, actor, "agenda:reordered", meeting, items=len(items))
    flush(session)


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
    return item


def publish_agenda(session: Session, actor: Actor, meeting: Meeting) -> Meeting:
    """Publish: every core agency is listed for each case and asked for research, invited, and told (DA-20, DA-22)."""
    access.require(actor, P.MEETING_PUBLISH, meeting)
    items = [item for item in list_items(session, actor, meeting) if item.state == AgendaItemState.LISTED]
    for item in items:
        ask_agencies(session, actor, item)
    attendance.invite_core(session, actor, meeting)
    meeting.published_at = clock.now()
    flush(session)
    return advance(session, actor, meeting, "publish_agenda", item_count=len(items))


def close_research(session: Session, actor: Actor, meeting: Meeting) -> Meeting:
    """Replies are in: chair and coordinator may read them; a late one is still taken until the case is heard."""
    advance(session, actor, meeting, "close_research")
    for item in list_items(session, actor, meeting):
        if item.case.state == CaseState.LISTED and item.state == AgendaItemState.LISTED:
            advance(session, actor, item.case, "close_research")
    return meeting


def cancel_meeting(session: Session, actor: Actor, meeting: Meeting, *, reason: str) -> Meeting:
    """Cancel a meeting on which no case is left (DA-35)."""
    query = select(func.count()).where(AgendaItem.meeting_id == meeting.id, AgendaItem.state.in_(LIVE_ITEMS))
    return advance(session, actor, meeting, "cancel", reason=reason, listed_cases=session.scalar(query) or 0)


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


def _tell(session: Session, actor: Actor, meeting: Meeting, agency_ids: Iterable[UUID], key: str) -> None:
    people = set(active_people(session, meeting.partnership_id, AGENCY_PEOPLE, agencies=agency_ids)) - {actor.user_id}
    notifications.enqueue(
        session, meeting.partnership_id, people, Template.RESEARCH_ASKED, subject_key=key,
        path=f"/research/{meeting.reference}",
    )  # fmt: skip


def list_core_names(session: Session, actor: Actor, meeting: Meeting) -> list[str]:
    """The agencies that publication asks and invites, by name."""
    wanted = access.visible(actor, P.AGENCY_READ, Agency).where(Agency.id.in_(core_agencies(session, meeting)))
    return [agency.name for agency in session.scalars(wanted.order_by(Agency.name))]
