"""Seals are counted, each process meets a new key in time, and a case's key may hang on the root itself."""

import threading
from uuid import UUID

import pytest
import sqlalchemy as sa

from marac.crypto import keyring as keyrings, rotation, sealing_counts, turnover, vault
from marac.crypto.keyring import MOST_SEALS, WARN_SEALS, Keyring
from marac.crypto.keystore import METADATA, WRAPPED_KEY, make_engine, open_key_store
from marac.crypto.root_keys import FileRoot, PassphraseRoot, SeveralRoots
from marac.crypto.root_keys.file import create_root_file
from marac.crypto.root_keys.passphrase import create_salt_file
from marac.errors import IntegrityFailure
from tests.crypto.rows import C1, C2, P1, PERSON, House, a_person

NEW = UUID(int=0xABC)


def sealed_so_far(house: House, owner: UUID) -> int:
    with house.keyring.reader.connect() as connection:
        query = sa.select(WRAPPED_KEY.c.seal_count).where(WRAPPED_KEY.c.owner == owner.bytes)
        return int(connection.scalar(query.where(WRAPPED_KEY.c.state == "seals")) or 0)


def seal(house: House, keyring: Keyring | None = None) -> int:
    """A new person in C1; how many values were sealed."""
    with vault.unit(keyring or house.keyring) as unit, house.sessions.writer.begin() as session:
        unit.grant_many("case", P1, [C1], PERSON, seal=True)
        a_person(session, full_name="Ann")
        return sum(sealed for _, sealed in unit.counts().values())


def test_seals_are_added_up_in_the_key_row_when_there_are_many_and_at_the_end(
    locked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = seal(locked)
    assert (each, sealed_so_far(locked, C1)) == (3, 0)
    monkeypatch.setattr(sealing_counts, "AT_ONCE", 6)
    seal(locked)
    assert sealed_so_far(locked, C1) == 6
    seal(locked)
    other = Keyring.open(locked.keystore_url, locked.keyring.root)
    seal(locked, other)
    other.close()
    locked.keyring.seals.write(locked.keyring.writer)
    assert sealed_so_far(locked, C1) == 12
    assert sealed_so_far(locked, C2) == 0


def test_a_rolled_back_seal_counts_and_a_busy_key_store_is_asked_again(locked: House) -> None:
    def broken_off() -> None:
        with vault.unit(locked.keyring) as unit, locked.sessions.writer() as session:
            unit.grant_many("case", P1, [C1], PERSON, seal=True)
            a_person(session, full_name="Ann")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    nowhere = make_engine(f"sqlite:///{locked.folder}/empty.db")
    locked.keyring.seals.write(nowhere)
    nowhere.dispose()
    locked.keyring.seals.write(locked.keyring.writer)
    assert sealed_so_far(locked, C1) == 3


def test_a_key_warns_at_a_million_seals_and_refuses_at_sixteen(locked: House) -> None:
    assert (WARN_SEALS, MOST_SEALS) == (2**20, 2**24)
    assert locked.keyring.add_seals("case", {C1: WARN_SEALS - 1}) == ()
    assert locked.keyring.worn() == []
    assert locked.keyring.add_seals("case", {C1: 1}) == (C1,)
    assert locked.keyring.worn() == [("case", C1.bytes)]
    locked.keyring.add_seals("case", {C1: MOST_SEALS - WARN_SEALS - 3})
    assert seal(locked) == 3
    locked.keyring.seals.write(locked.keyring.writer)
    with pytest.raises(IntegrityFailure, match="rotate"):
        seal(locked)
    rotation.add_generation(locked.keyring, "case", P1, C1)
    assert seal(locked) == 3
    assert locked.keyring.worn() == []


def test_every_process_meets_a_new_key_within_the_hold_and_not_by_asking_each_time(
    locked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(keyrings, "monotonic", lambda: now[0])
    other = Keyring.open(locked.keystore_url, locked.keyring.root)
    before = other.deployment_secrets("flask")
    generations = lambda: other.index_keys(P1).generations  # noqa: E731
    assert (len(before), len(generations()), other.newest_generation(P1.bytes)) == (1, 1, 1)
    rotation.add_generation(locked.keyring, "index", P1, P1)
    rotation.add_partnership_generation(locked.keyring, P1)
    turnover.add_deployment_key(locked.keyring, turnover.now())
    assert (len(generations()), other.newest_generation(P1.bytes)) == (1, 1)
    assert other.deployment_secrets("flask") == before
    now[0] += keyrings.HOLD + 1
    assert (len(generations()), other.newest_generation(P1.bytes)) == (2, 2)
    known = other.deployment_secrets("flask")
    assert known[0] == before[0] == other.oldest_secret("flask")
    turnover.promote_deployment_key(locked.keyring)
    now[0] += keyrings.HOLD + 1
    assert other.deployment_secrets("flask") == (known[1], known[0])
    assert other.oldest_secret("flask") == before[0]
    other.close()


def test_threads_share_a_keyring_while_it_looks_again(locked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyrings, "HOLD", 0.0)
    wrong: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(60):
                assert locked.keyring.index_keys(P1).primary == 1
                assert locked.keyring.newest_generation(P1.bytes) == 1
                assert len(locked.keyring.deployment_secret("x")) == 32
        except BaseException as problem:  # noqa: BLE001 - told to the test
            wrong.append(problem)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_with_the_root_over_each_case_the_partnership_key_opens_none(locked: House) -> None:
    per_case = Keyring.open(locked.keystore_url, locked.keyring.root, per_case_root=True)
    per_case.create_case_key(P1, NEW)
    begun = turnover.begin(per_case, "case", P1.bytes)
    rotation.add_generation(per_case, "case", P1, C1)
    row = per_case.rows(WRAPPED_KEY.c.owner == NEW.bytes)[0]
    assert (row.root_id, row.root_version) == ("file", 1)
    for keyring in (per_case, locked.keyring):  # who reads needs no such setting
        found = keyring.owner_keys("case", P1.bytes, [C1.bytes, C2.bytes, NEW.bytes])
        assert {UUID(bytes=owner): len(keys.generations) for owner, keys in found.items()} == {C1: 2, C2: 1, NEW: 1}
    assert rotation.rewrap_partnership(per_case, P1, dry_run=True).total() == 0
    rotation.add_partnership_generation(per_case, P1)
    assert rotation.rewrap_partnership(per_case, P1)["case"] == 2
    assert rotation.rewrap_root(per_case, per_case.root, dry_run=True) == 0
    assert turnover.under_root(per_case) == 6
    assert seal(locked, per_case) == 3
    assert begun.resumed is False
    per_case.close()


def test_two_roots_stand_together_while_one_follows_the_other(locked: House) -> None:
    create_root_file(locked.folder / "second.key")
    create_salt_file(locked.folder / "root.salt", cost=16)
    first, second = FileRoot(locked.root_file), FileRoot(locked.folder / "second.key")
    third = PassphraseRoot(locked.folder / "root.salt", lambda: "one two three four five six")
    for fresh in (second, third):
        both = Keyring.open(locked.keystore_url, SeveralRoots([fresh, first, second]))
        keys = both.owner_keys("case", P1.bytes, [C1.bytes])
        assert rotation.rewrap_root(both, fresh) == 3
        assert rotation.rewrap_root(both, fresh) == 0
        alone = Keyring.open(locked.keystore_url, fresh)
        assert alone.owner_keys("case", P1.bytes, [C1.bytes]).keys() == keys.keys()
        assert both.root.newest() == fresh.newest()
        alone.close()
        both.close()


def test_a_rotation_that_was_broken_off_is_taken_up_and_an_ended_one_is_not(locked: House) -> None:
    first = turnover.begin(locked.keyring, "case", P1.bytes)
    assert turnover.begin(locked.keyring, "case", P1.bytes) == (first.at, True)
    assert turnover.waiting(locked.keyring, "case", P1.bytes, first.at) == [C1, C2]
    where = (locked.engine, locked.keyring, "case", P1)
    seal(locked)
    assert turnover.turn_owner(*where, C1, begun_at=first.at) == (3, 0)
    assert turnover.turn_owner(*where, C1, begun_at=first.at) == (0, 0)
    assert turnover.waiting(locked.keyring, "case", P1.bytes, first.at) == [C2]
    assert {row.generation for row in locked.keyring.rows(WRAPPED_KEY.c.owner == C1.bytes)} == {1, 2}
    turnover.end(locked.keyring, "case", P1.bytes)
    again = turnover.begin(locked.keyring, "case", P1.bytes)
    assert again.at > first.at
    assert not again.resumed
    assert len(turnover.waiting(locked.keyring, "case", P1.bytes, again.at)) == 2


def test_a_key_store_of_an_earlier_release_is_extended_and_keeps_its_keys(locked: House) -> None:
    locked.keyring.close()
    engine = make_engine(locked.keystore_url)
    with engine.begin() as connection:
        for name in ("made_at", "retired_at"):
            connection.exec_driver_sql(f"ALTER TABLE wrapped_key DROP COLUMN {name}")
        connection.exec_driver_sql("DROP TABLE key_rotation")
    engine.dispose()
    for _ in range(2):
        found = open_key_store(locked.keystore_url, create=False)
        names = {column["name"] for column in sa.inspect(found).get_columns("wrapped_key")}
        assert {"made_at", "retired_at"} <= names
        assert set(sa.inspect(found).get_table_names()) == set(METADATA.tables)
        found.dispose()
    old = Keyring.open(locked.keystore_url, FileRoot(locked.root_file))
    assert turnover.waiting(old, "case", P1.bytes, turnover.now()) == [C1, C2]
    assert len(old.owner_keys("case", P1.bytes, [C1.bytes])) == 1
    old.close()
