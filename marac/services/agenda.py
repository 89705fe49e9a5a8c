"""The agenda as one viewer may see it: what they may not see does not exist, so numbers, totals and times are theirs.

Reads and computes; refuses to change anything.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from marac import access, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotFound
from marac.models import AgendaItem, Case, CasePerson, ContactMethod, Meeting, Research
from marac.services import item_clock, local, safe_contact
from marac.vocabulary import AgendaItemState, MeetingState, Permission as P, PersonRole, ResearchState

FINISHED = (AgendaItemState.HEARD, AgendaItemState.DEFERRED)
UNANSWERED = (ResearchState.REQUESTED, ResearchState.IN_PROGRESS)


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
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        """The person the case is about; pages show the name or its initials."""
        return self.people.name


@dataclass(frozen=True, slots=True)
class Agenda:
    """The whole agenda for one viewer."""

    meeting: Meeting
    lines: tuple[Line, ...]
    planned_finish_at: datetime
    finish_at: datetime
    warnings: tuple[str, ...]

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
    for item in items:
        access.open_stage(actor, item.case_id, item.case.state)
    people = people_in(session, [item.case_id for item in items])
    starts, finish_at = _times(meeting, items)
    noted = _warnings(session, items) if access.holds(actor, P.RESEARCH_CHASE) else {}
    lines = tuple(
        Line(number, item, people[item.case_id], starts[item.id], tuple(noted.get(item.id, ())))
        for number, item in enumerate(items, 1)
    )
    planned = meeting.starts_at + timedelta(minutes=sum(item.minutes_planned for item in items))
    return Agenda(meeting, lines, planned, finish_at, tuple(_capacity(session, meeting, len(items))))


def people_in(session: Session, case_ids: Iterable[UUID]) -> dict[UUID, PeopleIn]:
    """The people of many cases in two queries. Every case must have been opened for the viewer before."""
    ids = list(case_ids)
    rows = session.execute(
        select(*sealed_columns(CasePerson, "identity"), CasePerson.case_id, CasePerson.role)
        .where(CasePerson.case_id.in_(ids))
        .order_by(CasePerson.position, CasePerson.id)
    ).all()
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


def _times(meeting: Meeting, items: list[AgendaItem]) -> tuple[dict[UUID, datetime], datetime]:
    """When each item begins: as it did, as planned, or (while the meeting runs) counted on from now."""
    running = meeting.state == MeetingState.IN_PROGRESS
    at = max(meeting.starts_at, clock.now()) if running else meeting.starts_at
    starts = {}
    for item in items:
        length = timedelta(minutes=item.minutes_planned)
        if item.called_at is not None:
            starts[item.id] = item.called_at
            if item.state == AgendaItemState.IN_PROGRESS:
                at = max(at, item_clock.expected_end(item))
        elif item.state in FINISHED:
            starts[item.id] = at
        else:
            starts[item.id], at = at, at + length
    return starts, at


def _warnings(session: Session, items: list[AgendaItem]) -> dict[UUID, list[str]]:
    """What is not ready: replies missing, safe contact not checked lately, the person's own views not recorded."""
    found: dict[UUID, list[str]] = defaultdict(list)
    ids, cases = [item.id for item in items], [item.case_id for item in items]
    missing = session.execute(
        select(Research.item_id, func.count())
        .where(Research.item_id.in_(ids), Research.state.in_(UNANSWERED))
        .group_by(Research.item_id)
    )
    for item_id, count in missing:
        found[item_id].append(f"{count} {'agency has' if count == 1 else 'agencies have'} not answered")
    checked, wishes = _safe_contact(session, cases), _wishes(session, cases)
    for item in items:
        lasting = safe_contact.lasts(session, item.partnership_id, item.case.programme)
        if item.state not in FINISHED and _stale(checked.get(item.case_id), lasting):
            found[item.id].append(f"Safe contact not checked in the last {lasting.days} days")
        if item.state not in FINISHED and item.case_id not in wishes:
            found[item.id].append("The person's own views are not recorded")
    return found


def _stale(checked_on: date | None, lasting: timedelta) -> bool:
    return checked_on is None or clock.today() - checked_on > lasting


def _safe_contact(session: Session, case_ids: list[UUID]) -> dict[UUID, date | None]:
    rows = session.execute(
        select(*sealed_columns(ContactMethod, "identity"), ContactMethod.case_id).where(
            ContactMethod.case_id.in_(case_ids), ContactMethod.role == PersonRole.VICTIM
        )
    ).all()
    opened = open_many(ContactMethod, "identity", rows)
    return {row.case_id: document.get("checked_on") for row, document in zip(rows, opened, strict=True)}


def _wishes(session: Session, case_ids: list[UUID]) -> set[UUID]:
    rows = session.execute(select(*sealed_columns(Case, "summary"), Case.id).where(Case.id.in_(case_ids))).all()
    return {
        row.id for row, document in zip(rows, open_many(Case, "summary", rows), strict=True) if document.get("wishes")
    }


def _capacity(session: Session, meeting: Meeting, count: int) -> list[str]:
    """Above the partnership's own target and maximum number of cases (DA-19)."""
    rules = local.rules_of(session, meeting.partnership_id, meeting.programme)
    on = clock.to_london(meeting.starts_at).date()
    target, maximum = rules.value("capacity.target_cases", on), rules.value("capacity.maximum_cases", on)
    if count > maximum:
        return [f"{count} cases is above the maximum of {maximum}. Ask the chair, or book an extra panel"]
    return [f"{count} cases is above the target of {target}"] if count > target else []


def list_deadlines(session: Session, actor: Actor, meeting: Meeting) -> list[tuple[str, datetime]]:
    """Every derived date of a meeting by name, soonest first (DA-16)."""
    access.require(actor, P.MEETING_READ, meeting)
    found = local.deadlines_of(session, meeting)
    return sorted(((name, deadline.at) for name, deadline in found.items()), key=lambda pair: pair[1])
