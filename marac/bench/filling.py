"""Fills a throw-away deployment with an invented borough, sealed and indexed as the application does it, only faster.

It writes rows through Core, and passes no value by the vault.
"""

from collections.abc import Iterable, Iterator
from itertools import count, groupby
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert
from sqlalchemy.orm import Session

from marac import access, clock
from marac.bench.borough import Invented
from marac.crypto import vault
from marac.crypto.blind_index import BlindIndex
from marac.crypto.envelope import Place
from marac.crypto.fields import compartment_of
from marac.models import Address, Case, CasePerson, ContactMethod, PersonToken
from marac.services.keeping.deployment import Deployment
from marac.vocabulary import CaseState, ProgrammeSlug

BATCH = 2000
NUMBERS = count()
LARGE, USUAL = "pragma cache_size = -300000", "pragma cache_size = -2000"
HELD: tuple[tuple[Any, dict[str, bool]], ...] = (  # model -> its sealed columns, and whether a role picks the key
    (CasePerson, {"identity": True, "risk": False, "equality": False}),
    (Address, {"location": True}),
    (ContactMethod, {"contact": True, "identity": True}),
)


def fill(house: Deployment, partnership_id: UUID, people: Iterable[Invented]) -> None:
    """Write cases, people, addresses, contacts and tokens, case by case, in a few large transactions."""
    index = BlindIndex(house.keyring, partnership_id)
    by_case = ((case_id, list(group)) for case_id, group in groupby(people, key=lambda person: person.case_id))
    for some in _batches(by_case):
        house.keyring.create_case_keys(partnership_id, [case_id for case_id, _ in some])
        with vault.unit(house.keyring), house.writer() as session:
            access.open_for("load", partnership_id, [case_id for case_id, _ in some])
            session.connection().exec_driver_sql(LARGE)
            _write(session, partnership_id, some, index)
            session.connection().exec_driver_sql(USUAL)
            session.commit()


def _batches(cases: Iterator[tuple[UUID, list[Invented]]]) -> Iterator[list[tuple[UUID, list[Invented]]]]:
    some: list[tuple[UUID, list[Invented]]] = []
    for case in cases:
        some.append(case)
        if len(some) == BATCH:
            yield some
            some = []
    if some:
        yield some


def _write(session: Session, partnership_id: UUID, some: list[tuple[UUID, list[Invented]]], index: BlindIndex) -> None:
    unit, today, connection = vault.current(), clock.today(), session.connection()
    connection.execute(insert(_table(Case)), [
        {
            "id": case_id, "version_id": 1, "partnership_id": partnership_id, "programme": ProgrammeSlug.DA_MARAC,
            "reference": f"{next(NUMBERS):07d}", "state": CaseState.ISSUED, "opened_on": today, "last_heard_on": today,
            "last_referral_on": today, "restricted": False,
            "summary_sealed": unit.seal(Place(partnership_id, "case_file", "summary_sealed", case_id, case_id,
                                              "summary"), {}),
        }
        for case_id, _ in some
    ])  # fmt: skip
    people = [person for _, group in some for person in group]
    for model, columns in HELD:
        rows = [_row(unit, model, columns, partnership_id, person) for person in people]
        connection.execute(insert(_table(model)), rows)
    _tokens(connection, partnership_id, people, index)


def _row(unit: vault.Unit, model: Any, columns: dict[str, bool], whose: UUID, person: Invented) -> dict[str, Any]:
    row_id = person.id if model is CasePerson else uuid4()
    row = {"id": row_id, "version_id": 1, "partnership_id": whose, "case_id": person.case_id, "role": person.role}
    row |= {} if model is CasePerson else {"person_id": person.id}
    row |= {} if model is ContactMethod else {"position": 1}
    for declared, by_role in columns.items():
        compartment = compartment_of(declared, "role" if by_role else None, person.role)
        column = f"{declared}_sealed"
        place = Place(whose, model.__tablename__, column, row_id, person.case_id, compartment)
        row[column] = unit.seal(place, _facts(model, declared, person))
    return row


def _table(model: Any) -> Any:
    return model.__table__


def _facts(model: Any, declared: str, person: Invented) -> dict[str, Any]:
    if model is CasePerson and declared == "identity":
        born = {"born_on": person.born_on.isoformat()} if person.born_on else {}
        return {"full_name": person.name, "aliases": [], **born}
    if model is Address:
        return {"house_number": person.house_number, "street": "Elm Row", "postcode": person.postcode}
    return {"phone": person.phone} if person.phone and declared == "contact" else {}


def _tokens(connection: Connection, whose: UUID, people: list[Invented], index: BlindIndex) -> None:
    """In the order of the table, which is its own index."""
    rows = sorted((token, person.id.hex) for person in people for token in index.tokens_to_store(person.tokens()))
    query = f"insert into {PersonToken.__tablename__} (partnership_id, token, person_id) values (?, ?, ?)"  # noqa: S608
    connection.exec_driver_sql(query, [(whose.hex, token, person) for token, person in rows])
