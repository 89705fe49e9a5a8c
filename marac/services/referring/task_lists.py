"""The parts of a referral form, by programme: one list each, and which part answers which rule. Holds no answer."""

from dataclasses import dataclass, replace

from marac.models import Referral
from marac.vocabulary import ProgrammeSlug, ReferralAbout


@dataclass(frozen=True, slots=True)
class Task:
    """One part of the form. An optional part never holds a referral up."""

    key: str
    label: str
    hint: str
    optional: bool = False
    aside: bool = False  # named under the list of parts, not in it


_REFERRER = Task(
    "referrer", "You and your agency", "Your manager, and who presents it.", optional=True, aside=True
)  # fmt: skip
_EQUALITY = Task("equality", "Equality questions", "Optional. They help us see who we reach.", optional=True)
TASKS = (
    Task("person", "The victim-survivor", "Names, age, address and what they need."),
    Task("safe-contact", "Safe contact", "How they may be reached, and how not."),
    Task("other-person", "The alleged perpetrator", "One or more people, or not known."),
    Task("children", "Children and others at risk", "Or confirm that there are none."),
    Task("risk", "DASH risk checklist", "24 questions, about 3 minutes if done on paper."),
    Task("reason", "Why you are referring", "What happened, why now, what they want."),
    Task("sharing", "Telling them, and consent", "Or why you share without it."),
    _REFERRER,
    _EQUALITY,
)
COMMUNITY = (
    Task("about", "What this is about", "A person or a place, and what kind of behaviour."),
    Task("person", "The person at risk", "Names, age, address and what they need."),
    Task("safe-contact", "Safe contact", "How they may be reached, and how not."),
    Task("other-person", "The person said to be causing harm", "One or more people, or not known."),
    Task("children", "Children and everybody else", "Witnesses, household, or confirm that there is nobody."),
    Task("incidents", "Incidents", "Each one once, however many agencies were told."),
    Task("tried", "What has been tried", "With dates and outcomes, and any enforcement."),
    Task("risk", "Risk matrix", "13 questions, and six that are acted on today."),
    Task("reason", "Why you are referring", "What happened, what they want, what you ask of the panel."),
    Task("sharing", "Telling them, and consent", "Four facts for each person."),
    _REFERRER,
    _EQUALITY,
)
LISTS = {ProgrammeSlug.DA_MARAC: TASKS, ProgrammeSlug.COMMUNITY_MARAC: COMMUNITY}
BY_KEY = {task.key: task for task in (*COMMUNITY, *TASKS)}
NOBODY_NAMED = (ReferralAbout.LOCATION, ReferralAbout.CAUSING_HARM)
TASK_OF = {
    "victim_age": "person", "full_name": "person", "criteria": "reason", "rationale": "reason",
    "escalation_events": "reason", "aware": "sharing", "aware_why_not": "sharing", "consent": "sharing",
    "lawful_basis": "sharing", "necessity": "sharing", "proportionality": "sharing", "decided_by": "sharing",
    "decided_on": "sharing", "person_tests": "reason", "judgement": "reason", "why_now": "reason", "stalled": "reason",
    "care_concern": "reason", "care_concern_why_not": "reason", "consent_to_share": "sharing",
    "informed_of_referral": "sharing", "sharing_basis": "sharing", "sharing_reason": "sharing",
    "sharing_authoriser": "sharing",
}  # fmt: skip


def tasks_of(referral: Referral) -> tuple[Task, ...]:
    """The parts of one referral. About a place, or about nobody at risk, some are not needed. Its risk must be open."""
    listed = LISTS[referral.programme]
    if referral.programme != ProgrammeSlug.COMMUNITY_MARAC or referral.about not in NOBODY_NAMED:
        return listed
    place = referral.about == ReferralAbout.LOCATION
    words = {
        "person": ("The place", "Its name and address.") if place else ("Who is affected", "If you can name them.")
    }
    return tuple(_fitted(task, words, needs_person=place) for task in listed)


def _fitted(task: Task, words: dict[str, tuple[str, str]], *, needs_person: bool) -> Task:
    if task.key == "person":
        label, hint = words["person"]
        return replace(task, label=label, hint=hint, optional=not needs_person)
    return replace(task, optional=True) if task.key == "safe-contact" else task


def task_in(referral: Referral, key: str) -> Task:
    """One part as this referral calls it. LookupError for a part its programme does not have."""
    for task in tasks_of(referral):
        if task.key == key:
            return task
    raise LookupError(key)
