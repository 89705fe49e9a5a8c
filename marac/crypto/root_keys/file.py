"""The root key in a file that only its owner can read. It refuses one others can read, or beside the database."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from marac.crypto.envelope import KEY, wrapping_cipher
from marac.crypto.root_keys.wrapping import HeldRoot, RootCorrupt, RootUnavailable

MARK = "MARAC1"
RETIRED = "MARAC1 retired"


class FileRoot(HeldRoot):
    """One key a line, each line a version, the newest last: `MARAC1` + 32 bytes + 8 bytes of their SHA-256, in hex."""

    def __init__(self, path: Path, databases: Iterable[Path] = ()) -> None:
        _refuse_neighbours(path, databases)
        super().__init__("file", lambda: {n: wrapping_cipher(key, "root") for n, key in read_root_file(path).items()})
        self.path = path


def create_root_file(path: Path) -> None:
    """Make a new root file, mode 0400; an existing one is never overwritten."""
    write_root_file(path, secrets.token_bytes(KEY))


def write_root_file(path: Path, key: bytes, version: int = 1) -> None:
    """Write a root file with one key, standing as this version; an existing one is never overwritten."""
    _write_new(path, f"{RETIRED}\n" * (version - 1) + _line(key))


def write_root_text(path: Path, text: bytes) -> None:
    """Write a root file as it was, or nothing; an existing one is never overwritten."""
    _write_new(path, text.decode("ascii", "replace"))
    try:
        read_root_file(path)
    except RootCorrupt:
        path.unlink()
        raise


def add_root_version(path: Path) -> None:
    """Add a version to a root file, atomically: from the next start it wraps, and the older ones only open."""
    _replace(path, _read(path) + _line(secrets.token_bytes(KEY)))


def retire_root_versions(path: Path, below: int) -> int:
    """Take the keys of versions below one out of a root file, atomically. Returns how many went."""
    lines = _read(path).splitlines()
    kept = [RETIRED if number < below else line for number, line in enumerate(lines, start=1)]
    gone = sum(old != new for old, new in zip(lines, kept, strict=True))
    if gone:
        _replace(path, "".join(f"{line}\n" for line in kept))
    return gone


def _line(key: bytes) -> str:
    return f"{MARK} {(key + sha256(key).digest()[:8]).hex()}\n"


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)  # of a run that was killed
    _write_new(fresh, text)
    fresh.replace(path)


def read_root_file(path: Path) -> dict[int, bytes]:
    """The keys of a root file by version. Raises RootUnavailable or RootCorrupt, which name the file only."""
    versions: dict[int, bytes] = {}
    for version, line in enumerate(_read(path).splitlines(), start=1):
        if line == RETIRED:
            continue
        mark, _, text = line.partition(" ")
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            raw = b""
        if mark != MARK or len(raw) != KEY + 8 or sha256(raw[:KEY]).digest()[:8] != raw[KEY:]:
            raise RootCorrupt(f"The root key file {path} is not in the form MARAC1, or was mistyped.")
        versions[version] = raw[:KEY]
    if not versions:
        raise RootCorrupt(f"The root key file {path} holds no key.")
    return versions


def _read(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise RootUnavailable(f"The root key file {path} can be read by others. Set its mode to 0400.")
            return file.read()
    except OSError:
        raise RootUnavailable(f"The root key file {path} is missing or cannot be read.") from None
    except UnicodeDecodeError:
        raise RootCorrupt(f"The root key file {path} is not in the form MARAC1.") from None


def _write_new(path: Path, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        os.write(file, text.encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)


def _refuse_neighbours(path: Path, databases: Iterable[Path]) -> None:
    folder = path.resolve().parent
    if any(database.resolve().parent == folder for database in databases):
        raise RootUnavailable(f"The root key file {path} lies beside a database, so one copy would hold both.")
