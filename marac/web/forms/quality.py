"""What is typed about the quality of the work: why a risk has no action, what a case lacks, an audit. Shape only."""

from marac.vocabulary import ProgrammeSlug, SampleAnswer
from marac.web import widgets
from marac.web.forms import typed
from marac.web.forms.choices import SEXES, YES_NO_UNKNOWN
from marac.web.forms.referrals.equality import EqualityForm
from marac.workflows.covering import MET_BY
from marac.workflows.principles import principles


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


class DrawForm(widgets.PageForm):
    """From which cases a sample is drawn, and how many."""

    programme = widgets.choice_field(
        "Panel", [ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC], "Select the panel"
    )
    first_on = widgets.date_field("Heard from", "Enter the first day")
    last_on = widgets.date_field("Heard until", "Enter the last day")
    size = widgets.number_field("How many cases", "Enter how many cases", "10 is usual.", low=1, high=50)
    seed = widgets.text_field(
        "Seed (optional)", hint="Leave empty, or type one to draw the same sample again.", longest=32
    )


class AnswersForm(widgets.PageForm):
    """An answer to each question, and a note."""

    version = widgets.hidden_field()


for _one in principles():
    setattr(AnswersForm, _one.key, widgets.choice_field(
        _one.question, list(SampleAnswer), f"Answer question {_one.number}", _one.look_at
    ))  # fmt: skip
    setattr(AnswersForm, f"note_{_one.key}", widgets.long_text_field(
        f"Note on question {_one.number}", hint="Needed for “partly” and “no”.", longest=2_000
    ))  # fmt: skip


class CloseForm(widgets.PageForm):
    """What will be done about what was found."""

    changes = widgets.long_text_field(
        "What will be done about what was found", "Say what will be done about what was found",
        "Who does it, and by when. Name no case and nobody in one.", longest=4_000,
    )  # fmt: skip
