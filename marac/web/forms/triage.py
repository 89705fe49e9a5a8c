"""The decision on a referral as typed: one choice, what each choice needs, and what is said of each possible match."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from marac.models import Referral
from marac.services.deciding.conflicts import Colleague, PossibleConflict
from marac.services.deciding.listing import Choice
from marac.services.deciding.rulings import Ruling, forums, reason_codes
from marac.services.knowing.matching import Match
from marac.services.referring import questions
from marac.services.referring.referral_tasks import tasks_of
from marac.vocabulary import LinkDecision, TriageOutcome as T
from marac.web import widgets
from marac.web.shell import count, short_weekday, time_of_day
from marac.workflows.deadlines import london

CHOOSE = ("", "Choose")
SAME_OR_NOT = (
    (LinkDecision.SAME.value, LinkDecision.SAME.label),
    (LinkDecision.DIFFERENT.value, LinkDecision.DIFFERENT.label),
)
KEEP_OUT, NO_CONFLICT = "keep_out", "no_conflict"
IN_OR_OUT = ((KEEP_OUT, "Keep the case from them"), (NO_CONFLICT, "Not a conflict"))
FIELD_OF = {"earlier_case_id": "into", "into_id": "into"}
USUAL = (T.ACCEPT, T.ACCEPT_REPEAT, T.ACCEPT_EMERGENCY, T.RETURN, T.NOT_ACCEPTED)
LISTS = (T.ACCEPT, T.ACCEPT_REPEAT, T.ACCEPT_TRANSFER_IN)
NEEDS: dict[T, tuple[str, ...]] = {
    T.ACCEPT: ("meeting",),
    T.ACCEPT_REPEAT: ("into", "meeting"),
    T.ACCEPT_EMERGENCY: ("emergency_on", "emergency_time", "approved_by"),
    T.RETURN: ("missing", "questions"),
    T.NOT_ACCEPTED: ("reason_code", "reason", "advice"),
    T.ACCEPT_TRANSFER_IN: ("source_area", "earlier_papers", "meeting"),
    T.ALERT_ONLY: ("reason",),
    T.TRANSFER_OUT: ("receiving_area", "reason"),
    T.REFER_ELSEWHERE: ("forum", "handed_over", "reason"),
    T.MERGE: ("into",),
}
AFTER_CUTOFF = ("reason", "approved_by")
ORDER = (
    "into", "source_area", "earlier_papers", "emergency_on", "emergency_time", "meeting", "approved_by",
    "receiving_area", "forum", "handed_over", "missing", "questions", "reason_code", "reason", "advice",
)  # fmt: skip
CLOCK = re.compile(r"(\d{1,2})[:.]?(\d{2})?\s*(am|pm)?", re.IGNORECASE)


class DecideForm(widgets.PageForm):
    """Everything an outcome may need. What it does need, the workflow says."""

    outcome = widgets.choice_field(
        "What do you decide?", [(one.value, one.label) for one in NEEDS], "Select a decision"
    )
    meeting = widgets.select_field("Meeting", [CHOOSE])
    approved_by = widgets.select_field("Agreed by", [CHOOSE], hint="Who chairs, for an emergency or after the cut-off.")
    reason = widgets.long_text_field("Reason", hint="The referrer and the audit trail keep it.")
    emergency_on = widgets.date_field("Date of the emergency meeting")
    emergency_time = widgets.text_field("Time of the emergency meeting", hint="For example, 2pm or 14:30.", longest=10)
    into = widgets.text_field("Which case", hint="Its reference, for example K7D-42Q.", longest=10)
    source_area = widgets.text_field("Area it came from")
    earlier_papers = widgets.text_field("Earlier papers", hint="Which came, or when you asked for them.")
    receiving_area = widgets.text_field("Area that receives it")
    forum = widgets.select_field("Forum", [CHOOSE])
    handed_over = widgets.long_text_field(
        "What you handed over, and to whom there", hint="A name or a team, how, and what they know now."
    )
    missing = widgets.many_field("What is missing", [], hint="The referrer is led to exactly these parts.")
    questions = widgets.long_text_field("Question for the referrer", hint="Ask everything at once.")
    reason_code = widgets.select_field("Kind of reason", [CHOOSE])
    advice = widgets.long_text_field("What the referrer should do instead", hint="And what other support is offered.")
    conflict_checked = widgets.tick_field("I have checked for conflicts of interest")
    version = widgets.hidden_field()


class QuestionForm(widgets.PageForm):
    """What the coordinator asks the referrer, and which parts of the form are missing."""

    missing = widgets.many_field("What is missing", [], hint="The referrer is led to exactly these parts.")
    questions = widgets.long_text_field("Question for the referrer", hint="Ask everything at once.")


class ReviewForm(widgets.PageForm):
    """Why a decision not to list is looked at again, or stands."""

    reason = widgets.long_text_field("Reason", "Enter a reason")


class AcknowledgedForm(widgets.PageForm):
    """Who there has the person now, and since when."""

    acknowledged_by = widgets.text_field("Who confirmed it there", hint="Their name, and their area or service.")
    acknowledged_on = widgets.date_field("When they confirmed it", hint="For example, 27 3 2026.")


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the referral when it is decided: matches, meetings, who chairs, possible conflicts."""

    matches: Sequence[Match]
    meetings: Sequence[Choice]
    chairs: Sequence[Colleague]
    possible: Sequence[PossibleConflict]
    others: Sequence[Match] = ()


def decide_form(referral: Referral, beside: Beside) -> Any:
    """The form with a choice for each possible match and conflict, and the meetings and people to choose from.

    Everything that can be known is chosen already; the decision itself never is.
    """
    asks = {
        _link(match): widgets.choice_field(f"Is this the same person? Case {match.reference}", SAME_OR_NOT)
        for match in beside.matches
    }
    asks |= {
        _conflict(one): widgets.choice_field(f"Is this a conflict? {one.full_name}", IN_OR_OUT)
        for one in beside.possible
    }
    kind = type("DecideForm", (DecideForm,), {"__doc__": DecideForm.__doc__, **asks})
    form = kind(data=_known(referral, beside))
    form.meeting.choices = [CHOOSE, *((str(meeting.id), meeting_words(meeting)) for meeting in beside.meetings)]
    form.approved_by.choices = [CHOOSE, *((str(one.id), f"{one.full_name}, {one.agency}") for one in beside.chairs)]
    missing = questions.may_be_missing(referral)
    form.missing.choices = widgets.offered((one.key, one.label) for one in tasks_of(referral) if one.key in missing)
    form.forum.choices = widgets.offered([CHOOSE, *forums(referral.programme).items()])
    form.reason_code.choices = widgets.offered([CHOOSE, *reason_codes(referral.programme).items()])
    return form


def _known(referral: Referral, beside: Beside) -> dict[str, Any]:
    """What was decided before, the next meeting before its cut-off, and the case that a repeat would join."""
    held = {_link(match): match.decision.value for match in beside.matches if match.decision}
    kept = {_conflict(one): KEEP_OUT if one.walled else NO_CONFLICT for one in beside.possible if not one.undecided}
    first = next((str(meeting.id) for meeting in beside.meetings if not meeting.late), "")
    known = next((match.reference for match in beside.matches if match.in_window), "")
    into = known if questions.may_be_missing(referral) else referral.case.reference
    return {"meeting": first, "version": str(referral.version_id), "into": into, **held, **kept}


def ruling(form: Any, beside: Beside) -> Ruling:
    """What was typed, as the service takes it: of the fields only those that the decision needs."""
    outcome = T(form.outcome.data)
    wanted = {*NEEDS[outcome], *(AFTER_CUTOFF if outcome in LISTS else ())}
    said = {match.person_id: form[_link(match)].data for match in beside.matches}
    kept = {one.user_id: form[_conflict(one)].data for one in beside.possible if not one.walled}
    texts = {
        name: form[name].data for name in ORDER
        if name in wanted and name not in ("meeting", "approved_by", "missing", "emergency_on", "emergency_time")
    }  # fmt: skip
    return Ruling(
        outcome,
        meeting_id=_id(form.meeting.data) if "meeting" in wanted else None,
        emergency_at=_moment(form) if "emergency_on" in wanted else None,
        approved_by=_id(form.approved_by.data) if "approved_by" in wanted else None,
        missing=tuple(form.missing.data or ()) if "missing" in wanted else (),
        conflict_checked=form.conflict_checked.data,
        walls=[user_id for user_id, word in kept.items() if word == KEEP_OUT],
        no_conflicts=[user_id for user_id, word in kept.items() if word == NO_CONFLICT],
        links={person_id: LinkDecision(word) for person_id, word in said.items() if word},
        **texts,
    )


def conflict_fields(form: Any, possible: Sequence[PossibleConflict]) -> list[tuple[PossibleConflict, Any]]:
    """Each possible conflict with its radios."""
    return [(one, form[_conflict(one)]) for one in possible]


def needed_by(name: str) -> str:
    """The classes that show a field when a decision that needs it is chosen, and not before."""
    marks = [f"app-need--{outcome.value}" for outcome, names in NEEDS.items() if name in names]
    return " ".join([*marks, *(["app-need--late"] if name in AFTER_CUTOFF else [])])


def link_fields(form: Any, matches: Sequence[Match]) -> list[tuple[Match, Any]]:
    """Each match with its radios."""
    return [(match, form[_link(match)]) for match in matches]


def clock_time(words: str) -> time | None:
    """2pm, 2.30 pm, 14:30 or 1430; None when it is no time of day."""
    found = CLOCK.fullmatch(words.strip())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _moment(form: Any) -> datetime | None:
    on: date | None = form.emergency_on.data
    at = clock_time(form.emergency_time.data)
    return london(on, at) if on and at else None


def _conflict(one: PossibleConflict) -> str:
    return f"conflict_{one.user_id.hex}"


def _link(match: Match) -> str:
    return f"link_{match.person_id.hex}"


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None


def meeting_words(meeting: Choice) -> str:
    """Wed 12 Nov, 9:30am: 4 cases listed"""
    cases = count(meeting.listed, "case")
    late = ", after the cut-off" if meeting.late else ""
    return f"{short_weekday(meeting.starts_at)}, {time_of_day(meeting.starts_at)}: {cases} listed{late}"
