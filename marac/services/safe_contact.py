"""How to reach a person safely: the rules that travel with a case, keeping them, and showing one masked value.

Refuses to show a number that is marked unsafe, a value without a reason, or more than one value at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto import vault
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Address, AuditEntry, Case, CaseAgency, CasePerson, ContactMethod, Deadline, Referral
from marac.services import indexing, moving, naming
from marac.vocabulary import ContactChannel, InvolvementBasis, Permission as P, PersonRole, RevealReason, SafeToUse

LASTS = timedelta(days=28)
REASON_LASTS = timedelta(minutes=60)
FIRST_CONTACT = "idva_first_contact"
HIDDEN = "Hidden"
THROUGH_IDVA = "Contact through IDVA only"
USABLE = (SafeToUse.YES, SafeToUse.ONLY_BETWEEN)
WORDS = ("times", "who_may_answer", "what_to_say", "through")


@dataclass(frozen=True, slots=True)
class Way:
    """One way of reaching a person, and whether it is safe."""

    channel: ContactChannel
    answer: SafeToUse
    detail: str

    @property
    def usable(self) -> bool:
        """Not asked behaves as No (DA-14)."""
        return self.answer in USABLE


@dataclass(frozen=True, slots=True)
class SafeContact:
    """The rules for reaching one person, as every page that could lead to contact shows them."""

    headline: str
    ways: tuple[Way, ...]
    lines: tuple[str, ...]
    checked_on: date | None
    checked_by: str
    stale: bool

    def usable(self, channel: ContactChannel) -> bool:
        """Whether this way is safe."""
        return any(way.usable for way in self.ways if way.channel == channel)


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


# what may be shown: field of the address -> (label, model, compartment to reveal, attributes)
SHOWABLE: dict[str, tuple[str, type[Any], str, tuple[str, ...]]] = {
    "phone": ("Phone number", ContactMethod, "contact", ("phone",)),
    "email": ("E-mail address", ContactMethod, "contact", ("email",)),
    "code_word": ("Code word", ContactMethod, "contact", ("code_word",)),
    "address": ("Address", Address, "location", ("house_number", "street", "postcode")),
    "school": ("School or nursery", CasePerson, "location", ("school",)),
    "occupation": ("Place of work", CasePerson, "location", ("occupation",)),
    "whereabouts": ("Where they are now", CasePerson, "location", ("whereabouts",)),
}
REACHING = {"phone": ContactChannel.PHONE, "email": ContactChannel.EMAIL}


def contact_of(session: Session, case: Case) -> ContactMethod | None:
    """The contact row of the case's victim-survivor."""
    first = select(ContactMethod).join(CasePerson).where(ContactMethod.case_id == case.id)
    return session.scalar(first.where(CasePerson.role == PersonRole.VICTIM).order_by(CasePerson.position).limit(1))


def rules_of(contact: ContactMethod | None, opened: frozenset[str]) -> SafeContact:
    """The rules as recorded; through the IDVA only while nobody has asked, or where they are not open to the reader."""
    if contact is None or naming.compartment_of(contact.role) not in opened:
        return SafeContact(THROUGH_IDVA, _ways({}, None), (), None, "", stale=True)
    ways, through = _ways(contact.rules or {}, contact.through), contact.through
    lines = (
        ("Safe times", contact.times), ("Who else may answer", contact.who_may_answer),
        ("What to say", contact.what_to_say),
    )  # fmt: skip
    checked = contact.checked_on
    return SafeContact(
        headline=_headline(ways, through),
        ways=ways,
        lines=tuple(f"{label}: {text}" for label, text in lines if text),
        checked_on=checked,
        checked_by=contact.checked_by or "",
        stale=checked is None or clock.today() - checked > LASTS,
    )


def may_update(actor: Actor, case: Case) -> bool:
    """Whether the actor may change the rules of this case and can seal them."""
    sealed = vault.current().may("case", case.partnership_id, case.id, "identity", seal=True)
    return sealed and access.may(actor, P.CASE_UPDATE, case)


def update_safe_contact(
    session: Session, actor: Actor, case: Case, *, version: int | None = None,
    rules: Mapping[str, Mapping[str, str]], **facts: str,
) -> ContactMethod:  # fmt: skip
    """Record that the rules were asked about today. `facts`: times, who_may_answer, what_to_say, through as now;
    phone, email and code_word only when there is a new one. StaleEdit when somebody else changed them since.
    """
    opened = access.open_case(actor, case)
    access.require(actor, P.CASE_UPDATE, case)
    contact = contact_of(session, case)
    if contact is None or "identity" not in opened or not may_update(actor, case):
        raise NotAllowed
    moving.same_version(contact, version)
    contact.rules = {channel: dict(rule) for channel, rule in rules.items()}
    for name in WORDS:
        setattr(contact, name, facts.get(name) or None)
    fresh = [name for name in ("phone", "email", "code_word") if facts.get(name)]
    for name in fresh:
        setattr(contact, name, facts[name])
    contact.checked_on, contact.checked_by = clock.today(), naming.signature(session, actor)
    audit.record(session, actor, "case:updated", case, fields=["safe_contact", *fresh])
    moving.flush(session)
    first_contact_made(session, actor, case)
    if "phone" in fresh:
        indexing.index_case(session, case.partnership_id, case.id)
    return contact


def first_contact_made(session: Session, actor: Actor, case: Case) -> None:
    """What the supporting service records shows that it has reached the person: its clock stops (DA-13)."""
    supports = select(CaseAgency.id).where(CaseAgency.case_id == case.id, CaseAgency.agency_id == actor.agency_id)
    if session.scalar(supports.where(CaseAgency.basis == InvolvementBasis.SUPPORTS)) is None:
        return
    sent = select(Referral.id).where(Referral.case_id == case.id)
    running = select(Deadline).where(Deadline.subject_id.in_(sent), Deadline.rule == FIRST_CONTACT)
    for deadline in session.scalars(running.where(Deadline.met_at.is_(None))):
        deadline.met_at = clock.now()


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
    rules = rules_of(contact_of(session, case), access.open_case(actor, case))
    _refuse_unsafe(actor, case, row, asked_as, rules)
    access.reveal(actor, case, compartment)
    values = [str(value) for name in names if (value := getattr(row, name))]
    field = asked_as.partition("-")[0]
    audit.record(session, actor, "location:revealed", row, compartment=compartment, field=field, reason=reason)
    return Shown(label, tuple(values) or ("Not recorded",), rules)


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


def _refuse_unsafe(actor: Actor, case: Case, row: Any, asked_as: str, rules: SafeContact) -> None:
    """A number marked unsafe stays hidden from all but those who keep the rules (DA-14)."""
    field = asked_as.partition("-")[0]
    if field not in REACHING or row.role == PersonRole.PERPETRATOR or may_update(actor, case):
        return
    ways = (ContactChannel.PHONE, ContactChannel.TEXT, ContactChannel.VOICEMAIL)
    if not any(rules.usable(way) for way in ((ContactChannel.EMAIL,) if field == "email" else ways)):
        raise RuleBroken("reason", f"It is not safe to use this. {rules.headline}")


def _ways(rules: Mapping[str, Any], through: str | None) -> tuple[Way, ...]:
    found = []
    for channel in ContactChannel:
        rule = rules.get(channel.value) or {}
        rule = {"answer": rule} if isinstance(rule, str) else rule
        answer = SafeToUse(rule.get("answer") or SafeToUse.NOT_ASKED)
        if channel == ContactChannel.THROUGH and through:
            answer = SafeToUse.YES if answer == SafeToUse.NOT_ASKED else answer
            rule = {"detail": through}
        found.append(Way(channel, answer, rule.get("detail") or ""))
    return tuple(found)


def _headline(ways: tuple[Way, ...], through: str | None) -> str:
    if any(way.usable for way in ways if way.channel != ContactChannel.THROUGH):
        return ""
    return f"Contact through {through} only" if through else THROUGH_IDVA


def _is_id(text: str) -> bool:
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)
