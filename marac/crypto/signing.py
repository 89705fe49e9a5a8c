"""Ed25519 over short texts: the checkpoints of the trail. The private part is a key of the tree and stays here."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from marac.crypto.keyring import KeyMissing, Keyring, OwnerKeys


def signing_keys(keyring: Keyring, partnership: bytes) -> OwnerKeys:
    """A partnership's checkpoint keys, read afresh: another process may have added one. KeyMissing when it has none."""
    keyring.forget_held("checkpoint", partnership)
    keys = keyring.owner_keys("checkpoint", partnership, [partnership]).get(partnership)
    if keys is None:
        raise KeyMissing("This partnership has no checkpoint key.")
    return keys


def public_of(keys: OwnerKeys, generation: int = 0) -> str:
    """The public key of a generation (the newest unless named), as hex."""
    return _private(keys, generation or keys.primary).public_key().public_bytes_raw().hex()


def sign(keys: OwnerKeys, public: str, message: bytes) -> str:
    """The signature, as hex, by the generation whose public key this is. KeyMissing when none of them is."""
    for generation in keys.generations:
        if public_of(keys, generation) == public:
            return _private(keys, generation).sign(message).hex()
    raise KeyMissing("The checkpoint key of this public key is gone.")


def signed_by(public: str, signature: str, message: bytes) -> bool:
    """Whether the holder of a public key signed a message. Anything malformed is no."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _private(keys: OwnerKeys, generation: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.generations[generation])
