"""The root key in other hands: any 3 of 5 shares, or one of two people, bring it back, and a drill shows it (2.12)."""

import itertools
import json
import logging
import shutil

import pyrage
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from marac.cli import cli
from marac.crypto.root_keys import RootFailure
from marac.errors import ConfigurationError
from marac.models import AuditEntry
from marac.services.keeping import escrow, health, rotating
from marac.services.keeping.deployment import open_deployment
from tests.conftest import settings_in


def root_of(house):
    return house.keyring.root.path.read_text("ascii")


def trail(house):
    with house.reader() as session:
        return [tag for tag in session.scalars(select(AuditEntry.tag).order_by(AuditEntry.seq)) if "escrow" in tag]


def doctor(house):
    with house.reader() as session:
        return health._escrow(house, session)


def words_in(folder):
    return [path.read_text("utf-8").split("\n\n")[1].strip() for path in sorted(folder.glob("share-*.txt"))]


def test_any_three_of_five_shares_make_the_root_key_again_and_two_do_not(house, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    assert "all is lost" in doctor(house)["note"]
    told = escrow.create(house, tmp_path / "shares", ())
    assert told == {"form": "shares", "files": [f"share-{n}.txt" for n in range(1, 6)], "needed": 3, "version": 1}
    assert "no drill yet" in doctor(house)["note"]
    files = sorted((tmp_path / "shares").iterdir())
    words = words_in(tmp_path / "shares")
    assert [len(line.split()) for line in words] == [33] * 5
    assert {path.stat().st_mode & 0o777 for path in files} == {0o400}
    settings = house.settings
    for number, three in enumerate(itertools.combinations(files, 3)):
        path = tmp_path / f"new-{number}" / "root.key"
        path.parent.mkdir()
        found, again = escrow.recover(settings, path, three, None)
        assert found == {"form": "shares", "keys_opened": 2, "works": True}
        assert path.read_text("ascii") == root_of(house)
        assert path.stat().st_mode & 0o777 == 0o400
        again.close()
    nowhere = tmp_path / "two.key"
    for few in (files[:2], files[:1], [files[0]] * 3):
        with pytest.raises(RootFailure):
            escrow.recover(settings, nowhere, few, None)
        assert not nowhere.exists()
    assert trail(house)[:2] == ["escrow:created", "escrow:recovered"]
    assert "last drill" in doctor(house)["note"]
    key = bytes.fromhex(root_of(house).split()[1])[:32].hex()
    assert not [line for line in (*words, key) if line in caplog.text]


def test_a_drill_by_digest_tells_a_whole_share_from_a_wrong_one_and_recovers_nothing(house, tmp_path):
    with pytest.raises(ConfigurationError, match="escrow create"):
        escrow.verify(house, (), ("0" * 16,))
    escrow.create(house, tmp_path / "shares", ())
    files = sorted((tmp_path / "shares").iterdir())
    read_out = files[4].read_text("utf-8").partition("Digest: ")[2].split()[0]
    spoken = " ".join(read_out[start : start + 4] for start in range(0, 16, 4)).upper()
    assert escrow.verify(house, files[:3], (spoken,)) == {"whole": 4, "wrong": 0, "made": 5}
    assert trail(house) == ["escrow:created", "escrow:verified"]
    typed = tmp_path / "typed.txt"
    typed.write_text(words_in(tmp_path / "shares")[0].upper().replace(" ", "  "), "utf-8")
    assert escrow.verify(house, [typed], ()) == {"whole": 1, "wrong": 0, "made": 5}
    right, _, last = words_in(tmp_path / "shares")[0].rpartition(" ")
    typed.write_text(f"{right} {'acid' if last == 'academic' else 'academic'}", "utf-8")
    for given in (([typed], ()), ((), ("0" * 16,)), ((), (read_out[:15],))):
        assert escrow.verify(house, *given) == {"whole": 0, "wrong": 1, "made": 5}
    assert len(trail(house)) == 3


def test_a_file_sealed_to_two_people_is_opened_by_either_and_nobody_else(house, tmp_path):
    people = [pyrage.x25519.Identity.generate() for _ in range(3)]
    for few in ((str(people[0].to_public()),), (str(people[0].to_public()),) * 2, ("age1nobody", "age1else")):
        with pytest.raises(RootFailure):
            escrow.create(house, tmp_path / f"refused-{len(few)}{few[0][-3:]}", few)
        assert not list(tmp_path.glob("refused-*/*"))
    escrow.create(house, tmp_path / "sealed", [str(one.to_public()) for one in people[:2]])
    file = tmp_path / "sealed" / "root-key.age"
    assert root_of(house).split()[1].encode() not in file.read_bytes()
    assert escrow.verify(house, [file], ()) == {"whole": 1, "wrong": 0, "made": 1}
    for number, one in enumerate(people):
        identity = tmp_path / f"identity-{number}"
        identity.write_text(f"# mine\n{one}\n")
        identity.chmod(0o400)
        path = tmp_path / f"back-{number}.key"
        if number == 2:
            with pytest.raises(RootFailure):
                escrow.recover(house.settings, path, [file], identity)
            assert not path.exists()
        else:
            escrow.recover(house.settings, path, [file], identity)[1].close()
            assert path.read_text("ascii") == root_of(house)


def test_recovery_overwrites_nothing_and_refuses_a_key_that_does_not_open_this_store(house, founded, tmp_path):
    escrow.create(house, tmp_path / "shares", ())
    files = sorted((tmp_path / "shares").iterdir())[:3]
    there = tmp_path / "there.key"
    there.write_text("something else")
    with pytest.raises(ConfigurationError, match="there already"):
        escrow.recover(house.settings, there, files, None)
    assert there.read_text() == "something else"
    with pytest.raises(ConfigurationError, match="folder"):
        escrow.create(house, tmp_path / "shares", ())
    shutil.copytree(founded, tmp_path / "another")
    other = open_deployment(settings_in(tmp_path / "another"))
    rotating.rotate(other, "root", None)
    with pytest.raises(RootFailure):
        escrow.recover(other.settings, tmp_path / "wrong.key", files, None)
    assert not (tmp_path / "wrong.key").exists()
    escrow.create(other, tmp_path / "later", ())
    later = sorted((tmp_path / "later").iterdir())
    escrow.recover(other.settings, tmp_path / "second.key", later[:3], None)[1].close()
    assert (tmp_path / "second.key").read_text().splitlines() == ["MARAC1 retired", root_of(other).splitlines()[1]]
    other.close()


def test_the_commands_say_how_many_and_no_word_of_a_share(house, tmp_path, monkeypatch):
    monkeypatch.setenv("MARAC_DATA", str(house.settings.data))

    def said(*words, code=0):
        result = CliRunner().invoke(cli, ["keys", *words, "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    told = said("escrow", "create", "--to", str(tmp_path / "shares"))
    files = [str(path) for path in sorted((tmp_path / "shares").iterdir())]
    assert said("escrow", "verify", *files)["whole"] == 5
    assert said("escrow", "verify", "--digest", "0" * 16, code=1)["wrong"] == 1
    assert said("escrow", "recover", "--to", str(tmp_path / "back.key"), *files[2:])["works"]
    assert words_in(tmp_path / "shares")[0].split()[7] not in json.dumps(told)
    standing = said("status")
    assert standing[0] == {"kind": "root", "generation": 1, "state": "works", "keys": 2, "provider": "file"}
    assert said("rotate", "--level", "root", "--dry-run") == {"rewrapped": 0}
    assert said("destroy") == {}
