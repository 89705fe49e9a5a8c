"""Showing one masked value, for a reason that is recorded (DA-4): addresses, phones and what else could find somebody.

Refuses a number that is marked unsafe or is outside its hours, a value without a reason, and more than one at a time.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Address, AuditEntry, Case, CasePerson, ContactMethod
from marac.services.casework import naming, phones, places
from marac.services.casework.safe_contact import SafeContact, contact_rules, keeps
from marac.vocabulary import ContactChannel, Permission as P, PersonRole, RevealReason
from marac.workflows import contact as reaching

REASON_LASTS = timedelta(minutes=60)
HIDDEN = "Hidden"


@dataclass(frozen=True, slots=True)
class Masked:
    """A value that the page does not hold: what stands in its place, and what to ask for to see it."""

    label: str
    text: str
    asked_as: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One value, opened for a reason, with the rules that go above it."""

    label: str
    lines: tuple[str, ...]
    rules: SafeContact | None
    stop: str = ""


# what may be shown: field of the address -> (label, model, compartment to reveal, attributes)
SHOWABLE: dict[str, tuple[str, type[Any], str, tuple[str, ...]]] = {
    "phone": ("Phone number", ContactMethod, "contact", ("phone",)),
    "email": ("E-mail address", ContactMethod, "contact", ("email",)),
    **{f"phone{n}": (f"Phone number {n}", ContactMethod, "contact", ("phone",)) for n in range(2, phones.MOST + 1)},
    "code_word": ("Code word", ContactMethod, "contact", ("code_word",)),
    "trusted_contact": ("Trusted contact", ContactMethod, "contact", ("trusted_contact",)),
    "new_name": ("New name", ContactMethod, "contact", ("new_name",)),
    "address": ("Address", Address, "location", ("place_name", "house_number", "street", "postcode")),
    "school": ("School or nursery", CasePerson, "location", ("school",)),
    "occupation": ("Place of work", CasePerson, "location", ("occupation",)),
    "whereabouts": ("Where they are now", CasePerson, "location", ("whereabouts",)),
}
BY_PHONE = (ContactChannel.PHONE, ContactChannel.TEXT, ContactChannel.VOICEMAIL)
REACHING = {"email": (ContactChannel.EMAIL,)} | {name: BY_PHONE for name in SHOWABLE if name.startswith("phone")}
SHARED = "Stop: the alleged perpetrator is linked to this address. No letter, and no visit alone"
KNOWN = "Stop: the alleged perpetrator knows this address. No letter, and no visit alone"


def reveal(
    session: Session, actor: Actor, case: Case, asked_as: str, reason: RevealReason, *, because: str = ""
) -> Shown:
    """Open one value of one person, for a reason that is recorded (DA-4). Needs a second factor confirmed just now.

    NotFound for anything that is not in this case or not open at its stage; RuleBroken for an unsafe number.
    """
    label, row, compartment, names = showable(session, actor, case, asked_as)
    access.require_step_up(actor)
    if reason == RevealReason.OTHER and not because:
        raise RuleBroken("because", "Say why you need to see this")
    rules = contact_rules(session, actor, case)
    _refuse_unsafe(actor, case, row, asked_as, rules)
    access.reveal(actor, case, compartment)
    field = asked_as.partition("-")[0]
    values = _values(row, field, names, kept_by=keeps(actor, case))
    audit.record(session, actor, "location:revealed", row, compartment=compartment, field=field, reason=reason)
    return Shown(label, tuple(values) or ("Not recorded",), rules, _stop(session, case, row))


def _values(row: Any, field: str, names: tuple[str, ...], *, kept_by: bool) -> list[str]:
    """What is shown. Of several phones the one asked for; who does not keep the rules gets the first that is safe."""
    if field.startswith("phone"):
        held = [one for one in phones.numbers_of(row) if kept_by or field != "phone" or one.usable]
        chosen = held[int(field.removeprefix("phone") or 1) - 1 :][:1]
        if not kept_by and phones.numbers_of(row) and not any(one.usable for one in chosen):
            raise RuleBroken("reason", "It is not safe to use this number. Contact through the IDVA only")
        return [one.number if one.safe is None else f"{one.number} ({one.kind.label})" for one in chosen]
    if isinstance(row, Address) and row.in_refuge:
        return [f"Refuge, contact through {row.refuge_contact or 'the IDVA'}"]
    return [str(value) for name in names if (value := getattr(row, name))]


def _stop(session: Session, case: Case, row: Any) -> str:
    """What stands above an address before anyone writes or visits: that an alleged perpetrator shares or knows it."""
    if not isinstance(row, Address) or row.role == PersonRole.PERPETRATOR:
        return ""
    linked, _telling = places.shared_homes(session, case.partnership_id, [case.id])
    if row.id in linked:
        return SHARED
    return KNOWN if "yes" in (row.known_to_perpetrator, *(row.known_to or {}).values()) else ""


def showable(session: Session, actor: Actor, case: Case, asked_as: str) -> tuple[str, Any, str, tuple[str, ...]]:
    """Label, row, compartment and attributes of what is asked for, or NotFound."""
    field, _, number = asked_as.partition("-")
    access.require(actor, P.LOCATION_REVEAL, case)
    if field not in SHOWABLE or not _is_id(number):
        raise NotFound
    label, model, compartment, names = SHOWABLE[field]
    row = session.scalar(select(model).where(model.id == UUID(number), model.case_id == case.id))
    if row is None or naming.compartment_of(row.role) not in access.open_case(actor, case):
        raise NotFound
    if not access.may_reveal(actor, case, compartment):
        raise NotAllowed
    return label, row, compartment, names


def last_reason(session: Session, actor: Actor, case: Case) -> str:
    """The reason this person gave for this case in the last hour, so that it need not be chosen again."""
    recent = (
        AuditEntry.case_id == case.id,
        AuditEntry.actor_id == actor.user_id,
        AuditEntry.tag == "location:revealed",
    )
    query = select(AuditEntry.body).where(*recent, AuditEntry.at > clock.now() - REASON_LASTS)
    body = session.scalar(query.order_by(AuditEntry.seq.desc()).limit(1)) or ""
    return next((reason.value for reason in RevealReason if f'"reason":"{reason.value}"' in body), "")


def masked(label: str, field: str, row: Any, *, text: str = HIDDEN) -> Masked:
    """The stand-in for a value, with what to ask for to see it; nothing to ask for where there is nothing."""
    return Masked(label, text, "" if row is None or text == "Not recorded" else f"{field}-{row.id.hex}")


def only_askable(actor: Actor, case: Case, masks: tuple[Masked, ...]) -> tuple[Masked, ...]:
    """Masks, of which only those can be asked for that this person may have shown at this stage."""
    open_to = {name for name in ("location", "contact") if access.may_reveal(actor, case, name)}
    return tuple(
        one if not one.asked_as or _compartment(one) in open_to else replace(one, asked_as="") for one in masks
    )


def _compartment(mask: Masked) -> str:
    return SHOWABLE[mask.asked_as.partition("-")[0]][2]


def _refuse_unsafe(actor: Actor, case: Case, row: Any, asked_as: str, rules: SafeContact) -> None:
    """A number marked unsafe, or outside its hours, stays hidden from all but those who keep the rules (DA-14)."""
    field = asked_as.partition("-")[0]
    if field not in REACHING or row.role == PersonRole.PERPETRATOR or keeps(actor, case):
        return
    now = clock.now()
    refused = [reaching.may_try(rules.rules, channel, now) for channel in REACHING[field]]
    if None not in refused:
        timed = [reason for channel, reason in zip(REACHING[field], refused, strict=True) if rules.usable(channel)]
        raise RuleBroken("reason", f"It is not safe to use this. {(timed or [rules.headline or refused[0]])[0]}")


def _is_id(text: str) -> bool:
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)
