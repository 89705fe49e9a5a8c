"""How one signs in: passkeys, the code app, recovery codes, the agency's account. Changes after a full sign-in."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for

from marac import access
from marac.errors import FullSigninNeeded, NotFound, RuleBroken
from marac.services.accounts import (
    agency_signin,
    code_app,
    factor_resets,
    passkeys,
    password_change,
    recovery_codes,
    sessions,
    signin as steps,
)
from marac.vocabulary import Permission
from marac.web import joining, passkeys as passkey_pages, signin, unit_of_work, widgets
from marac.web.forms.signin import ChangePasswordForm, NewAppForm, PressForm

bp = Blueprint("factors", __name__)
OWN_PAGE = "/account/sign-in"


@bp.get("/account/sign-in")
def own() -> Any:
    """Everything one signs in with, and a reset that somebody asked for."""
    actor, session = signin.person(), unit_of_work.session()
    access.require_holds(actor, Permission.HOME_READ)
    return render_template(
        "account/sign_in.html", passkeys=passkeys.list_passkeys(session, actor),
        ways=steps.ways(session, actor.user_id), codes_left=recovery_codes.codes_left(session, actor),
        agencies=agency_signin.list_own(session, actor), reset=factor_resets.own_open_reset(session, actor),
        possible=passkey_pages.are_possible(),
    )  # fmt: skip


@bp.post("/account/sign-in/again")
def again() -> Any:
    """End this sign-in and come back here freshly signed in."""
    access.require_holds(signin.person(), Permission.HOME_READ)
    signin.leave("signed_in_again")
    return redirect(f"/sign-in?next={signin.way_back(OWN_PAGE)}", code=303)


@bp.route("/account/recovery-codes", methods=["GET", "POST"])
def recovery() -> Any:
    """Ten codes, on this one answer and nowhere else."""
    actor, session = signin.person(), unit_of_work.session()
    sessions.require_full_signin(session, actor)
    access.require_holds(actor, Permission.HOME_READ)
    codes = None
    if PressForm().validate_on_submit():
        codes = recovery_codes.make_codes(session, actor, unit_of_work.deployment().keyring)
    left = recovery_codes.codes_left(session, actor)
    return render_template("account/recovery_codes.html", codes=codes, left=left)


@bp.route("/account/password", methods=["GET", "POST"])
def change_password() -> Any:
    """A new password in place of the one in use."""
    actor, session = signin.person(), unit_of_work.session()
    sessions.require_full_signin(session, actor)
    access.require_holds(actor, Permission.HOME_READ)
    form = ChangePasswordForm(data={"end_others": True})
    if form.validate_on_submit():
        try:
            password_change.change_password(
                session, actor, current=form.current.data, new=form.password.data, end_others=form.end_others.data
            )
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Your password is changed.", "success")
            return redirect(OWN_PAGE, code=303)
    return render_template("account/change_password.html", form=form), 422 if form.errors else 200


@bp.route("/account/code-app", methods=["GET", "POST"])
def change_app() -> Any:
    """The button makes the secret of a new app; the old one goes on meanwhile."""
    actor, session = signin.person(), unit_of_work.session()
    sessions.require_full_signin(session, actor)
    access.require_holds(actor, Permission.HOME_READ)
    if PressForm().validate_on_submit():
        code_app.start(session, actor)
        return redirect(url_for(".new_app"), code=303)
    return render_template("account/change_app.html")


@bp.route("/account/code-app/new", methods=["GET", "POST"])
def new_app() -> Any:
    """What to scan, and the first code of the new app."""
    actor, session, form = signin.person(), unit_of_work.session(), NewAppForm()
    try:
        if form.validate_on_submit():
            code_app.finish(session, actor, form.code.data)
            flash("Your code app is changed. The old one no longer works.", "success")
            return redirect(OWN_PAGE, code=303)
    except RuleBroken as problem:
        widgets.place(form, problem)
    try:
        facts = code_app.shown(session, actor, service_name=signin.service_name())
    except NotFound:
        return redirect(url_for(".change_app"), code=303)
    shown = {"secret": facts.secret, "square": joining.square(facts.uri), "action": "/account/code-app/new"}
    return render_template("account/new_app.html", form=form, **shown), 422 if form.errors else 200


@bp.post("/account/reset/cancel")
def cancel_reset() -> Any:
    """The person did not ask for it."""
    if PressForm().validate_on_submit():
        factor_resets.cancel(unit_of_work.session(), signin.person())
        flash("The reset is called off. If you did not ask for it, tell the lead for your agency.", "success")
    return redirect(OWN_PAGE, code=303)


@bp.app_errorhandler(FullSigninNeeded)
def on_full_signin_needed(refusal: FullSigninNeeded) -> Any:
    """Ask for a full sign-in in place of the page; nothing that the request did is kept."""
    return render_template("account/sign_in_again.html"), 403
