"""The list of cases as a file: what for, and in which form. Nothing is kept of the file but its hash."""

from typing import Any

from flask import Blueprint, Response, render_template

from marac import access
from marac.errors import RuleBroken
from marac.services.reporting import exports
from marac.vocabulary import CaseState, DocumentReason, Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.exports import ExportForm

bp = Blueprint("exports", __name__, url_prefix="/exports/cases")


@bp.route("", methods=["GET", "POST"])
def make() -> Any:
    """The form, and the file."""
    actor = signin.person()
    access.require_holds(actor, P.CASE_EXPORT)
    access.require_step_up(actor)
    form = ExportForm()
    if form.validate_on_submit():
        try:
            made = exports.export_cases(
                unit_of_work.session(), actor, ending=form.ending.data,
                reason=DocumentReason(form.reason.data) if form.reason.data else None,
                state=CaseState(form.state.data) if form.state.data else None,
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            sent = {"Content-Disposition": f'attachment; filename="{made.file_name}"'}
            return Response(made.content, mimetype=made.media, headers=sent)
    return render_template("cases/export.html", form=form), 422 if form.errors else 200
