"""The receipt of a transfer file: that an area has it, signed with its key. Holds no personal value at all."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from marac.crypto import area_keys
from marac.services.transfers import packet
from marac.services.transfers.areas import Key

FORMAT = "transfer-receipt"
SHAPE = packet.exact({
    "format": packet.exactly(FORMAT), "version": packet.exactly(1), "packet_id": packet.hexadecimal(32),
    "digest": packet.hexadecimal(64), "received_on": packet.day, "key": packet.SHORT,
    "signature": packet.hexadecimal(128),
})  # fmt: skip
MOST_BYTES = 4_000


def write(key: Key, packet_id: UUID, digest: bytes, received_on: date) -> bytes:
    """The receipt of one file, as JSON with its signature."""
    told = {"format": FORMAT, "version": 1, "packet_id": packet_id.hex, "digest": digest.hex(),
            "received_on": received_on.isoformat(), "key": key.public_key}  # fmt: skip
    signature = area_keys.sign(_signed(told), key.secret, key.owner, key.private).hex()
    return json.dumps({**told, "signature": signature}, sort_keys=True, indent=1).encode()


def confirms(content: bytes, public_key: str, packet_id: UUID, digest: bytes) -> bool:
    """Whether this is the receipt of exactly that file, by the holder of that key."""
    try:
        told: Any = json.loads(content) if len(content) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        return False
    if not SHAPE(told):
        return False
    signature = bytes.fromhex(told.pop("signature"))
    about = (told["packet_id"], told["digest"], told["key"]) == (packet_id.hex, digest.hex(), public_key)
    return about and area_keys.signed_by(public_key, signature, _signed(told))


def _signed(told: dict[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
