"""The root key apart from its place: five shares of 33 words, any three of which suffice (SLIP-39), or an age file.

It refuses fewer than two recipients and shares of different sets, and says nothing of what is in a share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

import pyrage
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics

from marac.crypto.envelope import KEY
from marac.crypto.root_keys.wrapping import RootCorrupt

NEEDED, SHARES, WORDS = 3, 5, 33


def shares_of(key: bytes) -> list[str]:
    """Five shares of a 32-byte key, each a line of 33 words."""
    return list(generate_mnemonics(1, [(NEEDED, SHARES)], key)[0])


def key_from(shares: Iterable[str]) -> bytes:
    """The key from three shares. RootCorrupt, which repeats no word."""
    lines = [" ".join(share.lower().split()) for share in shares]
    failure = RootCorrupt(f"These are not {NEEDED} whole shares of one key. Check each word against the paper.")
    try:
        key = bytes(combine_mnemonics(dict.fromkeys(lines)))
    except (MnemonicError, ValueError, LookupError):
        raise failure from None
    if len(key) != KEY:
        raise failure
    return key


def digest_of(share: str | bytes) -> str:
    """What is kept of a share or sealed file, and what its holder reads out: nobody can work back from it."""
    raw = " ".join(share.lower().split()).encode() if isinstance(share, str) else share
    return sha256(b"marac/escrow/v1\0" + raw).hexdigest()


def seal_to(recipients: Sequence[str], root_file: bytes) -> bytes:
    """A root file as an age file that any one of two or more recipients opens."""
    if len(set(recipients)) < 2:
        raise RootCorrupt("Name two recipients or more: one alone may lose it.")
    try:
        known = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    except pyrage.RecipientError:
        raise RootCorrupt("A recipient is not an age recipient (age1...).") from None
    return bytes(pyrage.encrypt(root_file, known))


def open_with(identity: str, sealed: bytes) -> bytes:
    """The root file inside. RootCorrupt when the identity does not open it."""
    try:
        own = [pyrage.x25519.Identity.from_str(line) for line in identity.split() if line.startswith("AGE-SECRET-KEY-")]
        return bytes(pyrage.decrypt(sealed, own))
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError):
        raise RootCorrupt("This identity does not open this file.") from None
