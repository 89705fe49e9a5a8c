"""Looks for an address, a phone or a school of the people in a case among the words of its minutes. Shows no value.

The alleged perpetrator's own address is no secret. Words and needles are compared without case, space and punctuation.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.models import Action, Address, AgendaItem, Case, CasePerson, ContactMethod, MinuteNote
from marac.vocabulary import AgendaItemState, PersonRole

SHORTEST = 6
STREETS = {"street": "st", "road": "rd", "avenue": "ave", "lane": "ln", "close": "cl", "gardens": "gdns"}


def items_with_addresses(session: Session, partnership_id: UUID, meeting_id: UUID) -> frozenset[UUID]:
    """The items of a meeting whose minutes or actions hold a value that should only ever be revealed (DA-4)."""
    here = (AgendaItem.meeting_id == meeting_id, AgendaItem.state != AgendaItemState.REMOVED)
    items = session.execute(select(AgendaItem.id, AgendaItem.case_id).where(*here)).all()
    cases = [case_id for _item, case_id in items]
    with access.apart():
        access.open_for("lint", partnership_id, cases)
        needles, said = _needles(session, cases), _said(session, [item_id for item_id, _case in items])
    return frozenset(
        item_id for item_id, case_id in items if any(needle in said[item_id] for needle in needles[case_id])
    )


def said_on(session: Session, case: Case, pages: Mapping[int, str]) -> dict[int, int]:
    """How many such values of one case stand on each page of what is about to leave."""
    with access.apart():
        access.open_for("lint", case.partnership_id, [case.id])
        needles = _needles(session, [case.id])[case.id]
    said = {page: plain(words) for page, words in pages.items()}
    return {page: sum(needle in words for needle in needles) for page, words in said.items()}


def plain(text: str) -> str:
    """Letters and digits only, folded, with the usual short forms of streets."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = (STREETS.get(word, word) for word in re.findall(r"[^\W_]+", folded))
    return "".join(words)


def _needles(session: Session, case_ids: list[UUID]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = defaultdict(set)
    apart = PersonRole.PERPETRATOR
    for address in session.scalars(select(Address).where(Address.case_id.in_(case_ids), Address.role != apart)):
        found[address.case_id] |= _long(_of_address(address))
    for way in session.scalars(
        select(ContactMethod).where(ContactMethod.case_id.in_(case_ids), ContactMethod.role != apart)
    ):
        found[way.case_id] |= _long([re.sub(r"\D", "", way.phone or "")[-9:]])
    for child in session.scalars(
        select(CasePerson).where(CasePerson.case_id.in_(case_ids), CasePerson.role == PersonRole.CHILD)
    ):
        found[child.case_id] |= _long([child.school or ""])
    return found


def _of_address(address: Address) -> Iterator[str]:
    yield address.postcode or ""
    if address.house_number and address.street:
        yield f"{address.house_number} {address.street}"


def _long(values: Iterable[str]) -> set[str]:
    return {plain(value) for value in values if len(plain(value)) >= SHORTEST - 1}


def _said(session: Session, item_ids: list[UUID]) -> dict[UUID, str]:
    found: dict[UUID, str] = defaultdict(str)
    for note in session.scalars(select(MinuteNote).where(MinuteNote.item_id.in_(item_ids))):
        found[note.item_id] += plain(note.text or "") + "|"
    for action in session.scalars(select(Action).where(Action.item_id.in_(item_ids))):
        found[action.item_id or action.id] += plain(action.text or "") + "|"
    return found
