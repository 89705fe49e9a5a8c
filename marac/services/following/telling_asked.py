"""The task that a hearing leaves: an agency tells the victim-survivor, or why that is not safe is recorded (DA-33).

Moves nothing: the hearing does. Reporting on a task is telling.py.
"""

import re
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import audit, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Agency, AgendaItem, Deadline, Referral, Telling
from marac.services import local
from marac.services.casework import naming
from marac.services.casework.involvement import involved_agencies
from marac.vocabulary import InvolvementBasis, TellingState

RULE = "victim_told"
OPEN = (TellingState.ASKED, TellingState.NOT_REACHED)


def open_telling(session: Session, actor: Actor, item: AgendaItem, *, who: str, not_told_because: str) -> Telling:
    """The task of one hearing: asked of the agency that was named, or closed at once where telling is not safe.

    Hearing the case again in the same meeting changes the same task. The case must be open.
    """
    telling = session.scalar(select(Telling).where(Telling.item_id == item.id))
    if telling is None:
        telling = Telling(
            partnership_id=item.partnership_id, case_id=item.case_id, item_id=item.id, asked_at=clock.now(),
            agency_id=agency_named(session, item, who), state=TellingState.ASKED,
            due_at=local.deadlines_of(session, item.meeting)[RULE].at,
        )  # fmt: skip
        session.add(telling)
    elif who.strip() and telling.who != who.strip():
        telling.agency_id = agency_named(session, item, who)
    telling.who = who.strip() or None
    telling.state = TellingState.ASKED if who.strip() else TellingState.UNSAFE
    telling.next_step = not_told_because.strip() or None
    session.flush()
    audit.record(session, actor, "telling:asked", telling, agency=telling.agency_id, state=telling.state)
    keep_clock(session, telling)
    return telling


def agency_named(session: Session, item: AgendaItem, who: str) -> UUID:
    """The agency that the meeting's words name; else the one that referred the person, who usually tells (1.14).

    Only an agency that may see the case is found this way: nobody learns of a case by being named wrongly.
    """
    here = involved_agencies(session, item.case_id, but=InvolvementBasis.PERPETRATOR_SIDE)
    found = session.scalars(select(Agency).where(Agency.id.in_(here)))
    named = [(len(word), agency.id) for agency in found for word in _words(agency) if _says(who, word)]
    if named:
        return max(named)[1]
    sent = select(Referral.agency_id).where(Referral.case_id == item.case_id, Referral.submitted_at.is_not(None))
    referred = item.referral.agency_id if item.referral else session.scalar(sent.order_by(Referral.submitted_at.desc()))
    if referred is None:
        raise RuleBroken("tells_victim", "Name the agency that tells the person")
    return referred


def _words(agency: Agency) -> Iterable[str]:
    return (agency.name, naming.short(agency.name), *agency.aliases)


def _says(who: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word.strip())}(?!\w)", who, re.IGNORECASE) is not None if word else False


def keep_clock(session: Session, telling: Telling) -> None:
    """The deadline that the hearing started (on the case) is met when the task is closed, and runs while it is not."""
    held = select(Deadline).where(Deadline.subject_id == telling.case_id, Deadline.rule == RULE)
    for due in session.scalars(held):
        due.met_at = None if telling.state in OPEN else clock.now()
