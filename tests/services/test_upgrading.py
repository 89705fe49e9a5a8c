"""Up, down and up again: a database of an older version is refused in words, upgraded, served; a newer one refused."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from marac.app import create_app
from marac.errors import ConfigurationError
from marac.paths import MIGRATIONS
from marac.services.keeping.deployment import NEWER, newest_revision, open_deployment, set_up
from tests.builders_cases import a_story


def stepped(house, move, to):
    """The database taken to another revision, as an operator with Alembic would."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with house.engine.connect() as connection:
        config.attributes["connection"] = connection
        move(config, to)
        connection.commit()


def test_a_database_of_an_older_version_is_refused_in_words_then_upgraded_and_served(house):
    """What was there stays: the case is found after going back four revisions and forward again."""
    story = a_story(house)
    stepped(house, command.downgrade, "-4")
    house.close()
    with pytest.raises(ConfigurationError, match=r"older schema\. Back it up, then run `marac db upgrade`"):
        open_deployment(house.settings)
    again = set_up(house.settings)
    try:
        with again.reader() as session:
            assert session.scalar(text("select version_num from alembic_version")) == newest_revision()
            assert session.scalar(text("select count(*) from case_file where id = :id"), {"id": story.case_id.hex}) == 1
        client = create_app(again).test_client()
        for path in ("/healthz", "/sign-in"):
            assert client.get(path, base_url="https://localhost").status_code == 200, path
    finally:
        again.close()


@pytest.mark.parametrize("words", [("db", "check"), ("db", "upgrade"), ("serve",), ("worker",)])
def test_a_database_that_a_newer_version_has_upgraded_is_left_alone_and_the_way_back_is_said(house, words):
    house.close()
    file = house.settings.data / "casework.db"
    with closing(sqlite3.connect(file)) as base:
        base.execute("update alembic_version set version_num = '9999'")
        base.commit()
        before = list(base.iterdump())
    done = subprocess.run(
        [sys.executable, "-m", "marac.cli", *words], env={"MARAC_DATA": str(house.settings.data), "PATH": "/usr/bin"},
        cwd=MIGRATIONS.parent, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (2, NEWER)
    with closing(sqlite3.connect(file)) as base:
        assert list(base.iterdump()) == before
