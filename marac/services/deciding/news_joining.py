"""What a further referral tells of somebody the case knows: names, facts, addresses, phones and contact rules.

Refuses to lose any: older addresses and numbers stay behind the newer, and of two answers on safety the stricter holds.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from marac.crypto.fields import transplant
from marac.crypto.sounds import words
from marac.models import Address, CasePerson, ContactMethod
from marac.services.casework import people, phones
from marac.vocabulary import SafeToUse

STRICTEST = (SafeToUse.NO, SafeToUse.ONLY_BETWEEN, SafeToUse.YES, SafeToUse.NOT_ASKED)
NEWER_COUNTS = ("times", "through", "checked_by", "new_name")
BOTH_COUNT = ("code_word", "trusted_contact", "who_may_answer", "what_to_say", "perpetrator_present")
FILLED_IN = tuple(name for name in people.IDENTITY if name not in ("full_name", "aliases", "not_known"))
WHERE = ("house_number", "street", "postcode", "place_name", "in_refuge")
OF_A_PLACE = (
    "confidential", "tenure", "landlord", "place", "place_name", "from_on", "until_on", "in_refuge", "refuge_contact",
    "known_to_others", "street",
)  # fmt: skip


def add_news(session: Session, person: CasePerson, known: CasePerson) -> None:
    """Put what `person`, of the case that ends, holds behind or into `known`. Both cases must be open and sealable."""
    if person.full_name and frozenset(words(person.full_name)) not in names_of(known):
        known.aliases = [*(known.aliases or ()), person.full_name]
    more = [name for name in person.aliases or () if frozenset(words(name)) not in names_of(known)]
    if more:
        known.aliases = [*(known.aliases or ()), *more]
    for name in (*FILLED_IN, *people.SHARING):
        if getattr(person, name) is not None and getattr(known, name) is None:
            setattr(known, name, getattr(person, name))
    for place, address in enumerate(list(person.addresses)):
        _add_address(session, address, known, leads=place == 0)
    if person.contact is not None and known.contact is not None:
        _newer_contact(person.contact, known.contact)


def names_of(person: CasePerson) -> set[frozenset[str]]:
    """Every name and alias as a set of plain words."""
    return {frozenset(words(name)) for name in (person.full_name, *(person.aliases or ())) if name}


def renamed_knowledge(addresses: list[Address], ids: Mapping[str, str]) -> None:
    """Who knows a place is kept by the id of a person: where two persons became one, under the id that stays."""
    for address in addresses:
        told = dict(address.known_to or {})
        if set(told) & set(ids):
            renamed = {ids.get(person, person): answer for person, answer in told.items() if person in ids}
            kept = {person: answer for person, answer in told.items() if person not in ids}
            address.known_to = {**kept, **{who: _wider(kept.get(who), said) for who, said in renamed.items()}}


def _add_address(session: Session, address: Address, known: CasePerson, *, leads: bool) -> None:
    """A new address becomes the first and older ones stay behind it; of the same address the newer facts are kept."""
    if not any(getattr(address, name) for name in WHERE):
        return
    for held in known.addresses:
        if all(_plain(getattr(address, name)) == _plain(getattr(held, name)) for name in WHERE if name != "street"):
            _newer_facts(address, held)
            return
    empty = [held for held in known.addresses if not any(getattr(held, name) for name in WHERE)]
    transplant(address, known.case_id)
    address.person_id = known.id
    for held in known.addresses if leads else ():
        held.position += 1
    address.position = 1 if leads else 1 + max((held.position for held in known.addresses), default=0)
    for held in empty:
        _newer_facts(held, address, only_missing=True)
        session.delete(held)
    session.flush()
    session.expire(known, ["addresses"])


def _newer_facts(new: Address, held: Address, *, only_missing: bool = False) -> None:
    for name in OF_A_PLACE:
        if getattr(new, name) is not None and not (only_missing and getattr(held, name) is not None):
            setattr(held, name, getattr(new, name))
    held.known_to_perpetrator = _wider(held.known_to_perpetrator, new.known_to_perpetrator)
    both = {**(held.known_to or {}), **(new.known_to or {})}
    said = {who: _wider((held.known_to or {}).get(who), answer) for who, answer in both.items()}
    held.known_to = said or None


def _wider(one: str | None, other: str | None) -> str | None:
    """A place once known stays known; else what is said now."""
    return "yes" if "yes" in (one, other) else (other or one)


def _newer_contact(new: ContactMethod, held: ContactMethod) -> None:
    """The newer words; every number; of two answers on one channel the stricter: a No that was once said stays a No."""
    phones.keep(held, [*phones.numbers_of(new), *phones.numbers_of(held)])
    _keep_emails(new, held)
    for name in NEWER_COUNTS:
        if getattr(new, name):
            setattr(held, name, getattr(new, name))
    for name in BOTH_COUNT:
        told, before = getattr(new, name), getattr(held, name)
        if told and before and _plain(told) not in _plain(before):
            setattr(held, name, f"{told}. Earlier: {before}")
        elif told and not before:
            setattr(held, name, told)
    held.do_not_contact = new.do_not_contact or held.do_not_contact
    held.withheld_number = "withhold" if "withhold" in (new.withheld_number, held.withheld_number) else (
        new.withheld_number or held.withheld_number)  # fmt: skip
    rules: dict[str, Any] = dict(held.rules or {})
    for channel, rule in (new.rules or {}).items():
        rules[channel] = min((rule, rules.get(channel, rule)), key=_strictness)
    held.rules = rules
    held.checked_on = max((on for on in (new.checked_on, held.checked_on) if on), default=None)


def _keep_emails(new: ContactMethod, held: ContactMethod) -> None:
    told = [new.email, *(new.emails or ()), held.email, *(held.emails or ())]
    each = list({address.strip().lower(): address for address in reversed(told) if address}.values())[::-1]
    held.email, held.emails = (each[0] if each else None), (each[1:] or None)


def _strictness(rule: Any) -> int:
    said = rule.get("answer") if hasattr(rule, "get") else rule
    return STRICTEST.index(SafeToUse(said or SafeToUse.NOT_ASKED))


def _plain(text: object) -> str:
    return "".join(str(text or "").lower().split())
