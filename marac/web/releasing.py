"""Minutes on their way out and back: who reads what, one person's page, recall, amendment, actions ahead of minutes."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect

from marac import access
from marac.errors import RuleBroken
from marac.services import moving
from marac.services.meetings import agenda
from marac.services.minuting import minutes, reading_minutes, release
from marac.vocabulary import Permission as P
from marac.web import widgets
from marac.web.forms.releasing import AmendForm, RecallForm
from marac.web.meeting_layout import opened, page
from marac.web.shell import count

bp = Blueprint("releasing", __name__)


@bp.get("/panels/<reference>/minutes/release")
def preview(reference: str) -> Any:
    """Who will be told, what each will see, who is stopped; and the button."""
    session, actor, meeting = opened(reference)
    found = reading_minutes.get_minutes(session, actor, meeting)
    facts = {
        "minutes": found, "agencies": release.list_release(session, actor, found),
        "offered": {step.name for step in moving.available(actor, found)},
    }  # fmt: skip
    return page("minutes/release.html", actor, meeting, "Minutes", **facts)


@bp.get("/panels/<reference>/minutes/release/<uuid:membership_id>")
def preview_one(reference: str, membership_id: UUID) -> Any:
    """Exactly what this person will read."""
    session, actor, meeting = opened(reference)
    found = reading_minutes.get_minutes(session, actor, meeting)
    reader, document = reading_minutes.preview_for(session, actor, found, membership_id)
    return page("minutes/preview.html", actor, meeting, "Minutes", document=document, reader=reader)


@bp.route("/panels/<reference>/minutes/recall", methods=["GET", "POST"])
def recall(reference: str) -> Any:
    """Take back what was circulated."""
    session, actor, meeting = opened(reference)
    found = reading_minutes.get_minutes(session, actor, meeting)
    access.require(actor, P.MINUTES_ISSUE, found)
    form = RecallForm()
    if form.validate_on_submit():
        try:
            minutes.recall_minutes(session, actor, found, reason=form.reason.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Minutes recalled. Their link says that they were withdrawn.", "success")
            return redirect(f"/panels/{reference}/minutes", code=303)
    return page("minutes/recall.html", actor, meeting, "Minutes", form=form)


@bp.route("/panels/<reference>/minutes/amend/<int:number>", methods=["GET", "POST"])
def amend(reference: str, number: int) -> Any:
    """Begin a new version with a note on one case."""
    session, actor, meeting = opened(reference)
    found = reading_minutes.get_minutes(session, actor, meeting)
    access.require(actor, P.MINUTES_WRITE, found)
    item = agenda.get_item(session, actor, meeting, number)
    form = AmendForm()
    if form.validate_on_submit():
        try:
            minutes.amend_minutes(session, actor, found, item, reason=form.reason.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("A new version is a draft. Type what changes, then send it to the chair.", "success")
            return redirect(f"/panels/{reference}/run/{number}", code=303)
    return page("minutes/amend.html", actor, meeting, "Minutes", form=form, item=item, number=number)


@bp.post("/panels/<reference>/actions/circulate")
def circulate_actions(reference: str) -> Any:
    """Prompt agencies to sign in to their actions, before the minutes are ready."""
    session, actor, meeting = opened(reference)
    try:
        told = minutes.circulate_actions(session, actor, meeting)
    except RuleBroken as problem:
        flash(problem.message, "error")
        return redirect(f"/panels/{reference}/address-check/actions", code=303)
    flash(f"{count(told, 'agency', 'agencies')} can read their actions. They were asked to sign in.", "success")
    return redirect(f"/panels/{reference}/minutes", code=303)
