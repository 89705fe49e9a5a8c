"""Building an agenda: what is suggested, added, put in order and timed; conflicts, and taking a case off."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request

from marac import access
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import AgendaItem, Meeting
from marac.services.following import outstanding
from marac.services.meetings import agenda, agenda_versions, guests, panels, presence, proposing, since_last
from marac.services.meetings.proposing import Suggestion
from marac.vocabulary import DeferralReason, Permission as P, Role
from marac.web import widgets
from marac.web.forms.panels import CONFLICT, KEEP_OUT, ListForm, PutOffForm, conflict_form
from marac.web.meeting_layout import opened, page
from marac.web.shell import count, last_first, short_date

bp = Blueprint("agenda", __name__)


@bp.get("/panels/<reference>/agenda")
def build(reference: str) -> Any:
    """The agenda with its order, times and warnings, and what is suggested for it."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_PUBLISH, meeting)
    offered = proposing.suggest(session, actor, meeting)
    return _page(session, actor, meeting, _list_form(session, actor, offered, fresh=True), offered)


@bp.post("/panels/<reference>/agenda/add-suggested")
def add_suggested(reference: str) -> Any:
    """Add everything that is suggested, in one press."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_PUBLISH, meeting)
    _say(*proposing.add_cases(session, actor, meeting))
    return redirect(_agenda_of(reference), code=303)


@bp.post("/panels/<reference>/agenda/list")
def list_cases(reference: str) -> Any:
    """Add the ticked cases; a late one needs the chair's agreement and the reason (SCH-39)."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_PUBLISH, meeting)
    offered = proposing.suggest(session, actor, meeting)
    form = _list_form(session, actor, offered)
    if form.validate_on_submit():
        approver = UUID(form.approved_by.data) if form.approved_by.data else None
        chosen = [UUID(one) for one in form.cases.data]
        try:
            added, left = proposing.add_cases(
                session, actor, meeting, chosen, because=form.because.data or "", approved_by=approver
            )
        except RuleBroken as problem:
            widgets.place(form, RuleBroken("because" if problem.field == "reason" else problem.field, problem.message))
        else:
            _say(added, left)
            return redirect(_agenda_of(reference), code=303)
    return _page(session, actor, meeting, form, offered)


@bp.post("/panels/<reference>/agenda/move")
def move(reference: str) -> Any:
    """One up, one down, or to a number."""
    session, actor, meeting = opened(reference)
    item = _item(session, actor, meeting, request.form.get("item", ""))
    to = request.form.get("to", "").strip()
    if not to.isdecimal():
        flash("Enter the number that the case should have.", "error")
        return redirect(_agenda_of(reference), code=303)
    panels.move_item(session, actor, meeting, item, to=int(to[:4]))
    number = agenda.number_of(session, actor, item)
    return redirect(f"{_agenda_of(reference)}#to-{number}", code=303)  # by keyboard, on from the case that was moved


@bp.post("/panels/<reference>/agenda/minutes")
def minutes(reference: str) -> Any:
    """How long one case is given."""
    session, actor, meeting = opened(reference)
    item = _item(session, actor, meeting, request.form.get("item", ""))
    typed = request.form.get("minutes", "").strip()
    try:
        panels.set_minutes(session, actor, meeting, item, minutes=int(typed[:4]) if typed.isdecimal() else 0)
    except RuleBroken as problem:
        flash(f"{problem.message}.", "error")
    return redirect(_agenda_of(reference), code=303)


@bp.post("/panels/<reference>/agenda/children-first")
def children_first(reference: str) -> Any:
    """Cases with children before the others."""
    session, actor, meeting = opened(reference)
    panels.put_children_first(session, actor, meeting)
    return redirect(_agenda_of(reference), code=303)


@bp.route("/panels/<reference>/agenda/conflicts/<case_reference>", methods=["GET", "POST"])
def check_conflicts(reference: str, case_reference: str) -> Any:
    """People who work here and may be connected with somebody in a case that is listed or waits (DA-5)."""
    session, actor, meeting = opened(reference)
    access.require(actor, P.MEETING_PUBLISH, meeting)
    case = proposing.get_case(session, actor, case_reference)
    form = conflict_form(proposing.possible_conflicts(session, actor, case))
    asked = [one for one in form if one.name.startswith(CONFLICT)]
    if form.validate_on_submit():
        said = {UUID(one.name.removeprefix(CONFLICT)): one.data for one in asked}
        try:
            proposing.keep_conflict_check(session, actor, meeting, case, said, keep_out=KEEP_OUT)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("Conflicts of interest checked.", "success")
            return redirect(_agenda_of(reference), code=303)
    return page("panels/conflicts.html", actor, meeting, "Agenda", form=form, asked=asked, case=case)


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


def _page(
    session: Any, actor: Actor, meeting: Meeting, form: ListForm, offered: tuple[Suggestion, ...]
) -> Any:  # fmt: skip
    view = agenda.view_agenda(session, actor, meeting)
    asked_in, ids = guests.list_guests(session, actor, meeting), [line.item.case_id for line in view.lines]
    return page(
        "panels/agenda.html", actor, meeting, "Agenda", agenda=view, form=form, offered=offered,
        suggested=[one for one in offered if one.suggested], needs=presence.needs(session, actor, view),
        guests={case_id: [one for one in asked_in if one.case_id == case_id] for case_id in ids},
        observers=[one for one in asked_in if one.case_id is None],
        unpublished=agenda_versions.not_published(session, meeting, [line.item for line in view.lines]),
        changes=agenda_versions.list_changes(session, actor, meeting),
        owed=outstanding.list_outstanding(session, actor, meeting),
    )  # fmt: skip


def _list_form(session: Any, actor: Actor, offered: tuple[Suggestion, ...], *, fresh: bool = False) -> ListForm:
    form = ListForm(formdata=None) if fresh else ListForm()
    form.cases.choices = [(one.waiting.case.id.hex, _offer(one)) for one in offered]
    chairs = panels.list_deciders(session, actor, [Role.CHAIR])
    form.approved_by.choices = [("", "Choose"), *((one.id.hex, one.full_name) for one in chairs)]
    return form


def _offer(one: Suggestion) -> str:
    """How a case that waits is offered: who, why, since when, and what it needs."""
    waiting = one.waiting
    since = f", since {short_date(waiting.since_on)}" if waiting.since_on else ""
    late = ". After the cut-off: the chair must agree" if one.late else ""
    return f"{last_first(waiting.name)}, {waiting.case.reference}. {'; '.join(one.reasons)}{since}{late}"


def _say(added: int, left: int) -> None:
    if added or not left:
        flash(f"{count(added, 'case')} added.", "success")
    if left:
        flash(
            f"{count(left, 'case')} not added: check the possible conflicts of interest below first.",
            "warning",
        )


def _item(session: Any, actor: Actor, meeting: Meeting, item_id: str) -> AgendaItem:
    """An item of this agenda that the viewer may see, by id: a number may have changed since the page was drawn."""
    found = [item for item in agenda.list_items(session, actor, meeting) if item.id.hex == item_id]
    if not found:
        raise NotFound
    return found[0]


def _agenda_of(reference: str) -> str:
    return f"/panels/{reference}/agenda"
