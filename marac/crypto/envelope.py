"""The byte format of sealed values and wrapped keys, and nothing else: no keys are kept and no grants are asked here.

It refuses whatever is not exactly the format, without ever saying what was inside. Vectors are frozen in tests/crypto.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from marac.errors import IntegrityFailure

SEALED, WRAPPED, SUITE = 0xC5, 0xC6, 1
HEADER, NONCE, TAG, STEP = 6, 12, 16, 64
SMALLEST_SEALED = HEADER + NONCE + STEP + TAG
LARGEST_JSON = 1 << 20
DEFLATE_OVER = 1024
KEY = 32

_u32 = struct.Struct(">I").pack
_head = struct.Struct(">BBI")
_SHA256 = hashes.SHA256()


class Cipher(Protocol):
    """What seals and opens with associated data: AES-256-GCM here, or in a module beside the process."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        """The ciphertext and its tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        """The plaintext; InvalidTag or ValueError if it does not open."""


class Place(NamedTuple):
    """Where a sealed value lives: everything that is bound to it, and the kind of key (case, works or staff)."""

    partnership: UUID
    table: str
    column: str
    row: UUID
    owner: UUID
    compartment: str
    kind: str = "case"

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of {self.row} ({self.compartment}, {self.kind} {self.owner})"


def lp(*parts: bytes | str) -> bytes:
    """Length-prefixed, injective: the number of parts, then each part behind its length."""
    raw = [part.encode() if isinstance(part, str) else part for part in parts]
    return _u32(len(raw)) + b"".join(_u32(len(part)) + part for part in raw)


_often = lru_cache(4096)(lp)  # of names and ids that come again and again, never of a key or value


def derive(key: bytes, *info: bytes | str) -> bytes:
    """HKDF-Expand-SHA256 to 32 bytes."""
    return HKDFExpand(_SHA256, KEY, _often(*info)).derive(key)


def compartment_key(owner_key: bytes, compartment: str) -> bytes:
    """The key of one compartment under a case, works-order or staff key."""
    return derive(owner_key, "marac/comp/v1", compartment)


def padded_length(length: int, floor: int = STEP) -> int:
    """Length in bytes after padding: steps of 64 up to 1,024, Padmé above, never below the floor."""
    n = length + 1
    if n <= DEFLATE_OVER:
        step = STEP
    else:
        exponent = n.bit_length() - 1
        step = 1 << (exponent - exponent.bit_length())
    return max(floor, -(-n // step) * step)


def pad(document: bytes, floor: int = STEP) -> bytes:
    """ISO 7816-4 padding to `padded_length`."""
    return (document + b"\x80").ljust(padded_length(len(document), floor), b"\0")


def unpad(padded: bytes) -> bytes:
    """The document inside the padding; the floor it was padded to does not matter."""
    document = padded.rstrip(b"\0")
    if document[-1:] != b"\x80":
        raise IntegrityFailure("A sealed value is not padded as it must be.")
    return document[:-1]


def document_bytes(document: Mapping[str, Any]) -> bytes:
    """A document's bytes: sorted JSON without its nulls, deflated over 1 KiB. Raises ValueError, naming no value."""
    present = {key: value for key, value in document.items() if value is not None}
    _check(present)
    try:
        text = orjson.dumps(present, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raise ValueError("A value to be sealed is not well-formed text or a 64-bit number.") from None
    if len(text) > LARGEST_JSON:
        raise ValueError("A value to be sealed is over 1 MiB.")
    if len(text) > DEFLATE_OVER:
        deflate = zlib.compressobj(wbits=-15)
        small = deflate.compress(text) + deflate.flush()
        if len(small) < len(text):
            return b"\x01" + small
    return b"\x00" + text


def _check(value: Any) -> None:
    """Only text, 64-bit integers, booleans, nulls, lists and objects with text keys; no floats, no subclasses."""
    kind = type(value)
    if kind is dict:
        for key, inner in value.items():
            if type(key) is not str:
                raise ValueError("A key to be sealed is not text.")
            _check(inner)
    elif kind is list or kind is tuple:
        for inner in value:
            _check(inner)
    elif kind not in (str, int, bool, type(None)):
        raise ValueError(f"A value of type {kind.__name__} cannot be sealed.")


def read_document(raw: bytes) -> dict[str, Any]:
    """The fields of a document's bytes."""
    text = raw[1:]
    if raw[:1] == b"\x01":
        text = _inflate(text)
    elif raw[:1] != b"\x00":
        raise IntegrityFailure("A sealed value has an unknown form.")
    try:
        document: dict[str, Any] = orjson.loads(text)
    except ValueError:
        raise IntegrityFailure("A sealed value is not a document.") from None
    if type(document) is not dict:
        raise IntegrityFailure("A sealed value is not a document.")
    return document


def _inflate(small: bytes) -> bytes:
    inflate = zlib.decompressobj(wbits=-15)
    try:
        text = inflate.decompress(small, LARGEST_JSON + 1)
    except zlib.error:
        raise IntegrityFailure("A sealed value does not inflate.") from None
    if not inflate.eof or inflate.unused_data or len(text) > LARGEST_JSON:
        raise IntegrityFailure("A sealed value does not inflate to its bounds.")
    return text


# The associated data is put together from parts made once per column and once per compartment of an owner.
_AAD_START = _u32(8) + lp("marac/aad/v1")[4:] + _u32(HEADER)
_WRAP_START = lp("marac/wrap/v1")[4:] + _u32(HEADER)


@lru_cache(4096)
def aad_start(head: bytes, partnership: bytes, table: str, column: str) -> bytes:
    """The associated data's beginning, which all rows of a column in a partnership and generation share."""
    return b"".join((_AAD_START, head, lp(partnership, table, column)[4:], _u32(16)))


def aad_end(owner: bytes, compartment: str) -> bytes:
    """The associated data's end, which all rows of a compartment of a case share."""
    return b"".join((_u32(16), owner, _often(compartment)[4:]))


def aad(place: Place, head: bytes) -> bytes:
    """What a value is bound to: LP("marac/aad/v1", header, partnership, table, column, row, case, compartment)."""
    start = aad_start(head, place.partnership.bytes, place.table, place.column)
    return start + place.row.bytes + aad_end(place.owner.bytes, place.compartment)


def seal(
    cipher: AESGCM,
    place: Place,
    generation: int,
    document: Mapping[str, Any],
    floor: int = STEP,
    *,
    nonce: bytes | None = None,
) -> bytes:
    """Seal a document into its place. `nonce` is a seam for the known-answer tests; nothing else may give it."""
    padded = pad(document_bytes(document), floor)
    start = header(SEALED, generation)
    nonce = os.urandom(NONCE) if nonce is None else nonce
    return start + nonce + cipher.encrypt(nonce, padded, aad(place, start))


def header(kind: int, generation: int) -> bytes:
    """The six bytes before a sealed value or wrapped key: its mark, suite and key generation."""
    return _head.pack(kind, SUITE, generation)


def header_generation(blob: bytes, kind: int = SEALED) -> int:
    """The key generation a value claims, believed once its tag verifies. Nothing means that it was never sealed."""
    if not blob:
        raise IntegrityFailure("A value was never sealed.")
    if len(blob) < HEADER or blob[0] != kind or blob[1] != SUITE:
        raise IntegrityFailure("A value is not in the sealed form.")
    return int.from_bytes(blob[2:6], "big")


def open_(cipher: AESGCM, place: Place, blob: bytes) -> dict[str, Any]:
    """Open the document in its place, or raise IntegrityFailure."""
    header_generation(blob)
    return open_bound(cipher, aad(place, blob[:HEADER]), blob)


def open_bound(cipher: AESGCM, associated: bytes, blob: bytes) -> dict[str, Any]:
    """`open_` with the associated data at hand, for lists. The header was checked before."""
    try:
        padded = cipher.decrypt(blob[6:18], blob[18:], associated)
    except (InvalidTag, ValueError):
        raise IntegrityFailure("A sealed value does not open where it stands.") from None
    return read_document(unpad(padded))


def wrapping_cipher(parent: bytes, kind: str) -> AESGCM:
    """The cipher that wraps keys of a kind under a parent key."""
    return AESGCM(derive(parent, "marac/wrapkey/v1", kind))


def key_context(kind: str, partnership: bytes, owner: bytes, generation: int) -> bytes:
    """What a wrapped key is bound to beside its header: kind, partnership, owner and its own generation."""
    return b"".join((_u32(4), _often(kind, partnership)[4:], _u32(16), owner, _u32(4), _u32(generation)))


def wrap_key(
    cipher: Cipher, parent_generation: int, key: bytes, context: bytes, *, nonce: bytes | None = None
) -> bytes:
    """Wrap a 32-byte key: 66 bytes bound to its context, an LP. `nonce` is a seam for the known-answer tests."""
    start = header(WRAPPED, parent_generation)
    nonce = os.urandom(NONCE) if nonce is None else nonce
    return start + nonce + cipher.encrypt(nonce, key, _wrap_aad(start, context))


def unwrap_key(cipher: Cipher, wrapped: bytes, context: bytes) -> bytes:
    """The key inside, or IntegrityFailure."""
    header_generation(wrapped, WRAPPED)
    try:
        key = cipher.decrypt(wrapped[6:18], wrapped[18:], _wrap_aad(wrapped[:HEADER], context))
    except (InvalidTag, ValueError):
        raise IntegrityFailure("A wrapped key does not open where it stands.") from None
    if len(key) != KEY:
        raise IntegrityFailure("A wrapped key has the wrong length.")
    return key


def _wrap_aad(head: bytes, context: bytes) -> bytes:
    """LP("marac/wrap/v1", header, the parts of the context)."""
    parts = int.from_bytes(context[:4], "big") + 2
    return b"".join((_u32(parts), _WRAP_START, head, context[4:]))
