"""Opening one short field, with its place and its words, against nothing but the cipher's own call."""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from marac import access
from marac.bench.place import Place
from marac.bench.timing import Race
from marac.crypto import vault
from marac.crypto.envelope import HEADER
from marac.models import CasePerson

ROWS = 1000
NONCE = 12


def races(place: Place) -> list[Race]:
    """A thousand values of 64 bytes of one case, opened as a list does; per value."""
    owner, row_id = place.crowded_id, CasePerson.__name__
    with vault.unit(place.house.keyring) as unit:
        access.open_for("load", place.actor.partnership_id, [owner])
        key = AESGCM.generate_key(256)
        cipher, associated = AESGCM(key), bytes(136)
        where = vault.Place(place.actor.partnership_id, "case_person", "risk_sealed", owner, owner, "risk", "case")
        blob = unit.seal(where, {"notes": "thirty-two letters of a narrative"})
    bare = cipher.encrypt(bytes(NONCE), bytes(64), associated)
    rows = [(owner.hex, place.actor.partnership_id.hex, owner.hex, None, blob)] * ROWS

    def opened() -> int:
        with vault.unit(place.house.keyring) as unit:
            access.open_for("load", place.actor.partnership_id, [owner])
            return len(unit.open_rows("case", "case_person", "risk_sealed", lambda _by: "risk", rows))

    def decrypted() -> int:
        nonce = bytes(NONCE)
        return len([cipher.decrypt(nonce, bare, associated) for _ in range(ROWS)])

    assert len(blob) - HEADER - NONCE - 16 == 64, row_id  # noqa: S101 - a race about another length says nothing
    return [Race("open a 64-byte field against the AESGCM call itself", 2.1, opened, decrypted, 2, ROWS)]
