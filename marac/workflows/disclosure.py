"""Life of a request for disclosure, its clock and its usual answer. Nobody releases what they had a part in preparing.

Refuses to know whether a case exists: the usual answer to somebody who may be the alleged perpetrator is the same.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from marac.errors import RuleBroken
from marac.vocabulary import (
    DisclosureAnswer as Answer,
    DisclosureStanding as Standing,
    DisclosureState,
    Permission,
)
from marac.workflows.deadlines import NO_CLOSURES, add_months, is_working_day, offset
from marac.workflows.engine import Facts, Transition, Workflow
from marac.workflows.guards import reason_given

S, P = DisclosureState, Permission
MONTHS: Final = 1
MONTHS_EXTENDED: Final = 3  # one, and two more
CONFIRMS_TO: Final = (Standing.VICTIM, Standing.AUTHORITY)


def due_on(received_on: date, months: int = MONTHS, closures: frozenset[date] = NO_CLOSURES) -> date:
    """The same day of a later month, or its last day; on a day off, the next working day (UK GDPR article 12)."""
    day = add_months(received_on, months)
    return day if is_working_day(day, closures) else offset(day, "D+1", closures)


def usual_answer(standing: Standing, *, warned: bool) -> Answer:
    """Neither confirm nor deny, to all but the victim-survivor and public bodies, and to whoever was warned of."""
    return Answer.NEITHER if warned or standing not in CONFIRMS_TO else Answer.PASSAGES


def shown_by_default(tags: Sequence[str], subjects: frozenset[str]) -> bool:
    """Only words about nobody but the person whose data it is; what was not tagged yet stays hidden (DA-45)."""
    return bool(tags) and set(tags) <= subjects | {"agency"}


def cut(text: str, first: int, last: int) -> list[str]:
    """A passage in up to three, at word number `first` and after word number `last` (from 1), no word lost."""
    words = text.split()
    if not 1 <= first <= last <= len(words) or (first, last) == (1, len(words)):
        raise RuleBroken("first", "Choose some of the words, not all of them")
    return [" ".join(part) for part in (words[: first - 1], words[first - 1 : last], words[last:]) if part]


def answer_is_ready(_subject: Any, facts: Facts) -> None:
    """An answer is chosen, and if passages go out, each was looked at and each hidden one has its reason (DP-57).

    Reads: unready.
    """
    if facts.get("unready"):
        raise RuleBroken("answer", facts["unready"][0])


def another_person(_subject: Any, facts: Facts) -> None:
    """Who had a part in preparing an answer does not release it (security 7).

    Reads: hands, releaser.
    """
    if facts.get("releaser") is None or facts["releaser"] in facts["hands"]:
        raise RuleBroken("releaser", "You had a part in preparing this. Somebody else must release it")


def second_where_restricted(_subject: Any, facts: Facts) -> None:
    """Of a restricted case two people release, neither of whom prepared it (security 7).

    Reads: agreed_by, releaser, restricted.
    """
    if facts["restricted"] and facts.get("agreed_by") in (None, facts["releaser"]):
        raise RuleBroken("releaser", "This needs a second person to release it. Record that you agree")


DISCLOSURE = Workflow(
    noun="disclosure",
    title="Disclosure",
    states=DisclosureState,
    initial=S.RECEIVED,
    end_states=(S.RELEASED, S.REFUSED, S.WITHDRAWN),
    transitions=(
        Transition(
            "prepare", (S.RECEIVED,), S.PREPARED, P.DISCLOSURE_PREPARE,
            guards=(answer_is_ready,), label="Send for release",
        ),
        Transition(
            "take_back", (S.PREPARED, S.AGREED), S.RECEIVED, P.DISCLOSURE_PREPARE, label="Take back to change it",
        ),
        Transition(
            "agree", (S.PREPARED,), S.AGREED, P.DISCLOSURE_RELEASE,
            guards=(another_person, answer_is_ready), label="Agree, as the first of two",
        ),
        Transition(
            "release", (S.PREPARED, S.AGREED), S.RELEASED, P.DISCLOSURE_RELEASE,
            guards=(another_person, second_where_restricted, answer_is_ready), label="Release",
        ),
        Transition(
            "refuse", (S.RECEIVED, S.PREPARED, S.AGREED), S.REFUSED, P.DISCLOSURE_RELEASE,
            guards=(reason_given,), label="Refuse",
        ),
        Transition(
            "withdraw", (S.RECEIVED, S.PREPARED, S.AGREED), S.WITHDRAWN, P.DISCLOSURE_PREPARE,
            guards=(reason_given,), label="Record that it was withdrawn",
        ),
    ),
)  # fmt: skip
