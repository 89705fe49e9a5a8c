"""Moving and cancelling one meeting, an extra one like it, and its calendar file. Old dates stand beside new ones
before anything is changed."""

from datetime import time
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for

from marac import access, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Meeting
from marac.services.deciding import listing
from marac.services.meetings import agenda, calendars, clashes, panels, rescheduling, scheduling
from marac.services.meetings.rescheduling import Deferral
from marac.vocabulary import AgendaItemState, Permission as P
from marac.web import widgets
from marac.web.calendar_answers import calendar_file
from marac.web.forms.panels import read_time
from marac.web.forms.scheduling import CHOOSE, CallOffForm, MoveForm, OfficersForm
from marac.web.meeting_layout import WORDS, clash_words, opened, page
from marac.web.shell import count, short_weekday, time_of_day
from marac.workflows.deadlines import london

bp = Blueprint("moving_meetings", __name__)


@bp.route("/panels/<reference>/move", methods=["GET", "POST"])
def move(reference: str) -> Any:
    """Another day, time or room: first what would change, then the change."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_SCHEDULE, meeting)
    start = clock.to_london(meeting.starts_at)
    form = MoveForm(data={"starts_on": start.date(), "starts_time": f"{start:%H:%M}", "room": meeting.room})
    shown: dict[str, Any] = {"shifts": None, "notes": [], "starts_at": None}
    if form.validate_on_submit():
        starts_at = london(form.starts_on.data, read_time(form.starts_time.data) or time())
        try:
            if request.form.get("do") == "move" and request.form.get("shown") == starts_at.isoformat():
                rescheduling.move_meeting(
                    session, actor, meeting, starts_at=starts_at, room=form.room.data, reason=form.reason.data,
                    version=widgets.whole(request.form.get("version", "")),
                )  # fmt: skip
                flash("Panel moved. Everyone invited will be told.", "success")
                return redirect(f"/panels/{reference}", code=303)
            shown = _preview(session, actor, meeting, starts_at, form.room.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
    return page("scheduling/move.html", actor, meeting, "Overview", form=form, date_names=WORDS, **shown)


@bp.route("/panels/<reference>/officers", methods=["GET", "POST"])
def officers(reference: str) -> Any:
    """Who chairs and who takes the minutes of one meeting."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_SCHEDULE, meeting)
    chosen = {"chair_id": meeting.chair_id, "minute_taker_id": meeting.minute_taker_id}
    form = OfficersForm(data={name: one.hex if one else "" for name, one in chosen.items()})
    people = [("", "Not decided"), *((one.id.hex, one.full_name) for one in panels.list_deciders(session, actor))]
    form.chair_id.choices = form.minute_taker_id.choices = people
    if form.validate_on_submit():
        named = {name: UUID(form[name].data) if form[name].data else None for name in chosen}
        version = widgets.whole(request.form.get("version", ""))
        twice = rescheduling.name_officers(session, actor, meeting, **named, version=version)
        flash("Saved. " + " ".join(f"{clash_words(one)}." for one in twice), "success")
        return redirect(url_for("panels.overview", reference=reference), code=303)
    return page("scheduling/officers.html", actor, meeting, "Overview", form=form)


@bp.route("/panels/<reference>/cancel", methods=["GET", "POST"])
def cancel(reference: str) -> Any:
    """Cancel a meeting; its cases are put off in the same step (DA-35)."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_CANCEL, meeting)
    listed = [one for one in agenda.list_items(session, actor, meeting) if one.state == AgendaItemState.LISTED]
    choices = [one for one in listing.meeting_choices(session, actor, meeting.programme) if one.id != meeting.id]
    form = CallOffForm()
    form.approved_by.choices = [CHOOSE, *((one.id.hex, one.full_name) for one in panels.list_deciders(session, actor))]
    form.to.choices = [
        *((one.id.hex, f"{short_weekday(one.starts_at)}, {time_of_day(one.starts_at)}") for one in choices),
        ("", "No meeting yet: they wait"),
    ]
    if form.validate_on_submit():
        try:
            to = listing.chosen_meeting(session, actor, UUID(form.to.data) if form.to.data else None)
            deferral = _deferral(form, to) if listed else None
            number = rescheduling.cancel_meeting(session, actor, meeting, reason=form.reason.data, deferral=deferral)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            more = f" {count(number, 'case')} put off." if number else ""
            flash(f"Panel cancelled. Everyone invited will be told.{more}", "success")
            return redirect(f"/panels/{reference}", code=303)
    return page("scheduling/cancel.html", actor, meeting, "Overview", form=form, listed=len(listed))


@bp.get("/panels/<reference>/calendar.ics")
def calendar(reference: str) -> Any:
    """This meeting, for a calendar program."""
    session, actor, meeting = opened(reference)
    return calendar_file(calendars.calendar_of(session, actor, meeting))


def _preview(session: Any, actor: Actor, meeting: Meeting, starts_at: Any, room: str) -> dict[str, Any]:
    changed = starts_at != meeting.starts_at
    shifts = rescheduling.preview_move(session, actor, meeting, starts_at=starts_at) if changed else []
    booking = clashes.booking_of(session, meeting, starts_at=starts_at, room=room)
    notes = [clash_words(one) for one in clashes.list_clashes(session, actor, booking, ignoring=meeting.id)]
    day = scheduling.check_day(session, actor, clock.to_london(starts_at).date())
    if day.problem and day.before and day.after:
        around = f"{short_weekday(day.before)} or {short_weekday(day.after)}"
        notes.append(f"{day.problem}. The working days around it are {around}")
    if not day.confirmed:
        notes.append("Bank holidays of that year are not confirmed")
    return {"shifts": shifts, "starts_at": starts_at, "notes": notes}


def _deferral(form: CallOffForm, to: Meeting | None) -> Deferral:
    return Deferral(
        form.reason.data, UUID(form.approved_by.data) if form.approved_by.data else None, form.interim_safety.data, to,
        form.conflict_checked.data,
    )  # fmt: skip
