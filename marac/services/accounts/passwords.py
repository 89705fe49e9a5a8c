"""Passwords: how they are kept (argon2id) and which are refused. Never stores, logs or returns one."""

import unicodedata
from collections.abc import Iterable
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from marac.errors import RuleBroken

SHORTEST: Final = 15
LONGEST: Final = 128
ENOUGH: Final = 3  # of 4, as zxcvbn rates a guess against common passwords, names and keyboard patterns
JUDGED: Final = 72  # characters that zxcvbn reads; it refuses more
CONTEXT: Final = ("marac", "idva", "sanctuary", "casework", "tower hamlets", "towerhamlets", "domestic", "council")
AT_ONCE: Final = BoundedSemaphore(4)  # hashes in memory at one time, 64 MiB each

_hasher: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
_NOBODY: Final = (  # the hash of a password that nobody has, checked when there is no account
    "$argon2id$v=19$m=65536,t=3,p=1$E0yHK9P8VwH5UbmddeDYog$QHEtLLy3Qx5s99aXA4O5nCJwhm6SYS1xgoYMj3+CNbc"
)


def seal_password(password: str) -> str:
    """The argon2id hash to keep (64 MiB, 3 passes)."""
    with AT_ONCE:
        return _hasher.hash(_normal(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether this is the password. Without a hash to compare it does the same work and answers no."""
    with AT_ONCE:
        try:
            return _hasher.verify(kept or _NOBODY, _normal(password)[: LONGEST + 1]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with a cost that is not today's."""
    return _hasher.check_needs_rehash(kept)


def check_policy(password: str, about_person: Iterable[str] = ()) -> None:
    """RuleBroken beside `password` for one too short, too long, or easy to guess from common or this person's words.

    Length and guessing only: no rules on kinds of characters and no expiry (NIST 800-63B, NCSC).
    """
    chosen = _normal(password)
    if len(chosen) < SHORTEST:
        raise RuleBroken("password", f"Choose a password of {SHORTEST} characters or more, such as three random words")
    if len(chosen) > LONGEST:
        raise RuleBroken("password", f"Choose a password of {LONGEST} characters or fewer")
    known = [*CONTEXT, *(part for word in about_person for part in _parts(word))]
    bare = chosen.casefold()
    for word in sorted(known, key=len, reverse=True):
        bare = bare.replace(word, "")
    if zxcvbn(chosen[:JUDGED], user_inputs=known)["score"] < ENOUGH or len(bare) < SHORTEST // 2:
        raise RuleBroken("password", "The password is too easy to guess. Use three random words, not names or places")


def _parts(words: str) -> list[str]:
    """A name or an e-mail address in the pieces that somebody would guess with."""
    text = words.casefold()
    for mark in "@.-_'":
        text = text.replace(mark, " ")
    return [part for part in text.split() if len(part) > 2]


def _normal(password: str) -> str:
    """The same characters however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)
