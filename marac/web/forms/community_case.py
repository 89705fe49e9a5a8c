"""What is typed about a Community MARAC case between hearings: reviews, powers, incidents, its end. Shape only."""

from marac.vocabulary import AsbType, CareAct, CaseReviewOutcome, ClosureOutcome, PowerDecision
from marac.web import widgets
from marac.workflows.powers import powers

UNDECIDED = ("", "Not decided yet")
ENDED = ("closing_outcome", "victim_view", "no_view_reason", "step_down", "statutory_plan", "closing_word", "reason")


class AdvocateForm(widgets.PageForm):
    """Who speaks for the person."""

    advocate = widgets.text_field(
        "Named advocate", "Enter who speaks for the person, or why nobody does", "A name and a service."
    )
    version = widgets.hidden_field()


class CareActForm(widgets.PageForm):
    """Whether a safeguarding concern was raised for one adult."""

    decision = widgets.choice_field(
        "Was a safeguarding concern raised under section 42 of the Care Act?", CareAct,
        "Select whether a concern was raised",
    )  # fmt: skip
    reason = widgets.long_text_field("Why no concern was raised")
    reference = widgets.text_field("Reference (optional)")


class PowersForm(widgets.PageForm):
    """Every power: what was decided, and why not."""

    version = widgets.hidden_field()


for _power in powers():
    setattr(PowersForm, _power.key, widgets.select_field(_power.label, [UNDECIDED, *PowerDecision]))
    setattr(PowersForm, f"reason_{_power.key}", widgets.text_field(f"Reason, {_power.label}", longest=1_000))


class IncidentForm(widgets.PageForm):
    """One incident, or that another agency was told of one already here."""

    happened_on = widgets.date_field("When it happened", "Enter the day on which it happened")
    kind = widgets.select_field(
        "What kind of incident", [("", "Choose"), *AsbType], "Select what kind of incident it was"
    )
    what = widgets.long_text_field("What happened", "Say what happened", "Facts, as told. No names of children.")
    told_to = widgets.text_field("Which agency was told", hint="Leave empty if it was yours.")
    reference = widgets.text_field("Reference (optional)", hint="For example, a CAD or crime reference.")
    same_as = widgets.choice_field(
        "Is it the same as one already here?", [("new", "No, it is another incident")],
        hint="The same incident told to several agencies counts once.",
    )  # fmt: skip


class CaseReviewForm(widgets.PageForm):
    """The application for an ASB Case Review."""

    applied_on = widgets.date_field("When they applied", "Enter the day of the application")
    outcome = widgets.choice_field("How it stands", CaseReviewOutcome, "Select how it stands")
    link = widgets.text_field("Where the application is", hint="A reference or an address in your own system.")
    note = widgets.long_text_field("What was decided, and why")
    version = widgets.hidden_field()


class EndingForm(widgets.PageForm):
    """How the case ends."""

    closing_outcome = widgets.choice_field("How the case ended", ClosureOutcome, "Select how the case ended")
    victim_view = widgets.long_text_field("What the person says about closing", hint="In their words.")
    no_view_reason = widgets.text_field("Or why they were not asked")
    step_down = widgets.text_field("Which agency leads from here", "Say which agency leads from here, or none")
    statutory_plan = widgets.text_field(
        "Statutory plan that holds the risk", hint="Needed only if the risk is still high."
    )
    closing_word = widgets.text_field(
        "How the person was told", "Say how the person was told, or why it was not safe to"
    )
    reason = widgets.long_text_field("Why the chair closes it over what is open")
    version = widgets.hidden_field()


class UrgentForm(widgets.PageForm):
    """An urgent meeting for one case."""

    day = widgets.date_field("Day of the meeting", "Enter the day of the meeting")
    hour = widgets.text_field("Time of the meeting", "Enter a time, like 2:30pm", "For example, 2:30pm.", longest=20)
    reason = widgets.long_text_field("Why this cannot wait", "Say why this cannot wait")
    conflict_checked = widgets.tick_field("Conflicts of interest have been checked")
