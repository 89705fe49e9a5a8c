"""Meetings: the list, booking one, its overview, who has answered. Building the agenda is web/agenda.py."""

from datetime import time
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from marac import access
from marac.errors import RuleBroken
from marac.services.deciding import listing
from marac.services.meetings import (
    agenda,
    agenda_versions,
    attendance,
    chasing,
    clashes,
    meeting_dates,
    panels,
    presence,
    quorums,
    rescheduling,
    research,
    scheduling,
)
from marac.vocabulary import NOT_BEGUN, MeetingKind, MeetingPlace, Permission as P
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.panels import ScheduleForm, read_time
from marac.web.meeting_layout import MARKS, WORDS, clash_words, opened, page
from marac.web.shell import count
from marac.workflows.deadlines import london

bp = Blueprint("panels", __name__)

BESIDE = (
    ("Book a panel", "panels.schedule", P.MEETING_SCHEDULE), ("Suggested plan", "scheduling.plan", P.MEETING_SCHEDULE),
    ("How often panels meet", "scheduling.list_series", P.MEETING_SCHEDULE),
    ("Closure days", "scheduling.closures", P.MEETING_SCHEDULE),
    ("Referrals", "referrals.list_referrals", P.REFERRAL_DECIDE),
    ("Transfers", "transfers.list_transfers", P.TRANSFER_READ),
    ("Rules in force", "admin.list_settings", P.SETTING_READ), ("Agencies", "admin.list_agencies", P.AGENCY_READ),
    ("Dates for your calendar", "scheduling.calendar", P.MEETING_READ),
)  # fmt: skip


@bp.get("/panels")
def list_panels() -> Any:
    """Meetings to come, then past ones."""
    actor = signin.person()
    coming, past = panels.list_meetings(unit_of_work.session(), actor)
    links = [(text, page) for text, page, needed in BESIDE if access.holds(actor, needed)]
    return render_template("panels/list.html", coming=coming, past=past[:60], links=links)


@bp.route("/panels/new", methods=["GET", "POST"])
def schedule() -> Any:
    """Book a meeting, by itself or like those of a series."""
    actor, session = signin.person(), unit_of_work.session()
    access.require_holds(actor, P.MEETING_SCHEDULE)
    series = {one.id.hex: one for one in scheduling.list_series(session, actor) if one.ended_on is None}
    form = ScheduleForm(data={"kind": MeetingKind.ROUTINE.value, "place": MeetingPlace.HYBRID.value})
    form.series.choices = [("", "No"), *((key, _series_words(one)) for key, one in series.items())]
    leads = [("", "Not decided"), *((one.id.hex, one.full_name) for one in panels.list_deciders(session, actor))]
    form.chair_id.choices = form.minute_taker_id.choices = leads
    if form.validate_on_submit():
        starts = read_time(form.starts_time.data) or time()
        try:
            meeting = scheduling.book_by_hand(
                session, actor, starts_at=london(form.starts_on.data, starts), kind=MeetingKind(form.kind.data),
                place=MeetingPlace(form.place.data), series=series.get(form.series.data),
                people=(_an_id(form.chair_id.data), _an_id(form.minute_taker_id.data)), room=form.room.data,
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Panel booked.", "success")
            for clash in clashes.list_clashes(
                session, actor, clashes.booking_of(session, meeting), ignoring=meeting.id
            ):
                flash(f"{clash_words(clash)}.", "warning")
            return redirect(f"/panels/{meeting.reference}", code=303)
    return render_template("panels/schedule.html", form=form), 422 if form.errors else 200


def _an_id(text: str) -> UUID | None:
    return UUID(text) if text else None


def _series_words(series: Any) -> str:
    return f"{series.programme.label}: {scheduling.recurrence_of(series).in_words()}"


@bp.get("/panels/<reference>")
def overview(reference: str) -> Any:
    """The meeting at a glance: what comes next, its agenda, its dates."""
    session, actor, meeting = opened(reference)
    view = agenda.view_agenda(session, actor, meeting)
    dates = [
        (WORDS.get(one.name, one.name), one, MARKS[one.mark])
        for one in meeting_dates.list_due_dates(session, actor, meeting)
    ]
    asked = [row for row in research.list_asked(session, actor) if row[0].id == meeting.id]
    return page(
        "panels/overview.html", actor, meeting, "Overview", agenda=view, dates=dates, asked=asked,
        agree=attendance.may_agree(session, actor, meeting), places=listing.places_of(session, meeting),
        quorum=quorums.quorum_words(session, actor, meeting),
        link=scheduling.link_of(session, actor, meeting), moves=rescheduling.list_changes(session, actor, meeting),
        may_move=access.holds(actor, P.MEETING_SCHEDULE) and meeting.state in NOT_BEGUN,
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


def _is_id(text: str) -> bool:
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)
