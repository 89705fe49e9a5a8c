"""Revision 0006 with rows in the table: every token is there after it, in the table's own order and once."""

from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text

from marac.db import make_engine
from marac.paths import MIGRATIONS

ROWS = "select hex(token), person_id from person_token"


@pytest.fixture
def at_0005(tmp_path):
    """A connection that never commits, so that other tables may be empty, at the revision before."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = make_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        connection.exec_driver_sql("pragma defer_foreign_keys = on")
        yield connection, config
    engine.dispose()


def test_tokens_survive_and_lose_the_id_that_told_when_they_were_written(at_0005):
    connection, config = at_0005
    whose, people = uuid4().hex, [uuid4().hex for _ in range(3)]
    insert = text(
        "insert into person_token (id, partnership_id, token, person_id) values (:id, :whose, :token, :person)"
    )
    for number in range(60):
        row = {"id": uuid4().hex, "whose": whose, "token": bytes([250 - number]) * 8, "person": people[number % 3]}
        connection.execute(insert, row)
    before = sorted(map(tuple, connection.execute(text(ROWS))))
    command.upgrade(config, "0006")
    assert sorted(map(tuple, connection.execute(text(ROWS)))) == before
    made = connection.scalar(text("select sql from sqlite_master where name = 'person_token'"))
    assert "PRIMARY KEY (partnership_id, token, person_id)" in made
    assert made.rstrip().endswith("WITHOUT ROWID")
    assert {column["name"] for column in inspect(connection).get_columns("person_token")} == {
        "partnership_id", "token", "person_id",
    }  # fmt: skip
    assert inspect(connection).has_table("possible_match")
    command.downgrade(config, "0005")
    assert "id" in {column["name"] for column in inspect(connection).get_columns("person_token")}
