"""The root of all keys: what a provider must be able to do, and which provider a setting names.

It refuses to start on a root that is missing, readable by others or wrong; nothing here ever shows a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from marac.crypto.root_keys.file import FileRoot
from marac.crypto.root_keys.passphrase import PassphraseRoot
from marac.crypto.root_keys.several import SeveralRoots
from marac.crypto.root_keys.wrapping import RootCorrupt, RootFailure, RootRefused, RootUnavailable, Wrapped

__all__ = ["FileRoot", "PassphraseRoot", "RootCorrupt", "RootFailure", "RootKey", "RootRefused", "RootUnavailable"]
__all__ += ["BESIDE", "SeveralRoots", "Wrapped", "root_from"]

BESIDE = "|"  # between the roots of a setting that names more than one
# provider -> (module, class, extra): each needs a package that not everybody installs
EXTRAS = {
    "vault-transit": ("vault_transit", "VaultTransitRoot", "vault"),
    "aws-kms": ("aws_kms", "AwsKmsRoot", "aws"),
    "pkcs11": ("pkcs11", "Pkcs11Root", "pkcs11"),
}


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

    def rewrap(self, wrapped: Wrapped, context: Mapping[str, str]) -> Wrapped:
        """The same key under the newest version."""

    def newest(self) -> tuple[str, int]:
        """The id and version that wrap now."""

    def selftest(self) -> None:
        """Wrap and unwrap a canary; raises if the root does not work."""


def root_from(
    setting: str, *, passphrase_reader: Callable[[], str] | None = None, databases: Iterable[Path] = ()
) -> RootKey:
    """The root that a setting such as `file:/etc/marac/root.key` or `passphrase:/etc/marac/root.salt` names.

    `new | old` names two while one follows the other. `databases` are the SQLite files that the root file must not lie
    beside.
    """
    if BESIDE in setting:
        roots = [root_from(one.strip(), passphrase_reader=passphrase_reader, databases=databases)
                 for one in setting.split(BESIDE)]  # fmt: skip
        return SeveralRoots(roots)
    provider, _, where = setting.partition(":")
    if provider == "file" and where:
        return FileRoot(Path(where), databases)
    if provider == "passphrase" and where and passphrase_reader is not None:
        return PassphraseRoot(Path(where), passphrase_reader)
    if provider in EXTRAS and where:
        return _from_extra(*EXTRAS[provider], where)
    raise RootUnavailable(
        "The root key setting must be file:<path>, passphrase:<salt file> with someone to ask, vault-transit:<address>,"
        " aws-kms:<key> or pkcs11:<token>."
    )


def _from_extra(module: str, name: str, extra: str, where: str) -> RootKey:
    """A provider whose package comes with an extra of the installation."""
    try:
        made = import_module(f"marac.crypto.root_keys.{module}")
    except ImportError:
        raise RootUnavailable(f"This root key needs the extra package: install marac[{extra}].") from None
    return cast(RootKey, getattr(made, name)(where))
