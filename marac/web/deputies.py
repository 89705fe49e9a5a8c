"""Deputies: name one for oneself, see for whom one stands in, and agree to those of one's agency."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template

from marac import access
from marac.errors import RuleBroken
from marac.services.accounts import deputies
from marac.vocabulary import Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.membership import CHOOSE, DeputyForm

bp = Blueprint("deputies", __name__)

OWN = "/account/deputies"


@bp.get(OWN)
def own() -> Any:
    """Who stands in for this person, and for whom they do."""
    session, actor = unit_of_work.session(), signin.person()
    found = deputies.list_own(session, actor)
    return render_template("members/deputies.html", found=found, may_name=deputies.may_name(actor))


@bp.route(f"{OWN}/new", methods=["GET", "POST"])
def name() -> Any:
    """Name a colleague, from one day to another."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.DEPUTY_NAME)
    access.require_step_up(actor)
    form = DeputyForm()
    colleagues = deputies.list_colleagues(session, actor)
    form.deputy.choices = [CHOOSE, *((key.hex, who) for key, who in colleagues)]
    if form.validate_on_submit():
        try:
            deputies.name_deputy(
                session, actor, deputy_id=UUID(form.deputy.data), from_on=form.from_on.data, to_on=form.to_on.data
            )
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Your deputy is named. Your agency lead or the coordinator is asked to agree.", "success")
            return redirect(OWN, code=303)
    page = render_template("members/name_deputy.html", form=form, alone=not colleagues)
    return page, 422 if form.errors else 200


@bp.post(f"{OWN}/<uuid:delegation_id>/end")
def end(delegation_id: UUID) -> Any:
    """Back again: the deputy is out on the next request."""
    session, actor = unit_of_work.session(), signin.person()
    deputies.end(session, actor, deputies.get_delegation(session, actor, delegation_id))
    flash("Your deputy no longer stands in.", "success")
    return redirect(OWN, code=303)


@bp.get("/admin/deputies")
def to_decide() -> Any:
    """Deputies that wait for agreement, and those in force."""
    found = deputies.list_to_decide(unit_of_work.session(), signin.person())
    return render_template("members/deputies_asked.html", found=found)


@bp.post("/admin/deputies/<uuid:delegation_id>/approve")
def approve(delegation_id: UUID) -> Any:
    """Agree to it."""
    session, actor = unit_of_work.session(), signin.person()
    deputies.approve(session, actor, deputies.get_delegation(session, actor, delegation_id))
    flash("The deputy may stand in.", "success")
    return redirect("/admin/deputies", code=303)


@bp.post("/admin/deputies/<uuid:delegation_id>/refuse")
def refuse(delegation_id: UUID) -> Any:
    """Do not agree."""
    session, actor = unit_of_work.session(), signin.person()
    deputies.refuse(session, actor, deputies.get_delegation(session, actor, delegation_id))
    flash("Not agreed. Nobody stands in.", "success")
    return redirect("/admin/deputies", code=303)
