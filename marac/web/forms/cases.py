"""What is typed on the pages of a case: safe contact, wishes, why a value is shown."""

from marac.vocabulary import RevealReason
from marac.web import widgets


class WishesForm(widgets.PageForm):
    """In their own words."""

    wishes = widgets.long_text_field(
        "What they want, and what they do not want", "Enter what they want, in their words", "Use their own words."
    )
    version = widgets.hidden_field()


class RevealForm(widgets.PageForm):
    """Why one value is shown."""

    reason = widgets.choice_field(
        "Why do you need to see this?",
        [(reason.value, reason.label) for reason in RevealReason],
        "Select a reason",
        "This is recorded.",
    )
    because = widgets.text_field("Say why")
