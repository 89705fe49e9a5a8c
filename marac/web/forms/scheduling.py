"""What is typed to repeat meetings, to move or cancel one, to close on a day, and to confirm a plan."""

from typing import Any

from wtforms import ValidationError

from marac.vocabulary import MeetingPlace, SeriesRule
from marac.web import widgets
from marac.web.forms.panels import read_time
from marac.workflows.series import NTHS, WEEKDAYS

CHOOSE = ("", "Choose")


def _a_time(_form: Any, box: Any) -> None:
    if read_time(box.data or "") is None:
        raise ValidationError("Enter a time, for example 9:30am")


def time_field(label: str) -> Any:
    """A time of day as people write it."""
    found = widgets.text_field(label, "Enter the start time", "For example, 9:30am or 13:00.", longest=10)
    found.kwargs["validators"].append(_a_time)
    return found


class SeriesForm(widgets.PageForm):
    """How often a panel meets, and with what."""

    version = widgets.hidden_field()
    programme = widgets.select_field("Panel", [], "Select the panel")
    rule = widgets.choice_field("How often", list(SeriesRule), "Select how often it meets")
    anchor_on = widgets.date_field("First day", "Enter the first day", hint="For example, 8 1 2026")
    interval_weeks = widgets.number_field("Number of weeks", low=1, high=26)
    weekday = widgets.select_field("Day of the week", [(str(n), day) for n, day in enumerate(WEEKDAYS[:5])])
    nths = widgets.many_field("Weeks of the month", [(str(n), words.capitalize()) for n, words in NTHS.items()])
    starts = time_field("Start time")
    minutes_per_case = widgets.number_field("Minutes per case", "Enter the minutes per case", low=1, high=120)
    capacity = widgets.number_field("Cases", "Enter the number of cases", low=1, high=60)
    place = widgets.choice_field(
        "How it is held", [(one.value, one.label) for one in MeetingPlace], "Select how it is held"
    )
    room = widgets.text_field("Room", hint="The name of the room, without a person or an address.", longest=80)
    link = widgets.text_field("Link to join online", hint="Only people who come to the meeting see it.", longest=500)
    chair_id = widgets.select_field("Chair", [])
    minute_taker_id = widgets.select_field("Minute-taker", [])
    agencies = widgets.many_field("Agencies invited every time", [], hint="Leave empty for the core agencies.")


class DaysForm(widgets.PageForm):
    """Which of the days offered to book."""

    days = widgets.many_field("Days to book", [], "Select at least one day")


class MoveForm(widgets.PageForm):
    """Where and when a meeting takes place instead, and why."""

    starts_on = widgets.date_field("New day", "Enter the new day", hint="For example, 27 11 2026.")
    starts_time = time_field("New start time")
    room = widgets.text_field("Room", longest=80)
    reason = widgets.long_text_field("Why it is moved", "Enter a reason", hint="Do not name a person.")


class OfficersForm(widgets.PageForm):
    """Who runs one meeting."""

    chair_id = widgets.select_field("Chair", [])
    minute_taker_id = widgets.select_field("Minute-taker", [])


class CallOffForm(widgets.PageForm):
    """Why a meeting does not take place, and what happens to its cases."""

    reason = widgets.long_text_field("Why the meeting is cancelled", "Enter a reason")
    to = widgets.select_field("Hear its cases at", [])
    approved_by = widgets.select_field("Who approved putting the cases off", [])
    interim_safety = widgets.long_text_field("What keeps each person safe until then")
    conflict_checked = widgets.tick_field("I have checked who comes to that meeting for conflicts of interest")


class ClosureForm(widgets.PageForm):
    """A day the partnership is closed."""

    on = widgets.date_field("Day", "Enter the day", hint="For example, 24 12 2026.")
    note = widgets.text_field("Why", "Say why, for example: council offices closed", longest=200)


class PlanForm(widgets.PageForm):
    """Rows of the suggested plan to list."""

    rows = widgets.many_field("Cases to list", [], "Select at least one case")
    conflict_checked = widgets.tick_field("I have checked attendees and staff for conflicts of interest")
