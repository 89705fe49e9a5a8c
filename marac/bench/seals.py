"""Opening one short field, with its place and its words, against nothing but the cipher's own call."""

from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from marac.bench.place import Place as Deployed
from marac.bench.timing import Race
from marac.crypto import envelope
from marac.crypto.envelope import HEADER, Place

VALUES = 2000
NONCE, TAG, LENGTH = bytes(12), 16, 64


def races(_place: Deployed) -> list[Race]:
    """The same 64 bytes under the same key, two thousand times; per value."""
    cipher = AESGCM(AESGCM.generate_key(256))
    where = Place(uuid4(), "case_person", "risk_sealed", uuid4(), uuid4(), "risk", "case")
    sealed = envelope.seal(cipher, where, 1, {"notes": "thirty-two letters of a narrative"}, LENGTH)
    if len(sealed) != HEADER + len(NONCE) + LENGTH + TAG:
        raise ValueError("the race is about 64 bytes")
    associated = envelope.aad(where, sealed[:HEADER])
    start, row, end = associated[:60], associated[60:76], associated[76:]
    bare = cipher.encrypt(NONCE, bytes(LENGTH), associated)

    def opened() -> None:
        for _ in range(VALUES):
            envelope.open_bound(cipher, start + row + end, sealed)

    def decrypted() -> None:
        for _ in range(VALUES):
            cipher.decrypt(NONCE, bare, associated)

    return [Race("open a 64-byte field against the AESGCM call itself", 2.1, opened, decrypted, 3, VALUES)]
