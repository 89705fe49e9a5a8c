"""Backup files: sealed with age to offline recipients, and a manifest signed by a key that only this deployment has.

The host knows public keys only: what it wrote it cannot open again. Refuses fewer than two recipients.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marac.errors import ConfigurationError

LEAST_RECIPIENTS = 2
CONTEXT = b"marac/backup/v1\x00"
NOT_OURS = "The backup cannot be opened: the identity is not one of its recipients, or the file was changed."


def read_recipients(lines: Iterable[str]) -> list[str]:
    """Public age keys, one a line; empty lines and comments are left out. ConfigurationError for fewer than two."""
    wanted = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    found = list(dict.fromkeys(wanted))
    try:
        for one in found:
            pyrage.x25519.Recipient.from_str(one)
    except pyrage.RecipientError:
        raise ConfigurationError("A recipient is not a public age key. Each starts with age1.") from None
    if len(found) < LEAST_RECIPIENTS:
        raise ConfigurationError("Name at least two recipients: with one, losing one key loses every backup.")
    return found


def seal_file(plain: Path, sealed: Path, recipients: Iterable[str]) -> None:
    """Write `plain` as an age file that any one of the recipients opens."""
    keys = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    pyrage.encrypt_file(str(plain), str(sealed), keys)


def open_file(sealed: Path, plain: Path, identity: str) -> None:
    """The other way, with the secret key of one recipient. ConfigurationError when it does not open."""
    lines = [line.strip() for line in identity.splitlines()]
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
        pyrage.decrypt_file(str(sealed), str(plain), keys)
    except (pyrage.IdentityError, pyrage.DecryptError, OSError, ValueError):
        raise ConfigurationError(NOT_OURS) from None


def sign(secret: bytes, content: bytes) -> bytes:
    """The deployment's signature over a manifest or a ledger; `secret` is 32 bytes of its own."""
    return Ed25519PrivateKey.from_private_bytes(secret).sign(CONTEXT + content)


def is_signed(secret: bytes, signature: bytes, content: bytes) -> bool:
    """Whether this deployment signed `content`."""
    try:
        Ed25519PrivateKey.from_private_bytes(secret).public_key().verify(signature, CONTEXT + content)
    except (InvalidSignature, ValueError):
        return False
    return True
