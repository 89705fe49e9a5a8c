"""The decision on a referral as typed: one choice, what each choice needs, and what is said of each possible match."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from marac.services.conflicts import Colleague, PossibleConflict
from marac.services.listing import Choice
from marac.services.matching import Match
from marac.services.triage import FORUMS, REASON_CODES, Ruling
from marac.vocabulary import LinkDecision, TriageOutcome
from marac.web import widgets
from marac.web.shell import count, short_weekday, time_of_day
from marac.workflows.deadlines import london

CHOOSE = ("", "Choose")
SAME_OR_NOT = (
    (LinkDecision.SAME.value, LinkDecision.SAME.label),
    (LinkDecision.DIFFERENT.value, LinkDecision.DIFFERENT.label),
)
FIELD_OF = {"earlier_case_id": "into", "into_id": "into"}
CLOCK = re.compile(r"(\d{1,2})[:.]?(\d{2})?\s*(am|pm)?", re.IGNORECASE)


class DecideForm(widgets.PageForm):
    """Everything an outcome may need. What it does need, the workflow says."""

    outcome = widgets.choice_field(
        "What do you decide?", [(one.value, one.label) for one in TriageOutcome], "Select a decision"
    )
    meeting = widgets.select_field("Meeting", [CHOOSE])
    approved_by = widgets.select_field("Agreed by", [CHOOSE], hint="For an emergency, or after the cut-off.")
    reason = widgets.long_text_field("Reason", hint="The referrer and the audit trail keep it.")
    emergency_on = widgets.date_field("Date of the emergency meeting")
    emergency_time = widgets.text_field("Time of the emergency meeting", hint="For example, 2pm or 14:30.", longest=10)
    into = widgets.text_field("Which case", hint="Its reference, for example K7D-42Q.", longest=10)
    source_area = widgets.text_field("Area it came from")
    earlier_papers = widgets.text_field("Earlier papers", hint="Which came, or when you asked for them.")
    receiving_area = widgets.text_field("Area that receives it")
    forum = widgets.select_field("Forum", [CHOOSE, *FORUMS.items()])
    questions = widgets.long_text_field("Question for the referrer", hint="Ask everything at once.")
    reason_code = widgets.select_field("Kind of reason", [CHOOSE, *REASON_CODES.items()])
    advice = widgets.long_text_field("What the referrer should do instead", hint="And what other support is offered.")
    conflict_checked = widgets.tick_field("I have checked for conflicts of interest")
    walls = widgets.many_field("Keep the case from these people", [])
    version = widgets.hidden_field()


class ReviewForm(widgets.PageForm):
    """Why a decision not to list is looked at again."""

    reason = widgets.long_text_field("Why this should be looked at again", "Enter a reason")


def decide_form(
    matches: Sequence[Match],
    meetings: Sequence[Choice],
    chairs: Sequence[Colleague],
    possible: Sequence[PossibleConflict],
    version: int,
) -> Any:
    """The form with a choice for each possible match, and the meetings and people there are to choose from."""
    links = {
        _link(match): widgets.choice_field(f"Is this the same person? Case {match.reference}", SAME_OR_NOT)
        for match in matches
    }
    kind = type("DecideForm", (DecideForm,), {"__doc__": DecideForm.__doc__, **links})
    held = {_link(match): match.decision.value for match in matches if match.decision}
    first = next((str(meeting.id) for meeting in meetings if not meeting.late), "")
    known = next((match.reference for match in matches if match.in_window), "")
    form = kind(data={"meeting": first, "version": str(version), "into": known, **held})
    form.meeting.choices = [CHOOSE, *((str(meeting.id), _meeting_words(meeting)) for meeting in meetings)]
    form.approved_by.choices = [CHOOSE, *((str(one.id), f"{one.full_name}, {one.agency}") for one in chairs)]
    form.walls.choices = [(str(one.user_id), f"{one.full_name}, {one.agency}") for one in possible if not one.walled]
    return form


def ruling(form: Any, matches: Sequence[Match]) -> Ruling:
    """What was typed, as the service takes it."""
    said = {match.person_id: form[_link(match)].data for match in matches}
    return Ruling(
        TriageOutcome(form.outcome.data),
        meeting_id=_id(form.meeting.data), emergency_at=_moment(form), approved_by=_id(form.approved_by.data),
        reason=form.reason.data, reason_code=form.reason_code.data, advice=form.advice.data,
        questions=form.questions.data, forum=form.forum.data, into=form.into.data, source_area=form.source_area.data,
        earlier_papers=form.earlier_papers.data, receiving_area=form.receiving_area.data,
        conflict_checked=form.conflict_checked.data, walls=[UUID(one) for one in form.walls.data or ()],
        links={person_id: LinkDecision(word) for person_id, word in said.items() if word},
    )  # fmt: skip


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


def _link(match: Match) -> str:
    return f"link_{match.person_id.hex}"


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None


def _meeting_words(meeting: Choice) -> str:
    cases = count(meeting.listed, "case")
    late = ", after the cut-off" if meeting.late else ""
    return f"{short_weekday(meeting.starts_at)}, {time_of_day(meeting.starts_at)}: {cases} listed{late}"
