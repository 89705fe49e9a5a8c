"""The column type of sealed values: it takes nothing else and refuses every comparison."""

from __future__ import annotations

from typing import Any, NoReturn

from sqlalchemy.engine import Dialect
from sqlalchemy.types import LargeBinary, TypeDecorator

from marac.crypto.envelope import SEALED, SMALLEST_SEALED

CHECKS = {
    "sqlite": f"hex(substr({{0}},1,1))='C5' and length({{0}})>={SMALLEST_SEALED}",
    "postgresql": f"get_byte({{0}},0)=197 and length({{0}})>={SMALLEST_SEALED}",
}


class SealedBytes(TypeDecorator[bytes]):
    """A column of sealed values."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Stop whatever is not a sealed value, by whichever road it comes."""
        if type(value) is not bytes or len(value) < SMALLEST_SEALED or value[0] != SEALED:
            raise TypeError("Only sealed values go into a sealed column.")
        return value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Bytes, never a view, so that the same value stays the same object."""
        return None if value is None else bytes(value)

    class comparator_factory(TypeDecorator.Comparator[bytes]):  # noqa: N801 - SQLAlchemy's own name
        """Refuses every comparison: it would find nothing, without a word."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> NoReturn:
            """Refuse."""
            raise TypeError("A sealed column cannot be compared.")

        reverse_operate = operate
