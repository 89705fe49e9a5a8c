"""Cases that wait for a coming agenda, whichever: accepted, put off, under review, to be brought back (DA-35).

Three queries however many wait. Suggests nothing: what one agenda should take is proposing.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from marac import access, clock
from marac.access import Actor
from marac.models import AgendaItem, Case, Meeting, Referral
from marac.services.meetings.agenda import PeopleIn, people_in
from marac.vocabulary import AgendaItemState, CaseState, Outcome, Permission as P, ReferralState

LIVE = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS)
HEARD_BEFORE = (CaseState.HEARD, CaseState.ISSUED, CaseState.LAPSED, CaseState.ACTIONS_OPEN)
ACCEPTED, BRING_BACK, REVIEW = "Accepted, not on an agenda yet", "To be brought back", "Review due"
TAKEN_OFF, DEFERRED = "Taken off an agenda", "Deferred"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that should be on a coming agenda: why it is offered, and who it is about."""

    case: Case
    people: PeopleIn
    reason: str
    since_on: date | None
    referral: Referral | None

    @property
    def name(self) -> str:
        """The person the case is about."""
        return self.people.name


def list_waiting(session: Session, actor: Actor) -> list[Waiting]:
    """Cases for a coming agenda: accepted or put off and on no agenda, or to be brought back (DA-19, DA-35)."""
    accepted = select(Referral.case_id).where(Referral.state == ReferralState.ACCEPTED)
    live = select(AgendaItem.case_id).where(AgendaItem.state.in_(LIVE))
    back = select(AgendaItem.case_id).where(AgendaItem.outcome == Outcome.BRING_BACK)
    visible = access.visible(actor, P.CASE_LIST, Case).where(Case.id.not_in(live)).order_by(Case.opened_on, Case.id)
    fresh = session.scalars(visible.where(Case.state == CaseState.RECEIVED, Case.id.in_(accepted)))
    brought_back = and_(Case.state.in_(HEARD_BEFORE), Case.id.in_(back))
    heard = session.scalars(visible.where(or_(brought_back, Case.state == CaseState.REVIEW_DUE)))
    cases = [*fresh, *heard]
    access.open_stages(session, actor, {case.id: case.state for case in cases})
    people = people_in(session, [case.id for case in cases])
    items, referrals = _latest_items(session, cases), _newest_referrals(session, cases)
    found = [_waiting(case, people[case.id], items.get(case.id), referrals.get(case.id)) for case in cases]
    return [waiting for waiting in found if waiting is not None]


def _latest_items(session: Session, cases: Sequence[Case]) -> dict[UUID, AgendaItem]:
    query = select(AgendaItem).join(Meeting).where(AgendaItem.case_id.in_([case.id for case in cases]))
    loaded = query.options(joinedload(AgendaItem.meeting), joinedload(AgendaItem.referral))
    return {item.case_id: item for item in session.scalars(loaded.order_by(Meeting.starts_at))}


def _newest_referrals(session: Session, cases: Sequence[Case]) -> dict[UUID, Referral]:
    query = select(Referral).where(Referral.case_id.in_([case.id for case in cases]))
    accepted = query.where(Referral.state == ReferralState.ACCEPTED).order_by(Referral.started_at)
    return {referral.case_id: referral for referral in session.scalars(accepted)}


def _waiting(case: Case, people: PeopleIn, item: AgendaItem | None, newest: Referral | None) -> Waiting | None:
    if item is None or (case.state == CaseState.RECEIVED and item.state == AgendaItemState.HEARD):
        return Waiting(case, people, ACCEPTED, case.last_referral_on, newest)
    if case.state == CaseState.REVIEW_DUE:
        return Waiting(case, people, REVIEW, case.review_on, None)
    if item.outcome == Outcome.BRING_BACK:
        return Waiting(case, people, BRING_BACK, item.bring_back_on, None)
    if case.state != CaseState.RECEIVED:
        return None
    word = TAKEN_OFF if item.state == AgendaItemState.REMOVED else DEFERRED
    return Waiting(case, people, word, clock.to_london(item.meeting.starts_at).date(), item.referral)
