"""New keys for old at every level, killed and run again, with no read failing meanwhile (security 2.10)."""

import sqlite3
from collections.abc import Sequence
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from marac.crypto import rotation, vault
from marac.crypto.envelope import header_generation
from marac.crypto.fields import open_many, sealed_columns
from marac.crypto.keyring import KeyMissing, Keyring
from marac.crypto.root_keys import FileRoot, PassphraseRoot, RootRefused, root_from
from marac.crypto.root_keys.file import add_root_version
from marac.crypto.root_keys.passphrase import create_salt_file
from marac.crypto.rotation import (
    add_generation,
    add_partnership_generation,
    destroy_generations,
    destroy_partnership_generation,
    reseal,
    rewrap_partnership,
    rewrap_root,
)
from marac.errors import WrongState
from tests.crypto.rows import AGENCY, C1, C2, P1, PERSON, House, Person, Research, Role

ALL = (*PERSON, f"research:{AGENCY.hex}", f"private:{AGENCY.hex}")


@pytest.fixture
def people(locked: House) -> House:
    """Three people and a research entry in C1, one person in C2."""
    with vault.unit(locked.keyring) as unit, locked.sessions.writer.begin() as session:
        unit.grant_many("case", P1, [C1, C2], ALL, seal=True)
        for role in Role:
            session.add(Person(partnership_id=P1, case_id=C1, role=role, full_name=f"{role} name"))
        session.add(Research(partnership_id=P1, case_id=C1, agency_id=AGENCY, shared="known"))
        session.add(Person(partnership_id=P1, case_id=C2, role=Role.VICTIM, full_name="other name"))
    return locked


def names(house: House, keyring: Keyring | None = None) -> list[str]:
    with vault.unit(keyring or house.keyring) as unit, house.sessions.reader() as session:
        unit.grant_many("case", P1, [C1, C2], ALL)
        rows = session.execute(sa.select(*sealed_columns(Person, "identity"))).all()
        return sorted(found["full_name"] for found in open_many(Person, "identity", rows))


NAMES = ["child name", "other name", "perpetrator name", "victim name"]


def generations(house: House, case: UUID) -> set[int]:
    with house.sessions.reader() as session:
        query = sa.select(sealed_columns(Person, "identity")[4]).where(Person.case_id == case)
        return {header_generation(blob) for blob in session.scalars(query)}


def test_a_new_root_version_takes_over_and_the_old_one_can_go(people: House) -> None:
    add_root_version(people.root_file)
    both = Keyring.open(people.keystore_url, FileRoot(people.root_file))
    assert rewrap_root(both, both.root, dry_run=True) == 3
    assert rewrap_root(both, both.root) == 3
    assert rewrap_root(both, both.root) == 0
    newest = people.root_file.read_text().splitlines()[1]
    assert names(people) == NAMES  # who started before meets the new version in the file
    people.root_file.unlink()
    people.root_file.write_text(f"MARAC1 retired\n{newest}\n")
    people.root_file.chmod(0o400)
    alone = Keyring.open(people.keystore_url, FileRoot(people.root_file))
    assert names(people, alone) == NAMES
    both.close()
    alone.close()


def test_a_root_can_move_to_another_provider(people: House) -> None:
    create_salt_file(people.folder / "root.salt", cost=16)
    passphrase = PassphraseRoot(people.folder / "root.salt", lambda: "one two three four five six")
    assert rewrap_root(people.keyring, passphrase) == 3
    moved = Keyring.open(people.keystore_url, passphrase)
    assert names(people, moved) == NAMES
    with pytest.raises(RootRefused):
        Keyring.open(people.keystore_url, root_from(f"file:{people.root_file}"))
    moved.close()


def test_a_partnership_key_rotates_while_another_process_reads(people: House) -> None:
    other = Keyring.open(people.keystore_url, people.keyring.root)
    assert names(people, other) == NAMES
    assert add_partnership_generation(people.keyring, P1) == 2
    assert names(people, other) == NAMES
    assert rewrap_partnership(people.keyring, P1, dry_run=True) == {"case": 2, "staff": 1, "index": 1, "checkpoint": 1}
    with pytest.raises(WrongState, match="5 keys"):
        destroy_partnership_generation(people.keyring, P1, 1)
    assert rewrap_partnership(people.keyring, P1) == {"case": 2, "staff": 1, "index": 1, "checkpoint": 1}
    assert rewrap_partnership(people.keyring, P1) == {}
    assert names(people, other) == names(people) == NAMES
    destroy_partnership_generation(people.keyring, P1, 1)
    with pytest.raises(WrongState):
        destroy_partnership_generation(people.keyring, P1, 2)
    assert names(people) == NAMES
    other.close()


def test_re_wrapping_resumes_where_it_was_killed(people: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 1)
    add_partnership_generation(people.keyring, P1)
    killed_at = iter([None, None, KeyboardInterrupt])
    whole = rotation._rewrap

    def killed(*given: object) -> None:
        if next(killed_at):
            raise KeyboardInterrupt
        whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(rotation, "_rewrap", killed)
    with pytest.raises(KeyboardInterrupt):
        rewrap_partnership(people.keyring, P1)
    monkeypatch.setattr(rotation, "_rewrap", whole)
    assert names(people) == NAMES
    assert rewrap_partnership(people.keyring, P1).total() == 3
    assert names(people) == NAMES


def test_a_case_key_rotates_and_the_old_one_is_destroyed_only_at_the_end(people: House) -> None:
    other = Keyring.open(people.keystore_url, people.keyring.root)
    assert add_generation(people.keyring, "case", P1, C1) == 2
    assert names(people, other) == NAMES
    with pytest.raises(WrongState, match="values"):
        destroy_generations(people.engine, people.keyring, "case", P1, C1)
    waiting = reseal(people.engine, people.keyring, "case", P1, C1, dry_run=True)
    assert waiting == {
        "case_person.identity_sealed": 3,
        "case_person.contact_sealed": 3,
        "case_person.risk_sealed": 3,
        "research.research_sealed": 1,
        "research.private_sealed": 1,
    }
    told: list[tuple[str, int]] = []

    def recorded(_connection: Connection, table: str, ids: Sequence[UUID]) -> None:
        told.append((table, len(ids)))

    assert reseal(people.engine, people.keyring, "case", P1, C1, recorded=recorded) == waiting
    assert sum(count for _, count in told) == 11
    assert reseal(people.engine, people.keyring, "case", P1, C1) == {}
    assert (generations(people, C1), generations(people, C2)) == ({2}, {1})
    assert destroy_generations(people.engine, people.keyring, "case", P1, C1) == 1
    assert names(people) == names(people, other) == NAMES
    other.close()


def test_a_new_value_is_sealed_under_the_newest_generation(people: House) -> None:
    add_generation(people.keyring, "case", P1, C2)
    with vault.unit(people.keyring) as unit, people.sessions.writer.begin() as session:
        unit.grant_many("case", P1, [C2], ALL, seal=True)
        session.scalars(sa.select(Person).where(Person.case_id == C2)).one().full_name = "new name"
    assert generations(people, C2) == {2}
    assert "new name" in names(people)


def test_resealing_in_small_batches_reaches_every_row_and_leaves_versions_alone(
    people: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "ROWS", 2)
    add_generation(people.keyring, "case", P1, C1)
    assert reseal(people.engine, people.keyring, "case", P1, C1).total() == 11
    with people.sessions.reader() as session:
        assert set(session.scalars(sa.select(Person.version_id))) == {1}
    assert names(people) == NAMES


def test_a_value_that_does_not_open_stops_the_reseal_and_keeps_the_old_key(people: House) -> None:
    add_generation(people.keyring, "case", P1, C1)
    connection = sqlite3.connect(people.folder / "data.db")
    connection.execute("UPDATE t_person SET risk_sealed = contact_sealed WHERE case_id = ?", (C1.hex,))
    connection.commit()
    connection.close()
    with pytest.raises(Exception, match="does not open"):
        reseal(people.engine, people.keyring, "case", P1, C1)
    with pytest.raises(WrongState):
        destroy_generations(people.engine, people.keyring, "case", P1, C1)


def test_staff_keys_rotate_and_an_older_process_still_reads(people: House) -> None:
    other = Keyring.open(people.keystore_url, people.keyring.root)
    assert sorted(other.owner_keys("staff", P1.bytes, [P1.bytes])[P1.bytes].generations) == [1]
    add_generation(people.keyring, "staff", P1, P1)
    other.forget_held("staff", P1.bytes)
    assert sorted(other.owner_keys("staff", P1.bytes, [P1.bytes])[P1.bytes].generations) == [1, 2]
    other.close()


def test_what_has_no_key_is_not_rotated(people: House) -> None:
    people.keyring.erase_case(P1, C2)
    with pytest.raises(WrongState):
        add_generation(people.keyring, "case", P1, C2)
    with pytest.raises(WrongState):
        reseal(people.engine, people.keyring, "case", P1, C2)
    with pytest.raises(KeyMissing):
        names(people)
