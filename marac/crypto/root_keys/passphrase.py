"""The root key from a passphrase asked at start, through scrypt. It refuses short passphrases and never stores one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from marac.crypto.envelope import KEY, wrapping_cipher
from marac.crypto.root_keys.wrapping import HeldRoot, RootCorrupt, RootRefused, RootUnavailable

MARK = "MARAC1-SCRYPT"
WORDS = 6
COST = 1 << 17


class PassphraseRoot(HeldRoot):
    """The salt file holds `MARAC1-SCRYPT`, the cost N (r=8, p=1) and 16 bytes of salt; it is no secret."""

    def __init__(self, salt_file: Path, ask: Callable[[], str]) -> None:
        cost, salt = _read_salt(salt_file)
        words = ask().split()
        if len(words) < WORDS:
            raise RootRefused(f"The passphrase must be {WORDS} words or more.")
        key = Scrypt(salt=salt, length=KEY, n=cost, r=8, p=1).derive(" ".join(words).encode())
        ciphers = {1: wrapping_cipher(key, "root")}
        super().__init__("passphrase", lambda: ciphers)


def create_salt_file(path: Path, cost: int = COST) -> None:
    """Make a new salt file; an existing one is never overwritten. `cost` is scrypt's N, smaller only in tests."""
    with path.open("x", encoding="ascii") as file:
        file.write(f"{MARK} {cost} {secrets.token_hex(16)}\n")


def _read_salt(path: Path) -> tuple[int, bytes]:
    try:
        mark, cost, salt = path.read_text(encoding="ascii").split()
        read = int(cost), bytes.fromhex(salt)
    except OSError:
        raise RootUnavailable(f"The salt file {path} is missing or cannot be read.") from None
    except ValueError:
        raise RootCorrupt(f"The salt file {path} is not in the form {MARK}.") from None
    if mark != MARK or len(read[1]) != 16 or read[0] < 2 or read[0] & (read[0] - 1) or read[0] > 1 << 20:
        raise RootCorrupt(f"The salt file {path} is not in the form {MARK}.")
    return read
