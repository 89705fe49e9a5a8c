"""Accepting an invitation: the link shows a button, pressing it starts, and a password with a first code ends it."""

from typing import Any

import segno
from flask import Blueprint, redirect, render_template, session

from marac.errors import NotFound, RuleBroken
from marac.services.accounts import signin as steps, users
from marac.web import errors, signin, unit_of_work, widgets
from marac.web.forms.membership import LeadCodeForm
from marac.web.forms.signin import JoinForm

bp = Blueprint("joining", __name__)


@bp.route("/join/<token>", methods=["GET", "POST"])
def invitation(token: str) -> Any:
    """GET changes nothing, since mail scanners follow links; POST starts. A link that is over says so either way."""
    form = LeadCodeForm()
    if not form.validate_on_submit():
        return render_template("signin/invitation.html", form=form, token=token), 422 if form.errors else 200
    try:
        house = unit_of_work.deployment()
        with steps.apart(house, None) as own:  # beside the request, so that wrong codes stay counted
            right = users.start_enrolment(own, house.keyring, token, form.code.data)
    except NotFound:
        return errors.page(410)
    if not right:
        form.code.errors = ["This is not the code. Ask whoever invited you, by phone"]
        return render_template("signin/invitation.html", form=form, token=token), 422
    session.clear()
    session["joining"] = token
    return redirect("/join", code=303)


@bp.route("/join", methods=["GET", "POST"])
def set_up_account() -> Any:
    """Password and code app on one page."""
    token, form = session.get("joining", ""), JoinForm()
    try:
        facts = users.enrolment(unit_of_work.session(), token, service_name=signin.service_name())
        if form.validate_on_submit():
            begun = users.accept_invitation(
                unit_of_work.session(), token, password=form.password.data, code=form.code.data
            )
            signin.enter(begun.token)
            return redirect(signin.HOME, code=303)
    except NotFound:
        return errors.page(410)
    except RuleBroken as problem:
        widgets.place(form, problem)
    shown = {"facts": facts, "square": square(facts.uri)}
    return render_template("signin/set_up_account.html", form=form, **shown), 422 if form.errors else 200


def square(text: str) -> dict[str, Any]:
    """A QR code as the side of its drawing and one SVG path, so that a template needs no ready-made markup."""
    rows = segno.make(text, error="m", micro=False).matrix
    dark = "".join(f"M{x + 4} {y + 4}h1v1h-1z" for y, row in enumerate(rows) for x, bit in enumerate(row) if bit)
    return {"side": len(rows) + 8, "path": dark}
