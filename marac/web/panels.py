"""Meetings: the list, booking one, its overview, who has answered, cancelling. Building the agenda is web/agenda.py."""

from datetime import time
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from marac import access
from marac.errors import RuleBroken
from marac.services import agenda, agenda_versions, attendance, chasing, panels, presence, research
from marac.vocabulary import MeetingKind, MeetingPlace, Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.panels import CancelForm, ScheduleForm, read_time
from marac.web.meeting_layout import WORDS, opened, page
from marac.web.shell import count
from marac.workflows.deadlines import london

bp = Blueprint("panels", __name__)


@bp.get("/panels")
def list_panels() -> Any:
    """Meetings to come, then past ones."""
    actor = signin.person()
    coming, past = panels.list_meetings(unit_of_work.session(), actor)
    may_book = access.holds(actor, P.MEETING_SCHEDULE)
    return render_template("panels/list.html", coming=coming, past=past[:60], may_book=may_book)


@bp.route("/panels/new", methods=["GET", "POST"])
def schedule() -> Any:
    """Book a meeting."""
    actor = signin.person()
    access.require_holds(actor, P.MEETING_SCHEDULE)
    form = ScheduleForm(data={"kind": MeetingKind.ROUTINE.value, "place": MeetingPlace.HYBRID.value})
    if form.validate_on_submit():
        starts = read_time(form.starts_time.data) or time()
        try:
            meeting = panels.schedule_meeting(
                unit_of_work.session(), actor, starts_at=london(form.starts_on.data, starts),
                kind=MeetingKind(form.kind.data), place=MeetingPlace(form.place.data),
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Panel booked.", "success")
            return redirect(f"/panels/{meeting.reference}", code=303)
    return render_template("panels/schedule.html", form=form), 422 if form.errors else 200


@bp.get("/panels/<reference>")
def overview(reference: str) -> Any:
    """The meeting at a glance: what comes next, its agenda, its dates."""
    session, actor, meeting = opened(reference)
    view = agenda.view_agenda(session, actor, meeting)
    dates = [(WORDS[name], at) for name, at in agenda.list_deadlines(session, actor, meeting) if name in WORDS]
    asked = [row for row in research.list_asked(session, actor) if row[0].id == meeting.id]
    return page(
        "panels/overview.html", actor, meeting, "Overview", agenda=view, dates=dates, asked=asked,
        agree=attendance.may_agree(session, actor, meeting),
        changes=agenda_versions.list_changes(session, actor, meeting),
        own=[need for need in presence.needs(session, actor, view) if need.agency_id == actor.agency_id],
    )  # fmt: skip


@bp.get("/panels/<reference>/research")
def matrix(reference: str) -> Any:
    """Agencies by cases."""
    session, actor, meeting = opened(reference)
    found = chasing.view_matrix(session, actor, meeting)
    return page("panels/research.html", actor, meeting, "Research", matrix=found)


@bp.post("/panels/<reference>/research/chase")
def chase(reference: str) -> Any:
    """Remind the agencies that were ticked."""
    session, actor, meeting = opened(reference)
    ids = [UUID(one) for one in request.form.getlist("agencies") if _is_id(one)]
    try:
        number = chasing.chase(session, actor, meeting, ids)
    except RuleBroken as problem:
        flash(problem.message, "error")
    else:
        flash(f"Reminder sent to {count(number, 'agency', 'agencies')}.", "success")
    return redirect(f"/panels/{reference}/research", code=303)


@bp.post("/panels/<reference>/research/close")
def close_research(reference: str) -> Any:
    """Open the replies to the chair."""
    session, actor, meeting = opened(reference)
    panels.close_research(session, actor, meeting)
    flash("Research is closed. You and the chair can read the answers.", "success")
    return redirect(f"/panels/{reference}/research", code=303)


@bp.route("/panels/<reference>/cancel", methods=["GET", "POST"])
def cancel(reference: str) -> Any:
    """Cancel a meeting that has no case left."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_CANCEL, meeting)
    form = CancelForm()
    if form.validate_on_submit():
        try:
            panels.cancel_meeting(session, actor, meeting, reason=form.reason.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Panel cancelled.", "success")
            return redirect(f"/panels/{reference}", code=303)
    return page("panels/cancel.html", actor, meeting, "Overview", form=form)


def _is_id(text: str) -> bool:
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)
