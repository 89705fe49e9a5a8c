"""Everything in the database that hangs on an erased case: found by its foreign keys, and deleted.

What stays is the bare case (an id, a reference without meaning, "erased"), its line in the disposal log, the ledger,
and the trail, which holds ids only. A table added later is found without a word here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Table, delete, or_, select, update
from sqlalchemy.orm import Session

from marac.db import Base
from marac.models import CasePerson, Deadline, Message, OnceKey, PersonLink, PersonToken, PossibleMatch

STAYS: Final = frozenset({"case_file", "retention", "erasure_entry", "audit_entry", "audit_head"})
GOES: Final = frozenset({"visit", "outside_referrer", "transfer_file"})  # though they could point at nothing
CHUNK: Final = 400
_MARKS: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|[A-Z]\d[A-Z]-\d\d[A-Z]")
Found = dict[str, set[UUID]]


def forget(session: Session, case_ids: Sequence[UUID]) -> int:
    """First of all: no search finds them, no match or link names them, no message or clock leads to them."""
    people = list(session.scalars(select(CasePerson.id).where(CasePerson.case_id.in_(case_ids))))
    gone = 0
    for few in _chunks(people):
        for model in (PossibleMatch, PersonLink):
            either = or_(model.person_id.in_(few), model.other_person_id.in_(few))
            gone += _count(session, delete(model).where(either))
        gone += _count(session, delete(PersonToken).where(PersonToken.person_id.in_(few)))
    return gone + _pointers(session, case_ids)


def remove(session: Session, case_ids: Sequence[UUID]) -> int:
    """Delete every row that hangs on the cases, whatever hangs on those first. Returns how many went."""
    found, loosened = _hanging(session, case_ids)
    for column, ids in loosened:
        for few in _chunks(ids):
            session.execute(update(column.table).where(column.in_(few)).values({column.name: None}))
    gone = 0
    for table in reversed(Base.metadata.sorted_tables):
        for few in _chunks(found.get(table.name, ())):
            gone += _count(session, delete(table).where(table.c.id.in_(few)))
    return gone


def _hanging(session: Session, case_ids: Sequence[UUID]) -> tuple[Found, list[tuple[Column[Any], list[UUID]]]]:
    """The rows to delete by table, and the columns to be set to nothing in rows that stay."""
    found: Found = {}
    loosened: list[tuple[Column[Any], list[UUID]]] = []
    wave: Found = {}
    for table in _tables():
        if "case_id" in table.c:
            _add(wave, found, table.name, _ids(session, table, table.c.case_id, case_ids))
    while wave:
        following: Found = {}
        for table, column, target in _references():
            ids = list(wave.get(target, ()))
            if not ids:
                continue
            if column.nullable and table.name not in GOES:
                loosened.append((column, ids))
            else:
                _add(following, found, table.name, _ids(session, table, column, ids))
        wave = following
    return found, loosened


def _tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in STAYS and "id" in table.c]


def _references() -> Iterator[tuple[Table, Column[Any], str]]:
    """Every foreign key that may point at a row that goes."""
    for table in _tables():
        for key in table.foreign_keys:
            yield table, key.parent, key.column.table.name


def _add(wave: Found, found: Found, name: str, ids: set[UUID]) -> None:
    fresh = ids - found.setdefault(name, set())
    if fresh:
        found[name] |= fresh
        wave.setdefault(name, set()).update(fresh)


def _ids(session: Session, table: Table, column: Column[Any], wanted: Iterable[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    for few in _chunks(wanted):
        found |= set(session.scalars(select(table.c.id).where(column.in_(few))))
    return found


def _pointers(session: Session, case_ids: Sequence[UUID]) -> int:
    """Messages, one-time keys of forms and clocks name what they are about without a foreign key."""
    found, _ = _hanging(session, case_ids)
    ids = {one for some in found.values() for one in some} | set(case_ids)
    marks = {one.hex for one in ids} | _named(session, found, case_ids)
    gone = 0
    for few in _chunks(ids):
        gone += _count(session, delete(Deadline).where(Deadline.subject_id.in_(few)))
    messages = select(Message.id, Message.subject_key, Message.path)
    about = [row.id for row in session.execute(messages) if marks & _marks(f"{row.subject_key} {row.path}")]
    keys = select(OnceKey.id, OnceKey.location)
    led = [row.id for row in session.execute(keys) if marks & _marks(row.location)]
    for model, some in ((Message, about), (OnceKey, led)):
        for few in _chunks(some):
            gone += _count(session, delete(model).where(model.id.in_(few)))
    return gone


def _named(session: Session, found: Found, case_ids: Sequence[UUID]) -> set[str]:
    """The references of the cases, their referrals and their requests."""
    named: set[str] = set()
    everything = {**found, "case_file": set(case_ids)}
    for table in Base.metadata.sorted_tables:
        if "reference" in table.c and everything.get(table.name):
            for few in _chunks(everything[table.name]):
                named |= set(session.scalars(select(table.c.reference).where(table.c.id.in_(few))))
    return named


def _marks(text: str) -> set[str]:
    return {mark.replace("-", "") if len(mark) > len("K7D-42Q") else mark for mark in _MARKS.findall(text)}


def _chunks(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    listed = sorted(ids)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]


def _count(session: Session, statement: Any) -> int:
    return int(session.connection().execute(statement).rowcount)
