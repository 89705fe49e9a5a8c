"""What a member types of a further incident: six things, and what has changed about contact when it has (DA-12)."""

from typing import Any

from marac.services.referring.incidents import Incident
from marac.web import widgets
from marac.web.forms.addresses import not_where_a_refuge_is

YES_NO = (("yes", "Yes"), ("no", "No"), ("not_known", "Not known"))


class IncidentForm(widgets.PageForm):
    """Two minutes: what, when, who told you, danger now, contact, children."""

    what_happened = widgets.long_text_field(
        "What happened", "Say what happened", "Anything that is part of the pattern counts. It need not be a crime."
    )
    happened_on = widgets.date_field("When it happened", hint="For example, 27 3 2026. Leave empty if you do not know.")
    told_by = widgets.text_field("Who told you", hint="For example, she told me herself, or a neighbour.")
    danger_now = widgets.choice_field("Is anyone in danger now?", YES_NO, "Say whether anyone is in danger now")
    contact_still_safe = widgets.choice_field(
        "Is it still safe to contact them as before?", YES_NO, "Say whether contact is still safe"
    )
    contact_note = widgets.text_field(
        "What has changed", hint="Do not write an address or a number here.", checks=[not_where_a_refuge_is]
    )
    children_present = widgets.choice_field("Were children there, or did they hear it?", YES_NO)


class NarrowIncidentForm(IncidentForm):
    """The same where only what would be a crime counts as a repeat: one more thing is asked."""

    would_be_crime = widgets.choice_field(
        "Would this be a crime?", YES_NO, "Say whether this would be a crime", "If you are not sure, say Not known."
    )


def incident_form(*, narrow: bool) -> Any:
    """The form that the definition in force asks for."""
    return NarrowIncidentForm() if narrow else IncidentForm()


def told(form: Any) -> Incident:
    """What was typed, as the service takes it."""
    names = ("what_happened", "happened_on", "told_by", "danger_now", "contact_still_safe", "contact_note",
             "children_present", "would_be_crime")  # fmt: skip
    return Incident(**{name: form[name].data for name in names if name in form})
