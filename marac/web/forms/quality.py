"""What is typed about the quality of the work: why a risk has no action, what a case lacks, an audit. Shape only."""

from marac.web import widgets
from marac.web.forms import typed
from marac.web.forms.choices import SEXES, YES_NO_UNKNOWN
from marac.web.forms.referrals.equality import EqualityForm
from marac.workflows.covering import MET_BY


class RisksForm(widgets.PageForm):
    """A reason for each risk; the page keeps the boxes of those that nothing meets."""


for _heading in MET_BY:
    setattr(RisksForm, _heading.value, widgets.long_text_field("Why it needs no action", longest=2_000))


class PersonGapsForm(EqualityForm):
    """What may not be known of a person; the page keeps the boxes of what is not."""

    age = typed.age_field("Age in years")
    feared_age = typed.age_field("Age in years")
    child_age = typed.age_field("Age in years")
    sex = widgets.select_field("Sex", SEXES)
    interpreter_needed = widgets.choice_field("Do they need an interpreter?", YES_NO_UNKNOWN)
