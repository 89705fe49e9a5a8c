"""What is typed about one usual action of the library. Shape only."""

from marac.services.following import library
from marac.vocabulary import Protects
from marac.web import widgets


class LibraryForm(widgets.PageForm):
    """One entry, from a day."""

    text = widgets.text_field(
        "What is to be done", "Enter what is to be done", "Name no person and no place.", longest=200
    )
    agency = widgets.select_field("Agency", [("", "Choose")], "Select an agency")
    default_due = widgets.select_field(
        "Usually due", [("", "Choose"), *library.DUE.items()], "Select when it is usually due"
    )
    protects = widgets.many_field(
        "Whom it protects", [(one.value, one.label) for one in Protects], "Select whom it protects"
    )
    addresses = widgets.many_field("Which risks it meets", sorted(library.RISKS.items(), key=lambda pair: pair[1]))
    contact_with_victim = widgets.tick_field("It reaches the victim-survivor: show the safe-contact rules")
    panels = widgets.many_field(
        "Panels", [(one.value, one.label) for one in library.PANELS], "Select at least one panel"
    )
    usual = widgets.tick_field("Offer it first, under Often agreed")
    from_on = widgets.date_field("From", hint="Leave empty for today.")


class RetireForm(widgets.PageForm):
    """From when it is no longer offered."""

    from_on = widgets.date_field("No longer offered from", hint="Leave empty for today.")
