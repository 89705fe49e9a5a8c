"""Passages as they are tagged: whom each is about, shown or hidden and why; cut apart and joined (DA-45, DP-57).

Refuses to hide without a reason, to show words about somebody else without one, and any passage of another request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, StaleEdit
from marac.models import Disclosure, DisclosurePassage
from marac.services import moving
from marac.services.casework import naming
from marac.services.disclosing import linking
from marac.services.disclosing.linking import Linked
from marac.services.disclosing.register import require_open
from marac.vocabulary import DisclosureKind, PassageApproval, PersonRole
from marac.workflows.disclosure import cut, shown_by_default
from marac.workflows.exemptions import exemptions

PAGE = 10
THIRD_PARTY = "third_party"
OTHERS = {"other": "Another person", "staff": "A worker", "agency": "An agency"}
PEOPLE_APART = (PersonRole.VICTIM, PersonRole.PERPETRATOR)
BOTH = "A copy for a health record holds one person's data alone. Hide this, or cut it apart"


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage as the tagging page shows it."""

    id: UUID
    label: str
    where: str
    owner: str
    text: str
    tags: tuple[str, ...]
    shown: bool
    settled: bool
    exemption: str
    note: str
    approval: PassageApproval
    objection: str
    joins: bool  # the next piece belongs to the same paragraph, so the two may be joined


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of passages, with the tags it offers."""

    passages: tuple[Passage, ...]
    tags: tuple[tuple[str, str], ...]
    number: int
    pages: int
    total: int
    settled: int


@dataclass(frozen=True, slots=True)
class Tagged:
    """What was typed about one passage."""

    tags: tuple[str, ...]
    shown: bool
    exemption: str = ""
    note: str = ""


def rows_of(session: Session, disclosure: Disclosure) -> Sequence[DisclosurePassage]:
    """Every passage in order. The passages must be open."""
    mine = select(DisclosurePassage).where(DisclosurePassage.disclosure_id == disclosure.id)
    return session.scalars(mine.order_by(DisclosurePassage.position, DisclosurePassage.part)).all()


def is_shown(row: DisclosurePassage, subjects: frozenset[str]) -> bool:
    """As it was decided; until then only what is about nobody but the person whose data it is."""
    return shown_by_default(row.tags or (), subjects) if row.shown is None else bool(row.shown)


def view_sheet(session: Session, actor: Actor, disclosure: Disclosure, number: int = 1) -> Sheet:
    """One page to tag. NotFound for who does not prepare it, or may not see one of its cases."""
    linked = require_gathered(session, actor, disclosure)
    rows, subjects = rows_of(session, disclosure), _subjects(linked)
    pages = max(1, -(-len(rows) // PAGE))
    number = min(max(number, 1), pages)
    here = rows[(number - 1) * PAGE : number * PAGE]
    names = naming.agency_names(session, disclosure.partnership_id)
    later = {(row.position, row.part) for row in rows}
    shown = tuple(_passage(row, names, subjects, joins=(row.position, row.part + 1) in later) for row in here)
    return Sheet(shown, tags_of(linked), number, pages, len(rows), sum(bool(row.settled) for row in rows))


def tags_of(linked: Sequence[Linked]) -> tuple[tuple[str, str], ...]:
    """Every tag with its label: each person of each case, and those outside it."""
    of_people = [
        (one.id.hex, f"{one.name} ({one.role.label.lower()})" if one.name != one.role.label else one.name)
        for case in linked
        for one in case.people
    ]
    return (*of_people, *OTHERS.items())


def _subjects(linked: Sequence[Linked]) -> frozenset[str]:
    return frozenset(subject for one in linked for subject in one.subjects)


def _passage(
    row: DisclosurePassage, names: Mapping[UUID, str], subjects: frozenset[str], *, joins: bool
) -> Passage:  # fmt: skip
    shown = is_shown(row, subjects)
    said_on = f"{row.said_on.day} {row.said_on:%B %Y}" if row.said_on else ""
    where = ", ".join(filter(None, (said_on, (row.fact_or_opinion or "").lower())))
    return Passage(
        row.id, row.label or "", where, names.get(row.agency_id, "") if row.agency_id else "The panel",
        row.text or "", tuple(row.tags or ()), shown, bool(row.settled),
        row.exemption or ("" if shown else THIRD_PARTY), row.note or "", row.approval, row.objection or "", joins,
    )  # fmt: skip


def save_tags(
    session: Session, actor: Actor, disclosure: Disclosure, typed: Mapping[UUID, Tagged], *, version: int | None
) -> int:
    """Save what was decided about some passages. NotFound if one is not of this request; StaleEdit if any changed."""
    require_open(session, actor, disclosure)
    if version is not None and version != disclosure.passages_version:
        raise StaleEdit(str(disclosure.id))
    linked = linking.list_linked(session, actor, disclosure)
    rows, offered = {row.id: row for row in rows_of(session, disclosure)}, {key for key, _ in tags_of(linked)}
    if not set(typed) <= set(rows) or any(not set(one.tags) <= offered for one in typed.values()):
        raise NotFound
    roles = {one.id.hex: one.role for case in linked for one in case.people}
    for passage_id, one in typed.items():
        _check(disclosure, one, _subjects(linked), roles, f"passage-{passage_id.hex}")
    for passage_id, one in typed.items():
        _set(rows[passage_id], one)
    disclosure.passages_version += 1
    audit.record(session, actor, "disclosure:tagged", disclosure, passages=len(typed))
    moving.flush(session)
    return len(typed)


def _check(
    disclosure: Disclosure, one: Tagged, subjects: frozenset[str], roles: Mapping[str, PersonRole], field: str
) -> None:
    if not one.tags:
        raise RuleBroken(field, "Choose whom this is about")
    if not one.shown and one.exemption not in exemptions():
        raise RuleBroken(field, "Choose why this is hidden")
    if one.shown and not shown_by_default(one.tags, subjects) and not one.note.strip():
        raise RuleBroken(field, "This is about somebody else too. Say why it is fair to hand it over")
    both = {roles[tag] for tag in one.tags if tag in roles} >= set(PEOPLE_APART)
    if one.shown and disclosure.kind == DisclosureKind.HEALTH and (both or not shown_by_default(one.tags, subjects)):
        raise RuleBroken(field, BOTH)


def _set(row: DisclosurePassage, one: Tagged) -> None:
    row.tags, row.shown, row.settled = list(one.tags), one.shown, True
    row.exemption, row.note = ("" if one.shown else one.exemption), one.note.strip()


def hide_rest(session: Session, actor: Actor, disclosure: Disclosure) -> int:
    """Settle what nobody looked at yet: what is hidden by default stays hidden, as somebody else's data."""
    require_open(session, actor, disclosure)
    linked = linking.list_linked(session, actor, disclosure)
    left = [row for row in rows_of(session, disclosure) if not row.settled and not is_shown(row, _subjects(linked))]
    for row in left:
        row.tags, row.shown, row.settled, row.exemption = list(row.tags or ["other"]), False, True, THIRD_PARTY
    disclosure.passages_version += 1
    audit.record(session, actor, "disclosure:tagged", disclosure, passages=len(left))
    moving.flush(session)
    return len(left)


def get_passage(session: Session, actor: Actor, disclosure: Disclosure, passage_id: UUID) -> DisclosurePassage:
    """One passage of this request, opened, or NotFound."""
    linking.list_linked(session, actor, disclosure)
    row = session.get(DisclosurePassage, passage_id)
    if row is None or row.disclosure_id != disclosure.id:
        raise NotFound
    return row


def split(session: Session, actor: Actor, disclosure: Disclosure, passage_id: UUID, *, first: int, last: int) -> None:
    """Cut words number `first` to `last` out as a passage of their own. Each piece must be looked at anew."""
    require_open(session, actor, disclosure)
    row = get_passage(session, actor, disclosure, passage_id)
    pieces = cut(row.text or "", first, last)
    for other in rows_of(session, disclosure):
        if other.position == row.position and other.part > row.part:
            other.part += len(pieces) - 1
    row.text, row.shown, row.settled = pieces[0], None, False
    for step, text in enumerate(pieces[1:], 1):
        session.add(_piece(row, text, row.part + step))
    _unsettled(session, actor, disclosure, 1)


def _piece(row: DisclosurePassage, text: str, part: int) -> DisclosurePassage:
    return DisclosurePassage(
        partnership_id=row.partnership_id, disclosure_id=row.disclosure_id, case_id=row.case_id,
        agency_id=row.agency_id, owner_id=row.owner_id, position=row.position, part=part, source=row.source,
        source_id=row.source_id, said_on=row.said_on, approval=row.approval, answered_at=row.answered_at,
        answered_by_id=row.answered_by_id, label=row.label, text=text, tags=list(row.tags or ()),
        fact_or_opinion=row.fact_or_opinion,
    )  # fmt: skip


def join(session: Session, actor: Actor, disclosure: Disclosure, passage_id: UUID) -> None:
    """Join a piece with the next one of the same paragraph."""
    require_open(session, actor, disclosure)
    row = get_passage(session, actor, disclosure, passage_id)
    after = [one for one in rows_of(session, disclosure) if one.position == row.position and one.part > row.part]
    if not after:
        raise NotFound
    row.text, row.shown, row.settled = f"{row.text} {after[0].text}", None, False
    row.tags = sorted({*(row.tags or ()), *(after[0].tags or ())})
    if row.approval != after[0].approval:
        row.approval = PassageApproval.NOT_ASKED
    session.delete(after[0])
    for one in after[1:]:
        one.part -= 1
    _unsettled(session, actor, disclosure, 1)


def _unsettled(session: Session, actor: Actor, disclosure: Disclosure, number: int) -> None:
    disclosure.passages_version += 1
    audit.record(session, actor, "disclosure:tagged", disclosure, passages=number)
    moving.flush(session)


def unready(session: Session, actor: Actor, disclosure: Disclosure) -> list[str]:
    """What is still to do before passages may go out, as sentences; empty when they may."""
    linked = linking.list_linked(session, actor, disclosure)
    if not linked or any(one.row.gathered_at is None for one in linked):
        return ["Choose the cases, and gather what is in them"]
    rows, subjects = rows_of(session, disclosure), _subjects(linked)
    left = sum(not row.settled for row in rows)
    found = [f"Look at every passage. {left} of {len(rows)} were not looked at yet"] if left else []
    shown = [row for row in rows if is_shown(row, subjects)]
    if not shown:
        found.append("Nothing would be handed out. Show something, or choose another answer")
    waits = [row for row in shown if row.approval not in (PassageApproval.NOT_NEEDED, PassageApproval.AGREED)]
    if waits and not disclosure.owner_override:
        found.append("An agency has not agreed that its information is handed out. Ask it, or say why without")
    return found


def require_gathered(session: Session, actor: Actor, disclosure: Disclosure) -> list[Linked]:
    """The cases of a request whose passages are read now; the trail of each case says so (DA-3)."""
    access.open_register(actor)
    linked = linking.list_linked(session, actor, disclosure)
    for one in linked:
        audit.record(session, actor, "case:read", one.case, page="disclosure")
    return linked
