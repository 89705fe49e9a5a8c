"""What would make a referral better, and never holds it up: hints before sending, and a person still to be added."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from marac.models import CasePerson, Referral
from marac.services.casework import assessments, people
from marac.services.referring import referral_answers
from marac.services.referring.task_lists import NOBODY_NAMED
from marac.vocabulary import Answer, PersonRole, ProgrammeSlug, said

DASH = "dash_ric"
SHORTEST_STORY = 100
SOMEONE_ELSE_FEARED = "17"
HARMED_OTHERS = "18"


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to look at again, and the part where it is put right."""

    task: str
    text: str


def quality_hints(session: Session, referral: Referral) -> tuple[Hint, ...]:
    """What those who read this will miss. Advice, in the order of the form; the case must be open to its writer."""
    victim = people.victim_of(session, referral.case_id)
    feared = people.people_of(session, referral.case_id, [PersonRole.PERPETRATOR])
    home, story = victim.addresses[0], (referral.what_happened or "").strip()
    placed = home.postcode or home.not_known or home.in_refuge or victim.whereabouts
    found = (
        (victim.born_on is None, "person", "No date of birth. Every agency searches on it"),
        (not placed, "person", "No postcode. It decides which panel hears the case"),
        (any(_nameless(one) for one in feared), "other-person", "An alleged perpetrator has no name or date of birth"),
        (any(not one.relationship_to_victim for one in feared), "other-person",
         "An alleged perpetrator has no relationship to the victim-survivor"),
        (bool(story) and len(story) < SHORTEST_STORY, "reason",
         f"What happened is under {SHORTEST_STORY} characters. Say when, where and how"),
        (not referral.wishes, "reason", "Nothing about what the victim-survivor wants"),
        (not referral.why_now, "reason", "Nothing about why now, and why several agencies are needed"),
    )  # fmt: skip
    in_community = referral.programme == ProgrammeSlug.COMMUNITY_MARAC
    hints = tuple(Hint(task, said(referral.programme, text)) for missing, task, text in found if missing)
    if not in_community:
        return hints
    held = (one for one in hints if not (one.task == "person" and referral.about in NOBODY_NAMED))
    return (*held, *_of_community(referral))


def _of_community(referral: Referral) -> tuple[Hint, ...]:
    """What the panel asks for first: early steps, and somebody who presents it (rule model 1.4)."""
    found = (
        (referral.early_steps != "yes", "tried", "No early steps were tried. Say why they were not possible"),
        (referral.will_attend != "yes", "reason", "Nobody attends. A case may not be heard without its referrer"),
        (not referral.vulnerability, "reason", "Nothing about what makes harm weigh more"),
    )  # fmt: skip
    return tuple(Hint(task, text) for missing, task, text in found if missing)


def person_to_add(session: Session, referral: Referral) -> Hint | None:
    """Somebody of whom the checklist tells and who is not on the form yet (DA-36): questions 17 and 18 of the DASH."""
    dash = assessments.assessment_of(session, referral, DASH)
    answers = (dash.answers or {}) if dash else {}
    feared = people.people_of(session, referral.case_id, [PersonRole.PERPETRATOR])
    if _yes(answers.get(SOMEONE_ELSE_FEARED)) and len(feared) < 2 and not referral.feared:
        return Hint("other-person", "Question 17 is yes: they fear somebody else too. Add each further person")
    others = people.people_of(session, referral.case_id, referral_answers.OTHERS)
    if _yes(answers.get(HARMED_OTHERS)) and not others:
        return Hint("children", "Question 18 is yes: other people were harmed. Add anybody who is at risk now")
    return None


def _yes(entry: Any) -> bool:
    return (entry.get("answer") if isinstance(entry, Mapping) else entry) == Answer.YES


def _nameless(one: CasePerson) -> bool:
    return not one.not_known and not (one.full_name and (one.born_on or one.approximate_age is not None))
