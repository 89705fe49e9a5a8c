"""Recording a place of somebody in a case: a move, where they work or learn, and which alleged perpetrator knows it.

Refuses the address of a refuge, and never answers with an address that is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Address, Case, CasePerson
from marac.services import moving
from marac.services.casework import naming, people, places, safe_contact
from marac.services.knowing import indexing
from marac.services.walls import screening
from marac.vocabulary import KnowsPlace, Permission as P, PersonRole, PlaceKind
from marac.workflows.contact import WHERE, storable_place
from marac.workflows.place_words import INSTEAD, refuses_refuge

SAID = (
    "in_refuge", "refuge_contact", "confidential", "known_to_others", "tenure", "landlord", "from_on", "until_on",
)  # fmt: skip
TYPED = ("place", *WHERE, *SAID)
HOMES = (PlaceKind.CURRENT, PlaceKind.USUAL, PlaceKind.TEMPORARY)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page of one place begins with: whose it is, what is said of it, and the alleged perpetrators by name."""

    whose: str
    facts: Mapping[str, Any]
    feared: tuple[tuple[str, str], ...]


def desk_of(
    session: Session, actor: Actor, case: Case, *, person_id: UUID | None = None, place_id: UUID | None = None
) -> Desk:
    """A new place of a person, or one that is there. NotFound when it is not in this case, NotAllowed if not theirs."""
    person, home = _found(session, actor, case, person_id, place_id)
    feared = tuple((one.id.hex, one.full_name or "Not known") for one in _feared(session, case))
    facts: dict[str, Any] = {"place": PlaceKind.CURRENT.value, "version": ""}
    if home is not None:
        with access.apart():
            access.open_for("places", case.partnership_id, [case.id])
            facts |= {name: getattr(home, name) for name in SAID}
            knows = home.known_to or {}
            facts |= {f"knows_{place}": knows.get(who) for place, (who, _name) in enumerate(feared)}
            kind = places.kind_of(home, {"place": home.place})
        facts |= {"place": kind.value, "version": str(home.version_id)}
    return Desk(person.full_name or person.role.label, facts, feared)


def save_place(
    session: Session, actor: Actor, case: Case, *, person_id: UUID | None = None, place_id: UUID | None = None,
    knows: Mapping[str, str], version: int | None = None, **facts: Any,
) -> Address:  # fmt: skip
    """Add a place, or change what is said of one; where it is changes only when something is typed.

    A new current address leads, the one before stays as former, and safe contact is to be checked again: they moved.
    """
    person, home = _found(session, actor, case, person_id, place_id)
    kept = {name: value for name, value in facts.items() if home is None or name not in WHERE or value}
    if home is None and not (facts.get("in_refuge") or any(facts.get(name) for name in WHERE)):
        raise RuleBroken("street", "Enter the address, or tick that it is a refuge")
    refused = refuses_refuge(facts, WHERE)
    if refused:
        raise RuleBroken(refused, INSTEAD)
    with access.apart():
        access.open_for("places", case.partnership_id, [case.id])
        if home is None:
            home = _new(session, case, person, moves=facts.get("place") == PlaceKind.CURRENT)
        else:
            moving.same_version(home, version)
        for name, value in storable_place(kept).items():
            setattr(home, name, value or None)
        home.known_to = {who: KnowsPlace(answer).value for who, answer in knows.items()} or None
        audit.record(session, actor, "case:updated", case, fields=["place"])
        moving.flush(session)
        session.expire(person, ["addresses"])
    indexing.index_case(session, case.partnership_id, case.id)
    screening.screen_case(session, case.id)
    return home


def _new(session: Session, case: Case, person: CasePerson, *, moves: bool) -> Address:
    """An empty place at the end, or in front of all others when the person moved there."""
    held = list(person.addresses)
    if moves and person.role == PersonRole.VICTIM and person.contact is not None:
        person.contact.checked_on = None
    for one in held if moves else ():
        one.position += 1
        if one.place in (None, PlaceKind.CURRENT.value):
            one.place = PlaceKind.FORMER.value
    position = 1 if moves else 1 + max((one.position for one in held), default=0)
    keys: dict[str, Any] = {"partnership_id": case.partnership_id, "case_id": case.id, "role": person.role}
    home = Address(**keys, person_id=person.id, position=position)
    session.add(home)
    return home


def _found(
    session: Session, actor: Actor, case: Case, person_id: UUID | None, place_id: UUID | None
) -> tuple[CasePerson, Address | None]:
    """Whose place, and the place when it is there already. An alleged perpetrator's is kept on the referral."""
    opened = access.open_case(actor, case)
    access.require(actor, P.CONTACT_UPDATE, case)
    if not safe_contact.may_update(actor, case):
        raise NotAllowed
    home = session.get(Address, place_id) if place_id else None
    person = session.scalar(select(CasePerson).where(CasePerson.id == (home.person_id if home else person_id)))
    if person is None or person.case_id != case.id or (place_id and home is None):
        raise NotFound
    if person.role == PersonRole.PERPETRATOR or naming.compartment_of(person.role) not in opened:
        raise NotFound
    return person, home


def _feared(session: Session, case: Case) -> list[CasePerson]:
    return people.people_of(session, case.id, [PersonRole.PERPETRATOR])[:8]
