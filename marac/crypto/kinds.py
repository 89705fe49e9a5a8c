"""The kinds of value a sealed field may hold, and their form in the document. It refuses any other, naming no value."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from marac.errors import IntegrityFailure

AS_IT_IS = frozenset({str, int, bool})


def encode(kind: type[Any], value: Any) -> Any:
    """The JSON form of a value of a kind. Raises TypeError or ValueError, which name the kind and never the value."""
    if value is None:
        return None
    if kind is list:
        fits = isinstance(value, list | tuple)
    elif kind is dict:
        fits = isinstance(value, Mapping)
    elif kind in (int, date):
        fits = type(value) is kind
    elif issubclass(kind, StrEnum):
        fits = isinstance(value, str) and value in kind.__members__.values()
    else:
        fits = isinstance(value, kind)
    if not fits:
        raise TypeError(f"A value of type {type(value).__name__} is not a {kind.__name__}.")
    return _ENCODE.get(kind, str)(value)


def decode(kind: type[Any], value: Any) -> Any:
    """The value of a kind from its JSON form."""
    if kind in AS_IT_IS:
        return value
    try:
        return _DECODE.get(kind, kind)(value)
    except (ValueError, TypeError, ArithmeticError):
        raise IntegrityFailure(f"A sealed {kind.__name__} does not read as one.") from None


def _encode_datetime(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("A time to be sealed needs its time zone.")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _encode_bytes(value: bytes) -> str:
    return b64encode(value).decode()


def _encode_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError("A number to be sealed must be finite.")
    return str(value)


def _thaw(value: Any) -> Any:
    """Plain lists and objects from frozen ones."""
    if isinstance(value, Mapping):
        return {str(key): _thaw(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_thaw(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


def _freeze(value: Any) -> Any:
    """Tuples and read-only mappings: a change made inside a returned value would be lost without a word."""
    if type(value) is list:
        return tuple(_freeze(inner) for inner in value)
    if type(value) is dict:
        return MappingProxyType({key: _freeze(inner) for key, inner in value.items()})
    return value


def _same(value: Any) -> Any:
    return value


_ENCODE: dict[type[Any], Any] = {
    int: _same,
    bool: _same,
    bytes: _encode_bytes,
    date: date.isoformat,
    datetime: _encode_datetime,
    Decimal: _encode_decimal,
    UUID: str,
    list: _thaw,
    dict: _thaw,
}
_DECODE: dict[type[Any], Any] = {
    bytes: b64decode,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    list: _freeze,
    dict: _freeze,
}
