"""Who a research sheet asks about: each person of a case, where the alleged perpetrator lives, the earlier answer.

Refuses another agency's earlier answer, and any address that is or may be the victim-survivor's (DA-4, DA-21).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Address, AgendaItem, CasePerson, Meeting, Research
from marac.services.casework import naming, places
from marac.vocabulary import Permission as P, PersonRole, ResearchState

ANSWERED = (ResearchState.RETURNED, ResearchState.NIL_RETURN, ResearchState.RELEASED)


@dataclass(frozen=True, slots=True)
class Person:
    """One person a row asks about: an agency says of each whether it knows them (DA-21)."""

    id: UUID
    role: PersonRole
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """By name, or as what they are in the case."""
        return str(self.facts.get("full_name") or self.role.label)


@dataclass(frozen=True, slots=True)
class Before:
    """What this agency itself answered when the case was last on an agenda; nobody else's is here (DA-26)."""

    on: datetime
    state: ResearchState
    shared: str
    private_note: str
    last_contact: str


def persons_in(
    session: Session, case_ids: Iterable[UUID], opened: Mapping[UUID, frozenset[str]] | None = None
) -> dict[UUID, tuple[Person, ...]]:
    """Everybody in these cases, the victim-survivor first; with `opened`, what opened in each, only who is open."""
    found: dict[UUID, list[Person]] = {}
    rows = session.execute(
        select(*sealed_columns(CasePerson, "identity"), CasePerson.id, CasePerson.case_id, CasePerson.role)
        .where(CasePerson.case_id.in_(list(case_ids)))
        .order_by(CasePerson.position, CasePerson.id)
    ).all()
    if opened is not None:
        rows = [row for row in rows if naming.compartment_of(row.role) in opened[row.case_id]]
    for row, facts in zip(rows, open_many(CasePerson, "identity", rows), strict=True):
        found.setdefault(row.case_id, []).append(Person(row.id, row.role, facts))
    return {case_id: tuple(persons) for case_id, persons in found.items()}


def earlier_answers(session: Session, actor: Actor, meeting: Meeting, case_ids: Iterable[UUID]) -> dict[UUID, Before]:
    """The agency's own newest earlier answer on each case."""
    rows = session.execute(
        select(Research, Meeting.starts_at)
        .join(AgendaItem, AgendaItem.id == Research.item_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(access.rule(actor, P.RESEARCH_WRITE, Research), Research.agency_id == actor.agency_id)
        .where(Research.case_id.in_(list(case_ids)), Research.state.in_(ANSWERED), Meeting.id != meeting.id)
        .where(Meeting.starts_at < meeting.starts_at)
        .order_by(Meeting.starts_at)
    )
    return {
        row.case_id: Before(
            at, row.state, row.shared or row.nothing_because or "", row.private_note or "", row.last_contact or ""
        )
        for row, at in rows
    }


def perpetrator_addresses(session: Session, partnership_id: UUID, case_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Where the alleged perpetrators live. One that is, or may be, a secret address of the victim-survivor is left out,
    as if it were not known; hers or his is opened for that comparison alone, and shown on no list, ever (DA-4).
    """
    ids = list(case_ids)
    _linked, telling = places.shared_homes(session, partnership_id, ids)
    rows = session.execute(
        select(*sealed_columns(Address, "location"), Address.case_id, Address.id).where(
            Address.case_id.in_(ids), Address.role == PersonRole.PERPETRATOR
        )
    ).all()
    found: dict[UUID, list[str]] = {}
    for row, parts in zip(rows, open_many(Address, "location", rows), strict=True):
        line = " ".join(filter(None, (parts.get("house_number"), parts.get("street"), parts.get("postcode"))))
        if line and row.id not in telling:
            found.setdefault(row.case_id, []).append(line)
    return found
