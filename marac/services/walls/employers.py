"""Where an alleged perpetrator works, against the agencies that will see the case: a hit keeps that agency out at once.

An agency that referred the case or runs the panel is not kept out unseen: that is shown to who decides.
"""

import re
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Agency, Case, CasePerson, Membership, Referral, SanctuaryRequest
from marac.services.walls.building import build_wall
from marac.vocabulary import PersonRole, Role, WallSource

RUN_IT = (Role.COORDINATOR, Role.CHAIR, Role.SANCTUARY_OFFICER)
BEFORE = (("at",), ("for",), ("with",), ("the",))
Word = tuple[str, ...]


def screen(session: Session, actor: Actor, case: Case, decided: set[tuple[UUID, UUID | None, UUID | None]]) -> int:
    """Keep out the agencies for which an alleged perpetrator of the case works; returns how many are new."""
    found = employers(session, case)
    needed = needed_agencies(session, case) if found else set()
    built = 0
    for agency_id, person_id in found.items():
        held = {(case.id, agency_id, person_id), (case.id, agency_id, None)}
        if agency_id not in needed and not held & decided:
            build_wall(
                session, actor, case, agency_id=agency_id, source=WallSource.SCREENED, person_id=person_id,
                said="Found by comparison: the alleged perpetrator may work there.", provisional=True,
            )  # fmt: skip
            built += 1
    return built


def employers(session: Session, case: Case) -> dict[UUID, UUID]:
    """Agency -> the alleged perpetrator who may work there, by what is written of their work."""
    query = select(*sealed_columns(CasePerson, "identity"), CasePerson.id).where(
        CasePerson.case_id == case.id, CasePerson.role == PersonRole.PERPETRATOR
    )
    rows = session.execute(query).all()
    with access.apart():
        access.open_for("screen", case.partnership_id, [case.id])
        works = [(row.id, one.get("occupation") or "") for row, one in
                 zip(rows, open_many(CasePerson, "identity", rows), strict=True)]  # fmt: skip
    named = [(person_id, text) for person_id, text in works if text.strip()]
    if not named:
        return {}
    agencies = session.execute(
        select(Agency.id, Agency.name, Agency.aliases).where(Agency.partnership_id == case.partnership_id)
    ).all()
    return {
        row.id: person_id
        for person_id, text in named
        for row in agencies
        if works_for(text, (row.name.partition(" (")[0], *(row.name.split(",")[:1]), *row.aliases))
    }


def works_for(text: str, names: Iterable[str]) -> bool:
    """Whether an employer is named in a line about somebody's work: a name of two words or more as a phrase, a short
    one only as the whole line, or as its end after "at", "for", "with" or "the".
    """
    line = words(text)
    return any(_names(line, words(name)) for name in names)


def _names(line: Word, name: Word) -> bool:
    if len(name) < 2:
        return bool(name) and (line == name or (line[-1:] == name and line[-2:-1] in BEFORE))
    return any(line[place : place + len(name)] == name for place in range(len(line) - len(name) + 1))


def words(text: str) -> Word:
    """Lower-case words, without marks of punctuation."""
    return tuple(re.findall(r"[a-z0-9]+", text.casefold()))


def needed_agencies(session: Session, case: Case) -> set[UUID]:
    """Without whom nobody could decide: who referred it, who asked the scheme, and where those work who run it."""
    found = set(session.scalars(select(Referral.agency_id).where(Referral.case_id == case.id)))
    found |= set(session.scalars(select(SanctuaryRequest.agency_id).where(SanctuaryRequest.case_id == case.id)))
    running = select(Membership.agency_id).where(
        Membership.partnership_id == case.partnership_id, Membership.role.in_(RUN_IT)
    )
    return found | set(session.scalars(running))


def not_kept_out(session: Session, case: Case) -> list[UUID]:
    """Agencies that an alleged perpetrator may work for and that take part all the same: somebody has to decide."""
    found = employers(session, case)
    return sorted(set(found) & needed_agencies(session, case)) if found else []
