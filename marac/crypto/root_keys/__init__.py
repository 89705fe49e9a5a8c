"""The root of all keys: what a provider must be able to do, and which provider a setting names.

It refuses to start on a root that is missing, readable by others or wrong; nothing here ever shows a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from marac.crypto.root_keys.file import FileRoot
from marac.crypto.root_keys.passphrase import PassphraseRoot
from marac.crypto.root_keys.wrapping import RootCorrupt, RootFailure, RootRefused, RootUnavailable, Wrapped

__all__ = ["FileRoot", "PassphraseRoot", "RootCorrupt", "RootFailure", "RootKey", "RootRefused", "RootUnavailable"]
__all__ += ["Wrapped", "root_from"]


class RootKey(Protocol):
    """A provider wraps and unwraps the deployment and partnership keys, each bound to its context of opaque ids."""

    @property
    def id(self) -> str:
        """A name for the key store's rows, such as "file"."""

    def wrap(self, key: bytes, context: Mapping[str, str]) -> Wrapped:
        """Wrap 32 bytes under the newest version of the root."""

    def unwrap(self, wrapped: Wrapped, context: Mapping[str, str]) -> bytes:
        """The key inside. Raises RootUnavailable, RootRefused or RootCorrupt."""

    def unwrap_many(self, several: Sequence[tuple[Wrapped, Mapping[str, str]]]) -> list[bytes]:
        """The keys in the order asked; the first that does not open raises."""

    def selftest(self) -> None:
        """Wrap and unwrap a canary; raises if the root does not work."""


def root_from(
    setting: str, *, passphrase_reader: Callable[[], str] | None = None, databases: Iterable[Path] = ()
) -> RootKey:
    """The root that a setting such as `file:/etc/marac/root.key` or `passphrase:/etc/marac/root.salt` names.

    `databases` are the SQLite files that the root file must not lie beside.
    """
    provider, _, where = setting.partition(":")
    if provider == "file" and where:
        return FileRoot(Path(where), databases)
    if provider == "passphrase" and where and passphrase_reader is not None:
        return PassphraseRoot(Path(where), passphrase_reader)
    raise RootUnavailable("The root key setting must be file:<path>, or passphrase:<salt file> with someone to ask.")
