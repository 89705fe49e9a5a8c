"""Keys of an area: a file sealed so that one other area opens it, signed so that they know whose it is (DA-34).

A public key is one line: an age recipient, a dot, the signing key in hex. Refuses a file that is not age's, not for us,
not signed by the key it names, or too large.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256

import pyrage
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from marac.errors import RuleBroken

NONCE, SIGNATURE, SIGNING_KEY = 12, 64, 32
MOST_BYTES = 4 * 1024 * 1024
CONTEXT = b"marac/area/v1\x00"
Secrets = bytes | tuple[bytes, ...]  # of the deployment, the one in force first
DAMAGED = "This file cannot be opened. It is not for this area, or it was changed on the way"


def make_key(secret: Secrets, owner: bytes) -> tuple[str, bytes]:
    """A new key of an area: its public line, and its private part sealed under the deployment's secret."""
    identity, signing = pyrage.x25519.Identity.generate(), os.urandom(SIGNING_KEY)
    nonce = os.urandom(NONCE)
    public = f"{identity.to_public()}.{_public(signing).hex()}"
    private = nonce + AESGCM(_all(secret)[0]).encrypt(nonce, signing + str(identity).encode(), CONTEXT + owner)
    return public, private


def fingerprint(public_key: str) -> str:
    """What two people read to one another by phone: 20 hex digits of the key's hash in fours."""
    digits = sha256(CONTEXT + read_public(public_key).encode()).hexdigest()[:20].upper()
    return " ".join(digits[start : start + 4] for start in range(0, 20, 4))


def read_public(text: str) -> str:
    """A public line as it was pasted, checked. RuleBroken when it is not one."""
    line = "".join(text.split())
    recipient, _, signing = line.partition(".")
    try:
        pyrage.x25519.Recipient.from_str(recipient)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(signing))
    except (pyrage.RecipientError, ValueError):
        raise RuleBroken("public_key", "This is not a key of an area. Paste the whole line they gave you") from None
    return f"{recipient}.{signing.lower()}"


def seal_for(public_key: str, content: bytes, secret: Secrets, owner: bytes, private: bytes) -> bytes:
    """`content` signed with our key and sealed to another area's: an age file."""
    recipient = pyrage.x25519.Recipient.from_str(public_key.partition(".")[0])
    return bytes(pyrage.encrypt(sign(content, secret, owner, private) + content, [recipient]))


def open_file(sealed: bytes, secret: Secrets, owner: bytes, privates: list[bytes]) -> tuple[bytes, bytes]:
    """(signature, content) of an age file for one of our keys. RuleBroken, the same for every way of being wrong."""
    if len(sealed) > MOST_BYTES:
        raise RuleBroken("file", "The file is too large to be a transfer")
    identities = [_identity(secret, owner, private) for private in privates]
    try:
        content = bytes(pyrage.decrypt(sealed, identities)) if identities else b""
    except (pyrage.DecryptError, ValueError):
        raise RuleBroken("file", DAMAGED) from None
    if len(content) <= SIGNATURE:
        raise RuleBroken("file", DAMAGED)
    return content[:SIGNATURE], content[SIGNATURE:]


def sign(content: bytes, secret: Secrets, owner: bytes, private: bytes) -> bytes:
    """Our signature over `content`."""
    signing = _opened(secret, owner, private)[:SIGNING_KEY]
    return Ed25519PrivateKey.from_private_bytes(signing).sign(CONTEXT + content)


def signed_by(public_key: str, signature: bytes, content: bytes) -> bool:
    """Whether the holder of a public line signed `content`."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key.partition(".")[2]))
        key.verify(signature, CONTEXT + content)
    except (InvalidSignature, ValueError):
        return False
    return True


def reseal(secrets: Secrets, owner: bytes, private: bytes) -> bytes:
    """The private part under the first of the deployment's secrets."""
    opened, nonce = _opened(secrets, owner, private), os.urandom(NONCE)
    return nonce + AESGCM(_all(secrets)[0]).encrypt(nonce, opened, CONTEXT + owner)


def _all(secret: Secrets) -> tuple[bytes, ...]:
    return (secret,) if isinstance(secret, bytes) else secret


def _opened(secret: Secrets, owner: bytes, private: bytes) -> bytes:
    """A private part, under whichever of the deployment's secrets it stands."""
    for one in _all(secret)[:-1]:
        with suppress(InvalidTag):
            return AESGCM(one).decrypt(private[:NONCE], private[NONCE:], CONTEXT + owner)
    return AESGCM(_all(secret)[-1]).decrypt(private[:NONCE], private[NONCE:], CONTEXT + owner)


def _identity(secret: Secrets, owner: bytes, private: bytes) -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.from_str(_opened(secret, owner, private)[SIGNING_KEY:].decode())


def _public(signing: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(signing).public_key().public_bytes_raw()
