"""The words for what a referral holds: a label for each name, what a stored answer says. Changes nobody's own words."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from wtforms.fields import RadioField, SelectField, SelectMultipleField

from marac.vocabulary import PersonRole
from marac.web.forms import community_referral as community, referrals as forms
from marac.web.shell import age, long_date, phone

FORMS = (
    community.AboutForm,
    community.IncidentForm,
    community.TriedForm,
    community.WhyForm,
    community.TellingForm,
    community.SomebodyAtRiskForm,
    community.everybody_form({}),
    forms.PersonForm,
    forms.SafeContactForm,
    forms.OtherPersonForm,
    forms.ChildForm,
    forms.ReasonForm,
    forms.SharingForm,
    forms.ReferrerForm,
    forms.EqualityForm,
)
SHORTER = {
    "community_roles": "In this case also",
    "about": "About",
    "asb_type": "Kind of behaviour",
    "cuckooing": "Cuckooing: taken over for",
    "hate_strands": "Strands of hate",
    "consent_to_share": "Agrees to sharing",
    "informed_of_referral": "Knows about this referral",
    "consent_to_support_contact": "A support service may make contact",
    "sharing_authoriser": "Authorised by",
    "sharing_on": "Authorised on",
    "care_concern": "Safeguarding adults concern (section 42)",
    "care_concern_on": "Concern raised on",
    "care_concern_reference": "Reference of the concern",
    "care_concern_why_not": "Why no concern was raised",
    "child_referral": "Child referred to social care",
    "early_steps": "Early steps tried",
    "will_attend": "Referrer or deputy attends",
    "born_on": "Date of birth",
    "approximate_age": "Approximate age",
    "whereabouts": "Where they are now",
    "interpreter_needed": "Interpreter needed",
    "interpreter": "Interpreter",
    "interpreter_sex": "Interpreter: a woman or a man",
    "interpreter_outside": "Interpreter from outside the community",
    "phone": "Phone",
    "times": "Times it is safe",
    "relationship_to_victim": "Relationship to victim-survivor",
    "relationship_to_perpetrator": "Relationship to alleged perpetrator",
    "to_perpetrators": "Relationship to alleged perpetrator",
    "staff_member": "Works for an agency on this panel",
    "aware_of_report": "Knows it was reported",
    "orders": "Bail, orders, charges",
    "staff_safety": "For staff who visit",
    "weapons": "Weapons",
    "criteria": "Reasons",
    "judgement": "Why the risk is high",
    "escalation": "Events in 12 months",
    "wishes": "What they want",
    "told": "Told about this referral",
    "told_why_not": "Why not told",
    "consent": "Agrees to sharing",
    "sharing_basis": "Lawful basis",
    "sharing_reason": "Why without consent",
    "sharing_proportionate": "Why proportionate",
    "sharing_decided_by": "Decided by",
    "sharing_decided_on": "Decided on",
    "support_contact": "A support service may make contact",
    "police_contact": "Wants to speak to the police",
    "police_contact_why": "Why, or why not",
    "told_police_record": "Knows that a crime may be recorded",
    "emergency_need": "Why it could not wait",
    "known_to_perpetrator": "Address known to alleged perpetrator",
    "disability": "Disability",
    "pregnant": "Pregnant or recent baby",
    "gender_same_as_registered": "Gender same as registered",
    "witnessed": "Saw, heard or felt it",
    "discussed": "Talked over with manager or representative",
    "role": "Who this is",
}


def _boxes() -> Iterator[tuple[str, Any]]:
    """Every field of every part as it was declared, with its name."""
    for form in FORMS:
        for name in dir(form):
            declared = getattr(form, name)
            if getattr(declared, "field_class", None) is not None:
                yield name, declared


def _offered(declared: Any) -> dict[str, str]:
    return {str(choice.value): str(choice.label) for choice in declared.kwargs.get("choices") or () if choice.value}


OF_FORMS = {name: str(declared.args[0]).removesuffix(" (optional)") for name, declared in _boxes() if declared.args}
LABELS = OF_FORMS | SHORTER
CHOICES: dict[str, dict[str, str]] = {"role": {role.value: role.label for role in PersonRole}}
for _name, _declared in _boxes():
    if issubclass(_declared.field_class, RadioField | SelectField | SelectMultipleField):
        CHOICES[_name] = CHOICES.get(_name, {}) | _offered(_declared)


def words(name: str, value: Any) -> Any:
    """One recorded value as a person reads it: an answer from a list in the list's words, anything else as typed."""
    known: Mapping[str, str] = CHOICES.get(name, {})
    if isinstance(value, Mapping):
        return [str(one) for one in value.values() if one]
    if isinstance(value, tuple | list):
        return [known.get(str(one), one) for one in value]
    if isinstance(value, date):
        return f"{long_date(value)} ({age(value)})" if name == "born_on" else long_date(value)
    if isinstance(value, bool):
        return "Yes" if value else ""
    if name in ("phone", "referrer_phone"):
        return phone(value)
    return known.get(str(value), str(value)) if value not in (None, "") else ""


def rows_of(row: Any, names: Iterable[str]) -> list[dict[str, Any]]:
    """What is filled in, as key and value in words."""
    pairs = [(name, words(name, getattr(row, name))) for name in names]
    return [{"key": LABELS[name], "value": value} for name, value in pairs if value]


def spelt_out(value: Any) -> Any:
    """The code of an answer of a checklist, such as `not_known`, as words; what has a space or a capital as it is."""
    if not isinstance(value, str) or not value.isascii() or value != value.lower() or " " in value:
        return value
    return value.replace("_", " ").capitalize()
