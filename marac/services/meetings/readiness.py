"""What is not ready before a case is heard, in words, each with the page that puts it right (DA-19, DA-22).

One query for each kind of fact, whatever the length of the agenda. Warns; refuses nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import AgendaItem, Attendance, Case, ContactMethod, Deadline, Meeting, Membership, Referral, Research
from marac.services.casework import naming, safe_contact
from marac.services.casework.involvement import core_agencies
from marac.services.casework.safe_contact import FIRST_CONTACT
from marac.vocabulary import UNANSWERED, AgendaItemState, AttendanceState, Permission as P, PersonRole, said

FINISHED = (AgendaItemState.HEARD, AgendaItemState.DEFERRED)
COMING = (AttendanceState.INVITED, AttendanceState.PRESENT, AttendanceState.DEPUTY)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is not ready: what, the page that puts it right, and whether it could put somebody in danger."""

    text: str
    href: str
    fix: str
    unsafe: bool = False


def checks_of(
    session: Session, actor: Actor, meeting: Meeting, items: Sequence[AgendaItem]
) -> dict[UUID, tuple[Check, ...]]:  # fmt: skip
    """What is not ready, by item. The cases must have been opened for a viewer who runs the meeting."""
    open_items = [item for item in items if item.state not in FINISHED]
    found: dict[UUID, list[Check]] = defaultdict(list)
    for finder in (_referrers, _contacts, _research, _wishes, _conflicts, _first_contacts):
        for item_id, check in finder(session, meeting, open_items):
            found[item_id].append(check)
    if not access.holds(actor, P.CONTACT_UPDATE):
        for item in open_items:
            found[item.id] = [_to_the_case(item, one) if one.unsafe else one for one in found[item.id]]
    return {item_id: tuple(checks) for item_id, checks in found.items() if checks}


def _to_the_case(item: AgendaItem, check: Check) -> Check:
    """For who may not put it right: the case, where the rules can be read."""
    return replace(check, href=f"/cases/{item.case.reference}", fix="See the case")


Found = list[tuple[UUID, Check]]


def _referrers(session: Session, meeting: Meeting, items: Sequence[AgendaItem]) -> Found:
    """Nobody of the agency that referred is coming: invited by itself if core, else asked in for the case (DA-51)."""
    places: dict[UUID, set[AttendanceState]] = defaultdict(set)
    rows = session.execute(select(Attendance.agency_id, Attendance.state).where(Attendance.meeting_id == meeting.id))
    for invited_id, state in rows:
        places[invited_id].add(state)
    invited_later = set() if meeting.published_at else set(core_agencies(session, meeting))
    names = naming.agency_names(session, meeting.partnership_id)
    of_items = Referral.id.in_([item.referral_id for item in items if item.referral_id])
    sent = {row.id: row.agency_id for row in session.execute(select(Referral.id, Referral.agency_id).where(of_items))}
    found = []
    for item in items:
        agency_id = sent.get(item.referral_id) if item.referral_id else None
        if agency_id is None or agency_id in invited_later or places[agency_id] & set(COMING):
            continue
        text = f"No referrer attending: {names.get(agency_id, 'the agency that referred')}"
        excused = agency_id in places
        page = "attendance" if excused else f"agenda/{item.id}/guests"
        fix = "See attendance" if excused else "Invite them"
        found.append((item.id, Check(text, f"/panels/{meeting.reference}/{page}", fix)))
    return found


def _contacts(session: Session, _meeting: Meeting, items: Sequence[AgendaItem]) -> Found:
    rows = session.execute(
        select(*sealed_columns(ContactMethod, "identity"), ContactMethod.case_id).where(
            ContactMethod.case_id.in_([item.case_id for item in items]), ContactMethod.role == PersonRole.VICTIM
        )
    ).all()
    opened = open_many(ContactMethod, "identity", rows)
    checked = {row.case_id: told.get("checked_on") for row, told in zip(rows, opened, strict=True)}
    found = []
    for item in items:
        lasting = safe_contact.lasts(session, item.partnership_id, item.case.programme)
        if _stale(checked.get(item.case_id), lasting):
            text = f"Safe contact not checked in the last {lasting.days} days"
            href = f"/cases/{item.case.reference}/safe-contact"
            found.append((item.id, Check(text, href, "Check it", unsafe=True)))
    return found


def _stale(checked_on: date | None, lasting: timedelta) -> bool:
    return checked_on is None or clock.today() - checked_on > lasting


def _research(session: Session, meeting: Meeting, items: Sequence[AgendaItem]) -> Found:
    missing = session.execute(
        select(Research.item_id, func.count())
        .where(Research.item_id.in_([item.id for item in items]), Research.state.in_(UNANSWERED))
        .group_by(Research.item_id)
    )
    return [
        (
            item_id,
            Check(
                f"{count} {'agency has' if count == 1 else 'agencies have'} not answered",
                f"/panels/{meeting.reference}/research", "Chase",
            ),
        )
        for item_id, count in missing
    ]  # fmt: skip


def _wishes(session: Session, _meeting: Meeting, items: Sequence[AgendaItem]) -> Found:
    ids = [item.case_id for item in items]
    rows = session.execute(select(*sealed_columns(Case, "summary"), Case.id).where(Case.id.in_(ids))).all()
    opened = open_many(Case, "summary", rows)
    told = {row.id for row, summary in zip(rows, opened, strict=True) if summary.get("wishes")}
    return [
        (item.id, Check("The person's own views are not recorded", f"/cases/{item.case.reference}/wishes", "Record"))
        for item in items
        if item.case_id not in told
    ]


def _conflicts(session: Session, meeting: Meeting, items: Sequence[AgendaItem]) -> Found:
    """Never screened, or somebody has begun to work here since (DA-5)."""
    joined = session.scalar(
        select(func.max(Membership.from_on)).where(
            Membership.partnership_id == meeting.partnership_id, Membership.from_on <= clock.today()
        )
    )
    return [
        (item.id, Check(text, f"/panels/{meeting.reference}/agenda/conflicts/{item.case.reference}", "Check"))
        for item in items
        if (text := _unscreened(item.conflict_checked_on, joined))
    ]


def _unscreened(checked_on: date | None, joined: date | None) -> str:
    if checked_on is None:
        return "Conflicts of interest not checked"
    return "Somebody has joined since conflicts were checked" if joined is not None and joined > checked_on else ""


def _first_contacts(session: Session, _meeting: Meeting, items: Sequence[AgendaItem]) -> Found:
    """The support service has not said that it reached the person (DA-13)."""
    unmet = set(
        session.scalars(
            select(Referral.case_id)
            .join(Deadline, Deadline.subject_id == Referral.id)
            .where(Referral.case_id.in_([item.case_id for item in items]))
            .where(Deadline.rule == FIRST_CONTACT, Deadline.met_at.is_(None))
        )
    )
    text = "The IDVA has not made contact"
    return [
        (item.id, Check(said(item.case.programme, text), f"/cases/{item.case.reference}", "See the case"))
        for item in items
        if item.case_id in unmet
    ]


def unsafe_of(checks: Mapping[UUID, tuple[Check, ...]]) -> int:
    """How many cases have something that could put somebody in danger."""
    return sum(any(check.unsafe for check in listed) for listed in checks.values())
