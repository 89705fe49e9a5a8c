"""The conformance suite of root providers: every one must pass it."""

import logging
import os
import sys
from base64 import b64encode
from collections.abc import Iterator
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
from marac.crypto.root_keys.file import add_root_version, create_root_file, write_root_text
from marac.crypto.root_keys.passphrase import create_salt_file
from tests.crypto.providers import REMOTE, WORDS, Providers, running, secret

CONTEXT = {"generation": "1", "kind": "partnership", "owner": "00" * 16}
KINDS = ("file", "passphrase", "vault-transit", "aws-kms", "pkcs11")


@pytest.fixture(scope="module", params=KINDS)
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Providers]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "of-the-host")
    yield from running(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture
def make(provider: Providers) -> Iterator[Providers]:
    yield provider
    if provider.service:
        provider.service.well()


@pytest.fixture
def root(make: Providers, tmp_path: Path) -> RootKey:
    return make(tmp_path)


def test_what_a_root_wraps_it_unwraps_and_so_does_the_next_process(make: Providers, tmp_path: Path) -> None:
    key = os.urandom(32)
    wrapped = make(tmp_path).wrap(key, CONTEXT)
    assert key not in wrapped.blob
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
    long = len(wrapped.blob)
    broken = [wrapped.blob[:end] for end in range(long)]
    for place in range(long * 8):
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


def test_a_root_shows_no_key_in_repr_pickle_errors_or_log(
    make: Providers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    root, key = make(tmp_path), os.urandom(32)
    wrapped = root.wrap(key, CONTEXT)
    with pytest.raises(TypeError):
        root.__reduce__()
    refusals = []
    with pytest.raises(RootRefused) as refusal:
        root.unwrap(wrapped, {})
    refusals.append(refusal.value)
    root.unwrap_many([(wrapped, CONTEXT)])
    assert root.rewrap(wrapped, CONTEXT).root_id == root.id
    assert root.selftest() is None
    make.lose(tmp_path)
    try:
        root.unwrap(wrapped, CONTEXT)
    except RootFailure as failure:
        refusals.append(failure)
    shown = [repr(root), caplog.text, *map(repr, refusals), *(repr(one.__context__) for one in refusals)]
    for text in shown:
        for form in (key.hex(), b64encode(key).decode(), repr(key)[2:-1], WORDS.split(maxsplit=1)[0]):
            assert form not in text


def test_a_root_that_is_gone_stops_the_start_and_says_so(make: Providers, tmp_path: Path) -> None:
    setting = make.setting(tmp_path)
    make.lose(tmp_path)
    with pytest.raises(RootUnavailable, match=r"\.$"):
        root_from(setting, passphrase_reader=lambda: WORDS).selftest()


def test_a_root_that_goes_while_we_run_fails_closed_and_comes_back(make: Providers, tmp_path: Path) -> None:
    root, key = make(tmp_path), os.urandom(32)
    wrapped = root.wrap(key, CONTEXT)
    kept = {path: path.read_bytes() for path in tmp_path.iterdir()}
    make.lose(tmp_path)
    if make.name in (*REMOTE, "pkcs11"):  # the others hold their key since the start
        for ask in (lambda: root.unwrap(wrapped, CONTEXT), lambda: root.wrap(key, CONTEXT), root.selftest):
            with pytest.raises(RootUnavailable):
                ask()
    if make.service:
        make.service.well()
    for path, content in kept.items():
        path.write_bytes(content)
        path.chmod(0o400)
    assert root.unwrap(wrapped, CONTEXT) == key


def test_a_root_that_takes_five_seconds_does_not_start(
    make: Providers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if make.service:
        monkeypatch.setattr(sys.modules[type(make(tmp_path)).__module__], "SLOWEST", 0.1)
        make.service.mode = "slow"
        root = make(tmp_path)
    else:
        root, ticks = make(tmp_path), iter(range(0, 1000, 5))
        monkeypatch.setattr("marac.crypto.root_keys.wrapping.monotonic", lambda: float(next(ticks)))
    with pytest.raises(RootUnavailable, match=r"slow|seconds"):
        root.selftest()


@pytest.mark.parametrize("mode", ["sealed", "gone"])
def test_a_key_service_that_refuses_us_is_unavailable_and_its_words_are_not_repeated(
    make: Providers, tmp_path: Path, mode: str
) -> None:
    if make.service is None:
        return
    root = make(tmp_path)
    make.service.mode = mode
    with pytest.raises(RootUnavailable) as refusal:
        root.selftest()
    assert refusal.value.__cause__ is None
    assert "not yours" not in str(refusal.value)


def test_a_vault_that_forgot_us_is_asked_again_and_many_keys_are_one_call(make: Providers, tmp_path: Path) -> None:
    if make.name != "vault-transit" or make.service is None:
        return
    root = make(tmp_path)
    several = [(root.wrap(os.urandom(32), CONTEXT), CONTEXT) for _ in range(5)]
    make.service.calls = 0
    assert len(root.unwrap_many(several)) == 5
    assert make.service.calls == 1
    make.service.mode = "signed out"
    assert len(root.unwrap_many(several)) == 5
    make.service.derived = False
    with pytest.raises(RootRefused, match="derived"):
        root.selftest()
    (tmp_path / "other").mkdir()
    secret(tmp_path / "other" / "approle", "somebody else")
    with pytest.raises(RootFailure):
        root_from(make.setting(tmp_path / "other")).selftest()


def test_a_new_version_wraps_what_is_re_wrapped_and_the_older_one_opens(make: Providers, tmp_path: Path) -> None:
    if make.name not in ("vault-transit", "pkcs11"):
        return
    root, key = make(tmp_path), os.urandom(32)
    old = root.wrap(key, CONTEXT)
    make.turn(tmp_path)
    fresh = make(tmp_path)
    new = fresh.rewrap(old, CONTEXT)
    assert (old.root_version, new.root_version, fresh.newest()) == (1, 2, (fresh.id, 2))
    assert root.unwrap(new, CONTEXT) == fresh.unwrap(old, CONTEXT) == key


def test_only_32_byte_keys_are_wrapped(root: RootKey) -> None:
    with pytest.raises(ValueError):
        root.wrap(bytes(16), CONTEXT)


def test_another_root_does_not_open_the_key_store(make: Providers, tmp_path: Path) -> None:
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


def test_a_root_file_is_brought_back_whole_or_not_at_all(tmp_path: Path) -> None:
    create_root_file(tmp_path / "root.key")
    text = (tmp_path / "root.key").read_bytes()
    write_root_text(tmp_path / "back.key", text)
    assert (tmp_path / "back.key").read_bytes() == text
    with pytest.raises(RootCorrupt):
        write_root_text(tmp_path / "other.key", text[:-9] + b"\n")
    assert not (tmp_path / "other.key").exists()


def test_a_version_is_added_though_an_earlier_run_was_killed_half_way(tmp_path: Path) -> None:
    create_root_file(tmp_path / "root.key")
    (tmp_path / "root.key.new").write_text("MARAC1 half")
    add_root_version(tmp_path / "root.key")
    assert FileRoot(tmp_path / "root.key").newest()[1] == 2
    assert not (tmp_path / "root.key.new").exists()


@pytest.mark.parametrize(
    "setting",
    [
        "vault-transit:http://vault.example/transit/marac?token=/x", "vault-transit:https://vault.example/marac",
        "vault-transit:https://vault.example/transit/marac", "aws-kms:alias/marac", "pkcs11:token=marac",
        "aws-kms:alias/marac?region=eu-west-2&endpoint=http://kms.example", "file:/nowhere | file:/nowhere",
        "pkcs11:token=marac;object=root?module-path=/x", "pkcs11:object=root?module-path=/x&pin-source=/y",
    ],
)  # fmt: skip
def test_a_setting_of_a_key_service_that_is_not_complete_or_not_safe_is_refused(setting: str) -> None:
    with pytest.raises(RootUnavailable):
        root_from(setting)


@pytest.mark.parametrize(("setting", "package", "extra"), [
    ("vault-transit:https://v/transit/m?token=/t", "hvac", "vault"), ("aws-kms:m?region=r", "boto3", "aws"),
    ("pkcs11:token=m;object=r?module-path=/m&pin-source=/p", "pkcs11", "pkcs11"),
])  # fmt: skip
def test_a_provider_whose_package_is_not_installed_says_which_to_install(
    monkeypatch: pytest.MonkeyPatch, setting: str, package: str, extra: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("marac.crypto.root_keys.")]:
        if name.rpartition(".")[2] in ("vault_transit", "aws_kms", "pkcs11"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RootUnavailable, match=rf"install marac\[{extra}\]"):
        root_from(setting)


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
