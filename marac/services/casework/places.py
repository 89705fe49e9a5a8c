"""The places of a case: where people live, work and learn, who knows each one, and which an alleged perpetrator shares.

Answers in kinds of place and yes or no, never in addresses. Refuses to store the address of a refuge.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Address, Case, CasePerson
from marac.services.casework import naming, people
from marac.vocabulary import KnowsPlace, Permission as P, PersonRole, PlaceKind
from marac.workflows.contact import WHERE

HELD = (*WHERE, "in_refuge", "known_to", "known_to_perpetrator", "known_to_others")
SHARES = "Lives or lived there"
MASKED_BY = (PersonRole.VICTIM, PersonRole.CHILD, PersonRole.OTHER_AT_RISK)
ROADS = {"st": "street", "rd": "road", "ave": "avenue", "av": "avenue", "ln": "lane", "sq": "square", "cl": "close",
         "ct": "court", "gdns": "gardens", "pl": "place", "hse": "house", "terr": "terrace"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """One place as the matrix shows it: what it is and whose, and what each alleged perpetrator knows, in words."""

    place_id: str
    person_id: str
    label: str
    ended: bool
    confidential: bool
    answers: tuple[str, ...]
    others: str
    linked: bool


@dataclass(frozen=True, slots=True)
class WhoKnows:
    """People by places. `perpetrators` heads the columns."""

    perpetrators: tuple[str, ...]
    places: tuple[Known, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same in sentences, for reading out."""
        said = {KnowsPlace.YES.label: "knows", KnowsPlace.NO.label: "does not know", SHARES: "lives or lived at"}
        return tuple(
            f"{name} {said[answer]} the {place.label[:1].lower()}{place.label[1:]}."
            if answer in said
            else f"It is not known whether {name} knows the {place.label[:1].lower()}{place.label[1:]}."
            for place in self.places
            for name, answer in zip(self.perpetrators, place.answers, strict=True)
        )


def may_be_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two addresses are, or from what is known may be, the same place. Errs towards yes; empty ones are not."""
    numbers, streets, codes = (_both(part, one, other) for part in (_numbers, _street, _postcode))
    if all(numbers) and not set(numbers[0]) & set(numbers[1]):
        return False
    if all(codes):
        return codes[0] == codes[1] or (all(streets) and streets[0] == streets[1] and all(numbers))
    return bool(all(streets) and streets[0] == streets[1])


def shared_homes(session: Session, partnership_id: UUID, case_ids: Iterable[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Ids of places of the people at risk that an alleged perpetrator is linked to, and of the alleged perpetrators'
    addresses that would give a secret one away (DA-4). Opens for comparing alone: nothing opened stays open.
    """
    ids = list(case_ids)
    with access.apart():
        access.open_for("places", partnership_id, ids)
        rows = _addresses(session, ids)
    linked, telling = set(), set()
    for row, home in rows:
        if row.role not in MASKED_BY or ended(home):
            continue
        for other, theirs in rows:
            if other.role == PersonRole.PERPETRATOR and other.case_id == row.case_id and may_be_same(home, theirs):
                linked.add(row.id)
                telling |= {other.id} if home.get("confidential") else set()
    return linked, telling


def who_knows(session: Session, actor: Actor, case: Case) -> WhoKnows | None:
    """Who knows where, for those whose stage of the case shows its people and lets a place be asked for; else None."""
    opened = access.open_case(actor, case)
    if not {"identity", "perpetrator"} <= opened or not access.may(actor, P.LOCATION_REVEAL, case):
        return None
    everyone = people.people_of(session, case.id)
    shown = [one for one in everyone if naming.compartment_of(one.role) in opened]
    feared = [one for one in shown if one.role == PersonRole.PERPETRATOR]
    linked, _telling = shared_homes(session, case.partnership_id, [case.id])
    keeps = access.may(actor, P.CASE_UPDATE, case)
    with access.apart():
        access.open_for("places", case.partnership_id, [case.id])
        rows = _addresses(session, [case.id])
    found = [
        place
        for one in shown
        if one.role != PersonRole.PERPETRATOR
        for place in _of_person(one, [pair for pair in rows if pair[0].person_id == one.id], feared, linked, keeps)
    ]
    return WhoKnows(tuple(one.full_name or "The alleged perpetrator" for one in feared), tuple(found))


def known_somewhere(session: Session, case: Case) -> bool:
    """Whether an alleged perpetrator knows, or is linked to, where the victim-survivor lives now: before any letter."""
    linked, _telling = shared_homes(session, case.partnership_id, [case.id])
    with access.apart():
        access.open_for("places", case.partnership_id, [case.id])
        homes = [pair for pair in _addresses(session, [case.id]) if pair[0].role == PersonRole.VICTIM]
    return any(
        row.id in linked or KnowsPlace.YES in (home.get("known_to_perpetrator"), *(home.get("known_to") or {}).values())
        for row, home in homes
        if not ended(home) and kind_of(row, home) not in (PlaceKind.WORK, PlaceKind.SCHOOL)
    )


def kind_of(row: Any, home: Mapping[str, Any]) -> PlaceKind:
    """What a place is; one recorded without a word for it is where the person lives, or lived before."""
    given = home.get("place")
    return PlaceKind(given) if given else (PlaceKind.CURRENT if row.position == 1 else PlaceKind.FORMER)


def ended(home: Mapping[str, Any]) -> bool:
    """Whether the person has left the place."""
    until = home.get("until_on")
    return until is not None and until < clock.today()


def _addresses(session: Session, case_ids: list[UUID]) -> list[tuple[Any, dict[str, Any]]]:
    columns = (Address.id, Address.case_id, Address.person_id, Address.role, Address.position)
    query = select(*sealed_columns(Address, "location"), *columns).where(Address.case_id.in_(case_ids))
    rows = session.execute(query.order_by(Address.position, Address.id)).all()
    return list(zip(rows, open_many(Address, "location", rows), strict=True))


def _of_person(
    one: CasePerson, rows: list[Any], feared: list[CasePerson], linked: set[UUID], keeps: bool
) -> list[Known]:
    whose = "" if one.role == PersonRole.VICTIM else f" of {one.full_name or one.role.label.lower()}"
    found, kinds = [], set()
    for row, home in rows:
        kind = kind_of(row, home)
        kinds.add(kind)
        if any(home.get(name) for name in HELD):
            answers = tuple(_answer(home, other, row.id in linked, keeps) for other in feared)
            secret, others = bool(home.get("confidential")), home.get("known_to_others") or ""
            found.append(
                Known(str(row.id), str(one.id), f"{kind.label}{whose}", ended(home), secret, answers, others,
                      keeps and row.id in linked)
            )  # fmt: skip
    nothing = (KnowsPlace.NOT_KNOWN.label,) * len(feared)
    for kind, named in ((PlaceKind.SCHOOL, one.school), (PlaceKind.WORK, one.occupation)):
        if named and kind not in kinds:
            found.append(Known("", str(one.id), f"{kind.label}{whose}", False, False, nothing, "", False))
    return found


def _answer(home: Mapping[str, Any], feared: CasePerson, linked: bool, keeps: bool) -> str:
    """That an address is shared is said to those who keep the case; to others, that it is known."""
    if linked:
        return SHARES if keeps else KnowsPlace.YES.label
    said = (home.get("known_to") or {}).get(feared.id.hex) or home.get("known_to_perpetrator")
    return KnowsPlace(said or KnowsPlace.NOT_KNOWN).label


def _both(part: Any, one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[Any, Any]:
    return part(one), part(other)


def _numbers(home: Mapping[str, Any]) -> tuple[str, ...]:
    text = f"{home.get('house_number') or ''} {home.get('street') or ''}".lower()
    return tuple(found.lstrip("0") for found in re.findall(r"\d+[a-z]?\b", text))


def _street(home: Mapping[str, Any]) -> str:
    words = re.findall(r"[a-z]+", (home.get("street") or "").lower().replace("'", ""))
    return " ".join(ROADS.get(word, word) for word in words if word not in ("flat", "apartment", "the"))


def _postcode(home: Mapping[str, Any]) -> str:
    return "".join((home.get("postcode") or "").upper().split())
