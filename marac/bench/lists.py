"""Fifty rows of eight fields: sealed, through the ORM and through Core, against plain columns through the ORM."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, load_only

from marac import access
from marac.bench.place import FIELDS, Place, PlainPerson
from marac.bench.timing import Race
from marac.crypto import vault
from marac.crypto.fields import open_many, sealed_columns
from marac.models import CasePerson

SEALED_ROW = load_only(
    CasePerson.id, CasePerson.partnership_id, CasePerson.case_id, CasePerson.role, CasePerson.position,
    CasePerson.version_id, CasePerson.identity_sealed,  # type: ignore[attr-defined]
)  # fmt: skip


def races(place: Place) -> list[Race]:
    """ORM against ORM, then Core with one case's key and with fifty keys to unwrap in the request."""
    one, fifty = (place.crowded_id,), place.case_ids
    plain_one = _reading(place, one, plain_rows)
    plain_fifty = _reading(place, fifty, plain_rows)
    return [
        Race("sealed list through the ORM 50 x 8", 1.1, _reading(place, one, orm_rows), plain_one, 4),
        Race("sealed list through Core, keys at hand", 0.65, _reading(place, one, core_rows), plain_one, 4),
        Race(
            "sealed list through Core, 50 case keys unwrapped", 1.0, _reading(place, fifty, core_rows), plain_fifty, 4
        ),
    ]


def _reading(
    place: Place, case_ids: tuple[UUID, ...], rows: Callable[[Session, tuple[UUID, ...]], int]
) -> Callable[[], int]:
    """One request's worth: a session, a unit of work with its grants, and every field touched."""

    def read() -> int:
        with vault.unit(place.house.keyring), place.house.reader() as session:
            access.open_for("match", place.actor.partnership_id, case_ids)
            return rows(session, case_ids)

    return read


def orm_rows(session: Session, case_ids: tuple[UUID, ...]) -> int:
    """Entities, opened attribute by attribute."""
    query = select(CasePerson).where(CasePerson.case_id.in_(case_ids)).options(SEALED_ROW)
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
