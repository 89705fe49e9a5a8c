"""A referral laid out for reading: check answers, beside the decision, and how it stands. Shows only what opened."""

from collections.abc import Collection
from typing import Any

from marac.models import CasePerson, Referral
from marac.services.casework import people, phones, safe_contact
from marac.services.referring import referral_answers, referral_tasks
from marac.vocabulary import ContactChannel, PersonRole, ProgrammeSlug, ReferralState, SafeToUse, said
from marac.web import community_layout, risk_layout
from marac.web.referral_words import LABELS, rows_of
from marac.web.shell import postcode

PERSON = (
    "full_name", "aliases", "born_on", "approximate_age", "other_born_on", "sex", "whereabouts", "occupation",
    "language", "communication_needs", "nhs_number", "gp", "professionals", "mental_health", "substance_use",
    "nationality", "no_recourse",
)  # fmt: skip
FEARED = (
    "full_name", "aliases", "born_on", "approximate_age", "other_born_on", "sex", "relationship_to_victim",
    "whereabouts", "occupation", "staff_member", "vehicles", "gp", "nationality", "mental_health", "substance_use",
    "triggers", "offender_management", "markers", "perpetrator_programme", "aware_of_report",
)  # fmt: skip
OTHER = (
    "full_name", "aliases", "born_on", "approximate_age", "sex", "relationship_to_victim", "whereabouts", "occupation",
    "lives_with", "witnessed", "plan", "gp", "professionals", "contact_arrangements",
)  # fmt: skip
STORY = ("criteria", "judgement", "escalation", "emergency_need", *referral_answers.REASON[3:])
WHERE_TO_MEET = ("whereabouts", "occupation", "gp", "contact_arrangements")
MASKED = "Masked. Showing it needs a reason"
CONFIDENTIAL = "Confidential. Recorded, and shown only on the page where you enter it"


def sections(session: Any, referral: Referral, opened: Collection[str]) -> list[dict[str, Any]]:
    """The parts of a referral in the order of its form, each {task, title, rows}; only compartments in `opened`."""
    everyone = people.people_of(session, referral.case_id)
    victim = next(person for person in everyone if person.role == PersonRole.VICTIM)
    feared = _others(everyone, PersonRole.PERPETRATOR)
    found: dict[str, list[dict[str, Any]]] = {
        "person": [
            *rows_of(victim, (*_unmasked(PERSON, opened), "community_roles")),
            *_interpreter(victim),
            *_address(victim, opened),
        ],
        "safe-contact": _contact(victim, opened),
        "other-person": [row for one in feared for row in _feared(one, opened)]
        + rows_of(referral, referral_answers.AROUND),
        "children": _children(referral, everyone, feared, opened),
        "risk": risk_layout.referral_rows(session, referral),
        "reason": rows_of(referral, STORY),
        "sharing": rows_of(referral, referral_answers.SHARING),
        "referrer": rows_of(referral, referral_answers.REFERRER),
        "equality": rows_of(victim, people.EQUALITY) if "equality" in opened else [],
    }
    if referral.programme == ProgrammeSlug.COMMUNITY_MARAC:
        found |= community_layout.sections(session, referral, everyone)
    return [
        {"task": task.key, "title": task.label, "rows": _worded(referral, found[task.key])}
        for task in referral_tasks.tasks_of(referral)
    ]


def _worded(referral: Referral, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "key": said(referral.programme, row["key"])} for row in rows]


def standing(referral: Referral) -> str:
    """How a referral stands, in the words its referrer sees: Received, Listed, Heard, Not listed."""
    case = referral.case
    decided_at, heard_on = referral.decided_at, case.last_heard_on
    listed = referral.state == ReferralState.ACCEPTED and decided_at is not None
    heard = listed and heard_on is not None and decided_at is not None and heard_on >= decided_at.date()
    return "Heard" if heard else referral.state.label


def _others(everyone: list[CasePerson], *roles: PersonRole) -> list[CasePerson]:
    return [person for person in everyone if person.role in roles]


def _feared(one: CasePerson, opened: Collection[str]) -> list[dict[str, Any]]:
    phones = rows_of(one.contact, ("phone",)) if one.contact is not None and "perpetrator" in opened else []
    return [*rows_of(one, FEARED), *phones, *rows_of(one, ("ethnicity",) if "equality" in opened else ())]


def _children(
    referral: Referral, everyone: list[CasePerson], feared: list[CasePerson], opened: Collection[str]
) -> list[dict[str, Any]]:
    rows = []
    for one in _others(everyone, *referral_answers.OTHERS):
        tie = people.ties(one, feared)
        rows += rows_of(one, ("role", *_unmasked(OTHER, opened), "community_roles"))
        rows += [{"key": LABELS["to_perpetrators"], "value": tie}] if tie else []
    if referral.no_children and not rows:
        rows = [{"key": "Children", "value": "None, and nobody else at risk"}]
    return rows + rows_of(referral, ("pets",))


def _interpreter(victim: CasePerson) -> list[dict[str, Any]]:
    needed = people.interpreter_line(victim) or {"no": "Not needed", "not_known": "Not known"}.get(
        victim.interpreter_needed or "", ""
    )
    return [{"key": "Interpreter", "value": needed}] if needed else []


def _unmasked(names: tuple[str, ...], opened: Collection[str]) -> tuple[str, ...]:
    """Whoever does not fill the form in sees where somebody may be met on the case page alone, for a reason."""
    return names if "location" in opened else tuple(name for name in names if name not in WHERE_TO_MEET)


def _address(victim: CasePerson, opened: Collection[str]) -> list[dict[str, Any]]:
    """The address for who may see it; for others that there is one to be shown with a reason on the case page."""
    if "location" not in opened:
        return [{"key": "Address", "value": MASKED}]
    home = victim.addresses[0]
    street = " ".join(part for part in (home.house_number, home.street) if part)
    lines = [part for part in (street, postcode(home.postcode)) if part]
    if home.not_known:
        lines = ["Not known"]
    if home.confidential:
        lines = [CONFIDENTIAL]
    if home.in_refuge:
        lines = [f"Refuge, contact through {home.refuge_contact or 'the IDVA'}"]
    rows = [{"key": "Address", "value": lines}] if lines else []
    return [*rows, *rows_of(home, ("known_to_perpetrator", "tenure"))]


def _contact(victim: CasePerson, opened: Collection[str]) -> list[dict[str, Any]]:
    contact = victim.contact
    if contact is None:
        return []
    ways = [_way(channel, *people.rule_on(contact.rules, channel)) for channel in ContactChannel]
    typed = rows_of(contact, ("phone", "email", "code_word", "trusted_contact")) if "contact" in opened else []
    further = [f"{one.number}, {one.kind.label.lower()}" for one in phones.numbers_of(contact)[1:]] if typed else []
    typed += [{"key": "Further phones", "value": further}] if further else []
    private = [row if "location" in opened else {**row, "value": MASKED} for row in typed]
    return [
        {"key": "Safe to use", "value": ways},
        *rows_of(contact, (*safe_contact.WORDS, "do_not_contact")),
        *private,
    ]


def _way(channel: ContactChannel, answer: SafeToUse, detail: str) -> str:
    return f"{channel.label}: {answer.label.lower()}{' ' + detail if detail else ''}"
