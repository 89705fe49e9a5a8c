"""Roots while one follows another: the first wraps, each opens what is its own. It refuses what is nobody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn, Protocol

from marac.crypto.root_keys.wrapping import RootFailure, RootRefused, Wrapped

Facts = Mapping[str, str]


class Root(Protocol):
    """A root among others."""

    @property
    def id(self) -> str:
        """Its name."""

    def wrap(self, key: bytes, context: Facts) -> Wrapped:
        """Wrap 32 bytes."""

    def unwrap(self, wrapped: Wrapped, context: Facts) -> bytes:
        """The key inside."""

    def newest(self) -> tuple[str, int]:
        """The id and version that wrap now."""

    def selftest(self) -> None:
        """Prove that it works."""


class SeveralRoots:
    """The roots of a setting that names more than one."""

    def __init__(self, roots: Sequence[Root]) -> None:
        self._roots = tuple(roots)
        self.id = roots[0].id

    def __repr__(self) -> str:
        return f"<root {' | '.join(root.id for root in self._roots)}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A root key is not copied.")

    def wrap(self, key: bytes, context: Facts) -> Wrapped:
        """Wrap 32 bytes under the first."""
        return self._roots[0].wrap(key, context)

    def unwrap(self, wrapped: Wrapped, context: Facts) -> bytes:
        """The key inside, opened by the one that wrapped it: two root files bear one name."""
        failure: RootFailure = RootRefused(f"A key is wrapped by {wrapped.root_id} {wrapped.root_version}.")
        for root in self._roots:
            if root.id == wrapped.root_id:
                try:
                    return root.unwrap(wrapped, context)
                except RootRefused as refused:
                    failure = refused
        raise failure

    def unwrap_many(self, several: Sequence[tuple[Wrapped, Facts]]) -> list[bytes]:
        """The keys in the order asked."""
        return [self.unwrap(wrapped, context) for wrapped, context in several]

    def rewrap(self, wrapped: Wrapped, context: Facts) -> Wrapped:
        """The same key under the first."""
        return self.wrap(self.unwrap(wrapped, context), context)

    def newest(self) -> tuple[str, int]:
        """The id and version that wrap now."""
        return self._roots[0].newest()

    def selftest(self) -> None:
        """Every one of them proves itself."""
        for root in self._roots:
            root.selftest()
