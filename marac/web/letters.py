"""Papers of a request: which may be made now, why not the others, and the copies that were made."""

from typing import Any

from flask import Blueprint, Response

from marac.errors import RuleBroken
from marac.services.sanctuary import letters
from marac.vocabulary import DocumentKind
from marac.web import field_layout, widgets
from marac.web.forms.works import LetterForm

bp = Blueprint("letters", __name__)


@bp.route("/sanctuary/<reference>/letters", methods=["GET", "POST"])
def of_request(reference: str) -> Any:
    """Make one copy, or look at the copies that were made."""
    found, form = field_layout.opened(reference), LetterForm()
    offered = letters.list_letters(*found)
    form.kind.choices = [(one.kind.value, one.kind.label) for one in offered if not one.why_not]
    if form.validate_on_submit():
        try:
            made = letters.make_letter(*found, DocumentKind(form.kind.data), in_word=bool(form.in_word.data))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            answer = Response(made.content, mimetype=made.media)
            answer.headers["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
            answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
            return answer
    shut = [one for one in offered if one.why_not]
    copies = letters.list_copies(*found)
    return field_layout.page(
        "works/letters.html", found, form=form, shut=shut, copies=copies, any=bool(form.kind.choices)
    )
