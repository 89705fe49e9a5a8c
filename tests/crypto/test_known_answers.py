"""Frozen answers: the format cannot drift. Those of the security page first, then our own, each checked by a second
implementation written from the page alone."""

import hmac
import json
import struct
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, strategies as st

from marac.crypto import blind_index
from marac.crypto.envelope import (
    Place,
    aad,
    compartment_key,
    derive,
    key_context,
    lp,
    open_,
    padded_length,
    seal,
    wrap_key,
    wrapping_cipher,
)
from marac.crypto.keyring import root_context
from marac.crypto.root_keys.wrapping import root_context as bound

P, C, R, A = (UUID(int=number) for number in (1, 2, 3, 4))
PARTNERSHIP_KEY, CASE_KEY, INDEX_KEY, ROOT_KEY = (bytes(range(start, start + 32)) for start in (0, 32, 64, 96))
NONCE = bytes(range(12))
RESEARCH = f"research:{A.hex}"
ANN = {"aliases": ["Annie"], "born_on": "1990-04-17", "full_name": "Ann Ó Brien"}
E_BLOB = (
    "c50100000001000102030405060708090a0b8c9683ceaa0589b36f762c009665f910cd0af9834c1232fcbb8e111e49fcd2a979093909933184b2d8"
    "a6f7a529ac03e519d4b1c69f16b3f31b50c5ab9245720fa446b5af22f79125545f314c9191c6c3"
)


def sealed(
    facts: dict[str, Any], table: str, column: str, compartment: str, floor: int = 64, *, generation: int = 1
) -> bytes:
    place = Place(P, table, column, R, C, compartment)
    return seal(AESGCM(compartment_key(CASE_KEY, compartment)), place, generation, facts, floor, nonce=NONCE)


def test_the_compartment_key() -> None:
    answer = "59048c90fe3baac769aa9ca4cfe5ef209661986460bc01653cc06a8df7de95dd"
    assert compartment_key(CASE_KEY, "identity").hex() == answer


@pytest.mark.parametrize(
    "facts, table, column, compartment, floor, length, answer",
    [
        ({"notes": "Ann"}, "case_person", "risk_sealed", "risk", 64, 98,
         "17ef6fd54d3ece59db151d8c7c14ec7ebb81762ce45b7eb02a9911363f2b9a8c"),
        (ANN, "case_person", "identity_sealed", "identity", 256, 290,
         "a726f2b5091ee7418cf4e7c7dcb930ca19ad8bd8d94ce5e53fe3c6f75821430c"),
        ({}, "case_person", "identity_sealed", "identity", 256, 290,
         "99da32dba71646e41ac0b2ea3e42a71ece44f7094c3f2b17f56bff1b70f64af4"),
        ({"shared": "x"}, "research", "research_sealed", RESEARCH, 64, 98,
         "eb155743af822623748834e99fc4dfd30e7ef1f6eb6487ed5b70d7adbe009d7e"),
    ],
    ids=["A", "B", "C", "D"],
)  # fmt: skip
def test_a_sealed_value(
    *, facts: dict[str, Any], table: str, column: str, compartment: str, floor: int, length: int, answer: str
) -> None:
    blob = sealed(facts, table, column, compartment, floor)
    assert (len(blob), sha256(blob).hexdigest()) == (length, answer)


def test_the_associated_data_has_the_stated_lengths() -> None:
    head = bytes.fromhex("c50100000001")
    assert len(aad(Place(P, "case_person", "risk_sealed", R, C, "risk"), head)) == 128
    assert len(aad(Place(P, "case_person", "identity_sealed", R, C, "identity"), head)) == 136


def test_a_deflated_value_opens() -> None:
    cipher = AESGCM(compartment_key(CASE_KEY, "risk"))
    place = Place(P, "case_person", "risk_sealed", R, C, "risk")
    assert open_(cipher, place, bytes.fromhex(E_BLOB)) == {"notes": "ab" * 1000}


def test_padded_lengths() -> None:
    assert [padded_length(n) for n in (63, 64, 1024, 5000, 20000)] == [64, 128, 1088, 5120, 20480]


def test_the_wrapped_case_key() -> None:
    wrapped = wrap_key(
        wrapping_cipher(PARTNERSHIP_KEY, "case"), 1, CASE_KEY, key_context("case", P.bytes, C.bytes, 1), nonce=NONCE
    )
    assert wrapped.hex() == (
        "c60100000001000102030405060708090a0b8c96a33a17ad4022252e5e9834b16d662c07f107b574c16f11f9d8c49fc3d251f1e70e11262febf1b4"
        "5b5485318967e9"
    )


def test_the_partnership_key_under_the_root() -> None:
    context = bound(root_context("partnership", P.bytes, 1))
    wrapped = wrap_key(wrapping_cipher(ROOT_KEY, "root"), 1, PARTNERSHIP_KEY, context, nonce=NONCE)
    assert wrapped.hex() == (
        "c60100000001000102030405060708090a0b72a632c9400bde6073cf7281574a18027c54eae2fb46507433b643fa9b7dee48e6da8a042876f158d2"
        "3613cc6ddb53ca"
    )


def token(family: str, *parts: str) -> str:
    key = blind_index.HMAC(blind_index.index_key(INDEX_KEY, P, family), blind_index.SHA256())
    return blind_index._token(key, parts).hex()


def test_an_index_token() -> None:
    assert token("both-sounds+birth-year", "AN", "KN", "1985") == "4236cb0c057356ef"


SEALED = [
    ("identity", "identity_sealed", 1, 256, {"full_name": "মোসাম্মৎ রাহেলা খাতুন"}, "04b4d38a42419993205bf9befec0299c"),
    ("perpetrator", "identity_sealed", 1, 256, {"full_name": "Tom Smith"}, "17ee5c5f03e124dbb8f89a30d533b4a0"),
    ("children", "identity_sealed", 1, 256, {"full_name": "Zoë", "school": None}, "bbd434c4e68fa11d0f223e3b54fb3032"),
    (
        "location",
        "location_sealed",
        2,
        256,
        {"postcode": "E1 0XX", "known_to_perpetrator": True},
        "68234a695618749684bf4ebc7ee457d6",
    ),
    (
        "contact",
        "contact_sealed",
        258,
        256,
        {"phone": "07700 900123", "safe": False},
        "699b7c52c7641dd4bcd4a3e9d73a2e68",
    ),
    (
        "risk",
        "risk_sealed",
        4294967295,
        64,
        {"score": -9223372036854775808, "most": 9223372036854775807},
        "6ae2cc666076873e152522e2eb0a66d6",
    ),
    (
        "risk",
        "risk_sealed",
        1,
        64,
        {"answers": {"b": [1, None, {"z": "é", "a": ""}], "a": True}},
        "de012b5471ca657bace34224b8e384c0",
    ),
    (
        "minutes",
        "minutes_sealed",
        1,
        64,
        {"text": 'tab\t"quote" \\ \u2028 \x7f 🙂'},
        "7bc4dd7d53867b2a1908b16f9f341ecd",
    ),
    ("actions", "actions_sealed", 1, 64, {"text": "x" * 500}, "20c96e5750f4387bebab31958ea41ff4"),
    ("audit-detail", "audit_detail_sealed", 1, 64, {"reason": "asked"}, "14a522cfbe994008c9a705e820199562"),
    (f"private:{A.hex}", "private_sealed", 1, 64, {"working_note": "n"}, "d04c8944425142798b484c51f0e535ec"),
    (f"draft:{R.hex}", "draft_sealed", 1, 64, {"form": {}}, "e1a6620ee21afeffe0c56ec678adac4f"),
]
WRAPPED = [
    ("works", 1, 1, "337e7f53cc7d0b36bd6a030e0540312b"),
    ("staff", 1, 2, "a34dd47bb8a061cfb9bb5564a96e8440"),
    ("index", 3, 1, "e8ecfd179f819cb3804b92e2a3c5dc04"),
    ("case", 258, 65536, "9c4119cdbd7d9a2ea3939ce3f3d2ec74"),
]
TOKENS = [
    (("name-sound+date", "AN", "19850417"), "edcae313047630be"),
    (("date-less-a-digit+initials", "a", "k", "1985041"), "10f3211ebdbb95a3"),
    (("name-less-a-letter+initial+birth-year", "ann", "k", "1985"), "38e9b598e43e72ab"),
    (("house-number+postcode", "12", "e10xx"), "fd391715d634c8cf"),
    (("phone-last-nine", "700900123"), "21f538960f2c0c49"),
    (("both-sounds+feared-forename", "AN", "KN", "TM"), "1ab1af6ad286fa0b"),
]
SECRETS = [("flask", "aba3182469d12b4177af79cfbe733631"), ("sign-in index", "b330464b50906dc9252f4dcd12d57098")]


def second_lp(*given: bytes) -> bytes:
    return struct.pack(">I", len(given)) + b"".join(struct.pack(">I", len(part)) + part for part in given)


def second_derive(key: bytes, *info: bytes) -> bytes:
    return hmac.digest(key, second_lp(*info) + b"\x01", "sha256")


def second_seal(compartment: str, column: str, generation: int, floor: int, facts: dict[str, Any]) -> bytes:
    present = {key: fact for key, fact in facts.items() if fact is not None}
    text = b"\0" + json.dumps(present, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    length = max(floor, (len(text) // 64 + 1) * 64)
    head = b"\xc5\x01" + generation.to_bytes(4, "big")
    place = [b"marac/aad/v1", head, P.bytes, b"note", column.encode(), R.bytes, C.bytes, compartment.encode()]
    key = second_derive(CASE_KEY, b"marac/comp/v1", compartment.encode())
    padded = text + b"\x80" + bytes(length - len(text) - 1)
    return head + NONCE + AESGCM(key).encrypt(NONCE, padded, second_lp(*place))


@pytest.mark.parametrize("compartment, column, generation, floor, facts, answer", SEALED)
def test_our_sealed_values(
    *, compartment: str, column: str, generation: int, floor: int, facts: dict[str, Any], answer: str
) -> None:
    blob = sealed(facts, "note", column, compartment, floor, generation=generation)
    assert blob == second_seal(compartment, column, generation, floor, facts)
    assert sha256(blob).hexdigest()[:32] == answer


@pytest.mark.parametrize("kind, parent, generation, answer", WRAPPED)
def test_our_wrapped_keys(kind: str, parent: int, generation: int, answer: str) -> None:
    context = key_context(kind, P.bytes, C.bytes, generation)
    wrapped = wrap_key(wrapping_cipher(PARTNERSHIP_KEY, kind), parent, CASE_KEY, context, nonce=NONCE)
    head = b"\xc6\x01" + parent.to_bytes(4, "big")
    place = second_lp(b"marac/wrap/v1", head, kind.encode(), P.bytes, C.bytes, generation.to_bytes(4, "big"))
    key = second_derive(PARTNERSHIP_KEY, b"marac/wrapkey/v1", kind.encode())
    assert wrapped == head + NONCE + AESGCM(key).encrypt(NONCE, CASE_KEY, place)
    assert sha256(wrapped).hexdigest()[:32] == answer


@pytest.mark.parametrize("given_parts, answer", TOKENS)
def test_our_tokens(given_parts: tuple[str, ...], answer: str) -> None:
    family, *rest = given_parts
    key = second_derive(INDEX_KEY, b"marac/bidx/v1", P.bytes, family.encode())
    assert token(*given_parts) == hmac.digest(key, second_lp(*(part.encode() for part in rest)), "sha256")[:8].hex()
    assert token(*given_parts) == answer


@pytest.mark.parametrize("label, answer", SECRETS)
def test_our_deployment_secrets(label: str, answer: str) -> None:
    assert derive(ROOT_KEY, "marac/secret/v1", label).hex()[:32] == answer


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_both_implementations_prefix_alike(given_parts: list[bytes]) -> None:
    assert lp(*given_parts) == second_lp(*given_parts)
