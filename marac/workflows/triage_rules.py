"""Further conditions on deciding a DA MARAC referral: screening, hand-over, a second look. Looks up nothing."""

from typing import Any

from marac.errors import RuleBroken
from marac.workflows.engine import Facts
from marac.workflows.guards import need


def staff_screened(_subject: Any, facts: Facts) -> None:
    """Everyone who works here and may be connected with a person in the case is kept out, or is no conflict (DA-5).

    `undecided_conflicts` counts the possible conflicts nobody has decided; it is None when nobody looked.

    Reads: undecided_conflicts.
    """
    if facts.get("undecided_conflicts") != 0:
        raise RuleBroken("conflicts", "Say of each possible conflict whether that person is kept out")


def hand_over_recorded(_subject: Any, facts: Facts) -> None:
    """A person passed on is handed over: what was told, and to whom there, so that nobody falls between two (DA-17).

    Reads: handed_over.
    """
    need(facts, "handed_over", "Say what you handed over, and to whom there")


def reason_coded(_subject: Any, facts: Facts) -> None:
    """A referral that is not listed carries one of the reason codes, so that reasons can be counted (DA-17).

    Reads: reason_code.
    """
    need(facts, "reason_code", "Select the kind of reason")


def another_person_reviews(_subject: Any, facts: Facts) -> None:
    """Whoever decided not to list a referral does not confirm that alone: a colleague looks at it (DA-17).

    Reads: reviewer_id, decided_by_id.
    """
    if facts.get("reviewer_id") is None or facts["reviewer_id"] == facts.get("decided_by_id"):
        raise RuleBroken("reason", "You decided this, so another coordinator or the chair must confirm it")
