"""A form in the words of its programme: labels, hints, choices and messages. Never touches what was typed."""

from typing import Any

from marac.vocabulary import ProgrammeSlug, said
from marac.web import widgets


def reword(form: Any, programme: ProgrammeSlug) -> None:
    """Labels, hints, choices and messages of a form in the words of a programme; never what was typed."""
    for field in form:
        field.label.text = said(programme, field.label.text)
        field.description = said(programme, field.description or "")
        field.errors = [said(programme, str(one)) for one in field.errors]
        if getattr(field, "choices", None) and not isinstance(field.choices, dict):
            field.choices = widgets.offered([(one.value, said(programme, str(one.label))) for one in field.choices])
