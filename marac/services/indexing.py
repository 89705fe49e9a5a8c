"""Blind-index tokens of the people of a case, written in one transaction with what they are made of. Finds nobody."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.crypto.blind_index import BlindIndex, PersonTokens
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Address, CasePerson, ContactMethod, PersonToken
from marac.vocabulary import PersonRole


@dataclass(slots=True)
class Known:
    """What is known of one person that can tell them from another, in the clear, for one unit of work."""

    id: UUID
    case_id: UUID
    role: PersonRole
    names: tuple[str, ...] = ()
    born_on: date | None = None
    birth_year: int | None = None
    homes: list[tuple[str, str]] = field(default_factory=list)
    phone: str = ""
    feared: tuple[str, ...] = ()


def known_people(session: Session, only: Any, *, homes: bool = True, phones: bool = True) -> list[Known]:
    """Everyone in the cases of `only` (a WHERE clause on CasePerson), opened in at most three reads. Grants first."""
    people = _people(session, only)
    by_id = {person.id: person for person in people}
    for person_id, address in _parts(session, Address, "location", only) if homes else ():
        home = (address.get("house_number") or _first_number(address.get("street", "")), address.get("postcode", ""))
        if all(home) and person_id in by_id:
            by_id[person_id].homes.append(home)
    for person_id, contact in _parts(session, ContactMethod, "contact", only) if phones else ():
        if person_id in by_id:
            by_id[person_id].phone = contact.get("phone", "")
    feared: dict[UUID, list[str]] = defaultdict(list)
    for person in people:
        if person.role == PersonRole.PERPETRATOR:
            feared[person.case_id].extend(person.names)
    for person in people:
        if person.role == PersonRole.VICTIM:
            person.feared = tuple(feared[person.case_id])
    return people


def index_case(session: Session, partnership_id: UUID, case_id: UUID) -> None:
    """Write the tokens of everyone in a case again: a victim's hold the alleged perpetrator's name."""
    index = BlindIndex(session.info["keyring"], partnership_id)
    with access.apart():
        access.open_for("index", partnership_id, [case_id])
        people = known_people(session, CasePerson.case_id == case_id)
    session.execute(delete(PersonToken).where(PersonToken.person_id.in_([person.id for person in people])))
    rows = [
        {"id": uuid4(), "partnership_id": partnership_id, "person_id": person.id, "token": token}
        for person in people
        for token in index.tokens_to_store(tokens_of(person))
    ]
    if rows:
        session.execute(insert(PersonToken), rows)


def forget_case(session: Session, case_id: UUID) -> None:
    """Delete the tokens of a case that was joined to another or erased."""
    people = select(CasePerson.id).where(CasePerson.case_id == case_id)
    session.execute(delete(PersonToken).where(PersonToken.person_id.in_(people)))


def tokens_of(person: Known) -> PersonTokens:
    """What the tokens of a person are made of."""
    return PersonTokens(
        id=person.id, names=person.names, born_on=person.born_on, birth_year=person.birth_year,
        homes=tuple(person.homes), phones=(person.phone,) if person.phone else (), feared=person.feared,
    )  # fmt: skip


def _people(session: Session, only: Any) -> list[Known]:
    columns = (*sealed_columns(CasePerson, "identity"), CasePerson.id, CasePerson.case_id, CasePerson.role)
    rows = session.execute(select(*columns).where(only)).all()
    found = []
    for row, opened in zip(rows, open_many(CasePerson, "identity", rows), strict=True):
        names = tuple(name for name in (opened.get("full_name"), *opened.get("aliases", ())) if name)
        person = Known(row.id, row.case_id, row.role, names, opened.get("born_on"))
        age = opened.get("approximate_age")
        if person.born_on is None and age is not None:
            person.birth_year = (clock.today() - timedelta(days=365.25 * age)).year
        found.append(person)
    return found


def _parts(session: Session, model: Any, compartment: str, only: Any) -> list[tuple[UUID, dict[str, Any]]]:
    query: Select[Any] = select(*sealed_columns(model, compartment), model.person_id)
    rows = session.execute(query.join(CasePerson, CasePerson.id == model.person_id).where(only)).all()
    return [(row.person_id, opened) for row, opened in zip(rows, open_many(model, compartment, rows), strict=True)]


def _first_number(street: str) -> str:
    """`14 Elm Row` holds the house number when it was typed in one box."""
    first = street.split(maxsplit=1)[0] if street.strip() else ""
    return first if first[:1].isdigit() else ""
