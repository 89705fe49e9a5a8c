"""Who is kept out of a case: seen, built, confirmed and lifted by those who run it, none of whom is kept out.

To lift a wall takes a chair and a second person. Refuses anybody to decide about themselves.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import Agency, Case, CasePerson, SanctuaryRequest, User, Wall, WallReason
from marac.services.casework import naming
from marac.services.clockwork import recipients
from marac.services.moving import flush
from marac.services.walls import seats
from marac.services.walls.building import build_wall, say
from marac.vocabulary import Permission as P, PersonRole, Role, Template, WallSource, WallState

DECIDERS = (Role.COORDINATOR, Role.CHAIR)
OF_SCHEME = (Role.COORDINATOR, Role.SANCTUARY_OFFICER)


@dataclass(frozen=True, slots=True)
class WallLine:
    """One wall as those who run the case see it: against whom, about whom, why, and what this reader may do now."""

    id: UUID
    who: str
    about: PersonRole | None
    everywhere: bool
    state: WallState
    source: WallSource
    since_at: datetime
    decide_by_at: datetime | None
    said: tuple[str, ...]
    asked_at: datetime | None
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToDecide:
    """A wall that waits for this person: to be confirmed, or for their agreement that it is lifted."""

    path: str
    reference: str
    due_at: datetime | None
    lifting: bool


def request_of(session: Session, case: Case) -> SanctuaryRequest | None:
    """The Sanctuary request whose case this is; None for a case of a panel."""
    return session.scalar(select(SanctuaryRequest).where(SanctuaryRequest.case_id == case.id))


def require_decides(session: Session, actor: Actor, case: Case) -> None:
    """Who runs the panel decides about its cases, who runs the scheme about its requests."""
    request = request_of(session, case)
    if request is not None:
        access.require(actor, P.SANCTUARY_DECIDE, request)
    else:
        access.require(actor, P.WALL_DECIDE, case)


def list_walls(session: Session, actor: Actor, case: Case) -> list[WallLine]:
    """The walls round a case that stand, the newest first, with what was said of each."""
    require_decides(session, actor, case)
    query = select(Wall).where(Wall.case_id == case.id, access.in_force()).order_by(Wall.since_at.desc(), Wall.id)
    walls = session.scalars(query).all()
    said = _said(session, case, walls)
    people = naming.colleagues(session, actor, [wall.user_id for wall in walls])
    agencies = naming.agency_names(session, case.partnership_id)
    roles = {one.id: one.role for one in session.scalars(select(CasePerson).where(CasePerson.case_id == case.id))}
    lifts = _may_lift(session, actor, case)
    return [
        WallLine(
            wall.id, people.get(wall.user_id, "") if wall.user_id else agencies.get(wall.agency_id or wall.id, ""),
            roles.get(wall.person_id or wall.id), wall.everywhere, wall.state, wall.source, wall.since_at,
            wall.decide_by_at, said[wall.id], wall.lift_asked_at, _steps(actor, wall, lifts=lifts),
        )
        for wall in walls
    ]  # fmt: skip


def keep_out(
    session: Session, actor: Actor, case: Case, *, user_id: UUID | None = None, agency: Agency | None = None,
    person_id: UUID | None = None, everywhere: bool = False, because: str = "",
) -> Wall:  # fmt: skip
    """Keep a person or an agency out, silently and at once; with `everywhere` from every case with that person.

    RuleBroken for oneself or one's own agency (declare it instead), without a reason, or with nobody named.
    """
    require_decides(session, actor, case)
    access.require_step_up(actor)
    if (user_id is None) == (agency is None):
        raise RuleBroken("user_id", "Select a person or an agency, not both")
    if user_id == actor.user_id or (agency is not None and agency.id == actor.agency_id):
        raise RuleBroken("user_id", "This is about you, so you cannot decide it. Say that you have a conflict")
    if len(because.strip()) < 10:
        raise RuleBroken("because", "Say why, in a sentence. Only those who run this case can read it")
    user = session.get(User, user_id) if user_id else None
    if user_id and (user is None or user.partnership_id != case.partnership_id):
        raise NotFound
    person = session.get(CasePerson, person_id) if person_id else None
    if (person_id and (person is None or person.case_id != case.id)) or (everywhere and person is None):
        raise RuleBroken("person_id", "Select who in the case this is about")
    wall = build_wall(
        session, actor, case, user_id=user_id, agency_id=agency.id if agency else None, person_id=person_id,
        everywhere=everywhere, said=because,
    )  # fmt: skip
    seats.tell_emptied(session, case)
    return wall


def list_agencies(session: Session, actor: Actor, case: Case) -> list[Agency]:
    """Agencies that could be kept out, by name."""
    require_decides(session, actor, case)
    return list(
        session.scalars(select(Agency).where(Agency.partnership_id == case.partnership_id).order_by(Agency.name))
    )


def get_wall(session: Session, actor: Actor, case: Case, wall_id: UUID) -> Wall:
    """A wall of this case that stands."""
    require_decides(session, actor, case)
    wall = session.scalar(select(Wall).where(Wall.id == wall_id, Wall.case_id == case.id, access.in_force()))
    if wall is None:
        raise NotFound
    return wall


def confirm(session: Session, actor: Actor, case: Case, wall_id: UUID) -> None:
    """What was found by comparison is a conflict of interest."""
    wall = _provisional(session, actor, case, wall_id)
    wall.state, wall.decided_by_id, wall.decide_by_at = WallState.STANDING, actor.user_id, None
    audit.record(session, actor, "wall:confirmed", case)
    flush(session)


def clear(session: Session, actor: Actor, case: Case, wall_id: UUID, because: str) -> None:
    """What was found by comparison is no conflict: lifted by one person, and not found again for the same people."""
    wall = _provisional(session, actor, case, wall_id)
    if not because.strip():
        raise RuleBroken("because", "Say why this is no conflict of interest")
    _lift(session, actor, wall, because)
    audit.record(session, actor, "wall:cleared", case)
    flush(session)


def ask_to_lift(session: Session, actor: Actor, case: Case, wall_id: UUID, because: str) -> None:
    """A chair asks that a wall is lifted; nothing changes until a second person agrees, and they are told."""
    wall = get_wall(session, actor, case, wall_id)
    if not _may_lift(session, actor, case):
        raise NotAllowed
    access.require_step_up(actor)
    if wall.state != WallState.STANDING or wall.lift_asked_at is not None:
        raise WrongState
    if len(because.strip()) < 10:
        raise RuleBroken("because", "Say in a sentence why this person may see the case again")
    wall.lift_asked_by_id, wall.lift_asked_at = actor.user_id, clock.now()
    say(session, actor, wall, because)
    audit.record(session, actor, "wall:lift_asked", case)
    others = set(deciders_of(session, case)) - {actor.user_id}
    key = f"lift:{wall.id.hex}:{wall.version_id}"
    notifications.enqueue(session, case.partnership_id, others, Template.WALL_WAITING, subject_key=key)
    flush(session)


def agree_to_lift(session: Session, actor: Actor, case: Case, wall_id: UUID) -> None:
    """The second person agrees: from the next request on the case is there again. Never the one who asked."""
    wall = _asked(session, actor, case, wall_id)
    if wall.lift_asked_by_id == actor.user_id:
        raise NotAllowed
    access.require_step_up(actor)
    _lift(session, actor, wall, "")
    audit.record(session, actor, "wall:lifted", case)
    flush(session)


def refuse_to_lift(session: Session, actor: Actor, case: Case, wall_id: UUID) -> None:
    """Nobody agrees, or the chair takes it back: the wall stands as it did."""
    wall = _asked(session, actor, case, wall_id)
    wall.lift_asked_by_id = wall.lift_asked_at = None
    audit.record(session, actor, "wall:lift_refused", case)
    flush(session)


def list_to_decide(session: Session, actor: Actor) -> list[ToDecide]:
    """What of walls waits for this person, for their list of work: nothing about cases that they may not decide."""
    waiting = (access.in_force(), (Wall.state == WallState.PROVISIONAL) | Wall.lift_asked_at.is_not(None))
    among = select(Wall.case_id).where(*waiting)
    paths: dict[UUID, tuple[str, str]] = {}
    if access.holds(actor, P.WALL_DECIDE):
        mine = (access.rule(actor, P.WALL_DECIDE, Case), Case.id.in_(among))
        found = session.execute(select(Case.id, Case.reference).where(*mine)).all()
        paths |= {case_id: (reference, f"/cases/{reference}/walls") for case_id, reference in found}
    if access.holds(actor, P.SANCTUARY_DECIDE):
        ours = (access.rule(actor, P.SANCTUARY_DECIDE, SanctuaryRequest), SanctuaryRequest.case_id.in_(among))
        rows = session.execute(select(SanctuaryRequest.case_id, SanctuaryRequest.reference).where(*ours)).all()
        paths |= {case_id: (reference, f"/sanctuary/{reference}/walls") for case_id, reference in rows}
    walls = session.scalars(select(Wall).where(Wall.case_id.in_(paths), *waiting)).all()
    lines = [
        ToDecide(paths[wall.case_id][1], paths[wall.case_id][0], wall.decide_by_at, wall.lift_asked_at is not None)
        for wall in walls
        if wall.lift_asked_by_id != actor.user_id or actor.user_id is None
    ]
    return sorted(set(lines), key=lambda one: (one.due_at is None, one.due_at or clock.now(), one.reference))


def deciders_of(session: Session, case: Case) -> list[UUID]:
    """Who may decide about walls of this case: nobody who is kept out of it themselves."""
    request = request_of(session, case)
    roles = OF_SCHEME if request is not None else DECIDERS
    thing = request if request is not None else case
    found = recipients.active_people(session, case.partnership_id, roles, programme=case.programme)
    return recipients.not_walled(session, thing, found)


def _steps(actor: Actor, wall: Wall, *, lifts: bool) -> tuple[str, ...]:
    if wall.state == WallState.PROVISIONAL:
        return ("confirm", "clear")
    if wall.lift_asked_at is None:
        return ("ask",) if lifts else ()
    return ("refuse",) if wall.lift_asked_by_id == actor.user_id else ("agree", "refuse")


def _may_lift(session: Session, actor: Actor, case: Case) -> bool:
    return request_of(session, case) is not None or access.may(actor, P.WALL_LIFT, case)


def _provisional(session: Session, actor: Actor, case: Case, wall_id: UUID) -> Wall:
    wall = get_wall(session, actor, case, wall_id)
    access.require_step_up(actor)
    if wall.state != WallState.PROVISIONAL:
        raise WrongState
    return wall


def _asked(session: Session, actor: Actor, case: Case, wall_id: UUID) -> Wall:
    wall = get_wall(session, actor, case, wall_id)
    if wall.lift_asked_at is None:
        raise WrongState
    return wall


def _lift(session: Session, actor: Actor, wall: Wall, because: str) -> None:
    wall.state, wall.until_at, wall.lifted_by_id = WallState.LIFTED, clock.now(), actor.user_id
    wall.decide_by_at = None
    say(session, actor, wall, because)


def _said(session: Session, case: Case, walls: Iterable[Wall]) -> dict[UUID, tuple[str, ...]]:
    """What was said of each wall, oldest first; opened for that alone, after the reader was asked for."""
    ids = [wall.id for wall in walls]
    query = select(*sealed_columns(WallReason, "audit-detail"), WallReason.wall_id)
    rows = session.execute(query.where(WallReason.wall_id.in_(ids)).order_by(WallReason.said_at)).all()
    found: dict[UUID, tuple[str, ...]] = defaultdict(tuple)
    with access.apart():
        access.open_for("explain", case.partnership_id, [case.id])
        for row, opened in zip(rows, open_many(WallReason, "audit-detail", rows), strict=True):
            found[row.wall_id] = (*found[row.wall_id], opened.get("said", ""))
    return found
