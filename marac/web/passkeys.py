"""Passkeys in the browser: signing in with one, after a password, confirming, adding and removing. All by POST.

The browser's cookie holds the id of the challenge that it was handed; the answer comes back in an ordinary form.
"""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session as cookie

from marac import access
from marac.config import LOOPBACK
from marac.errors import RuleBroken
from marac.services.accounts import passkeys, signin as steps
from marac.services.accounts.passkeys import Asked, Site
from marac.services.accounts.throttle import TooSoon
from marac.vocabulary import ChallengePurpose as Purpose, Permission
from marac.web import account, signin, unit_of_work, widgets
from marac.web.forms.signin import PasskeyForm, PressForm, ProofForm

bp = Blueprint("passkeys", __name__)
NOT_PROVED = "That passkey did not work here. Try again, or use another way to sign in."
NOT_KEPT = "The passkey was not kept. Try again"


def site() -> Site:
    """Where passkeys belong: the address of the service, or of this machine by its name, as the browser has it."""
    base = urlsplit(unit_of_work.deployment().settings.base_url)
    if base.hostname in LOOPBACK:
        return Site(signin.service_name(), "localhost", f"{request.scheme}://{request.host}")
    return Site(signin.service_name(), base.hostname or "", f"{base.scheme}://{base.netloc}")


def are_possible() -> bool:
    """Whether this address can have passkeys: a name, not a number."""
    return urlsplit(f"//{request.host}").hostname not in ("127.0.0.1", "::1")


@bp.post("/sign-in/passkey/options")
def sign_in_options() -> Any:
    """A challenge for whoever holds a passkey of this service; the same for everybody."""
    return _hand_out(Purpose.SIGN_IN, None)


@bp.post("/sign-in/passkey")
def sign_in() -> Any:
    """The whole sign-in with a passkey."""
    form = ProofForm()
    try:
        begun = steps.enter_by_passkey(
            unit_of_work.deployment(), site(), _challenge(), form.answer.data or "",
            address=request.remote_addr or "-", device=signin.device(),
        ) if form.validate_on_submit() else None  # fmt: skip
    except TooSoon as problem:
        return signin.sign_in_page(problem.message), problem.status
    return signin.welcome(begun) if begun else (signin.sign_in_page(NOT_PROVED), 422)


@bp.post("/sign-in/code/passkey/options")
def second_options() -> Any:
    """A challenge for the passkeys of somebody whose password was right."""
    user_id = signin.is_half_way()
    return (jsonify(error=419), 419) if user_id is None else _hand_out(Purpose.SECOND_STEP, user_id)


@bp.post("/sign-in/code/passkey")
def second() -> Any:
    """A passkey as the second step."""
    user_id, form = signin.is_half_way(), ProofForm()
    if user_id is None:
        return redirect("/sign-in", code=303)
    try:
        begun = steps.check_passkey(
            unit_of_work.deployment(), user_id, site(), _challenge(), form.answer.data or "", device=signin.device()
        ) if form.validate_on_submit() else None  # fmt: skip
    except TooSoon as problem:
        return signin.code_page(user_id, problem.message), problem.status
    return signin.welcome(begun) if begun else (signin.code_page(user_id, NOT_PROVED), 422)


@bp.post("/step-up/passkey/options")
def confirm_options() -> Any:
    """A challenge for the passkeys of who is signed in."""
    actor = signin.person()
    access.require_holds(actor, Permission.HOME_READ)
    return _hand_out(Purpose.CONFIRM, actor.user_id)


@bp.post("/step-up/passkey")
def confirm() -> Any:
    """Confirm who one is with a passkey."""
    actor, form = signin.person(), ProofForm()
    access.require_holds(actor, Permission.HOME_READ)
    back = request.values.get("next", "")
    try:
        begun = steps.step_up_by_passkey(
            unit_of_work.deployment(), actor, site(), _challenge(), form.answer.data or ""
        ) if form.validate_on_submit() else None  # fmt: skip
    except TooSoon as problem:
        return account.step_up_page(back, problem.message), problem.status
    if begun is None:
        return account.step_up_page(back, NOT_PROVED), 422
    signin.renew(begun.token)
    return redirect(signin.after_signing_in(), code=303)


@bp.post("/account/passkeys/options")
def add_options() -> Any:
    """What the browser needs to make a passkey."""
    with steps.apart(unit_of_work.deployment(), signin.person()) as own:
        asked = passkeys.ask_to_add(own, signin.person(), unit_of_work.deployment().keyring, site())
    return _keep(asked)


@bp.route("/account/passkeys/add", methods=["GET", "POST"])
def add() -> Any:
    """A name for the passkey, and the browser's own dialog. Who must have one comes here before anything else."""
    actor, house = signin.person(), unit_of_work.deployment()
    form = PasskeyForm(data={"label": signin.device()} if request.method == "GET" else None)
    with house.reader() as own:
        signin.require_full_signin(own, actor)
    if form.validate_on_submit():
        try:
            with steps.apart(house, actor) as own:
                made = passkeys.add(own, actor, site(), _challenge(), form.answer.data or "", label=form.label.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            if made is not None:
                flash("Your passkey is saved.", "success")
                return redirect("/account/sign-in", code=303)
            form.form_errors = [NOT_KEPT]
    page = render_template(
        "account/add_passkey.html", form=form, must=signin.awaits_passkey(), possible=are_possible()
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.post("/account/passkeys/<uuid:passkey_id>/remove")
def remove(passkey_id: UUID) -> Any:
    """One passkey fewer."""
    if PressForm().validate_on_submit():
        try:
            passkeys.remove(unit_of_work.session(), signin.person(), passkey_id)
            flash("The passkey is removed.", "success")
        except RuleBroken as problem:
            flash(problem.message, "error")
    return redirect("/account/sign-in", code=303)


def _hand_out(purpose: Purpose, user_id: UUID | None) -> Any:
    with steps.apart(unit_of_work.deployment(), None) as own:
        asked = passkeys.ask_to_use(own, site(), purpose, user_id)
    return _keep(asked)


def _keep(asked: Asked) -> Any:
    cookie["challenge"] = asked.challenge_id.hex
    return jsonify(asked.options)


def _challenge() -> UUID | None:
    """The challenge this browser was handed last; it may be answered once."""
    told = cookie.pop("challenge", None)
    return UUID(told) if told else None
