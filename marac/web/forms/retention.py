"""What is typed about keeping, holding and erasing records. Shape only."""

from marac.vocabulary import HoldKind
from marac.web import widgets


class KeepLongerForm(widgets.PageForm):
    """A later day, and why."""

    kept_until = widgets.date_field("Keep until", "Enter the day until which it is kept")
    reason = widgets.long_text_field("Why it is kept longer", "Say why it is kept longer", "Name nobody.", longest=1000)


class HoldForm(widgets.PageForm):
    """Which case, for what, who asked and why, until when without another look."""

    reference = widgets.text_field("Case reference", "Enter the case reference", "For example, K7D-42Q.", longest=20)
    kind = widgets.choice_field("What the hold is for", list(HoldKind), "Select what the hold is for")
    reason = widgets.long_text_field("Who asked for it, and why", "Say who asked for the hold, and why", longest=1000)
    review_on = widgets.date_field("Look at it again on", "Enter a day on which the hold is looked at again")


class LiftForm(widgets.PageForm):
    """Why the hold is over."""

    reason = widgets.long_text_field("Why the hold is over", "Say why the hold is over", longest=1000)
