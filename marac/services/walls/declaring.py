"""Before a meeting's agenda opens, everybody says of each case on it whether they have a conflict of interest (DA-5).

Refuses every page of a meeting's cases, research and brief to whoever has not: the chair and the minute-taker too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, joinedload

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import DeclarationNeeded, NotAllowed
from marac.models import AgendaItem, Case, CasePerson, Declaration, Meeting
from marac.services.walls import seats
from marac.services.walls.building import build_wall
from marac.vocabulary import AgendaItemState, MeetingState, Permission as P, PersonRole, WallSource

ASKED = (MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS)
GONE = (AgendaItemState.REMOVED, AgendaItemState.DEFERRED)
NAMED = (PersonRole.VICTIM, PersonRole.PERPETRATOR)


@dataclass(frozen=True, slots=True)
class ToDeclare:
    """One case to declare on: the number this person counts, and who is meant, by name and nothing else."""

    item_id: UUID
    number: int
    people: tuple[str, ...]
    declared: bool


def require_declared(session: Session, actor: Actor, meeting: Meeting) -> None:
    """DeclarationNeeded while a case of this meeting, once its agenda is out, has not been declared on."""
    if meeting.state in ASKED and session.scalar(_undeclared(actor).where(Meeting.id == meeting.id).limit(1)):
        raise DeclarationNeeded(meeting.reference)


def require_declared_case(session: Session, actor: Actor, case: Case) -> None:
    """The same for a case, wherever it is on an agenda that is out."""
    reference = session.scalar(_undeclared(actor).where(AgendaItem.case_id == case.id).limit(1))
    if reference is not None:
        raise DeclarationNeeded(reference)


def has_declared(session: Session, actor: Actor, meeting: Meeting) -> bool:
    """Whether this person has declared on every case that they may see here, or is not asked to yet."""
    return meeting.state not in ASKED or not session.scalar(_undeclared(actor).where(Meeting.id == meeting.id).limit(1))


def list_to_declare(session: Session, actor: Actor, meeting: Meeting) -> list[ToDeclare]:
    """Every case of the agenda by the names of who it is about, as this person numbers them."""
    access.require(actor, P.MEETING_READ, meeting)
    items = _items(session, actor, meeting)
    opened = access.open_stages(session, actor, {item.case_id: item.case.state for item in items})
    done = set(session.scalars(select(Declaration.case_id).where(*_mine(actor, meeting))))
    names = _names(session, opened)
    return [
        ToDeclare(item.id, number, names.get(item.case_id, ()), item.case_id in done)
        for number, item in enumerate(items, 1)
        if item.state not in GONE
    ]


def declare(session: Session, actor: Actor, meeting: Meeting, conflicts: Mapping[UUID, str]) -> int:
    """Keep that the person has no conflict in the cases they may see, but for those named with why: those are gone.

    Returns how many conflicts there are.
    """
    access.require(actor, P.MEETING_READ, meeting)
    if actor.user_id is None:
        raise NotAllowed
    done = set(session.scalars(select(Declaration.case_id).where(*_mine(actor, meeting))))
    items = [item for item in _items(session, actor, meeting) if item.state not in GONE]
    aside = [item for item in items if item.id in conflicts]
    for item in items:
        if item not in aside and item.case_id not in done:
            session.add(_said(actor.user_id, meeting, item))
    audit.record(session, actor, "conflict:declared", meeting, cases=len(items) - len(aside), conflicts=len(aside))
    for item in aside:
        build_wall(
            session, actor, item.case, user_id=actor.user_id, source=WallSource.DECLARED, said=conflicts[item.id]
        )
        seats.tell_emptied(session, item.case)
    session.flush()
    return len(aside)


def declare_by_publishing(session: Session, actor: Actor, meeting: Meeting) -> None:
    """Who puts an agenda out, or a case on one that is, has read every name and says so by doing it."""
    if actor.user_id is not None and not has_declared(session, actor, meeting):
        declare(session, actor, meeting, {})


def declare_by_listing(session: Session, actor: Actor, item: AgendaItem) -> None:
    """The same for one case: conflicts were checked, by them, to list it at all."""
    if actor.user_id is not None:
        session.add(_said(actor.user_id, item.meeting, item))
        session.flush()


def _undeclared(actor: Actor) -> Select[str]:
    """References of meetings with a case that this person may see and has not declared on."""
    said = exists().where(
        Declaration.meeting_id == AgendaItem.meeting_id, Declaration.case_id == AgendaItem.case_id,
        Declaration.user_id == actor.user_id,
    )  # fmt: skip
    open_ones = (Meeting.state.in_(ASKED), AgendaItem.state.not_in(GONE), access.rule(actor, P.CASE_READ, AgendaItem))
    query = select(Meeting.reference).join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
    return query.where(*open_ones, ~said).order_by(Meeting.starts_at)


def _items(session: Session, actor: Actor, meeting: Meeting) -> list[AgendaItem]:
    shown = access.visible(actor, P.CASE_READ, AgendaItem).where(
        AgendaItem.meeting_id == meeting.id, AgendaItem.state != AgendaItemState.REMOVED
    )
    ordered = shown.options(joinedload(AgendaItem.case)).order_by(AgendaItem.position, AgendaItem.id)
    return list(session.scalars(ordered))


def _said(user_id: UUID, meeting: Meeting, item: AgendaItem) -> Declaration:
    facts = {"partnership_id": meeting.partnership_id, "meeting_id": meeting.id, "case_id": item.case_id}
    return Declaration(**facts, user_id=user_id, declared_at=clock.now())


def _mine(actor: Actor, meeting: Meeting) -> tuple[Any, ...]:
    return (Declaration.meeting_id == meeting.id, Declaration.user_id == actor.user_id)


def _names(session: Session, opened: Mapping[UUID, Iterable[str]]) -> dict[UUID, tuple[str, ...]]:
    """The victim-survivor and the alleged perpetrators of each case, where the stage opens who they are."""
    ids = [case_id for case_id, opens in opened.items() if {"identity", "perpetrator"} & set(opens)]
    columns = (*sealed_columns(CasePerson, "identity"), CasePerson.case_id, CasePerson.role)
    query = select(*columns).where(CasePerson.case_id.in_(ids), CasePerson.role.in_(NAMED))
    readable = [
        row for row in session.execute(query.order_by(CasePerson.position)).all()
        if ("identity" if row.role == PersonRole.VICTIM else "perpetrator") in opened[row.case_id]
    ]  # fmt: skip
    found: dict[UUID, tuple[str, ...]] = {}
    for row, who in zip(readable, open_many(CasePerson, "identity", readable), strict=True):
        name = who.get("full_name") or ""
        if name:
            found[row.case_id] = (*found.get(row.case_id, ()), name)
    return found
