"""The quarterly check: an agency's lead says of each person whether they still work here, in which role."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template

from marac import access
from marac.errors import RuleBroken
from marac.services.accounts import attesting
from marac.services.accounts.attesting import Line
from marac.vocabulary import StillHere
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.membership import still_here_form

bp = Blueprint("attesting", __name__, url_prefix="/admin/attestations")


@bp.get("")
def list_open() -> Any:
    """Which agencies wait for an answer of this person."""
    waiting = attesting.list_open(unit_of_work.session(), signin.person())
    return render_template("members/attestations.html", waiting=waiting)


@bp.route("/<uuid:attestation_id>", methods=["GET", "POST"])
def answer(attestation_id: UUID) -> Any:
    """Everybody on one page, one question each."""
    session, actor = unit_of_work.session(), signin.person()
    asked = attesting.get_attestation(session, actor, attestation_id)
    access.require_step_up(actor)
    lines = attesting.list_lines(session, actor, asked)
    form = still_here_form([(_field(line), _words(line)) for line in lines])()
    if form.validate_on_submit():
        said = {line.membership_id: StillHere(form[_field(line)].data) for line in lines}
        try:
            attesting.answer(session, actor, asked, said)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Thank you. You will be asked again next quarter.", "success")
            return redirect("/admin/attestations", code=303)
    page = render_template("members/attestation.html", form=form, asked=asked, fields=[_field(line) for line in lines])
    return page, 422 if form.errors else 200


def _field(line: Line) -> str:
    return f"still-{line.membership_id.hex}"


def _words(line: Line) -> str:
    panel = f", {line.programme.label}" if line.programme else ""
    return f"{line.full_name}: {line.role.label}{panel}"
