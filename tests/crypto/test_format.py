"""The bytes: whatever goes in comes out in its place, and nothing else opens anywhere (architecture 5)."""

import json
import os
import zlib
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings, strategies as st

from marac.crypto import envelope
from marac.crypto.envelope import (
    Place,
    compartment_key,
    document_bytes,
    key_context,
    lp,
    open_,
    pad,
    padded_length,
    read_document,
    seal,
    unpad,
    unwrap_key,
    wrap_key,
    wrapping_cipher,
)
from marac.errors import IntegrityFailure

HOME = Place(UUID(int=1), "case_person", "identity_sealed", UUID(int=3), UUID(int=2), "identity")
ELSEWHERE = {
    "another partnership": HOME._replace(partnership=UUID(int=9)),
    "another table": HOME._replace(table="address"),
    "another column": HOME._replace(column="contact_sealed"),
    "another row": HOME._replace(row=UUID(int=9)),
    "another case": HOME._replace(owner=UUID(int=9)),
    "another compartment": HOME._replace(compartment="perpetrator"),
    "row and case swapped": HOME._replace(row=HOME.owner, owner=HOME.row),
    "letters moved between table and column": HOME._replace(table="case_personi", column="dentity_sealed"),
}
CIPHER = AESGCM(compartment_key(bytes(range(32)), "identity"))
text = st.text(st.characters(exclude_categories=["Cs"]))
value = st.recursive(
    text | st.booleans() | st.integers(-(2**63), 2**63 - 1),
    lambda inner: st.lists(inner | st.none(), max_size=4) | st.dictionaries(text, inner | st.none(), max_size=4),
    max_leaves=12,
)
document = st.dictionaries(text, value, max_size=6)
parts = st.lists(st.binary(max_size=6), max_size=5)


@given(parts, parts)
def test_length_prefixes_never_confuse_two_lists(one: list[bytes], other: list[bytes]) -> None:
    assert (lp(*one) == lp(*other)) == (one == other)


@given(document)
def test_a_document_reads_back_and_is_what_the_standard_library_writes(facts: dict[str, Any]) -> None:
    raw = document_bytes(facts)
    assert read_document(raw) == facts
    written = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert raw[:1] != b"\x00" or raw[1:] == written


@settings(max_examples=60)
@given(document, st.sampled_from([64, 256]), st.integers(1, 2**32 - 1))
def test_a_sealed_value_opens_in_its_place(facts: dict[str, Any], floor: int, generation: int) -> None:
    blob = seal(CIPHER, HOME, generation, facts, floor)
    assert open_(CIPHER, HOME, blob) == facts
    assert envelope.header_generation(blob) == generation
    assert len(blob) == padded_length(len(document_bytes(facts)), floor) + 34


@given(st.binary(max_size=3000), st.sampled_from([64, 256]))
def test_padding_comes_off_whatever_the_document_ends_with(raw: bytes, floor: int) -> None:
    padded = pad(raw, floor)
    assert unpad(padded) == raw
    assert len(padded) == padded_length(len(raw), floor)


@pytest.mark.parametrize(
    "length, padded", [(0, 64), (63, 64), (64, 128), (1023, 1024), (1024, 1088), (5000, 5120), (20000, 20480)]
)
def test_padding_goes_in_steps_of_64_and_then_by_padme(length: int, padded: int) -> None:
    assert padded_length(length) == padded
    assert padded_length(length, 256) == max(padded, 256)


@given(st.integers(0, 1 << 20))
def test_padding_above_a_kibibyte_costs_at_most_an_eighth(length: int) -> None:
    padded = padded_length(length)
    assert length < padded <= max(64, (length + 64) * 9 // 8)
    assert padded_length(length + 1) >= padded


NAMES = [{}, {"n": "Bo"}, {"n": "x" * 45}, {"n": "Grzegorz Brzęczyszczykiewicz"}, {"n": "মোসাম্মৎ রাহেলা খাতুন"}]


@pytest.mark.parametrize("facts", NAMES, ids=["empty", "short", "long", "Polish", "Bengali"])
def test_no_identity_is_longer_than_another(facts: dict[str, Any]) -> None:
    assert len(seal(CIPHER, HOME, 1, facts | {"born_on": "1990-01-01"} if facts else {}, 256)) == 290


def test_two_sealings_of_one_value_differ() -> None:
    assert seal(CIPHER, HOME, 1, {"a": 1}) != seal(CIPHER, HOME, 1, {"a": 1})


def test_every_flipped_bit_is_refused() -> None:
    blob = seal(CIPHER, HOME, 1, {"full_name": "Ann"}, 64)
    for place in range(len(blob) * 8):
        broken = bytearray(blob)
        broken[place // 8] ^= 1 << place % 8
        with pytest.raises(IntegrityFailure):
            open_(CIPHER, HOME, bytes(broken))


def test_every_truncation_and_every_added_byte_is_refused() -> None:
    blob = seal(CIPHER, HOME, 1, {"full_name": "Ann"}, 64)
    for broken in [blob[:end] for end in range(len(blob))] + [blob[start:] for start in range(1, len(blob))]:
        with pytest.raises(IntegrityFailure):
            open_(CIPHER, HOME, broken)
    for broken in (blob + b"\0", b"\0" + blob, blob + blob):
        with pytest.raises(IntegrityFailure):
            open_(CIPHER, HOME, broken)


@pytest.mark.parametrize("place", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_a_value_does_not_open_elsewhere(place: Place) -> None:
    with pytest.raises(IntegrityFailure):
        open_(CIPHER, place, seal(CIPHER, HOME, 1, {"full_name": "Ann"}))


def test_a_value_does_not_open_under_another_generation_or_key() -> None:
    blob = seal(CIPHER, HOME, 1, {"full_name": "Ann"})
    relabelled = envelope.header(envelope.SEALED, 2) + blob[6:]
    with pytest.raises(IntegrityFailure):
        open_(CIPHER, HOME, relabelled)
    with pytest.raises(IntegrityFailure):
        open_(AESGCM(os.urandom(32)), HOME, blob)


def test_a_wrapped_key_is_not_a_sealed_value() -> None:
    wrapped = wrap_key(CIPHER, 1, bytes(32), key_context("case", bytes(16), bytes(16), 1))
    with pytest.raises(IntegrityFailure):
        open_(CIPHER, HOME, wrapped)


@pytest.mark.parametrize("blob", [b"", b"\xc5", b"\xc5\x02" + bytes(96), bytes(98)], ids=repr)
def test_what_is_not_in_the_sealed_form_is_refused(blob: bytes) -> None:
    with pytest.raises(IntegrityFailure):
        open_(CIPHER, HOME, blob)
    with pytest.raises(IntegrityFailure, match="sealed"):
        envelope.header_generation(blob)


@pytest.mark.parametrize("length, first", [(1024, b"\x00"), (1025, b"\x01"), (5000, b"\x01")])
def test_a_document_over_a_kibibyte_is_deflated(length: int, first: bytes) -> None:
    facts = {"n": "a" * (length - len('{"n":""}'))}
    written = document_bytes(facts)
    assert written[:1] == first
    assert read_document(written) == facts


UNSEALABLE = {
    "a float": {"a": 1.5},
    "not a number": {"a": float("nan")},
    "a nested float": {"a": [{"b": 1.5}]},
    "bytes": {"a": b"SECRET"},
    "a set": {"a": {"SECRET"}},
    "a key that is not text": {"a": {1: "SECRET"}},
    "a lone surrogate": {"a": "SECRET\ud800"},
    "a lone surrogate in a key": {"SECRET\ud800": 1},
    "an integer over 64 bits": {"a": 2**64},
    "over a mebibyte": {"a": "SECRET" * 200_000},
}


@pytest.mark.parametrize("facts", UNSEALABLE.values(), ids=UNSEALABLE.keys())
def test_what_cannot_be_sealed_is_refused_without_being_shown(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as refusal:
        document_bytes(facts)
    assert "SECRET" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert not hasattr(refusal.value, "object")
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_an_absent_field_is_the_same_as_null() -> None:
    assert document_bytes({"a": None}) == document_bytes({}) == b"\x00{}"


def deflated(raw: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    return deflate.compress(raw) + deflate.flush()


UNREADABLE = {
    "nothing": b"",
    "an unknown flag": b"\x02{}",
    "not JSON": b"\x00{",
    "a list": b"\x00[]",
    "not UTF-8": b'\x00{"a":"\xff"}',
    "not a number": b'\x00{"a":NaN}',
    "not deflate": b"\x01\xff\xff",
    "deflate cut short": b"\x01" + deflated(b'{"a":"' + b"x" * 2000 + b'"}')[:-1],
    "bytes left over": b"\x01" + deflated(b'{"a":1}') + b"\x00",
    "a bomb": b"\x01" + deflated(b'{"a":"' + b" " * (1 << 21) + b'"}'),
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_not_a_document_is_refused(raw: bytes) -> None:
    with pytest.raises(IntegrityFailure):
        read_document(raw)


@pytest.mark.parametrize("padded", [b"", b"\0" * 64, b"{}" + b"\0" * 62, b"{}\x81" + b"\0" * 61])
def test_what_is_not_padded_is_refused(padded: bytes) -> None:
    with pytest.raises(IntegrityFailure):
        unpad(padded)


def test_a_wrapped_key_opens_only_whole_and_in_its_context() -> None:
    cipher, key = wrapping_cipher(bytes(32), "case"), os.urandom(32)
    owner, partnership = UUID(int=2).bytes, UUID(int=1).bytes
    context = key_context("case", partnership, owner, 1)
    wrapped = wrap_key(cipher, 7, key, context)
    assert len(wrapped) == 66
    assert unwrap_key(cipher, wrapped, context) == key
    flipped = [
        bytes([*wrapped[:at], wrapped[at] ^ 1 << bit, *wrapped[at + 1 :]]) for at in range(66) for bit in range(8)
    ]
    for broken in flipped + [wrapped[:end] for end in range(66)] + [wrapped + b"\0"]:
        with pytest.raises(IntegrityFailure):
            unwrap_key(cipher, broken, context)
    others = [
        key_context("works", partnership, owner, 1),
        key_context("case", owner, partnership, 1),
        key_context("case", partnership, UUID(int=3).bytes, 1),
        key_context("case", partnership, owner, 2),
    ]
    for other in others:
        with pytest.raises(IntegrityFailure):
            unwrap_key(cipher, wrapped, other)
    with pytest.raises(IntegrityFailure):
        unwrap_key(wrapping_cipher(bytes(32), "works"), wrapped, context)
