"""The parts of a referral form: who may fill it in, saving one, which are still to do. Sends and decides nothing."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.errors import StaleEdit, WrongState
from marac.models import Referral
from marac.services import moving
from marac.services.casework import assessments, people
from marac.services.community import community_answers, happenings
from marac.services.referring import referral_answers
from marac.services.referring.referral_answers import Typed
from marac.services.referring.task_lists import BY_KEY, TASK_OF, TASKS, Task, tasks_of
from marac.vocabulary import CaseState, Permission as P, PersonRole, ProgrammeSlug, ReferralState

__all__ = ["BY_KEY", "TASKS", "TASK_OF", "Task", "tasks_of"]

FINISHED = "finished"
INCIDENT = "incident"  # told on a live case in six fields: it has no form to fill in
WRITABLE = (ReferralState.DRAFT, ReferralState.RETURNED)
URGENT_TOO = (ReferralState.SUBMITTED, ReferralState.ACCEPTED)
UNTIL_HEARD = (CaseState.RECEIVED, CaseState.LISTED, CaseState.RESEARCHED)


def may_fill(referral: Referral) -> bool:
    """Whether the form is open: a draft, one sent back, or one sent as urgent, not finished yet and not heard yet."""
    if INCIDENT in (referral.done_tasks or ()):
        return False
    return referral.state in WRITABLE or (_sent_as_urgent(referral) and unfinished(referral))


def _sent_as_urgent(referral: Referral) -> bool:
    """Whether it may still be finished by its state: waiting, or accepted and the case not heard (DA-18)."""
    return referral.urgent and referral.state in URGENT_TOO and referral.case.state in UNTIL_HEARD


def unfinished(referral: Referral) -> bool:
    """Sent as urgent with six fields, and the rest not finished since (DA-18). Needs the referral's case opened."""
    return referral.urgent and FINISHED not in (referral.done_tasks or ())


def open_form(session: Session, actor: Actor, referral: Referral) -> frozenset[str]:
    """Open the form for its writer and say what opened.

    NotFound or NotAllowed if it is not theirs, WrongState when it is closed.
    """
    access.require(actor, P.REFERRAL_EDIT, referral)
    if referral.state not in WRITABLE and not _sent_as_urgent(referral):
        raise WrongState
    accepted = referral.state == ReferralState.ACCEPTED
    opened = access.open_unfinished(actor, referral) if accepted else access.open_case(actor, referral.case)
    if not may_fill(referral):
        raise WrongState
    return opened


def missing(referral: Referral) -> tuple[str, ...]:
    """The tasks that hold the referral up, in the order of the form."""
    done = set(referral.done_tasks or ())
    return tuple(task.key for task in tasks_of(referral) if not task.optional and task.key not in done)


def save_task(
    session: Session, actor: Actor, referral: Referral, task: str, typed: Typed, *, edition: str | None = None,
    done: bool = True,
) -> Referral:  # fmt: skip
    """Save one part. `edition` is what `edition_of` said when the page was drawn: StaleEdit if it was changed since.

    `done` is False for autosave and for a part with more to add. RuleBroken beside a field that a finished part needs.
    """
    open_form(session, actor, referral)
    held = saved(session, referral, task, typed.get("person_id") or typed.get("checklist"))
    if edition is not None and edition != edition_of(held):
        raise StaleEdit(str(referral.id))
    if done:
        CHECKS[referral.programme](session, referral, task, typed)
    changed = SAVERS[referral.programme][task](session, actor, referral, typed)
    if done and task not in (referral.done_tasks or ()):
        referral.done_tasks = [*(referral.done_tasks or ()), task]
    audit.record(session, actor, "referral:filled", referral, task=task, fields=sorted(changed))
    moving.flush(session)
    return referral


def edition_of(values: Typed) -> str:
    """A short mark of what is saved in one part: another save by anybody changes it."""
    text = json.dumps(values, sort_keys=True, default=_jsonable)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def saved(session: Session, referral: Referral, task: str, whose: UUID | str | None = None) -> dict[str, Any]:
    """What one part holds now, by the names its form uses; `whose` is a person or a risk tool. The case is open."""
    if task == "risk":
        return assessments.saved(session, referral, str(whose or ""))
    return READERS[referral.programme](session, referral, task, whose if isinstance(whose, UUID) else None)


def remove(session: Session, actor: Actor, referral: Referral, person_id: UUID) -> PersonRole:
    """Take out somebody entered by mistake; answers with the role they had."""
    open_form(session, actor, referral)
    person = referral_answers.person_in(session, referral, person_id)
    role = person.role
    task = "other-person" if role == PersonRole.PERPETRATOR else "children"
    people.remove_person(session, person)
    audit.record(session, actor, "referral:filled", referral, task=task, fields=["removed"])
    return role


def remove_incident(session: Session, actor: Actor, referral: Referral, incident_id: UUID) -> None:
    """Take out an incident entered by mistake."""
    open_form(session, actor, referral)
    happenings.remove(session, referral, incident_id)
    audit.record(session, actor, "referral:filled", referral, task="incidents", fields=["removed"])


CHECKS = {
    ProgrammeSlug.DA_MARAC: referral_answers.check, ProgrammeSlug.COMMUNITY_MARAC: community_answers.check,
}  # fmt: skip
READERS = {
    ProgrammeSlug.DA_MARAC: referral_answers.read, ProgrammeSlug.COMMUNITY_MARAC: community_answers.read,
}  # fmt: skip
SAVERS = {
    ProgrammeSlug.DA_MARAC: {**referral_answers.SAVERS, "risk": assessments.keep},
    ProgrammeSlug.COMMUNITY_MARAC: {**community_answers.SAVERS, "risk": assessments.keep},
}


def _jsonable(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
