"""The root key in a hardware module: AES-GCM in the module, under a key that cannot leave it.

`pkcs11:token=<label>;object=<label>?module-path=<library>&pin-source=<file>` (RFC 7512). Each version is a secret key
of that label whose id is the version's number. Refuses to keep the PIN: the file is read at each use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import parse_qs, unquote

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PKCS11Error

from marac.crypto.root_keys.secret_file import read_secret
from marac.crypto.root_keys.wrapping import HeldRoot, RootUnavailable

FORM = "pkcs11:token=<label>;object=<label>?module-path=<library>&pin-source=<file>"
_ONE_AT_A_TIME = RLock()  # a module lets one user in at a time
REFUSED = (pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange, pkcs11.GeneralError, pkcs11.DataInvalid)


class Pkcs11Root(HeldRoot):
    """The versions of one label in one token."""

    def __init__(self, where: str) -> None:
        path, _, query = where.partition("?")
        named = {name: unquote(text) for name, _, text in (part.partition("=") for part in path.split(";"))}
        asked = {name: words[0] for name, words in parse_qs(query).items()}
        if not (named.get("token") and named.get("object") and {"module-path", "pin-source"} <= asked.keys()):
            raise RootUnavailable(f"The root key setting must be {FORM}.")
        token = _Token(asked["module-path"], named["token"], Path(asked["pin-source"].removeprefix("file:")))
        super().__init__(f"pkcs11:{named['token']}/{named['object']}"[:80], lambda: _versions(token, named["object"]))


class _Token:
    """A token of a module, opened for each use and closed again."""

    def __init__(self, library: str, label: str, pin_file: Path) -> None:
        self._library, self._label, self._pin_file = library, label, pin_file

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """A session in which the user is signed in. RootUnavailable when there is none to be had."""
        pin = read_secret(self._pin_file, "PIN file").strip()
        with _ONE_AT_A_TIME:
            try:
                session = pkcs11.lib(self._library).get_token(token_label=self._label).open(user_pin=pin)
            except (PKCS11Error, RuntimeError, OSError):
                raise RootUnavailable("The hardware module or its token is not there, or refuses the PIN.") from None
            with session:
                yield session


class _ModuleCipher:
    """AES-GCM of one version, in the module."""

    def __init__(self, token: _Token, label: str, key_id: bytes) -> None:
        self._token, self._label, self._key_id = token, label, key_id

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        """The ciphertext and its tag."""
        return self._ask(lambda key, how: key.encrypt(data, **how), nonce, associated_data)

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        """The plaintext; ValueError if it does not open."""
        return self._ask(lambda key, how: key.decrypt(data, **how), nonce, associated_data)

    def _ask(self, act: Callable[[Any, dict[str, Any]], bytes], nonce: bytes, bound: bytes | None) -> bytes:
        how = {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(nonce, bound, 128)}
        with self._token.opened() as session:
            try:
                key = session.get_key(key_type=KeyType.AES, label=self._label, id=self._key_id)
                return bytes(act(key, how))
            except REFUSED:
                failure: Exception = ValueError("The module does not open this.")
            except PKCS11Error:
                failure = RootUnavailable("The hardware module does not do its work with the root key.")
        raise failure


def _versions(token: _Token, label: str) -> Mapping[int, _ModuleCipher]:
    """A cipher for each version that stands in the token."""
    with token.opened() as session:
        wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: label}
        try:
            ids = [bytes(key[Attribute.ID]) for key in session.get_objects(wanted)]
        except PKCS11Error:
            raise RootUnavailable("The hardware module does not show its keys.") from None
    found = {int.from_bytes(one, "big"): _ModuleCipher(token, label, one) for one in ids if one}
    if not found:
        raise RootUnavailable("The token holds no root key of this label.")
    return found
