"""What is typed at a survey: where one stands, what is tapped, the home, the fire section. Shape only."""

from marac.services.sanctuary.surveys import ENTRY_POINTS
from marac.vocabulary import Room
from marac.web import widgets

YES_NO = [("yes", "Yes"), ("no", "No")]
ALARMS = [("working", "There and working"), ("not_working", "There, not working"), ("none", "None")]
KINDS = [("house", "House"), ("flat", "Flat"), ("room", "Room"), ("other", "Something else")]


class TapForm(widgets.PageForm):
    """One tap. `item` is the button that was pressed."""

    room = widgets.choice_field("Where are you?", list(Room))
    quantity = widgets.number_field("How many", low=1, high=99)
    note = widgets.text_field("Note (optional)", hint="No names.", longest=300)
    emergency = widgets.tick_field("Needed at once")
    item = widgets.hidden_field()
    tap = widgets.hidden_field()


class LineForm(widgets.PageForm):
    """A line that is changed."""

    quantity = widgets.text_field("How many", longest=2)
    note = widgets.text_field("Note (optional)", longest=300)
    portable = widgets.tick_field("Comes back when it is no longer needed")
    emergency = widgets.tick_field("Needed at once")


class HomeForm(widgets.PageForm):
    """The home and its ways in and out."""

    home_kind = widgets.choice_field("Kind of home", KINDS)
    entry_points = widgets.many_field("Ways in", ENTRY_POINTS)
    alarms = widgets.choice_field("Smoke alarms", ALARMS)
    way_out = widgets.text_field("Way out in a fire", hint="How everybody gets out, and where the keys are kept.")
    needs_help = widgets.text_field("Who would need help to get out (optional)", hint="For example, a small child.")
    arson_threat = widgets.choice_field("Has anybody threatened to set fire?", YES_NO)
    safe_room = widgets.choice_field("Is a safe room wanted?", YES_NO)
    survey_summary = widgets.long_text_field("Summary (optional)")


class PhotoForm(widgets.PageForm):
    """A picture of a part of the home."""

    room = widgets.select_field("Where", list(Room))
    photo = widgets.file_field("Take or choose a photo", hint="Where it was taken is removed. No people, no post.")
    tap = widgets.hidden_field()


class FinishForm(widgets.PageForm):
    """The survey is done."""

    nothing_needed = widgets.tick_field("Nothing needs to be fitted")
