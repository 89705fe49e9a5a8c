"""Follow-ups after a home was made secure: when they are due, what is asked, when somebody counts as not reached.

An attempt that failed is never a success, however many there were (SAN-32). Asks nothing of the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from marac.errors import RuleBroken
from marac.vocabulary import AtHome
from marac.workflows.deadlines import NO_CLOSURES, offset

MONTHS: Final = (1, 3, 6)
ATTEMPTS: Final = 3
CHOICE, MANY, SCALE, WORDS = "choice", "many", "scale", "words"
YES_NO: Final = (("yes", "Yes"), ("no", "No"))
NOT_KNOWN: Final = ("not_known", "Not known")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the outcome set. `needed`: a contact that succeeded cannot be recorded without it."""

    key: str
    words: str
    kind: str
    options: tuple[tuple[str, str], ...] = ()
    needed: bool = False
    hint: str = ""


_FIVE = tuple((str(number), str(number)) for number in range(1, 6))
OUTCOME_SET: Final[tuple[Asked, ...]] = (
    Asked("still_at_address", "Are they still living at the address?", CHOICE,
          tuple((one.value, one.label) for one in AtHome), needed=True),
    Asked("moved_reason", "Why did they move?", CHOICE,
          (("felt_unsafe", "Did not feel safe"), ("rehoused_planned", "Planned move to another home"),
           ("landlord", "The landlord ended it"), ("other", "Another reason"), NOT_KNOWN),
          hint="Only if they have moved."),
    Asked("incidents_since", "What has happened since the last contact?", MANY,
          (("none", "Nothing"), ("contact", "Contact"), ("attempted_entry", "Tried to get in"), ("entry", "Got in"),
           ("assault", "Assault"), ("damage", "Damage"), NOT_KNOWN), needed=True),
    Asked("measures_working", "Is everything that was fitted working?", CHOICE,
          (*YES_NO[:1], ("some", "Some of it"), *YES_NO[1:], NOT_KNOWN), needed=True),
    Asked("repairs_needed", "Repairs needed (optional)", WORDS),
    Asked("feels_safer_before", "How safe did they feel at home before the work?", SCALE, _FIVE,
          hint="1 is not safe at all, 5 is very safe."),
    Asked("feels_safer_after", "How safe do they feel at home now?", SCALE, _FIVE,
          hint="1 is not safe at all, 5 is very safe."),
    Asked("satisfied", "How satisfied are they with the service?", SCALE, _FIVE,
          hint="1 is not at all, 5 is very satisfied."),
    Asked("children_affected", "Are children affected?", CHOICE,
          (*YES_NO, NOT_KNOWN, ("no_children", "No children"))),
    Asked("other_support", "Other support (optional)", WORDS),
    Asked("risk_scored_again", "Was the risk assessed again?", CHOICE, YES_NO),
    Asked("flag_still_needed", "Is the address flag still needed?", CHOICE, YES_NO),
    Asked("benefit_letter_used", "Was the housing benefit letter used?", CHOICE,
          (*YES_NO, ("not_applicable", "Does not apply"))),
)  # fmt: skip
NOT_AFTER_MOVING = ("measures_working",)


def due_dates(signed_off_on: date, closures: frozenset[date] = NO_CLOSURES) -> dict[int, date]:
    """When each follow-up is due: months from sign-off, shortened to the month's end, then the next working day."""
    return {months: offset(signed_off_on, f"M+{months}/next", closures) for months in MONTHS}


def unreachable(attempts: int) -> bool:
    """Three safe attempts without an answer (SAN-32)."""
    return attempts >= ATTEMPTS


def read(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome set as it is kept, with nothing else in it. RuleBroken beside the first answer that is missing."""
    kept: dict[str, Any] = {}
    moved = answers.get("still_at_address") == AtHome.NO
    for asked in OUTCOME_SET:
        value = _answer(asked, answers.get(asked.key))
        if asked.needed and not value and not (moved and asked.key in NOT_AFTER_MOVING):
            raise RuleBroken(asked.key, f"Answer: {asked.words[:1].lower()}{asked.words[1:]}")
        if value:
            kept[asked.key] = value
    if moved and "moved_reason" not in kept:
        raise RuleBroken("moved_reason", "Select why they moved")
    if len(kept.get("incidents_since", ())) > 1 and "none" in kept["incidents_since"]:
        raise RuleBroken("incidents_since", "Select what happened, or Nothing")
    return kept


def _answer(asked: Asked, value: Any) -> Any:
    keys = {key for key, _ in asked.options}
    if asked.kind == WORDS:
        return str(value or "").strip()
    if asked.kind == MANY:
        return [one for one in (value or ()) if one in keys]
    answer = str(value or "")
    if answer and answer not in keys:
        raise RuleBroken(asked.key, "Select one of the answers")
    return int(answer) if answer and asked.kind == SCALE else answer
