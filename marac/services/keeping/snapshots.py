"""A consistent copy of one database, taken while people work, and put back into an empty place.

SQLite by its backup interface, PostgreSQL by pg_dump and pg_restore. Person tokens are in no copy. Never overwrites.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, inspect, make_url

from marac.crypto.keystore import make_engine
from marac.errors import ConfigurationError

SQLITE, POSTGRES = "sqlite", "pg_dump"
DERIVED: Final = "person_token"  # rebuilt after a restore; in a backup it could confirm an erased person
LIMIT: Final = 3600


def kind_of(url: str) -> str:
    """How a database is copied."""
    return SQLITE if make_url(url).get_backend_name() == "sqlite" else POSTGRES


def take(url: str, to: Path) -> None:
    """Copy a database as it stands at one moment into a file. ConfigurationError when the tool for it is missing."""
    if kind_of(url) == POSTGRES:
        _run("pg_dump", url, "--format=custom", f"--exclude-table-data={DERIVED}", f"--file={to}")
        return
    with closing(sqlite3.connect(_file(url))) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy, pages=2048)
        copy.execute("PRAGMA journal_mode=DELETE")
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (DERIVED,)).fetchone():
            copy.execute("PRAGMA secure_delete=ON")
            copy.execute(f"DELETE FROM {DERIVED}")  # noqa: S608 - our own word
            copy.commit()
        copy.execute("VACUUM")


def is_empty(url: str) -> bool:
    """Whether nothing is there yet."""
    if kind_of(url) == SQLITE:
        return not _file(url).exists()
    engine = make_engine(url)
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def put_back(copy: Path, url: str) -> None:
    """Fill an empty place from a copy. ConfigurationError when something is there."""
    if not is_empty(url):
        raise ConfigurationError("There is a database already. A backup is restored into an empty place only.")
    if kind_of(url) == POSTGRES:
        _run("pg_restore", url, "--exit-on-error", "--no-owner", f"--dbname={_conninfo(make_url(url))}", str(copy))
        return
    where = _file(url)
    where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    arriving = where.with_name(f"{where.name}.arriving")
    shutil.copyfile(copy, arriving)
    arriving.chmod(0o600)
    with arriving.open("rb+") as written:
        os.fsync(written.fileno())
    arriving.rename(where)


def counts(copy: Path) -> dict[str, int]:
    """How many rows each table of a SQLite copy has."""
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - its own tables
            for (name,) in names
            if not name.startswith("sqlite_")
        }


def _file(url: str) -> Path:
    return Path(make_url(url).database or "")


def _run(tool: str, url: str, *arguments: str) -> None:
    """One of PostgreSQL's own tools; the password goes by the environment, and its output nowhere."""
    where = shutil.which(tool)
    if where is None:
        raise ConfigurationError(f"{tool} is not on this machine. Install the client tools of PostgreSQL.")
    place = make_url(url)
    environment: dict[str, Any] = {**os.environ, "PGPASSWORD": str(place.password or "")}
    given = (*arguments, f"--dbname={_conninfo(place)}") if tool == "pg_dump" else arguments
    done = subprocess.run(  # noqa: S603 - a fixed tool, our own arguments
        [where, "--no-password", *given], env=environment, capture_output=True, timeout=LIMIT, check=False
    )
    if done.returncode:
        raise ConfigurationError(f"{tool} failed with exit code {done.returncode}. Is it as new as the server?")


def _conninfo(place: URL) -> str:
    """The address without its password, as PostgreSQL's tools take it."""
    return place.set(drivername="postgresql", password=None).render_as_string()
