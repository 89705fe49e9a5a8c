"""Sentences that must hold between the figures of a year before it is published (REP-49). Pure: reads one report."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from marac.reports.figures import Number
from marac.reports.partnership import Report
from marac.workflows.annual_figures import reconciliations

FUNNEL = (
    "sanctuary_referrals", "sanctuary_eligible", "sanctuary_surveyed", "sanctuary_signed_off", "sanctuary_stayed_home",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """One sentence and whether it holds; None when a figure it needs was not given."""

    key: str
    says_rule: str
    holds: bool | None
    says: str


def checked(report: Report) -> list[Checked]:
    """Every reconciliation of the report, in order."""
    return [Checked(one.key, WORDS[one.key], *RULES[one.key](report)) for one in reconciliations()]


def _values(report: Report, *keys: str) -> list[Number] | None:
    values = [report.lines[key].value for key in keys]
    return None if None in values else [value for value in values if value is not None]


def _falls(report: Report) -> tuple[bool | None, str]:
    """Each stage is part of the one before it."""
    values = _values(report, *FUNNEL)
    if values is None:
        return None, "A stage was not counted"
    return all(one >= other for one, other in pairwise(values)), " ≥ ".join(map(str, values))


def _conversion(report: Report) -> tuple[bool | None, str]:
    """How many of those who asked stayed at home."""
    values = _values(report, "sanctuary_stayed_home", "sanctuary_referrals")
    if values is None or not values[1]:
        return None, "Nobody asked in this year"
    return values[0] <= values[1], f"{values[0]} of {values[1]}, {values[0] * 100 / values[1]:.1f} percent"


def _at_most(one: str, other: str) -> Callable[[Report], tuple[bool | None, str]]:
    def rule(report: Report) -> tuple[bool | None, str]:
        values = _values(report, one, other)
        if values is None:
            return None, "A figure was not given"
        return values[0] <= values[1], f"{values[0]} ≤ {values[1]}"

    return rule


def _never_added(report: Report) -> tuple[bool | None, str]:
    """No total of the report adds these two: the same person may be in both."""
    values = _values(report, "da_people_heard", "solace_people_supported")
    totals = {line.value for line in report.lines.values() if line.of.unit == "people"}
    return (None, "A figure was not given") if values is None else (sum(values) not in totals, "Shown apart")


RULES: dict[str, Callable[[Report], tuple[bool | None, str]]] = {
    "sanctuary_funnel": _falls,
    "sanctuary_conversion": _conversion,
    "people_not_hearings": _at_most("da_people_heard", "da_hearings"),
    "no_double_total": _never_added,
    "subset": _at_most("theo_fpn_nitrous_oxide", "theo_fpn"),
}
WORDS: dict[str, str] = {
    "sanctuary_funnel": "Each stage of the Sanctuary Scheme is part of the one before it",
    "sanctuary_conversion": "Nobody stayed at home who had not asked",
    "people_not_hearings": "There are no more people heard than hearings",
    "no_double_total": "People heard and people supported by Solace are never added together",
    "subset": "Penalty notices for nitrous oxide are part of all of them",
}
