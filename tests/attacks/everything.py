"""Every sealed value of a deployment, opened with every grant there is: what a reader of all cases would meet."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import LargeBinary, null, select, type_coerce
from sqlalchemy.orm import Session

from marac.crypto import fields, vault
from marac.crypto.envelope import Place
from marac.services.keeping.deployment import Deployment


class Value(NamedTuple):
    """One sealed value: its model, where it stands, and its bytes."""

    model: Any
    place: Place
    blob: bytes


def values(session: Session, only: Any = None) -> Iterator[Value]:
    """Every sealed value as it stands in the database."""
    for model in fields.models():
        if only in (None, model) and hasattr(model, "__table__") and not model.__table__.name.startswith("t_"):
            yield from _of(session, model)


def _of(session: Session, model: Any) -> Iterator[Value]:
    shape, c = fields.shape_of(model), model.__table__.c
    for column, members in shape.columns.items():
        by, declared = members[0].by, members[0].compartment
        wanted = (c.id, c.partnership_id, c[shape.owner], c[by] if by else null(), type_coerce(c[column], LargeBinary))
        for row_id, partnership, owner, value, blob in session.execute(select(*wanted)).all():
            name = fields.compartment_of(declared, by, value)
            yield Value(model, Place(partnership, shape.table, column, row_id, owner, name, shape.kind), blob)


def open_value(unit: vault.Unit, value: Value) -> dict[str, Any]:
    """Grant it and open it."""
    place = value.place
    unit.grant(place.kind, place.partnership, place.owner, place.compartment, seal=True, purpose="drill")
    return unit.open(place, value.blob)


def open_all(house: Deployment) -> int:
    """Open every value there is; how many. Raises at the first that does not open."""
    with house.reader() as session:
        found = list(values(session))
    with vault.unit(house.keyring) as unit:
        return len([open_value(unit, one) for one in found])
