"""The people of a case as its page shows them: what may be read, and a mask for whatever could find or reach somebody.

Holds no masked value. An alleged perpetrator's address is shown, unless it would tell where somebody is in hiding.
"""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.models import Case, CasePerson
from marac.services.casework import naming, people, phones, places, revealing
from marac.services.casework.revealing import Masked
from marac.services.knowing import links
from marac.services.knowing.links import Serial
from marac.vocabulary import PersonRole, PlaceKind, said

CONFIDENTIAL = "Address confidential"
MASKED_FACTS = (("School or nursery", "school"), ("Place of work", "occupation"), ("Where they are now", "whereabouts"))

Flags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the case: what may be read, and the masks of what may be asked for."""

    id: UUID
    role: PersonRole
    name: str
    born_on: date | None
    age: int | None
    facts: tuple[tuple[str, str], ...]
    masks: tuple[Masked, ...]
    serial: Serial | None = None


def known(session: Session, case: Case, opened: frozenset[str]) -> list[CasePerson]:
    """Everyone in the case whose compartment opened."""
    return [one for one in people.people_of(session, case.id) if naming.compartment_of(one.role) in opened]


def list_people(session: Session, actor: Actor, case: Case, flags: Flags, opened: frozenset[str]) -> tuple[Person, ...]:
    """Them, in the order victim, alleged perpetrator, children, others."""
    order = list(PersonRole)
    everyone = sorted(known(session, case, opened), key=lambda one: (order.index(one.role), one.position))
    _linked, telling = places.shared_homes(session, case.partnership_id, [case.id]) if everyone else (set(), set())
    feared = [one for one in everyone if one.role == PersonRole.PERPETRATOR]
    serial = links.serial_risk(session, actor, case) if feared else {}
    locate = access.locates(session, actor, case.id, case.programme)
    telling = telling if locate else {home.id for one in everyone for home in one.addresses}
    shown = (_person(one, flags, opened, telling, people.ties(one, feared)) for one in everyone)
    shown = (replace(one, masks=revealing.only_askable(actor, case, one.masks)) for one in shown)
    return tuple(replace(one, serial=serial.get(one.id)) for one in shown)


def masks_of_victim(
    session: Session, actor: Actor, case: Case, flags: Flags, opened: frozenset[str]
) -> tuple[Masked, ...]:  # fmt: skip
    """The address and the phone of the person the case is about, for the first tab."""
    found = [one for one in known(session, case, opened) if one.role == PersonRole.VICTIM]
    masks = _masks(found[0], flags, opened)[:2] if found else ()
    return revealing.only_askable(actor, case, masks)


def _person(
    one: CasePerson, flags: Flags, opened: frozenset[str], telling: set[UUID], ties: list[str]
) -> Person:  # fmt: skip
    facts = [
        ("Also known as", ", ".join(one.aliases or ())), ("Relationship", one.relationship_to_victim or ""),
        (said(one.case.programme, "Relationship to the alleged perpetrator"), "; ".join(ties)),
        ("Lives with", one.lives_with or ""), ("Language", one.language or ""),
        ("Interpreter", people.interpreter_line(one)),
        ("Communication needs", one.communication_needs or ""), ("Unborn", "Yes" if one.unborn else ""),
    ]  # fmt: skip
    masks = _masks(one, flags, opened)
    if one.role == PersonRole.PERPETRATOR:
        told = [home for home in one.addresses if home.id not in telling]
        facts += [("Where they are now", one.whereabouts or ""), *((_label(home), _line(home)) for home in told)]
        masks = tuple(revealing.masked(_label(home), "address", home) for home in one.addresses if home.id in telling)
    given = tuple((label, text) for label, text in facts if text)
    return Person(one.id, one.role, one.full_name or "", one.born_on, people.age_of(one), given, masks)


def _label(home: object) -> str:
    """What an alleged perpetrator's address is called: they have no kinds of place but now and before."""
    return "Address" if getattr(home, "position", 1) == 1 else "Earlier or further address"


def _line(home: object) -> str:
    return " ".join(part for name in ("house_number", "street", "postcode") if (part := getattr(home, name)))


def _masks(one: CasePerson, flags: Flags, opened: frozenset[str]) -> tuple[Masked, ...]:
    """Masks for anybody but the alleged perpetrator: never a value, and last digits only where the number is open."""
    if one.role == PersonRole.PERPETRATOR or one.contact is None or not one.addresses:
        return ()
    kept_secret = any(text.startswith(CONFIDENTIAL) for _, text in flags)
    where = "Confidential" if kept_secret else revealing.HIDDEN
    first, *rest = _phones(one, opened)
    reached = (
        first, *rest,
        revealing.masked("E-mail", "email", one.contact),
        revealing.masked("Code word", "code_word", one.contact),
        revealing.masked("Trusted contact", "trusted_contact", one.contact),
        revealing.masked("New name", "new_name", one.contact),
    )  # fmt: skip
    return (
        revealing.masked(PlaceKind.CURRENT.label if len(one.addresses) > 1 else "Address", "address", one.addresses[0],
                         text=where),
        *(() if one.role == PersonRole.CHILD else reached),
        *(revealing.masked("Another place", "address", home, text=where) for home in one.addresses[1:]),
        *(revealing.masked(label, name, one) for label, name in MASKED_FACTS if getattr(one, name)),
    )  # fmt: skip


def _phones(one: CasePerson, opened: frozenset[str]) -> list[Masked]:
    """One mask where numbers are closed to the reader, so that how many there are does not show; else one for each."""
    contact = one.contact
    if contact is None or "contact" not in opened:
        return [revealing.masked("Phone", "phone", contact)]
    held = phones.numbers_of(contact)[: phones.MOST]
    if not held:
        return [revealing.masked("Phone", "phone", contact, text="Not recorded")]
    if len(held) == 1 and held[0].safe is None:
        return [revealing.masked("Phone", "phone", contact, text=f"Ends {phones.digits(held[0].number)[-3:]}")]
    return [
        revealing.masked("Phone" if place == 1 else f"Phone {place}", "phone" if place == 1 else f"phone{place}",
                         contact, text=f"{one.ending}, {_safe(one)}")
        for place, one in enumerate(held, 1)
    ]  # fmt: skip


def _safe(one: phones.Number) -> str:
    return "as the rules above" if one.safe is None else ("safe to use" if one.usable else "not safe to use")
