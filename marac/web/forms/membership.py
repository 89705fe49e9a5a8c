"""What is typed about belonging: deputies, guests, agreements, leavers, training. Shape only."""

from marac.vocabulary import GuestKind, StillHere
from marac.web import widgets

CHOOSE = ("", "Choose")


class DeputyForm(widgets.PageForm):
    """Who stands in, and between which days."""

    deputy = widgets.select_field("Your deputy", [CHOOSE], required="Choose a colleague of your agency")
    from_on = widgets.date_field("First day", required="Enter the first day", hint="For example, 27 3 2027.")
    to_on = widgets.date_field("Last day", required="Enter the last day", hint="For example, 3 4 2027.")


class AgreementForm(widgets.PageForm):
    """What was signed, by whom, and until when it counts."""

    signed_on = widgets.date_field("Date it was signed", required="Enter the date it was signed")
    signatory = widgets.name_field("Who signed for the agency", required="Enter who signed")
    review_on = widgets.date_field(
        "Review date", required="Enter the review date", hint="The last day on which it counts."
    )
    document = widgets.text_field(
        "Where the document is kept", required="Enter where the document is kept", hint="For example, a file number."
    )


class LeaverForm(widgets.PageForm):
    """Who takes the actions on."""

    heir = widgets.select_field("Who takes on what they had to do", [("", "Nobody in particular: the agency")])


class TrainingForm(widgets.PageForm):
    """When the person was trained."""

    trained_on = widgets.date_field("Date of their training", required="Enter the date of their training")


class GuestForm(widgets.PageForm):
    """One named person from outside, and in what part."""

    full_name = widgets.name_field(required="Enter their full name")
    email = widgets.email_field("Their own work email address", "Enter their own work email address")
    agency = widgets.select_field("Agency they come from", [CHOOSE], required="Choose an agency")
    kind = widgets.choice_field(
        "They come as", [(one.value, one.label) for one in GuestKind], required="Select in what part they come"
    )
    whole = widgets.tick_field("For the whole meeting, not this case alone")


class LeadCodeForm(widgets.PageForm):
    """The six digits that the lead told the invited person."""

    code = widgets.code_field("Code from whoever invited you", "Enter the 6 digits", "6 digits, told to you by phone.")


def still_here_form(lines: list[tuple[str, str]]) -> type[widgets.PageForm]:
    """One question for each person and role: (name of the field, who it is about)."""
    choices = [(one.value, one.label) for one in StillHere]
    asked = {
        name: widgets.choice_field(who, choices, required=f"Say whether {who} still works here") for name, who in lines
    }
    return type("StillHereForm", (widgets.PageForm,), asked)
