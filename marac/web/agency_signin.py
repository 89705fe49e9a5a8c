"""Signing in with the account of one's agency: on the way there, and back. Whatever does not hold is a refusal."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, session as cookie

from marac import access
from marac.errors import NotFound, RuleBroken
from marac.services.accounts import agency_signin
from marac.services.accounts.agency_signin import Going
from marac.services.accounts.identity_provider import ProviderRefused
from marac.services.accounts.throttle import TooSoon
from marac.vocabulary import ChallengePurpose, Permission
from marac.web import factors, signin, unit_of_work
from marac.web.forms.signin import PressForm

bp = Blueprint("agency_signin", __name__)
MUTE = "Your agency's sign-in does not answer. Sign in with your password, or try again later."
NOT_LINKED = (
    "We could not sign you in that way. Sign in with your password, then link your agency account on your account page."
)


@bp.post("/sign-in/with/<key>")
def go(key: str) -> Any:
    """On the way to the agency's own sign-in."""
    if not PressForm().validate_on_submit():
        return signin.sign_in_page(MUTE), 422
    back = request.values.get("next", "")
    try:
        going = agency_signin.go(unit_of_work.deployment(), key, address=request.remote_addr or "-")
    except TooSoon as problem:
        return signin.sign_in_page(problem.message), problem.status
    except ProviderRefused:
        return signin.sign_in_page(MUTE), 422
    return _send(going, back)


@bp.post("/account/agency/<key>/link")
def link(key: str) -> Any:
    """The same for who is signed in, to link the account there."""
    access.require_holds(signin.person(), Permission.HOME_READ)
    if PressForm().validate_on_submit():
        try:
            return _send(agency_signin.go(unit_of_work.deployment(), key, actor=signin.person()), "")
        except ProviderRefused:
            flash(MUTE, "error")
    return redirect(factors.OWN_PAGE, code=303)


@bp.post("/account/agency/<key>/unlink")
def unlink(key: str) -> Any:
    """Forget the link."""
    if PressForm().validate_on_submit():
        agency_signin.unlink(unit_of_work.session(), signin.person(), key)
        flash("The link is removed.", "success")
    return redirect(factors.OWN_PAGE, code=303)


@bp.get("/sign-in/with/<key>/back")
def back(key: str) -> Any:
    """Where the agency's sign-in sends the browser back to, with a code that works once, for this browser alone."""
    kept = cookie.pop("going", None) or {}
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if kept.get("purpose") == ChallengePurpose.AGENCY_LINK.value and unit_of_work.actor() is not None:
        return _linked(key, kept, state, code)
    try:
        came = agency_signin.come_back(
            unit_of_work.deployment(), key, kept, state=state, code=code, device=signin.device()
        )  # fmt: skip
    except (ProviderRefused, NotFound):
        return signin.sign_in_page(NOT_LINKED), 422
    path = str(kept.get("next", ""))
    if came.begun is not None:
        return signin.welcome(came.begun, path)
    return signin.half_way(came.half_way, path) if came.half_way else (signin.sign_in_page(NOT_LINKED), 422)


def _linked(key: str, kept: dict[str, str], state: str, code: str) -> Any:
    try:
        agency_signin.link(unit_of_work.deployment(), signin.person(), key, kept, state=state, code=code)
        flash("Your agency account is linked. You can sign in with it.", "success")
    except (ProviderRefused, NotFound):
        flash("The account could not be linked. Try again.", "error")
    except RuleBroken as problem:
        flash(problem.message, "error")
    return redirect(factors.OWN_PAGE, code=303)


def _send(going: Going, path: str) -> Response:
    """A page that leads on by itself, and by a link: a form's own redirect may not leave the service (CSP)."""
    cookie["going"] = {**going.cookie, "next": path}
    host = urlsplit(going.address).hostname
    answer = make_response(render_template("signin/leaving.html", address=going.address, host=host))
    answer.headers["Refresh"] = f"0; url={going.address}"
    return answer
