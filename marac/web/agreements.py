"""The register of information sharing agreements: where each agency stands, and recording what was signed."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template

from marac import access
from marac.errors import RuleBroken
from marac.services.accounts import agreements
from marac.vocabulary import AgreementStanding as S, Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.membership import AgreementForm

bp = Blueprint("agreements", __name__, url_prefix="/admin/agreements")

TAG = {S.EXPIRED: "stop", S.ENDS_SOON: "care", S.NOT_RECORDED: "quiet", S.IN_FORCE: "done"}


@bp.get("")
def register() -> Any:
    """Every agency with people here, the most pressing first."""
    actor = signin.person()
    lines = agreements.list_register(unit_of_work.session(), actor)
    return render_template("members/agreements.html", lines=lines, tag=TAG, keeps=access.holds(actor, P.AGREEMENT_KEEP))


@bp.route("/<uuid:agency_id>", methods=["GET", "POST"])
def record(agency_id: UUID) -> Any:
    """Record a signature or a renewal; what was recorded before stays."""
    session, actor = unit_of_work.session(), signin.person()
    agency = agreements.get_agency(session, actor, agency_id)
    access.require_step_up(actor)
    form = AgreementForm()
    if form.validate_on_submit():
        try:
            agreements.record_agreement(
                session, actor, agency, signed_on=form.signed_on.data, review_on=form.review_on.data,
                signatory=form.signatory.data, document=form.document.data,
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The agreement is recorded. It counts from now on.", "success")
            return redirect("/admin/agreements", code=303)
    before = agreements.history(session, actor, agency)
    page = render_template("members/agreement.html", form=form, agency=agency, before=before)
    return page, 422 if form.errors else 200
