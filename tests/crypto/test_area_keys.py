"""The key of an area: what it seals opens for one other area, and says whose it is (DA-34)."""

import pyrage
import pytest
from cryptography.exceptions import InvalidTag

from marac.crypto import area_keys
from marac.errors import RuleBroken

OLD, NEW, OURS, THEIRS = bytes([1]) * 32, bytes([2]) * 32, b"a" * 16, b"b" * 16


def test_a_file_opens_for_the_area_it_was_sealed_to_and_shows_who_signed_it() -> None:
    us, our_private = area_keys.make_key(OLD, OURS)
    them, their_private = area_keys.make_key(OLD, THEIRS)
    other, other_private = area_keys.make_key(OLD, THEIRS)
    sealed = area_keys.seal_for(them, b"a case", OLD, OURS, our_private)
    assert b"a case" not in sealed
    signature, content = area_keys.open_file(sealed, OLD, THEIRS, [other_private, their_private])
    assert (len(signature), content) == (64, b"a case")
    assert area_keys.signed_by(us, signature, content)
    assert not area_keys.signed_by(us, signature, b"another")
    assert not area_keys.signed_by(other, signature, content)
    assert not area_keys.signed_by("nonsense", signature, content)
    for file, privates in (
        (sealed, [other_private]),
        (sealed, []),
        (sealed[:-1], [their_private]),
        (b"x", [our_private]),
    ):
        with pytest.raises(RuleBroken, match="cannot be opened"):
            area_keys.open_file(file, OLD, THEIRS if privates != [our_private] else OURS, privates)


def test_a_file_that_is_too_large_or_holds_no_more_than_a_signature_is_refused() -> None:
    them, private = area_keys.make_key(OLD, THEIRS)
    recipient = pyrage.x25519.Recipient.from_str(area_keys.read_public(them).partition(".")[0])
    for length, opens in ((63, False), (64, False), (65, True)):
        sealed = pyrage.encrypt(bytes(length), [recipient])
        if opens:
            assert area_keys.open_file(sealed, OLD, THEIRS, [private]) == (bytes(64), b"\0")
        else:
            with pytest.raises(RuleBroken, match="cannot be opened"):
                area_keys.open_file(sealed, OLD, THEIRS, [private])
    for length, said in ((area_keys.MOST_BYTES + 1, "too large"), (area_keys.MOST_BYTES, "cannot be opened")):
        with pytest.raises(RuleBroken, match=said):
            area_keys.open_file(bytes(length), OLD, THEIRS, [private])


def test_a_private_part_opens_under_each_secret_of_the_deployment_until_it_is_resealed_and_only_for_its_owner() -> None:
    public, private = area_keys.make_key(OLD, OURS)
    fresh = area_keys.reseal((NEW, OLD), OURS, private)
    stood = {private: ((OLD,), (NEW, OLD), (OLD, NEW)), fresh: ((NEW,), (NEW, OLD), (OLD, NEW))}
    for held, secrets in stood.items():
        for several in secrets:
            assert area_keys.signed_by(public, area_keys.sign(b"x", several, OURS, held), b"x")
    for secret, owner, held in ((NEW, OURS, private), (OLD, OURS, fresh), (OLD, THEIRS, private)):
        with pytest.raises(InvalidTag):
            area_keys.sign(b"x", secret, owner, held)
    assert area_keys.make_key((NEW, OLD), OURS)[1] != private


def test_a_public_line_is_read_as_it_was_pasted_and_spoken_in_fours() -> None:
    public, _ = area_keys.make_key(OLD, OURS)
    pasted = f" {public[:20]}\n {public[20:]} "
    assert area_keys.read_public(pasted) == public
    assert (
        area_keys.fingerprint(pasted)
        == area_keys.fingerprint(public)
        != area_keys.fingerprint(area_keys.make_key(OLD, OURS)[0])
    )
    spoken = area_keys.fingerprint(public).split(" ")
    assert [len(part) for part in spoken] == [4] * 5
    for wrong in ("", "age1.aa", public.partition(".")[0], public[:-2], public[1:]):
        with pytest.raises(RuleBroken):
            area_keys.read_public(wrong)
