"""Series of meetings, booking the next ones, closure days, the suggested plan. Moving one: web/moving_meetings."""

from datetime import date, time
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from marac import access
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import MeetingSeries
from marac.services import moving
from marac.services.meetings import calendars, closure_days, panels, scheduling, suggesting
from marac.services.meetings.scheduling import Offered, Pattern
from marac.vocabulary import MeetingPlace, Permission as P, ProgrammeSlug, Role, SeriesRule
from marac.web import signin, unit_of_work, widgets
from marac.web.calendar_answers import calendar_file
from marac.web.forms.panels import read_time
from marac.web.forms.scheduling import CHOOSE, ClosureForm, DaysForm, PlanForm, SeriesForm
from marac.web.meeting_layout import WORDS, clash_words
from marac.web.shell import count, last_first, short_weekday, time_of_day
from marac.workflows.series import Recurrence

bp = Blueprint("scheduling", __name__)
TAKERS = (Role.COORDINATOR, Role.CHAIR)


def opened() -> tuple[Any, Actor]:
    """The session and the person of this request, who schedules meetings."""
    actor = signin.person()
    access.require_holds(actor, P.MEETING_SCHEDULE)
    return unit_of_work.session(), actor


@bp.get("/panels/series")
def list_series() -> Any:
    """How often each panel meets."""
    session, actor = opened()
    rows = [(one, scheduling.recurrence_of(one).in_words()) for one in scheduling.list_series(session, actor)]
    return render_template("scheduling/series.html", rows=rows)


@bp.route("/panels/series/new", methods=["GET", "POST"])
def new_series() -> Any:
    """A new series."""
    session, actor = opened()
    form = SeriesForm(data={"rule": "nth_weekday", "place": "hybrid", "minutes_per_case": 10, "capacity": 15})
    return _saved(session, actor, form, None)


@bp.route("/panels/series/<uuid:series_id>", methods=["GET", "POST"])
def edit_series(series_id: UUID) -> Any:
    """Change a series; meetings already booked stay."""
    session, actor = opened()
    series = scheduling.get_series(session, actor, series_id)
    plain = ("anchor_on", "interval_weeks", "minutes_per_case", "capacity", "room", "starts")
    held = {name: getattr(series, name) for name in plain}
    words = {
        "programme": series.programme.value, "rule": series.rule.value, "weekday": str(series.weekday),
        "nths": [str(nth) for nth in series.nths], "place": series.place.value,
        "link": scheduling.series_link(session, actor, series),
        "chair_id": _hex(series.chair_id), "minute_taker_id": _hex(series.minute_taker_id),
        "agencies": list(series.agencies), "version": str(series.version_id),
    }  # fmt: skip
    return _saved(session, actor, SeriesForm(data={**held, **words}), series)


@bp.post("/panels/series/<uuid:series_id>/end")
def end_series(series_id: UUID) -> Any:
    """No more meetings from it."""
    session, actor = opened()
    scheduling.end_series(session, actor, scheduling.get_series(session, actor, series_id))
    flash("The series has ended. Meetings that are booked take place.", "success")
    return redirect("/panels/series", code=303)


@bp.route("/panels/series/<uuid:series_id>/book", methods=["GET", "POST"])
def book(series_id: UUID) -> Any:
    """The next six days, with holidays and clashes; then book those ticked."""
    session, actor = opened()
    series = scheduling.get_series(session, actor, series_id)
    offered = scheduling.offer_meetings(session, actor, series)
    form = DaysForm(data={"days": [one.offer.on.isoformat() for one in offered if not one.offer.problem]})
    form.days.choices = [(day.isoformat(), _day_words(one, day)) for one in offered for day in one.days]
    if form.validate_on_submit():
        try:
            booked = scheduling.book_meetings(
                session, actor, series, [date.fromisoformat(day) for day in form.days.data]
            )
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash(f"{count(len(booked), 'panel')} booked.", "success")
            return redirect("/panels", code=303)
    words = scheduling.recurrence_of(series).in_words()
    hints = {day.isoformat(): _warned(one) for one in offered for day in one.days}
    page = render_template("scheduling/book.html", form=form, series=series, words=words, offered=offered, hints=hints)
    return page, 422 if form.errors else 200


@bp.route("/panels/closure-days", methods=["GET", "POST"])
def closures() -> Any:
    """The partnership's closure days; adding one shows first what it moves."""
    session, actor = opened()
    form, effects = ClosureForm(), None
    if form.validate_on_submit():
        try:
            effects = closure_days.preview_closure(session, actor, form.on.data)
            if request.form.get("do") == "close" and request.form.get("shown") == form.on.data.isoformat():
                moved = closure_days.add_closure_day(session, actor, form.on.data, note=form.note.data)
                flash(f"Closure day added. {count(moved, 'open date')} moved.", "success")
                return redirect("/panels/closure-days", code=303)
        except RuleBroken as problem:
            widgets.place(form, problem)
    days = closure_days.list_closure_days(session, actor)
    page = render_template("scheduling/closures.html", form=form, days=days, effects=effects, date_names=WORDS)
    return page, 422 if form.errors else 200


@bp.post("/panels/closure-days/<uuid:day_id>/remove")
def remove_closure(day_id: UUID) -> Any:
    """Open on that day after all."""
    session, actor = opened()
    moved = closure_days.remove_closure_day(session, actor, day_id)
    flash(f"Closure day taken back. {count(moved, 'open date')} moved.", "success")
    return redirect("/panels/closure-days", code=303)


@bp.route("/panels/plan", methods=["GET", "POST"])
def plan() -> Any:
    """Which waiting case to list where, with reasons; then list those ticked."""
    session, actor = opened()
    access.require_holds(actor, P.CASE_LIST)
    programmes = _panels_of(actor)
    number = widgets.whole(request.values.get("panel", "1")) or 1
    programme = programmes[number - 1 if number <= len(programmes) else 0]
    found = suggesting.suggest_plan(session, actor, programme)
    form = PlanForm(data={"rows": [row.key for row in found.rows if not row.late]})
    form.rows.choices = [
        (row.key, f"{last_first(row.waiting.name)}, {row.waiting.case.reference}: {_when(row.meeting)}")
        for row in found.rows
    ]
    if form.validate_on_submit():
        try:
            listed = suggesting.list_chosen(
                session, actor, programme, form.rows.data, conflict_checked=form.conflict_checked.data
            )
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash(f"{count(listed, 'case')} listed.", "success")
            return redirect("/panels", code=303)
    hints = {row.key: ". ".join(row.reasons) for row in found.rows}
    places = [
        {"text": one.label, "href": f"/panels/plan?panel={place}", "current": place == number}
        for place, one in enumerate(programmes, 1)
    ]
    page = render_template("scheduling/plan.html", form=form, plan=found, hints=hints, places_nav=places, number=number)
    return page, 422 if form.errors else 200


@bp.get("/panels/calendar.ics")
def calendar() -> Any:
    """Every meeting this person may see, for a calendar program."""
    return calendar_file(calendars.calendar_of_all(unit_of_work.session(), signin.person()))


def _saved(session: Any, actor: Actor, form: SeriesForm, series: MeetingSeries | None) -> Any:
    """The form of a series; saved when it is complete."""
    agencies = scheduling.list_possible_agencies(session, actor)
    people = panels.list_deciders(session, actor, TAKERS)
    form.programme.choices = [(one.value, one.label) for one in _panels_of(actor)]
    form.agencies.choices = [(agency.id.hex, agency.name) for agency in agencies]
    form.chair_id.choices = form.minute_taker_id.choices = [CHOOSE, *((one.id.hex, one.full_name) for one in people)]
    if form.validate_on_submit():
        try:
            if series is not None:
                moving.same_version(series, widgets.whole(form.version.data))
            saved = scheduling.save_series(session, actor, _pattern(form), series=series)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Series saved.", "success")
            return redirect(f"/panels/series/{saved.id}/book" if series is None else "/panels/series", code=303)
    return render_template("scheduling/edit.html", form=form, series=series), 422 if form.errors else 200


def _pattern(form: SeriesForm) -> Pattern:
    weeks = SeriesRule(form.rule.data) == SeriesRule.EVERY_K_WEEKS
    first: date = form.anchor_on.data
    recurrence = Recurrence(
        SeriesRule(form.rule.data), first.weekday() if weeks else int(form.weekday.data or 0), first,
        tuple(sorted((int(nth) for nth in form.nths.data), key=lambda nth: nth if nth > 0 else 9)),
        form.interval_weeks.data or 1,
    )  # fmt: skip
    return Pattern(
        ProgrammeSlug(form.programme.data), recurrence, read_time(form.starts.data) or time(),
        form.minutes_per_case.data, form.capacity.data, MeetingPlace(form.place.data), form.room.data, form.link.data,
        _id(form.chair_id.data), _id(form.minute_taker_id.data), tuple(UUID(one) for one in form.agencies.data),
    )  # fmt: skip


def _panels_of(actor: Actor) -> list[ProgrammeSlug]:
    return [one for one in scheduling.MEETS if one in actor.programmes] or [scheduling.MEETS[0]]


def _day_words(one: Offered, day: date) -> str:
    at = time_of_day(one.starts_at)
    words = short_weekday(day).removesuffix(f" {day.year}")
    other = "" if day == one.offer.on else f", instead of {short_weekday(one.offer.on)}"
    return f"{words} {day.year}, {at}{other}"


def _warned(one: Offered) -> str:
    """Why to look twice at a day: nobody works on it, holidays not published yet, or somebody is elsewhere."""
    notes = [one.offer.problem] if one.offer.problem else []
    notes += [] if one.offer.confirmed else ["Bank holidays of that year are not confirmed"]
    notes += [clash_words(clash) for clash in one.clashes]
    return ". ".join(notes)


def _when(meeting: Any) -> str:
    return f"{short_weekday(meeting.starts_at)}, {time_of_day(meeting.starts_at)}"


def _hex(one: UUID | None) -> str:
    return one.hex if one else ""


def _id(words: str) -> UUID | None:
    return UUID(words) if words else None
