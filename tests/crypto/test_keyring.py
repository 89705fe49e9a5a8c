"""The keyring: every level made once, found by id, counted, erased for good; a strange key store is refused."""

import pickle
import sqlite3
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from marac.crypto.keyring import KeyMissing, Keyring
from marac.crypto.keystore import KeyStoreRefused
from marac.crypto.root_keys import RootFailure, root_from
from marac.errors import IntegrityFailure
from tests.crypto.rows import C1, C2, C3, P1, P2, House


def again(house: House) -> Keyring:
    return Keyring.open(house.keystore_url, root_from(f"file:{house.root_file}"), create=False)


def keys_of(keyring: Keyring, kind: str, partnership: UUID, owner: UUID) -> dict[int, bytes]:
    found = keyring.owner_keys(kind, partnership.bytes, [owner.bytes])
    return dict(found[owner.bytes].generations) if found else {}


def test_the_next_process_finds_the_same_keys(locked: House) -> None:
    order = uuid4()
    locked.keyring.create_works_key(P1, order)
    other = again(locked)
    for kind, owner in (("case", C1), ("works", order), ("staff", P1), ("index", P1)):
        keys = keys_of(other, kind, P1, owner)
        assert keys == keys_of(locked.keyring, kind, P1, owner)
        assert len(keys[1]) == 32
    assert other.deployment_secret("flask") == locked.keyring.deployment_secret("flask")
    assert other.deployment_secret("flask") != other.deployment_secret("sign-in index")
    other.close()


def test_making_keys_twice_changes_nothing(locked: House) -> None:
    before = keys_of(locked.keyring, "case", P1, C1)
    locked.keyring.create_deployment()
    locked.keyring.create_partnership(P1)
    locked.keyring.create_case_keys(P1, [C1, C1, C2])
    locked.keyring.create_case_key(P1, C1)
    assert keys_of(locked.keyring, "case", P1, C1) == before
    counted = {(count.kind, count.keys) for count in locked.keyring.key_status()}
    assert counted == {
        ("deployment", 1),
        ("partnership", 2),
        ("case", 3),
        ("staff", 2),
        ("index", 2),
        ("checkpoint", 2),
    }


def test_one_case_key_is_made_as_many_are(locked: House) -> None:
    fresh = uuid4()
    locked.keyring.create_case_key(P1, fresh)
    assert list(keys_of(locked.keyring, "case", P1, fresh)) == [1]


def test_many_case_keys_are_made_and_found_together(locked: House) -> None:
    cases = [uuid4() for _ in range(1201)]
    locked.keyring.create_case_keys(P1, cases)
    found = locked.keyring.owner_keys("case", P1.bytes, [case.bytes for case in cases])
    assert len({keys.generations[1] for keys in found.values()}) == 1201


def test_a_case_key_is_not_found_under_another_partnership(locked: House) -> None:
    assert keys_of(locked.keyring, "case", P2, C1) == {}
    assert keys_of(locked.keyring, "case", P1, C3) == {}


def test_no_case_key_without_a_partnership(locked: House) -> None:
    with pytest.raises(KeyMissing):
        locked.keyring.create_case_key(uuid4(), uuid4())


def test_an_erased_case_has_no_key_in_any_process_and_never_gets_one_again(locked: House) -> None:
    other = again(locked)
    assert keys_of(other, "case", P1, C1)
    assert locked.keyring.erase_case(P1, C1) == 1
    assert locked.keyring.erase_case(P1, C1) == 0
    assert keys_of(other, "case", P1, C1) == {}
    assert locked.keyring.erased() == {("case", C1)}
    with pytest.raises(KeyMissing):
        other.create_case_key(P1, C1)
    other.close()


def test_an_erased_key_is_gone_from_the_files(locked: House) -> None:
    with sqlite3.connect(locked.folder / "keys.db") as connection:
        (wrapped,) = connection.execute("SELECT wrapped FROM wrapped_key WHERE owner = ?", (C1.bytes,)).fetchone()
    connection.close()
    locked.keyring.erase_case(P1, C1)
    for file in locked.folder.glob("keys.db*"):
        assert wrapped not in file.read_bytes()


def test_no_key_lies_bare_in_the_key_store(locked: House) -> None:
    bare = [keys_of(locked.keyring, "case", P1, C1)[1], keys_of(locked.keyring, "index", P1, P1)[1]]
    for file in locked.folder.glob("keys.db*"):
        content = file.read_bytes()
        assert not any(key in content for key in bare)


def test_keys_are_not_printed_or_pickled(locked: House) -> None:
    keys = locked.keyring.owner_keys("case", P1.bytes, [C1.bytes])[C1.bytes]
    assert repr(keys) == "<keys, generations [1]>"
    assert repr(locked.keyring) == "<keyring under file>"
    for secret in (keys, locked.keyring, locked.keyring.root):
        with pytest.raises(TypeError):
            pickle.dumps(secret)


@pytest.mark.parametrize(
    "change",
    [
        "wrapped = (SELECT wrapped FROM wrapped_key w WHERE w.owner = :other)",
        "kind = 'works'",
        "generation = 2",
        "wrapped = zeroblob(66)",
        "wrapped = substr(wrapped, 1, 65)",
    ],
)
def test_a_key_row_that_was_swapped_or_changed_is_refused(locked: House, change: str) -> None:
    connection = sqlite3.connect(locked.folder / "keys.db")
    connection.execute(f"UPDATE wrapped_key SET {change} WHERE owner = :case", {"case": C1.bytes, "other": C2.bytes})
    connection.commit()
    connection.close()
    kind = "works" if "works" in change else "case"
    with pytest.raises(IntegrityFailure) as refusal:
        locked.keyring.owner_keys(kind, P1.bytes, [C1.bytes])
    assert len(str(refusal.value)) < 120


def test_a_case_key_moved_to_another_partnership_does_not_open(locked: House) -> None:
    connection = sqlite3.connect(locked.folder / "keys.db")
    connection.execute("UPDATE wrapped_key SET partnership = ? WHERE owner = ?", (P2.bytes, C1.bytes))
    connection.commit()
    connection.close()
    with pytest.raises(IntegrityFailure):
        locked.keyring.owner_keys("case", P2.bytes, [C1.bytes])


def test_an_absent_key_store_is_refused_and_not_made(tmp_path: Path, locked: House) -> None:
    url = f"sqlite:///{tmp_path}/none.db"
    with pytest.raises(KeyStoreRefused, match="no key store"):
        Keyring.open(url, locked.keyring.root, create=False)
    empty = Keyring.open(url, locked.keyring.root)
    assert not empty.has_deployment()
    with pytest.raises(KeyStoreRefused):
        empty.deployment_secret("flask")
    empty.close()


def test_a_key_store_in_a_folder_that_is_not_there_is_refused(tmp_path: Path, locked: House) -> None:
    with pytest.raises(KeyStoreRefused):
        Keyring.open(f"sqlite:///{tmp_path}/nowhere/keys.db", locked.keyring.root)


def test_an_unknown_schema_is_refused(locked: House) -> None:
    connection = sqlite3.connect(locked.folder / "keys.db")
    connection.execute("UPDATE keystore_meta SET content = '99'")
    connection.commit()
    connection.close()
    with pytest.raises(KeyStoreRefused, match="schema 99"):
        again(locked)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path, locked: House) -> None:
    (tmp_path / "text.db").write_text("this is not a database" * 100)
    with pytest.raises(KeyStoreRefused):
        Keyring.open(f"sqlite:///{tmp_path}/text.db", locked.keyring.root)


def test_a_damaged_deployment_key_stops_the_start(locked: House) -> None:
    connection = sqlite3.connect(locked.folder / "keys.db")
    connection.execute("UPDATE wrapped_key SET wrapped = zeroblob(66) WHERE kind = 'deployment'")
    connection.commit()
    connection.close()
    with pytest.raises(RootFailure):
        again(locked)


def test_seals_are_added_up_and_a_worn_key_is_named(locked: House) -> None:
    assert locked.keyring.add_seals("case", {C1: 10, C2: 1 << 20}) == (C2,)
    assert locked.keyring.owner_keys("case", P1.bytes, [C1.bytes])[C1.bytes].seals == 10


def test_the_newest_audit_head_is_kept(locked: House) -> None:
    locked.keyring.keep_audit_head(P1, 7, b"a" * 32)
    locked.keyring.keep_audit_head(P1, 8, b"b" * 32)
    assert locked.keyring.audit_heads() == {P1: (8, b"b" * 32)}


def test_the_key_store_runs_with_full_sync_and_secure_deletion(locked: House) -> None:
    with locked.keyring.reader.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema", "busy_timeout")
        told = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in asked]
    assert told == ["wal", 2, 1, 1, 0, 5000]
