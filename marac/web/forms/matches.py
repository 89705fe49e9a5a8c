"""A decision on two people as typed: which pair, what is decided, and why it is changed."""

from marac.vocabulary import LinkDecision, LinkReason
from marac.web import widgets

OPEN = "open"
DECISIONS = [(one.value, one.label) for one in LinkDecision]


class PairForm(widgets.PageForm):
    """A button beside a pair that waits."""

    pair = widgets.hidden_field()
    decision = widgets.choice_field("Are they the same person?", DECISIONS, "Select whether they are the same person")


class ChangeForm(widgets.PageForm):
    """A decision looked at again."""

    decision = widgets.choice_field(
        "What do you decide now?", [*DECISIONS, (OPEN, "Not decided: take the decision back")], "Select a decision"
    )
    reason = widgets.choice_field("Why?", [(one.value, one.label) for one in LinkReason], "Select a reason")
