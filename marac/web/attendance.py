"""Who is at a meeting: recorded in one form, agreed by members on their own device; and opening the meeting."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request

from marac import access
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Meeting
from marac.services.following import outstanding
from marac.services.live import assigning, room, running
from marac.services.meetings import agenda, attendance, panels, quorums
from marac.services.meetings.attendance import Place
from marac.vocabulary import AttendanceState, Permission as P, Role
from marac.web import widgets
from marac.web.forms.panels import GuestForm, OpenForm
from marac.web.meeting_layout import opened, page

bp = Blueprint("attendance", __name__)


@bp.get("/panels/<reference>/attendance")
def places(reference: str) -> Any:
    """Who is expected, has come and has agreed."""
    session, actor, meeting = opened(reference)
    return _page(session, actor, meeting, _open_form(session, actor, meeting, drawn=True))


@bp.post("/panels/<reference>/attendance")
def record(reference: str) -> Any:
    """Save every line that was changed."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.ATTENDANCE_RECORD, meeting)
    form = _open_form(session, actor, meeting, drawn=True)
    for place in attendance.list_places(session, actor, meeting):
        try:
            _record(session, actor, meeting, place)
        except RuleBroken as problem:
            form.form_errors = [*form.form_errors, f"{place.agency}: {problem.message.lower()}"]
    if form.errors:
        return _page(session, actor, meeting, form)
    flash("Attendance saved.", "success")
    return redirect(f"/panels/{reference}/attendance", code=303)


@bp.post("/panels/<reference>/attendance/add")
def add(reference: str) -> Any:
    """Somebody else has come."""
    session, actor, meeting = opened(reference)
    form = _guest_form(session, actor)
    if form.validate_on_submit():
        agency = next(one for one in assigning.list_owners(session, actor) if one.slug == form.agency.data)
        attendance.add_place(
            session, actor, meeting, agency, person_name=form.person_name.data, agreed_in_room=form.agreed.data
        )
        flash("Added.", "success")
        return redirect(f"/panels/{reference}/attendance", code=303)
    return _page(session, actor, meeting, _open_form(session, actor, meeting, drawn=True), failed=form)


@bp.post("/panels/<reference>/attendance/agree")
def agree(reference: str) -> Any:
    """A member accepts confidentiality for themselves."""
    session, actor, meeting = opened(reference)
    try:
        attendance.agree(session, actor, meeting)
        flash("You have agreed. The time was recorded.", "success")
    except RuleBroken as problem:
        flash(problem.message, "error")
    return redirect(f"/panels/{reference}", code=303)


@bp.get("/panels/<reference>/attendance/conflict")
def conflict(reference: str) -> Any:
    """The cases of this meeting that the person may see, to say that they know somebody in one."""
    session, actor, meeting = opened(reference)
    view = agenda.view_agenda(session, actor, meeting)
    return page("running/declare.html", actor, meeting, "Attendance", lines=view.lines)


@bp.post("/panels/<reference>/attendance/conflict")
def declare(reference: str) -> Any:
    """Out of the room for one case, at once; nobody is told why, and the case is gone for this person."""
    session, actor, meeting = opened(reference)
    named = request.form.get("case", "")
    chosen = [one for one in agenda.list_items(session, actor, meeting) if one.id.hex == named]
    if not chosen:
        flash("Select the case you have a conflict in.", "error")
        return redirect(f"/panels/{reference}/attendance/conflict", code=303)
    room.step_aside(session, actor, chosen[0])
    flash("You are out of the room for that case. Leave the room until it is over.", "success")
    return redirect(f"/panels/{reference}", code=303)


@bp.post("/panels/<reference>/attendance/open")
def open_meeting(reference: str) -> Any:
    """Begin the meeting."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_RUN, meeting)
    form = _open_form(session, actor, meeting)
    if form.validate_on_submit():
        try:
            chair = UUID(form.chair_id.data) if form.chair_id.data else None
            running.open_meeting(session, actor, meeting, chair_id=chair, statement_read=form.statement_read.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            return redirect(f"/panels/{reference}/run", code=303)
    return _page(session, actor, meeting, form)


def _record(session: Any, actor: Actor, meeting: Meeting, place: Place) -> None:
    """Record one line, when what was posted differs from what is stored."""
    name = place.id.hex
    posted = request.form.get(f"state-{name}")
    if posted is None or posted not in set(AttendanceState):
        return
    state, person = AttendanceState(posted), request.form.get(f"person-{name}", "").strip()
    agreed = bool(request.form.get(f"agreed-{name}"))
    if (state, person, agreed) == (place.state, place.person_name, place.agreed_at is not None):
        return
    row = attendance.get_place(session, actor, meeting, place.id)
    version = widgets.whole(request.form.get(f"version-{name}")) or place.version
    attendance.record_attendance(
        session, actor, row, state=state, person_name=person, agreed_in_room=agreed, version=version
    )


def _open_form(session: Any, actor: Actor, meeting: Meeting, *, drawn: bool = False) -> Any:
    """The form that opens the meeting; `drawn` when this request posted another form of the page."""
    data = {"chair_id": meeting.chair_id.hex if meeting.chair_id else ""}
    form = OpenForm(formdata=None, data=data) if drawn else OpenForm(data=data)
    chairs = panels.list_deciders(session, actor, [Role.CHAIR]) if access.holds(actor, P.MEETING_RUN) else []
    form.chair_id.choices = [("", "Choose"), *((one.id.hex, one.full_name) for one in chairs)]
    return form


def _guest_form(session: Any, actor: Actor, *, drawn: bool = False) -> Any:
    form = GuestForm(formdata=None) if drawn else GuestForm()
    form.agency.choices = [("", "Choose"), *((one.slug, one.name) for one in assigning.list_owners(session, actor))]
    return form


def _page(session: Any, actor: Actor, meeting: Meeting, form: Any, failed: Any = None) -> Any:
    records = access.holds(actor, P.ATTENDANCE_RECORD)
    return page(
        "running/attendance.html", actor, meeting, "Attendance", form=failed or form, open_form=form,
        owed=outstanding.list_outstanding(session, actor, meeting) if records else None,
        guest=failed or _guest_form(session, actor, drawn=True), records=records, states=list(AttendanceState),
        places=attendance.list_places(session, actor, meeting), posted=request.form,
        agree=attendance.may_agree(session, actor, meeting), quorum=quorums.quorum_words(session, actor, meeting),
    )  # fmt: skip
