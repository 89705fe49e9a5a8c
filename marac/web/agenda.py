"""Building an agenda: listing what waits, order, taking off, and publishing after a check of who will be told."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request

from marac import access
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import AgendaItem, Meeting
from marac.services import agenda, panels, since_last
from marac.vocabulary import DeferralReason, Permission as P
from marac.web import widgets
from marac.web.forms.panels import ListForm, PutOffForm
from marac.web.meeting_layout import opened, page
from marac.web.shell import count, last_first, short_date

bp = Blueprint("agenda", __name__)


@bp.get("/panels/<reference>/agenda")
def build(reference: str) -> Any:
    """The agenda with its order, warnings and what waits to be listed."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_PUBLISH, meeting)
    return _page(session, actor, meeting, ListForm(formdata=None))


@bp.post("/panels/<reference>/agenda/list")
def list_cases(reference: str) -> Any:
    """Put the ticked cases at the end."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_PUBLISH, meeting)
    form = ListForm()
    waiting = _offer(session, actor, form)
    if form.validate_on_submit():
        chosen = [one for one in waiting if one.case.id.hex in form.cases.data]
        try:
            for one in chosen:
                panels.list_case_on(
                    session,
                    actor,
                    meeting,
                    one.case,
                    referral=one.referral,
                    conflict_checked=form.conflict_checked.data,
                )
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash(f"{count(len(chosen), 'case')} listed.", "success")
            return redirect(f"/panels/{reference}/agenda", code=303)
    return _page(session, actor, meeting, form)


@bp.post("/panels/<reference>/agenda/move")
def move(reference: str) -> Any:
    """One up, one down, or to a number."""
    session, actor, meeting = opened(reference)
    item = _item(session, actor, meeting, request.form.get("item", ""))
    to = request.form.get("to", "")
    if not to.isdecimal():
        flash("Enter the number that the case should have.", "error")
    else:
        panels.move_item(session, actor, meeting, item, to=int(to))
    return redirect(f"/panels/{reference}/agenda", code=303)


@bp.post("/panels/<reference>/agenda/children-first")
def children_first(reference: str) -> Any:
    """Cases with children before the others."""
    session, actor, meeting = opened(reference)
    panels.put_children_first(session, actor, meeting)
    return redirect(f"/panels/{reference}/agenda", code=303)


@bp.route("/panels/<reference>/agenda/<uuid:item_id>/take-off", methods=["GET", "POST"])
def take_off(reference: str, item_id: UUID) -> Any:
    """Defer a case or take it off (DA-35)."""
    session, actor, meeting = opened(reference)
    item = _item(session, actor, meeting, item_id.hex)
    access.require(actor, P.CASE_LIST, item.case)
    form = PutOffForm()
    approvers = panels.list_deciders(session, actor)
    form.approved_by.choices = [("", "Choose"), *((one.id.hex, one.full_name) for one in approvers)]
    if form.validate_on_submit():
        put_off = panels.defer_item if form.move.data == "defer" else panels.remove_item
        approver = UUID(form.approved_by.data) if form.approved_by.data else None
        try:
            put_off(
                session, actor, item, reason=form.reason.data, approved_by=approver,
                interim_safety=form.interim_safety.data, reason_code=DeferralReason(form.reason_code.data),
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The case waits for the next agenda.", "success")
            if form.reason_code.data == DeferralReason.DIED:
                flash(since_last.DEATH, "warning")
            run = request.form.get("back") == "run"
            return redirect(f"/panels/{reference}/run" if run else _agenda_of(reference), code=303)
    number = agenda.number_of(session, actor, item)
    back = "run" if request.values.get("back") == "run" else ""
    return page("panels/take_off.html", actor, meeting, "Agenda", form=form, item=item, number=number, back=back)


@bp.route("/panels/<reference>/publish", methods=["GET", "POST"])
def publish(reference: str) -> Any:
    """Check who will be told and what is not ready, then publish."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_PUBLISH, meeting)
    if request.method == "POST":
        try:
            panels.publish_agenda(session, actor, meeting)
        except RuleBroken as problem:
            flash(problem.message, "error")
            return redirect(_agenda_of(reference), code=303)
        flash("Agenda published. Agencies were asked for research.", "success")
        return redirect(f"/panels/{reference}", code=303)
    view = agenda.view_agenda(session, actor, meeting)
    dates = dict(agenda.list_deadlines(session, actor, meeting))
    agencies = panels.list_core_names(session, actor, meeting)
    return page(
        "panels/publish.html", actor, meeting, "Agenda", agenda=view, due=dates["research_due"], agencies=agencies
    )


def _page(session: Any, actor: Actor, meeting: Meeting, form: ListForm) -> Any:
    waiting = _offer(session, actor, form)
    view = agenda.view_agenda(session, actor, meeting)
    return page("panels/agenda.html", actor, meeting, "Agenda", agenda=view, form=form, waiting=waiting)


def _offer(session: Any, actor: Actor, form: ListForm) -> list[panels.Waiting]:
    waiting = panels.list_waiting(session, actor)
    form.cases.choices = [
        (one.case.id.hex, f"{last_first(one.name)}, {one.case.reference}. {one.reason} {short_date(one.since_on)}")
        for one in waiting
    ]
    return waiting


def _item(session: Any, actor: Actor, meeting: Meeting, item_id: str) -> AgendaItem:
    """An item of this agenda that the viewer may see, by id: a number may have changed since the page was drawn."""
    found = [item for item in agenda.list_items(session, actor, meeting) if item.id.hex == item_id]
    if not found:
        raise NotFound
    return found[0]


def _agenda_of(reference: str) -> str:
    return f"/panels/{reference}/agenda"
