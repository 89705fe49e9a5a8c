"""What the cases heard in a period lack for the return, the equality profile and the report, with the cases behind each
(DA-38, DA-40).

People are opened under the purpose `statistics`, and only how far each question got is kept: no name and no answer.
What is walled off from who reads is neither counted nor listed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import AgendaItem, Assessment, Case, CasePerson, Meeting
from marac.reports.hearings import AT_ONCE, heard
from marac.vocabulary import AgendaItemState as S, MeetingState, Permission as P, PersonRole, ProgrammeSlug
from marac.workflows.needed import NEEDED, HowKnown, answer, asked_of

REFERRAL, ASSESSMENT, OUTCOME = "referral", "assessment", "outcome"
OF_CASES = {
    REFERRAL: ("Who referred", "the return: counted under Other"),
    ASSESSMENT: ("A risk assessment", "the change of risk in the annual report"),
    OUTCOME: ("The outcome, after the meeting ended", "every count of cases heard"),
}


@dataclass(frozen=True, slots=True)
class Lacking:
    """One thing that is needed: of how many people or cases it is missing or was declined, and who they are.

    `behind` is (case, person); no person where it is about the case.
    """

    key: str
    label: str
    used_for: str
    of: int
    declined: int
    behind: frozenset[tuple[UUID, UUID | None]]


@dataclass(frozen=True, slots=True)
class Gap:
    """One line of the list: a case that the reader may open, and whom in it the question is about."""

    case: str
    person_id: UUID | None
    role: PersonRole | None


def missing(session: Session, actor: Actor, programme: ProgrammeSlug, start: datetime, end: datetime) -> list[Lacking]:
    """Everything that is needed, in order, with what lacks it. NotAllowed unless the reader may read reports."""
    access.require_holds(actor, P.REPORT_READ)
    hearings = heard(session, actor, programme, start, end)
    case_ids = {one.case_id for one in hearings}
    unreferred = {one.case_id for one in hearings if one.agency_id is None}
    held, ended = _unfinished(session, actor, programme, start, end)
    of_cases = {
        REFERRAL: (len(case_ids), unreferred),
        ASSESSMENT: (len(case_ids), case_ids - _assessed(session, case_ids)),
        OUTCOME: (held, ended),
    }
    return [*_of_people(session, actor, case_ids), *(
        Lacking(key, *OF_CASES[key], of, 0, frozenset((case_id, None) for case_id in behind))
        for key, (of, behind) in of_cases.items()
    )]  # fmt: skip


def _of_people(session: Session, actor: Actor, case_ids: Iterable[UUID]) -> Iterator[Lacking]:
    counted: Counter[tuple[str, HowKnown]] = Counter()
    behind: dict[str, set[tuple[UUID, UUID | None]]] = defaultdict(set)
    for case_id, person_id, role, held in _people(session, actor.partnership_id, sorted(case_ids)):
        for one in asked_of(role):
            got = answer(one, held)
            counted[one.key, got] += 1
            if got is HowKnown.MISSING:
                behind[one.key].add((case_id, person_id))
    for one in NEEDED:
        of = sum(counted[one.key, got] for got in HowKnown)
        declined = counted[one.key, HowKnown.DECLINED]
        yield Lacking(one.key, one.label, one.used_for, of, declined, frozenset(behind[one.key]))


def _people(
    session: Session, partnership_id: UUID, case_ids: list[UUID]
) -> Iterator[tuple[UUID, UUID, PersonRole, Mapping[str, Any]]]:
    with access.apart():
        for start in range(0, len(case_ids), AT_ONCE):
            part = case_ids[start : start + AT_ONCE]
            access.open_for("statistics", partnership_id, part)
            held: dict[UUID, dict[str, Any]] = defaultdict(dict)
            known: dict[UUID, tuple[UUID, PersonRole]] = {}
            for compartment in ("identity", "equality"):
                columns = (CasePerson.id.label("person"), CasePerson.case_id, CasePerson.role)
                query = select(*sealed_columns(CasePerson, compartment), *columns).where(CasePerson.case_id.in_(part))
                rows = session.execute(query).all()
                for row, opened in zip(rows, open_many(CasePerson, compartment, rows), strict=True):
                    held[row[-3]] |= opened
                    known[row[-3]] = (row[-2], row[-1])
            for person_id, (case_id, role) in known.items():
                yield case_id, person_id, role, held[person_id]


def _assessed(session: Session, case_ids: set[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    wanted = sorted(case_ids)
    for start in range(0, len(wanted), AT_ONCE):
        part = Assessment.case_id.in_(wanted[start : start + AT_ONCE])
        found |= set(session.scalars(select(Assessment.case_id).where(part).distinct()))
    return found


def _unfinished(
    session: Session, actor: Actor, programme: ProgrammeSlug, start: datetime, end: datetime
) -> tuple[int, set[UUID]]:
    """How many cases were on the agenda of a meeting that has ended, and those of them without an outcome."""
    query = (
        select(AgendaItem.case_id, or_(AgendaItem.state.in_((S.LISTED, S.IN_PROGRESS)), AgendaItem.outcome.is_(None)))
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(
            AgendaItem.partnership_id == actor.partnership_id, access.unwalled(actor, AgendaItem.case_id),
            Meeting.programme == programme, Meeting.state == MeetingState.HELD,
            Meeting.starts_at >= start, Meeting.starts_at < end,
            AgendaItem.state.in_((S.LISTED, S.IN_PROGRESS, S.HEARD)),
        )
    )  # fmt: skip
    rows = session.execute(query).all()
    return len({case_id for case_id, _ in rows}), {case_id for case_id, without in rows if without}


def list_behind(session: Session, actor: Actor, found: Lacking) -> tuple[list[Gap], int]:
    """Whom or what it is missing of, in cases that the actor may open; and how many others there are."""
    wanted = sorted({case_id for case_id, _ in found.behind})
    mine: dict[UUID, str] = {}
    for start in range(0, len(wanted), AT_ONCE):
        part = Case.id.in_(wanted[start : start + AT_ONCE])
        query = select(Case.id, Case.reference).where(access.rule(actor, P.CASE_READ, Case), part)
        mine |= dict(session.execute(query).all())
    role = next((one.roles[0] for one in NEEDED if one.key == found.key), None)
    rows = [Gap(mine[case_id], person_id, role) for case_id, person_id in found.behind if case_id in mine]
    return sorted(rows, key=lambda one: (one.case, str(one.person_id))), len(found.behind) - len(rows)
