"""What should be on an agenda, and why: cases that wait, ranked by reasons that a person can check (DA-19, DA-35).

Suggests; a person adds. Refuses to add anything over which a possible conflict of interest is undecided (DA-5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotFound
from marac.models import AgendaItem, Case, Meeting, Referral
from marac.services import local
from marac.services.deciding import conflicts, listing
from marac.services.deciding.conflicts import PossibleConflict
from marac.services.meetings import agenda, panels
from marac.services.meetings.agenda import capacity_of
from marac.services.meetings.waiting import BRING_BACK, DEFERRED, REVIEW, TAKEN_OFF, Waiting, list_waiting
from marac.vocabulary import Permission as P, ReferralKind
from marac.workflows.deadlines import is_repeat

PUT_OFF = (DEFERRED, TAKEN_OFF)
LONGEST_WAIT = timedelta(days=28)  # from referral to hearing: a monthly panel's own interval


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A case that waits, as one agenda would take it: the reasons, strongest first, and what stands in the way."""

    waiting: Waiting
    reasons: tuple[str, ...]
    rank: int
    late: bool
    due: bool
    fits: bool = True

    @property
    def suggested(self) -> bool:
        """Whether one press adds it: due, in time, and there is room."""
        return self.due and self.fits and not self.late


@dataclass(frozen=True, slots=True)
class Horizon:
    """What waiting is judged by: the days of the meeting and of the next, repeat window, cut-off, areas moved from."""

    held_on: date
    next_on: date
    months: int
    cutoff: datetime
    areas: Mapping[UUID, str]


# --- what one agenda should take ---


def suggest(session: Session, actor: Actor, meeting: Meeting) -> tuple[Suggestion, ...]:
    """Every case that waits for this panel, most urgent first; those that one press would add are `suggested`."""
    access.require(actor, P.MEETING_PUBLISH, meeting)
    here = set(session.scalars(select(AgendaItem.case_id).where(AgendaItem.meeting_id == meeting.id)))
    waiting = [
        one
        for one in list_waiting(session, actor)
        if one.case.programme == meeting.programme and one.case.id not in here
    ]
    horizon = _horizon(session, meeting, waiting)
    found = sorted(
        (_judged(session, meeting, one, horizon) for one in waiting),
        key=lambda one: (one.late, not one.due, one.rank, one.waiting.since_on or date.min),
    )
    return _fitted(session, actor, meeting, found)


def _horizon(session: Session, meeting: Meeting, waiting: Sequence[Waiting]) -> Horizon:
    held_on = clock.to_london(meeting.starts_at).date()
    following = local.next_meeting(session, meeting.partnership_id, meeting.programme, after=meeting.starts_at)
    next_on = clock.to_london(following.starts_at).date() if following else held_on + LONGEST_WAIT
    rules = local.rules_of(session, meeting.partnership_id, meeting.programme)
    months = rules.value("repeat_window.months", clock.today())
    return Horizon(held_on, next_on, months, listing.cutoff_of(session, meeting), _areas(session, waiting))


def _judged(session: Session, meeting: Meeting, one: Waiting, horizon: Horizon) -> Suggestion:
    referral, case = one.referral, one.case
    kind = referral.kind if referral else None
    back_on = one.since_on if one.reason in (BRING_BACK, REVIEW) else None
    again = case.last_heard_on is not None and is_repeat(case.last_heard_on, clock.today(), horizon.months)
    sent_on = case.last_referral_on
    told = (
        ("Emergency", kind == ReferralKind.EMERGENCY or bool(referral and referral.urgent)),
        (f"{one.reason} last time", one.reason in PUT_OFF),
        ("Review due" if one.reason == REVIEW else "Bring-back date", back_on is not None),
        (f"Repeat within {horizon.months} months", back_on is None and (again or kind == ReferralKind.REPEAT)),
        (_children(one.people.children), bool(one.people.children)),
        (f"Would wait over {LONGEST_WAIT.days} days", bool(sent_on and horizon.next_on - sent_on > LONGEST_WAIT)),
        (f"Moved here from {horizon.areas.get(case.id) or 'another area'}", kind == ReferralKind.TRANSFER_IN),
    )
    held = [(rank, words) for rank, (words, holds) in enumerate(told) if holds]
    reasons = tuple(words for _rank, words in held) or ("Accepted, not heard yet",)
    due = back_on is None or back_on <= horizon.held_on or back_on < horizon.next_on
    rank = held[0][0] if held else len(told)
    return Suggestion(one, reasons, rank, listing.late_for(session, meeting, referral, horizon.cutoff), due)


def _children(number: int) -> str:
    return f"{number} {'child' if number == 1 else 'children'} at risk"


def _areas(session: Session, waiting: Sequence[Waiting]) -> dict[UUID, str]:
    moved = {
        one.referral.id: one.case.id
        for one in waiting
        if one.referral is not None and one.referral.kind == ReferralKind.TRANSFER_IN
    }
    rows = session.execute(
        select(*sealed_columns(Referral, "risk"), Referral.id).where(Referral.id.in_(list(moved)))
    ).all()
    opened = open_many(Referral, "risk", rows)
    return {moved[row.id]: told.get("other_area") or "" for row, told in zip(rows, opened, strict=True)}


def _fitted(
    session: Session, actor: Actor, meeting: Meeting, found: Sequence[Suggestion]
) -> tuple[Suggestion, ...]:  # fmt: skip
    """Mark those for which there is no room: the most urgent fill the meeting up to its maximum (SCH-40)."""
    listed = agenda.list_items(session, actor, meeting)
    room = capacity_of(session, meeting, [item.minutes_planned for item in listed]).most - len(listed)
    fitted = []
    for one in found:
        wanted = one.due and not one.late
        fits = not wanted or room > 0
        room -= wanted and fits
        fitted.append(Suggestion(one.waiting, one.reasons, one.rank, one.late, one.due, fits))
    return tuple(fitted)


# --- adding ---


def add_cases(
    session: Session, actor: Actor, meeting: Meeting, case_ids: Sequence[UUID] | None = None, *, because: str = "",
    approved_by: UUID | None = None,
) -> tuple[int, int]:  # fmt: skip
    """Add these cases, or (None) all that are suggested; children first while the agenda is not out.

    Each is screened for conflicts of interest now. Answers (added, left out because a possible conflict is undecided).
    NotFound for a case that does not wait; RuleBroken when one is late and the chair has not agreed.
    """
    offered = {one.waiting.case.id: one for one in suggest(session, actor, meeting)}
    if case_ids is None:
        wanted = [one.waiting for one in offered.values() if one.suggested]
    else:
        if not set(case_ids) <= set(offered):
            raise NotFound
        wanted = [offered[case_id].waiting for case_id in case_ids]
    added = 0
    for one in wanted:
        if undecided_conflicts(session, actor, one.case):
            continue
        panels.list_case_on(
            session, actor, meeting, one.case, referral=one.referral, conflict_checked=True, because=because,
            approved_by=approved_by,
        )  # fmt: skip
        added += 1
    if added and meeting.published_at is None:
        panels.put_children_first(session, actor, meeting)
    return added, len(wanted) - added


# --- conflicts of interest, also of a case that is listed already ---


def get_case(session: Session, actor: Actor, reference: str) -> Case:
    """A case that the actor may list, by reference, or NotFound."""
    case = session.scalar(access.visible(actor, P.CASE_LIST, Case).where(Case.reference == reference))
    if case is None:
        raise NotFound
    return case


def possible_conflicts(session: Session, actor: Actor, case: Case) -> list[PossibleConflict]:
    """Who works here and may be connected with somebody in a case, decided or not."""
    access.open_case(actor, case)
    referral = _newest_sent(session, case)
    return conflicts.possible_conflicts(session, actor, referral) if referral else []


def undecided_conflicts(session: Session, actor: Actor, case: Case) -> int:
    """How many of them nobody has decided (DA-5)."""
    return conflicts.undecided(possible_conflicts(session, actor, case))


def _newest_sent(session: Session, case: Case) -> Referral | None:
    """The referral under which a case is screened."""
    sent = select(Referral).where(Referral.case_id == case.id, Referral.submitted_at.is_not(None))
    return session.scalar(sent.order_by(Referral.submitted_at.desc()).limit(1))


def keep_conflict_check(
    session: Session, actor: Actor, meeting: Meeting, case: Case, said: Mapping[UUID, str], *, keep_out: str
) -> int:
    """Keep what was said of each possible conflict, and that the listed case was looked at today; returns what is left.

    Whoever is kept out never learns that the case exists, from now on.
    """
    access.require(actor, P.CASE_LIST, case)
    access.open_case(actor, case)
    referral = _newest_sent(session, case)
    if referral is not None:
        conflicts.wall_off(session, actor, case, [user_id for user_id, word in said.items() if word == keep_out])
        conflicts.dismiss(
            session, actor, referral, [user_id for user_id, word in said.items() if word and word != keep_out]
        )
        session.flush()
    left = undecided_conflicts(session, actor, case)
    for item in agenda.list_items(session, actor, meeting):
        if item.case_id == case.id and not left:
            item.conflict_checked_on = clock.today()
            audit.record(session, actor, "conflict:checked", item)
    session.flush()
    return left
