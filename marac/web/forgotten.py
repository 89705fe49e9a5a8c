"""A forgotten password: the same answer for every address; a link that shows a button; a new password."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session as cookie

from marac.errors import NotFound, RuleBroken
from marac.services.accounts import forgotten
from marac.services.accounts.throttle import TooSoon
from marac.web import errors, unit_of_work, widgets
from marac.web.forms.signin import AddressForm, NewPasswordForm, PressForm

bp = Blueprint("forgotten", __name__)


@bp.route("/forgotten", methods=["GET", "POST"])
def ask() -> Any:
    """Ask for a link by mail."""
    form, status = AddressForm(), 422
    if form.validate_on_submit():
        try:
            forgotten.ask(unit_of_work.deployment(), form.email.data, address=request.remote_addr or "-")
        except TooSoon as problem:
            widgets.place(form, problem)
            status = problem.status
        else:
            return render_template("signin/link_sent.html")
    return render_template("signin/forgotten.html", form=form), status if form.errors else 200


@bp.route("/forgotten/<token>", methods=["GET", "POST"])
def link(token: str) -> Any:
    """GET changes nothing, since mail scanners follow links; POST goes on. A link that is over says so either way."""
    if not PressForm().validate_on_submit():
        return render_template("signin/choose_password.html", token=token)
    try:
        forgotten.check_link(unit_of_work.session(), token)
    except NotFound:
        return errors.page(410)
    cookie.clear()
    cookie["forgotten"] = token
    return redirect("/forgotten/new", code=303)


@bp.route("/forgotten/new", methods=["GET", "POST"])
def new_password() -> Any:
    """The new password; signing in asks for the second factor as before."""
    token, form = cookie.get("forgotten", ""), NewPasswordForm()
    try:
        forgotten.check_link(unit_of_work.session(), token)
        if form.validate_on_submit():
            forgotten.set_password(unit_of_work.session(), token, form.password.data)
            cookie.clear()
            flash("Your password is changed. Sign in with it.", "success")
            return redirect("/sign-in", code=303)
    except NotFound:
        return errors.page(410)
    except RuleBroken as problem:
        widgets.place(form, problem)
    return render_template("signin/new_password.html", form=form), 422 if form.errors else 200
