"""Screening before a case is listed (DA-5): staff connected with a person in it, and the wall that keeps them out.

A wall is silent: whoever stands behind it never learns that the case exists.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.crypto.sounds import plain
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Agency, Case, CasePerson, Membership, Referral, User, Wall
from marac.services.casework.involvement import core_agencies, involved_agencies
from marac.services.clockwork import recipients
from marac.services.knowing import indexing
from marac.services.knowing.comparing import Comparison
from marac.services.walls import seats
from marac.services.walls.building import build_wall
from marac.vocabulary import Permission as P, PersonRole, Role, Template, UserState, WallSource

DECIDERS = (Role.COORDINATOR, Role.CHAIR)
NAMED = {"same": "same name", "alike": "name sounds alike"}
ALONE_NOT_ENOUGH = {
    "near": "name spelt a little differently", "family": "same family name", "forename": "same first name",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PossibleConflict:
    """Somebody who works here and may be connected with a person in the case: with whom, and why it is thought."""

    user_id: UUID
    full_name: str
    agency: str
    person_role: PersonRole
    reasons: tuple[str, ...]
    walled: bool
    dismissed: bool

    @property
    def undecided(self) -> bool:
        """Whether nobody has said yet if this is a conflict."""
        return not (self.walled or self.dismissed)


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person who works here, by name and agency."""

    id: UUID
    full_name: str
    agency: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What somebody goes by, where they live and their phone, in the clear for one comparison."""

    names: tuple[str, ...]
    postcodes: frozenset[str]
    phone: str


def possible_conflicts(session: Session, actor: Actor, referral: Referral) -> list[PossibleConflict]:
    """Staff of the agencies that will see the case, whose own name, postcode or phone is that of somebody in it.

    The same comparison as for repeats; a person decides. The case must be open. What is compared is never shown.
    """
    access.require(actor, P.REFERRAL_DECIDE, referral.case)
    case, search = referral.case, Comparison()
    walled, dismissed = _walled(session, case), set(referral.no_conflict or ())
    in_case = _people_of(session, case)
    found = []
    for colleague, known in _staff(session, actor, _agencies(session, case)):
        hits = ((role, _reasons(search, known, person)) for role, person in in_case)
        role, reasons = next(((role, reasons) for role, reasons in hits if reasons), (None, ()))
        if role is not None:
            kept_out, cleared = colleague.id in walled, colleague.id.hex in dismissed
            found.append(
                PossibleConflict(
                    colleague.id, colleague.full_name, colleague.agency, role, reasons, kept_out, cleared
                )
            )  # fmt: skip
    return found


def undecided(found: Iterable[PossibleConflict]) -> int:
    """How many possible conflicts nobody has decided yet."""
    return sum(one.undecided for one in found)


def dismiss(session: Session, actor: Actor, referral: Referral, user_ids: Iterable[UUID]) -> None:
    """Say that these people have no conflict: kept with the referral, so that nobody is asked again."""
    access.require(actor, P.REFERRAL_DECIDE, referral)
    held = list(referral.no_conflict or ())
    for user_id in user_ids:
        if user_id.hex not in held:
            held.append(user_id.hex)
            audit.record(session, actor, "conflict:dismissed", referral, user=user_id)
    referral.no_conflict = held


def wall_off(session: Session, actor: Actor, case: Case, user_ids: Iterable[UUID]) -> None:
    """Keep these people out of the case, silently and at once. RuleBroken for oneself: declare it instead."""
    access.require(actor, P.REFERRAL_DECIDE, case)
    wanted = set(user_ids) - _walled(session, case)
    for user_id in wanted:
        if user_id == actor.user_id:
            raise RuleBroken("conflicts", "This is about you, so you cannot decide it. Select I have a conflict")
        user = session.get(User, user_id)
        if user is None or user.partnership_id != case.partnership_id:
            raise NotFound
        build_wall(session, actor, case, user_id=user_id)
    seats.tell_emptied(session, case)
    session.flush()


def declare_conflict(session: Session, actor: Actor, referral: Referral) -> int:
    """The actor has a conflict: the case is gone for them from now, and others who decide are told (DA-5).

    Returns how many were told; 0 when nobody else here can decide, which the page must say. No reason is asked.
    """
    access.require(actor, P.REFERRAL_DECIDE, referral)
    if actor.user_id is None:
        raise NotAllowed
    case, key = referral.case, f"handed:{referral.id.hex}:{actor.user_id.hex}"
    others = set(recipients.recipients(session, referral, DECIDERS[0])) | set(
        recipients.recipients(session, referral, DECIDERS[1])
    )
    others.discard(actor.user_id)
    notifications.enqueue(
        session, referral.partnership_id, others, Template.REFERRAL_WAITING, subject_key=key,
        path=f"/referrals/{referral.reference}",
    )  # fmt: skip
    build_wall(session, actor, case, user_id=actor.user_id, source=WallSource.DECLARED)
    session.flush()
    return len(others)


def step_aside(session: Session, actor: Actor, case: Case, because: str = "") -> None:
    """The actor has a conflict in a case they can see. It is gone for them from now (DA-5, SCH-42)."""
    access.require(actor, P.CASE_READ, case)
    if actor.user_id is None:
        raise NotAllowed
    build_wall(session, actor, case, user_id=actor.user_id, source=WallSource.DECLARED, said=because)
    seats.tell_emptied(session, case)
    session.flush()


def colleagues(session: Session, actor: Actor, roles: Iterable[Role] = ()) -> list[Colleague]:
    """Everyone who works in the partnership today, or those in one of these roles, by name."""
    return [colleague for colleague, _known in _staff(session, actor, None, roles)]


def _staff(
    session: Session, actor: Actor, agencies: Iterable[UUID] | None, roles: Iterable[Role] = ()
) -> list[tuple[Colleague, _Known]]:
    """People who work here today, of these agencies or all, with what the screening compares."""
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
    if agencies is not None:
        query = query.where(or_(Membership.agency_id.in_(list(agencies)), Membership.role.in_(DECIDERS)))
    rows = session.execute(query).all()
    opened = zip(rows, open_many(User, "staff", rows), strict=True)
    named = {row.id: (Colleague(row.id, who.get("full_name", ""), row.agency), _known(who)) for row, who in opened}
    return sorted(named.values(), key=lambda pair: pair[0].full_name)


def _known(who: Any) -> _Known:
    names = (who.get("full_name"), *(who.get("former_names") or ()))
    home = plain(who.get("home_postcode") or "")
    return _Known(_given(names), frozenset([home] if home else ()), _digits(who.get("own_phone") or ""))


def _people_of(session: Session, case: Case) -> list[tuple[PersonRole, _Known]]:
    """Everyone in the case as the matching reads them: opened for that, and for nothing else."""
    with access.apart():
        access.open_for("match", case.partnership_id, [case.id])
        people = indexing.known_people(session, CasePerson.case_id == case.id)
    return [
        (one.role, _Known(_given(one.names), frozenset(plain(home[1]) for home in one.homes), _digits(one.phone)))
        for one in people
    ]


def _reasons(search: Comparison, one: _Known, other: _Known) -> tuple[str, ...]:
    """Why two people may be connected: a name alone when it is the same or sounds alike, else only with more."""
    levels = {search.names_agree(ours, theirs) for ours in one.names for theirs in other.names}
    shared = []
    if one.postcodes & other.postcodes:
        shared.append("same postcode")
    if one.phone and one.phone == other.phone:
        shared.append("same phone number")
    told = [words for level, words in NAMED.items() if level in levels]
    if shared and not told:
        told = [words for level, words in ALONE_NOT_ENOUGH.items() if level in levels]
    return (*told[:1], *shared) if told or shared else ()


def _agencies(session: Session, case: Case) -> set[UUID]:
    """Those who see the case, and those who will when it is listed."""
    return {*involved_agencies(session, case.id), *core_agencies(session, case)}


def _given(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(name for name in names if name)


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)[-9:]


def _walled(session: Session, case: Case) -> set[UUID]:
    held = select(Wall.user_id).where(Wall.case_id == case.id, Wall.user_id.is_not(None), access.in_force())
    return {user_id for user_id in session.scalars(held) if user_id is not None}
