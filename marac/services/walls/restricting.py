"""Restricted cases: for named people only, set and reviewed by the chair. To everybody else there is no such case.

Refuses to leave a restricted case with nobody to run it, and to let anybody in who is kept out of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, RuleBroken
from marac.models import Agency, Case, Membership, NamedPerson, Restriction, User
from marac.services.casework import naming
from marac.services.clockwork import recipients
from marac.services.moving import flush, same_version
from marac.vocabulary import Permission as P, Role, UserState

READERS = (Role.COORDINATOR, Role.CHAIR, Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA)
RUN_IT = (Role.COORDINATOR, Role.CHAIR)
LONGEST = timedelta(days=183)
LEAST = 10  # characters of a reason


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who could be named: who they are, where they work, and whether they are."""

    user_id: UUID
    full_name: str
    agency: str
    role: Role
    named: bool


@dataclass(frozen=True, slots=True)
class Restricted:
    """How a case is restricted now: since when, until when without another look, who, and why."""

    version: int
    readers: tuple[Reader, ...]
    review_on: date | None
    said: tuple[str, ...]


def view_restriction(session: Session, actor: Actor, case: Case) -> Restricted:
    """Who is named and who could be, for the chair."""
    access.require(actor, P.CASE_RESTRICT, case)
    held = _current(session, case)
    said: tuple[str, ...] = ()
    if held is not None:
        with access.apart():
            access.open_for("explain", case.partnership_id, [case.id])
            said = tuple(held.said or ())
    return Restricted(case.version_id, _readers(session, actor, case), held.review_on if held else None, said)


def restrict(
    session: Session, actor: Actor, case: Case, people: Iterable[UUID], *, review_on: date, because: str,
    version: int | None = None,
) -> None:  # fmt: skip
    """Restrict a case to these people and the chair who does it, or change who they are: from the next request on.

    RuleBroken beside `people`, `review_on` or `because`; StepUpNeeded without a second factor confirmed just now.
    """
    access.require(actor, P.CASE_RESTRICT, case)
    access.require_step_up(actor)
    same_version(case, version)
    wanted = _allowed(session, actor, case, people)
    if not clock.today() < review_on <= clock.today() + LONGEST:
        raise RuleBroken("review_on", "The day to look at this again must be within the next six months")
    _said_enough(because)
    held = {one.user_id: one for one in session.scalars(select(NamedPerson).where(NamedPerson.case_id == case.id))}
    facts = {"partnership_id": case.partnership_id, "case_id": case.id}
    for user_id in wanted - held.keys():
        session.add(NamedPerson(**facts, user_id=user_id))
    for user_id in held.keys() - wanted:
        session.delete(held[user_id])
    _keep(session, actor, case, review_on, because)
    if case.restricted:
        added, taken_off = len(wanted - held.keys()), len(held.keys() - wanted)
        audit.record(session, actor, "case:renamed", case, added=added, taken_off=taken_off)
    else:
        case.restricted = True
        audit.record(session, actor, "case:restricted", case, people=len(wanted))
    flush(session)


def lift_restriction(session: Session, actor: Actor, case: Case, because: str, version: int | None = None) -> None:
    """The case is seen again by whoever may see it otherwise."""
    access.require(actor, P.CASE_RESTRICT, case)
    access.require_step_up(actor)
    same_version(case, version)
    _said_enough(because)
    held = _current(session, case)
    if held is not None:
        _keep(session, actor, case, held.review_on, because)
        held.ended_at, held.ended_by_id = clock.now(), actor.user_id
    for one in session.scalars(select(NamedPerson).where(NamedPerson.case_id == case.id)):
        session.delete(one)
    case.restricted = False
    audit.record(session, actor, "case:unrestricted", case)
    flush(session)


def list_to_review(session: Session, actor: Actor, until_on: date) -> list[tuple[str, date]]:
    """(reference, day) of restrictions that are to be looked at again by a day, among cases of this chair."""
    query = select(Case.reference, Restriction.review_on).join(Restriction, Restriction.case_id == Case.id)
    due = query.where(
        access.rule(actor, P.CASE_RESTRICT, Case), Restriction.ended_at.is_(None), Restriction.review_on <= until_on
    )
    return [(row[0], row[1]) for row in session.execute(due.order_by(Restriction.review_on))]


def _allowed(session: Session, actor: Actor, case: Case, people: Iterable[UUID]) -> set[UUID]:
    """Those named who could be, and who does it: somebody has to be left who runs the case."""
    if actor.user_id is None:
        raise NotAllowed
    readers = {one.user_id: one for one in _readers(session, actor, case)}
    asked = set(people)
    if asked - readers.keys():
        raise RuleBroken("people", "Select from the list")
    return {actor.user_id, *asked}


def _said_enough(because: str) -> None:
    if len(because.strip()) < LEAST:
        raise RuleBroken("because", "Say why, in a sentence. Only those who run this case can read it")


def _keep(session: Session, actor: Actor, case: Case, review_on: date, because: str) -> None:
    with access.apart():
        access.open_for("explain", case.partnership_id, [case.id])
        held = _current(session, case)
        if held is None:
            held = Restriction(
                partnership_id=case.partnership_id, case_id=case.id, set_by_id=actor.user_id, set_at=clock.now(),
                review_on=review_on,
            )  # fmt: skip
            session.add(held)
        held.review_on = review_on
        held.said = [*(held.said or ()), because.strip()]
        session.flush()


def _current(session: Session, case: Case) -> Restriction | None:
    query = select(Restriction).where(Restriction.case_id == case.id, Restriction.ended_at.is_(None))
    return session.scalar(query.order_by(Restriction.set_at.desc()).limit(1))


def _readers(session: Session, actor: Actor, case: Case) -> tuple[Reader, ...]:
    """Everybody whose role reads cases of this programme, but for whoever is kept out of this one."""
    today = clock.today()
    query = (
        select(Membership.user_id, Membership.role, Agency.name)
        .join(User, User.id == Membership.user_id)
        .join(Agency, Agency.id == Membership.agency_id)
        .where(
            User.partnership_id == case.partnership_id, User.state == UserState.ACTIVE, Membership.role.in_(READERS),
            Membership.from_on <= today, or_(Membership.to_on.is_(None), Membership.to_on >= today),
            or_(Membership.programme.is_(None), Membership.programme == case.programme),
        )
    )  # fmt: skip
    rows = session.execute(query).all()
    named = set(session.scalars(select(NamedPerson.user_id).where(NamedPerson.case_id == case.id)))
    kept = set(recipients.unwalled(session, case, [row.user_id for row in rows]))
    names = naming.colleagues(session, actor, kept)
    found = {
        row.user_id: Reader(
            row.user_id, names.get(row.user_id, ""), naming.short(row.name), row.role, row.user_id in named
        )
        for row in rows
        if row.user_id in kept
    }  # fmt: skip
    return tuple(sorted(found.values(), key=lambda one: (one.role not in RUN_IT, one.agency, one.full_name)))
