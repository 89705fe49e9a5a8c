"""A security key in a few lines: makes and uses passkeys as a browser would, and can be told to lie for an attack."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN = "https://localhost"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def un64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftPasskey:
    """One credential. `count` is what it says of its use; change any field to lie."""

    origin: str = ORIGIN
    host: str = "localhost"
    verified: bool = True
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.create()."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        about = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._said(ATTESTED) + about})
        told = self._told("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": b64(told), "attestationObject": b64(attestation)})

    def use(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.get()."""
        self.count += 1
        said, told = self._said(0), self._told("webauthn.get", options["challenge"])
        signature = self.key.sign(said + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": b64(told), "authenticatorData": b64(said), "signature": b64(signature)}
        return self._answer(parts)

    def _said(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _told(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, str]) -> str:
        name = b64(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
