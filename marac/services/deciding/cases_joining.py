"""One case out of two: a referral about people the panel knows moves into their case, and the provisional one ends.

Nothing that keeps a person safe is lost on the way: walls, stricter contact rules and older addresses all stay.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import transplant
from marac.errors import RuleBroken, WrongState
from marac.models import Address, Assessment, Case, CaseAgency, CaseIncident, CasePerson, Referral
from marac.services import moving
from marac.services.casework import people
from marac.services.casework.involvement import involve
from marac.services.deciding.news_joining import add_news, names_of, renamed_knowledge
from marac.services.knowing import indexing
from marac.services.referring import drafts, papers
from marac.services.walls import building, screening
from marac.vocabulary import CaseState, Permission as P, PersonRole, ReferralKind

ENDED = (CaseState.CLOSED, CaseState.MERGED, CaseState.ERASED)


def join_case(
    session: Session, actor: Actor, referral: Referral, into_case: Case, *,
    kind: ReferralKind | None = ReferralKind.REPEAT,
) -> Case:  # fmt: skip
    """Move a referral, its checklist and what it newly tells of the people into `into_case`; merge its own case away.

    RuleBroken when the case has ended or is the same one; WrongState when the referral's own case is under way already.
    `kind` is what the referral now counts as; None leaves it (a duplicate is not a repeat).
    """
    access.require(actor, P.REFERRAL_DECIDE, referral)
    access.require(actor, P.CASE_LIST, into_case)
    own_case = referral.case
    _joinable(own_case, into_case)
    access.open_for("reseal", own_case.partnership_id, [own_case.id, into_case.id])
    _move_referral(session, referral, into_case)
    _move_people(session, own_case, into_case)
    _keep_who_may_see(session, actor, own_case, into_case)
    _carry_summary(own_case, into_case)
    referral.kind = kind or referral.kind
    received_on = clock.to_london(referral.submitted_at).date() if referral.submitted_at else clock.today()
    into_case.last_referral_on = max(into_case.last_referral_on or received_on, received_on)
    own_case.merged_into_id = into_case.id
    moving.advance(session, actor, own_case, "merge", into_id=into_case.id)
    indexing.forget_case(session, own_case.id)
    drafts.drop_of_case(session, own_case.id)
    indexing.index_case(session, into_case.partnership_id, into_case.id)
    screening.screen_case(session, into_case.id)
    audit.record(session, actor, "case:joined", into_case, other=own_case.id)
    session.expire(referral)
    return into_case


def _joinable(own_case: Case, into_case: Case) -> None:
    if own_case.id == into_case.id or own_case.programme != into_case.programme:
        raise RuleBroken("into", "Select another case of the same panel")
    if into_case.state in ENDED:
        raise RuleBroken("into", "That case has ended. List this as a new case: the link between the people is kept")
    if own_case.state != CaseState.RECEIVED:
        raise WrongState


def _move_referral(session: Session, referral: Referral, into_case: Case) -> None:
    assessments = session.scalars(select(Assessment).where(Assessment.referral_id == referral.id)).all()
    happened = session.scalars(select(CaseIncident).where(CaseIncident.referral_id == referral.id)).all()
    for row in (referral, *assessments, *happened):
        transplant(row, into_case.id)
    papers.move_to(session, referral, into_case)
    session.flush()


def _move_people(session: Session, own_case: Case, into_case: Case) -> None:
    """News of the victim-survivor goes to who is there, as for all of the same name and role; the others move."""
    there, became = people.people_of(session, into_case.id), {}
    for person in people.people_of(session, own_case.id):
        known = _same_person(person, there)
        if known is not None:
            add_news(session, person, known)
            became[person.id.hex] = known.id.hex
        else:
            _move_person(person, into_case, position=1 + max(one.position for one in there))
            there = [*there, person]
        session.flush()
        session.expire_all()
    places = session.scalars(select(Address).where(Address.case_id == into_case.id))
    renamed_knowledge(list(places), became)
    session.flush()


def _same_person(person: CasePerson, there: list[CasePerson]) -> CasePerson | None:
    same_role = [one for one in there if one.role == person.role]
    if person.role == PersonRole.VICTIM:
        return same_role[0]
    if person.not_known or not person.full_name:
        return same_role[0] if same_role and person.role == PersonRole.PERPETRATOR else None
    return next((one for one in same_role if names_of(one) & names_of(person)), None)


def _move_person(person: CasePerson, into_case: Case, position: int) -> None:
    parts = [*person.addresses, *([person.contact] if person.contact else [])]
    transplant(person, into_case.id)
    person.position = position
    for part in parts:
        transplant(part, into_case.id)


def _keep_who_may_see(session: Session, actor: Actor, own_case: Case, into_case: Case) -> None:
    """Agencies of the provisional case see the one it joins, and no longer the other; walls go with it (DA-5)."""
    for row in session.scalars(select(CaseAgency).where(CaseAgency.case_id == own_case.id)).all():
        involve(session, into_case.id, row.partnership_id, [row.agency_id], row.basis)
        row.until_on = clock.today() - timedelta(days=1)
    building.carry_over(session, actor, own_case, into_case)
    session.flush()


def _carry_summary(own_case: Case, into_case: Case) -> None:
    """The newest wishes and reasons lead; safety lines add up."""
    for name in ("wishes", "wishes_on", "wishes_by", "why_high_risk"):
        if getattr(own_case, name):
            setattr(into_case, name, getattr(own_case, name))
    for name in ("needs", "stop_flags", "care_flags", "marks"):
        both = [*(getattr(own_case, name) or ()), *(getattr(into_case, name) or ())]
        setattr(into_case, name, list(dict.fromkeys(both)))
