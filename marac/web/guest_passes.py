"""Asking one named person in for a case or a meeting, and the one page that such a guest has (DA-51)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template

from marac import access, clock
from marac.errors import NotFound, RuleBroken
from marac.services.accounts import guest_passes
from marac.services.meetings import agenda, guests
from marac.vocabulary import GuestKind, Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.membership import CHOOSE, GuestForm
from marac.web.forms.signin import PressForm
from marac.web.meeting_layout import opened, page

bp = Blueprint("guest_passes", __name__)


@bp.route("/panels/<reference>/agenda/<uuid:item_id>/guest", methods=["GET", "POST"])
def let_in(reference: str, item_id: UUID) -> Any:
    """One person with a sign-in of their own, who sees this case or this meeting and nothing else."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_PUBLISH, meeting)
    line = next((one for one in agenda.view_agenda(session, actor, meeting).lines if one.item.id == item_id), None)
    if line is None:
        raise NotFound
    access.require_step_up(actor)
    keyring, form = unit_of_work.deployment().keyring, GuestForm()
    offered = {agency.id.hex: agency for agency in guests.agencies_to_invite(session, actor, meeting)}
    form.agency.choices = [CHOOSE, *((key, agency.name) for key, agency in offered.items())]
    if form.validate_on_submit():
        try:
            guest_passes.let_in(
                session, actor, keyring, meeting, item=None if form.whole.data else line.item,
                full_name=form.full_name.data, email=form.email.data, agency=offered[form.agency.data],
                kind=GuestKind(form.kind.data),
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Asked in. If they have no account yet, tell them the code below by phone.", "success")
            return redirect(f"/panels/{reference}/agenda/{item_id}/guest", code=303)
    given = guest_passes.list_given(session, actor, keyring, meeting)
    return page("members/let_in.html", actor, meeting, "Agenda", form=form, line=line, given=given)


@bp.post("/panels/<reference>/guest/<uuid:pass_id>/withdraw")
def withdraw(reference: str, pass_id: UUID) -> Any:
    """Take it back."""
    session, actor, meeting = opened(reference)
    guest_passes.withdraw(session, actor, meeting, pass_id)
    flash("The guest can see nothing any more.", "success")
    return redirect(f"/panels/{reference}/agenda", code=303)


@bp.route("/visit", methods=["GET", "POST"])
def visit() -> Any:
    """The guest's one page: first what they agree to, then who is spoken of. Marked with whose page it is."""
    session, actor, form = unit_of_work.session(), signin.person(), PressForm()
    access.require_holds(actor, P.GUEST_VISIT)
    if form.validate_on_submit():
        guest_passes.agree(session, actor)
        return redirect("/visit", code=303)
    try:
        shown = guest_passes.visit(session, actor)
    except NotFound:
        return render_template("members/visit_over.html")
    return render_template("members/visit.html", shown=shown, now=clock.now(), form=form)
