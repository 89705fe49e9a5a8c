"""Blind-index tokens of the people of a case, written in one transaction with what they are made of. Finds nobody."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, insert, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from marac import access, clock
from marac.crypto.blind_index import BlindIndex, PersonTokens
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Address, CasePerson, ContactMethod, PersonToken
from marac.vocabulary import PersonRole

ROLES = {role.value: role for role in PersonRole}
AT_A_TIME = 400


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
    address: str = ""
    phones: tuple[str, ...] = ()


def known_people(session: Session, only: Any, *, homes: bool = True, phones: bool = True) -> list[Known]:
    """Everyone in the cases of `only` (a WHERE clause on CasePerson), opened in at most three reads. Grants first."""
    people = named_people(session, only)
    add_places(session, people, only if homes else None, only if phones else None)
    return people


def named_people(session: Session, only: Any) -> list[Known]:
    """The same by name and birth alone, in one read and without addresses and phones: two thirds of the work less."""
    people = _people(session, only)
    feared: dict[UUID, list[str]] = defaultdict(list)
    for person in people:
        if person.role == PersonRole.PERPETRATOR:
            feared[person.case_id].extend(person.names)
    for person in people:
        if person.role == PersonRole.VICTIM:
            person.feared = tuple(feared[person.case_id])
    return people


def add_places(session: Session, people: list[Known], homes_of: Any, phones_of: Any) -> None:
    """Open the addresses and phones of the people of two WHERE clauses (None: of nobody), and note them."""
    by_id = {person.id.hex: person for person in people}
    for person_id, address in _parts(session, Address, "location", homes_of) if homes_of is not None else ():
        person = by_id.get(person_id)
        if person is not None:
            street = address.get("street", "")
            home = (address.get("house_number") or _first_number(street), address.get("postcode", ""))
            person.address = person.address or street
            if all(home):
                person.homes.append(home)
    for person_id, contact in _parts(session, ContactMethod, "contact", phones_of) if phones_of is not None else ():
        if person_id in by_id:
            by_id[person_id].phone = contact.get("phone", "")
            by_id[person_id].phones = tuple(one["number"] for one in contact.get("phones") or ())


def open_places(session: Session, people: list[Known]) -> None:
    """Open the addresses and phones of these people, some hundreds at a time."""
    for start in range(0, len(people), AT_A_TIME):
        some = people[start : start + AT_A_TIME]
        among = CasePerson.id.in_([person.id for person in some])
        add_places(session, some, among, among)


def index_case(session: Session, partnership_id: UUID, case_id: UUID) -> None:
    """Write the tokens of everyone in a case again: a victim's hold the alleged perpetrator's name."""
    index_cases(session, partnership_id, [case_id])


def index_cases(session: Session, partnership_id: UUID, case_ids: Sequence[UUID]) -> tuple[int, int]:
    """The same for some hundreds of cases at once; how many persons, and how many tokens they have now."""
    index = BlindIndex(session.info["keyring"], partnership_id)
    with access.apart():
        access.open_for("index", partnership_id, case_ids)
        people = known_people(session, CasePerson.case_id.in_(case_ids))
    forget_cases(session, case_ids)
    rows = [
        {"partnership_id": partnership_id, "person_id": person.id, "token": token}
        for person in people
        for token in index.tokens_to_store(tokens_of(person))
    ]
    if rows:
        session.execute(insert(PersonToken), rows)
    return len(people), len(rows)


def _phones(person: Known) -> tuple[str, ...]:
    """The main number and every further one."""
    main = (person.phone,) if person.phone else ()
    return (*main, *(one for one in person.phones if one != person.phone))


def forget_case(session: Session, case_id: UUID) -> None:
    """Delete the tokens of a case that was joined to another or erased."""
    forget_cases(session, [case_id])


def forget_cases(session: Session, case_ids: Sequence[UUID]) -> None:
    """The same for several."""
    people = select(CasePerson.id).where(CasePerson.case_id.in_(case_ids))
    session.execute(delete(PersonToken).where(PersonToken.person_id.in_(people)))


def tokens_of(person: Known) -> PersonTokens:
    """What the tokens of a person are made of."""
    return PersonTokens(
        id=person.id, names=person.names, born_on=person.born_on, birth_year=person.birth_year,
        homes=tuple(person.homes), phones=_phones(person), feared=person.feared,
    )  # fmt: skip


def _people(session: Session, only: Any) -> list[Known]:
    """Read as the driver has it: thousands of ids are not made into objects one by one by the mapper."""
    rows = session.connection().execute(select(*sealed_columns(CasePerson, "identity")).where(only)).all()
    cases = {owner: as_id(owner) for owner in {row.key_owner for row in rows}}
    found = []
    for row, opened in zip(rows, open_many(CasePerson, "identity", rows), strict=True):
        names = tuple(name for name in (opened.get("full_name"), *opened.get("aliases", ())) if name)
        role = ROLES[row.key_by]
        if role is PersonRole.VICTIM and opened.get("not_known"):
            names = ()  # stands for a place or for many people: a place is found by where it is, not by its name
        person = Known(as_id(row.key_row), cases[row.key_owner], role, names, opened.get("born_on"))
        age = opened.get("approximate_age")
        if person.born_on is None and age is not None:
            person.birth_year = (clock.today() - timedelta(days=365.25 * age)).year
        found.append(person)
    return found


def _parts(session: Session, model: Any, compartment: str, only: Any) -> list[tuple[str, dict[str, Any]]]:
    """(id of the person as 32 hex digits, what was opened of them)."""
    whose = type_coerce(model.person_id, NullType())
    query: Select[Any] = select(*sealed_columns(model, compartment), whose.label("whose"))
    joined = query.join(CasePerson, CasePerson.id == model.person_id).where(only)
    rows = session.connection().execute(joined).all()
    opened = open_many(model, compartment, rows)
    return [(_hex(row.whose), one) for row, one in zip(rows, opened, strict=True)]


def as_id(raw: Any) -> UUID:
    """An id as a driver gives it."""
    return UUID(raw) if type(raw) is str else raw


def _hex(raw: Any) -> str:
    return raw if type(raw) is str else raw.hex


def _first_number(street: str) -> str:
    """`14 Elm Row` holds the house number when it was typed in one box."""
    first = street.split(maxsplit=1)[0] if street.strip() else ""
    return first if first[:1].isdigit() else ""
