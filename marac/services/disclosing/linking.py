"""Which cases a request is about, whose data in them is asked for, and whether an alleged perpetrator may be asking.

Finds nothing in a case that the actor may not see. A warning says why, in words without a name.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import Case, CasePerson, Disclosure, DisclosureCase, DisclosurePassage, PersonLink
from marac.services import moving
from marac.services.casework import cases
from marac.services.disclosing import holds
from marac.services.disclosing.register import require_open
from marac.vocabulary import DisclosureKind, HoldReason, LinkDecision, Permission as P, PersonRole

IS, NAMED, ELSEWHERE = "is_perpetrator", "shares_name", "perpetrator_elsewhere"
WARNINGS = {
    IS: "The data asked for is an alleged perpetrator's",
    NAMED: "Who asks shares a name with the alleged perpetrator",
    ELSEWHERE: "Whose data is asked for is the alleged perpetrator in another case",
}
SHORTEST = 3
OWN_DATA = (DisclosureKind.SUBJECT_ACCESS, DisclosureKind.SOLICITOR, DisclosureKind.OTHER)
ONE_PERSON = (DisclosureKind.SUBJECT_ACCESS, DisclosureKind.HEALTH)


@dataclass(frozen=True, slots=True)
class Known:
    """One person of a case, as the pages of a disclosure name them."""

    id: UUID
    name: str
    role: PersonRole


@dataclass(frozen=True, slots=True)
class Linked:
    """One case of a request: its people, and whose data is handed out."""

    row: DisclosureCase
    case: Case
    people: tuple[Known, ...]

    @property
    def subjects(self) -> frozenset[str]:
        """Ids (hex) of those whose data is handed out."""
        return frozenset(self.row.subjects or ())


def people_of(session: Session, case: Case) -> tuple[Known, ...]:
    """Everybody in a case that the caller knows to be visible, opened for this alone."""
    with access.apart():
        access.open_for("disclose", case.partnership_id, [case.id])
        rows = session.scalars(
            select(CasePerson).where(CasePerson.case_id == case.id).order_by(CasePerson.position)
        ).all()
        return tuple(Known(row.id, row.full_name or row.role.label, row.role) for row in rows)


def list_linked(session: Session, actor: Actor, disclosure: Disclosure) -> list[Linked]:
    """The cases of a request, in the order of their references. Opens their passages to who prepares or releases."""
    rows = sorted(disclosure.cases, key=lambda row: row.case.reference)
    access.open_disclosed(session, actor, disclosure, [row.case_id for row in rows])
    return [Linked(row, row.case, people_of(session, row.case)) for row in rows]


def link_case(
    session: Session, actor: Actor, disclosure: Disclosure, reference: str, person_ids: list[str]
) -> DisclosureCase:
    """Look through this case too, or change whose data in it is asked for. NotFound for one not theirs to see."""
    require_open(session, actor, disclosure)
    case = cases.get_case(session, actor, reference)
    access.require(actor, P.DISCLOSURE_PREPARE, case)
    if not set(person_ids) <= {one.id.hex for one in people_of(session, case)}:
        raise NotFound
    if len(person_ids) != 1 and disclosure.kind in ONE_PERSON:
        raise RuleBroken("people", "Choose the one person whose data this is")
    if not person_ids:
        raise RuleBroken("people", "Choose whose data is handed out")
    access.open_disclosed(session, actor, disclosure, [case.id, *(row.case_id for row in disclosure.cases)])
    row = next((one for one in disclosure.cases if one.case_id == case.id), None)
    if row is None:
        row = DisclosureCase(
            partnership_id=case.partnership_id, disclosure_id=disclosure.id, case_id=case.id, subjects=person_ids
        )
        session.add(row)
        session.flush()
        session.refresh(disclosure, ["cases"])
        _hold(session, actor, case, disclosure)
    row.subjects = person_ids
    _changed(session, actor, disclosure)
    audit.record(session, actor, "disclosure:linked", disclosure, case_id=case.id, linked=True)
    moving.flush(session)
    return row


def _hold(session: Session, actor: Actor, case: Case, disclosure: Disclosure) -> None:
    """What was asked for is not erased meanwhile; somebody lifts the hold when all is over (DA-48, DA-55)."""
    if disclosure.kind.value in set(HoldReason):
        reason = HoldReason(disclosure.kind.value)
        holds.hold_case(session, actor, case, reason=reason, because=f"Request {disclosure.reference}")


def unlink_case(session: Session, actor: Actor, disclosure: Disclosure, reference: str) -> None:
    """Leave a case out again, with all that was found in it."""
    require_open(session, actor, disclosure)
    row = next((one for one in disclosure.cases if one.case.reference == reference), None)
    if row is None:
        raise NotFound
    access.open_disclosed(session, actor, disclosure, [one.case_id for one in disclosure.cases])
    case_id = row.case_id
    mine = (DisclosurePassage.disclosure_id == disclosure.id, DisclosurePassage.case_id == case_id)
    session.execute(delete(DisclosurePassage).where(*mine))
    session.delete(row)
    session.flush()
    session.refresh(disclosure, ["cases"])
    _changed(session, actor, disclosure)
    audit.record(session, actor, "disclosure:linked", disclosure, case_id=case_id, linked=False)
    moving.flush(session)


def _changed(session: Session, actor: Actor, disclosure: Disclosure) -> None:
    disclosure.passages_version += 1
    disclosure.warned = list(warn(session, actor, disclosure))


def warn(session: Session, actor: Actor, disclosure: Disclosure) -> tuple[str, ...]:
    """In what ways an alleged perpetrator may be asking, as far as the actor may know: another case that a wall keeps
    from them warns the next person who looks. The register and the passages must be open.
    """
    found: set[str] = set()
    asking = _names(disclosure.requester or "")
    for row in disclosure.cases:
        known = people_of(session, row.case)
        subjects = set(row.subjects or ())
        for one in (one for one in known if one.role == PersonRole.PERPETRATOR):
            if one.id.hex in subjects and disclosure.kind in OWN_DATA:
                found.add(IS)
            if asking & (_names(one.name) - _of_subjects(known, subjects)):
                found.add(NAMED)
        found |= {ELSEWHERE} if _feared_elsewhere(session, actor, [UUID(one) for one in subjects]) else set()
    return tuple(sorted(found))


def _of_subjects(known: tuple[Known, ...], subjects: set[str]) -> set[str]:
    """A name that the family shares warns of nobody when the person whose data it is bears it too."""
    bearers = (one for one in known if one.id.hex in subjects and one.role != PersonRole.PERPETRATOR)
    return {name for one in bearers for name in _names(one.name)}


def _names(full_name: str) -> set[str]:
    words = full_name.casefold().replace("-", " ").replace("'", " ").split()
    return {word.strip(".,;()") for word in words if len(word.strip(".,;()")) >= SHORTEST}


def _feared_elsewhere(session: Session, actor: Actor, person_ids: list[UUID]) -> bool:
    """Whether one of these is known to be the same person as an alleged perpetrator of another case (DA-37)."""
    same = PersonLink.decision == LinkDecision.SAME
    pairs = select(PersonLink.person_id, PersonLink.other_person_id).where(
        same, or_(PersonLink.person_id.in_(person_ids), PersonLink.other_person_id.in_(person_ids))
    )
    others = {one for pair in session.execute(pairs) for one in pair} - set(person_ids)
    feared = access.visible(actor, P.CASE_READ, CasePerson).where(CasePerson.role == PersonRole.PERPETRATOR)
    return session.scalar(feared.where(CasePerson.id.in_(others)).limit(1)) is not None
