"""Conditions of a Sanctuary request in the office: sending, triage, landlord, cost, and the ways out of the line.

Each reads only the facts its docstring names; a missing fact never passes. What is surveyed, fitted and followed up is
in works_guards.py.
"""

from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import ApprovalDecision, GateAnswer, InterimSafety, LandlordState, SanctuaryPriority, TriageResult
from marac.workflows.engine import Facts
from marac.workflows.guards import given, need

AGREED = (LandlordState.GRANTED, LandlordState.GRANTED_WITH_CONDITIONS, LandlordState.NOT_NEEDED)
LANDLORD_GATE = "landlord_permission"


def consent_given(_subject: Any, facts: Facts) -> None:
    """A request is sent only with the person's own consent (SAN-20).

    Reads: consent.
    """
    if facts.get("consent") != GateAnswer.YES:
        raise RuleBroken("consent", "The person has to agree before a request is sent")


def safe_contact_recorded(_subject: Any, facts: Facts) -> None:
    """A request is sent only with a safe way to make contact (SAN-20).

    Reads: safe_contact.
    """
    need(facts, "safe_contact", "Record at least one safe way to make contact")


def request_is_whole(_subject: Any, facts: Facts) -> None:
    """A request says who, where, why, and how each risk factor was answered; not known is an answer.

    Reads: missing.
    """
    missing = facts.get("missing")
    if missing is None or missing:
        key, message = missing[0] if missing else ("full_name", "Enter their full name")
        raise RuleBroken(key, message)


def interim_plan_recorded(_subject: Any, facts: Facts) -> None:
    """Nobody leaves triage without a plan for their safety until the home is secure (SAN-23).

    Reads: interim, interim_plan.
    """
    chosen = facts.get("interim") or ()
    if not chosen or set(chosen) - set(InterimSafety):
        raise RuleBroken("interim", "Select what keeps them safe until the work is done")
    if InterimSafety.NONE_NEEDED in chosen:
        need(facts, "interim_plan", "Say why no interim safety plan is needed")


def no_gate_failed(_subject: Any, facts: Facts) -> None:
    """A request goes on while no eligibility rule fails; if one does, it is not suitable (SAN-21).

    Reads: failed_gates.
    """
    failed = facts.get("failed_gates")
    if failed is None or failed:
        raise RuleBroken(
            f"gate_{failed[0]}" if failed else "gates", "A rule is not met. Decide that it is not suitable"
        )


def something_unknown_asked(_subject: Any, facts: Facts) -> None:
    """What is not known is asked for, of somebody, with a day to chase; it is never a refusal (SAN-21).

    Reads: missing_words, asked_of.
    """
    need(facts, "missing_words", "Say what is missing")
    need(facts, "asked_of", "Say who was asked")


def answer_given(_subject: Any, facts: Facts) -> None:
    """What was asked for is answered before the rules are looked at again (SAN-21).

    Reads: answer.
    """
    need(facts, "answer", "Enter the answer")


def gates_pass(_subject: Any, facts: Facts) -> None:
    """Every eligibility rule passes; only the landlord's answer may still be out, and works wait for that (SAN-21).

    Reads: failed_gates, unknown_gates.
    """
    no_gate_failed(_subject, facts)
    open_gates = [gate for gate in facts.get("unknown_gates", ("gates",)) if gate != LANDLORD_GATE]
    if open_gates:
        raise RuleBroken(f"gate_{open_gates[0]}", "This is not known yet. Ask for it, and wait for the answer")


def landlord_may_be_asked(_subject: Any, facts: Facts) -> None:
    """The landlord is asked only if the person agreed to that, apart from the request itself (SAN-25).

    Reads: landlord_consent.
    """
    if facts.get("landlord_consent") != GateAnswer.YES:
        raise RuleBroken("gate_consent_to_ask_landlord", "The person has to agree before the landlord is asked")


def landlord_agreed(_subject: Any, facts: Facts) -> None:
    """Works are ordered with the landlord's permission; an emergency lock change may come first (SAN-25).

    Reads: landlord, priority, only_emergency_lines.
    """
    first = facts.get("priority") == SanctuaryPriority.EMERGENCY and facts.get("only_emergency_lines")
    if facts.get("landlord") not in AGREED and not first:
        raise RuleBroken("landlord", "The landlord has not agreed. Only an emergency lock change may come first")


def unsuitable_for_a_reason(_subject: Any, facts: Facts) -> None:
    """Not suitable means that a rule fails, the landlord refused or the cost was not approved, never that something is
    not known (SAN-21).

    Reads: triage, landlord, cost.
    """
    refused = facts.get("landlord") == LandlordState.REFUSED or facts.get("cost") == ApprovalDecision.DECLINED
    if facts.get("triage") != TriageResult.INELIGIBLE and not refused:
        raise RuleBroken("gates", "No rule fails. What is not known is asked for, it is not a refusal")


def decision_in_writing(_subject: Any, facts: Facts) -> None:
    """Who asked is told in writing why, and what else may help; the alternatives are recorded (SAN-34).

    Reads: reason, alternatives, notice.
    """
    need(facts, "reason", "Say why the request is not suitable")
    need(facts, "alternatives", "Say what else was offered")
    need(facts, "notice", "The notice to whoever asked is missing")


def approver_is_independent(_subject: Any, facts: Facts) -> None:
    """Nobody approves the cost of what they asked for or surveyed (SAN-27).

    Reads: approver_id, requester_id, surveyor_id.
    """
    approver = facts.get("approver_id")
    if approver is None or approver in (facts.get("requester_id"), facts.get("surveyor_id")):
        raise RuleBroken("decision", "Somebody else has to approve this: you asked for it or surveyed it")


def within_limit(_subject: Any, facts: Facts) -> None:
    """Each role approves up to its limit; without a limit set a role approves nothing (SAN-27).

    `limit_pence` is None for no limit set and -1 for no upper end.

    Reads: amount_pence, limit_pence.
    """
    limit, amount = facts.get("limit_pence"), facts.get("amount_pence")
    if amount is None:
        raise RuleBroken("amount", "There is no cost to approve. Go back to the specification")
    if limit is None or (limit >= 0 and amount > limit):
        raise RuleBroken("decision", "This is more than you may approve. Somebody with a higher limit has to")


def approval_recorded(_subject: Any, facts: Facts) -> None:
    """An approval names who pays and the order number; in an emergency it may be spoken first and written within a
    working day (SAN-27).

    Reads: spoken, priority, funder, order_number.
    """
    if facts.get("spoken"):
        if facts.get("priority") != SanctuaryPriority.EMERGENCY:
            raise RuleBroken("spoken", "Only an emergency may be approved in words first")
        return
    need(facts, "funder", "Say who pays")
    need(facts, "order_number", "Enter the order number")


def reason_recorded(_subject: Any, facts: Facts) -> None:
    """A cost that is sent back or not approved comes with the reason.

    Reads: because.
    """
    need(facts, "because", "Say why it is not approved")


def withdrawal_recorded(_subject: Any, facts: Facts) -> None:
    """The person may change their mind: how they said so, and what else was offered.

    Reads: how_told, alternatives_offered.
    """
    need(facts, "how_told", "Say how they told you")
    need(facts, "alternatives_offered", "Say what else was offered")


def danger_recorded(_subject: Any, facts: Facts) -> None:
    """The person causing harm lives there, has a key or a right to enter, or came back: how it is known, and since when
    (SAN-22).

    Reads: how_known, known_on.
    """
    need(facts, "how_known", "Say how this is known")
    need(facts, "known_on", "Enter the date")


def day_recorded(_subject: Any, facts: Facts) -> None:
    """A move, a stay in refuge or a death has its day. Never the address of a refuge.

    Reads: happened_on.
    """
    need(facts, "happened_on", "Enter the date")


def other_request_named(_subject: Any, facts: Facts) -> None:
    """A request is put aside only when the other one, which it repeats, is named.

    Reads: same_as_id.
    """
    need(facts, "same_as_id", "Enter the reference of the other request")


def hold_is_reviewed(_subject: Any, facts: Facts) -> None:
    """On hold says why and until which later day.

    Reads: because, review_on, today.
    """
    need(facts, "because", "Say why the request is on hold")
    need(facts, "review_on", "Enter the date to look at it again")
    if facts["review_on"] <= facts["today"]:
        raise RuleBroken("review_on", "The date must be later than today")


def home_is_clear(_subject: Any, facts: Facts) -> None:
    """Work goes on only when it is known that the person causing harm neither lives there nor may enter (SAN-22).

    Reads: stops_works.
    """
    stops = facts.get("stops_works")
    if stops is None or stops:
        raise RuleBroken(f"gate_{stops[0]}" if stops else "gates", "This stops the work. Answer it again first")


def where_it_stood(_subject: Any, facts: Facts) -> None:
    """A request goes on at the stage at which it was stopped.

    Reads: resume_to, held_from.
    """
    if not given(facts, "resume_to") or facts["resume_to"] != facts.get("held_from"):
        raise RuleBroken("resume", "The request was not stopped at that stage")


def outcome_recorded(_subject: Any, facts: Facts) -> None:
    """A request closes with how it ended.

    Reads: outcome.
    """
    need(facts, "outcome", "Select how it ended")
