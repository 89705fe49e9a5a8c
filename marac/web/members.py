"""People of an agency: who asks to join and who agrees, one person's page, training, a role's end, leaving."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template

from marac import access
from marac.errors import RuleBroken
from marac.services.accounts import joining, leavers, member_page, users
from marac.vocabulary import Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.membership import LeaverForm, TrainingForm

bp = Blueprint("members", __name__, url_prefix="/admin")


@bp.get("/joiners")
def list_joiners() -> Any:
    """Who was asked for, what waits for a second person, and the code to tell."""
    asked = joining.list_requests(unit_of_work.session(), signin.person())
    return render_template("members/joiners.html", asked=asked)


@bp.post("/joiners/<uuid:request_id>/approve")
def approve(request_id: UUID) -> Any:
    """The second person agrees; the link leaves by mail."""
    session, actor = unit_of_work.session(), signin.person()
    asked = joining.get_request(session, actor, request_id)
    joining.approve(session, actor, unit_of_work.deployment().keyring, asked)
    flash("Approved. Who asked for it now tells the person a code.", "success")
    return redirect("/admin/joiners", code=303)


@bp.post("/joiners/<uuid:request_id>/refuse")
def refuse(request_id: UUID) -> Any:
    """The second person does not agree."""
    session, actor = unit_of_work.session(), signin.person()
    joining.refuse(session, actor, joining.get_request(session, actor, request_id))
    flash("Not approved. No account was made.", "success")
    return redirect("/admin/joiners", code=303)


@bp.get("/joiners/<uuid:request_id>/code")
def code(request_id: UUID) -> Any:
    """The six digits to tell by phone."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.USER_INVITE)
    access.require_step_up(actor)
    asked = joining.get_request(session, actor, request_id)
    digits = joining.show_code(session, actor, unit_of_work.deployment().keyring, asked)
    return render_template("members/code.html", digits=f"{digits[:3]} {digits[3:]}", request_id=request_id)


@bp.post("/joiners/<uuid:request_id>/again")
def send_again(request_id: UUID) -> Any:
    """A fresh link, with a fresh code."""
    session, actor = unit_of_work.session(), signin.person()
    joining.send_again(
        session, actor, unit_of_work.deployment().keyring, joining.get_request(session, actor, request_id)
    )
    flash("A fresh link is on its way. The code has changed.", "success")
    return redirect("/admin/joiners", code=303)


@bp.get("/users/<uuid:user_id>")
def member(user_id: UUID) -> Any:
    """One person: roles and since when, what they agreed and learned, and what can be done."""
    session, actor = unit_of_work.session(), signin.person()
    access.require_holds(actor, P.USER_SUSPEND)
    shown = member_page.view_member(session, actor, users.get_user(session, actor, user_id))
    return render_template("members/member.html", shown=shown)


@bp.route("/users/<uuid:user_id>/training", methods=["GET", "POST"])
def training(user_id: UUID) -> Any:
    """When they were trained."""
    session, actor = unit_of_work.session(), signin.person()
    user = users.get_user(session, actor, user_id)
    access.require(actor, P.USER_SUSPEND, user)
    form = TrainingForm(data={"trained_on": user.trained_on})
    if form.validate_on_submit():
        try:
            member_page.record_training(session, actor, user, form.trained_on.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The date is kept.", "success")
            return redirect(f"/admin/users/{user_id}", code=303)
    return render_template("members/training.html", form=form, user_id=user_id), 422 if form.errors else 200


@bp.post("/roles/<uuid:membership_id>/end")
def end_role(membership_id: UUID) -> Any:
    """One role ends today."""
    user = leavers.end_role(unit_of_work.session(), signin.person(), membership_id)
    flash("The role has ended. The person is signed out.", "success")
    return redirect(f"/admin/users/{user.id}", code=303)


@bp.route("/users/<uuid:user_id>/left", methods=["GET", "POST"])
def left(user_id: UUID) -> Any:
    """Somebody has left: what falls, who takes it on, and one button."""
    session, actor = unit_of_work.session(), signin.person()
    user = users.get_user(session, actor, user_id)
    access.require(actor, P.USER_SUSPEND, user)
    access.require_step_up(actor)
    falls = leavers.what_falls(session, actor, user)
    likeliest = falls.colleagues[0][0].hex if falls.colleagues else ""
    form = LeaverForm(data={"heir": likeliest})
    form.heir.choices = [*((key.hex, name) for key, name in falls.colleagues), *form.heir.choices]
    if form.validate_on_submit():
        try:
            leavers.take_leave(session, actor, user, UUID(form.heir.data) if form.heir.data else None)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The account is closed and signed out everywhere.", "success")
            return redirect("/admin/users", code=303)
    shown = member_page.view_member(session, actor, user)
    page = render_template("members/left.html", form=form, falls=falls, shown=shown)
    return page, 422 if form.errors else 200
