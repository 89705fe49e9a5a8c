"""Fifty rows of eight fields: sealed, through the ORM and through Core, against plain columns through the ORM."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marac import access
from marac.bench.place import FIELDS, Place, PlainPerson
from marac.bench.timing import Race
from marac.crypto import vault
from marac.crypto.fields import open_many, sealed_columns
from marac.models import CasePerson

LISTS = 8


def races(place: Place) -> list[Race]:
    """ORM against ORM, then Core with one case's key at hand and with fifty keys to unwrap in the request."""
    one, fifty = (place.crowded_id,), place.case_ids
    plain = _plain(place, one)
    return [
        Race("sealed list through the ORM 50 x 8", 1.1, _at_hand(place, one, orm_rows), plain, 1, LISTS),
        Race("sealed list through Core, keys at hand", 0.65, _at_hand(place, one, core_rows), plain, 1, LISTS),
        Race(
            "sealed list through Core, 50 case keys unwrapped", 1.0,
            _unwrapped(place, fifty), _plain(place, fifty), 1, LISTS,
        ),
    ]  # fmt: skip


Rows = Callable[[Session, tuple[UUID, ...]], int]


def _at_hand(place: Place, case_ids: tuple[UUID, ...], rows: Rows) -> Callable[[], None]:
    """Lists read one after another in a unit of work that has its keys."""

    def read() -> None:
        with vault.unit(place.house.keyring) as unit:
            access.open_for("match", place.actor.partnership_id, case_ids)
            unit.prefetch(place.actor.partnership_id, case_ids)
            for _ in range(LISTS):
                with place.house.reader() as session:
                    rows(session, case_ids)

    return read


def _unwrapped(place: Place, case_ids: tuple[UUID, ...]) -> Callable[[], None]:
    """Each list in a unit of work of its own, which fetches and unwraps a key per row."""

    def read() -> None:
        for _ in range(LISTS):
            with vault.unit(place.house.keyring), place.house.reader() as session:
                access.open_for("match", place.actor.partnership_id, case_ids)
                core_rows(session, case_ids)

    return read


def _plain(place: Place, case_ids: tuple[UUID, ...]) -> Callable[[], None]:
    """The rival: the same lists from plain columns through the ORM."""

    def read() -> None:
        for _ in range(LISTS):
            with place.house.reader() as session:
                plain_rows(session, case_ids)

    return read


def orm_rows(session: Session, case_ids: tuple[UUID, ...]) -> int:
    """Entities, opened attribute by attribute."""
    query = select(CasePerson).where(CasePerson.case_id.in_(case_ids))
    return _touch(session.scalars(query).all())


def core_rows(session: Session, case_ids: tuple[UUID, ...]) -> int:
    """Rows, opened together."""
    query: Select[Any] = select(*sealed_columns(CasePerson, "identity"), CasePerson.position)
    rows = session.execute(query.where(CasePerson.case_id.in_(case_ids))).all()
    return sum(len([person[name] for name in FIELDS]) for person in open_many(CasePerson, "identity", rows))


def plain_rows(session: Session, case_ids: tuple[UUID, ...]) -> int:
    """Entities with plain columns."""
    return _touch(session.scalars(select(PlainPerson).where(PlainPerson.case_id.in_(case_ids))).all())


def _touch(people: Any) -> int:
    return sum(len([getattr(person, name) for name in FIELDS]) for person in people)
