"""The agenda as one viewer may see it: what they may not see does not exist, so numbers, totals and times are theirs.

Reads and computes; refuses to change anything.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marac import access, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotFound
from marac.models import AgendaItem, CasePerson, Meeting, Referral
from marac.services import local
from marac.services.casework import naming
from marac.services.community import marks
from marac.services.deciding.listing import places_of
from marac.services.live import item_clock
from marac.services.meetings import readiness
from marac.services.meetings.readiness import FINISHED, Check
from marac.vocabulary import AgendaItemState, MeetingState, Permission as P, PersonRole
from marac.workflows.hearing import record_of


@dataclass(frozen=True, slots=True)
class PeopleIn:
    """Who a case is about, opened for a list: field name -> value, for each person."""

    victim: Mapping[str, Any]
    perpetrators: tuple[Mapping[str, Any], ...]
    others: tuple[Mapping[str, Any], ...]
    children: int

    @property
    def name(self) -> str:
        """The person the case is about."""
        return str(self.victim.get("full_name") or "Name not known")


@dataclass(frozen=True, slots=True)
class Line:
    """One case of an agenda as its viewer numbers it, with when it is expected to begin."""

    number: int
    item: AgendaItem
    people: PeopleIn
    starts_at: datetime
    checks: tuple[Check, ...]
    source_area: str = ""
    told: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is not ready, in words alone."""
        return tuple(check.text for check in self.checks)

    @property
    def marks(self) -> tuple[str, ...]:
        """Repeat, the area a transfer came from, restricted, how many children (DA-19); hate and cuckooing (CM-18)."""
        children = self.people.children
        told = (
            ("Repeat", self.item.is_repeat),
            (f"Moved here from {self.source_area}" if self.source_area else "Transfer", self.item.is_transfer),
            ("Restricted: named people only", self.item.case.restricted),
            (f"{children} {'child' if children == 1 else 'children'}", bool(children)),
        )
        return (*(words for words, shown in told if shown), *self.told)

    @property
    def name(self) -> str:
        """The person the case is about; pages show the name or its initials."""
        return self.people.name


@dataclass(frozen=True, slots=True)
class Capacity:
    """How full a meeting is: cases against the target and the most, and minutes over the time it was booked for."""

    cases: int
    target: int
    most: int
    minutes_over: int

    @property
    def words(self) -> str:
        """16 of 15; 20 minutes over"""
        over = f"; {self.minutes_over} minutes over" if self.minutes_over > 0 else ""
        return f"{self.cases} of {self.target}{over}"

    @property
    def full(self) -> bool:
        """Whether to offer an extra meeting (SCH-40)."""
        return self.cases > self.target or self.minutes_over > 0


@dataclass(frozen=True, slots=True)
class Agenda:
    """The whole agenda for one viewer."""

    meeting: Meeting
    lines: tuple[Line, ...]
    planned_finish_at: datetime
    finish_at: datetime
    warnings: tuple[str, ...]
    capacity: Capacity

    @property
    def done(self) -> int:
        """How many cases have been heard or deferred."""
        return sum(line.item.state in FINISHED for line in self.lines)

    def after(self, number: int) -> Line | None:
        """The next case still to be heard after a number, or the first one left over before it."""
        left = [line for line in self.lines if line.item.state not in FINISHED and line.number != number]
        return next((line for line in left if line.number > number), left[0] if left else None)


def list_items(session: Session, actor: Actor, meeting: Meeting) -> list[AgendaItem]:
    """The items of a meeting that this viewer may see, in order; removed ones are gone."""
    shown = access.visible(actor, P.CASE_READ, AgendaItem).where(
        AgendaItem.meeting_id == meeting.id, AgendaItem.state != AgendaItemState.REMOVED
    )
    return list(
        session.scalars(shown.options(joinedload(AgendaItem.case)).order_by(AgendaItem.position, AgendaItem.id))
    )


def get_item(session: Session, actor: Actor, meeting: Meeting, number: int) -> AgendaItem:
    """The item that this viewer counts as `number`, or NotFound."""
    items = list_items(session, actor, meeting)
    if not 1 <= number <= len(items):
        raise NotFound
    return items[number - 1]


def number_of(session: Session, actor: Actor, item: AgendaItem) -> int:
    """How this viewer counts an item."""
    ids = [found.id for found in list_items(session, actor, item.meeting)]
    if item.id not in ids:
        raise NotFound
    return ids.index(item.id) + 1


def view_agenda(session: Session, actor: Actor, meeting: Meeting) -> Agenda:
    """The agenda with names, marks, expected times and what is not ready yet (DA-19)."""
    access.require(actor, P.MEETING_READ, meeting)
    items = list_items(session, actor, meeting)
    opened = access.open_stages(session, actor, {item.case_id: item.case.state for item in items})
    told = marks.marks_of(session, opened) if record_of(meeting.programme).reviews else {}
    people = people_in(session, opened, opened)
    starts, finish_at, planned = _times(meeting, _timeline(session, actor, meeting, items))
    runs = access.holds(actor, P.RESEARCH_CHASE)
    checks = readiness.checks_of(session, actor, meeting, items) if runs else {}
    areas = _source_areas(session, items) if runs else {}
    lines = tuple(
        Line(
            number, item, people[item.case_id], starts[item.id], checks.get(item.id, ()), areas.get(item.id, ""),
            told.get(item.case_id, ()),
        )
        for number, item in enumerate(items, 1)
    )  # fmt: skip
    capacity = capacity_of(session, meeting, [item.minutes_planned for item in items])
    return Agenda(meeting, lines, planned, finish_at, tuple(_over(capacity)), capacity)


def _timeline(session: Session, actor: Actor, meeting: Meeting, items: Sequence[AgendaItem]) -> Sequence[Any]:
    """What takes time at the meeting, in order: a guest of the sixth case comes when the fifth is over.

    Cases behind a wall take no time for whoever they are hidden from, so that no gap shows.
    """
    if meeting.published_at is None or access.holds(actor, P.MEETING_RUN):
        return items
    columns = (
        AgendaItem.id, AgendaItem.minutes_planned, AgendaItem.called_at, AgendaItem.state, AgendaItem.finished_at,
        AgendaItem.paused_at, AgendaItem.paused_seconds,
    )  # fmt: skip
    not_hidden = access.rule(actor, P.MEETING_READ, AgendaItem)
    query = select(*columns).where(not_hidden, AgendaItem.meeting_id == meeting.id)
    live = query.where(AgendaItem.state != AgendaItemState.REMOVED)
    return session.execute(live.order_by(AgendaItem.position, AgendaItem.id)).all()


def first_slots(session: Session, actor: Actor, meetings: Iterable[Meeting]) -> dict[UUID, datetime]:
    """When the first case of a member begins at each meeting whose agenda is out: two queries for all of them."""
    if access.holds(actor, P.MEETING_RUN):
        return {}
    out = {one.id: one.starts_at for one in meetings if one.published_at is not None and one.held_at is None}
    live = (AgendaItem.meeting_id.in_(list(out)), AgendaItem.state != AgendaItemState.REMOVED)
    own = set(session.scalars(select(AgendaItem.id).where(access.rule(actor, P.CASE_READ, AgendaItem), *live)))
    columns = (AgendaItem.id, AgendaItem.meeting_id, AgendaItem.minutes_planned)
    timeline = select(*columns).where(access.rule(actor, P.MEETING_READ, AgendaItem), *live)
    firsts: dict[UUID, datetime] = {}
    for row in session.execute(timeline.order_by(AgendaItem.position, AgendaItem.id)):
        if row.id in own:
            firsts.setdefault(row.meeting_id, out[row.meeting_id])
        out[row.meeting_id] += timedelta(minutes=row.minutes_planned)
    return firsts


def _source_areas(session: Session, items: Sequence[AgendaItem]) -> dict[UUID, str]:
    """The area that each case that moved here came from (DA-34)."""
    moved = {item.referral_id: item.id for item in items if item.is_transfer and item.referral_id}
    rows = session.execute(
        select(*sealed_columns(Referral, "risk"), Referral.id).where(Referral.id.in_(list(moved)))
    ).all()
    opened = open_many(Referral, "risk", rows)
    return {moved[row.id]: told.get("other_area") or "" for row, told in zip(rows, opened, strict=True)}


def people_in(
    session: Session, case_ids: Iterable[UUID], opened: Mapping[UUID, frozenset[str]] | None = None
) -> dict[UUID, PeopleIn]:
    """The people of many cases in two queries. Every case must have been opened for the viewer before.

    With `opened`, what opened in each, whoever stays shut is left out; without it all must be open.
    """
    ids = list(case_ids)
    rows = session.execute(
        select(*sealed_columns(CasePerson, "identity"), CasePerson.case_id, CasePerson.role)
        .where(CasePerson.case_id.in_(ids))
        .order_by(CasePerson.position, CasePerson.id)
    ).all()
    if opened is not None:
        rows = [row for row in rows if naming.compartment_of(row.role) in opened[row.case_id]]
    by_case: dict[UUID, dict[PersonRole, list[Mapping[str, Any]]]] = {case_id: defaultdict(list) for case_id in ids}
    for row, document in zip(rows, open_many(CasePerson, "identity", rows), strict=True):
        by_case[row.case_id][row.role].append(document)
    return {case_id: _people(found) for case_id, found in by_case.items()}


def _people(found: Mapping[PersonRole, list[Mapping[str, Any]]]) -> PeopleIn:
    victims = found.get(PersonRole.VICTIM) or [{}]
    return PeopleIn(
        victims[0],
        tuple(found.get(PersonRole.PERPETRATOR, ())),
        tuple(found.get(PersonRole.OTHER_AT_RISK, ())),
        len(found.get(PersonRole.CHILD, ())),
    )


def _times(meeting: Meeting, timeline: Sequence[Any]) -> tuple[dict[UUID, datetime], datetime, datetime]:
    """When each item begins: as it did, as planned, or (while the meeting runs) counted on from now; and both ends."""
    running = meeting.state == MeetingState.IN_PROGRESS
    at = max(meeting.starts_at, clock.now()) if running else meeting.starts_at
    starts = {}
    for item in timeline:
        length = timedelta(minutes=item.minutes_planned)
        if item.called_at is not None:
            starts[item.id] = item.called_at
            if item.state == AgendaItemState.IN_PROGRESS:
                at = max(at, item_clock.expected_end(item))
        elif item.state in FINISHED:
            starts[item.id] = at
        else:
            starts[item.id], at = at, at + length
    planned = meeting.starts_at + timedelta(minutes=sum(item.minutes_planned for item in timeline))
    return starts, at, planned


def capacity_of(session: Session, meeting: Meeting, minutes: Sequence[int]) -> Capacity:
    """How full a meeting is with cases of these lengths, by its own number or the partnership's (DA-19, SCH-40)."""
    rules, target = local.rules_of(session, meeting.partnership_id, meeting.programme), places_of(session, meeting)
    usual = rules.value("capacity.maximum_cases", clock.to_london(meeting.starts_at).date())
    most = max(target, usual) if meeting.capacity is None else target
    return Capacity(len(minutes), target, most, sum(minutes) - target * meeting.minutes_per_case)


def _over(capacity: Capacity) -> list[str]:
    count = capacity.cases
    if count > capacity.most:
        return [f"{count} cases is above the maximum of {capacity.most}. Ask the chair, or book an extra panel"]
    return [f"{count} cases is above the target of {capacity.target}"] if count > capacity.target else []


def list_deadlines(session: Session, actor: Actor, meeting: Meeting) -> list[tuple[str, datetime]]:
    """Every derived date of a meeting by name, soonest first (DA-16)."""
    access.require(actor, P.MEETING_READ, meeting)
    found = local.deadlines_of(session, meeting)
    return sorted(((name, deadline.at) for name, deadline in found.items()), key=lambda pair: pair[1])
