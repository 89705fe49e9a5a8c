"""What a person is screened by, on their account: kept by themselves, shown to nobody else."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template

from marac.errors import RuleBroken
from marac.services.walls import register, screening
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.walls import RegisterForm

bp = Blueprint("register", __name__)


@bp.route("/account/register", methods=["GET", "POST"])
def details() -> Any:
    """Names, birth, home and household."""
    session, actor = unit_of_work.session(), signin.person()
    held = register.own_details(session, actor)
    form = RegisterForm(
        data={
            "former_names": "\n".join(held.former_names), "birth_date": held.birth_date, "born_in": held.born_in,
            "home_postcode": held.home_postcode, "own_phone": held.own_phone, "household": "\n".join(held.household),
        }
    )  # fmt: skip
    if form.validate_on_submit():
        try:
            register.keep_own_details(
                session, actor, former_names=(form.former_names.data or "").splitlines(),
                home_postcode=form.home_postcode.data or "", own_phone=form.own_phone.data or "",
                birth_date=form.birth_date.data, born_in=form.born_in.data,
                household=(form.household.data or "").splitlines(),
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            screening.screen_colleague(session, actor)
            flash("Thank you. Your details are kept.", "success")
            return redirect("/account", code=303)
    return render_template("walls/register.html", form=form, held=held), 422 if form.errors else 200
