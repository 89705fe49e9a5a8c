"""What root providers share: the wrapped form, its context, the proof at start, and how failure is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import NamedTuple, NoReturn, Protocol

from marac.crypto.envelope import KEY, WRAPPED, Cipher, header_generation, lp, unwrap_key, wrap_key
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


class Provider(Protocol):
    """What the proof at start asks of a root."""

    def wrap(self, key: bytes, context: Mapping[str, str]) -> Wrapped:
        """Wrap 32 bytes."""

    def unwrap(self, wrapped: Wrapped, context: Mapping[str, str]) -> bytes:
        """The key inside."""


SLOWEST = 5.0  # seconds that a root may take to prove itself, and a key service to answer
CANARY, ELSEWHERE = {"kind": "canary"}, {"kind": "elsewhere"}


def prove(root: Provider) -> None:
    """Wrap and unwrap a canary in time, and see that another context is refused. RootFailure, and nothing starts."""
    began, canary = monotonic(), bytes(KEY)
    wrapped = root.wrap(canary, CANARY)
    if root.unwrap(wrapped, CANARY) != canary:
        raise RootRefused("The root key does not open what it wraps.")
    if _opens(root, wrapped):
        raise RootRefused("The root key opens a key out of its place: it does not bind the context (derived=true).")
    if monotonic() - began >= SLOWEST:
        raise RootUnavailable(f"The root key took {SLOWEST:.0f} seconds or more to answer. Nothing was started.")


def _opens(root: Provider, wrapped: Wrapped) -> bool:
    try:
        root.unwrap(wrapped, ELSEWHERE)
    except (RootRefused, RootCorrupt):
        return False
    return True


def only_keys(key: bytes) -> bytes:
    """A key as it is; ValueError for anything but 32 bytes."""
    if len(key) != KEY:
        raise ValueError("Only 32-byte keys are wrapped.")
    return key


class HeldRoot:
    """Ciphers of the root by version, held in this process or in a module beside it; the newest wraps, all open.

    `read` is asked again when a version is met that was added since. A root cannot be printed or pickled.
    """

    def __init__(self, root_id: str, read: Callable[[], Mapping[int, Cipher]]) -> None:
        self.id = root_id
        self._read = read
        self._ciphers = read()

    def __repr__(self) -> str:
        return f"<root {self.id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A root key is not copied.")

    def wrap(self, key: bytes, context: Mapping[str, str]) -> Wrapped:
        """Wrap 32 bytes under the newest version."""
        newest = max(self._ciphers)
        blob = wrap_key(self._ciphers[newest], newest, only_keys(key), root_context(context))
        return Wrapped(self.id, newest, blob)

    def unwrap(self, wrapped: Wrapped, context: Mapping[str, str]) -> bytes:
        """The key inside, under the version that its header names."""
        try:
            version = header_generation(wrapped.blob, WRAPPED)
        except IntegrityFailure:
            raise RootCorrupt("A key in the key store is not a wrapped key.") from None
        if wrapped.root_id != self.id or wrapped.root_version != version:
            raise RootRefused(f"A key in the key store is wrapped by {wrapped.root_id} {wrapped.root_version}.")
        if version not in self._ciphers:
            self.read_again()
        cipher = self._ciphers.get(version)
        if cipher is None:
            raise RootRefused(f"A key in the key store is wrapped by {wrapped.root_id} {wrapped.root_version}.")
        try:
            return unwrap_key(cipher, wrapped.blob, root_context(context))
        except IntegrityFailure:
            raise RootRefused("The root key is not the one that this key store was made with.") from None

    def unwrap_many(self, several: Sequence[tuple[Wrapped, Mapping[str, str]]]) -> list[bytes]:
        """The keys in the order asked."""
        return [self.unwrap(wrapped, context) for wrapped, context in several]

    def rewrap(self, wrapped: Wrapped, context: Mapping[str, str]) -> Wrapped:
        """The same key under the newest version."""
        return self.wrap(self.unwrap(wrapped, context), context)

    def newest(self) -> tuple[str, int]:
        """The id and version that wrap now."""
        return self.id, max(self._ciphers)

    def read_again(self) -> None:
        """Meet versions that were added since the start."""
        self._ciphers = self._read()

    def selftest(self) -> None:
        """Prove that it works."""
        prove(self)


def root_context(context: Mapping[str, str]) -> bytes:
    """The context as it is bound: LP("root", LP(key, value, ... in key order))."""
    return lp("root", lp(*(word for key in sorted(context) for word in (key, context[key]))))
