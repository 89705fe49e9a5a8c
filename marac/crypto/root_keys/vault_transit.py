"""The root key in HashiCorp Vault's transit engine, or OpenBao's: it never leaves there, and each use is logged there.

`vault-transit:https://host:8200/transit/marac?approle=FILE` (or `token=FILE`; `namespace=` too). The file, of mode
0400, holds the role id and the secret id, or the token. Refuses plain http but to this machine, and a key that was made
without derived=true.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qs, urlsplit

import hvac
from hvac import exceptions
from requests.exceptions import RequestException

from marac.crypto.root_keys.secret_file import read_secret
from marac.crypto.root_keys.wrapping import (
    SLOWEST,
    RootCorrupt,
    RootRefused,
    RootUnavailable,
    Wrapped,
    only_keys,
    prove,
    root_context,
)

FORM = "vault-transit:https://<host>/<mount>/<key>?approle=<file> (or token=<file>)"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
Facts = Mapping[str, str]
T = TypeVar("T")


class VaultTransitRoot:
    """One transit key. What it wraps is kept as bytes; the version stands beside it in the key store."""

    def __init__(self, where: str) -> None:
        address = urlsplit(where)
        asked = {name: words[0] for name, words in parse_qs(address.query).items()}
        self._mount, _, self._key = address.path.strip("/").rpartition("/")
        self._file, self._by_role = asked.get("approle") or asked.get("token", ""), "approle" in asked
        safe = address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK)
        if not (safe and self._mount and self._key and self._file):
            raise RootUnavailable(f"The root key setting must be {FORM}.")
        self.id = f"vault:{self._mount}/{self._key}"[:80]
        self._client: Any = hvac.Client(
            url=f"{address.scheme}://{address.netloc}", timeout=SLOWEST, allow_redirects=False,
            namespace=asked.get("namespace"),
        )  # fmt: skip
        self._client.token = None

    def __repr__(self) -> str:
        return f"<root {self.id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A root key is not copied.")

    def wrap(self, key: bytes, context: Facts) -> Wrapped:
        """Wrap 32 bytes under the newest version of the transit key."""
        plain = b64encode(only_keys(key)).decode()
        answer = self._ask("encrypt_data", plaintext=plain, context=_bound(context))
        return self._wrapped(answer["ciphertext"])

    def unwrap(self, wrapped: Wrapped, context: Facts) -> bytes:
        """The key inside."""
        return self.unwrap_many([(wrapped, context)])[0]

    def unwrap_many(self, several: Sequence[tuple[Wrapped, Facts]]) -> list[bytes]:
        """The keys in the order asked, in one call."""
        batch = [{"ciphertext": self._text(wrapped), "context": _bound(context)} for wrapped, context in several]
        if not batch:
            return []
        results = self._ask("decrypt_data", batch_input=batch)["batch_results"]
        if len(results) != len(batch) or any(one.get("error") or "plaintext" not in one for one in results):
            raise RootRefused("The root key is not the one that this key store was made with.")
        return [only_keys(b64decode(one["plaintext"])) for one in results]

    def rewrap(self, wrapped: Wrapped, context: Facts) -> Wrapped:
        """The same key under the newest version; it is not shown to this process."""
        return self._wrapped(
            self._ask("rewrap_data", ciphertext=self._text(wrapped), context=_bound(context))["ciphertext"]
        )

    def newest(self) -> tuple[str, int]:
        """The id and version that wrap now."""
        wrapped = self.wrap(bytes(32), {"kind": "canary"})
        return wrapped.root_id, wrapped.root_version

    def selftest(self) -> None:
        """Prove that it works; a key that does not bind its context is refused."""
        prove(self)

    def _text(self, wrapped: Wrapped) -> str:
        if wrapped.root_id != self.id:
            raise RootRefused(f"A key in the key store is wrapped by {wrapped.root_id} {wrapped.root_version}.")
        return f"vault:v{wrapped.root_version}:{b64encode(wrapped.blob).decode()}"

    def _wrapped(self, ciphertext: str) -> Wrapped:
        try:
            _, version, text = ciphertext.split(":", 2)
            return Wrapped(self.id, int(version.removeprefix("v")), b64decode(text, validate=True))
        except ValueError:
            raise RootCorrupt("The key service answered in a form that is not known.") from None

    def _ask(self, verb: str, **facts: Any) -> dict[str, Any]:
        """One call; signs in first, and again when the service has forgotten us."""
        if self._client.token is None:
            _plainly(self._sign_in)
        transit = self._client.secrets.transit

        def call() -> dict[str, Any]:
            answer: dict[str, Any] = getattr(transit, verb)(name=self._key, mount_point=self._mount, **facts)["data"]
            return answer

        try:
            return _plainly(call)
        except _SignedOut:
            _plainly(self._sign_in)
            return _plainly(call)

    def _sign_in(self) -> None:
        words = read_secret(Path(self._file)).split()
        if not self._by_role:
            self._client.token = words[0]
        elif len(words) != 2:
            raise RootUnavailable(f"The file {self._file} must hold the role id and the secret id.")
        else:
            answer = self._client.auth.approle.login(role_id=words[0], secret_id=words[1], use_token=False)
            self._client.token = answer["auth"]["client_token"]


class _SignedOut(RootUnavailable):
    """The service does not know us, or not any more."""


def _bound(context: Facts) -> str:
    return b64encode(root_context(context)).decode()


def _plainly(call: Callable[[], T]) -> T:
    """A call, with the service's failures said in our words: theirs may repeat what was sent."""
    try:
        return call()
    except exceptions.InvalidRequest:
        failure: Exception = RootRefused("The root key is not the one that this key store was made with.")
    except (exceptions.Forbidden, exceptions.Unauthorized):
        failure = _SignedOut("The key service does not let this service use the root key.")
    except (exceptions.VaultError, RequestException, OSError):
        failure = RootUnavailable(
            "The key service that holds the root key cannot be reached, is sealed, or is too slow."
        )
    except (KeyError, TypeError, ValueError):
        failure = RootCorrupt("The key service answered in a form that is not known.")
    raise failure
