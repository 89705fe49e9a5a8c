"""The parts of a Community MARAC referral laid out for reading. Shows what the caller opened, and decides nothing."""

from collections.abc import Iterable
from typing import Any

from marac.models import CaseIncident, CasePerson, Referral
from marac.services.casework import people
from marac.services.community import community_answers, community_sharing, happenings
from marac.vocabulary import StepOutcome, StepTried
from marac.web.referral_words import rows_of
from marac.web.shell import count, long_date

TRIED = tuple(name for name in community_answers.TRIED if name != "steps_tried")


def sections(session: Any, referral: Referral, everyone: Iterable[CasePerson]) -> dict[str, list[dict[str, Any]]]:
    """The rows of the parts that are this programme's own, by part."""
    return {
        "about": rows_of(referral, community_answers.ABOUT),
        "incidents": _incidents(session, referral),
        "tried": [*_steps(referral), *rows_of(referral, TRIED)],
        "reason": rows_of(referral, community_answers.REASON),
        "sharing": _sharing(session, referral),
    }


def _incidents(session: Any, referral: Referral) -> list[dict[str, Any]]:
    groups = happenings.once_each(happenings.of_referral(session, referral))
    if not groups:
        return [{"key": "Incidents", "value": "None to record"}] if referral.no_incidents else []
    rows = [{"key": "Incidents", "value": f"{count(len(groups), 'different incident')}"}]
    return rows + [{"key": long_date(group[0].happened_on), "value": _lines(group)} for group in groups]


def _lines(group: list[CaseIncident]) -> list[str]:
    """One incident, however often it was told: what, who was told, references."""
    kinds = {one.kind.label for one in group if one.kind}
    told = {str(agency): None for one in group for agency in one.reported_to or ()}
    numbers = {str(number): None for one in group for number in one.references or ()}
    lines = [*sorted(kinds), *(one.what or "" for one in group)]
    lines += [f"Told to: {', '.join(told)}"] if told else []
    return [line for line in [*lines, ", ".join(numbers)] if line]


def _steps(referral: Referral) -> list[dict[str, Any]]:
    return [
        {
            "key": StepTried(one["step"]).label,
            "value": ", ".join(filter(None, (one.get("when"), StepOutcome(one["outcome"]).label))),
        }
        for one in referral.steps_tried or ()
    ]


def _sharing(session: Any, referral: Referral) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for one in community_sharing.everyone(session, referral):
        rows += [{"key": "Person", "value": one.full_name}, *rows_of(one, people.SHARING)]
    return rows
