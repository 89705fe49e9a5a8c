"""Which agency is needed for which cases of an agenda, and from when it is free to leave (section 1.5, DA-19).

Children's agencies are needed for the cases with children, guests for the case they were asked in for, and nobody for a
case that they have said they do not know.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Agency, CaseAgency
from marac.services.casework import naming
from marac.services.casework.involvement import core_agencies
from marac.services.meetings.agenda import Agenda, Line
from marac.vocabulary import InvolvementBasis, Permission as P

CHILDRENS = ("childrens_social_care", "mash", "education")


@dataclass(frozen=True, slots=True)
class Need:
    """One agency's part of an agenda: the numbers it is needed for, from when, and from when it is free."""

    agency_id: UUID
    agency: str
    numbers: tuple[int, ...]
    from_at: datetime
    free_at: datetime
    throughout: bool

    @property
    def words(self) -> str:
        """1-6, 9: runs of numbers as people say them."""
        return spans(self.numbers)


def spans(numbers: Sequence[int]) -> str:
    """1-3, 5, 7-8"""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def needs(session: Session, actor: Actor, agenda: Agenda) -> tuple[Need, ...]:
    """Every agency's part, who is free first, first; one's own alone for a member."""
    access.require(actor, P.MEETING_READ, agenda.meeting)
    all_of_them = access.holds(actor, P.MEETING_RUN)
    agencies = _agencies_by_case(session, agenda)
    lines: dict[UUID, list[Line]] = defaultdict(list)
    for line in agenda.lines:
        for agency_id in agencies[line.item.case_id]:
            if all_of_them or agency_id == actor.agency_id:
                lines[agency_id].append(line)
    names = naming.agency_names(session, actor.partnership_id)
    found = [_need(agency_id, names[agency_id], held, agenda) for agency_id, held in lines.items()]
    return tuple(sorted(found, key=lambda need: (need.free_at, need.from_at, need.agency)))


def _need(agency_id: UUID, name: str, held: Sequence[Line], agenda: Agenda) -> Need:
    last = held[-1]
    free_at = last.starts_at + timedelta(minutes=last.item.minutes_planned)
    throughout = last.number == agenda.lines[-1].number
    return Need(
        agency_id, name, tuple(line.number for line in held), held[0].starts_at, free_at, throughout
    )  # fmt: skip


def _agencies_by_case(session: Session, agenda: Agenda) -> dict[UUID, set[UUID]]:
    """Who is needed for each case: what holds today, and before publication what publishing will make of it."""
    children = {line.item.case_id: bool(line.people.children) for line in agenda.lines}
    childrens = _childrens_agencies(session, agenda)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for row in _involved(session, list(children)):
        if row.basis != InvolvementBasis.LISTED or row.agency_id not in childrens or children[row.case_id]:
            found[row.case_id].add(row.agency_id)
    if agenda.meeting.published_at is None:
        core = set(core_agencies(session, agenda.meeting))
        for case_id, with_children in children.items():
            found[case_id] |= core if with_children else core - childrens
    return found


def _involved(session: Session, case_ids: list[UUID]) -> Sequence[Any]:
    current = or_(CaseAgency.until_on.is_(None), CaseAgency.until_on >= clock.today())
    query = select(CaseAgency.case_id, CaseAgency.agency_id, CaseAgency.basis)
    return session.execute(query.where(CaseAgency.case_id.in_(case_ids), current)).all()


def _childrens_agencies(session: Session, agenda: Agenda) -> set[UUID]:
    """Agencies that are there for children alone, by the heading they are counted under."""
    of_here = Agency.partnership_id == agenda.meeting.partnership_id
    return set(session.scalars(select(Agency.id).where(of_here, Agency.return_heading.in_(CHILDRENS))))
