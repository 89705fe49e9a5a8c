"""Documents of a meeting: what may be made, the file itself, and the register of copies. A file name says nothing."""

from typing import Any

from flask import Blueprint, Response

from marac import access
from marac.errors import RuleBroken
from marac.services.minuting import documents
from marac.vocabulary import DocumentKind, DocumentReason, Permission as P
from marac.web import widgets
from marac.web.forms.releasing import DocumentForm
from marac.web.meeting_layout import opened, page

bp = Blueprint("documents", __name__)


@bp.route("/panels/<reference>/documents", methods=["GET", "POST"])
def of_meeting(reference: str) -> Any:
    """Make one copy, or look at the copies that were made."""
    session, actor, meeting = opened(reference)
    form = DocumentForm()
    kinds = documents.list_kinds(session, actor, meeting)
    form.kind.choices = [(kind.value, kind.label) for kind in kinds]
    if form.validate_on_submit():
        try:
            made = documents.make_document(
                session, actor, meeting, DocumentKind(form.kind.data), named=form.named.data,
                reason=DocumentReason(form.reason.data) if form.reason.data else None, in_word=form.in_word.data,
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            return file_answer(made)
    copies = documents.list_copies(session, actor, meeting)
    facts = {"form": form, "copies": copies, "runs": access.holds(actor, P.MEETING_RUN)}
    return page("minutes/documents.html", actor, meeting, "Documents", **facts)


def file_answer(made: documents.Made) -> Response:
    """A file as it is handed to the browser: kept by nobody on the way, opened inside no page."""
    answer = Response(made.content, mimetype=made.media)
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
