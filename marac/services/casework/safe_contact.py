"""How to reach a person safely (DA-14): the rules that travel with a case, keeping them, and the guard of every use.

Refuses to hold a number in the answers it gives; showing one, with a reason, is revealing.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from marac import access, audit, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.errors import NotAllowed, RuleBroken
from marac.models import Case, CaseAgency, CasePerson, ContactMethod, Deadline, Referral
from marac.services import local, moving
from marac.services.casework import naming, phones, places
from marac.services.casework.phones import Number
from marac.services.knowing import indexing
from marac.services.walls import screening
from marac.vocabulary import (
    CaseState,
    ContactChannel,
    InvolvementBasis,
    Permission as P,
    PersonRole,
    ProgrammeSlug,
    SafeToUse,
    said,
)
from marac.workflows import contact as reaching
from marac.workflows.contact import LASTS, Rules

FIRST_CONTACT = "idva_first_contact"
THROUGH_IDVA = "Contact through IDVA only"
NOBODY = "Do not contact this person at all"
USABLE = (SafeToUse.YES, SafeToUse.ONLY_BETWEEN)
WORDS = ("times", "who_may_answer", "what_to_say", "through", "withheld_number", "perpetrator_present")
PRIVATE = ("email", "code_word", "trusted_contact", "new_name")
NO_MORE = (CaseState.MERGED, CaseState.ERASED)
LINES = (
    ("Safe times", "times"), ("Who else may answer", "who_may_answer"), ("What to say", "what_to_say"),
    ("Your number", "withheld_number"), ("When the alleged perpetrator is there", "perpetrator_present"),
)  # fmt: skip
WITHHELD = {"withhold": "Withhold it", "show": "Show it: withheld calls are not answered"}


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
    rules: Rules

    def usable(self, channel: ContactChannel) -> bool:
        """Whether this way is safe at some time."""
        return any(way.usable for way in self.ways if way.channel == channel)

    @property
    def short(self) -> str:
        """The rules in one line, for a row of a list."""
        safe = [way for way in self.ways if way.usable and way.channel != ContactChannel.THROUGH]
        told = ", ".join(f"{way.channel.label.lower()} {way.detail}".strip() for way in safe)
        line = f"Safe: {told}" if safe else self.headline
        return f"{line}. Check before use" if self.stale else line


RECORDED = ("rules", "through", *(name for _label, name in LINES), "do_not_contact", "checked_on", "checked_by")


def contact_of(session: Session, case: Case) -> ContactMethod | None:
    """The contact row of the case's victim-survivor."""
    first = select(ContactMethod).join(CasePerson).where(ContactMethod.case_id == case.id)
    return session.scalar(first.where(CasePerson.role == PersonRole.VICTIM).order_by(CasePerson.position).limit(1))


def contact_rules(session: Session, actor: Actor, case: Case) -> SafeContact:
    """The rules for every page that could lead to contact (DA-14); through the IDVA only where they are not open."""
    return rules_of(contact_of(session, case), access.open_case(actor, case), case.programme)


def contact_rules_of(
    session: Session, actor: Actor, stages: Mapping[UUID, CaseState]
) -> dict[UUID, SafeContact]:  # fmt: skip
    """The same for the cases of a list, which come from `access.visible`: one query, an answer for each."""
    opened = access.open_stages(session, actor, stages)
    named = [case_id for case_id, opens in opened.items() if "identity" in opens]
    columns = (ContactMethod.case_id, Case.partnership_id, Case.programme)
    query = select(*sealed_columns(ContactMethod, "identity"), *columns).where(ContactMethod.case_id.in_(named))
    query = query.join(CasePerson, CasePerson.id == ContactMethod.person_id).join(Case, Case.id == CasePerson.case_id)
    victims = query.where(ContactMethod.role == PersonRole.VICTIM).order_by(CasePerson.position.desc())
    rows = session.execute(victims).all()
    found = {
        row.case_id: _safe_contact(facts, lasts(session, row.partnership_id, row.programme), row.programme)
        for row, facts in zip(rows, open_many(ContactMethod, "identity", rows), strict=True)
    }
    shut = select(Case.id, Case.programme).where(Case.id.in_([one for one in stages if one not in found]))
    return {row.id: NOT_OPEN[row.programme] for row in session.execute(shut)} | found


def rules_by_reference(session: Session, actor: Actor, references: Iterable[str]) -> dict[str, SafeContact]:
    """The rules of the cases that the actor may see among these, for results of a search."""
    query = access.visible(actor, P.CASE_READ, Case).where(Case.reference.in_(set(references)))
    stages = {case.id: (case.reference, case.state) for case in session.scalars(query)}
    found = contact_rules_of(session, actor, {case_id: state for case_id, (_, state) in stages.items()})
    return {stages[case_id][0]: rules for case_id, rules in found.items()}


def rules_of(contact: ContactMethod | None, opened: frozenset[str], programme: ProgrammeSlug) -> SafeContact:
    """The rules as recorded; through the IDVA only while nobody has asked, or where they are not open to the reader."""
    if contact is None or naming.compartment_of(contact.role) not in opened:
        return NOT_OPEN[programme]
    return _safe_contact({name: getattr(contact, name) for name in RECORDED}, _lasts_for(contact), programme)


def lasts(session: Session, partnership_id: UUID, programme: ProgrammeSlug) -> timedelta:
    """How long a check of the rules lasts here: a dated setting, 28 days unless the partnership says another."""
    rule = local.rules_of(session, partnership_id, programme).at(clock.today()).get("safe_contact.lasts_days")
    return timedelta(days=rule.value) if rule is not None else LASTS


def may_use(session: Session, person: CasePerson, channel: ContactChannel, at: datetime) -> str | None:
    """Why one way of reaching a person may not be used at a moment; None when it may. Every letter, text, call and
    visit asks this first (DA-14). The person's own compartment must be open.
    """
    if person.contact is None:
        return reaching.may_use(Rules(), channel, at)
    refused = reaching.may_use(_rules({name: getattr(person.contact, name) for name in RECORDED},
                                      _lasts_for(person.contact)), channel, at)  # fmt: skip
    if refused is None and channel == ContactChannel.LETTER and places.known_somewhere(session, person.case):
        return "The alleged perpetrator knows or shares the address: no letters"
    return refused


def why_not_reach(session: Session, person: CasePerson, channel: ContactChannel) -> str:
    """The guard of every letter, message and visit that would reach a person, asked now: why not, in words for the
    page; empty when the rules allow it. Needs nothing of the person open.
    """
    case = person.case
    with access.apart():
        access.open_for("places", case.partnership_id, [case.id])
        return may_use(session, person, channel, clock.now()) or ""


def may_update(actor: Actor, case: Case) -> bool:
    """Whether the actor may change the rules of this case: its IDVA, the agency that referred it, the coordinator."""
    return case.state not in NO_MORE and access.may(actor, P.CONTACT_UPDATE, case)


def keeps(actor: Actor, case: Case) -> bool:
    """Whether the actor works by the rules every day, and so sees a number that is marked unsafe."""
    return may_update(actor, case) and access.may(actor, P.CASE_UPDATE, case)


def update_safe_contact(
    session: Session, actor: Actor, case: Case, *, version: int | None = None,
    rules: Mapping[str, Mapping[str, str]], do_not_contact: bool = False, number: Number | None = None,
    held: Mapping[int, SafeToUse | None] | None = None, **facts: str,
) -> ContactMethod:  # fmt: skip
    """Record that the rules were asked about today. `facts`: the names in WORDS as now; those in PRIVATE only when new.

    `number` is a phone to add; `held` says of phones by place in the list whether each is safe, None for one no longer
    used. RuleBroken for hours that cannot be read, StaleEdit when somebody else changed the rules since.
    """
    opened = access.open_case(actor, case)
    access.require(actor, P.CONTACT_UPDATE, case)
    contact = contact_of(session, case)
    if contact is None or "identity" not in opened or not may_update(actor, case):
        raise NotAllowed
    check_hours(rules, facts.get("times") or "")
    moving.same_version(contact, version)
    number = Number(facts["phone"]) if facts.get("phone") else number
    with access.apart():
        access.open_for("places", case.partnership_id, [case.id])
        fresh = _record(contact, rules, do_not_contact, facts) + _renumber(contact, number, held or {})
        contact.checked_on, contact.checked_by = clock.today(), naming.signature(session, actor)
        audit.record(session, actor, "case:updated", case, fields=["safe_contact", *fresh])
        moving.flush(session)
    first_contact_made(session, actor, case)
    if "phone" in fresh:
        indexing.index_case(session, case.partnership_id, case.id)
        screening.screen_case(session, case.id)
    return contact


def held_phones(actor: Actor, case: Case, contact: ContactMethod, opened: frozenset[str]) -> tuple[Number, ...]:
    """The numbers that are held, for those who may say of each whether it is safe; pages show only how they end."""
    if not may_update(actor, case) or "identity" not in opened:
        raise NotAllowed
    with access.apart():
        access.open_for("places", case.partnership_id, [case.id])
        return phones.numbers_of(contact)[: phones.MOST]


def check_hours(rules: Mapping[str, Any], times: str) -> None:
    """RuleBroken beside the box when a way is safe only between times that nobody could keep: a guard reads them."""
    for channel in ContactChannel:
        rule = rules.get(channel.value) or {}
        if rule.get("answer") == SafeToUse.ONLY_BETWEEN and not reaching.read_hours(rule.get("detail") or times):
            box = f"detail_{channel.value}" if rule.get("detail") else "times"
            raise RuleBroken(box, "Enter the days and times, like weekdays 9am to 2pm, or choose No")


def _record(
    contact: ContactMethod, rules: Mapping[str, Mapping[str, str]], do_not_contact: bool, facts: Mapping[str, str]
) -> list[str]:
    """Set what was typed; answers with the private values that are new."""
    contact.rules = {channel: dict(rule) for channel, rule in rules.items()}
    for name in WORDS:
        setattr(contact, name, facts.get(name) or None)
    contact.do_not_contact = do_not_contact or None
    fresh = [name for name in PRIVATE if facts.get(name)]
    for name in fresh:
        setattr(contact, name, facts[name])
    return fresh


def _renumber(contact: ContactMethod, number: Number | None, held: Mapping[int, SafeToUse | None]) -> list[str]:
    """Change what is said of the phones that are held, and add one; nothing typed leaves them as they are."""
    before = phones.numbers_of(contact) if number is not None or held else ()
    kept = [one for place, one in enumerate(before) if held.get(place, one) is not None]
    after = [Number(one.number, one.kind, held.get(before.index(one), one.safe)) for one in kept]
    if held:
        phones.keep(contact, after)
    if number is not None:
        phones.add(contact, number)
    return ["phone"] if (number is not None or held) and phones.numbers_of(contact) != before else []


def first_contact_made(session: Session, actor: Actor, case: Case) -> None:
    """What the supporting service records shows that it has reached the person: its clock stops (DA-13)."""
    supports = select(CaseAgency.id).where(CaseAgency.case_id == case.id, CaseAgency.agency_id == actor.agency_id)
    if session.scalar(supports.where(CaseAgency.basis == InvolvementBasis.SUPPORTS)) is None:
        return
    sent = select(Referral.id).where(Referral.case_id == case.id)
    running = select(Deadline).where(Deadline.subject_id.in_(sent), Deadline.rule == FIRST_CONTACT)
    for deadline in session.scalars(running.where(Deadline.met_at.is_(None))):
        deadline.met_at = clock.now()


def _lasts_for(contact: ContactMethod) -> timedelta:
    session = object_session(contact)
    case = session.get(Case, contact.case_id) if session else None
    return lasts(session, case.partnership_id, case.programme) if session and case else LASTS


def _rules(facts: Mapping[str, Any], lasting: timedelta) -> Rules:
    """The recorded answers as the guard reads them."""
    asked, through, ways = facts.get("rules") or {}, facts.get("through") or "", {}
    for channel in ContactChannel:
        rule = asked.get(channel.value) or {}
        held: Mapping[str, Any] = {"answer": rule} if isinstance(rule, str) else rule
        answer, detail = SafeToUse(held.get("answer") or SafeToUse.NOT_ASKED), held.get("detail") or ""
        if channel == ContactChannel.THROUGH and through:
            answer, detail = (SafeToUse.YES if answer == SafeToUse.NOT_ASKED else answer), through
        ways[channel] = (answer, detail)
    return Rules(
        ways=ways, times=facts.get("times") or "", through=through, do_not_contact=bool(facts.get("do_not_contact")),
        checked_on=facts.get("checked_on"), lasts=lasting,
    )  # fmt: skip


def _safe_contact(facts: Mapping[str, Any], lasting: timedelta, programme: ProgrammeSlug) -> SafeContact:
    rules = _rules(facts, lasting)
    ways = tuple(
        Way(channel, SafeToUse.NO if rules.do_not_contact else answer, detail)
        for channel, (answer, detail) in rules.ways.items()
    )
    told = {**facts, "withheld_number": WITHHELD.get(facts.get("withheld_number") or "", "")}
    return SafeContact(
        headline=NOBODY if rules.do_not_contact else _headline(ways, rules.through, programme),
        ways=ways,
        lines=tuple(f"{said(programme, label)}: {told[name]}" for label, name in LINES if told.get(name)),
        checked_on=rules.checked_on,
        checked_by=facts.get("checked_by") or "",
        stale=rules.stale(clock.today()),
        rules=rules,
    )


def _headline(ways: tuple[Way, ...], through: str, programme: ProgrammeSlug) -> str:
    if any(way.usable for way in ways if way.channel != ContactChannel.THROUGH):
        return ""
    named = (through or "").strip().removesuffix(" only")
    return f"Contact through {named} only" if named else said(programme, THROUGH_IDVA)


NOT_OPEN = {one: _safe_contact({}, LASTS, one) for one in ProgrammeSlug}
