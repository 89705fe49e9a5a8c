"""Whom a prompt goes to: people by their role, by their agency, or by how they stand to the thing."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.models import Action, AgendaItem, Case, CaseAgency, Membership, Minutes, NamedPerson, User, Wall
from marac.services.minuting.readers import list_readers
from marac.vocabulary import ProgrammeSlug, Role, UserState

AGENCY_PEOPLE = (Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA)


def recipients(session: Session, subject: Any, to: Any) -> list[UUID]:
    """User ids for what a workflow's Notify names: a role, or `referrer`, `owner`, `agencies`, `readers`,
    `supporter`."""
    if to == "referrer":
        found = [subject.user_id]
    elif to == "owner" and getattr(subject, "owner_id", None):
        found = [subject.owner_id]
    elif to == "supporter":
        found = active_people(session, subject.partnership_id, (Role.IDVA,), agencies=[subject.supporter_id])
    elif to == "readers":
        found = sorted({one.actor.user_id for one in list_readers(session, subject) if one.told and one.actor.user_id})
    elif to in ("owner", "agencies"):
        agencies = [subject.agency_id] if hasattr(subject, "agency_id") else _agencies_of(session, subject)
        found = active_people(session, subject.partnership_id, AGENCY_PEOPLE, agencies=agencies)
    else:
        found = active_people(session, subject.partnership_id, (to,), programme=getattr(subject, "programme", None))
    return not_walled(session, subject, found)


def not_walled(session: Session, subject: Any, found: list[UUID]) -> list[UUID]:
    """Without whoever is walled off from the case, or not named for a restricted one: a prompt tells by its time."""
    case_id = _case_of(subject)
    named = _named(session, case_id) if case_id else None
    return [user_id for user_id in unwalled(session, subject, found) if named is None or user_id in named]


def unwalled(session: Session, subject: Any, found: list[UUID]) -> list[UUID]:
    """Without whoever is walled off from the case, by themselves or by an agency they work or worked for."""
    case_id = _case_of(subject)
    if case_id is None:
        return found
    around = (Wall.case_id.in_([case_id, getattr(subject, "parent_case_id", None)]), access.in_force())
    colleagues = select(Membership.user_id).join(Wall, Wall.agency_id == Membership.agency_id)
    walled = set(session.scalars(select(Wall.user_id).where(*around)))
    walled |= set(session.scalars(colleagues.where(*around)))
    return [user_id for user_id in found if user_id not in walled]


def _case_of(subject: Any) -> UUID | None:
    return subject.id if isinstance(subject, Case) else getattr(subject, "case_id", None)


def _named(session: Session, case_id: UUID) -> set[UUID] | None:
    """Whom a restricted case is for; None for any other."""
    if not session.scalar(select(Case.restricted).where(Case.id == case_id)):
        return None
    return set(session.scalars(select(NamedPerson.user_id).where(NamedPerson.case_id == case_id)))


def active_people(
    session: Session,
    partnership_id: UUID,
    roles: Iterable[Role],
    *,
    agencies: Iterable[UUID] | None = None,
    programme: Any = None,
) -> list[UUID]:
    """Active users in one of the roles today, of these agencies and of this programme when given."""
    today = clock.today()
    current = (Membership.from_on <= today, or_(Membership.to_on.is_(None), Membership.to_on >= today))
    query = select(User.id).join(Membership).where(User.partnership_id == partnership_id, *current)
    query = query.where(User.state == UserState.ACTIVE, Membership.role.in_(list(roles)))
    if agencies is not None:
        query = query.where(Membership.agency_id.in_(list(agencies)))
    if programme is not None:
        query = query.where(or_(Membership.programme.is_(None), Membership.programme == programme))
    return list(session.scalars(query.distinct()))


def standing(session: Session, partnership_id: UUID, roles: Iterable[Role]) -> list[Actor]:
    """Each active person in each of their memberships of today in one of the roles, as the actor they would be."""
    today = clock.today()
    current = (Membership.from_on <= today, or_(Membership.to_on.is_(None), Membership.to_on >= today))
    query = select(Membership).join(User, User.id == Membership.user_id).where(*current)
    query = query.where(User.partnership_id == partnership_id, User.state == UserState.ACTIVE)
    rows = session.scalars(query.where(Membership.role.in_(list(roles))).order_by(Membership.user_id, Membership.id))
    return [
        Actor(
            partnership_id, one.role, one.user_id, one.agency_id,
            frozenset([one.programme] if one.programme else ProgrammeSlug), on_behalf=one.on_behalf_of_id,
        )
        for one in rows
    ]  # fmt: skip


def _agencies_of(session: Session, subject: Any) -> list[UUID]:
    """Of a case, the agencies with an action on it; of a meeting or its minutes, those that may see a case of it."""
    if isinstance(subject, Case):
        return list(session.scalars(select(Action.agency_id).where(Action.case_id == subject.id).distinct()))
    meeting = subject.meeting if isinstance(subject, Minutes) else subject
    current = or_(CaseAgency.until_on.is_(None), CaseAgency.until_on >= clock.today())
    listed = select(CaseAgency.agency_id).join(AgendaItem, AgendaItem.case_id == CaseAgency.case_id)
    return list(session.scalars(listed.where(AgendaItem.meeting_id == meeting.id, current).distinct()))
