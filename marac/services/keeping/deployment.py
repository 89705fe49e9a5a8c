"""One running deployment: its engine, sessions and key store; and the unit of work that doors, jobs and tests share.

Refuses to open on a database whose schema it does not know, or without its key store and root key.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.config import Settings
from marac.crypto import root_keys, vault
from marac.crypto.keyring import Keyring
from marac.crypto.root_keys.file import create_root_file
from marac.crypto.root_keys.passphrase import create_salt_file
from marac.db import describe, make_engine, make_sessions
from marac.errors import ConfigurationError
from marac.paths import MIGRATIONS
from marac.services.keeping import gate

NEWER = (
    "The database was upgraded by a newer version than this one. Start that version again, or put back the backup "
    "that was made before the upgrade (`marac backup restore`)."
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a process needs to work: settings, database, key store. Made once per process."""

    settings: Settings
    engine: Engine
    keyring: Keyring
    reader: Callable[[], Session]
    writer: Callable[[], Session]

    def close(self) -> None:
        """Let go of both databases."""
        self.engine.dispose()
        self.keyring.close()


def open_deployment(settings: Settings, *, gated: bool = True) -> Deployment:
    """Open database and key store; ConfigurationError unless the schema is the one this version knows.

    Nor while the two do not belong together or a restore is not finished; `gated=False` is for who is to find that out.
    """
    engine = make_engine(settings.database_url)
    check_schema(engine)
    deployment = _deployment(settings, engine, create=False)
    if gated:
        _behind_gate(deployment)
    return deployment


def _behind_gate(deployment: Deployment) -> None:
    try:
        gate.check(deployment.engine, deployment.keyring)
    except BaseException:
        deployment.close()
        raise


def set_up(settings: Settings) -> Deployment:
    """Bring an empty or older database to the newest schema and open it; for a new one, make the keys as well.

    Where a partnership was founded, missing keys are a loss to be restored: ConfigurationError, and none are made.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = make_engine(settings.database_url)
    fresh = _nobody_founded(engine)
    if fresh and settings.embedded:
        _make_once(Path(settings.root_key.partition(":")[2]), create_root_file)
    if fresh and settings.root_key == "passphrase":
        _make_once(_salt(settings), create_salt_file)
    upgrade(engine)
    deployment = _deployment(settings, engine, create=fresh)
    _behind_gate(deployment)
    deployment.keyring.create_deployment()
    return deployment


def _nobody_founded(engine: Engine) -> bool:
    """Whether the database is empty, or was set up without a partnership in it."""
    with _reading(engine) as connection:
        return not inspect(connection).has_table("partnership") or not connection.scalar(
            text("select count(*) from partnership")
        )


def upgrade(engine: Engine) -> None:
    """Run the migrations up to the newest. ConfigurationError where a newer version has been: nothing is touched."""
    with _reading(engine) as connection:
        known = inspect(connection).has_table("alembic_version")
        at = connection.scalar(text("select version_num from alembic_version")) if known else None
    if at is not None and at not in _known_revisions():
        raise ConfigurationError(NEWER)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def newest_revision() -> str:
    """The revision named in migrations/HEAD."""
    return Path(MIGRATIONS, "HEAD").read_text("utf-8").strip()


def check_schema(engine: Engine) -> None:
    """ConfigurationError unless the database stands at the newest revision."""
    with _reading(engine) as connection:
        known = inspect(connection).has_table("alembic_version")
        at = connection.scalar(text("select version_num from alembic_version")) if known else None
    if at is None:
        raise ConfigurationError("The database is empty. Run `marac db upgrade`.")
    if at not in _known_revisions():
        raise ConfigurationError(NEWER)
    if at != newest_revision():
        raise ConfigurationError("The database has an older schema. Back it up, then run `marac db upgrade`.")


def _known_revisions() -> set[str]:
    return {path.name[:4] for path in Path(MIGRATIONS, "versions").glob("[0-9]*.py")}


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    """A connection; ConfigurationError, without the database's words, when it does not open."""
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as problem:
        raise ConfigurationError(f"The database cannot be opened ({describe(problem)}).") from None


def _deployment(settings: Settings, engine: Engine, *, create: bool) -> Deployment:
    keyring = Keyring.open(
        settings.keystore_url, root_of(settings), create=create, per_case_root=settings.per_case_root
    )
    reader, writer = make_sessions(engine)
    audit.watch(writer)
    return Deployment(settings, engine, keyring, reader, writer)


def root_of(settings: Settings) -> root_keys.RootKey:
    """The root key that the settings name."""
    return root_keys.root_from(_root_setting(settings), passphrase_reader=_ask, databases=_files(settings))


def _make_once(where: Path, make: Callable[[Path], object]) -> None:
    """Make a root key or salt file, in a folder of its own, unless it is there."""
    if not where.exists():
        where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        make(where)


def _root_setting(settings: Settings) -> str:
    """`passphrase` alone means the salt file beside the data folder; every other provider names its own place."""
    each = (one.strip() for one in settings.root_key.split(root_keys.BESIDE))
    return root_keys.BESIDE.join(f"passphrase:{_salt(settings)}" if one == "passphrase" else one for one in each)


def _salt(settings: Settings) -> Path:
    return settings.data.with_name(settings.data.name + "-root") / "root.salt"


def _ask() -> str:
    """The passphrase, typed or piped in; never an argument and never in the environment."""
    return getpass("Root passphrase: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _files(settings: Settings) -> list[Path]:
    """The SQLite files of a deployment, beside which a root key must not lie."""
    urls = [make_url(url) for url in (settings.database_url, settings.keystore_url)]
    return [Path(url.database) for url in urls if url.get_backend_name() == "sqlite" and url.database]


@contextmanager
def unit_of_work(deployment: Deployment, actor: Actor | None = None) -> Iterator[Session]:
    """One write transaction with a vault of its own: chained audit and one commit at the end, or nothing at all."""
    access.forget_asking()
    with vault.unit(deployment.keyring):
        session = deployment.writer()
        session.info["keyring"] = deployment.keyring
        try:
            yield session
            commit(session, actor)
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()


def commit(session: Session, actor: Actor | None) -> None:
    """Chain the audit entries and commit, once; then do what could only be done once it is certain (key erasure)."""
    audit.finish(session, actor)
    session.commit()
    audit.keep_heads(session)
    for follow in session.info.pop("after_commit", ()):
        follow()
