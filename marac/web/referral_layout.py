"""A referral laid out for reading: check answers, beside the decision, and how it stands. Shows only what opened."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from marac.models import CasePerson, Referral
from marac.services import people, referral_tasks
from marac.services.inbox import ReferralLine
from marac.vocabulary import ContactChannel, Criterion, LawfulBasis, PersonRole, ReferralState, SafeToUse
from marac.web.forms import referrals as forms
from marac.web.shell import age, long_date, phone, postcode
from marac.workflows import checklists

LABELS = {
    "full_name": "Full name",
    "aliases": "Also known as",
    "born_on": "Date of birth",
    "approximate_age": "Approximate age",
    "sex": "Sex",
    "whereabouts": "Where they are now",
    "tenure": "Type of housing",
    "language": "First language",
    "interpreter": "Interpreter",
    "communication_needs": "Other needs",
    "phone": "Phone",
    "email": "E-mail",
    "times": "Times it is safe",
    "who_may_answer": "Who else may answer",
    "what_to_say": "What to say",
    "code_word": "Code word",
    "through": "Through whom",
    "relationship_to_victim": "Relationship to victim-survivor",
    "relationship_to_perpetrator": "Relationship to alleged perpetrator",
    "occupation": "Work or interests",
    "lives_with": "Lives with",
    "school": "School or nursery",
    "weapons": "Weapons",
    "orders": "Bail, orders, charges",
    "staff_safety": "For staff who visit",
    "criteria": "Reasons",
    "judgement": "Why the risk is high",
    "escalation": "Events in 12 months",
    "what_happened": "What happened",
    "happened_on": "When it last happened",
    "why_now": "Why now",
    "wishes": "What they want",
    "tried": "What has been tried",
    "told": "Told about this referral",
    "told_why_not": "Why not told",
    "consent": "Agrees to sharing",
    "sharing_basis": "Lawful basis",
    "sharing_reason": "Why without consent",
    "sharing_proportionate": "Why proportionate",
    "sharing_decided_by": "Decided by",
    "sharing_decided_on": "Decided on",
    "emergency_need": "Why it could not wait",
    "known_to_perpetrator": "Address known to alleged perpetrator",
    "ethnicity": "Ethnic group",
    "disability": "Disability",
    "religion": "Religion",
    "sexual_orientation": "Sexual orientation",
    "pregnant": "Pregnant or recent baby",
    "gender_same_as_registered": "Gender same as registered",
}
PERSON = (
    "full_name",
    "aliases",
    "born_on",
    "approximate_age",
    "sex",
    "whereabouts",
    "language",
    "interpreter",
    "communication_needs",
)
OTHER = ("full_name", "aliases", "born_on", "approximate_age", "relationship_to_victim", "relationship_to_perpetrator",
         "whereabouts", "occupation", "lives_with")  # fmt: skip
STORY = (
    "criteria",
    "judgement",
    "escalation",
    "emergency_need",
    "what_happened",
    "happened_on",
    "why_now",
    "wishes",
    "tried",
)
CHOICES = {
    "criteria": {way.value: way.label for way in Criterion},
    "sharing_basis": {basis.value: basis.label for basis in LawfulBasis},
    "tenure": dict(forms.TENURES),
}
WHERE_TO_MEET = ("whereabouts", "occupation")
CODE = re.compile(r"[a-z]+(_[a-z]+)*")
MASKED = "Masked. Showing it needs a reason"
CONFIDENTIAL = "Confidential. Recorded, and shown only on the page where you enter it"
KINDS = {ReferralState.SUBMITTED: "care", ReferralState.RETURNED: "care", ReferralState.ACCEPTED: "done",
         ReferralState.DRAFT: "quiet"}  # fmt: skip


def sections(session: Any, referral: Referral, opened: Collection[str]) -> list[dict[str, Any]]:
    """The parts of a referral in the order of its form, each {task, title, rows}; only compartments in `opened`."""
    everyone = people.people_of(session, referral.case_id)
    victim = next(person for person in everyone if person.role == PersonRole.VICTIM)
    found = {
        "person": [*rows_of(victim, _unmasked(PERSON, opened)), *_address(victim, opened)],
        "safe-contact": _contact(victim, opened),
        "other-person": [row for one in _others(everyone, PersonRole.PERPETRATOR) for row in rows_of(one, OTHER)]
        + rows_of(referral, referral_tasks.AROUND),
        "children": [
            row for one in _others(everyone, *referral_tasks.OTHERS) for row in rows_of(one, _unmasked(OTHER, opened))
        ]
        or ([{"key": "Children", "value": "None, and nobody else at risk"}] if referral.no_children else []),
        "risk": _risk(session, referral),
        "reason": rows_of(referral, STORY),
        "sharing": rows_of(referral, referral_tasks.SHARING),
        "equality": rows_of(victim, people.EQUALITY) if "equality" in opened else [],
    }
    return [{"task": task.key, "title": task.label, "rows": found[task.key]} for task in referral_tasks.TASKS]


def rows_of(row: Any, names: Iterable[str]) -> list[dict[str, Any]]:
    """What is filled in, as key and value in words."""
    pairs = [(name, words(name, getattr(row, name))) for name in names]
    return [{"key": LABELS[name], "value": value} for name, value in pairs if value]


def words(name: str, value: Any) -> Any:
    """One recorded value as a person reads it."""
    known: Mapping[str, str] = CHOICES.get(name, {})
    if isinstance(value, tuple | list):
        return [known.get(one, one) for one in value]
    if isinstance(value, date):
        return f"{long_date(value)} ({age(value)})" if name == "born_on" else long_date(value)
    if name == "phone":
        return phone(value)
    if isinstance(value, str):
        return known.get(value) or (value.replace("_", " ").capitalize() if CODE.fullmatch(value) else value)
    return "" if value is None else str(value)


def line(one: ReferralLine, now: Any) -> list[Any]:
    """One row of the list: what a person needs to choose the next to open."""
    since = one.submitted_at or one.started_at
    hours = int((now - since).total_seconds() // 3600)
    href = f"/referrals/{one.reference}"
    return [
        {"text": one.reference, "href": href, "note": one.name},
        one.agency,
        ", ".join(criterion.label for criterion in one.criteria),
        {"text": one.state.label, "tag": KINDS.get(one.state, "")},
        {"text": "Urgent", "tag": "stop"} if one.urgent else (one.kind.label if one.submitted_at else ""),
        hours,
    ]


def standing(referral: Referral) -> str:
    """How a referral stands, in the words its referrer sees: Received, Listed, Heard, Not listed."""
    case = referral.case
    decided_at, heard_on = referral.decided_at, case.last_heard_on
    listed = referral.state == ReferralState.ACCEPTED and decided_at is not None
    heard = listed and heard_on is not None and decided_at is not None and heard_on >= decided_at.date()
    return "Heard" if heard else referral.state.label


def _others(everyone: list[CasePerson], *roles: PersonRole) -> list[CasePerson]:
    return [person for person in everyone if person.role in roles]


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
    rows = [{"key": "Address", "value": lines}] if lines else []
    return [*rows, *rows_of(home, ("known_to_perpetrator", "tenure"))]


def _contact(victim: CasePerson, opened: Collection[str]) -> list[dict[str, Any]]:
    contact = victim.contact
    if contact is None:
        return []
    ways = [_way(channel, *people.rule_on(contact.rules, channel)) for channel in ContactChannel]
    typed = rows_of(contact, ("phone", "email", "code_word")) if "contact" in opened else []
    private = [row if "location" in opened else {**row, "value": MASKED} for row in typed]
    return [
        {"key": "Safe to use", "value": ways},
        *rows_of(contact, ("times", "who_may_answer", "what_to_say", "through")),
        *private,
    ]


def _way(channel: ContactChannel, answer: SafeToUse, detail: str) -> str:
    return f"{channel.label}: {answer.label.lower()}{' ' + detail if detail else ''}"


def _risk(session: Any, referral: Referral) -> list[dict[str, Any]]:
    """The count, never a verdict, and each yes with its detail."""
    assessment, found = referral_tasks.assessment_of(session, referral), referral_tasks.score_of(session, referral)
    if assessment is None or found is None:
        done = "risk" in (referral.done_tasks or ())
        return [{"key": "Checklist", "value": "No checklist was used"}] if done else []
    checklist = checklists.CHECKLISTS[assessment.checklist, assessment.checklist_version]
    answered = len(checklist.questions) - len(found.unanswered)
    count = f"{found.score} yes, {answered} of {len(checklist.questions)} answered"
    may_rise = [f"Could rise to {found.could_rise_to}: {found.unknown} not known"] if found.unknown else []
    rows: list[dict[str, Any]] = [{"key": checklist.name, "value": [count, *may_rise]}]
    for number, entry in sorted((assessment.answers or {}).items(), key=lambda pair: int(pair[0])):
        held = entry if isinstance(entry, Mapping) else {"answer": entry}
        if held.get("answer") == "yes":
            inner = [words("", value) for value in (held.get("follow_ups") or {}).values()]
            detail = [part for one in inner for part in (one if isinstance(one, list) else [one])]
            said = f"Said by: {held['source']}" if held.get("source") else ""
            shown = [part for part in ("Yes", *detail, held.get("comment"), said) if part]
            rows.append({"key": f"{number}. {checklist.question(int(number)).label}", "value": shown})
    return rows
