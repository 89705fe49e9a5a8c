"""What stands between somebody who signed in and their work: agreement of the agency, quarterly check, confidentiality.

Asked on every request, so that an agreement that ended last night closes the first page of today. Opens no case.
"""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Agency, AgencyAgreement, Attestation, Membership, Setting, User
from marac.vocabulary import Hold, Permission as P, Role, UserState
from marac.workflows import membership
from marac.workflows.membership import Terms


class Contact(NamedTuple):
    """Whom to ring: name, address, and what they are."""

    full_name: str
    email: str
    role: Role


def terms_of(session: Session, partnership_id: UUID) -> Terms:
    """The partnership's own terms of belonging today; read once in a unit of work."""
    held: dict[UUID, Terms] = session.info.setdefault("membership_terms", {})
    if partnership_id not in held:
        rows = session.execute(
            select(Setting.key, Setting.value)
            .where(Setting.partnership_id == partnership_id, Setting.programme.is_(None))
            .where(Setting.key.startswith(membership.PREFIX), Setting.effective_from <= clock.today())
            .order_by(Setting.effective_from)
        )
        held[partnership_id] = membership.terms({row.key.removeprefix(membership.PREFIX): row.value for row in rows})
    return held[partnership_id]


def columns() -> tuple[Any, ...]:
    """What a session's row answers besides: until when the agency's agreement counts, a late check, what was agreed."""
    signed = AgencyAgreement.__table__
    asked = Attestation.__table__
    until = select(signed.c.review_on).where(signed.c.agency_id == Membership.agency_id)
    until = until.order_by(signed.c.recorded_at.desc(), signed.c.id).limit(1)  # the newest, even if shorter
    late = select(func.count()).where(
        asked.c.agency_id == Membership.agency_id, asked.c.done_at.is_(None), asked.c.due_on < clock.today()
    )
    return (
        until.correlate(Membership).scalar_subquery().label("review_on"),
        late.correlate(Membership).scalar_subquery().label("late"),
        User.confidentiality_agreed_at.label("confidentiality_agreed_at"),
    )


def hold_of(session: Session, actor: Actor, row: Row[Any]) -> Hold | None:
    """What keeps this person from their work, from the columns above. Somebody from outside has one referral only."""
    if actor.referral_id is not None:
        return None
    return membership.held_back(
        actor.role, review_on=row.review_on, attestation_late=bool(row.late),
        agreed_at=row.confidentiality_agreed_at, today=clock.today(), rules=terms_of(session, actor.partnership_id),
    )  # fmt: skip


def agreed_until(session: Session, partnership_id: UUID) -> dict[UUID, AgencyAgreement]:
    """The agreement that counts of each agency that has one: the newest."""
    mine = select(AgencyAgreement).where(AgencyAgreement.partnership_id == partnership_id)
    rows = session.scalars(mine.order_by(AgencyAgreement.recorded_at, AgencyAgreement.id.desc()))
    return {row.agency_id: row for row in rows}


def closed_agencies(session: Session, partnership_id: UUID) -> frozenset[UUID]:
    """The agencies whose access is closed today by an expired, or a missing and needed, agreement."""
    held = agreed_until(session, partnership_id)
    closed = {agency_id for agency_id, one in held.items() if one.review_on < clock.today()}
    if terms_of(session, partnership_id).agreement_required:
        every = session.scalars(select(Agency.id).where(Agency.partnership_id == partnership_id))
        closed |= {agency_id for agency_id in every if agency_id not in held}
    return frozenset(closed)


def agree(session: Session, actor: Actor) -> None:
    """The person read and agreed the confidentiality agreement; asked again after a year."""
    access.require_holds(actor, P.HOME_READ)
    user = session.get_one(User, actor.user_id)
    user.confidentiality_agreed_at = clock.now()
    audit.record(session, actor, "user:agreed", user)


def whom_to_ring(session: Session, actor: Actor) -> list[Contact]:
    """The leads of the person's agency, and the coordinators: named, so that nobody stands before a closed door."""
    access.open_staff(actor)
    today = clock.today()
    held = select(*sealed_columns(User, "staff"), User.id, Membership.role, Membership.agency_id)
    query = held.join(Membership, Membership.user_id == User.id).where(
        User.partnership_id == actor.partnership_id, User.state == UserState.ACTIVE, Membership.from_on <= today,
        Membership.to_on.is_(None) | (Membership.to_on >= today), Membership.on_behalf_of_id.is_(None),
        (Membership.role == Role.COORDINATOR)
        | ((Membership.role == Role.AGENCY_ADMIN) & (Membership.agency_id == actor.agency_id)),
    )  # fmt: skip
    rows = session.execute(query).all()
    named = zip(rows, open_many(User, "staff", rows), strict=True)
    found = {Contact(str(who.get("full_name")), str(who.get("email")), row.role) for row, who in named}
    return sorted(found, key=lambda one: (one.role is not Role.AGENCY_ADMIN, one.full_name.casefold()))
