"""What is typed on an agency's research sheet: the same boxes for each case, named after its row."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from marac.web import widgets

KNOWN: Final = (("not_known", "Not known"), ("known", "Known"))
KINDS: Final = (("fact", "Fact"), ("opinion", "Professional opinion"), ("both", "Both"))
TEXTS: Final = (
    "private_note", "shared", "nothing_because", "last_contact", "systems_checked", "since_then", "suggested",
)  # fmt: skip
SHARED_HINT: Final = "Only what is relevant and proportionate to risk. Say if it is fact or opinion."


def boxes(persons: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Fresh fields for one case and its people; a rule's field name is theirs too."""
    return {
        "known": widgets.choice_field("Is anybody in this case known to your agency?", KNOWN),
        "who_known": widgets.many_field("Who is known to your agency?", list(persons)),
        "private_note": widgets.long_text_field(
            "Private to your agency", hint="Nobody outside your agency can open this."
        ),
        "shared": widgets.long_text_field("What you plan to share", hint=SHARED_HINT),
        "fact_or_opinion": widgets.choice_field("What you plan to share is", KINDS),
        "nothing_because": widgets.text_field("Nothing to share because", longest=1000),
        "since_then": widgets.text_field("What has changed since then", longest=1000),
        "last_contact": widgets.text_field("Last contact", hint="When, and by whom in your agency.", longest=300),
        "systems_checked": widgets.text_field("Systems you checked", longest=300),
        "suggested": widgets.text_field(
            "Actions you suggest", hint="The chair sees this when the case is heard.", longest=1000
        ),
    }


def sheet_form(rows: Mapping[str, Iterable[tuple[str, str]]], data: Mapping[str, Any]) -> Any:
    """The form of a whole sheet: each box is called `<box>_<row>`; `rows`: the people of each row, as choices.

    `data` holds what is saved under the same names.
    """
    named = {f"{box}_{row}": made for row, persons in rows.items() for box, made in boxes(persons).items()}
    sheet = type("SheetForm", (widgets.PageForm,), {**named, "version": widgets.hidden_field()})
    return sheet(data=data)
