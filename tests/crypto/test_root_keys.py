"""The conformance suite of root providers: every one must pass it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from marac.crypto.keyring import Keyring
from marac.crypto.root_keys import (
    FileRoot,
    PassphraseRoot,
    RootCorrupt,
    RootFailure,
    RootKey,
    RootRefused,
    RootUnavailable,
    root_from,
)
from marac.crypto.root_keys.file import add_root_version, create_root_file
from marac.crypto.root_keys.passphrase import create_salt_file

WORDS = "correct horse battery staple otter lamp"
CONTEXT = {"generation": "1", "kind": "partnership", "owner": "00" * 16}
Make = Callable[[Path], RootKey]


def file_root(folder: Path) -> RootKey:
    if not (folder / "root.key").exists():
        create_root_file(folder / "root.key")
    return root_from(f"file:{folder}/root.key")


def passphrase_root(folder: Path) -> RootKey:
    if not (folder / "root.salt").exists():
        create_salt_file(folder / "root.salt", cost=16)
    return root_from(f"passphrase:{folder}/root.salt", passphrase_reader=lambda: WORDS)


@pytest.fixture(params=[file_root, passphrase_root], ids=["file", "passphrase"])
def make(request: pytest.FixtureRequest) -> Make:
    return request.param


@pytest.fixture
def root(make: Make, tmp_path: Path) -> RootKey:
    return make(tmp_path)


def test_what_a_root_wraps_it_unwraps_and_so_does_the_next_process(make: Make, tmp_path: Path) -> None:
    key = os.urandom(32)
    wrapped = make(tmp_path).wrap(key, CONTEXT)
    assert len(wrapped.blob) == 66
    assert make(tmp_path).unwrap(wrapped, CONTEXT) == key


@pytest.mark.parametrize(
    "context",
    [
        {},
        CONTEXT | {"owner": "11" * 16},
        CONTEXT | {"more": "1"},
        {k: v for k, v in CONTEXT.items() if k != "kind"},
        {"generation": "1", "kind": "partnershipowner", "": "00" * 16},
    ],
)
def test_a_wrong_missing_or_extra_context_is_refused(root: RootKey, context: dict[str, str]) -> None:
    with pytest.raises(RootRefused):
        root.unwrap(root.wrap(bytes(32), CONTEXT), context)


def test_every_flipped_bit_and_every_truncation_is_refused(root: RootKey) -> None:
    wrapped = root.wrap(bytes(32), CONTEXT)
    broken = [wrapped.blob[:end] for end in range(66)]
    for place in range(66 * 8):
        flipped = bytearray(wrapped.blob)
        flipped[place // 8] ^= 1 << place % 8
        broken.append(bytes(flipped))
    for blob in broken:
        with pytest.raises((RootRefused, RootCorrupt)):
            root.unwrap(wrapped._replace(blob=blob), CONTEXT)


def test_a_wrong_or_unknown_version_or_provider_is_refused(root: RootKey) -> None:
    wrapped = root.wrap(bytes(32), CONTEXT)
    for other in (wrapped._replace(root_version=2), wrapped._replace(root_id="kms:alias/other")):
        with pytest.raises(RootRefused):
            root.unwrap(other, CONTEXT)


def test_several_keys_come_back_in_order_and_one_bad_one_fails_all(root: RootKey) -> None:
    keys = [os.urandom(32) for _ in range(5)]
    several = [(root.wrap(key, CONTEXT), CONTEXT) for key in keys]
    assert root.unwrap_many(several) == keys
    several[3] = (several[3][0]._replace(blob=b"\xc6" + bytes(65)), CONTEXT)
    with pytest.raises(RootFailure):
        root.unwrap_many(several)


def test_a_root_shows_no_key_in_repr_pickle_or_errors(root: RootKey) -> None:
    key = os.urandom(32)
    wrapped = root.wrap(key, CONTEXT)
    with pytest.raises(TypeError):
        root.__reduce__()
    with pytest.raises(RootRefused) as refusal:
        root.unwrap(wrapped, {})
    for shown in (repr(root), str(refusal.value), repr(refusal.value)):
        assert key.hex() not in shown
        assert WORDS.split(maxsplit=1)[0] not in shown
    assert root.selftest() is None


def test_only_32_byte_keys_are_wrapped(root: RootKey) -> None:
    with pytest.raises(ValueError):
        root.wrap(bytes(16), CONTEXT)


def test_another_root_does_not_open_the_key_store(make: Make, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    keyring = Keyring.open(f"sqlite:///{tmp_path}/keys.db", make(tmp_path / "a"))
    keyring.create_deployment()
    with pytest.raises(RootRefused):
        Keyring.open(f"sqlite:///{tmp_path}/keys.db", make(tmp_path / "b"))
    Keyring.open(f"sqlite:///{tmp_path}/keys.db", make(tmp_path / "a")).close()


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o644, 0o420])
def test_a_root_file_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    create_root_file(tmp_path / "root.key")
    assert (tmp_path / "root.key").stat().st_mode & 0o777 == 0o400
    (tmp_path / "root.key").chmod(mode)
    with pytest.raises(RootUnavailable, match="0400"):
        FileRoot(tmp_path / "root.key")


def test_a_root_file_beside_the_database_is_refused(tmp_path: Path) -> None:
    create_root_file(tmp_path / "root.key")
    with pytest.raises(RootUnavailable, match="beside"):
        root_from(f"file:{tmp_path}/root.key", databases=[tmp_path / "data.db"])


def test_a_root_file_is_never_overwritten(tmp_path: Path) -> None:
    create_root_file(tmp_path / "root.key")
    with pytest.raises(FileExistsError):
        create_root_file(tmp_path / "root.key")


def damaged_root_files(folder: Path) -> list[str]:
    create_root_file(folder / "good.key")
    good = (folder / "good.key").read_text()
    swapped = good[:8] + ("0" if good[8] != "0" else "1") + good[9:]
    return [
        "",
        "MARAC1\n",
        good[:-3],
        swapped,
        good.replace("MARAC1", "MARAC2"),
        "MARAC1 zz\n",
        "MARAC1 retired\n",
        "é",
    ]


def test_a_mistyped_or_cut_root_file_is_refused_and_not_shown(tmp_path: Path) -> None:
    for number, text in enumerate(damaged_root_files(tmp_path)):
        path = tmp_path / f"{number}.key"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o400)
        with pytest.raises(RootCorrupt) as refusal:
            FileRoot(path)
        assert text.strip() == "" or text.strip()[7:] not in str(refusal.value) or not text.strip()[7:]


@pytest.mark.parametrize("setting", ["", "file:", "file:/nowhere/root.key", "passphrase:/nowhere/salt", "kms:x", "x"])
def test_a_root_that_is_not_there_is_refused(setting: str) -> None:
    with pytest.raises(RootFailure):
        root_from(setting, passphrase_reader=lambda: WORDS)


def test_an_added_version_wraps_and_the_older_one_opens_until_it_is_retired(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    create_root_file(path)
    old = FileRoot(path).wrap(bytes(32), CONTEXT)
    add_root_version(path)
    both = FileRoot(path)
    assert both.unwrap(old, CONTEXT) == bytes(32)
    assert both.wrap(bytes(32), CONTEXT).root_version == 2
    lines = path.read_text().splitlines()
    path.unlink()
    path.write_text(f"MARAC1 retired\n{lines[1]}\n")
    path.chmod(0o400)
    with pytest.raises(RootRefused):
        FileRoot(path).unwrap(old, CONTEXT)


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    create_salt_file(tmp_path / "root.salt", cost=16)
    with pytest.raises(RootRefused, match="6 words"):
        PassphraseRoot(tmp_path / "root.salt", lambda: "correct horse battery")


@pytest.mark.parametrize("text", ["", "MARAC1-SCRYPT 15 " + "00" * 16, "MARAC1-SCRYPT 16 00", "OTHER 16 " + "00" * 16])
def test_a_damaged_salt_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "root.salt").write_text(text)
    with pytest.raises(RootCorrupt):
        PassphraseRoot(tmp_path / "root.salt", lambda: WORDS)


def test_a_passphrase_root_needs_somebody_to_ask(tmp_path: Path) -> None:
    create_salt_file(tmp_path / "root.salt", cost=16)
    with pytest.raises(RootUnavailable):
        root_from(f"passphrase:{tmp_path}/root.salt")
