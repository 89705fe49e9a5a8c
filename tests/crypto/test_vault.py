"""The vault opens and seals nothing without a grant, and counts what it did (architecture 5, security 2.5)."""

import pickle
import threading
from uuid import UUID, uuid4

import pytest

from marac.crypto import vault
from marac.crypto.envelope import Place
from marac.crypto.keyring import KeyMissing
from marac.crypto.vault import SealedShut
from marac.errors import IntegrityFailure
from tests.crypto.rows import AGENCY, C1, C2, C3, P1, P2, House

SPOT = Place(P1, "note", "risk_sealed", UUID(int=40), C1, "risk")
SHARED = Place(P1, "research", "research_sealed", UUID(int=41), C1, f"research:{AGENCY.hex}")


def test_nothing_opens_or_seals_without_a_grant(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk", seal=True)
        blob = unit.seal(SPOT, {"notes": "Ann"})
    with vault.unit(locked.keyring) as unit:
        with pytest.raises(SealedShut):
            unit.open(SPOT, blob)
        with pytest.raises(SealedShut):
            unit.seal(SPOT, {})
        unit.grant("case", P1, C1, "risk")
        assert unit.open(SPOT, blob) == {"notes": "Ann"}
        with pytest.raises(SealedShut):
            unit.seal(SPOT, {})


@pytest.mark.parametrize(
    "grant",
    [("case", P1, C2, "risk"), ("case", P2, C1, "risk"), ("works", P1, C1, "risk"), ("case", P1, C1, "identity")],
)
def test_a_grant_for_something_else_opens_nothing(locked: House, grant: tuple[str, UUID, UUID, str]) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant(*grant, seal=True)
        with pytest.raises(SealedShut) as shut:
            unit.seal(SPOT, {"notes": "SECRET"})
        assert "SECRET" not in str(shut.value)


def test_sealing_alone_does_not_open(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk", open=False, seal=True)
        blob = unit.seal(SPOT, {"notes": "Ann"})
        with pytest.raises(SealedShut):
            unit.open(SPOT, blob)
        changed = unit.amend(SPOT, blob, {"more": "x"})
        assert unit.counts() == {(C1, "risk", "view"): (0, 2)}
        unit.grant("case", P1, C1, "risk")
        assert unit.open(SPOT, changed) == {"notes": "Ann", "more": "x"}


def test_a_family_is_granted_as_a_whole_and_only_within_itself(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "research:*", seal=True)
        assert unit.open(SHARED, unit.seal(SHARED, {"shared": "x"})) == {"shared": "x"}
        assert unit.may("case", P1, C1, f"research:{AGENCY.hex}")
        for compartment in (f"private:{AGENCY.hex}", "research", "risk", "*"):
            assert not unit.may("case", P1, C1, compartment)


def test_a_grant_can_be_taken_back(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant_many("case", P1, [C1], ["risk", "identity"], seal=True)
        blob = unit.seal(SPOT, {})
        unit.revoke("case", P1, C1, "risk")
        assert unit.may("case", P1, C1, "identity")
        with pytest.raises(SealedShut):
            unit.open(SPOT, blob)
        unit.revoke("case", P1, C1)
        assert not unit.may("case", P1, C1, "identity", seal=True)


def test_grants_and_keys_end_with_the_unit_of_work(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk")
    with pytest.raises(SealedShut):
        vault.current()
    with vault.unit(locked.keyring) as fresh:
        assert not fresh.may("case", P1, C1, "risk")
        assert vault.current() is fresh


def test_a_unit_inside_another_is_refused(locked: House) -> None:
    with vault.unit(locked.keyring) as outer:
        with pytest.raises(SealedShut), vault.unit(locked.keyring):
            pass
        assert vault.current() is outer


def test_another_thread_has_no_grants(locked: House) -> None:
    met: list[type[BaseException]] = []

    def elsewhere() -> None:
        try:
            vault.current()
        except SealedShut as shut:
            met.append(type(shut))

    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk")
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert met == [SealedShut]


def test_what_was_opened_and_sealed_is_counted_by_purpose(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk", open=False, seal=True, purpose="refer")
        unit.grant("case", P1, C1, "risk", purpose="reveal")
        blob = unit.seal(SPOT, {"notes": "Ann"})
        unit.open(SPOT, blob)
        unit.open(SPOT, blob)
        assert unit.counts() == {(C1, "risk", "refer"): (0, 1), (C1, "risk", "reveal"): (2, 0)}


def test_an_owner_without_a_key_is_refused(locked: House) -> None:
    nobody = uuid4()
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, nobody, "risk", seal=True)
        with pytest.raises(KeyMissing):
            unit.seal(SPOT._replace(owner=nobody), {})


def test_an_erased_case_is_unreadable_from_the_next_unit_of_work(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk", seal=True)
        blob = unit.seal(SPOT, {"notes": "Ann"})
        locked.keyring.erase_case(P1, C1)
        assert unit.open(SPOT, blob) == {"notes": "Ann"}
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk")
        with pytest.raises(KeyMissing):
            unit.open(SPOT, blob)


@pytest.mark.parametrize(
    "elsewhere",
    [
        SPOT._replace(row=UUID(int=99)),
        SPOT._replace(table="other"),
        SPOT._replace(column="identity_sealed"),
        SPOT._replace(owner=C2),
        SPOT._replace(owner=C3, partnership=P2),
        SPOT._replace(compartment="identity"),
        SPOT._replace(kind="staff", owner=P1),
    ],
)
def test_a_moved_value_raises_and_never_reads_as_empty(locked: House, elsewhere: Place) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk", seal=True)
        blob = unit.seal(SPOT, {"notes": "SECRET"})
        unit.grant(elsewhere.kind, elsewhere.partnership, elsewhere.owner, elsewhere.compartment)
        with pytest.raises(IntegrityFailure) as failure:
            unit.open(elsewhere, blob)
        assert "SECRET" not in str(failure.value)
        assert unit.counts() == {(C1, "risk", "view"): (0, 1)}


@pytest.mark.parametrize(
    "blob", [None, b"", b"\xc5", b"\xc5\x01\x00\x00\x00\x01", b"\xc5\x01\xff\xff\xff\xff" + bytes(92)]
)
def test_what_was_never_sealed_raises(locked: House, blob: bytes) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk")
        with pytest.raises(IntegrityFailure):
            unit.open(SPOT, blob)


def test_a_key_that_sealed_too_often_seals_no_more(locked: House) -> None:
    locked.keyring.add_seals("case", {C1: (1 << 24) - 1})
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk", seal=True)
        blob = unit.seal(SPOT, {})
        with pytest.raises(IntegrityFailure, match="rotate"):
            unit.seal(SPOT, {})
        assert unit.open(SPOT, blob) == {}


def test_prefetch_brings_many_keys_in_one_query(locked: House) -> None:
    cases = [uuid4() for _ in range(40)]
    locked.keyring.create_case_keys(P1, cases)
    with vault.unit(locked.keyring) as unit:
        unit.grant_many("case", P1, cases, ["risk"], seal=True)
        unit.prefetch(P1, cases)
        locked.keyring.close()
        for case in cases:
            spot = SPOT._replace(owner=case)
            assert unit.open(spot, unit.seal(spot, {"n": 1})) == {"n": 1}


def test_a_unit_and_its_doors_show_and_copy_no_key(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk", seal=True)
        unit.seal(SPOT, {})
        door = unit.door("case", P1, C1)
        key = locked.keyring.owner_keys("case", P1.bytes, [C1.bytes])[C1.bytes].generations[1]
        assert key.hex() not in repr(door) + str(door) + repr(unit)
        for secret in (unit, door):
            with pytest.raises(TypeError):
                pickle.dumps(secret)


def test_a_grant_given_apart_ends_with_its_block_and_leaves_earlier_ones_as_they_were(locked: House) -> None:
    with vault.unit(locked.keyring) as unit:
        unit.grant("case", P1, C1, "risk", seal=True)
        blob = unit.seal(SPOT, {"notes": "Ann"})
        with unit.apart():
            unit.grant("case", P1, C1, "risk", purpose="match")
            unit.grant("case", P1, C2, "risk", seal=True, purpose="match")
            assert unit.open(SPOT, blob) == {"notes": "Ann"}
            assert unit.may("case", P1, C2, "risk")
        assert unit.open(SPOT, blob) == {"notes": "Ann"}
        assert not unit.may("case", P1, C2, "risk")
        assert not unit.may("case", P1, C2, "risk", seal=True)
