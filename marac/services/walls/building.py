"""A wall is built, and holds from the statement that builds it; why is sealed with the case. Lifts nothing.

A wall about a person holds in every case in which that person, as somebody confirmed, appears.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.models import Case, CasePerson, PersonLink, Wall, WallReason
from marac.services import local
from marac.vocabulary import CaseState, LinkDecision, WallSource, WallState
from marac.workflows.deadlines import END_OF_DAY, london, offset
from marac.workflows.walls import DECIDE_WITHIN

Same = dict[UUID, set[UUID]]


def build_wall(
    session: Session, actor: Actor, case: Case, *, user_id: UUID | None = None, agency_id: UUID | None = None,
    source: WallSource = WallSource.DECIDED, person_id: UUID | None = None, everywhere: bool = False, said: str = "",
    provisional: bool = False,
) -> Wall:  # fmt: skip
    """Keep one person or one agency out from now on. One that is there already is kept, and made firm when this is.

    The caller has asked whether the actor may.
    """
    wall = _held(session, case.id, user_id, agency_id)
    if wall is not None and (provisional or (wall.state == WallState.STANDING and wall.everywhere >= everywhere)):
        return wall
    new = wall is None
    if wall is None:
        wall = Wall(
            partnership_id=case.partnership_id, case_id=case.id, user_id=user_id, agency_id=agency_id,
            since_at=clock.now(), source=source,
        )  # fmt: skip
        session.add(wall)
    wall.state = WallState.PROVISIONAL if provisional else WallState.STANDING
    wall.decide_by_at = decide_by(session, case.partnership_id) if provisional else None
    wall.decided_by_id = None if provisional else actor.user_id
    wall.person_id, wall.everywhere = person_id or wall.person_id, everywhere or bool(wall.everywhere)
    session.flush()
    if new:
        tag = "case:walled" if user_id else "case:agency_walled"
        who = {"user": user_id} if user_id else {"agency": agency_id}
        audit.record(session, actor, tag, case, **who)
    say(session, actor, wall, said)
    if everywhere and wall.person_id is not None:
        spread(session, actor, case.partnership_id, [wall.person_id])
    return wall


def decide_by(session: Session, partnership_id: UUID) -> datetime:
    """The end of the next working day: until then somebody confirms or lifts what was found by comparison."""
    return london(offset(clock.today(), DECIDE_WITHIN, local.closures(session, partnership_id)), END_OF_DAY)


def say(session: Session, actor: Actor, wall: Wall, said: str) -> None:
    """Keep why, under the key of the case; nothing when nothing was said."""
    if not said.strip():
        return
    with access.apart():
        access.open_for("explain", wall.partnership_id, [wall.case_id])
        session.add(
            WallReason(
                partnership_id=wall.partnership_id, case_id=wall.case_id, wall_id=wall.id, said=said.strip(),
                said_by_id=actor.user_id, said_at=clock.now(),
            )
        )  # fmt: skip
        session.flush()


def same_people(session: Session, partnership_id: UUID) -> Same:
    """Person -> those whom somebody confirmed to be the same, one step away."""
    query = select(PersonLink.person_id, PersonLink.other_person_id)
    decided = query.where(PersonLink.partnership_id == partnership_id, PersonLink.decision == LinkDecision.SAME)
    same: Same = defaultdict(set)
    for one, other in session.execute(decided):
        same[one].add(other)
        same[other].add(one)
    return same


def group_of(same: Same, starting: Iterable[UUID]) -> set[UUID]:
    """Everyone who is the same person as one of these, directly or through others."""
    found, waiting = set(), list(starting)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += same.get(one, ())
    return found


def spread(session: Session, actor: Actor, partnership_id: UUID, person_ids: Iterable[UUID]) -> int:
    """Let each wall about one of these people hold wherever that person appears; returns how many are new."""
    group = group_of(same_people(session, partnership_id), person_ids)
    about = select(Wall).where(Wall.person_id.in_(group), Wall.everywhere, access.in_force())
    walls = session.scalars(about).all()
    if not walls:
        return 0
    people = select(CasePerson.id, Case).join(Case, Case.id == CasePerson.case_id).where(CasePerson.id.in_(group))
    over = (CaseState.ERASED, CaseState.MERGED)
    cases = [(row[0], row[1]) for row in session.execute(people.where(Case.state.not_in(over)))]
    built = 0
    for wall in walls:
        for person_id, case in cases:
            if _held(session, case.id, wall.user_id, wall.agency_id) is None:
                build_wall(
                    session, actor, case, user_id=wall.user_id, agency_id=wall.agency_id, source=wall.source,
                    person_id=person_id, everywhere=True, provisional=wall.state == WallState.PROVISIONAL,
                )  # fmt: skip
                built += 1
    return built


def spread_all(session: Session, actor: Actor) -> int:
    """The same for every wall about a person, by night: links also come in by joining and importing."""
    about = select(Wall.person_id).where(
        Wall.partnership_id == actor.partnership_id, Wall.everywhere, access.in_force(), Wall.person_id.is_not(None)
    )
    return spread(session, actor, actor.partnership_id, [one for one in session.scalars(about) if one])


def carry_over(session: Session, actor: Actor, own_case: Case, into_case: Case) -> None:
    """A case that joins another brings its walls; whoever was let in to either stays kept out of both (DA-5)."""
    query = select(Wall).where(Wall.case_id == own_case.id, access.in_force())
    for wall in session.scalars(query).all():
        build_wall(
            session, actor, into_case, user_id=wall.user_id, agency_id=wall.agency_id, source=WallSource.JOINED,
            person_id=_in_case(session, wall.person_id, into_case), everywhere=wall.everywhere,
            provisional=wall.state == WallState.PROVISIONAL,
        )  # fmt: skip


def walled_users(session: Session, case_ids: Iterable[UUID | None]) -> set[UUID]:
    """Everybody against whom a wall round one of these cases stands, by themselves or by an agency."""
    among = [one for one in case_ids if one]
    rows = session.scalars(select(Wall.user_id).where(Wall.case_id.in_(among), access.in_force()))
    return {user_id for user_id in rows if user_id}


def _in_case(session: Session, person_id: UUID | None, case: Case) -> UUID | None:
    person = session.get(CasePerson, person_id) if person_id else None
    return person.id if person is not None and person.case_id == case.id else None


def _held(session: Session, case_id: UUID, user_id: UUID | None, agency_id: UUID | None) -> Wall | None:
    against = Wall.user_id == user_id if user_id else Wall.agency_id == agency_id
    return session.scalar(select(Wall).where(Wall.case_id == case_id, against, access.in_force()).limit(1))


def was_decided(session: Session, case_ids: Iterable[UUID]) -> set[tuple[UUID, UUID | None, UUID | None]]:
    """(case, user or agency, person) of every wall that stands or was lifted: what was lifted is not built again."""
    rows = session.execute(
        select(Wall.case_id, Wall.user_id, Wall.agency_id, Wall.person_id).where(
            Wall.case_id.in_(list(case_ids)), or_(Wall.user_id.is_not(None), Wall.agency_id.is_not(None))
        )
    )
    return {(row.case_id, row.user_id or row.agency_id, row.person_id) for row in rows}
