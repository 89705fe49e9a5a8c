"""What is typed on the Run screen, in one form, so that no button loses what another box holds; and to send back."""

from marac.vocabulary import MinuteHeading, Outcome, ProgrammeSlug, Protects
from marac.web import rewording, widgets
from marac.workflows.hearing import record_of

SHOWN_OUTCOMES = [(outcome.value, outcome.label) for outcome in Outcome]


class RunForm(widgets.PageForm):
    """One case as it is heard: a box for each heading, the action line, and the outcome."""

    version = widgets.hidden_field()
    editing = widgets.hidden_field()
    leaving = widgets.select_field("Somebody has a conflict and steps out", [])
    covered = widgets.many_field("Covered", [])
    line = widgets.text_field("Who: what by when", longest=600)
    agency = widgets.select_field("Who will do it", [])
    what = widgets.text_field("What needs to happen", longest=600)
    when = widgets.text_field("When by", hint="For example, 14/11/2025 or Fri.", longest=40)
    protects = widgets.select_field("Protects", [(one.value, one.label) for one in Protects])
    outcome = widgets.choice_field("Outcome", SHOWN_OUTCOMES)
    bring_back_on = widgets.date_field("Bring back on", hint="")
    receiving_area = widgets.text_field("Which area receives the case")
    tells_victim = widgets.text_field("Who tells the victim-survivor")
    not_told_reason = widgets.text_field("Or why it is not safe to tell them")


for _heading in MinuteHeading:
    setattr(RunForm, _heading.value, widgets.long_text_field(_heading.label))


def shaped(form: RunForm, programme: ProgrammeSlug) -> RunForm:
    """The form as one panel has it: its aims, its headings, its outcomes, its words."""
    record = record_of(programme)
    form.covered.choices = widgets.offered(list(record.covered.items()))
    form.outcome.choices = widgets.offered(record.outcomes)
    for heading in MinuteHeading:
        form[heading.value].label.text = record.label(heading)
    rewording.reword(form, programme)
    return form


class SendBackForm(widgets.PageForm):
    """What the chair wants changed."""

    reason = widgets.long_text_field("What needs to change")
