"""A year's partnership report on ten years of a borough: the demo's year, and nine older copies of its rows.

Copies are made in SQL and their sealed values never open: the report opens risk matrices of the year it is about, so
those stay the demo's own and are not copied. On SQLite only; gone when the measuring is over.
"""

import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, Table, UniqueConstraint

from marac import clock
from marac.access import Actor
from marac.config import load_settings
from marac.db import Base
from marac.reports.partnership import partnership_report
from marac.services import demo
from marac.services.keeping.deployment import Deployment, set_up, unit_of_work
from marac.vocabulary import Role
from marac.workflows.financial_year import Year

NAME = "annual report"
GOAL = 2.0  # seconds
ROUNDS = 9
DAYS = 364  # a year of whole weeks: a Wednesday stays one
COPIES = "012356789"  # what stands in an id of each copy where every random one has a 4
COPIED = (
    "case_file", "case_person", "meeting", "agenda_item", "referral", "assessment", "research", "action", "attendance",
    "deadline", "sanctuary_request", "stage_clock", "follow_up", "visit",
)  # fmt: skip
LINKS = ("subject_id",)  # ids without a foreign key
LEFT_OUT = {"assessment": "checklist <> 'asb_ram'"}


def results(quick: bool) -> list[dict[str, Any]]:
    """One row as `marac bench` prints it: the median in microseconds against two seconds. `quick` measures the same."""
    with tempfile.TemporaryDirectory() as folder:
        house = set_up(load_settings(data=Path(folder) / "data", base_url="http://127.0.0.1:8000"))
        with closing(house):
            demo.load(house)
            rows = make_decade(house)
            took = median(_once(house) for _ in range(ROUNDS + (not quick)))
    return [
        {
            "name": f"{NAME}: a year of a decade of {rows:,} rows against {GOAL:g} seconds",
            "subject": round(took * 1_000_000, 1), "rival": GOAL * 1_000_000, "ratio": round(took / GOAL, 3),
            "goal": 1.0, "met": took <= GOAL,
        }
    ]  # fmt: skip


def make_decade(house: Deployment) -> int:
    """Copy the rows of the demo into the nine years before; answers with how many rows of work there are then."""
    tables = [one for one in Base.metadata.sorted_tables if one.name in COPIED]
    with house.engine.connect() as connection:
        connection.exec_driver_sql("pragma foreign_keys = off")
        originals = {one.name: _ids(connection, one) for one in tables}
        for years, copy in enumerate(COPIES, 1):
            for table in tables:
                connection.exec_driver_sql(_copied(table, copy, years * DAYS))
        connection.commit()
        connection.exec_driver_sql("pragma foreign_keys = on")
        return sum(originals.values()) * (len(COPIES) + 1)


def report(house: Deployment) -> Any:
    """The report of the demo's year, as `marac report partnership` makes it."""
    with unit_of_work(house) as session:
        partnership_id: UUID | None = demo.partnership_id(session)
        if partnership_id is None:
            raise LookupError("no demo is loaded")
        reader = Actor(partnership_id=partnership_id, role=Role.SERVICE_MANAGER)
        return partnership_report(session, reader, Year(demo.YEAR[0]), clock.today())


def _once(house: Deployment) -> float:
    start = perf_counter()
    report(house)
    return perf_counter() - start


def _ids(connection: Connection, table: Table) -> int:
    """How many rows will be copied of a table."""
    where = LEFT_OUT.get(table.name, "1 = 1")
    query = f"select count(*) from {table.name} where {where}"  # noqa: S608 - names of our own tables
    return int(connection.exec_driver_sql(query).scalar_one())


def _copied(table: Table, copy: str, days: int) -> str:
    """The statement that copies the originals of a table: other ids and references, everything some days earlier."""
    single = {name for one in _unique(table) if len(one) == 1 for name in one} | {"reference"}
    values = [_value(column, copy, days, single) for column in table.columns]
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    only = f"substr(id, 13, 1) = '4' and {LEFT_OUT.get(table.name, '1 = 1')}"
    return f"insert into {table.name} ({names}) select {', '.join(values)} from {table.name} where {only}"  # noqa: S608


def _unique(table: Table) -> list[tuple[str, ...]]:
    constraints = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    return [tuple(column.name for column in one.columns) for one in constraints]


def _value(column: "sa.Column[Any]", copy: str, days: int, single: set[str]) -> str:
    name = f'"{column.name}"'
    target = next((key.column.table.name for key in column.foreign_keys), None)
    if column.primary_key or column.name in LINKS or target in COPIED:
        return f"substr({name}, 1, 12) || '{copy}' || substr({name}, 14)"
    if column.name in single and isinstance(column.type, sa.String):
        return f"{name} || '{copy}'"
    if isinstance(column.type, sa.Date):
        return f"date({name}, '-{days} days')"
    if isinstance(column.type, sa.types.TypeDecorator) and isinstance(column.type.impl, sa.DateTime):
        return f"date({name}, '-{days} days') || substr({name}, 11)"
    return name
