"""The register of information sharing agreements: who signed for an agency, when, and until when it counts (DA-49).

An agency whose agreement expired is out on the next request, and is told why. Deletes nothing: a renewal is a new row.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Agency, AgencyAgreement, Membership
from marac.services.accounts import admission, joining, sessions
from marac.services.casework import naming
from marac.services.clockwork.recipients import active_people
from marac.services.referring.outside_referrers import OUTSIDE
from marac.vocabulary import AgreementStanding, Permission as P, Role, Template
from marac.workflows import membership

LONGEST_YEARS = 5


@dataclass(frozen=True, slots=True)
class Registered:
    """One agency's line in the register; the dates are empty where nothing is recorded."""

    agency_id: UUID
    agency: str
    standing: AgreementStanding
    signed_on: date | None
    review_on: date | None
    signatory: str
    document: str
    people: int


def list_register(session: Session, actor: Actor) -> list[Registered]:
    """Every agency that has an agreement or people here, the most pressing first."""
    access.require_holds(actor, P.AGREEMENT_READ)
    shown = access.visible(actor, P.AGREEMENT_READ, Agency).where(Agency.slug != OUTSIDE)
    held = admission.agreed_until(session, actor.partnership_id)
    access.open_staff(actor)
    people = _people(session, actor.partnership_id)
    lines = [_line(agency, held.get(agency.id), people.get(agency.id, 0)) for agency in session.scalars(shown)]
    order = list(AgreementStanding)
    pressing = {one: order.index(one) for one in AgreementStanding} | {
        AgreementStanding.EXPIRED: -3, AgreementStanding.ENDS_SOON: -2, AgreementStanding.NOT_RECORDED: -1,
    }  # fmt: skip
    kept = [one for one in lines if one.people or one.review_on]
    return sorted(kept, key=lambda one: (pressing[one.standing], one.review_on or date.max, one.agency.casefold()))


def get_agency(session: Session, actor: Actor, agency_id: UUID) -> Agency:
    """An agency whose agreement the actor may record, or NotFound."""
    found = session.scalar(access.visible(actor, P.AGREEMENT_KEEP, Agency).where(Agency.id == agency_id))
    if found is None or found.slug == OUTSIDE:
        raise NotFound
    return found


def record_agreement(
    session: Session, actor: Actor, agency: Agency, *, signed_on: date, review_on: date, signatory: str, document: str
) -> AgencyAgreement:
    """Record what was signed; it counts at once. RuleBroken beside a date that cannot be."""
    access.require(actor, P.AGREEMENT_KEEP, agency)
    access.require_step_up(actor)
    if signed_on > clock.today():
        raise RuleBroken("signed_on", "The date it was signed must be today or earlier")
    if review_on <= signed_on:
        raise RuleBroken("review_on", "The review date must be after the date it was signed")
    if review_on.year - signed_on.year > LONGEST_YEARS:
        raise RuleBroken("review_on", f"Choose a review date within {LONGEST_YEARS} years of the signature")
    access.open_staff(actor, seal=True)
    kept = AgencyAgreement(
        partnership_id=agency.partnership_id, agency_id=agency.id, signed_on=signed_on, review_on=review_on,
        recorded_by_id=actor.user_id, recorded_at=clock.now(), signatory=signatory.strip(), document=document.strip(),
    )  # fmt: skip
    session.add(kept)
    session.flush()
    audit.record(session, actor, "agreement:recorded", kept, agency=agency.id)
    return kept


def ending(session: Session, actor: Actor) -> list[Registered]:
    """What the actor should see to: agreements that end within 90 days, or have ended."""
    pressing = (AgreementStanding.EXPIRED, AgreementStanding.ENDS_SOON)
    return [one for one in list_register(session, actor) if one.standing in pressing]


def warn_ending(session: Session, actor: Actor) -> int:
    """Nightly: tell lead and coordinators 90, 30 and 7 days before an agreement ends, and when it has."""
    count = 0
    for agency_id, one in admission.agreed_until(session, actor.partnership_id).items():
        days = membership.told_before(one.review_on, clock.today())
        if days is not None:
            people = [
                *joining.leads_of(session, actor.partnership_id, agency_id),
                *active_people(session, actor.partnership_id, (Role.COORDINATOR,)),
            ]
            count += notifications.enqueue(
                session, actor.partnership_id, people, Template.AGREEMENT_ENDING,
                subject_key=f"agreement:{one.id.hex}:{days}", path="/admin/agreements",
            )  # fmt: skip
    return count


def history(session: Session, actor: Actor, agency: Agency) -> list[AgencyAgreement]:
    """Every agreement recorded of an agency, newest first; open to read."""
    access.require(actor, P.AGREEMENT_KEEP, agency)
    access.open_staff(actor)
    mine = select(AgencyAgreement).where(AgencyAgreement.agency_id == agency.id)
    return list(session.scalars(mine.order_by(AgencyAgreement.recorded_at.desc())))


def _line(agency: Agency, held: AgencyAgreement | None, people: int) -> Registered:
    review_on = held.review_on if held else None
    return Registered(
        agency.id, naming.short(agency.name), membership.standing(review_on, clock.today()),
        held.signed_on if held else None, review_on, str(held.signatory or "") if held else "",
        str(held.document or "") if held else "", people,
    )  # fmt: skip


def _people(session: Session, partnership_id: UUID) -> dict[UUID, int]:
    """How many people work at each agency today."""
    query = select(Membership.agency_id, func.count(Membership.user_id.distinct())).where(
        Membership.partnership_id == partnership_id, sessions.in_force()
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(Membership.agency_id))}
