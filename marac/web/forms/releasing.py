"""What is typed to take minutes back, to amend them, and to make a document."""

from marac.vocabulary import DocumentReason
from marac.web import widgets

REASONS = [("", "Names are not needed"), *((one.value, one.label) for one in DocumentReason)]


class RecallForm(widgets.PageForm):
    """Why the minutes are taken back."""

    reason = widgets.long_text_field("Why", "Say why", "Do not name anyone. Kept with the version.", longest=1000)


class AmendForm(widgets.PageForm):
    """What a new version puts right."""

    reason = widgets.long_text_field(
        "What is put right, and why", "Say why", "Everyone who may read this case reads this note.", longest=2000
    )


class OverrideForm(widgets.PageForm):
    """Which case's words may leave although the address check found something, and why."""

    case = widgets.choice_field("Which case?", [], "Select a case")
    reason = widgets.long_text_field(
        "Why these words must leave as they are", "Say why these words must leave as they are",
        "Do not repeat what was found. Everybody who runs the panel reads this.", longest=1000,
    )  # fmt: skip


class DocumentForm(widgets.PageForm):
    """Which document, as what, and whether names stand in it."""

    kind = widgets.choice_field("Document", [], "Select a document")
    in_word = widgets.tick_field("As a Word file (minutes and action lists)")
    named = widgets.tick_field("With names instead of initials")
    reason = widgets.select_field("Why names are needed", REASONS)
