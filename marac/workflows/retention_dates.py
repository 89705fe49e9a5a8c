"""From the end of a case to the day until which it is kept: years by kind of record, and until a child is grown up.

Pure: the facts come in, a day and its basis come out. Nothing local is a constant here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from marac.vocabulary import RetentionBasis
from marac.workflows.deadlines import add_months


@dataclass(frozen=True, slots=True)
class Schedule:
    """The lines of one programme's schedule: years by kind of record, the age of a child, the life of measures."""

    years: Mapping[str, int]
    child_until_age: int
    measures_life_years: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """A case that has ended: when, and what kind of record it is. `fitted_on` is set while measures are in use."""

    on: date
    kind: RetentionBasis
    fitted_on: date | None = None


def retain_until(schedule: Schedule, ended: Ended, births: Sequence[date]) -> tuple[date, RetentionBasis]:
    """The first day on which the record may be erased, and which line of the schedule gives it.

    `births` are the days on which the children of the case were born, or the latest they can have been.
    """
    start = ended.on
    if ended.fitted_on is not None:
        start = max(start, add_months(ended.fitted_on, 12 * schedule.measures_life_years))
    until = add_months(start, 12 * schedule.years[ended.kind])
    grown = max((add_months(born, 12 * schedule.child_until_age) for born in births), default=until)
    return (grown, RetentionBasis.CHILD) if grown > until else (until, ended.kind)
