"""Who a page or a list may name: people in cases whose identity opened, and colleagues. Everyone else stays unnamed."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Agency, CasePerson, User
from marac.vocabulary import CaseState, PersonRole

COMPARTMENT_OF = {PersonRole.PERPETRATOR: "perpetrator", PersonRole.CHILD: "children"}


def compartment_of(role: PersonRole) -> str:
    """The compartment that holds who a person in this role is."""
    return COMPARTMENT_OF.get(role, "identity")


def victims(session: Session, actor: Actor, stages: Mapping[UUID, CaseState]) -> dict[UUID, str]:
    """The victim-survivor's name in each case whose identity opens to the actor at its stage; other cases are left out.

    The cases must come from `access.visible`: this opens what the stage opens, and asks nothing more.
    """
    return of_victims(session, access.open_stages(session, actor, stages))


def of_victims(session: Session, opened: Mapping[UUID, Iterable[str]]) -> dict[UUID, str]:
    """The same for cases that were opened already: their ids, and the compartments that did."""
    named = [case_id for case_id, opens in opened.items() if "identity" in opens]
    columns = (*sealed_columns(CasePerson, "identity"), CasePerson.case_id)
    query: Select[Any] = select(*columns).where(CasePerson.case_id.in_(named), CasePerson.role == PersonRole.VICTIM)
    rows = session.execute(query.order_by(CasePerson.position.desc())).all()
    found = open_many(CasePerson, "identity", rows)
    return {row.case_id: who.get("full_name", "") for row, who in zip(rows, found, strict=True)}


def colleagues(session: Session, actor: Actor, user_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of people who sign in, by id, for those whose work names them."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    access.open_staff(actor)
    query: Select[Any] = select(*sealed_columns(User, "staff"), User.id).where(
        User.partnership_id == actor.partnership_id
    )
    rows = session.execute(query.where(User.id.in_(wanted))).all()
    return {row.id: who.get("full_name", "") for row, who in zip(rows, open_many(User, "staff", rows), strict=True)}


def signature(session: Session, actor: Actor) -> str:
    """How the actor is named beside what they recorded: `Ruth Lowe, Solace`."""
    name = colleagues(session, actor, [actor.user_id]).get(actor.user_id) if actor.user_id else ""
    agency = session.get(Agency, actor.agency_id) if actor.agency_id else None
    return ", ".join(part for part in (name, short(agency.name) if agency else "") if part)


def short(agency_name: str) -> str:
    """An agency as a line of a list names it: without what stands in brackets after its name."""
    return agency_name.partition(" (")[0]


def agency_names(session: Session, partnership_id: UUID) -> dict[UUID, str]:
    """Every agency of the partnership, by id: in each other's plans by name, and no secret. Read once in a unit."""
    held: dict[UUID, dict[UUID, str]] = session.info.setdefault("agency_names", {})
    if partnership_id not in held:
        rows = session.execute(select(Agency.id, Agency.name).where(Agency.partnership_id == partnership_id))
        held[partnership_id] = {row.id: short(row.name) for row in rows.all()}
    return held[partnership_id]
