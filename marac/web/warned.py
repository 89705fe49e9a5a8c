"""After a save: which of the boxes looks as if it says where somebody is, and where that belongs. Stops nothing."""

from typing import Any

from flask import flash
from wtforms.fields import TextAreaField

from marac.models import Case
from marac.services.leaving import warning
from marac.web import signin, unit_of_work


def about(case: Case, form: Any, *names: str) -> None:
    """Warn of these boxes of a form that was saved, or of all its long ones."""
    boxes = [form[name] for name in names] or [field for field in form if isinstance(field, TextAreaField)]
    of_words(case, {field.label.text: field.data for field in boxes if isinstance(field.data, str) and field.data})


def of_words(case: Case, texts: dict[str, str]) -> None:
    """The same of words under the label of the box they were typed in."""
    if texts:
        for label, words in warning.warn_of(unit_of_work.session(), signin.person(), case, texts).items():
            flash(f"Saved. “{label}”: {words[:1].lower()}{words[1:]}", "warning")
