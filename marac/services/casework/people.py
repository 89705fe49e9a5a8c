"""People as known in one case: added, kept up to date, taken out; each with an address, a contact row and index tokens.

Asks `access` nothing itself: whoever calls it opened the case first. Refuses a change of role: roles pick the key.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from marac import clock
from marac.crypto.fields import changed_fields
from marac.models import Address, Case, CasePerson, ContactMethod, PersonLink, PersonToken
from marac.services.knowing import indexing
from marac.services.walls import screening
from marac.vocabulary import ContactChannel, PersonRole, SafeToUse
from marac.workflows.contact import storable_place

Facts = Mapping[str, Any]

IDENTITY = (
    "full_name", "aliases", "born_on", "approximate_age", "sex", "relationship_to_victim",
    "relationship_to_perpetrator", "to_perpetrators", "whereabouts", "occupation", "school", "lives_with", "unborn",
    "language", "interpreter_needed", "interpreter", "dialect", "interpreter_sex", "interpreter_outside",
    "communication_needs", "not_known", "other_born_on", "nhs_number", "gp", "professionals", "nationality",
    "no_recourse", "witnessed", "plan", "contact_arrangements", "staff_member", "vehicles", "triggers",
    "offender_management", "markers", "perpetrator_programme", "aware_of_report", "community_roles",
)  # fmt: skip
SHARING = (
    "consent_to_share", "consent_on", "consent_how", "informed_of_referral", "informed_why_not",
    "consent_to_support_contact", "sharing_basis", "sharing_reason", "sharing_authoriser", "sharing_on",
)  # fmt: skip
HEALTH = ("mental_health", "substance_use")
EQUALITY = (
    "ethnicity", "disability", "sexual_orientation", "gender_same_as_registered", "religion", "pregnant",
    "marital_status", "care_experience",
)  # fmt: skip
ADDRESS = (
    "house_number", "street", "postcode", "address_not_known", "confidential", "known_to_perpetrator", "tenure",
    "landlord", "in_refuge", "refuge_contact", "known_to_others",
)  # fmt: skip
CONTACT = (
    "phone", "phones", "email", "code_word", "trusted_contact", "new_name", "rules", "times", "who_may_answer",
    "what_to_say", "through", "do_not_contact", "withheld_number", "perpetrator_present", "checked_on", "checked_by",
)  # fmt: skip
INTERPRETER_SEX = {"female": "a woman", "male": "a man"}
RENAMED = {"address_not_known": "not_known"}


def add_person(session: Session, case: Case, role: PersonRole, **facts: Any) -> CasePerson:
    """A person in a case, at the end of the list, with one address and one contact row (empty ones too) and tokens.

    `facts` takes any name in IDENTITY, HEALTH, EQUALITY, ADDRESS and CONTACT. The seals of the role must be granted.
    """
    place: dict[str, Any] = {"partnership_id": case.partnership_id, "case_id": case.id, "role": role}
    position = 1 + max((person.position for person in people_of(session, case.id)), default=0)
    person = CasePerson(**place, position=position, **_some(facts, (*IDENTITY, *SHARING, *HEALTH, *EQUALITY)))
    session.add(person)
    session.flush()
    address = Address(**place, person_id=person.id, position=1, **_some(storable_place(facts), ADDRESS))
    contact = ContactMethod(**place, person_id=person.id, **_some(facts, CONTACT))
    session.add_all([address, contact])
    session.flush()
    session.refresh(person, ["addresses", "contact"])
    indexing.index_case(session, case.partnership_id, case.id)
    screening.screen_case(session, case.id)
    return person


def update_person(session: Session, person: CasePerson, **facts: Any) -> frozenset[str]:
    """Set what is given and index again; returns the names that changed. Blank text is stored as absent."""
    address, contact, facts = person.addresses[0], person.contact, storable_place(facts)
    targets: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (person, (*IDENTITY, *SHARING, *HEALTH, *EQUALITY)), (address, ADDRESS), (contact, CONTACT),
    )  # fmt: skip
    for row, names in targets:
        for name, value in _some(facts, names, absent_too=True).items():
            setattr(row, name, value)
    changed = frozenset().union(*(changed_fields(row) for row, _names in targets))
    session.flush()
    if changed:
        indexing.index_case(session, person.partnership_id, person.case_id)
        screening.screen_case(session, person.case_id)
    return changed


def facts_of(person: CasePerson, names: Iterable[str] = (*IDENTITY, *ADDRESS)) -> dict[str, Any]:
    """What is recorded of a person under these names, as a form holds it. Each compartment asked for must be open."""
    address, contact = person.addresses[0], person.contact
    rows: dict[str, Any] = dict.fromkeys(ADDRESS, address) | dict.fromkeys(CONTACT, contact)
    return {name: getattr(rows.get(name, person), RENAMED.get(name, name)) for name in names}


def remove_person(session: Session, person: CasePerson) -> None:
    """Take out somebody entered by mistake in a draft, with all that hangs on them."""
    ids = [person.id]
    session.execute(delete(PersonToken).where(PersonToken.person_id.in_(ids)))
    session.execute(delete(PersonLink).where(or_(PersonLink.person_id.in_(ids), PersonLink.other_person_id.in_(ids))))
    for row in (*person.addresses, person.contact):
        if row is not None:
            session.delete(row)
    session.flush()
    session.delete(person)
    session.flush()


def people_of(session: Session, case_id: UUID, roles: Iterable[PersonRole] = PersonRole) -> list[CasePerson]:
    """The people of a case in the order they were entered, of these roles."""
    query = select(CasePerson).where(CasePerson.case_id == case_id, CasePerson.role.in_(list(roles)))
    return list(session.scalars(query.order_by(CasePerson.position, CasePerson.id)))


def victim_of(session: Session, case_id: UUID) -> CasePerson:
    """The one person the case is about."""
    return people_of(session, case_id, [PersonRole.VICTIM])[0]


def years_old(born_on: date | None, approximate: int | None, on: date | None = None) -> int | None:
    """Age in whole years on a day (today unless told): exact from a date of birth, else as given, else None."""
    if born_on is None:
        return approximate
    day = on or clock.today()
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def age_of(person: CasePerson, on: date | None = None) -> int | None:
    """The age of a person in a case, in whole years, or None when it is not known."""
    return years_old(person.born_on, person.approximate_age, on)


def interpreter_line(person: CasePerson) -> str:
    """The interpreter a person needs: language, dialect, a woman or a man, from outside (DA-41). Or empty."""
    if person.interpreter_needed in ("no", "not_known"):
        return ""
    asked = person.interpreter_needed == "yes"
    language = person.interpreter or (person.language or "needed" if asked else "")
    outside = "not from their community" if person.interpreter_outside == "yes" else ""
    parts = (language, person.dialect, INTERPRETER_SEX.get(person.interpreter_sex or "", ""), outside)
    return ", ".join(part for part in parts if part)


def ties(person: CasePerson, perpetrators: Iterable[CasePerson]) -> list[str]:
    """What a child or another person is to each alleged perpetrator, named when there are several (DA-36)."""
    names = {one.id.hex: one.full_name or "Not known" for one in perpetrators}
    held = {who: words for who, words in (person.to_perpetrators or {}).items() if words}
    if not held:
        return [person.relationship_to_perpetrator] if person.relationship_to_perpetrator else []
    return [f"{names[who]}: {words}" if who in names and len(names) > 1 else words for who, words in held.items()]


def rule_on(rules: Facts | None, channel: ContactChannel) -> tuple[SafeToUse, str]:
    """Whether one way of contact is safe, and when; a way nobody asked about is Not asked, which behaves as No."""
    rule = (rules or {}).get(channel.value)
    held = rule if isinstance(rule, Mapping) else {"answer": rule}
    return SafeToUse(held.get("answer") or SafeToUse.NOT_ASKED), held.get("detail") or ""


def only_between(rules: Facts | None) -> bool:
    """Whether any way of contact is safe at certain times alone."""
    return any(rule_on(rules, channel)[0] == SafeToUse.ONLY_BETWEEN for channel in ContactChannel)


def stop_lines(victim: CasePerson) -> tuple[str, ...]:
    """What must be read before anyone calls, writes or visits, in one line each (section 3.3 of the safety rules)."""
    address, contact = victim.addresses[0], victim.contact
    phone, _when = rule_on(contact.rules if contact else None, ContactChannel.PHONE)
    lines = []
    if phone in (SafeToUse.NO, SafeToUse.NOT_ASKED):
        lines.append("Do not phone. Contact through the IDVA only")
    if address.confidential:
        lines.append("Address confidential")
    if address.known_to_perpetrator == "yes":
        lines.append("The alleged perpetrator knows the address: no letters, no visits alone")
    return tuple(lines)


def _some(facts: Facts, names: Iterable[str], *, absent_too: bool = False) -> dict[str, Any]:
    """Those facts that belong to one row, under the row's own names; blank text and empty lists are absent."""
    found = {RENAMED.get(name, name): _blank_is_absent(facts[name]) for name in names if name in facts}
    return found if absent_too else {name: value for name, value in found.items() if value is not None}


def _blank_is_absent(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return None if value in ([], (), {}) else value
