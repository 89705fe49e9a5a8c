"""What every record stands on: Base, column types, engines and sessions.

It refuses native enums, naive times, pickled records and positional facts; it knows no record and no rule.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

from marac.crypto import fields
from marac.crypto.keystore import make_engine

__all__ = ["Base", "Sessions", "UtcDateTime", "describe", "make_engine", "make_sessions", "word"]

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
LONGEST_WORD = 40


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in, an aware UTC time out; SQLite keeps it naive, in UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without its time zone was to be stored.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(words: type[StrEnum], name: str | None = None) -> sa.Enum:
    """A column of words: the string value in a VARCHAR, with a CHECK named after the enum or `name`."""
    return sa.Enum(
        words,
        name=name or re.sub(r"(?<!^)(?=[A-Z])", "_", words.__name__).lower(),
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=LONGEST_WORD,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Every record: its id is given before anything else, and it carries a version unless `__unversioned__`."""

    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), UUID: sa.Uuid(), StrEnum: word(StrEnum)}

    __unversioned__: ClassVar[bool] = False
    if TYPE_CHECKING:
        version_id: Mapped[int]

    id: Mapped[UUID] = mapped_column(sa.Uuid(), primary_key=True, sort_order=-2)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if not (cls.__unversioned__ or vars(cls).get("__abstract__")):
            version = mapped_column(sa.Integer, nullable=False, sort_order=-1)
            cls.version_id = version
            cls.__mapper_args__ = {**getattr(cls, "__mapper_args__", {}), "version_id_col": version}
        fields.declare(cls)
        super().__init_subclass__(**kwargs)
        fields.watch(cls)

    def __init__(self, **facts: Any) -> None:
        cls = type(self)
        unknown = [name for name in facts if not hasattr(cls, name)]
        if unknown:
            raise TypeError(f"{cls.__name__} has no {', '.join(unknown)}.")
        self.id = facts.pop("id", None) or uuid4()
        sealed = fields.shape_of(cls).fields if cls in fields.models() else {}
        for name, fact in facts.items():
            if name not in sealed:
                setattr(self, name, fact)
        if sealed:
            fields.birth(self, {name: fact for name, fact in facts.items() if name in sealed})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__dict__.get('id')}>"

    def __getstate__(self) -> NoReturn:
        raise TypeError("A record does not leave its unit of work.")


class Sessions(NamedTuple):
    """Two ways to begin: `reader` deferred, `writer` with the write lock at once (BEGIN IMMEDIATE on SQLite)."""

    reader: sessionmaker[Session]
    writer: sessionmaker[Session]


def make_sessions(engine: Engine) -> Sessions:
    """The session makers of an engine, both of which refuse bulk writes of sealed records."""
    reader = sessionmaker(engine, info={"writer": False})
    writer = sessionmaker(engine.execution_options(begin="immediate"), info={"writer": True})
    for maker in (reader, writer):
        event.listen(maker, "do_orm_execute", fields.refuse_bulk)
    return Sessions(reader, writer)


def describe(error: DBAPIError) -> str:
    """What a log may say of a database error: SQLSTATE and constraint, never its text or parameters."""
    original = error.orig
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    state = code or type(original).__name__
    constraint = getattr(getattr(original, "diag", None), "constraint_name", None)
    return f"{state} {constraint}" if constraint else str(state)
