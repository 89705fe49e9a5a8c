"""Whoever can write to the files: moved, swapped, flipped and cut values are refused and audited, never shown."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from marac.app import create_app
from marac.errors import ConfigurationError
from marac.models import AuditEntry, Case, Membership, User
from marac.services.accounts import sessions
from marac.services.keeping.deployment import open_deployment, set_up, unit_of_work
from marac.services.keeping.founding import found_partnership
from tests.builders_panels import a_published_panel
from tests.conftest import settings_in

LOCALHOST = {"base_url": "https://localhost"}
NAMES = (b"Amina", b"Siobhan", b"Doyle", b"Karim")


@pytest.fixture
def panel(house):
    return a_published_panel(house, cases=2)


def browser(house, worker):
    """A browser of this person at the application as it is served: a fault shows a page and does not raise."""
    with unit_of_work(house) as session:
        user, membership = session.get_one(User, worker.id), session.get_one(Membership, worker.membership_id)
        token, _ = sessions.start(session, user, membership)
    client = create_app(house).test_client()
    with client.session_transaction(**LOCALHOST) as cookie:
        cookie.update({"_user_id": token, "_fresh": True})
    return client


def references(panel):
    with panel.house.reader() as session:
        return [session.get_one(Case, case_id).reference for case_id in panel.case_ids]


def raw(house, *statements, file="casework.db"):
    with sqlite3.connect(house.settings.data / file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def damaged(house):
    """How many times the trail says that a value did not open."""
    with house.reader() as session:
        return len(session.scalars(select(AuditEntry).where(AuditEntry.tag == "value:damaged")).all())


def identity(case_id, role="victim"):
    return f"case_id = '{case_id.hex}' and role = '{role}'"


def copied(column, source, target):
    """A statement that puts the sealed value of one row in the place of another's."""
    return f"update case_person set {column} = (select {column} from case_person where {source}) where {target}"


def changed(value, where):
    """A statement that writes another value where a victim's identity is sealed."""
    return f"update case_person set identity_sealed = cast({value} as blob) where {where}"


def swaps(panel):
    """Name -> what somebody does to the file."""
    first, second = panel.case_ids
    here = identity(first)
    return {
        "the value of another case": copied("identity_sealed", identity(second), here),
        "the value of another person of the case": copied("identity_sealed", identity(first, "perpetrator"), here),
        "the value of another column": f"update case_person set identity_sealed = risk_sealed where {here}",
        "a flipped byte": changed("substr(identity_sealed, 1, 40) || x'0A' || substr(identity_sealed, 42)", here),
        "a cut value": changed("substr(identity_sealed, 1, 100)", here),
        "zeros behind the first byte": changed("x'C5' || zeroblob(289)", here),
        "an unknown suite": changed("x'C502' || substr(identity_sealed, 3)", here),
        "a generation that is not there": changed("x'C50100000009' || substr(identity_sealed, 7)", here),
        "a row of another case": f"update case_person set case_id = '{second.hex}' where {here}",
        "a role that is read more widely": f"update case_person set role = 'child' where {here}",
    }


KINDS = ("the value of another case", "the value of another person of the case", "the value of another column",
         "a flipped byte", "a cut value", "zeros behind the first byte", "an unknown suite",
         "a generation that is not there")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_that_is_not_in_its_place_is_an_error_page_that_names_nothing(panel, kind):
    """500 without a value, audited as damaged, and the other cases go on (security 9.12)."""
    house = panel.house
    client, (first, second) = browser(house, panel.coordinator), references(panel)
    assert client.get(f"/cases/{first}", **LOCALHOST).status_code == 200
    raw(house, swaps(panel)[kind])
    answer = client.get(f"/cases/{first}", **LOCALHOST)
    assert answer.status_code == 500
    assert not [name for name in NAMES if name in answer.data]
    assert b"Traceback" not in answer.data
    assert damaged(house) == 1
    assert client.get(f"/cases/{second}", **LOCALHOST).status_code == 200
    assert damaged(house) == 1


@pytest.mark.parametrize("kind", ["a row of another case", "a role that is read more widely"])
def test_a_plain_column_that_was_changed_takes_its_value_out_of_its_place(panel, kind):
    """The row, its case and its role are part of the seal."""
    house = panel.house
    client, pages = browser(house, panel.coordinator), references(panel)
    raw(house, swaps(panel)[kind])
    answers = [client.get(f"/cases/{one}/people", **LOCALHOST) for one in pages]
    assert 500 in {answer.status_code for answer in answers}
    assert not any(b"Amina" in answer.data for answer in answers)


def test_a_value_of_another_partnership_does_not_open(panel):
    house = panel.house
    with unit_of_work(house) as session:
        other = found_partnership(session, house.keyring, slug="elsewhere", name="Elsewhere").id
    client, (first, _) = browser(house, panel.coordinator), references(panel)
    raw(house, f"update case_person set partnership_id = '{other.hex}' where {identity(panel.case_ids[0])}")
    answer = client.get(f"/cases/{first}", **LOCALHOST)
    assert answer.status_code == 500
    assert not [name for name in NAMES if name in answer.data]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from wrapped_key where kind = 'case' and owner = x'{0}'",
        "update wrapped_key set wrapped = (select wrapped from wrapped_key where owner = x'{1}') where owner = x'{0}'",
        "update wrapped_key set wrapped = zeroblob(66) where owner = x'{0}'",
    ],
)
def test_a_case_whose_key_is_gone_or_anothers_is_closed_and_the_others_are_open(panel, statement):
    """Keys are bound to their owner; a lost one is never taken for an empty case."""
    house = panel.house
    client, (first, second) = browser(house, panel.coordinator), references(panel)
    raw(house, statement.format(*(case_id.hex for case_id in panel.case_ids)), file="keys.db")
    answer = client.get(f"/cases/{first}", **LOCALHOST)
    assert answer.status_code == 500
    assert not [name for name in NAMES if name in answer.data]
    assert damaged(house) == 1
    assert client.get(f"/cases/{second}", **LOCALHOST).status_code == 200


# --- starting ------------------------------------------------------------------------------------------------------


def refused(settings) -> str:
    """What a start says that does not take place."""
    with pytest.raises(ConfigurationError) as refusal:
        open_deployment(settings)
    return str(refusal.value)


@pytest.fixture
def stopped(founded, tmp_path):
    """A deployment that is not running, with its folder."""
    folder = tmp_path / "stopped"
    shutil.copytree(founded, folder)
    return folder


def secret(folder) -> str:
    return Path(folder / "data-root" / "root.key").read_text("utf-8").split()[1][:16]


def test_a_missing_key_store_stops_the_start_and_none_is_made(stopped):
    (stopped / "data" / "keys.db").unlink()
    for _ in range(2):
        assert "key store" in refused(settings_in(stopped)).lower()


@pytest.mark.parametrize("lost", ["data/keys.db", "data-root/root.key"])
def test_an_upgrade_makes_no_new_keys_where_a_partnership_was_founded(stopped, lost):
    """A lost key store is restored; new keys in its place would look like a start and read nothing."""
    (stopped / lost).unlink()
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            set_up(settings_in(stopped))
    assert not (stopped / "data-root" / "root.key").exists() or lost.endswith("keys.db")


def test_a_missing_root_key_stops_the_start(stopped):
    (stopped / "data-root" / "root.key").unlink()
    assert "root" in refused(settings_in(stopped)).lower()


def test_a_wrong_root_key_stops_the_start_and_is_not_repeated(stopped, tmp_path):
    other = set_up(settings_in(tmp_path / "other"))
    other.close()
    key = stopped / "data-root" / "root.key"
    key.chmod(0o600)
    key.write_bytes((tmp_path / "other" / "data-root" / "root.key").read_bytes())
    key.chmod(0o400)
    words = refused(settings_in(stopped))
    assert "root" in words.lower()
    assert secret(stopped) not in words


def test_a_root_key_with_a_letter_changed_stops_the_start(stopped):
    key = stopped / "data-root" / "root.key"
    text = key.read_text("utf-8")
    key.chmod(0o600)
    middle = len(text) // 2
    key.write_text(text[:middle] + ("0" if text[middle] != "0" else "1") + text[middle + 1 :], "utf-8")
    key.chmod(0o400)
    assert text[10:40] not in refused(settings_in(stopped))


def test_a_key_store_with_an_unknown_schema_stops_the_start(stopped):
    with sqlite3.connect(stopped / "data" / "keys.db") as connection:
        connection.execute("update keystore_meta set content = '99' where content = '1'")
    connection.close()
    assert "key store" in refused(settings_in(stopped)).lower()


@pytest.mark.parametrize(
    ("statement", "advice"),
    [
        ("update alembic_version set version_num = '9999'", "newer version"),
        ("drop table alembic_version", "db upgrade"),
    ],
)
def test_a_database_with_an_unknown_schema_stops_the_start(stopped, statement, advice):
    with sqlite3.connect(stopped / "data" / "casework.db") as connection:
        connection.execute(statement)
    connection.close()
    words = refused(settings_in(stopped)).lower()
    assert advice in words
    assert "9999" not in words


@pytest.mark.parametrize("file", ["casework.db", "keys.db"])
def test_a_file_that_is_no_database_stops_the_start(stopped, file):
    for old in (stopped / "data").glob(f"{file}*"):
        old.unlink()
    (stopped / "data" / file).write_bytes(b"not a database at all, but long enough to be read as one" * 40)
    assert "not a database at all" not in refused(settings_in(stopped))


def test_the_key_store_of_another_deployment_shows_no_value(panel, tmp_path):
    """Database of one, key store and root key of another: nothing opens."""
    other = set_up(settings_in(tmp_path / "other"))
    with unit_of_work(other) as session:
        found_partnership(session, other.keyring, slug="elsewhere", name="Elsewhere")
    other.close()
    here = panel.house.settings.data
    references_before = references(panel)
    panel.house.close()
    for name in ("keys.db", "keys.db-wal", "keys.db-shm"):
        (here / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "other" / "data" / "keys.db", here / "keys.db")
    root = here.with_name("data-root") / "root.key"
    root.chmod(0o600)
    shutil.copy(tmp_path / "other" / "data-root" / "root.key", root)
    root.chmod(0o400)
    mixed = open_deployment(settings_in(here.parent))
    answer = browser(mixed, panel.coordinator).get(f"/cases/{references_before[0]}", **LOCALHOST)
    mixed.close()
    assert answer.status_code == 500
    assert not [name for name in NAMES if name in answer.data]
