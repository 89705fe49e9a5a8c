"""Before an agenda opens: whom do you know on it? And where whoever has not said is sent."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request

from marac.errors import DeclarationNeeded, RuleBroken
from marac.services.meetings import panels
from marac.services.walls import declaring
from marac.web import meeting_layout, signin, unit_of_work, widgets

bp = Blueprint("declaring", __name__)
ASIDE, OPEN = "Thank you. You take no part in what you named.", "Thank you. The agenda is open to you."


class DeclareForm(widgets.PageForm):
    """That every name was looked at; the ticks beside the names are read as they come."""

    looked = widgets.tick_field(
        "I have read every name. I will say at once if I find that I know somebody",
        "Tick that you have read every name",
    )


@bp.route("/panels/<reference>/declare", methods=["GET", "POST"])
def declare(reference: str) -> Any:
    """Every case by the names of who it is about, to say in which the person has a conflict of interest."""
    session, actor, meeting = meeting_layout.opened(reference)
    lines, form = declaring.list_to_declare(session, actor, meeting), DeclareForm()
    if form.validate_on_submit():
        ticked = {one.item_id: request.form.get(f"because-{one.item_id.hex}", "")[:500] for one in lines
                  if request.form.get(f"conflict-{one.item_id.hex}")}  # fmt: skip
        try:
            found = declaring.declare(session, actor, meeting, ticked)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            words = (
                "Thank you. You take no part in what you named." if found else "Thank you. The agenda is open to you."
            )
            flash(words, "success")
            back = signin.after_signing_in()
            return redirect(f"/panels/{meeting.reference}" if back == signin.HOME else back, code=303)
    shown = render_template(
        "walls/declare.html", form=form, lines=lines, declared=declaring.has_declared(session, actor, meeting),
        next=request.values.get("next", ""), posted=request.form, **meeting_layout.frame(actor, meeting, ""),
    )  # fmt: skip
    return shown, 422 if form.errors else 200


@bp.app_errorhandler(DeclarationNeeded)
def on_declaration_needed(refusal: DeclarationNeeded) -> Any:
    """To the declaration and back; nothing that the request did is kept."""
    unit_of_work.session().rollback()
    g.pop("keep_anyway", None)
    meeting = panels.get_meeting(unit_of_work.session(), signin.person(), refusal.reference)
    back = f"?next={signin.way_back(request.path)}" if request.method == "GET" else ""
    return redirect(f"/panels/{meeting.reference}/declare{back}", code=303)
