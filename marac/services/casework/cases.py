"""Cases: opening one that may be seen, listing them, keeping wishes.

Refuses to say whether a case exists that the actor may not see; a list names only whom the policy opens.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Action, AgendaItem, Case, Meeting
from marac.services import moving
from marac.services.casework import naming, safe_contact
from marac.services.community import marks
from marac.services.walls import declaring
from marac.vocabulary import (
    LIVE_ACTIONS,
    AgendaItemState,
    CaseState,
    MeetingState,
    Permission as P,
)
from marac.workflows.hearing import record_of

PAGE = 50
COMING = (MeetingState.SCHEDULED, MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS)
ON_AGENDA = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the list of cases. `name` is empty where the policy keeps it shut."""

    id: UUID
    reference: str
    name: str
    state: CaseState
    flagged: bool
    last_heard_on: date | None
    next_meeting_at: datetime | None
    open_actions: int
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseList:
    """One page of the list: its rows, the reference to go on after, and how many there are in all."""

    rows: tuple[CaseRow, ...]
    next_after: str
    total: int


def get_case(session: Session, actor: Actor, reference: str) -> Case:
    """The case with this reference; one joined to another leads there. NotFound when it is not the actor's to see;
    DeclarationNeeded while they have not declared for the meeting that hears it."""
    mine = access.visible(actor, P.CASE_READ, Case)
    case = session.scalar(mine.where(Case.reference == reference.upper()))
    while case is not None and case.merged_into_id is not None:
        case = session.scalar(mine.where(Case.id == case.merged_into_id))
    if case is None:
        raise NotFound
    declaring.require_declared_case(session, actor, case)
    return case


def list_cases(
    session: Session, actor: Actor, *, state: CaseState | None = None, flagged: bool = False, after: str = ""
) -> CaseList:
    """Fifty cases that the actor may see, newest first; `after` is the reference that the page before ended with."""
    wanted = [access.rule(actor, P.CASE_READ, Case), Case.state != CaseState.MERGED]
    if state is not None:
        wanted.append(Case.state == state)
    if flagged:
        wanted.append(Case.flag_until_on >= clock.today())
    total = session.scalar(select(func.count()).select_from(Case).where(*wanted)) or 0
    found = session.execute(_page(wanted, _following(session, actor, after))).all()
    return CaseList(
        rows=_rows(session, actor, found[:PAGE]),
        next_after=found[PAGE - 1].reference if len(found) > PAGE else "",
        total=total,
    )


def record_wishes(session: Session, actor: Actor, case: Case, *, wishes: str, version: int | None = None) -> Case:
    """What the victim-survivor wants, in their words, with the date and who recorded it. StaleEdit if changed since."""
    opened = access.open_case(actor, case)
    access.require(actor, P.CASE_UPDATE, case)
    if "summary" not in opened:
        raise NotAllowed
    moving.same_version(case, version)
    if not wishes.strip():
        raise RuleBroken("wishes", "Enter what they want, in their words")
    case.wishes, case.wishes_on, case.wishes_by = wishes, clock.today(), naming.signature(session, actor)
    audit.record(session, actor, "case:updated", case, fields=["wishes"])
    safe_contact.first_contact_made(session, actor, case)
    moving.flush(session)
    return case


def next_meetings(session: Session, case_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When each of these cases (all known to be visible) is next heard."""
    query = (
        select(AgendaItem.case_id, func.min(Meeting.starts_at))
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(AgendaItem.case_id.in_(list(case_ids)), Meeting.state.in_(COMING))
        .where(AgendaItem.state.in_(ON_AGENDA))
        .group_by(AgendaItem.case_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def open_actions(session: Session, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many live actions the actor may see on each of these cases."""
    mine = access.rule(actor, P.ACTION_READ, Action)
    query = select(Action.case_id, func.count()).where(mine, Action.case_id.in_(list(case_ids)))
    return {
        row[0]: row[1] for row in session.execute(query.where(Action.state.in_(LIVE_ACTIONS)).group_by(Action.case_id))
    }


def _page(wanted: list[ColumnElement[bool]], following: ColumnElement[bool] | None) -> Select[*tuple[Any, ...]]:
    columns = (Case.id, Case.reference, Case.programme, Case.state, Case.flag_until_on, Case.last_heard_on)
    query = select(*columns).where(*wanted).order_by(Case.opened_on.desc(), Case.id)
    return (query if following is None else query.where(following)).limit(PAGE + 1)


def _following(session: Session, actor: Actor, after: str) -> ColumnElement[bool] | None:
    """Keyset: what comes after a case that the actor may see; from the top when it is not theirs to see."""
    mine = select(Case.opened_on, Case.id).where(access.rule(actor, P.CASE_READ, Case))
    last = session.execute(mine.where(Case.reference == after)).one_or_none() if after else None
    if last is None:
        return None
    return or_(Case.opened_on < last.opened_on, and_(Case.opened_on == last.opened_on, Case.id > last.id))


def _rows(session: Session, actor: Actor, found: Sequence[Any]) -> tuple[CaseRow, ...]:
    stages = {row.id: row.state for row in found}
    names = naming.victims(session, actor, stages)
    meetings, actions = next_meetings(session, stages), open_actions(session, actor, stages)
    marked = [row.id for row in found if record_of(row.programme).reviews]
    told = marks.marks_of(session, access.open_stages(session, actor, {one: stages[one] for one in marked}))
    today = clock.today()
    return tuple(
        CaseRow(
            row.id, row.reference, names.get(row.id, ""), row.state,
            bool(row.flag_until_on and row.flag_until_on >= today), row.last_heard_on,
            meetings.get(row.id), actions.get(row.id, 0), told.get(row.id, ()),
        )
        for row in found
    )  # fmt: skip
