"""Your work: what each person has to do today and this week, waits for, and has finished. Each part fails alone.

What a line says of a person is what the policy opens at the stage of the case. Decides nothing: every link asks again.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, joinedload

from marac import access, audit, clock, logs
from marac.access import Actor
from marac.crypto.vault import SealedShut
from marac.errors import IntegrityFailure, Refusal
from marac.models import Action, Case, Meeting, Minutes
from marac.services import local, today_membership, today_walls
from marac.services.casework import naming
from marac.services.community import same_day
from marac.services.deciding import handing_over
from marac.services.disclosing import work as disclosing
from marac.services.following import actions, escalating, flags, telling
from marac.services.knowing import missed
from marac.services.meetings import research
from marac.services.referring import inbox
from marac.services.sanctuary import approvals, board, follow_ups, visits
from marac.services.today_cases import Contact, contacts_to_check, first_contacts, wishes_missing
from marac.services.today_rows import DONE, SOON, TODAY, WAITING, WEEK, Row, day_of, section_of, spoken, who_is
from marac.services.today_walls import Waits
from marac.services.trail import answering
from marac.services.transfers import listing as transfers
from marac.vocabulary import (
    LIVE_ACTIONS,
    NOT_BEGUN,
    CaseState,
    MeetingState,
    MinutesState,
    Permission as P,
    ReferralState,
    Role,
    VisitState,
)

log = logging.getLogger(__name__)

SECTIONS = (TODAY, WEEK, WAITING, DONE)
MOST = 25
SECONDS_A_ROW = 20  # of a research sheet: 18 rows are about 6 minutes


@dataclass(frozen=True, slots=True)
class YourWork:
    """The rows by section, what could not be loaded, and when the next panel is."""

    sections: dict[str, tuple[Row, ...]]
    failed: tuple[str, ...]
    next_meeting_at: datetime | None


Loader = Callable[[Session, Actor], Iterable[Row]]


def your_work(session: Session, actor: Actor) -> YourWork:
    """Everything that waits for this person in this role, the first due first."""
    access.require_holds(actor, P.HOME_READ)
    rows: list[Row] = []
    failed: list[str] = []
    for name, permission, loader in LOADERS:
        if access.holds(actor, permission) and not _loaded(session, actor, name, loader, rows):
            failed.append(name)
    rows.sort(key=lambda row: (not row.urgent, day_of(row.due) or date.max))
    by_section = {section: tuple(row for row in rows if row.section == section) for section in SECTIONS}
    by_section[DONE] = by_section[DONE][::-1]  # the latest first
    return YourWork(by_section, tuple(failed), _next_meeting(session, actor))


def _loaded(session: Session, actor: Actor, name: str, loader: Loader, rows: list[Row]) -> bool:
    """Add the rows of one part. A part that fails is named on the page, logged, and audited if a value was damaged."""
    try:
        with session.begin_nested():
            rows.extend(loader(session, actor))
    except IntegrityFailure:
        audit.record(session, actor, "value:damaged", endpoint="today")
        return False
    except (Refusal, SealedShut, SQLAlchemyError, LookupError) as problem:
        log.warning("today_part_failed", extra={"part": name, "error": type(problem)})
        return False
    return True


def _to_decide(session: Session, actor: Actor) -> Iterable[Row]:
    for line in inbox.list_referrals(session, actor, "waiting", MOST):
        returned = line.state == ReferralState.RETURNED
        yield Row(
            section=WAITING if returned else TODAY if line.urgent else section_of(line.decide_by_at) or WEEK,
            text=f"Answer from {line.agency}" if returned else f"Decide a referral from {line.agency}",
            url=f"/referrals/{line.reference}/decide",
            due=line.decide_by_at,
            note=who_is(line.name, line.reference),
            minutes=2,
            urgent=line.urgent,
        )


def _red_flags(session: Session, actor: Actor) -> Iterable[Row]:
    for case in same_day.waiting_cases(session, actor):
        due = same_day.waiting(session, case)
        yield Row(
            TODAY, "Act today: a red flag was raised", f"/cases/{case.reference}/acted", due, case.reference, 5, True
        )


def _awaited(session: Session, actor: Actor) -> Iterable[Row]:
    for one in handing_over.list_awaited(session, actor, MOST):
        text, page = AWAITED[one.rule]
        section = (section_of(one.due_at) or WEEK) if one.mine_to_do else WAITING
        yield Row(section, text, f"/referrals/{one.reference}{page}", one.due_at, one.reference, 2)


AWAITED = {
    handing_over.RECEIPT: ("Has the other area received the case?", "/received"),
    handing_over.TAKEN_ON: ("Has the other forum taken the person on?", "/received"),
    handing_over.REVIEWED: ("Look again at a referral that was not listed", ""),
}


def _matches(session: Session, actor: Actor) -> Iterable[Row]:
    """One line, however many there are."""
    number = missed.waiting(session, actor)
    if number:
        text = f"Decide {number} possible match{'' if number == 1 else 'es'} nobody has looked at"
        yield Row(TODAY, text, "/referrals/matches", None, "Found by the nightly comparison", number)


def _research(session: Session, actor: Actor) -> Iterable[Row]:
    for meeting, answered, asked in research.list_asked(session, actor):
        left, due = asked - answered, local.deadlines_of(session, meeting)["research_due"].at
        section = section_of(due)
        if left and section:
            text = f"Answer research for the panel on {spoken(meeting.starts_at)}"
            minutes = max(1, round(left * SECONDS_A_ROW / 60))
            yield Row(section, text, f"/research/{meeting.reference}", due, f"{left} of {asked} left", minutes)


def _own_actions(session: Session, actor: Actor) -> Iterable[Row]:
    own = actions.list_actions(session, actor, agency_id=actor.agency_id)
    rows = [(section, row) for row in own if (section := section_of(row.due_on))]
    for section, row in rows[:MOST]:
        text = row.text or "An action for your agency"
        yield Row(section, text, f"/actions/{row.id}", row.due_on, who_is(row.name, row.reference), 1)
    if len(rows) > MOST:
        yield Row(WEEK, f"{len(rows) - MOST} more actions", "/actions")


def _finished_actions(session: Session, actor: Actor) -> Iterable[Row]:
    since = clock.now() - SOON
    for row in actions.list_actions(session, actor, agency_id=actor.agency_id, done=True)[:5]:
        if row.closed_at and row.closed_at >= since:
            text = row.text or "An action for your agency"
            yield Row(DONE, text, f"/actions/{row.id}", row.closed_at, f"{row.state.label}, {row.reference}")


def _overdue_by_agency(session: Session, actor: Actor) -> Iterable[Row]:
    late = (access.rule(actor, P.ACTION_CREATE, Action), Action.state.in_(LIVE_ACTIONS), Action.due_on < clock.today())
    query = select(Action.agency_id, func.count(), func.min(Action.due_on)).where(*late).group_by(Action.agency_id)
    names = naming.agency_names(session, actor.partnership_id)
    for agency_id, number, oldest in session.execute(query):
        if agency_id != actor.agency_id:
            text = f"{names[agency_id]}: {number} overdue action{'' if number == 1 else 's'}"
            yield Row(WAITING, text, f"/actions?agency={agency_id}", oldest)


def _escalated(session: Session, actor: Actor) -> Iterable[Row]:
    """One line for each agency whose actions came up the ladder to this person; the coordinator's list shows all."""
    found = escalating.list_escalated(session, actor) if actor.role is not Role.COORDINATOR else ()
    by_agency: dict[str, list[date]] = {}
    for one in found:
        by_agency.setdefault(one.agency, []).append(one.due_on)
    for agency, days in by_agency.items():
        text = f"{agency}: {len(days)} overdue action{'' if len(days) == 1 else 's'}, escalated to you"
        yield Row(TODAY, text, "/escalated", min(days), "", 2)
    for late in escalating.list_escalated_flags(session, actor) if actor.role is not Role.COORDINATOR else ():
        text = f"{late.agency}: {late.number} mark{'' if late.number == 1 else 's'} not confirmed, escalated to you"
        yield Row(TODAY, text, "/escalated", late.oldest_on, "", 2)


def _flags(session: Session, actor: Actor) -> Iterable[Row]:
    asked = flags.list_flags(session, actor)
    if asked:
        number, due = len(asked), asked[0].due_at
        text = f"Confirm {number} record{'' if number == 1 else 's'} marked or unmarked on your own file"
        yield Row(section_of(due) or WEEK, text, "/flags", due, "", max(1, number // 4))


def _tellings(session: Session, actor: Actor) -> Iterable[Row]:
    """Who tells the person: of one's own agency to do, of others to wait for, until it is done (DA-33)."""
    everyones = access.holds(actor, P.TELLING_ASSIGN)
    for one in telling.list_tellings(session, actor, agency_id=None if everyones else actor.agency_id, most=MOST):
        note = ". ".join(
            part for part in (who_is(one.name, one.reference), one.contact.short if one.contact else "") if part
        )
        text = f"{one.agency}: tell the person what was agreed" if everyones else "Tell the person what was agreed"
        section = WAITING if everyones else section_of(one.due_at) or WEEK
        yield Row(section, text, f"/telling/{one.id}", one.due_at, note, 0 if everyones else 10)


def _transfers(session: Session, actor: Actor) -> Iterable[Row]:
    for one in transfers.list_awaited(session, actor):
        text = "Has the other area received the case?"
        yield Row(section_of(one.due_at) or WEEK, text, f"/transfers/{one.id}", one.due_at, one.reference, 2)
    for one in transfers.list_to_check(session, actor):
        yield Row(
            TODAY, "Check that a case was handed over to the other area", f"/transfers/{one.id}", None, one.reference, 2
        )


def _drafts(session: Session, actor: Actor) -> Iterable[Row]:
    for line in inbox.list_referrals(session, actor, "drafts", MOST):
        who = who_is(line.name, line.reference)
        yield Row(WEEK, "Finish the referral you started", f"/referrals/{line.reference}", None, who, 12)


def _sent(session: Session, actor: Actor) -> Iterable[Row]:
    recent = clock.now() - 2 * SOON
    for line in inbox.list_referrals(session, actor, "sent", MOST):
        url, who = f"/referrals/{line.reference}", who_is(line.name, line.reference)
        if line.state == ReferralState.RETURNED:
            yield Row(TODAY, "Answer a question about your referral", url, line.decide_by_at, who, 3)
        elif line.state == ReferralState.SUBMITTED:
            yield Row(WAITING, "Your referral is being decided", url, line.decide_by_at, who)
        elif line.decided_at and line.decided_at >= recent:
            yield Row(DONE, f"Your referral: {line.state.label.lower()}", url, line.decided_at, who)


def _minutes(session: Session, actor: Actor) -> Iterable[Row]:
    waiting = access.visible(actor, P.MINUTES_WRITE, Minutes).where(Minutes.state != MinutesState.ISSUED)
    steps = {permission for _, permission in MINUTES_STEP.values()}
    own = {step: set(session.scalars(select(Minutes.id).where(access.rule(actor, step, Minutes)))) for step in steps}
    for minutes in session.scalars(waiting.order_by(Minutes.due_at).options(joinedload(Minutes.meeting))):
        verb, permission = MINUTES_STEP[minutes.state]
        mine = minutes.id in own[permission]
        held_on, url = spoken(minutes.meeting.starts_at), f"/panels/{minutes.meeting.reference}/minutes"
        section = (section_of(minutes.due_at) or WEEK) if mine else WAITING
        yield Row(section, f"{verb} the minutes of {held_on}", url, minutes.due_at, "", 10 if mine else 0)


MINUTES_STEP = {
    MinutesState.DRAFT: ("Finish", P.MINUTES_ISSUE),
    MinutesState.SUBMITTED: ("Approve", P.MINUTES_APPROVE),
    MinutesState.APPROVED: ("Circulate", P.MINUTES_ISSUE),
}


def _panels(session: Session, actor: Actor) -> Iterable[Row]:
    coming = access.visible(actor, P.MEETING_READ, Meeting).where(
        Meeting.state.in_((*NOT_BEGUN, MeetingState.IN_PROGRESS))
    )
    for meeting in session.scalars(coming.order_by(Meeting.starts_at)):
        section = section_of(meeting.starts_at)
        if section:
            text = "The panel is being held" if meeting.state == MeetingState.IN_PROGRESS else "Get ready for the panel"
            yield Row(section, text, f"/panels/{meeting.reference}", meeting.starts_at, meeting.state.label)


def _reviews(session: Session, actor: Actor) -> Iterable[Row]:
    """Cases whose review has come round: score again, then an agenda, or the end of the case."""
    due = access.visible(actor, P.CASE_REVIEW, Case).where(Case.state == CaseState.REVIEW_DUE)
    cases = session.scalars(due.order_by(Case.review_on).limit(MOST)).all()
    names = naming.victims(session, actor, {case.id: case.state for case in cases})
    for case in cases:
        who = who_is(names.get(case.id, ""), case.reference)
        page = f"/cases/{case.reference}/reviews"
        yield Row(section_of(case.review_on) or WEEK, "Review a case", page, case.review_on, who, 10)


def _to_contact(session: Session, actor: Actor) -> Iterable[Row]:
    for one in first_contacts(session, actor):
        yield _contact_row(one, "Make first contact", f"/cases/{one.reference}", 10)


def _wishes(session: Session, actor: Actor) -> Iterable[Row]:
    for one in wishes_missing(session, actor):
        yield _contact_row(one, "Record what they want before the panel", f"/cases/{one.reference}/wishes", 2)


def _stale(session: Session, actor: Actor) -> Iterable[Row]:
    for one in contacts_to_check(session, actor)[:MOST]:
        yield _contact_row(one, "Check that safe contact is still right", f"/cases/{one.reference}/safe-contact", 1)


def _contact_row(one: Contact, text: str, url: str, minutes: int) -> Row:
    note = ". ".join(part for part in (who_is(one.name, one.reference), one.method) if part)
    return Row(section_of(one.due) or WEEK, text, url, one.due, note, minutes)


def _follow_ups(session: Session, actor: Actor) -> Iterable[Row]:
    for one in follow_ups.list_due(session, actor, until_on=clock.today() + SOON)[:MOST]:
        words = f"{one.months}-month follow-up, by the safe way"
        url = f"/sanctuary/{one.reference}/follow-ups/{one.months}"
        yield Row(section_of(one.due_on) or WEEK, words, url, one.due_on, one.reference, 5)


def _requests(session: Session, actor: Actor) -> Iterable[Row]:
    for line in board.list_waiting(session, actor)[:MOST]:
        words = f"{line.state.label}: request {line.reference}"
        note = "" if line.due_at else f"{line.days} days in this stage"
        yield Row(section_of(line.due_at) or WEEK, words, f"/sanctuary/{line.reference}", line.due_at, note, 5)
    for reference, due_at in approvals.list_to_write(session, actor):
        words = f"Write down what you approved: request {reference}"
        yield Row(TODAY, words, f"/sanctuary/{reference}/write-down", due_at, "", 2)


def _disclosures(session: Session, actor: Actor) -> Iterable[Row]:
    for one in disclosing.list_work(session, actor):
        section = (section_of(one.due_on) or WEEK) if one.mine else WAITING
        yield Row(section, one.text, one.url, one.due_on, one.note, one.minutes)


def _membership(session: Session, actor: Actor) -> Iterable[Row]:
    for one in today_membership.waiting(session, actor):
        yield Row(section_of(one.due) or WEEK, one.text, one.url, one.due, one.note, one.minutes)


def _visits(session: Session, actor: Actor) -> Iterable[Row]:
    today = clock.today()
    for one in visits.list_visits(session, actor, from_on=today, until_on=today + SOON)[:MOST]:
        if one.state == VisitState.BOOKED and one.user_id == actor.user_id:
            note = ". ".join(part for part in (one.reference or one.place, one.contact) if part)
            yield Row(section_of(one.starts_at) or WEEK, one.kind.label, f"/visits/{one.id}", one.starts_at, note)


def _waits(found: Callable[[Session, Actor], Iterable[Waits]], session: Session, actor: Actor) -> Iterable[Row]:
    for one in found(session, actor):
        section = TODAY if one.now else section_of(one.due) or WEEK
        yield Row(section, one.text, one.url, one.due, one.note, one.minutes, one.now)


def _alerts(session: Session, actor: Actor) -> Iterable[Row]:
    if number := answering.how_many_open(session, actor):
        yield Row(TODAY, f"{number} alert{'' if number == 1 else 's'} to look into", "/admin/audit/alerts", None, "")


LOADERS: tuple[tuple[str, P, Loader], ...] = (
    ("conflicts of interest", P.HOME_READ, partial(_waits, today_walls.walls)),
    ("restricted cases", P.CASE_RESTRICT, partial(_waits, today_walls.restrictions)),
    ("urgent access", P.GLASS_READ, partial(_waits, today_walls.urgent_access)),
    ("your details", P.HOME_READ, partial(_waits, today_walls.own_details)),
    ("red flags", P.REFERRAL_DECIDE, _red_flags),
    ("referrals to decide", P.REFERRAL_DECIDE, _to_decide),
    ("possible matches", P.PERSON_LINK, _matches),
    ("hand-overs", P.REFERRAL_DECIDE, _awaited),
    ("research", P.RESEARCH_WRITE, _research),
    ("actions", P.ACTION_UPDATE, _own_actions),
    ("first contacts", P.CASE_UPDATE, _to_contact),
    ("reviews", P.CASE_REVIEW, _reviews),
    ("wishes", P.CASE_UPDATE, _wishes),
    ("safe contact", P.CASE_UPDATE, _stale),
    ("flags", P.FLAG_CONFIRM, _flags),
    ("who tells the person", P.TELLING_READ, _tellings),
    ("transfers", P.TRANSFER_READ, _transfers),
    ("disclosures", P.HOME_READ, _disclosures),
    ("minutes", P.MINUTES_WRITE, _minutes),
    ("requests", P.SANCTUARY_READ, _requests),
    ("follow-ups", P.SANCTUARY_SUPPORT, _follow_ups),
    ("visits", P.VISIT_READ, _visits),
    ("panels", P.MEETING_READ, _panels),
    ("overdue actions", P.ACTION_CREATE, _overdue_by_agency),
    ("escalated actions", P.ACTION_OVERSEE, _escalated),
    ("accounts", P.HOME_READ, _membership),
    ("drafts", P.REFERRAL_EDIT, _drafts),
    ("your referrals", P.REFERRAL_CREATE, _sent),
    ("alerts", P.ALERT_ANSWER, _alerts),
    ("finished actions", P.ACTION_UPDATE, _finished_actions),
)
logs.know("part", (name for name, _permission, _loader in LOADERS))


def _next_meeting(session: Session, actor: Actor) -> datetime | None:
    mine = access.rule(actor, P.MEETING_READ, Meeting)
    ahead = (mine, Meeting.state.in_(NOT_BEGUN), Meeting.starts_at > clock.now())
    return session.scalar(select(func.min(Meeting.starts_at)).where(*ahead))
