"""Named conditions shared by more than one workflow. Each reads only the facts its docstring names.

A missing fact never passes. Refuses to look anything up: services bring the facts, settings included.
"""

import re
from collections.abc import Mapping
from typing import Any

from marac.errors import RuleBroken
from marac.vocabulary import NOT_BEGUN, DeferralReason, MeetingState
from marac.workflows.engine import Facts

CONSENT = re.compile(r"\bconsent|\bdoes(?: not|n.t) (?:agree|want)|\bwithdr[ae]w", re.IGNORECASE)


def given(facts: Mapping[Any, Any], key: Any) -> bool:
    """True when a fact is there and says something; spaces are not an answer."""
    value = facts.get(key)
    return bool(value.strip() if isinstance(value, str) else value)


def need(facts: Facts, key: str, message: str) -> None:
    """Raise RuleBroken beside `key` unless the fact is given."""
    if not given(facts, key):
        raise RuleBroken(key, message)


def reason_given(_subject: Any, facts: Facts) -> None:
    """A decision that somebody may question carries its reason (DA-17, DA-35).

    Reads: reason.
    """
    need(facts, "reason", "Enter a reason")


def meeting_chosen(_subject: Any, facts: Facts) -> None:
    """A case is listed for a meeting that has not begun; `meeting_state` is None when none was chosen (DA-16).

    Reads: meeting_state.
    """
    state = facts.get("meeting_state")
    if state is None:
        raise RuleBroken("meeting", "Select a meeting")
    if state not in NOT_BEGUN:
        raise RuleBroken("meeting", "That meeting has begun or been cancelled. Select a later one")


def conflict_checked(_subject: Any, facts: Facts) -> None:
    """Attendees and staff were screened against the people in the case before it is listed (DA-5).

    Reads: conflict_checked.
    """
    need(facts, "conflict_checked", "Check for conflicts of interest, then confirm that you have")


def meeting_running(_subject: Any, facts: Facts) -> None:
    """A case is called and heard only while the meeting is running (DA-23).

    Reads: meeting_state.
    """
    if facts.get("meeting_state") != MeetingState.IN_PROGRESS:
        raise RuleBroken("meeting", "The meeting is not running. Open the meeting first")


def confidentiality_agreed(_subject: Any, facts: Facts) -> None:
    """Somebody is present and everyone in the room has agreed the confidentiality statement (DA-23).

    `agreed` and `not_agreed` count the people present for this case; who is out of the room is in neither.

    Reads: agreed, not_agreed.
    """
    if not facts.get("agreed"):
        raise RuleBroken("attendance", "Record who is present and that they agree the confidentiality statement")
    if facts["not_agreed"]:
        raise RuleBroken("attendance", "Somebody here has not agreed confidentiality. Record that they agree, or left")


def deferral_recorded(_subject: Any, facts: Facts) -> None:
    """A case is put off or taken off only with a reason, an approver and what keeps the person safe meanwhile (DA-35).

    Reads: reason, approved_by, interim_safety.
    """
    need(facts, "reason", "Say why the case is not being heard")
    need(facts, "approved_by", "Select who approved this: the chair or the coordinator")
    need(facts, "interim_safety", "Say what keeps the person safe until the case is heard")


def not_over_consent_alone(_subject: Any, facts: Facts) -> None:
    """A case is never put off or taken off only because the person no longer agrees to be discussed (DA-35).

    The reasons to choose from do not hold it; written beside "another reason" it is refused too.

    Reads: reason, reason_code.
    """
    code = facts.get("reason_code") or DeferralReason.OTHER
    if code == DeferralReason.OTHER and CONSENT.search(str(facts.get("reason") or "")):
        raise RuleBroken(
            "reason", "A case is not taken off only because consent was withdrawn. If there is another reason, say that"
        )


def closing_date_passed(_subject: Any, facts: Facts) -> None:
    """Without a room, agencies may post until the closing date; decisions are recorded after it (DA-56).

    `decides_from` is None for a meeting in a room, which decides as it goes.

    Reads: decides_from, now.
    """
    if facts["decides_from"] is not None and facts["now"] < facts["decides_from"]:
        raise RuleBroken("closing", "Agencies may still post information. Record decisions after the closing date")
