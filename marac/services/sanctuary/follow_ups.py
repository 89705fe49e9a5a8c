"""Follow-ups one, three and six months after sign-off: who is due, what they said, attempts that failed (SAN-32, 33).

Refuses a contact, and an attempt, in a way that the safe-contact rules do not allow. Writes to no survivor.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, clock, notifications
from marac.access import Actor
from marac.errors import NotFound
from marac.models import FollowUp, SanctuaryRequest
from marac.services.casework import naming, safe_contact
from marac.services.clockwork.recipients import active_people
from marac.services.moving import advance, flush
from marac.vocabulary import AtHome, ContactChannel, FollowUpState, Permission as P, ProgrammeSlug, Role, Template
from marac.workflows import contact as reaching, follow_up

ASKS: Final = (Role.SANCTUARY_OFFICER, Role.IDVA)
WAYS: Final = (ContactChannel.PHONE, ContactChannel.TEXT, ContactChannel.EMAIL, ContactChannel.VISIT)
THROUGH: Final = "through"


@dataclass(frozen=True, slots=True)
class Due:
    """One follow-up in a list."""

    id: UUID
    reference: str
    months: int
    due_on: date
    attempts: int
    state: FollowUpState


def list_of(session: Session, actor: Actor, request: SanctuaryRequest) -> list[FollowUp]:
    """The follow-ups of a request, the first first."""
    mine = access.visible(actor, P.SANCTUARY_READ, FollowUp).where(FollowUp.request_id == request.id)
    return list(session.scalars(mine.order_by(FollowUp.months)))


def get_follow_up(session: Session, actor: Actor, request: SanctuaryRequest, months: int) -> FollowUp:
    """One of them; NotFound when it is not this person's to do."""
    mine = access.visible(actor, P.SANCTUARY_SUPPORT, FollowUp)
    one = session.scalar(mine.where(FollowUp.request_id == request.id, FollowUp.months == months))
    if one is None:
        raise NotFound
    return one


def list_due(session: Session, actor: Actor, *, until_on: date) -> list[Due]:
    """What is to be asked by a day, the longest due first."""
    query = select(FollowUp, SanctuaryRequest.reference).join(SanctuaryRequest)
    mine = query.where(access.rule(actor, P.SANCTUARY_SUPPORT, FollowUp), FollowUp.state == FollowUpState.DUE)
    rows = session.execute(mine.where(FollowUp.due_on <= until_on).order_by(FollowUp.due_on)).all()
    return [Due(one.id, ref, one.months, one.due_on, one.attempts, one.state) for one, ref in rows]


def open_count(session: Session, request: SanctuaryRequest) -> int:
    """How many are still to be done."""
    mine = (FollowUp.request_id == request.id, FollowUp.state == FollowUpState.DUE)
    return session.scalar(select(func.count()).select_from(FollowUp).where(*mine)) or 0


def list_ways(session: Session, actor: Actor, request: SanctuaryRequest) -> list[tuple[str, str, str]]:
    """Each way of asking: its word, its label, and why it may not be used now (empty when it may)."""
    opened = access.open_request(actor, request)
    rules = safe_contact.rules_of(safe_contact.contact_of(session, request.case), opened, ProgrammeSlug.SANCTUARY).rules
    now = clock.now()
    found = [(one.value, one.label, reaching.may_use(rules, one, now) or "") for one in WAYS]
    through = f"Through {rules.through}" if rules.through else "Through the IDVA"
    return [*found, (THROUGH, through, "Nobody may contact this person" if rules.do_not_contact else "")]


def record_contact(
    session: Session, actor: Actor, request: SanctuaryRequest, one: FollowUp, *, way: str, answers: Mapping[str, Any]
) -> None:  # fmt: skip
    """They were asked, and this is what they said. RuleBroken beside the way or the first answer missing (SAN-33)."""
    refused, outcome = _refused(session, actor, request, way), follow_up.read(answers)
    advance(session, actor, one, "record", way=way, way_refused=refused, outcome=outcome)
    now = clock.now()
    one.outcome = {**outcome, "way": way, "by": naming.signature(session, actor)}
    one.at_home, one.done_at, one.done_by_id = AtHome(outcome["still_at_address"]), now, actor.user_id
    flush(session)


def record_attempt(session: Session, actor: Actor, request: SanctuaryRequest, one: FollowUp, *, way: str) -> None:
    """Nobody answered. After three such attempts the person counts as unreachable, and never as a success (SAN-32)."""
    advance(session, actor, one, "try", way=way, way_refused=_refused(session, actor, request, way))
    one.attempts, one.last_try_at = one.attempts + 1, clock.now()
    one.tries = [*(one.tries or ()), {"at": clock.now().isoformat(), "way": way}]
    if follow_up.unreachable(one.attempts):
        advance(session, actor, one, "give_up", attempts=one.attempts)
        one.done_at, one.done_by_id = clock.now(), actor.user_id
    flush(session)


def _refused(session: Session, actor: Actor, request: SanctuaryRequest, way: str) -> str:
    ways = {name: refused for name, _, refused in list_ways(session, actor, request)}
    return ways.get(way, "Select how you reached them")


# --- what the timetable does ---


def remind_due(session: Session, actor: Actor) -> int:
    """Whoever may ask is prompted on the day, once for each; the person themselves is never written to."""
    due = access.visible(actor, P.JOB_RUN, FollowUp).where(
        FollowUp.state == FollowUpState.DUE, FollowUp.due_on <= clock.today()
    )
    told = 0
    for one in session.scalars(due):
        request = session.get_one(SanctuaryRequest, one.request_id)
        people = active_people(session, one.partnership_id, (Role.SANCTUARY_OFFICER,))
        if request.supporter_id:
            people += active_people(session, one.partnership_id, (Role.IDVA,), agencies=[request.supporter_id])
        told += notifications.enqueue(
            session, one.partnership_id, set(people), Template.SCHEME_WAITING,
            subject_key=f"followup:{one.id.hex}", path="/visits",
        )  # fmt: skip
    return told
