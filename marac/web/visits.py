"""The diary of visits with counts, booking one, and how it went. An address stands on none of these pages."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import access, clock
from marac.errors import RuleBroken
from marac.services.casework import naming
from marac.services.sanctuary import follow_ups, visits
from marac.services.sanctuary.visits import Slot, VisitRow
from marac.vocabulary import Permission as P, VisitKind, VisitState
from marac.web import field_layout, signin, unit_of_work, widgets
from marac.web.actions import an_id
from marac.web.forms.works import ElsewhereForm, VisitedForm, VisitForm
from marac.web.shell import due_words, last_first, time_of_day, weekday_date

bp = Blueprint("visits", __name__)

WEEK = timedelta(days=6)


@bp.get("/visits")
def diary() -> Any:
    """A week of visits, what is to be asked by then, and how many of each kind there were."""
    session, actor = unit_of_work.session(), signin.person()
    visits.require_diary(actor)
    from_on = _day(request.args.get("from", "")) or clock.today()
    kind = next((one for one in VisitKind if one == request.args.get("kind")), None)
    rows = visits.list_visits(session, actor, from_on=from_on, until_on=from_on + WEEK, kind=kind)
    counted = visits.counts(session, actor, from_on=from_on.replace(day=1), until_on=from_on + WEEK)
    due = follow_ups.list_due(session, actor, until_on=from_on + WEEK) if from_on >= clock.today() else []
    return render_template(
        "visits/diary.html", rows=[_row(row) for row in rows], kinds=list(VisitKind), kind=kind, from_on=from_on,
        counts=[[one.label, *(counted[one][state] for state in VisitState)] for one in VisitKind],
        heads=["Kind", *(state.label for state in VisitState)], due=[_due(one) for one in due],
        earlier=f"/visits?from={from_on - timedelta(days=7)}",
        later=f"/visits?from={from_on + timedelta(days=7)}", until_on=from_on + WEEK,
    )  # fmt: skip


@bp.route("/visits/book", methods=["GET", "POST"])
def book_elsewhere() -> Any:
    """A security visit or an audit."""
    session, actor = unit_of_work.session(), signin.person()
    visits.require_diary(actor)
    form = ElsewhereForm()
    form.user_id.choices = _visitors(session, actor)
    if form.validate_on_submit():
        try:
            visits.book_elsewhere(
                session, actor, kind=VisitKind(form.kind.data), starts_at=field_layout.moment(form, "on", "at"),
                user_id=an_id(form.user_id.data or ""), place=form.place.data or "",
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, RuleBroken({"starts_at": "on"}.get(problem.field, problem.field), problem.message))
        else:
            flash("The visit is booked.", "success")
            return redirect(url_for(".diary"), code=303)
    return render_template("visits/book.html", form=form), 422 if form.errors else 200


@bp.route("/visits/<uuid:visit_id>", methods=["GET", "POST"])
def visit(visit_id: UUID) -> Any:
    """How one visit went."""
    session, actor = unit_of_work.session(), signin.person()
    one, form = visits.get_visit(session, actor, visit_id), VisitedForm()
    if form.validate_on_submit():
        try:
            visits.record_visit(session, actor, one, how=form.how.data, found=form.found.data or "")
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Saved.", "success")
            return redirect(url_for(".diary"), code=303)
    return render_template(
        "visits/visit.html", form=form, one=one, here=f"/visits/{one.id}"
    ), 422 if form.errors else 200


@bp.route("/sanctuary/<reference>/visit", methods=["GET", "POST"])
def book_survey(reference: str) -> Any:
    """The survey of a home, when it is safe to attend."""
    found, form = field_layout.with_works(reference), VisitForm()
    session, actor, of = found
    access.require(actor, P.SANCTUARY_SURVEY, of)
    form.surveyor_id.choices = _visitors(session, actor)
    if form.validate_on_submit():
        slot = Slot(
            field_layout.moment(form, "on", "at"), an_id(form.surveyor_id.data or ""), bool(form.safe_to_attend.data),
            form.lone_worker_plan.data or "",
        )  # fmt: skip
        try:
            visits.book_survey(session, actor, of, slot)
        except RuleBroken as problem:
            widgets.place(form, RuleBroken({"starts_at": "on"}.get(problem.field, problem.field), problem.message))
        else:
            flash("The survey is booked.", "success")
            return redirect(f"/sanctuary/{reference}", code=303)
    needs = visits.needs_of(session, actor, of)
    return field_layout.page("visits/survey.html", found, form=form, needs=needs)


def _visitors(session: Any, actor: Any) -> list[tuple[str, str]]:
    names = naming.colleagues(session, actor, visits.list_visitors(session, actor.partnership_id))
    return [("", "Choose"), *sorted(((str(one), last_first(name)) for one, name in names.items()), key=lambda p: p[1])]


def _row(row: VisitRow) -> dict[str, Any]:
    booked = row.state == VisitState.BOOKED
    return {
        "due": f"{weekday_date(row.starts_at)}, {time_of_day(row.starts_at)}", "kind": "soon" if booked else "",
        "text": row.kind.label + (f", {row.reference}" if row.reference else f", {row.place}" if row.place else ""),
        "href": url_for(".visit", visit_id=row.id),
        "note": ". ".join(part for part in (row.state.label, row.who, row.found, row.contact) if part),
    }  # fmt: skip


def _due(one: follow_ups.Due) -> dict[str, Any]:
    href = url_for("signing_off.follow_up", reference=one.reference, months=one.months)
    tries = f"{one.attempts} of 3 attempts made" if one.attempts else ""
    return {"due": due_words(one.due_on), "kind": "soon", "text": f"{one.months}-month follow-up, {one.reference}",
            "href": href, "note": tries}  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
