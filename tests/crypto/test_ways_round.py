"""Every way round a Sealed attribute that SQLAlchemy offers is shut (security 2.7, by its numbers)."""

import copy
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from marac.crypto.fields import changed_fields, open_many, sealed_columns
from marac.crypto.vault import Unit
from marac.errors import IntegrityFailure
from tests.crypto.rows import (
    C2,
    C3,
    P2,
    PERSON,
    House,
    Person,
    Role,
    a_person,
)

# -- 1: identity before value ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expired", [False, True])
@pytest.mark.parametrize(
    "name, other", [("id", uuid4()), ("case_id", C2), ("partnership_id", P2), ("role", Role.CHILD)]
)
def test_what_a_value_is_bound_to_is_frozen(session: Session, *, expired: bool, name: str, other: Any) -> None:
    person = a_person(session, full_name="Ann")
    if expired:
        session.expire(person)
    with pytest.raises(TypeError, match="reseal"):
        setattr(person, name, other)
    assert person.full_name == "Ann"


# -- 2: bulk paths -----------------------------------------------------------------------------------------------------


def test_bulk_statements_on_a_sealed_model_are_refused(session: Session) -> None:
    a_person(session)
    for statement in (sa.update(Person).values(seen=1), sa.insert(Person).values(seen=1)):
        with pytest.raises(TypeError, match="sealed"):
            session.execute(statement)
    with pytest.raises(TypeError, match="sealed"):
        session.query(Person).update({"seen": 1})


@pytest.mark.parametrize("value", ["SECRET", b"SECRET", None, b"\xc5" + b"x" * 96, memoryview(b"\xc5" + b"x" * 97)])
def test_plaintext_reaches_the_column_by_no_road(session: Session, value: Any) -> None:
    person = a_person(session)
    mapper, table = sa.inspect(Person), Person.__table__
    session.commit()
    roads = [
        lambda: session.bulk_update_mappings(mapper, [{"id": person.id, "version_id": 1, "identity_sealed": value}]),
        lambda: session.execute(table.update().values(identity_sealed=value)),
        lambda: session.execute(table.insert().values(id=uuid4(), identity_sealed=value)),
    ]
    for road in roads:
        with pytest.raises((TypeError, StatementError)) as refusal:
            road()
        assert "SECRET" not in str(refusal.value)
        session.rollback()


def test_bytes_set_by_hand_are_stopped_at_flush(session: Session) -> None:
    person = a_person(session)
    person.identity_sealed = b"SECRET"
    with pytest.raises(StatementError) as refusal:
        session.flush()
    assert "SECRET" not in str(refusal.value)


# -- 3: comparison -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "compare",
    [
        lambda: Person.full_name == "Ann", lambda: Person.full_name != "Ann", lambda: Person.born_on < date(2000, 1, 1),
        lambda: Person.full_name.in_(["Ann"]), lambda: Person.full_name.like("A%"), lambda: Person.full_name.is_(None),
        lambda: sa.select(Person.full_name), lambda: sa.func.lower(Person.full_name), lambda: sa.desc(Person.full_name),
        lambda: sa.select(Person).order_by(Person.full_name), lambda: sa.select(Person).where(Person.full_name),
        lambda: sa.select(Person).filter_by(full_name="Ann"), lambda: (Person.full_name.desc(), 1),
        lambda: Person.identity_sealed == b"x", lambda: Person.identity_sealed.is_(None),
        lambda: (Person.identity_sealed.desc(), 1), lambda: Person.__table__.c.identity_sealed == b"x",
        lambda: Person.identity_sealed.in_([b"x"]),
    ],
)  # fmt: skip
def test_a_sealed_attribute_or_column_in_a_query_raises(compare: Any) -> None:
    with pytest.raises(TypeError, match="sealed"):
        compare()


# -- 4: cache ----------------------------------------------------------------------------------------------------------


def test_an_expired_or_refreshed_row_holds_nothing_opened(session: Session) -> None:
    person = a_person(session, full_name="Ann")
    assert person.full_name == "Ann"
    session.expire(person)
    assert not any(name.startswith("_opened_") for name in vars(person))
    assert person.full_name == "Ann"
    session.refresh(person)
    assert not any(name.startswith("_opened_") for name in vars(person))


def test_a_rollback_brings_back_the_older_value(session: Session) -> None:
    person = a_person(session, full_name="Ann")
    session.commit()
    person.full_name = "Anna"
    assert person.full_name == "Anna"
    session.rollback()
    assert person.full_name == "Ann"


def test_a_failed_seal_changes_nothing(session: Session) -> None:
    person = a_person(session, full_name="Ann")
    with pytest.raises(ValueError):
        person.full_name = "lone \ud800"
    assert person.full_name == "Ann"
    assert changed_fields(person) == frozenset()


def test_a_value_put_in_place_by_the_database_is_read_afresh(session: Session) -> None:
    ann, bea = a_person(session, full_name="Ann"), a_person(session, full_name="Bea")
    assert ann.full_name == "Ann"
    ann.identity_sealed = bea.identity_sealed
    with pytest.raises(IntegrityFailure):
        _ = ann.full_name


# -- 5: two people, one compartment ------------------------------------------------------------------------------------


def test_the_second_of_two_edits_of_different_fields_fails(locked: House, unit: Unit) -> None:
    with locked.sessions.writer.begin() as session:
        person_id = a_person(session, full_name="Ann", phone="1").id
    with Session(locked.engine, expire_on_commit=False) as first:
        mine = first.get_one(Person, person_id)
        _ = (mine.full_name, mine.born_on)
        first.commit()
        with locked.sessions.writer.begin() as second:
            second.get_one(Person, person_id).born_on = date(1990, 1, 1)
        mine.full_name = "Anna"
        with pytest.raises(StaleDataError):
            first.flush()


def test_the_version_is_never_refreshed_alone(session: Session) -> None:
    person = a_person(session, full_name="Ann")
    with pytest.raises(TypeError, match="version"):
        session.refresh(person, ["version_id"])
    session.refresh(person)
    assert person.full_name == "Ann"


# -- 7: copying --------------------------------------------------------------------------------------------------------


def test_bytes_in_another_row_column_case_or_partnership_do_not_open(
    locked: House, unit: Unit, session: Session
) -> None:
    unit.grant_many("case", P2, [C3], PERSON, seal=True)
    ann = a_person(session, full_name="Ann", phone="1")
    table = Person.__table__
    others = [
        a_person(session, full_name="Bea"),
        a_person(session, full_name="Cat", case_id=C2),
        a_person(session, full_name="Dot", partnership_id=P2, case_id=C3),
        a_person(session, full_name="Eve", role=Role.PERPETRATOR),
    ]
    for other in others:
        session.execute(table.update().where(table.c.id == other.id).values(identity_sealed=ann.identity_sealed))
        session.expire(other)
        with pytest.raises(IntegrityFailure) as failure:
            _ = other.full_name
        assert "Ann" not in str(failure.value)
    session.execute(table.update().where(table.c.id == ann.id).values(contact_sealed=ann.identity_sealed))
    session.expire(ann)
    with pytest.raises(IntegrityFailure):
        _ = ann.phone
    assert ann.full_name == "Ann"


def test_a_row_whose_plain_columns_were_changed_in_the_database_does_not_open(session: Session) -> None:
    changes = {"case_id": C2, "role": Role.CHILD, "id": uuid4()}
    for name, other in changes.items():
        person = a_person(session, full_name="Ann")
        table = Person.__table__
        session.execute(table.update().where(table.c.id == person.id).values({name: other}))
        found = other if name == "id" else person.id
        rows = session.execute(sa.select(*sealed_columns(Person, "identity")).where(table.c.id == found)).all()
        assert len(rows) == 1
        with pytest.raises(IntegrityFailure):
            open_many(Person, "identity", rows)


def test_a_damaged_row_fails_a_list_and_names_itself_only(session: Session) -> None:
    ann = a_person(session, full_name="SECRET")
    table = Person.__table__
    broken = ann.identity_sealed[:-1] + bytes([ann.identity_sealed[-1] ^ 1])
    session.execute(table.update().values(identity_sealed=broken))
    with pytest.raises(IntegrityFailure, match=str(ann.id)) as failure:
        open_many(Person, "identity", session.execute(sa.select(*sealed_columns(Person, "identity"))).all())
    assert "SECRET" not in str(failure.value)


def test_a_sealed_row_is_not_copied(session: Session) -> None:
    with pytest.raises(TypeError):
        copy.copy(a_person(session))
