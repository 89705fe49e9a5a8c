"""The SafeLives quarterly return: one row a meeting, 32 columns, and a doctor that finds the cases behind each doubt.

Totals only: nothing about one person leaves here, but ids of the cases that a reader may go and put right (DA-38).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Agency, Meeting, Partnership
from marac.reports.hearings import Hearing, heard
from marac.reports.return_facts import CaseFacts, Counted, facts_of
from marac.vocabulary import Permission as P, ProgrammeSlug
from marac.workflows.deadlines import london
from marac.workflows.safelives import Fault, columns, faults_of

BAND = (28, 40)  # percent of cases that are repeats, over twelve months


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One meeting: column letter -> number, date or name; None is blank, which is not 0."""

    meeting_id: UUID
    reference: str
    values: dict[str, Any]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A column of a meeting in which something is not known, and the cases to put right."""

    meeting_id: UUID
    column: str
    label: str
    cases: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class SafeLivesReturn:
    """The rows of a period, what is doubtful in them, and the share of repeats over the twelve months to its end."""

    first_on: date
    last_on: date
    rows: tuple[ReturnRow, ...]
    doubts: tuple[Doubt, ...]
    repeats: tuple[int, int]

    @property
    def in_band(self) -> bool | None:
        """Whether repeats are between 28 and 40 percent; None when nothing was heard."""
        number, of = self.repeats
        return None if not of else BAND[0] * of <= number * 100 <= BAND[1] * of

    @property
    def faults(self) -> list[tuple[ReturnRow, Fault]]:
        """Every sentence that does not hold."""
        return [(row, fault) for row in self.rows for fault in row.faults]


@dataclass(frozen=True, slots=True)
class _Case:
    """One case heard at one meeting."""

    hearing: Hearing
    facts: CaseFacts

    @property
    def victim(self) -> Counted | None:
        return self.facts.victims[0] if self.facts.victims else None

    @property
    def children(self) -> int:
        return sum(not child.unborn for child in self.facts.children)

    def age(self) -> int | None:
        """The victim-survivor's age at the meeting."""
        return self.victim.age_on(self.hearing.held_on) if self.victim else None


def _of_victim(reads: Callable[[Counted], Any]) -> Callable[[_Case], Any]:
    return lambda one: reads(one.victim) if one.victim else None


def _in_group(name: str) -> Callable[[_Case], bool | None]:
    return _of_victim(lambda person: person.group == name if person.group_known else None)


def _aged(low: int, high: int) -> Callable[[_Case], bool | None]:
    def judge(one: _Case) -> bool | None:
        age = one.age()
        return None if age is None else low <= age <= high

    return judge


ASKED: dict[str, Callable[[_Case], bool | None]] = {  # column -> yes, no, or not known, of one case
    "U": _of_victim(lambda person: person.group is not None if person.group_known else None),
    "V": _of_victim(lambda person: person.lgbt),
    "W": _of_victim(lambda person: person.disabled),
    "X": _of_victim(lambda person: person.male),
    "Y": _aged(16, 17),
    "AA": _aged(65, 130),
    "AB": _in_group("asian"), "AC": _in_group("black"), "AD": _in_group("mixed"),
    "AE": _in_group("other_white"), "AF": _in_group("other"),
}  # fmt: skip
LABELS = {column.letter: column.label for column in columns()}


def safelives_return(session: Session, actor: Actor, first_on: date, last_on: date) -> SafeLivesReturn:
    """The return of a period, both days included. NotAllowed unless the reader may read reports."""
    access.require_holds(actor, P.REPORT_READ)
    start, end = london(first_on, time(0)), london(last_on + timedelta(days=1), time(0))
    hearings = heard(session, actor, ProgrammeSlug.DA_MARAC, start, end)
    facts = facts_of(session, actor.partnership_id, {one.case_id for one in hearings})
    sources = _sources(session, actor)
    by_meeting: dict[UUID, list[_Case]] = defaultdict(list)
    for one in hearings:
        by_meeting[one.meeting_id].append(_Case(one, facts[one.case_id]))
    references = _references(session, actor, by_meeting)
    area = session.get_one(Partnership, actor.partnership_id).name
    rows = _with_dates(_row(area, references[key], key, cases, sources) for key, cases in by_meeting.items())
    doubts = tuple(doubt for key, cases in by_meeting.items() for doubt in _doubts(key, cases))
    year = heard(session, actor, ProgrammeSlug.DA_MARAC, end - timedelta(days=365), end)
    return SafeLivesReturn(first_on, last_on, rows, doubts, (sum(one.is_repeat for one in year), len(year)))


def _row(area: str, reference: str, meeting_id: UUID, cases: list[_Case], sources: dict[UUID, str]) -> ReturnRow:
    with_children = [one.children for one in cases if one.children]
    values: dict[str, Any] = {
        "A": area, "B": cases[0].hearing.held_on, "C": len(cases), "D": sum(one.hearing.is_repeat for one in cases),
        "E": sum(with_children), "F": len(with_children),
    }  # fmt: skip
    came = [sources.get(one.hearing.agency_id, "other") if one.hearing.agency_id else "other" for one in cases]
    values |= {column.letter: came.count(column.source) for column in columns() if column.source}
    for letter, asks in ASKED.items():
        answers = [answer for answer in map(asks, cases) if answer is not None]
        values[letter] = sum(answers) if answers else None
    ages = [person.age_on(one.hearing.held_on) for one in cases for person in one.facts.harming]
    known = [age for age in ages if age is not None]
    values["Z"] = sum(age <= 17 for age in known) if known else None
    ordered = {column.letter: values[column.letter] for column in columns()}
    return ReturnRow(meeting_id, reference, ordered, tuple(faults_of({**values, "harming": len(ages)})))


def _with_dates(rows: Iterable[ReturnRow]) -> tuple[ReturnRow, ...]:
    """Two meetings on one day are two rows, and are pointed out: the template does not say whether it wants that."""
    listed = list(rows)
    days = [row.values["B"] for row in listed]
    twice = Fault("date_not_repeated", "warning", "There is another row with this date", ("B",))
    return tuple(
        replace(row, faults=(*row.faults, twice)) if days.count(row.values["B"]) > 1 else row for row in listed
    )


def _doubts(meeting_id: UUID, cases: list[_Case]) -> Iterable[Doubt]:
    """The cases behind what is not known, column by column (check `unknowns_listed`)."""
    for letter, asks in ASKED.items():
        unknown = frozenset(one.hearing.case_id for one in cases if asks(one) is None)
        if unknown and letter not in ("AB", "AC", "AD", "AE", "AF"):  # the same question as U
            yield Doubt(meeting_id, letter, LABELS[letter], unknown)
    ages = frozenset(
        one.hearing.case_id for one in cases
        if any(person.age_on(one.hearing.held_on) is None for person in one.facts.harming)
    )  # fmt: skip
    if ages:
        yield Doubt(meeting_id, "Z", LABELS["Z"], ages)
    unsaid = frozenset(one.hearing.case_id for one in cases if one.hearing.agency_id is None)
    if unsaid:
        yield Doubt(meeting_id, "T", "Who referred is not on record, so it is counted under Other", unsaid)


def _sources(session: Session, actor: Actor) -> dict[UUID, str]:
    query = select(Agency.id, Agency.return_heading).where(Agency.partnership_id == actor.partnership_id)
    return {agency_id: heading or "other" for agency_id, heading in session.execute(query)}


def _references(session: Session, actor: Actor, meetings: Iterable[UUID]) -> dict[UUID, str]:
    query = select(Meeting.id, Meeting.reference).where(
        Meeting.partnership_id == actor.partnership_id, Meeting.id.in_(list(meetings))
    )
    return dict(session.execute(query).all())
