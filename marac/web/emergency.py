"""Emergency access: asked for by reference, seen for an hour, agreed to where an address is needed, and reviewed."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request

from marac import access
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.services.walls import emergency
from marac.vocabulary import GlassCategory, GlassOutcome, Permission as P
from marac.web import case_layout, signin, unit_of_work, widgets
from marac.web.forms.walls import GlassForm, PlaceForm, ReviewForm

bp = Blueprint("emergency", __name__)


@bp.route("/urgent-access", methods=["GET", "POST"])
def ask() -> Any:
    """Which case, what is happening, and why it cannot wait."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.GLASS_BREAK)
    access.require_step_up(actor)
    form = GlassForm()
    if form.validate_on_submit():
        try:
            category = GlassCategory(form.category.data)
            glass = emergency.break_glass(session, actor, form.reference.data, category, form.because.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        except NotFound as nothing:
            g.refused = nothing
            widgets.place(form, RuleBroken("reference", "There is no case with this reference. Check it"))
        else:
            return redirect(f"/urgent-access/{glass.id}", code=303)
    return render_template("walls/urgent.html", form=form), 422 if form.errors else 200


@bp.get("/urgent-access/<uuid:glass_id>")
def case(glass_id: UUID) -> Any:
    """Who is meant and what the risk is, while the hour runs."""
    return _case(glass_id, PlaceForm(formdata=None), ())


@bp.post("/urgent-access/<uuid:glass_id>/<any(ask, show):step>")
def place(glass_id: UUID, step: str) -> Any:
    """Ask that the address is shown; or show it once a second person agreed."""
    session, actor = unit_of_work.session(), signin.person()
    glass, form = emergency.get_glass(session, actor, glass_id), PlaceForm()
    if step == "show":
        return _case(glass_id, PlaceForm(formdata=None), emergency.show_place(session, actor, glass))
    if form.validate_on_submit():
        try:
            emergency.ask_for_place(session, actor, glass, form.because.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Asked. The chair and the coordinator are told now. Ring them.", "success")
            return redirect(f"/urgent-access/{glass_id}", code=303)
    return _case(glass_id, form, ())


@bp.get("/urgent-access/uses")
def uses() -> Any:
    """Uses to agree to and to review, those that wait first."""
    session, actor = unit_of_work.session(), signin.person()
    if not (access.holds(actor, P.GLASS_REVIEW) or access.holds(actor, P.GLASS_APPROVE)):
        raise NotAllowed
    return render_template(
        "walls/uses.html", uses=emergency.list_uses(session, actor), approves=access.holds(actor, P.GLASS_APPROVE),
        reviews=access.holds(actor, P.GLASS_REVIEW), breaks=access.holds(actor, P.GLASS_BREAK),
    )  # fmt: skip


@bp.post("/urgent-access/<uuid:glass_id>/agree")
def agree(glass_id: UUID) -> Any:
    """A second person agrees that the address is shown."""
    session, actor = unit_of_work.session(), signin.person()
    emergency.agree_place(session, actor, emergency.get_glass(session, actor, glass_id))
    flash("Agreed. They can see the address until the hour is over.", "success")
    return redirect("/urgent-access/uses", code=303)


@bp.route("/urgent-access/<uuid:glass_id>/review", methods=["GET", "POST"])
def review(glass_id: UUID) -> Any:
    """Whether it was needed."""
    session, actor = unit_of_work.session(), signin.person()
    glass, form = emergency.get_glass(session, actor, glass_id), ReviewForm()
    use = emergency.get_use(session, actor, glass_id)
    if form.validate_on_submit():
        try:
            emergency.review(session, actor, glass, GlassOutcome(form.outcome.data), form.found.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Reviewed.", "success")
            return redirect("/urgent-access/uses", code=303)
    return render_template("walls/review.html", form=form, use=use), 422 if form.errors else 200


def _case(glass_id: UUID, form: PlaceForm, shown: tuple[str, ...]) -> Any:
    session, actor = unit_of_work.session(), signin.person()
    view = emergency.view_glass(session, actor, emergency.get_glass(session, actor, glass_id))
    page = render_template(
        "walls/urgent_case.html", view=view, form=form, shown=shown, rules=case_layout.rules(view.rules),
        asked=request.method,
    )  # fmt: skip
    return page, 422 if form.errors else 200
