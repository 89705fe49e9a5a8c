"""What each figure of the annual report means, from `data/partnership_report.yaml`. Counts nothing."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from marac.paths import DATA


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure: its exact meaning, its unit, whose it is, and whether it is computed here or typed with its source.

    `fallback`: it is computed, and typed for a year in which nothing of its kind was recorded here.
    """

    key: str
    label: str
    meaning: str
    unit: str
    computed: bool
    fallback: bool
    owner: str
    priority: int | None
    asks: tuple[str, ...]
    note: str
    supporting: bool
    shown_with: tuple[str, ...]

    @property
    def is_typed(self) -> bool:
        """Whether somebody may type it."""
        return self.fallback or not self.computed


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One sentence that must hold between figures."""

    key: str
    rule: str
    note: str


@cache
def definitions() -> dict[str, Definition]:
    """Every figure by its key, in the order of the report."""
    page = _page()
    rows = [(row, False) for row in page["metrics"]] + [(row, True) for row in page["supporting_metrics"]]
    return {row["id"]: _definition(row, supporting) for row, supporting in rows}


@cache
def priorities() -> dict[int, str]:
    """The headings of the report."""
    return {row["number"]: row["label"] for row in _page()["priorities"]}


@cache
def reconciliations() -> tuple[Reconciliation, ...]:
    """What is checked before a year is published."""
    return tuple(Reconciliation(row["key"], row["rule"], row.get("note", "")) for row in _page()["reconciliations"])


def seed_values() -> dict[str, int]:
    """The figures that the presentation of 2022-23 gave and that were typed, for the demo alone."""
    return {
        row["id"]: row["seed_value"]
        for row in _page()["metrics"]
        if row["seed_value"] is not None and (row["source"] == "entered" or row.get("fallback") == "entered")
    }


@cache
def _page() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DATA / "partnership_report.yaml").read_text("utf-8"))
    return found


def _definition(row: dict[str, Any], supporting: bool) -> Definition:
    return Definition(
        row["id"], row["label"], row["definition"], row["unit"],
        computed=row["source"] == "computed", fallback=row.get("fallback") == "entered",
        owner=row.get("owner", ""), priority=row.get("seed_priority"), asks=tuple(row.get("entered_fields", ())),
        note=row.get("note", ""), supporting=supporting, shown_with=tuple(row.get("show_with", ())),
    )  # fmt: skip
