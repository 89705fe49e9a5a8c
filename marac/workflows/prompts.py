"""What a chair should ask about a case, made from what nobody has said yet: a table of gaps, most dangerous first.

Pure: reads facts, words questions in fixed text. Refuses to repeat anything that was typed about anybody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a case before it is heard. `not_answered` names agencies; `days_since_contact` None: not yet."""

    whereabouts_known: bool = True
    perpetrator_named: bool = True
    wishes_recorded: bool = True
    idva_in_contact: bool = True
    contact_checked: bool = True
    why_high_risk: bool = True
    children: int = 0
    childrens_answered: bool = True
    is_repeat: bool = False
    overdue_actions: int = 0
    last_plan_reported: bool = True
    moved_from_elsewhere: bool = False
    handed_over: bool = True
    not_answered: tuple[str, ...] = ()
    interpreter_needed: bool = False
    interpreter_booked: bool = True
    referrer_coming: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing nobody has said, when it counts as such, and how the chair hears of it."""

    code: str
    missing: Callable[[Known], bool]
    words: Callable[[Known], str]


def _said(text: str) -> Callable[[Known], str]:
    return lambda _known: text


def _overdue(known: Known) -> str:
    number = known.overdue_actions
    return f"{number} {'action' if number == 1 else 'actions'} from last time overdue: ask each owner why"


def _unanswered(known: Known) -> str:
    first, rest = known.not_answered[0], len(known.not_answered) - 1
    name = first if first[:2].isupper() else first[:1].lower() + first[1:]
    return f"Research missing from {name}" + (f" and {rest} more" if rest else "")


GAPS: Final = (
    Gap(
        "whereabouts", lambda known: known.perpetrator_named and not known.whereabouts_known,
        _said("No agency has said where the alleged perpetrator is"),
    ),
    Gap(
        "perpetrator", lambda known: not known.perpetrator_named,
        _said("Nobody has said who the alleged perpetrator is"),
    ),
    Gap("wishes", lambda known: not known.wishes_recorded, _said("Nobody has recorded the person's own wishes")),
    Gap(
        "childrens_research", lambda known: known.children > 0 and not known.childrens_answered,
        _said("Research missing from children's social care"),
    ),
    Gap("overdue", lambda known: known.overdue_actions > 0, _overdue),
    Gap("idva", lambda known: not known.idva_in_contact, _said("The IDVA has not made contact: who will, and how?")),
    Gap(
        "contact", lambda known: not known.contact_checked,
        _said("Safe contact has not been checked lately: who may contact the person?"),
    ),
    Gap(
        "what_worked", lambda known: known.is_repeat and not known.last_plan_reported,
        _said("Repeat: nobody has said whether the last plan worked"),
    ),
    Gap(
        "handover", lambda known: known.moved_from_elsewhere and not known.handed_over,
        _said("Moved here: has the IDVA of the other area handed over?"),
    ),
    Gap("referrer", lambda known: not known.referrer_coming, _said("Nobody from the agency that referred is coming")),
    Gap("research", lambda known: bool(known.not_answered), _unanswered),
    Gap(
        "interpreter", lambda known: known.interpreter_needed and not known.interpreter_booked,
        _said("An interpreter is needed: who arranges one from outside the community?"),
    ),
    Gap("why", lambda known: not known.why_high_risk, _said("Nobody has said in plain words why the risk is high")),
)  # fmt: skip


def prompts(known: Known, most: int = MOST) -> tuple[str, ...]:
    """The questions to ask, the most dangerous gap first; none when nothing is missing."""
    found: Sequence[str] = [gap.words(known) for gap in GAPS if gap.missing(known)]
    return tuple(found[:most])
