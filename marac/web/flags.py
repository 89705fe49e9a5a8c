"""Flag and tag: an agency's own list with its receipts, and the coordinator's agencies by what is outstanding."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access, clock
from marac.errors import RuleBroken
from marac.services.following import flags
from marac.services.referring import incidents
from marac.vocabulary import Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.actions import an_id
from marac.web.forms.actions import PressForm
from marac.web.shell import count, due_words

bp = Blueprint("flags", __name__)


@bp.route("/flags", methods=["GET", "POST"])
def own() -> Any:
    """Which records to mark, or unmark, on the agency's own file; several at once. And what was confirmed."""
    actor, session = signin.person(), unit_of_work.session()
    form = PressForm()
    if form.validate_on_submit():
        chosen = [found for text in request.form.getlist("flag") if (found := an_id(text))]
        try:
            confirmed = flags.confirm_flags(session, actor, chosen)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash(f"{confirmed} confirmed. Thank you.", "success")
            return redirect(url_for(".own"), code=303)
    return render_template(
        "actions/flags.html", form=form, rows=flags.list_flags(session, actor),
        marked=incidents.marked_references(session, actor), lifting=flags.list_lifting(session, actor, clock.today()),
        receipts=flags.list_receipts(session, actor), follows=access.holds(actor, P.FLAG_FOLLOW),
    ), 422 if form.errors else 200  # fmt: skip


@bp.route("/flags/agencies", methods=["GET", "POST"])
def agencies() -> Any:
    """Agencies by what they have not confirmed; several reminded at once."""
    actor, session = signin.person(), unit_of_work.session()
    rows = flags.list_standings(session, actor)
    form = PressForm()
    if form.validate_on_submit():
        chosen = [found for text in request.form.getlist("agencies") if (found := an_id(text))]
        try:
            number = flags.chase(session, actor, chosen)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash(f"{count(number, 'agency', 'agencies')} will be reminded.", "success")
            return redirect(url_for(".agencies"), code=303)
    lines = [
        [row.agency, row.to_add, row.to_lift, row.overdue, due_words(row.oldest_due_at) if row.oldest_due_at else "",
         row.on_file, row.lifts_this_month]
        for row in rows
    ]  # fmt: skip
    waiting = [row for row in rows if row.to_add or row.to_lift]
    return render_template(
        "actions/flag_agencies.html", form=form, lines=lines, waiting=waiting
    ), 422 if form.errors else 200
