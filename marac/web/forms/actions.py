"""What is typed about an action: how it stands, why it cannot be done, who takes it on. Shape only."""

from marac.web import widgets

DONE, IN_PROGRESS, CANNOT = "done", "in_progress", "cannot"
CHANGED, NOT_DONE = "changed", "not_done"
STANDING = [(DONE, "Done"), (IN_PROGRESS, "In progress"), (CANNOT, "Cannot be done")]


class ReportForm(widgets.PageForm):
    """Three choices and one button."""

    standing = widgets.choice_field(
        "How does it stand?",
        STANDING,
        "Select how it stands",
    )
    safe_contact_met = widgets.tick_field("Contact was made only as the rules above allow")
    victim_updated = widgets.choice_field("Has the person at risk been updated?", [("yes", "Yes"), ("no", "No")])
    not_updated_because = widgets.text_field("Why they were not updated")
    done_note = widgets.long_text_field("Note (optional)")
    file = widgets.file_field("A paper that shows it (optional)")
    progress_note = widgets.long_text_field("How far it is (optional)")
    why = widgets.choice_field(
        "What happened",
        [(CHANGED, "Circumstances changed, so it can no longer be done"), (NOT_DONE, "We did not do it")],
    )
    note = widgets.long_text_field("Why it cannot be done", hint="Say what should happen instead.")
    version = widgets.hidden_field()


class OwnerForm(widgets.PageForm):
    """Who in the agency will do it."""

    owner_id = widgets.choice_field("Who will do this?", [], "Select who will do this")


class HandOverForm(widgets.PageForm):
    """Another agency takes it on."""

    to_agency_id = widgets.select_field("Agency that takes this on", [("", "Choose")], "Select an agency")
    note = widgets.long_text_field("Why, and what they need to know", "Say why, and what should happen instead")
    version = widgets.hidden_field()


class NoteForm(widgets.PageForm):
    """Withdrawing or re-opening, with a reason."""

    note = widgets.long_text_field("Why", "Say why, and what should happen instead")
    version = widgets.hidden_field()


class PressForm(widgets.PageForm):
    """A button with nothing to fill in."""
