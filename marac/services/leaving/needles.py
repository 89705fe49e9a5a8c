"""The secrets of a case that no text may carry out: where people at risk are, and how to reach them (DA-4).

Opened for the system purpose `lint` alone, apart from whatever else is open. Gives them to nobody but the check.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Address, Case, CasePerson, ContactMethod
from marac.services.casework import places
from marac.vocabulary import CaseState, PersonRole, PlaceKind, SecretKind as K
from marac.workflows.place_words import EMAIL, NUMBERED, PHONE, PLATE, POSTCODE, employers_in, telling
from marac.workflows.sought import Secret
from marac.workflows.spelling import squeezed, tokens_of

SHORTEST = 5
OF_PLACE = {PlaceKind.WORK: K.WORKPLACE, PlaceKind.SCHOOL: K.SCHOOL}
Held = Mapping[str, Any]


def secrets_of(session: Session, partnership_id: UUID, case_ids: Iterable[UUID]) -> dict[UUID, tuple[Secret, ...]]:
    """Of each case what must not stand in a text: of everybody but the alleged perpetrators, and of those the address
    that is marked confidential. A home that both share counts: minutes hold no address of anybody at risk.
    """
    wanted = (Case.id.in_(list(case_ids)), Case.partnership_id == partnership_id, Case.state != CaseState.ERASED)
    ids = list(session.scalars(select(Case.id).where(*wanted)))
    found: dict[UUID, set[Secret]] = defaultdict(set)
    with access.apart():
        access.open_for("lint", partnership_id, ids)
        for row, home in _rows(session, Address, "location", ids):
            if home.get("confidential") or row.role != PersonRole.PERPETRATOR:
                found[row.case_id] |= set(_of_place(row, home))
        for model, compartment, read in (
            (CasePerson, "identity", _of_person),
            (ContactMethod, "contact", _of_contact),
        ):
            for row, held in _rows(session, model, compartment, ids):
                if row.role != PersonRole.PERPETRATOR:
                    found[row.case_id] |= set(read(held))
    return {case_id: tuple(secrets) for case_id, secrets in found.items()}


def _rows(session: Session, model: Any, compartment: str, case_ids: list[UUID]) -> list[tuple[Any, Held]]:
    plain = [getattr(model, name) for name in ("id", "case_id", "role", "position") if hasattr(model, name)]
    rows = session.execute(
        select(*sealed_columns(model, compartment), *plain).where(model.case_id.in_(case_ids)).order_by(model.id)
    ).all()
    return list(zip(rows, open_many(model, compartment, rows), strict=True))


def _of_place(row: Any, home: Held) -> Iterator[Secret]:
    """Of one place: postcode; number and street; building; what it is called; and of a refuge, whose it is."""
    postcode, street = home.get("postcode") or "", home.get("street") or ""
    if len(squeezed(postcode)) >= SHORTEST:
        yield Secret(K.POSTCODE, postcode)
    house, kind = home.get("house_number") or "", places.kind_of(row, home)
    numbers = tuple(re.findall(r"\d+", f"{house} {street}"))
    road = re.sub(r"^[\s,]*(?:(?:flat|no)\.?\s*)?\d+\w?\b[\s,]*", "", street, flags=re.IGNORECASE).strip(" ,")
    building = " ".join(token.text for token in tokens_of(house) if token.text.isalpha() and len(token.text) > 3)
    if road and numbers:
        yield Secret(K.STREET, road, numbers)
    if telling(building) and building not in ("flat", "apartment", "room"):
        yield Secret(K.BUILDING, building.removeprefix("flat "), numbers)
    named = home.get("place_name") or ""
    if telling(named):
        yield Secret(OF_PLACE.get(kind, K.BUILDING), named)
    if home.get("refuge_contact"):
        yield from (Secret(K.REFUGE, part.strip()) for part in _service(home["refuge_contact"]))


def _service(office: str) -> list[str]:
    """The service in "Hestia East, 020 7946 0000": its name without a number."""
    first = PHONE.sub(" ", office).partition(",")[0].strip()
    return [first] if telling(first) else []


def _of_person(held: Held) -> Iterator[Secret]:
    if telling(held.get("school") or ""):
        yield Secret(K.SCHOOL, held["school"])
    yield from (Secret(K.WORKPLACE, name) for name in employers_in(held.get("occupation") or ""))
    yield from (Secret(K.VEHICLE, plate[0]) for plate in PLATE.finditer(held.get("vehicles") or ""))
    yield from _in_words(held.get("whereabouts") or "")


def _of_contact(held: Held) -> Iterator[Secret]:
    numbers = [held.get("phone"), *(one.get("number") for one in held.get("phones") or ())]
    yield from (Secret(K.PHONE, number) for number in numbers if number)
    for email in (held.get("email"), *(held.get("emails") or ())):
        if email:
            yield Secret(K.EMAIL, email)
    name = held.get("new_name") or ""
    if telling(name):
        yield Secret(K.NEW_NAME, name)
        surname = name.split()[-1]
        if telling(surname) and surname != name:
            yield Secret(K.NEW_NAME, surname)
    yield from _in_words(held.get("trusted_contact") or "")


def _in_words(text: str) -> Iterator[Secret]:
    """What a free text about where somebody is or whom to ring holds in the shape of an address or a number."""
    yield from (Secret(K.POSTCODE, one[0]) for one in POSTCODE.finditer(text))
    yield from (Secret(K.STREET, one[2], tuple(re.findall(r"\d+", one[1]))) for one in NUMBERED.finditer(text))
    yield from (Secret(K.PHONE, one[0]) for one in PHONE.finditer(text))
    yield from (Secret(K.EMAIL, one[0]) for one in EMAIL.finditer(text))
