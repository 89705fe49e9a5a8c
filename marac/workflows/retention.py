"""Life of a record after its case has ended: kept until its date, proposed and approved for erasure, erased (DA-48).

One person never erases alone, nothing is erased on the day it is approved, and a hold stops it at every step.
"""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import Permission, RetentionState
from marac.workflows.da_marac import in_the_ledger, not_on_hold, retention_over
from marac.workflows.engine import Facts, Transition, Workflow
from marac.workflows.guards import reason_given

S = RetentionState
P = Permission


def later_date_given(_subject: Any, facts: Facts) -> None:
    """Keeping longer names a new day, later than the one that counts now, so that it is looked at again (DA-48).

    Reads: kept_until, retain_until, today.
    """
    until = facts.get("kept_until")
    if until is None:
        raise RuleBroken("kept_until", "Enter the day until which it is kept")
    if until <= max(facts["retain_until"], facts["today"]):
        raise RuleBroken("kept_until", "The day must be later than today and than the date that counts now")


def another_person(_subject: Any, facts: Facts) -> None:
    """Who proposed an erasure does not approve it (two-person deletion, DP-58).

    Reads: proposed_by, approver.
    """
    if facts.get("approver") is None or facts["approver"] == facts.get("proposed_by"):
        raise RuleBroken("approve", "Somebody else must approve this: you proposed it")


def cooling_off_over(_subject: Any, facts: Facts) -> None:
    """Between approval and erasure there are days in which either person can take it back.

    Reads: today, erase_on.
    """
    if facts.get("erase_on") is None or facts["today"] < facts["erase_on"]:
        raise RuleBroken("erase_on", "The days for second thoughts are not over")


def keys_gone(_subject: Any, facts: Facts) -> None:
    """A case counts as erased when none of its keys is left, and every one of them stands in the ledger.

    Reads: keys_left.
    """
    if facts.get("keys_left") != 0:
        raise RuleBroken("keys", "There are still keys of this case")


RETENTION = Workflow(
    noun="retention",
    title="Retention of a case that has ended",
    states=RetentionState,
    initial=S.COUNTING,
    end_states=(S.ERASED,),
    transitions=(
        Transition(
            "keep_longer", (S.COUNTING, S.PROPOSED), S.COUNTING, P.RETENTION_DECIDE,
            guards=(later_date_given, reason_given), label="Keep longer",
        ),
        Transition(
            "propose", (S.COUNTING,), S.PROPOSED, P.RETENTION_DECIDE,
            guards=(retention_over, not_on_hold), label="Propose erasure",
        ),
        Transition(
            "approve", (S.PROPOSED,), S.COOLING, P.RETENTION_DECIDE,
            guards=(another_person, retention_over, not_on_hold), label="Approve erasure",
        ),
        Transition("cancel", (S.PROPOSED, S.COOLING), S.COUNTING, P.RETENTION_DECIDE, label="Cancel erasure"),
        Transition("stop", (S.PROPOSED, S.COOLING), S.COUNTING, P.JOB_RUN, label="The case is in use again"),
        Transition(
            "begin", (S.COOLING,), S.ERASING, P.JOB_RUN,
            guards=(cooling_off_over, retention_over, not_on_hold), label="Erasing begins",
        ),
        Transition("finish", (S.ERASING,), S.ERASED, P.JOB_RUN, guards=(keys_gone,), label="Erased"),
        Transition(
            "erase_again", (S.COUNTING, S.PROPOSED, S.COOLING), S.ERASING, P.JOB_RUN,
            guards=(in_the_ledger,), label="Erased before a restore",
        ),
    ),
)  # fmt: skip
