"""Writes the demo's cases: people, addresses, contact, tokens, referrals, checklists. Decides nothing; the plan did."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from marac.crypto.blind_index import BlindIndex, PersonTokens
from marac.models import Address, Assessment, Case, CasePerson, ContactMethod, Referral
from marac.services.demo.borough import DA, Borough, Worker
from marac.services.demo.household import Household, Person
from marac.services.demo.risk import Risk, assess
from marac.services.demo.tables import at, chance, days_after, pick, source, table, weighted, working_day
from marac.services.demo.telling import Telling
from marac.services.referring.referral_tasks import TASKS
from marac.vocabulary import (
    CaseState,
    Criterion,
    LawfulBasis,
    ReferralKind,
    ReferralState,
    Role,
    TriageOutcome,
)

REFERRERS = {
    "met_police_da": 46, "solace": 14, "childrens_social_care": 8, "mash": 4, "housing_options": 6, "elft": 4,
    "barts_acute": 5, "midwifery": 2, "health_visiting": 3, "primary_care": 2, "education": 2, "adult_social_care": 2,
    "probation": 2,
}  # fmt: skip
ACCEPTED_AS = {
    ReferralKind.NEW: TriageOutcome.ACCEPT, ReferralKind.REPEAT: TriageOutcome.ACCEPT_REPEAT,
    ReferralKind.TRANSFER_IN: TriageOutcome.ACCEPT_TRANSFER_IN, ReferralKind.EMERGENCY: TriageOutcome.ACCEPT_EMERGENCY,
}  # fmt: skip
DONE = [task.key for task in TASKS]


@dataclass(slots=True)
class Opened:
    """A case being written: its people, and who referred it."""

    id: UUID
    number: int
    people: Household
    referrer: Worker
    referrer_slug: str


@dataclass(frozen=True, slots=True)
class Referred:
    """One referral as written, with the checklist that came with it."""

    id: UUID
    on: date
    risk: Risk


def open_case(borough: Borough, case_id: UUID, number: int, people: Household, seed: int) -> Opened:
    """Who refers this case."""
    draw = source(f"referrer/{seed}/{number}")
    slug = weighted(draw, REFERRERS)
    if number % 37 == 5:
        slug = "education"
    referrers = [one for one in borough.of_role(Role.REFERRER) if one.agency_id == borough.agencies[slug]]
    worker = referrers[0] if referrers and chance(draw, 0.5) else borough.staffed(slug)
    return Opened(case_id, number, people, worker or borough.of_role(Role.COORDINATOR)[0], slug)


def write_case(
    borough: Borough, case: Opened, telling: Telling, *, state: CaseState, opened_on: date, **dates: date | None
) -> Case:
    """The case row, with what its page opens with."""
    words, draw = table("safety"), telling.draw
    victim = case.people.victim
    needs = [f"Interpreter: {victim.identity['interpreter']}" if victim.identity["interpreter"] else None]
    needs += [victim.identity["communication_needs"], pick(draw, words["needs"]) if chance(draw, 0.1) else None]
    return Case(
        id=case.id, partnership_id=borough.id, programme=DA, reference=borough.new_reference(), state=state,
        opened_on=opened_on, **dates,
        wishes=telling.story("wishes", "wishes_more"), wishes_by="Solace (IDVA)",
        wishes_on=dates.get("last_referral_on") or opened_on, why_high_risk=telling.story("high_risk"),
        needs=[need for need in needs if need], stop_flags=_stop_flags(victim),
        care_flags=[pick(draw, words["care_flags"])] if chance(draw, 0.3) else [],
        who_tells=pick(draw, words["who_tells"]),
    )  # fmt: skip


def _stop_flags(victim: Person) -> list[str]:
    flags = []
    if victim.contact["rules"]["phone"]["answer"] in ("no", "not_asked"):
        flags.append("Do not phone. Contact through the IDVA only")
    if victim.address["confidential"]:
        flags.append("Address confidential")
    if victim.address["known_to_perpetrator"] == "yes":
        flags.append("The alleged perpetrator knows the address: no letters, no visits alone")
    return flags


def write_people(borough: Borough, case: Opened, telling: Telling) -> Iterator[tuple[object, PersonTokens | None]]:
    """Each person with one address and one contact row, and what their tokens are made of."""
    feared = tuple(name for person in case.people.perpetrators for name in _names(person))
    for position, person in enumerate(case.people.people, 1):
        place: dict[str, Any] = {"partnership_id": borough.id, "case_id": case.id, "role": person.role}
        row = CasePerson(**place, position=position, **person.identity, **person.equality)
        mine = feared if person is case.people.victim else ()
        yield row, _tokens(row.id, person, mine)
        yield Address(**place, person_id=row.id, position=1, **person.address), None
        yield ContactMethod(**place, person_id=row.id, **person.contact), None


def _names(person: Person) -> tuple[str, ...]:
    return (str(person.identity["full_name"]), *(person.identity.get("aliases") or ()))


def _tokens(person_id: UUID, person: Person, feared: tuple[str, ...]) -> PersonTokens:
    number, postcode = person.address.get("house_number"), person.address.get("postcode")
    return PersonTokens(
        id=person_id, names=_names(person), born_on=person.identity.get("born_on"),
        homes=((number, postcode),) if number and postcode else (),
        phones=(person.contact["phone"],) if person.contact.get("phone") else (), feared=feared,
    )  # fmt: skip


def token_rows(index: BlindIndex, borough: Borough, people: list[PersonTokens]) -> list[dict[str, Any]]:
    """The index rows of these people, for one Core insert."""
    return [
        {"partnership_id": borough.id, "person_id": person.id, "token": token}
        for person in people
        for token in index.tokens_to_store(person)
    ]


def write_referral(
    borough: Borough, case: Opened, telling: Telling, *, on: date, kind: ReferralKind = ReferralKind.NEW,
    state: ReferralState = ReferralState.ACCEPTED, meeting_id: UUID | None = None, **more: Any,
) -> tuple[Referred, list[object]]:  # fmt: skip
    """A referral made on a day with its checklist. `more` sets or replaces columns."""
    risk = assess(telling.draw, case.people, is_repeat=kind is ReferralKind.REPEAT)
    sent = state is not ReferralState.DRAFT
    decided = state not in (ReferralState.DRAFT, ReferralState.SUBMITTED, ReferralState.RETURNED)
    decided_at = at(working_day(on, "D+1"), 11, 20) if decided else None
    facts: dict[str, Any] = {
        "id": uuid4(), "partnership_id": borough.id, "case_id": case.id, "programme": DA,
        "reference": borough.new_reference(), "state": state, "kind": kind, "agency_id": case.referrer.agency_id,
        "user_id": case.referrer.id, "started_at": at(on, 10, 5), "submitted_at": at(on, 11, 40) if sent else None,
        "decide_by_at": at(working_day(on, "D+2"), 17) if sent else None, "decided_at": decided_at,
        "decided_by_id": borough.of_role(Role.COORDINATOR)[0].id if decided else None,
        "outcome": ACCEPTED_AS[kind] if state is ReferralState.ACCEPTED else None, "meeting_id": meeting_id,
        **_told(case, telling, risk, on), "done_tasks": DONE,
    }  # fmt: skip
    row = Referral(**{**facts, **more})
    return Referred(row.id, on, risk), [row, _assessment(borough, case, row, telling, risk)]


def _told(case: Opened, telling: Telling, risk: Risk, on: date) -> dict[str, Any]:
    """The sealed part: what happened, why now, what was tried and wanted, and the sharing decision."""
    draw, criteria = telling.draw, [one.value for one in risk.criteria]
    return {
        "criteria": criteria, "what_happened": telling.story("opening", "event", "detail", "after"),
        "judgement": telling.story("judgement") if Criterion.PROFESSIONAL_JUDGEMENT in risk.criteria else None,
        "escalation": str(draw.randrange(3, 8)) if Criterion.POTENTIAL_ESCALATION in risk.criteria else None,
        "happened_on": days_after(on, -draw.randrange(1, 9)), "why_now": telling.story("why_now"),
        "tried": telling.story("tried"), "wishes": telling.story("wishes", "wishes_more"),
        "no_children": None if case.people.children or case.people.others else True,
        "weapons": telling.story("weapons"), "orders": telling.story("orders"),
        "staff_safety": telling.story("staff_safety") if chance(draw, 0.4) else None, **_sharing(case, telling, on),
    }  # fmt: skip


def _sharing(case: Opened, telling: Telling, on: date) -> dict[str, Any]:
    draw = telling.draw
    consent = weighted(draw, {"yes": 68.0, "no": 14.0, "not_sought": 18.0})
    told = "no" if consent == "not_sought" else "yes"
    facts = {"told": told, "consent": consent, "told_why_not": telling.story("not_told") if told == "no" else None}
    if consent == "yes":
        return facts
    basis = pick(draw, [LawfulBasis.VITAL_INTERESTS, LawfulBasis.SAFEGUARDING, LawfulBasis.CRIME_PREVENTION])
    return facts | {
        "sharing_basis": basis, "sharing_reason": telling.story("necessity"),
        "sharing_proportionate": telling.story("proportionate"), "sharing_decided_by": case.referrer.full_name,
        "sharing_decided_on": on,
    }  # fmt: skip


def _assessment(borough: Borough, case: Opened, row: Referral, telling: Telling, risk: Risk) -> Assessment:
    return Assessment(
        partnership_id=borough.id, case_id=case.id, referral_id=row.id, checklist=risk.checklist.id,
        checklist_version=risk.checklist.version, made_at=row.started_at, made_by_id=case.referrer.id,
        answers=risk.answers, score=risk.score.score, unknown=risk.score.unknown, red_flags=list(risk.score.red_flags),
        professional={
            "willing_to_engage": weighted(telling.draw, {"yes": 7.0, "no": 1.0, "not_known": 2.0}),
            "own_priorities": telling.story("wishes"), "grounds_for_marac": "yes",
            "risk_to_children": "yes" if case.people.children else "no",
        },
    )  # fmt: skip
