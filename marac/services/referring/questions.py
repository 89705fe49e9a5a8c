"""The questions between coordinator and referrer (DA-17): any number of rounds, who asked what when, what is missing.

Kept with the referral, sealed; refuses nothing that was said before. Sends no mail with a question in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Referral
from marac.services.casework import naming
from marac.services.referring import referral_tasks
from marac.services.referring.referral_tasks import BY_KEY, INCIDENT, tasks_of
from marac.vocabulary import ReferralState


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer, if there is one yet."""

    asked: str
    asked_by: str
    asked_at: datetime | None
    missing: tuple[str, ...]
    answered: str
    answered_by: str
    answered_at: datetime | None


def thread(referral: Referral) -> tuple[Turn, ...]:
    """Every round, the first first. The referral's case must be open to the reader."""
    return tuple(_turn(entry) for entry in referral.exchange or ())


def asked_now(referral: Referral) -> tuple[str, ...]:
    """The parts of the form that the referrer is asked for now, by key; none when nothing is asked."""
    turns = thread(referral)
    return turns[-1].missing if turns and referral.state == ReferralState.RETURNED else ()


def may_be_missing(referral: Referral) -> tuple[str, ...]:
    """The parts of the form that can be asked for again; a further incident has no form."""
    if INCIDENT in (referral.done_tasks or ()):
        return ()
    return tuple(task.key for task in tasks_of(referral) if not task.optional)


def keep_question(session: Session, actor: Actor, referral: Referral, text: str, missing: Iterable[str]) -> None:
    """Add a round: the parts that are missing are to do again, so that the referrer lands on exactly these."""
    wanted = [key for key in may_be_missing(referral) if key in set(missing)]
    referral.question = question_words(referral, text, wanted)
    asked = {
        "asked": referral.question, "asked_by": naming.signature(session, actor),
        "asked_at": clock.now().isoformat(), "missing": wanted,
    }  # fmt: skip
    referral.exchange = [*(referral.exchange or ()), asked]
    referral.done_tasks = [key for key in referral.done_tasks or () if key not in wanted]


def keep_answer(session: Session, actor: Actor, referral: Referral, text: str) -> None:
    """Put the answer beside the question it answers."""
    *earlier, last = referral.exchange or ({},)
    referral.answer = text.strip()
    said = {"answered": referral.answer, "answered_by": naming.signature(session, actor)}
    referral.exchange = [*earlier, {**last, **said, "answered_at": clock.now().isoformat()}]


def question_words(referral: Referral, text: str, missing: Iterable[str]) -> str:
    """What is asked, in words: the text, or which parts are missing when nothing was written."""
    wanted = set(missing)
    parts = ", ".join(task.label for task in tasks_of(referral) if task.key in wanted)
    return text.strip() or (f"Complete: {parts}" if parts else "")


def open_to_answer(session: Session, actor: Actor, referral: Referral) -> None:
    """Open a referral for whoever answers: its form, or the live case that a further incident was told on."""
    access.require_visible(actor, referral)
    if referral.state == ReferralState.RETURNED and not is_form(session, actor, referral):
        access.open_case(actor, referral.case)
    else:
        referral_tasks.open_form(session, actor, referral)


def is_form(session: Session, actor: Actor, referral: Referral) -> bool:
    """Whether the referral was typed as a form; reads its list of parts, and nothing else of it."""
    with access.apart():
        access.open_for("tell", referral.partnership_id, [referral.case_id])
        return INCIDENT not in (referral.done_tasks or ())


def _turn(entry: Mapping[str, Any]) -> Turn:
    return Turn(
        asked=entry.get("asked", ""), asked_by=entry.get("asked_by", ""), asked_at=_moment(entry.get("asked_at")),
        missing=tuple(key for key in entry.get("missing") or () if key in BY_KEY),
        answered=entry.get("answered", ""), answered_by=entry.get("answered_by", ""),
        answered_at=_moment(entry.get("answered_at")),
    )  # fmt: skip


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
