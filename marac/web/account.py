"""One's own account: roles, sessions, confirming who one is, and the landing page of links in messages."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from marac import access
from marac.errors import RuleBroken, StepUpNeeded
from marac.services import landing
from marac.services.accounts import sessions, signin as steps, users
from marac.services.accounts.throttle import TooSoon
from marac.services.live import shortcuts
from marac.vocabulary import Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.shortcuts import ShortcutsForm
from marac.web.forms.signin import CodeForm

bp = Blueprint("account", __name__)


@bp.get("/account")
def account() -> Any:
    """Name, roles and where one is signed in."""
    actor, session = signin.person(), unit_of_work.session()
    full_name, email = users.own_name(session, actor)
    memberships = users.memberships_of(session, actor)
    stands_in_for = users.stood_in_for(session, actor, memberships)
    return render_template(
        "account/account.html", full_name=full_name, email=email, memberships=memberships,
        stands_in_for=stands_in_for, has_deputies=access.holds(actor, P.DEPUTY_NAME) or bool(stands_in_for),
        active=actor.membership_id,
        screened=not access.holds(actor, P.ORDER_WORK),
        sees_cases=not (access.holds(actor, P.ORDER_WORK) or access.holds(actor, P.GUEST_VISIT)),
        sessions=sessions.list_open(session, actor),
    )  # fmt: skip


@bp.route("/account/shortcuts", methods=["GET", "POST"])
def keys() -> Any:
    """The keys of the live meeting: turned off, or moved to other letters."""
    session, actor = unit_of_work.session(), signin.person()
    held = shortcuts.own_choice(session, actor)
    now = shortcuts.read("" if held == shortcuts.OFF else held)
    drawn = {name: now[name].removeprefix("Alt+") for name in shortcuts.LETTERS}
    form = ShortcutsForm(data={**drawn, "use": "off" if held == shortcuts.OFF else "on"})
    if form.validate_on_submit():
        try:
            letters = {name: form[name].data or "" for name in shortcuts.LETTERS}
            shortcuts.choose(session, actor, use=form.use.data == "on", letters=letters)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Your keys are saved.", "success")
            return redirect("/account/shortcuts", code=303)
    page = render_template("account/shortcuts.html", form=form, letters=list(shortcuts.LETTERS))
    return page, 422 if form.errors else 200


@bp.post("/account/switch/<uuid:membership_id>")
def switch(membership_id: UUID) -> Any:
    """Go on in another role."""
    signin.renew(sessions.switch(unit_of_work.session(), signin.person(), membership_id))
    flash("You have switched role.", "success")
    return redirect(signin.HOME, code=303)


@bp.post("/account/sessions/<uuid:session_id>/end")
def end_session(session_id: UUID) -> Any:
    """End one of one's own sessions."""
    sessions.end(unit_of_work.session(), signin.person(), session_id, "ended_from_list")
    flash("That sign-in has ended.", "success")
    return redirect("/account", code=303)


@bp.post("/account/sessions/end-others")
def end_others() -> Any:
    """End every sign-in but this one."""
    sessions.end_others(unit_of_work.session(), signin.person())
    flash("Every other sign-in has ended.", "success")
    return redirect("/account", code=303)


@bp.post("/account/keep")
def keep() -> Any:
    """Stay signed in: the request itself was the sign of life."""
    access.require_holds(signin.person(), P.HOME_READ)
    return Response(status=204, mimetype="text/plain")


@bp.get("/go/<token>")
def go(token: str) -> Any:
    """Where a message leads, for the person it was sent to; the same 404 for everybody else."""
    return redirect(landing.landing_path(unit_of_work.session(), signin.person(), token), code=303)


@bp.route("/step-up", methods=["GET", "POST"])
def step_up() -> Any:
    """Confirm who one is with a fresh code, and go back to where one was."""
    form = CodeForm()
    access.require_holds(signin.person(), P.HOME_READ)
    if form.validate_on_submit():
        try:
            begun = steps.step_up(unit_of_work.deployment(), signin.person(), form.code.data)
        except TooSoon as problem:
            widgets.place(form, problem)
            return step_up_page(request.values.get("next", ""), form=form), problem.status
        if begun is not None:
            signin.renew(begun.token)
            return redirect(signin.after_signing_in(), code=303)
        form.code.errors = ["This code is not right, or was used before. Wait for the next one"]
    return step_up_page(request.values.get("next", ""), form=form), 422 if form.errors else 200


@bp.app_errorhandler(StepUpNeeded)
def on_step_up_needed(refusal: StepUpNeeded) -> Any:
    """Ask for the code in place of the page; nothing that the request did is kept."""
    g.refused = refusal
    return step_up_page(signin.way_back(_page_to_return_to())), 403


def step_up_page(back: str, problem: str = "", form: CodeForm | None = None) -> str:
    """The page that asks, with what this person can confirm with."""
    form = form or CodeForm(formdata=None)
    if problem:
        form.form_errors = [problem]
    with unit_of_work.deployment().reader() as own:
        ways = steps.ways(own, signin.person().user_id)
    return render_template("account/step_up.html", form=form, next=back, ways=ways)


def _page_to_return_to() -> str:
    """This page when it can be read; else the page of ours whose form was sent."""
    came_from = urlsplit(request.referrer or "")
    paths = [request.full_path.removesuffix("?")] if _can_be_read(request.path) else []
    if came_from.netloc == request.host:
        paths.append(came_from.path)
    return [*paths, signin.HOME][0]


def _can_be_read(path: str) -> bool:
    try:
        current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return False
    return True
