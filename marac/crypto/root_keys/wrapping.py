"""What the providers that hold their root in memory share: the wrapped form, its context, and how failure is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

from marac.crypto.envelope import KEY, WRAPPED, header_generation, lp, unwrap_key, wrap_key, wrapping_cipher
from marac.errors import ConfigurationError, IntegrityFailure


class RootFailure(ConfigurationError):
    """The root key did not do its work, so nothing opens. Carries no key and no value."""


class RootUnavailable(RootFailure):
    """The root cannot be reached or read."""


class RootRefused(RootFailure):
    """The root is there but does not open this: another root, another version, another context."""


class RootCorrupt(RootFailure):
    """What should be a wrapped key is not one."""


class Wrapped(NamedTuple):
    """A key as wrapped by a root."""

    root_id: str
    root_version: int
    blob: bytes


class HeldRoot:
    """Root keys held in this process, by version; the newest wraps, all open. They cannot be printed or pickled."""

    def __init__(self, root_id: str, versions: Mapping[int, bytes]) -> None:
        self.id = root_id
        self._ciphers = {version: wrapping_cipher(key, "root") for version, key in versions.items()}
        self._newest = max(self._ciphers)

    def __repr__(self) -> str:
        return f"<root {self.id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A root key is not copied.")

    def wrap(self, key: bytes, context: Mapping[str, str]) -> Wrapped:
        """Wrap 32 bytes under the newest version."""
        if len(key) != KEY:
            raise ValueError("Only 32-byte keys are wrapped.")
        blob = wrap_key(self._ciphers[self._newest], self._newest, key, root_context(context))
        return Wrapped(self.id, self._newest, blob)

    def unwrap(self, wrapped: Wrapped, context: Mapping[str, str]) -> bytes:
        """The key inside, under the version that its header names."""
        try:
            version = header_generation(wrapped.blob, WRAPPED)
        except IntegrityFailure:
            raise RootCorrupt("A key in the key store is not a wrapped key.") from None
        cipher = self._ciphers.get(version)
        if cipher is None or wrapped.root_id != self.id or wrapped.root_version != version:
            raise RootRefused(f"A key in the key store is wrapped by {wrapped.root_id} {wrapped.root_version}.")
        try:
            return unwrap_key(cipher, wrapped.blob, root_context(context))
        except IntegrityFailure:
            raise RootRefused("The root key is not the one that this key store was made with.") from None

    def unwrap_many(self, several: Sequence[tuple[Wrapped, Mapping[str, str]]]) -> list[bytes]:
        """The keys in the order asked."""
        return [self.unwrap(wrapped, context) for wrapped, context in several]

    def selftest(self) -> None:
        """Wrap and unwrap a canary."""
        canary, context = bytes(KEY), {"kind": "canary"}
        if self.unwrap(self.wrap(canary, context), context) != canary:
            raise RootRefused("The root key does not open what it wraps.")


def root_context(context: Mapping[str, str]) -> bytes:
    """The context as it is bound: LP("root", LP(key, value, ... in key order))."""
    return lp("root", lp(*(word for key in sorted(context) for word in (key, context[key]))))
