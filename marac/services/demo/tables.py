"""The demo's tables of names, places and fragments, and how a value is drawn from them. Holds no rule and no record."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any, TypeVar

import yaml

from marac.clock import LONDON
from marac.paths import DATA
from marac.workflows.deadlines import offset

T = TypeVar("T")


@cache
def table(name: str) -> Any:
    """One table of marac/data/demo by name."""
    return yaml.safe_load((DATA / "demo" / f"{name}.yaml").read_text("utf-8"))


def source(label: str) -> Random:
    """A source of chance of its own for one thing: the same for the same label, whatever else was drawn."""
    return Random(label)  # noqa: S311 - it draws invented people, never a secret


def pick(draw: Random, choices: Sequence[T]) -> T:
    """One of these, as often as it stands there."""
    return choices[int(draw.random() * len(choices))]


def weighted(draw: Random, choices: Mapping[T, float]) -> T:
    """One of these, as often as its weight says."""
    return draw.choices(list(choices), weights=list(choices.values()))[0]


def chance(draw: Random, share: float) -> bool:
    """True in this share of cases (0 to 1)."""
    return draw.random() < share


def at(on: date, hour: int, minute: int = 0) -> datetime:
    """An hour on a London clock, as an aware UTC time."""
    return datetime.combine(on, time(hour % 24, minute), LONDON).astimezone(UTC)


@cache
def working_day(on: date, rule: str) -> date:
    """A date by the panel's rule, such as `D-4` working days before `on`."""
    return offset(on, rule)


def days_after(on: date, days: float) -> date:
    """So many days later; negative is earlier."""
    return on + timedelta(days=int(days))
