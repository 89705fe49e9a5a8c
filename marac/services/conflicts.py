"""Screening before a case is listed (DA-5): staff named like a person in the case, and the wall that keeps them out.

A wall is silent: whoever stands behind it never learns that the case exists.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotFound, RuleBroken
from marac.models import Agency, Case, Membership, User, Wall
from marac.services import people
from marac.services.comparing import Comparison
from marac.vocabulary import Permission as P, PersonRole, Role, UserState


@dataclass(frozen=True, slots=True)
class PossibleConflict:
    """Somebody who works here and has the name of somebody in the case."""

    user_id: UUID
    full_name: str
    agency: str
    person_role: PersonRole
    walled: bool


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person who works here, by name and agency."""

    id: UUID
    full_name: str
    agency: str


def possible_conflicts(session: Session, actor: Actor, case: Case) -> list[PossibleConflict]:
    """Staff named like somebody in the case. The case must be open; agreement of names only, so a person decides."""
    access.require(actor, P.REFERRAL_DECIDE, case)
    search, walled = Comparison(), _walled(session, case)
    in_case = [(person.role, _names(person.full_name, person.aliases)) for person in people.people_of(session, case.id)]
    found = []
    for colleague in colleagues(session, actor):
        role = next((role for role, names in in_case if _alike(search, colleague.full_name, names)), None)
        if role is not None:
            found.append(
                PossibleConflict(
                    colleague.id, colleague.full_name, colleague.agency, role, colleague.id in walled
                )
            )  # fmt: skip
    return found


def wall_off(session: Session, actor: Actor, case: Case, user_ids: Iterable[UUID]) -> None:
    """Keep these people out of the case, silently and at once. RuleBroken for oneself: somebody else decides then."""
    access.require(actor, P.REFERRAL_DECIDE, case)
    held = _walled(session, case)
    for user_id in set(user_ids) - held:
        if user_id == actor.user_id:
            raise RuleBroken("walls", "This is about you, so you cannot decide it. Ask another coordinator")
        user = session.get(User, user_id)
        if user is None or user.partnership_id != case.partnership_id:
            raise NotFound
        session.add(
            Wall(partnership_id=case.partnership_id, case_id=case.id, user_id=user_id, since_at=clock.now())
        )  # fmt: skip
        audit.record(session, actor, "case:walled", case, user=user_id)
    session.flush()


def colleagues(session: Session, actor: Actor, roles: Iterable[Role] = ()) -> list[Colleague]:
    """Everyone who works in the partnership today, or those in one of these roles, by name."""
    access.open_staff(actor)
    today = clock.today()
    query = (
        select(*sealed_columns(User, "staff"), User.id, Agency.name.label("agency"))
        .join(Membership, Membership.user_id == User.id)
        .join(Agency, Agency.id == Membership.agency_id)
        .where(
            User.partnership_id == actor.partnership_id, User.state != UserState.SUSPENDED,
            Membership.from_on <= today, or_(Membership.to_on.is_(None), Membership.to_on >= today),
        )
    )  # fmt: skip
    if wanted := list(roles):
        query = query.where(Membership.role.in_(wanted))
    rows = session.execute(query).all()
    opened = zip(rows, open_many(User, "staff", rows), strict=True)
    named = {row.id: Colleague(row.id, person.get("full_name", ""), row.agency) for row, person in opened}
    return sorted(named.values(), key=lambda colleague: colleague.full_name)


def _alike(search: Comparison, full_name: str, names: tuple[str, ...]) -> bool:
    return any(search.names_agree(full_name, name) in ("same", "alike") for name in names)


def _names(full_name: str | None, aliases: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(name for name in (full_name, *(aliases or ())) if name)


def _walled(session: Session, case: Case) -> set[UUID]:
    held = session.scalars(select(Wall.user_id).where(Wall.case_id == case.id, Wall.user_id.is_not(None)))
    return {user_id for user_id in held if user_id is not None}
