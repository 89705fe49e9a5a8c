"""A case by date, and the holds that keep it as it is."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for

from marac import access
from marac.errors import RuleBroken
from marac.services.disclosing import chronology, holds
from marac.vocabulary import HoldReason, Permission as P
from marac.web import unit_of_work, widgets
from marac.web.cases import found_case
from marac.web.documents import file_answer
from marac.web.forms.disclosures import BecauseForm, CopyForm, HoldForm
from marac.web.shell import short_date

bp = Blueprint("chronologies", __name__)


@bp.route("/cases/<reference>/chronology", methods=["GET", "POST"])
def chronicle(reference: str) -> Any:
    """Everything by date; one numbered copy of it as a file."""
    session, (actor, case) = unit_of_work.session(), found_case(reference)
    access.require(actor, P.CASE_HOLD, case)
    form = CopyForm()
    if form.validate_on_submit():
        try:
            return file_answer(chronology.make_copy(session, actor, case, in_word=bool(form.in_word.data)))
        except RuleBroken as problem:
            widgets.place(form, problem)
    rows = [
        [short_date(one.on), one.kind, one.text, one.agency] for one in chronology.chronicle(session, actor, case)
    ]  # fmt: skip
    return render_template("disclosures/chronology.html", case=case, rows=rows, form=form), 422 if form.errors else 200


@bp.route("/cases/<reference>/hold", methods=["GET", "POST"])
def hold(reference: str) -> Any:
    """Keep a case from erasure, and for a review from change too."""
    session, (actor, case) = unit_of_work.session(), found_case(reference)
    access.require(actor, P.CASE_HOLD, case)
    form = HoldForm()
    if form.validate_on_submit():
        try:
            holds.hold_case(
                session, actor, case, reason=HoldReason(form.reason.data), because=form.because.data or "",
                locks=bool(form.locks.data),
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The case is kept as it is.", "success")
            return redirect(url_for(".hold", reference=case.reference), code=303)
    rows = holds.list_holds(session, actor, case)
    return render_template("disclosures/hold.html", case=case, rows=rows, form=form), 422 if form.errors else 200


@bp.route("/cases/<reference>/hold/<uuid:hold_id>", methods=["GET", "POST"])
def lift(reference: str, hold_id: UUID) -> Any:
    """Lift one hold, with the reason."""
    session, (actor, case) = unit_of_work.session(), found_case(reference)
    held = holds.get_hold(session, actor, case, hold_id)
    form = BecauseForm()
    if form.validate_on_submit():
        try:
            holds.lift_hold(session, actor, case, hold_id, because=form.because.data or "")
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The hold is lifted.", "success")
            return redirect(url_for(".hold", reference=case.reference), code=303)
    return render_template("disclosures/lift.html", case=case, held=held, form=form), 422 if form.errors else 200
