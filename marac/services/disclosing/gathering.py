"""Finding every mention: each paragraph of a case becomes a passage, kept as it was, with whom it seems to be about.

What was tagged stays tagged when it is gathered again, as long as its words are the same. Nobody's draft is read.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.models import Case, Disclosure, DisclosurePassage
from marac.services import moving
from marac.services.disclosing import linking, sources
from marac.services.disclosing.linking import Known, Linked
from marac.services.disclosing.register import require_open
from marac.services.disclosing.sources import Found
from marac.vocabulary import PassageApproval, PassageSource

Place = tuple[PassageSource, UUID, str, int]
Held = dict[tuple[UUID, PassageSource, UUID, str, int], list[DisclosurePassage]]
SHORTEST_NAME = 3


def gather(session: Session, actor: Actor, disclosure: Disclosure) -> int:
    """Read every case of the request anew; how many passages there are now. New words come untagged and hidden."""
    require_open(session, actor, disclosure)
    linked = linking.list_linked(session, actor, disclosure)
    held = _held(session, disclosure)
    kept: set[UUID] = set()
    position = 0
    for one in linked:
        for found, place in _placed(read_case(session, one.case)):
            position += 1
            same = _same(held.get((one.case.id, *place), []), found.text)
            if same:
                kept |= {row.id for row in same}
                for row in same:
                    row.position = position
            else:
                session.add(_passage(disclosure, one, found, place, position))
        one.row.gathered_at = clock.now()
    _drop(session, held.values(), kept)
    disclosure.passages_version += 1
    audit.record(session, actor, "disclosure:gathered", disclosure, passages=position)
    moving.flush(session)
    return position


def read_case(session: Session, case: Case) -> list[Found]:
    """Every mention in one case, opened for this alone; the caller has asked whether the case is theirs to see."""
    with access.apart():
        access.open_for("disclose", case.partnership_id, [case.id])
        return sources.read(session, case)


def _placed(found: Iterable[Found]) -> list[tuple[Found, Place]]:
    """Each paragraph with its place: the row it stands in, under which label, as which paragraph."""
    number: dict[tuple[UUID, str], int] = defaultdict(int)
    placed = []
    for one in found:
        for text in filter(None, (part.strip() for part in one.text.splitlines())):
            number[one.source_id, one.label] += 1
            place = (one.source, one.source_id, one.label, number[one.source_id, one.label])
            placed.append((_only(one, " ".join(text.split())), place))
    return placed


def _only(found: Found, text: str) -> Found:
    return Found(
        found.source, found.source_id, found.agency_id, found.said_on, found.label, text, found.about,
        found.fact_or_opinion,
    )  # fmt: skip


def _held(session: Session, disclosure: Disclosure) -> Held:
    """What was gathered before, by case and place; pieces of one paragraph stand together, in order."""
    rows = select(DisclosurePassage).where(DisclosurePassage.disclosure_id == disclosure.id)
    found: Held = defaultdict(list)
    number: dict[tuple[UUID, str], int] = defaultdict(int)
    before = -1
    for row in session.scalars(rows.order_by(DisclosurePassage.position, DisclosurePassage.part)).all():
        key = (row.source_id, row.label or "")
        if row.position != before:
            number[key] += 1
        before = row.position
        found[row.case_id, row.source, row.source_id, row.label or "", number[key]].append(row)
    return found


def _same(rows: Sequence[DisclosurePassage], text: str) -> Sequence[DisclosurePassage]:
    return rows if " ".join(row.text or "" for row in rows) == text else ()


def _drop(session: Session, groups: Iterable[list[DisclosurePassage]], kept: set[UUID]) -> None:
    for row in (row for rows in groups for row in rows if row.id not in kept):
        session.delete(row)


def _passage(disclosure: Disclosure, one: Linked, found: Found, place: Place, position: int) -> DisclosurePassage:
    owner, tags = found.agency_id or one.case.partnership_id, found.about or named_in(found.text, one.people)
    return DisclosurePassage(
        partnership_id=one.case.partnership_id, disclosure_id=disclosure.id, case_id=one.case.id,
        agency_id=found.agency_id, owner_id=owner, position=position, part=1, source=place[0], source_id=place[1],
        said_on=found.said_on, label=found.label, text=found.text, tags=list(tags),
        fact_or_opinion=found.fact_or_opinion,
        approval=PassageApproval.NOT_ASKED if found.agency_id else PassageApproval.NOT_NEEDED,
    )  # fmt: skip


def named_in(text: str, people: Sequence[Known]) -> tuple[str, ...]:
    """Whom the words name, by any part of a name; a proposal that a person confirms."""
    said = set(re.findall(r"[^\W\d_]+", text.casefold()))
    return tuple(
        one.id.hex
        for one in people
        if said & {word for word in re.findall(r"[^\W\d_]+", one.name.casefold()) if len(word) >= SHORTEST_NAME}
    )
