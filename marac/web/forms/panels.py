"""What is typed to book a meeting and to build its agenda."""

import re
from collections.abc import Sequence
from datetime import time
from typing import Any, Final

from wtforms import ValidationError

from marac.services.deciding.conflicts import PossibleConflict
from marac.vocabulary import DeferralReason, MeetingKind, MeetingPlace
from marac.web import widgets

CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)


def read_time(words: str) -> time | None:
    """A time of day as people write it: 9:30am, 1pm, 13:00, 9.30. None when it is not one."""
    found = CLOCK.fullmatch(words.strip())
    if not found:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    return time(hour, minute) if hour < 24 and minute < 60 else None


class ScheduleForm(widgets.PageForm):
    """A meeting to book."""

    starts_on = widgets.date_field("Day", "Enter the day of the meeting", hint="For example, 27 11 2025.")
    starts_time = widgets.text_field("Start time", "Enter the start time", "For example, 9:30am or 13:00.", longest=10)

    def validate_starts_time(self, box: Any) -> None:
        """A time that can be read."""
        if read_time(box.data) is None:
            raise ValidationError("Enter a time, for example 9:30am")

    series = widgets.select_field("Like the meetings of a series", [], hint="Takes its room, places, chair and panel.")
    kind = widgets.choice_field("Type", [(kind.value, kind.label) for kind in MeetingKind], "Select the type")
    place = widgets.choice_field(
        "How it is held", [(place.value, place.label) for place in MeetingPlace], "Select how it is held"
    )
    room = widgets.text_field("Room", hint="The name of the room, without a person or an address.", longest=80)
    chair_id = widgets.select_field("Chair", [])
    minute_taker_id = widgets.select_field("Minute-taker", [])


class ListForm(widgets.PageForm):
    """Cases to put on the agenda."""

    cases = widgets.many_field("Cases to add", [], "Select at least one case")
    because = widgets.text_field("Why a late case cannot wait", hint="Only for a case that came after the cut-off.")
    approved_by = widgets.select_field("Chair who agreed to a late case", [])


class PutOffForm(widgets.PageForm):
    """Why a case is not heard, and what keeps the person safe until it is."""

    move = widgets.choice_field(
        "What happens to it",
        (("defer", "Defer: hear it at a later meeting"), ("remove", "Take it off: it should not be on this agenda")),
        "Select defer or take off",
    )
    reason_code = widgets.choice_field(
        "Reason", [(one.value, one.label) for one in DeferralReason], "Select the reason", default=DeferralReason.OTHER
    )
    reason = widgets.long_text_field("Why it is not being heard", hint="For example, the referrer cannot come.")
    approved_by = widgets.select_field("Who approved this", [])
    interim_safety = widgets.long_text_field("What keeps the person safe until it is heard")


class GuestForm(widgets.PageForm):
    """Somebody else who has come."""

    agency = widgets.select_field("Agency", [], "Select the agency")
    person_name = widgets.name_field("Name of the person", required="Enter the name of the person who came")
    agreed = widgets.tick_field("Agreed confidentiality in the room")


class OpenForm(widgets.PageForm):
    """Before the first case."""

    chair_id = widgets.select_field("Chair", [])
    statement_read = widgets.tick_field("The chair has read the confidentiality statement aloud")


class PublishForm(widgets.PageForm):
    """Why an agenda that is out is published again."""

    because = widgets.long_text_field(
        "Why it is published again", hint="For example, a case was added. Do not name anybody.", longest=500
    )


class GuestOfCaseForm(widgets.PageForm):
    """Who is asked in for one case, or to observe the meeting."""

    agency = widgets.select_field("Agency", [], "Select the agency")
    person_name = widgets.name_field("Name of the person, if only one comes")
    whole = widgets.choice_field(
        "For what", (("case", "This case only"), ("meeting", "The whole meeting, as an observer")), "Select for what"
    )


CONFLICT = "conflict_"
KEEP_OUT, NO_CONFLICT = "keep_out", "no_conflict"
IN_OR_OUT = ((KEEP_OUT, "Keep the case from them"), (NO_CONFLICT, "Not a conflict"))


def conflict_form(possible: Sequence[PossibleConflict]) -> Any:
    """A choice for each possible conflict that nobody has decided; walls that stand are not asked about again."""
    asked = {
        f"{CONFLICT}{one.user_id.hex}": widgets.choice_field(
            f"{one.full_name}, {one.agency}", IN_OR_OUT, "Select whether this is a conflict",
            f"{', '.join(one.reasons).capitalize()} as the {one.person_role.label.lower()}.",
        )
        for one in possible
        if one.undecided
    }  # fmt: skip
    return type("ConflictForm", (widgets.PageForm,), asked)()
