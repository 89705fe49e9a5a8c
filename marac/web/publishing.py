"""Publishing an agenda after a check of who will be told, its versions, and guests of one case or one meeting."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request

from marac import access
from marac.errors import NotFound, RuleBroken
from marac.models import Meeting
from marac.services.meetings import agenda, agenda_versions, guests, panels
from marac.vocabulary import Permission as P
from marac.web import widgets
from marac.web.forms.panels import GuestOfCaseForm, PublishForm
from marac.web.meeting_layout import WORDS, opened, page

bp = Blueprint("publishing", __name__)
CUT_OFFS = ("referral_cutoff", "research_due", "attendance_confirmed", "actions_published")


@bp.route("/panels/<reference>/publish", methods=["GET", "POST"])
def publish(reference: str) -> Any:
    """Check who will be told and what is not ready, then publish (DA-20)."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_PUBLISH, meeting)
    form = PublishForm()
    if form.validate_on_submit():
        try:
            panels.publish_agenda(session, actor, meeting, because=form.because.data or "")
        except RuleBroken as problem:
            if problem.field == "because":
                widgets.place(form, problem)
            else:
                flash(problem.message, "error")
                return redirect(f"/panels/{reference}/agenda", code=303)
        else:
            flash("Agenda published. Agencies were asked for research.", "success")
            return redirect(f"/panels/{reference}", code=303)
    return _check(session, actor, meeting, form)


def _check(session: Any, actor: Any, meeting: Meeting, form: PublishForm) -> Any:
    view = agenda.view_agenda(session, actor, meeting)
    dates = dict(agenda.list_deadlines(session, actor, meeting))
    return page(
        "panels/publish.html", actor, meeting, "Agenda", agenda=view, form=form, due=dates["research_due"],
        agencies=panels.list_core_names(session, actor, meeting), guests=guests.list_guests(session, actor, meeting),
        dates=[(WORDS[name], dates[name]) for name in CUT_OFFS if name in dates],
        unsafe=[line for line in view.lines if any(check.unsafe for check in line.checks)],
    )  # fmt: skip


@bp.get("/panels/<reference>/agenda/versions")
def versions(reference: str) -> Any:
    """What was published, when, by whom."""
    session, actor, meeting = opened(reference)
    found = agenda_versions.list_versions(session, actor, meeting)
    return page("panels/versions.html", actor, meeting, "Agenda", versions=found)


@bp.get("/panels/<reference>/agenda/versions/<int:number>")
def version(reference: str, number: int) -> Any:
    """One published version, and what was changed after it."""
    session, actor, meeting = opened(reference)
    found = agenda_versions.get_version(session, actor, meeting, number)
    return page("panels/version.html", actor, meeting, "Agenda", version=found)


@bp.route("/panels/<reference>/agenda/<uuid:item_id>/guests", methods=["GET", "POST"])
def invite(reference: str, item_id: UUID) -> Any:
    """Ask an agency that is not core in for one case, or to observe the meeting (DA-51)."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_PUBLISH, meeting)
    lines = agenda.view_agenda(session, actor, meeting).lines
    line = next((line for line in lines if line.item.id == item_id), None)
    if line is None:
        raise NotFound
    offered = {agency.id.hex: agency for agency in guests.agencies_to_invite(session, actor, meeting)}
    form = GuestOfCaseForm(data={"whole": "case"})
    form.agency.choices = [("", "Choose"), *((key, agency.name) for key, agency in offered.items())]
    if form.validate_on_submit():
        try:
            guests.invite_guest(
                session, actor, meeting, offered[form.agency.data], person_name=form.person_name.data or "",
                item=line.item if form.whole.data == "case" else None,
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Asked in. Access ends by itself after the day of the meeting.", "success")
            return redirect(f"/panels/{reference}/agenda", code=303)
    asked_in = [one for one in guests.list_guests(session, actor, meeting) if one.case_id in (None, line.item.case_id)]
    return page("panels/guests.html", actor, meeting, "Agenda", form=form, line=line, guests=asked_in)


@bp.post("/panels/<reference>/guests/withdraw")
def withdraw(reference: str) -> Any:
    """Take an invitation back."""
    session, actor, meeting = opened(reference)
    guest = request.form.get("guest", "")
    if len(guest) != 32 or not guest.isalnum():
        raise NotFound
    try:
        guest_id = UUID(guest)
    except ValueError:
        raise NotFound from None
    guests.withdraw_guest(session, actor, meeting, guest_id)
    flash("The invitation is withdrawn and access has ended.", "success")
    return redirect(f"/panels/{reference}/agenda", code=303)
