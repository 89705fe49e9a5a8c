"""What is not known yet of a person: the questions that nobody has answered, and only those (DA-38, DA-40)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template

from marac.errors import RuleBroken
from marac.services.casework import completing
from marac.web import unit_of_work, widgets
from marac.web.cases import found_case
from marac.web.forms.quality import PersonGapsForm
from marac.workflows.needed import NEEDED

bp = Blueprint("completing", __name__)


@bp.route("/cases/<reference>/people/<uuid:person_id>/not-known", methods=["GET", "POST"])
def not_known(reference: str, person_id: UUID) -> Any:
    """A box for each question without an answer. What is known is neither shown nor changed."""
    actor, case = found_case(reference)
    session = unit_of_work.session()
    person = completing.get_person(session, actor, case, person_id)
    open_ones = {one.key for one in completing.list_open(session, actor, person)}
    form = PersonGapsForm()
    for one in NEEDED:
        if one.key not in open_ones:
            del form[one.key]
    if form.validate_on_submit():
        try:
            completing.complete(session, actor, person, {key: form[key].data for key in open_ones})
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The answers were saved.", "success")
            return redirect(f"/cases/{reference}/people/{person_id}/not-known", code=303)
    asked = [form[one.key] for one in NEEDED if one.key in open_ones]
    page = render_template("quality/not_known.html", case=case, person=person, form=form, asked=asked)
    return page, 422 if form.errors else 200
