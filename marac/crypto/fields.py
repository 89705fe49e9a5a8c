"""The `Sealed` attribute: one field of a sealed compartment, read and set as if it were plain.

It refuses comparison in SQL, bulk writes, a changed identity, and anything that the vault was not granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Generic, NamedTuple, NoReturn, Self, TypeVar, cast, overload
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import LoaderCallableStatus, ORMExecuteState, mapped_column
from sqlalchemy.orm.attributes import set_attribute
from sqlalchemy.types import NullType

from marac.crypto import vault
from marac.crypto.columns import CHECKS, SealedBytes
from marac.crypto.envelope import Place, document_bytes
from marac.crypto.kinds import AS_IT_IS, decode, encode
from marac.crypto.vault import running

T = TypeVar("T")
BY_ROLE = {"perpetrator": "perpetrator", "alleged_perpetrator": "perpetrator", "child": "children"}
ROLE_DECIDES = frozenset({"identity", "contact", "location"})
MAINTENANCE = "marac_maintenance"
_CHANGED = "_sealed_changed"
_MOVING = object()


class Entry(NamedTuple):
    """One sealed attribute, as the inventory lists it."""

    table: str
    column: str
    key: str
    compartment: str
    by: str | None
    kind: str
    search: object


class Opened(NamedTuple):
    """A document that was opened, and of which ciphertext, through which door."""

    blob: bytes
    document: Mapping[str, Any]
    door: vault.Door
    compartment: str


def _refuse_in_sql(self: object, *_: object, **__: object) -> NoReturn:
    raise TypeError("A sealed attribute cannot be used in a query: the database never sees its value.")


class Sealed(Generic[T]):
    """`full_name = Sealed("identity", by="role")`: an attribute sealed in its compartment's column.

    kind: str (default), int, bool, date, datetime (aware), Decimal, UUID, list, dict or a StrEnum. `by` names the plain
    column that completes the compartment. `key` is the field's frozen name in the document when the attribute was
    renamed. `search` is for the inventory.
    """

    @overload
    def __init__(
        self: Sealed[str], compartment: str, *, by: str | None = ..., key: str | None = ..., search: object = ...
    ) -> None: ...
    @overload
    def __init__(
        self: Sealed[Mapping[str, Any]],
        compartment: str,
        *,
        kind: type[dict[Any, Any]],
        by: str | None = ...,
        key: str | None = ...,
        search: object = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Sealed[tuple[Any, ...]],
        compartment: str,
        *,
        kind: type[list[Any]],
        by: str | None = ...,
        key: str | None = ...,
        search: object = ...,
    ) -> None: ...
    @overload
    def __init__(
        self,
        compartment: str,
        *,
        kind: type[T],
        by: str | None = ...,
        key: str | None = ...,
        search: object = ...,
    ) -> None: ...
    def __init__(
        self,
        compartment: str,
        *,
        kind: type[Any] = str,
        by: str | None = None,
        key: str | None = None,
        search: object = None,
    ) -> None:
        if by == "role" and compartment not in ROLE_DECIDES:
            raise TypeError(f"A role does not decide who sees {compartment}.")
        self.compartment, self.kind, self.by, self.key, self.search = compartment, kind, by, key or "", search
        self.column = compartment.replace("-", "_") + "_sealed"
        self.slot = "_opened_" + self.column
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.key = name, self.key or name

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: object, owner: type) -> T | None: ...
    def __get__(self, row: object | None, owner: type) -> Self | T | None:
        if row is None:
            return self
        held = row.__dict__
        opened: Opened | None = held.get(self.slot)
        if opened is None or opened.blob is not held.get(self.column) or opened.door.unit is not running.get():
            opened = _open(row, self)
        elif opened.compartment not in opened.door.may_open:
            opened.door.required(opened.compartment)
        value = opened.document.get(self.key)
        return value if value is None or self.kind in AS_IT_IS else decode(self.kind, value)

    def __set__(self, row: object, value: T | list[Any] | None) -> None:
        _amend(row, self, value)

    __clause_element__ = _refuse_in_sql
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse_in_sql
    in_ = not_in = like = ilike = is_ = is_not = contains = startswith = endswith = between = _refuse_in_sql
    asc = desc = label = op = operate = collate = distinct = _refuse_in_sql
    __hash__ = object.__hash__


class Shape(NamedTuple):
    """What `declare` found on a model."""

    table: str
    kind: str
    owner: str
    fields: Mapping[str, Sealed[Any]]
    columns: Mapping[str, tuple[Sealed[Any], ...]]


_SHAPES: dict[type, Shape] = {}


def declare(cls: type) -> None:
    """Give a model its sealed columns. Called by Base before the class is mapped; a model without any is left alone."""
    fields = {name: a for part in cls.__mro__[::-1] for name, a in vars(part).items() if isinstance(a, Sealed)}
    if not fields:
        return
    columns: dict[str, tuple[Sealed[Any], ...]] = {}
    for field in fields.values():
        columns[field.column] = (*columns.get(field.column, ()), field)
    for column, members in columns.items():
        if len({member.by for member in members}) > 1 or len({member.key for member in members}) < len(members):
            raise TypeError(f"{cls.__name__}.{column}: one `by` per column, and every key once.")
        setattr(cls, column, mapped_column(column, SealedBytes(), nullable=False))
    if not hasattr(cls, "__seal_table__"):
        raise TypeError(f"{cls.__name__} needs a frozen __seal_table__.")
    kind, owner = getattr(cls, "__key_kind__", "case"), getattr(cls, "__key_owner__", "case_id")
    _SHAPES[cls] = Shape(cls.__seal_table__, kind, owner, fields, columns)


def watch(cls: type) -> None:
    """Guard a mapped model: CHECKs on its columns, a frozen identity, and what was opened goes when the row expires."""
    shape = _SHAPES.get(cls)
    if shape is None:
        return
    table = cast(Any, cls).__table__
    for column in shape.columns:
        for dialect, check in CHECKS.items():
            table.append_constraint(sa.CheckConstraint(check.format(column), name=column).ddl_if(dialect=dialect))
    for name in {"id", "partnership_id", shape.owner, *(field.by for field in shape.fields.values() if field.by)}:
        event.listen(getattr(cls, name), "set", _refuse_new_identity, active_history=True)
    event.listen(cls, "expire", _forget)
    event.listen(cls, "refresh", _refuse_version_alone)


def _refuse_new_identity(row: object, value: object, old: object, initiator: object) -> None:
    if old is None or isinstance(old, LoaderCallableStatus) or old == value or initiator is _MOVING:
        return
    raise TypeError(f"{type(row).__name__} is sealed where it stands: open and reseal it to move it.")


def _forget(row: object, _names: object) -> None:
    if row is None:  # nobody holds the row any more: there is nothing to forget
        return
    for members in shape_of(type(row)).columns.values():
        vars(row).pop(members[0].slot, None)


def _refuse_version_alone(row: object, _context: object, names: Iterable[str] | None) -> None:
    _forget(row, names)
    alone = names is not None and "version_id" in names
    if alone and (shape_of(type(row)).columns.keys() & vars(row).keys()) - set(names or ()):
        raise TypeError("Refresh the whole row, not its version alone: another's change would be lost.")


def shape_of(model: type) -> Shape:
    """What is sealed on a model; TypeError if nothing is."""
    try:
        return _SHAPES[model]
    except KeyError:
        raise TypeError(f"{model.__name__} has no sealed attribute.") from None


def models() -> tuple[type, ...]:
    """Every model with sealed attributes."""
    return tuple(_SHAPES)


def inventory(only: Iterable[type] | None = None) -> tuple[Entry, ...]:
    """Every sealed attribute, in the order of declaration."""
    return tuple(
        Entry(shape.table, f.column, f.key, f.compartment, f.by, f.kind.__name__, f.search)
        for shape in map(shape_of, only or models())
        for f in shape.fields.values()
    )


def compartment_of(declared: str, by: str | None, value: object) -> str:
    """The compartment that a declared one becomes for the value of its `by` column."""
    if by is None:
        return declared
    if value is None:
        raise TypeError(f"{by} must be set before {declared} can be sealed.")
    if by == "role":
        return BY_ROLE.get(str(value), declared)
    return f"{declared}:{value.hex if isinstance(value, UUID) else value}"


def place_of(row: Any, column: str) -> Place:
    """Where a row's sealed column stands."""
    shape = shape_of(type(row))
    field = shape.columns[column][0]
    compartment = compartment_of(field.compartment, field.by, getattr(row, field.by) if field.by else None)
    owner, partnership = getattr(row, shape.owner), row.partnership_id
    if owner is None or partnership is None:
        raise TypeError(f"{shape.owner} and partnership_id must be set before {column} can be sealed.")
    return Place(partnership, shape.table, column, row.id, owner, compartment, shape.kind)


def birth(row: object, values: Mapping[str, Any]) -> None:
    """Seal every compartment of a new row once, the empty ones too. Needs a `seal` grant for each."""
    shape = shape_of(type(row))
    for column, members in shape.columns.items():
        given = {field.key: encode(field.kind, values.get(field.name)) for field in members}
        document = {key: value for key, value in given.items() if value is not None}
        _reseal(row, members[0], place_of(row, column), document)
    vars(row)[_CHANGED] = {name for name, value in values.items() if value is not None}


def _reseal(row: object, field: Sealed[Any], place: Place, document: Mapping[str, Any]) -> None:
    unit = vault.current()
    blob = unit.seal(place, document)
    setattr(row, field.column, blob)
    door = unit.door(place.kind, place.partnership, place.owner)
    vars(row)[field.slot] = Opened(blob, document, door, place.compartment)


def _open(row: Any, field: Sealed[Any]) -> Opened:
    """A row's opened document: the grant first, then what was opened of this very ciphertext, then the vault."""
    unit, shape = vault.current(), shape_of(type(row))
    compartment = compartment_of(field.compartment, field.by, getattr(row, field.by) if field.by else None)
    door = unit.door(shape.kind, row.partnership_id, getattr(row, shape.owner))
    door.required(compartment)
    blob = getattr(row, field.column)
    opened: Opened | None = vars(row).get(field.slot)
    if opened is None or opened.blob is not blob or opened.door is not door:
        document = unit.open_behind(door, compartment, (shape.table, field.column), row.id, blob)
        vars(row)[field.slot] = opened = Opened(blob, document, door, compartment)
    return opened


def _amend(row: object, field: Sealed[Any], value: object) -> None:
    """Set one field: grant, type, a changed copy of the document, sealed at once. An equal value changes nothing."""
    unit, place = vault.current(), place_of(row, field.column)
    door = unit.door(place.kind, place.partnership, place.owner)
    door.required(place.compartment, seal=True)
    encoded = encode(field.kind, value)
    changed = vars(row).setdefault(_CHANGED, set())
    if not _touched(row, field.column):
        changed -= {member.name for member in shape_of(type(row)).columns[field.column]}
    if door.purpose(place.compartment) is None:
        setattr(row, field.column, unit.amend(place, getattr(row, field.column), {field.key: encoded}))
    else:
        document = dict(_open(row, field).document)
        before = document.pop(field.key, None)
        if document_bytes({"": before}) == document_bytes({"": encoded}):
            return
        if encoded is not None:
            document[field.key] = encoded
        _reseal(row, field, place, document)
    changed.add(field.name)


def _touched(row: object, column: str) -> bool:
    """Whether a column was set since the row was loaded or flushed."""
    state = sa.inspect(row, raiseerr=True)
    return bool(cast(Any, state).attrs[column].history.has_changes())


def changed_fields(row: object) -> frozenset[str]:
    """The names of sealed attributes set since the row was loaded or flushed."""
    shape = shape_of(type(row))
    columns = {column for column in shape.columns if _touched(row, column)}
    return frozenset(name for name in vars(row).get(_CHANGED, ()) if shape.fields[name].column in columns)


def transplant(row: object, new_owner_id: UUID) -> None:
    """Move a row to another key owner: open all under the old key, reseal all under the new. Needs grants on both."""
    shape = shape_of(type(row))
    opened = {column: _open(row, members[0]).document for column, members in shape.columns.items()}
    places = {column: place_of(row, column)._replace(owner=new_owner_id) for column in opened}
    unit = vault.current()
    for place in places.values():
        unit.door(place.kind, place.partnership, place.owner).required(place.compartment, seal=True)
    set_attribute(row, shape.owner, new_owner_id, cast(Any, _MOVING))
    for column, place in places.items():
        _reseal(row, shape.columns[column][0], place, opened[column])
    vars(row)[_CHANGED] = set(shape.fields)


@cache
def sealed_columns(model: type, compartment: str) -> tuple[sa.ColumnElement[Any], ...]:
    """What `open_many` reads, to be selected first: five columns key_*, as the driver has them. Add your own behind."""
    shape, column = _column_of(model, compartment)
    by = shape.columns[column][0].by
    names = ("id", "partnership_id", shape.owner, by, column)
    labels = ("key_row", "key_partnership", "key_owner", "key_by", "key_sealed")
    return tuple(
        sa.type_coerce(getattr(model, name), NullType()).label(label) if name else sa.null().label(label)
        for name, label in zip(names, labels, strict=True)
    )


def _column_of(model: type, compartment: str) -> tuple[Shape, str]:
    shape, column = shape_of(model), compartment.replace("-", "_") + "_sealed"
    if column not in shape.columns:
        raise TypeError(f"{model.__name__} declares no {compartment}.")
    return shape, column


def open_many(model: type, compartment: str, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Open a declared compartment of many Core rows that begin with `sealed_columns`: one query for all keys.

    Answers one mapping per row, attribute name -> value; an absent field has no key. Every row needs its grant.
    """
    shape, column = _column_of(model, compartment)
    members = shape.columns[column]

    def name_of(value: object) -> str:
        return compartment_of(compartment, members[0].by, value)

    documents = vault.current().open_rows(shape.kind, shape.table, column, name_of, rows)
    late = [(f.key, f.name, f.kind) for f in members if f.kind not in AS_IT_IS or f.key != f.name]
    for document in documents if late else ():
        for key, attribute, kind in late:
            if key in document:
                document[attribute] = decode(kind, document.pop(key))
    return documents


def refuse_bulk(state: ORMExecuteState) -> None:
    """Refuse insert and update statements on sealed models: they pass every lock but the column's own."""
    if (state.is_insert or state.is_update) and not state.execution_options.get(MAINTENANCE):
        mapper = state.bind_mapper
        if mapper is not None and mapper.class_ in _SHAPES:
            raise TypeError(f"{mapper.class_.__name__} is sealed: change its rows one by one.")
