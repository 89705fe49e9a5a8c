"""After the last case: gaps, ending the meeting, the minutes and their approval."""

from typing import Any

from flask import Blueprint, flash, redirect

from marac import access
from marac.access import Actor
from marac.errors import RuleBroken, Withdrawn
from marac.models import Meeting, Minutes
from marac.services import moving
from marac.services.casework import naming
from marac.services.leaving.checking import AddressSaid
from marac.services.live import running
from marac.services.meetings import agenda, asynchronous
from marac.services.minuting import documents, minutes, reading_minutes
from marac.vocabulary import Permission as P
from marac.web import run_page, widgets
from marac.web.forms.running import SendBackForm
from marac.web.meeting_layout import opened, page

bp = Blueprint("minutes", __name__)
bp.register_error_handler(RuleBroken, run_page.agree_first)

DONE = {
    "submit": "Sent to the chair.", "approve": "Minutes approved. They cannot be changed now.",
    "issue": "Minutes circulated. Agencies were asked to sign in.",
}  # fmt: skip


@bp.route("/panels/<reference>/close", methods=["GET"])
def gaps(reference: str) -> Any:
    """What is missing before the minutes go to the chair."""
    session, actor, meeting = opened(reference)
    return page("minutes/close.html", actor, meeting, "Minutes", gaps=minutes.list_gaps(session, actor, meeting))


@bp.post("/panels/<reference>/close")
def close(reference: str) -> Any:
    """End the meeting."""
    session, actor, meeting = opened(reference)
    try:
        running.finish_meeting(session, actor, meeting)
    except RuleBroken as problem:
        flash(problem.message, "error")
        return redirect(f"/panels/{reference}/close", code=303)
    flash("The meeting has ended. The minutes are a draft.", "success")
    return redirect(f"/panels/{reference}/minutes", code=303)


@bp.get("/panels/<reference>/minutes")
def read(reference: str) -> Any:
    """The minutes, as far as one may read them."""
    session, actor, meeting = opened(reference)
    found = reading_minutes.get_minutes(session, actor, meeting)
    try:
        return _page(session, actor, meeting, found, SendBackForm(formdata=None))
    except Withdrawn:
        return page("minutes/withdrawn.html", actor, meeting, "Minutes", minutes=found)[0], 410


@bp.post("/panels/<reference>/minutes/<any(submit, approve, issue):step>")
def move(reference: str, step: str) -> Any:
    """Send, approve or circulate."""
    session, actor, meeting = opened(reference)
    found = reading_minutes.get_minutes(session, actor, meeting)
    take = {"submit": minutes.submit_minutes, "approve": minutes.approve_minutes, "issue": minutes.issue_minutes}[step]
    try:
        take(session, actor, found)
        flash(DONE[step], "success")
    except AddressSaid as problem:
        flash(problem.message, "error")
        return redirect(f"/panels/{reference}/address-check/minutes", code=303)
    except RuleBroken as problem:
        flash(problem.message, "error")
    return redirect(f"/panels/{reference}/minutes", code=303)


@bp.post("/panels/<reference>/minutes/release/<int:number>")
def release_page(reference: str, number: int) -> Any:
    """Release the page of a restricted case, as a second person."""
    session, actor, meeting = opened(reference)
    found, item = reading_minutes.get_minutes(session, actor, meeting), agenda.get_item(session, actor, meeting, number)
    try:
        minutes.release_page(session, actor, found, item.id)
        flash("Released to the people who are named on this case.", "success")
    except RuleBroken as problem:
        flash(problem.message, "error")
    return redirect(f"/panels/{reference}/minutes", code=303)


@bp.post("/panels/<reference>/minutes/send-back")
def send_back(reference: str) -> Any:
    """The chair wants something changed."""
    session, actor, meeting = opened(reference)
    found, form = reading_minutes.get_minutes(session, actor, meeting), SendBackForm()
    if form.validate_on_submit():
        try:
            minutes.send_back(session, actor, found, reason=form.reason.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Sent back to the coordinator.", "success")
            return redirect(f"/panels/{reference}/minutes", code=303)
    return _page(session, actor, meeting, found, form)


def _page(session: Any, actor: Actor, meeting: Meeting, found: Minutes, form: Any) -> Any:
    offered = {step.name: step.label for step in moving.available(actor, found)}
    facts = {
        "document": reading_minutes.compile_for(session, actor, found), "offered": offered, "form": form,
        "whose": naming.signature(session, actor), "marking": documents.marking_of(session, meeting),
        "held_back": minutes.list_held_back(session, actor, found), "untold": minutes.untold(found),
        "name": asynchronous.document_name(meeting), "writes": access.may(actor, P.MINUTES_WRITE, found),
        "runs": access.holds(actor, P.MEETING_RUN),
    }  # fmt: skip
    return page("minutes/minutes.html", actor, meeting, "Minutes", **facts)
