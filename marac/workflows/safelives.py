"""The SafeLives return: its 32 columns, and the sentences that must hold in a row. Pure: reads its file and one row.

The checks are those of `data/safelives_return.yaml`; each names the columns whose cases are to be looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from marac.paths import DATA

Row = Mapping[str, Any]
SOURCES, ETHNIC, OPTIONAL = "GHIJKLMNOPQRST", ("AB", "AC", "AD", "AE", "AF"), ("U", "V", "W", "X", "Y", "Z", "AA")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: its letter, our heading, what it means, whether it may be blank."""

    letter: str
    key: str
    label: str
    meaning: str
    source: str | None
    may_be_blank: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """A sentence that does not hold: error, warning or notice; the columns it is about."""

    key: str
    severity: str
    says: str
    columns: tuple[str, ...]


@cache
def page() -> dict[str, Any]:
    """The file as it ships."""
    found: dict[str, Any] = yaml.safe_load((DATA / "safelives_return.yaml").read_text("utf-8"))
    return found


@cache
def columns() -> tuple[Column, ...]:
    """The 32 columns, A to AF."""
    return tuple(
        Column(row["column"], row["key"], row.get("uk_header") or row["label"], row["definition"],
               row.get("source_code"), row["blank"] == "allowed")
        for row in page()["columns"]
    )  # fmt: skip


@cache
def comparators() -> dict[str, Any]:
    """The newest figures that SafeLives published for the whole country."""
    found: dict[str, Any] = page()["national_comparators"][0]
    return found


def _sum(row: Row, letters: Any) -> int:
    return sum(row.get(letter) or 0 for letter in letters)


CHECKS: dict[str, tuple[Callable[[Row], bool], str, tuple[str, ...]]] = {
    "repeats_within_cases": (lambda r: r["C"] >= r["D"], "There are more repeats than cases", ("C", "D")),
    "cases_with_children_within_cases": (
        lambda r: r["C"] >= r["F"], "There are more cases with children than cases", ("C", "F"),
    ),
    "sources_add_up": (
        lambda r: _sum(r, SOURCES) == r["C"], "The referral sources do not add up to the cases", tuple(SOURCES),
    ),
    "children_at_least_cases": (
        lambda r: r["E"] >= r["F"], "There are fewer children than cases with children", ("E", "F"),
    ),
    "children_zero_together": (
        lambda r: (r["E"] == 0) == (r["F"] == 0), "Children and cases with children do not agree", ("E", "F"),
    ),
    "parts_within_cases": (
        lambda r: all((r.get(one) or 0) <= r["C"] for one in ("U", "V", "W", "X", "Y", "AA")),
        "A group is larger than the number of cases", OPTIONAL,
    ),
    "ages_within_cases": (
        lambda r: _sum(r, ("Y", "AA")) <= r["C"], "The two age groups together are more than the cases", ("Y", "AA"),
    ),
    "ethnic_groups_within_total": (
        lambda r: _sum(r, ETHNIC) <= r["C"], "The ethnic groups together are more than the cases", ETHNIC,
    ),
    "ethnic_groups_match_total": (
        lambda r: r.get("U") is None or _sum(r, ETHNIC) == r["U"],
        "The ethnic groups do not add up to the racially minoritised total", ("U", *ETHNIC),
    ),
    "under_18_plausible": (
        lambda r: (r.get("Z") or 0) <= r.get("harming", r.get("Z") or 0),
        "There are more people aged 17 or under who cause harm than people who cause harm", ("Z",),
    ),
}  # fmt: skip


def faults_of(row: Row) -> list[Fault]:
    """The sentences that do not hold in one row, in the order of the file. A count that is missing reads as 0."""
    whole = {**dict.fromkeys("CDEF", 0), **row}
    severity = {one["key"]: one["severity"] for one in page()["checks"]}
    return [Fault(key, severity[key], says, about) for key, (holds, says, about) in CHECKS.items() if not holds(whole)]
