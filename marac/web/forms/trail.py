"""Forms of those who watch the trail."""

from marac.vocabulary import SampleReason
from marac.web import widgets


class SampleForm(widgets.PageForm):
    """Whose case, and why."""

    reference = widgets.text_field("Case reference")
    name = widgets.text_field("Or a person's first and last name")
    reason = widgets.choice_field(
        "Why do you need to know who looked?",
        [(reason.value, reason.label) for reason in SampleReason],
        "Select a reason",
        "This is recorded with the case.",
    )


class AlertForm(widgets.PageForm):
    """What somebody found."""

    note = widgets.long_text_field(
        "What did you find?", "Write what you found", "Only those who look into alerts see it."
    )
