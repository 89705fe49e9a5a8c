"""The reset of a lost second factor: asked for, approved with a code to tell by phone, carried out by the person."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, session as cookie

from marac import access
from marac.errors import NotFound, RuleBroken
from marac.services.accounts import factor_resets, users
from marac.services.accounts.throttle import TooSoon
from marac.vocabulary import Permission as P
from marac.web import joining, signin, unit_of_work, widgets
from marac.web.forms.signin import NewAppForm, PressForm, ResetCodeForm

bp = Blueprint("factor_resets", __name__)


@bp.route("/admin/users/<uuid:user_id>/reset", methods=["GET", "POST"])
def ask(user_id: UUID) -> Any:
    """The lead of the agency asks, after making sure who rang."""
    actor, session, form = signin.person(), unit_of_work.session(), PressForm()
    user = users.get_user(session, actor, user_id)
    access.require(actor, P.FACTOR_ASK, user)
    access.open_staff(actor)
    if form.validate_on_submit():
        try:
            factor_resets.ask(session, actor, user)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Asked. A coordinator has to approve it, and the person is told.", "success")
            return redirect("/admin/users", code=303)
    page = render_template("admin/ask_reset.html", form=form, full_name=user.full_name, user_id=user_id)
    return page, 422 if form.errors else 200


@bp.get("/admin/resets")
def waiting() -> Any:
    """What waits for a coordinator."""
    return render_template(
        "admin/resets.html", waiting=factor_resets.list_waiting(unit_of_work.session(), signin.person())
    )  # fmt: skip


@bp.post("/admin/resets/<uuid:reset_id>/approve")
def approve(reset_id: UUID) -> Any:
    """The code to tell the person, on this one answer and nowhere else."""
    actor, session, code = signin.person(), unit_of_work.session(), ""
    reset = factor_resets.get_waiting(session, actor, reset_id)
    try:
        code = factor_resets.approve(session, actor, unit_of_work.deployment().keyring, reset)
    except RuleBroken as problem:
        flash(problem.message, "error")
        return redirect("/admin/resets", code=303)
    return render_template("admin/reset_code.html", code=f"{code[:4]} {code[4:]}", opens_at=reset.opens_at)


@bp.route("/sign-in/reset", methods=["GET", "POST"])
def told() -> Any:
    """The code that the coordinator told, after the password."""
    user_id, form = signin.is_half_way(), ResetCodeForm()
    if user_id is None:
        return redirect("/sign-in", code=303)
    status = 422
    if form.validate_on_submit():
        try:
            if factor_resets.prove(unit_of_work.deployment(), user_id, form.code.data):
                cookie["reset"] = form.code.data
                return redirect("/sign-in/reset/new", code=303)
            form.code.errors = ["This code is not right, or cannot be used yet"]
        except TooSoon as problem:
            widgets.place(form, problem)
            status = problem.status
    return render_template("signin/reset.html", form=form), status if form.errors else 200


@bp.route("/sign-in/reset/new", methods=["GET", "POST"])
def set_up() -> Any:
    """A new code app; everything one signed in with before ends."""
    user_id, code, form = signin.is_half_way(), cookie.get("reset", ""), NewAppForm()
    if user_id is None or not code:
        return redirect("/sign-in", code=303)
    session, keyring = unit_of_work.session(), unit_of_work.deployment().keyring
    try:
        if form.validate_on_submit():
            begun = factor_resets.carry_out(session, keyring, user_id, code, form.code.data, device=signin.device())
            return signin.welcome(begun) if begun else redirect("/sign-in", code=303)
    except RuleBroken as problem:
        widgets.place(form, problem)
    except NotFound:
        return redirect("/sign-in", code=303)
    facts = factor_resets.new_app(session, keyring, user_id, code, service_name=signin.service_name())
    shown = {"secret": facts.secret, "square": joining.square(facts.uri), "action": "/sign-in/reset/new"}
    return render_template("account/new_app.html", form=form, **shown), 422 if form.errors else 200
