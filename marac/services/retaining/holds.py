"""Legal holds: a death review, a court case, a subject access request or a complaint stops all disposal (DA-48, DA-55).

Placing one bites at once, whatever was approved before. Refuses a hold without a reason or a day to look at it again.
"""

from datetime import date, timedelta

from sqlalchemy import Exists, exists, or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, WrongState
from marac.models import Case, CaseHold, LegalHold, SanctuaryRequest
from marac.services.retaining import clocks
from marac.vocabulary import CaseState, HoldKind, Permission as P

BY_LAW = "Set when the death was reported."
FIRST_REVIEW = timedelta(days=365)


def place(session: Session, actor: Actor, case: Case, *, kind: HoldKind, reason: str, review_on: date) -> LegalHold:
    """Nothing of the case is disposed of from now on. RuleBroken beside `reason` or `review_on`; NotFound if erased."""
    access.require(actor, P.HOLD_PLACE, case)
    if not reason.strip():
        raise RuleBroken("reason", "Say who asked for the hold, and why")
    if review_on is None or review_on <= clock.today():
        raise RuleBroken("review_on", "Enter a day in the future on which the hold is looked at again")
    lock(session, case)
    return _placed(session, actor, case, kind=kind, reason=reason.strip(), review_on=review_on)


def place_by_law(session: Session, actor: Actor, case: Case) -> LegalHold:
    """The hold that follows a reported death by itself; who reported it may do nothing else here."""
    review_on = clock.today() + FIRST_REVIEW
    return _placed(session, actor, case, kind=HoldKind.DEATH_REVIEW, reason=BY_LAW, review_on=review_on)


def _placed(
    session: Session, actor: Actor, case: Case, *, kind: HoldKind, reason: str, review_on: date
) -> LegalHold:  # fmt: skip
    with access.apart():
        access.open_for("keep", case.partnership_id, [case.id])
        hold = LegalHold(
            partnership_id=case.partnership_id, case_id=case.id, kind=kind, placed_at=clock.now(),
            placed_by_id=actor.user_id, review_on=review_on, reason=reason,
        )  # fmt: skip
        session.add(hold)
        session.flush()
    audit.record(session, actor, "hold:placed", hold, kind=kind)
    return hold


def lift(session: Session, actor: Actor, hold: LegalHold, *, reason: str) -> LegalHold:
    """The hold is over; the record's own date counts again. RuleBroken without a reason; StepUpNeeded."""
    access.require(actor, P.HOLD_PLACE, hold)
    access.require_step_up(actor)
    if hold.lifted_at is not None:
        raise WrongState
    if not reason.strip():
        raise RuleBroken("reason", "Say why the hold is over")
    access.open_retention(actor, hold.partnership_id, [hold.case_id])
    hold.lifted_at, hold.lifted_by_id, hold.lifted_because = clock.now(), actor.user_id, reason.strip()
    session.flush()
    if not session.scalar(select(_live().where(LegalHold.case_id == hold.case_id))):
        for request in session.scalars(select(SanctuaryRequest).where(SanctuaryRequest.case_id == hold.case_id)):
            request.legal_hold = False
    audit.record(session, actor, "hold:lifted", hold, kind=hold.kind)
    session.flush()
    return hold


def held(session: Session, case: Case) -> bool:
    """Whether a live hold is on the case, on one joined to it, or on a Sanctuary request of it (or the other way)."""
    ids = [one.id for one in clocks.family(session, case)]
    kin = or_(SanctuaryRequest.case_id.in_(ids), SanctuaryRequest.parent_case_id.in_(ids))
    requests = session.execute(
        select(SanctuaryRequest.case_id, SanctuaryRequest.parent_case_id, SanctuaryRequest.legal_hold).where(kin)
    ).all()
    ids += [one for row in requests for one in row[:2] if one is not None]
    asked_for = exists().where(CaseHold.case_id.in_(ids), CaseHold.lifted_at.is_(None))
    return any(row.legal_hold for row in requests) or bool(
        session.scalar(select(or_(_live().where(LegalHold.case_id.in_(ids)), asked_for)))
    )


def locked_and_held(session: Session, case: Case) -> bool:
    """The same with the case's row locked first, so that a hold placed at this moment is either seen or waits."""
    lock(session, case)
    return held(session, case)


def list_holds(session: Session, actor: Actor, case: Case) -> list[LegalHold]:
    """The live holds of a case, oldest first, their reasons open to who keeps the schedule."""
    access.require(actor, P.HOLD_PLACE, case)
    access.open_retention(actor, case.partnership_id, [case.id])
    mine = access.visible(actor, P.HOLD_PLACE, LegalHold).where(LegalHold.case_id == case.id)
    return list(session.scalars(mine.where(LegalHold.lifted_at.is_(None)).order_by(LegalHold.placed_at)))


def list_live(session: Session, actor: Actor) -> list[LegalHold]:
    """Every live hold the actor may see, the next to be looked at first; their reasons stay shut."""
    access.require_holds(actor, P.HOLD_PLACE)
    mine = access.visible(actor, P.HOLD_PLACE, LegalHold).where(LegalHold.lifted_at.is_(None))
    return list(session.scalars(mine.order_by(LegalHold.review_on, LegalHold.id)))


def get_hold(session: Session, actor: Actor, hold_id: object) -> LegalHold:
    """One hold; NotFound when its case is not the actor's to see."""
    hold = session.scalar(access.visible(actor, P.HOLD_PLACE, LegalHold).where(LegalHold.id == hold_id))
    if hold is None:
        raise NotFound
    return hold


def case_for_hold(session: Session, actor: Actor, reference: str) -> Case:
    """A case by its reference, for who keeps records: to hold it, not to read it. NotFound as for an unknown one."""
    mine = access.visible(actor, P.HOLD_PLACE, Case).where(Case.reference == reference.strip().upper())
    case = session.scalar(mine)
    while case is not None and case.merged_into_id is not None:
        into = access.visible(actor, P.HOLD_PLACE, Case).where(Case.id == case.merged_into_id)
        case = session.scalar(into)
    if case is None:
        raise NotFound
    return case


def _live() -> Exists:
    return exists().where(LegalHold.lifted_at.is_(None))


def lock(session: Session, case: Case) -> None:
    """One at a time: on PostgreSQL the row is locked, on SQLite the whole transaction is."""
    state = session.scalar(select(Case.state).where(Case.id == case.id).with_for_update())
    if state in (None, CaseState.ERASED):
        raise NotFound
