"""What every record stands on: ids, versions, words, times, two kinds of session, and errors without values."""

import copy
import pickle
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from marac.crypto import vault
from marac.db import Base, describe, make_engine
from tests.crypto.rows import C1, P1, PERSON, House, Person, Place, Role


def add_person(locked: House, **facts: object) -> UUID:
    with vault.unit(locked.keyring) as unit, locked.sessions.writer.begin() as session:
        unit.grant_many("case", P1, [C1], PERSON, seal=True)
        person = Person(partnership_id=P1, case_id=C1, role=Role.VICTIM, **facts)
        session.add(person)
        return person.id


def test_an_id_is_given_before_anything_else_and_is_random() -> None:
    assert Place().id.version == 4
    known = uuid4()
    assert Place(id=known).id == known


def test_facts_are_given_by_name_and_an_unknown_one_is_refused() -> None:
    with pytest.raises(TypeError):
        Place("x")
    with pytest.raises(TypeError, match="has no colour"):
        Place(colour="SECRET")


def test_a_record_shows_its_class_and_id_and_is_not_copied(locked: House) -> None:
    place = Place()
    assert repr(place) == f"<Place {place.id}>"
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copier(place)


def test_times_go_in_aware_and_come_out_in_utc(locked: House) -> None:
    summer = datetime(2026, 7, 1, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    with locked.sessions.writer.begin() as session:
        session.add(Place(opened_at=summer))
    with locked.sessions.reader() as session:
        assert session.scalars(sa.select(Place)).one().opened_at == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
        assert session.scalar(sa.text("SELECT opened_at FROM t_place")) == "2026-07-01 08:30:00.000000"
    with locked.sessions.writer() as session:
        session.add(Place(opened_at=datetime(2026, 7, 1)))  # noqa: DTZ001
        with pytest.raises(StatementError):
            session.flush()


def test_words_are_stored_as_their_value_and_checked_by_the_database(locked: House) -> None:
    add_person(locked)
    connection = sqlite3.connect(locked.folder / "data.db")
    assert connection.execute("SELECT role FROM t_person").fetchall() == [("victim",)]
    with pytest.raises(sqlite3.IntegrityError, match="ck_t_person_role"):
        connection.execute("UPDATE t_person SET role = 'VICTIM'")
    connection.close()


@pytest.mark.parametrize("value", ["x'00'", "zeroblob(98)", "x'C5'", "NULL", "'C5'"])
def test_the_database_itself_refuses_what_is_not_sealed(locked: House, value: str) -> None:
    add_person(locked)
    connection = sqlite3.connect(locked.folder / "data.db")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(f"UPDATE t_person SET identity_sealed = {value}")
    connection.close()


def test_every_constraint_has_a_name() -> None:
    for table in Person.metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, constraint


def test_a_stale_version_fails_at_flush(locked: House) -> None:
    person_id = add_person(locked, full_name="Ann")
    with locked.sessions.reader() as early:
        person = early.get_one(Person, person_id)
        assert person.version_id == 1
        early.commit()
        with locked.sessions.writer.begin() as other:
            other.get_one(Person, person_id).seen = 1
        assert early.get_one(Person, person_id).version_id == 2
        set_committed_value(person, "version_id", 1)
        person.seen = 2
        with pytest.raises(StaleDataError):
            early.flush()


def test_a_writer_takes_the_lock_at_once_and_a_reader_does_not(locked: House) -> None:
    quick = make_engine(f"sqlite:///{locked.folder}/data.db")
    with quick.connect() as connection, locked.sessions.writer() as writer, locked.sessions.reader() as reader:
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
        connection.rollback()
        assert writer.info["writer"] is True
        assert reader.info["writer"] is False
        writer.connection()
        assert reader.scalar(sa.select(sa.func.count()).select_from(Place)) == 0
        with pytest.raises(OperationalError):
            connection.execution_options(begin="immediate").exec_driver_sql("SELECT 1")
    quick.dispose()


def test_a_reader_sees_one_snapshot(locked: House) -> None:
    count = sa.select(sa.func.count()).select_from(Place)
    with locked.sessions.reader() as reader:
        assert reader.scalar(count) == 0
        with locked.sessions.writer.begin() as writer:
            writer.add(Place())
        assert reader.scalar(count) == 0
        reader.rollback()
        assert reader.scalar(count) == 1


def test_an_error_names_its_kind_and_no_value(locked: House, tmp_path: Path) -> None:
    place = Place()
    with locked.sessions.writer.begin() as session:
        session.add(place)
        session.flush()
        place_id = place.id
    with pytest.raises(IntegrityError) as failure, locked.sessions.writer.begin() as session:
        session.execute(sa.text("INSERT INTO t_place (id) VALUES (:secret)"), {"secret": place_id.hex})
    assert place_id.hex not in str(failure.value)
    assert isinstance(failure.value, DBAPIError)
    assert describe(failure.value) == "SQLITE_CONSTRAINT_PRIMARYKEY"


def test_postgresql_is_spoken_to_through_psycopg_with_its_own_check() -> None:
    pytest.importorskip("psycopg")
    engine = make_engine("postgresql+psycopg://nobody@localhost/none")
    assert engine.dialect.driver == "psycopg"
    assert engine.hide_parameters
    text = str(sa.schema.CreateTable(Person.__table__).compile(dialect=engine.dialect))
    assert "get_byte(identity_sealed,0)=197" in text
    assert "hex(substr" not in text


def test_every_mapped_base_has_a_version_unless_it_says_not() -> None:
    assert "version_id" in Person.__table__.c
    assert "version_id" not in Place.__table__.c
    assert Base.metadata is not Person.metadata
