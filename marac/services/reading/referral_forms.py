"""A referral that came as a Word or PDF form: read into proposals, and begun with what a person took of them.

Reading keeps nothing of the file but that one was read. Decides nothing, and completes no part: each is still to do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.crypto.keyring import Keyring
from marac.errors import NotFound
from marac.models import Referral
from marac.services.casework import people
from marac.services.reading import apart
from marac.services.referring import referral_tasks, referrals
from marac.vocabulary import Permission as P, ProgrammeSlug
from marac.workflows import form_reading
from marac.workflows.form_proposals import Reading

PROGRAMME: Final = ProgrammeSlug.DA_MARAC
NOT_CHECKED: Final[dict[str, Any]] = {"checked_on": None, "checked_by": None}


@dataclass(frozen=True, slots=True)
class Taken:
    """What a person took for one part (of one child or other person, where there are several), as services take it."""

    task: str
    facts: Mapping[str, Any]


def may_read(actor: Actor) -> bool:
    """Whether this person may begin a referral from a form: whoever may refer to the DA MARAC."""
    return referrals.may_start(actor) and PROGRAMME in actor.programmes


def read_form(session: Session, actor: Actor, content: bytes) -> Reading:
    """What a form says. NotFound for who may not refer; RuleBroken beside `file` when it cannot be read."""
    require_reader(actor)
    session.rollback()  # nothing was written yet, and others may write while the file is taken apart
    reading = form_reading.read(apart.lines_of(content))
    audit.record(session, actor, "referral:form_read", found=len(reading.proposals), left=len(reading.unplaced))
    return reading


def begin(session: Session, keyring: Keyring, actor: Actor, taken: Sequence[Taken]) -> Referral:
    """A draft with what was taken, saved as typed; no part of it counts as done. NotFound as for `read_form`."""
    require_reader(actor)
    referral = referrals.start_referral(session, keyring, actor, PROGRAMME)
    for one in taken:
        facts = dict(one.facts)
        if "rules" in facts:
            held = referral_tasks.saved(session, referral, one.task).get("rules") or {}
            facts["rules"] = {**held, **facts["rules"]}
        referral_tasks.save_task(session, actor, referral, one.task, facts, done=False)
    victim = people.victim_of(session, referral.case_id)
    people.update_person(session, victim, **NOT_CHECKED)  # that is said when somebody asked, not when a form was read
    audit.record(session, actor, "referral:from_form", referral, taken=sum(len(one.facts) for one in taken))
    return referral


def require_reader(actor: Actor) -> None:
    """NotFound for who may not refer here: the page is not there for them."""
    if not may_read(actor):
        raise NotFound
    access.require_holds(actor, P.REFERRAL_CREATE)
