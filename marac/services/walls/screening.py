"""Everybody who works here, and whom they live with, against everybody in a case: before it is listed, on every edit
and each night. A hit is a wall that holds at once and that somebody confirms or lifts within a working day (DA-5).

It compares and shows nothing. Who wrote a referral is not kept out of it unseen: triage asks about them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.crypto.sounds import plain
from marac.models import Case, CasePerson, Referral, SanctuaryRequest, Wall
from marac.services.knowing import indexing
from marac.services.knowing.comparing import Comparison
from marac.services.knowing.indexing import Known as InCase
from marac.services.walls import employers, register
from marac.services.walls.building import build_wall, spread_all, was_decided
from marac.services.walls.register import Colleague, Known
from marac.vocabulary import CaseState, ReferralState, WallSource
from marac.workflows.walls import Compared, born_agrees, reasons_of

UNSENT = (ReferralState.DRAFT, ReferralState.WITHDRAWN)
OVER = (CaseState.ERASED, CaseState.MERGED, CaseState.CLOSED)
LEVELS = ("same", "alike", "near", "family", "forename")
AT_A_TIME = 200
Hit = tuple[UUID, tuple[str, ...]]  # who in the case, and why


def screen_case(session: Session, case_id: UUID, *, sending: bool = False) -> int:
    """Screen one case in the transaction of the change; a draft that is still being written is left alone.

    `sending`: the referral or request of this case is being sent now. Returns how many walls are new.
    """
    case = session.get(Case, case_id)
    if case is None or case.state in OVER or not (sending or session.scalar(select(_was_sent(case_id)))):
        return 0
    return _screen(session, access.system(case.partnership_id), [case])


def screen_colleague(session: Session, actor: Actor) -> int:
    """Somebody changed what they are screened by: every case against them alone."""
    return _screen_all(session, access.system(actor.partnership_id), [actor.user_id] if actor.user_id else [])


def screen_all(session: Session, actor: Actor) -> int:
    """By night: every case that is not over against everybody, and walls about people spread to their new cases."""
    return _screen_all(session, actor, ()) + spread_all(session, actor)


def compare(search: Comparison, staff: Sequence[Colleague], people: Sequence[InCase]) -> dict[UUID, Hit]:
    """Who of the staff may be connected with one of these people: their id, whom it is about, and why.

    Only those are compared who share a sound, a home, a phone or a birth date at all.
    """
    by_mark: dict[str, list[InCase]] = defaultdict(list)
    for person in people:
        for mark in _marks(search, person.names, _homes(person), _phones(person), person.born_on):
            by_mark[mark].append(person)
    found: dict[UUID, Hit] = {}
    for colleague in staff:
        for known in colleague.known:
            marks = _marks(search, known.names, {known.home} - {""}, {known.phone} - {""}, known.born_on)
            among = {person.id: person for mark in marks for person in by_mark.get(mark, ())}
            for person in among.values():
                reasons = reasons_between(search, known, person)
                if reasons and colleague.user_id not in found:
                    found[colleague.user_id] = (person.id, reasons)
    return found


def reasons_between(search: Comparison, known: Known, person: InCase) -> tuple[str, ...]:
    """Why one of the staff, or of their household, may be this person; nothing when a wall would be guessing."""
    levels = {search.names_agree(ours, theirs) for ours in known.names for theirs in person.names}
    names = next((level for level in LEVELS if level in levels), "")
    about = person.born_on is None and person.birth_year is not None
    born = born_agrees(known.born_on, known.born_in, person.born_on, person.birth_year, about=about)
    homes = _homes(person)
    home = known.home in homes if known.home and homes else None
    phone = bool(known.phone) and known.phone in _phones(person)
    return reasons_of(Compared(names, born, home, phone))


def _screen_all(session: Session, actor: Actor, only: Iterable[UUID]) -> int:
    mine = (Case.partnership_id == actor.partnership_id, Case.state.not_in(OVER), _was_sent(Case.id))
    ids = session.scalars(select(Case.id).where(*mine).order_by(Case.id)).all()
    built, staff = 0, register.list_staff(session, actor.partnership_id, only)
    for start in range(0, len(ids), AT_A_TIME):
        cases = session.scalars(select(Case).where(Case.id.in_(ids[start : start + AT_A_TIME]))).all()
        built += _screen(session, actor, cases, staff)
    return built


def _screen(session: Session, actor: Actor, cases: Sequence[Case], staff: Sequence[Colleague] | None = None) -> int:
    staff = register.list_staff(session, actor.partnership_id) if staff is None else staff
    ids = [case.id for case in cases]
    search, people, decided = Comparison(), _people(session, actor.partnership_id, ids), was_decided(session, ids)
    writers, followed = _writers(session, ids), _followed(session, actor.partnership_id, ids, search, people)
    built = 0
    for case in cases:
        hits = compare(search, staff, people[case.id])
        hits |= {user_id: hit for (case_id, user_id), hit in followed.items() if case_id == case.id}
        for user_id, (person_id, reasons) in hits.items():
            held = {(case.id, user_id, person_id), (case.id, user_id, None)}
            if user_id not in writers[case.id] and not held & decided:
                build_wall(
                    session, actor, case, user_id=user_id, source=WallSource.SCREENED, person_id=person_id,
                    said=f"Found by comparison: {', '.join(reasons)}.", provisional=True,
                )  # fmt: skip
                built += 1
        built += employers.screen(session, actor, case, decided)
    return built


def _people(session: Session, partnership_id: UUID, case_ids: Sequence[UUID]) -> dict[UUID, list[InCase]]:
    """Everyone in these cases, opened for this and for nothing else."""
    found: dict[UUID, list[InCase]] = defaultdict(list)
    with access.apart():
        access.open_for("screen", partnership_id, case_ids)
        for person in indexing.known_people(session, CasePerson.case_id.in_(case_ids)):
            found[person.case_id].append(person)
    return found


def _followed(
    session: Session, partnership_id: UUID, case_ids: Sequence[UUID], search: Comparison,
    people: dict[UUID, list[InCase]],
) -> dict[tuple[UUID, UUID], Hit]:  # fmt: skip
    """(case, user) where somebody seems to be a person about whom a wall holds in another case already."""
    query = select(Wall.user_id, Wall.person_id).where(
        Wall.partnership_id == partnership_id, Wall.everywhere, access.in_force(), Wall.case_id.not_in(case_ids),
        Wall.user_id.is_not(None), Wall.person_id.is_not(None),
    )  # fmt: skip
    walls = session.execute(query).all()
    if not walls:
        return {}
    elsewhere = select(CasePerson.case_id).where(CasePerson.id.in_({wall.person_id for wall in walls}))
    others = _people(session, partnership_id, session.scalars(elsewhere).all())
    by_id = {person.id: person for group in others.values() for person in group}
    staff = [
        Colleague(wall.user_id, tuple(_as_known(by_id[wall.person_id]))) for wall in walls if wall.person_id in by_id
    ]
    return {
        (case_id, user_id): hit
        for case_id in case_ids
        for user_id, hit in compare(search, staff, people[case_id]).items()
    }


def _as_known(person: InCase) -> Iterable[Known]:
    homes = sorted(_homes(person)) or [""]
    phones = sorted(_phones(person)) or [""]
    yield Known(person.names, person.born_on, person.birth_year, homes[0], phones[0])


def _writers(session: Session, case_ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for model in (Referral, SanctuaryRequest):
        rows = session.execute(select(model.case_id, model.user_id).where(model.case_id.in_(case_ids)))
        for case_id, user_id in rows:
            found[case_id].add(user_id)
    return found


def _was_sent(case_id: object) -> ColumnElement[bool]:
    """A referral of the case was sent, or the request behind it."""
    referral = and_(Referral.case_id == case_id, Referral.state.not_in(UNSENT))
    request = and_(SanctuaryRequest.case_id == case_id, SanctuaryRequest.submitted_at.is_not(None))
    return or_(exists().where(referral), exists().where(request))


def _homes(person: InCase) -> set[str]:
    return {plain(home[1]) for home in person.homes if home[1]}


def _phones(person: InCase) -> set[str]:
    return {nine for one in (person.phone, *person.phones) if (nine := register.last_nine(one or ""))}


def _marks(search: Comparison, names: Iterable[str], homes: set[str], phones: set[str], born_on: object) -> set[str]:
    """What two people have to share one of to be compared at all."""
    words = search.words
    sounds = {f"s{words.sound(word)}" for name in names for word in words.name(name)}
    return (
        sounds
        | {f"h{home}" for home in homes}
        | {f"p{phone}" for phone in phones}
        | ({f"b{born_on}"} if born_on else set())
    )
